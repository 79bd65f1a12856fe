"""The Cauchy distribution, which has no mean, and its positive half."""

from __future__ import annotations

import math
from typing import Any

from minitorch_ff._functions.creation import full_like
from minitorch_ff._tensor import Tensor
from minitorch_ff.distributions import constraints
from minitorch_ff.distributions.distribution import Distribution, same_as
from minitorch_ff.distributions.normal import Half

__all__ = ["Cauchy", "HalfCauchy"]


class Cauchy(Distribution):
    r"""The distribution with the density $1 / \pi \gamma (1 + ((x - x_0) / \gamma)^2)$.

    Args:
        loc: x₀, the median.
        scale: γ, half of the width at half of the height.
        validate_args: See `Distribution`.

    See: [torch.distributions.cauchy.Cauchy](https://docs.pytorch.org/docs/stable/distributions.html#cauchy).
    """

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.real
    has_rsample = True
    mode = same_as("loc")

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        self._set(validate_args, loc=loc, scale=scale)

    @property
    def mean(self) -> Tensor:
        return full_like(self.loc, math.nan, requires_grad=False)

    @property
    def variance(self) -> Tensor:
        return full_like(self.loc, math.inf, requires_grad=False)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        noise = self.loc.new_empty(self._extended_shape(sample_shape)).cauchy_()
        return self.loc + noise * self.scale

    def _log_prob(self, value: Tensor) -> Tensor:
        distance = (value - self.loc) / self.scale
        return -math.log(math.pi) - self.scale.log() - (distance**2).log1p()

    def _cdf(self, value: Tensor) -> Tensor:
        return ((value - self.loc) / self.scale).atan() / math.pi + 0.5

    def icdf(self, value: Tensor) -> Tensor:
        return (math.pi * (value - 0.5)).tan() * self.scale + self.loc

    def entropy(self) -> Tensor:
        return math.log(4 * math.pi) + self.scale.log()


class HalfCauchy(Half):
    """The distribution of the size of a Cauchy number of median 0.

    Args:
        scale: γ of that number.
        validate_args: See `Distribution`.

    See: [torch.distributions.half_cauchy.HalfCauchy](https://docs.pytorch.org/docs/stable/distributions.html#halfcauchy).
    """

    variance = same_as("base_dist.variance")

    def __init__(self, scale: Any, validate_args: bool | None = None) -> None:
        super().__init__(Cauchy(0, scale, validate_args=False), validate_args)

    @property
    def mean(self) -> Tensor:
        return full_like(self.scale, math.inf, requires_grad=False)
