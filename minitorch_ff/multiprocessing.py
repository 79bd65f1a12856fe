"""`torch.multiprocessing`: Python's `multiprocessing`; tensors are sent as copies."""

from __future__ import annotations

import multiprocessing
import traceback
from collections.abc import Callable
from multiprocessing import *  # noqa: F403 - the same names, and `spawn`
from multiprocessing.connection import Connection, wait
from typing import Any


class ProcessRaisedException(Exception):  # noqa: N818 - PyTorch's name
    """A function raised in a process of `spawn`; the message has its traceback."""


class ProcessExitedException(Exception):  # noqa: N818 - PyTorch's name
    """A process of `spawn` ended without a word."""


class SpawnContext:
    """The processes that `spawn(…, join=False)` started."""

    def __init__(self, running: dict[Any, tuple[int, Any]]) -> None:
        self.running = running
        self.processes = [process for _, process in running.values()]

    def pids(self) -> list[int]:
        """Their numbers."""
        return [process.pid for process in self.processes]

    def join(self, timeout: float | None = None) -> bool:
        """Wait until one ends; whether all have.

        Raises:
            ProcessRaisedException: One raised; the others are terminated.
            ProcessExitedException: One ended with another code than 0.
        """
        for pipe in wait(list(self.running), timeout):
            rank, process = self.running.pop(pipe)
            try:
                text = pipe.recv()
            except EOFError:
                text = None
            process.join()
            if process.exitcode:
                for other in self.processes:
                    other.terminate()
                    other.join()
                if text is None:
                    code = process.exitcode
                    raise ProcessExitedException(f"process {rank} terminated with exit code {code}")
                raise ProcessRaisedException(
                    f"\n\n-- Process {rank} terminated with the following error:\n{text}"
                )
        return not self.running


def spawn(
    fn: Callable[..., Any],
    args: tuple[Any, ...] = (),
    nprocs: int = 1,
    join: bool = True,
    daemon: bool = False,
    start_method: str = "spawn",
) -> SpawnContext | None:
    """Call `fn(i, *args)` in `nprocs` processes.

    Args:
        fn: A function of a module.
        args: What it gets after its number.
        nprocs: How many.
        join: Whether to wait for them.
        daemon: Whether they end with this process.
        start_method: How they are started.

    Returns:
        Nothing, or without `join` what to wait with.

    Raises:
        ProcessRaisedException: One raised.
        ProcessExitedException: One ended with another code than 0.

    See: [torch.multiprocessing.spawn](https://docs.pytorch.org/docs/stable/multiprocessing.html#torch.multiprocessing.spawn.spawn).
    """
    methods: Any = multiprocessing.get_context(start_method)
    running = {}
    for rank in range(nprocs):
        pipe, theirs = methods.Pipe(duplex=False)
        process = methods.Process(target=_call, args=(fn, rank, args, theirs), daemon=daemon)
        process.start()
        theirs.close()
        running[pipe] = (rank, process)
    context = SpawnContext(running)
    if not join:
        return context
    while not context.join():
        pass
    return None


def _call(fn: Callable[..., Any], rank: int, args: tuple[Any, ...], pipe: Connection) -> None:
    """The program of a process: an error is sent as text."""
    try:
        fn(rank, *args)
    except KeyboardInterrupt:
        pass
    except Exception:
        pipe.send(traceback.format_exc())
        raise SystemExit(1) from None
