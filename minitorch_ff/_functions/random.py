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
from minitorch_ff._devices import as_device, backend_for, cuda_runtime, has_cuda
from minitorch_ff._devices import device as Device
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
from minitorch_ff.firefly.random.philox import Philox
from minitorch_ff.firefly.tensor import wrap

# ---------------------------------------------------------------------- generators, seeds


class Generator(engine.Generator):
    """A stream of random numbers of its own.

    Args:
        device: Where the numbers are wanted: a generator of a GPU draws CUDA's numbers.

    Raises:
        AssertionError: The device is missing.

    Example:
        >>> import minitorch_ff as torch
        >>> g = torch.Generator().manual_seed(0)
        >>> torch.rand(2, generator=g)
        tensor([0.4963, 0.7682])

    See: [torch.Generator](https://docs.pytorch.org/docs/stable/generated/torch.Generator.html).
    """

    def __new__(cls, device: Any = "cpu") -> Any:
        """A generator of the host's, or of a GPU."""
        on_gpu = as_device(device).type == "cuda"
        return super().__new__(CudaGenerator if on_gpu else cls)

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
        return super().set_state(_bytes_of(new_state))

    def get_offset(self) -> int:
        """How far in its stream a GPU's generator is; the host's does not count.

        Raises:
            RuntimeError: It is the host's.
        """
        raise RuntimeError("CPU Generator does not use offset")

    def set_offset(self, offset: int) -> Self:
        """Continue a GPU's generator from another place in its stream.

        Raises:
            RuntimeError: It is the host's.
        """
        raise RuntimeError("CPU Generator does not use offset")

    def clone_state(self) -> Generator:
        """Another generator in the same state."""
        twin = self.clone()
        twin.device = self.device
        return twin


def _bytes_of(state: Any) -> numpy.ndarray:
    """A state as an array.

    Raises:
        TypeError: It is no tensor.
    """
    if not isinstance(state, Tensor):
        raise TypeError(f"expected a torch.ByteTensor, but got {type(state).__name__}")
    array: numpy.ndarray = state.backend.to_numpy(state.buffer)
    return array


class CudaGenerator(Generator):
    """A generator of a GPU: a seed, and an offset in its stream; see `firefly.random.philox`.

    Attributes:
        engine: What draws.
    """

    def __init__(self, device: Any = "cuda") -> None:
        where = as_device(device)
        runtime = cuda_runtime(where.index)
        index = runtime.current_device() if where.index is None else where.index
        self.device = Device("cuda", index)
        size = runtime.properties(index)
        self.engine = Philox(
            backend_for(self.device).module,
            size["multiProcessorCount"],
            size["maxThreadsPerMultiProcessor"],
            runtime.philox,
        )
        super(Generator, self).manual_seed(0)  # the host's part is not used

    def manual_seed(self, seed: int) -> Self:
        """Start again from a seed; see `Generator.manual_seed`."""
        super().manual_seed(seed)
        self.engine.manual_seed(seed)
        return self

    def seed(self) -> int:
        """Start again from a seed of the operating system's, and return it."""
        return self.engine.seed()

    def initial_seed(self) -> int:
        """The seed last given, in [0, 2⁶⁴)."""
        return self.engine.initial_seed()

    def state(self) -> Any:
        """The seed and the offset, 16 bytes."""
        return self.engine.state()

    def set_state(self, new_state: Any) -> Self:
        """Continue from a state of 16 bytes, of ours or of PyTorch's.

        Raises:
            TypeError: It is no tensor of bytes.
            RuntimeError: It is no state.
        """
        self.engine.set_state(_bytes_of(new_state))
        return self

    def get_offset(self) -> int:
        """How far in its stream the generator is, in multiples of four."""
        return self.engine.offset

    def set_offset(self, offset: int) -> Self:
        """Continue from another place in the stream.

        Raises:
            RuntimeError: It is no multiple of four.
        """
        self.engine.set_offset(offset)
        return self

    def clone_state(self) -> Generator:
        """Another generator in the same state."""
        return CudaGenerator(self.device).set_state(self.get_state())


Draw = Callable[[int, Any, bool], Any]
"""Draws numbers: so many, of this dtype, for elements that lie in a row or do not."""

default_generator: Any = engine.default_generator
default_generator.__class__ = Generator  # the engine's own one, with the facade's methods
default_generator.device = as_device("cpu")


_cuda_generators: dict[int, CudaGenerator] = {}
_cuda_seed: int | None = None


def cuda_generator(index: int | None = None) -> CudaGenerator:
    """The default generator of a GPU, the current one by default.

    Raises:
        AssertionError: CuPy or the GPU is missing.
    """
    if index is None:
        index = cuda_runtime().current_device()
    if index not in _cuda_generators:
        made = CudaGenerator(Device("cuda", index))
        if _cuda_seed is None:
            made.seed()
        else:
            made.manual_seed(_cuda_seed)
        _cuda_generators[index] = made
    return _cuda_generators[index]


def seed_cuda(seed: int) -> None:
    """Start the default generators of all GPUs from a seed, those not made yet as well."""
    global _cuda_seed
    _cuda_seed = seed
    for generator in _cuda_generators.values():
        generator.manual_seed(seed)


def manual_seed(seed: int) -> Generator:
    """Start the default generators, the host's and the GPUs', again from a seed.

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
    default_generator.manual_seed(int(seed))
    seed_cuda(int(seed))
    return default_generator


def seed() -> int:
    """Start the default generators from a seed of the system's, and return it.

    See: [torch.seed](https://docs.pytorch.org/docs/stable/generated/torch.seed.html).
    """
    value = default_generator.seed()
    seed_cuda(value)
    return value


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
    """Restore the default generators when the block ends.

    Args:
        devices: The GPUs whose generators are restored beside the host's; None: all of them.
        enabled: Whether anything is restored.
        _caller: Not used, as in PyTorch.
        _devices_kw: Likewise.
        device_type: Of the devices; others than `"cuda"` draw on the host.

    Raises:
        AssertionError: GPUs are named, and there is none.

    See: [torch.random.fork_rng](https://docs.pytorch.org/docs/stable/random.html#torch.random.fork_rng).
    """
    if devices is None:
        devices = range(cuda_runtime().device_count()) if has_cuda() else ()
    on_gpus = list(devices) if enabled and device_type == "cuda" else []
    generators = [default_generator]
    generators += [cuda_generator(Device(d).index if isinstance(d, str) else d) for d in on_gpus]
    states = [generator.get_state() for generator in generators]
    try:
        yield
    finally:
        if enabled:
            for generator, state in zip(generators, states, strict=True):
                generator.set_state(state)


def stream(generator: Any, device: Device | None = None) -> Any:
    """What to draw from.

    Args:
        generator: The caller's; None: the default one of the device.
        device: Where the numbers are wanted; None: on the host.

    Raises:
        TypeError: It is no generator.
        RuntimeError: It draws for other devices.
    """
    on_gpu = device is not None and device.type == "cuda"
    if on_gpu:
        backend_for(device)  # which is at work from now on
    if generator is None:
        return cuda_generator(device.index).engine if on_gpu else default_generator  # type: ignore[union-attr]
    if not isinstance(generator, engine.Generator):
        kind = type(generator).__name__
        raise TypeError(f"argument 'generator' must be torch.Generator, not {kind}")
    if on_gpu != isinstance(generator, CudaGenerator):
        found = "cuda" if isinstance(generator, CudaGenerator) else "cpu"
        wanted = "cuda" if on_gpu else "cpu"
        raise RuntimeError(f"Expected a '{wanted}' device type for generator but found '{found}'")
    if not isinstance(generator, CudaGenerator):
        return generator
    capturing = cuda_runtime().current_stream().is_capturing()
    check(
        not capturing or generator.engine.captured is not None,
        "Attempt to increase offset for a CUDA generator not in capture mode.",
    )
    return generator.engine


def host_stream(generator: Any, tensor: Tensor) -> Any:
    """A generator of the host's, for draws that are made there whatever the device."""
    source = stream(generator, tensor.device)
    return source.host() if isinstance(source, Philox) else source


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


def drawing(where: Any, generator: Any, kind: str, *parameters: Any) -> Draw:
    """A function of size, dtype and whether the elements lie in a row: so many draws.

    Args:
        where: The device that the numbers are wanted on.
        generator: Where to draw from.
        kind: What is drawn: the name of the generator's method.
        *parameters: Of the distribution.
    """
    draw = getattr(stream(generator, where), kind)
    if kind == "normal":  # the one whose draws depend on how the elements lie
        return lambda size, dtype, in_a_row: draw(size, *parameters, dtype, in_a_row)
    return lambda size, dtype, in_a_row: draw(size, *parameters, dtype)


def _drawn(
    kind: str, parameters: Any, size: Any, generator: Any, dtype: Any, options: dict[str, Any]
) -> Any:
    """A new tensor, its values drawn; see `drawing`."""
    maker = "rand" if kind == "uniform" else "randn"
    shape, target = checked_shape(size, options, maker), numpy_dtype(dtype)
    draw = drawing(as_device(options.get("device")), generator, kind, *parameters)
    if options:  # a wrong one must fail before anything is drawn
        new(numpy.empty(0, target), **options)
    return new(draw(math.prod(shape), target, True).reshape(shape), **options)


def draw_into(tensor: Tensor, draw: Draw) -> None:
    """Fill a tensor's memory with draws; see `drawing`."""
    xp, buffer = tensor.backend, tensor.buffer
    values = draw(buffer.size, buffer.dtype, buffer.flags.c_contiguous)
    if type(values) is xp.buffer_type:
        fill(buffer, values)
        return
    host = xp.to_numpy(buffer)
    fill(host, values)
    xp.copy_(buffer, xp.beside(host, buffer))


def _drawn_over(tensor: Tensor, draw: Draw) -> Any:
    """A buffer that lies as a tensor's, filled with draws; see `drawing`."""
    xp, buffer = tensor.backend, tensor.buffer
    values = draw(buffer.size, buffer.dtype, buffer.flags.c_contiguous)
    if type(values) is xp.buffer_type:
        out = xp.copy(buffer)
        fill(out, values)
        return out
    host = xp.to_numpy(buffer).copy(order="K")
    fill(host, values)
    return xp.beside(host, buffer)


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
    source = stream(generator, as_device(options.get("device")))
    return new(source.randperm(size, target), **options)


def _like(
    function: str, input: Tensor, what: Any, generator: Any, dtype: Any, options: Any
) -> Tensor:
    """A tensor like `input`, layout included, filled with draws; see `drawing`."""
    must_be_tensor(input, function, "input", 1)
    draw = drawing(as_device(options.get("device") or input.device), generator, *what)
    out = empty_like(input, dtype=dtype, **options)
    draw_into(out, draw)
    return out


def rand_like(
    input: Tensor, *, generator: Any = None, dtype: DType | None = None, **options: Any,
) -> Tensor:  # fmt: skip
    """`rand` in the shape, dtype and place of `input`.

    See: [torch.rand_like](https://docs.pytorch.org/docs/stable/generated/torch.rand_like.html).
    """
    return _like("rand_like", input, ("uniform", 0, 1), generator, dtype, options)


def randn_like(
    input: Tensor, *, generator: Any = None, dtype: DType | None = None, **options: Any,
) -> Tensor:  # fmt: skip
    """`randn` in the shape, dtype and place of `input`.

    See: [torch.randn_like](https://docs.pytorch.org/docs/stable/generated/torch.randn_like.html).
    """
    return _like("randn_like", input, ("normal", 0, 1), generator, dtype, options)


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
    what = ("randint", *integer_bounds("randint_like", values))
    return _like("randint_like", input, what, generator, dtype, options)


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
    source = stream(generator, input.device)
    if p is None:
        refuse_complex(input.buffer.dtype, "bernoulli_tensor_cpu_self_")
        return _per_element(input, source.bernoulli_each, "Bernoulli", source)
    chance = number(p)
    refuse_complex(input.buffer.dtype, "bernoulli_scalar_cpu_")
    return _per_element(
        input, lambda flat: source.bernoulli(flat.size, chance), "Bernoulli", source
    )


def poisson(input: Tensor, generator: Any = None) -> Tensor:
    """Counts of events that happen at the given rates.

    See: [torch.poisson](https://docs.pytorch.org/docs/stable/generated/torch.poisson.html).
    """
    must_be_tensor(input, "poisson", "input", 1)
    return _per_element(input, host_stream(generator, input).poisson, "Poisson")


def _per_element(
    input: Tensor, draw: Callable[[Any], Any], called: str, source: Any = None
) -> Tensor:
    """A row-major tensor with what `draw` makes of the elements of `input`."""
    xp, x = input.backend, input.buffer
    values = draw(_read_by(source, input).reshape(-1)).astype(x.dtype, copy=False).reshape(x.shape)
    if type(values) is not xp.buffer_type:
        values = xp.beside(values, x)
    return apply(Overwrite, input, value=values, called=called)


def _read_by(source: Any, tensor: Tensor) -> Any:
    """The elements where a generator reads them: on the device, if it draws there."""
    buffer = tensor.buffer
    return buffer if isinstance(source, Philox) else tensor.backend.to_numpy(buffer)


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
    source, xp = host_stream(generator, count), count.backend
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
    draw = host_stream(None, concentration).standard_gamma
    return of_arrays(lambda c: draw(c.reshape(-1)).reshape(c.shape), concentration)


def sample_dirichlet(concentration: Tensor) -> Tensor:
    """Draws from Dirichlet distributions, without gradients."""
    return of_arrays(host_stream(None, concentration).dirichlet, concentration)


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
    drawn = stream(generator, input.device).multinomial(weights, count, replacement)
    return new(drawn, input.device)


def slopes(values: Any, lower: float, upper: float, source: Any) -> Any:
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
    factors[below] = source.rrelu_slopes(count, lower, upper, precise)
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
            value = _drawn_over(self, draw)
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
    return _overwritten(self, drawing(self.device, generator, "uniform", low, high), "Uniform")


def _no_more(named: dict[str, Any], function: str) -> None:
    """Refuse what is left of the keyword arguments."""
    for name in named:
        raise TypeError(f"{function}() got an unexpected keyword argument '{name}'")


def normal_(self: Tensor, mean: float = 0.0, std: float = 1.0, *, generator: Any = None) -> Tensor:
    """Overwrite with numbers from a normal distribution.

    See: [torch.Tensor.normal_](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.normal_.html).
    """
    draw = drawing(self.device, generator, "normal", number(mean), number(std))
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
        return _overwritten(self, drawing(self.device, generator, "random_"), "Random", variant=2)
    low, high = int64(values.get("from", 0), "random_", "from"), values["to"]
    if high is not None or "from" not in values:
        high = int64(high, "random_", "to")
    draw = drawing(self.device, generator, "randint", low, high)
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
    source = stream(generator, self.device)
    if isinstance(p, Tensor):
        refuse_complex(self.buffer.dtype, "bernoulli_tensor_cpu_self_")
        each = p.expand(self.buffer.shape)
        chances = read(_read_by(source, each), self.buffer)
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
    return _overwritten(
        self, drawing(self.device, generator, "exponential", number(lambd)), "Exponential"
    )


def cauchy_(
    self: Tensor, median: float = 0.0, sigma: float = 1.0, *, generator: Any = None,
) -> Tensor:  # fmt: skip
    """Overwrite with draws from a Cauchy distribution.

    See: [torch.Tensor.cauchy_](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.cauchy_.html).
    """
    draw = drawing(self.device, generator, "cauchy", number(median), number(sigma))
    return _overwritten(self, draw, "Cauchy")


def geometric_(self: Tensor, p: float, *, generator: Any = None) -> Tensor:
    """Overwrite with the number of tries until the first success of probability `p`.

    See: [torch.Tensor.geometric_](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.geometric_.html).
    """
    return _overwritten(self, drawing(self.device, generator, "geometric", number(p)), "Geometric")


def log_normal_(
    self: Tensor, mean: float = 1.0, std: float = 2.0, *, generator: Any = None,
) -> Tensor:  # fmt: skip
    """Overwrite with numbers whose logarithm has a normal distribution.

    See: [torch.Tensor.log_normal_](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.log_normal_.html).
    """
    draw = drawing(self.device, generator, "log_normal", number(mean), number(std))
    return _overwritten(self, draw, "LogNormal")
