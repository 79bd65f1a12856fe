"""Which bounds an integer draw may have, and in which dtype."""

from __future__ import annotations

import warnings

import numpy as np

from minitorch_ff.firefly.random.dtypes import (
    c_name, digits, is_floating, last_whole, limits, not_implemented,
)  # fmt: skip
from minitorch_ff.firefly.random.exact import INT64_MIN, cast, floor, silent

ALL_64_BITS = 2**64


def integer_range(low: int, high: int | None, dtype: np.dtype) -> tuple[int, int]:
    """Check the bounds of an integer draw.

    Args:
        low: The smallest value asked for.
        high: The bound above, or None for as far as the dtype goes.
        dtype: What the values will be.

    Returns:
        The smallest value and how many there are. In floating dtypes PyTorch moves
        bounds that would be rounded out of the range.

    Raises:
        RuntimeError: There is no integer in the range, or one that does not fit.
        NotImplementedError: All of 64 bits are asked for, in a dtype that lacks it.
    """
    if high is None:
        return _open_range(low, dtype)
    if not low < high:
        raise RuntimeError(
            f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}"
        )
    if is_floating(dtype):
        low, high = _round_up(low, dtype), _round_down(high, dtype)
        if not low < high:
            raise RuntimeError(
                "random_ expects 'from' casted to dtype to be less than 'to' casted to "
                f"dtype, but got from={low} >= to={high}"
            )
    _check(low, high - 1, dtype)
    return low, high - low


def _open_range(low: int, dtype: np.dtype) -> tuple[int, int]:
    """The range of a draw without an upper bound."""
    if low == INT64_MIN:
        kernel = "random_full_64_bits_range_kernel_cpu"
        if dtype.name in ("int32", "int16", "int8", "uint8"):
            raise RuntimeError(f"{kernel} handles only int64, double, float and bfloat16")
        if dtype.name not in ("int64", "float64", "float32", "bfloat16"):
            raise not_implemented(kernel, dtype)
        return 0, ALL_64_BITS  # all bit patterns, as they come
    if dtype.kind == "c":
        raise RuntimeError(
            "random_from_to_impl handles only integral, floating-point and boolean types"
        )
    last = last_whole(dtype)
    if is_floating(dtype):
        low = _round_up(low, dtype)
        if not low < last:
            raise RuntimeError(
                "random_ expects 'from' casted to dtype to be less than or equal to "
                f"'to_inc' casted to dtype, but got from={low} > to_inc={last}"
            )
    elif last >= 2**63:
        last -= 2**64  # PyTorch's bounds are signed: uint64's largest becomes -1
    _check(low, last, dtype)
    return low, last - low + 1


def _check(low: int, last: int, dtype: np.dtype) -> None:
    """Refuse bounds that do not fit; warn of those with integers missing between."""
    if dtype.kind == "c":
        raise RuntimeError(
            "check_random_bounds handles only integral, floating-point and boolean types"
        )
    bounds = ("from", low), ("to - 1", last)
    smallest, largest = limits(dtype)
    for name, bound in bounds:
        if not smallest <= bound <= largest:
            raise RuntimeError(f"{name} is out of bounds for {c_name(dtype)}")
    for name, bound in bounds:
        if is_floating(dtype) and abs(bound) > last_whole(dtype):
            warnings.warn(
                f"{name} is out of bounds [-(2^{digits(dtype)}), 2^{digits(dtype)}]. "
                f"Due to precision limitations {c_name(dtype)} can support discrete "
                "uniform distribution only within this range. This warning will become "
                "an error in version 1.7 release, please fix the code in advance",
                stacklevel=5,  # the user's call of a function that calls `randint`
            )


def _round_up(low: int, dtype: np.dtype) -> int:
    """The lower bound, or the dtype's next number if the bound rounds below itself."""
    rounded = _as(low + 1, dtype)
    if rounded < low:
        return rounded + _gap(low + 1, dtype)
    return low


def _round_down(high: int, dtype: np.dtype) -> int:
    """The upper bound, or the number before it if the last value rounds up to it."""
    rounded = _as(high - 1, dtype)
    if rounded >= high:
        return rounded - _gap(high - 1, dtype)
    return high


@silent
def _as(value: int, dtype: np.dtype) -> int:
    """The integer that `value` becomes in the dtype."""
    return floor(float(cast(np.array(value, np.int64), dtype)))


def _gap(value: int, dtype: np.dtype) -> int:
    """The distance between neighbours of the dtype around `value`."""
    return 1 << (abs(value).bit_length() - digits(dtype))
