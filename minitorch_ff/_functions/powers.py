"""Powers and roots: `torch.pow`, `torch.sqrt`, `torch.reciprocal` and more."""

from __future__ import annotations

from typing import Any

from minitorch_ff._checks import check
import minitorch_ff._dtypes as dtypes
from minitorch_ff._functions._autocast import casting, full_on_cuda
from minitorch_ff._functions._operands import (
    Number, Tensor, cast_to, checked_number, invalid_combination, is_number, numbered, type_name,
)  # fmt: skip
from minitorch_ff._functions.layouts import clone
from minitorch_ff.firefly.ops import powers as ops
from minitorch_ff.firefly.ops.base import apply, binary, of_tensors


def pow(input: Tensor | Number, exponent: Tensor | Number) -> Tensor:
    """Raise every element to a power.

    Args:
        input: The base: a number, or any shape.
        exponent: A number, or a shape that broadcasts with `input`'s.

    Raises:
        RuntimeError: An integer is to be raised to a negative integer.
        TypeError: Neither is a tensor.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.pow(torch.tensor([1.0, 2.0, 3.0]), 2)
        tensor([1., 4., 9.])

    See: rules [`Pow`][minitorch_ff.firefly.ops.powers.Pow],
        [`PowTensor`][minitorch_ff.firefly.ops.powers.PowTensor],
        [torch.pow](https://docs.pytorch.org/docs/stable/generated/torch.pow.html).
    """
    if casting:
        input, exponent = full_on_cuda(input, exponent)
    if isinstance(exponent, Tensor):
        if isinstance(input, Tensor):
            return binary(ops.PowTensor, input, exponent)
        if is_number(input):
            return numbered(binary(ops.PowTensor, input, exponent), 2)
    if not isinstance(input, Tensor) or not is_number(exponent):
        raise invalid_combination("pow", input, exponent)
    kind = input.buffer.dtype.kind
    if kind in "fV" and not isinstance(exponent, complex):
        return apply(ops.Pow, input, exponent=exponent)
    if kind == "b" and exponent is True:
        return clone(input)
    if kind in "iu" and isinstance(exponent, int):
        if exponent < 0:
            raise RuntimeError("Integers to negative integer powers are not allowed.")
        checked_number(exponent, input.buffer.dtype)
    return binary(ops.PowTensor, input, exponent)


def float_power(input: Tensor | Number, exponent: Tensor | Number) -> Tensor:
    """Raise every element to a power, computed in float64.

    Args:
        input: The base: a number, or any shape.
        exponent: A number, or a shape that broadcasts with `input`'s.

    Returns:
        The power, in float64.

    Raises:
        TypeError: Neither is a tensor.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.float_power(torch.tensor([1, 2]), -1)
        tensor([1.0000, 0.5000], dtype=torch.float64)

    See: [torch.float_power](https://docs.pytorch.org/docs/stable/generated/torch.float_power.html).
    """
    if not isinstance(input, Tensor) and not isinstance(exponent, Tensor):
        raise invalid_combination("float_power", input, exponent)
    return pow(_double(input), _double(exponent))


def _double(x: Any) -> Any:
    """A tensor or a number in float64."""
    if isinstance(x, Tensor):
        return cast_to(x, dtypes.float64.numpy)
    return float(x) if isinstance(x, int) else x


def float_power_of(self: Tensor, exponent: Tensor | Number) -> Tensor:
    """What `float_power_` writes: only a float64 tensor can hold it.

    Raises:
        RuntimeError: `self` has another dtype.
    """
    name = type_name(self)
    text = f"the base given to float_power_ has dtype {name} but the operation's result requires"
    check(name == "Double", f"{text} dtype Double")
    return float_power(self, exponent)


def square(input: Tensor) -> Tensor:
    """Multiply every element by itself.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.square(torch.tensor([1, -2]))
        tensor([1, 4])

    See: [torch.square](https://docs.pytorch.org/docs/stable/generated/torch.square.html).
    """
    return pow(input, 2)


def sqrt(input: Tensor) -> Tensor:
    """The square root of every element; not-a-number below zero.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.sqrt(torch.tensor([4.0, 2.0]))
        tensor([2.0000, 1.4142])

    See: rule [`Sqrt`][minitorch_ff.firefly.ops.powers.Sqrt],
        [torch.sqrt](https://docs.pytorch.org/docs/stable/generated/torch.sqrt.html).
    """
    return apply(ops.Sqrt, input)


def rsqrt(input: Tensor) -> Tensor:
    """One over the square root of every element.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.rsqrt(torch.tensor([4.0, 1.0]))
        tensor([0.5000, 1.0000])

    See: rule [`Rsqrt`][minitorch_ff.firefly.ops.powers.Rsqrt],
        [torch.rsqrt](https://docs.pytorch.org/docs/stable/generated/torch.rsqrt.html).
    """
    return apply(ops.Rsqrt, input)


def reciprocal(input: Tensor) -> Tensor:
    """One over every element.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.reciprocal(torch.tensor([4, 2]))
        tensor([0.2500, 0.5000])

    See: rule [`Reciprocal`][minitorch_ff.firefly.ops.powers.Reciprocal],
        [torch.reciprocal](https://docs.pytorch.org/docs/stable/generated/torch.reciprocal.html).
    """
    return apply(ops.Reciprocal, input)


def hypot(input: Tensor, other: Tensor) -> Tensor:
    r"""The longest side of right triangles: $\sqrt{a^2 + b^2}$, without overflow.

    Args:
        input: One short side. Any shape, floating point.
        other: The other one. A shape that broadcasts with `input`'s.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.hypot(torch.tensor([3.0]), torch.tensor([4.0, 0.0]))
        tensor([5., 3.])

    See: rule [`Hypot`][minitorch_ff.firefly.ops.powers.Hypot],
        [torch.hypot](https://docs.pytorch.org/docs/stable/generated/torch.hypot.html).
    """
    return of_tensors(ops.Hypot, input, other)


def ldexp(input: Tensor, other: Tensor) -> Tensor:
    r"""Multiply by a power of two: $a \, 2^b$.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.ldexp(torch.tensor([1.0, 1.5]), torch.tensor([3, -1]))
        tensor([8.0000, 0.7500])

    See: rule [`Ldexp`][minitorch_ff.firefly.ops.powers.Ldexp],
        [torch.ldexp](https://docs.pytorch.org/docs/stable/generated/torch.ldexp.html).
    """
    return of_tensors(ops.Ldexp, input, other)
