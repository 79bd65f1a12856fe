"""The shared back end: every primitive over a module that speaks NumPy's language.

`ArrayBackend(numpy)` and `ArrayBackend(cupy)` differ in a few methods only, which their own
files override. A mixin per family keeps each file to one idea.
"""

from __future__ import annotations

import functools
from types import ModuleType
from typing import Any

from minitorch_ff.firefly.backend.array_api.convolution import Convolution
from minitorch_ff.firefly.backend.array_api.elementwise import Elementwise
from minitorch_ff.firefly.backend.array_api.fused import Fused
from minitorch_ff.firefly.backend.array_api.indexing import Indexing
from minitorch_ff.firefly.backend.array_api.library import LibraryFunctions
from minitorch_ff.firefly.backend.array_api.linear_algebra import LinearAlgebra
from minitorch_ff.firefly.backend.array_api.normalization import Normalization
from minitorch_ff.firefly.backend.array_api.ordering import Ordering
from minitorch_ff.firefly.backend.array_api.recurrence import Recurrence
from minitorch_ff.firefly.backend.array_api.reductions import Reductions
from minitorch_ff.firefly.backend.array_api.resampling import Resampling
from minitorch_ff.firefly.backend.array_api.sequences import Sequences
from minitorch_ff.firefly.backend.array_api.shaping import Shaping
from minitorch_ff.firefly.backend.array_api.special import Special
from minitorch_ff.firefly.backend.array_api.updates import Updates
from minitorch_ff.firefly.backend.array_api.windows import Windows

CONSTANTS_KEPT = 4096


class ArrayBackend(
    LibraryFunctions,
    Elementwise,
    Special,
    Reductions,
    Ordering,
    Shaping,
    Indexing,
    Resampling,
    LinearAlgebra,
    Convolution,
    Fused,
    Normalization,
    Recurrence,
    Updates,
    Windows,
    Sequences,
):
    """Every primitive, over a module that speaks NumPy's language."""

    records = False
    """Whether calling a primitive leaves a trace in the graph (`recorded` does)."""

    waits = False
    """Whether reading a value makes the host wait for a device."""

    device_type = ""
    buffer_type: type

    def __init__(self, module: ModuleType) -> None:
        super().__init__(module)
        for name in ("constant", "ones_vector", "positions"):
            setattr(self, name, self._kept(getattr(self, name)))

    def _kept(self, maker: Any) -> Any:
        """What makes buffers, and keeps them: making these costs more than using them."""
        return functools.lru_cache(CONSTANTS_KEPT)(maker)

    def constant(self, value, dtype):
        """A 0-d buffer holding `value`; never to be written."""
        return self.module.array(value, dtype)

    def constant_like(self, value, x):
        """A 0-d constant to meet `x`, in its dtype."""
        return self.constant(value, x.dtype)

    def beside(self, array, x):
        """A NumPy array as a buffer where `x` is."""
        return self.from_numpy(array, self.device_index(x))

    def in_threads(self, function, blocks):
        """Call `function(*block)` for every block; a back end may do it in several threads."""
        for block in blocks:
            function(*block)

    def ones_vector(self, n, dtype):
        """`n` ones, for sums that run as products with them; never to be written."""
        return self.module.ones(n, dtype)
