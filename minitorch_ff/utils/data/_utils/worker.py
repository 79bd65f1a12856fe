"""Workers of a data loader.

They work in this process, each when its batch is due, on its own copy of the dataset
and with its own random numbers: the batches are those that worker processes would make.
"""

from __future__ import annotations

import copy
import random
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

import numpy

from minitorch_ff._functions.random import Generator, default_generator
from minitorch_ff.utils.data._utils.fetch import Fetcher
from minitorch_ff.utils.data.dataset import Dataset

if TYPE_CHECKING:
    from minitorch_ff.utils.data.dataloader import DataLoader

LOW_WORD = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class WorkerInfo:
    """What a worker knows of itself.

    Attributes:
        id: Which worker, from 0.
        num_workers: How many there are.
        seed: What its random numbers start from.
        dataset: Its copy of the dataset.
        rng: Not used: a worker's numbers come from the default generators.
        worker_method: Which kind of worker its results are those of.
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


class _Randomness:
    """The generators of a worker: Python's, NumPy's and ours, seeded as PyTorch does."""

    def __init__(self, base_seed: int, worker_id: int) -> None:
        seed = base_seed + worker_id
        words = [worker_id, base_seed & LOW_WORD, base_seed >> 32, 0]
        self._generator = Generator().manual_seed(seed)
        self._python = random.Random(seed).getstate()
        many_words = numpy.random.SeedSequence(words).generate_state(4)
        self._numpy = numpy.random.RandomState(many_words).get_state(legacy=False)

    def exchange(self) -> None:
        """Swap the states kept here with those of the default generators."""
        python, words = random.getstate(), numpy.random.get_state(legacy=False)
        random.setstate(self._python)
        numpy.random.set_state(self._numpy)
        self._python, self._numpy = python, words
        ours = self._generator
        ours.__dict__, default_generator.__dict__ = vars(default_generator), vars(ours)


class Worker:
    """One worker of one loader.

    Args:
        worker_id: Which one, from 0.
        base_seed: The loader's draw for this epoch.
        loader: Whose dataset to read; the worker makes its own copy.
    """

    def __init__(self, worker_id: int, base_seed: int, loader: DataLoader[Any]) -> None:
        # The copy keeps what a worker sets on its dataset from the others; arrays in it
        # are shared, as processes share them until they write.
        dataset: Any = loader.dataset
        own = copy.copy(dataset) if isinstance(dataset, Dataset) else dataset
        self.info = WorkerInfo(worker_id, loader.num_workers, base_seed + worker_id, own)
        self.randomness = _Randomness(base_seed, worker_id)
        self.loader = loader
        self.error: Exception | None = None
        self.start(loader.worker_init_fn)

    def start(self, init_fn: Callable[[int], None] | None = None) -> None:
        """Get ready for an epoch. An error is kept until a batch is asked for."""
        self.active = True
        try:
            with self._at_work():
                if init_fn is not None:
                    init_fn(self.info.id)
                self.fetcher = Fetcher(self.loader, self.info.dataset)
        except Exception as error:
            self.error = error

    @contextmanager
    def _at_work(self) -> Iterator[None]:
        """Inside the block, worker info and random numbers are the worker's."""
        global _worker_info
        outside, _worker_info = _worker_info, self.info
        self.randomness.exchange()
        try:
            yield
        finally:
            self.randomness.exchange()
            _worker_info = outside

    def fetch(self, index: Any) -> Any:
        """Make a batch.

        Raises:
            StopIteration: An iterable dataset has no more samples.
            Exception: What went wrong, with the worker's number and traceback.
        """
        if self.error is not None:
            _raise_from_worker(self.error, self.info.id)
        rows = self.fetcher.rows
        batch = None if rows is None else rows.read(index)  # no code but ours runs
        if batch is not None:
            return batch
        try:
            with self._at_work():
                return self.fetcher.fetch(index)
        except StopIteration:
            raise
        except Exception as error:
            _raise_from_worker(error, self.info.id)


class _Words(str):
    """A text that is its own repr, because a `KeyError` shows the repr."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def _raise_from_worker(error: Exception, worker_id: int) -> NoReturn:
    """Raise an error of the same class that tells where it comes from."""
    kind = type(error)
    trace = "".join(traceback.format_exception(error))
    message = f"Caught {kind.__name__} in DataLoader worker process {worker_id}.\nOriginal {trace}"
    if kind is KeyError:
        raise KeyError(_Words(message)) from None
    if getattr(kind, "message", None):
        raise kind(message=message) from None  # type: ignore[call-arg]
    try:
        told = kind(message)
    except Exception:  # its constructor wants something else
        raise RuntimeError(message) from None
    raise told from None
