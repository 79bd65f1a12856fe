"""The CUDA back end, over CuPy: imported when a `cuda` device is first asked for.

`backend.py` has what CuPy lacks or does otherwise than NumPy, composed of CuPy's functions: it
is complete. The files beside it put kernels of our own in the place of compositions that would
cost many launches; `launch.py` compiles them. They take float32 and float64, and leave all
else to what is shared. `several.py` is for more than one GPU. CuPy is not imported here but in
`make`: so the tests run the whole back end over a stand-in for CuPy, and its kernels through a
C++ compiler.
"""

from __future__ import annotations

from typing import Any


def make() -> Any:
    """The back end, with the CuPy that is installed.

    Raises:
        ImportError: CuPy is missing, or it finds no GPU that works.
    """
    import cupy
    import cupyx
    import cupyx.scipy.special

    from minitorch_ff.firefly.backend.cupy.backend import CupyBackend
    from minitorch_ff.firefly.backend.cupy.several import SeveralGpus

    try:
        count = cupy.cuda.runtime.getDeviceCount()
    except cupy.cuda.runtime.CUDARuntimeError as error:
        raise ImportError(f"CuPy finds no NVIDIA GPU that works: {error}") from error
    if not count:
        raise ImportError("CuPy finds no NVIDIA GPU")
    CupyBackend.buffer_type = cupy.ndarray
    return (SeveralGpus if count > 1 else CupyBackend)(cupy, cupyx)
