"""The error function and its relatives, the gamma and the Bessel functions."""

from __future__ import annotations

import math

from minitorch_ff._checks import check
from minitorch_ff._functions._operands import Tensor
from minitorch_ff._functions.arithmetic import mul
from minitorch_ff.firefly.ops import special as ops
from minitorch_ff.firefly.ops.base import apply


def erf(input: Tensor) -> Tensor:
    """The error function of every element; integers give the default floating dtype.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.erf(torch.tensor([0.0, 1.0]))
        tensor([0.0000, 0.8427])

    See: rule [`Erf`][minitorch_ff.firefly.ops.special.Erf],
        [torch.special.erf](https://docs.pytorch.org/docs/stable/special.html#torch.special.erf).
    """
    return apply(ops.Erf, input)


def erfc(input: Tensor) -> Tensor:
    r"""$1 - \mathrm{erf}(x)$ of every element, exact where it is small.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.erfc(torch.tensor([0.0, 1.0]))
        tensor([1.0000, 0.1573])

    See: rule [`Erfc`][minitorch_ff.firefly.ops.special.Erfc],
        [torch.special.erfc](https://docs.pytorch.org/docs/stable/special.html#torch.special.erfc).
    """
    return apply(ops.Erfc, input)


def erfinv(input: Tensor) -> Tensor:
    """The number whose error function is given; infinite at -1 and 1.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.erfinv(torch.tensor([0.0, 0.5]))
        tensor([0.0000, 0.4769])

    See: rule [`Erfinv`][minitorch_ff.firefly.ops.special.Erfinv],
        [torch.special.erfinv](https://docs.pytorch.org/docs/stable/special.html#torch.special.erfinv).
    """
    return apply(ops.Erfinv, input)


def erfcx(input: Tensor) -> Tensor:
    r"""$e^{x^2} \mathrm{erfc}(x)$ of every element: `torch.special.erfcx`.

    See: rule [`SpecialErfcx`][minitorch_ff.firefly.ops.special.SpecialErfcx],
        [torch.special.erfcx](https://docs.pytorch.org/docs/stable/special.html#torch.special.erfcx).
    """
    return apply(ops.SpecialErfcx, input)


def lgamma(input: Tensor) -> Tensor:
    """The logarithm of the size of the gamma function of every element.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.lgamma(torch.tensor([1.0, 5.0]))
        tensor([0.0000, 3.1781])

    See: rule [`Lgamma`][minitorch_ff.firefly.ops.special.Lgamma],
        [torch.special.gammaln](https://docs.pytorch.org/docs/stable/special.html#torch.special.gammaln).
    """
    return apply(ops.Lgamma, input)


def digamma(input: Tensor) -> Tensor:
    """The derivative of `torch.lgamma` at every element.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.digamma(torch.tensor([1.0, 0.5]))
        tensor([-0.5772, -1.9635])

    See: rule [`Digamma`][minitorch_ff.firefly.ops.special.Digamma],
        [torch.special.digamma](https://docs.pytorch.org/docs/stable/special.html#torch.special.digamma).
    """
    return apply(ops.Digamma, input)


def polygamma(n: int, input: Tensor) -> Tensor:
    """The `n`-th derivative of `torch.digamma` at every element.

    Args:
        n: Not below 0; 0 is `torch.digamma` itself.
        input: Any shape.

    Raises:
        RuntimeError: `n` is negative.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.polygamma(1, torch.tensor([1.0, 0.5]))
        tensor([1.6449, 4.9348])

    See: rule [`Polygamma`][minitorch_ff.firefly.ops.special.Polygamma],
        [torch.special.polygamma](https://docs.pytorch.org/docs/stable/special.html#torch.special.polygamma).
    """
    check(n >= 0, "polygamma(n, x) does not support negative n.")
    return apply(ops.Polygamma, input, n=n)


def i0(input: Tensor) -> Tensor:
    """The modified Bessel function of order 0 of every element.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.i0(torch.tensor([0.0, 1.0]))
        tensor([1.0000, 1.2661])

    See: rule [`BesselI`][minitorch_ff.firefly.ops.special.BesselI],
        [torch.special.i0](https://docs.pytorch.org/docs/stable/special.html#torch.special.i0).
    """
    return apply(ops.BesselI, input, order=0, scaled=False)


def i0e(input: Tensor) -> Tensor:
    r"""$e^{-|x|} I_0(x)$ of every element: `torch.special.i0e`.

    See: [torch.special.i0e](https://docs.pytorch.org/docs/stable/special.html#torch.special.i0e).
    """
    return apply(ops.BesselI, input, order=0, scaled=True)


def i1(input: Tensor) -> Tensor:
    """The modified Bessel function of order 1 of every element: `torch.special.i1`.

    See: [torch.special.i1](https://docs.pytorch.org/docs/stable/special.html#torch.special.i1).
    """
    return apply(ops.BesselI, input, order=1, scaled=False)


def i1e(input: Tensor) -> Tensor:
    r"""$e^{-|x|} I_1(x)$ of every element: `torch.special.i1e`.

    See: [torch.special.i1e](https://docs.pytorch.org/docs/stable/special.html#torch.special.i1e).
    """
    return apply(ops.BesselI, input, order=1, scaled=True)


def entr(input: Tensor) -> Tensor:
    r"""$-x \ln x$ of every element, 0 at 0: `torch.special.entr`.

    See: rule [`SpecialEntr`][minitorch_ff.firefly.ops.special.SpecialEntr],
        [torch.special.entr](https://docs.pytorch.org/docs/stable/special.html#torch.special.entr).
    """
    return apply(ops.SpecialEntr, input)


def ndtr(input: Tensor) -> Tensor:
    """The probability that a normal variable stays below: `torch.special.ndtr`.

    See: [torch.special.ndtr](https://docs.pytorch.org/docs/stable/special.html#torch.special.ndtr).
    """
    return mul(erfc(mul(input, -math.sqrt(0.5))), 0.5)


def ndtri(input: Tensor) -> Tensor:
    """The number that a normal variable stays below with a given probability.

    See: rule [`SpecialNdtri`][minitorch_ff.firefly.ops.special.SpecialNdtri],
        [torch.special.ndtri](https://docs.pytorch.org/docs/stable/special.html#torch.special.ndtri).
    """
    return apply(ops.SpecialNdtri, input)


def log_ndtr(input: Tensor) -> Tensor:
    """The logarithm of `torch.special.ndtr`, exact where that is small.

    See: rule [`SpecialLogNdtr`][minitorch_ff.firefly.ops.special.SpecialLogNdtr],
        [torch.special.log_ndtr](https://docs.pytorch.org/docs/stable/special.html#torch.special.log_ndtr).
    """
    return apply(ops.SpecialLogNdtr, input)
