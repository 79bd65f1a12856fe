"""`torch.backends.opt_einsum`: in which order `torch.einsum` multiplies; from left to right.

PyTorch takes another order only where the package opt_einsum is installed, and the order changes
the rounding alone: the switches say what PyTorch's say without that package.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

enabled: bool | None = False
strategy: str | None = None

NOT_AVAILABLE = {
    "enabled": "opt_einsum is not available, so setting `enabled` to True will not reap the "
    "benefits of calculating an optimal path for einsum. torch.einsum will fall back to "
    "contracting from left to right. To enable this optimal path calculation, please install "
    "opt-einsum.",
    "strategy": "opt_einsum is not available, so setting `strategy` to {} will not be meaningful. "
    "torch.einsum will bypass path calculation and simply contract from left to right. Please "
    "install opt_einsum or unset `strategy`.",
}


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
        ValueError: A strategy is given, or `_enabled` is true.
    """
    if _enabled:
        raise ValueError(NOT_AVAILABLE["enabled"])
    if _strategy is not None:
        raise ValueError(NOT_AVAILABLE["strategy"].format(_strategy))
    return enabled, strategy


@contextlib.contextmanager
def flags(enabled: bool | None = None, strategy: str | None = None) -> Iterator[None]:
    """`set_flags` for a block."""
    set_flags(enabled, strategy)
    yield
