"""What is asked of CUDA besides arithmetic: devices, memory, streams, events, graphs.

Everything goes through CuPy, which is imported when a runtime is made, and nowhere else
in this file. `runtime()` is the one in use; a test may put another in its place.

CuPy's own objects serve as streams (`use`, `synchronize`, `done`, `wait_event`,
`begin_capture`, `end_capture`, `ptr`) and events (`record`, `synchronize`, `done`).
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy

PHILOX = """
unsigned int k0 = (unsigned int)seed, k1 = (unsigned int)(seed >> 32);
unsigned int c0 = (unsigned int)counter, c1 = (unsigned int)(counter >> 32);
unsigned int c2 = (unsigned int)thread, c3 = (unsigned int)(thread >> 32);
for (int round = 0; round < 10; ++round) {
  unsigned int high0 = __umulhi(0xD2511F53u, c0), low0 = 0xD2511F53u * c0;
  unsigned int high1 = __umulhi(0xCD9E8D57u, c2), low1 = 0xCD9E8D57u * c2;
  c0 = high1 ^ c1 ^ k0; c1 = low1; c2 = high0 ^ c3 ^ k1; c3 = low0;
  k0 += 0x9E3779B9u; k1 += 0xBB67AE85u;
}
w0 = c0; w1 = c1; w2 = c2; w3 = c3;
"""
"""Philox4x32-10 as one kernel; `firefly.random.philox.block` is the same in array calls."""


class OutOfMemoryError(RuntimeError):
    """The GPU has no more memory."""


class CupyRuntime:
    """CUDA's runtime, through CuPy.

    Raises:
        ImportError: CuPy is missing.
        RuntimeError: There is no GPU, or its driver does not work.
    """

    def __init__(self) -> None:
        import cupy

        self.cupy = cupy
        self.count = int(cupy.cuda.runtime.getDeviceCount())
        if not self.count:
            raise RuntimeError("no CUDA-capable device is detected")
        self._chosen = threading.local()
        self.pool = cupy.get_default_memory_pool()
        self.philox = cupy.ElementwiseKernel(
            "uint64 counter, uint64 thread, uint64 seed",
            "uint32 w0, uint32 w1, uint32 w2, uint32 w3",
            PHILOX,
            "philox4x32_10",
        )
        self._count_memory()

    def _count_memory(self) -> None:
        """Keep the highest marks, which CuPy does not, and say what is missing as PyTorch does."""
        cupy, pool, peaks = self.cupy, self.pool, Peaks()

        class Marks(cupy.cuda.MemoryHook):  # type: ignore[misc, name-defined]
            """Called by CuPy after every change, in the thread that began to use it."""

            name = "minitorch_ff"

            def malloc_postprocess(self, **given: Any) -> None:
                peaks.taken(given["device_id"], given["mem_size"])

            def free_postprocess(self, **given: Any) -> None:
                peaks.taken(given["device_id"], -given["mem_size"])

            def alloc_postprocess(self, **given: Any) -> None:
                peaks.reserve(given["device_id"], pool.total_bytes())

        def malloc(size: int) -> Any:
            try:
                return pool.malloc(size)
            except cupy.cuda.memory.OutOfMemoryError as error:
                raise OutOfMemoryError(
                    f"CUDA out of memory. Tried to allocate {size} bytes: {error}"
                ) from None

        self.peaks = peaks
        cupy.cuda.set_allocator(malloc)
        Marks().__enter__()

    # -------------------------------------------------------------------------- devices

    def device_count(self) -> int:
        """How many GPUs there are."""
        return self.count

    def current_device(self) -> int:
        """The number of the GPU that a script chose, in this thread, for new tensors.

        CUDA's own current GPU follows the tensors that are computed with.
        """
        return getattr(self._chosen, "index", 0)

    def set_device(self, index: int) -> None:
        """Choose the GPU that new tensors go to."""
        self._chosen.index = index
        self.cupy.cuda.Device(index).use()

    @contextlib.contextmanager
    def on(self, index: int) -> Iterator[None]:
        """Work on a GPU for a block."""
        with self.cupy.cuda.Device(index):
            yield

    def properties(self, index: int) -> dict[str, Any]:
        """What the driver says of a GPU, by CUDA's names."""
        return dict(self.cupy.cuda.runtime.getDeviceProperties(index))

    def can_access_peer(self, index: int, other: int) -> bool:
        """Whether a GPU can read another one's memory."""
        return bool(self.cupy.cuda.runtime.deviceCanAccessPeer(index, other))

    def synchronize(self, index: int) -> None:
        """Wait for all work of a GPU."""
        self.cupy.cuda.Device(index).synchronize()

    # --------------------------------------------------------------------------- memory

    def memory(self, index: int) -> tuple[int, int]:
        """Bytes in use by arrays, and bytes that the pool holds."""
        with self.on(index):
            return int(self.pool.used_bytes()), int(self.pool.total_bytes())

    def memory_info(self, index: int) -> tuple[int, int]:
        """Bytes that are free on the GPU, and all it has."""
        with self.on(index):
            free, total = self.cupy.cuda.runtime.memGetInfo()
        return int(free), int(total)

    def free_cache(self) -> None:
        """Give memory that no array uses back to the driver."""
        self.pool.free_all_blocks()

    def pinned(self, array: numpy.ndarray) -> numpy.ndarray:
        """A copy of a host's array in memory that a GPU can read by itself."""
        memory = self.cupy.cuda.alloc_pinned_memory(array.nbytes)
        out = numpy.frombuffer(memory, array.dtype, array.size).reshape(array.shape)
        out[...] = array
        return out

    def is_pinned(self, address: int) -> bool:
        """Whether the host's memory at an address is such memory."""
        runtime = self.cupy.cuda.runtime
        return bool(runtime.pointerGetAttributes(address).type == runtime.memoryTypeHost)

    def nvtx(self) -> Any:
        """What tells a profiler of stretches of the program."""
        from cupy.cuda import nvtx

        return nvtx

    # --------------------------------------------------------------- streams and events

    def stream(self, priority: int = 0) -> Any:
        """A new stream of the current GPU."""
        return self.cupy.cuda.Stream(non_blocking=True, priority=priority)

    def external_stream(self, pointer: int) -> Any:
        """A stream that another library has made."""
        return self.cupy.cuda.ExternalStream(pointer)

    def current_stream(self, index: int | None = None) -> Any:
        """The stream that work of this thread on a GPU, by default the current one, goes to."""
        return self.cupy.cuda.get_current_stream(self.current_device() if index is None else index)

    def default_stream(self) -> Any:
        """The stream that work goes to if none is chosen."""
        return self.cupy.cuda.Stream.null

    def event(self, timing: bool, blocking: bool, interprocess: bool) -> Any:
        """A new event of the current GPU."""
        return self.cupy.cuda.Event(blocking, not timing, interprocess)

    def elapsed(self, start: Any, end: Any) -> float:
        """Milliseconds between two events."""
        return float(self.cupy.cuda.get_elapsed_time(start, end))

    @contextlib.contextmanager
    def own_memory(self, pool: Any) -> Iterator[None]:
        """Take memory from a pool of its own: what a graph writes stays the graph's."""
        with self.cupy.cuda.using_allocator(pool.malloc):
            yield

    def memory_pool(self) -> Any:
        """A pool for `own_memory`; it lives as long as a graph needs it."""
        return self.cupy.cuda.MemoryPool()


class Peaks:
    """The highest numbers of bytes in use and reserved, for each GPU."""

    def __init__(self) -> None:
        self.used: dict[int, int] = {}
        self.allocated: dict[int, int] = {}
        self.reserved: dict[int, int] = {}

    def taken(self, index: int, size: int) -> None:
        """Count bytes that an array took, or gave back."""
        now = self.used[index] = self.used.get(index, 0) + size
        if now > self.allocated.get(index, 0):
            self.allocated[index] = now

    def reserve(self, index: int, total: int) -> None:
        """Note how much the pool holds now."""
        self.reserved[index] = max(self.reserved.get(index, 0), total)

    def reset(self, index: int, used: int, total: int) -> None:
        """Begin again from what is held now."""
        self.allocated[index], self.reserved[index] = used, total


_made: Any = None
_maker: Callable[[], Any] = CupyRuntime


def runtime() -> Any:
    """The runtime in use, made at the first call.

    Raises:
        ImportError: CuPy is missing.
        RuntimeError: There is no GPU, or its driver does not work.
    """
    global _made
    if _made is None:
        _made = _maker()
    return _made


def is_ready() -> bool:
    """Whether the runtime was made already."""
    return _made is not None


def use(maker: Callable[[], Any] | None) -> None:
    """Make the runtime in another way from now on; None: CuPy's again."""
    global _made, _maker
    _made, _maker = None, maker or CupyRuntime
