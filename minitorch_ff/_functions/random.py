"""Random numbers: seeds, generators, and tensors drawn from them.

The numbers are PyTorch's: see [`firefly.random`][minitorch_ff.firefly.random]. Functions
that draw take `generator=`; without one they draw from the process's own generator.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator
from typing import Any, Self

import numpy

from minitorch_ff import _dtypes
from minitorch_ff._checks import check, must_be_tensor
from minitorch_ff._devices import as_device, backend_for
from minitorch_ff._dtypes import dtype as DType
from minitorch_ff._functions._operands import Tensor
from minitorch_ff._functions.creation import checked_shape, empty, empty_like, new, numpy_dtype
from minitorch_ff.firefly import random as engine
from minitorch_ff.firefly.in_place import check_no_overlap, check_writable, write
from minitorch_ff.firefly.modes import grad_enabled, no_grad
from minitorch_ff.firefly.ops.base import apply, check_broadcast
from minitorch_ff.firefly.ops.indexing import Overwrite
from minitorch_ff.firefly.random.dtypes import is_floating, not_implemented, scalar_name
from minitorch_ff.firefly.random.memory_order import fill, read
from minitorch_ff.firefly.tensor import wrap

# ---------------------------------------------------------------------- generators, seeds


class Generator(engine.Generator):
    """A stream of random numbers of its own.

    Args:
        device: Where the numbers are wanted; they are drawn on the host all the same.

    Raises:
        AssertionError: The device is missing.

    Example:
        >>> import minitorch_ff as torch
        >>> g = torch.Generator().manual_seed(0)
        >>> torch.rand(2, generator=g)
        tensor([0.4963, 0.7682])

    See: [torch.Generator](https://docs.pytorch.org/docs/stable/generated/torch.Generator.html).
    """

    def __init__(self, device: Any = "cpu") -> None:
        self.device = as_device(device)
        backend_for(self.device)
        super().__init__()

    def __repr__(self) -> str:
        return f"<torch._C.Generator object at {id(self):#x}>"

    def manual_seed(self, seed: int) -> Self:
        """Start again from a seed.

        Args:
            seed: In [-2⁶³, 2⁶⁴).

        Raises:
            ValueError: It is not.
            RuntimeError: It is no int.
        """
        if not isinstance(seed, int) or isinstance(seed, bool):
            kind = type(seed).__name__
            raise RuntimeError(f"manual_seed expected a long, but got {kind}")
        return super().manual_seed(seed)

    def get_state(self) -> Tensor:
        """The state, 5056 bytes, as PyTorch writes it."""
        return wrap(Tensor.result_class, self.state())

    def set_state(self, new_state: Any) -> Self:
        """Continue from a state, of ours or of PyTorch's.

        Raises:
            TypeError: It is no tensor of bytes.
            RuntimeError: It is no state.
        """
        if not isinstance(new_state, Tensor):
            kind = type(new_state).__name__
            raise TypeError(f"expected a torch.ByteTensor, but got {kind}")
        return super().set_state(new_state.backend.to_numpy(new_state.buffer))

    def clone_state(self) -> Generator:
        """Another generator in the same state."""
        twin = self.clone()
        twin.device = self.device
        return twin


Draw = Callable[[int, Any, bool], Any]
"""Draws numbers: so many, of this dtype, for elements that lie in a row or do not."""

default_generator: Any = engine.default_generator
default_generator.__class__ = Generator  # the engine's own one, with the facade's methods
default_generator.device = as_device("cpu")


def manual_seed(seed: int) -> Generator:
    """Start the default generator again from a seed.

    Args:
        seed: In [-2⁶³, 2⁶⁴). What is no int is made one.

    Raises:
        ValueError: It is not.

    Example:
        >>> import minitorch_ff as torch
        >>> _ = torch.manual_seed(0)
        >>> torch.rand(2)
        tensor([0.4963, 0.7682])

    See: [torch.manual_seed](https://docs.pytorch.org/docs/stable/generated/torch.manual_seed.html).
    """
    return default_generator.manual_seed(int(seed))


def seed() -> int:
    """Start the default generator from a seed of the system's, and return it.

    See: [torch.seed](https://docs.pytorch.org/docs/stable/generated/torch.seed.html).
    """
    return default_generator.seed()


def initial_seed() -> int:
    """The seed last given to the default generator.

    See: [torch.initial_seed](https://docs.pytorch.org/docs/stable/generated/torch.initial_seed.html).
    """
    return default_generator.initial_seed()


def get_rng_state() -> Tensor:
    """The state of the default generator, 5056 bytes.

    See: [torch.get_rng_state](https://docs.pytorch.org/docs/stable/generated/torch.get_rng_state.html).
    """
    return default_generator.get_state()


def set_rng_state(new_state: Tensor) -> None:
    """Continue the default generator from a state.

    See: [torch.set_rng_state](https://docs.pytorch.org/docs/stable/generated/torch.set_rng_state.html).
    """
    default_generator.set_state(new_state)


@contextlib.contextmanager
def fork_rng(
    devices: Any = None, enabled: bool = True, _caller: str = "", _devices_kw: str = "",
    device_type: str = "cuda",
) -> Iterator[None]:  # fmt: skip
    """Restore the default generator when the block ends.

    See: [torch.random.fork_rng](https://docs.pytorch.org/docs/stable/random.html#torch.random.fork_rng).
    """
    state = get_rng_state()
    try:
        yield
    finally:
        if enabled:
            set_rng_state(state)


def stream(generator: Any) -> Any:
    """The generator to draw from.

    Raises:
        TypeError: It is none.
    """
    if generator is None:
        return default_generator
    if not isinstance(generator, engine.Generator):
        kind = type(generator).__name__
        raise TypeError(f"argument 'generator' must be torch.Generator, not {kind}")
    return generator


# ------------------------------------------------------------------------ the arguments


def int64(value: Any, function: str, argument: str) -> int:
    """An integer argument, as PyTorch's parser takes it.

    Raises:
        TypeError: It is no integer.
        ValueError: It has more than 64 bits.
    """
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        kind = type(value).__name__
        raise TypeError(f"{function}(): argument '{argument}' must be int, not {kind}")
    number = value.__index__()
    check(-(2**63) <= number < 2**63, "Overflow when unpacking long long", ValueError)
    return number


def matched(
    function: str, names: tuple[str, ...], args: tuple[Any, ...], named: dict[str, Any]
) -> dict[str, Any]:
    """Arguments by name, where leaving some out shifts the others to the right.

    `randint(5, size)` is `high, size`, `randint(1, 5, size)` is `low, high, size`.

    Args:
        function: Who asks.
        names: All names, in order.
        args: The positional arguments.
        named: The keyword arguments; those called `names` are taken out.

    Raises:
        TypeError: They do not match.
    """
    found = {name: named.pop(name) for name in names if name in named}
    count = len(args) + len(found)
    used = names[len(names) - count :] if count <= len(names) else ()
    free = [name for name in used if name not in found]
    if len(free) != len(args) or not found.keys() <= set(used):
        raise TypeError(f"{function}() received an invalid combination of arguments")
    return {**found, **dict(zip(free, args, strict=True))}


def integer_bounds(function: str, values: dict[str, Any]) -> tuple[int, int]:
    """`low` (0 by default) and `high`, checked.

    Raises:
        TypeError: One is no integer, or `high` is missing.
        ValueError: One has more than 64 bits.
    """
    check("high" in values, f"{function}() needs an upper bound", TypeError)
    low = int64(values.get("low", 0), function, "low")
    return low, int64(values["high"], function, "high")


def number(value: Any) -> Any:
    """A parameter of a distribution: a number, or a 0-d tensor or array holding one.

    Raises:
        TypeError: It is neither.
    """
    if hasattr(value, "item"):
        return value.item()
    if not hasattr(value, "__float__"):
        raise TypeError(f"the parameter must be float, not {type(value).__name__}")
    return value


def refuse_complex(dtype: Any, kernel: str) -> None:
    """Refuse complex numbers, in the words of PyTorch's kernel.

    Raises:
        NotImplementedError: The dtype is complex.
    """
    if dtype.kind == "c":
        raise not_implemented(kernel, dtype)


# -------------------------------------------------------------------------- new tensors


def drawing(generator: Any, kind: str, *parameters: Any) -> Draw:
    """A function of size, dtype and whether the elements lie in a row: so many draws.

    Args:
        generator: Where to draw from.
        kind: What is drawn: the name of the generator's method.
        *parameters: Of the distribution.
    """
    draw = getattr(stream(generator), kind)
    if kind == "normal":  # the one whose draws depend on how the elements lie
        return lambda size, dtype, in_a_row: draw(size, *parameters, dtype, in_a_row)
    return lambda size, dtype, in_a_row: draw(size, *parameters, dtype)


def _drawn(
    kind: str, parameters: Any, size: Any, generator: Any, dtype: Any, options: dict[str, Any]
) -> Any:
    """A new tensor, its values drawn; see `drawing`."""
    maker = "rand" if kind == "uniform" else "randn"
    shape, target = checked_shape(size, options, maker), numpy_dtype(dtype)
    draw = drawing(generator, kind, *parameters)
    if options:  # a wrong one must fail before anything is drawn
        new(numpy.empty(0, target), **options)
    return new(draw(math.prod(shape), target, True).reshape(shape), **options)


def draw_into(tensor: Tensor, draw: Draw) -> None:
    """Fill a tensor's memory with draws; see `drawing`."""
    xp, buffer = tensor.backend, tensor.buffer
    host = xp.to_numpy(buffer)
    fill(host, draw(host.size, host.dtype, host.flags.c_contiguous))
    if host is not buffer:
        xp.copy_(buffer, xp.beside(host, buffer))


def rand(*size: Any, generator: Any = None, dtype: DType | None = None, **options: Any) -> Tensor:
    """Numbers spread evenly over [0, 1).

    Args:
        *size: The shape, as ints or as one sequence.
        generator: Where to draw from.
        dtype: Floating.
        **options: `device`, `requires_grad`, `layout`, `pin_memory`.

    Example:
        >>> import minitorch_ff as torch
        >>> _ = torch.manual_seed(0)
        >>> torch.rand(3)
        tensor([0.4963, 0.7682, 0.0885])

    See: [torch.rand](https://docs.pytorch.org/docs/stable/generated/torch.rand.html).
    """
    return _drawn("uniform", (0, 1), size, generator, dtype, options)


def randn(*size: Any, generator: Any = None, dtype: DType | None = None, **options: Any) -> Tensor:
    """Numbers from the normal distribution with mean 0 and variance 1.

    Args:
        *size: The shape, as ints or as one sequence.
        generator: Where to draw from.
        dtype: Floating.
        **options: `device`, `requires_grad`, `layout`, `pin_memory`.

    Example:
        >>> import minitorch_ff as torch
        >>> _ = torch.manual_seed(0)
        >>> torch.randn(3)
        tensor([ 1.5410, -0.2934, -2.1788])

    See: [torch.randn](https://docs.pytorch.org/docs/stable/generated/torch.randn.html).
    """
    return _drawn("normal", (0, 1), size, generator, dtype, options)


def randint(
    *args: Any, generator: Any = None, dtype: DType | None = None, **options: Any
) -> Tensor:
    """Integers spread evenly over [low, high).

    Args:
        *args: `high, size` or `low, high, size`.
        generator: Where to draw from.
        dtype: int64 if None.
        **options: `device`, `requires_grad`, `layout`, `pin_memory`.

    Raises:
        RuntimeError: The range is empty, or does not fit the dtype.
        TypeError: A bound is no integer.

    Example:
        >>> import minitorch_ff as torch
        >>> _ = torch.manual_seed(0)
        >>> torch.randint(0, 10, (4,))
        tensor([4, 9, 3, 0])

    See: [torch.randint](https://docs.pytorch.org/docs/stable/generated/torch.randint.html).
    """
    values = matched("randint", ("low", "high", "size"), args, options)
    bounds, size = integer_bounds("randint", values), values["size"]
    if hasattr(size, "__index__"):
        raise TypeError("randint(): argument 'size' must be tuple of ints, not int")
    return _drawn("randint", bounds, (size,), generator, dtype or _dtypes.int64, options)


def randperm(
    n: int, *, generator: Any = None, dtype: DType | None = None, **options: Any
) -> Tensor:
    """The numbers from 0 to `n - 1` in random order.

    Raises:
        RuntimeError: `n` is negative.

    Example:
        >>> import minitorch_ff as torch
        >>> _ = torch.manual_seed(0)
        >>> torch.randperm(10)
        tensor([4, 1, 7, 5, 3, 9, 0, 8, 6, 2])

    See: [torch.randperm](https://docs.pytorch.org/docs/stable/generated/torch.randperm.html).
    """
    (size,) = checked_shape((int64(n, "randperm", "n"),))
    target = numpy_dtype(dtype or _dtypes.int64)
    return new(stream(generator).randperm(size, target), **options)


def _like(function: str, input: Tensor, draw: Draw, dtype: Any, options: Any) -> Tensor:
    """A tensor like `input`, layout included, filled with draws; see `drawing`."""
    must_be_tensor(input, function, "input", 1)
    out = empty_like(input, dtype=dtype, **options)
    draw_into(out, draw)
    return out


def rand_like(
    input: Tensor, *, generator: Any = None, dtype: DType | None = None, **options: Any,
) -> Tensor:  # fmt: skip
    """`rand` in the shape, dtype and place of `input`.

    See: [torch.rand_like](https://docs.pytorch.org/docs/stable/generated/torch.rand_like.html).
    """
    return _like("rand_like", input, drawing(generator, "uniform", 0, 1), dtype, options)


def randn_like(
    input: Tensor, *, generator: Any = None, dtype: DType | None = None, **options: Any,
) -> Tensor:  # fmt: skip
    """`randn` in the shape, dtype and place of `input`.

    See: [torch.randn_like](https://docs.pytorch.org/docs/stable/generated/torch.randn_like.html).
    """
    return _like("randn_like", input, drawing(generator, "normal", 0, 1), dtype, options)


def randint_like(
    input: Tensor, *bounds: Any, generator: Any = None, dtype: DType | None = None, **options: Any,
) -> Tensor:  # fmt: skip
    """`randint` in the shape, dtype and place of `input`.

    Args:
        input: The pattern.
        *bounds: `high` or `low, high`.
        generator: Where to draw from.
        dtype: That of `input` if None.
        **options: `device`, `requires_grad`, `layout`, `pin_memory`.

    See: [torch.randint_like](https://docs.pytorch.org/docs/stable/generated/torch.randint_like.html).
    """
    values = matched("randint_like", ("low", "high"), bounds, options)
    draw = drawing(generator, "randint", *integer_bounds("randint_like", values))
    return _like("randint_like", input, draw, dtype, options)


# -------------------------------------------------------------- a parameter per element


def normal(
    mean: Any, std: Any = 1.0, size: Any = None, *, generator: Any = None,
    dtype: DType | None = None, **options: Any,
) -> Tensor:  # fmt: skip
    """Numbers from normal distributions.

    Args:
        mean: A number, or a tensor with a mean for each result.
        std: A number, or a tensor with a standard deviation for each result.
        size: The shape, if both are numbers.
        generator: Where to draw from.
        dtype: Floating, if both are numbers.
        **options: `device`, `requires_grad`, `layout`, `pin_memory`, likewise.

    Raises:
        RuntimeError: A standard deviation is negative.
        TypeError: There is a size besides tensors, or none besides numbers.

    See: [torch.normal](https://docs.pytorch.org/docs/stable/generated/torch.normal.html).
    """
    each = isinstance(mean, Tensor) or isinstance(std, Tensor)
    shape_given = not (size is None or hasattr(size, "__index__"))
    if each == shape_given or (each and (dtype is not None or options)):
        raise TypeError("normal() received an invalid combination of arguments")
    if each:
        return _normal_each(mean, std, generator)
    parameters = number(mean), number(std)
    return _drawn("normal", parameters, (size,), generator, dtype, options)


def _normal_each(mean: Any, std: Any, generator: Any) -> Tensor:
    """Normal numbers, then `* std` and `+ mean`, each step rounded to the dtype."""
    _check_deviation(std)
    parameters: list[Any] = [t for t in (mean, std) if isinstance(t, Tensor)]
    first, last = parameters[0], parameters[-1]
    check_broadcast(first.buffer.shape, last.buffer.shape)
    shape = numpy.broadcast_shapes(first.buffer.shape, last.buffer.shape)
    with no_grad():
        out: Any = empty(shape, dtype=first.dtype, device=first.device)
        if isinstance(std, Tensor):
            out.normal_(generator=generator).mul_(std)
        else:
            out.normal_(0, std, generator=generator)
        out.add_(mean)
    # PyTorch numbers the forms: 1 (tensor, number), 2 (number, tensor), 3 (both tensors).
    form = isinstance(mean, Tensor) + 2 * isinstance(std, Tensor)
    return apply(Overwrite, *parameters, value=out.buffer, called="Normal", variant=form)


def _check_deviation(std: Any) -> None:
    if not isinstance(std, Tensor):
        if number(std) < 0:
            raise RuntimeError(f"normal expects std >= 0.0, but found std {std:g}")
    elif std.buffer.dtype.kind == "c":
        raise RuntimeError("normal expects standard deviation to be non-complex")
    elif not (std.backend.to_numpy(std.buffer) >= 0).all():
        raise RuntimeError("normal expects all elements of std >= 0.0")


def bernoulli(input: Tensor, p: float | None = None, *, generator: Any = None) -> Tensor:
    """Ones with given probabilities, zeros otherwise.

    Args:
        input: The probabilities, floating; with `p` only their shape counts.
        p: One probability for all.
        generator: Where to draw from.

    Raises:
        RuntimeError: A probability is not between 0 and 1.

    See: [torch.bernoulli](https://docs.pytorch.org/docs/stable/generated/torch.bernoulli.html).
    """
    must_be_tensor(input, "bernoulli", "input", 1)
    if isinstance(p, Tensor) and p.buffer.ndim:
        raise TypeError("bernoulli() received an invalid combination of arguments")
    source = stream(generator)
    if p is None:
        refuse_complex(input.buffer.dtype, "bernoulli_tensor_cpu_self_")
        return _per_element(input, source.bernoulli_each, "Bernoulli")
    chance = number(p)
    refuse_complex(input.buffer.dtype, "bernoulli_scalar_cpu_")
    return _per_element(input, lambda flat: source.bernoulli(flat.size, chance), "Bernoulli")


def poisson(input: Tensor, generator: Any = None) -> Tensor:
    """Counts of events that happen at the given rates.

    See: [torch.poisson](https://docs.pytorch.org/docs/stable/generated/torch.poisson.html).
    """
    must_be_tensor(input, "poisson", "input", 1)
    return _per_element(input, stream(generator).poisson, "Poisson")


def _per_element(input: Tensor, draw: Callable[[Any], Any], called: str) -> Tensor:
    """A row-major tensor with what `draw` makes of the elements of `input`."""
    xp, x = input.backend, input.buffer
    values = draw(xp.to_numpy(x).reshape(-1)).astype(x.dtype, copy=False)
    return apply(Overwrite, input, value=xp.beside(values.reshape(x.shape), x), called=called)


def binomial(count: Tensor, prob: Tensor, generator: Any = None) -> Tensor:
    """How many of so many tries succeed, each with a given probability.

    Args:
        count: The numbers of tries. Floating.
        prob: The probabilities, in the dtype of `count`; the shapes are broadcast.
        generator: Where to draw from.

    Raises:
        ValueError: One of them is not floating.
        RuntimeError: Their dtypes differ.

    Example:
        >>> import minitorch_ff as torch
        >>> _ = torch.manual_seed(0)
        >>> torch.binomial(torch.full((4,), 100.0), torch.tensor(0.5))
        tensor([49., 52., 45., 51.])

    See: [torch.binomial](https://docs.pytorch.org/docs/stable/generated/torch.binomial.html).
    """
    for name, each in (("count", count), ("prob", prob)):
        must_be_tensor(each, "binomial", name, 1 + (name == "prob"))
        if not is_floating(each.buffer.dtype):
            kind = scalar_name(each.buffer.dtype)
            text = f"binomial only supports floating-point dtypes for {name}, got: {kind}"
            raise ValueError(text)
    kinds = scalar_name(prob.buffer.dtype), scalar_name(count.buffer.dtype)
    check(kinds[0] == kinds[1], f"Found dtype {kinds[0]} but expected {kinds[1]}")
    check_broadcast(count.buffer.shape, prob.buffer.shape)
    source, xp = stream(generator), count.backend
    counts, chances = numpy.broadcast_arrays(*[xp.to_numpy(t.buffer) for t in (count, prob)])
    drawn = source.binomial(counts.reshape(-1), chances.reshape(-1)).reshape(counts.shape)
    value = xp.beside(drawn, count.buffer)
    return apply(Overwrite, count, prob, value=value, called="Binomial")


def of_arrays(function: Callable[..., Any], *tensors: Tensor) -> Tensor:
    """A tensor with what a function makes of the host's arrays: draws, or how they move."""
    first = tensors[0]
    values = function(*[t.backend.to_numpy(t.buffer) for t in tensors])
    return new(values, first.device)


def standard_gamma(concentration: Tensor) -> Tensor:
    """Draws from gamma distributions of rate 1, without gradients."""
    draw = default_generator.standard_gamma
    return of_arrays(lambda c: draw(c.reshape(-1)).reshape(c.shape), concentration)


def sample_dirichlet(concentration: Tensor) -> Tensor:
    """Draws from Dirichlet distributions, without gradients."""
    return of_arrays(default_generator.dirichlet, concentration)


def multinomial(
    input: Tensor, num_samples: int, replacement: bool = False, *, generator: Any = None,
) -> Tensor:  # fmt: skip
    """Positions drawn with probabilities in proportion to weights.

    Args:
        input: Weights. Shape `(n)` or `(rows, n)`, floating.
        num_samples: How many positions to draw, of each row.
        replacement: Whether a position can be drawn again.
        generator: Where to draw from.

    Raises:
        RuntimeError: The weights are no distribution, or there are too few of them.

    See: [torch.multinomial](https://docs.pytorch.org/docs/stable/generated/torch.multinomial.html).
    """
    must_be_tensor(input, "multinomial", "input", 1)
    count = int64(num_samples, "multinomial", "num_samples")
    if not isinstance(replacement, bool):
        kind = type(replacement).__name__
        raise TypeError(f"multinomial(): argument 'replacement' must be bool, not {kind}")
    weights = input.backend.to_numpy(input.buffer)
    drawn = stream(generator).multinomial(weights, count, replacement)
    return new(drawn, input.device)


def slopes(values: Any, lower: float, upper: float, generator: Any) -> Any:
    """The factors of a randomised ReLU: one where positive, else from [lower, upper).

    Half precision gets them in float32.

    Raises:
        NotImplementedError: PyTorch has no kernel for the dtype.
    """
    if values.dtype.kind != "V" and values.dtype.name not in ("float32", "float64"):
        raise not_implemented("rrelu_with_noise_out_cpu", values.dtype)
    precise = numpy.dtype("f8" if values.dtype.itemsize == 8 else "f4")
    factors = numpy.ones(values.shape, precise)
    below = values <= 0
    count = int(below.sum())
    factors[below] = stream(generator).rrelu_slopes(count, lower, upper, precise)
    return factors


# -------------------------------------- methods that overwrite a tensor's memory, in its order


def _overwritten(
    self: Tensor, draw: Draw, called: str, *others: Tensor, variant: int = 0
) -> Tensor:
    """Overwrite a tensor with draws.

    Args:
        self: The tensor.
        draw: Called once; see `drawing`.
        called: The name of the node, if this is recorded.
        *others: Tensors the draw depends on; they get a gradient of zeros.
        variant: The number of the node's name.
    """
    buffer = self.buffer
    if 0 in buffer.strides and buffer.size > 1:
        check_no_overlap(buffer)
    if grad_enabled():
        inputs = (self, *others)
        recorded = any([t.edge() is not None for t in inputs])
        check_writable(self, recorded)
        if recorded:
            host = self.backend.to_numpy(buffer).copy(order="K")
            fill(host, draw(host.size, host.dtype, buffer.flags.c_contiguous))
            value = self.backend.beside(host, buffer)
            settings = {"value": value, "called": called, "variant": variant}
            return write(self, apply(Overwrite, *inputs, **settings))
    draw_into(self, draw)
    self.version[0] += 1
    return self


def uniform_(
    self: Tensor, from_: float = 0.0, /, to: float = 1.0, *, generator: Any = None, **named: Any,
) -> Tensor:  # fmt: skip
    """Overwrite with numbers spread evenly over [from, to).

    See: [torch.Tensor.uniform_](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.uniform_.html).
    """
    low, high = number(named.pop("from", from_)), number(to)
    _no_more(named, "uniform_")
    return _overwritten(self, drawing(generator, "uniform", low, high), "Uniform")


def _no_more(named: dict[str, Any], function: str) -> None:
    """Refuse what is left of the keyword arguments."""
    for name in named:
        raise TypeError(f"{function}() got an unexpected keyword argument '{name}'")


def normal_(self: Tensor, mean: float = 0.0, std: float = 1.0, *, generator: Any = None) -> Tensor:
    """Overwrite with numbers from a normal distribution.

    See: [torch.Tensor.normal_](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.normal_.html).
    """
    draw = drawing(generator, "normal", number(mean), number(std))
    return _overwritten(self, draw, "Normal")


def random_(self: Tensor, *bounds: Any, generator: Any = None, **named: Any) -> Tensor:
    """Overwrite with integers.

    Args:
        self: Any dtype that is not complex.
        *bounds: None, for all integers of the dtype that are not negative; or `to`, for
            [0, to); or `from, to`, for [from, to), where `to` may be None.
        generator: Where to draw from.
        **named: `from` and `to` by their names.

    Raises:
        RuntimeError: The range is empty, or does not fit the dtype.

    See: [torch.Tensor.random_](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.random_.html).
    """
    values = matched("random_", ("from", "to"), bounds, named)
    _no_more(named, "random_")
    if not values:
        return _overwritten(self, drawing(generator, "random_"), "Random", variant=2)
    low, high = int64(values.get("from", 0), "random_", "from"), values["to"]
    if high is not None or "from" not in values:
        high = int64(high, "random_", "to")
    draw = drawing(generator, "randint", low, high)
    return _overwritten(self, draw, "Random", variant=int("from" not in values))


def bernoulli_(self: Tensor, p: Any = 0.5, *, generator: Any = None) -> Tensor:
    """Overwrite with ones of probability `p`, else zeros.

    Args:
        self: Any dtype that is not complex.
        p: One probability, or a tensor of them that can be expanded to `self`.
        generator: Where to draw from.

    Raises:
        RuntimeError: A probability is not between 0 and 1.

    See: [torch.Tensor.bernoulli_](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.bernoulli_.html).
    """
    source = stream(generator)
    if isinstance(p, Tensor):
        refuse_complex(self.buffer.dtype, "bernoulli_tensor_cpu_self_")
        each = p.expand(self.buffer.shape)
        chances = read(each.backend.to_numpy(each.buffer), self.buffer)
        return _overwritten(
            self, lambda *_: source.bernoulli_each(chances), "Bernoulli", each, variant=1
        )
    refuse_complex(self.buffer.dtype, "bernoulli_scalar_cpu_")
    chance = number(p)
    return _overwritten(self, lambda n, t, _: source.bernoulli(n, chance), "Bernoulli", variant=2)


def exponential_(self: Tensor, lambd: float = 1.0, *, generator: Any = None) -> Tensor:
    """Overwrite with waiting times of rate `lambd`.

    See: [torch.Tensor.exponential_](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.exponential_.html).
    """
    return _overwritten(self, drawing(generator, "exponential", number(lambd)), "Exponential")


def cauchy_(
    self: Tensor, median: float = 0.0, sigma: float = 1.0, *, generator: Any = None,
) -> Tensor:  # fmt: skip
    """Overwrite with draws from a Cauchy distribution.

    See: [torch.Tensor.cauchy_](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.cauchy_.html).
    """
    draw = drawing(generator, "cauchy", number(median), number(sigma))
    return _overwritten(self, draw, "Cauchy")


def geometric_(self: Tensor, p: float, *, generator: Any = None) -> Tensor:
    """Overwrite with the number of tries until the first success of probability `p`.

    See: [torch.Tensor.geometric_](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.geometric_.html).
    """
    return _overwritten(self, drawing(generator, "geometric", number(p)), "Geometric")


def log_normal_(
    self: Tensor, mean: float = 1.0, std: float = 2.0, *, generator: Any = None,
) -> Tensor:  # fmt: skip
    """Overwrite with numbers whose logarithm has a normal distribution.

    See: [torch.Tensor.log_normal_](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.log_normal_.html).
    """
    draw = drawing(generator, "log_normal", number(mean), number(std))
    return _overwritten(self, draw, "LogNormal")
