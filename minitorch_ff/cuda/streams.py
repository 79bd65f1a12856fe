"""Streams and events: which work of a GPU waits for which."""

from __future__ import annotations

from typing import Any

from minitorch_ff import _devices
from minitorch_ff._checks import check
from minitorch_ff._devices import cuda_runtime, has_cuda
from minitorch_ff.cuda._device import index_of

__all__ = [
    "Event", "ExternalStream", "Stream", "StreamContext", "current_stream", "default_stream",
    "set_stream", "stream",
]  # fmt: skip


class Stream:
    """A queue of work on a GPU: what is in one queue is done in order.

    Args:
        device: The GPU, the current one by default.
        priority: The lower, the sooner; 0 by default.

    Raises:
        RuntimeError: There is no GPU, or no CuPy.

    See: [torch.cuda.Stream](https://docs.pytorch.org/docs/stable/generated/torch.cuda.Stream.html).
    """

    def __init__(self, device: Any = None, priority: int = 0) -> None:
        check(has_cuda(), "torch.cuda.Stream requires CUDA support")
        runtime, index = cuda_runtime(), index_of(device)
        with runtime.on(index):
            self._fill(runtime.stream(priority), index)
        self.priority = priority

    def _fill(self, native: Any, index: int) -> None:
        self.native = native
        self.device = _devices.device("cuda", index)
        self.device_index = index
        self.priority = 0

    @property
    def cuda_stream(self) -> int:
        """The queue's address, as other libraries take it."""
        return int(self.native.ptr)

    def query(self) -> bool:
        """Whether all work is done."""
        return bool(self.native.done)

    def synchronize(self) -> None:
        """Wait until all work is done."""
        self.native.synchronize()

    def wait_event(self, event: Event) -> None:
        """Let all work that comes from now on wait for an event."""
        if event.native is not None:
            self.native.wait_event(event.native)

    def wait_stream(self, stream: Stream) -> None:
        """Let all work that comes from now on wait for what is in another stream now."""
        self.wait_event(stream.record_event())

    def record_event(self, event: Event | None = None) -> Event:
        """Put an event, a new one by default, behind the work that is here now."""
        if event is None:
            event = Event()
        event.record(self)
        return event

    def __enter__(self) -> Stream:
        self._context = StreamContext(self)
        self._context.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._context.__exit__(*error)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Stream):
            return NotImplemented
        return (self.cuda_stream, self.device) == (other.cuda_stream, other.device)

    def __hash__(self) -> int:
        return hash((self.cuda_stream, self.device))

    def __repr__(self) -> str:
        return f"<torch.cuda.Stream device={self.device} cuda_stream={self.cuda_stream:#x}>"


class ExternalStream(Stream):
    """A stream that another library has made, by its address.

    See: [torch.cuda.ExternalStream](https://docs.pytorch.org/docs/stable/generated/torch.cuda.ExternalStream.html).
    """

    def __init__(self, stream_ptr: int, device: Any = None) -> None:
        check(has_cuda(), "torch.cuda.Stream requires CUDA support")
        self._fill(cuda_runtime().external_stream(stream_ptr), index_of(device))


def _as_stream(native: Any, index: int) -> Stream:
    found = object.__new__(Stream)
    found._fill(native, index)
    return found


def current_stream(device: Any = None) -> Stream:
    """The stream that work on a GPU goes to now.

    Raises:
        AssertionError: There is no GPU, or no CuPy.

    See: [torch.cuda.current_stream](https://docs.pytorch.org/docs/stable/generated/torch.cuda.current_stream.html).
    """
    index = index_of(device)
    return _as_stream(cuda_runtime().current_stream(index), index)


def default_stream(device: Any = None) -> Stream:
    """The stream that work on a GPU goes to if none is chosen.

    Raises:
        AssertionError: There is no GPU, or no CuPy.

    See: [torch.cuda.default_stream](https://docs.pytorch.org/docs/stable/generated/torch.cuda.default_stream.html).
    """
    return _as_stream(cuda_runtime().default_stream(), index_of(device))


def set_stream(stream: Stream | None) -> None:
    """Let work go to a stream from now on; None changes nothing."""
    if stream is not None:
        cuda_runtime().set_device(stream.device_index)
        stream.native.use()


class StreamContext:
    """Let the work of a block go to a stream; None changes nothing.

    See: [torch.cuda.StreamContext](https://docs.pytorch.org/docs/stable/generated/torch.cuda.StreamContext.html).
    """

    def __init__(self, stream: Stream | None) -> None:
        self.stream = stream

    def __enter__(self) -> None:
        if self.stream is None:
            return
        runtime = cuda_runtime()
        self.device_before = runtime.current_device()
        runtime.set_device(self.stream.device_index)
        self.before = runtime.current_stream()
        self.stream.native.use()

    def __exit__(self, *error: object) -> None:
        if self.stream is None:
            return
        cuda_runtime().set_device(self.stream.device_index)
        self.before.use()
        cuda_runtime().set_device(self.device_before)


def stream(stream: Stream | None) -> StreamContext:
    """Let the work of a block go to a stream; None changes nothing.

    See: [torch.cuda.stream](https://docs.pytorch.org/docs/stable/generated/torch.cuda.stream.html).
    """
    return StreamContext(stream)


class Event:
    """A mark in a stream: whether, and when, the work before it was done.

    Args:
        enable_timing: Whether it knows the time.
        blocking: Whether who waits for it sleeps, instead of asking again and again.
        interprocess: Whether other processes may use it.

    Raises:
        RuntimeError: There is no GPU, or no CuPy.

    See: [torch.cuda.Event](https://docs.pytorch.org/docs/stable/generated/torch.cuda.Event.html).
    """

    def __init__(
        self, enable_timing: bool = False, blocking: bool = False, interprocess: bool = False
    ) -> None:
        check(has_cuda(), "Tried to instantiate dummy base class Event")
        self.settings = enable_timing, blocking, interprocess
        self.native: Any = None  # made when it is recorded, on that stream's GPU

    @property
    def cuda_event(self) -> int:
        """Its address, as other libraries take it; 0 before it is recorded."""
        return 0 if self.native is None else int(self.native.ptr)

    def record(self, stream: Stream | None = None) -> None:
        """Put the mark behind the work that is in a stream, the current one by default, now."""
        if stream is None:
            stream = current_stream()
        runtime = cuda_runtime()
        with runtime.on(stream.device_index):
            if self.native is None:
                self.native = runtime.event(*self.settings)
            self.native.record(stream.native)

    def wait(self, stream: Stream | None = None) -> None:
        """Let all work that comes from now on to a stream wait for the mark."""
        (current_stream() if stream is None else stream).wait_event(self)

    def query(self) -> bool:
        """Whether the work before the mark is done; true of one that was not recorded."""
        return self.native is None or bool(self.native.done)

    def synchronize(self) -> None:
        """Wait until the work before the mark is done."""
        if self.native is not None:
            self.native.synchronize()

    def elapsed_time(self, end_event: Event) -> float:
        """Milliseconds from this mark to another one.

        Raises:
            ValueError: One of them does not know the time, or was not recorded.
        """
        words = "Both events must be created with argument 'enable_timing=True'."
        check(self.settings[0] and end_event.settings[0], words, ValueError)
        recorded = self.native is not None and end_event.native is not None
        words = "Both events must be recorded before calculating elapsed time."
        check(recorded, words, ValueError)
        return float(cuda_runtime().elapsed(self.native, end_event.native))

    def __repr__(self) -> str:
        shown = f"{self.cuda_event:#x}" if self.native is not None else "uninitialized"
        return f"<torch.cuda.Event {shown}>"
