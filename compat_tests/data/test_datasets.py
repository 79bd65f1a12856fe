"""Datasets: samples, lengths, splits and errors as PyTorch's."""

from __future__ import annotations

import warnings

import pytest

from compat_tests.worlds import same_error, same_in_both


def numbers(data, start=0, end=5):
    """An iterable dataset without a length."""

    class Numbers(data.IterableDataset):
        def __iter__(self):
            return iter(range(start, end))

    return Numbers()


def test_tensor_dataset():
    def body(torch):
        x = torch.arange(12.0).reshape(6, 2)
        dataset = torch.utils.data.TensorDataset(x, torch.arange(6))
        index = torch.tensor([0, 5])
        return len(dataset), dataset[3], dataset[-1], dataset[1:3], dataset[index]

    same_in_both(body)


def test_tensor_dataset_shares_memory():
    def body(torch):
        x = torch.zeros(3, 2)
        dataset = torch.utils.data.TensorDataset(x)
        x[1] = 7.0
        return dataset[1], dataset.tensors

    same_in_both(body)


def test_stack_dataset():
    def body(torch):
        data = torch.utils.data
        x = data.TensorDataset(torch.arange(4))
        rows = data.Subset(x, [3, 2, 1, 0])
        tuples = data.StackDataset(x, range(4), rows)
        dicts = data.StackDataset(x=x, y=rows, z="abcd")
        batches = tuples.__getitems__([0, 2]), dicts.__getitems__([3, 1])
        return tuples[1], dicts[2], len(tuples), len(dicts), batches

    same_in_both(body)


def test_concat_dataset():
    def body(torch):
        data = torch.utils.data
        both = data.ConcatDataset([range(3), data.TensorDataset(torch.arange(2))])
        more = data.Subset(both, [4, 0]) + data.Subset(range(9), [7])
        samples = [both[i] for i in (0, 2, 3, -1, -5)]
        return samples, len(both), both.cumulative_sizes, list(more), len(more)

    same_in_both(body)


def test_concat_datasets_old_spelling():
    def body(torch):
        both = torch.utils.data.ConcatDataset([range(3), range(4)])
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            sizes = both.cummulative_sizes
        return sizes, [(w.category.__name__, str(w.message)) for w in caught]

    same_in_both(body)


def test_chain_dataset():
    def body(torch):
        data = torch.utils.data
        chain = numbers(data) + numbers(data, 7, 9)
        return (
            list(chain),
            type(chain).__name__,
            list(data.ChainDataset([chain, chain])),
        )

    same_in_both(body)


def test_subset():
    def body(torch):
        data = torch.utils.data
        inner = data.Subset(data.TensorDataset(torch.arange(10)), [9, 7, 5, 3])
        outer = data.Subset(inner, [0, 2])
        lists = data.Subset([0, 10, 20], [2, 1])
        return outer[1], len(outer), outer.__getitems__([1, 0]), inner[[0, 1]], lists[0]

    same_in_both(body)


@pytest.mark.parametrize(
    "lengths",
    [[4, 6], [10], [0, 10], [0.5, 0.5], [0.3, 0.3, 0.4], [0.25, 0.25, 0.25, 0.25], [1]],
)
def test_random_split(lengths):
    def body(torch):
        size = 1 if lengths == [1] else 10
        split = torch.utils.data.random_split
        torch.manual_seed(5)
        parts = [part.indices for part in split(range(size), lengths)]
        generator = torch.Generator().manual_seed(42)
        again = [list(p) for p in split(range(size), lengths, generator=generator)]
        none = [list(p) for p in split(range(size), lengths, generator=None)]
        return parts, again, none, torch.rand(1), torch.rand(1, generator=generator)

    same_in_both(body)


def test_random_split_warns_of_an_empty_part():
    def body(torch):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            parts = torch.utils.data.random_split(range(3), [0.1, 0.9, 0])
        told = [(w.category.__name__, str(w.message)) for w in caught]
        return told, [list(part) for part in parts]

    same_in_both(body)


def only_getitem(torch):
    class Doubled(torch.utils.data.Subset):
        def __getitem__(self, index):
            return 2 * super().__getitem__(index)

    Doubled(range(3), [0])


def nested_size(torch):
    class Short(torch.utils.data.Dataset):
        def __len__(self):
            return 3

        def __getitems__(self, indices):
            return [0]

    torch.utils.data.StackDataset(Short()).__getitems__([0, 1])


WRONG = {
    "no samples": lambda torch: torch.utils.data.Dataset()[0],
    "no length": lambda torch: len(torch.utils.data.Dataset()),
    "iterable by index": lambda torch: numbers(torch.utils.data)[0],
    "sizes": lambda torch: torch.utils.data.TensorDataset(torch.zeros(2), torch.zeros(3)),
    "beyond": lambda torch: torch.utils.data.TensorDataset(torch.zeros(2))[2],
    "stack nothing": lambda torch: torch.utils.data.StackDataset(),
    "stack both": lambda torch: torch.utils.data.StackDataset([1], a=[2]),
    "stack sizes": lambda torch: torch.utils.data.StackDataset([1], [2, 3]),
    "stack named sizes": lambda torch: torch.utils.data.StackDataset(a=[1], b=[2, 3]),
    "stack nested": nested_size,
    "concat nothing": lambda torch: torch.utils.data.ConcatDataset([]),
    "concat iterable": lambda torch: torch.utils.data.ConcatDataset([numbers(torch.utils.data)]),
    "concat below": lambda torch: torch.utils.data.ConcatDataset([[1], [2]])[-3],
    "concat beyond": lambda torch: torch.utils.data.ConcatDataset([[1], [2]])[2],
    "add": lambda torch: torch.utils.data.Dataset() + torch.utils.data.Dataset(),
    "chain of lists": lambda torch: list(torch.utils.data.ChainDataset([[1]])),
    "chain length": lambda torch: len(torch.utils.data.ChainDataset([[1]])),
    "subset": only_getitem,
    "split sum": lambda torch: torch.utils.data.random_split(range(9), [3, 3]),
    "split fraction": lambda torch: torch.utils.data.random_split(range(9), [-0.5, 1.5]),
    "split fractions": lambda torch: torch.utils.data.random_split(range(9), [0.5]),
}


@pytest.mark.parametrize("name", WRONG)
def test_errors(name):
    same_error(WRONG[name])


def test_classes_take_type_arguments():
    def body(torch):
        data = torch.utils.data
        kinds = data.Dataset, data.IterableDataset, data.Subset, data.DataLoader
        return [kind[int].__origin__ is kind for kind in (*kinds, data.Sampler)]

    same_in_both(body)
