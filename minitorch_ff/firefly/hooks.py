"""Functions that users hang on nodes of the graph."""

from __future__ import annotations

import weakref
from collections import OrderedDict
from collections.abc import Callable
from typing import Any


class Hooks:
    """All hooks of one node, each kind in the order of registration.

    Attributes:
        on_gradient: Called with the gradient of a tensor; may return another one.
        before: Called with the tuple of gradients before the node runs.
        after: Called with the node's results and the gradients it was given.
        accumulated: Called with the leaf, after its `.grad` was written.
        retain: Keeps the gradient of a tensor that is no leaf, or None.
    """

    __slots__ = ("accumulated", "after", "before", "on_gradient", "retain")

    def __init__(self) -> None:
        self.on_gradient: OrderedDict[Any, Callable[..., Any]] = OrderedDict()
        self.before: OrderedDict[Any, Callable[..., Any]] = OrderedDict()
        self.after: OrderedDict[Any, Callable[..., Any]] = OrderedDict()
        self.accumulated: OrderedDict[Any, Callable[..., Any]] = OrderedDict()
        self.retain: RetainGrad | None = None


class RetainGrad:
    """Keeps the gradient of a tensor in its `.grad`, though it is no leaf."""

    __slots__ = ("tensor",)

    def __init__(self, tensor: Any) -> None:
        self.tensor = weakref.ref(tensor)

    def __call__(self, grad: Any) -> None:
        """Store the gradient; a second one, of another walk, is added."""
        tensor = self.tensor()
        if tensor is not None:
            tensor._grad = grad if tensor._grad is None else tensor._grad + grad


def hooks_of(node: Any) -> Hooks:
    """The hooks of a node, made at the first registration."""
    if node.hooks is None:
        node.hooks = Hooks()
    hooks: Hooks = node.hooks
    return hooks
