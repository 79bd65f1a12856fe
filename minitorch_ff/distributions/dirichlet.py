"""Random probabilities: Dirichlet and beta."""

from __future__ import annotations

from typing import Any

from minitorch_ff._functions import random
from minitorch_ff._functions.joining import stack
from minitorch_ff._functions.selection import where
from minitorch_ff._tensor import Tensor
from minitorch_ff.autograd.function import Function, once_differentiable
from minitorch_ff.distributions import constraints
from minitorch_ff.distributions.distribution import Distribution
from minitorch_ff.distributions.utils import broadcast_all
from minitorch_ff.nn.functional.sparse import one_hot

__all__ = ["Beta", "Dirichlet"]


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
        slope = random.sample_dirichlet_slope(parts, concentration, total)
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

    @property
    def mean(self) -> Tensor:
        return self.concentration / self.concentration.sum(-1, True)

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

    arg_constraints = {
        "concentration1": constraints.positive,
        "concentration0": constraints.positive,
    }
    support = constraints.unit_interval
    has_rsample = True

    def __init__(
        self, concentration1: Any, concentration0: Any, validate_args: bool | None = None
    ) -> None:
        both = stack(broadcast_all(concentration1, concentration0), -1)
        self._dirichlet = Dirichlet(both, validate_args=validate_args)
        super().__init__(self._dirichlet.batch_shape, validate_args=validate_args)

    @property
    def concentration1(self) -> Tensor:
        """α."""
        return self._dirichlet.concentration[..., 0]

    @property
    def concentration0(self) -> Tensor:
        """β."""
        return self._dirichlet.concentration[..., 1]

    @property
    def mean(self) -> Tensor:
        return self.concentration1 / (self.concentration1 + self.concentration0)

    @property
    def mode(self) -> Tensor:
        return self._dirichlet.mode[..., 0]

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
