"""Samplers: in which order a dataset is read."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence, Sized
from typing import Any, Generic, TypeVar

from minitorch_ff._checks import check
from minitorch_ff._dtypes import float64, int64
from minitorch_ff._functions.creation import as_tensor, empty
from minitorch_ff._functions.random import Generator, multinomial, randint, randperm
from minitorch_ff._tensor import Tensor

__all__ = [
    "BatchSampler", "RandomSampler", "Sampler", "SequentialSampler", "SubsetRandomSampler",
    "WeightedRandomSampler",
]  # fmt: skip

Index = TypeVar("Index", covariant=True)

PIECE = 1 << 16
"""So many numbers of an order are Python's integers at a time: they take four times the memory."""

DRAWN_TOGETHER = 32
"""How many indices a draw with replacement makes at once."""


def draw_seed(generator: Generator | None) -> int:
    """One draw of 63 bits, from the default generator if None is given."""
    return int(empty((), dtype=int64).random_(generator=generator).item())


def _is_count(value: Any) -> bool:
    """Whether `value` is a positive whole number, and not True."""
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _must_be(
    wanted: str, is_so: bool, name: str, value: Any, error: type[Exception] = ValueError
) -> None:
    """Refuse a setting that is not as wanted."""
    check(is_so, f"{name} should be a {wanted} value, but got {name}={value}", error)


class Sampler(Generic[Index]):
    """Base class of samplers: a subclass writes `__iter__`, and `__len__` if it can.

    See: [Sampler](https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.Sampler).
    """

    def __iter__(self) -> Iterator[Index]:
        raise NotImplementedError

    # There is no default `__len__`, for the reason that `Dataset` has none.


class SequentialSampler(Sampler[int]):
    """The indices from 0 on, in order.

    Args:
        data_source: Something with a length.

    See: [SequentialSampler](https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.SequentialSampler).
    """

    def __init__(self, data_source: Sized) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(Sampler[int]):
    """Indices in random order, or drawn one by one.

    Args:
        data_source: Something with a length.
        replacement: Whether an index may come more than once.
        num_samples: How many indices; None: as many as there are samples.
        generator: Where they are drawn from; None: a generator for this pass alone,
            seeded from the default generator.

    Raises:
        TypeError: `replacement` is not a bool.
        ValueError: `num_samples` is not a positive whole number.

    Example:
        >>> import minitorch_ff as torch
        >>> from minitorch_ff.utils.data import RandomSampler
        >>> generator = torch.Generator().manual_seed(0)
        >>> list(RandomSampler(range(10), generator=generator))
        [4, 1, 7, 5, 3, 9, 0, 8, 6, 2]

    See: [RandomSampler](https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.RandomSampler).
    """

    def __init__(
        self,
        data_source: Sized,
        replacement: bool = False,
        num_samples: int | None = None,
        generator: Generator | None = None,
    ) -> None:
        self.data_source = data_source
        self.replacement = replacement
        self._num_samples = num_samples
        self.generator = generator
        _must_be("boolean", isinstance(replacement, bool), "replacement", replacement, TypeError)
        count = self.num_samples
        _must_be("positive integer", isinstance(count, int) and count > 0, "num_samples", count)

    @property
    def num_samples(self) -> int:
        """How many indices a pass gives."""
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def __iter__(self) -> Iterator[int]:
        n = len(self.data_source)
        generator = self.generator
        if generator is None:
            generator = Generator().manual_seed(draw_seed(None))
        if self.replacement:
            rounds, rest = divmod(self.num_samples, DRAWN_TOGETHER)
            for count in [DRAWN_TOGETHER] * rounds + [rest]:
                yield from randint(n, (count,), generator=generator).tolist()
            return
        rounds, rest = divmod(self.num_samples, n)
        for _ in range(rounds):
            for piece in randperm(n, generator=generator).split(PIECE):
                yield from piece.tolist()
        # PyTorch draws the last permutation even if nothing of it is used: who goes on
        # drawing from the generator can tell. Nobody can from one of our own.
        if rest or self.generator is not None:
            yield from randperm(n, generator=generator).tolist()[:rest]

    def __len__(self) -> int:
        return self.num_samples


class SubsetRandomSampler(Sampler[int]):
    """The given indices in random order.

    Args:
        indices: They may be anything that a dataset takes.
        generator: Where the order is drawn from; None: the default generator.

    See: [SubsetRandomSampler](https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.SubsetRandomSampler).
    """

    def __init__(self, indices: Sequence[int], generator: Generator | None = None) -> None:
        self.indices = indices
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        for place in randperm(len(self.indices), generator=self.generator).tolist():
            yield self.indices[place]

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(Sampler[int]):
    """Indices drawn with the given weights.

    Args:
        weights: One weight per index; they need not add up to one. Shape `(n,)`.
        num_samples: How many indices.
        replacement: Whether an index may come more than once.
        generator: Where they are drawn from; None: the default generator.

    Raises:
        ValueError: An argument is not what it should be.

    See: [WeightedRandomSampler](https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.WeightedRandomSampler).
    """

    def __init__(
        self,
        weights: Sequence[float] | Tensor,
        num_samples: int,
        replacement: bool = True,
        generator: Generator | None = None,
    ) -> None:
        _must_be("positive integer", _is_count(num_samples), "num_samples", num_samples)
        _must_be("boolean", isinstance(replacement, bool), "replacement", replacement)
        self.weights = as_tensor(weights, dtype=float64)
        if self.weights.dim() != 1:
            raise ValueError(
                "weights should be a 1d sequence but given "
                f"weights have shape {tuple(self.weights.shape)}"
            )
        self.num_samples = num_samples
        self.replacement = replacement
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        yield from multinomial(
            self.weights, self.num_samples, self.replacement, generator=self.generator
        ).tolist()

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler[list[int]]):
    """The indices of another sampler, in lists of `batch_size`.

    Args:
        sampler: Any iterable of indices.
        batch_size: Indices per list.
        drop_last: Whether a last list that is not full is left out.

    Raises:
        ValueError: `batch_size` is not a positive whole number, or `drop_last` is not a
            bool.

    Example:
        >>> from minitorch_ff.utils.data import BatchSampler
        >>> list(BatchSampler(range(5), batch_size=2, drop_last=False))
        [[0, 1], [2, 3], [4]]

    See: [BatchSampler](https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.BatchSampler).
    """

    def __init__(
        self, sampler: Sampler[int] | Iterable[int], batch_size: int, drop_last: bool
    ) -> None:
        _must_be("positive integer", _is_count(batch_size), "batch_size", batch_size)
        _must_be("boolean", isinstance(drop_last, bool), "drop_last", drop_last)
        self.sampler = sampler
        self.batch_size = batch_size
        self.drop_last = drop_last

    def __iter__(self) -> Iterator[list[int]]:
        indices = iter(self.sampler)
        while batch := list(itertools.islice(indices, self.batch_size)):
            if len(batch) < self.batch_size and self.drop_last:
                return
            yield batch

    def __len__(self) -> int:
        count = len(self.sampler)  # type: ignore[arg-type]
        if not self.drop_last:
            count += self.batch_size - 1
        return count // self.batch_size
