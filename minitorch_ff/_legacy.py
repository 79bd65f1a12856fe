"""Type names from PyTorch's early days: `torch.FloatTensor`, `torch.LongTensor`, …"""

from __future__ import annotations

from typing import Any

from minitorch_ff import _dtypes
from minitorch_ff._functions import creation
from minitorch_ff.firefly.tensor import Tensor as AnyTensor


class LegacyType(type):
    """The class of these names: calling one makes a tensor, `isinstance` asks its dtype."""

    dtype: _dtypes.dtype

    def __call__(cls, *args: Any, device: Any = None) -> Any:
        return creation.legacy(cls, args, cls.dtype, device)

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, AnyTensor) and instance.dtype is cls.dtype  # type: ignore[attr-defined]

    def __repr__(cls) -> str:
        return f"<class 'torch.{cls.__name__}'>"


def _legacy(name: str, dtype: _dtypes.dtype) -> Any:
    return LegacyType(name, (), {"dtype": dtype, "__doc__": f"Tensors of `{dtype}`."})


FloatTensor = _legacy("FloatTensor", _dtypes.float32)
DoubleTensor = _legacy("DoubleTensor", _dtypes.float64)
HalfTensor = _legacy("HalfTensor", _dtypes.float16)
BFloat16Tensor = _legacy("BFloat16Tensor", _dtypes.bfloat16)
LongTensor = _legacy("LongTensor", _dtypes.int64)
IntTensor = _legacy("IntTensor", _dtypes.int32)
ShortTensor = _legacy("ShortTensor", _dtypes.int16)
CharTensor = _legacy("CharTensor", _dtypes.int8)
ByteTensor = _legacy("ByteTensor", _dtypes.uint8)
BoolTensor = _legacy("BoolTensor", _dtypes.bool)
