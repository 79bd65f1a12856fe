"""Mixtures of distributions of one kind."""

from __future__ import annotations

from typing import Any, Self

from minitorch_ff._functions.reduction import logsumexp
from minitorch_ff._size import Size
from minitorch_ff._tensor import Tensor
from minitorch_ff.distributions import constraints
from minitorch_ff.distributions.categorical import Categorical
from minitorch_ff.distributions.distribution import Distribution, formula
from minitorch_ff.firefly.modes import no_grad

__all__ = ["MixtureSameFamily"]


class MixtureSameFamily(Distribution):
    """A mixture: one component is chosen, then a value is drawn from it.

    Args:
        mixture_distribution: The weights of the components, a `Categorical`.
        component_distribution: The components, along the last dimension of its batch.
        validate_args: See `Distribution`.

    Raises:
        ValueError: They do not fit together.

    Example:
        >>> import minitorch_ff as torch
        >>> from minitorch_ff.distributions import Categorical, MixtureSameFamily, Normal
        >>> weights = Categorical(torch.tensor([0.5, 0.5]))
        >>> mixture = MixtureSameFamily(weights, Normal(torch.tensor([-1.0, 1.0]), 1.0))
        >>> mixture.mean, mixture.variance
        (tensor(0.), tensor(2.))

    See: [torch.distributions.mixture_same_family.MixtureSameFamily](https://docs.pytorch.org/docs/stable/distributions.html#mixturesamefamily).
    """

    arg_constraints: Any = {}

    def __init__(
        self,
        mixture_distribution: Any,
        component_distribution: Any,
        validate_args: bool | None = None,
    ) -> None:
        mixture, component = mixture_distribution, component_distribution
        if not isinstance(mixture, Categorical):
            raise ValueError(
                " The Mixture distribution needs to be an  instance of "
                "torch.distributions.Categorical"
            )
        if not isinstance(component, Distribution):
            raise ValueError(
                "The Component distribution needs to be an instance of "
                "torch.distributions.Distribution"
            )
        outer = component.batch_shape[:-1]
        for size, wanted in zip(reversed(mixture.batch_shape), reversed(outer), strict=False):
            if 1 not in (size, wanted) and size != wanted:
                raise ValueError(
                    f"`mixture_distribution.batch_shape` ({mixture.batch_shape}) is not "
                    "compatible with `component_distribution.batch_shape`"
                    f"({outer})"
                )
        count, wanted = mixture.logits.shape[-1], component.batch_shape[-1]
        if count != wanted:
            raise ValueError(
                f"`mixture_distribution component` ({count}) does not equal "
                f"`component_distribution.batch_shape[-1]` ({wanted})"
            )
        self._mixture_distribution, self._component_distribution = mixture, component
        self._dim = -1 - len(component.event_shape)  # along which the components lie
        super().__init__(outer, component.event_shape, validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Self:
        new = super().expand(batch_shape)
        shape = Size(batch_shape) + self._component_distribution.batch_shape[-1:]
        new._component_distribution = self._component_distribution.expand(shape)
        new._mixture_distribution = self._mixture_distribution.expand(batch_shape)
        return new

    mixture_distribution = formula(lambda self: self._mixture_distribution)
    component_distribution = formula(lambda self: self._component_distribution)

    @constraints.dependent_property
    def support(self) -> Any:
        return constraints.MixtureSameFamilyConstraint(self._component_distribution.support)

    def _weighted(self, values: Tensor) -> Tensor:
        """The average of values of the components."""
        probs = self._mixture_distribution.probs
        probs = probs.reshape(probs.shape + (1,) * len(self._event_shape))
        return (probs * values).sum(self._dim)

    mean = formula(lambda self: self._weighted(self._component_distribution.mean))

    @property
    def variance(self) -> Tensor:
        component = self._component_distribution
        spread = (component.mean - self.mean.unsqueeze(self._dim)).pow(2.0)
        return self._weighted(component.variance) + self._weighted(spread)

    def _cdf(self, value: Tensor) -> Tensor:
        each = self._component_distribution.cdf(value.unsqueeze(self._dim))
        return (each * self._mixture_distribution.probs).sum(-1)

    def _log_prob(self, value: Tensor) -> Tensor:
        each = self._component_distribution.log_prob(value.unsqueeze(self._dim))
        return logsumexp(each + self._mixture_distribution.logits.log_softmax(-1), -1)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        with no_grad():
            chosen = self._mixture_distribution.sample(sample_shape)
            values = self._component_distribution.sample(sample_shape)
            index = chosen.reshape(chosen.shape + (1,) * (1 + len(self._event_shape)))
            index = index.expand(chosen.shape + (1, *self._event_shape))
            return values.gather(self._dim, index).squeeze(self._dim)

    def __repr__(self) -> str:
        mixture, component = self._mixture_distribution, self._component_distribution
        return f"MixtureSameFamily(\n  {mixture},\n  {component})"
