"""Runs measurements in worker processes that may crash, hang or run out of memory."""

import dataclasses
import importlib
import multiprocessing
import multiprocessing.connection
import os
import resource
import sys
import time
import traceback
import warnings
from collections import deque
from collections.abc import Callable

import torch

from compat_tests.conformance.callables import resolve
from compat_tests.conformance.opinfo import Options
from compat_tests.conformance.outcome import short
from compat_tests.conformance.record import Record

HARD_SECONDS = 150  # then a worker is taken to hang
LOADED = """
nn nn.functional nn.init nn.utils optim optim.lr_scheduler linalg autograd special
utils.data
""".split()


@dataclasses.dataclass
class Task:
    """One name to measure."""

    part: str  # of the report: ops, modules, optims, errors
    measure: Callable[..., Record]
    subject: object
    name: str
    tier: str


def load(name: str):
    """The implementation by its module name, with its submodules imported."""
    if name == "torch":
        return torch
    impl = importlib.import_module(name)
    for submodule in LOADED:
        resolve(impl, submodule)
    return impl


class Worker:
    def __init__(self, tasks: list[Task], impl, options: Options, memory: int) -> None:
        context = multiprocessing.get_context("fork")
        self.pipe, theirs = context.Pipe()
        arguments = theirs, tasks, impl, options, memory
        self.process = context.Process(target=_work, args=arguments, daemon=True)
        self.process.start()
        theirs.close()
        self.task: int | None = None
        self.since = 0.0

    def give(self, task: int | None) -> None:
        self.task, self.since = task, time.monotonic()
        self.pipe.send(task)

    @property
    def hangs(self) -> bool:
        return time.monotonic() - self.since > HARD_SECONDS


def run(tasks: list[Task], impl, options: Options, jobs: int, memory: int) -> list:
    """Measure every task; a record for each, in order.

    Args:
        tasks: What to measure.
        impl: The implementation.
        options: How.
        jobs: Worker processes.
        memory: Megabytes that a worker may allocate beyond what it starts with.
    """
    todo, records = deque(range(len(tasks))), [None] * len(tasks)
    workers = [Worker(tasks, impl, options, memory) for _ in range(jobs)]
    for worker in workers:
        worker.give(todo.popleft() if todo else None)
    while any(w.task is not None for w in workers):
        pipes = [w.pipe for w in workers if w.task is not None]
        ready = multiprocessing.connection.wait(pipes, timeout=2)
        for i, worker in enumerate(workers):
            if worker.task is None:
                continue
            task = worker.task
            if worker.pipe in ready:
                try:
                    records[task] = worker.pipe.recv()
                except (EOFError, OSError):
                    records[task] = _crash(tasks[task], "the worker died")
            elif worker.hangs:
                records[task] = _crash(tasks[task], f"hung for {HARD_SECONDS} s")
            else:
                continue
            if records[task].crash:
                worker.process.kill()
                worker = workers[i] = Worker(tasks, impl, options, memory)
            worker.give(todo.popleft() if todo else None)
    for worker in workers:
        worker.process.join(3)
    return records


def _crash(task: Task, reason: str) -> Record:
    record = Record(task.name, task.tier, True, task.part, crash=reason)
    record.tally["tried"] = 1
    return record


def _work(pipe, tasks: list[Task], impl, options: Options, memory: int) -> None:
    """A worker's life: measure what is asked until None is."""
    with open("/proc/self/status") as status:
        used = next(int(line.split()[1]) for line in status if "VmData" in line)
    limit = used * 1024 + memory * 2**20
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    sys.setrecursionlimit(3000)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    warnings.simplefilter("ignore")
    while (number := pipe.recv()) is not None:
        task = tasks[number]
        try:
            record = task.measure(task.subject, impl, options)
        except Exception as error:
            trace = traceback.format_exc()[-600:]
            record = _crash(task, f"{short(error)} {trace}")
        pipe.send(record)
        torch.set_default_dtype(torch.float32)
    os._exit(0)
