"""`torch.cuda`: what scripts ask about GPUs, answered truthfully.

Computing on a GPU goes through CuPy; without it, or without a GPU, there are none.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from minitorch_ff import _devices
from minitorch_ff._functions import random as _random
from minitorch_ff._legacy import on_device as _on_device
from minitorch_ff.cuda import amp
from minitorch_ff.firefly.backend import registry

FloatTensor, DoubleTensor, HalfTensor, LongTensor, IntTensor, ByteTensor, BoolTensor = map(
    _on_device,
    (
        "FloatTensor", "DoubleTensor", "HalfTensor", "LongTensor", "IntTensor", "ByteTensor",
        "BoolTensor",
    ),
)  # fmt: skip


def _cupy() -> Any:
    """CuPy, or None if it or a GPU is missing."""
    try:
        module = registry.backend_for("cuda").module
        return module if module.cuda.runtime.getDeviceCount() else None
    except Exception:  # whatever is wrong with driver or library: there is no GPU for us
        return None


def is_available() -> bool:
    """Whether tensors can live on a GPU here.

    See: [torch.cuda.is_available](https://docs.pytorch.org/docs/stable/generated/torch.cuda.is_available.html).
    """
    return _cupy() is not None


def device_count() -> int:
    """How many GPUs there are.

    See: [torch.cuda.device_count](https://docs.pytorch.org/docs/stable/generated/torch.cuda.device_count.html).
    """
    cupy = _cupy()
    return 0 if cupy is None else int(cupy.cuda.runtime.getDeviceCount())


def is_initialized() -> bool:
    """Whether a GPU was used already."""
    return "cuda" in registry.loaded()


def _runtime() -> Any:
    """CUDA's own functions, through CuPy; raises if there is no GPU."""
    return _devices.backend_for("cuda").module.cuda.runtime


def init() -> None:
    """Make the GPUs ready.

    Raises:
        AssertionError: There is no GPU, or no CuPy.
    """
    _devices.backend_for("cuda")


def current_device() -> int:
    """The number of the GPU that new tensors go to.

    Raises:
        AssertionError: There is no GPU, or no CuPy.
    """
    return int(_runtime().getDevice())


def set_device(device: Any) -> None:
    """Choose the GPU that new tensors go to.

    Raises:
        AssertionError: There is no GPU, or no CuPy.
    """
    index = _index(device)
    _runtime().setDevice(index)


def _index(device: Any) -> int:
    """The number of a GPU."""
    return device if isinstance(device, int) else _devices.as_device(device).index or 0


@contextlib.contextmanager
def device(device: Any) -> Iterator[None]:
    """Choose the GPU for a block."""
    if device is None or not is_available():
        yield
        return
    before = current_device()
    set_device(device)
    try:
        yield
    finally:
        set_device(before)


def get_device_properties(device: Any = None) -> Any:
    """What the driver says of a GPU: an object with `name`, `total_memory` and more.

    Raises:
        AssertionError: There is no GPU, or no CuPy.
    """
    return _Properties(_runtime().getDeviceProperties(_index(device or "cuda")))


class _Properties:
    def __init__(self, values: dict[str, Any]) -> None:
        self.name = values["name"].decode()
        self.total_memory = int(values["totalGlobalMem"])
        self.major, self.minor = int(values["major"]), int(values["minor"])
        self.multi_processor_count = int(values["multiProcessorCount"])


def get_device_name(device: Any = None) -> str:
    """The name of a GPU.

    Raises:
        AssertionError: There is no GPU, or no CuPy.
    """
    return str(get_device_properties(device).name)


def get_device_capability(device: Any = None) -> tuple[int, int]:
    """The compute capability of a GPU.

    Raises:
        AssertionError: There is no GPU, or no CuPy.
    """
    properties = get_device_properties(device)
    return properties.major, properties.minor


def synchronize(device: Any = None) -> None:
    """Wait until a GPU has done all that was asked of it.

    Raises:
        AssertionError: There is no GPU, or no CuPy.
    """
    _devices.backend_for("cuda").module.cuda.Device().synchronize()


def empty_cache() -> None:
    """Give memory that is not used back to the driver."""
    cupy = _cupy()
    if cupy is not None:
        cupy.get_default_memory_pool().free_all_blocks()


def memory_allocated(device: Any = None) -> int:
    """Bytes that tensors hold on the GPU."""
    cupy = _cupy()
    return 0 if cupy is None else int(cupy.get_default_memory_pool().used_bytes())


def memory_reserved(device: Any = None) -> int:
    """Bytes that the allocator holds on the GPU."""
    cupy = _cupy()
    return 0 if cupy is None else int(cupy.get_default_memory_pool().total_bytes())


max_memory_allocated, max_memory_reserved = memory_allocated, memory_reserved


def is_bf16_supported(including_emulation: bool = True) -> bool:
    """Whether the GPU computes in bfloat16: not through CuPy."""
    return False


def manual_seed(seed: int) -> None:
    """Seed the GPU's generator: draws are made on the host, so there is none to seed.

    See: [torch.cuda.manual_seed](https://docs.pytorch.org/docs/stable/generated/torch.cuda.manual_seed.html).
    """


def manual_seed_all(seed: int) -> None:
    """Seed all GPUs' generators: draws are made on the host, so there are none to seed.

    See: [torch.cuda.manual_seed_all](https://docs.pytorch.org/docs/stable/generated/torch.cuda.manual_seed_all.html).
    """


def get_rng_state(device: Any = "cuda") -> Any:
    """The state of the generator that draws for the GPU: the host's."""
    return _random.get_rng_state()


def set_rng_state(new_state: Any, device: Any = "cuda") -> None:
    """Continue the generator that draws for the GPU: the host's."""
    _random.set_rng_state(new_state)


__all__ = [
    "BoolTensor", "ByteTensor", "DoubleTensor", "FloatTensor", "HalfTensor", "IntTensor",
    "LongTensor", "amp", "current_device", "device", "device_count", "empty_cache",
    "get_device_capability", "get_device_name", "get_device_properties", "get_rng_state", "init",
    "is_available", "is_bf16_supported", "is_initialized", "manual_seed", "manual_seed_all",
    "max_memory_allocated", "max_memory_reserved", "memory_allocated", "memory_reserved",
    "set_device", "set_rng_state", "synchronize",
]  # fmt: skip
