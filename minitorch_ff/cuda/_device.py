"""Which GPUs there are, which one is current, and what the driver says of them."""

from __future__ import annotations

from typing import Any

from minitorch_ff import _devices
from minitorch_ff._checks import check
from minitorch_ff._devices import cuda_runtime, has_cuda
from minitorch_ff.firefly.backend import registry


def is_available() -> bool:
    """Whether tensors can live on a GPU here.

    See: [torch.cuda.is_available](https://docs.pytorch.org/docs/stable/generated/torch.cuda.is_available.html).
    """
    return has_cuda()


def device_count() -> int:
    """How many GPUs there are.

    See: [torch.cuda.device_count](https://docs.pytorch.org/docs/stable/generated/torch.cuda.device_count.html).
    """
    return int(cuda_runtime().device_count()) if has_cuda() else 0


def is_initialized() -> bool:
    """Whether a GPU was used already."""
    return "cuda" in registry.loaded()


def init() -> None:
    """Make the GPUs ready.

    Raises:
        AssertionError: There is no GPU, or no CuPy.
    """
    _devices.backend_for("cuda")


def index_of(device: Any = None) -> int:
    """The number of a GPU: of the current one, if none or none in particular is named.

    Raises:
        ValueError: It is no CUDA device.
        AssertionError: There is no GPU, or no CuPy.
    """
    if isinstance(device, int):
        return device
    index = None
    if device is not None:
        named = _devices.as_device(device)
        check(named.type == "cuda", f"Expected a cuda device, but got: {named}", ValueError)
        index = named.index
    return int(cuda_runtime().current_device()) if index is None else index


def current_device() -> int:
    """The number of the GPU that new tensors go to.

    Raises:
        AssertionError: There is no GPU, or no CuPy.

    See: [torch.cuda.current_device](https://docs.pytorch.org/docs/stable/generated/torch.cuda.current_device.html).
    """
    return int(cuda_runtime().current_device())


def set_device(device: Any) -> None:
    """Choose the GPU that new tensors go to; a negative number changes nothing.

    Raises:
        AssertionError: There is no GPU, or no CuPy.
        AcceleratorError: There is no GPU of this number.
        ValueError: It is no CUDA device.

    See: [torch.cuda.set_device](https://docs.pytorch.org/docs/stable/generated/torch.cuda.set_device.html).
    """
    index = index_of(device)
    if index >= 0:
        cuda_runtime(index).set_device(index)


class device:
    """Choose the GPU for a block.

    Args:
        device: Its number, name or `torch.device`; None, or a negative number, changes nothing.

    Raises:
        ValueError: It is no CUDA device.
        RuntimeError: At the start of the block: there is no GPU, or none of this number.

    See: [torch.cuda.device](https://docs.pytorch.org/docs/stable/generated/torch.cuda.device.html).
    """

    def __init__(self, device: Any) -> None:
        self.idx = -1 if device is None else index_of(device)
        self.prev_idx = -1

    def __enter__(self) -> None:
        if self.idx < 0:
            return
        check(has_cuda(), "PyTorch was compiled without CUDA support")
        self.prev_idx = current_device()
        set_device(self.idx)

    def __exit__(self, *error: object) -> None:
        if self.prev_idx >= 0:
            set_device(self.prev_idx)


class device_of(device):
    """Choose the GPU of a tensor for a block; a tensor on the host changes nothing.

    See: [torch.cuda.device_of](https://docs.pytorch.org/docs/stable/generated/torch.cuda.device_of.html).
    """

    def __init__(self, obj: Any) -> None:
        super().__init__(obj.get_device() if obj.is_cuda else None)


class _CudaDeviceProperties:
    """What the driver says of a GPU. Memory is in bytes."""

    def __init__(self, values: dict[str, Any]) -> None:
        name = values["name"]
        self.name = name.decode() if isinstance(name, bytes) else str(name)
        self.major, self.minor = int(values["major"]), int(values["minor"])
        self.total_memory = int(values["totalGlobalMem"])
        self.multi_processor_count = int(values["multiProcessorCount"])
        self.max_threads_per_multi_processor = int(values["maxThreadsPerMultiProcessor"])
        self.warp_size = int(values.get("warpSize", 32))
        self.L2_cache_size = int(values.get("l2CacheSize", 0))
        self.is_integrated = int(values.get("integrated", 0))
        self.is_multi_gpu_board = int(values.get("isMultiGpuBoard", 0))

    def __repr__(self) -> str:
        return (
            f"_CudaDeviceProperties(name='{self.name}', major={self.major}, minor={self.minor}, "
            f"total_memory={self.total_memory >> 20}MB, "
            f"multi_processor_count={self.multi_processor_count}, "
            f"L2_cache_size={self.L2_cache_size >> 20}MB)"
        )


def get_device_properties(device: Any = None) -> _CudaDeviceProperties:
    """What the driver says of a GPU: `name`, `total_memory`, `multi_processor_count`, ….

    Raises:
        AssertionError: There is no GPU, no CuPy, or no GPU of this number.

    See: [torch.cuda.get_device_properties](https://docs.pytorch.org/docs/stable/generated/torch.cuda.get_device_properties.html).
    """
    runtime = cuda_runtime()
    index = index_of(device)
    check(0 <= index < runtime.device_count(), "Invalid device id", AssertionError)
    return _CudaDeviceProperties(runtime.properties(index))


def get_device_name(device: Any = None) -> str:
    """The name of a GPU.

    Raises:
        AssertionError: There is no GPU, or no CuPy.
    """
    return get_device_properties(device).name


def get_device_capability(device: Any = None) -> tuple[int, int]:
    """The compute capability of a GPU.

    Raises:
        AssertionError: There is no GPU, or no CuPy.
    """
    properties = get_device_properties(device)
    return properties.major, properties.minor


def can_device_access_peer(device: Any, peer_device: Any) -> bool:
    """Whether a GPU can read another one's memory.

    Raises:
        AssertionError: There is no GPU, no CuPy, or no GPU of one of these numbers.
    """
    runtime = cuda_runtime()
    index, peer = index_of(device), index_of(peer_device)
    check(0 <= index < runtime.device_count(), "Invalid device id", AssertionError)
    check(0 <= peer < runtime.device_count(), "Invalid peer device id", AssertionError)
    return bool(runtime.can_access_peer(index, peer))


def synchronize(device: Any = None) -> None:
    """Wait until a GPU has done all that was asked of it.

    Raises:
        AssertionError: There is no GPU, or no CuPy.

    See: [torch.cuda.synchronize](https://docs.pytorch.org/docs/stable/generated/torch.cuda.synchronize.html).
    """
    cuda_runtime().synchronize(index_of(device))


def ipc_collect() -> None:
    """Nothing to collect: no memory is shared with other processes.

    Raises:
        AssertionError: There is no GPU, or no CuPy.
    """
    cuda_runtime()


def get_arch_list() -> list[str]:
    """For which GPUs the kernels were compiled: for none, CuPy compiles them when they are used."""
    return []


def is_bf16_supported(including_emulation: bool = True) -> bool:
    """Whether the GPU computes in bfloat16: not through CuPy."""
    return False


def is_tf32_supported() -> bool:
    """Whether matrix products may be rounded to TF32: they are computed in float32."""
    return False
