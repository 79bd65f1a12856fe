"""One of several categories, once or many times, or a soft choice that passes gradients.

Source of the relaxed ones: C. J. Maddison et al., The Concrete Distribution (2017),
https://arxiv.org/abs/1611.00712; E. Jang et al., Categorical Reparameterization with
Gumbel-Softmax (2017), https://arxiv.org/abs/1611.01144.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar

from minitorch_ff._dtypes import finfo, int64
from minitorch_ff._functions import random
from minitorch_ff._functions.creation import eye, ones_like, tensor
from minitorch_ff._functions.joining import broadcast_tensors
from minitorch_ff._functions.random import rand
from minitorch_ff._size import Size
from minitorch_ff._tensor import Tensor
from minitorch_ff.distributions import constraints
from minitorch_ff.distributions.bernoulli import CHANCE, Binomial, ByChance, named
from minitorch_ff.distributions.distribution import Distribution, formula, listed_support, same_as
from minitorch_ff.distributions.transformed_distribution import TransformedDistribution
from minitorch_ff.distributions.transforms import ExpTransform, SigmoidTransform
from minitorch_ff.distributions.utils import clamp_probs
from minitorch_ff.firefly.modes import no_grad
from minitorch_ff.nn.functional.sparse import one_hot

__all__ = [
    "Categorical", "Multinomial", "OneHotCategorical", "OneHotCategoricalStraightThrough",
    "RelaxedBernoulli", "RelaxedOneHotCategorical",
]  # fmt: skip

CHANCES = {"probs": constraints.simplex, "logits": constraints.real_vector}


class Categorical(ByChance):
    """The number of a category, drawn with its probability.

    Args:
        probs: Probabilities, or weights of any sum. Shape `(…, categories)`.
        logits: Or their logarithms, up to a constant.
        validate_args: See `Distribution`.

    Raises:
        ValueError: None or both are given, or they have no dimension.

    Example:
        >>> import minitorch_ff as torch
        >>> from minitorch_ff.distributions import Categorical
        >>> policy = Categorical(logits=torch.zeros(4))
        >>> policy.log_prob(torch.tensor(2)), policy.entropy()
        (tensor(-1.3863), tensor(1.3863))

    See: [torch.distributions.categorical.Categorical](https://docs.pytorch.org/docs/stable/distributions.html#categorical).
    """

    arg_constraints = CHANCES
    has_enumerate_support = True
    binary = False

    def __init__(
        self, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        ((name, given),) = named(probs, logits).items()
        if given.dim() < 1:
            raise ValueError(f"`{name}` parameter must be at least one-dimensional.")
        if name == "probs":
            self.probs = given / given.sum(-1, keepdim=True)
        else:
            self.logits = given - given.logsumexp(-1, keepdim=True)
        self._num_events = given.shape[-1]
        Distribution.__init__(self, given.shape[:-1], validate_args=validate_args)

    support = constraints.dependent_property(
        lambda self: constraints.integer_interval(0, self._num_events - 1), is_discrete=True
    )
    mode = formula(lambda self: self.probs.argmax(-1))
    # unordered categories have no mean
    mean = variance = formula(lambda self: self.probs.new_full(self._batch_shape, math.nan))

    def sample(self, sample_shape: Any = ()) -> Tensor:
        count = Size(sample_shape).numel()
        with no_grad():
            rows = self.probs.reshape(-1, self._num_events)
            drawn = random.multinomial(rows, count, True).T
            return drawn.reshape(self._extended_shape(sample_shape))

    def _log_prob(self, value: Tensor) -> Tensor:
        value, logits = broadcast_tensors(value.long().unsqueeze(-1), self.logits)
        return logits.gather(-1, value[..., :1]).squeeze(-1)

    def entropy(self) -> Tensor:
        logits = self.logits.clamp(min=finfo(self.logits.dtype).min)
        return -(logits * self.probs).sum(-1)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        return listed_support(self, self._num_events, int64, expand)


class OfCategories(Distribution):
    """Vectors with an element for each category, of which one or many are drawn."""

    arg_constraints = CHANCES
    probs, logits = same_as("_categorical.probs"), same_as("_categorical.logits")
    param_shape = same_as("_categorical.param_shape")
    _fixed = ("temperature",)

    def __init__(
        self, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        self._categorical = Categorical(probs, logits)
        shape = self.param_shape
        super().__init__(shape[:-1], shape[-1:], validate_args)


class OneHotCategorical(OfCategories):
    """A category as a vector: one at its place, zeros elsewhere.

    Args:
        probs: Probabilities, or weights of any sum. Shape `(…, categories)`.
        logits: Or their logarithms, up to a constant.
        validate_args: See `Distribution`.

    See: [torch.distributions.one_hot_categorical.OneHotCategorical](https://docs.pytorch.org/docs/stable/distributions.html#onehotcategorical).
    """

    support = constraints.one_hot
    has_enumerate_support = True
    mean = same_as("probs")
    mode = formula(lambda self: self._one_hot(self.probs.argmax(-1)))
    variance = formula(lambda self: self.probs * (1 - self.probs))
    entropy = same_as("_categorical.entropy")

    def _one_hot(self, categories: Tensor) -> Tensor:
        return one_hot(categories, self._event_shape[0]).to(self.probs.dtype)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        return self._one_hot(self._categorical.sample(sample_shape))

    def _log_prob(self, value: Tensor) -> Tensor:
        return self._categorical.log_prob(value.max(-1)[1])

    def enumerate_support(self, expand: bool = True) -> Tensor:
        n, batch = self._event_shape[0], self._batch_shape
        values = eye(n, dtype=self.probs.dtype, device=self.probs.device)
        values = values.reshape((n,) + (1,) * len(batch) + (n,))
        return values.expand((n, *batch, n)) if expand else values


class OneHotCategoricalStraightThrough(OneHotCategorical):
    """`OneHotCategorical` whose draws pass gradients on as if they were the probabilities.

    See: [torch.distributions.one_hot_categorical.OneHotCategoricalStraightThrough](https://docs.pytorch.org/docs/stable/distributions.html#onehotcategoricalstraightthrough).
    """

    has_rsample = True

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        return self.sample(sample_shape) + (self.probs - self.probs.detach())


class Multinomial(OfCategories):
    """How often each category comes in so many draws.

    Args:
        total_count: How many draws.
        probs: Probabilities, or weights of any sum. Shape `(…, categories)`.
        logits: Or their logarithms, up to a constant.
        validate_args: See `Distribution`.

    Raises:
        NotImplementedError: There is no one `total_count`.

    See: [torch.distributions.multinomial.Multinomial](https://docs.pytorch.org/docs/stable/distributions.html#multinomial).
    """

    def __init__(
        self, total_count: int = 1, probs: Any = None, logits: Any = None,
        validate_args: bool | None = None,
    ) -> None:  # fmt: skip
        if not isinstance(total_count, int):
            raise NotImplementedError("inhomogeneous total_count is not supported")
        self.total_count = total_count
        super().__init__(probs, logits, validate_args)

    support = constraints.dependent_property(
        lambda self: constraints.multinomial(self.total_count), is_discrete=True, event_dim=1
    )
    mean = formula(lambda self: self.probs * self.total_count)
    variance = formula(lambda self: self.total_count * self.probs * (1 - self.probs))

    def sample(self, sample_shape: Any = ()) -> Tensor:
        drawn = self._categorical.sample((self.total_count, *sample_shape)).movedim(0, -1)
        counts = self.probs.new_zeros(self._extended_shape(sample_shape))
        return counts.detach().scatter_add(-1, drawn, ones_like(drawn, dtype=counts.dtype))

    def _log_prob(self, value: Tensor) -> Tensor:
        logits, value = broadcast_tensors(self.logits, value)
        ways = (value.sum(-1) + 1).lgamma() - (value + 1).lgamma().sum(-1)
        logits = logits.masked_fill((value == 0) & (logits == -math.inf), 0)
        return ways + (logits * value).sum(-1)

    def entropy(self) -> Tensor:
        n = tensor(self.total_count)
        each = Binomial(self.total_count, probs=self.probs)
        counts = each.enumerate_support(False)[1:]
        weights = (counts + 1).lgamma()
        inner = (each.log_prob(counts).exp() * weights).sum([0, -1])
        return n * self._categorical.entropy() - (n + 1).lgamma() + inner


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
        super().__init__(probs, logits, validate_args)

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


class Relaxed(TransformedDistribution):
    """Soft choices: a distribution over all numbers, and the way into the unit interval."""

    has_rsample = True
    temperature = same_as("base_dist.temperature")
    probs, logits = same_as("base_dist.probs"), same_as("base_dist.logits")
    kinds: ClassVar[Any] = ()  # of that distribution and that way

    def __init__(
        self, temperature: Tensor, probs: Any = None, logits: Any = None,
        validate_args: bool | None = None,
    ) -> None:  # fmt: skip
        base, way = self.kinds
        super().__init__(base(temperature, probs, logits), way(), validate_args)


class RelaxedBernoulli(Relaxed):
    """Between 0 and 1, near one of them if the temperature is low.

    Args:
        temperature: How soft the choice is.
        probs: The probability of a one.
        logits: Or its log odds.
        validate_args: See `Distribution`.

    See: [torch.distributions.relaxed_bernoulli.RelaxedBernoulli](https://docs.pytorch.org/docs/stable/distributions.html#relaxedbernoulli).
    """

    arg_constraints = CHANCE
    support = constraints.unit_interval
    kinds = LogitRelaxedBernoulli, SigmoidTransform


class ExpRelaxedCategorical(OfCategories):
    """The logarithms of a `RelaxedOneHotCategorical`."""

    support = constraints.real_vector  # their exponentials add up to one, in truth
    has_rsample = True

    def __init__(
        self, temperature: Tensor, probs: Any = None, logits: Any = None,
        validate_args: bool | None = None,
    ) -> None:  # fmt: skip
        self.temperature = temperature
        super().__init__(probs, logits, validate_args)

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


class RelaxedOneHotCategorical(Relaxed):
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
    kinds = ExpRelaxedCategorical, ExpTransform
