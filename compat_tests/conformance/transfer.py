"""Moving values between PyTorch and the implementation under test.

Both sides of a comparison get fresh copies of a sample: the same numbers, dtypes and
strides, and a tensor used twice in the sample stays one tensor.
"""

import collections

import numpy as np
import torch

from compat_tests.conformance import callables
from compat_tests.conformance.outcome import Mismatch, Skip, dtype_name

SUPPORTED_DTYPES = {
    torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.bool,
    torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8,
}  # fmt: skip


def numpy_copy(t: torch.Tensor) -> np.ndarray:
    """A copy with the same strides; bfloat16 as float32."""
    t = t.detach().resolve_conj().resolve_neg()
    if t.dtype is torch.bfloat16:
        return t.float().numpy().copy()
    if t.is_contiguous() or t.numel() == 0:
        return np.array(t.contiguous().numpy(), copy=True, order="C")
    span = 1 + sum((n - 1) * step for n, step in zip(t.shape, t.stride(), strict=True))
    flat = torch.as_strided(t, (span,), (1,), t.storage_offset()).numpy().copy()
    strides = [step * flat.itemsize for step in t.stride()]
    return np.lib.stride_tricks.as_strided(flat, tuple(t.shape), strides)


class Transfer:
    """Turns PyTorch's values into the implementation's (for `torch`: fresh copies).

    Args:
        impl: The implementation, a module.
        upcast: Turn float32 into float64, to judge rounding.
        without_grad: Let no tensor require a gradient.
    """

    def __init__(self, impl, upcast: bool = False, without_grad: bool = False) -> None:
        self.impl, self.upcast, self.without_grad = impl, upcast, without_grad
        self.moved: dict = {}  # id of a PyTorch tensor -> (that tensor, its copy)
        self.tensors: list = []
        self.leaves: list = []  # the tensors that require a gradient, in order

    def __call__(self, value):
        for kinds, move in self.RULES:
            if isinstance(value, kinds):
                return move(self, value)
        if callable(value):
            rebinds = callables.is_testing_function(value)
            move = callables.rebind if rebinds else callables.counterpart
            return move(value, self.impl)
        raise Skip(f"argument of type {type(value).__name__}")

    def tensor(self, t: torch.Tensor):
        if id(t) in self.moved:
            return self.moved[id(t)][1]
        _refuse_foreign_tensor(t)
        source = t.detach().double() if self._widens(t.dtype) else t
        x = self._build(source, numpy_copy(source))
        requires_grad = t.requires_grad and not self.without_grad
        if isinstance(t, torch.nn.Parameter):
            x = self.impl.nn.Parameter(x, requires_grad=requires_grad)
        elif requires_grad:
            x.requires_grad_(True)
        self.moved[id(t)] = (t, x)
        self.tensors.append(x)
        if requires_grad:
            self.leaves.append(x)
        return x

    def _widens(self, dtype: torch.dtype) -> bool:
        return self.upcast and dtype is torch.float32

    def _build(self, source: torch.Tensor, array: np.ndarray):
        dtype = self._named(source.dtype)
        if source.dtype is torch.bfloat16:
            return self.impl.tensor(array).to(dtype)
        if array.flags["C_CONTIGUOUS"]:
            return self.impl.tensor(array, dtype=dtype)
        return self.impl.from_numpy(array)

    def _named(self, value):
        """A dtype, layout or memory format, by its name."""
        name = dtype_name(value)
        if not hasattr(self.impl, name):
            raise Mismatch("convert", f"no torch.{name}")
        return getattr(self.impl, name)

    def dtype(self, dtype: torch.dtype):
        if dtype.is_complex:
            raise Skip("complex dtype")
        return self._named(torch.float64 if self._widens(dtype) else dtype)

    def layout(self, value):
        if dtype_name(value).startswith("sparse"):
            raise Skip("sparse layout")
        return self._named(value)

    def device(self, value: torch.device):
        if value.type != "cpu":
            raise Skip("device not CPU")
        return self.impl.device(str(value))

    def generator(self, value: torch.Generator):
        generator = self.impl.Generator()
        generator.manual_seed(value.initial_seed())
        return generator

    def sequence(self, value):
        if hasattr(value, "_fields"):
            return type(value)(*[self(v) for v in value])
        return (list if isinstance(value, list) else tuple)(self(v) for v in value)

    def mapping(self, value: dict) -> dict:
        return type(value)((k, self(v)) for k, v in value.items())

    def module(self, module: torch.nn.Module):
        built = vars(module).get("_built_with")
        if built is None:
            raise Skip("module argument without known constructor")
        name = type(module).__name__
        cls = callables.resolve(self.impl, "nn." + name)
        if cls is None:
            raise Mismatch("missing", f"no nn.{name}")
        args, kwargs = built
        copy = cls(*self(args), **self(kwargs))
        load_state(copy, module, self.impl)
        return copy

    def cls(self, value: type):
        if not value.__module__.startswith("torch"):
            return value
        path = f"{value.__module__.removeprefix('torch.')}.{value.__name__}"
        found = callables.resolve(self.impl, path)
        found = found or getattr(self.impl, value.__name__, None)
        if found is None:
            raise Skip(f"class {value.__name__}")
        return found

    def complex_number(self, _):
        raise Skip("complex number")

    def as_is(self, value):
        return value

    RULES = (  # the first that fits
        (torch.Tensor, tensor),
        ((type(None), bool, int, float, str, bytes, type(...), np.generic), as_is),
        (complex, complex_number),
        (torch.Size, lambda self, v: self.impl.Size(tuple(v))),
        (torch.dtype, dtype),
        (torch.device, device),
        ((torch.memory_format, torch.layout), layout),
        (torch.Generator, generator),
        (slice, lambda self, v: slice(self(v.start), self(v.stop), self(v.step))),
        ((list, tuple), sequence),
        (dict, mapping),
        (torch.nn.Module, module),
        (type, cls),
        (np.ndarray, lambda _, v: v.copy()),
        ((range, set, frozenset), as_is),
    )


def _refuse_foreign_tensor(t: torch.Tensor) -> None:
    if t.layout != torch.strided:
        raise Skip("sparse tensor")
    if t.is_complex():
        raise Skip("complex tensor")
    if t.is_quantized or t.is_nested:
        raise Skip("quantized or nested tensor")
    if t.device.type != "cpu":
        raise Skip("tensor not on CPU")
    if t.dtype not in SUPPORTED_DTYPES:
        raise Skip(f"{t.dtype} tensor")
    if t.dim() > 64:
        raise Skip("more dimensions than numpy has")


def load_state(target, source: torch.nn.Module, impl) -> None:
    """Give a module of the implementation the parameters and buffers of PyTorch's."""
    state = source.state_dict()
    if state:
        move = Transfer(impl)
        pairs = ((k, move(v.detach())) for k, v in state.items())
        target.load_state_dict(collections.OrderedDict(pairs))


def to_torch(x, impl) -> torch.Tensor:
    """The implementation's tensor as PyTorch's; `.numpy()` must agree with itself."""
    if isinstance(x, torch.Tensor):
        return x.detach()
    name = dtype_name(x.dtype)
    dtype = getattr(torch, name, None)
    if not isinstance(dtype, torch.dtype):
        raise Mismatch("dtype", f"unknown dtype {x.dtype!r}")
    x = x.detach().cpu()
    a = np.asarray(x.to(impl.float32).numpy() if name == "bfloat16" else x.numpy())
    if tuple(a.shape) != tuple(x.shape):
        text = f".shape says {tuple(x.shape)} but .numpy() has {a.shape}"
        raise Mismatch("shape", text)
    if name != "bfloat16" and a.dtype.name.rstrip("_") != name:
        raise Mismatch("dtype", f".dtype says {name} but .numpy() has {a.dtype}")
    return torch.from_numpy(np.array(a, copy=True, order="C")).to(dtype)


def is_tensor(x, impl) -> bool:
    return isinstance(x, (torch.Tensor, impl.Tensor))


def tensors_in(x, impl) -> list:
    """All tensors of a nested result, in order."""
    if is_tensor(x, impl):
        return [x]
    if isinstance(x, dict):
        x = tuple(x.values())
    if isinstance(x, (tuple, list)):
        return [t for part in x for t in tensors_in(part, impl)]
    return []


def describe(sample) -> str:
    """A sample in one line: `input=T[2, 3]:float32 args=(1) kwargs={}`."""

    def text(v) -> str:
        if isinstance(v, torch.Tensor):
            strided = "" if v.is_contiguous() else ":strided"
            return f"T{list(v.shape)}:{dtype_name(v.dtype)}{strided}"
        if isinstance(v, (list, tuple)):
            inner = ",".join(text(x) for x in v)
            return f"[{inner}]" if isinstance(v, list) else f"({inner})"
        if isinstance(v, dict):
            return "{" + ",".join(f"{k}={text(x)}" for k, x in v.items()) + "}"
        return repr(v)

    parts = text(sample.input), text(sample.args), text(sample.kwargs)
    line = "input={} args={} kwargs={}".format(*parts)
    return line if len(line) < 300 else line[:300] + "..."
