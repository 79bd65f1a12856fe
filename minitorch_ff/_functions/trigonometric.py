"""Sines, cosines, tangents and their relatives: `torch.sin`, `torch.atan2` and more."""

from __future__ import annotations

from minitorch_ff._functions._operands import Tensor
from minitorch_ff.firefly.ops import trigonometric as ops
from minitorch_ff.firefly.ops.base import apply, of_tensors


def sin(input: Tensor) -> Tensor:
    """The sine of every element, in radians; integers give the default floating dtype.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.sin(torch.tensor([0.0, 1.0]))
        tensor([0.0000, 0.8415])

    See: rule [`Sin`][minitorch_ff.firefly.ops.trigonometric.Sin],
        [torch.sin](https://docs.pytorch.org/docs/stable/generated/torch.sin.html).
    """
    return apply(ops.Sin, input)


def cos(input: Tensor) -> Tensor:
    """The cosine of every element, in radians.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.cos(torch.tensor([0.0, 1.0]))
        tensor([1.0000, 0.5403])

    See: rule [`Cos`][minitorch_ff.firefly.ops.trigonometric.Cos],
        [torch.cos](https://docs.pytorch.org/docs/stable/generated/torch.cos.html).
    """
    return apply(ops.Cos, input)


def tan(input: Tensor) -> Tensor:
    """The tangent of every element, in radians.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.tan(torch.tensor([0.0, 1.0]))
        tensor([0.0000, 1.5574])

    See: rule [`Tan`][minitorch_ff.firefly.ops.trigonometric.Tan],
        [torch.tan](https://docs.pytorch.org/docs/stable/generated/torch.tan.html).
    """
    return apply(ops.Tan, input)


def asin(input: Tensor) -> Tensor:
    """The angle, in radians, whose sine is given; not-a-number outside [-1, 1].

    Example:
        >>> import minitorch_ff as torch
        >>> torch.asin(torch.tensor([0.0, 1.0]))
        tensor([0.0000, 1.5708])

    See: rule [`Asin`][minitorch_ff.firefly.ops.trigonometric.Asin],
        [torch.asin](https://docs.pytorch.org/docs/stable/generated/torch.asin.html).
    """
    return apply(ops.Asin, input)


def acos(input: Tensor) -> Tensor:
    """The angle, in radians, whose cosine is given; not-a-number outside [-1, 1].

    Example:
        >>> import minitorch_ff as torch
        >>> torch.acos(torch.tensor([0.0, 1.0]))
        tensor([1.5708, 0.0000])

    See: rule [`Acos`][minitorch_ff.firefly.ops.trigonometric.Acos],
        [torch.acos](https://docs.pytorch.org/docs/stable/generated/torch.acos.html).
    """
    return apply(ops.Acos, input)


def atan(input: Tensor) -> Tensor:
    """The angle, in radians, whose tangent is given.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.atan(torch.tensor([0.0, 1.0]))
        tensor([0.0000, 0.7854])

    See: rule [`Atan`][minitorch_ff.firefly.ops.trigonometric.Atan],
        [torch.atan](https://docs.pytorch.org/docs/stable/generated/torch.atan.html).
    """
    return apply(ops.Atan, input)


def atan2(input: Tensor, other: Tensor) -> Tensor:
    """The angle, in radians from -π to π, of points with coordinates `other, input`.

    Args:
        input: The y coordinates. Any shape.
        other: The x coordinates. A shape that broadcasts with `input`'s.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.atan2(torch.tensor([1.0, 1.0]), torch.tensor([1.0, -1.0]))
        tensor([0.7854, 2.3562])

    See: rule [`Atan2`][minitorch_ff.firefly.ops.trigonometric.Atan2],
        [torch.atan2](https://docs.pytorch.org/docs/stable/generated/torch.atan2.html).
    """
    return of_tensors(ops.Atan2, input, other)


def sinh(input: Tensor) -> Tensor:
    """The hyperbolic sine of every element.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.sinh(torch.tensor([0.0, 1.0]))
        tensor([0.0000, 1.1752])

    See: rule [`Sinh`][minitorch_ff.firefly.ops.trigonometric.Sinh],
        [torch.sinh](https://docs.pytorch.org/docs/stable/generated/torch.sinh.html).
    """
    return apply(ops.Sinh, input)


def cosh(input: Tensor) -> Tensor:
    """The hyperbolic cosine of every element.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.cosh(torch.tensor([0.0, 1.0]))
        tensor([1.0000, 1.5431])

    See: rule [`Cosh`][minitorch_ff.firefly.ops.trigonometric.Cosh],
        [torch.cosh](https://docs.pytorch.org/docs/stable/generated/torch.cosh.html).
    """
    return apply(ops.Cosh, input)


def asinh(input: Tensor) -> Tensor:
    """The number whose hyperbolic sine is given.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.asinh(torch.tensor([0.0, 1.0]))
        tensor([0.0000, 0.8814])

    See: rule [`Asinh`][minitorch_ff.firefly.ops.trigonometric.Asinh],
        [torch.asinh](https://docs.pytorch.org/docs/stable/generated/torch.asinh.html).
    """
    return apply(ops.Asinh, input)


def acosh(input: Tensor) -> Tensor:
    """The number from 0 whose hyperbolic cosine is given; not-a-number below 1.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.acosh(torch.tensor([1.0, 2.0]))
        tensor([0.0000, 1.3170])

    See: rule [`Acosh`][minitorch_ff.firefly.ops.trigonometric.Acosh],
        [torch.acosh](https://docs.pytorch.org/docs/stable/generated/torch.acosh.html).
    """
    return apply(ops.Acosh, input)


def atanh(input: Tensor) -> Tensor:
    """The number whose hyperbolic tangent is given; not-a-number outside [-1, 1].

    Example:
        >>> import minitorch_ff as torch
        >>> torch.atanh(torch.tensor([0.0, 1.0]))
        tensor([0., inf])

    See: rule [`Atanh`][minitorch_ff.firefly.ops.trigonometric.Atanh],
        [torch.atanh](https://docs.pytorch.org/docs/stable/generated/torch.atanh.html).
    """
    return apply(ops.Atanh, input)


def sinc(input: Tensor) -> Tensor:
    r"""$\sin(\pi x) / (\pi x)$ of every element, and 1 at 0.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.sinc(torch.tensor([0.0, 0.5]))
        tensor([1.0000, 0.6366])

    See: rule [`Sinc`][minitorch_ff.firefly.ops.trigonometric.Sinc],
        [torch.sinc](https://docs.pytorch.org/docs/stable/special.html#torch.special.sinc).
    """
    return apply(ops.Sinc, input)


def deg2rad(input: Tensor) -> Tensor:
    """Degrees as radians.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.deg2rad(torch.tensor([180, 90]))
        tensor([3.1416, 1.5708])

    See: rule [`Deg2rad`][minitorch_ff.firefly.ops.trigonometric.Deg2rad],
        [torch.deg2rad](https://docs.pytorch.org/docs/stable/generated/torch.deg2rad.html).
    """
    return apply(ops.Deg2rad, input)


def rad2deg(input: Tensor) -> Tensor:
    """Radians as degrees.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.rad2deg(torch.tensor([0.0, 1.0]))
        tensor([ 0.0000, 57.2958])

    See: rule [`Rad2deg`][minitorch_ff.firefly.ops.trigonometric.Rad2deg],
        [torch.rad2deg](https://docs.pytorch.org/docs/stable/generated/torch.rad2deg.html).
    """
    return apply(ops.Rad2deg, input)


arcsin, arccos, arctan, arctan2 = asin, acos, atan, atan2
arcsinh, arccosh, arctanh = asinh, acosh, atanh
