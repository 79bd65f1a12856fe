"""Batches taken for vectors: `Independent`."""

from __future__ import annotations

from typing import Any

from minitorch_ff._tensor import Tensor
from minitorch_ff.distributions import constraints
from minitorch_ff.distributions.distribution import Distribution, same_as
from minitorch_ff.distributions.utils import sum_rightmost

__all__ = ["Independent"]


class Independent(Distribution):
    """The last dimensions of a batch taken for those of one draw.

    Args:
        base_distribution: The distribution of one element.
        reinterpreted_batch_ndims: How many dimensions of its batch become the event's.
        validate_args: See `Distribution`.

    Raises:
        ValueError: The batch has fewer.

    Example:
        >>> import minitorch_ff as torch
        >>> from minitorch_ff.distributions import Independent, Normal
        >>> three = Normal(torch.zeros(3), 1.0)
        >>> Independent(three, 1).log_prob(torch.zeros(3))  # one number, not three
        tensor(-2.7568)

    See: [torch.distributions.independent.Independent](https://docs.pytorch.org/docs/stable/distributions.html#independent).
    """

    arg_constraints: Any = {}
    has_rsample = same_as("base_dist.has_rsample")
    mean, mode = same_as("base_dist.mean"), same_as("base_dist.mode")
    variance = same_as("base_dist.variance")
    sample, rsample = same_as("base_dist.sample"), same_as("base_dist.rsample")

    def __init__(
        self,
        base_distribution: Any,
        reinterpreted_batch_ndims: int,
        validate_args: bool | None = None,
    ) -> None:
        batch, dims = base_distribution.batch_shape, reinterpreted_batch_ndims
        if dims > len(batch):
            raise ValueError(
                "Expected reinterpreted_batch_ndims <= len(base_distribution.batch_shape), "
                f"actual {dims} vs {len(batch)}"
            )
        self.base_dist, self.reinterpreted_batch_ndims = base_distribution, dims
        shape, cut = batch + base_distribution.event_shape, len(batch) - dims
        super().__init__(shape[:cut], shape[cut:], validate_args)

    @property
    def has_enumerate_support(self) -> bool:
        return not self.reinterpreted_batch_ndims and self.base_dist.has_enumerate_support

    @constraints.dependent_property
    def support(self) -> Any:
        base, dims = self.base_dist.support, self.reinterpreted_batch_ndims
        return constraints.independent(base, dims) if dims else base

    def _log_prob(self, value: Tensor) -> Tensor:
        return sum_rightmost(self.base_dist.log_prob(value), self.reinterpreted_batch_ndims)

    def log_prob(self, value: Tensor) -> Tensor:
        return self._log_prob(value)  # the parts check their values

    def entropy(self) -> Tensor:
        return sum_rightmost(self.base_dist.entropy(), self.reinterpreted_batch_ndims)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        if self.reinterpreted_batch_ndims:
            raise NotImplementedError("Enumeration over cartesian product is not implemented")
        return self.base_dist.enumerate_support(expand)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.base_dist}, {self.reinterpreted_batch_ndims})"
