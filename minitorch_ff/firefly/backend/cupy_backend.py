"""The CUDA back end: what only CuPy needs."""

from __future__ import annotations

from typing import Any

import cupy
import numpy
from cupyx.scipy import special

from minitorch_ff.firefly.backend.array_api import ArrayBackend


class CupyBackend(ArrayBackend):
    """Primitives over `cupy.ndarray`."""

    device_type = "cuda"
    buffer_type = cupy.ndarray
    _window_block = 1 << 26  # few large products keep a GPU busy

    def __init__(self) -> None:
        super().__init__(cupy)
        # The library's own kernels, in the place of the shared compositions.
        kernels: Any = self
        kernels.erf, kernels.erfc, kernels.erfinv = special.erf, special.erfc, special.erfinv
        kernels.lgamma, kernels.digamma = special.gammaln, special.digamma

    def device_index(self, x: Any) -> int:
        """The number of the GPU that holds `x`."""
        return int(x.device.id)

    def to_numpy(self, x: Any) -> numpy.ndarray:
        """A copy of the buffer in the host's memory."""
        return x.get()

    def from_numpy(self, x: numpy.ndarray, index: int | None = None) -> Any:
        """A copy of the array on a GPU, the current one by default."""
        if index is None:
            return cupy.asarray(x)
        with cupy.cuda.Device(index):
            return cupy.asarray(x)

    def _running(self, name: str, x: Any, dim: int) -> Any:
        """A function of two operands, applied along `dim`: on the host, CuPy cannot."""
        return cupy.asarray(getattr(numpy, name).accumulate(x.get(), dim))
