"""Type names from PyTorch's early days: `torch.FloatTensor`, `torch.LongTensor`, and so on."""

from __future__ import annotations

from typing import Any

from minitorch_ff import _dtypes
from minitorch_ff._functions import creation
from minitorch_ff.firefly.tensor import Tensor as AnyTensor


class LegacyType(type):
    """The class of these names: calling one makes a tensor, `isinstance` asks its dtype."""

    dtype: _dtypes.dtype
    place: str

    def __call__(cls, *args: Any, device: Any = None) -> Any:
        return creation.legacy(cls, args, cls.dtype, device or cls.place)

    def __instancecheck__(cls, instance: Any) -> bool:
        return (
            isinstance(instance, AnyTensor)
            and instance.dtype is cls.dtype  # type: ignore[attr-defined]
            and instance.backend.device_type == cls.place
        )

    def __repr__(cls) -> str:
        where = "" if cls.place == "cpu" else f"{cls.place}."
        return f"<class 'torch.{where}{cls.__name__}'>"


def _legacy(name: str, dtype: _dtypes.dtype, place: str = "cpu") -> Any:
    body = {"dtype": dtype, "place": place, "__doc__": f"Tensors of `{dtype}`."}
    return LegacyType(name, (), body)


def on_device(name: str, place: str = "cuda") -> Any:
    """The type of the same name on another device: `torch.cuda.FloatTensor`."""
    return _legacy(name, globals()[name].dtype, place)


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
