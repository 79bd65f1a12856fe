"""`torch.multiprocessing`: Python's `multiprocessing`; tensors are sent as copies."""

from __future__ import annotations

import multiprocessing
import traceback
from collections.abc import Callable
from multiprocessing import *  # noqa: F403 - the same names, and `spawn`
from multiprocessing.connection import wait
from typing import Any


class ProcessRaisedException(Exception):  # noqa: N818 - PyTorch's name
    """A function raised in a process of `spawn`; the message has its traceback."""


class ProcessExitedException(Exception):  # noqa: N818 - PyTorch's name
    """A process of `spawn` ended without a word."""


def spawn(
    fn: Callable[..., Any],
    args: tuple[Any, ...] = (),
    nprocs: int = 1,
    join: bool = True,
    daemon: bool = False,
    start_method: str = "spawn",
) -> None:
    """Call `fn(i, *args)` in `nprocs` processes and wait for them.

    Args:
        fn: A function of a module.
        args: What it gets after its number.
        nprocs: How many.
        join: Must be True.
        daemon: Whether they end with this process.
        start_method: How they are started.

    Raises:
        ProcessRaisedException: One raised; the others are terminated.
        ProcessExitedException: One ended with another code than 0.
        NotImplementedError: `join` is False.

    See: [torch.multiprocessing.spawn](https://docs.pytorch.org/docs/stable/multiprocessing.html#torch.multiprocessing.spawn.spawn).
    """
    if not join:
        raise NotImplementedError("spawn(join=False): start processes with get_context().Process")
    methods: Any = multiprocessing.get_context(start_method)
    errors = methods.SimpleQueue()
    processes = [
        methods.Process(target=_call, args=(fn, rank, args, errors), daemon=daemon)
        for rank in range(nprocs)
    ]
    for process in processes:
        process.start()
    running = {process.sentinel: rank for rank, process in enumerate(processes)}
    while running:
        rank = running.pop(wait(list(running))[0])
        processes[rank].join()
        if code := processes[rank].exitcode:
            for process in processes:
                process.terminate()
            if errors.empty():
                raise ProcessExitedException(f"process {rank} terminated with exit code {code}")
            raise ProcessRaisedException(
                f"\n\n-- Process {rank} terminated with the following error:\n{errors.get()}"
            )


def _call(fn: Callable[..., Any], rank: int, args: tuple[Any, ...], errors: Any) -> None:
    """The program of a process: an error is sent as text."""
    try:
        fn(rank, *args)
    except Exception:
        errors.put(traceback.format_exc())
        raise SystemExit(1) from None
