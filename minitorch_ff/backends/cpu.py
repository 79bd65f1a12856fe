"""`torch.backends.cpu`: the processor's vector instructions."""

from __future__ import annotations


def get_cpu_capability() -> str:
    """What the kernels are compiled for: NumPy chooses by itself."""
    return "DEFAULT"
