"""How the C library keeps memory that arrays have given back.

By default glibc returns blocks above 128 KiB to the system at once, and asks for them again in
the next operator: every page of a new array then costs a fault, a quarter of the time of a
step of 256 units. So here it is told to keep them. Whoever has set its variables has decided.
"""

from __future__ import annotations

import os

TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # of `mallopt`, in malloc.h
KEPT = 256 << 20
"""So many bytes are kept when they are free."""

LARGEST = 32 << 20
"""Arrays above are mapped one by one all the same: the C library allows no more."""


def keep_freed_memory() -> None:
    """Do so, where the C library can be told."""
    if any([name.startswith("MALLOC_") for name in os.environ]):
        return
    try:
        import ctypes

        mallopt = ctypes.CDLL(None).mallopt
    except (ImportError, AttributeError, OSError, TypeError):  # another C library
        return
    mallopt(TRIM_THRESHOLD, KEPT)
    mallopt(MMAP_THRESHOLD, LARGEST)
