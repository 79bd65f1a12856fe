"""Objects to save, drawn from a seed, the same in both worlds."""

import random
from collections import Counter, OrderedDict

import numpy as np

DTYPES = (
    "float32 float64 float16 int64 int32 int16 int8 uint8 uint16 uint32 uint64 bool complex64 "
    "complex128 bfloat16"
).split()
TEXTS = ["", "weight", "a.b", "ключ", "new\nline", "cpu", "storage", "0"]


def build(world, seed: int):
    """A nested container with views, shared memories and all dtypes."""
    draw = random.Random(seed)
    bases = [_base(world, draw) for _ in range(draw.randint(1, 5))]
    return [_value(world, draw, bases, 3) for _ in range(draw.randint(1, 6))]


def _base(world, draw):
    shape = [draw.randint(0, 5) for _ in range(draw.randint(0, 3))]
    name = draw.choice(DTYPES)
    rng = np.random.default_rng(draw.randrange(2**32))
    numbers = rng.integers(0, 2 if name == "bool" else 100, shape)
    array = np.asarray(numbers).astype("float32" if name == "bfloat16" else name)
    if not array.size:  # NumPy has strides of its own here
        return world.empty(shape, dtype=getattr(world, name))
    tensor = world.from_numpy(array.copy())
    return tensor.to(world.bfloat16) if name == "bfloat16" else tensor


def _value(world, draw, bases, depth):
    kind = draw.choice(["tensor"] * 4 + ["plain", "dict", "OrderedDict", "list", "tuple"])
    if kind == "tensor":
        return _tensor(world, draw, draw.choice(bases))
    if kind == "plain" or depth == 0:
        return _plain(world, draw)
    parts = [_value(world, draw, bases, depth - 1) for _ in range(draw.randint(0, 4))]
    if kind in ("dict", "OrderedDict"):
        keys = [draw.choice([*TEXTS, 1, 2.5, None, (1, "x"), True]) for _ in parts]
        made = {"dict": dict, "OrderedDict": OrderedDict}[kind](zip(keys, parts, strict=True))
        if kind == "OrderedDict" and draw.random() < 0.5:
            made._metadata = OrderedDict({"": {"version": 1}})
        return made
    return parts if kind == "list" else tuple(parts)


def _plain(world, draw):
    return draw.choice([
        None, True, -7, 2**70, 1.5, float("inf"), 1 + 2j, b"bytes\xff", *TEXTS, {1, 2},
        Counter("aab"), world.Size([2, 3]), world.float32, world.bfloat16,
    ])  # fmt: skip


def _tensor(world, draw, base):
    """The base, a view of it, or a leaf over it."""
    x = base
    for _ in range(draw.randint(0, 3)):
        x = _view(draw, x)
    if draw.random() < 0.3:
        x = x.detach()
    if x.is_floating_point() or x.is_complex():
        choice = draw.randrange(4)
        if choice == 0:
            return world.nn.Parameter(x, requires_grad=draw.random() < 0.7)
        if choice == 1:
            x = x.detach().requires_grad_()
    if draw.random() < 0.1:
        x = x.detach()
        x.note = "attribute"
    return x


def _view(draw, x):
    if x.ndim == 0:
        return x.reshape(1)
    if not x.numel():
        return x
    dim = draw.randrange(x.ndim)
    length = x.shape[dim]
    match draw.randrange(5):
        case 0:
            return x.transpose(0, dim)
        case 1 if length:
            return x.select(dim, draw.randrange(length))
        case 2 if length:
            start = draw.randrange(length)
            return x.narrow(dim, start, draw.randint(1, length - start))
        case 3 if length > 1:
            return x[::2]
        case 4 if min(x.shape) > 1:  # NumPy gives lengths of 0 and 1 strides of its own
            return x.unsqueeze(dim).expand(*x.shape[:dim], 3, *x.shape[dim:])
    return x
