"""Tensors that other array libraries read and give, without a copy: DLPack, CUDA arrays.

See [DLPack](https://dmlc.github.io/dlpack/latest/python_spec.html) and the [CUDA array
interface](https://nvidia.github.io/numba-cuda/user/cuda_array_interface.html).
"""

from __future__ import annotations

import enum
from typing import Any

import numpy

from minitorch_ff._checks import check
from minitorch_ff._devices import as_device, backend_for, cuda_runtime, has_cuda
from minitorch_ff._devices import device as Device
from minitorch_ff._functions._operands import Tensor
from minitorch_ff._functions.conversion import data_ptr, stride, to_device
from minitorch_ff._functions.layouts import clone
from minitorch_ff.firefly.backend.numpy_backend import writable
from minitorch_ff.firefly.tensor import wrap

NAMES = b"dltensor", b"dltensor_versioned"
INVALID = (
    "from_dlpack received an invalid capsule. Note that DLTensor capsules can be consumed only "
    "once, so you might have already constructed a tensor from it once."
)


class DLDeviceType(enum.IntEnum):
    """The kinds of devices, by DLPack's numbers."""

    kDLCPU = 1
    kDLCUDA = 2
    kDLCUDAHost = 3
    kDLOpenCL = 4
    kDLVulkan = 7
    kDLMetal = 8
    kDLVPI = 9
    kDLROCM = 10
    kDLROCMHost = 11
    kDLExtDev = 12
    kDLCUDAManaged = 13
    kDLOneAPI = 14
    kDLWebGPU = 15
    kDLHexagon = 16
    kDLMAIA = 17


ON_HOST = DLDeviceType.kDLCPU, DLDeviceType.kDLCUDAHost


def dlpack_device(self: Tensor) -> tuple[DLDeviceType, int]:
    """Where the memory is, in DLPack's numbers."""
    where = self.device
    if where.type not in ("cpu", "cuda"):
        raise ValueError(f"Unknown device type {where.type} for Dlpack")
    kind = DLDeviceType.kDLCUDA if where.type == "cuda" else DLDeviceType.kDLCPU
    return kind, where.index or 0


def dlpack(
    self: Tensor, *, stream: Any = -1, max_version: tuple[int, int] | None = None,
    dl_device: tuple[int, int] | None = None, copy: bool | None = None,
) -> Any:  # fmt: skip
    """A capsule with the tensor's memory, which another library's `from_dlpack` takes.

    Args:
        self: The tensor.
        stream: The consumer's stream, on a GPU: what it does there waits for what was done here.
        max_version: The newest version of DLPack that the consumer knows.
        dl_device: Where the consumer wants it; None: where it is.
        copy: Whether it must, or must not, be a copy.

    Raises:
        BufferError: The tensor requires grad, or its dtype is not DLPack's.
        ValueError: It is elsewhere, and must not be copied.
    """
    if self.requires_grad:
        raise BufferError("Can't export tensors that require gradient, use tensor.detach()")
    if not isinstance(stream, int | None):
        raise TypeError("stream must be ``int`` or ``none``")
    here: Tensor = self
    if dl_device is not None and tuple(dl_device) != dlpack_device(self):
        kind, index = dl_device
        wanted = Device("cpu") if kind in ON_HOST else Device("cuda", index)
        words = f"cannot move (i.e. copy=False) tensor from {self.device} to {wanted} without "
        check(copy is not False, words + "copying.", ValueError)
        here, copy = to_device(self, wanted), None
    options: dict[str, Any] = {} if max_version is None else {"max_version": max_version}
    if here.backend.device_type == "cuda":
        options["stream"] = None if stream == -1 else stream
    else:
        check(stream in (-1, None), "stream should be None on cpu.", AssertionError)
    return (clone(here) if copy else here).buffer.__dlpack__(**options)


def to_dlpack(tensor: Tensor) -> Any:
    """A capsule with the tensor's memory, which another library's `from_dlpack` takes.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.from_dlpack(torch.to_dlpack(torch.ones(2)))
        tensor([1., 1.])

    See: [torch.utils.dlpack.to_dlpack](https://docs.pytorch.org/docs/stable/dlpack.html).
    """
    if not isinstance(tensor, Tensor):
        kind = type(tensor).__name__
        raise TypeError(f"_to_dlpack(): argument 'data' (position 1) must be Tensor, not {kind}")
    return dlpack(wrap(Tensor.result_class, tensor.buffer))


class _Capsule:
    """A capsule in the clothes of an array: what NumPy's and CuPy's `from_dlpack` take."""

    def __init__(self, capsule: Any) -> None:
        import ctypes  # which a browser's Python may lack

        self.capsule = capsule
        api = ctypes.pythonapi
        api.PyCapsule_GetName.restype = ctypes.c_char_p
        api.PyCapsule_GetPointer.restype = ctypes.c_void_p
        handle = ctypes.py_object(capsule)
        is_capsule = type(capsule).__name__ == "PyCapsule"
        name = api.PyCapsule_GetName(handle) if is_capsule else None
        check(name in NAMES, INVALID)
        # A DLTensor begins with the address of its data, then its device's type and number; in
        # a versioned capsule 32 bytes stand before it.
        address = api.PyCapsule_GetPointer(handle, ctypes.c_char_p(name))
        before = 32 * (name == NAMES[1])
        self.place = tuple((ctypes.c_int32 * 2).from_address(address + before + 8))

    def __dlpack__(self, **_: Any) -> Any:
        return self.capsule

    def __dlpack_device__(self) -> tuple[int, int]:
        return self.place


def from_dlpack(ext_tensor: Any, *, device: Any = None, copy: bool | None = None) -> Tensor:
    """A tensor over the memory of another library's array: writing one changes the other.

    Args:
        ext_tensor: An array with `__dlpack__`, or a capsule.
        device: Where the tensor shall be; None: where the array is.
        copy: Whether it must, or must not, be a copy.

    Raises:
        RuntimeError: It is neither, or a capsule that was used already.
        ValueError: It is elsewhere, and must not be copied.

    Example:
        >>> import minitorch_ff as torch
        >>> import numpy
        >>> torch.from_dlpack(numpy.arange(3.0))
        tensor([0., 1., 2.], dtype=torch.float64)

    See: [torch.from_dlpack](https://docs.pytorch.org/docs/stable/generated/torch.from_dlpack.html).
    """
    source = ext_tensor if hasattr(ext_tensor, "__dlpack__") else _Capsule(ext_tensor)
    kind, index = source.__dlpack_device__()
    if kind in ON_HOST:
        found = writable(numpy.from_dlpack(source))
    else:
        check(kind == DLDeviceType.kDLCUDA, f"Unsupported device_type: {int(kind)}")
        xp = backend_for(Device("cuda", index))
        with cuda_runtime().on(index):
            found = xp.module.from_dlpack(source)
    out = wrap(Tensor.result_class, found)
    if device is not None and (moved := to_device(out, as_device(device))) is not out:
        words = f"cannot move (i.e. copy=False) tensor from {out.device} to {moved.device} without "
        check(copy is not False, words + "copying.", ValueError)
        return moved
    return clone(out) if copy else out


def cuda_array_interface(self: Tensor) -> dict[str, Any]:
    """Where the memory is on a GPU, and how it lies: what CuPy, Numba and others read.

    Raises:
        AttributeError: The tensor is not on a GPU.
        RuntimeError: It requires grad.
    """
    if self.backend.device_type != "cuda":
        raise AttributeError(
            "Can't get __cuda_array_interface__ on non-CUDA tensor type: "
            f"{self.type()} If CUDA data is required use tensor.cuda() to copy tensor to "  # type: ignore[attr-defined]
            "device memory."
        )
    check(
        not self.requires_grad,
        "Can't get __cuda_array_interface__ on Variable that requires grad. If gradients aren't "
        "required, use var.detach() to get Variable that doesn't require grad.",
    )
    buffer = self.buffer
    steps = tuple([step * buffer.itemsize for step in stride(self)])
    return {
        "typestr": buffer.dtype.str,
        "shape": tuple(buffer.shape),
        "strides": None if buffer.flags.c_contiguous else steps,
        "data": (data_ptr(self) if buffer.size else 0, False),
        "version": 2,
    }


# ----------------------------------------------------------------------- pinned memory


def pin_memory(self: Tensor, device: Any = None) -> Tensor:
    """The values in memory of the host's that a GPU can read by itself, without a copy between.

    Raises:
        RuntimeError: There is no GPU, or the tensor is on one.

    See: [torch.Tensor.pin_memory](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.pin_memory.html).
    """
    if self.backend.device_type != "cpu":
        raise RuntimeError(f"cannot pin '{self.type()}' only dense CPU tensors can be pinned")  # type: ignore[attr-defined]
    check(has_cuda(), "Cannot access accelerator device when none is available.")
    if is_pinned(self):
        return self
    return wrap(Tensor.result_class, cuda_runtime().pinned(self.buffer))


def is_pinned(self: Tensor, device: Any = None) -> bool:
    """Whether the memory is the host's, and a GPU can read it by itself.

    See: [torch.Tensor.is_pinned](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.is_pinned.html).
    """
    if self.backend.device_type != "cpu" or not has_cuda():
        return False
    return bool(cuda_runtime().is_pinned(data_ptr(self)))


def record_stream(self: Tensor, stream: Any) -> None:
    """Say that a stream uses the tensor: CuPy's pool keeps memory apart by streams already.

    Raises:
        RuntimeError: It is no stream.
    """
    check(hasattr(stream, "cuda_stream"), "unknown parameter type")
