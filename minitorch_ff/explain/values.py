"""Tensors, buffers and settings in a few words."""

from __future__ import annotations

from typing import Any

SHOWN = 24
"""Longer settings are cut off."""


def described(value: Any) -> str:
    """A tensor or buffer as dtype and shape, a list by its first few, a setting as it is.

    Example:
        >>> import minitorch_ff as torch
        >>> described([torch.zeros(2, 3), None, (0, 1)])
        '[float32[2, 3], None, (0, 1)]'
    """
    value = getattr(value, "buffer", value)
    if is_array(value):
        return typed(value.dtype, value.shape)
    if isinstance(value, dict):
        return f"{len(value)} settings"
    if isinstance(value, (list, tuple)) and not all([isinstance(v, int) for v in value]):
        more = [f"… {len(value)}"] if len(value) > 3 else []
        return f"[{', '.join([*map(described, value[:3]), *more])}]"
    if value is None or isinstance(value, (int, float, complex, str, slice, list, tuple)):
        text = repr(value)
        return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
    return getattr(value, "name", type(value).__name__)  # a dtype, or something of ours


def typed(dtype: Any, shape: Any) -> str:
    """A dtype and a shape: `float32[64, 10]`."""
    return f"{dtype.name}[{', '.join(map(str, shape))}]"


def size_of(value: Any) -> int:
    """The bytes of a tensor or buffer, or of all in a list."""
    value = getattr(value, "buffer", value)
    if isinstance(value, (list, tuple)):
        return sum(map(size_of, value))
    return value.nbytes if is_array(value) else 0


def is_array(value: Any) -> bool:
    """Whether a value is a buffer, or a scalar of the array library."""
    return hasattr(value, "dtype") and hasattr(value, "nbytes")


def readable(nbytes: int) -> str:
    """A number of bytes for people.

    Example:
        >>> readable(2048)
        '2.0 KiB'
    """
    return f"{nbytes} B" if nbytes < 1024 else f"{nbytes / 1024:,.1f} KiB"
