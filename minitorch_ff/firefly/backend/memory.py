"""How the C library keeps memory that arrays have given back.

By default glibc returns blocks above 128 KiB to the system at once, and asks for them again in
the next operator: every page of a new array then costs a fault, a quarter of the time of a
step of 256 units. So here it is told to keep them. Whoever has set its variables has decided.
"""

from __future__ import annotations

import os
import sys
import threading
from typing import Any

import numpy

TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # of `mallopt`, in malloc.h
KEPT = 256 << 20
"""So many bytes are kept when they are free."""

LARGEST = 32 << 20
"""Arrays from here on are mapped one by one all the same: the C library allows no more."""


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


class Spare:
    """Arrays of `LARGEST` bytes and more, given again once nobody else refers to them.

    Mapping one anew costs a fault and a wiped page for every one that is written. No more than
    `KEPT` bytes are kept.
    """

    def __init__(self) -> None:
        self.lock, self.arrays = threading.Lock(), [numpy.empty(0)]
        self.unheld = self._references(0)
        self.arrays.clear()

    def _references(self, i: int) -> int:
        """How many references there are to an array, the list's and this call's among them."""
        return sys.getrefcount(self.arrays[i])

    def take(self, shape: tuple[int, ...], dtype: Any) -> numpy.ndarray:
        """An array, whose elements may be anything."""
        arrays = self.arrays
        with self.lock:
            free = [i for i in range(len(arrays)) if self._references(i) == self.unheld]
            for i in free:
                if arrays[i].shape == shape and arrays[i].dtype == dtype:
                    return arrays[i]
            array = numpy.empty(shape, dtype)
            while free and self._too_many(array):
                del arrays[free.pop()]
            if not self._too_many(array):
                arrays.append(array)
            return array

    def _too_many(self, array: numpy.ndarray) -> bool:
        return sum([kept.nbytes for kept in self.arrays]) + array.nbytes > KEPT
