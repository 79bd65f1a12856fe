"""Helpers around tensors and modules, as `torch.utils`; `data` has the data loader."""

from __future__ import annotations

import importlib
from typing import Any


def __getattr__(name: str) -> Any:
    """Load `data` when it is first touched."""
    if name == "data":
        return importlib.import_module("minitorch_ff.utils.data")
    raise AttributeError(f"module 'torch.utils' has no attribute {name!r}")
