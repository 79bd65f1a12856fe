"""`torch.backends.opt_einsum`: in which order `torch.einsum` multiplies; from left to right.

PyTorch takes another order only where the package opt_einsum is installed, and the order changes
the rounding alone: the switches say what PyTorch's say without that package.
"""

from __future__ import annotations

enabled: bool | None = False
strategy: str | None = None


def is_available() -> bool:
    """Whether opt_einsum is used: no."""
    return False


def set_flags(
    _enabled: bool | None = None, _strategy: str | None = None
) -> tuple[bool | None, str | None]:
    """Refuse to be switched on.

    Returns:
        What was set before.

    Raises:
        ValueError: `_enabled` is true, or a strategy is given.
    """
    if _enabled or _strategy is not None:
        raise ValueError("opt_einsum is not available: einsum contracts from left to right")
    return enabled, strategy
