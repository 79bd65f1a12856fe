"""How many, and where: `torch.bincount`, `torch.histc` and more."""

from __future__ import annotations

import math
from typing import Any

from minitorch_ff import _dtypes
from minitorch_ff._checks import check
from minitorch_ff._functions._operands import Tensor, type_name
from minitorch_ff.firefly.ops.base import not_implemented, refuse
from minitorch_ff.firefly.promotion import number
from minitorch_ff.firefly.tensor import wrap


def bincount(input: Tensor, weights: Tensor | None = None, minlength: int = 0) -> Tensor:
    """How often each of the integers 0, 1, … occurs.

    Args:
        input: A vector of integers that are not negative.
        weights: Count each element as this much.
        minlength: Give at least so many counts.

    Returns:
        Counts in int64; with weights, sums in float64 (float32 if the weights are).

    Raises:
        RuntimeError: `input` or `weights` is not as above.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.bincount(torch.tensor([0, 2, 2]))
        tensor([1, 0, 2])

    See: [torch.bincount](https://docs.pytorch.org/docs/stable/generated/torch.bincount.html).
    """
    buffer = input.buffer
    if buffer.dtype.kind not in "iu":
        raise not_implemented("bincount_cpu", buffer.dtype)
    check(minlength >= 0, "minlength should be >= 0")
    xp = input.backend
    if buffer.ndim != 1 or (buffer.size and not xp.all(xp.ge(buffer, 0))):
        raise RuntimeError("bincount only supports 1-d non-negative integral inputs.")
    if weights is None:
        return wrap(type(input), xp.bincount(buffer, None, minlength))
    if weights.buffer.shape != buffer.shape:
        raise RuntimeError("weights should be 1-d and have the same length as input")
    result = xp.bincount(buffer, weights.buffer, minlength)
    dtype = "float32" if weights.buffer.dtype.name == "float32" else "float64"
    return wrap(type(input), result.astype(dtype))


def histc(input: Tensor, bins: int = 100, min: float = 0, max: float = 0) -> Tensor:
    """How many elements are in each of `bins` equal parts of a range.

    Args:
        input: Any shape, floating point.
        bins: How many parts.
        min: Where the range begins.
        max: Where it ends, inclusive; if both are equal, the range of the data.

    Raises:
        RuntimeError: There are no bins, or the range is not finite.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.histc(torch.tensor([1.0, 2.0, 2.0]), bins=2, min=0, max=4)
        tensor([1., 2.])

    See: [torch.histc](https://docs.pytorch.org/docs/stable/generated/torch.histc.html).
    """
    buffer = input.buffer
    refuse(buffer, "iub", "histogram_cpu")
    check(bins > 0, f"torch.histogram(): bins must be > 0, but got {bins} for dimension 0")
    low, high = _range_of(input, float(min), float(max))
    inside = buffer.reshape(-1)
    if not buffer.size:
        return wrap(type(input), input.backend.zeros(bins, buffer.dtype))
    return wrap(type(input), input.backend.histogram(inside, bins, low, high))


def _range_of(input: Tensor, low: float, high: float) -> tuple[float, float]:
    """The given range, or that of the data, widened if it is a single point."""
    if low == high and input.buffer.size:
        xp = input.backend
        low, high = float(xp.amin(input.buffer)), float(xp.amax(input.buffer))
    if not (math.isfinite(low) and math.isfinite(high)):
        raise RuntimeError(f"torch.histc: range of [{low:g}, {high:g}] is not finite")
    check(low <= high, "torch.histc: max must be larger than min")
    return (low - 1, high + 1) if low == high else (low, high)


def searchsorted(
    sorted_sequence: Tensor, input: Any, *, out_int32: bool = False, right: bool = False,
    side: str | None = None, sorter: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """Where each value belongs, so that the boundaries stay sorted.

    Args:
        sorted_sequence: Sorted boundaries: a vector, or one row for each row of
            `input`.
        input: Values, or a single number.
        out_int32: Give positions in int32, not int64.
        right: Behind equal boundaries, not before them.
        side: "left" or "right", another way to say `right`.
        sorter: Positions that sort `sorted_sequence`, if it is not sorted.

    Raises:
        RuntimeError: The shapes do not fit, or `side` contradicts `right`.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.searchsorted(torch.tensor([1, 3, 5]), torch.tensor([3, 6]))
        tensor([1, 3])

    See: [torch.searchsorted](https://docs.pytorch.org/docs/stable/generated/torch.searchsorted.html).
    """
    _check(side in (None, "left", "right"), f"side can only be 'left' or 'right' but got {side}")
    text = "side and right can't be set to opposites, got side of left while right was True"
    _check(side != "left" or not right, text)
    boundaries = sorted_sequence.buffer
    if not isinstance(input, Tensor):
        input = number(input, sorted_sequence)
    values = input.buffer
    if sorter is not None:
        boundaries = _sorted_by(sorted_sequence, sorter)
    _check_shapes(boundaries.shape, values)
    xp = sorted_sequence.backend
    positions = xp.searchsorted(boundaries, values, right or side == "right")
    dtype = _dtypes.int32.numpy if out_int32 else _dtypes.int64.numpy
    return wrap(type(sorted_sequence), positions.astype(dtype, copy=False))


def _check(condition: object, text: str) -> None:
    """`check` for `searchsorted`."""
    check(condition, f"torch.searchsorted(): {text}")


def _sorted_by(sorted_sequence: Tensor, sorter: Tensor) -> Any:
    """The boundaries in the order that `sorter` gives.

    Raises:
        RuntimeError: `sorter` does not fit.
    """
    boundaries, order = sorted_sequence.buffer, sorter.buffer
    _check(
        order.shape == boundaries.shape,
        "boundary and sorter must have the same size, but got boundary tensor "
        f"{list(boundaries.shape)}and got sorter tensor {list(order.shape)}",
    )
    dtype = type_name(sorter)
    _check(dtype == "Long", f"sorter must be a tensor of long dtype but got dtype {dtype}")
    xp = sorted_sequence.backend
    inside = not order.size or xp.all_between(order, 0, boundaries.shape[-1])
    _check(inside, "sorter index out of range")
    return xp.gather(boundaries, boundaries.ndim - 1, order)


def _check_shapes(boundaries: tuple[int, ...], values: Any) -> None:
    """Refuse values whose shape does not fit the boundaries.

    Raises:
        RuntimeError: In PyTorch's words.
    """
    dims, shape = len(boundaries), values.shape
    _check(dims, "boundaries tensor should have positive dimension, but got 0 dimension")
    _check(
        shape or dims == 1,
        "input value can be a scalar only when boundaries tensor dimension is 1, but we got "
        f"boundaries tensor dim({dims}) and input value's dim(0) numel(1)",
    )
    _check(
        dims == 1 or boundaries[:-1] == shape[:-1],
        "boundaries tensor should be 1 dimension or the first N-1 dimensions of boundaries tensor "
        "and input value tensor must match, but we got boundaries tensor "
        f"{list(boundaries)} and input value tensor {list(shape)}",
    )


def bucketize(
    input: Any, boundaries: Tensor, *, out_int32: bool = False, right: bool = False
) -> Tensor:
    """Which bucket between sorted boundaries each value falls into.

    Raises:
        RuntimeError: `boundaries` is no vector.

    See: [torch.bucketize](https://docs.pytorch.org/docs/stable/generated/torch.bucketize.html).
    """
    ndim = boundaries.buffer.ndim
    check(ndim == 1, f"boundaries tensor must be 1 dimension, but got dim({ndim})")
    return searchsorted(boundaries, input, out_int32=out_int32, right=right)
