"""Elements by position: `x[...]` read and written."""

from __future__ import annotations

import warnings
from typing import Any

import numpy

from minitorch_ff._checks import check, check_index_bounds, must_be_tensor
from minitorch_ff._functions._operands import Tensor, type_name
from minitorch_ff._functions.shaping import expand
from minitorch_ff.firefly.backend.registry import elsewhere
from minitorch_ff.firefly.in_place import value_before, write
from minitorch_ff.firefly.modes import grad_enabled
from minitorch_ff.firefly.ops import indexing as ops
from minitorch_ff.firefly.ops.base import apply, check_broadcast
from minitorch_ff.firefly.promotion import number
from minitorch_ff.firefly.tensor import wrap
from minitorch_ff.firefly.views import apply_view


def getitem(self: Tensor, index: Any) -> Tensor:
    """`x[index]`, with ints, slices, None, `...`, lists, integer and boolean tensors.

    Ints, slices, None and `...` alone give a view.

    Raises:
        IndexError: A position does not exist, or there are too many indices.
        ValueError: A slice has a negative step.

    See: rule [`Index`][minitorch_ff.firefly.ops.indexing.Index],
        [indexing](https://docs.pytorch.org/docs/stable/tensor_view.html).
    """
    view, picking = two_steps(self, index)
    return view if picking is None else apply(ops.Index, view, index=picking)


def setitem(self: Tensor, index: Any, value: Any) -> None:
    """`x[index] = value`; the value is broadcast to the places.

    Raises:
        IndexError: A position does not exist, or there are too many indices.
        RuntimeError: The value does not fit, or `self` may not be written.
    """
    view, picking = two_steps(self, index)
    if isinstance(value, numpy.ndarray):
        value = wrap(Tensor.result_class, value)
    elif not isinstance(value, Tensor):
        try:
            value = number(value, view)
        except TypeError:
            target = f"torch.{type_name(view)}Tensor"
            raise TypeError(f"can't assign a {type(value).__name__} to a {target}") from None
    try:
        put_at(view, picking, value)
    except ValueError:
        if picking is None:
            expand(value, view.buffer.shape)  # complains in its words
            raise
        raise RuntimeError(
            f"shape mismatch: value tensor of shape {list(value.buffer.shape)} cannot be broadcast "
            f"to indexing result of shape {list(view.buffer[picking].shape)}"
        ) from None


def put_at(view: Tensor, picking: Any, value: Tensor) -> None:
    """Write `value` to the places that an index picks; without one, to all of `view`."""
    if elsewhere(value.buffer, view.buffer):
        value = value.to(view.device)
    if picking is None:  # leading ones may be dropped
        while value.buffer.ndim > view.buffer.ndim and value.buffer.shape[0] == 1:
            value = value.reshape(value.buffer.shape[1:])
    old = value_before(view, [value]) if grad_enabled() else view
    if picking is None:
        write(view, apply(ops.Copy, old, value))
    else:
        write(view, apply(ops.IndexPut, old, value, index=picking))


def look(self: Tensor, index: Any) -> Tensor:
    """The view that ints, slices, None and `...` select.

    Raises:
        IndexError: A position does not exist, or there are too many indices.
    """
    try:
        return apply_view(ops.Index, self, index=index)
    except IndexError:
        check_index_bounds(self.buffer.shape, index)
        raise


def two_steps(self: Tensor, index: Any) -> tuple[Any, Any]:
    """The view that an index takes first, and the advanced index on that view, or None.

    PyTorch applies ints before tensors, NumPy counts them among the tensors: where both
    occur, the results differ in the order of their dimensions.
    """
    kind = type(index)
    if kind is int or kind is slice:  # the common cases, without a loop
        if kind is slice and index.step is not None:
            check_step(index)
        if not self.buffer.ndim:
            raise_for_0d(index)
        return look(self, index), None
    if kind is list and is_tuple_in_disguise(index):
        warnings.warn(NESTED_LIST_WARNING, stacklevel=3)
        kind = tuple
    items = list(index) if kind is tuple else [index]
    looking: list[Any] = []
    picking: list[Any] = []
    advanced = False
    for item in (plain(item) for item in items):
        kind = type(item)
        if kind is int:
            looking.append(item)
        elif kind is slice or item is None or item is ...:
            looking.append(item)
            picking.append(item if item is ... else slice(None))
        else:
            advanced = True
            if elsewhere(item, self.buffer):
                item = beside(item, self)
            if item.ndim == 0:  # a boolean: a new dimension of size one or zero
                looking.append(None)
                picking.append(item.reshape(1))
            else:
                looking.extend([slice(None)] * (item.ndim if item.dtype.kind == "b" else 1))
                picking.append(item)
    wanted = sum(item is not None and item is not ... for item in looking)
    if wanted > self.buffer.ndim:
        if not self.buffer.ndim and not advanced:
            raise_for_0d(items[0])
        raise IndexError(f"too many indices for tensor of dimension {self.buffer.ndim}")
    only_picks = advanced and all([item is ... or item == slice(None) for item in looking])
    view = self if only_picks else look(self, tuple(looking))
    if not advanced:
        return view, None
    check_index_bounds(view.buffer.shape, tuple(picking))
    return view, tuple(picking)


def beside(array: Any, x: Tensor) -> Any:
    """An index from the host as an array where `x` is.

    Raises:
        RuntimeError: It is on a third device.
    """
    check(
        isinstance(array, numpy.ndarray),
        f"indices should be either on cpu or on the same device as the indexed tensor ({x.device})",
    )
    return x.backend.beside(array, x.buffer)


NESTED_LIST_WARNING = (
    "Using a non-tuple sequence for multidimensional indexing is deprecated and will be "
    "changed in pytorch 2.9; use x[tuple(seq)] instead of x[seq]. In pytorch 2.9 this will be "
    "interpreted as tensor index, x[torch.tensor(seq)], which will result either in an error "
    "or a different result"
)


def is_tuple_in_disguise(index: list[Any]) -> bool:
    """Whether PyTorch still takes a list for a tuple: it is short and holds sequences."""
    kinds = (list, tuple, slice, Tensor, numpy.ndarray)
    return len(index) < 32 and any([isinstance(i, kinds) or i is None or i is ... for i in index])


def raise_for_0d(index: Any) -> None:
    """Refuse to index a 0-d tensor."""
    if isinstance(index, int):
        raise IndexError(
            "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or "
            "`tensor.item<T>()` in C++ to convert a 0-dim tensor to a number"
        )
    raise IndexError("slice() cannot be applied to a 0-dim tensor.")


def check_step(item: slice) -> None:
    """Refuse slices that run backwards.

    Raises:
        ValueError: The step is not positive.
    """
    if item.step is not None and item.step <= 0:
        raise ValueError("step must be greater than zero")


def plain(item: Any) -> Any:
    """One index as int, slice, None, `...`, or an array of the tensor's back end.

    Raises:
        IndexError: A tensor has a dtype that no index has.
        TypeError: It is no index at all.
    """
    kind = type(item)
    if kind is int or item is None or item is ...:
        return item
    if kind is slice:
        bounds = (item.start, item.stop, item.step)
        item = slice(*[None if b is None else b.__index__() for b in bounds])
        check_step(item)
        return item
    if isinstance(item, Tensor):
        buffer = item.buffer
        if buffer.dtype.kind not in "iub":
            raise IndexError("tensors used as indices must be long, int, byte or bool tensors")
        if buffer.dtype == numpy.uint8:
            buffer = item.backend.cast(buffer, bool)
        if buffer.ndim == 0 and buffer.dtype.kind != "b":
            return int(buffer.item())
        return buffer
    if isinstance(item, (bool, numpy.bool_)):
        return numpy.asarray(item)
    if hasattr(item, "__index__") and not isinstance(item, numpy.ndarray):
        return item.__index__()
    if isinstance(item, (list, tuple, range, numpy.ndarray)):
        return _array(item)
    if isinstance(item, (str, bytes)):
        raise TypeError(f"new(): invalid data type '{type(item).__name__}'")
    raise IndexError(
        "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are "
        f"valid indices (got {type(item).__name__})"
    )


def _array(item: Any) -> Any:
    """A list of positions or of booleans as an array."""
    array = item if isinstance(item, numpy.ndarray) else numpy.array(_element(list(item)))
    if array.size == 0 and array.dtype.kind == "f":
        array = array.astype(numpy.int64)
    if array.dtype.kind not in "iub":
        raise IndexError("tensors used as indices must be long, int, byte or bool tensors")
    return array


def _element(part: Any) -> Any:
    if isinstance(part, Tensor):
        return part.backend.to_numpy(part.buffer)
    return [_element(p) for p in part] if isinstance(part, (list, tuple)) else part


def iterate(self: Tensor) -> Any:
    """The rows, one after the other.

    Raises:
        TypeError: The tensor has no dimensions.
    """
    check(self.buffer.ndim, "iteration over a 0-d tensor", TypeError)
    return iter(self.unbind(0))


def fill(input: Tensor, value: Any) -> Tensor:
    """One value (a number or a 0-d tensor) in all places of a tensor like `input`.

    Raises:
        RuntimeError: `value` is a tensor with dimensions.

    See: [torch.fill](https://docs.pytorch.org/docs/stable/generated/torch.fill.html).
    """
    source = value if isinstance(value, Tensor) else number(value, input)
    if source.buffer.ndim:
        text = "fill only supports 0-dimension value tensor but got tensor with"
        raise RuntimeError(f"{text} {source.buffer.ndim} dimensions.")
    return apply(ops.Fill, input, source)


def fill_diagonal_(self: Tensor, fill_value: Any, wrap: bool = False) -> Tensor:
    """Write one value to the diagonal of the tensor itself.

    Args:
        self: At least two dimensions; of more, all must have one size.
        fill_value: A number.
        wrap: In a matrix with more rows than columns, begin again below, after an empty row.

    Raises:
        RuntimeError: `self` has another shape.

    See: [torch.Tensor.fill_diagonal_](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.fill_diagonal_.html).
    """
    shape, steps = self.buffer.shape, self.stride()
    check(len(shape) > 1, "dimensions must larger than 1")
    text = "all dimensions of input must be of equal length"
    check(len(shape) == 2 or len(set(shape)) == 1, text)
    count, width = min(shape), shape[-1] + 1
    self.as_strided((count,), (sum(steps),), self.storage_offset()).fill_(fill_value)
    below = -(-self.buffer.size // width) - count
    if wrap and len(shape) == 2 and below > 0:
        offset = self.storage_offset() + steps[0] * width
        self.as_strided((below,), (sum(steps),), offset).fill_(fill_value)
    return self


def zero(input: Tensor) -> Tensor:
    """Zeros in the place of `input`."""
    settings = {"value": input.backend.module.zeros_like(input.buffer), "called": "Zero"}
    return apply(ops.Overwrite, input, **settings)


def copied(input: Tensor, src: Tensor, non_blocking: bool = False) -> Tensor:
    """`src`, broadcast to the shape of `input`, in its dtype and place.

    Raises:
        RuntimeError: The shapes cannot be broadcast.
    """
    must_be_tensor(src, "copy_", "other", 1)
    if elsewhere(src.buffer, input.buffer):
        src = src.to(input.device)
    try:
        return apply(ops.Copy, input, src)
    except ValueError:
        check_broadcast(input.buffer.shape, src.buffer.shape)
        raise RuntimeError(
            f"output with shape {list(input.buffer.shape)} doesn't match the broadcast shape "
            f"{list(src.buffer.shape)}"
        ) from None
