"""`Distribution`: what all distributions have."""

from __future__ import annotations

import copy
import operator
import warnings
from collections.abc import Callable
from typing import Any, Self

from minitorch_ff._functions.random import normal
from minitorch_ff._functions.creation import arange, ones, zeros
from minitorch_ff._size import Size
from minitorch_ff._tensor import Tensor
from minitorch_ff.distributions import constraints
from minitorch_ff.distributions.utils import broadcast_all, lazy_property
from minitorch_ff.firefly.modes import no_grad

__all__ = ["Distribution"]


def same_as(path: str) -> Any:
    """A property that is another one, by its dotted path."""
    return property(operator.attrgetter(path))


def formula(function: Callable[[Any], Any]) -> Any:
    """A property that is computed: the moments of most distributions are one formula."""
    return property(function)


class Distribution:
    """A distribution, or a batch of them.

    A sample has the shape `sample_shape + batch_shape + event_shape`: so many draws, of so
    many distributions, each of a number (`event_shape` is empty), a vector or a matrix.
    A subclass gives `_log_prob` (or overrides `log_prob`) and `rsample` or `sample`.

    Args:
        batch_shape: How many distributions there are.
        event_shape: The shape of one draw of one distribution.
        validate_args: Whether to check the parameters now and values later.

    Raises:
        ValueError: A parameter violates its constraint.

    See: [torch.distributions.Distribution](https://docs.pytorch.org/docs/stable/distributions.html#torch.distributions.distribution.Distribution).
    """

    has_rsample: Any = False
    """Whether `rsample` gives differentiable samples."""
    has_enumerate_support: Any = False
    """Whether there are finitely many values, which `enumerate_support` lists."""
    _validate_args = __debug__
    _fixed: tuple[str, ...] = ()  # tensors that `expand` leaves as they are

    def __init__(
        self, batch_shape: Any = (), event_shape: Any = (), validate_args: bool | None = None
    ) -> None:
        self._batch_shape, self._event_shape = Size(batch_shape), Size(event_shape)
        if validate_args is not None:
            self._validate_args = validate_args
        if self._validate_args:
            self._validate_parameters()

    def _set(self, validate_args: bool | None, **parameters: Any) -> None:
        """Take parameters, broadcast to one shape, which is the batch's."""
        values = broadcast_all(*parameters.values())
        self.__dict__.update(zip(parameters, values, strict=True))
        Distribution.__init__(self, values[0].shape, validate_args=validate_args)

    def _validate_parameters(self) -> None:
        try:
            expected = self.arg_constraints
        except NotImplementedError:
            warnings.warn(
                f"{type(self)} does not define `arg_constraints`. Please set `arg_constraints = "
                "{}` or initialize the distribution with `validate_args=False` to turn off "
                "validation.",
                stacklevel=4,
            )
            return
        for name, constraint in expected.items():
            unset = name not in self.__dict__ and isinstance(
                getattr(type(self), name), lazy_property
            )
            if unset or constraints.is_dependent(constraint):
                continue
            value = getattr(self, name)
            if not bool(constraint.check(value).all()):
                raise ValueError(
                    f"Expected parameter {name} ({type(value).__name__} of shape "
                    f"{tuple(value.shape)}) of distribution {self!r} to satisfy the constraint "
                    f"{constraint!r}, but found invalid values:\n{value}"
                )

    @staticmethod
    def set_default_validate_args(value: bool) -> None:
        """Switch the checks of parameters and values on or off for all distributions."""
        if value not in (True, False):
            raise ValueError
        Distribution._validate_args = value

    @property
    def batch_shape(self) -> Size:
        """How many distributions there are."""
        return self._batch_shape

    @property
    def event_shape(self) -> Size:
        """The shape of one draw of one distribution."""
        return self._event_shape

    @property
    def arg_constraints(self) -> Any:
        """The constraint of each parameter, by name."""
        raise NotImplementedError

    @property
    def support(self) -> Any:
        """The constraint that samples satisfy."""
        raise NotImplementedError

    @property
    def mean(self) -> Any:
        """The expected value."""
        raise NotImplementedError

    @property
    def mode(self) -> Any:
        """The most likely value."""
        raise NotImplementedError(f"{type(self)} does not implement mode")

    @property
    def variance(self) -> Any:
        """The expected square of the distance from the mean."""
        raise NotImplementedError

    @property
    def stddev(self) -> Any:
        """The standard deviation, in the unit of the samples."""
        return self.variance.sqrt()

    def expand(self, batch_shape: Any, _instance: Any = None) -> Self:
        """The distribution in a larger batch, sharing memory.

        Args:
            batch_shape: The shape wanted, as for `Tensor.expand`.
        """
        before, after = len(self._batch_shape), Size(batch_shape)
        new = copy.copy(self)
        for name, value in self.__dict__.items():
            if name in self._fixed:
                continue
            if isinstance(value, Tensor):
                new.__dict__[name] = value.expand(after + value.shape[before:])
            elif isinstance(value, Distribution):
                new.__dict__[name] = value.expand(after + value.batch_shape[before:])
        new._batch_shape = after
        return new

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """Draw values, without gradients.

        Args:
            sample_shape: How many of each distribution of the batch.
        """
        with no_grad():
            return self.rsample(sample_shape)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """Draw values through which gradients reach the parameters (reparameterized).

        Args:
            sample_shape: How many of each distribution of the batch.
        """
        raise NotImplementedError

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the density (or the probability) at `value`, in nats."""
        if self._validate_args:
            self._validate_sample(value)
        return self._log_prob(value)

    def _log_prob(self, value: Any) -> Any:
        raise NotImplementedError

    _cdf = _log_prob

    def cdf(self, value: Tensor) -> Tensor:
        """The probability that a draw is not above `value`."""
        if self._validate_args:
            self._validate_sample(value)
        return self._cdf(value)

    def icdf(self, value: Tensor) -> Tensor:
        """The number that a draw stays below with probability `value`."""
        raise NotImplementedError

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """All values, along the first dimension.

        Args:
            expand: Repeat them for each distribution of the batch.
        """
        raise NotImplementedError

    def entropy(self) -> Any:
        """The entropy, in nats. Shape: `batch_shape`."""
        raise NotImplementedError

    def perplexity(self) -> Any:
        """`e` to the entropy."""
        return self.entropy().exp()

    def _extended_shape(self, sample_shape: Any = ()) -> Size:
        """The shape of a sample."""
        return Size(sample_shape) + self._batch_shape + self._event_shape

    def _validate_sample(self, value: Tensor) -> None:
        """Refuse a value of another shape, or outside the support."""
        if not isinstance(value, Tensor):
            raise ValueError("The value argument to log_prob must be a Tensor")
        shape, expected = value.size(), self._batch_shape + self._event_shape
        if shape[value.dim() - len(self._event_shape) :] != self._event_shape:
            raise ValueError(
                "The right-most size of value must match event_shape: "
                f"{shape} vs {self._event_shape}."
            )
        for i, j in zip(reversed(shape), reversed(expected), strict=False):
            if i != j and 1 not in (i, j):
                raise ValueError(
                    "Value is not broadcastable with batch_shape+event_shape: "
                    f"{shape} vs {expected}."
                )
        support = self.support
        if not bool(support.check(value).all()):
            raise ValueError(
                f"Expected value argument ({type(value).__name__} of shape {tuple(shape)}) to be "
                f"within the support ({support!r}) of the distribution {self!r}, but found "
                f"invalid values:\n{value}"
            )

    def __repr__(self) -> str:
        known = [name for name in self.arg_constraints if name in self.__dict__]
        values = {name: self.__dict__[name] for name in known}
        shown = [f"{k}: {v if v.numel() == 1 else v.size()}" for k, v in values.items()]
        return f"{type(self).__name__}({', '.join(shown)})"


def standard_normal(shape: Any, like: Tensor) -> Tensor:
    """Draws from the normal distribution of mean 0 and variance 1."""
    options: Any = {"dtype": like.dtype, "device": like.device}
    return normal(zeros(shape, **options), ones(shape, **options))


def listed_support(distribution: Distribution, count: int, dtype: Any, expand: bool) -> Any:
    """The numbers from 0 on as a support: one per row, for each of the batch."""
    values = arange(count, dtype=dtype).reshape((-1,) + (1,) * len(distribution.batch_shape))
    return values.expand((-1, *distribution.batch_shape)) if expand else values
