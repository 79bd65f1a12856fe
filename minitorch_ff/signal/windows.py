"""Windows: weights that let a piece of a signal fade in and out.

Each is a shape over a row of numbers `k`, evenly spaced. All take the number of points `M`;
`sym`, whether the last point mirrors the first (otherwise one period of a longer, periodic
signal is given); and `dtype` (float32 or float64), `device`, `requires_grad`, as makers of
tensors do. They raise `ValueError` for a negative length or another dtype.

See: [torch.signal.windows](https://docs.pytorch.org/docs/stable/signal.html),
    F. J. Harris, On the use of windows for harmonic analysis with the discrete Fourier
    transform, Proc. IEEE 66 (1978).
"""

# ruff: noqa: N803 - the number of points is called M, as in PyTorch
from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from minitorch_ff._checks import check
from minitorch_ff._dtypes import float32, float64, get_default_dtype
from minitorch_ff._functions.creation import linspace, ones, tensor
from minitorch_ff._functions.layouts import strided
from minitorch_ff._functions.special import i0
from minitorch_ff._missing import missing as _missing
from minitorch_ff._tensor import Tensor

__all__ = [
    "bartlett", "blackman", "cosine", "exponential", "gaussian", "general_cosine",
    "general_hamming", "hamming", "hann", "kaiser", "nuttall",
]  # fmt: skip

BLACKMAN = (0.42, 0.5, 0.08)
NUTTALL = (0.3635819, 0.4891775, 0.1365995, 0.0106411)
"""Weights of cosines of rising frequency."""


def _window(
    name: str, M: int, sym: bool, options: dict[str, Any],
    spacing: Callable[[int], tuple[float, float]], shape: Callable[[Any], Any],
) -> Tensor:  # fmt: skip
    """`shape(k)`; `spacing` gives the first `k` and the step, from the length of a period."""
    options["dtype"] = dtype = options.get("dtype") or get_default_dtype()
    layout = options.get("layout", strided)
    text = f"{name} requires non-negative window length, got M={M}"
    check(M >= 0, text, ValueError)
    text = f"{name} is implemented for strided tensors only, got: {layout}"
    check(layout is strided, text, ValueError)
    text = f"{name} expects float32 or float64 dtypes, got: {dtype}"
    check(dtype in (float32, float64), text, ValueError)
    if M < 2:
        return ones(M, **options)
    start, step = spacing(M - 1 if sym else M)
    return shape(linspace(start, start + (M - 1) * step, M, **options))  # type: ignore[no-any-return]


def general_cosine(M: int, *, a: Sequence[float], sym: bool = True, **options: Any) -> Tensor:
    """`a₀ - a₁ cos k + a₂ cos 2k - …`, over one turn."""
    check(isinstance(a, (list, tuple)), "Coefficients must be a list/tuple", TypeError)
    check(a, "Coefficients cannot be empty", ValueError)

    def shape(k: Tensor) -> Tensor:
        rows = [(k * i).cos() * (-1) ** i * weight for i, weight in enumerate(a)]
        return sum(rows[1:], rows[0])

    return _window("general_cosine", M, sym, options, lambda n: (0, 2 * math.pi / n), shape)


def general_hamming(M: int, *, alpha: float = 0.54, sym: bool = True, **options: Any) -> Tensor:
    """`alpha - (1 - alpha) cos k`, over one turn."""
    return general_cosine(M, a=(alpha, 1 - alpha), sym=sym, **options)


def hann(M: int, *, sym: bool = True, **options: Any) -> Tensor:
    """`(1 - cos k) / 2`, over one turn.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.signal.windows.hann(4, sym=False)
        tensor([0.0000, 0.5000, 1.0000, 0.5000])
    """
    return general_hamming(M, alpha=0.5, sym=sym, **options)


def hamming(M: int, *, sym: bool = True, **options: Any) -> Tensor:
    """`0.54 - 0.46 cos k`, over one turn."""
    return general_hamming(M, sym=sym, **options)


def blackman(M: int, *, sym: bool = True, **options: Any) -> Tensor:
    """Three cosines, weighted as `BLACKMAN`."""
    return general_cosine(M, a=BLACKMAN, sym=sym, **options)


def nuttall(M: int, *, sym: bool = True, **options: Any) -> Tensor:
    """Four cosines, weighted as `NUTTALL`."""
    return general_cosine(M, a=NUTTALL, sym=sym, **options)


def bartlett(M: int, *, sym: bool = True, **options: Any) -> Tensor:
    """A triangle, `1 - |k|`, from -1 to 1."""
    return _window("bartlett", M, sym, options, lambda n: (-1, 2 / n), lambda k: 1 - k.abs())


def cosine(M: int, *, sym: bool = True, **options: Any) -> Tensor:
    """Half a turn of a sine."""

    def spacing(n: int) -> tuple[float, float]:
        return 0.5 * math.pi / (n + 1), math.pi / (n + 1)

    return _window("cosine", M, sym, options, spacing, Tensor.sin)


def exponential(
    M: int, *, center: float | None = None, tau: float = 1.0, sym: bool = True, **options: Any
) -> Tensor:
    """`e^-|k|`, with points `1 / tau` apart and zero at `center`, by default in the middle."""
    check(tau > 0, f"Tau must be positive, got: {tau} instead.", ValueError)
    text = "Center must be None for symmetric windows"
    check(not sym or center is None, text, ValueError)

    def spacing(n: int) -> tuple[float, float]:
        return -(n / 2 if center is None else center) / tau, 1 / tau

    return _window("exponential", M, sym, options, spacing, lambda k: (-k.abs()).exp())


def gaussian(M: int, *, std: float = 1.0, sym: bool = True, **options: Any) -> Tensor:
    """The bell `e^-k²`, with points `1 / (std √2)` apart."""
    check(std > 0, f"Standard deviation must be positive, got: {std} instead.", ValueError)
    step = 1 / (std * math.sqrt(2))
    return _window(
        "gaussian", M, sym, options, lambda n: (-n / 2 * step, step), lambda k: (-(k**2)).exp()
    )


def kaiser(M: int, *, beta: float = 12.0, sym: bool = True, **options: Any) -> Tensor:
    """`I₀(√(beta² - k²)) / I₀(beta)`, with Bessel's `I₀`, from `-beta` to `beta`."""
    check(beta >= 0, f"beta must be non-negative, got: {beta} instead.", ValueError)

    def shape(k: Tensor) -> Tensor:
        edge = tensor(beta, dtype=k.dtype, device=k.device)
        return i0((edge * edge - k * k).clamp_min(0).sqrt()) / i0(edge)

    return _window("kaiser", M, sym, options, lambda n: (-beta, 2 * beta / n), shape)


__getattr__ = _missing(__name__)
