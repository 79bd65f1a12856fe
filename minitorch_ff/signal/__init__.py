"""`torch.signal`: windows for pieces of a signal."""

from minitorch_ff.signal import windows

__all__ = ["windows"]
