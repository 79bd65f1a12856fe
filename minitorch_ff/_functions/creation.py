"""New tensors: `torch.tensor`, `torch.zeros`, `torch.arange`, `torch.from_numpy`, and so on."""

from __future__ import annotations

import math
from typing import Any

import numpy

from minitorch_ff import _dtypes
from minitorch_ff._checks import check, shape_from, warn_once
from minitorch_ff._devices import as_device, backend_for, cuda_runtime, has_cuda
from minitorch_ff._dtypes import dtype as DType
from minitorch_ff._functions._operands import Tensor
from minitorch_ff._functions.layouts import (
    contiguous_format, preserve_format, strided, strides_in,
)  # fmt: skip
from minitorch_ff._size import Size
from minitorch_ff.firefly.backend.numpy_backend import apart, writable
from minitorch_ff.firefly.tensor import wrap

NOT_WRITABLE = (
    "The given {} is not writable, and PyTorch does not support non-writable tensors. This means "
    "{}. You may want to copy the {} to protect its data or make it writable before converting it "
    "to a tensor. This type of warning will be suppressed for the rest of this program."
)

# Every maker takes these keywords, in PyTorch's meaning:
#   dtype          of the elements; None: the default floating dtype, or what the data say
#   layout         `torch.strided`, the only one
#   device         where; None: the default device
#   requires_grad  whether operators on the tensor are recorded
#   pin_memory     whether a GPU shall be able to read the host's memory by itself


def new(
    array: Any, device: Any = None, requires_grad: bool = False, layout: Any = strided,
    pin_memory: bool = False,
) -> Any:  # fmt: skip
    """A tensor around a NumPy array, which from now on is its own."""
    if layout is not strided and layout is not None:
        raise NotImplementedError(f"layout {layout} is not supported; use torch.strided")
    where = as_device(device)
    if pin_memory:
        array = _pinned(array, where)
    if where.type != "cpu":
        backend = backend_for(where)
        if type(array) is not backend.buffer_type:
            array = backend.from_numpy(array, where.index)
        elif where.index not in (None, backend.device_index(array)):
            array = backend.from_numpy(backend.to_numpy(array), where.index)
    out = wrap(Tensor.result_class, array)
    if requires_grad:
        out.requires_grad_()
    return out


def _library(options: dict[str, Any]) -> Any:
    """The array library that makes memory where a maker's options want it."""
    where = as_device(options.get("device"))
    return numpy if where.type == "cpu" else backend_for(where).module


def _pinned(array: Any, where: Any) -> Any:
    """The host's array in memory that a GPU can read by itself.

    Raises:
        RuntimeError: There is no GPU, or the array goes there.
    """
    check(
        has_cuda(),
        "pin_memory=True requires a CUDA or other accelerator backend; no pinned memory allocator "
        "is available on this system.",
    )
    check(where.type == "cpu", "Only dense CPU tensors can be pinned")
    return cuda_runtime().pinned(array)


def numpy_dtype(dtype: DType | None) -> Any:
    """The array library's dtype; None means the default floating one."""
    if dtype is None:
        return _dtypes.get_default_dtype().numpy
    if isinstance(dtype, type):
        return _dtypes.python_type_dtype(dtype).numpy  # type: ignore[union-attr]
    return dtype.numpy


# ------------------------------------------------------------------------- from data


def tensor(
    data: Any, *, dtype: DType | None = None, device: Any = None,
    requires_grad: bool = False, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """A new tensor with a copy of `data`.

    Args:
        data: A number, nested sequences of numbers, a NumPy array, or a tensor.
        dtype: By default int64 for ints, bool for bools, the default floating dtype for
            floats, and an array's own dtype.
        device: Where.
        requires_grad: Whether operators on it are recorded.
        pin_memory: Whether a GPU shall be able to read the host's memory by itself.

    Raises:
        ValueError: Nested sequences differ in length.
        TypeError: Something in `data` is no number.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.tensor([[1.0, 2.0], [3.0, 4.0]])
        tensor([[1., 2.],
                [3., 4.]])

    See: [torch.tensor](https://docs.pytorch.org/docs/stable/generated/torch.tensor.html).
    """
    target = None if dtype is None else numpy_dtype(dtype)
    if isinstance(data, Tensor):
        if device is None:
            device = data.device
        array = numpy.array(data.backend.to_numpy(data.buffer), dtype=target, order="C")
    else:
        array = to_array(data, target)
    return new(array, device, requires_grad, pin_memory=pin_memory)


def to_array(data: Any, dtype: Any) -> numpy.ndarray:
    """A new NumPy array with the numbers of `data`, in PyTorch's choice of dtype.

    Raises:
        ValueError: Nested sequences differ in length.
        TypeError: Something in `data` is no number.
    """
    if isinstance(data, (numpy.ndarray, numpy.generic)):
        _dtypes.of(data.dtype)
        return numpy.array(data, dtype=dtype, order="C")
    if isinstance(data, (list, tuple)):
        if any([isinstance(part, (Tensor, numpy.ndarray, list, tuple)) for part in data]):
            data = _plain_lists(data)
        check_lengths(data)
    elif isinstance(data, int) and not -(2**63) <= data < 2**63 and dtype is None:
        raise ValueError("Overflow when unpacking long long")
    elif not isinstance(data, (bool, int, float, complex)):
        data = _sequence(data)
    try:
        array = numpy.array(data, dtype=dtype)
    except OverflowError as error:
        if dtype is None or dtype == numpy.int64:
            raise RuntimeError("Overflow when unpacking long long") from error
        name = CPP_TYPE_NAMES.get(dtype.name, dtype.name)
        raise RuntimeError(f"value cannot be converted to type {name} without overflow") from error
    except (TypeError, ValueError) as error:
        raise _not_a_number(data, error) from None
    if dtype is not None:
        return array
    first, kind = data, array.dtype.kind
    while isinstance(first, (list, tuple)) and first:
        first = first[0]
    of_numpy = isinstance(first, (numpy.generic, numpy.ndarray))  # which keep their precision
    mixed = array.dtype == numpy.float64 and not isinstance(first, numpy.float64)
    if kind == "b" or (of_numpy and kind in "fiu" and not mixed):
        return array
    if kind not in "fciu":
        raise _not_a_number(data, TypeError())
    default = _dtypes.get_default_dtype()
    target = default if kind == "f" else default.to_complex() if kind == "c" else _dtypes.int64
    return array.astype(target.numpy, copy=False)


CPP_TYPE_NAMES = {
    "uint8": "uint8_t", "int8": "int8_t", "int16": "short", "int32": "int", "bool": "bool",
}  # fmt: skip


def _plain_lists(data: Any) -> Any:
    """Nested lists with tensors and arrays in them as nested lists of numbers."""
    if isinstance(data, (Tensor, numpy.ndarray)):
        return data.tolist()
    if isinstance(data, (list, tuple)):
        return [_plain_lists(part) for part in data]
    return data


def _sequence(data: Any) -> Any:
    """Another object that behaves as a sequence (a range, a deque, a pandas series)."""
    if hasattr(data, "__array__") or hasattr(data, "__array_interface__"):
        return numpy.asarray(data)
    sequence = hasattr(data, "__len__") and hasattr(data, "__getitem__")
    if sequence and not isinstance(data, (str, bytes, dict)):
        return [_plain_lists(part) for part in data]
    check(not isinstance(data, str), "new(): invalid data type 'str'", TypeError)
    raise RuntimeError(f"Could not infer dtype of {type(data).__name__}")


def check_lengths(data: Any, dim: int = 0) -> None:
    """Refuse ragged nested sequences.

    Raises:
        ValueError: In PyTorch's words: which dimension, and both lengths.
    """
    first = data[0] if isinstance(data, (list, tuple)) and data else None
    if not isinstance(first, (list, tuple)):
        return
    for part in data:
        check(isinstance(part, (list, tuple)), "not a sequence", TypeError)
        if len(part) != len(first):
            raise ValueError(
                f"expected sequence of length {len(first)} at dim {dim + 1} (got {len(part)})"
            )
    for part in data:
        check_lengths(part, dim + 1)


def _not_a_number(data: Any, error: Exception) -> Exception:
    """The error for something that is no number, found in nested sequences."""
    while isinstance(data, (list, tuple)) and data:
        odd = [part for part in data if not isinstance(part, (bool, int, float, complex))]
        data = odd[0] if odd else data[0]
    if isinstance(data, str):
        return ValueError("too many dimensions 'str'")
    if isinstance(data, (bool, int, float, complex, list, tuple)):
        return TypeError(str(error))
    return RuntimeError(f"Could not infer dtype of {type(data).__name__}")


def as_tensor(data: Any, dtype: DType | None = None, device: Any = None) -> Tensor:
    """`data` as a tensor, without a copy where it is a tensor or an array already.

    See: [torch.as_tensor](https://docs.pytorch.org/docs/stable/generated/torch.as_tensor.html).
    """
    if isinstance(data, Tensor):
        out: Any = data
    elif isinstance(data, numpy.ndarray) and as_device(device).type == "cpu":
        out = from_numpy(data)
    elif hasattr(data, "__cuda_array_interface__"):
        out = wrap(Tensor.result_class, backend_for("cuda").module.asarray(data))
    else:
        return tensor(data, dtype=dtype, device=device)
    return out.to(device, dtype) if device is not None or dtype is not None else out


def asarray(
    obj: Any, *, dtype: DType | None = None, device: Any = None, copy: bool | None = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """`obj` as a tensor, sharing memory where possible, unless `copy` says otherwise.

    See: [torch.asarray](https://docs.pytorch.org/docs/stable/generated/torch.asarray.html).
    """
    out = as_tensor(obj, dtype, device)
    if copy and (out is obj or isinstance(obj, numpy.ndarray)):
        out = out.clone()
    return out.detach().requires_grad_() if requires_grad else out


def from_numpy(ndarray: numpy.ndarray) -> Tensor:
    """A tensor over the memory of a NumPy array: writing one changes the other.

    Raises:
        TypeError: It is no array, or has a dtype that no tensor has.
        ValueError: The array has negative strides.

    Example:
        >>> import minitorch_ff as torch
        >>> import numpy
        >>> torch.from_numpy(numpy.arange(3.0))
        tensor([0., 1., 2.], dtype=torch.float64)

    See: [torch.from_numpy](https://docs.pytorch.org/docs/stable/generated/torch.from_numpy.html).
    """
    if not isinstance(ndarray, numpy.ndarray):
        raise TypeError(f"expected np.ndarray (got {type(ndarray).__name__})")
    _dtypes.of(ndarray.dtype)
    if not ndarray.flags.writeable:
        so = "writing to this tensor will result in undefined behavior"
        warn_once(NOT_WRITABLE.format("NumPy array", so, "array"), 2)
        ndarray = writable(ndarray)
    if any([step < 0 for step in ndarray.strides]):
        raise ValueError(
            "At least one stride in the given numpy array is negative, and tensors with "
            "negative strides are not currently supported. (You can probably work around this "
            "by making a copy of your array  with array.copy().) "
        )
    part = ndarray.base is not None and ndarray.flags.c_contiguous
    return wrap(Tensor.result_class, apart(ndarray) if part else ndarray[...])


def frombuffer(
    buffer: Any, *, dtype: _dtypes.dtype, count: int = -1, offset: int = 0,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """A tensor over the memory of an object with Python's buffer protocol.

    See: [torch.frombuffer](https://docs.pytorch.org/docs/stable/generated/torch.frombuffer.html).
    """
    array = numpy.frombuffer(buffer, dtype.numpy, count, offset)
    if not array.flags.writeable:
        so = "you can write to the underlying (supposedly non-writable) buffer using the tensor"
        warn_once(NOT_WRITABLE.format("buffer", so, "buffer"), 2)
        array = writable(array)
    return new(array, None, requires_grad)


# -------------------------------------------------------------------------- filled


def zeros(*size: Any, dtype: DType | None = None, **options: Any) -> Tensor:
    """A tensor of zeros.

    Args:
        *size: The shape, as ints or as one sequence.
        dtype: Of the elements; the default floating dtype if None.
        **options: `device`, `requires_grad`, `layout`, `pin_memory`.

    Raises:
        RuntimeError: A size is negative.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.zeros(2, 3)
        tensor([[0., 0., 0.],
                [0., 0., 0.]])

    See: [torch.zeros](https://docs.pytorch.org/docs/stable/generated/torch.zeros.html).
    """
    shape = checked_shape(size, options, "zeros")
    return new(_library(options).zeros(shape, numpy_dtype(dtype)), **options)


def ones(*size: Any, dtype: DType | None = None, **options: Any) -> Tensor:
    """A tensor of ones; arguments as for `torch.zeros`.

    See: [torch.ones](https://docs.pytorch.org/docs/stable/generated/torch.ones.html).
    """
    shape = checked_shape(size, options, "ones")
    return new(_library(options).ones(shape, numpy_dtype(dtype)), **options)


def empty(
    *size: Any, dtype: DType | None = None, memory_format: Any = contiguous_format,
    **options: Any,
) -> Tensor:  # fmt: skip
    """A tensor of whatever the memory held; arguments as for `torch.zeros`.

    See: [torch.empty](https://docs.pytorch.org/docs/stable/generated/torch.empty.html).
    """
    shape, kind = checked_shape(size, options), numpy_dtype(dtype)
    check(memory_format is not preserve_format, "unsupported memory format Preserve")
    if memory_format is contiguous_format:
        return new(_library(options).empty(shape, kind), **options)
    pattern = new(numpy.broadcast_to(numpy.zeros((), kind), shape))
    return empty_like(pattern, memory_format=memory_format, **options)


def full(size: Any, fill_value: Any, *, dtype: DType | None = None, **options: Any) -> Tensor:
    """A tensor of one value.

    Args:
        size: The shape.
        fill_value: A number; it decides the dtype if none is given.
        dtype: Of the elements.
        **options: `device`, `requires_grad`, `layout`, `pin_memory`.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.full((2,), 3)
        tensor([3, 3])

    See: [torch.full](https://docs.pytorch.org/docs/stable/generated/torch.full.html).
    """
    if isinstance(fill_value, Tensor):
        fill_value = fill_value.item()
    value = to_array(fill_value, None if dtype is None else numpy_dtype(dtype))
    shape = checked_shape((size,), options)
    return new(_library(options).full(shape, value[()], value.dtype), **options)


def checked_shape(
    size: tuple[Any, ...], options: dict[str, Any] | None = None, maker: str = "empty"
) -> tuple[int, ...]:
    """A shape from a maker's arguments.

    Raises:
        RuntimeError: A size is negative.
        TypeError: A size is no int.
    """
    if options is not None and "size" in options:
        size = (options.pop("size"),)
    if not size:
        raise TypeError(f'{maker}() missing 1 required positional arguments: "size"')
    try:
        shape = shape_from(size)
    except (AttributeError, TypeError):
        kind = type(size[0]).__name__
        raise TypeError(
            f"{maker}(): argument 'size' (position 1) must be tuple of ints, not {kind}"
        ) from None
    for n in shape:
        if n < 0:
            raise RuntimeError(
                f"Trying to create tensor with negative dimension {n}: {list(shape)}"
            )
    return shape


def zeros_like(input: Tensor, *, dtype: DType | None = None, **options: Any) -> Tensor:
    """Zeros in the shape, dtype and place of `input`.

    See: [torch.zeros_like](https://docs.pytorch.org/docs/stable/generated/torch.zeros_like.html).
    """
    return _like("zeros", input, dtype, options)


def ones_like(input: Tensor, *, dtype: DType | None = None, **options: Any) -> Tensor:
    """Ones in the shape, dtype and place of `input`.

    See: [torch.ones_like](https://docs.pytorch.org/docs/stable/generated/torch.ones_like.html).
    """
    return _like("ones", input, dtype, options)


def empty_like(input: Tensor, *, dtype: DType | None = None, **options: Any) -> Tensor:
    """Uninitialised memory in the shape, dtype and place of `input`.

    See: [torch.empty_like](https://docs.pytorch.org/docs/stable/generated/torch.empty_like.html).
    """
    return _like("empty", input, dtype, options)


def full_like(
    input: Tensor, fill_value: Any, *, dtype: DType | None = None, **options: Any
) -> Tensor:
    """One value in the shape, dtype and place of `input`.

    See: [torch.full_like](https://docs.pytorch.org/docs/stable/generated/torch.full_like.html).
    """
    return _like("full", input, dtype, options, fill_value)


IMITATING: dict[str, Any] = {
    "zeros": numpy.zeros_like, "ones": numpy.ones_like, "empty": numpy.empty_like,
    "full": numpy.full_like,
}  # fmt: skip


def _like(
    maker: str, input: Tensor, dtype: DType | None, options: dict[str, Any], *fill: Any
) -> Tensor:
    """What a maker of the array library gives, in the shape, layout and place of `input`."""
    if options.get("device") is None:
        options["device"] = input.device
    buffer = input.buffer
    target = buffer.dtype if dtype is None else numpy_dtype(dtype)
    wanted = options.pop("memory_format", None) or preserve_format
    values = [to_array(value, numpy.dtype(target))[()] for value in fill] if fill else fill
    keeps_layout = isinstance(buffer, numpy.ndarray) and wanted is preserve_format
    if keeps_layout and 0 not in buffer.strides:  # not an expanded one
        return new(IMITATING[maker](buffer, *values, target), **options)
    strides_in(buffer.shape, wanted)  # complains
    order = wanted.order or range(buffer.ndim)
    shape = [buffer.shape[dim] for dim in order]
    array = getattr(_library(options), maker)(shape, *values, target)
    return new(array.transpose([int(dim) for dim in numpy.argsort(order)]), **options)


# --------------------------------------------------------------------- sequences, matrices


STEPS = 1 << 16
"""So many elements of a floating `arange` are computed at a time; a multiple of all vectors."""


def arange(*bounds: Any, dtype: DType | None = None, **options: Any) -> Tensor:
    """Numbers from `start` (0 by default) up to, but not including, `end`, `step` apart.

    Args:
        *bounds: `end`; or `start`, `end`; or `start`, `end`, `step`.
        dtype: By default int64 if all bounds are ints, else the default floating dtype.
        **options: `device`, `requires_grad`, `layout`, `pin_memory`.

    Raises:
        RuntimeError: The step is zero, or leads away from `end`.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.arange(1, 2.5, 0.5)
        tensor([1.0000, 1.5000, 2.0000])

    See: [torch.arange](https://docs.pytorch.org/docs/stable/generated/torch.arange.html).
    """
    start, end, step = _range_bounds(bounds, options)
    if dtype is not None and not dtype.is_floating_point:
        start, end, step = int(start), int(end), int(step)
    check(step != 0, "step must be nonzero")
    check(math.isfinite(start) and math.isfinite(end), f"unsupported range: {start} -> {end}")
    check(not (end - start) * step < 0, "upper bound and lower bound inconsistent with step sign")
    whole = all(isinstance(value, int) for value in (start, end, step))
    if dtype is None:
        dtype = _dtypes.int64 if whole else _dtypes.get_default_dtype()
    count = math.ceil((end - start) / step)
    target = numpy_dtype(dtype)
    if target.kind in "iu":
        array = numpy.arange(count, dtype=numpy.int64)
        array *= int(step)
        array += int(start)
        return new(array.astype(target, copy=False), **options)
    return new(_steps(float(start), float(step), count, target), **options)


def _steps(start: float, step: float, count: int, dtype: Any) -> numpy.ndarray:
    """`start + i step`, with the rounding of PyTorch's vector loop.

    It advances by vectors of 32 bytes, two at a time: the first element of a vector is
    rounded to the dtype, the others are counted from it; the rest is done one by one.
    """
    result, lanes = numpy.empty(count, dtype), 32 // dtype.itemsize
    vectors = count // (2 * lanes) * (2 * lanes)
    for begin in range(0, count, STEPS):  # a piece at a time: it takes eight times the memory
        position = numpy.arange(begin, min(begin + STEPS, count))
        first = position // lanes * lanes
        base = (start + step * first).astype(dtype).astype(numpy.float64)
        stepped = base + (position - first) * step
        values = numpy.where(position < vectors, stepped, start + step * position)
        result[begin : begin + STEPS] = values.astype(dtype)
    return result


def _range_bounds(bounds: tuple[Any, ...], options: dict[str, Any]) -> tuple[Any, Any, Any]:
    named = {k: options.pop(k) for k in ("start", "end", "step") if k in options}
    if len(bounds) == 1 and "end" not in named:
        bounds = (named.pop("start", 0), *bounds)
    values = dict(zip(("start", "end", "step"), bounds, strict=False), **named)
    check("end" in values, "arange() received an invalid combination of arguments", TypeError)
    numbers = [values.get("start", 0), values["end"], values.get("step", 1)]
    return tuple([n.item() if hasattr(n, "item") else n for n in numbers])  # type: ignore[return-value]


def range_(start: Any, end: Any = None, step: Any = 1, **options: Any) -> Tensor:
    """Like `arange`, but including `end`; PyTorch calls it deprecated.

    See: [torch.range](https://docs.pytorch.org/docs/stable/generated/torch.range.html).
    """
    if end is None:
        start, end = 0, start
    dtype = options.pop("dtype", None)
    count = math.floor((end - start) / step) + 1
    array = numpy.arange(count, dtype=numpy.float64) * float(step) + float(start)
    return new(array.astype(numpy_dtype(dtype)), **options)


def linspace(
    start: Any, end: Any, steps: int, *, dtype: DType | None = None, **options: Any
) -> Tensor:
    """`steps` numbers from `start` to `end`, both included, evenly apart.

    Args:
        start: The first number, or a 0-d tensor.
        end: The last number, or a 0-d tensor.
        steps: How many.
        dtype: Of the elements; the default floating dtype if None.
        **options: `device`, `requires_grad`, `layout`, `pin_memory`.

    Raises:
        RuntimeError: `steps` is negative.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.linspace(0, 1, 3)
        tensor([0.0000, 0.5000, 1.0000])

    See: [torch.linspace](https://docs.pytorch.org/docs/stable/generated/torch.linspace.html).
    """
    start, end = _end_point("linspace", start), _end_point("linspace", end)
    return new(_evenly(start, end, steps, numpy_dtype(dtype)), **options)


def logspace(
    start: Any, end: Any, steps: int, base: float = 10.0, *, dtype: DType | None = None,
    **options: Any,
) -> Tensor:  # fmt: skip
    """`steps` numbers from `base ** start` to `base ** end`, evenly apart in logarithm.

    See: [torch.logspace](https://docs.pytorch.org/docs/stable/generated/torch.logspace.html).
    """
    start, end = _end_point("logspace", start), _end_point("logspace", end)
    target = numpy_dtype(dtype)
    if target.kind in "iu":
        start, end = int(start), int(end)
    powers = _evenly(start, end, steps, numpy.dtype(numpy.float64))
    return new(numpy.power(float(base), powers).astype(target), **options)


def _end_point(function: str, value: Any) -> Any:
    if not isinstance(value, Tensor):
        return value
    text = f"{function} only supports 0-dimensional start and end tensors, but got start with"
    check(not value.buffer.ndim, f"{text} {value.buffer.ndim} dimension(s).")
    return value.item()


def _evenly(start: Any, end: Any, steps: int, dtype: Any) -> numpy.ndarray:
    """Evenly spaced numbers, computed from both ends as PyTorch does.

    In float32 the step and every product round to float32; the second half counts down
    from `end`, so that it is met exactly.
    """
    if not isinstance(steps, int):
        text = "linspace() received an invalid combination of arguments: steps must be int, not"
        raise TypeError(f"{text} {type(steps).__name__}")
    check(steps >= 0, "number of steps must be non-negative")
    if steps == 1:
        return numpy.array([start]).astype(dtype)
    if dtype.kind in "iu":
        start, end = int(start), int(end)
        step = (float(end) - float(start)) / max(steps - 1, 1)
        position = numpy.arange(steps, dtype=numpy.float64)
        first, last = start + step * position, end - step * (steps - 1 - position)
        return numpy.trunc(numpy.where(position < steps // 2, first, last)).astype(dtype)
    work: Any = dtype.type if dtype.kind in "fV" else numpy.float32
    low, high = work(start), work(end)
    step = work((high - low) / work(max(steps - 1, 1)))
    position = numpy.arange(steps).astype(work)
    if dtype.itemsize == 2:  # each operation rounds
        first, last = low + step * position, high - step * position[::-1]
        return numpy.where(numpy.arange(steps) < steps // 2, first, last)
    # One rounding for the product and the sum together, as a fused multiply-add has.
    wide = numpy.float64
    first = (wide(step) * position.astype(wide) + wide(low)).astype(work)
    back = (work(steps - 1) - position).astype(wide)
    last = (wide(high) - wide(step) * back).astype(work)
    return numpy.where(numpy.arange(steps) < steps // 2, first, last).astype(dtype)


def eye(n: int, m: int | None = None, *, dtype: DType | None = None, **options: Any) -> Tensor:
    """A matrix with ones on the diagonal, zeros elsewhere.

    Raises:
        RuntimeError: A size is negative.

    See: [torch.eye](https://docs.pytorch.org/docs/stable/generated/torch.eye.html).
    """
    for name, value in (("n", n), ("m", m)):
        check(value is None or value >= 0, f"{name} must be greater or equal to 0, got {value}")
    return new(numpy.eye(n, m, dtype=numpy_dtype(dtype)), **options)


def scalar_tensor(s: Any, *, dtype: DType | None = None, **options: Any) -> Tensor:
    """A number as a 0-d tensor of the default floating dtype."""
    return new(numpy.array(s, numpy_dtype(dtype)), **options)


def empty_strided(size: Any, stride: Any, *, dtype: DType | None = None, **options: Any) -> Tensor:
    """Uninitialised memory in a shape with given strides (in elements).

    See: [torch.empty_strided](https://docs.pytorch.org/docs/stable/generated/torch.empty_strided.html).
    """
    shape, steps = checked_shape((size,)), tuple(stride)
    text = f"mismatch in length of strides and shape. Expected {len(shape)}, got {len(steps)}"
    check(len(shape) == len(steps), text)
    target = numpy_dtype(dtype)
    extent = 1 + sum([(n - 1) * step for n, step in zip(shape, steps, strict=True)])
    memory = numpy.empty(max(extent, 0) if 0 not in shape else 0, target)
    in_bytes = [step * target.itemsize for step in steps]
    return new(numpy.lib.stride_tricks.as_strided(memory, shape, in_bytes), **options)


# ----------------------------------------------------------------- methods and old style


def new_tensor(
    self: Tensor, data: Any, *, dtype: DType | None = None, device: Any = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """A new tensor with a copy of `data`, in this tensor's dtype and place."""
    dtype = self.dtype if dtype is None else dtype
    return tensor(data, dtype=dtype, device=device or self.device, requires_grad=requires_grad)


def _new(maker: Any) -> Any:
    """The method `new_zeros` from the maker `zeros`: dtype and place are the tensor's."""

    def method(
        self: Tensor, *size: Any, dtype: Any = None, device: Any = None, **options: Any
    ) -> Tensor:
        dtype = self.dtype if dtype is None else dtype
        return maker(*size, dtype=dtype, device=device or self.device, **options)  # type: ignore[no-any-return]

    method.__name__ = f"new_{maker.__name__}"
    method.__doc__ = f"`torch.{maker.__name__}` in this tensor's dtype and place."
    return method


new_zeros, new_ones, new_empty, new_full = map(_new, (zeros, ones, empty, full))


def legacy(cls: Any, args: tuple[Any, ...], dtype: _dtypes.dtype, device: Any = None) -> Any:
    """What `torch.Tensor(...)`, `torch.FloatTensor(...)` make: of a shape, or of data.

    Raises:
        TypeError: The arguments are neither.
    """
    if len(args) == 1 and not isinstance(args[0], int):
        data = args[0]
        if isinstance(data, Size):
            return empty(data, dtype=dtype, device=device)
        if isinstance(data, Tensor):
            check(data.dtype is dtype, f"expected {dtype} (got {data.dtype})", TypeError)
            return data.detach()
        if not hasattr(data, "__len__") or isinstance(data, str):
            raise TypeError(f"new(): data must be a sequence (got {type(data).__name__})")
        return tensor(data, dtype=dtype, device=device)
    return empty(args if args else (0,), dtype=dtype, device=device)
