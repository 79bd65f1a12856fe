"""Random numbers: seeds, generators, and tensors drawn from them.

The numbers are PyTorch's: see [`firefly.random`][minitorch_ff.firefly.random].
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy

from minitorch_ff import _dtypes
from minitorch_ff._devices import as_device
from minitorch_ff._functions.creation import checked_shape, new
from minitorch_ff.firefly import random as engine
from minitorch_ff.firefly.in_place import check_writable, write
from minitorch_ff.firefly.modes import grad_enabled
from minitorch_ff.firefly.ops.base import apply
from minitorch_ff.firefly.ops.indexing import Overwrite
from minitorch_ff.firefly.random.memory_order import fill, read
from minitorch_ff.firefly.tensor import Tensor as AnyTensor
from minitorch_ff.firefly.tensor import wrap

if TYPE_CHECKING:
    from minitorch_ff._dtypes import dtype as DType
    from minitorch_ff._tensor import Tensor

# Functions that draw take `generator=`: by default the process's own one.


# ---------------------------------------------------------------------- generators, seeds


class Generator(engine.Generator):
    """A stream of random numbers of its own.

    Args:
        device: The draws are made on the host, whatever is said here.

    Example:
        >>> import minitorch_ff as torch
        >>> g = torch.Generator().manual_seed(0)
        >>> torch.rand(2, generator=g)
        tensor([0.4963, 0.7682])

    See: [torch.Generator](https://docs.pytorch.org/docs/stable/generated/torch.Generator.html).
    """

    def __init__(self, device: Any = "cpu") -> None:
        super().__init__()
        self.device = as_device(device)

    def get_state(self) -> Tensor:
        """The state, 5056 bytes, as PyTorch writes it."""
        return wrap(AnyTensor.result_class, self.state())

    def set_state(self, new_state: Any) -> Any:
        """Continue from a state, of ours or of PyTorch's.

        Raises:
            TypeError: It is no tensor of bytes.
            RuntimeError: It is no state.
        """
        return super().set_state(_bytes(new_state))

    def clone_state(self) -> Generator:
        """Another generator in the same state."""
        return self.clone()


def _bytes(state: Any) -> Any:
    if isinstance(state, numpy.ndarray):
        return state
    if not isinstance(state, AnyTensor):
        raise TypeError("RNG state must be a torch.ByteTensor")
    return state.buffer


default_generator: Any = engine.default_generator
default_generator.__class__ = Generator  # the engine's own one, with the facade's methods
default_generator.device = as_device("cpu")


def manual_seed(seed: int) -> Generator:
    """Start the default generator again from a seed.

    Args:
        seed: In [-2⁶³, 2⁶⁴).

    Raises:
        ValueError: It is not.

    Example:
        >>> import minitorch_ff as torch
        >>> _ = torch.manual_seed(0)
        >>> torch.rand(2)
        tensor([0.4963, 0.7682])

    See: [torch.manual_seed](https://docs.pytorch.org/docs/stable/generated/torch.manual_seed.html).
    """
    return default_generator.manual_seed(seed)  # type: ignore[no-any-return]


def seed() -> int:
    """Start the default generator from a seed of the system's, and return it.

    See: [torch.seed](https://docs.pytorch.org/docs/stable/generated/torch.seed.html).
    """
    return default_generator.seed()  # type: ignore[no-any-return]


def initial_seed() -> int:
    """The seed last given to the default generator.

    See: [torch.initial_seed](https://docs.pytorch.org/docs/stable/generated/torch.initial_seed.html).
    """
    return default_generator.initial_seed()  # type: ignore[no-any-return]


def get_rng_state() -> Tensor:
    """The state of the default generator, 5056 bytes.

    See: [torch.get_rng_state](https://docs.pytorch.org/docs/stable/generated/torch.get_rng_state.html).
    """
    return default_generator.get_state()  # type: ignore[no-any-return]


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
    state = default_generator.state()
    try:
        yield
    finally:
        if enabled:
            default_generator.set_state(state)


def stream(generator: Any) -> Any:
    """The generator to draw from."""
    return default_generator if generator is None else generator


# -------------------------------------------------------------------------- new tensors


def _drawn(draw: Any, shape: tuple[int, ...], options: dict[str, Any]) -> Any:
    """A new tensor of `shape` with the values that `draw(size)` gives."""
    return new(draw(math.prod(shape)).reshape(shape), **options)


def _floating(dtype: DType | None) -> Any:
    return (_dtypes.get_default_dtype() if dtype is None else dtype).numpy


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
    shape, target = checked_shape(size, options), _floating(dtype)
    return _drawn(lambda n: stream(generator).uniform(n, 0, 1, target), shape, options)


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
    shape, target = checked_shape(size, options), _floating(dtype)
    return _drawn(lambda n: stream(generator).normal(n, 0, 1, target), shape, options)


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

    Example:
        >>> import minitorch_ff as torch
        >>> _ = torch.manual_seed(0)
        >>> torch.randint(0, 10, (4,))
        tensor([4, 9, 3, 0])

    See: [torch.randint](https://docs.pytorch.org/docs/stable/generated/torch.randint.html).
    """
    named = {k: options.pop(k) for k in ("low", "high", "size") if k in options}
    names = ("high", "size") if len(args) + len(named) == 2 else ("low", "high", "size")
    free = [name for name in names if name not in named]
    if len(args) != len(free):
        raise TypeError("randint() received an invalid combination of arguments")
    values = {**named, **dict(zip(free, args, strict=True))}
    low, high = int(values.get("low", 0)), int(values["high"])
    target = (_dtypes.int64 if dtype is None else dtype).numpy
    shape = checked_shape((values["size"],))
    return _drawn(lambda n: stream(generator).randint(n, low, high, target), shape, options)


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
    checked_shape((n,))
    target = (_dtypes.int64 if dtype is None else dtype).numpy
    return new(stream(generator).randperm(n, target), **options)


def _like(
    input: Tensor, dtype: DType | None, options: dict[str, Any]
) -> tuple[Any, dict[str, Any]]:
    """An array to fill, in the shape and layout of `input`, and where to put it."""
    options.pop("memory_format", None)
    options["device"] = options.get("device") or input.device
    target = input.buffer.dtype if dtype is None else dtype.numpy
    if isinstance(input.buffer, numpy.ndarray):
        return numpy.empty_like(input.buffer, target), options
    return numpy.empty(input.buffer.shape, target), options


def rand_like(
    input: Tensor, *, generator: Any = None, dtype: DType | None = None, **options: Any
) -> Tensor:
    """`rand` in the shape, dtype and place of `input`.

    See: [torch.rand_like](https://docs.pytorch.org/docs/stable/generated/torch.rand_like.html).
    """
    out, options = _like(input, dtype, options)
    fill(out, stream(generator).uniform(out.size, 0, 1, out.dtype))
    return new(out, **options)


def randn_like(
    input: Tensor, *, generator: Any = None, dtype: DType | None = None, **options: Any
) -> Tensor:
    """`randn` in the shape, dtype and place of `input`.

    See: [torch.randn_like](https://docs.pytorch.org/docs/stable/generated/torch.randn_like.html).
    """
    out, options = _like(input, dtype, options)
    flat = stream(generator).normal(out.size, 0, 1, out.dtype, out.flags.c_contiguous)
    fill(out, flat)
    return new(out, **options)


def randint_like(
    input: Tensor, *bounds: Any, generator: Any = None, dtype: DType | None = None, **options: Any
) -> Tensor:
    """`randint` in the shape, dtype and place of `input`.

    See: [torch.randint_like](https://docs.pytorch.org/docs/stable/generated/torch.randint_like.html).
    """
    low, high = options.pop("low", None), options.pop("high", None)
    given = list(bounds)
    if high is None:
        high = given.pop()
    if low is None:
        low = given.pop() if given else 0
    out, options = _like(input, dtype, options)
    fill(out, stream(generator).randint(out.size, int(low), int(high), out.dtype))
    return new(out, **options)


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
        dtype: Floating.
        **options: `device`, `requires_grad`, `layout`, `pin_memory`.

    Raises:
        RuntimeError: A standard deviation is negative.

    See: [torch.normal](https://docs.pytorch.org/docs/stable/generated/torch.normal.html).
    """
    if not isinstance(mean, AnyTensor) and not isinstance(std, AnyTensor):
        if size is None:
            raise TypeError(
                "normal() received an invalid combination of arguments: two numbers need a size"
            )
        shape, target = checked_shape((size,)), _floating(dtype)
        return _drawn(lambda n: stream(generator).normal(n, mean, std, target), shape, options)
    means = mean.backend.to_numpy(mean.buffer) if isinstance(mean, AnyTensor) else None
    stds = std.backend.to_numpy(std.buffer) if isinstance(std, AnyTensor) else None
    _check_normal(means, stds, std)
    like = means if means is not None else stds
    shape = numpy.broadcast_shapes(*[a.shape for a in (means, stds) if a is not None])
    source = stream(generator)
    flat = source.normal(math.prod(shape), 0, 1 if stds is not None else std, like.dtype)
    values = flat.reshape(shape)
    if stds is not None:
        values = (values * stds).astype(like.dtype, copy=False)
    values = values + (means if means is not None else like.dtype.type(mean))
    device = mean.device if isinstance(mean, AnyTensor) else std.device
    result = new(numpy.asarray(values, like.dtype), device)
    for parameter in (mean, std):
        if isinstance(parameter, AnyTensor) and parameter.edge() is not None and grad_enabled():
            settings = {"value": result.buffer, "called": "Normal"}
            return apply(Overwrite, parameter, **settings)
    return result  # type: ignore[no-any-return]


def _check_normal(means: Any, stds: Any, std: Any) -> None:
    if stds is not None:
        if stds.dtype.kind not in "fV":
            raise RuntimeError("normal expects standard deviation to be non-complex")
        if stds.size and not (stds >= 0).all():
            raise RuntimeError("normal expects all elements of std >= 0.0")
    elif std < 0:
        raise RuntimeError(f"normal expects std >= 0.0, but found std {std:g}")
    if means is not None and stds is not None:
        try:
            numpy.broadcast_shapes(means.shape, stds.shape)
        except ValueError:
            from minitorch_ff.firefly.ops.base import check_broadcast

            check_broadcast(means.shape, stds.shape)


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
    out, options = _like(input, None, {})
    if p is not None:
        flat = stream(generator).bernoulli(out.size, p)
    else:
        chances = input.backend.to_numpy(input.buffer)
        flat = stream(generator).bernoulli_each(read(chances, out))
    fill(out, flat)
    result = new(out, **options)
    if input.edge() is not None and grad_enabled():
        settings = {"value": result.buffer, "called": "Bernoulli"}
        return apply(Overwrite, input, **settings)
    return result


def multinomial(
    input: Tensor, num_samples: int, replacement: bool = False, *, generator: Any = None
) -> Tensor:
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
    weights = input.backend.to_numpy(input.buffer)
    return new(stream(generator).multinomial(weights, num_samples, replacement), input.device)


def poisson(input: Tensor, generator: Any = None) -> Tensor:
    """Counts of events that happen at the given rates.

    See: [torch.poisson](https://docs.pytorch.org/docs/stable/generated/torch.poisson.html).
    """
    out, options = _like(input, None, {})
    rates = read(input.backend.to_numpy(input.buffer), out)
    fill(out, stream(generator).poisson(rates))
    return new(out, **options)


def slopes(values: Any, lower: float, upper: float, generator: Any) -> Any:
    """The factors of a randomised ReLU: one where positive, else drawn from [lower, upper)."""
    factors = numpy.ones_like(values, order="C")
    below = values <= 0
    count = int(below.sum())
    factors[below] = stream(generator).rrelu_slopes(count, lower, upper, values.dtype)
    return factors


# --------------------------------------------------------------------- in a tensor's memory


def _into(self: Tensor, draw: Any, called: str) -> Tensor:
    """Overwrite a tensor with what `draw(size, dtype, contiguous)` gives."""
    node = None
    if grad_enabled():
        node = self.edge()
        check_writable(self, node is not None)
    buffer = self.buffer
    host = buffer if isinstance(buffer, numpy.ndarray) else numpy.empty(buffer.shape, buffer.dtype)
    flat = draw(host.size, host.dtype, host.flags.c_contiguous)
    if node is not None:
        values = numpy.empty_like(host)
        fill(values, flat)
        value = self.backend.beside(values, buffer)
        return write(self, apply(Overwrite, self, value=value, called=called))
    fill(host, flat)
    if host is not buffer:
        self.backend.copy_(buffer, self.backend.beside(host, buffer))
    self.version[0] += 1
    return self


def uniform_(
    self: Tensor, from_: float = 0.0, to: float = 1.0, *, generator: Any = None, **named: Any
) -> Tensor:
    """Overwrite with numbers spread evenly over [from, to)."""
    low = named.pop("from", from_)
    if named:
        raise TypeError(f"uniform_() got an unexpected keyword argument '{next(iter(named))}'")
    return _into(self, lambda n, t, _: stream(generator).uniform(n, low, to, t), "Uniform")


def normal_(self: Tensor, mean: float = 0.0, std: float = 1.0, *, generator: Any = None) -> Tensor:
    """Overwrite with numbers from a normal distribution."""
    return _into(self, lambda n, t, c: stream(generator).normal(n, mean, std, t, c), "Normal")


def random_(
    self: Tensor,
    from_: int | None = None,
    to: int | None = None,
    *,
    generator: Any = None,
    **named: Any,
) -> Tensor:
    """Overwrite with integers: below `from_`, or in [from_, to), or of the whole dtype."""
    low = named.pop("from", from_)
    if named:
        raise TypeError(f"random_() got an unexpected keyword argument '{next(iter(named))}'")
    source = stream(generator)
    if low is None and to is None:
        return _into(self, lambda n, t, _: source.random_(n, t), "Random")
    if to is None and "from" not in named:
        low, to = 0, low
    return _into(self, lambda n, t, _: source.randint(n, int(low), to, t), "Random")  # type: ignore[arg-type]


def bernoulli_(self: Tensor, p: Any = 0.5, *, generator: Any = None) -> Tensor:
    """Overwrite with ones of probability `p` (a number, or a tensor of them), else zeros."""
    source = stream(generator)
    if isinstance(p, AnyTensor):
        chances = numpy.broadcast_to(p.backend.to_numpy(p.buffer), self.buffer.shape)
        order = self.buffer
        return _into(self, lambda n, t, _: source.bernoulli_each(read(chances, order)), "Bernoulli")
    return _into(self, lambda n, t, _: source.bernoulli(n, p), "Bernoulli")


def exponential_(self: Tensor, lambd: float = 1.0, *, generator: Any = None) -> Tensor:
    """Overwrite with waiting times of rate `lambd`."""
    return _into(self, lambda n, t, _: stream(generator).exponential(n, lambd, t), "Exponential")


def cauchy_(
    self: Tensor, median: float = 0.0, sigma: float = 1.0, *, generator: Any = None
) -> Tensor:
    """Overwrite with draws from a Cauchy distribution."""
    return _into(self, lambda n, t, _: stream(generator).cauchy(n, median, sigma, t), "Cauchy")


def geometric_(self: Tensor, p: float, *, generator: Any = None) -> Tensor:
    """Overwrite with the number of tries until the first success of probability `p`."""
    return _into(self, lambda n, t, _: stream(generator).geometric(n, p, t), "Geometric")


def log_normal_(
    self: Tensor, mean: float = 1.0, std: float = 2.0, *, generator: Any = None
) -> Tensor:
    """Overwrite with numbers whose logarithm has a normal distribution."""
    return _into(self, lambda n, t, _: stream(generator).log_normal(n, mean, std, t), "LogNormal")
