"""PyTorch's words for wrong parameters and dtypes.

Every check comes before the first draw: a call that fails leaves the generator as it was.
A condition is written so that NaN fails it.
"""

from __future__ import annotations

import numpy as np

from minitorch_ff.firefly.random.exact import is_half

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

LARGEST = {
    "float16": 65504.0,
    "bfloat16": 2.0**128 - 2.0**120,
    "float32": 2.0**128 - 2.0**104,
    "float64": float(np.finfo(np.float64).max),
}
"""The largest finite number of each floating dtype."""


def scalar_name(dtype: np.dtype) -> str:
    """The dtype as in "not implemented for 'Long'"."""
    return _NAMES[dtype.name][0]


def c_name(dtype: np.dtype) -> str:
    """The dtype as in "out of bounds for unsigned char"."""
    return _NAMES[dtype.name][1]


def is_floating(dtype: np.dtype) -> bool:
    """Whether it is a real floating dtype, bfloat16 included."""
    return dtype.kind == "f" or is_half(dtype)


def require(condition: bool, message: str) -> None:
    """Refuse a parameter."""
    if not condition:
        raise RuntimeError(message)


def not_implemented(kernel: str, dtype: np.dtype) -> NotImplementedError:
    """The error of a dtype that a distribution does not come in."""
    return NotImplementedError(
        f'"{kernel}" not implemented for \'{scalar_name(dtype)}\''
    )


def require_floating(dtype: np.dtype, kernel: str) -> None:
    """Refuse a dtype that is not floating."""
    if not is_floating(dtype):
        raise not_implemented(kernel, dtype)
