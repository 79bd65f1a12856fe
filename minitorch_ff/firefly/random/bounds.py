"""Which bounds an integer draw may have, and in which dtype."""

from __future__ import annotations

import warnings

import numpy as np

from minitorch_ff.firefly.random.errors import (
    LARGEST,
    c_name,
    is_floating,
    not_implemented,
    require,
)
from minitorch_ff.firefly.random.exact import INT64_MIN, cast, to_int64

ALL_64_BITS = 2**64

# Up to 2^digits a floating dtype holds every integer.
_DIGITS = {"float16": 11, "bfloat16": 8, "float32": 24, "float64": 53}


def integer_range(low: int, high: int | None, dtype: np.dtype) -> tuple[int, int]:
    """Check the bounds of an integer draw.

    Args:
        low: The smallest value asked for.
        high: The bound above, or None for as far as the dtype goes.
        dtype: What the values will be.

    Returns:
        The smallest value and how many there are. In floating dtypes PyTorch moves bounds
        that would be rounded out of the range.

    Raises:
        RuntimeError: There is no integer in the range, or one that does not fit.
        NotImplementedError: All of 64 bits are asked for, in a dtype that lacks it.
    """
    if high is None:
        return _open_range(low, dtype)
    require(
        low < high,
        "random_ expects 'from' to be less than 'to', "
        f"but got from={low} >= to={high}",
    )
    if is_floating(dtype):
        low, high = _round_up(low, dtype), _round_down(high, dtype)
        require(
            low < high,
            "random_ expects 'from' casted to dtype to be less than 'to' casted to "
            f"dtype, but got from={low} >= to={high}",
        )
    _check(low, high - 1, dtype)
    return low, high - low


def _open_range(low: int, dtype: np.dtype) -> tuple[int, int]:
    if low == INT64_MIN:
        if dtype.name not in ("int64", "float64", "float32", "bfloat16"):
            raise not_implemented("random_full_64_bits_range_kernel_cpu", dtype)
        return low, ALL_64_BITS
    if is_floating(dtype):
        last = 2 ** _DIGITS[dtype.name]
        low = _round_up(low, dtype)
        require(
            low < last,
            "random_ expects 'from' casted to dtype to be less than or equal to "
            f"'to_inc' casted to dtype, but got from={low} > to_inc={last}",
        )
    elif dtype.kind == "b":
        last = 1
    elif dtype.kind in "iu":
        last = int(np.iinfo(dtype).max)
        if last >= 2**63:
            last -= 2**64  # PyTorch's bounds are signed: uint64's largest becomes -1
    _check(low, last, dtype)
    return low, last - low + 1


def _check(low: int, last: int, dtype: np.dtype) -> None:
    """Refuse bounds that do not fit; warn of those between which values are missing."""
    if is_floating(dtype):
        largest = LARGEST[dtype.name]
        smallest = -largest
    elif dtype.kind == "b":
        smallest, largest = 0, 1
    elif dtype.kind in "iu":
        smallest, largest = np.iinfo(dtype).min, np.iinfo(dtype).max
    else:
        raise RuntimeError(
            "check_random_bounds handles only integral, floating-point and boolean types"
        )
    for name, bound in (("from", low), ("to - 1", last)):
        require(
            smallest <= bound <= largest, f"{name} is out of bounds for {c_name(dtype)}"
        )
    if is_floating(dtype):
        digits = _DIGITS[dtype.name]
        for name, bound in (("from", low), ("to - 1", last)):
            if abs(bound) > 2**digits:
                warnings.warn(
                    f"{name} is out of bounds [-(2^{digits}), 2^{digits}]. Due to "
                    f"precision limitations {c_name(dtype)} can support discrete uniform "
                    "distribution only within this range. This warning will become an "
                    "error in version 1.7 release, please fix the code in advance",
                    stacklevel=4,
                )


def _round_up(low: int, dtype: np.dtype) -> int:
    """The lower bound, or the next number of the dtype if the bound rounds below itself."""
    rounded = _as(low + 1, dtype)
    if rounded < low:
        return rounded + _gap(low + 1, dtype)
    return low


def _round_down(high: int, dtype: np.dtype) -> int:
    """The upper bound, or the number before it if its last value rounds up to it."""
    rounded = _as(high - 1, dtype)
    if rounded >= high:
        return rounded - _gap(high - 1, dtype)
    return high


def _as(value: int, dtype: np.dtype) -> int:
    """The integer that `value` becomes in the dtype."""
    with np.errstate(all="ignore"):
        return to_int64(float(cast(np.array(value, np.int64), dtype)))


def _gap(value: int, dtype: np.dtype) -> int:
    """The distance between neighbours of the dtype around `value`."""
    return 1 << (abs(value).bit_length() - _DIGITS[dtype.name])
