"""Uniform and exponential draws and what is made of them."""

from __future__ import annotations

import math
from typing import Any

from minitorch_ff._dtypes import finfo
from minitorch_ff._functions.creation import ones_like, zeros_like
from minitorch_ff._functions.random import rand
from minitorch_ff._functions.selection import where
from minitorch_ff._tensor import Tensor
from minitorch_ff.distributions import constraints
from minitorch_ff.distributions.distribution import Distribution, formula, same_as
from minitorch_ff.distributions.normal import Located
from minitorch_ff.distributions.transformed_distribution import TransformedDistribution
from minitorch_ff.distributions.transforms import AffineTransform, ExpTransform, PowerTransform
from minitorch_ff.distributions.utils import broadcast_all, euler_constant

__all__ = ["Exponential", "Gumbel", "Kumaraswamy", "Laplace", "Pareto", "Uniform", "Weibull"]


class Exponential(Distribution):
    r"""The time until an event that comes at a rate: $p(x) = \lambda e^{-\lambda x}$.

    Args:
        rate: λ, events per unit of time.
        validate_args: See `Distribution`.

    See: [torch.distributions.exponential.Exponential](https://docs.pytorch.org/docs/stable/distributions.html#exponential).
    """

    arg_constraints = {"rate": constraints.positive}
    support = constraints.nonnegative
    has_rsample = True

    def __init__(self, rate: Any, validate_args: bool | None = None) -> None:
        self._set(validate_args, rate=rate)

    mean = stddev = formula(lambda self: self.rate.reciprocal())
    mode = formula(lambda self: zeros_like(self.rate))
    variance = formula(lambda self: self.rate.pow(-2))

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        return self.rate.new_empty(self._extended_shape(sample_shape)).exponential_() / self.rate

    def _log_prob(self, value: Tensor) -> Tensor:
        return self.rate.log() - self.rate * value

    def _cdf(self, value: Tensor) -> Tensor:
        return 1 - (-self.rate * value).exp()

    def icdf(self, value: Tensor) -> Tensor:
        return -(-value).log1p() / self.rate

    def entropy(self) -> Tensor:
        return 1.0 - self.rate.log()


class Laplace(Located):
    r"""The distribution with the density $e^{-|x - \mu| / b} / 2 b$.

    Args:
        loc: μ, the mean.
        scale: b.
        validate_args: See `Distribution`.

    See: [torch.distributions.laplace.Laplace](https://docs.pytorch.org/docs/stable/distributions.html#laplace).
    """

    mean = same_as("loc")
    variance = formula(lambda self: 2 * self.scale.pow(2))
    stddev = formula(lambda self: (2**0.5) * self.scale)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        u = self.loc.new_empty(self._extended_shape(sample_shape))
        u.uniform_(finfo(u.dtype).eps - 1, 1)
        return self.loc - self.scale * u.sign() * (-u.abs()).log1p()

    def _log_prob(self, value: Tensor) -> Tensor:
        return -(2 * self.scale).log() - (value - self.loc).abs() / self.scale

    def _cdf(self, value: Tensor) -> Tensor:
        offset = value - self.loc
        return 0.5 - 0.5 * offset.sign() * (-offset.abs() / self.scale).expm1()

    def icdf(self, value: Tensor) -> Tensor:
        term = value - 0.5
        return self.loc - self.scale * term.sign() * (-2 * term.abs()).log1p()

    def entropy(self) -> Tensor:
        return 1 + (2 * self.scale).log()


class Gumbel(TransformedDistribution):
    """The distribution of the largest of many numbers.

    Args:
        loc: Where its peak is.
        scale: How wide it is.
        validate_args: See `Distribution`.

    See: [torch.distributions.gumbel.Gumbel](https://docs.pytorch.org/docs/stable/distributions.html#gumbel).
    """

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.real
    mode = same_as("loc")

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        self.loc, self.scale = broadcast_all(loc, scale)
        limits, like = finfo(self.loc.dtype), self.loc.detach()
        low, high = zeros_like(like) + limits.tiny, ones_like(like) - limits.eps
        log, turned = ExpTransform().inv, AffineTransform(0, -ones_like(self.scale))
        transforms = [log, turned, log, AffineTransform(self.loc, -self.scale)]
        base = Uniform(low, high, validate_args=validate_args)
        super().__init__(base, transforms, validate_args=validate_args)

    mean = formula(lambda self: self.loc + self.scale * euler_constant)
    stddev = formula(lambda self: (math.pi / math.sqrt(6)) * self.scale)
    variance = formula(lambda self: self.stddev.pow(2))

    def _log_prob(self, value: Tensor) -> Tensor:
        y = (self.loc - value) / self.scale
        return (y - y.exp()) - self.scale.log()

    def entropy(self) -> Tensor:
        return self.scale.log() + (1 + euler_constant)


class Pareto(TransformedDistribution):
    """The distribution with a density of `x^-(alpha + 1)` from `scale` on.

    Args:
        scale: The smallest value.
        alpha: How fast the tail falls.
        validate_args: See `Distribution`.

    See: [torch.distributions.pareto.Pareto](https://docs.pytorch.org/docs/stable/distributions.html#pareto).
    """

    arg_constraints = {"alpha": constraints.positive, "scale": constraints.positive}
    mode = same_as("scale")

    def __init__(self, scale: Any, alpha: Any, validate_args: bool | None = None) -> None:
        self.scale, self.alpha = broadcast_all(scale, alpha)
        base = Exponential(self.alpha, validate_args=validate_args)
        transforms = [ExpTransform(), AffineTransform(0, self.scale)]
        super().__init__(base, transforms, validate_args=validate_args)

    support = constraints.dependent_property(lambda self: constraints.greater_than_eq(self.scale))

    @property
    def mean(self) -> Tensor:
        a = self.alpha.clamp(min=1)  # below it is infinite
        return a * self.scale / (a - 1)

    @property
    def variance(self) -> Tensor:
        a = self.alpha.clamp(min=2)
        return self.scale.pow(2) * a / ((a - 1).pow(2) * (a - 2))

    def entropy(self) -> Tensor:
        return (self.scale / self.alpha).log() + (1 + self.alpha.reciprocal())


class Weibull(TransformedDistribution):
    """The time until a failure that becomes ever more (or less) likely.

    Args:
        scale: The unit of time.
        concentration: The shape: above 1 for wear, below for early failures.
        validate_args: See `Distribution`.

    See: [torch.distributions.weibull.Weibull](https://docs.pytorch.org/docs/stable/distributions.html#weibull).
    """

    arg_constraints = {"scale": constraints.positive, "concentration": constraints.positive}
    support = constraints.positive

    def __init__(self, scale: Any, concentration: Any, validate_args: bool | None = None) -> None:
        self.scale, self.concentration = broadcast_all(scale, concentration)
        base = Exponential(ones_like(self.scale), validate_args=validate_args)
        power = PowerTransform(self.concentration.reciprocal())
        transforms = [power, AffineTransform(0, self.scale)]
        super().__init__(base, transforms, validate_args=validate_args)

    mean = formula(lambda self: self.scale * (1 + self.concentration.reciprocal()).lgamma().exp())

    @property
    def mode(self) -> Tensor:
        k = self.concentration
        return self.scale * ((k - 1) / k) ** k.reciprocal()

    @property
    def variance(self) -> Tensor:
        inverse = self.concentration.reciprocal()
        square = (2 * (1 + inverse).lgamma()).exp()
        return self.scale.pow(2) * ((1 + 2 * inverse).lgamma().exp() - square)

    def entropy(self) -> Tensor:
        inverse = self.concentration.reciprocal()
        return euler_constant * (1 - inverse) + (self.scale * inverse).log() + 1


class Uniform(Distribution):
    """Numbers spread evenly over [low, high).

    Args:
        low: The lower bound.
        high: The upper bound.
        validate_args: See `Distribution`.

    See: [torch.distributions.uniform.Uniform](https://docs.pytorch.org/docs/stable/distributions.html#uniform).
    """

    has_rsample = True

    def __init__(self, low: Any, high: Any, validate_args: bool | None = None) -> None:
        self._set(validate_args, low=low, high=high)

    @property
    def arg_constraints(self) -> Any:
        low, high = constraints.less_than(self.high), constraints.greater_than(self.low)
        return {"low": low, "high": high}

    support = constraints.dependent_property(lambda self: constraints.interval(self.low, self.high))
    mean = formula(lambda self: (self.high + self.low) / 2)
    mode = formula(lambda self: math.nan * self.high)
    stddev = formula(lambda self: (self.high - self.low) / 12**0.5)
    variance = formula(lambda self: (self.high - self.low).pow(2) / 12)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        u = rand(shape, dtype=self.low.dtype, device=self.low.device)
        return self.low + u * (self.high - self.low)

    def _log_prob(self, value: Tensor) -> Tensor:
        inside = (self.low <= value) & (self.high > value)
        return inside.to(self.low.dtype).log() - (self.high - self.low).log()

    def _cdf(self, value: Tensor) -> Tensor:
        return ((value - self.low) / (self.high - self.low)).clamp(min=0, max=1)

    def icdf(self, value: Tensor) -> Tensor:
        return value * (self.high - self.low) + self.low

    def entropy(self) -> Tensor:
        return (self.high - self.low).log()


class Kumaraswamy(TransformedDistribution):
    """Much like `Beta`, with a distribution function that is easily inverted.

    Args:
        concentration1: Draws towards 1.
        concentration0: Draws towards 0.
        validate_args: See `Distribution`.

    See: [torch.distributions.kumaraswamy.Kumaraswamy](https://docs.pytorch.org/docs/stable/distributions.html#kumaraswamy).
    """

    arg_constraints = dict.fromkeys(("concentration1", "concentration0"), constraints.positive)
    support = constraints.unit_interval
    has_rsample = True

    def __init__(
        self, concentration1: Any, concentration0: Any, validate_args: bool | None = None
    ) -> None:
        a, b = broadcast_all(concentration1, concentration0)
        self.concentration1, self.concentration0 = a, b
        base = Uniform(zeros_like(b), ones_like(b), validate_args=validate_args)
        inner, outer = PowerTransform(b.reciprocal()), PowerTransform(a.reciprocal())
        transforms = [inner, AffineTransform(1.0, -1.0), outer]
        super().__init__(base, transforms, validate_args=validate_args)

    def _moment(self, n: int) -> Tensor:
        """The expected `n`-th power."""
        b, one_more = self.concentration0, 1 + n / self.concentration1
        return b * (one_more.lgamma() + b.lgamma() - (one_more + b).lgamma()).exp()

    mean = formula(lambda self: self._moment(1))

    @property
    def mode(self) -> Tensor:
        a, b = self.concentration1, self.concentration0
        log_mode = b.reciprocal() * (-b).log1p() - (-b * a).log1p()
        return where((b < 1) | (a < 1), math.nan, log_mode).exp()

    variance = formula(lambda self: self._moment(2) - self.mean.pow(2))

    def entropy(self) -> Tensor:
        a, b = self.concentration1, self.concentration0
        harmonic = (b + 1).digamma() + euler_constant
        return (1 - b.reciprocal()) + (1 - a.reciprocal()) * harmonic - a.log() - b.log()
