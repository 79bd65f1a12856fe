"""Helpers around tensors and modules, as `torch.utils`; `data` has the data loader."""

from __future__ import annotations

import importlib
from typing import Any

from minitorch_ff._missing import absent


def __getattr__(name: str) -> Any:
    """Load a module when it is first touched."""
    if name in ("benchmark", "data", "dlpack", "tensorboard"):
        return importlib.import_module(f"minitorch_ff.utils.{name}")
    raise AttributeError(
        absent("torch.utils", name, ["benchmark", "data", "dlpack", "tensorboard"])
    )
