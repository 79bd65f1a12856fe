"""How much memory of a GPU tensors hold, as CuPy's pool counts it. All figures are bytes."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from minitorch_ff._devices import cuda_runtime, has_cuda
from minitorch_ff.cuda._device import index_of

__all__ = [
    "empty_cache", "max_memory_allocated", "max_memory_reserved", "mem_get_info",
    "memory_allocated", "memory_reserved", "memory_stats", "memory_summary",
    "reset_peak_memory_stats",
]  # fmt: skip


def memory_stats(device: Any = None) -> OrderedDict[str, int]:
    """The figures that the functions below return, by PyTorch's keys; empty without a GPU.

    See: [torch.cuda.memory_stats](https://docs.pytorch.org/docs/stable/generated/torch.cuda.memory.memory_stats.html).
    """
    if not has_cuda():
        return OrderedDict()
    runtime, index = cuda_runtime(), index_of(device)
    used, total = runtime.memory(index)
    peaks = runtime.peaks
    return OrderedDict(
        {
            "allocated_bytes.all.current": used,
            "allocated_bytes.all.peak": max(used, peaks.allocated.get(index, 0)),
            "reserved_bytes.all.current": total,
            "reserved_bytes.all.peak": max(total, peaks.reserved.get(index, 0)),
        }
    )


def memory_summary(device: Any = None, abbreviated: bool = False) -> str:
    """A table of `memory_stats`.

    Args:
        device: The GPU, the current one by default.
        abbreviated: Makes no difference: CuPy's pool does not tell small blocks from large ones.

    Raises:
        KeyError: There is no GPU, or no CuPy.

    See: [torch.cuda.memory_summary](https://docs.pytorch.org/docs/stable/generated/torch.cuda.memory.memory_summary.html).
    """
    stats = memory_stats(device)
    lines = [f"{'Metric':<24}{'Cur Usage':>16}{'Peak Usage':>16}"]
    for title, name in (("Allocated", "allocated_bytes"), ("GPU reserved", "reserved_bytes")):
        sizes = [stats[f"{name}.all.{kind}"] / 1024 for kind in ("current", "peak")]
        lines.append(f"{title + ' memory':<24}" + "".join([f"{size:>12.0f} KiB" for size in sizes]))
    title = f"CUDA memory summary, device ID {index_of(device)}".center(len(lines[0]))
    return "\n".join([title, *lines])


def _figure(name: str, device: Any) -> int:
    return memory_stats(device).get(name, 0)


def memory_allocated(device: Any = None) -> int:
    """Bytes that tensors hold now.

    See: [torch.cuda.memory_allocated](https://docs.pytorch.org/docs/stable/generated/torch.cuda.memory.memory_allocated.html).
    """
    return _figure("allocated_bytes.all.current", device)


def max_memory_allocated(device: Any = None) -> int:
    """The most bytes that tensors held at a time, since the last reset.

    See: [torch.cuda.max_memory_allocated](https://docs.pytorch.org/docs/stable/generated/torch.cuda.memory.max_memory_allocated.html).
    """
    return _figure("allocated_bytes.all.peak", device)


def memory_reserved(device: Any = None) -> int:
    """Bytes that the pool holds now, for tensors that are there and for new ones.

    See: [torch.cuda.memory_reserved](https://docs.pytorch.org/docs/stable/generated/torch.cuda.memory.memory_reserved.html).
    """
    return _figure("reserved_bytes.all.current", device)


def max_memory_reserved(device: Any = None) -> int:
    """The most bytes that the pool held at a time, since the last reset.

    See: [torch.cuda.max_memory_reserved](https://docs.pytorch.org/docs/stable/generated/torch.cuda.memory.max_memory_reserved.html).
    """
    return _figure("reserved_bytes.all.peak", device)


def reset_peak_memory_stats(device: Any = None) -> None:
    """Let both maxima begin again from what is held now.

    Raises:
        AssertionError: There is no GPU, or no CuPy.

    See: [torch.cuda.reset_peak_memory_stats](https://docs.pytorch.org/docs/stable/generated/torch.cuda.memory.reset_peak_memory_stats.html).
    """
    runtime, index = cuda_runtime(), index_of(device)
    runtime.peaks.reset(index, *runtime.memory(index))


def mem_get_info(device: Any = None) -> tuple[int, int]:
    """Bytes that are free on the GPU, for all processes together, and bytes it has.

    Raises:
        AssertionError: There is no GPU, or no CuPy.

    See: [torch.cuda.mem_get_info](https://docs.pytorch.org/docs/stable/generated/torch.cuda.memory.mem_get_info.html).
    """
    free, total = cuda_runtime().memory_info(index_of(device))
    return int(free), int(total)


def empty_cache() -> None:
    """Give memory that no tensor holds back to the driver.

    See: [torch.cuda.empty_cache](https://docs.pytorch.org/docs/stable/generated/torch.cuda.memory.empty_cache.html).
    """
    if has_cuda():
        cuda_runtime().free_cache()
