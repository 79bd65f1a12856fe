"""Integer draws: from a range, or over all values of a dtype."""

from __future__ import annotations

import numpy as np

from minitorch_ff.firefly.random.bounds import ALL_64_BITS, integer_range
from minitorch_ff.firefly.random.dtypes import (
    FLOAT64, INT64, INTEGERS, last_whole, not_implemented,
)  # fmt: skip
from minitorch_ff.firefly.random.engine import Engine
from minitorch_ff.firefly.random.exact import cast

_TWO_WORDS = 2**28  # from this many values on, a draw takes two words


class Integers(Engine):
    """Draws of integers, in any dtype."""

    def randint(self, size: int, low: int, high: int | None, dtype: np.dtype = INT64) -> np.ndarray:
        """Draw integers spread evenly over [low, high).

        Args:
            size: How many values.
            low: The smallest possible value.
            high: The bound above. None: the largest value of the dtype (the last one
                before the gaps begin, if it is floating) is the last possible value.
            dtype: Any but complex.

        Returns:
            Shape `(size,)`.

        Raises:
            RuntimeError: There is no integer in the range, or one that does not fit.
            NotImplementedError: From -2⁶³ on without end, in a dtype that lacks it.
        """
        low, count = integer_range(low, high, dtype)

        def draw(n):
            values = self._below(n, count)
            if low:
                values += np.uint64(low % 2**64)
            return cast(values.view(np.int64), dtype)

        return self._in_blocks(draw, size, dtype)

    def random_(self, size: int, dtype: np.dtype = INT64) -> np.ndarray:
        """Draw integers spread evenly over the values of a dtype that are not negative.

        Args:
            size: How many values.
            dtype: Any but complex and the wider unsigned ones. In a floating one,
                values stop where it no longer holds every integer.

        Returns:
            Shape `(size,)`.

        Raises:
            NotImplementedError: The dtype is another.
        """
        if size and dtype.kind in "uc" and dtype.name not in INTEGERS:
            raise not_implemented("random_kernel_cpu", dtype)
        count = last_whole(dtype) + 1 if size else 1
        words = self.u64s if dtype in (FLOAT64, INT64) else self.u32s

        def draw(n):
            return cast(_remainder(words(n), count).view(np.int64), dtype)

        return self._in_blocks(draw, size, dtype)

    def _below(self, size: int, count: int):
        """Integers in [0, count). Shape `(size,)`, uint64."""
        if count < _TWO_WORDS:
            return _remainder(self.u32s(size), count)
        if count == ALL_64_BITS:
            return self.u64s(size)
        return _remainder(self.u64s(size), count)


def _remainder(words, count: int):
    """`words` modulo `count`, in place."""
    if count & (count - 1):
        words %= np.uint64(count)
    else:  # a power of two: its low bits, which is quicker
        words &= np.uint64(count - 1)
    return words
