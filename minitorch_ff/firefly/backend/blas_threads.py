"""How many threads NumPy's matrix products use.

NumPy's wheels bring OpenBLAS, whose thread count can be set through its C interface; where
another library is linked, the count is left as it is.
"""

from __future__ import annotations

import functools
import os
from pathlib import Path
from typing import Any

import numpy


@functools.cache
def _library() -> Any:
    """NumPy's own OpenBLAS, or None."""
    import ctypes  # a browser's Python has none

    folder = Path(numpy.__file__).parent.parent / "numpy.libs"
    for path in sorted(folder.glob("*openblas*")):
        library = ctypes.CDLL(str(path))
        if hasattr(library, "scipy_openblas_set_num_threads64_"):
            return library
    return None


def set_threads(n: int) -> None:
    """Let matrix products use `n` threads, if that can be chosen."""
    library = _library()
    if library is not None:
        library.scipy_openblas_set_num_threads64_(n)


def get_threads() -> int:
    """How many threads matrix products use."""
    library = _library()
    if library is not None:
        return int(library.scipy_openblas_get_num_threads64_())
    return os.cpu_count() or 1


class OneThread:
    """Within, matrix products use one thread: `with OneThread(): ...`."""

    __slots__ = ("before",)

    def __enter__(self) -> None:
        self.before = get_threads() if _library() is not None else 1
        if self.before > 1:
            set_threads(1)

    def __exit__(self, *error: object) -> None:
        if self.before > 1:
            set_threads(self.before)
