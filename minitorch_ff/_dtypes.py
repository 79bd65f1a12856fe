"""Element types: `torch.float32` and the others, their limits, and the default one."""

from __future__ import annotations

import builtins
import importlib
from typing import Any

import numpy

from minitorch_ff.firefly import promotion


class dtype:
    """The type of a tensor's elements.

    Attributes:
        is_floating_point: Whether it has a fractional part.
        is_complex: Whether it has an imaginary part.
        is_signed: Whether it has negative values.
        itemsize: Bytes per element.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.float64, torch.float64.itemsize
        (torch.float64, 8)

    See: [torch.dtype](https://docs.pytorch.org/docs/stable/tensor_attributes.html).
    """

    __slots__ = ("__name__", "_numpy", "is_complex", "is_floating_point", "is_signed", "itemsize")

    def __init__(self, name: str) -> None:
        self.__name__ = name
        known = numpy.dtype("float16" if name == "bfloat16" else name)  # alike but for the limits
        self.itemsize = known.itemsize
        self.is_floating_point, self.is_complex = known.kind == "f", known.kind == "c"
        self.is_signed = known.kind not in "ub"
        self._numpy: Any = None
        if name != "bfloat16":
            self._take(known)

    def _take(self, numpy_dtype: Any) -> None:
        """Be our name for a type of the array library."""
        self._numpy = numpy_dtype
        _by_numpy[numpy_dtype] = self

    @property
    def numpy(self) -> Any:
        """The array library's name for it.

        Raises:
            ImportError: It is bfloat16, and the `ml_dtypes` package is not installed.
        """
        if self._numpy is None:
            try:
                self._take(numpy.dtype(importlib.import_module("ml_dtypes").bfloat16))
            except ImportError:
                raise ImportError(
                    "torch.bfloat16 needs the ml_dtypes package: pip install 'minitorch-ff[bf16]'"
                ) from None
        return self._numpy

    def to_complex(self) -> dtype:
        """The complex type of the same precision."""
        return {float64: complex128, complex128: complex128}.get(self, complex64)

    def to_real(self) -> dtype:
        """The real type of the same precision."""
        return {complex128: float64, complex64: float32}.get(self, self)

    def __repr__(self) -> str:
        return f"torch.{self.__name__}"

    def __reduce__(self) -> str:
        return self.__name__


_by_numpy: dict[Any, dtype] = {}

float32 = float = dtype("float32")
float64 = double = dtype("float64")
float16 = half = dtype("float16")
bfloat16 = dtype("bfloat16")
int64 = long = dtype("int64")
int32 = int = dtype("int32")
int16 = short = dtype("int16")
int8 = dtype("int8")
uint8 = dtype("uint8")
uint16 = dtype("uint16")
uint32 = dtype("uint32")
uint64 = dtype("uint64")
bool = dtype("bool")
complex64 = cfloat = dtype("complex64")
complex128 = cdouble = dtype("complex128")


def of(numpy_dtype: Any) -> dtype:
    """Our name for a type of the array library.

    Raises:
        TypeError: No tensor can have it.
    """
    try:
        return _by_numpy[numpy_dtype]
    except KeyError:
        pass
    name = getattr(numpy_dtype, "name", str(numpy_dtype))
    if name == "bfloat16" and bfloat16.numpy == numpy_dtype:
        return bfloat16
    raise TypeError(
        f"can't convert np.ndarray of type numpy.{name}. The only supported types are: "
        "float64, float32, float16, complex64, complex128, int64, int32, int16, int8, uint64, "
        "uint32, uint16, uint8, and bool."
    )


def python_type_dtype(kind: type) -> dtype | None:
    """The dtype that stands for Python's `float`, `int`, `bool` or `complex`."""
    return {"float": float64, "int": int64, "bool": bool, "complex": complex128}.get(kind.__name__)


# -------------------------------------------------------------------- the default dtype

_default: dtype = float32


def get_default_dtype() -> dtype:
    """The dtype of new tensors made of Python floats.

    See: [torch.get_default_dtype](https://docs.pytorch.org/docs/stable/generated/torch.get_default_dtype.html).
    """
    return _default


def set_default_dtype(d: dtype) -> None:
    """Choose the dtype of new tensors made of Python floats.

    Args:
        d: A floating dtype.

    Raises:
        TypeError: `d` is not a floating dtype.

    See: [torch.set_default_dtype](https://docs.pytorch.org/docs/stable/generated/torch.set_default_dtype.html).
    """
    global _default
    if not isinstance(d, dtype):
        raise TypeError(
            "invalid dtype object: only floating-point types are supported as the default type"
        )
    if not d.is_floating_point:
        raise TypeError("only floating-point types are supported as the default type")
    floating = d.numpy
    _default = d
    promotion.Defaults.floating = floating
    promotion.Defaults.complex = d.to_complex().numpy
    promotion.forget()


promotion.Defaults.floating = float32.numpy
promotion.Defaults.integer = int64.numpy
promotion.Defaults.complex = complex64.numpy


def _widest(a: Any, b: Any) -> Any:
    if "bfloat16" in (a.name, b.name) and a.itemsize == b.itemsize and a != b:
        return float32.numpy  # float16 and bfloat16: neither holds the other
    return numpy.promote_types(a, b)


promotion.Defaults.widest = staticmethod(_widest)


# ------------------------------------------------------------------------- the limits


class finfo:
    """The limits of a floating dtype (the default one, if none is given).

    Attributes:
        bits: Bits per element.
        eps: The distance from 1 to the next larger number.
        max, min: The largest and the smallest number.
        tiny, smallest_normal: The smallest positive normal number.
        resolution: The precision in decimal digits, as a power of ten.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.finfo(torch.float32).eps
        1.1920928955078125e-07

    See: [torch.finfo](https://docs.pytorch.org/docs/stable/type_info.html).
    """

    def __init__(self, type: dtype | None = None) -> None:
        type = _default if type is None else type
        _must_be_dtype(type, "finfo")
        if not (type.is_floating_point or type.is_complex):
            raise TypeError(
                "torch.finfo() requires a floating point input type. Use torch.iinfo to handle "
                f"'{type}'"
            )
        real = type.to_real()
        if real is bfloat16:
            info = importlib.import_module("ml_dtypes").finfo("bfloat16")
        else:
            info = numpy.finfo(real.numpy)
        self.bits = builtins.int(info.bits)
        number = builtins.float
        self.eps, self.resolution = number(info.eps), number(info.resolution)
        self.max, self.min = number(info.max), number(info.min)
        self.tiny = self.smallest_normal = number(info.smallest_normal)
        self.dtype = real.__name__

    def __repr__(self) -> str:
        return (
            f"finfo(resolution={self.resolution:g}, min={self.min:g}, max={self.max:g}, "
            f"eps={self.eps:g}, smallest_normal={self.smallest_normal:g}, "
            f"tiny={self.tiny:g}, dtype={self.dtype})"
        )


class iinfo:
    """The limits of an integer dtype.

    Attributes:
        bits: Bits per element.
        max, min: The largest and the smallest number.

    See: [torch.iinfo](https://docs.pytorch.org/docs/stable/type_info.html).
    """

    def __init__(self, type: dtype) -> None:
        _must_be_dtype(type, "iinfo")
        if type.is_floating_point or type.is_complex or type is bool:
            raise TypeError(
                f"torch.iinfo() requires an integer input type. Use torch.finfo to handle '{type}'"
            )
        info = numpy.iinfo(type.numpy)
        self.bits, self.max, self.min = info.bits, builtins.int(info.max), builtins.int(info.min)
        self.dtype = type.__name__

    def __repr__(self) -> str:
        return f"iinfo(min={self.min:g}, max={self.max:g}, dtype={self.dtype})"


def _must_be_dtype(value: object, function: str) -> None:
    if not isinstance(value, dtype):
        raise TypeError(
            f"{function}(): argument 'type' (position 1) must be torch.dtype, not "
            f"{value.__class__.__name__}"
        )
