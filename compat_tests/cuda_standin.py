"""A stand-in for CUDA on any machine: device type "cuda", two GPUs that are none.

Its arrays are those of `strict_backend`: they compute on the host, and NumPy cannot read
them. Its runtime has streams and events that wait for nothing, memory that is counted, and
graphs that repeat the primitives that a block called (with positional arguments). So the
facade's logic of devices runs here: what is moved where, what is said, what is drawn. What a
GPU makes of it, it does not show.

    with cuda_standin.present():
        x = ff.ones(2, device="cuda")
"""

import contextlib
import itertools
import time
import types
import weakref

import numpy

from compat_tests.strict_backend import StrictArray, StrictBackend
from minitorch_ff._functions import random
from minitorch_ff.cuda import graphs
from minitorch_ff.firefly.backend import cupy_runtime, registry
from minitorch_ff.firefly.backend.watched import Watched

GPUS = 2
PROCESSORS, THREADS = 108, 2048  # those of an A100


class StandInBackend(StrictBackend):
    device_type = "cuda"
    buffer_type = StrictArray

    def __init__(self):
        super().__init__()
        self.second = {}  # where memory of the second GPU begins and ends
        self.module = Makers(self.module, self)

    def placed(self, host, index):
        """The memory as one of a GPU's, counted."""
        cupy_runtime.runtime().count(host.nbytes)
        if index:
            start = host.ctypes.data
            self.second[start] = start + max(host.nbytes, 1)
            weakref.finalize(host, self.second.pop, start, None)
        return StrictArray(host)

    def device_index(self, x):
        """The second GPU's for what was copied there and its views; results are the first's.

        CuPy computes on the current device, wherever the operands are.
        """
        address = x._host.ctypes.data
        return int(any(start <= address < end for start, end in self.second.items()))

    def to_numpy(self, x):
        cupy_runtime.runtime().calls.append("to the host")
        return x.get()

    def from_numpy(self, x, index=None):
        index = cupy_runtime.runtime().current if index is None else index
        return self.placed(numpy.array(x, copy=True), index)


class Makers:
    """The array library, whose new memory is on the current GPU and counted."""

    def __init__(self, module, backend):
        self._module, self._backend = module, backend

    def __getattr__(self, name):
        found = getattr(self._module, name)
        if name not in ("zeros", "ones", "empty", "full"):
            return found

        def maker(*args, **settings):
            made = found(*args, **settings)
            return self._backend.placed(made._host, cupy_runtime.runtime().current)

        return maker


class StandInStream:
    """A queue that is always empty."""

    numbers = itertools.count(1)

    def __init__(self, runtime, index=0, pointer=None):
        self.runtime, self.index = runtime, index
        self.ptr = next(self.numbers) if pointer is None else pointer
        self.recorded = None
        self.waited = []

    def use(self):
        self.runtime.streams[self.runtime.current] = self

    def synchronize(self):
        self.runtime.calls.append("stream.synchronize")

    done = True

    def wait_event(self, event):
        self.waited.append(event)

    def begin_capture(self):
        self.recorded = []
        self.backend = registry.by_buffer_type[StrictArray]
        registry.by_buffer_type[StrictArray] = Watched(self.backend, self._noting)

    @contextlib.contextmanager
    def _noting(self, name, arguments):
        yield lambda result: self.recorded.append((name, arguments, result))

    def end_capture(self):
        calls, self.recorded = self.recorded, None
        registry.by_buffer_type[StrictArray] = self.backend
        return StandInGraph(self.backend, calls)

    def is_capturing(self):
        return self.recorded is not None


class StandInGraph:
    """Calls of primitives, which `launch` repeats into the same memory."""

    def __init__(self, backend, calls):
        self.backend, self.calls = backend, calls

    def launch(self, stream=None):
        for name, arguments, result in self.calls:
            again = getattr(self.backend, name)(*arguments)
            for old, new in zip(arrays(result), arrays(again), strict=True):
                self.backend.copy_(old, new)


def arrays(value):
    parts = value if isinstance(value, (tuple, list)) else (value,)
    return [part for part in parts if isinstance(part, StrictArray)]


class StandInEvent:
    def __init__(self):
        self.ptr, self.time = id(self), None

    done = True

    def record(self, stream=None):
        self.time = time.perf_counter()

    def synchronize(self):
        pass


class StandInRuntime:
    """What `CupyRuntime` offers, of GPUs that are none."""

    philox = None

    def __init__(self):
        self.current = 0
        self.default = StandInStream(self, pointer=0)
        self.streams = dict.fromkeys(range(GPUS), self.default)
        self.peaks = cupy_runtime.Peaks()
        self.used = 0
        self.pinned_at = set()
        self.calls = []

    def count(self, size):
        self.used += size
        self.peaks.taken(self.current, size)

    def device_count(self):
        return GPUS

    def current_device(self):
        return self.current

    def set_device(self, index):
        self.current = index

    @contextlib.contextmanager
    def on(self, index):
        before, self.current = self.current, index
        try:
            yield
        finally:
            self.current = before

    def properties(self, index):
        return {
            "name": f"Stand-in {index}".encode(), "major": 8, "minor": 0,
            "totalGlobalMem": 40 << 30, "multiProcessorCount": PROCESSORS,
            "maxThreadsPerMultiProcessor": THREADS, "l2CacheSize": 40 << 20,
        }  # fmt: skip

    def can_access_peer(self, index, other):
        return index != other

    def synchronize(self, index):
        self.calls.append(f"synchronize {index}")

    def memory(self, index):
        return self.used, self.used

    def memory_info(self, index):
        return (40 << 30) - self.used, 40 << 30

    def free_cache(self):
        self.calls.append("free_cache")

    def pinned(self, array):
        out = array.copy()
        self.pinned_at.add(out.ctypes.data)
        return out

    def is_pinned(self, address):
        return address in self.pinned_at

    def stream(self, priority=0):
        return StandInStream(self, self.current)

    def external_stream(self, pointer):
        return StandInStream(self, self.current, pointer)

    def current_stream(self):
        return self.streams[self.current]

    def default_stream(self):
        return self.default

    def event(self, timing, blocking, interprocess):
        return StandInEvent()

    def elapsed(self, start, end):
        return 1000 * (end.time - start.time)

    def memory_pool(self):
        return types.SimpleNamespace()

    @contextlib.contextmanager
    def own_memory(self, pool):
        yield


@contextlib.contextmanager
def present():
    """A CUDA that is there, for a block; gives its runtime."""
    strict = registry.backend_for("strict")
    registry.register("cuda", StandInBackend)
    cupy_runtime.use(StandInRuntime)
    random._cuda_generators.clear()
    try:
        backend = registry.backend_for("cuda")
        registry.by_buffer_type[StrictArray] = backend
        yield cupy_runtime.runtime()
    finally:
        cupy_runtime.use(None)
        registry.register("cuda", registry._make_cupy)
        registry.by_buffer_type[StrictArray] = strict
        random._cuda_generators.clear()
        graphs.graph.default_capture_stream = None
