"""Trees: what tuples, lists and dictionaries hold, at any depth."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def leaves(tree: Any) -> list[Any]:
    """What is in a tree, in order."""
    if isinstance(tree, (dict, list, tuple)):
        branches = tree.values() if isinstance(tree, dict) else tree
        return [leaf for branch in branches for leaf in leaves(branch)]
    return [tree]


def rebuilt(tree: Any, values: Iterator[Any]) -> Any:
    """A tree like another, with other leaves; None stays."""
    if isinstance(tree, dict):
        return type(tree)((key, rebuilt(branch, values)) for key, branch in tree.items())
    if isinstance(tree, (list, tuple)):
        branches = [rebuilt(branch, values) for branch in tree]
        return type(tree)(*branches) if hasattr(tree, "_fields") else type(tree)(branches)
    return None if tree is None else next(values)
