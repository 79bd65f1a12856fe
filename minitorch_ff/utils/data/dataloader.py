"""The data loader: batches of a dataset, epoch after epoch; below it, a single epoch."""

from __future__ import annotations

import functools
import itertools
import math
import multiprocessing
import os
import warnings
import weakref
from collections.abc import Callable, Iterable, Iterator
from multiprocessing import connection
from multiprocessing.context import BaseContext
from typing import Any, Generic, NoReturn, TypeVar

from minitorch_ff._checks import check
from minitorch_ff._devices import has_cuda
from minitorch_ff._functions.random import Generator

from minitorch_ff.utils.data._utils.collate import default_collate, default_convert
from minitorch_ff.utils.data._utils.fetch import Fetcher, FetcherMaker, _DatasetKind
from minitorch_ff.utils.data._utils.pin_memory import pin_memory
from minitorch_ff.utils.data._utils.worker import (
    BATCH, END, ERROR, NEW_PASS, Worker, dismiss, get_worker_info, raise_from_worker,
)  # fmt: skip
from minitorch_ff.utils.data.dataset import Dataset, IterableDataset
from minitorch_ff.utils.data.sampler import (
    BatchSampler, RandomSampler, Sampler, SequentialSampler, draw_seed,
)  # fmt: skip

__all__ = ["DataLoader", "default_collate", "default_convert", "get_worker_info"]

FIXED = {"batch_size", "batch_sampler", "sampler", "drop_last", "dataset", "persistent_workers"}
"""What cannot be set after a loader is made."""

Sample = TypeVar("Sample", covariant=True)


class _InfiniteConstantSampler(Sampler[None]):
    """None without end: an iterable dataset needs no indices."""

    def __iter__(self) -> Iterator[None]:
        while True:
            yield None


def _check_worker_settings(
    num_workers: int, timeout: float, prefetch_factor: int | None, persistent: bool
) -> None:
    """Raise for settings of workers that do not fit together."""
    if num_workers < 0:
        raise ValueError(
            "num_workers option should be non-negative; "
            "use num_workers=0 to disable multiprocessing."
        )
    if timeout < 0:
        raise ValueError("timeout option should be non-negative")
    if num_workers == 0 and prefetch_factor is not None:
        raise ValueError(
            "prefetch_factor option could only be specified in multiprocessing.let num_workers > 0 "
            "to enable multiprocessing, otherwise set prefetch_factor to None."
        )
    if prefetch_factor is not None and prefetch_factor < 0:
        raise ValueError("prefetch_factor option should be non-negative")
    if persistent and num_workers == 0:
        raise ValueError("persistent_workers option needs num_workers > 0")


def _check_iterable_settings(shuffle: Any, sampler: Any, batch_sampler: Any) -> None:
    """Raise for an order asked of a dataset that has its own."""
    shuffle = None if shuffle in {False, None} else shuffle
    order = {"shuffle": shuffle, "sampler": sampler, "batch_sampler": batch_sampler}
    for name, value in order.items():
        if value is not None:
            words = f"DataLoader with IterableDataset: expected unspecified {name} option"
            raise ValueError(f"{words}, but got {name}={value}")


class DataLoader(Generic[Sample]):
    """Batches of a dataset, in order or shuffled, epoch after epoch.

    Iterating over a loader is an epoch. All its random numbers come from `generator` or
    the default generator, so a seed fixes them.

    Args:
        dataset: Anything with samples by index and a length, or an `IterableDataset`.
        batch_size: Samples per batch; None: single samples, not batched.
        shuffle: Whether each epoch has an order of its own.
        sampler: The order, as an iterable of indices.
        batch_sampler: The order, as an iterable of lists of indices.
        num_workers: How many processes share the reading; 0: this one reads, when a batch
            is asked for.
        collate_fn: From a list of samples to a batch; None: `default_collate`, or for
            single samples `default_convert`.
        pin_memory: Whether a GPU shall be able to read the batches' memory by itself; without
            a GPU it does nothing, with a warning.
        drop_last: Whether a last batch that is not full is left out.
        timeout: Seconds to wait for a batch of a worker; 0: without end.
        worker_init_fn: Called by each worker with its number before it reads.
        multiprocessing_context: How workers are started (`"fork"`, `"spawn"`, …); None:
            as Python starts processes.
        generator: Where the seed of each epoch and the order are drawn from; None: the
            default generator.
        prefetch_factor: How many batches per worker indices are drawn ahead; None: two.
        persistent_workers: Whether workers, with their copies of the dataset and their
            random numbers, live on from epoch to epoch.
        pin_memory_device: Accepted, with a warning.
        in_order: Whether batches of workers come in order, or as they are ready.

    Raises:
        ValueError: Arguments do not fit together.
        RuntimeError: While iterating: a worker died, or took longer than `timeout`. What a
            worker raises is raised here, with its traceback as text.

    Example:
        >>> import minitorch_ff as torch
        >>> from minitorch_ff.utils.data import DataLoader, TensorDataset
        >>> x = torch.arange(5)
        >>> for (batch,) in DataLoader(TensorDataset(x), batch_size=2):
        ...     print(batch)
        tensor([0, 1])
        tensor([2, 3])
        tensor([4])

    See: [DataLoader](https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.DataLoader).
    """

    __initialized = False

    def __init__(
        self,
        dataset: Dataset[Sample],
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Sampler[Any] | Iterable[Any] | None = None,
        batch_sampler: Sampler[list[Any]] | Iterable[list[Any]] | None = None,
        num_workers: int = 0,
        collate_fn: Callable[[list[Any]], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], None] | None = None,
        multiprocessing_context: str | BaseContext | None = None,
        generator: Generator | None = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        in_order: bool = True,
    ) -> None:
        _check_worker_settings(num_workers, timeout, prefetch_factor, persistent_workers)
        if num_workers > 0 and prefetch_factor is None:
            prefetch_factor = 2
        self.dataset = dataset
        self.num_workers = num_workers
        self.prefetch_factor = prefetch_factor
        self.pin_memory = pin_memory
        self.pin_memory_device = pin_memory_device
        self.timeout = timeout
        self.worker_init_fn = worker_init_fn
        self.multiprocessing_context = multiprocessing_context
        self.in_order = in_order
        self.generator = generator
        self._dataset_kind = _DatasetKind.Map
        if isinstance(dataset, IterableDataset):
            self._dataset_kind = _DatasetKind.Iterable
            _check_iterable_settings(shuffle, sampler, batch_sampler)
        if sampler is not None and shuffle:
            raise ValueError("sampler option is mutually exclusive with shuffle")
        if batch_sampler is not None:
            if batch_size != 1 or shuffle or sampler is not None or drop_last:
                raise ValueError(
                    "batch_sampler option is mutually exclusive with batch_size, "
                    "shuffle, sampler, and drop_last"
                )
            batch_size = None
            drop_last = False
        elif batch_size is None and drop_last:
            raise ValueError(
                "batch_size=None option disables auto-batching "
                "and is mutually exclusive with drop_last"
            )
        self.sampler: Any = sampler
        source: Any = dataset
        if sampler is None and isinstance(dataset, IterableDataset):
            self.sampler = _InfiniteConstantSampler()
        elif sampler is None and shuffle:
            self.sampler = RandomSampler(source, generator=generator)
        elif sampler is None:
            self.sampler = SequentialSampler(source)
        if batch_size is not None:
            batch_sampler = BatchSampler(self.sampler, batch_size, drop_last)
        self.batch_size = batch_size
        self.drop_last = drop_last
        self.batch_sampler: Any = batch_sampler
        if collate_fn is None:
            collate_fn = default_collate if self._auto_collation else default_convert
        self.collate_fn = collate_fn
        self.persistent_workers = persistent_workers
        self.__initialized = True
        self._IterableDataset_len_called: int | None = None
        self._iterator: Any = None
        self.check_worker_number_rationality()

    @property
    def multiprocessing_context(self) -> BaseContext | None:
        """How worker processes are started."""
        return self.__multiprocessing_context

    @multiprocessing_context.setter
    def multiprocessing_context(self, context: str | BaseContext | None) -> None:
        if context is not None and self.num_workers <= 0:
            raise ValueError(
                "multiprocessing_context can only be used with multi-process loading "
                f"(num_workers > 0), but got num_workers={self.num_workers}"
            )
        if isinstance(context, str):
            methods = multiprocessing.get_all_start_methods()
            if context not in methods:
                raise ValueError(
                    "multiprocessing_context option should specify a valid start method in "
                    f"{methods!r}, but got multiprocessing_context={context!r}"
                )
            context = multiprocessing.get_context(context)
        if not isinstance(context, BaseContext | None):
            raise TypeError(
                "multiprocessing_context option should be a valid context object or a string "
                f"specifying the start method, but got multiprocessing_context={context}"
            )
        self.__multiprocessing_context = context

    def __setattr__(self, attr: str, val: Any) -> None:
        if self.__initialized and attr in FIXED:
            raise ValueError(
                f"{attr} attribute should not be set after {type(self).__name__} is initialized"
            )
        super().__setattr__(attr, val)

    def _get_iterator(self) -> _BaseDataLoaderIter:
        """A new pass."""
        if self.num_workers == 0:
            return _SingleProcessDataLoaderIter(self)
        self.check_worker_number_rationality()
        return _MultiProcessingDataLoaderIter(self)

    def __iter__(self) -> Iterator[Any]:
        if not self.persistent_workers or self.num_workers == 0:
            return self._get_iterator()
        if isinstance(self._iterator, _MultiProcessingDataLoaderIter):
            self._iterator.restart()
        else:
            self._iterator = self._get_iterator()
        return self._iterator

    @property
    def _auto_collation(self) -> bool:
        return self.batch_sampler is not None

    @property
    def _index_sampler(self) -> Any:
        return self.batch_sampler if self._auto_collation else self.sampler

    def _fetcher_maker(self) -> FetcherMaker:
        """From a dataset to its reader; it can be sent to another process."""
        by_index = self._dataset_kind == _DatasetKind.Map
        settings = by_index, self._auto_collation, self.collate_fn, self.drop_last
        return functools.partial(Fetcher, *settings)

    def __len__(self) -> int:
        if self._dataset_kind == _DatasetKind.Map:
            return len(self._index_sampler)
        length = len(self.dataset)  # type: ignore[arg-type]
        self._IterableDataset_len_called = length
        if self.batch_size is None:
            return length
        if self.drop_last:
            return length // self.batch_size
        return math.ceil(length / self.batch_size)

    def check_worker_number_rationality(self) -> None:
        """Warn of more workers than there are processors to run them."""
        knows_affinity = hasattr(os, "sched_getaffinity")
        most = len(os.sched_getaffinity(0)) if knows_affinity else os.cpu_count() or 1
        if self.num_workers <= most:
            return
        doubt = "" if knows_affinity else " (`cpuset` is not taken into account)"
        warnings.warn(
            f"This DataLoader will create {self.num_workers} worker processes in total. Our "
            f"suggested max number of worker in current system is {most}{doubt}, which is smaller "
            "than what this DataLoader is going to create. "
            "Please be aware that excessive worker creation might get DataLoader running slow or "
            "even freeze, lower the worker number to avoid potential slowness/freeze if necessary.",
            stacklevel=2,
        )


class _BaseDataLoaderIter:
    """Counts batches and draws the seed of the epoch; subclasses make the batches."""

    def __init__(self, loader: DataLoader[Any]) -> None:
        self._loader = loader
        self._index_sampler = loader._index_sampler
        self._pins = _will_pin(loader)
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
        if self._pins:
            data = pin_memory(data)
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
        if self._loader.num_workers > 0:
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


def _will_pin(loader: DataLoader[Any]) -> bool:
    """Whether batches are pinned; PyTorch's warnings, if that was asked for."""
    if not loader.pin_memory:
        return False

    if loader.pin_memory_device:
        warnings.warn(
            "pin_memory_device is deprecated, the current accelerator will be used as "
            f"the device,ignore pin_memory_device='{loader.pin_memory_device}'.",
            stacklevel=3,
        )
    if not has_cuda():
        warnings.warn(
            "'pin_memory' argument is set as true but no accelerator is found, then "
            "device pinned memory won't be used.",
            stacklevel=3,
        )
    return has_cuda()


class _SingleProcessDataLoaderIter(_BaseDataLoaderIter):
    """A pass without workers: a batch is made when it is asked for."""

    def __init__(self, loader: DataLoader[Any]) -> None:
        super().__init__(loader)
        if loader.timeout != 0:
            raise AssertionError("_SingleProcessDataLoaderIter requires timeout == 0")
        self._dataset_fetcher = loader._fetcher_maker()(loader.dataset)

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
        for worker_id in range(loader.num_workers):
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
        for _ in range((self._loader.prefetch_factor or 0) * len(self._workers)):
            self._assign()

    def _assign(self) -> None:
        """Draw the indices of one more batch for the next worker that is not done."""
        try:
            index = next(self._sampler_iter)
        except StopIteration:
            return
        for worker in itertools.islice(self._turns, len(self._workers)):
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
        check(ready, f"DataLoader timed out after {self._loader.timeout} seconds")
        for one in ready:
            number, *answer = waiting[one].receive()
            if number in self._tasks:
                self._answers[number] = tuple(answer)
