"""One pass over a data loader."""

from __future__ import annotations

import itertools
import os
import warnings
import weakref
from multiprocessing import connection
from typing import TYPE_CHECKING, Any, NoReturn

from minitorch_ff.utils.data._utils.fetch import fetcher_maker
from minitorch_ff.utils.data._utils.worker import (
    BATCH, END, ERROR, NEW_PASS, Worker, dismiss, raise_from_worker,
)  # fmt: skip
from minitorch_ff.utils.data.sampler import draw_seed

if TYPE_CHECKING:
    from minitorch_ff.utils.data.dataloader import DataLoader


class _BaseDataLoaderIter:
    """Counts batches and draws the seed of the epoch; subclasses make the batches."""

    def __init__(self, loader: DataLoader[Any]) -> None:
        self._loader = loader
        self._index_sampler = loader._index_sampler
        self._num_workers = loader.num_workers
        _warn_of_pinning(loader)
        self._begin()
        self._base_seed = draw_seed(loader.generator)

    def __iter__(self) -> _BaseDataLoaderIter:
        return self

    def _begin(self) -> None:
        """Note that nothing has been read of this pass."""
        self._IterableDataset_len_called = self._loader._IterableDataset_len_called
        self._sampler_iter = iter(self._index_sampler)
        self._num_yielded = 0

    def _next_data(self) -> Any:
        """Make the next batch, or raise StopIteration."""
        raise NotImplementedError

    def __next__(self) -> Any:
        data = self._next_data()
        self._num_yielded += 1
        told = self._IterableDataset_len_called
        if told is not None and self._num_yielded > told:
            warnings.warn(self._too_long(told), stacklevel=2)
        return data

    def _too_long(self, told: int) -> str:
        """What to say of an iterable dataset with more samples than it told."""
        message = (
            f"Length of IterableDataset {self._loader.dataset} was reported to be {told}"
            f"(when accessing len(dataloader)), but {self._num_yielded} samples have been fetched. "
        )
        if self._num_workers > 0:
            message += (
                "For multiprocessing data-loading, this could be caused by not properly "
                "configuring the IterableDataset replica at each worker. Please see "
                "https://pytorch.org/docs/stable/data.html#torch.utils.data.IterableDataset for "
                "examples."
            )
        return message

    def __len__(self) -> int:
        return len(self._index_sampler)

    def __getstate__(self) -> NoReturn:
        raise NotImplementedError("{} cannot be pickled", type(self).__name__)


def _warn_of_pinning(loader: DataLoader[Any]) -> None:
    """Host memory needs no pinning here, but what PyTorch says of it is said."""
    if not loader.pin_memory:
        return
    from minitorch_ff import cuda

    if loader.pin_memory_device:
        warnings.warn(
            "pin_memory_device is deprecated, the current accelerator will be used as "
            f"the device,ignore pin_memory_device='{loader.pin_memory_device}'.",
            stacklevel=3,
        )
    if not cuda.is_available():
        warnings.warn(
            "'pin_memory' argument is set as true but no accelerator is found, then "
            "device pinned memory won't be used.",
            stacklevel=3,
        )


class _SingleProcessDataLoaderIter(_BaseDataLoaderIter):
    """A pass without workers: a batch is made when it is asked for."""

    def __init__(self, loader: DataLoader[Any]) -> None:
        super().__init__(loader)
        if loader.timeout != 0:
            raise AssertionError("_SingleProcessDataLoaderIter requires timeout == 0")
        self._dataset_fetcher = fetcher_maker(loader)(loader.dataset)

    def _next_data(self) -> Any:
        return self._dataset_fetcher.fetch(next(self._sampler_iter))


class _MultiProcessingDataLoaderIter(_BaseDataLoaderIter):
    """A pass with worker processes, who take turns.

    Indices are drawn `prefetch_factor` batches per worker ahead, as PyTorch does: who
    shares a generator with the sampler can tell.
    """

    def __init__(self, loader: DataLoader[Any]) -> None:
        super().__init__(loader)
        if not loader.prefetch_factor:
            raise AssertionError(
                "prefetch_factor must be greater than 0 for MultiProcessingDataLoaderIter"
            )
        self._workers: list[Worker] = []
        self._shutdown_workers = weakref.finalize(self, dismiss, self._workers, os.getpid())
        for worker_id in range(self._num_workers):
            self._workers.append(Worker(worker_id, self._base_seed, loader))
        self._numbers = itertools.count()
        self._draw_ahead()

    def restart(self) -> None:
        """Begin another pass with the same workers."""
        for worker in self._workers:
            worker.send(NEW_PASS)
            worker.active = True
        self._draw_ahead()

    def _draw_ahead(self) -> None:
        """Begin, in a first pass for the second time: a sampler that draws may notice."""
        self._begin()
        self._tasks: dict[int, Worker] = {}
        self._answers: dict[int, tuple[int, Any]] = {}
        self._turns = itertools.cycle(self._workers)
        for _ in range((self._loader.prefetch_factor or 0) * self._num_workers):
            self._assign()

    def _assign(self) -> None:
        """Draw the indices of one more batch for the next worker that is not done."""
        try:
            index = next(self._sampler_iter)
        except StopIteration:
            return
        for worker in itertools.islice(self._turns, self._num_workers):
            if worker.active:
                number = next(self._numbers)
                self._tasks[number] = worker
                worker.send((number, index))
                return

    def _next_data(self) -> Any:
        while self._tasks:
            number = self._next_number()
            worker = self._tasks[number]
            if number not in self._answers and worker.active:
                self._receive()
                continue
            del self._tasks[number]
            if number not in self._answers:  # its worker has no more samples
                continue
            what, data = self._answers.pop(number)
            worker.active = what != END
            self._assign()
            if what == ERROR:
                raise_from_worker(*data)
            if what == BATCH:
                return data
        if not self._loader.persistent_workers:
            self._shutdown_workers()
        raise StopIteration

    def _next_number(self) -> int:
        """Which batch is due: the first, or if order does not matter one that is there."""
        first = next(iter(self._tasks))
        if self._loader.in_order:
            return first
        return next((number for number in self._tasks if number in self._answers), first)

    def _receive(self) -> None:
        """Wait until a worker answers. Answers that came too late for their pass are dropped."""
        waiting = {worker.connection: worker for worker in self._workers}
        ready = connection.wait(waiting, self._loader.timeout or None)
        if not ready:
            raise RuntimeError(f"DataLoader timed out after {self._loader.timeout} seconds")
        for one in ready:
            number, *answer = waiting[one].receive()
            if number in self._tasks:
                self._answers[number] = tuple(answer)
