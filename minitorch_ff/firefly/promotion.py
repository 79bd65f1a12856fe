"""Which dtype two operands meet in: PyTorch's rules, not NumPy's.

Three categories, bool < integer < floating (< complex). Inside one category the wider type
wins, but a 0-d tensor or a Python number never widens a tensor with dimensions; only a
higher category does.
"""

from __future__ import annotations

import functools
from typing import Any

from minitorch_ff.firefly.backend.registry import backend_of, cpu, several
from minitorch_ff.firefly.tensor import Tensor, wrap

BOOL, INTEGER, FLOATING, COMPLEX = range(4)
CATEGORY = {
    "b": BOOL,
    "i": INTEGER,
    "u": INTEGER,
    "f": FLOATING,
    "V": FLOATING,
    "c": COMPLEX,
}
"""By NumPy's letter for the kind of a dtype (bfloat16, an extension type, says "V")."""

NUMBERS_KEPT = 4096


class Defaults:
    """The dtypes that numbers take when nothing else decides; set by the facade."""

    floating: Any = None
    integer: Any = None
    complex: Any = None
    widest: Any = None
    """`widest(a, b)`: the dtype of two dtypes of one category."""


_promotions: dict[tuple[Any, bool, Any, bool], Any] = {}
_numbers: dict[tuple[Any, type, Any, Any], Tensor] = {}


def forget() -> None:
    """Drop what was remembered: after the default dtype changed."""
    _promotions.clear()
    _numbers.clear()


def category_of(dtype: Any) -> int:
    """BOOL, INTEGER, FLOATING or COMPLEX."""
    return CATEGORY[dtype.kind]


def promote_types(a: Any, b: Any) -> Any:
    """The dtype in which two tensors with dimensions meet."""
    if a == b:
        return a
    high, low = (a, b) if CATEGORY[a.kind] >= CATEGORY[b.kind] else (b, a)
    if CATEGORY[high.kind] == CATEGORY[low.kind]:
        return Defaults.widest(high, low)
    if high.kind == "c" and low.kind == "f" and low.itemsize == 8:
        return Defaults.widest(high, low)
    return high


def result_dtype(a: Any, b: Any) -> Any:
    """The dtype in which two buffers meet."""
    key = (a.dtype, a.ndim == 0, b.dtype, b.ndim == 0)
    dtype = _promotions.get(key)
    if dtype is None:
        dtype = _promotions[key] = _decide(*key)
    return dtype


def _decide(a: Any, a_is_scalar: bool, b: Any, b_is_scalar: bool) -> Any:
    if a_is_scalar == b_is_scalar:
        return promote_types(a, b)
    full, scalar = (b, a) if a_is_scalar else (a, b)
    if CATEGORY[full.kind] >= CATEGORY[scalar.kind]:
        return full
    if scalar.kind == "c" and full.kind == "f":
        return promote_types(full, Defaults.widest(scalar, Defaults.complex))
    return scalar


def meeting(buffers: list[Any]) -> Any:
    """The dtype in which several buffers meet."""
    full = [b.dtype for b in buffers if b.ndim]
    scalars = [b.dtype for b in buffers if not b.ndim]
    if not full or not scalars:
        return functools.reduce(promote_types, full or scalars)
    return _decide(
        functools.reduce(promote_types, full), False,
        functools.reduce(promote_types, scalars), True,
    )  # fmt: skip


def promoted(a: Any, b: Any, floats: bool = False) -> tuple[Any, Any]:
    """Both buffers in the dtype of the result; with `floats`, a floating one."""
    dtype = result_dtype(a, b)
    if floats and dtype.kind in "iub":
        dtype = Defaults.floating
    if a.dtype is not dtype:
        a = a.astype(dtype)
    if b.dtype is not dtype:
        b = b.astype(dtype)
    return a, b


def number(value: Any, like: Tensor) -> Tensor:
    """A Python number as a 0-d constant beside `like`, in the dtype it would meet it in.

    Raises:
        TypeError: `value` is no number.
        OverflowError: It is an integer of more than 64 bits.
    """
    buffer = like.buffer
    place: Any = type(buffer)
    if several:
        place = place, several[0].follow(buffer)
    key = (value, type(value), buffer.dtype, place)
    try:
        return _numbers[key]
    except (KeyError, TypeError):
        pass
    kind = number_category(value)
    dtype = buffer.dtype
    if kind > CATEGORY[dtype.kind]:
        dtype = (None, Defaults.integer, Defaults.floating, Defaults.complex)[kind]
    if kind == INTEGER and not -(2**63) <= value < 2**64:
        raise OverflowError("int too big to convert")
    module = backend_of(buffer).module
    try:
        array = module.array(value, dtype)
    except OverflowError:  # the high bits are lost, as in C
        array = module.array(value % 2**64, "uint64").astype(dtype)
    tensor = wrap(like.result_class, array)
    tensor.version = [0]  # kept: never an inference tensor
    if value and len(_numbers) < NUMBERS_KEPT:  # 0.0 equals -0.0: kept, they would mix
        _numbers[key] = tensor
    return tensor


def is_half(x: Any) -> bool:
    """Whether a buffer is of half precision."""
    return x.dtype.itemsize == 2 and x.dtype.kind in "fV"


def number_in_single(value: Any, like: Tensor) -> Tensor:
    """A Python number; beside half-precision numbers it is in float32."""
    tensor = number(value, like)
    if not is_half(tensor.buffer) or not like.buffer.ndim:
        return tensor
    return wrap(like.result_class, like.backend.constant(value, "float32"))


def promoted_to_single(a: Any, b: Any, floats: bool = False) -> tuple[Any, Any]:
    """Both in the dtype of the result; but a scalar beside half-precision numbers in float32."""
    first, second = promoted(a, b, floats)
    return first, b.astype("float32") if is_half(first) and not b.ndim else second


def lone_number(value: Any) -> Tensor:
    """A Python number as a 0-d tensor on the CPU, in the dtype that it has by itself."""
    kind = number_category(value)
    dtype = (bool, Defaults.integer, Defaults.floating, Defaults.complex)[kind]
    return wrap(Tensor.result_class, cpu.module.array(value, dtype))


def number_category(value: Any) -> int:
    """The category of a Python (or NumPy) number.

    Raises:
        TypeError: `value` is no number.
    """
    if isinstance(value, bool):
        return BOOL
    if isinstance(value, int):
        return INTEGER
    if isinstance(value, float):
        return FLOATING
    if isinstance(value, complex):
        return COMPLEX
    kind = getattr(getattr(value, "dtype", None), "kind", None)
    if kind in CATEGORY and getattr(value, "ndim", 1) == 0:
        return CATEGORY[kind]
    raise TypeError(f"must be Tensor, not {type(value).__name__}")
