"""Exponentials and logarithms: `torch.exp`, `torch.log`, `torch.xlogy` and more."""

from __future__ import annotations

from typing import Any

from minitorch_ff._functions._operands import Number, Tensor, invalid_combination, numbered
from minitorch_ff.firefly.ops import exponential as ops
from minitorch_ff.firefly.ops.base import apply, binary, of_tensors


def exp(input: Tensor) -> Tensor:
    """Raise e to the power of every element; integers give the default floating dtype.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.exp(torch.tensor([0, 1]))
        tensor([1.0000, 2.7183])

    See: rule [`Exp`][minitorch_ff.firefly.ops.exponential.Exp],
        [torch.exp](https://docs.pytorch.org/docs/stable/generated/torch.exp.html).
    """
    return apply(ops.Exp, input)


def exp2(input: Tensor) -> Tensor:
    """Raise 2 to the power of every element.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.exp2(torch.tensor([0.0, 3.0]))
        tensor([1., 8.])

    See: rule [`Exp2`][minitorch_ff.firefly.ops.exponential.Exp2],
        [torch.exp2](https://docs.pytorch.org/docs/stable/generated/torch.exp2.html).
    """
    return apply(ops.Exp2, input)


def expm1(input: Tensor) -> Tensor:
    """$e^x - 1$ of every element, exact where it is small.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.expm1(torch.tensor([0.0, 1.0]))
        tensor([0.0000, 1.7183])

    See: rule [`Expm1`][minitorch_ff.firefly.ops.exponential.Expm1],
        [torch.expm1](https://docs.pytorch.org/docs/stable/generated/torch.expm1.html).
    """
    return apply(ops.Expm1, input)


def log(input: Tensor) -> Tensor:
    """The natural logarithm of every element; -∞ at zero, not-a-number below.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.log(torch.tensor([1.0, 2.0]))
        tensor([0.0000, 0.6931])

    See: rule [`Log`][minitorch_ff.firefly.ops.exponential.Log],
        [torch.log](https://docs.pytorch.org/docs/stable/generated/torch.log.html).
    """
    return apply(ops.Log, input)


def log2(input: Tensor) -> Tensor:
    """The logarithm to base 2 of every element.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.log2(torch.tensor([1.0, 8.0]))
        tensor([0., 3.])

    See: rule [`Log2`][minitorch_ff.firefly.ops.exponential.Log2],
        [torch.log2](https://docs.pytorch.org/docs/stable/generated/torch.log2.html).
    """
    return apply(ops.Log2, input)


def log10(input: Tensor) -> Tensor:
    """The logarithm to base 10 of every element.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.log10(torch.tensor([1.0, 100.0]))
        tensor([0., 2.])

    See: rule [`Log10`][minitorch_ff.firefly.ops.exponential.Log10],
        [torch.log10](https://docs.pytorch.org/docs/stable/generated/torch.log10.html).
    """
    return apply(ops.Log10, input)


def log1p(input: Tensor) -> Tensor:
    r"""$\ln(1 + x)$ of every element, exact where it is small.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.log1p(torch.tensor([0.0, 1.0]))
        tensor([0.0000, 0.6931])

    See: rule [`Log1p`][minitorch_ff.firefly.ops.exponential.Log1p],
        [torch.log1p](https://docs.pytorch.org/docs/stable/generated/torch.log1p.html).
    """
    return apply(ops.Log1p, input)


def logaddexp(input: Tensor, other: Tensor) -> Tensor:
    r"""The logarithm of a sum of exponentials, $\ln(e^a + e^b)$, without overflow.

    Args:
        input: Any shape, floating point.
        other: A shape that broadcasts with `input`'s.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.logaddexp(torch.tensor([1000.0]), torch.tensor([1000.0]))
        tensor([1000.6932])

    See: rule [`Logaddexp`][minitorch_ff.firefly.ops.exponential.Logaddexp],
        [torch.logaddexp](https://docs.pytorch.org/docs/stable/generated/torch.logaddexp.html).
    """
    return of_tensors(ops.Logaddexp, input, other)


def logaddexp2(input: Tensor, other: Tensor) -> Tensor:
    r"""The logarithm of a sum of powers of 2, $\log_2(2^a + 2^b)$, without overflow.

    See: rule [`Logaddexp2`][minitorch_ff.firefly.ops.exponential.Logaddexp2],
        [torch.logaddexp2](https://docs.pytorch.org/docs/stable/generated/torch.logaddexp2.html).
    """
    return of_tensors(ops.Logaddexp2, input, other)


def logit(input: Tensor, eps: float | None = None) -> Tensor:
    r"""The score whose sigmoid is `input`: $\ln(x / (1 - x))$.

    Args:
        input: Probabilities. Any shape.
        eps: Hold `input` between `eps` and `1 - eps` first; without it, 0 and 1 give
            infinities, and what is outside not-a-number.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.logit(torch.tensor([0.5, 1.0]))
        tensor([0., inf])

    See: rule [`Logit`][minitorch_ff.firefly.ops.exponential.Logit],
        [torch.logit](https://docs.pytorch.org/docs/stable/special.html#torch.special.logit).
    """
    if eps is not None and eps < 0:
        eps = None
    return apply(ops.Logit, input, eps=eps)


def xlogy(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    r"""$x \ln y$, which is 0 where `x` is 0.

    Args:
        input: `x`: a number, or any shape.
        other: `y`: a number, or a shape that broadcasts with `x`'s.

    Raises:
        TypeError: Neither is a tensor.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.xlogy(torch.tensor([0.0, 2.0]), torch.tensor([0.0, 1.0]))
        tensor([0., 0.])

    See: rule [`Xlogy`][minitorch_ff.firefly.ops.exponential.Xlogy],
        [torch.xlogy](https://docs.pytorch.org/docs/stable/special.html#torch.special.xlogy).
    """
    return _product(ops.Xlogy, "xlogy", input, other)


def xlog1py(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    r"""$x \ln(1 + y)$, which is 0 where `x` is 0; `torch.special.xlog1py`.

    See: rule [`Xlog1py`][minitorch_ff.firefly.ops.exponential.Xlog1py],
        [torch.special.xlog1py](https://docs.pytorch.org/docs/stable/special.html#torch.special.xlog1py).
    """
    return _product(ops.Xlog1py, "special_xlog1py", input, other)


def _product(operator: type[ops.Xlogy], name: str, x: Any, y: Any) -> Tensor:
    """A factor times a logarithm, either of which may be a number."""
    if isinstance(x, Tensor):
        return numbered(binary(operator, x, y), 0 if isinstance(y, Tensor) else 2)
    if isinstance(y, Tensor):
        return numbered(binary(operator, x, y), 1)
    raise invalid_combination(name, x, y)
