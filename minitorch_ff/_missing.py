"""What a name that PyTorch has and this package lacks says when it is touched."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any


def missing(module: str) -> Callable[[str], Any]:
    """The `__getattr__` of a module: names what is absent by its PyTorch name.

    It raises `AttributeError`, so `hasattr` and `getattr` with a default stay true.
    """
    torch_name = module.replace("minitorch_ff", "torch", 1)

    def __getattr__(name: str) -> Any:  # noqa: N807 - a module takes it for its own
        raise AttributeError(absent(torch_name, name, dir(sys.modules[module])))

    return __getattr__


def absent(torch_name: str, name: str, known: list[str]) -> str:
    """The words for an absent name, with the nearest one there is."""
    text = f"module '{torch_name}' has no attribute '{name}' (or minitorch_ff lacks it)"
    if name.startswith("_"):
        return text
    import difflib  # only on the way to an error

    near = difflib.get_close_matches(name, [n for n in known if not n.startswith("_")], 1)
    return f"{text}; the nearest name it has is '{near[0]}'" if near else text
