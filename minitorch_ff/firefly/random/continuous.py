"""Uniform, exponential and Cauchy draws, and the slopes of a randomised ReLU."""

from __future__ import annotations

import math

import numpy as np

from minitorch_ff.firefly.random.dtypes import (
    FLOAT32, FLOAT64, c_name, is_floating, is_half, limits, require_floating, scalar_name,
)  # fmt: skip
from minitorch_ff.firefly.random.engine import Engine
from minitorch_ff.firefly.random.exact import cast, each, fma32, fma64, silent

_CONTINUOUS = (
    "{} distribution is a continuous probability distribution. "
    "dtype must be a floating point but you specified {}"
)

_FULL_PRECISION = (FLOAT32, FLOAT64)

# From this many float32 values on, NumPy's vectorised log1p is used. It may differ from
# the C library's in the last of 53 bits, which rounding to 24 bits or fewer hides.
_MANY = 4096


class Continuous(Engine):
    """Draws from distributions over real numbers, the normal ones aside."""

    def uniform(
        self,
        size: int,
        low: float = 0.0,
        high: float = 1.0,
        dtype: np.dtype = FLOAT32,
    ) -> np.ndarray:
        """Draw numbers spread evenly over [low, high).

        Args:
            size: How many values.
            low: The smallest possible value.
            high: The bound above; as a value only if it equals `low`.
            dtype: Floating, or complex for two real draws per value.

        Returns:
            Shape `(size,)`.

        Raises:
            RuntimeError: A bound, or their distance, does not fit the dtype, or `low`
                is above `high`.
            NotImplementedError: The dtype is an integer's.
        """
        if low == 0 and high == 1 and dtype in _FULL_PRECISION:
            unit = self.unit32 if dtype == FLOAT32 else self.unit64
            return self._in_blocks(unit, size, dtype)
        if dtype.kind == "c":
            part = dtype.type().real.dtype
            return self.uniform(2 * size, low, high, part).view(dtype)
        _check_uniform(low, high, dtype)
        if dtype == FLOAT64:
            return self._in_blocks(lambda n: self._uniform64(n, low, high), size, dtype)
        return self._in_blocks(lambda n: self._uniform32(n, low, high, dtype), size, dtype)

    def _uniform64(self, size: int, low: float, high: float):
        values = fma64(self.unit64(size), high - low, low)
        values[values == high] = low  # rounding may reach the excluded bound
        return values

    def _uniform32(self, size: int, low: float, high: float, dtype: np.dtype):
        values = self.unit32(size)
        low32, high32 = np.float32(low), np.float32(high)
        if low32 != 0 or high32 != 1:
            values = fma32(values, high32 - low32, low32)
            values[values == high32] = low32
        if is_half(dtype):
            values = values.astype(dtype)
            values[values == dtype.type(high)] = low32
        return values

    @silent
    def exponential(self, size: int, lambd: float = 1.0, dtype: np.dtype = FLOAT32) -> np.ndarray:
        """Draw waiting times of events that happen at a constant rate.

        Args:
            size: How many values.
            lambd: The rate, in events per unit of time.
            dtype: Floating.

        Returns:
            Shape `(size,)`.

        Raises:
            RuntimeError: The rate is not positive, or the dtype not floating.
        """
        if size and not is_floating(dtype):
            raise RuntimeError(_CONTINUOUS.format("Exponential", scalar_name(dtype)))
        if not lambd > 0:
            raise RuntimeError(f"exponential_ expects lambda > 0.0, but found lambda={lambd:g}")
        scale = -1.0 / lambd
        vectorised = size >= _MANY and dtype != FLOAT64

        def draw(n):
            u = self.unit64(n)
            np.negative(u, out=u)
            logarithm = np.log1p(u) if vectorised else each(math.log1p, u)
            return cast(scale * logarithm, dtype)

        return self._in_blocks(draw, size, dtype)

    @silent
    def cauchy(
        self,
        size: int,
        median: float = 0.0,
        sigma: float = 1.0,
        dtype: np.dtype = FLOAT32,
    ) -> np.ndarray:
        """Draw from the Cauchy distribution, which has a median and no mean.

        Args:
            size: How many values.
            median: Half of the values are below it.
            sigma: Half of the values are within this distance of the median.
            dtype: Floating.

        Returns:
            Shape `(size,)`.

        Raises:
            RuntimeError: `sigma` is not positive, or the dtype not floating.
        """
        if not sigma > 0:
            raise RuntimeError(f"cauchy_ expects sigma > 0.0, but found sigma={sigma:g}")
        if not is_floating(dtype):
            raise RuntimeError(_CONTINUOUS.format("Cauchy", c_name(dtype)))

        def draw(n):
            tangent = each(math.tan, math.pi * (self.unit64(n) - 0.5))
            return cast(fma64(tangent, sigma, median), dtype)

        return self._in_blocks(draw, size, dtype)

    def rrelu_slopes(
        self, size: int, lower: float, upper: float, dtype: np.dtype = FLOAT32
    ) -> np.ndarray:
        """Draw the slopes of a randomised ReLU.

        One slope belongs to each element that is not positive, in the order of the
        indices. Unlike `uniform`'s, the arithmetic is float64 without fused
        multiply-add.

        Args:
            size: How many elements are not positive.
            lower: The smallest slope.
            upper: The largest one.
            dtype: float32 or float64. (In bfloat16 PyTorch multiplies in float32.)

        Returns:
            Shape `(size,)`.
        """
        low, high = float(dtype.type(lower)), float(dtype.type(upper))
        return (self.unit64(size) * (high - low) + low).astype(dtype)


def _check_uniform(low: float, high: float, dtype: np.dtype) -> None:
    require_floating(dtype, "check_uniform_bounds")
    smallest, largest = limits(dtype)
    for name, bound in (("from", low), ("to", high)):
        if not smallest <= bound <= largest:
            raise RuntimeError(f"{name} is out of bounds for {c_name(dtype)}")
    if not low <= high:
        raise RuntimeError(
            f"uniform_ expects to return a [from, to) range, but found from={low:g} > to={high:g}"
        )
    if not high - low <= largest:
        raise RuntimeError(
            "uniform_ expects to-from <= std::numeric_limits"
            f"<{scalar_name(dtype)}>::max(), but found to={high:g} and from={low:g} "
            "which result in to-from to exceed the limit"
        )
