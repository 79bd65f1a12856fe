"""Devices: where a tensor's memory is."""

from __future__ import annotations

import re
from contextvars import ContextVar
from typing import Any

from minitorch_ff.firefly.backend import cupy_runtime, registry

TORCH_DEVICE_TYPES = (
    "cpu, cuda, ipu, xpu, mkldnn, opengl, opencl, ideep, hip, ve, fpga, maia, xla, lazy, "
    "vulkan, mps, meta, hpu, mtia, privateuseone"
)


NO_CUDA = "Torch not compiled with CUDA enabled"


class device:
    """A kind of device, and which one of them.

    Args:
        type: `"cpu"`, `"cuda"`, `"cuda:1"`, another device, or a number (of a GPU).
        index: Which one, from 0; None for the current one.

    Raises:
        RuntimeError: There is no such kind of device.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.device("cuda:1")
        device(type='cuda', index=1)

    See: [torch.device](https://docs.pytorch.org/docs/stable/tensor_attributes.html).
    """

    __slots__ = ("_token", "index", "type")

    def __init__(self, type: Any, index: int | None = None) -> None:
        if isinstance(type, device):
            type, index = type.type, type.index if index is None else index
        elif isinstance(type, int):
            type, index = "cuda", type
            check_accelerator(index)
        elif not isinstance(type, str):
            raise TypeError(
                f"device(): argument 'type' (position 1) must be str, not {type.__class__.__name__}"
            )
        if ":" in type:
            if index is not None:
                raise RuntimeError(
                    "type (string) must not include an index because index was passed "
                    f"explicitly: {type}"
                )
            match = re.fullmatch(r"([a-z_]+):(0|[1-9]\d*)", type)
            if match is None:
                raise RuntimeError(f"Invalid device string: '{type}'")
            type, index = match[1], int(match[2])
        if type not in TORCH_DEVICE_TYPES.split(", ") and type not in registry.known_devices():
            raise RuntimeError(
                f"Expected one of {TORCH_DEVICE_TYPES} device type at start of device "
                f"string: {type}"
            )
        if index is not None and index < 0:
            raise RuntimeError("Device index must not be negative")
        self.type: str = type
        self.index: int | None = index

    def __repr__(self) -> str:
        if self.index is None:
            return f"device(type='{self.type}')"
        return f"device(type='{self.type}', index={self.index})"

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, device):
            return NotImplemented
        return self.type == other.type and self.index == other.index

    def __hash__(self) -> int:
        return hash((self.type, self.index))

    def __reduce__(self) -> Any:
        return device, ((self.type,) if self.index is None else (self.type, self.index))

    def __enter__(self) -> device:
        self._token = _default.set(self)
        return self

    def __exit__(self, *error: object) -> None:
        _default.reset(self._token)


def check_accelerator(index: int = 0) -> None:
    """Refuse a device that goes by its number alone, if there is no GPU at all.

    Raises:
        RuntimeError: There is none.
    """
    if index >= 0 and not has_cuda():
        raise RuntimeError("Cannot access accelerator device when none is available.")


def has_cuda() -> bool:
    """Whether CuPy and a GPU are there."""
    try:
        cupy_runtime.runtime()
    except (ImportError, RuntimeError):
        return False
    return True


cpu = device("cpu")
_default: ContextVar[device] = ContextVar("default_device", default=cpu)


def get_default_device() -> device:
    """The device of new tensors.

    See: [torch.get_default_device](https://docs.pytorch.org/docs/stable/generated/torch.get_default_device.html).
    """
    return _default.get()


def set_default_device(device: Any) -> None:
    """Choose the device of new tensors; None means the CPU.

    See: [torch.set_default_device](https://docs.pytorch.org/docs/stable/generated/torch.set_default_device.html).
    """
    _default.set(cpu if device is None else as_device(device))


def as_device(value: Any) -> device:
    """A device from anything that names one; None means the default device."""
    if value is None:
        return _default.get()
    return value if isinstance(value, device) else device(value)


class AcceleratorError(RuntimeError):
    """The GPU refused something."""

    __module__ = "torch"


def cuda_runtime(index: int | None = None) -> Any:
    """CUDA's runtime.

    Args:
        index: The number of a GPU that is going to be used.

    Raises:
        AssertionError: CuPy or the GPU is missing.
        AcceleratorError: There is no GPU of this number.
    """
    try:
        found = cupy_runtime.runtime()
    except ImportError as error:
        raise AssertionError(
            f"{NO_CUDA}: minitorch_ff computes on a GPU through CuPy, which is missing here; "
            "install it with pip install 'minitorch-ff[cuda12]' or 'minitorch-ff[cuda13]'"
        ) from error
    except RuntimeError as error:
        raise AssertionError(
            f"{NO_CUDA}: CuPy is installed, but it finds no NVIDIA GPU that works ({error})"
        ) from error
    if index is not None and index >= found.device_count():
        raise AcceleratorError(
            "CUDA error: invalid device ordinal\n"
            "GPU device may be out of range, do you have enough GPUs?\n"
        )
    return found


def backend_for(value: Any) -> Any:
    """The back end of a device (None: the default one), at work there.

    Raises:
        AssertionError: It is a CUDA device, and CuPy or the GPU is missing.
        AcceleratorError: There is no GPU of this number.
        NotImplementedError: No back end serves it.
    """
    where = as_device(value)
    if where.type == "cuda":
        runtime = cuda_runtime(where.index)
    try:
        backend = registry.backend_for(where.type)
    except KeyError:
        raise NotImplementedError(
            f"minitorch_ff has no back end for the device type '{where.type}'; there are: "
            f"{', '.join(registry.known_devices())}"
        ) from None
    if backend in registry.several:
        backend.use(runtime.current_device() if where.index is None else where.index)
    return backend


def device_of(buffer: Any) -> device:
    """Where a buffer is."""
    backend = registry.backend_of(buffer)
    if backend is registry.cpu:
        return cpu
    return device(backend.device_type, backend.device_index(buffer))
