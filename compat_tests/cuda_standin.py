"""A stand-in for CUDA on any machine: device type "cuda", two GPUs that are none.

Its arrays are those of `strict_backend`: they compute on the host, NumPy cannot read them, and
each is on one of the GPUs, which must be the current one when something is computed. Its runtime
has streams and events that wait for nothing, memory that is counted, and graphs that repeat the
primitives that a block called (with positional arguments). So the facade's logic of devices runs
here: what is moved where, what is said, what is drawn. What a GPU makes of it, it does not show.

    with cuda_standin.present():
        x = ff.ones(2, device="cuda")
"""

import contextlib
import itertools
import time
import types

from compat_tests import strict_backend
from compat_tests.strict_backend import GPUS, Chosen, Device, StrictArray, chosen
from minitorch_ff._functions import random
from minitorch_ff.cuda import graphs
from minitorch_ff.firefly.backend import cupy_runtime, registry
from minitorch_ff.firefly.backend.cupy.several import SeveralGpus
from minitorch_ff.firefly.backend.watched import Watched

PROCESSORS, THREADS = 108, 2048  # those of an A100


class StandInBackend(SeveralGpus):
    buffer_type = StrictArray
    has_kernels = False

    def __init__(self):
        super().__init__(strict_backend.strict_numpy, strict_backend.strict_cupyx)
        self.module = Makers(self.module)

    def to_numpy(self, x):
        cupy_runtime.runtime().calls.append("to the host")
        return super().to_numpy(x)

    def from_numpy(self, x, index=None):
        return counted(super().from_numpy(x, index))


def counted(array):
    """The array, as memory that is in use."""
    cupy_runtime.runtime().count(array)
    return array


class Makers:
    """The array library, whose new memory is counted."""

    def __init__(self, module):
        self._module = module

    def __getattr__(self, name):
        found = getattr(self._module, name)
        if name not in ("zeros", "ones", "empty", "full"):
            return found
        return lambda *args, **settings: counted(found(*args, **settings))


class StandInStream:
    """A queue that is always empty."""

    numbers = itertools.count(1)

    def __init__(self, runtime, index=0, pointer=None):
        self.runtime, self.index = runtime, index
        self.ptr = next(self.numbers) if pointer is None else pointer
        self.recorded = None
        self.waited = []

    def use(self):
        self.runtime.streams[chosen.gpu] = self

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
        self.current = Chosen()
        self.default = StandInStream(self, pointer=0)
        self.streams = dict.fromkeys(range(GPUS), self.default)
        self.peaks = cupy_runtime.Peaks()
        self.used = 0
        self.pinned_at = set()
        self.calls = []

    def count(self, array):
        self.used += array.nbytes
        self.peaks.taken(array.device.id, array.nbytes)

    def device_count(self):
        return GPUS

    def current_device(self):
        return self.current.gpu

    def set_device(self, index):
        self.current.gpu = index
        Device(index).use()

    def on(self, index):
        return Device(index)

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

    def nvtx(self):
        def noting(name, result=None):
            def call(*args):
                self.calls.append((name, *args))
                return result

            return call

        names = {
            "RangePush": None,
            "RangePop": None,
            "RangeStart": 7,
            "RangeEnd": None,
            "Mark": None,
        }
        return types.SimpleNamespace(
            **{name: noting(name, result) for name, result in names.items()}
        )

    def free_cache(self):
        self.calls.append("free_cache")

    def pinned(self, array):
        out = array.copy()
        self.pinned_at.add(out.ctypes.data)
        return out

    def is_pinned(self, address):
        return address in self.pinned_at

    def stream(self, priority=0):
        return StandInStream(self, chosen.gpu)

    def external_stream(self, pointer):
        return StandInStream(self, chosen.gpu, pointer)

    def current_stream(self, index=None):
        return self.streams[self.current.gpu if index is None else index]

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
        chosen.gpu = 0
        cupy_runtime.use(None)
        registry.register("cuda", registry._make_cupy)
        registry.by_buffer_type[StrictArray] = strict
        random._cuda_generators.clear()
        graphs.graph.default_capture_stream = None
