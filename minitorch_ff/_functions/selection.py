"""Elements chosen by a mask: `torch.where`, `torch.masked_fill`."""

from __future__ import annotations

import warnings
from typing import Any

from minitorch_ff._checks import check
from minitorch_ff._functions._operands import (
    C_NAMES, Number, Tensor, cast_to, checked_number, invalid_combination, is_number,
    must_hold_one, together, type_name,
)  # fmt: skip
from minitorch_ff.firefly.ops import selection as ops
from minitorch_ff.firefly.ops.base import apply, check_broadcast, check_same_device
from minitorch_ff.firefly.promotion import number, number_category
from minitorch_ff.firefly.tensor import wrap


def where(condition: Tensor, input: Any = None, other: Any = None) -> Any:
    """Choose elements of `input` where a condition holds, of `other` elsewhere.

    Args:
        condition: Booleans. Any shape.
        input: A number, or a shape that broadcasts with `condition`'s.
        other: The same.

    Returns:
        The chosen elements, in the dtype that `input` and `other` meet in. With
        `condition` alone, the positions where it holds: a tuple with a tensor for each
        dimension.

    Raises:
        RuntimeError: The shapes cannot be broadcast, or `condition` is not boolean.

    Example:
        >>> import minitorch_ff as torch
        >>> x = torch.tensor([-1.0, 2.0])
        >>> torch.where(x > 0, x, 0)
        tensor([0., 2.])
        >>> torch.where(x > 0)
        (tensor([1]),)

    See: rule [`Where`][minitorch_ff.firefly.ops.selection.Where],
        [torch.where](https://docs.pytorch.org/docs/stable/generated/torch.where.html).
    """
    if not isinstance(condition, Tensor):
        raise invalid_combination("where", condition, input, other)
    if input is None and other is None:
        buffer = condition.buffer
        positions = (buffer if buffer.ndim else buffer.reshape(1)).nonzero()
        return tuple([wrap(condition.result_class, p) for p in positions])
    a, b = _operands(condition, input, other)
    if condition.buffer.dtype.kind != "b":
        condition = _as_mask(condition)
    try:
        return apply(ops.Where, a, b, condition)
    except (ValueError, TypeError):
        check_same_device(condition, a, b)
        check_broadcast(condition.buffer.shape, a.buffer.shape)
        check_broadcast(condition.buffer.shape, b.buffer.shape)
        check_broadcast(a.buffer.shape, b.buffer.shape)
        raise


def _operands(condition: Any, a: Any, b: Any) -> tuple[Any, ...]:
    """What `where` chooses from, as two tensors of one dtype."""
    a_is_tensor, b_is_tensor = isinstance(a, Tensor), isinstance(b, Tensor)
    if not (a_is_tensor or is_number(a)) or not (b_is_tensor or is_number(b)):
        raise invalid_combination("where", condition, *[x for x in (a, b) if x is not None])
    if a_is_tensor and b_is_tensor:
        return together(a, b)
    if a_is_tensor:
        return _beside(a, b)
    if b_is_tensor:
        return _beside(b, a)[::-1]
    # Two numbers meet in the dtype of the one of the higher category.
    bool_like = wrap(condition.result_class, condition.backend.cast(condition.buffer, bool))
    high = number(max(a, b, key=number_category), bool_like)
    return number(a, high), number(b, high)


def _beside(tensor: Any, value: Any) -> tuple[Any, ...]:
    """A tensor, and a number as another one, in the dtype that they meet in."""
    other = number(value, tensor)
    if tensor.buffer.dtype.itemsize != 2:  # PyTorch lets half-precision numbers overflow
        checked_number(value, other.buffer.dtype)
    return cast_to(tensor, other.buffer.dtype), other


def _as_mask(condition: Any) -> Any:
    """A condition of bytes as booleans.

    Raises:
        RuntimeError: It is neither boolean nor of bytes.
    """
    text = "where expected condition to be a boolean tensor, but got a tensor with dtype"
    check(condition.buffer.dtype.name == "uint8", f"{text} {type_name(condition)}")
    warnings.warn(
        "where received a uint8 condition tensor. This behavior is deprecated and will "
        "be removed in a future version of PyTorch. Use a boolean condition instead.",
        stacklevel=3,
    )
    return wrap(condition.result_class, condition.backend.cast(condition.buffer, bool))


def where_method(self: Tensor, condition: Tensor, other: Tensor | Number) -> Tensor:
    """The elements of this tensor where a condition holds, of `other` elsewhere.

    See: [torch.Tensor.where](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.where.html).
    """
    return where(condition, self, other)


def masked_fill(input: Tensor, mask: Tensor, value: Tensor | Number) -> Tensor:
    """Put a value where a mask holds.

    Args:
        input: Any shape.
        mask: Booleans. A shape that broadcasts with `input`'s.
        value: A number, or a tensor without dimensions.

    Raises:
        RuntimeError: `mask` is not boolean, `value` has dimensions or does not fit the
            dtype, or the shapes cannot be broadcast.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.masked_fill(torch.zeros(3), torch.tensor([True, False, True]), 5)
        tensor([5., 0., 5.])

    See: rules [`MaskedFill`][minitorch_ff.firefly.ops.selection.MaskedFill],
        [`MaskedFillTensor`][minitorch_ff.firefly.ops.selection.MaskedFillTensor],
        [torch.masked_fill](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.masked_fill.html).
    """
    if not isinstance(mask, Tensor):
        raise invalid_combination("masked_fill", mask, value)
    dtype = input.buffer.dtype
    if mask.buffer.dtype.kind != "b":
        text = "masked_fill_ only supports boolean masks, but got mask with dtype"
        raise RuntimeError(f"{text} {C_NAMES[mask.buffer.dtype.name]}")
    if isinstance(value, Tensor):
        must_hold_one("masked_fill_", value)
        if value.buffer.dtype.kind == "c":
            checked_number(value.buffer.item(), dtype)
    try:
        if isinstance(value, Tensor):
            return apply(ops.MaskedFillTensor, input, mask, value)
        return apply(ops.MaskedFill, input, mask, value=checked_number(value, dtype))
    except (ValueError, TypeError):
        if not isinstance(value, Tensor) and not is_number(value):
            raise invalid_combination("masked_fill", mask, value) from None
        check_same_device(input, mask)
        check_broadcast(mask.buffer.shape, input.buffer.shape)
        raise
