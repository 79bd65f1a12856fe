"""`torch.backends.cudnn`: there is none; its switches are kept and change nothing."""

from __future__ import annotations

enabled = True
deterministic = False
benchmark = False
benchmark_limit: int | None = 10
allow_tf32 = True


def is_available() -> bool:
    """Whether cuDNN is used: no."""
    return False


def version() -> int | None:
    """The version of cuDNN: None."""
    return None
