"""The data loader: batches of a dataset, epoch after epoch."""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from minitorch_ff.utils.data._utils.collate import default_collate, default_convert
from minitorch_ff.utils.data._utils.fetch import _DatasetKind
from minitorch_ff.utils.data._utils.iterators import (
    _BaseDataLoaderIter, _MultiProcessingDataLoaderIter, _SingleProcessDataLoaderIter,
)  # fmt: skip
from minitorch_ff.utils.data._utils.worker import get_worker_info
from minitorch_ff.utils.data.dataset import Dataset, IterableDataset
from minitorch_ff.utils.data.sampler import BatchSampler, RandomSampler, Sampler, SequentialSampler

if TYPE_CHECKING:
    from multiprocessing.context import BaseContext

    from minitorch_ff._functions.random import Generator

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
    words = "DataLoader with IterableDataset: expected unspecified"
    if shuffle not in {False, None}:
        raise ValueError(f"{words} shuffle option, but got shuffle={shuffle}")
    if sampler is not None:
        raise ValueError(f"{words} sampler option, but got sampler={sampler}")
    if batch_sampler is not None:
        raise ValueError(f"{words} batch_sampler option, but got batch_sampler={batch_sampler}")


def _as_context(context: Any, num_workers: int) -> BaseContext:
    """A way of starting processes, from its name or as it is."""
    import multiprocessing
    from multiprocessing.context import BaseContext

    if num_workers <= 0:
        raise ValueError(
            "multiprocessing_context can only be used with multi-process loading "
            f"(num_workers > 0), but got num_workers={num_workers}"
        )
    if isinstance(context, str):
        methods = multiprocessing.get_all_start_methods()
        if context not in methods:
            raise ValueError(
                "multiprocessing_context option should specify a valid start method in "
                f"{methods!r}, but got multiprocessing_context={context!r}"
            )
        return multiprocessing.get_context(context)
    if not isinstance(context, BaseContext):
        raise TypeError(
            "multiprocessing_context option should be a valid context object or a string "
            f"specifying the start method, but got multiprocessing_context={context}"
        )
    return context


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
        pin_memory: Accepted; host memory needs no pinning here.
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

    dataset: Dataset[Sample]
    batch_size: int | None
    num_workers: int
    pin_memory: bool
    drop_last: bool
    timeout: float
    sampler: Any
    batch_sampler: Any
    prefetch_factor: int | None
    _iterator: _BaseDataLoaderIter | None
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
        self._choose_order(batch_size, shuffle, sampler, batch_sampler, drop_last)
        if collate_fn is None:
            collate_fn = default_collate if self._auto_collation else default_convert
        self.collate_fn = collate_fn
        self.persistent_workers = persistent_workers
        self.__initialized = True
        self._IterableDataset_len_called: int | None = None
        self._iterator = None
        self.check_worker_number_rationality()

    def _choose_order(
        self,
        batch_size: int | None,
        shuffle: bool | None,
        sampler: Any,
        batch_sampler: Any,
        drop_last: bool,
    ) -> None:
        """Set the samplers: those given, or those that the other arguments ask for."""
        if isinstance(self.dataset, IterableDataset):
            self._dataset_kind = _DatasetKind.Iterable
            _check_iterable_settings(shuffle, sampler, batch_sampler)
        else:
            self._dataset_kind = _DatasetKind.Map
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
        if sampler is None:
            sampler = self._default_sampler(shuffle)
        if batch_size is not None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.batch_size = batch_size
        self.drop_last = drop_last
        self.sampler = sampler
        self.batch_sampler = batch_sampler

    def _default_sampler(self, shuffle: bool | None) -> Sampler[Any]:
        """The order of the samples, where none was given."""
        if self._dataset_kind == _DatasetKind.Iterable:
            return _InfiniteConstantSampler()
        dataset: Any = self.dataset
        if shuffle:
            return RandomSampler(dataset, generator=self.generator)
        return SequentialSampler(dataset)

    @property
    def multiprocessing_context(self) -> BaseContext | None:
        """How worker processes are started."""
        return self.__multiprocessing_context

    @multiprocessing_context.setter
    def multiprocessing_context(self, context: str | BaseContext | None) -> None:
        self.__multiprocessing_context = (
            None if context is None else _as_context(context, self.num_workers)
        )

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
        if not self.num_workers:
            return
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
