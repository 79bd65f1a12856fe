"""Loaders with workers: the batches that PyTorch's worker processes make."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
import torch as pytorch

import minitorch_ff as ff
from compat_tests.worlds import same_error, same_in_both

# PyTorch forks its workers; that this process has threads does no harm here.
pytestmark = pytest.mark.filterwarnings(
    "ignore:.*multi-threaded.*fork:DeprecationWarning",
    "ignore:This DataLoader will create",
)


class Noisy:
    """Samples with random numbers from everywhere."""

    def __init__(self, torch, n=10):
        self.torch = torch
        self.n = n

    def __len__(self):
        return self.n

    def __getitem__(self, index):
        return index, self.torch.rand(2), random.random(), np.random.rand(2)


def split_stream(torch, n=11):
    """Each worker reads its share."""

    class Stream(torch.utils.data.IterableDataset):
        def __iter__(self):
            info = torch.utils.data.get_worker_info()
            if info is None:
                return iter(range(n))
            share = math.ceil(n / info.num_workers)
            start = info.id * share
            return iter(range(start, min(start + share, n)))

    return Stream()


def whole_stream(torch):
    """Each worker reads everything, unless told where to start and to end."""

    class Stream(torch.utils.data.IterableDataset):
        start, end = 3, 9

        def __iter__(self):
            return iter(range(self.start, self.end))

    return Stream()


@pytest.mark.parametrize("workers", [1, 2, 3])
@pytest.mark.parametrize("shuffle", [True, False])
def test_random_samples(workers, shuffle):
    def body(torch):
        torch.manual_seed(6)
        random.seed(1)
        np.random.seed(2)
        loader = torch.utils.data.DataLoader(
            Noisy(torch), batch_size=2, shuffle=shuffle, num_workers=workers
        )
        epochs = [list(loader) for _ in range(2)]
        return epochs, torch.rand(1), random.random(), np.random.rand()

    same_in_both(body)


@pytest.mark.parametrize("prefetch", [1, 2, 5])
def test_persistent_workers(prefetch):
    def body(torch):
        torch.manual_seed(6)
        loader = torch.utils.data.DataLoader(
            Noisy(torch),
            batch_size=3,
            shuffle=True,
            num_workers=2,
            persistent_workers=True,
            prefetch_factor=prefetch,
        )
        epochs = [list(loader) for _ in range(3)]
        return epochs, torch.rand(1)

    same_in_both(body)


@pytest.mark.parametrize("workers", [1, 2, 4])
@pytest.mark.parametrize("settings", [{}, {"batch_size": 2}, {"batch_size": None}])
def test_streams(workers, settings):
    def body(torch):
        data = torch.utils.data
        loaders = [
            data.DataLoader(split_stream(torch), num_workers=workers, **settings),
            data.DataLoader(whole_stream(torch), num_workers=workers, **settings),
        ]
        return [list(loader) for loader in loaders], torch.rand(1)

    same_in_both(body)


def test_full_batches_of_streams():
    def body(torch):
        loader = torch.utils.data.DataLoader(
            split_stream(torch), num_workers=2, batch_size=4, drop_last=True
        )
        return list(loader)

    same_in_both(body)


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_worker_init_function(workers):
    def body(torch):
        def divide(worker_id):
            info = torch.utils.data.get_worker_info()
            dataset = info.dataset
            start, end = dataset.start, dataset.end
            share = math.ceil((end - start) / info.num_workers)
            dataset.start = start + worker_id * share
            dataset.end = min(dataset.start + share, end)

        dataset = whole_stream(torch)
        loader = torch.utils.data.DataLoader(
            dataset, num_workers=workers, batch_size=None, worker_init_fn=divide
        )
        return list(loader), list(loader), dataset.start, dataset.end

    same_in_both(body)


def test_what_a_worker_knows():
    def body(torch):
        class Info(torch.utils.data.Dataset):
            def __len__(self):
                return 4

            def __getitem__(self, index):
                info = torch.utils.data.get_worker_info()
                same = info.dataset is self
                seeds = info.seed == torch.initial_seed(), info.seed
                return info.id, info.num_workers, same, *seeds, info.worker_method

        torch.manual_seed(1)
        loader = torch.utils.data.DataLoader(Info(), num_workers=2, batch_size=None)
        return list(loader), torch.utils.data.get_worker_info() is None

    same_in_both(body)


def test_rows_with_workers():
    def body(torch):
        torch.manual_seed(1)
        dataset = torch.utils.data.TensorDataset(torch.arange(10), torch.rand(10, 2))
        loader = torch.utils.data.DataLoader(dataset, 3, shuffle=True, num_workers=2)
        return list(loader), list(loader), len(loader), torch.rand(1)

    same_in_both(body)


@pytest.mark.parametrize("taken", [0, 1, 2])
def test_indices_are_drawn_ahead(taken):
    def body(torch):
        generator = torch.Generator().manual_seed(3)
        loader = torch.utils.data.DataLoader(
            range(9), 2, shuffle=True, num_workers=2, generator=generator
        )
        batches = iter(loader)
        seen = [torch.rand(1, generator=generator)]
        for _ in range(taken):
            seen.append((next(batches), torch.rand(1, generator=generator)))
        return seen

    same_in_both(body)


class Broken:
    """The third sample raises."""

    def __init__(self, error):
        self.error = error

    def __len__(self):
        return 6

    def __getitem__(self, index):
        if index == 2:
            raise self.error
        return index


class Demanding(Exception):
    """An error that cannot be made from a text."""

    def __init__(self, first, second):
        super().__init__(first, second)


ERRORS = [KeyError("k"), ValueError("v"), Demanding(1, 2), IndexError("i")]


@pytest.mark.parametrize("error", ERRORS, ids=lambda e: type(e).__name__)
def test_errors_in_workers(error):
    def head(world):
        """What comes before and after the traceback, whose files differ."""
        batches = iter(world.utils.data.DataLoader(Broken(error), num_workers=2))
        first = [next(batches).item() for _ in range(2)]
        raised = None
        try:
            next(batches)
        except Exception as caught:
            raised = type(caught), str(caught).splitlines()
        rest = [batch.item() for batch in batches]
        kind, lines = raised
        return kind, lines[:2], lines[-1], first, rest

    assert head(ff) == head(pytorch)


def test_error_in_the_init_function():
    def fail(worker_id):
        raise ValueError(f"worker {worker_id}")

    def head(world):
        loader = world.utils.data.DataLoader(range(4), num_workers=1, worker_init_fn=fail)
        with pytest.raises(ValueError, match="worker 0") as caught:
            list(loader)
        return str(caught.value).splitlines()[:2]

    assert head(ff) == head(pytorch)


def test_nothing_ahead():
    # PyTorch's half-made iterator lacks this, and complains of it when it is deleted.
    pytorch.utils.data.dataloader._MultiProcessingDataLoaderIter._shutdown = True
    settings = {"num_workers": 1, "prefetch_factor": 0}
    same_error(lambda torch: iter(torch.utils.data.DataLoader(range(3), **settings)))


def test_context():
    def body(torch):
        loader = torch.utils.data.DataLoader(
            range(4), num_workers=1, multiprocessing_context="fork", timeout=60
        )
        name = type(loader.multiprocessing_context).__name__
        return name, list(loader), loader.prefetch_factor, loader.timeout

    same_in_both(body)


def test_a_workers_random_numbers_stay_its_own():
    """A loop that draws on its own gets the numbers it would get without workers."""
    ff.manual_seed(5)
    random.seed(5)
    batches = iter(ff.utils.data.DataLoader(Noisy(ff), num_workers=2))
    state = ff.get_rng_state(), random.getstate()
    next(batches)
    assert ff.equal(state[0], ff.get_rng_state())
    assert state[1] == random.getstate()
