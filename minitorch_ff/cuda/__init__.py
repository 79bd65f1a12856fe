"""`torch.cuda`: GPUs, answered for truthfully.

Computing on a GPU goes through CuPy; without it, or without a GPU, there are none, and the
functions answer as those of a PyTorch without CUDA do.
"""

from __future__ import annotations

from typing import Any

from minitorch_ff._devices import AcceleratorError
from minitorch_ff._functions.random import cuda_generator as _cuda_generator
from minitorch_ff._legacy import on_device as _on_device
from minitorch_ff._missing import missing as _missing
from minitorch_ff.cuda import amp, nvtx
from minitorch_ff.cuda._device import (
    can_device_access_peer, current_device, device, device_count, device_of, get_arch_list,
    get_device_capability, get_device_name, get_device_properties, init, ipc_collect,
    is_available, is_bf16_supported, is_initialized, is_tf32_supported, set_device, synchronize,
)  # fmt: skip
from minitorch_ff.cuda.graphs import (
    CUDAGraph, graph, graph_pool_handle, is_current_stream_capturing,
)  # fmt: skip
from minitorch_ff.cuda.memory import (
    empty_cache, max_memory_allocated, max_memory_reserved, mem_get_info, memory_allocated,
    memory_reserved, memory_stats, memory_summary, reset_peak_memory_stats,
)  # fmt: skip
from minitorch_ff.cuda.random import (
    get_rng_state, get_rng_state_all, initial_seed, manual_seed, manual_seed_all, seed, seed_all,
    set_rng_state, set_rng_state_all,
)  # fmt: skip
from minitorch_ff.cuda.streams import (
    Event, ExternalStream, Stream, StreamContext, current_stream, default_stream, set_stream,
    stream,
)  # fmt: skip
from minitorch_ff.firefly.backend.cupy_runtime import OutOfMemoryError

OutOfMemoryError.__module__ = "torch"
has_half = True

FloatTensor, DoubleTensor, HalfTensor, LongTensor, IntTensor, ByteTensor, BoolTensor = map(
    _on_device,
    (
        "FloatTensor", "DoubleTensor", "HalfTensor", "LongTensor", "IntTensor", "ByteTensor",
        "BoolTensor",
    ),
)  # fmt: skip


def __getattr__(name: str) -> Any:
    if name == "make_graphed_callables":  # which stands on modules and autograd
        from minitorch_ff.cuda.graphed import make_graphed_callables

        return make_graphed_callables
    if name == "default_generators":
        return tuple([_cuda_generator(index) for index in range(device_count())])
    return _missing(__name__)(name)


__all__ = [
    "AcceleratorError", "BoolTensor", "ByteTensor", "CUDAGraph", "DoubleTensor", "Event",
    "ExternalStream", "FloatTensor", "HalfTensor", "IntTensor", "LongTensor", "OutOfMemoryError",
    "Stream", "StreamContext", "amp", "can_device_access_peer", "current_device",
    "current_stream", "default_generators", "default_stream", "device", "device_count",
    "device_of", "empty_cache", "get_arch_list", "get_device_capability", "get_device_name",
    "get_device_properties", "get_rng_state", "get_rng_state_all", "graph", "graph_pool_handle",
    "has_half", "init", "initial_seed", "ipc_collect", "is_available", "is_bf16_supported",
    "is_current_stream_capturing", "is_initialized", "is_tf32_supported", "make_graphed_callables",
    "manual_seed", "manual_seed_all", "max_memory_allocated", "max_memory_reserved", "mem_get_info",
    "memory_allocated", "memory_reserved", "memory_stats", "memory_summary", "nvtx",
    "reset_peak_memory_stats", "seed", "seed_all", "set_device", "set_rng_state",
    "set_rng_state_all", "set_stream", "stream", "synchronize",
]  # fmt: skip
