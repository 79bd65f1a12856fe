"""The CUDA back end."""

from __future__ import annotations

from typing import Any

import numpy

from minitorch_ff.firefly.backend.cupy.captures import Captures
from minitorch_ff.firefly.backend.cupy.channels import ChannelKernels
from minitorch_ff.firefly.backend.cupy.places import PlaceKernels
from minitorch_ff.firefly.backend.cupy.rows import RowKernels
from minitorch_ff.firefly.backend.cupy.updates import UpdateKernels
from minitorch_ff.firefly.backend.cupy.windows import WindowKernels


class CupyBackend(RowKernels, ChannelKernels, PlaceKernels, WindowKernels, UpdateKernels, Captures):
    """Primitives over `cupy.ndarray`.

    Args:
        cupy: The library; the tests put a stand-in here.
        cupyx: Its extension, likewise.
    """

    device_type = "cuda"
    buffer_type: type

    def __init__(self, cupy: Any, cupyx: Any) -> None:
        self.cupyx = cupyx
        self._kernels: dict[Any, Any] = {}
        super().__init__(cupy)

    def device_index(self, x):
        """The number of the GPU that holds `x`."""
        return int(x.device.id)

    def to_numpy(self, x):
        """A copy of the buffer in the host's memory."""
        return x.get()

    def from_numpy(self, x: numpy.ndarray, index: int | None = None) -> Any:
        """A copy of the array on a GPU, the current one by default."""
        if index is None:
            return super().from_numpy(x)
        with self.module.cuda.Device(index):
            return super().from_numpy(x)
