"""`torch.serialization`: saving and loading, and what is safe to load.

See: [torch.serialization](https://docs.pytorch.org/docs/stable/notes/serialization.html).
"""

from __future__ import annotations

from minitorch_ff._missing import missing as _missing
from minitorch_ff._serialization.public import (
    add_safe_globals, clear_safe_globals, get_safe_globals, load, safe_globals, save,
)  # fmt: skip

__all__ = [
    "add_safe_globals", "clear_safe_globals", "get_safe_globals", "load", "safe_globals", "save",
]  # fmt: skip

__getattr__ = _missing(__name__)
