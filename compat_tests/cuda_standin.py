"""A stand-in for CUDA on any machine: device type "cuda", two GPUs that are none.

Its arrays are those of `strict_backend`: they compute on the host, NumPy cannot read them, and
each is on one of the GPUs, which must be the current one when something is computed. Its runtime
has streams and events that wait for nothing, memory that is counted, and graphs that repeat what
a block launched. So the facade's logic of devices runs here: what is moved where, what is said,
what is drawn. What a GPU makes of it, it does not show.

    with cuda_standin.present():
        x = ff.ones(2, device="cuda")
"""

import contextlib
import itertools
import time
import types

import pytest

from compat_tests import cublas_on_cpu, launches, strict_backend
from compat_tests.cuda_on_cpu import has_compiler
from compat_tests.strict_backend import CUDA, GPUS, Chosen, Device, StrictArray, chosen
from minitorch_ff._functions import random
from minitorch_ff.cuda import graphs
from minitorch_ff.firefly.backend import cupy_runtime, registry
from minitorch_ff.firefly.backend.cupy.several import SeveralGpus

PROCESSORS, THREADS = 108, 2048  # those of an A100


class StandInBackend(SeveralGpus):
    buffer_type = StrictArray
    has_kernels = False

    def __init__(self):
        super().__init__(strict_backend.strict_numpy, strict_backend.strict_cupyx)
        self.module = Makers(self.module)

    @staticmethod
    def load_cublas():
        if not has_compiler():
            pytest.skip("there is no C++ compiler")
        return cublas_on_cpu.load()

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
        self.cuda = StandInCuda()
        self.get_default_memory_pool = lambda: types.SimpleNamespace(malloc="everybody's")

    def __getattr__(self, name):
        found = getattr(self._module, name)
        if name not in ("zeros", "ones", "empty", "full"):
            return found
        return lambda *args, **settings: counted(found(*args, **settings))


class StandInCuda:
    """`cupy.cuda`, as far as the back end uses it."""

    Device, runtime = Device, CUDA.runtime
    device = types.SimpleNamespace(get_cublas_handle=lambda: 1 + chosen.gpu)

    @staticmethod
    def Stream(non_blocking):
        assert non_blocking  # else it would wait for the one that is captured
        return cupy_runtime.runtime().stream()

    @staticmethod
    def get_current_stream():
        return cupy_runtime.runtime().current_stream(chosen.gpu)

    @staticmethod
    def using_allocator(malloc):
        return cupy_runtime.runtime().memory_from(malloc)


class StandInStream:
    """A queue that is always empty."""

    numbers = itertools.count(1)

    def __init__(self, runtime, index=0, pointer=None):
        self.runtime, self.index = runtime, index
        self.ptr = next(self.numbers) if pointer is None else pointer
        self.recorded = None
        self.waited, self.events = [], []

    def use(self):
        self.runtime.streams[chosen.gpu] = self

    def __enter__(self):
        self.before = self.runtime.streams[chosen.gpu]
        self.use()
        return self

    def __exit__(self, *error):
        self.before.use()

    def synchronize(self):
        self.runtime.calls.append("stream.synchronize")

    done = True

    def record(self):
        self.events.append(StandInEvent())
        return self.events[-1]

    def wait_event(self, event):
        self.waited.append(event)

    def begin_capture(self):
        self.recorded = []

    def end_capture(self):
        tape, self.recorded = self.recorded, None
        return StandInGraph(tape)

    def is_capturing(self):
        return self.recorded is not None


class StandInGraph:
    """What was launched, to be launched again."""

    def __init__(self, tape):
        self.tape = tape

    def launch(self, stream=None):
        launches.repeat(self.tape)


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
        self.malloc = "everybody's"

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
        return types.SimpleNamespace(malloc="a graph's")

    def own_memory(self, pool):
        return self.memory_from(pool.malloc)

    @contextlib.contextmanager
    def memory_from(self, malloc):
        before, self.malloc = self.malloc, malloc
        try:
            yield
        finally:
            self.malloc = before


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
        runtime = cupy_runtime.runtime()
        launches.current_tape = lambda: runtime.streams[chosen.gpu].recorded
        yield runtime
    finally:
        launches.current_tape = launches.no_tape
        chosen.gpu = 0
        cupy_runtime.use(None)
        registry.register("cuda", registry._make_cupy)
        registry.by_buffer_type[StrictArray] = strict
        random._cuda_generators.clear()
        graphs.graph.default_capture_stream = None
