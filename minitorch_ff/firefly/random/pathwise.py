"""How gamma and Dirichlet draws move with their parameters: implicit derivatives.

A draw `x` with distribution function `F(x; α)`, moved so that `F` stays as it is, has the
derivative `-(∂F/∂α) / p(x)`. There is no closed form: PyTorch approximates it region by
region, with series where `x` is near a border, Rice's saddle point expansion where
parameters are large, and rational fits in between. These are the same approximations,
computed in double precision (PyTorch sums a Dirichlet draw's series in its dtype).

Source: M. Jankowiak and F. Obermeyer, Pathwise Derivatives Beyond the Reparameterization
Trick (2018), https://arxiv.org/abs/1806.01851; the fits' numbers are PyTorch's.
"""

from __future__ import annotations

import numpy as np

from minitorch_ff.firefly.backend.registry import cpu
from minitorch_ff.firefly.random.exact import silent

digamma = cpu.digamma

# exp(P / Q): in powers of ln(x / α), rows; of ln α, columns, for P and for Q.
GAMMA_FIT = np.array([
    [0.16009398, -0.094634809, 0.025146376, -0.0030648343,
     1, 0.32668115, 0.10406089, 0.0014179084],
    [0.53487893, 0.1298071, 0.065735949, -0.0015649758,
     0.16639465, 0.020070113, -0.0035938915, -0.00058392623],
    [0.040121004, -0.0065914022, -0.0026286047, -0.0013441777,
     0.017050642, -0.0021309326, 0.00085092367, -1.5247877e-07],
]).reshape(3, 2, 4)  # fmt: skip

# P and Q: each in powers of ln x, of ln(α / x), and of ln(total x / α).
DIRICHLET_FIT = np.array([
    1.003668233, -0.01061107488, -0.0657888334, 0.01201642863,
    0.6336835991, -0.3557432599, 0.05486251648, -0.001465281033,
    -0.03276231906, 0.004474107445, 0.002429354597, -0.0001557569013,
    0.221950385, -0.3187676331, 0.01799915743, 0.01074823814,
    -0.2951249643, 0.06219954479, 0.01535556598, 0.001550077057,
    0.02155310298, 0.004170831599, 0.001292462449, 6.976601077e-05,
    -0.05980841433, 0.008441916499, 0.01085618172, 0.002319392565,
    0.02911413504, 0.01400243777, -0.002721828457, 0.000751041181,
    0.005900514878, -0.001936558688, -9.495446725e-06, 5.385558597e-05,
    1, -0.02924021934, -0.04438342661, 0.007285809825,
    0.6357567472, -0.3473456711, 0.05454656494, -0.002407477521,
    -0.03301322327, 0.004845219414, 0.00231480583, -0.0002307248149,
    0.5925320577, -0.1757678135, 0.01505928619, 0.000564515273,
    0.1014815858, -0.06589186703, 0.01272886114, -0.0007316646956,
    -0.007258481865, 0.001096195486, 0.0003934994223, -4.12701925e-05,
    0.06469649321, -0.0236701437, 0.002902096474, -5.896963079e-05,
    0.001925008108, -0.002869809258, 0.0008000589141, -6.063713228e-05,
    -0.0003477407336, 6.959756487e-05, 1.097287507e-05, -1.650964693e-06,
]).reshape(2, 3, 3, 4)  # fmt: skip


@silent
def gamma_slope(alpha: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The derivative of a draw from a gamma distribution by its concentration.

    Args:
        alpha: The concentrations.
        x: The draws, of the same shape.
    """
    a, x = alpha.astype(np.float64), x.astype(np.float64)
    slope = np.select(
        [x < np.float32(0.8), (a > 8) & (abs(x - a) <= 0.1 * a), a > 8],
        [_gamma_near_zero(a, x), _gamma_at_mean(a, x), _gamma_saddle(a, x)],
        _gamma_fit(a, x),
    )
    return slope.astype(alpha.dtype)


def _gamma_near_zero(a, x):
    """The Taylor series of the distribution function."""
    term = np.ones_like(x)
    series, by_alpha = 1 / a, 1 / a**2
    for i in range(1, 6):
        term = term * -x / i
        series, by_alpha = series + term / (a + i), by_alpha + term / (a + i) ** 2
    slope = x * np.exp(x) * (by_alpha - (np.log(x) - digamma(a)) * series)
    return np.nan_to_num(slope, nan=0, posinf=np.inf, neginf=-np.inf)


def _gamma_at_mean(a, x):
    """The saddle point expansion's limit where it has a hole, around `x = α`."""
    inner = 1440 * a**2 + 6 * x * (53 - 120 * x) - 65 * x**2 / a + a * (107 + 3600 * x)
    return (1 + 24 * a * (1 + 12 * a)) * inner / (1244160 * a**4)


def _gamma_saddle(a, x):
    """The saddle point expansion."""
    root, ratio = np.sqrt(8 * a), np.log(x / a)
    tail = np.sign(x - a) * (x - a - a * ratio) ** -1.5
    inner = ratio * (root / (a - x) + tail) - np.sqrt(2 / a) * (a + x) / (a - x) ** 2
    return -(1 + (1 + 1 / (24 * a)) / (12 * a)) * x * inner / root


def _gamma_fit(a, x):
    """The rational fit in the logarithms of `x / α` and of `α`."""
    u, v = _powers(np.log(x / a), 3), _powers(np.log(a), 4)
    top, bottom = np.einsum("i...,ikj,j...->k...", u, GAMMA_FIT, v)
    return np.exp(top / bottom)


def _powers(x, count: int):
    """`1, x, x², …`, so many, along a new first dimension."""
    return np.stack([x**i for i in range(count)])


@silent
def dirichlet_slope(x: np.ndarray, alpha: np.ndarray, total: np.ndarray) -> np.ndarray:
    """The derivative of a part of a Dirichlet draw by its own concentration, over `1 - x`.

    Args:
        x: The parts.
        alpha: Their concentrations, of the same shape.
        total: The sums of the concentrations, of the same shape.
    """
    dtype = x.dtype
    x, a, total = (values.astype(np.float64) for values in (x, alpha, total))
    b, border = total - a, total * x * (1 - x)
    slope = np.select(
        [(x <= 0.5) & (border < 2.5), (x >= 0.5) & (border < 0.75), (a > 6) & (b > 6)],
        [_beta_near_zero(x, a, b), _beta_near_one(1 - x, b, a), _beta_saddle(x, a, b)],
        _beta_fit(x, a, b),
    )
    return slope.astype(dtype)


def _beta_near_zero(x, a, b):
    """By `α`, from the Taylor series of the distribution function at 0."""
    factor = digamma(a) - digamma(a + b) - np.log(x)
    term, series = np.ones_like(x), (factor + 1 / a) / a
    for i in range(1, 11):
        term = term * (i - b) * x / i
        series = series + term * (factor + 1 / (a + i)) / (a + i)
    return np.nan_to_num(x * (1 - x) ** -b * series, nan=0, posinf=np.inf, neginf=-np.inf)


def _beta_near_one(x, a, b):
    """The same at 1: by the other parameter, `x` being the distance."""
    factor = digamma(a + b) - digamma(b)
    term, product, slope = np.ones_like(x), np.ones_like(x), np.zeros_like(x)
    series = factor / a
    for i in range(1, 9):
        term = -term * x / i
        slope, product = slope * (b - i) + product, product * (b - i)
        series = series + term / (a + i) * (slope + factor * product)
    return np.nan_to_num((1 - x) ** (1 - b) * series, nan=0, posinf=np.inf, neginf=-np.inf)


def _beta_saddle(x, a, b):
    """The saddle point expansion, or its limit where it has a hole, around the mean."""
    total = a + b
    mean, deviation = a / total, np.sqrt(a * b / (total + 1)) / total
    y = 1 - x
    inner = 47 * x * b**4 + a * (
        (43 + 20 * (16 + 27 * b) * x) * b**3
        + a * (
            3 * (59 + 180 * b - 90 * x) * b**2
            + a * ((453 + 1620 * b * y - 455 * x) * b + a * 8 * y * (135 * b - 11))
        )
    )  # fmt: skip
    scale = (1 + 12 * a) * (1 + 12 * b) / (total**2 * y)
    at_mean = scale * inner / (12960 * a**3 * b**2 * (1 + 12 * total))
    stirling = _stirling(a) * _stirling(b) / _stirling(total)
    offset = b * x - a * y
    first = -2 * a**2 * y - a * b * y - x * b**2
    first = first / (np.sqrt(2 * a / b) * total**1.5 * offset**2)
    far = (b * np.log(b / (total * y)) + a * np.log(a / (total * x))) ** -1.5
    second = np.sqrt(8 * a * b / total) / offset + np.where(x < mean, far, -far)
    second = 0.5 * np.log(a / (total * x)) * second
    away = -stirling * x / np.sqrt(2 * a * b / total) * (first + second)
    return np.where(abs(x - mean) <= 0.1 * deviation, at_mean, away)


def _stirling(x):
    return 1 + 1 / (12 * x) + 1 / (288 * x**2)


def _beta_fit(x, a, b):
    """An analytic approximation times a rational fit."""
    u = np.log(x)
    v = np.log(a) - u
    powers = _powers(u, 3), _powers(v, 3), _powers(np.log(a + b) - v, 4)
    top, bottom = np.einsum("i...,j...,l...,kijl->k...", *powers, DIRICHLET_FIT)
    return top / bottom * x * (digamma(a + b) - digamma(a)) / b
