"""Distributions made of others: transformed, of independent parts, and mixed."""

from __future__ import annotations

from typing import Any, Self

from minitorch_ff._size import Size
from minitorch_ff._tensor import Tensor
from minitorch_ff.distributions import constraints
from minitorch_ff.distributions.distribution import Distribution, same_as
from minitorch_ff.distributions.independent import Independent
from minitorch_ff.distributions.transforms import ComposeTransform, Transform
from minitorch_ff.distributions.utils import sum_rightmost
from minitorch_ff.firefly.modes import no_grad

__all__ = ["TransformedDistribution"]


class TransformedDistribution(Distribution):
    r"""The distribution of a function of a random value.

    $$ \ln p(y) = \ln p_x(f^{-1}(y)) - \ln \left| \det \partial f / \partial x \right| $$

    Args:
        base_distribution: The distribution of the value.
        transforms: The function: a transform, or several, the first to be applied first.
        validate_args: See `Distribution`.

    Raises:
        ValueError: `transforms` are none, or want more dimensions than there are.

    Example:
        >>> import minitorch_ff as torch
        >>> from minitorch_ff.distributions import Normal, TransformedDistribution, transforms
        >>> log_normal = TransformedDistribution(Normal(0.0, 1.0), transforms.ExpTransform())
        >>> log_normal.log_prob(torch.tensor(1.0))
        tensor(-0.9189)

    See: [torch.distributions.TransformedDistribution](https://docs.pytorch.org/docs/stable/distributions.html#transformeddistribution).
    """

    arg_constraints: Any = {}
    has_rsample = same_as("base_dist.has_rsample")

    def __init__(
        self, base_distribution: Any, transforms: Any, validate_args: bool | None = None
    ) -> None:
        listed = [transforms] if isinstance(transforms, Transform) else transforms
        if not isinstance(listed, list):
            raise ValueError(f"transforms must be a Transform or list, but was {transforms}")
        if not all(isinstance(t, Transform) for t in listed):
            raise ValueError("transforms must be a Transform or a list of Transforms")
        self.transforms = listed
        base = base_distribution
        shape = base.batch_shape + base.event_shape
        whole = ComposeTransform(listed)
        needed = whole.domain.event_dim
        if len(shape) < needed:
            raise ValueError(
                f"base_distribution needs to have shape with size at least {needed}, "
                f"but got {shape}."
            )
        result = Size(whole.forward_shape(shape))
        wanted = Size(whole.inverse_shape(result))
        if shape != wanted:
            base = base.expand(wanted[: len(wanted) - len(base.event_shape)])
        more = needed - len(base.event_shape)
        if more > 0:
            base = Independent(base, more)
        self.base_dist = base
        dims = whole.codomain.event_dim + max(len(base.event_shape) - needed, 0)
        cut = len(result) - dims
        super().__init__(result[:cut], result[cut:], validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Self:
        new = super().expand(batch_shape)
        whole = ComposeTransform(self.transforms)
        shape = whole.inverse_shape(Size(batch_shape) + self.event_shape)
        cut = len(shape) - len(self.base_dist.event_shape)
        new.base_dist = self.base_dist.expand(Size(shape[:cut]))
        return new

    @constraints.dependent_property(is_discrete=False)
    def support(self) -> Any:
        if not self.transforms:
            return self.base_dist.support
        support = self.transforms[-1].codomain
        more = len(self.event_shape) - support.event_dim
        return constraints.independent(support, more) if more > 0 else support

    def sample(self, sample_shape: Any = ()) -> Tensor:
        with no_grad():
            return self._transformed(self.base_dist.sample(sample_shape))

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        return self._transformed(self.base_dist.rsample(sample_shape))

    def _transformed(self, x: Tensor) -> Tensor:
        for transform in self.transforms:
            x = transform(x)
        return x

    def _log_prob(self, value: Tensor) -> Tensor:
        dims, total, y = len(self.event_shape), 0.0, value
        for transform in reversed(self.transforms):
            x = transform.inv(y)
            dims += transform.domain.event_dim - transform.codomain.event_dim
            change = transform.log_abs_det_jacobian(x, y)
            total = total - sum_rightmost(change, dims - transform.domain.event_dim)
            y = x
        base = self.base_dist
        return total + sum_rightmost(base.log_prob(y), dims - len(base.event_shape))

    def _monotonized(self, probability: Any) -> Any:
        """A probability turned round where the function falls."""
        sign: Any = 1
        for transform in self.transforms:
            sign = sign * transform.sign
        if isinstance(sign, int) and sign == 1:
            return probability
        return sign * (probability - 0.5) + 0.5

    def _cdf(self, value: Tensor) -> Tensor:
        for transform in reversed(self.transforms):
            value = transform.inv(value)
        return self._monotonized(self.base_dist.cdf(value))

    def icdf(self, value: Tensor) -> Tensor:
        return self._transformed(self.base_dist.icdf(self._monotonized(value)))
