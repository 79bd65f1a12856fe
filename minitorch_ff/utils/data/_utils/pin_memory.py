"""Batches in memory that a GPU can read by itself."""

from __future__ import annotations

import copy
from collections.abc import Mapping, MutableMapping, MutableSequence, Sequence
from typing import Any

from minitorch_ff._functions.interchange import pin_memory as pinned
from minitorch_ff._tensor import Tensor


def pin_memory(data: Any) -> Any:
    """The same batch with its tensors in pinned memory; what pins itself does so.

    Args:
        data: Tensors in containers, as `collate_fn` made them.
    """
    if isinstance(data, Tensor):
        return pinned(data)
    if hasattr(data, "pin_memory"):
        return data.pin_memory()
    if isinstance(data, (str, bytes)):
        return data
    if isinstance(data, Mapping):
        parts = {key: pin_memory(value) for key, value in data.items()}
        if isinstance(data, MutableMapping):  # of a class that may have attributes
            like: Any = copy.copy(data)
            like.update(parts)
            return like
        return parts
    if isinstance(data, tuple) and hasattr(data, "_fields"):
        return type(data)(*[pin_memory(part) for part in data])
    if isinstance(data, tuple):
        return [pin_memory(part) for part in data]  # as PyTorch does
    if isinstance(data, MutableSequence):
        twin: Any = copy.copy(data)
        twin[:] = [pin_memory(part) for part in data]
        return twin
    if isinstance(data, Sequence):
        return [pin_memory(part) for part in data]
    return data
