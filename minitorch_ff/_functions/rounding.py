"""Whole numbers from broken ones: `torch.floor`, `torch.round` and more."""

from __future__ import annotations

from typing import Any

from minitorch_ff import return_types
from minitorch_ff._checks import check
from minitorch_ff._functions._operands import Tensor
from minitorch_ff.firefly.ops import rounding as ops
from minitorch_ff.firefly.ops.base import apply, apply_several


def floor(input: Tensor) -> Tensor:
    """Round every element down to a whole number.

    Raises:
        NotImplementedError: `input` is boolean.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.floor(torch.tensor([-1.5, 2.5]))
        tensor([-2.,  2.])

    See: rule [`Floor`][minitorch_ff.firefly.ops.rounding.Floor],
        [torch.floor](https://docs.pytorch.org/docs/stable/generated/torch.floor.html).
    """
    return apply(ops.Floor, input)


def ceil(input: Tensor) -> Tensor:
    """Round every element up to a whole number.

    Raises:
        NotImplementedError: `input` is boolean.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.ceil(torch.tensor([-1.5, 2.5]))
        tensor([-1.,  3.])

    See: rule [`Ceil`][minitorch_ff.firefly.ops.rounding.Ceil],
        [torch.ceil](https://docs.pytorch.org/docs/stable/generated/torch.ceil.html).
    """
    return apply(ops.Ceil, input)


def trunc(input: Tensor) -> Tensor:
    """Round every element towards zero to a whole number.

    Raises:
        NotImplementedError: `input` is boolean.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.trunc(torch.tensor([-1.5, 2.5]))
        tensor([-1.,  2.])

    See: rule [`Trunc`][minitorch_ff.firefly.ops.rounding.Trunc],
        [torch.trunc](https://docs.pytorch.org/docs/stable/generated/torch.trunc.html).
    """
    return apply(ops.Trunc, input)


def round(input: Tensor, *, decimals: int | None = None) -> Tensor:
    """Round every element to the nearest whole number; a half goes to the even one.

    Args:
        input: Any shape.
        decimals: Round to so many decimals; if negative, to tens, hundreds, …

    Raises:
        NotImplementedError: `input` is boolean, or there are `decimals` for integers.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.round(torch.tensor([-1.5, 2.5]))
        tensor([-2.,  2.])
        >>> torch.round(torch.tensor([3.14159]), decimals=2)
        tensor([3.1400])

    See: rules [`Round`][minitorch_ff.firefly.ops.rounding.Round],
        [`RoundDecimals`][minitorch_ff.firefly.ops.rounding.RoundDecimals],
        [torch.round](https://docs.pytorch.org/docs/stable/generated/torch.round.html).
    """
    if decimals is None:
        return apply(ops.Round, input)
    return apply(ops.RoundDecimals, input, decimals=decimals)


def frac(input: Tensor) -> Tensor:
    """What lies behind the decimal point, with the sign of the element.

    Raises:
        NotImplementedError: `input` is not floating point.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.frac(torch.tensor([-1.5, 2.5]))
        tensor([-0.5000,  0.5000])

    See: rule [`Frac`][minitorch_ff.firefly.ops.rounding.Frac],
        [torch.frac](https://docs.pytorch.org/docs/stable/generated/torch.frac.html).
    """
    return apply(ops.Frac, input)


def frexp(input: Tensor) -> Any:
    """Split every element into a part in [0.5, 1), signed, and a power of two.

    Returns:
        A tuple with the fields `mantissa` and `exponent`, an int32 tensor.

    Raises:
        RuntimeError: `input` is not floating point.

    Example:
        >>> import minitorch_ff as torch
        >>> mantissa, exponent = torch.frexp(torch.tensor([6.0, -1.0]))
        >>> mantissa, exponent
        (tensor([ 0.7500, -0.5000]), tensor([3, 1], dtype=torch.int32))

    See: rule [`Frexp`][minitorch_ff.firefly.ops.rounding.Frexp],
        [torch.frexp](https://docs.pytorch.org/docs/stable/generated/torch.frexp.html).
    """
    check(input.buffer.dtype.kind in "fV", "torch.frexp() only supports floating-point dtypes")
    return return_types.frexp(apply_several(ops.Frexp, input))


fix = trunc
