"""Gamma, Dirichlet and binomial draws to the last bit, and how they move with parameters."""

import numpy as np
import pytest
import torch

from compat_tests.worlds import same_in_both
from minitorch_ff.firefly.random import pathwise

KINDS = {
    "Gamma": lambda d, x: d.Gamma(x.exp(), 1.0),
    "Beta": lambda d, x: d.Beta(x.exp(), x.flip(0).exp()),
    "Dirichlet": lambda d, x: d.Dirichlet(x.reshape(-1, 4).exp()),
    "Binomial": lambda d, x: d.Binomial(x.exp().mul(5).floor(), x.sigmoid()),
    "Poisson": lambda d, x: d.Poisson(x.exp()),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_draws_to_the_last_bit(kind, dtype):
    """The parameters are rounded to few bits: `exp` may differ in the last one."""

    def body(world):
        x = world.tensor([i / 128 - 2 for i in range(800)], dtype=getattr(world, dtype))
        distribution = KINDS[kind](world.distributions, _Rounded(x))
        return distribution.sample((2,)).tolist(), world.get_rng_state()

    same_in_both(body, seed=9)


class _Rounded:
    """A tensor whose functions are rounded to few bits, and so the same in both worlds."""

    def __init__(self, x):
        self.x = x

    def exp(self):
        return self.x.exp().mul(64).round().div(64)

    def sigmoid(self):
        return self.x.sigmoid().mul(64).round().div(64)

    def flip(self, dim):
        return _Rounded(self.x.flip(dim))

    def reshape(self, *shape):
        return _Rounded(self.x.reshape(*shape))


def grid(dtype):
    """Concentrations over all regions of the approximations."""
    values = np.exp(np.random.default_rng(1).uniform(-4, 5, (3000, 2)))
    return torch.tensor(values, dtype=dtype)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_slopes_of_gamma_draws(dtype):
    torch.manual_seed(2)
    alpha = grid(dtype)[:, 0].contiguous()
    alpha[::3] = alpha[::3].clamp(min=9)
    draws = torch._standard_gamma(alpha)
    draws[1::7] = alpha[1::7] * 1.01  # around the mean
    ours = pathwise.gamma_slope(alpha.numpy(), draws.numpy())
    expected = torch._standard_gamma_grad(alpha, draws)
    tight = {torch.float32: 1e-6, torch.float64: 1e-11}[dtype]
    torch.testing.assert_close(torch.from_numpy(ours), expected, rtol=tight, atol=0)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_slopes_of_dirichlet_draws(dtype):
    torch.manual_seed(2)
    alpha = grid(dtype)
    alpha[::3] = alpha[::3].clamp(min=9)
    parts = torch._sample_dirichlet(alpha)
    total = alpha.sum(-1, True).expand_as(alpha).contiguous()
    parts[::9] = (alpha / total)[::9]  # at the mean
    ours = pathwise.dirichlet_slope(parts.numpy(), alpha.numpy(), total.numpy())
    expected = torch._dirichlet_grad(parts, alpha, total)
    # PyTorch sums the series near 0 and 1 in float32, which costs it digits
    rtol, atol = {torch.float32: (5e-3, 1e-5), torch.float64: (1e-9, 1e-12)}[dtype]
    torch.testing.assert_close(torch.from_numpy(ours), expected, rtol=rtol, atol=atol)
