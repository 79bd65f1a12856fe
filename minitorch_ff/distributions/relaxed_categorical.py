"""Choices made soft, so that gradients pass: the Gumbel-softmax trick and its kin.

Source: C. J. Maddison et al., The Concrete Distribution (2017), https://arxiv.org/abs/1611.00712;
E. Jang et al., Categorical Reparameterization with Gumbel-Softmax (2017).
"""

from __future__ import annotations

import math
from typing import Any

from minitorch_ff._functions.random import rand
from minitorch_ff._functions.joining import broadcast_tensors
from minitorch_ff._tensor import Tensor
from minitorch_ff.distributions import constraints
from minitorch_ff.distributions.bernoulli import ByChance, named
from minitorch_ff.distributions.categorical import CHANCES, Categorical
from minitorch_ff.distributions.distribution import Distribution, same_as
from minitorch_ff.distributions.transformed_distribution import TransformedDistribution
from minitorch_ff.distributions.transforms import ExpTransform, SigmoidTransform
from minitorch_ff.distributions.utils import clamp_probs

__all__ = ["RelaxedBernoulli", "RelaxedOneHotCategorical"]


class LogitRelaxedBernoulli(ByChance):
    """The log odds of a `RelaxedBernoulli`."""

    support = constraints.real
    has_rsample = True
    _fixed = ("temperature",)

    def __init__(
        self, temperature: Tensor, probs: Any = None, logits: Any = None,
        validate_args: bool | None = None,
    ) -> None:  # fmt: skip
        self.temperature = temperature
        self._set(validate_args, **named(probs, logits))

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        probs = clamp_probs(self.probs.expand(shape))
        u = clamp_probs(rand(shape, dtype=probs.dtype, device=probs.device))
        noise = u.log() - (-u).log1p()
        return (noise + probs.log() - (-probs).log1p()) / self.temperature

    def _log_prob(self, value: Tensor) -> Tensor:
        logits, value = broadcast_tensors(self.logits, value)
        distance = logits - value * self.temperature
        return self.temperature.log() + distance - 2 * distance.exp().log1p()


class RelaxedBernoulli(TransformedDistribution):
    """Between 0 and 1, near one of them if the temperature is low.

    Args:
        temperature: How soft the choice is.
        probs: The probability of a one.
        logits: Or its log odds.
        validate_args: See `Distribution`.

    See: [torch.distributions.relaxed_bernoulli.RelaxedBernoulli](https://docs.pytorch.org/docs/stable/distributions.html#relaxedbernoulli).
    """

    arg_constraints = ByChance.arg_constraints
    support = constraints.unit_interval
    has_rsample = True
    temperature = same_as("base_dist.temperature")
    probs, logits = same_as("base_dist.probs"), same_as("base_dist.logits")

    def __init__(
        self, temperature: Tensor, probs: Any = None, logits: Any = None,
        validate_args: bool | None = None,
    ) -> None:  # fmt: skip
        base = LogitRelaxedBernoulli(temperature, probs, logits)
        super().__init__(base, SigmoidTransform(), validate_args=validate_args)


class ExpRelaxedCategorical(Distribution):
    """The logarithms of a `RelaxedOneHotCategorical`."""

    arg_constraints = CHANCES
    support = constraints.real_vector  # their exponentials add up to one, in truth
    has_rsample = True
    probs, logits = same_as("_categorical.probs"), same_as("_categorical.logits")
    param_shape = same_as("_categorical.param_shape")
    _fixed = ("temperature",)

    def __init__(
        self, temperature: Tensor, probs: Any = None, logits: Any = None,
        validate_args: bool | None = None,
    ) -> None:  # fmt: skip
        self._categorical = Categorical(probs, logits)
        self.temperature = temperature
        shape = self._categorical.param_shape
        super().__init__(shape[:-1], shape[-1:], validate_args)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        u = clamp_probs(rand(shape, dtype=self.logits.dtype, device=self.logits.device))
        gumbels = -((-(u.log())).log())
        return ((self.logits + gumbels) / self.temperature).log_softmax(-1)

    def _log_prob(self, value: Tensor) -> Tensor:
        logits, value = broadcast_tensors(self.logits, value)
        parts = self._event_shape[0]
        scale = math.lgamma(parts) + (parts - 1) * self.temperature.log()
        return (logits - value * self.temperature).log_softmax(-1).sum(-1) + scale


class RelaxedOneHotCategorical(TransformedDistribution):
    """Probabilities, nearly one-hot if the temperature is low.

    Args:
        temperature: How soft the choice is.
        probs: Probabilities, or weights of any sum. Shape `(…, categories)`.
        logits: Or their logarithms, up to a constant.
        validate_args: See `Distribution`.

    See: [torch.distributions.relaxed_categorical.RelaxedOneHotCategorical](https://docs.pytorch.org/docs/stable/distributions.html#relaxedonehotcategorical).
    """

    arg_constraints = CHANCES
    support = constraints.simplex
    has_rsample = True
    temperature = same_as("base_dist.temperature")
    probs, logits = same_as("base_dist.probs"), same_as("base_dist.logits")

    def __init__(
        self, temperature: Tensor, probs: Any = None, logits: Any = None,
        validate_args: bool | None = None,
    ) -> None:  # fmt: skip
        base = ExpRelaxedCategorical(temperature, probs, logits, validate_args=validate_args)
        super().__init__(base, ExpTransform(), validate_args=validate_args)
