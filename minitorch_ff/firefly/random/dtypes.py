"""What the distributions must know of dtypes: names, limits, precision."""

from __future__ import annotations

from functools import cache

import numpy as np

FLOAT32 = np.dtype(np.float32)
FLOAT64 = np.dtype(np.float64)
INT64 = np.dtype(np.int64)
BOOL = np.dtype(bool)

INTEGERS = ("uint8", "int8", "int16", "int32", "int64")
"""Those that distributions come in; the wider unsigned ones are for storage."""

# How PyTorch's texts name a dtype: as a scalar type, and as the C++ type behind it.
_NAMES = {
    "bool": ("Bool", "bool"),
    "uint8": ("Byte", "unsigned char"),
    "int8": ("Char", "signed char"),
    "int16": ("Short", "short int"),
    "int32": ("Int", "int"),
    "int64": ("Long", "long int"),
    "uint16": ("UInt16", "short unsigned int"),
    "uint32": ("UInt32", "unsigned int"),
    "uint64": ("UInt64", "long unsigned int"),
    "float16": ("Half", "c10::Half"),
    "bfloat16": ("BFloat16", "c10::BFloat16"),
    "float32": ("Float", "float"),
    "float64": ("Double", "double"),
    "complex64": ("ComplexFloat", "c10::complex<float>"),
    "complex128": ("ComplexDouble", "c10::complex<double>"),
}

# Of floating dtypes: how many bits a number has (up to 2^digits, every integer is one),
# and the largest finite number.
_FLOATING = {
    "float16": (11, 65504.0),
    "bfloat16": (8, 2.0**128 - 2.0**120),
    "float32": (24, 2.0**128 - 2.0**104),
    "float64": (53, 2.0**1023 * (2 - 2.0**-52)),
}


def scalar_name(dtype: np.dtype) -> str:
    """The dtype as in "not implemented for 'Long'"."""
    return _NAMES[dtype.name][0]


def c_name(dtype: np.dtype) -> str:
    """The dtype as in "out of bounds for unsigned char"."""
    return _NAMES[dtype.name][1]


def is_half(dtype: np.dtype) -> bool:
    """Whether it is float16 or bfloat16 (which is not one of NumPy's own)."""
    return dtype.itemsize == 2 and dtype.kind not in "iu"


def is_floating(dtype: np.dtype) -> bool:
    """Whether it is a real floating dtype, bfloat16 included."""
    return dtype.kind == "f" or is_half(dtype)


@cache
def digits(dtype: np.dtype) -> int:
    """How many bits a floating dtype's numbers have."""
    return _FLOATING[dtype.name][0]


@cache
def limits(dtype: np.dtype) -> tuple[float, float]:
    """The smallest and the largest finite number of any real dtype."""
    if is_floating(dtype):
        largest = _FLOATING[dtype.name][1]
        return -largest, largest
    if dtype.kind == "b":
        return 0, 1
    info = np.iinfo(dtype)
    return int(info.min), int(info.max)


def last_whole(dtype: np.dtype) -> int:
    """The largest number up to which a real dtype has every integer."""
    return 2 ** digits(dtype) if is_floating(dtype) else int(limits(dtype)[1])


def not_implemented(kernel: str, dtype: np.dtype) -> NotImplementedError:
    """The error of a dtype that a distribution does not come in."""
    return NotImplementedError(f"\"{kernel}\" not implemented for '{scalar_name(dtype)}'")


def require_floating(dtype: np.dtype, kernel: str) -> None:
    """Refuse a dtype that is not floating."""
    if not is_floating(dtype):
        raise not_implemented(kernel, dtype)
