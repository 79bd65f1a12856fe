"""Handles that take a registered hook away again."""

from __future__ import annotations

import warnings
import weakref
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, TypeVar

__all__ = ["RemovableHandle", "unserializable_hook", "warn_if_has_hooks"]

Hook = TypeVar("Hook", bound=Callable[..., Any])


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


def unserializable_hook(f: Hook) -> Hook:
    """Mark a hook as one that need not be saved: no warning when its tensor is."""
    f.__torch_unserializable__ = True  # type: ignore[attr-defined]
    return f


def warn_if_has_hooks(tensor: Any) -> None:
    """Warn that the hooks of `tensor`, which is about to be saved, will not be."""
    for hook in (tensor._backward_hooks or {}).values():
        if not hasattr(hook, "__torch_unserializable__"):
            warnings.warn(
                f"backward hook {hook!r} on tensor will not be serialized.  "
                "If this is expected, you can decorate the function with "
                "@torch.utils.hooks.unserializable_hook to suppress this warning",
                stacklevel=2,
            )
