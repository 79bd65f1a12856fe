"""The distributions, each as PyTorch's call and as ours."""

from __future__ import annotations

import torch

from compat_tests.random.pairing import COMPLEX, FLOATING, INTEGERS


def uniform(low, high):
    return (
        lambda n, dtype: torch.empty(n, dtype=dtype).uniform_(low, high),
        lambda g, n, dtype: g.uniform(n, low, high, dtype),
    )


def normal(mean, std):
    return (
        lambda n, dtype: torch.empty(n, dtype=dtype).normal_(mean, std),
        lambda g, n, dtype: g.normal(n, mean, std, dtype),
    )


def log_normal(mean, std):
    return (
        lambda n, dtype: torch.empty(n, dtype=dtype).log_normal_(mean, std),
        lambda g, n, dtype: g.log_normal(n, mean, std, dtype),
    )


def exponential(lambd):
    return (
        lambda n, dtype: torch.empty(n, dtype=dtype).exponential_(lambd),
        lambda g, n, dtype: g.exponential(n, lambd, dtype),
    )


def geometric(p):
    return (
        lambda n, dtype: torch.empty(n, dtype=dtype).geometric_(p),
        lambda g, n, dtype: g.geometric(n, p, dtype),
    )


def cauchy(median, sigma):
    return (
        lambda n, dtype: torch.empty(n, dtype=dtype).cauchy_(median, sigma),
        lambda g, n, dtype: g.cauchy(n, median, sigma, dtype),
    )


def bernoulli(p):
    return (
        lambda n, dtype: torch.empty(n, dtype=dtype).bernoulli_(p),
        lambda g, n, dtype: g.bernoulli(n, p).astype(dtype),
    )


def random_():
    return (
        lambda n, dtype: torch.empty(n, dtype=dtype).random_(),
        lambda g, n, dtype: g.random_(n, dtype),
    )


REAL_OR_COMPLEX = FLOATING + COMPLEX
DISTRIBUTIONS = {
    "rand": (uniform(0, 1), REAL_OR_COMPLEX),
    "uniform(-0.1, 0.1)": (uniform(-0.1, 0.1), REAL_OR_COMPLEX),
    "uniform(0, 5)": (uniform(0, 5), REAL_OR_COMPLEX),
    "uniform(0.25, 3.7)": (uniform(0.25, 3.7), REAL_OR_COMPLEX),
    "randn": (normal(0, 1), REAL_OR_COMPLEX),
    "normal(0, 0.02)": (normal(0, 0.02), REAL_OR_COMPLEX),
    "normal(0.5, 1.3)": (normal(0.5, 1.3), REAL_OR_COMPLEX),
    "log_normal(1, 2)": (log_normal(1, 2), FLOATING),
    "log_normal(0.3, 0.7)": (log_normal(0.3, 0.7), FLOATING),
    "exponential(1)": (exponential(1), FLOATING),
    "exponential(1.7)": (exponential(1.7), FLOATING),
    "geometric(0.3)": (geometric(0.3), FLOATING + INTEGERS),
    "geometric(0.5)": (geometric(0.5), FLOATING + INTEGERS),
    "geometric(0.004)": (geometric(0.004), FLOATING + INTEGERS),
    "cauchy(0, 1)": (cauchy(0, 1), FLOATING),
    "cauchy(0.3, 1.7)": (cauchy(0.3, 1.7), FLOATING),
    "bernoulli(0)": (bernoulli(0.0), (torch.float32,)),
    "bernoulli(1/3)": (bernoulli(1 / 3), FLOATING + INTEGERS + (torch.bool,)),
    "bernoulli(0.5)": (bernoulli(0.5), (torch.float32, torch.bool)),
    "bernoulli(0.8)": (bernoulli(0.8), (torch.float32, torch.int64)),
    "bernoulli(1e-9)": (bernoulli(1e-9), (torch.bool,)),
    "bernoulli(1)": (bernoulli(1.0), (torch.float32,)),
    "random_": (random_(), FLOATING + INTEGERS + (torch.bool,)),
}
