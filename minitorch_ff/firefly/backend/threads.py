"""Several threads for one primitive: large arrays in blocks, each whole in one thread.

NumPy gives up Python's lock while it computes, so threads of one process do work side by side.
Which thread computes a block, and how many there are, cannot change a number: the blocks are
the same for one thread, or elements do not depend on each other.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from contextvars import copy_context
from queue import SimpleQueue
from typing import Any

_allowed = 1
_helpers: list[SimpleQueue[_Job]] = []


class _Job:
    """Blocks to be worked on by whoever has time.

    A helper holds `door` while it works; once the owner has it, nobody comes in any more.
    """

    __slots__ = ("blocks", "context", "door", "error", "function")

    def __init__(self, function: Callable[..., object], blocks: Iterator[Any]) -> None:
        self.function = function
        self.blocks = blocks
        self.door = threading.Lock()
        self.context = copy_context()  # with NumPy's `errstate`
        self.error: BaseException | None = None

    def work(self) -> None:
        function = self.function
        for block in self.blocks:  # each is given out once: `next` is a single step
            function(*block)


def _help(queue: SimpleQueue[_Job]) -> None:
    while True:
        job = queue.get()
        if not job.door.acquire(blocking=False):
            continue  # all was done before this thread woke up
        try:
            job.context.run(job.work)
        except BaseException as error:  # which the owner raises
            job.error = error
        finally:
            job.door.release()
            del job


def allow(n: int) -> None:
    """Let primitives use `n` threads, the caller's own among them."""
    global _allowed
    _allowed = n


def allowed() -> int:
    """How many threads primitives may use."""
    return _allowed


def in_threads(function: Callable[..., object], blocks: Iterable[tuple[Any, ...]]) -> None:
    """Call `function(*block)` for every block, in any order, in as many threads as are allowed.

    The caller works as well, and waits only for blocks that somebody has begun. A helper that
    wakes too late, because the cores are busy, costs the handing over and no more.
    """
    shared = iter(list(blocks))
    jobs = []
    for queue in _hands(_allowed - 1):
        job = _Job(function, shared)
        queue.put(job)
        jobs.append(job)
    try:
        for block in shared:
            function(*block)
    finally:
        for job in jobs:
            job.door.acquire()
    for job in jobs:
        if job.error is not None:
            raise job.error


def _hands(n: int) -> list[SimpleQueue[_Job]]:
    """The queues of `n` helpers, made when they are first asked for."""
    while len(_helpers) < n:
        queue: SimpleQueue[_Job] = SimpleQueue()
        name = f"minitorch_ff-{len(_helpers) + 1}"
        threading.Thread(target=_help, args=(queue,), name=name, daemon=True).start()
        _helpers.append(queue)
    return _helpers[:n]


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_helpers.clear)  # a child has no thread but its own
