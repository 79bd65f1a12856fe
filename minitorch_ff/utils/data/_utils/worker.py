"""Workers of a data loader: processes that make batches and send them back.

A worker has a pipe to the process that started it. Numbered tasks come in, batches or
errors with the same numbers go out; when the other end is closed, the worker ends.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pickle
import queue
import signal
import threading
import time
import traceback
import weakref
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.reduction import ForkingPickler
from typing import TYPE_CHECKING, Any, NoReturn

from minitorch_ff._settings import set_num_threads
from minitorch_ff.utils.data._utils.fetch import Fetcher, IterableFetcher, fetcher_maker
from minitorch_ff.utils.data._utils.worker_random import seed_worker

if TYPE_CHECKING:
    from minitorch_ff.utils.data.dataloader import DataLoader


@dataclass(frozen=True, slots=True)
class WorkerInfo:
    """What a worker knows of itself.

    Attributes:
        id: Which worker, from 0.
        num_workers: How many there are.
        seed: What its random numbers start from.
        dataset: Its copy of the dataset.
        rng: Not used: a worker's numbers come from the default generators.
        worker_method: Which kind of worker it is.
    """

    id: int
    num_workers: int
    seed: int
    dataset: Any
    rng: None = None
    worker_method: str | None = "multiprocessing"


_worker_info: WorkerInfo | None = None


def get_worker_info() -> WorkerInfo | None:
    """Return what is known of the worker that is asking; None outside of workers.

    Ask in `Dataset.__getitem__`, in `IterableDataset.__iter__` or in `worker_init_fn`.

    See: [get_worker_info](https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.get_worker_info).
    """
    return _worker_info


BATCH, ERROR, END = range(3)
"""What a worker answers: a batch, a class and a message, or that its samples are used up."""

NEW_PASS = (None, None)
"""The task that makes a worker begin its dataset again."""

PATIENCE = 5.0
"""Seconds that workers have for what they are at when they are dismissed."""

_our_ends: weakref.WeakSet[Connection] = weakref.WeakSet()


def _close_our_ends() -> None:
    """In a copy of this process: a pipe is closed only when all copies of its end are."""
    for end in _our_ends:
        end.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_close_our_ends)


class Worker:
    """One worker of one loader, seen from the process that started it.

    Args:
        worker_id: Which one, from 0.
        base_seed: The loader's draw for this epoch.
        loader: Whose dataset to read.
    """

    def __init__(self, worker_id: int, base_seed: int, loader: DataLoader[Any]) -> None:
        context: Any = loader.multiprocessing_context or multiprocessing
        seed = base_seed + worker_id
        info = WorkerInfo(worker_id, loader.num_workers, seed, loader.dataset)
        self.active = True
        self.connection, theirs = context.Pipe()
        _our_ends.add(self.connection)
        self.process = context.Process(
            target=work,
            args=(theirs, info, base_seed, fetcher_maker(loader), loader.worker_init_fn),
            daemon=True,
        )
        self.process.start()
        theirs.close()

    def send(self, task: tuple[int | None, Any]) -> None:
        """Give the worker a task; if it has died, reading its answers will tell."""
        with contextlib.suppress(OSError):
            self.connection.send(task)

    def receive(self) -> tuple[int, int, Any]:
        """Read the next answer: (the task's number, what it is, the thing itself).

        Raises:
            RuntimeError: The worker died.
        """
        try:
            return self.connection.recv()
        except (EOFError, ConnectionResetError):
            self.process.join()
        pid, code = self.process.pid, self.process.exitcode
        if code < 0:
            how = f"is killed by signal: {signal.strsignal(-code)}. "
        else:
            how = (
                f"exited unexpectedly with exit code {code}. Details are lost due to "
                "multiprocessing. Rerunning with num_workers=0 may give better error trace."
            )
        cause = RuntimeError(f"DataLoader worker (pid {pid}) {how}")
        raise RuntimeError(f"DataLoader worker (pid(s) {pid}) exited unexpectedly") from cause


def dismiss(workers: list[Worker], owner: int) -> None:
    """Let workers end, and see to it that they do.

    Args:
        workers: Emptied.
        owner: The process that started them; in a copy of it there is nothing to do.
    """
    if os.getpid() != owner:
        return
    for worker in workers:
        worker.connection.close()
    deadline = time.monotonic() + PATIENCE
    while workers:
        process = workers.pop().process
        process.join(max(0.0, deadline - time.monotonic()))
        process.terminate()
        process.join()
        process.close()


def work(
    connection: Connection,
    info: WorkerInfo,
    base_seed: int,
    make_fetcher: Callable[[Any], Fetcher],
    init_fn: Callable[[int], None] | None,
) -> None:
    """The program of a worker process."""
    global _worker_info
    _worker_info = info
    set_num_threads(1)
    seed_worker(base_seed, info.id)
    answers: queue.SimpleQueue[memoryview] = queue.SimpleQueue()
    threading.Thread(target=_send_all, args=(answers, connection), daemon=True).start()
    fetcher: Fetcher | Exception
    # Who started the worker closes the pipe, is gone, or is told of the interrupt as well.
    with contextlib.suppress(EOFError, OSError, KeyboardInterrupt):
        fetcher = _begun(make_fetcher, info, init_fn)
        for number, index in _tasks(connection):
            if number is None:
                fetcher = _begun(make_fetcher, info)
            else:
                answers.put(_answer(fetcher, number, index, info.id))


def _begun(
    make_fetcher: Callable[[Any], Fetcher],
    info: WorkerInfo,
    init_fn: Callable[[int], None] | None = None,
) -> Fetcher | Exception:
    """The reader for a pass over the dataset, or why there is none."""
    try:
        if init_fn is not None:
            init_fn(info.id)
        return make_fetcher(info.dataset)
    except Exception as error:
        return error


def _tasks(connection: Connection) -> Iterator[Any]:
    """Tasks as they come. Those that wait are dropped once the other end is closed."""
    waiting: deque[Any] = deque()
    while True:
        while not waiting or connection.poll():
            waiting.append(connection.recv())
        yield waiting.popleft()


def _answer(fetcher: Fetcher | Exception, number: int, index: Any, worker_id: int) -> memoryview:
    """A batch, or what became of it, ready to be sent."""
    try:
        if isinstance(fetcher, Exception):
            raise fetcher
        return _packed(number, BATCH, fetcher.fetch(index))
    except Exception as error:
        if isinstance(error, StopIteration) and isinstance(fetcher, IterableFetcher):
            return _packed(number, END, None)
        kind = type(error)
        trace = "".join(traceback.format_exception(error))
        where = f"in DataLoader worker process {worker_id}"
        message = f"Caught {kind.__name__} {where}.\nOriginal {trace}"
        try:
            return _packed(number, ERROR, (kind, message))
        except Exception:  # the class cannot be sent
            return _packed(number, ERROR, (RuntimeError, message))


def _packed(*answer: Any) -> memoryview:
    return ForkingPickler.dumps(answer, pickle.HIGHEST_PROTOCOL)


def _send_all(answers: queue.SimpleQueue[memoryview], connection: Connection) -> None:
    """Send answers while the next batch is being made."""
    with contextlib.suppress(OSError):  # until nobody reads them any more
        while True:
            connection.send_bytes(answers.get())


class _Words(str):
    """A text that is its own repr, because a `KeyError` shows the repr."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def raise_from_worker(kind: type[Exception], message: str) -> NoReturn:
    """Raise an error of the class that was raised in a worker; it tells where it comes from."""
    if kind is KeyError:
        raise KeyError(_Words(message)) from None
    if getattr(kind, "message", None):
        raise kind(message=message) from None  # type: ignore[call-arg]
    try:
        told = kind(message)
    except Exception:  # its constructor wants something else
        raise RuntimeError(message) from None
    raise told from None
