"""Logic on truth values and on bits: `torch.logical_and` and more."""

from __future__ import annotations

from typing import Any

from minitorch_ff._checks import check
from minitorch_ff._functions._operands import Tensor, invalid_combination
from minitorch_ff.firefly.ops import logic as ops
from minitorch_ff.firefly.ops.base import apply, binary, function_name, of_tensors

Number = bool | int


def logical_and(input: Tensor, other: Tensor) -> Tensor:
    """Whether both elements are nonzero.

    Args:
        input: Any shape.
        other: A shape that broadcasts with `input`'s.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.logical_and(torch.tensor([2, 0]), torch.tensor([True, True]))
        tensor([ True, False])

    See: rule [`LogicalAnd`][minitorch_ff.firefly.ops.logic.LogicalAnd],
        [torch.logical_and](https://docs.pytorch.org/docs/stable/generated/torch.logical_and.html).
    """
    return of_tensors(ops.LogicalAnd, input, other)


def logical_or(input: Tensor, other: Tensor) -> Tensor:
    """Whether one or both elements are nonzero.

    Args:
        input: Any shape.
        other: A shape that broadcasts with `input`'s.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.logical_or(torch.tensor([2, 0]), torch.tensor([True, True]))
        tensor([True, True])

    See: rule [`LogicalOr`][minitorch_ff.firefly.ops.logic.LogicalOr],
        [torch.logical_or](https://docs.pytorch.org/docs/stable/generated/torch.logical_or.html).
    """
    return of_tensors(ops.LogicalOr, input, other)


def logical_xor(input: Tensor, other: Tensor) -> Tensor:
    """Whether exactly one of two elements is nonzero.

    Args:
        input: Any shape.
        other: A shape that broadcasts with `input`'s.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.logical_xor(torch.tensor([2, 0]), torch.tensor([True, True]))
        tensor([False,  True])

    See: rule [`LogicalXor`][minitorch_ff.firefly.ops.logic.LogicalXor],
        [torch.logical_xor](https://docs.pytorch.org/docs/stable/generated/torch.logical_xor.html).
    """
    return of_tensors(ops.LogicalXor, input, other)


def logical_not(input: Tensor) -> Tensor:
    """Whether every element is zero.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.logical_not(torch.tensor([0.0, 2.0]))
        tensor([ True, False])

    See: rule [`LogicalNot`][minitorch_ff.firefly.ops.logic.LogicalNot],
        [torch.logical_not](https://docs.pytorch.org/docs/stable/generated/torch.logical_not.html).
    """
    return apply(ops.LogicalNot, input)


def bitwise_and(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """The bits that both integers have; for booleans, logical and.

    Args:
        input: A number, or any shape.
        other: A number, or a shape that broadcasts with `input`'s.

    Raises:
        NotImplementedError: The operands meet in a floating dtype.
        TypeError: Neither is a tensor.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.bitwise_and(torch.tensor([5, 3]), torch.tensor([6, 0]))
        tensor([4, 0])

    See: rule [`BitwiseAnd`][minitorch_ff.firefly.ops.logic.BitwiseAnd],
        [torch.bitwise_and](https://docs.pytorch.org/docs/stable/generated/torch.bitwise_and.html).
    """
    return _of_bits(ops.BitwiseAnd, input, other)


def bitwise_or(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """The bits that one or both integers have; for booleans, logical or.

    Args:
        input: A number, or any shape.
        other: A number, or a shape that broadcasts with `input`'s.

    Raises:
        NotImplementedError: The operands meet in a floating dtype.
        TypeError: Neither is a tensor.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.bitwise_or(torch.tensor([5, 3]), torch.tensor([6, 0]))
        tensor([7, 3])

    See: rule [`BitwiseOr`][minitorch_ff.firefly.ops.logic.BitwiseOr],
        [torch.bitwise_or](https://docs.pytorch.org/docs/stable/generated/torch.bitwise_or.html).
    """
    return _of_bits(ops.BitwiseOr, input, other)


def bitwise_xor(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """The bits that exactly one of two integers has; for booleans, exclusive or.

    Args:
        input: A number, or any shape.
        other: A number, or a shape that broadcasts with `input`'s.

    Raises:
        NotImplementedError: The operands meet in a floating dtype.
        TypeError: Neither is a tensor.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.bitwise_xor(torch.tensor([5, 3]), torch.tensor([6, 0]))
        tensor([3, 3])

    See: rule [`BitwiseXor`][minitorch_ff.firefly.ops.logic.BitwiseXor],
        [torch.bitwise_xor](https://docs.pytorch.org/docs/stable/generated/torch.bitwise_xor.html).
    """
    return _of_bits(ops.BitwiseXor, input, other)


def bitwise_left_shift(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """Integers with their bits moved up: times a power of 2.

    Args:
        input: A number, or any shape.
        other: A number, or a shape that broadcasts with `input`'s.

    Raises:
        NotImplementedError: The operands meet in a floating dtype.
        TypeError: Neither is a tensor.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.bitwise_left_shift(torch.tensor([5, 3]), torch.tensor([1, 2]))
        tensor([10, 12])

    See: rule [`BitwiseLeftShift`][minitorch_ff.firefly.ops.logic.BitwiseLeftShift],
        [torch.bitwise_left_shift](https://docs.pytorch.org/docs/stable/generated/torch.bitwise_left_shift.html).
    """
    return _of_bits(ops.BitwiseLeftShift, input, other)


def bitwise_right_shift(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """Integers with their bits moved down: divided by a power of 2, rounded down.

    Args:
        input: A number, or any shape.
        other: A number, or a shape that broadcasts with `input`'s.

    Raises:
        NotImplementedError: The operands meet in a floating dtype.
        TypeError: Neither is a tensor.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.bitwise_right_shift(torch.tensor([5, 3]), torch.tensor([1, 2]))
        tensor([2, 0])

    See: rule [`BitwiseRightShift`][minitorch_ff.firefly.ops.logic.BitwiseRightShift],
        [torch.bitwise_right_shift](https://docs.pytorch.org/docs/stable/generated/torch.bitwise_right_shift.html).
    """
    return _of_bits(ops.BitwiseRightShift, input, other)


def _of_bits(operator: Any, input: Any, other: Any) -> Any:
    """An operation on bits, with a tensor on one side at least."""
    if not isinstance(input, Tensor) and not isinstance(other, Tensor):
        raise invalid_combination(function_name(operator), input, other)
    return binary(operator, input, other)


def bitwise_not(input: Tensor) -> Tensor:
    """Integers with all bits turned over; for booleans, logical not.

    Raises:
        NotImplementedError: `input` is floating point.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.bitwise_not(torch.tensor([0, 5]))
        tensor([-1, -6])

    See: rule [`BitwiseNot`][minitorch_ff.firefly.ops.logic.BitwiseNot],
        [torch.bitwise_not](https://docs.pytorch.org/docs/stable/generated/torch.bitwise_not.html).
    """
    return apply(ops.BitwiseNot, input)


def invert(self: Tensor) -> Tensor:
    """`~self`.

    Raises:
        TypeError: `self` is floating point.
    """
    text = "~ (operator.invert) is only implemented on integer and Boolean-type tensors"
    check(self.buffer.dtype.kind in "iub", text, TypeError)
    return apply(ops.BitwiseNot, self)
