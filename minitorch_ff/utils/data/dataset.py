"""Datasets: where samples come from."""

from __future__ import annotations

import bisect
import itertools
import math
import warnings
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Generic, TypeVar

from minitorch_ff._checks import check
from minitorch_ff._functions.random import Generator, randperm
from minitorch_ff._tensor import Tensor

__all__ = [
    "ChainDataset", "ConcatDataset", "Dataset", "IterableDataset", "StackDataset", "Subset",
    "TensorDataset", "random_split",
]  # fmt: skip

Sample = TypeVar("Sample", covariant=True)


class Dataset(Generic[Sample]):
    """Base class of datasets that give the sample of an index.

    A subclass writes `__getitem__`, and `__len__` if samplers are to know the size. It
    may have `__getitems__`, which takes the list of indices of a batch and returns the
    list of its samples.

    Example:
        >>> from minitorch_ff.utils.data import Dataset
        >>> class Squares(Dataset):
        ...     def __len__(self):
        ...         return 5
        ...     def __getitem__(self, index):
        ...         return index, index ** 2
        >>> (Squares() + Squares())[8]
        (3, 9)

    See: [Dataset](https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.Dataset).
    """

    def __getitem__(self, index: Any) -> Sample:
        raise NotImplementedError("Subclasses of Dataset should implement __getitem__.")

    # There is no default `__len__`: `len()` of a dataset without one raises Python's
    # own error, and `hasattr` tells the truth.

    def __add__(self, other: Dataset[Any]) -> Dataset[Any]:
        return ConcatDataset([self, other])


class IterableDataset(Dataset[Sample], Iterable[Sample]):
    """Base class of datasets that give their samples in an order of their own.

    A subclass writes `__iter__`. With workers, each of them iterates over a copy of the
    dataset: `get_worker_info()` tells which one is asking.

    See: [IterableDataset](https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.IterableDataset).
    """

    def __add__(self, other: Dataset[Any]) -> Dataset[Any]:
        return ChainDataset([self, other])


class TensorDataset(Dataset[tuple[Tensor, ...]]):
    """Samples are the rows of tensors.

    Args:
        *tensors: Tensors with the same size in dimension 0.

    Raises:
        AssertionError: They differ in that size.

    Example:
        >>> import minitorch_ff as torch
        >>> from minitorch_ff.utils.data import TensorDataset
        >>> dataset = TensorDataset(torch.arange(4), torch.arange(4) * 10)
        >>> len(dataset), dataset[2]
        (4, (tensor(2), tensor(20)))

    See: [TensorDataset](https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.TensorDataset).
    """

    def __init__(self, *tensors: Tensor) -> None:
        if any(tensors[0].size(0) != tensor.size(0) for tensor in tensors):
            raise AssertionError("Size mismatch between tensors")
        self.tensors = tensors

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        return tuple([tensor[index] for tensor in self.tensors])

    def __len__(self) -> int:
        return self.tensors[0].size(0)


def samples_of(dataset: Any, indices: Sequence[Any]) -> Any:
    """The samples of a batch, at once where the dataset can do that."""
    at_once = getattr(dataset, "__getitems__", None)
    return at_once(indices) if callable(at_once) else [dataset[index] for index in indices]


class StackDataset(Dataset[Any]):
    """Samples are put together from several datasets, into tuples or dictionaries.

    Args:
        *args: Datasets of one length: samples are tuples.
        **kwargs: Datasets of one length: samples are dictionaries with these keys.

    Raises:
        ValueError: None are given, or both kinds, or their lengths differ.

    See: [StackDataset](https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.StackDataset).
    """

    def __init__(self, *args: Dataset[Any], **kwargs: Dataset[Any]) -> None:
        if args and kwargs:
            raise ValueError(
                "Supported either ``tuple``- (via ``args``) or``dict``- (via "
                "``kwargs``) like input/output, but both types are given."
            )
        parts: list[Any] = list(args or kwargs.values())
        check(parts, "At least one dataset should be passed", ValueError)
        self._length = len(parts[0])
        same = all(len(part) == self._length for part in parts)
        check(same, "Size mismatch between datasets", ValueError)
        self.datasets: Any = args or kwargs

    def __getitem__(self, index: Any) -> Any:
        if isinstance(self.datasets, dict):
            return {key: part[index] for key, part in self.datasets.items()}
        return tuple([part[index] for part in self.datasets])

    def __getitems__(self, indices: list[Any]) -> list[Any]:
        """Return the samples of a batch."""
        named = isinstance(self.datasets, dict)
        parts = self.datasets.values() if named else self.datasets
        columns = [samples_of(part, indices) for part in parts]
        for column in columns:
            if len(column) != len(indices):
                mismatch = f"Expected {len(indices)}, got {len(column)}"
                raise ValueError(f"Nested dataset's output size mismatch. {mismatch}")
        rows = zip(*columns, strict=True)
        return [dict(zip(self.datasets, row, strict=True)) if named else row for row in rows]

    def __len__(self) -> int:
        return self._length


class ConcatDataset(Dataset[Sample]):
    """The samples of several datasets, one after the other.

    `cumulative_sizes` has, for each of them, the index at which it is over.

    Args:
        datasets: Datasets with a length.

    Raises:
        AssertionError: There are none, or one is an `IterableDataset`.

    See: [ConcatDataset](https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.ConcatDataset).
    """

    @staticmethod
    def cumsum(sequence: Iterable[Any]) -> list[int]:
        """Return the lengths added up."""
        return list(itertools.accumulate(len(part) for part in sequence))

    def __init__(self, datasets: Iterable[Dataset[Sample]]) -> None:
        super().__init__()
        self.datasets = list(datasets)
        check(self.datasets, "datasets should not be an empty iterable", AssertionError)
        if any(isinstance(part, IterableDataset) for part in self.datasets):
            raise AssertionError("ConcatDataset does not support IterableDataset")
        self.cumulative_sizes = self.cumsum(self.datasets)

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]

    def __getitem__(self, idx: int) -> Sample:
        if idx < 0:
            if -idx > len(self):
                raise ValueError("absolute value of index should not exceed dataset length")
            idx += len(self)
        which = bisect.bisect_right(self.cumulative_sizes, idx)
        start = self.cumulative_sizes[which - 1] if which else 0
        return self.datasets[which][idx - start]

    @property
    def cummulative_sizes(self) -> list[int]:
        """The older spelling of `cumulative_sizes`; it warns."""
        warnings.warn(
            "`cummulative_sizes` attribute is renamed to `cumulative_sizes`",
            FutureWarning,
            stacklevel=2,
        )
        return self.cumulative_sizes


class ChainDataset(IterableDataset[Sample]):
    """The samples of several iterable datasets, one after the other.

    Args:
        datasets: Instances of `IterableDataset`.

    See: [ChainDataset](https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.ChainDataset).
    """

    def __init__(self, datasets: Iterable[Dataset[Sample]]) -> None:
        super().__init__()
        self.datasets = datasets

    def _checked(self) -> Iterator[Any]:
        """The datasets; raises at the first that is not iterable."""
        for part in self.datasets:
            if not isinstance(part, IterableDataset):
                raise AssertionError("ChainDataset only supports IterableDataset")
            yield part

    def __iter__(self) -> Iterator[Sample]:
        for part in self._checked():
            yield from part

    def __len__(self) -> int:
        return sum(len(part) for part in self._checked())


class Subset(Dataset[Sample]):
    """Some of the samples of a dataset.

    A subclass that writes `__getitem__` must write `__getitems__`, too: that is what a
    `DataLoader` calls.

    Args:
        dataset: All samples.
        indices: Which of them.

    Raises:
        NotImplementedError: A subclass has its own `__getitem__` only.

    See: [Subset](https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.Subset).
    """

    def __init__(self, dataset: Dataset[Sample], indices: Sequence[int]) -> None:
        self.dataset = dataset
        self.indices = indices
        kind = type(self)
        if kind.__getitem__ is not Subset.__getitem__ and kind.__getitems__ is Subset.__getitems__:
            raise NotImplementedError(
                f"{kind.__name__} overrides __getitem__ but not __getitems__. When "
                "subclassing Subset and overriding __getitem__, you must also override "
                "__getitems__ to ensure DataLoader works correctly with your custom "
                "logic. A simple implementation:\n\n"
                "def __getitems__(self, indices):\n"
                "    return [self.__getitem__(idx) for idx in indices]"
            )

    def __getitem__(self, idx: Any) -> Sample:
        if isinstance(idx, list):
            return self.dataset[[self.indices[each] for each in idx]]
        return self.dataset[self.indices[idx]]

    def __getitems__(self, indices: list[int]) -> list[Sample]:
        """Return the samples of a batch."""
        samples: list[Sample] = samples_of(self.dataset, [self.indices[i] for i in indices])
        return samples

    def __len__(self) -> int:
        return len(self.indices)


def _lengths_of_fractions(total: int, fractions: Sequence[float]) -> list[int]:
    """Whole numbers that add up to `total`: what rounding leaves goes one by one."""
    for index, fraction in enumerate(fractions):
        if fraction < 0 or fraction > 1:
            raise ValueError(f"Fraction at index {index} is not between 0 and 1")
    lengths = [math.floor(total * fraction) for fraction in fractions]
    for index in range(total - sum(lengths)):
        lengths[index % len(lengths)] += 1
    return lengths


def random_split(
    dataset: Dataset[Sample], lengths: Sequence[int | float], generator: Generator | None = None
) -> list[Subset[Sample]]:
    """Split a dataset into random parts that do not overlap.

    Args:
        dataset: A dataset with a length.
        lengths: The sizes of the parts, which add up to that length; or fractions,
            which add up to 1.
        generator: Where the permutation is drawn from; None: the default generator.

    Returns:
        One `Subset` for each of `lengths`.

    Raises:
        ValueError: `lengths` do not add up.

    Example:
        >>> import minitorch_ff as torch
        >>> from minitorch_ff.utils.data import random_split
        >>> _ = torch.manual_seed(0)
        >>> first, second = random_split(range(6), [4, 2])
        >>> list(first), list(second)
        ([2, 5, 3, 0], [1, 4])

    See: [random_split](https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.random_split).
    """
    total = len(dataset)  # type: ignore[arg-type]
    sizes: Any = list(lengths)
    if math.isclose(sum(sizes), 1) and sum(sizes) <= 1:
        sizes = _lengths_of_fractions(total, sizes)
        for index, size in enumerate(sizes):
            if size == 0:
                warnings.warn(
                    f"Length of split at index {index} is 0. "
                    f"This might result in an empty dataset.",
                    stacklevel=2,
                )
    if sum(sizes) != total:
        raise ValueError("Sum of input lengths does not equal the length of the input dataset!")
    indices = randperm(sum(sizes), generator=generator).tolist()
    ends = itertools.accumulate(sizes)
    return [
        Subset(dataset, indices[end - size : end]) for end, size in zip(ends, sizes, strict=True)
    ]
