"""What elementwise functions share: dtypes of operands, numbers, error texts."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from minitorch_ff._checks import check
from minitorch_ff.firefly import tensor as engine
from minitorch_ff.firefly.ops.base import (
    TYPE_NAMES, apply, binary, check_broadcast, check_same_device, function_name,
)  # fmt: skip
from minitorch_ff.firefly.ops.shaping import ToCopy
from minitorch_ff.firefly.promotion import meeting, number_category
from minitorch_ff.firefly.tensor import ABSENT

if TYPE_CHECKING:  # `_tensor` is built on the functions: while they run it is the engine's
    from minitorch_ff._tensor import Tensor as Tensor
else:
    Tensor = engine.Tensor

Number = bool | int | float

RANGES = {
    "bool": ("bool", -math.inf, math.inf),
    "uint8": ("uint8_t", 1 - 2**8, 2**8 - 1),  # below zero it wraps around
    "int8": ("int8_t", -(2**7), 2**7 - 1),
    "int16": ("int16_t", -(2**15), 2**15 - 1),
    "int32": ("int", -(2**31), 2**31 - 1),
    "int64": ("int64_t", -(2**63), 2**63 - 1),
    "float16": ("c10::Half", -65504.0, 65504.0),
    "bfloat16": ("c10::BFloat16", -3.3895313892515355e38, 3.3895313892515355e38),
    "float32": ("float", -3.4028234663852886e38, 3.4028234663852886e38),
    "float64": ("double", -1.7976931348623157e308, 1.7976931348623157e308),
}
"""What PyTorch calls a dtype that a number does not fit, and which numbers fit."""


C_NAMES = {
    "bool": "bool", "uint8": "unsigned char", "int8": "signed char", "int16": "short int",
    "int32": "int", "int64": "long int", "float16": "c10::Half", "bfloat16": "c10::BFloat16",
    "float32": "float", "float64": "double",
}  # fmt: skip
"""What PyTorch's checks of arguments call a dtype."""


def checked_number(value: Any, dtype: Any) -> Any:
    """A Python number that a buffer of this dtype can hold.

    Raises:
        RuntimeError: It is too large.
    """
    name, low, high = _range(dtype)
    kind = dtype.kind
    if kind == "b":
        return bool(value)
    if not isinstance(value, complex):
        if low <= value <= high:
            return value % 256 if name == "uint8_t" else value
        if kind in "fV" and not math.isfinite(value):
            return value
    elif kind == "c":
        return value
    raise RuntimeError(f"value cannot be converted to type {name} without overflow")


@functools.cache
def _range(dtype: Any) -> tuple[str, float, float]:
    """The row of `RANGES`; types that it lacks take every number."""
    return RANGES.get(dtype.name, (dtype.name, -math.inf, math.inf))


def is_number(value: Any) -> bool:
    """Whether it is a Python (or NumPy) number."""
    if type(value) is int or type(value) is float:
        return True
    try:
        number_category(value)
    except TypeError:
        return False
    return True


def invalid_combination(function: str, *args: Any) -> TypeError:
    """The error for arguments that no form of a function takes."""
    names = ", ".join([type(arg).__name__ for arg in args])
    return TypeError(f"{function}() received an invalid combination of arguments - got ({names})")


def of_tensor(operator: Any, input: Any, other: Any) -> Any:
    """An operator of a tensor and another, or a number.

    Raises:
        TypeError: The first operand is no tensor.
    """
    if not isinstance(input, Tensor):
        raise invalid_combination(function_name(operator), input, other)
    return binary(operator, input, other)


def apply_broadcast(operator: Any, *inputs: Any, **settings: Any) -> Any:
    """`apply` of tensors whose shapes must meet.

    Raises:
        RuntimeError: The shapes cannot be broadcast, or the devices differ.
    """
    try:
        return apply(operator, *inputs, **settings)
    except (ValueError, TypeError):
        check_same_device(*inputs)
        shapes = [t.buffer.shape for t in inputs if t is not ABSENT]
        for i, b in enumerate(shapes):
            for a in shapes[:i]:
                check_broadcast(a, b)
        raise


def type_name(tensor: Any) -> str:
    """What PyTorch's messages call the dtype of a tensor."""
    name = tensor.buffer.dtype.name
    return TYPE_NAMES.get(name) or name.replace("ui", "UI")


def must_hold_one(function: str, value: Any) -> None:
    """Refuse a tensor of values where a single one is to be written."""
    ndim = value.buffer.ndim
    text = f"{function} only supports a 0-dimensional value tensor, but got tensor with"
    check(not ndim, f"{text} {ndim} dimension(s).")


def cast_to(tensor: Any, dtype: Any) -> Any:
    """The tensor in a dtype of the array library; itself if it has it."""
    return tensor if tensor.buffer.dtype == dtype else apply(ToCopy, tensor, dtype=dtype)


def together(*tensors: Any) -> tuple[Any, ...]:
    """Tensors in the dtype that all of them meet in."""
    first = tensors[0].buffer.dtype
    if all([t.buffer.dtype is first for t in tensors]):
        return tensors
    dtype = meeting([t.buffer for t in tensors])
    return tuple([cast_to(t, dtype) for t in tensors])


def numbered(out: Any, variant: int) -> Any:
    """`out`, its node named after another form of the function."""
    if out.node is not None:
        out.node.variant = variant
    return out


def known_as(out: Any, called: str) -> Any:
    """`out`, its node named after PyTorch's one operator for what several computed here."""
    if out.node is not None:
        out.node.called = called
    return out


def infix_of(function: Callable[..., Any], reflected: bool = False) -> Callable[..., Any]:
    """The method behind an infix sign, from a function of two operands.

    It leaves what is neither tensor nor number to the other operand's class.
    """

    def method(self: Any, other: Any) -> Any:
        if not isinstance(other, Tensor) and not is_number(other):
            return NotImplemented
        return function(other, self) if reflected else function(self, other)

    method.__name__ = function.__name__
    return method
