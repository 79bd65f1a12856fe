"""Handles that take a registered hook away again."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, TypeVar

from minitorch_ff.firefly.hooks import RemovableHandle, file_hook

__all__ = ["RemovableHandle", "file_hook", "unserializable_hook", "warn_if_has_hooks"]

Hook = TypeVar("Hook", bound=Callable[..., Any])


def unserializable_hook(f: Hook) -> Hook:
    """Mark a hook as one that need not be saved: no warning when its tensor is."""
    f.__torch_unserializable__ = True  # type: ignore[attr-defined]
    return f


def warn_if_has_hooks(tensor: Any) -> None:
    """Warn that the hooks of `tensor`, which is about to be saved, will not be."""
    hooks = getattr(tensor.node, "hooks", None)
    for hook in hooks.on_gradient.values() if hooks is not None else ():
        if not hasattr(hook, "__torch_unserializable__"):
            warnings.warn(
                f"backward hook {hook!r} on tensor will not be serialized.  "
                "If this is expected, you can decorate the function with "
                "@torch.utils.hooks.unserializable_hook to suppress this warning",
                stacklevel=2,
            )
