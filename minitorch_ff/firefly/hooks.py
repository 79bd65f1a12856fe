"""Functions that users hang on nodes of the graph."""

from __future__ import annotations

import weakref
from collections import OrderedDict
from collections.abc import Callable
from typing import Any


class RemovableHandle:
    """What registering a hook returns: `remove()` takes the hook away.

    Used in a `with` statement, the hook lives as long as the block. The dictionary of
    hooks is held weakly, so a handle keeps no module and no tensor alive.

    Args:
        hooks_dict: The dictionary (an `OrderedDict`) in which the hook is filed under
            `id`.
        extra_dict: Further dictionaries, one or a list, that have notes under the same
            id.

    See: [torch.utils.hooks](https://docs.pytorch.org/docs/stable/notes/modules.html#module-hooks).
    """

    id: int
    next_id: int = 0

    def __init__(self, hooks_dict: Any, *, extra_dict: Any = None) -> None:
        extra = extra_dict if isinstance(extra_dict, list) else [extra_dict]
        self.hooks_dict_ref = weakref.ref(hooks_dict)
        self.extra_dict_ref = tuple(weakref.ref(d) for d in extra if d is not None)
        self.id = RemovableHandle.next_id
        RemovableHandle.next_id += 1

    def remove(self) -> None:
        """Take the hook away; a second call does nothing."""
        for reference in (self.hooks_dict_ref, *self.extra_dict_ref):
            hooks = reference()
            if hooks is not None:
                hooks.pop(self.id, None)

    def __getstate__(self) -> tuple[Any, int, tuple[Any, ...]]:
        extra = tuple(reference() for reference in self.extra_dict_ref)
        return self.hooks_dict_ref(), self.id, extra

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        hooks, self.id, extra = (*state, ())[:3]
        # A dictionary nobody holds stands for one that is gone: such a handle is idle.
        self.hooks_dict_ref = weakref.ref(OrderedDict() if hooks is None else hooks)
        self.extra_dict_ref = tuple(weakref.ref(d) for d in extra or () if d is not None)
        RemovableHandle.next_id = max(RemovableHandle.next_id, self.id + 1)

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *error: object) -> None:
        self.remove()


def file_hook(hooks: Any, hook: Callable[..., Any]) -> RemovableHandle:
    """Put a hook into a dictionary, and return the handle that takes it out."""
    handle = RemovableHandle(hooks)
    hooks[handle.id] = hook
    return handle


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


class Hookable:
    """A node that users can hang functions on."""

    __slots__ = ()

    def register_hook(self, fn: Callable[..., Any]) -> RemovableHandle:
        """Call `fn(grad_inputs, grad_outputs)` after the node ran.

        It may return a tuple that takes the place of `grad_inputs`.
        """
        return file_hook(hooks_of(self).after, fn)

    def register_prehook(self, fn: Callable[..., Any]) -> RemovableHandle:
        """Call `fn(grad_outputs)` before the node runs; it may return another tuple."""
        return file_hook(hooks_of(self).before, fn)
