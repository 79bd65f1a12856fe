"""From constraints to transforms that lead into them: `transform_to`, `biject_to`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minitorch_ff.distributions import constraints, transforms

__all__ = ["ConstraintRegistry", "biject_to", "transform_to"]


class ConstraintRegistry:
    """A function from constraints to transforms of unconstrained numbers, open to additions."""

    def __init__(self) -> None:
        self._factories: dict[type, Callable[[Any], Any]] = {}

    def register(self, constraint: Any, factory: Any = None) -> Any:
        """Say how a kind of constraint is met.

        Args:
            constraint: A constraint or its class.
            factory: Makes the transform of a constraint; left out in a decorator.

        Raises:
            TypeError: `constraint` is something else.
        """
        if factory is None:
            return lambda function: self.register(constraint, function)
        if isinstance(constraint, constraints.Constraint):
            constraint = type(constraint)
        if not isinstance(constraint, type) or not issubclass(constraint, constraints.Constraint):
            raise TypeError(
                "Expected constraint to be either a Constraint subclass or instance, but got "
                f"{constraint}"
            )
        self._factories[constraint] = factory
        return factory

    def __call__(self, constraint: Any) -> Any:
        """The transform into a constraint.

        Raises:
            NotImplementedError: None is registered.
        """
        factory = self._factories.get(type(constraint))
        if factory is None:
            raise NotImplementedError(f"Cannot transform {type(constraint).__name__} constraints")
        return factory(constraint)


biject_to = ConstraintRegistry()
"""Bijections: for changes of variables, where densities are to be followed."""
transform_to = ConstraintRegistry()
"""Transforms, not always bijections: for optimizing constrained parameters."""


def _shifted(constraint: Any, scale: int, bound: Any) -> Any:
    affine = transforms.AffineTransform(bound, scale)
    return transforms.ComposeTransform([transforms.ExpTransform(), affine])


def _above(constraint: Any) -> Any:
    return _shifted(constraint, 1, constraint.lower_bound)


def _between(constraint: Any) -> Any:
    low, high = constraint.lower_bound, constraint.upper_bound
    if isinstance(low, (int, float)) and low == 0 and high == 1:
        return transforms.SigmoidTransform()
    affine = transforms.AffineTransform(low, high - low)
    return transforms.ComposeTransform([transforms.SigmoidTransform(), affine])


for _registry in (biject_to, transform_to):
    _registry.register(constraints.real, lambda constraint: transforms.identity_transform)
    _registry.register(constraints.greater_than, _above)
    _registry.register(constraints.greater_than_eq, _above)
    _registry.register(constraints.less_than, lambda c: _shifted(c, -1, c.upper_bound))
    _registry.register(constraints.interval, _between)
    _registry.register(constraints.half_open_interval, _between)
    _registry.register(
        constraints.independent,
        lambda c, registry=_registry: transforms.IndependentTransform(
            registry(c.base_constraint), c.reinterpreted_batch_ndims
        ),
    )
biject_to.register(constraints.simplex, lambda c: transforms.StickBreakingTransform())
transform_to.register(constraints.simplex, lambda c: transforms.SoftmaxTransform())
transform_to.register(constraints.lower_cholesky, lambda c: transforms.LowerCholeskyTransform())
