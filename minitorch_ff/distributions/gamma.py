"""Gamma draws and what is made of them: chi-squared, Student's t, Dirichlet; Poisson counts."""

from __future__ import annotations

import math
from typing import Any

from minitorch_ff._dtypes import finfo
from minitorch_ff._functions import random
from minitorch_ff._functions.joining import stack
from minitorch_ff._functions.selection import where
from minitorch_ff._tensor import Tensor
from minitorch_ff.autograd.function import Function, once_differentiable
from minitorch_ff.distributions import constraints
from minitorch_ff.distributions.distribution import Distribution, formula, same_as, standard_normal
from minitorch_ff.distributions.utils import broadcast_all
from minitorch_ff.distributions.normal import Located
from minitorch_ff.firefly.modes import no_grad
from minitorch_ff.firefly.random.pathwise import dirichlet_slope, gamma_slope
from minitorch_ff.nn.functional.sparse import one_hot

__all__ = ["Beta", "Chi2", "Dirichlet", "Gamma", "Poisson", "StudentT"]


class StandardGamma(Function):
    """Draws from gamma distributions of rate 1."""

    @staticmethod
    def forward(ctx: Any, concentration: Tensor) -> Tensor:
        """Draw."""
        draws = random.standard_gamma(concentration)
        ctx.save_for_backward(concentration, draws)
        return draws

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        """The gradient, by the implicit derivative."""
        return grad * random.of_arrays(gamma_slope, *ctx.saved_tensors)


class Gamma(Distribution):
    r"""The gamma distribution.

    $$ p(x) = \beta^\alpha x^{\alpha - 1} e^{-\beta x} / \Gamma(\alpha) $$

    Args:
        concentration: α, its shape.
        rate: β, one over its scale.
        validate_args: See `Distribution`.

    Example:
        >>> import minitorch_ff as torch
        >>> from minitorch_ff.distributions import Gamma
        >>> Gamma(2.0, 4.0).mean
        tensor(0.5000)

    See: [torch.distributions.gamma.Gamma](https://docs.pytorch.org/docs/stable/distributions.html#gamma).
    """

    arg_constraints = {"concentration": constraints.positive, "rate": constraints.positive}
    support = constraints.nonnegative
    has_rsample = True

    def __init__(self, concentration: Any, rate: Any, validate_args: bool | None = None) -> None:
        self._set(validate_args, concentration=concentration, rate=rate)

    mean = formula(lambda self: self.concentration / self.rate)
    mode = formula(lambda self: ((self.concentration - 1) / self.rate).clamp(min=0))
    variance = formula(lambda self: self.concentration / self.rate.pow(2))

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        draws = StandardGamma.apply(self.concentration.expand(shape)) / self.rate.expand(shape)
        draws.detach().clamp_(min=finfo(draws.dtype).tiny)  # zero would have no logarithm
        return draws

    def _log_prob(self, value: Tensor) -> Tensor:
        alpha, rate = self.concentration, self.rate
        return alpha.xlogy(rate) + (alpha - 1).xlogy(value) - rate * value - alpha.lgamma()

    def _cdf(self, value: Tensor) -> Tensor:
        raise NotImplementedError(
            f"{type(self).__name__}.cdf needs the incomplete gamma function, which is not "
            "supported; scipy.special.gammainc has its values"
        )

    def entropy(self) -> Tensor:
        alpha = self.concentration
        return alpha - self.rate.log() + alpha.lgamma() + (1.0 - alpha) * alpha.digamma()


class Chi2(Gamma):
    """The distribution of a sum of squares of standard normal numbers.

    Args:
        df: How many numbers: the degrees of freedom.
        validate_args: See `Distribution`.

    See: [torch.distributions.chi2.Chi2](https://docs.pytorch.org/docs/stable/distributions.html#chi2).
    """

    arg_constraints = {"df": constraints.positive}

    def __init__(self, df: Any, validate_args: bool | None = None) -> None:
        super().__init__(0.5 * df, 0.5, validate_args=validate_args)

    df = formula(lambda self: self.concentration * 2)


class StudentT(Located):
    """Student's t: a normal number over the root of a chi-squared one per degree.

    Args:
        df: The degrees of freedom.
        loc: Where it is centred.
        scale: How wide it is.
        validate_args: See `Distribution`.

    See: [torch.distributions.studentT.StudentT](https://docs.pytorch.org/docs/stable/distributions.html#studentt).
    """

    arg_constraints = {"df": constraints.positive, **Located.arg_constraints}

    def __init__(
        self, df: Any, loc: Any = 0.0, scale: Any = 1.0, validate_args: bool | None = None
    ) -> None:
        self._set(validate_args, df=df, loc=loc, scale=scale)

    mean = formula(lambda self: where(self.df <= 1, math.nan, self.loc))

    @property
    def variance(self) -> Tensor:
        finite = self.scale.pow(2) * self.df / (self.df - 2)
        infinite = where(self.df <= 2, math.inf, finite)
        return where(self.df <= 1, math.nan, infinite)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        noise = standard_normal(self._extended_shape(sample_shape), self.df)
        squares = Chi2(self.df, validate_args=False).rsample(sample_shape)
        return self.loc + self.scale * (noise * (squares / self.df).rsqrt())

    def _log_prob(self, value: Tensor) -> Tensor:
        y, df = (value - self.loc) / self.scale, self.df
        norm = self.scale.log() + 0.5 * df.log() + 0.5 * math.log(math.pi)
        norm = norm + (0.5 * df).lgamma() - (0.5 * (df + 1.0)).lgamma()
        return -0.5 * (df + 1.0) * (y**2.0 / df).log1p() - norm

    def entropy(self) -> Tensor:
        half, more = 0.5 * self.df, 0.5 * (self.df + 1)
        log_beta = half.lgamma() + math.lgamma(0.5) - more.lgamma()
        slope = more * (more.digamma() - half.digamma())
        return self.scale.log() + slope + 0.5 * self.df.log() + log_beta


class Poisson(Distribution):
    """How many events happen that come independently, at a rate.

    Args:
        rate: The expected count.
        validate_args: See `Distribution`.

    See: [torch.distributions.poisson.Poisson](https://docs.pytorch.org/docs/stable/distributions.html#poisson).
    """

    arg_constraints = {"rate": constraints.nonnegative}
    support = constraints.nonnegative_integer
    mean = variance = same_as("rate")

    def __init__(self, rate: Any, validate_args: bool | None = None) -> None:
        self._set(validate_args, rate=rate)

    mode = formula(lambda self: self.rate.floor())

    def sample(self, sample_shape: Any = ()) -> Tensor:
        with no_grad():
            return random.poisson(self.rate.expand(self._extended_shape(sample_shape)))

    def _log_prob(self, value: Tensor) -> Tensor:
        return value.xlogy(self.rate) - self.rate - (value + 1).lgamma()


class _Dirichlet(Function):
    """Draws from Dirichlet distributions."""

    @staticmethod
    def forward(ctx: Any, concentration: Tensor) -> Tensor:
        """Draw."""
        parts = random.sample_dirichlet(concentration)
        ctx.save_for_backward(parts, concentration)
        return parts

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        """Each part moves by its slope; the others give way in proportion to their sizes."""
        parts, concentration = ctx.saved_tensors
        total = concentration.sum(-1, True).expand_as(concentration)
        slope = random.of_arrays(dirichlet_slope, parts, concentration, total)
        return slope * (grad - (parts * grad).sum(-1, True))


class Dirichlet(Distribution):
    r"""The distribution of probabilities that add up to one.

    $$ p(x) \propto \prod_i x_i^{\alpha_i - 1} $$

    Args:
        concentration: α. Shape `(…, parts)`.
        validate_args: See `Distribution`.

    Raises:
        ValueError: `concentration` has no dimension.

    See: [torch.distributions.dirichlet.Dirichlet](https://docs.pytorch.org/docs/stable/distributions.html#dirichlet).
    """

    arg_constraints = {"concentration": constraints.independent(constraints.positive, 1)}
    support = constraints.simplex
    has_rsample = True

    def __init__(self, concentration: Tensor, validate_args: bool | None = None) -> None:
        if concentration.dim() < 1:
            raise ValueError("`concentration` parameter must be at least one-dimensional.")
        self.concentration = concentration
        super().__init__(concentration.shape[:-1], concentration.shape[-1:], validate_args)

    mean = formula(lambda self: self.concentration / self.concentration.sum(-1, True))

    @property
    def mode(self) -> Tensor:
        above = (self.concentration - 1).clamp(min=0.0)
        mode = above / above.sum(-1, True)
        corner = one_hot(mode.argmax(-1), mode.shape[-1]).to(mode.dtype)
        return where((self.concentration < 1).all(-1, True), corner, mode)

    @property
    def variance(self) -> Tensor:
        total = self.concentration.sum(-1, True)
        return self.concentration * (total - self.concentration) / (total.pow(2) * (total + 1))

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        return _Dirichlet.apply(self.concentration.expand(self._extended_shape(sample_shape)))

    def _log_prob(self, value: Tensor) -> Tensor:
        alpha = self.concentration
        norm = alpha.sum(-1).lgamma() - alpha.lgamma().sum(-1)
        return (alpha - 1.0).xlogy(value).sum(-1) + norm

    def entropy(self) -> Tensor:
        alpha, parts = self.concentration, self.concentration.shape[-1]
        total = alpha.sum(-1)
        norm = alpha.lgamma().sum(-1) - total.lgamma()
        inner = ((alpha - 1.0) * alpha.digamma()).sum(-1)
        return norm - (parts - total) * total.digamma() - inner


class Beta(Distribution):
    r"""The distribution of one probability: a Dirichlet of two parts.

    $$ p(x) \propto x^{\alpha - 1} (1 - x)^{\beta - 1} $$

    Args:
        concentration1: α, which draws towards 1.
        concentration0: β, which draws towards 0.
        validate_args: See `Distribution`.

    See: [torch.distributions.beta.Beta](https://docs.pytorch.org/docs/stable/distributions.html#beta).
    """

    arg_constraints = dict.fromkeys(("concentration1", "concentration0"), constraints.positive)
    support = constraints.unit_interval
    has_rsample = True

    def __init__(
        self, concentration1: Any, concentration0: Any, validate_args: bool | None = None
    ) -> None:
        both = stack(broadcast_all(concentration1, concentration0), -1)
        self._dirichlet = Dirichlet(both, validate_args=validate_args)
        super().__init__(self._dirichlet.batch_shape, validate_args=validate_args)

    concentration1 = formula(lambda self: self._dirichlet.concentration[..., 0])
    concentration0 = formula(lambda self: self._dirichlet.concentration[..., 1])
    mean = formula(lambda self: self.concentration1 / (self.concentration1 + self.concentration0))
    mode = formula(lambda self: self._dirichlet.mode[..., 0])

    @property
    def variance(self) -> Tensor:
        total = self.concentration1 + self.concentration0
        return self.concentration1 * self.concentration0 / (total.pow(2) * (total + 1))

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        return self._dirichlet.rsample(sample_shape)[..., 0]

    def _log_prob(self, value: Tensor) -> Tensor:
        return self._dirichlet.log_prob(stack([value, 1.0 - value], -1))

    def entropy(self) -> Tensor:
        return self._dirichlet.entropy()
