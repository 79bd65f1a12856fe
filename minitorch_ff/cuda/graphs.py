"""CUDA graphs: work that was recorded once and is launched again with one call.

A graph holds addresses: it reads what lies there when it is launched, and writes where it
wrote when it was captured. So inputs are copied into the tensors that the captured work
read. Its memory comes from a pool of its own, which stays until the graph goes. Random
numbers go on from launch to launch.
"""

from __future__ import annotations

import contextlib
import gc
from typing import Any

from minitorch_ff._checks import check
from minitorch_ff._devices import backend_for, cuda_runtime, device, has_cuda
from minitorch_ff._functions.random import cuda_generator
from minitorch_ff.cuda._device import current_device, synchronize
from minitorch_ff.cuda.memory import empty_cache
from minitorch_ff.cuda.streams import Stream, StreamContext

__all__ = ["CUDAGraph", "graph", "graph_pool_handle", "is_current_stream_capturing"]


def is_current_stream_capturing() -> bool:
    """Whether the work that is asked for now is recorded, not done.

    Raises:
        RuntimeError: There is no GPU, or no CuPy.
    """
    check(has_cuda(), "Tried to instantiate dummy base class _cuda_isCurrentStreamCapturing")
    return bool(cuda_runtime().current_stream().is_capturing())


def graph_pool_handle() -> Any:
    """A pool of memory that several graphs, launched one after the other, can share.

    Raises:
        RuntimeError: There is no GPU, or no CuPy.
    """
    check(has_cuda(), "Tried to instantiate dummy base class _graph_pool_handle")
    return cuda_runtime().memory_pool()


class CUDAGraph:
    """Work that was recorded once and can be launched again.

    Raises:
        RuntimeError: There is no GPU, or no CuPy.

    See: [torch.cuda.CUDAGraph](https://docs.pytorch.org/docs/stable/generated/torch.cuda.CUDAGraph.html).
    """

    def __init__(self) -> None:
        check(has_cuda(), "Tried to instantiate dummy base class CUDAGraph")
        self.native: Any = None
        self._pool: Any = None
        self._products: Any = None
        self._draws: Any = None
        self._scope: contextlib.ExitStack | None = None

    def capture_begin(self, pool: Any = None, capture_error_mode: str = "global") -> None:
        """Record the work of the current stream from now on.

        Args:
            pool: Where memory comes from: another graph's `pool()`, or `graph_pool_handle()`.
            capture_error_mode: Which calls of other threads end the capture with an error:
                here none do, as with `"relaxed"`.

        Raises:
            RuntimeError: The current stream is the default one, or a capture is going on.
        """
        modes = ("global", "thread_local", "relaxed")
        if capture_error_mode not in modes:
            raise RuntimeError(f"Unknown capture error mode. Expected one of {modes}")
        self._gpu = device("cuda", current_device())
        backend = backend_for(self._gpu)  # now it is at work, and not the GPU of a tensor
        runtime = cuda_runtime()
        self._stream = runtime.current_stream()
        check(
            self._stream.ptr != runtime.default_stream().ptr,
            "CUDA graphs must be captured on a non-default stream. (However, after capture, it's "
            "ok to replay them on the default stream.)",
        )
        check(
            self.native is None and self._scope is None,
            "This CUDAGraph instance already owns a captured graph. To capture a new graph, "
            "create a new instance.",
        )
        self._pool = runtime.memory_pool() if pool is None else pool
        self._random = cuda_generator(current_device()).engine
        with contextlib.ExitStack() as scope:
            scope.enter_context(runtime.own_memory(self._pool))
            self._products = scope.enter_context(backend.capturing())
            self._random.begin_capture()
            scope.callback(self._end_of_draws)
            self._stream.begin_capture()
            self._scope = scope.pop_all()

    def _end_of_draws(self) -> None:
        self._draws = self._random.end_capture()

    def capture_end(self) -> None:
        """The end of what is recorded.

        Raises:
            RuntimeError: Nothing was being recorded, or something in between cannot be.
        """
        check(self._scope is not None, "capture_end() called before capture_begin()")
        scope, self._scope = self._scope, None
        with scope:  # type: ignore[union-attr]
            self.native = self._stream.end_capture()

    def replay(self) -> None:
        """Do the work again, in the current stream.

        Raises:
            RuntimeError: There is none.
        """
        words = "Called CUDAGraph::replay without a preceding successful capture."
        check(self.native is not None, words)
        memory, taken = self._draws
        backend_for(self._gpu)
        if taken:
            self._random.refresh(memory, taken)
        self.native.launch()

    def reset(self) -> None:
        """Forget the work, and give its memory back."""
        self.native = self._pool = self._products = self._draws = None

    def pool(self) -> Any:
        """Where its memory comes from; another graph may share it."""
        return self._pool


class graph:
    """Record the work of a block as a graph.

    Args:
        cuda_graph: What the work becomes.
        pool: See `CUDAGraph.capture_begin`.
        stream: What is captured; by default a stream for captures.
        capture_error_mode: See `CUDAGraph.capture_begin`.

    Raises:
        RuntimeError: There is no GPU, or no CuPy.

    See: [torch.cuda.graph](https://docs.pytorch.org/docs/stable/generated/torch.cuda.graph.html).
    """

    default_capture_stream: Stream | None = None

    def __init__(
        self,
        cuda_graph: CUDAGraph,
        pool: Any = None,
        stream: Stream | None = None,
        capture_error_mode: str = "global",
    ) -> None:
        if stream is None:
            if graph.default_capture_stream is None:
                graph.default_capture_stream = Stream()
            stream = graph.default_capture_stream
        self.cuda_graph = cuda_graph
        self.capture_stream = stream
        self.settings = pool, capture_error_mode

    def __enter__(self) -> None:
        synchronize()
        gc.collect()
        empty_cache()
        with contextlib.ExitStack() as scope:
            scope.enter_context(StreamContext(self.capture_stream))
            self.cuda_graph.capture_begin(*self.settings)
            self._scope = scope.pop_all()

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        with self._scope:
            if error is None:
                self.cuda_graph.capture_end()
                return
            with contextlib.suppress(RuntimeError):  # the block's own error is the news
                self.cuda_graph.capture_end()
            self.cuda_graph.reset()
