"""The CPU back end: what only NumPy needs."""

from __future__ import annotations

import warnings
from typing import Any

import numpy

from minitorch_ff.firefly.backend.array_api import ArrayBackend

# Floating-point exceptions give inf and nan without a word, as in PyTorch; for calls from
# the engine only, so that a user's own NumPy code warns as before.
warnings.filterwarnings(
    "ignore", category=RuntimeWarning, module=r"minitorch_ff\.firefly\."
)


class NumpyBackend(ArrayBackend):
    """Primitives over `numpy.ndarray`."""

    device_type = "cpu"
    buffer_type = numpy.ndarray

    def __init__(self) -> None:
        super().__init__(numpy)

    def device_index(self, x: Any) -> int | None:
        """The number of the device that holds `x`; the CPU has none."""
        return None

    def to_numpy(self, x: Any) -> numpy.ndarray:
        """The buffer as a NumPy array: itself."""
        return x

    def from_numpy(self, x: numpy.ndarray, index: int | None = None) -> Any:
        """A NumPy array as a buffer: itself."""
        return x
