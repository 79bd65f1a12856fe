"""Elements picked by position or mask, and put back: `gather`, `scatter`, `take`, and so on."""

from __future__ import annotations

import math
from typing import Any

from minitorch_ff._checks import check, check_index_bounds, must_be_tensor, wrap_dim
from minitorch_ff._functions._autocast import casts, widest
from minitorch_ff._functions._operands import Tensor, must_hold_one, type_name
from minitorch_ff._functions.conversion import cast
from minitorch_ff._functions.joining import broadcast_tensors, meet
from minitorch_ff._functions.selection import where
from minitorch_ff._functions.shaping import reshape
from minitorch_ff.firefly.ops import picking as ops
from minitorch_ff.firefly.ops.base import apply, check_same_device
from minitorch_ff.firefly.ops.indexing import Index, IndexPut
from minitorch_ff.firefly.promotion import number
from minitorch_ff.firefly.tensor import wrap

# --------------------------------------------------------------------------- along a row


def positions(input: Tensor, dim: int, index: Tensor, function: str, source: Any = None) -> int:
    """The dimension from 0, once the positions are known to exist.

    Raises:
        RuntimeError: A shape or the dtype of `index` does not fit, or a position is outside.
    """
    x, places = input.buffer, index.buffer
    dim = wrap_dim(dim, x.ndim)
    if places.dtype.name not in ("int64", "int32") and places.size:
        raise RuntimeError(f"{function}(): Expected dtype int32/int64 for index")
    check_same_device(input, index, method=f"{function} self index")
    if not places.size:
        return dim
    ours = "input" if function == "gather" else "self"
    text = f"Index tensor must have the same number of dimensions as {ours} tensor"
    check(max(places.ndim, 1) == max(x.ndim, 1), text)
    if function == "gather":
        for i, (n, m) in enumerate(zip(places.shape, x.shape, strict=False)):
            if i != dim and n > m:
                raise RuntimeError(
                    f"Size does not match at dimension {i} expected index {list(places.shape)} "
                    f"to be no larger than self {list(x.shape)} apart from dimension {dim}"
                )
    else:
        _check_scatter(x.shape, places.shape, source, dim)
    size = x.shape[dim] if x.ndim else 1
    if not input.backend.all_between(places, 0, size):
        low, high = int(places.min()), int(places.max())
        wrong = low if low < 0 else high
        raise RuntimeError(f"index {wrong} is out of bounds for dimension {dim} with size {size}")
    return dim


def _check_scatter(shape: Any, index: Any, source: Any, dim: int) -> None:
    """Refuse an index that is larger than `self` (but for `dim`) or than the source."""
    source_shape = None if source is None else source.buffer.shape
    if source_shape is not None and max(len(source_shape), 1) != max(len(index), 1):
        raise RuntimeError("Index tensor must have the same number of dimensions as src tensor")
    too_large = any([n > m for i, (n, m) in enumerate(zip(index, shape, strict=False)) if i != dim])
    beyond = source_shape is not None and any(
        [n > m for n, m in zip(index, source_shape, strict=False)]
    )
    if too_large or beyond:
        text = (
            f"Expected index {list(index)} to be no larger than self {list(shape)} apart from "
            f"dimension {dim}"
        )
        if source_shape is not None:
            text += f" and to be no larger size than src {list(source_shape)}"
        raise RuntimeError(text)


def gather(input: Tensor, dim: int, index: Tensor, *, sparse_grad: bool = False) -> Tensor:
    """From each row along `dim`, the elements at the positions of `index`.

    Args:
        input: Any shape.
        dim: The dimension that the positions count along.
        index: int64, no larger than `input` but in `dim`.
        sparse_grad: Must be False.

    Returns:
        The shape of `index`.

    Raises:
        RuntimeError: The shapes do not fit, or a position does not exist.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.gather(torch.tensor([[1, 2], [3, 4]]), 1, torch.tensor([[0, 0], [1, 0]]))
        tensor([[1, 1],
                [4, 3]])

    See: rule [`Gather`][minitorch_ff.firefly.ops.picking.Gather],
        [torch.gather](https://docs.pytorch.org/docs/stable/generated/torch.gather.html).
    """
    if sparse_grad:
        raise NotImplementedError("gather(sparse_grad=True): gradients are dense here")
    dim = positions(input, dim, index, "gather")
    return apply(ops.Gather, input, dim=dim, index=index.buffer)


def scatter(
    input: Tensor, dim: int, index: Tensor, src: Any = None, *, value: Any = None,
    reduce: str | None = None,
) -> Tensor:  # fmt: skip
    """A copy of `input` with other elements at the positions of `index` in each row.

    Args:
        input: Any shape.
        dim: The dimension that the positions count along.
        index: int64, no larger than `input` but in `dim`, nor than `src`.
        src: The elements, or a number.
        value: A number, in place of `src`.
        reduce: `"add"` or `"multiply"` with what is there; then there is no gradient.

    Raises:
        RuntimeError: The shapes or dtypes do not fit, or a position does not exist.

    See: rule [`Scatter`][minitorch_ff.firefly.ops.picking.Scatter],
        [torch.scatter](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.scatter_.html).
    """
    source = src if src is not None else value
    if not isinstance(source, Tensor):
        source = _value(source, input).expand(index.buffer.shape)
    _same_dtype("scatter", input, source)
    dim = positions(input, dim, index, "scatter", source)
    place = {"dim": dim, "index": index.buffer}
    if reduce is None:
        return apply(ops.Scatter, input, source, **place)
    text = "reduce argument must be either add or multiply."
    check(reduce in ("add", "multiply"), text)
    how = "sum" if reduce == "add" else "prod"
    return apply(ops.ScatterInto, input, source, **place, reduce=how)


def _value(value: Any, like: Tensor) -> Any:
    """A number, or a tensor that holds one, in the dtype of `like`."""
    tensor: Any = value if isinstance(value, Tensor) else number(value, like)
    return cast(tensor, like.dtype)


def _same_dtype(function: str, input: Tensor, source: Any) -> None:
    if source.buffer.dtype != input.buffer.dtype:
        raise RuntimeError(f"{function}(): Expected self.dtype to be equal to src.dtype")


@casts(cuda=widest)
def scatter_add(input: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """A copy of `input` with `src` added at the positions of `index` in each row.

    See: rule [`ScatterAdd`][minitorch_ff.firefly.ops.picking.ScatterAdd],
        [torch.scatter_add](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.scatter_add_.html).
    """
    _same_dtype("scatter", input, src)
    dim = positions(input, dim, index, "scatter", src)
    return apply(ops.ScatterAdd, input, src, dim=dim, index=index.buffer)


REDUCE = ("sum", "prod", "mean", "amax", "amin")


def scatter_reduce(
    input: Tensor, dim: int, index: Tensor, src: Tensor, reduce: str, *, include_self: bool = True
) -> Tensor:
    """A copy of `input`; elements of `src` that fall on one place are reduced to one.

    Args:
        input: Any shape.
        dim: The dimension that the positions count along.
        index: int64, no larger than `input` but in `dim`, nor than `src`.
        src: The elements, in the dtype of `input`.
        reduce: `"sum"`, `"prod"`, `"mean"`, `"amax"` or `"amin"`.
        include_self: Whether what is there counts too.

    Raises:
        RuntimeError: The shapes or dtypes do not fit, or a position does not exist.

    Example:
        >>> import minitorch_ff as torch
        >>> x, index = torch.tensor([1.0, 2.0, 3.0, 4.0]), torch.tensor([0, 0, 1, 1])
        >>> torch.zeros(2).scatter_reduce(0, index, x, "amax")
        tensor([2., 4.])

    See: rule [`ScatterReduce`][minitorch_ff.firefly.ops.picking.ScatterReduce],
        [torch.scatter_reduce](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.scatter_reduce_.html).
    """
    must_be_tensor(src, "scatter_reduce", "src", 3)
    text = f"reduce argument must be either {', '.join(REDUCE[:-1])} or {REDUCE[-1]}, got {reduce}"
    check(reduce in REDUCE, text)
    _same_dtype("scatter", input, src)
    dim = positions(input, dim, index, "scatter", src)
    how = {"reduce": reduce, "include_self": include_self}
    return apply(ops.ScatterReduce, input, src, dim=dim, index=index.buffer, **how)


def take_along_dim(input: Tensor, indices: Tensor, dim: int | None = None) -> Tensor:
    """Elements at positions along a dimension; the other dimensions are broadcast.

    See: [torch.take_along_dim](https://docs.pytorch.org/docs/stable/generated/torch.take_along_dim.html).
    """
    text = f"torch.take_along_dim(): dtype of indices should be Long but got {type_name(indices)}"
    check(indices.buffer.dtype.name == "int64", text)
    if dim is None:
        return gather(input.flatten(), 0, indices.flatten())
    a, b = input.buffer.shape, indices.buffer.shape
    check(
        len(a) == len(b),
        "torch.take_along_dim(): input and indices should have the same number of dimensions, but "
        f"got {len(a)} dimensions for input, and {len(b)} dimensions for indices",
    )
    dim = wrap_dim(dim, len(a))
    size, lead, rest = a[dim], slice(dim), slice(dim + 1, None)
    shape = meet((*a[lead], 1, *a[rest]), (*b[lead], 1, *b[rest]))
    wide = input.expand(*shape[lead], size, *shape[rest])
    places = indices.expand(*shape[lead], b[dim], *shape[rest])
    return gather(wide, dim, where(places < 0, places + size, places))


# ----------------------------------------------------------------------------- whole slices


def _slices(input: Tensor, dim: int, index: Tensor, function: str) -> tuple[int, Any]:
    """The dimension from 0, and the full index of the slices that `index` names."""
    places = index.buffer
    dim = wrap_dim(dim, input.buffer.ndim)
    check(places.ndim <= 1, f"{function}(): Index is supposed to be a vector", IndexError)
    if places.dtype.name not in ("int64", "int32"):
        raise RuntimeError(f"{function}(): Expected dtype int32 or int64 for index")
    check_same_device(input, index, method=f"_{function} self index")
    return dim, (*(slice(None),) * dim, places.reshape(-1))


def index_select(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """The slices of a dimension at given positions, in new memory.

    Raises:
        IndexError: A position does not exist, or `index` is no vector.

    See: rule [`Index`][minitorch_ff.firefly.ops.indexing.Index],
        [torch.index_select](https://docs.pytorch.org/docs/stable/generated/torch.index_select.html).
    """
    dim, places = _slices(input, dim, index, "index_select")
    x = input if input.buffer.ndim else input.reshape(1)
    size = x.buffer.shape[dim]
    numbers = index.buffer
    if numbers.size and not x.backend.all_between(numbers, 0, size):
        raise IndexError("index out of range in self")
    out = apply(Index, x, index=places)
    return out if input.buffer.ndim else out.reshape(())


def index_add(
    input: Tensor, dim: int, index: Tensor, source: Tensor, *, alpha: float = 1
) -> Tensor:
    """A copy with slices of `source`, times `alpha`, added at given positions.

    See: [torch.index_add](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.index_add_.html).
    """
    dim, places = _slices(input, dim, index, "index_add_")
    _same_dtype("index_add_", input, source)
    _check_source(input, dim, source, index.buffer.size, "index_add_")
    if alpha != 1:
        source = source * alpha
    return _put_slices(input, dim, places, source, True, "index_add_")


def index_reduce(
    input: Tensor, dim: int, index: Tensor, source: Tensor, reduce: str, *,
    include_self: bool = True,
) -> Tensor:  # fmt: skip
    """A copy of `input`; slices of `source` that fall on one are reduced to one.

    Args:
        input: Any shape.
        dim: The dimension that `index` counts along.
        index: A vector of positions, one for each slice of `source`.
        source: As `input` but in `dim`, in its dtype.
        reduce: `"prod"`, `"mean"`, `"amax"` or `"amin"`.
        include_self: Whether what is there counts too.

    Raises:
        IndexError: A position does not exist, or `index` is no vector.
        RuntimeError: The shapes or dtypes do not fit.

    See: rule [`ScatterReduce`][minitorch_ff.firefly.ops.picking.ScatterReduce],
        [torch.index_reduce](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.index_reduce_.html).
    """
    text = "index_reduce(): Expected reduce to be one of prod, mean, amax or amin but got"
    check(reduce in REDUCE[1:], f"{text} {reduce}.")
    places = index.buffer
    ours, theirs = type_name(input), type_name(source)
    check(
        places.ndim <= 1,
        f"index_reduce_(): Index is supposed to be a vector, but got dim: {places.ndim} with type: "
        f"{type_name(index)} and size: {list(places.shape)}",
        IndexError,
    )
    text = "index_reduce_(): Expected dtype int32/int64 for index but got:"
    check(places.dtype.name in ("int64", "int32"), f"{text} {type_name(index)}")
    text = f"index_reduce_(): self ({ours}) and source ({theirs}) must have the same scalar type"
    check(ours == theirs, text)
    dim, _ = _slices(input, dim, index, "index_reduce_")
    _check_source(input, dim, source, places.size, "index_reduce_")
    size = input.buffer.shape[dim] if input.buffer.ndim else 1
    if not input.backend.all_between(places, 0, size):
        raise IndexError("index out of range in self")
    shape = source.buffer.shape
    rows = places.reshape([-1 if i == dim else 1 for i in range(len(shape))] or ())
    how = {"reduce": reduce, "include_self": include_self, "called": "IndexReduce"}
    wide = input.backend.broadcast_to(rows, shape)
    return apply(ops.ScatterReduce, input, source, dim=dim, index=wide, **how)


def _check_source(input: Tensor, dim: int, source: Tensor, count: int, function: str) -> None:
    """Refuse slices that do not fit between those of `input`, or are not `count`."""
    shape, given = list(input.buffer.shape), list(source.buffer.shape)
    text = "source tensor shape must match self tensor shape, excluding the specified dimension."
    fits = len(shape) == len(given) and not any(
        [n != m for i, (n, m) in enumerate(zip(shape, given, strict=True)) if i != dim]
    )
    check(fits, f"{text} Got self.shape = {shape} source.shape = {given}")
    size = given[dim] if given else 1
    text = f"{function}(): Number of indices ({count}) should be equal to source.size(dim):"
    check(size == count, f"{text} ({size}), for dim: {dim}")


def index_copy(input: Tensor, dim: int, index: Tensor, source: Tensor) -> Tensor:
    """A copy with slices of `source` at given positions.

    See: [torch.index_copy](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.index_copy_.html).
    """
    dim, places = _slices(input, dim, index, "index_copy_")
    check(
        source.buffer.dtype == input.buffer.dtype,
        "index_copy_(): self and source expected to have the same dtype, but got (self) "
        f"{type_name(input)} and (source) {type_name(source)}",
    )
    return _put_slices(input, dim, places, source, False, "index_copy_")


def _put_slices(
    input: Tensor, dim: int, places: Any, source: Tensor, accumulate: bool, function: str
) -> Tensor:
    x = input if input.buffer.ndim else input.reshape(1)
    part = source if source.buffer.ndim else source.reshape(1)
    check_index_bounds(x.buffer.shape, places)
    expected = list(x.buffer.shape)
    expected[dim] = places[-1].size
    n, m = places[-1].size, part.buffer.shape[dim] if part.buffer.ndim > dim else 1
    text = f"{function}(): Number of indices ({n}) should be equal to source.size(dim): ({m}),"
    check(list(part.buffer.shape) == expected, f"{text} for dim: {dim}")
    out = apply(IndexPut, x, part, index=places, accumulate=accumulate)
    return out.reshape(input.buffer.shape)


def index_fill(input: Tensor, dim: int, index: Tensor, value: Any) -> Tensor:
    """A copy with one value in the slices at given positions.

    See: [torch.index_fill](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.index_fill_.html).
    """
    dim, places = _slices(input, dim, index, "index_fill_")
    source = _value(value, input)
    must_hold_one("index_fill_", source)
    x = input if input.buffer.ndim else input.reshape(1)
    check_index_bounds(x.buffer.shape, places)
    once = (*places[:-1], x.backend.module.unique(places[-1]))  # the gradient counts it once
    return apply(IndexPut, x, source, index=once).reshape(input.buffer.shape)


@casts(cuda=widest)
def index_put(input: Tensor, indices: Any, values: Tensor, accumulate: bool = False) -> Tensor:
    """A copy with `values` at the places that tensors of positions name.

    See: [torch.index_put](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.index_put_.html).
    """
    places = tuple([slice(None) if i is None else i.buffer for i in indices])
    check(
        values.buffer.dtype == input.buffer.dtype,
        "Index put requires the source and destination dtypes match, got "
        f"{type_name(input)} for the destination and {type_name(values)} for the source.",
    )
    check_index_bounds(input.buffer.shape, places)
    return apply(IndexPut, input, values, index=places, accumulate=accumulate)


# ---------------------------------------------------------------------- flat positions


def take(input: Tensor, index: Tensor) -> Tensor:
    """Elements at positions of the flattened input, in the shape of `index`.

    See: [torch.take](https://docs.pytorch.org/docs/stable/generated/torch.take.html).
    """
    flat = reshape(input, (-1,))
    size = flat.buffer.size
    places = index.buffer
    text = f"take(): Expected a long tensor for index, but got {type_name(index)}"
    check(places.dtype.name == "int64", text)
    check(not places.size or size, "take(): tried to take from an empty tensor", IndexError)
    if places.size and not flat.backend.all_between(places, -size, size):
        raise IndexError("out of range: tried to access index out of range")
    return apply(Index, flat, index=(places,))


def put(input: Tensor, index: Tensor, source: Tensor, accumulate: bool = False) -> Tensor:
    """A copy with elements at positions of the flattened input.

    See: [torch.put](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.put_.html).
    """
    flat = reshape(input, (-1,))
    places = (index.buffer.reshape(-1),)
    check_index_bounds(flat.buffer.shape, places)
    values = reshape(source, (-1,))
    out = apply(IndexPut, flat, values, index=places, accumulate=accumulate)
    return reshape(out, input.buffer.shape)


# ---------------------------------------------------------------------------- by a mask


def masked_select(input: Tensor, mask: Tensor) -> Tensor:
    """The elements where a mask holds, in one dimension.

    Args:
        input: Any shape.
        mask: Boolean; broadcast with `input`.

    Raises:
        RuntimeError: The mask is not boolean, or the shapes cannot be broadcast.

    See: [torch.masked_select](https://docs.pytorch.org/docs/stable/generated/torch.masked_select.html).
    """
    check(mask.buffer.dtype.kind == "b", "masked_select: expected BoolTensor for mask")
    wide, holds = broadcast_tensors(input, mask)
    if not wide.buffer.ndim:
        wide, holds = wide.reshape(1), holds.reshape(1)
    return apply(Index, wide, index=(holds.buffer,))


def masked_scatter(input: Tensor, mask: Tensor, source: Tensor) -> Tensor:
    """A copy with the elements of `source`, one after the other, where a mask holds.

    Raises:
        RuntimeError: There are too few elements, or the dtypes differ.

    See: rule [`MaskedScatter`][minitorch_ff.firefly.ops.picking.MaskedScatter],
        [torch.masked_scatter](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.masked_scatter_.html).
    """
    text = "masked_scatter_ only supports boolean masks, but got mask with dtype"
    check(mask.buffer.dtype.kind == "b", f"{text} {type_name(mask)}")
    text = "masked_scatter: expected self and source to have same dtypes but got"
    ours, theirs = type_name(input), type_name(source)
    check(ours == theirs, f"{text} {ours} and {theirs}")
    wide, holds = broadcast_tensors(input, mask)
    if int(holds.buffer.sum()) > source.buffer.size:
        raise RuntimeError("Number of elements of source < number of ones in mask")
    return apply(ops.MaskedScatter, wide, source, mask=holds.buffer)


def nonzero(input: Tensor, *, as_tuple: bool = False) -> Any:
    """The positions of all elements that are not zero.

    Args:
        input: Any shape.
        as_tuple: Give a tensor for each dimension, instead of rows of positions.

    Returns:
        Shape `(n, ndim)`, int64; or a tuple of shape `(n)` each.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.nonzero(torch.tensor([0, 3, 0, 5]))
        tensor([[1],
                [3]])

    See: [torch.nonzero](https://docs.pytorch.org/docs/stable/generated/torch.nonzero.html).
    """
    module, x = input.backend.module, input.buffer
    lone = not x.ndim
    found = module.nonzero(x.reshape(1) if lone else x)
    if as_tuple:
        return tuple([wrap(input.result_class, places) for places in found])
    if lone:
        return wrap(input.result_class, module.empty((len(found[0]), 0), "int64"))
    return wrap(input.result_class, module.stack(found, 1))


def argwhere(input: Tensor) -> Tensor:
    """The positions of all elements that are not zero, as rows.

    See: [torch.argwhere](https://docs.pytorch.org/docs/stable/generated/torch.argwhere.html).
    """
    return nonzero(input)  # type: ignore[no-any-return]


def isin(
    elements: Any, test_elements: Any, *, assume_unique: bool = False, invert: bool = False
) -> Tensor:
    """Whether each element is one of `test_elements`.

    See: [torch.isin](https://docs.pytorch.org/docs/stable/generated/torch.isin.html).
    """
    some = elements if isinstance(elements, Tensor) else test_elements
    x = elements.buffer if isinstance(elements, Tensor) else elements
    among = test_elements.buffer if isinstance(test_elements, Tensor) else test_elements
    module = some.backend.module
    found = module.isin(x, among, assume_unique=False, invert=invert)
    return wrap(some.result_class, module.asarray(found))


def unravel_index(indices: Tensor, shape: Any) -> tuple[Tensor, ...]:
    """Positions in the flattened tensor as positions along each dimension.

    Args:
        indices: Integers, any shape; what lies beyond the tensor wraps around.
        shape: Of the tensor, an int or several.

    Returns:
        A tensor for each dimension, in the shape of `indices`.

    Raises:
        TypeError: `indices` or `shape` are no integers.
        ValueError: A size is negative.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.unravel_index(torch.tensor([3, 4]), (2, 3))
        (tensor([1, 1]), tensor([0, 1]))

    See: [torch.unravel_index](https://docs.pytorch.org/docs/stable/generated/torch.unravel_index.html).
    """
    text = f"expected 'indices' to be integer dtype, but got {indices.dtype}"
    check(indices.buffer.dtype.kind in "iu", text, TypeError)
    sizes = (shape,) if isinstance(shape, int) else shape
    text = f"expected 'shape' to be int or sequence of ints, but got {type(shape)}"
    check(isinstance(sizes, (tuple, list)), text, TypeError)
    for size in sizes:
        text = f"expected 'shape' sequence to only contain ints, but got {type(size)}"
        check(isinstance(size, int), text, TypeError)
    text = f"'shape' cannot have negative values, but got {tuple(sizes)}"
    check(min(sizes, default=0) >= 0, text, ValueError)
    strides = [math.prod(sizes[i + 1 :]) for i in range(len(sizes))]
    return tuple([indices // stride % size for stride, size in zip(strides, sizes, strict=True)])
