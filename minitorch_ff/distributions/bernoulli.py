"""Tries with two outcomes: Bernoulli, geometric, binomial, negative binomial."""

from __future__ import annotations

import math
from typing import Any

from minitorch_ff._dtypes import finfo
from minitorch_ff._functions import random
from minitorch_ff._functions.creation import zeros_like
from minitorch_ff._functions.joining import broadcast_tensors
from minitorch_ff._functions.selection import where
from minitorch_ff._tensor import Tensor
from minitorch_ff.distributions import constraints
from minitorch_ff.distributions.distribution import Distribution, formula, listed_support, same_as
from minitorch_ff.distributions.gamma import Gamma
from minitorch_ff.distributions.utils import lazy_property, logits_to_probs, probs_to_logits
from minitorch_ff.firefly.modes import no_grad
from minitorch_ff.nn.functional.activation import logsigmoid
from minitorch_ff.nn.functional.loss import binary_cross_entropy_with_logits

__all__ = ["Bernoulli", "Binomial", "Geometric", "NegativeBinomial"]


def named(probs: Any, logits: Any) -> dict[str, Any]:
    """The one of both that is given, by its name.

    Raises:
        ValueError: None is, or both are.
    """
    if (probs is None) == (logits is None):
        raise ValueError("Either `probs` or `logits` must be specified, but not both.")
    return {"logits": logits} if probs is None else {"probs": probs}


CHANCE = {"probs": constraints.unit_interval, "logits": constraints.real}


class ByChance(Distribution):
    """Has one of `probs` and `logits`, and computes the other when it is asked for."""

    arg_constraints: Any = CHANCE
    binary = True

    def __init__(
        self, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        self._set(validate_args, **named(probs, logits))

    @lazy_property
    def logits(self) -> Any:
        """The log odds."""
        return probs_to_logits(self.probs, self.binary)

    @lazy_property
    def probs(self) -> Any:
        """The probabilities of success."""
        return logits_to_probs(self.logits, self.binary)

    @property
    def _param(self) -> Tensor:
        """The one of both that is known."""
        return self.__dict__["probs" if "probs" in self.__dict__ else "logits"]

    param_shape = same_as("_param.shape")


class Bernoulli(ByChance):
    """One with a probability, else zero.

    Args:
        probs: The probability of a one.
        logits: Or its log odds.
        validate_args: See `Distribution`.

    Example:
        >>> import minitorch_ff as torch
        >>> from minitorch_ff.distributions import Bernoulli
        >>> Bernoulli(torch.tensor([0.25, 0.5])).log_prob(torch.ones(2)).exp()
        tensor([0.2500, 0.5000])

    See: [torch.distributions.bernoulli.Bernoulli](https://docs.pytorch.org/docs/stable/distributions.html#bernoulli).
    """

    support = constraints.boolean
    has_enumerate_support = True
    mean = same_as("probs")

    @property
    def mode(self) -> Tensor:
        return where(self.probs == 0.5, math.nan, (self.probs >= 0.5).to(self.probs.dtype))

    variance = formula(lambda self: self.probs * (1 - self.probs))

    def sample(self, sample_shape: Any = ()) -> Tensor:
        with no_grad():
            return random.bernoulli(self.probs.expand(self._extended_shape(sample_shape)))

    def _log_prob(self, value: Tensor) -> Tensor:
        logits, value = broadcast_tensors(self.logits, value)
        return -binary_cross_entropy_with_logits(logits, value, reduction="none")

    def entropy(self) -> Tensor:
        return binary_cross_entropy_with_logits(self.logits, self.probs, reduction="none")

    def enumerate_support(self, expand: bool = True) -> Tensor:
        return listed_support(self, 2, self._param.dtype, expand)


class Geometric(ByChance):
    """How many tries fail before the first success.

    Args:
        probs: The probability of success.
        logits: Or its log odds.
        validate_args: See `Distribution`.

    See: [torch.distributions.geometric.Geometric](https://docs.pytorch.org/docs/stable/distributions.html#geometric).
    """

    support = constraints.nonnegative_integer

    def __init__(
        self, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        super().__init__(probs, logits, validate_args)
        if self._validate_args and probs is not None and not bool((self.probs > 0).all()):
            wrong = self.probs.data[self.probs <= 0]
            raise ValueError(
                f"Expected parameter probs ({type(self.probs).__name__} of shape "
                f"{tuple(self.probs.shape)}) of distribution {self!r} to be positive but found "
                f"invalid values:\n{wrong}"
            )

    mean = formula(lambda self: 1.0 / self.probs - 1.0)
    mode = formula(lambda self: zeros_like(self.probs))
    variance = formula(lambda self: (1.0 / self.probs - 1.0) / self.probs)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        with no_grad():
            u = self.probs.new_empty(self._extended_shape(sample_shape))
            u.uniform_(finfo(u.dtype).tiny, 1)
            return (u.log() / (-self.probs).log1p()).floor()

    def _log_prob(self, value: Tensor) -> Tensor:
        value, probs = broadcast_tensors(value, self.probs)
        certain = (probs == 1) & (value == 0)
        return value * (-probs.masked_fill(certain, 0)).log1p() + self.probs.log()

    def entropy(self) -> Tensor:
        each = binary_cross_entropy_with_logits(self.logits, self.probs, reduction="none")
        return each / self.probs


class Binomial(ByChance):
    """How many of so many tries succeed.

    Args:
        total_count: The number of tries.
        probs: The probability of success.
        logits: Or its log odds.
        validate_args: See `Distribution`.

    See: [torch.distributions.binomial.Binomial](https://docs.pytorch.org/docs/stable/distributions.html#binomial).
    """

    arg_constraints = {"total_count": constraints.nonnegative_integer, **CHANCE}
    has_enumerate_support = True

    def __init__(
        self, total_count: Any = 1, probs: Any = None, logits: Any = None,
        validate_args: bool | None = None,
    ) -> None:  # fmt: skip
        ((name, chance),) = named(probs, logits).items()
        self._set(validate_args, total_count=total_count, **{name: chance})
        self.total_count = self.total_count.to(self.__dict__[name].dtype)

    support = constraints.dependent_property(
        lambda self: constraints.integer_interval(0, self.total_count), is_discrete=True
    )
    mean = formula(lambda self: self.total_count * self.probs)

    @property
    def mode(self) -> Tensor:
        return ((self.total_count + 1) * self.probs).floor().clamp(max=self.total_count)

    variance = formula(lambda self: self.total_count * self.probs * (1 - self.probs))

    def sample(self, sample_shape: Any = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        with no_grad():
            return random.binomial(self.total_count.expand(shape), self.probs.expand(shape))

    def _log_prob(self, value: Tensor) -> Tensor:
        n, logits = self.total_count, self.logits
        ways = (n + 1).lgamma() - (value + 1).lgamma() - (n - value + 1).lgamma()
        # ln(1 + e^logits), safe for large ones, with the gradient 1/2 of the clamps at zero
        positive = (logits.clamp(min=0) + logits - logits.clamp(max=0)) / 2
        norm = n * positive + n * (-logits.abs()).exp().log1p()
        return value * logits + ways - norm

    def entropy(self) -> Tensor:
        self._same_count("entropy")
        each = self.log_prob(self.enumerate_support(False))
        return -(each.exp() * each).sum(0)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        count = 1 + self._same_count("enumerate_support")
        return listed_support(self, count, self._param.dtype, expand)

    def _same_count(self, asked: str) -> int:
        count = int(self.total_count.max())
        if self.total_count.min() != count:
            raise NotImplementedError(f"Inhomogeneous total count not supported by `{asked}`.")
        return count


class NegativeBinomial(ByChance):
    """How many tries succeed before so many have failed.

    Args:
        total_count: The number of failures after which it ends; any positive number.
        probs: The probability of success.
        logits: Or its log odds.
        validate_args: See `Distribution`.

    See: [torch.distributions.negative_binomial.NegativeBinomial](https://docs.pytorch.org/docs/stable/distributions.html#negativebinomial).
    """

    arg_constraints = {
        "total_count": constraints.greater_than_eq(0),
        "probs": constraints.half_open_interval(0.0, 1.0),
        "logits": constraints.real,
    }
    support = constraints.nonnegative_integer

    def __init__(
        self, total_count: Any, probs: Any = None, logits: Any = None,
        validate_args: bool | None = None,
    ) -> None:  # fmt: skip
        self._set(validate_args, total_count=total_count, **named(probs, logits))

    mean = formula(lambda self: self.total_count * self.logits.exp())
    mode = formula(lambda self: ((self.total_count - 1) * self.logits.exp()).floor().clamp(min=0.0))
    variance = formula(lambda self: self.mean / (-self.logits).sigmoid())

    def sample(self, sample_shape: Any = ()) -> Tensor:
        with no_grad():
            rates = Gamma(self.total_count, (-self.logits).exp(), validate_args=False)
            return random.poisson(rates.sample(sample_shape))

    def _log_prob(self, value: Tensor) -> Tensor:
        n = self.total_count
        chances = n * logsigmoid(-self.logits) + value * logsigmoid(self.logits)
        ways = -(n + value).lgamma() + (1.0 + value).lgamma() + n.lgamma()
        return chances - ways.masked_fill(n + value == 0.0, 0.0)
