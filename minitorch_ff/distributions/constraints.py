"""Sets of values: what parameters may be and where samples lie.

See: [torch.distributions.constraints](https://docs.pytorch.org/docs/stable/distributions.html#module-torch.distributions.constraints).
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, ClassVar

from minitorch_ff._tensor import Tensor
from minitorch_ff.linalg import eigvalsh

__all__ = [
    "Constraint", "MixtureSameFamilyConstraint", "boolean", "dependent",
    "dependent_property", "greater_than", "greater_than_eq", "half_open_interval", "independent",
    "integer_interval", "interval", "is_dependent", "less_than", "lower_cholesky",
    "lower_triangular", "multinomial", "nonnegative", "nonnegative_integer", "one_hot",
    "positive", "positive_definite", "positive_integer", "real",
    "real_vector", "simplex", "unit_interval",
]  # fmt: skip


class Constraint:
    """A set of values, each an element or a vector or matrix of `event_dim` dimensions."""

    is_discrete: Any = False
    event_dim: Any = 0

    def check(self, value: Tensor) -> Tensor:
        """Which values belong to it. Shape: that of `value` less `event_dim` dimensions."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return type(self).__name__[1:] + "()"


class _Dependent(Constraint):
    """A set that depends on other values, so that nothing can be checked before they are known."""

    def __init__(self, *, is_discrete: Any = NotImplemented, event_dim: Any = NotImplemented):
        self.is_discrete, self.event_dim = is_discrete, event_dim

    def __call__(self, *, is_discrete: Any = False, event_dim: Any = 0) -> _Dependent:
        return _Dependent(is_discrete=is_discrete, event_dim=event_dim)

    def check(self, value: Tensor) -> Tensor:
        raise ValueError("Cannot determine validity of dependent constraint")


class dependent_property(property, _Dependent):
    """A property of an instance that, looked up at the class, is `constraints.dependent`.

    Args:
        function: Computes the constraint; left out when this is used as
            `@dependent_property(is_discrete=…, event_dim=…)`.
        is_discrete: Whether the set is discrete.
        event_dim: The dimensions of one value.
    """

    def __init__(
        self, function: Any = None, *, is_discrete: Any = False, event_dim: Any = 0
    ) -> None:
        property.__init__(self, function)
        _Dependent.__init__(self, is_discrete=is_discrete, event_dim=event_dim)

    def __call__(self, function: Any) -> dependent_property:
        return dependent_property(function, is_discrete=self.is_discrete, event_dim=self.event_dim)

    def __repr__(self) -> str:
        return "DependentProperty()"


def is_dependent(constraint: Any) -> bool:
    """Whether a constraint depends on other values."""
    return isinstance(constraint, _Dependent)


class _Bounds(Constraint):
    """Values beyond or between bounds; a subclass says which and how they are compared."""

    compared: ClassVar[dict[str, Callable[[Any, Any], Any]]] = {}

    def __init__(self, *bounds: Any, **named: Any) -> None:
        self.bounds = {**dict(zip(self.compared, bounds, strict=False)), **named}
        self.__dict__.update(self.bounds)

    def check(self, value: Tensor) -> Tensor:
        inside = (value % 1 == 0) if self.is_discrete else True
        for name, bound in self.bounds.items():
            inside = self.compared[name](value, bound) & inside
        return inside  # type: ignore[return-value]

    def __repr__(self) -> str:
        bounds = ", ".join(f"{name}={bound}" for name, bound in self.bounds.items())
        return f"{type(self).__name__[1:]}({bounds})"


class _GreaterThan(_Bounds):
    compared: ClassVar = {"lower_bound": operator.gt}


class _GreaterThanEq(_Bounds):
    compared: ClassVar = {"lower_bound": operator.ge}


class _LessThan(_Bounds):
    compared: ClassVar = {"upper_bound": operator.lt}


class _Interval(_Bounds):
    compared: ClassVar = {"lower_bound": operator.ge, "upper_bound": operator.le}


class _HalfOpenInterval(_Bounds):
    compared: ClassVar = {"lower_bound": operator.ge, "upper_bound": operator.lt}


class _IntegerInterval(_Interval):
    is_discrete = True


class _IntegerGreaterThan(_GreaterThanEq):
    is_discrete = True


class _Real(Constraint):
    def check(self, value: Tensor) -> Tensor:
        return value == value


class _Boolean(Constraint):
    is_discrete = True

    def check(self, value: Tensor) -> Tensor:
        return (value == 0) | (value == 1)


class _OneHot(_Boolean):
    event_dim = 1

    def check(self, value: Tensor) -> Tensor:
        return super().check(value).all(-1) & (value.sum(-1) == 1)


class _Simplex(Constraint):
    event_dim = 1

    def check(self, value: Tensor) -> Tensor:
        return (value >= 0).all(-1) & ((value.sum(-1) - 1).abs() < 1e-6)


class _Multinomial(Constraint):
    is_discrete = True
    event_dim = 1

    def __init__(self, upper_bound: Any) -> None:
        self.upper_bound = upper_bound

    def check(self, value: Tensor) -> Tensor:
        return (value >= 0).all(-1) & (value.sum(-1) <= self.upper_bound)


class _PositiveDefinite(Constraint):
    event_dim = 2

    def check(self, value: Tensor) -> Tensor:
        symmetric = value.isclose(value.mT, atol=1e-6).all(-2).all(-1)
        return symmetric & (eigvalsh(value) > 0).all(-1) if bool(symmetric.all()) else symmetric


class _LowerTriangular(Constraint):
    event_dim = 2

    def check(self, value: Tensor) -> Tensor:
        return (value.tril() == value).all(-1).all(-1)


class _LowerCholesky(_LowerTriangular):
    def check(self, value: Tensor) -> Tensor:
        return super().check(value) & (value.diagonal(dim1=-2, dim2=-1) > 0).all(-1)


class _IndependentConstraint(Constraint):
    """`base_constraint` for whole vectors (matrices, …) of values."""

    def __init__(self, base_constraint: Any, reinterpreted_batch_ndims: int) -> None:
        self.base_constraint = base_constraint
        self.reinterpreted_batch_ndims = reinterpreted_batch_ndims
        self.is_discrete = base_constraint.is_discrete
        self.event_dim = base_constraint.event_dim + reinterpreted_batch_ndims

    def check(self, value: Tensor) -> Tensor:
        each, dims = self.base_constraint.check(value), self.reinterpreted_batch_ndims
        if each.dim() < dims:
            raise ValueError(f"Expected value.dim() >= {self.event_dim} but got {value.dim()}")
        return each.reshape(*each.shape[: each.dim() - dims], -1).all(-1)

    def __repr__(self) -> str:
        base, dims = self.base_constraint, self.reinterpreted_batch_ndims
        return f"{type(self).__name__[1:]}({base!r}, {dims})"


class MixtureSameFamilyConstraint(Constraint):
    """Values that each component of a mixture can have.

    Args:
        base_constraint: That of the components.
    """

    def __init__(self, base_constraint: Any) -> None:
        self.base_constraint = base_constraint
        self.is_discrete, self.event_dim = base_constraint.is_discrete, base_constraint.event_dim

    def check(self, value: Tensor) -> Tensor:
        """Which values belong to the support of every component."""
        return self.base_constraint.check(value.unsqueeze(-1 - self.event_dim)).all(-1)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.base_constraint!r})"


dependent = _Dependent()
independent = _IndependentConstraint
greater_than, greater_than_eq, less_than = _GreaterThan, _GreaterThanEq, _LessThan
interval, half_open_interval, integer_interval = _Interval, _HalfOpenInterval, _IntegerInterval
multinomial = _Multinomial
real, boolean, one_hot, simplex = _Real(), _Boolean(), _OneHot(), _Simplex()
real_vector = independent(real, 1)
positive, nonnegative, unit_interval = greater_than(0.0), greater_than_eq(0.0), interval(0.0, 1.0)
positive_integer, nonnegative_integer = _IntegerGreaterThan(1), _IntegerGreaterThan(0)
positive_definite = _PositiveDefinite()
lower_triangular, lower_cholesky = _LowerTriangular(), _LowerCholesky()
