"""Normal numbers and their kin, and Cauchy ones, which have no mean."""

from __future__ import annotations

import math
from typing import Any

from minitorch_ff._functions.creation import full_like, zeros_like
from minitorch_ff._functions.random import normal
from minitorch_ff._functions.selection import where
from minitorch_ff._tensor import Tensor
from minitorch_ff.distributions import constraints
from minitorch_ff.distributions.distribution import Distribution, formula, same_as, standard_normal
from minitorch_ff.distributions.transformed_distribution import TransformedDistribution
from minitorch_ff.distributions.transforms import AbsTransform, ExpTransform
from minitorch_ff.distributions.utils import HALF_LOG_TAU
from minitorch_ff.firefly.modes import no_grad

__all__ = ["Cauchy", "HalfCauchy", "HalfNormal", "LogNormal", "Normal"]


class Located(Distribution):
    """Distributions of any number, with a location, which is the mode, and a scale."""

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.real
    has_rsample = True
    mode = same_as("loc")

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        self._set(validate_args, loc=loc, scale=scale)


class Normal(Located):
    r"""The normal (Gaussian) distribution.

    $$ p(x) = \frac{1}{\sigma \sqrt{2 \pi}} e^{-(x - \mu)^2 / 2 \sigma^2} $$

    Args:
        loc: The mean.
        scale: The standard deviation.
        validate_args: See `Distribution`.

    Example:
        >>> import minitorch_ff as torch
        >>> from minitorch_ff.distributions import Normal
        >>> _ = torch.manual_seed(0)
        >>> Normal(0.0, 1.0).sample((2,))
        tensor([ 1.5410, -0.2934])
        >>> Normal(0.0, 1.0).log_prob(torch.tensor(0.0))
        tensor(-0.9189)

    See: [torch.distributions.normal.Normal](https://docs.pytorch.org/docs/stable/distributions.html#normal).
    """

    mean, stddev = same_as("loc"), same_as("scale")
    variance = formula(lambda self: self.stddev.pow(2))

    def sample(self, sample_shape: Any = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        with no_grad():
            return normal(self.loc.expand(shape), self.scale.expand(shape))

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        noise = standard_normal(self._extended_shape(sample_shape), self.loc)
        return self.loc + noise * self.scale

    def _log_prob(self, value: Tensor) -> Tensor:
        squares = (value - self.loc) ** 2 / (2 * self.scale**2)
        return -squares - self.scale.log() - HALF_LOG_TAU

    def _cdf(self, value: Tensor) -> Tensor:
        return 0.5 * (1 + ((value - self.loc) / self.scale / math.sqrt(2)).erf())

    def icdf(self, value: Tensor) -> Tensor:
        return self.loc + self.scale * (2 * value - 1).erfinv() * math.sqrt(2)

    def entropy(self) -> Tensor:
        return 0.5 + HALF_LOG_TAU + self.scale.log()


class LogNormal(TransformedDistribution):
    """The distribution of numbers whose logarithm is normal.

    Args:
        loc: The mean of the logarithm.
        scale: The standard deviation of the logarithm.
        validate_args: See `Distribution`.

    See: [torch.distributions.log_normal.LogNormal](https://docs.pytorch.org/docs/stable/distributions.html#lognormal).
    """

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.positive
    has_rsample = True
    loc, scale = same_as("base_dist.loc"), same_as("base_dist.scale")

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        super().__init__(Normal(loc, scale), ExpTransform(), validate_args=validate_args)

    mean = formula(lambda self: (self.loc + self.scale.pow(2) / 2).exp())
    mode = formula(lambda self: (self.loc - self.scale.pow(2)).exp())

    @property
    def variance(self) -> Tensor:
        square = self.scale.pow(2)
        return square.expm1() * (2 * self.loc + square).exp()

    def entropy(self) -> Tensor:
        return self.base_dist.entropy() + self.loc


class Half(TransformedDistribution):
    """The sizes of draws from a distribution that is symmetric around 0."""

    arg_constraints = {"scale": constraints.positive}
    support = constraints.nonnegative
    has_rsample = True
    scale = same_as("base_dist.scale")

    def __init__(self, base: Distribution, validate_args: bool | None = None) -> None:
        super().__init__(base, AbsTransform(), validate_args=validate_args)

    mode = formula(lambda self: zeros_like(self.scale))

    def _log_prob(self, value: Tensor) -> Tensor:
        return where(value >= 0, self.base_dist.log_prob(value) + math.log(2), -math.inf)

    def _cdf(self, value: Tensor) -> Tensor:
        return 2 * self.base_dist.cdf(value) - 1

    def icdf(self, value: Tensor) -> Tensor:
        return self.base_dist.icdf((value + 1) / 2)

    def entropy(self) -> Tensor:
        return self.base_dist.entropy() - math.log(2)


class HalfNormal(Half):
    """The distribution of the size of a normal number of mean 0.

    Args:
        scale: The standard deviation of that number.
        validate_args: See `Distribution`.

    See: [torch.distributions.half_normal.HalfNormal](https://docs.pytorch.org/docs/stable/distributions.html#halfnormal).
    """

    def __init__(self, scale: Any, validate_args: bool | None = None) -> None:
        super().__init__(Normal(0, scale, validate_args=False), validate_args)

    mean = formula(lambda self: self.scale * math.sqrt(2 / math.pi))
    variance = formula(lambda self: self.scale.pow(2) * (1 - 2 / math.pi))


class Cauchy(Located):
    r"""The distribution with the density $1 / \pi \gamma (1 + ((x - x_0) / \gamma)^2)$.

    Args:
        loc: x₀, the median.
        scale: γ, half of the width at half of the height.
        validate_args: See `Distribution`.

    See: [torch.distributions.cauchy.Cauchy](https://docs.pytorch.org/docs/stable/distributions.html#cauchy).
    """

    mean = formula(lambda self: full_like(self.loc, math.nan, requires_grad=False))
    variance = formula(lambda self: full_like(self.loc, math.inf, requires_grad=False))

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

    mean = formula(lambda self: full_like(self.scale, math.inf, requires_grad=False))
