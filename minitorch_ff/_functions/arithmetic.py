"""Sums, products, powers and roots: `torch.add`, `torch.mul`, `torch.pow`, …"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minitorch_ff.firefly.ops import arithmetic as ops
from minitorch_ff.firefly.ops.base import apply, binary
from minitorch_ff.firefly.tensor import Tensor as AnyTensor

if TYPE_CHECKING:
    from minitorch_ff._tensor import Tensor

Number = bool | int | float


def add(input: Tensor | Number, other: Tensor | Number, *, alpha: Number = 1) -> Tensor:
    """Add `other`, times `alpha`, to `input`.

    Args:
        input: Any shape.
        other: A shape that broadcasts with `input`'s.
        alpha: A factor for `other`.

    Returns:
        The sum, in the dtype that the operands meet in.

    Raises:
        RuntimeError: The shapes cannot be broadcast, or `alpha` has a higher category
            than the operands.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.add(torch.tensor([1, 2]), 1.5)
        tensor([2.5000, 3.5000])

    See: rule [`Add`][minitorch_ff.firefly.ops.arithmetic.Add],
        [torch.add](https://docs.pytorch.org/docs/stable/generated/torch.add.html).
    """
    if alpha != 1:
        other = _times_alpha(other, alpha)
    return binary(ops.Add, input, other)


def sub(input: Tensor | Number, other: Tensor | Number, *, alpha: Number = 1) -> Tensor:
    """Subtract `other`, times `alpha`, from `input`.

    Args:
        input: Any shape.
        other: A shape that broadcasts with `input`'s.
        alpha: A factor for `other`.

    Raises:
        RuntimeError: The shapes cannot be broadcast, or an operand is boolean.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.sub(torch.tensor([3.0, 1.0]), torch.tensor([1.0, 1.0]), alpha=2)
        tensor([ 1., -1.])

    See: rule [`Sub`][minitorch_ff.firefly.ops.arithmetic.Sub],
        [torch.sub](https://docs.pytorch.org/docs/stable/generated/torch.sub.html).
    """
    if alpha != 1:
        other = _times_alpha(other, alpha)
    return binary(ops.Sub, input, other)


def mul(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """Multiply element by element.

    Args:
        input: Any shape.
        other: A shape that broadcasts with `input`'s.

    Raises:
        RuntimeError: The shapes cannot be broadcast.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.mul(torch.tensor([[1.0], [2.0]]), torch.tensor([1.0, 10.0]))
        tensor([[ 1., 10.],
                [ 2., 20.]])

    See: rule [`Mul`][minitorch_ff.firefly.ops.arithmetic.Mul],
        [torch.mul](https://docs.pytorch.org/docs/stable/generated/torch.mul.html).
    """
    return binary(ops.Mul, input, other)


def div(
    input: Tensor | Number, other: Tensor | Number, *, rounding_mode: str | None = None
) -> Tensor:
    """Divide `input` by `other`, element by element.

    Args:
        input: Any shape.
        other: A shape that broadcasts with `input`'s.
        rounding_mode: None for the true quotient (integers give the default floating
            dtype), `"floor"` to round down, `"trunc"` to round towards zero.

    Raises:
        RuntimeError: The shapes cannot be broadcast, or `rounding_mode` is another word.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.div(torch.tensor([7, -7]), 2)
        tensor([ 3.5000, -3.5000])
        >>> torch.div(torch.tensor([7, -7]), 2, rounding_mode="floor")
        tensor([ 3, -4])

    See: rule [`Div`][minitorch_ff.firefly.ops.arithmetic.Div],
        [torch.div](https://docs.pytorch.org/docs/stable/generated/torch.div.html).
    """
    if rounding_mode is None:
        return binary(ops.Div, input, other)
    if rounding_mode == "floor":
        return binary(ops.DivFloor, input, other)
    if rounding_mode == "trunc":
        return binary(ops.DivTrunc, input, other)
    raise RuntimeError(
        "div expected rounding_mode to be one of None, 'trunc', or 'floor' but found "
        f"'{rounding_mode}'"
    )


def neg(input: Tensor) -> Tensor:
    """Change the sign of every element.

    Raises:
        RuntimeError: `input` is boolean.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.neg(torch.tensor([1.0, -2.0]))
        tensor([-1.,  2.])

    See: rule [`Neg`][minitorch_ff.firefly.ops.arithmetic.Neg],
        [torch.neg](https://docs.pytorch.org/docs/stable/generated/torch.neg.html).
    """
    return apply(ops.Neg, input)


def pow(input: Tensor | Number, exponent: Tensor | Number) -> Tensor:
    """Raise every element to a power.

    Args:
        input: The base. Any shape.
        exponent: A number, or a shape that broadcasts with `input`'s.

    Raises:
        RuntimeError: An integer is to be raised to a negative integer.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.pow(torch.tensor([1.0, 2.0, 3.0]), 2)
        tensor([1., 4., 9.])

    See: rules [`Pow`][minitorch_ff.firefly.ops.arithmetic.Pow],
        [`PowTensor`][minitorch_ff.firefly.ops.arithmetic.PowTensor],
        [torch.pow](https://docs.pytorch.org/docs/stable/generated/torch.pow.html).
    """
    if isinstance(exponent, AnyTensor):
        return binary(ops.PowTensor, input, exponent)
    kind = input.buffer.dtype.kind
    if kind == "f":
        return apply(ops.Pow, input, exponent=exponent)
    if kind in "iu" and isinstance(exponent, int) and exponent < 0:
        raise RuntimeError("Integers to negative integer powers are not allowed.")
    return binary(ops.PowTensor, input, exponent)


def _times_alpha(other: Any, alpha: Number) -> Any:
    """`other` scaled, for `add` and `sub`."""
    return mul(other, alpha) if isinstance(other, AnyTensor) else other * alpha
