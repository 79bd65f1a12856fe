"""Invertible functions of samples, with the logarithm of their volume change.

See: [torch.distributions.transforms](https://docs.pytorch.org/docs/stable/distributions.html#module-torch.distributions.transforms).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from minitorch_ff._dtypes import finfo
from minitorch_ff._functions.creation import ones_like
from minitorch_ff._functions.joining import broadcast_shapes, cat
from minitorch_ff._tensor import Tensor
from minitorch_ff.distributions import constraints
from minitorch_ff.distributions.distribution import same_as
from minitorch_ff.distributions.utils import broadcast_all, sum_rightmost
from minitorch_ff.nn.functional.activation import logsigmoid, softplus

__all__ = [
    "AbsTransform", "AffineTransform", "ComposeTransform", "ExpTransform", "IndependentTransform",
    "LowerCholeskyTransform", "PowerTransform",
    "SigmoidTransform", "SoftmaxTransform", "SoftplusTransform", "StickBreakingTransform",
    "TanhTransform", "Transform", "identity_transform",
]  # fmt: skip


class Transform:
    """A function with an inverse, or at least a way back into its domain.

    A subclass gives `_call`, `_inverse` and, where it can be had, `log_abs_det_jacobian`.

    Args:
        cache_size: 1 to keep the last pair of argument and result, so that the inverse of
            a result is exactly its argument.

    Raises:
        ValueError: `cache_size` is neither 0 nor 1.
    """

    bijective: Any = False
    domain: Any = constraints.real
    codomain: Any = constraints.real

    def __init__(self, cache_size: int = 0) -> None:
        if cache_size not in (0, 1):
            raise ValueError("cache_size must be 0 or 1")
        self._cache_size = cache_size
        self._cached: tuple[Any, Any] = None, None

    def __call__(self, x: Tensor) -> Tensor:
        """The function's value."""
        if self._cache_size and x is self._cached[0]:
            return self._cached[1]
        y = self._call(x)
        self._cached = (x, y) if self._cache_size else (None, None)
        return y

    def _inv_call(self, y: Tensor) -> Tensor:
        """The inverse's value."""
        if self._cache_size and y is self._cached[1]:
            return self._cached[0]
        x = self._inverse(y)
        self._cached = (x, y) if self._cache_size else (None, None)
        return x

    def _call(self, x: Tensor) -> Tensor:
        raise NotImplementedError

    def _inverse(self, y: Tensor) -> Tensor:
        raise NotImplementedError

    @property
    def inv(self) -> Transform:
        """The inverse, as a transform."""
        return _InverseTransform(self)

    @property
    def sign(self) -> Any:
        """1 where the function rises, -1 where it falls."""
        raise NotImplementedError

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """The logarithm of how much the function stretches volumes at `x`, where it gives `y`."""
        raise NotImplementedError

    def forward_shape(self, shape: Any) -> Any:
        """The shape of the result for an argument's shape."""
        return shape

    def inverse_shape(self, shape: Any) -> Any:
        """The shape of the argument for a result's shape."""
        return shape

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return False
        settings = [name for name in vars(self) if name[0] != "_"]
        same = [getattr(self, name) == getattr(other, name) for name in settings]
        return all(bool(s.all()) if isinstance(s, Tensor) else s for s in same)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class _InverseTransform(Transform):
    """A transform the other way round."""

    inv: Any = None

    def __init__(self, transform: Transform) -> None:
        super().__init__(transform._cache_size)
        self.inv = transform

    domain, codomain = same_as("inv.codomain"), same_as("inv.domain")
    bijective, sign = same_as("inv.bijective"), same_as("inv.sign")
    forward_shape, inverse_shape = same_as("inv.inverse_shape"), same_as("inv.forward_shape")
    _inv_call = same_as("inv.__call__")

    def __call__(self, x: Tensor) -> Tensor:
        return self.inv._inv_call(x)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return -self.inv.log_abs_det_jacobian(y, x)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.inv!r})"


class ComposeTransform(Transform):
    """Several transforms, one after the other.

    Args:
        parts: The transforms, the first one to be applied first.
        cache_size: See `Transform`.
    """

    def __init__(self, parts: Sequence[Transform], cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.parts = list(parts)

    def _end(self, first: str, last: str, parts: list[Transform]) -> Any:
        """The outer constraint of the first of `parts`, for all dimensions that any needs."""
        if not parts:
            return constraints.real
        constraint = getattr(parts[0], first)
        dims = getattr(parts[-1], last).event_dim
        for part in reversed(parts):
            dims += getattr(part, first).event_dim - getattr(part, last).event_dim
            dims = max(dims, getattr(part, first).event_dim)
        more = dims - constraint.event_dim
        return constraints.independent(constraint, more) if more else constraint

    @property
    def domain(self) -> Any:
        """The first domain."""
        return self._end("domain", "codomain", self.parts)

    @property
    def codomain(self) -> Any:
        """The last codomain."""
        return self._end("codomain", "domain", self.parts[::-1])

    @property
    def bijective(self) -> bool:
        """Whether all parts are."""
        return all(part.bijective for part in self.parts)

    @property
    def sign(self) -> Any:
        """The product of the signs."""
        return math.prod((part.sign for part in self.parts), start=1)

    @property
    def inv(self) -> Transform:
        """The inverses in the opposite order."""
        return ComposeTransform([part.inv for part in reversed(self.parts)])

    def __call__(self, x: Tensor) -> Tensor:
        for part in self.parts:
            x = part(x)
        return x

    def _inv_call(self, y: Tensor) -> Tensor:
        return self.inv(y)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        if not self.parts:
            return x.new_zeros(x.shape)
        dims, total = self.domain.event_dim, None
        for i, part in enumerate(self.parts):
            result = y if i == len(self.parts) - 1 else part(x)
            term = part.log_abs_det_jacobian(x, result)
            term = sum_rightmost(term, dims - part.domain.event_dim)
            total = term if total is None else total + term
            dims += part.codomain.event_dim - part.domain.event_dim
            x = result
        return total  # type: ignore[return-value]

    def forward_shape(self, shape: Any) -> Any:
        for part in self.parts:
            shape = part.forward_shape(shape)
        return shape

    def inverse_shape(self, shape: Any) -> Any:
        for part in reversed(self.parts):
            shape = part.inverse_shape(shape)
        return shape

    def __repr__(self) -> str:
        parts = ",\n    ".join(map(repr, self.parts))
        return f"{type(self).__name__}(\n    {parts}\n)"


class IndependentTransform(Transform):
    """A transform of elements as one of vectors (matrices, …).

    Args:
        base_transform: The transform of elements.
        reinterpreted_batch_ndims: How many dimensions a vector (…) adds.
        cache_size: See `Transform`.
    """

    def __init__(
        self, base_transform: Transform, reinterpreted_batch_ndims: int, cache_size: int = 0
    ) -> None:
        super().__init__(cache_size)
        self.base_transform = base_transform
        self.reinterpreted_batch_ndims = reinterpreted_batch_ndims

    bijective, sign = same_as("base_transform.bijective"), same_as("base_transform.sign")
    _call, _inverse = same_as("base_transform.__call__"), same_as("base_transform._inv_call")
    forward_shape = same_as("base_transform.forward_shape")
    inverse_shape = same_as("base_transform.inverse_shape")

    @property
    def domain(self) -> Any:
        """The elements' domain, independently."""
        return constraints.independent(self.base_transform.domain, self.reinterpreted_batch_ndims)

    @property
    def codomain(self) -> Any:
        """The elements' codomain, independently."""
        return constraints.independent(self.base_transform.codomain, self.reinterpreted_batch_ndims)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        each = self.base_transform.log_abs_det_jacobian(x, y)
        return sum_rightmost(each, self.reinterpreted_batch_ndims)

    def __repr__(self) -> str:
        name = type(self).__name__
        return f"{name}({self.base_transform!r}, {self.reinterpreted_batch_ndims})"


class _Rising(Transform):
    """A bijection that rises everywhere."""

    bijective = True
    sign = 1  # type: ignore[assignment]


class ExpTransform(_Rising):
    """`e` to the power of `x`."""

    codomain = constraints.positive

    _call, _inverse = staticmethod(Tensor.exp), staticmethod(Tensor.log)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return x


class PowerTransform(_Rising):
    """`x` to a power.

    Args:
        exponent: The power.
        cache_size: See `Transform`.
    """

    domain = codomain = constraints.positive

    def __init__(self, exponent: Any, cache_size: int = 0) -> None:
        super().__init__(cache_size)
        (self.exponent,) = broadcast_all(exponent)

    @property
    def sign(self) -> Any:
        """The sign of the exponent."""
        return self.exponent.sign()

    def _call(self, x: Tensor) -> Tensor:
        return x.pow(self.exponent)

    def _inverse(self, y: Tensor) -> Tensor:
        return y.pow(1 / self.exponent)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return (self.exponent * y / x).abs().log()

    def forward_shape(self, shape: Any) -> Any:
        return broadcast_shapes(shape, self.exponent.shape)

    inverse_shape = forward_shape


def _strictly_inside(y: Tensor) -> Tensor:
    """Probabilities above 0 and below 1."""
    limits = finfo(y.dtype)
    return y.clamp(min=limits.tiny, max=1 - limits.eps)


class SigmoidTransform(_Rising):
    """The logistic sigmoid, kept away from 0 and 1."""

    codomain = constraints.unit_interval

    def _call(self, x: Tensor) -> Tensor:
        return _strictly_inside(x.sigmoid())

    def _inverse(self, y: Tensor) -> Tensor:
        y = _strictly_inside(y)
        return y.log() - (-y).log1p()

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return -softplus(-x) - softplus(x)


class SoftplusTransform(_Rising):
    """`ln(1 + e^x)`."""

    codomain = constraints.positive

    def _call(self, x: Tensor) -> Tensor:
        return softplus(x)

    def _inverse(self, y: Tensor) -> Tensor:
        return (-y).expm1().neg().log() + y

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return -softplus(-x)


class TanhTransform(_Rising):
    """The hyperbolic tangent; take `cache_size=1`, as its inverse loses digits near ±1."""

    codomain = constraints.interval(-1.0, 1.0)

    _call, _inverse = staticmethod(Tensor.tanh), staticmethod(Tensor.atanh)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return 2.0 * (math.log(2.0) - x - softplus(-2.0 * x))


class AbsTransform(Transform):
    """The size of a number; the way back gives positive numbers."""

    codomain = constraints.positive

    _call, _inverse = staticmethod(Tensor.abs), staticmethod(Tensor.positive)


class AffineTransform(Transform):
    """`loc + scale x`.

    Args:
        loc: A number or tensor.
        scale: A number or tensor.
        event_dim: The dimensions of one value.
        cache_size: See `Transform`.
    """

    bijective = True

    def __init__(self, loc: Any, scale: Any, event_dim: int = 0, cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.loc, self.scale, self.event_dim = loc, scale, event_dim
        if event_dim:
            self.domain = self.codomain = constraints.independent(constraints.real, event_dim)

    @property
    def sign(self) -> Any:
        """The sign of the scale."""
        if isinstance(self.scale, Tensor):
            return self.scale.sign()
        return (self.scale > 0) - (self.scale < 0)

    def _call(self, x: Tensor) -> Tensor:
        return self.loc + self.scale * x

    def _inverse(self, y: Tensor) -> Tensor:
        return (y - self.loc) / self.scale

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        if isinstance(self.scale, Tensor):
            each = self.scale.abs().log()
        else:
            each = x.detach().new_full(x.shape, math.log(abs(self.scale)))
        # as in PyTorch, a tensor of no dimension counts once for a whole vector
        return sum_rightmost(each, self.event_dim).expand(x.shape[: x.dim() - self.event_dim])

    def forward_shape(self, shape: Any) -> Any:
        parts = (getattr(part, "shape", ()) for part in (self.loc, self.scale))
        return broadcast_shapes(shape, *parts)

    inverse_shape = forward_shape


class SoftmaxTransform(Transform):
    """Numbers to probabilities that add up to one; no bijection."""

    domain, codomain = constraints.real_vector, constraints.simplex

    def _call(self, x: Tensor) -> Tensor:
        weights = (x - x.max(-1, True)[0]).exp()
        return weights / weights.sum(-1, True)

    def _inverse(self, y: Tensor) -> Tensor:
        return y.log()


class StickBreakingTransform(Transform):
    """`n` numbers to `n + 1` probabilities: each takes its share of what is left."""

    domain, codomain = constraints.real_vector, constraints.simplex
    bijective = True

    def _call(self, x: Tensor) -> Tensor:
        shares = _strictly_inside(self._centred(x).sigmoid())
        one = ones_like(x[..., :1])
        left = (1 - shares).cumprod(-1)
        return cat([shares, one], -1) * cat([one, left], -1)

    def _inverse(self, y: Tensor) -> Tensor:
        taken = y[..., :-1]
        left = (1 - taken.cumsum(-1)).clamp(min=finfo(y.dtype).tiny)
        return taken.log() - left.log() + self._counts(taken).log()

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        centred = self._centred(x)
        return (-centred + logsigmoid(centred) + y[..., :-1].log()).sum(-1)

    def _counts(self, x: Tensor) -> Tensor:
        """How many shares are still to come: n, …, 1."""
        steps = x.new_ones(x.shape[-1]).cumsum(-1)
        return x.shape[-1] + 1 - steps

    def _centred(self, x: Tensor) -> Tensor:
        return x - self._counts(x).log()

    def forward_shape(self, shape: Any) -> Any:
        if not shape:
            raise ValueError("Too few dimensions on input")
        return shape[:-1] + (shape[-1] + 1,)

    def inverse_shape(self, shape: Any) -> Any:
        if not shape:
            raise ValueError("Too few dimensions on input")
        return shape[:-1] + (shape[-1] - 1,)


class LowerCholeskyTransform(Transform):
    """Matrices to lower triangular ones with a positive diagonal."""

    domain = constraints.independent(constraints.real, 2)
    codomain = constraints.lower_cholesky

    def _call(self, x: Tensor) -> Tensor:
        return x.tril(-1) + x.diagonal(dim1=-2, dim2=-1).exp().diag_embed()

    def _inverse(self, y: Tensor) -> Tensor:
        return y.tril(-1) + y.diagonal(dim1=-2, dim2=-1).log().diag_embed()


identity_transform = ComposeTransform([])
