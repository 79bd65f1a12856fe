"""How many elements lie between given edges: `torch.histogram`, `torch.histogramdd`."""

from __future__ import annotations

import math
from typing import Any

from minitorch_ff import return_types
from minitorch_ff._checks import check
from minitorch_ff._functions._operands import C_NAMES, Tensor
from minitorch_ff._functions.creation import linspace
from minitorch_ff.firefly.ops.base import refuse
from minitorch_ff.firefly.tensor import wrap


def histogram(
    input: Tensor, bins: Any, *, range: Any = None, weight: Tensor | None = None,
    density: bool = False,
) -> Any:  # fmt: skip
    """How many elements lie in each bin, and the bins' edges.

    Args:
        input: Any shape, floating point.
        bins: How many bins of one width; or the edges, a rising vector.
        range: Where the bins begin and end; by default the range of the data.
        weight: Count each element as this much. As `input`.
        density: Divide by the sum of counts and by the widths: the bins' integral is one.

    Returns:
        A named tuple of `hist` and `bin_edges`, without gradients.

    Raises:
        RuntimeError: There are no bins, or the range is not finite, or shapes or dtypes do
            not fit.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.histogram(torch.tensor([1.0, 2.0, 2.0]), bins=2, range=(0.0, 4.0)).hist
        tensor([1., 2.])

    See: [torch.histogram](https://docs.pytorch.org/docs/stable/generated/torch.histogram.html).
    """
    rows = input.reshape(-1, 1)
    weight = weight if weight is None else weight.reshape(-1)
    counts, (edges,) = histogramdd(rows, [bins], range=range, weight=weight, density=density)
    return return_types.histogram((counts, edges))


def histogramdd(
    input: Tensor, bins: Any, range: Any = None, weight: Tensor | None = None,
    density: bool = False,
) -> Any:  # fmt: skip
    """How many points lie in each cell of a grid, and the grid's edges.

    Args:
        input: Points. Shape `(*, N)`, floating point.
        bins: How many bins in each dimension (one number for all); or the edges in each,
            rising vectors.
        range: Beginning and end in the first dimension, in the second, and so on.
        weight: Count each point as this much. Shape `(*)`.
        density: Divide by the sum of counts and by the cells' volumes.

    Returns:
        A named tuple of `hist`, in `N` dimensions, and `bin_edges`, a vector for each.

    See: [torch.histogramdd](https://docs.pytorch.org/docs/stable/generated/torch.histogramdd.html).
    """
    points = input.buffer
    dims = _check_points(input, bins, range, weight)
    refuse(points, "iub", "histogramdd")
    xp, flat = input.backend, points.reshape(-1, dims)
    given = [bins] * dims if isinstance(bins, int) else bins
    edges = [_edges(input, flat[:, dim], part, dim, range) for dim, part in enumerate(given)]
    inside, place = xp.module.ones(len(flat), bool), xp.module.zeros(len(flat), "int64")
    for dim, edge in enumerate(edges):
        column, count, last = flat[:, dim], len(edge) - 1, edge[-1:]
        at = xp.sub(xp.searchsorted(edge, column, True), 1)
        at = xp.where(xp.eq(column, last), xp.module.asarray(count - 1), at)
        inside &= xp.logical_and(xp.ge(at, 0), xp.le(column, last))
        place = place * count + at
    shape = tuple([len(edge) - 1 for edge in edges])
    weights = None if weight is None else weight.buffer.reshape(-1)[inside]
    counts = xp.bincount(place[inside], weights, math.prod(shape)).astype(points.dtype)
    counts = counts.reshape(shape)
    if density:
        counts = xp.div(counts, xp.sum(counts))
        for dim, edge in enumerate(edges):
            widths = xp.module.diff(edge)
            counts = xp.div(counts, widths.reshape((-1,) + (1,) * (dims - 1 - dim)))
    kind = type(input)
    return return_types.histogramdd((wrap(kind, counts), tuple([wrap(kind, e) for e in edges])))


def _check_points(input: Tensor, bins: Any, range: Any, weight: Any) -> int:
    """The number of dimensions, if all arguments fit them."""
    shape, dtype = input.buffer.shape, input.buffer.dtype
    _check(len(shape) >= 2, "input tensor should have at least 2 dimensions")
    dims = shape[-1]
    if not isinstance(bins, int) and len(bins) != dims:
        if isinstance(bins[0], int):
            text = "The size of bins must be equal to the innermost dimension of the input."
            raise RuntimeError(f"histogramdd: {text}")
        text = f"expected {dims} sequences of bin edges for a {dims}-dimensional histogram but got"
        _check(False, f"{text} {len(bins)}")
    text = f"for a {dims}-dimensional histogram range should have {2 * dims} elements, but got"
    _check(range is None or len(range) == 2 * dims, f"{text} {len(range or ())}")
    if weight is not None:
        ours, theirs = C_NAMES[dtype.name], C_NAMES[weight.buffer.dtype.name]
        text = "if weight tensor is provided, input tensor and weight tensor should have the same"
        _check(ours == theirs, f"{text} dtype, but got input({ours}), and weight({theirs})")
        given = weight.buffer.shape
        text = "if weight tensor is provided it should have the same shape as the input tensor"
        text += f" excluding its innermost dimension, but got input with shape {list(shape)} and"
        _check(given == shape[:-1], f"{text} weight with shape {list(given)}")
    return dims


def _edges(input: Tensor, column: Any, bins: Any, dim: int, range: Any) -> Any:
    """The edges of the bins in one dimension."""
    edges = bins.buffer if isinstance(bins, Tensor) else None
    if edges is not None:
        text = f"bins tensor should have one dimension, but got {edges.ndim} dimensions in the bins"
        _check(edges.ndim == 1, f"{text} tensor for dimension {dim}")
        text = "input tensor and bins tensors should have the same dtype, but got input with dtype"
        ours, theirs = C_NAMES[column.dtype.name], C_NAMES[edges.dtype.name]
        _check(ours == theirs, f"{text} {ours} and bins for dimension {dim} with dtype {theirs}")
        bins = len(edges) - 1
    text = f"torch.histogram(): bins must be > 0, but got {bins} for dimension {dim}"
    check(bins > 0, text)
    if edges is not None:
        return edges
    low, high = 0.0, 1.0
    if range is not None:
        low, high = range[2 * dim : 2 * dim + 2]
    elif column.size:
        low, high = float(column.min()), float(column.max())
    finite = math.isfinite(low) and math.isfinite(high)
    _check(finite, f"dimension {dim}'s range [{low:g}, {high:g}] is not finite")
    text = f"min should not exceed max, but got min {low:g} max {high:g} for dimension {dim}"
    _check(low <= high, text)
    if low == high:
        low, high = low - 0.5, high + 0.5
    return linspace(low, high, bins + 1, dtype=input.dtype, device=input.device).buffer


def _check(condition: object, text: str) -> None:
    """`check` for `histogramdd`."""
    check(condition, f"torch.histogramdd: {text}")
