"""New tensors from data: `torch.tensor`, `torch.zeros`, `torch.from_numpy`, …"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy

from minitorch_ff import _dtypes
from minitorch_ff._devices import backend_for
from minitorch_ff.firefly.tensor import Tensor as AnyTensor
from minitorch_ff.firefly.tensor import require_grad, wrap

if TYPE_CHECKING:
    from minitorch_ff._devices import device as Device
    from minitorch_ff._dtypes import dtype as DType
    from minitorch_ff._tensor import Tensor


def tensor(data: Any, *, dtype: DType | None = None, device: Device | str | None = None,
           requires_grad: bool = False, pin_memory: bool = False) -> Tensor:
    """A new tensor with a copy of `data`."""
    if isinstance(data, AnyTensor):
        data = data.buffer
    array = numpy.array(data)
    if dtype is not None:
        array = array.astype(dtype.numpy)
    elif not isinstance(data, (numpy.ndarray, numpy.generic)) and array.dtype.kind == "f":
        array = array.astype(_dtypes.get_default_dtype().numpy)
    out = wrap(AnyTensor.result_class, array)
    if requires_grad:
        require_grad(out)
    return out


def from_numpy(ndarray: numpy.ndarray) -> Tensor:
    """A tensor over the memory of a NumPy array."""
    _dtypes.of(ndarray.dtype)
    return wrap(AnyTensor.result_class, ndarray[...])
