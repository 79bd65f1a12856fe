"""Tensors in other types and places: dtypes, devices, NumPy, Python numbers, memory."""

from __future__ import annotations

import builtins
import copy
import math
from typing import Any

import numpy as np

from minitorch_ff import _dtypes
from minitorch_ff._checks import check, shape_from, warn_once, wrap_dim
from minitorch_ff._devices import as_device, backend_for, cuda_runtime
from minitorch_ff._devices import device as Device
from minitorch_ff._functions._operands import Tensor
from minitorch_ff._functions.layouts import (
    channels_last, channels_last_3d, clone, contiguous_format, preserve_format, strides_in,
)  # fmt: skip
from minitorch_ff.firefly.modes import grad_enabled
from minitorch_ff.firefly.ops import shaping as ops
from minitorch_ff.firefly.ops.base import TYPE_NAMES, apply
from minitorch_ff.firefly.tensor import AccumulateGrad, require_grad, wrap
from minitorch_ff.firefly.views import detached


TO_A_NUMBER = (
    "Converting a tensor with requires_grad=True to a scalar may lead to unexpected behavior.\n"
    "Consider using tensor.detach() first."
)


# ------------------------------------------------------------------------- other dtypes


def to(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """The same values in another dtype, on another device, or both.

    Called as `to(dtype)`, `to(device, dtype)` or `to(other)`; `non_blocking` and `copy`
    may follow. Without a change the tensor itself is returned.

    Raises:
        TypeError: An argument is none of these.

    See: [torch.Tensor.to](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.to.html).
    """
    device, dtype, copying, layout_wanted = parse_to(*args, **kwargs)
    out = cast(to_device(self, device) if device is not None else self, dtype)
    if layout_wanted not in (None, preserve_format):
        out = in_format(out, layout_wanted)
    return clone(out) if copying and out is self else out


def in_format(x: Tensor, wanted: Any) -> Tensor:
    """The values in a memory format; the tensor itself if it lies so.

    Where dimensions are neither in the channels' order nor row-major, PyTorch leaves them.
    """
    shape, strides = x.buffer.shape, stride(x)
    if strides == strides_in(shape, wanted):
        return x
    if wanted is contiguous_format:
        last = {4: channels_last, 5: channels_last_3d}.get(len(shape))
        if last is None or strides != strides_in(shape, last):
            return x
    order = wanted.order or tuple(range(len(shape)))
    return apply(ops.ToCopy, x, dtype=x.buffer.dtype, order=order)


def parse_to(
    *args: Any, device: Any = None, dtype: Any = None, other: Any = None, memory_format: Any = None,
    non_blocking: Any = None, copy: Any = False, **unknown: Any,
) -> tuple[Device | None, Any, builtins.bool, Any]:  # fmt: skip
    """The arguments of `to`: device, dtype, whether to copy, memory format."""
    flags = [arg for arg in args if isinstance(arg, builtins.bool)]
    for arg in args:
        if arg is None or isinstance(arg, builtins.bool):
            continue
        if isinstance(arg, _dtypes.dtype):
            dtype = arg
        elif isinstance(arg, Tensor):
            other = arg
        elif isinstance(arg, builtins.type) and _dtypes.python_type_dtype(arg):
            dtype = _dtypes.python_type_dtype(arg)
        elif isinstance(arg, (str, Device, builtins.int)):
            device = arg
        else:
            name = builtins.type(arg).__name__
            raise TypeError(
                f"to() received an invalid combination of arguments - got ({name}), but expected "
                "one of: (torch.device device = None, torch.dtype dtype = None, bool non_blocking "
                "= False, bool copy = False), (torch.dtype dtype, bool non_blocking = False, bool "
                "copy = False), (Tensor tensor, bool non_blocking = False, bool copy = False)"
            )
    for name in unknown:
        raise TypeError(f"to() got an unexpected keyword argument '{name}'")
    if len(flags) > 1:
        copy = flags[1]
    if other is not None:
        device, dtype = other.device, other.dtype
    return (None if device is None else as_device(device)), dtype, copy, memory_format


def cast(self: Tensor, dtype: _dtypes.dtype | None) -> Tensor:
    """The values in another dtype; the tensor itself if it has it, or if there is none."""
    if dtype is None:
        return self
    target = dtype.numpy
    if self.buffer.dtype == target:
        return self
    if target.kind not in "fcV" and self.node is not None:
        self = detached(self)
    return apply(ops.ToCopy, self, dtype=target)


def to_device(self: Tensor, device: Device) -> Tensor:
    """The values on another device; the tensor itself if it is there."""
    target, wanted = backend_for(device), device.index
    if wanted is None and device.type == "cuda":
        wanted = cuda_runtime().current_device()
    here = self.backend
    index = here.device_index(self.buffer)
    if target is here and (wanted is None or wanted == index or index is None):
        return self
    return apply(ops.ToDevice, self, target=target, index=wanted)


def cpu(self: Tensor, memory_format: Any = None) -> Tensor:
    """The tensor in the host's memory."""
    return to(self, Device("cpu"), memory_format=memory_format)


def cuda(
    self: Tensor, device: Any = None, non_blocking: builtins.bool = False, memory_format: Any = None
) -> Tensor:
    """The tensor on a GPU.

    Raises:
        AssertionError: There is no GPU, or no CuPy.
        RuntimeError: The device is no GPU.
    """
    if not isinstance(device, Device | str | builtins.int | None):
        kind = builtins.type(device).__name__
        raise TypeError(f"cuda(): argument 'device' (position 1) must be torch.device, not {kind}")
    where = Device("cuda") if device is None else as_device(device)
    check(where.type == "cuda", "Invalid device, must be cuda device")
    return to(self, where, memory_format=memory_format)


def _casting(dtype: _dtypes.dtype) -> Any:
    def method(self: Tensor, memory_format: Any = None) -> Tensor:
        out = cast(self, dtype)
        return out if memory_format in (None, preserve_format) else in_format(out, memory_format)

    method.__name__ = dtype.__name__
    method.__doc__ = f"The values as `{dtype}`."
    return method


double, half = _casting(_dtypes.float64), _casting(_dtypes.float16)
bfloat16, long = _casting(_dtypes.bfloat16), _casting(_dtypes.int64)
short, char, byte = map(_casting, (_dtypes.int16, _dtypes.int8, _dtypes.uint8))
float, int, bool = map(_casting, (_dtypes.float32, _dtypes.int32, _dtypes.bool))

LEGACY_TYPES = {f"{name}Tensor": getattr(_dtypes, dtype) for dtype, name in TYPE_NAMES.items()}


def type(self: Tensor, dtype: Any = None, non_blocking: builtins.bool = False) -> Any:
    """The legacy name of the tensor's type, or the tensor in another type.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.zeros(1).type()
        'torch.FloatTensor'

    See: [torch.Tensor.type](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.type.html).
    """
    if dtype is None:
        where = "" if self.backend.device_type == "cpu" else f"{self.backend.device_type}."
        return f"torch.{where}{TYPE_NAMES[self.buffer.dtype.name]}Tensor"
    if isinstance(dtype, _dtypes.dtype):
        return cast(self, dtype)
    name = dtype if isinstance(dtype, str) else f"torch.{dtype.__name__}"
    *path, kind = name.split(".")
    if kind not in LEGACY_TYPES or not path or path[0] != "torch":
        raise ValueError(f"invalid type: '{name}'")
    device = Device(path[1]) if len(path) > 1 else Device("cpu")
    return cast(to_device(self, device), LEGACY_TYPES[kind])


def type_as(self: Tensor, other: Tensor) -> Tensor:
    """The values in the dtype, and on the device, of `other`."""
    return cast(to_device(self, other.device), other.dtype)


def view_dtype(self: Tensor, dtype: _dtypes.dtype) -> Tensor:
    """The same bytes read as another dtype, in the same memory.

    Raises:
        RuntimeError: The last dimension does not hold a whole number of the new elements.
    """
    buffer = self.buffer
    try:
        seen = buffer.view(dtype.numpy)
    except ValueError as error:
        raise RuntimeError(
            f"self.stride(-1) must be 1 to view {self.dtype} as {dtype} (different element "
            "sizes), but got another layout"
        ) from error
    out = wrap(Tensor.result_class, seen)
    out.version = self.version
    return out


def is_floating_point(input: Tensor) -> builtins.bool:
    """Whether the elements have a fractional part.

    See: [torch.is_floating_point](https://docs.pytorch.org/docs/stable/generated/torch.is_floating_point.html).
    """
    return input.buffer.dtype.kind in "fV"


def is_complex(input: Tensor) -> builtins.bool:
    """Whether the elements have an imaginary part.

    See: [torch.is_complex](https://docs.pytorch.org/docs/stable/generated/torch.is_complex.html).
    """
    return input.buffer.dtype.kind == "c"


def is_signed(input: Tensor) -> builtins.bool:
    """Whether the dtype has negative values."""
    return input.buffer.dtype.kind not in "bu"


def is_inference(input: Tensor) -> builtins.bool:
    """Whether the tensor was made in `inference_mode`, and cannot be saved for backward.

    See: [torch.is_inference](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.is_inference.html).
    """
    return input.version[0] < 0


# ------------------------------------------------------------------------------- memory


def element_size(self: Tensor) -> builtins.int:
    """Bytes per element."""
    return self.buffer.itemsize


def stride(self: Tensor, dim: builtins.int | None = None) -> Any:
    """How many elements apart neighbours in each dimension (or in one) lie."""
    buffer = self.buffer
    if buffer.size:
        steps = tuple([step // buffer.itemsize for step in buffer.strides])
    else:  # of nothing: as if each dimension without elements had one
        sizes = [max(n, 1) for n in buffer.shape]
        steps = tuple([math.prod(sizes[i + 1 :]) for i in range(len(sizes))])
    return steps if dim is None else steps[wrap_dim(dim, len(steps))]


def storage_offset(self: Tensor) -> builtins.int:
    """How many elements into its memory the tensor begins."""
    return (data_ptr(self) - _address(self.backend.memory(self.buffer))) // self.buffer.itemsize


def data_ptr(self: Tensor) -> builtins.int:
    """The address of the first element."""
    return _address(self.buffer)


def _address(buffer: Any) -> builtins.int:
    return buffer.ctypes.data if isinstance(buffer, np.ndarray) else buffer.data.ptr


class UntypedStorage:
    """The memory under tensors, as bytes.

    Attributes:
        buffer: The bytes, a one-dimensional array of a back end.
    """

    def __init__(self, buffer: Any) -> None:
        self.buffer = buffer

    def data_ptr(self) -> builtins.int:
        """The address of the first byte."""
        return _address(self.buffer)

    def nbytes(self) -> builtins.int:
        """The number of bytes."""
        return self.buffer.nbytes

    size = __len__ = nbytes

    def to(self, device: Any) -> UntypedStorage:
        """The same bytes on another device; this memory itself if it is there."""
        moved = to_device(wrap(Tensor.result_class, self.buffer), as_device(device))
        return moved.untyped_storage()

    def cpu(self) -> UntypedStorage:
        """The bytes in the host's memory."""
        return self.to("cpu")

    def cuda(self, device: Any = "cuda") -> UntypedStorage:
        """The bytes on a GPU, the current one by default."""
        return self.to(device)

    @staticmethod
    def from_file(filename: str, shared: builtins.bool = False, nbytes: builtins.int = 0) -> Any:
        """The first bytes of a file, read when they are touched.

        Args:
            filename: Its path.
            shared: Whether writing to the memory writes to the file.
            nbytes: How many bytes.
        """
        return UntypedStorage(np.memmap(filename, mode="r+" if shared else "c")[:nbytes])

    def untyped(self) -> UntypedStorage:
        """The memory itself."""
        return self

    def __getitem__(self, index: Any) -> Any:
        found = self.buffer[index]
        return UntypedStorage(found) if isinstance(index, slice) else builtins.int(found)

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        return self.buffer


def untyped_storage(self: Tensor) -> UntypedStorage:
    """The memory under the tensor, shared by all its views."""
    return UntypedStorage(self.backend.memory(self.buffer).view(np.uint8))


def storage(self: Tensor) -> Any:
    """The elements in memory order, one after the other."""
    out = wrap(Tensor.result_class, self.backend.memory(self.buffer).view(self.buffer.dtype))
    out.version = self.version
    return out


def resize_(self: Tensor, *sizes: Any, memory_format: Any = contiguous_format) -> Tensor:
    """Another shape for the tensor itself; new elements, if any, are not set.

    Raises:
        RuntimeError: The tensor requires grad.
    """
    check(self.edge() is None, "cannot resize variables that require grad")
    shape = shape_from(sizes)
    wanted, buffer = math.prod(shape), self.buffer
    if wanted > buffer.size:
        grown = self.backend.empty(wanted, buffer.dtype)
        grown[: buffer.size] = buffer.reshape(-1)
        buffer = grown
    self.buffer = buffer.reshape(-1)[:wanted].reshape(shape)
    self.version[0] += 1
    return self


def resize_as_(self: Tensor, the_template: Tensor) -> Tensor:
    """The shape of another tensor for the tensor itself; see `resize_`."""
    return resize_(self, the_template.buffer.shape)


def get_device(self: Tensor) -> builtins.int:
    """The number of the GPU that holds the tensor; -1 for the host."""
    index = self.backend.device_index(self.buffer)
    return -1 if index is None else index


def set_data(self: Tensor, other: Tensor) -> None:
    """What `x.data = other` does: other memory, the same tensor."""
    if not isinstance(other, Tensor):
        kind = builtins.type(other).__name__
        raise TypeError(f"Variable data has to be a tensor, but got {kind}")
    self.buffer = other.buffer[...]
    self.view_of = None
    if isinstance(self.node, AccumulateGrad):
        self.node.shape, self.node.dtype = self.buffer.shape, self.buffer.dtype


# ------------------------------------------------------------------ NumPy, Python, copies


def numpy(self: Tensor, *, force: builtins.bool = False) -> np.ndarray:
    """The elements as a NumPy array over the same memory.

    Args:
        self: The tensor.
        force: Detach, and copy from another device, where that is needed.

    Raises:
        RuntimeError: The tensor requires grad.
        TypeError: It is on another device, or in bfloat16, which NumPy lacks.

    See: [torch.Tensor.numpy](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.numpy.html).
    """
    if self.edge() is not None and not force:
        raise RuntimeError(
            "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead."
        )
    backend = self.backend
    if backend.device_type != "cpu" and not force:
        raise TypeError(
            f"can't convert {self.device} device type tensor to numpy. Use Tensor.cpu() to "
            "copy the tensor to host memory first."
        )
    check(self.buffer.dtype.kind != "V", "Got unsupported ScalarType BFloat16", TypeError)
    return backend.to_numpy(self.buffer)[...]


def array(self: Tensor, dtype: Any = None, copy: builtins.bool | None = None) -> np.ndarray:
    """What `numpy.asarray(tensor)` asks for."""
    out = numpy(self)
    if dtype is not None and out.dtype != dtype:
        return out.astype(dtype)
    return out.copy() if copy else out


def wrapped_array(
    self: Tensor, array: np.ndarray, context: Any = None, return_scalar: builtins.bool = False
) -> Tensor:
    """What NumPy makes of a result of its own where an argument was a tensor: a tensor."""
    return wrap(self.__class__, array.astype("uint8") if array.dtype == "bool" else array)


def item(self: Tensor) -> Any:
    """The only element, as a Python number.

    Raises:
        RuntimeError: There are several elements, or none.

    See: [torch.Tensor.item](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.item.html).
    """
    buffer = self.buffer
    if buffer.size != 1:
        raise RuntimeError(f"a Tensor with {buffer.size} elements cannot be converted to Scalar")
    value = buffer.item()
    return value if buffer.dtype.kind != "V" else builtins.float(value)


def tolist(self: Tensor) -> Any:
    """The elements as nested lists of Python numbers; of a 0-d tensor the number."""
    buffer = self.backend.to_numpy(self.buffer)
    return (buffer.astype(np.float32) if buffer.dtype.kind == "V" else buffer).tolist()


def truth(self: Tensor) -> builtins.bool:
    """Whether the only element is not zero.

    Raises:
        RuntimeError: There are several elements, or none.
    """
    buffer = self.buffer
    if buffer.size != 1:
        kind = "no values" if buffer.size == 0 else "more than one value"
        raise RuntimeError(f"Boolean value of Tensor with {kind} is ambiguous")
    return builtins.bool(buffer.item())


def python_int(self: Tensor) -> builtins.int:
    """`int(tensor)` of a single element."""
    return builtins.int(item(self))


def python_float(self: Tensor) -> builtins.float:
    """`float(tensor)` of a single element; warns if it requires a gradient."""
    if self.requires_grad and grad_enabled():
        warn_once(TO_A_NUMBER, 2)
    return builtins.float(item(self))


def python_complex(self: Tensor) -> complex:
    """`complex(tensor)` of a single element; warns if it requires a gradient."""
    if self.requires_grad and grad_enabled():
        warn_once(TO_A_NUMBER, 2)
    return complex(item(self))


def python_index(self: Tensor) -> builtins.int:
    """A single integer element as a position.

    Raises:
        TypeError: It is no integer.
    """
    if self.buffer.size != 1 or self.buffer.dtype.kind not in "iub":
        raise TypeError("only integer tensors of a single element can be converted to an index")
    return builtins.int(self.buffer.item())


def deepcopy(self: Tensor, memo: dict[builtins.int, Any]) -> Tensor:
    """A copy with memory of its own, for `copy.deepcopy`.

    Raises:
        RuntimeError: The tensor is no leaf.
    """
    if id(self) in memo:
        return memo[id(self)]
    if not self.is_leaf:
        raise RuntimeError(
            "Only Tensors created explicitly by the user (graph leaves) support the deepcopy "
            "protocol at the moment.  If you were attempting to deepcopy a module, this may "
            "be because of a torch.nn.utils.weight_norm usage, see "
            "https://github.com/pytorch/pytorch/pull/103001"
        )
    out = wrap(self.__class__, self.backend.copy(self.buffer))
    memo[id(self)] = out
    if self.node is not None:
        require_grad(out)
    if self._grad is not None:
        out._grad = deepcopy(self._grad, memo)
    for name, value in self.__dict__.items():
        setattr(out, name, copy.deepcopy(value, memo))
    return out


def shallow_copy(self: Tensor) -> Tensor:
    """Another tensor over the same memory, for `copy.copy`."""
    out = wrap(self.__class__, self.buffer[...])
    out.version = self.version
    if isinstance(self.node, AccumulateGrad):
        require_grad(out)
    out.__dict__.update(self.__dict__)
    return out


def reduce(self: Tensor, protocol: Any) -> Any:
    """What `pickle` stores: the class, the elements, and whether gradients are wanted.

    The class of plain tensors is not named, as it goes by PyTorch's name.
    """
    array = self.backend.to_numpy(self.buffer)
    state = dict(self.__dict__) or None
    cls = None if self.__class__ is Tensor.result_class else self.__class__
    return rebuild, (cls, array, self.is_leaf and self.requires_grad), state


def rebuild(cls: Any, array: np.ndarray, requires_grad: builtins.bool) -> Any:
    """A tensor from what `reduce` stored."""
    out = wrap(Tensor.result_class if cls is None else cls, array)
    if requires_grad:
        require_grad(out)
    return out
