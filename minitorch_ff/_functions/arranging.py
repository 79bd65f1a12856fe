"""Elements repeated, reversed, moved around, or left out by position."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from minitorch_ff import _dtypes
from minitorch_ff._checks import check, shape_from, wrap_dim, wrap_dims
from minitorch_ff._functions import conversion, creation, shaping
from minitorch_ff._functions._operands import Tensor
from minitorch_ff.firefly.ops import shaping as ops
from minitorch_ff.firefly.ops.base import apply
from minitorch_ff.firefly.views import mark_view


def repeat(self: Tensor, *repeats: Any) -> Tensor:
    """The tensor several times along each dimension, in new memory.

    Raises:
        RuntimeError: There are fewer numbers than dimensions.

    See: [torch.Tensor.repeat](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.repeat.html).
    """
    times = shape_from(repeats)
    shape = self.buffer.shape
    lead = len(times) - len(shape)
    text = "Number of dimensions of repeat dims can not be smaller than number of dimensions of"
    check(lead >= 0, f"{text} tensor")
    lowest = min(times, default=0)
    check(lowest >= 0, f"Trying to create tensor with negative dimension {lowest}: {list(times)}")
    padded = (1,) * lead + shape
    # (n, m) becomes (1, n, 1, m), is expanded to (r, n, s, m), and read as (rn, sm).
    pairs = tuple([k for n in padded for k in (1, n)])
    wide = tuple([k for r, n in zip(times, padded, strict=True) for k in (r, n)])
    result = tuple([r * n for r, n in zip(times, padded, strict=True)])
    out = self.reshape(pairs).expand(wide).reshape(result)
    return out.clone() if out.view_of is not None else out


def tile(input: Tensor, *dims: Any) -> Tensor:
    """The tensor several times along its last dimensions.

    See: [torch.tile](https://docs.pytorch.org/docs/stable/generated/torch.tile.html).
    """
    times = shape_from(dims)
    return repeat(input, (1,) * max(input.buffer.ndim - len(times), 0) + times)


def repeat_interleave(
    input: Tensor, repeats: Any = None, dim: int | None = None, *, output_size: int | None = None
) -> Tensor:
    """Each element (or slice along `dim`) several times in a row.

    Args:
        input: Any shape; without `repeats` the numbers of repeats themselves.
        repeats: How often: a number, or one for each slice.
        dim: The dimension; without it the flattened input is taken.
        output_size: Accepted; it is computed anyway.

    Raises:
        RuntimeError: A number is negative, or there are too few.

    See: [torch.repeat_interleave](https://docs.pytorch.org/docs/stable/generated/torch.repeat_interleave.html).
    """
    if repeats is None:
        return repeat_interleave(creation.arange(input.numel()), input, 0)
    if dim is None:
        input, dim = input.flatten(), 0
    if not input.buffer.ndim:
        input = input.reshape(1)
    dim = wrap_dim(dim, input.buffer.ndim)
    size = input.buffer.shape[dim]
    if isinstance(repeats, Tensor):
        check(repeats.buffer.dtype.kind in "iu", "repeats has to be Long or Int tensor")
        check(repeats.buffer.ndim <= 1, "repeats must be 0-dim or 1-dim tensor")
        numbers = repeats.flatten().tolist()
    else:
        numbers = list(repeats) if isinstance(repeats, Sequence) else [repeats]
    check(not any([n < 0 for n in numbers]), "repeats can not be negative")
    numbers = numbers * size if len(numbers) == 1 else numbers
    text = "repeats must have the same size as input along dim, but got repeats.size(0) ="
    check(len(numbers) == size, f"{text} {len(numbers)} and input.size({dim}) = {size}")
    order = [i for i, n in enumerate(numbers) for _ in range(n)]
    return input[(*(slice(None),) * dim, order)]


# --------------------------------------------------------------------- reversed, moved


def flip(input: Tensor, *several: Any, dims: Any = None) -> Tensor:
    """The order reversed along some dimensions, in new memory.

    Raises:
        IndexError: There is no such dimension.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.flip(torch.tensor([1, 2, 3]), dims=(0,))
        tensor([3, 2, 1])

    See: rule [`Flip`][minitorch_ff.firefly.ops.shaping.Flip],
        [torch.flip](https://docs.pytorch.org/docs/stable/generated/torch.flip.html).
    """
    along = shape_from(several if dims is None else (dims,))
    wrapped = wrap_dims(along, input.buffer.ndim)
    if not input.buffer.ndim:
        return input.clone()
    return apply(ops.Flip, input, dims=wrapped)


def fliplr(input: Tensor) -> Tensor:
    """The columns in reverse order.

    See: [torch.fliplr](https://docs.pytorch.org/docs/stable/generated/torch.fliplr.html).
    """
    check(input.buffer.ndim >= 2, "Input must be >= 2-d.")
    return flip(input, 1)


def flipud(input: Tensor) -> Tensor:
    """The rows in reverse order.

    See: [torch.flipud](https://docs.pytorch.org/docs/stable/generated/torch.flipud.html).
    """
    check(input.buffer.ndim >= 1, "Input must be >= 1-d.")
    return flip(input, 0)


def rot90(input: Tensor, k: int = 1, dims: Sequence[int] = (0, 1)) -> Tensor:
    """Turned by 90 degrees, `k` times, in the plane of two dimensions.

    See: [torch.rot90](https://docs.pytorch.org/docs/stable/generated/torch.rot90.html).
    """
    check(len(dims) == 2, f"expected total rotation dims == 2, but got dims = {len(dims)}")
    ndim = input.buffer.ndim
    check(ndim >= 2, f"expected total dims >= 2, but got total dims = {ndim}")
    first, second = (wrap_dim(dim, ndim) for dim in dims)
    given = f"dim0 = {dims[0]} and dim1 = {dims[1]}"
    check(first != second, f"expected rotation dims to be different, but got {given}")
    turns = k % 4
    if turns % 2:
        return flip(input, second if turns == 1 else first).transpose(first, second).clone()
    return flip(input, first, second) if turns else input.clone()


def roll(input: Tensor, shifts: Any, dims: Any = None) -> Tensor:
    """Elements moved along dimensions; what leaves at one end comes in at the other.

    Args:
        input: Any shape.
        shifts: How far, for each dimension.
        dims: The dimensions; without them the flattened input is moved.

    Raises:
        RuntimeError: Their numbers differ.

    See: rule [`Roll`][minitorch_ff.firefly.ops.shaping.Roll],
        [torch.roll](https://docs.pytorch.org/docs/stable/generated/torch.roll.html).
    """
    steps = (shifts,) if isinstance(shifts, int) else tuple(shifts)
    along = () if dims is None else (dims,) if isinstance(dims, int) else tuple(dims)
    check(steps, "`shifts` required")
    if not along and len(steps) == 1:
        flat = apply(ops.Roll, input.flatten(), shifts=steps, dims=(0,))
        return flat.reshape(input.buffer.shape)
    counts = f"shifts: {len(steps)}, dims:{len(along)}"
    check(len(steps) == len(along), f"shifts and dimensions must align. {counts}")
    if not input.buffer.ndim:
        raise IndexError(f"Dimension specified as {along[0]} but tensor has no dimensions")
    wrapped = tuple([wrap_dim(dim, input.buffer.ndim) for dim in along])
    return apply(ops.Roll, input, shifts=steps, dims=wrapped)


# ------------------------------------------------------------------ triangles, diagonals


def _triangle(input: Tensor, diagonal: int, lower: bool) -> Tensor:
    if input.buffer.ndim < 2:
        name = "tril" if lower else "triu"
        raise RuntimeError(f"{name}: input tensor must have at least 2 dimensions")
    return apply(ops.Triangle, input, diagonal=diagonal, lower=lower)


def tril(input: Tensor, diagonal: int = 0) -> Tensor:
    """The part of matrices on and below a diagonal, zeros elsewhere.

    See: rule [`Triangle`][minitorch_ff.firefly.ops.shaping.Triangle],
        [torch.tril](https://docs.pytorch.org/docs/stable/generated/torch.tril.html).
    """
    return _triangle(input, diagonal, True)


def triu(input: Tensor, diagonal: int = 0) -> Tensor:
    """The part of matrices on and above a diagonal, zeros elsewhere.

    See: rule [`Triangle`][minitorch_ff.firefly.ops.shaping.Triangle],
        [torch.triu](https://docs.pytorch.org/docs/stable/generated/torch.triu.html).
    """
    return _triangle(input, diagonal, False)


def tril_indices(row: int, col: int, offset: int = 0, **options: Any) -> Tensor:
    """The positions on and below a diagonal: their rows, and their columns.

    See: [torch.tril_indices](https://docs.pytorch.org/docs/stable/generated/torch.tril_indices.html).
    """
    pairs = [(i, j) for i in range(row) for j in range(min(col, i + offset + 1))]
    return _positions(pairs, options)


def triu_indices(row: int, col: int, offset: int = 0, **options: Any) -> Tensor:
    """The positions on and above a diagonal: their rows, and their columns.

    See: [torch.triu_indices](https://docs.pytorch.org/docs/stable/generated/torch.triu_indices.html).
    """
    pairs = [(i, j) for i in range(row) for j in range(max(0, i + offset), col)]
    return _positions(pairs, options)


def _positions(pairs: list[tuple[int, int]], options: dict[str, Any]) -> Tensor:
    options["dtype"] = options.get("dtype") or _dtypes.int64
    options.pop("layout", None)
    return creation.tensor([[i for i, _ in pairs], [j for _, j in pairs]], **options)


def diag(input: Tensor, diagonal: int = 0) -> Tensor:
    """The diagonal of a matrix, or a matrix with a vector as its diagonal.

    Raises:
        RuntimeError: `input` is neither vector nor matrix.

    See: [torch.diag](https://docs.pytorch.org/docs/stable/generated/torch.diag.html).
    """
    ndim = input.buffer.ndim
    if ndim == 1:
        return diag_embed(input, diagonal)
    if ndim == 2:
        return shaping.diagonal(input, diagonal).clone()
    raise RuntimeError(f"diag(): Supports 1D or 2D tensors. Got {ndim}D")


def diagflat(input: Tensor, offset: int = 0) -> Tensor:
    """A matrix with the flattened input as its diagonal.

    See: [torch.diagflat](https://docs.pytorch.org/docs/stable/generated/torch.diagflat.html).
    """
    return diag_embed(input.flatten(), offset)


def diag_embed(input: Tensor, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """Matrices whose diagonals are the last dimension of `input`.

    See: [torch.diag_embed](https://docs.pytorch.org/docs/stable/generated/torch.diag_embed.html).
    """
    ndim = input.buffer.ndim + 1
    first, second = wrap_dim(dim1, ndim), wrap_dim(dim2, ndim)
    check(first != second, f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    size = input.buffer.shape[-1] + abs(offset)
    shape = list(input.buffer.shape[:-1])
    for dim in sorted((first, second)):
        shape.insert(dim, size)
    where = {"offset": offset, "dim0": first, "dim1": second}
    return apply(ops.DiagonalBack, input, shape=tuple(shape), **where)


def as_strided(
    input: Tensor, size: Sequence[int], stride: Sequence[int], storage_offset: int | None = None
) -> Tensor:
    """The memory under a tensor, read with another shape and strides.

    Raises:
        RuntimeError: The shape reaches beyond the memory, or does not fit the strides.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.arange(5).as_strided((3, 3), (1, 1))
        tensor([[0, 1, 2],
                [1, 2, 3],
                [2, 3, 4]])

    See: rule [`AsStrided`][minitorch_ff.firefly.ops.shaping.AsStrided],
        [torch.as_strided](https://docs.pytorch.org/docs/stable/generated/torch.as_strided.html).
    """
    text = "mismatch in length of strides and shape"
    check(len(size) == len(stride), text)
    memory = conversion.storage(input)
    start = input.storage_offset() if storage_offset is None else storage_offset
    text = "as_strided: Negative strides are not supported at the moment, got strides:"
    check(not any([s < 0 for s in stride]), f"{text} {list(stride)}")
    check(start >= 0, f"Tensor: invalid storage offset {start}")
    text = f"Storage size calculation overflowed with sizes={list(size)} and strides="
    check(min(size, default=0) >= 0, f"{text}{list(stride)}")
    last = start + sum([(n - 1) * s for n, s in zip(size, stride, strict=True) if n > 0])
    needed = last + 1 if math.prod(size) else 0
    if needed > memory.numel():
        raise RuntimeError(
            f"setStorage: sizes {list(size)}, strides {list(stride)}, storage offset {start}, "
            f"and itemsize {memory.itemsize} requiring a storage size of "
            f"{needed * memory.itemsize} are out of bounds for storage of size {memory.nbytes}"
        )
    layout = tuple(size), tuple(stride), start
    out = apply(ops.AsStrided, input, layout=layout, own=_layout(input))
    if math.prod(size):
        base = input if input.view_of is None else input.view_of.base
        look = {"layout": layout, "own": _layout(base)}
        mark_view(out, base, ((ops.AsStrided, look),), None)
    return out  # type: ignore[no-any-return]


def _layout(input: Any) -> tuple[Any, ...]:
    """Shape, strides and offset: where in memory the elements are."""
    return input.buffer.shape, conversion.stride(input), conversion.storage_offset(input)


def as_strided_scatter(
    input: Tensor, src: Tensor, size: Sequence[int], stride: Sequence[int],
    storage_offset: int | None = None,
) -> Tensor:  # fmt: skip
    """A copy of `input`, with `src` where `as_strided` would look.

    Raises:
        RuntimeError: The shape reaches beyond the memory, or is not that of `src`.

    See: [torch.as_strided_scatter](https://docs.pytorch.org/docs/stable/generated/torch.as_strided_scatter.html).
    """
    out = input.clone()
    place = as_strided(out, size, stride, storage_offset)
    shape, given = list(place.buffer.shape), list(src.buffer.shape)
    text = "expected src to have a size equal to the slice of self. src size ="
    check(shape == given, f"{text} {given}, slice size = {shape}")
    place.copy_(src)
    return out
