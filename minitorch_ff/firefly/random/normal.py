"""Normal and log-normal draws.

There are two paths, which share no values. Contiguous outputs of sixteen elements or
more are made in groups of sixteen (`box_muller`). All others are made in float64, two
values at a time, and a second one that is not needed is kept for the next call.
"""

from __future__ import annotations

import math

import numpy as np

from minitorch_ff.firefly.backend.threads import in_threads
from minitorch_ff.firefly.random.box_muller import GROUP, transform
from minitorch_ff.firefly.random.dtypes import (
    FLOAT32, FLOAT64, is_half, require_floating,
)  # fmt: skip
from minitorch_ff.firefly.random.engine import BLOCK, Engine
from minitorch_ff.firefly.random.exact import cast, each, exp, fma64, silent


class Normal(Engine):
    """Draws from normal distributions."""

    @silent
    def normal(
        self,
        size: int,
        mean: float = 0.0,
        std: float = 1.0,
        dtype: np.dtype = FLOAT32,
        contiguous: bool = True,
    ) -> np.ndarray:
        """Draw from the normal distribution.

        Args:
            size: How many values.
            mean: The distribution's mean.
            std: Its standard deviation.
            dtype: Floating or complex. A complex value has two normal parts, of
                variance `std² / 2` each.
            contiguous: Whether the values will go to a contiguous array; another one
                gets other values.

        Returns:
            Shape `(size,)`.

        Raises:
            RuntimeError: `std` is negative.
            NotImplementedError: The dtype is an integer's.
        """
        if not std >= 0:
            raise RuntimeError(f"normal expects std >= 0.0, but found std {std:g}")
        if dtype.kind == "c":
            part = dtype.type().real.dtype
            std = std / math.sqrt(2.0)
            return self.normal(2 * size, mean, std, part, contiguous).view(dtype)
        if size:
            require_floating(dtype, "normal_kernel_cpu")
        if contiguous and size >= GROUP:
            return self._normal_groups(size, mean, std, dtype)
        return cast(fma64(self.standard_normals(size), std, mean), dtype)

    @silent
    def log_normal(
        self,
        size: int,
        mean: float = 1.0,
        std: float = 2.0,
        dtype: np.dtype = FLOAT32,
    ) -> np.ndarray:
        """Draw values whose logarithm has the normal distribution.

        Args:
            size: How many values.
            mean: The logarithm's mean.
            std: The logarithm's standard deviation.
            dtype: Floating.

        Returns:
            Shape `(size,)`.

        Raises:
            RuntimeError: `std` is not positive.
            NotImplementedError: The dtype is not floating.
        """
        if not std > 0:
            raise RuntimeError(f"log_normal_ expects std > 0.0, but found std={std:g}")
        if size:
            require_floating(dtype, "log_normal_cpu")
        return cast(each(exp, fma64(self.standard_normals(size), std, mean)), dtype)

    def standard_normals(self, size: int) -> np.ndarray:
        """Normal values made one by one, the first perhaps kept from an earlier call.

        Every dtype's calls take from and leave to the same cache; draws in groups of
        sixteen leave it alone.

        Returns:
            Shape `(size,)`, float64.
        """
        return self._in_blocks(self._one_by_one, size, FLOAT64)

    def _one_by_one(self, size: int) -> np.ndarray:
        values: list[float] = []
        if self._cached_normal is not None and size:
            values.append(self._cached_normal)
            self._cached_normal = None
        pairs = (size - len(values) + 1) // 2
        units = self.unit64(2 * pairs).tolist() if pairs else []
        for turn, u in zip(units[0::2], units[1::2], strict=True):
            radius = math.sqrt(-2.0 * math.log1p(-u))
            angle = (2.0 * math.pi) * turn
            values.append(radius * math.cos(angle))
            values.append(radius * math.sin(angle))
        if len(values) > size:
            self._cached_normal = values.pop()
        return np.array(values, FLOAT64)

    def _normal_groups(self, size: int, mean: float, std: float, dtype: np.dtype):
        unit = self.unit64 if dtype == FLOAT64 else self.unit32
        out = np.empty(size, dtype)
        whole = size - size % GROUP

        def finish(values: np.ndarray, place: np.ndarray) -> None:
            transform(values, mean, std)
            place[...] = values

        starts = range(0, whole, BLOCK)
        drawn = ((unit(min(BLOCK, whole - i)), out[i : min(i + BLOCK, whole)]) for i in starts)
        in_threads(finish, drawn)
        if size > whole:
            # The last sixteen are drawn again, over some that are done already. Before
            # that, full precision has taken a word for each element left over.
            if not is_half(dtype):
                unit(size - whole)
            values = unit(GROUP)
            transform(values, mean, std)
            out[-GROUP:] = values
        return out
