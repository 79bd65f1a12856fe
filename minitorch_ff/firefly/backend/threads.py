"""Several threads for one primitive: a large array in parts, each computed by one of them.

NumPy gives up Python's lock while it computes, so threads of one process do work side by side.
Only elements that do not depend on each other are parted, and random words are drawn in order:
how many threads there are changes no number.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

import numpy

if TYPE_CHECKING:
    from queue import SimpleQueue

LARGE = 1 << 17
"""From so many elements on, a second thread saves more than it costs to wake it."""

_allowed = 1
_helpers: list[SimpleQueue[_Job]] = []


def at_start() -> int:
    """How many threads `OMP_NUM_THREADS` asks for; if it does not, as many as there are cores."""
    asked = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    if asked.isdecimal() and int(asked):
        return int(asked)
    return cores()


def cores() -> int:
    """How many cores this process may use."""
    usable = getattr(os, "sched_getaffinity", None)
    return len(usable(0)) if usable else os.cpu_count() or 1


def allow(n: int) -> None:
    """Let `in_threads` use `n` threads, the caller's own among them."""
    global _allowed
    _allowed = n


def allowed() -> int:
    """How many threads `in_threads` uses."""
    return _allowed


def in_threads(function: Callable[..., object], blocks: Iterable[tuple[Any, ...]]) -> None:
    """Call `function(*block)` for every block, in as many threads as are allowed.

    Blocks are taken in order, one at a time: a generator that makes them runs as in a loop. The
    caller works as well, and waits only for blocks that were begun: a helper that wakes too late,
    because the cores are busy, costs no more than waking it.
    """
    if _allowed == 1:
        for block in blocks:
            function(*block)
        return
    shared = _Shared(blocks)
    jobs = [_Job(function, shared) for _ in range(_allowed - 1)]
    for job, queue in zip(jobs, _queues(len(jobs)), strict=True):
        queue.put(job)
    try:
        for block in shared:
            function(*block)
    finally:
        for job in jobs:
            job.door.acquire()
    for job in jobs:
        if job.error is not None:
            raise job.error


class _Shared:
    """Blocks for several threads: each gets the next one."""

    def __init__(self, blocks: Iterable[tuple[Any, ...]]) -> None:
        self.blocks = iter(blocks)
        self.lock = threading.Lock()

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return self

    def __next__(self) -> tuple[Any, ...]:
        with self.lock:
            return next(self.blocks)


class _Job:
    """Blocks to be worked on by whoever has time.

    A helper holds `door` while it works; once the owner has it, nobody comes in any more.
    """

    __slots__ = ("blocks", "context", "door", "error", "function")

    def __init__(self, function: Callable[..., object], blocks: _Shared) -> None:
        self.function = function
        self.blocks = blocks
        self.door = threading.Lock()
        self.context = copy_context()  # with NumPy's `errstate`
        self.error: BaseException | None = None

    def work(self) -> None:
        for block in self.blocks:
            self.function(*block)


def _help(queue: SimpleQueue[_Job]) -> None:
    while True:
        job = queue.get()
        if job.door.acquire(blocking=False):  # else all was done before this thread woke up
            try:
                job.context.run(job.work)
            except BaseException as error:  # which the owner raises
                job.error = error
            finally:
                job.door.release()
        del job  # and its arrays


def _queues(n: int) -> list[SimpleQueue[_Job]]:
    """The queues of `n` helpers, made when they are first asked for."""
    while len(_helpers) < n:
        from queue import SimpleQueue  # not needed by whoever has one core

        queue: SimpleQueue[_Job] = SimpleQueue()
        name = f"minitorch_ff-{len(_helpers) + 1}"
        threading.Thread(target=_help, args=(queue,), name=name, daemon=True).start()
        _helpers.append(queue)
    return _helpers[:n]


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_helpers.clear)  # a child has no thread but its own


# ------------------------------------------------------------------- what can be parted


def spread(function: Callable[..., Any], writes: bool = True) -> Callable[..., Any]:
    """A function of single elements that parts large arrays along their first dimension.

    Args:
        function: Takes arrays of one floating dtype and gives one.
        writes: Whether it takes `out=`.
    """

    def primitive(x: Any, *others: Any, **settings: Any) -> Any:
        if getattr(x, "size", 0) < LARGE or settings or not _can_be_parted(x, others):
            return function(x, *others, **settings)
        given = (x, *others)
        takes = getattr(function, "nin", len(given))
        out = given[takes] if len(given) > takes else numpy.empty(x.shape, x.dtype)

        def work(*part: Any) -> None:
            if writes:
                function(*part[:-1], out=part[-1])
            else:
                part[-1][...] = function(*part[:-1])

        in_threads(work, parts((*given[:takes], out)))
        return out

    return primitive


def _can_be_parted(x: Any, others: tuple[Any, ...]) -> bool:
    if x.dtype.kind != "f" or len(x) < 2 or not x.flags.c_contiguous:
        return False
    for other in others:
        if getattr(other, "dtype", None) is not x.dtype:
            return False
        if other.ndim >= x.ndim and not (other.shape == x.shape and other.flags.c_contiguous):
            return False
    return True


def cuts(length: int, count: int, step: int = 1) -> list[slice]:
    """At most so many slices of a dimension; all but the last are equal multiples of `step`."""
    count = max(1, min(count, length // step))
    each = length // (count * step) * step
    ends = [*range(each, each * count, each), length]
    return [slice(start, end) for start, end in zip([0, *ends], ends, strict=False)]


def parts(arrays: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    """Two parts for each thread, so that one that is held up leaves work to the others.

    What has fewer dimensions is broadcast to each row, and stays whole.
    """
    dims = arrays[-1].ndim
    for cut in cuts(len(arrays[-1]), 2 * _allowed):
        yield tuple([a[cut] if a.ndim == dims else a for a in arrays])


def spread_update(update: Callable[..., None], block: int) -> Callable[..., None]:
    """An optimizer's update of single elements that parts large parameters, in whole blocks."""

    def primitive(param: Any, grad: Any, group: Any, *arrays: Any, **settings: Any) -> None:
        if param.size < 2 * block:
            return update(param, grad, group, *arrays, **settings)

        def work(cut: slice) -> None:
            def part(x: Any) -> Any:
                return x[cut] if isinstance(x, numpy.ndarray) and x.ndim else x

            named = {name: part(x) for name, x in settings.items()}
            update(part(param), part(grad), group, *map(part, arrays), **named)

        in_threads(work, zip(cuts(param.size, 2 * _allowed, block)))
        return None

    return primitive
