"""The loader without workers: order, batches, random numbers, errors, warnings."""

from __future__ import annotations

import copy
import pickle
import warnings

import numpy as np
import pytest
import torch as pytorch

import minitorch_ff as ff
from compat_tests.worlds import same_error, same_in_both


def rows(torch, n=10):
    """Ten rows with labels."""
    x = torch.arange(2.0 * n).reshape(n, 2)
    return torch.utils.data.TensorDataset(x, torch.arange(n) * 10)


class Squares:
    """Samples by index, without a base class."""

    def __init__(self, n=10):
        self.n = n

    def __len__(self):
        return self.n

    def __getitem__(self, index):
        if index >= self.n:
            raise IndexError(index)
        return {"index": index, "square": float(index**2), "name": f"n{index}"}


def tensor_subclass(torch):
    class Shifted(torch.utils.data.TensorDataset):
        def __getitem__(self, index):
            return tuple(t + 1 for t in super().__getitem__(index))

    return Shifted(torch.arange(10))


DATASETS = {
    "rows": rows,
    "range": lambda torch: range(10),
    "list": lambda torch: [0.5 * i for i in range(10)],
    "squares": lambda torch: Squares(),
    "tensor": lambda torch: torch.arange(20).reshape(10, 2),
    "array": lambda torch: np.arange(20, dtype=np.float32).reshape(10, 2),
    "subset": lambda torch: torch.utils.data.Subset(rows(torch), [9, 0, 3, 3, -1, 2, 5, 7, 1, 4]),
    "subset of subset": lambda torch: torch.utils.data.Subset(
        torch.utils.data.Subset(rows(torch), list(range(9, -1, -1))), list(range(0, 10))
    ),
    "subset by array": lambda torch: torch.utils.data.Subset(rows(torch), np.arange(10)[::-1]),
    "subset by tensor": lambda torch: torch.utils.data.Subset(rows(torch), torch.arange(10)),
    "split": lambda torch: torch.utils.data.random_split(rows(torch, 15), [10, 5])[0],
    "concat": lambda torch: rows(torch, 4) + rows(torch, 6),
    "stack": lambda torch: torch.utils.data.StackDataset(rows(torch), range(10)),
    "changed rows": tensor_subclass,
    "transposed": lambda torch: torch.utils.data.TensorDataset(
        torch.arange(20.0).reshape(2, 10).t(), torch.arange(10).to(torch.uint8)
    ),
    "cube": lambda torch: torch.utils.data.TensorDataset(torch.rand(10, 3, 2, 2)),
    "strided": lambda torch: torch.utils.data.TensorDataset(torch.arange(20)[::2]),
    "parameter": lambda torch: torch.utils.data.TensorDataset(torch.arange(10.0).requires_grad_()),
}
SETTINGS = {
    "default": {},
    "batches": {"batch_size": 3},
    "whole": {"batch_size": 10},
    "larger": {"batch_size": 16},
    "exact": {"batch_size": 5},
    "shuffled": {"batch_size": 3, "shuffle": True},
    "shuffled, full": {"batch_size": 4, "shuffle": True, "drop_last": True},
    "single": {"batch_size": None},
    "single shuffled": {"batch_size": None, "shuffle": True},
    "sampler": {"batch_size": 2, "sampler": [3, 1, 4, 1, 5]},
    "batch sampler": {"batch_sampler": [[0, 1], [5], [9, 2, 4]]},
}


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("dataset", DATASETS)
def test_batches(dataset, settings):
    def body(torch):
        torch.manual_seed(3)
        source = DATASETS[dataset](torch)
        loader = torch.utils.data.DataLoader(source, **SETTINGS[settings])
        epochs = [list(loader) for _ in range(2)]
        epochs = [[detached(batch) for batch in epoch] for epoch in epochs]
        return epochs, len(loader), torch.rand(1)

    same_in_both(body)


def detached(value):
    """Tensors of the graph apart from it: their history is compared in another test."""
    if hasattr(value, "detach"):
        return value.detach()
    if isinstance(value, list | tuple):
        return [detached(item) for item in value]
    return value


def test_rows_that_require_grad_stay_in_the_graph():
    def body(torch):
        x = torch.arange(6.0).requires_grad_()
        dataset = torch.utils.data.TensorDataset(x)
        batches = [b for (b,) in torch.utils.data.DataLoader(dataset, batch_size=4)]
        sum(b.pow(2).sum() for b in batches).backward()
        with torch.no_grad():
            (quiet,) = next(iter(torch.utils.data.DataLoader(dataset, batch_size=4)))
        return [b.grad_fn.name() for b in batches], x, quiet

    same_in_both(body)


@pytest.mark.parametrize("permuted", [True, False])
def test_batches_have_memory_of_their_own(permuted):
    def body(torch):
        x = torch.zeros(4, 2, 3)
        x = x.permute(1, 2, 0) if permuted else x
        loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x), batch_size=2)
        (batch,) = next(iter(loader))
        batch += 1
        x[0] = 5.0
        return batch, x, next(iter(loader)), batch.is_contiguous(), batch.stride()

    same_in_both(body)


@pytest.mark.parametrize("explicit", [True, False])
@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize("settings", [{}, {"drop_last": True}, {"num_workers": 2}])
def test_random_numbers_between_batches(shuffle, explicit, settings):
    def body(torch):
        torch.manual_seed(8)
        generator = torch.Generator().manual_seed(9) if explicit else None
        loader = torch.utils.data.DataLoader(
            rows(torch),
            batch_size=4,
            shuffle=shuffle,
            generator=generator,
            **settings,
        )
        seen = []
        for _ in range(4):
            iterator = iter(loader)
            seen.append(torch.rand(1))
            for batch in iterator:
                seen += [batch, torch.rand(2), torch.rand(1, generator=generator)]
            seen.append(torch.rand(1, generator=generator))
        return seen, torch.randperm(5)

    same_in_both(body)


@pytest.mark.parametrize("taken", [0, 1, 2, 3])
@pytest.mark.parametrize("explicit", [True, False])
def test_an_epoch_that_stops_early(taken, explicit):
    def body(torch):
        torch.manual_seed(8)
        generator = torch.Generator().manual_seed(9) if explicit else None
        loader = torch.utils.data.DataLoader(
            rows(torch), batch_size=4, shuffle=True, generator=generator
        )
        seen = []
        for _ in range(3):
            batches = iter(loader)
            seen.append([next(batches) for _ in range(taken)])
            seen.append((torch.rand(1), torch.rand(1, generator=generator)))
        return seen, batches._base_seed

    same_in_both(body)


def test_two_passes_at_once():
    def body(torch):
        torch.manual_seed(1)
        loader = torch.utils.data.DataLoader(rows(torch), batch_size=5, shuffle=True)
        return [(a, b) for a in loader for b in loader], torch.rand(1)

    same_in_both(body)


def test_weighted_sampler():
    def body(torch):
        torch.manual_seed(2)
        sampler = torch.utils.data.WeightedRandomSampler(torch.rand(10), 12)
        loader = torch.utils.data.DataLoader(rows(torch), batch_size=5, sampler=sampler)
        return list(loader), list(loader), torch.rand(1)

    same_in_both(body)


INDICES = {
    "negative": [0, -1, -2],
    "numpy": list(np.arange(3)),
    "mixed": [0, np.int64(3), -1],
    "slices": [slice(0, 2), slice(1, 3)],
    "beyond": [0, 11],
    "below": [0, -11],
    "float": [1.5],
    "true": [True, 1],
}


@pytest.mark.parametrize("kind", ["rows", "subset"])
@pytest.mark.parametrize("name", INDICES)
def test_unusual_indices(name, kind):
    def body(torch):
        dataset = DATASETS[kind](torch)
        loader = torch.utils.data.DataLoader(dataset, batch_size=2, sampler=INDICES[name])
        return list(loader)

    try:
        body(pytorch)
    except (IndexError, TypeError, RuntimeError):
        same_error(body)
    else:
        same_in_both(body)


def test_tensor_indices():
    def body(torch):
        sampler = [torch.tensor(2), torch.tensor(-1)]
        batches = list(torch.utils.data.DataLoader(rows(torch), 2, sampler=sampler))
        wide = [torch.tensor([2, 3]), torch.tensor([1, 0])]
        return batches, list(torch.utils.data.DataLoader(rows(torch), 2, sampler=wide))

    same_in_both(body)


def test_collate_function_of_ones_own():
    def body(torch):
        def collate(samples):
            return len(samples), [label.item() for _, label in samples]

        loaders = [
            torch.utils.data.DataLoader(rows(torch), 4, collate_fn=collate),
            torch.utils.data.DataLoader(range(3), None, collate_fn=lambda x: x * 2),
        ]
        return [list(loader) for loader in loaders]

    same_in_both(body)


def test_samples_of_a_batch_at_once():
    def body(torch):
        class Batches(torch.utils.data.Dataset):
            def __len__(self):
                return 5

            def __getitems__(self, indices):
                return [index * 100 for index in indices]

        return list(torch.utils.data.DataLoader(Batches(), 2))

    same_in_both(body)


def test_length():
    def body(torch):
        data = torch.utils.data
        return [
            [len(data.DataLoader(range(n), b, drop_last=d)) for d in (False, True)]
            for n in (1, 9, 10)
            for b in (1, 3, 10)
        ] + [len(data.DataLoader(range(7), None)), len(iter(data.DataLoader("abc", 2)))]

    same_in_both(body)


def test_attributes():
    def body(torch):
        loader = torch.utils.data.DataLoader(rows(torch), 3, shuffle=True)
        names = sorted(name for name in vars(loader) if "__" not in name)
        kinds = [type(getattr(loader, name)).__name__ for name in names]
        loader.num_workers, loader.collate_fn = 0, len
        return names, kinds, loader.multiprocessing_context is None, list(loader)

    same_in_both(body)


def test_copies():
    def body(torch):
        loader = torch.utils.data.DataLoader(rows(torch), 4, shuffle=True)
        again = copy.deepcopy(loader), pickle.loads(pickle.dumps(loader))
        torch.manual_seed(0)
        return [list(each) for each in again]

    same_in_both(body)


def told(call):
    """The categories and words of the warnings of a call."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call()
    return [(w.category.__name__, str(w.message)) for w in caught]


@pytest.mark.skipif(pytorch.cuda.is_available(), reason="says nothing with a GPU")
@pytest.mark.parametrize("device", ["", "cuda"])
def test_pinned_memory_warns(device):
    def body(torch):
        loader = torch.utils.data.DataLoader(
            rows(torch), 4, pin_memory=True, pin_memory_device=device
        )
        return told(lambda: next(iter(loader)))

    same_in_both(body)


def test_too_many_workers_warn():
    def body(torch):
        return told(lambda: torch.utils.data.DataLoader(range(3), num_workers=999))

    same_in_both(body)


def stream(torch, length=None):
    """An iterable dataset with five samples, and perhaps a length."""

    class Stream(torch.utils.data.IterableDataset):
        def __iter__(self):
            return iter(range(5))

        def __repr__(self):
            return "stream"

    class WithLength(Stream):
        def __len__(self):
            return length

    return Stream() if length is None else WithLength()


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"batch_size": 2},
        {"batch_size": 2, "drop_last": True},
        {"batch_size": None},
        {"batch_size": 2, "shuffle": False},
    ],
)
def test_iterable_dataset(settings):
    def body(torch):
        torch.manual_seed(4)
        loader = torch.utils.data.DataLoader(stream(torch), **settings)
        return list(loader), list(loader), torch.rand(1)

    same_in_both(body)


@pytest.mark.parametrize("workers", [0, 1])
@pytest.mark.parametrize("length", [2, 5, 9])
def test_length_of_an_iterable_dataset(length, workers):
    def body(torch):
        sizes = []
        for settings in (
            {"batch_size": 2},
            {"batch_size": 2, "drop_last": True},
            {"batch_size": None},
        ):
            loader = torch.utils.data.DataLoader(
                stream(torch, length), num_workers=workers, **settings
            )
            sizes.append((told(lambda loader=loader: list(loader)), len(loader)))
            sizes.append(told(lambda loader=loader: list(loader)))
        return sizes

    same_in_both(body)


def make(**settings):
    return lambda torch: torch.utils.data.DataLoader(rows(torch), **settings)


def set_attribute(name, value):
    def body(torch):
        loader = torch.utils.data.DataLoader(rows(torch), 3)
        setattr(loader, name, value)

    return body


WRONG = {
    "workers": make(num_workers=-1),
    "timeout": make(timeout=-1),
    "timeout alone": lambda torch: iter(make(timeout=1)(torch)),
    "prefetch alone": make(prefetch_factor=2),
    "prefetch": make(prefetch_factor=-2, num_workers=1),
    "persistent alone": make(persistent_workers=True),
    "context alone": make(multiprocessing_context="fork"),
    "context": make(multiprocessing_context="thread", num_workers=1),
    "context type": make(multiprocessing_context=3, num_workers=1),
    "batch size": make(batch_size=0),
    "batch size float": make(batch_size=2.5),
    "batch size bool": make(batch_size=True),
    "no batches to drop": make(batch_size=None, drop_last=True),
    "drop last": make(drop_last=1),
    "sampler and shuffle": make(sampler=[1], shuffle=True),
    "batch sampler and shuffle": make(batch_sampler=[[1]], shuffle=True),
    "batch sampler and size": make(batch_sampler=[[1]], batch_size=2),
    "batch sampler and sampler": make(batch_sampler=[[1]], sampler=[1]),
    "batch sampler and drop": make(batch_sampler=[[1]], drop_last=True),
    "nothing to shuffle": lambda torch: torch.utils.data.DataLoader([], shuffle=True),
    "no length": lambda torch: len(torch.utils.data.DataLoader(5)),
    "no samples": lambda torch: list(torch.utils.data.DataLoader({"a": 1}, 2)),
    "empty batch": lambda torch: list(make(batch_sampler=[[]])(torch)),
    "pickled pass": lambda torch: pickle.dumps(iter(make()(torch))),
    "stream shuffled": lambda torch: torch.utils.data.DataLoader(stream(torch), shuffle=True),
    "stream sampler": lambda torch: torch.utils.data.DataLoader(stream(torch), sampler=[1]),
    "stream batch sampler": lambda torch: torch.utils.data.DataLoader(
        stream(torch), batch_sampler=[1]
    ),
    "stream length": lambda torch: len(torch.utils.data.DataLoader(stream(torch))),
    "set batch size": set_attribute("batch_size", 4),
    "set sampler": set_attribute("sampler", [1]),
    "set dataset": set_attribute("dataset", []),
    "set persistence": set_attribute("persistent_workers", True),
}


@pytest.mark.parametrize("name", WRONG)
def test_errors(name):
    same_error(WRONG[name])


def test_empty_dataset():
    def body(torch):
        return len(torch.utils.data.DataLoader([])), list(torch.utils.data.DataLoader([]))

    same_in_both(body)


def test_rows_are_taken_together():
    """The fast way is really taken: no sample is read on its own."""

    dataset = rows(ff)
    loader = ff.utils.data.DataLoader(ff.utils.data.Subset(dataset, [3, 2, 1]), 2)
    fetcher = iter(loader)._dataset_fetcher
    assert fetcher.rows.read([0, 1])[1].tolist() == [30, 20]
    loader = ff.utils.data.DataLoader(tensor_subclass(ff), 2)
    assert iter(loader)._dataset_fetcher.rows.dataset is None
