"""Functions that are recorded, then replayed."""

from __future__ import annotations

import functools
import threading
import warnings
import weakref
from collections.abc import Callable
from typing import Any

from minitorch_ff._compile.building import AGAIN, Builder, Replay
from minitorch_ff._compile.ending import Impossible
from minitorch_ff._compile.guards import look
from minitorch_ff._compile.session import Session, one_at_a_time
from minitorch_ff.compiler import Unsupported
from minitorch_ff.firefly.backend.registry import by_buffer_type, cpu
from minitorch_ff.firefly.graph import anomaly_mode

MOST_REPLAYS = 8
"""So many programs are kept of a function; for further shapes it is called as it is."""

MOST_RECORDINGS = 32
"""After so many, with hardly a replay, the function is called as it is."""

MOST_DIFFERING = 4
"""So many recordings may differ from the one before, though nothing that was looked at does."""

_all: weakref.WeakSet[CompiledCallable] = weakref.WeakSet()


class CompiledCallable:
    """A function that computes what `function` does, faster from its third call on.

    The first two calls are recorded, and must have made the same NumPy calls.

    Args:
        function: What to call.
        fullgraph: Raise where it cannot be compiled.

    Attributes:
        replays: The programs.
        reason: Why the function is called as it is from now on, or "".
    """

    def __init__(self, function: Callable[..., Any], fullgraph: bool = False) -> None:
        functools.update_wrapper(self, function, updated=())
        self.function = function
        self.fullgraph = fullgraph
        self._free = threading.Lock()
        self.reset()
        _all.add(self)

    def reset(self) -> None:
        """Forget all programs."""
        self.replays: list[Replay] = []
        self.reason = ""
        self._pending: list[tuple[Any, Session]] = []  # recorded once
        self._differing = self._recorded = 0

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Replay, record, or call the function as it is."""
        for replay in self.replays:
            if replay.holds(args, kwargs):
                if not self._free.acquire(blocking=False):  # its buffers are in use
                    return self.function(*args, **kwargs)
                try:
                    result = replay.run(args, kwargs)
                finally:
                    self._free.release()
                return self.function(*args, **kwargs) if result is AGAIN else result
        full = len(self.replays) >= MOST_REPLAYS
        watched = by_buffer_type[cpu.buffer_type] is not cpu
        if self.reason or full or watched or one_at_a_time.locked() or anomaly_mode.get():
            return self.function(*args, **kwargs)
        return self._record(args, kwargs)

    def __reduce__(self) -> Any:
        return type(self), (self.function, self.fullgraph)

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else functools.partial(self, instance)

    def source(self) -> str:
        """The source of the programs: what a call computes, in NumPy alone.

        Example:
            >>> import minitorch_ff as torch
            >>> double = torch.compile(lambda x: torch.exp(2 * x))
            >>> for _ in range(2):
            ...     _ = double(torch.ones(3))
            >>> print(double.source())
            def replay(args, kwargs):
                x0 = args[0].buffer
                multiply(x0, c1, b0)
                v3 = exp(b0)
                y0 = wrap(T0, v3)
                return y0
            <BLANKLINE>
        """
        return "\n".join([replay.source for replay in self.replays])

    def _record(self, args: Any, kwargs: Any) -> Any:
        """Call the function while recording it; the second time, make a program."""
        guards = look(self.function, args, kwargs)
        if guards.reason and not guards.not_now:
            self._give_up(guards.reason)
        if guards.reason or guards.not_now:
            return self.function(*args, **kwargs)
        self._recorded += 1
        before = next((p for p in self._pending if p[0](args, kwargs)), None)
        session = Session(guards, self.fullgraph)
        result = session.run(self.function, args, kwargs)
        recording = session.recording
        if before is not None:
            self._pending.remove(before)
        if recording.reason:
            self._give_up(recording.reason)
        elif before is not None and _equal(before[1], session):
            try:
                self.replays.append(Builder(session).build())
            except Impossible as error:
                self._give_up(str(error))
        else:
            self._differing += before is not None
            self._pending = [*self._pending[1 - MOST_REPLAYS :], (guards.compiled(), session)]
            if self._differing > MOST_DIFFERING or self._recorded > MOST_RECORDINGS:
                self._give_up("its calls differ from one time to the next")
        return result

    def _give_up(self, reason: str) -> None:
        """From now on call the function as it is, and say so."""
        self.reason = reason
        self._pending = []
        if self.fullgraph:
            raise Unsupported(f"torch.compile(fullgraph=True): {reason}")
        name = getattr(self.function, "__qualname__", type(self.function).__name__)
        warnings.warn(
            f"torch.compile: {name} is not compiled, but called as it is: {reason}", stacklevel=4
        )


def _equal(a: Session, b: Session) -> bool:
    """Whether one program can stand for two recordings."""
    fixed = zip(a.recording.fixed(), b.recording.fixed(), strict=False)
    return a.recording.key() == b.recording.key() and all(x is y for x, y in fixed)


def reset() -> None:
    """Forget what was compiled."""
    for function in list(_all):
        function.reset()
