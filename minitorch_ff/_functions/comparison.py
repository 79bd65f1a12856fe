"""Comparisons: `torch.eq`, `torch.lt`, `torch.isclose`, `torch.isnan` and more."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from minitorch_ff._checks import floating, must_be_tensors
from minitorch_ff._functions._operands import Number, Tensor, apply_broadcast, numbered, of_tensor
from minitorch_ff.firefly.ops import comparison as ops
from minitorch_ff.firefly.ops.base import TYPE_NAMES, apply, of_tensors
from minitorch_ff.firefly.promotion import number


def eq(input: Tensor, other: Tensor | Number) -> Tensor:
    """Whether elements are equal.

    Args:
        input: Any shape.
        other: A number, or a shape that broadcasts with `input`'s.

    Returns:
        Booleans.

    Raises:
        RuntimeError: The shapes cannot be broadcast.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.eq(torch.tensor([1, 2, 3]), 2)
        tensor([False,  True, False])

    See: rule [`Eq`][minitorch_ff.firefly.ops.comparison.Eq],
        [torch.eq](https://docs.pytorch.org/docs/stable/generated/torch.eq.html).
    """
    return of_tensor(ops.Eq, input, other)


def ne(input: Tensor, other: Tensor | Number) -> Tensor:
    """Whether elements differ.

    Args:
        input: Any shape.
        other: A number, or a shape that broadcasts with `input`'s.

    Returns:
        Booleans.

    Raises:
        RuntimeError: The shapes cannot be broadcast.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.ne(torch.tensor([1, 2, 3]), 2)
        tensor([ True, False,  True])

    See: rule [`Ne`][minitorch_ff.firefly.ops.comparison.Ne],
        [torch.ne](https://docs.pytorch.org/docs/stable/generated/torch.ne.html).
    """
    return of_tensor(ops.Ne, input, other)


def lt(input: Tensor, other: Tensor | Number) -> Tensor:
    """Whether elements of `input` are below those of `other`.

    Args:
        input: Any shape.
        other: A number, or a shape that broadcasts with `input`'s.

    Returns:
        Booleans.

    Raises:
        RuntimeError: The shapes cannot be broadcast.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.lt(torch.tensor([1, 2, 3]), 2)
        tensor([ True, False, False])

    See: rule [`Lt`][minitorch_ff.firefly.ops.comparison.Lt],
        [torch.lt](https://docs.pytorch.org/docs/stable/generated/torch.lt.html).
    """
    return of_tensor(ops.Lt, input, other)


def le(input: Tensor, other: Tensor | Number) -> Tensor:
    """Whether elements of `input` are not above those of `other`.

    Args:
        input: Any shape.
        other: A number, or a shape that broadcasts with `input`'s.

    Returns:
        Booleans.

    Raises:
        RuntimeError: The shapes cannot be broadcast.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.le(torch.tensor([1, 2, 3]), 2)
        tensor([ True,  True, False])

    See: rule [`Le`][minitorch_ff.firefly.ops.comparison.Le],
        [torch.le](https://docs.pytorch.org/docs/stable/generated/torch.le.html).
    """
    return of_tensor(ops.Le, input, other)


def gt(input: Tensor, other: Tensor | Number) -> Tensor:
    """Whether elements of `input` are above those of `other`.

    Args:
        input: Any shape.
        other: A number, or a shape that broadcasts with `input`'s.

    Returns:
        Booleans.

    Raises:
        RuntimeError: The shapes cannot be broadcast.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.gt(torch.tensor([1, 2, 3]), 2)
        tensor([False, False,  True])

    See: rule [`Gt`][minitorch_ff.firefly.ops.comparison.Gt],
        [torch.gt](https://docs.pytorch.org/docs/stable/generated/torch.gt.html).
    """
    return of_tensor(ops.Gt, input, other)


def ge(input: Tensor, other: Tensor | Number) -> Tensor:
    """Whether elements of `input` are not below those of `other`.

    Args:
        input: Any shape.
        other: A number, or a shape that broadcasts with `input`'s.

    Returns:
        Booleans.

    Raises:
        RuntimeError: The shapes cannot be broadcast.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.ge(torch.tensor([1, 2, 3]), 2)
        tensor([False,  True,  True])

    See: rule [`Ge`][minitorch_ff.firefly.ops.comparison.Ge],
        [torch.ge](https://docs.pytorch.org/docs/stable/generated/torch.ge.html).
    """
    return of_tensor(ops.Ge, input, other)


def as_number(sign: str) -> Callable[..., Any]:
    """What `eq_` and its like write: truth as numbers, whose gradient is zero."""

    def comparison(self: Tensor, other: Tensor | Number) -> Tensor:
        by_tensor = isinstance(other, Tensor)
        operand: Any = other if by_tensor else number(other, self)
        settings = {"sign": sign, "dtype": self.buffer.dtype}
        return numbered(apply_broadcast(ops.Compared, self, operand, **settings), int(by_tensor))

    comparison.__name__ = sign
    comparison.__doc__ = f"`torch.{sign}` as numbers, 0 and 1; the gradient is zero."
    return comparison


def isnan(input: Tensor) -> Tensor:
    """Whether every element is not-a-number.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.isnan(torch.tensor([float("nan"), 1.0]))
        tensor([ True, False])

    See: rule [`Isnan`][minitorch_ff.firefly.ops.comparison.Isnan],
        [torch.isnan](https://docs.pytorch.org/docs/stable/generated/torch.isnan.html).
    """
    return apply(ops.Isnan, input)


def isinf(input: Tensor) -> Tensor:
    """Whether every element is infinite, above or below.

    See: rule [`Isinf`][minitorch_ff.firefly.ops.comparison.Isinf],
        [torch.isinf](https://docs.pytorch.org/docs/stable/generated/torch.isinf.html).
    """
    return apply(ops.Isinf, input)


def isfinite(input: Tensor) -> Tensor:
    """Whether every element is a finite number.

    See: rule [`Isfinite`][minitorch_ff.firefly.ops.comparison.Isfinite],
        [torch.isfinite](https://docs.pytorch.org/docs/stable/generated/torch.isfinite.html).
    """
    return apply(ops.Isfinite, input)


def isposinf(input: Tensor) -> Tensor:
    """Whether every element is +∞.

    See: [torch.isposinf](https://docs.pytorch.org/docs/stable/generated/torch.isposinf.html).
    """
    return eq(input, math.inf)


def isneginf(input: Tensor) -> Tensor:
    """Whether every element is -∞.

    See: [torch.isneginf](https://docs.pytorch.org/docs/stable/generated/torch.isneginf.html).
    """
    return eq(input, -math.inf)


def isreal(input: Tensor) -> Tensor:
    """Whether every element has no imaginary part.

    See: rule [`Isreal`][minitorch_ff.firefly.ops.comparison.Isreal],
        [torch.isreal](https://docs.pytorch.org/docs/stable/generated/torch.isreal.html).
    """
    return apply(ops.Isreal, input)


def isclose(
    input: Tensor, other: Tensor, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False
) -> Tensor:
    r"""Whether elements are nearly equal: $|a - b| \le atol + rtol \, |b|$.

    Args:
        input: `a`. Any shape.
        other: `b`. A shape that broadcasts with `a`'s; the same dtype.
        rtol: The distance allowed per size of `b`.
        atol: The distance allowed in any case.
        equal_nan: Whether not-a-number is close to itself.

    Raises:
        RuntimeError: The dtypes differ, the shapes cannot be broadcast, or a tolerance
            is negative.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.isclose(torch.tensor([1.0, 2.0]), torch.tensor([1.000001, 2.1]))
        tensor([ True, False])

    See: rule [`Isclose`][minitorch_ff.firefly.ops.comparison.Isclose],
        [torch.isclose](https://docs.pytorch.org/docs/stable/generated/torch.isclose.html).
    """
    must_be_tensors("isclose", input=input, other=other)
    if input.buffer.dtype != other.buffer.dtype:
        names = [TYPE_NAMES[x.buffer.dtype.name] for x in (input, other)]
        raise RuntimeError(f"{names[0]} did not match {names[1]}")
    for name, tolerance in (("rtol", rtol), ("atol", atol)):
        if tolerance < 0:
            raise RuntimeError(f"{name} must be greater than or equal to zero, but got {tolerance}")
    tolerances = {"rtol": rtol, "atol": atol, "equal_nan": equal_nan}
    return apply_broadcast(ops.Isclose, floating(input), floating(other), **tolerances)


def allclose(
    input: Tensor, other: Tensor, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False
) -> bool:
    """Whether all elements are nearly equal; see `torch.isclose`.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.allclose(torch.tensor([1.0, 2.0]), torch.tensor([1.000001, 2.0]))
        True

    See: [torch.allclose](https://docs.pytorch.org/docs/stable/generated/torch.allclose.html).
    """
    return bool(isclose(input, other, rtol, atol, equal_nan).buffer.all())


def equal(input: Tensor, other: Tensor) -> bool:
    """Whether two tensors have the same shape and the same elements.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.equal(torch.tensor([1, 2]), torch.tensor([1, 2]))
        True

    See: [torch.equal](https://docs.pytorch.org/docs/stable/generated/torch.equal.html).
    """
    must_be_tensors("equal", input=input, other=other)
    if input.buffer.shape != other.buffer.shape:
        return False
    return bool(of_tensors(ops.Eq, input, other).buffer.all())


not_equal, less, less_equal, greater, greater_equal = ne, lt, le, gt, ge
