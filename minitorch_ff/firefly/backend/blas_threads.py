"""NumPy's BLAS, told to use one thread for a matrix product.

Large products are parted by `NumpyBackend`, which does not wait for a core that is busy
with something else, and gives the same bits whatever the number of threads. BLAS's own threads
do neither, and it starts them for products that are too small to be worth it.

NumPy's wheels bring OpenBLAS, which can be told through its C interface; another library is
left as it is.
"""

from __future__ import annotations

import os

import numpy


def use_one_thread() -> bool:
    """Tell BLAS; whether it could be told."""
    try:
        import ctypes  # a browser's Python has none
    except ImportError:
        return False
    folder = os.path.join(os.path.dirname(numpy.__file__), os.pardir, "numpy.libs")
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else ():
        if "openblas" in name:
            library = ctypes.CDLL(os.path.join(folder, name))
            if hasattr(library, "scipy_openblas_set_num_threads64_"):
                library.scipy_openblas_set_num_threads64_(1)
                return True
    return False
