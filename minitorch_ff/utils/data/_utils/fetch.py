"""From indices to a batch: read the samples, put them together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from numbers import Integral
from typing import Any

from minitorch_ff._tensor import Tensor
from minitorch_ff.firefly.modes import grad_enabled
from minitorch_ff.firefly.tensor import wrap
from minitorch_ff.utils.data._collate import default_collate, stacks_tensors
from minitorch_ff.utils.data.dataset import Subset, TensorDataset

Collate = Callable[[Any], Any]


class RowReader:
    """Batches of a `TensorDataset`, or of subsets of one, as rows of its tensors.

    `default_collate` would stack single rows to the same batch; taking them together
    costs a tenth of that.

    Args:
        dataset: The innermost dataset.
        selections: The indices of the subsets around it, the outermost first.
    """

    def __init__(self, dataset: TensorDataset, selections: list[Sequence[int]]) -> None:
        self.dataset = dataset
        self.selections = selections

    @classmethod
    def of(cls, dataset: Any, collate_fn: Collate) -> RowReader | None:
        """The reader for `dataset`, or None where samples must be read one by one."""
        if collate_fn is not default_collate or not stacks_tensors():
            return None
        selections = []
        while _is_plain(dataset, Subset):
            indices = dataset.indices
            selections.append(indices.tolist() if _is_vector(indices) else indices)
            dataset = dataset.dataset
        return cls(dataset, selections) if _is_plain(dataset, TensorDataset) else None

    def read(self, indices: Sequence[Any]) -> list[Tensor] | None:
        """The batch, or None where only single samples give what PyTorch gives."""
        try:
            for selection in self.selections:
                indices = [selection[index] for index in indices]
        except (IndexError, TypeError):
            return None
        kinds = set(map(type, indices))
        if kinds != {int}:
            if not kinds or not all(map(_is_index, kinds)):
                return None
            indices = list(map(int, indices))
        lowest, highest = min(indices), max(indices)
        recording = grad_enabled()
        batch = []
        for tensor in self.dataset.tensors:
            buffer = tensor.buffer
            size = len(buffer)
            outside = highest >= size or lowest < -size
            recorded = tensor.node is not None and recording
            if outside or recorded or type(tensor) is not Tensor:
                return None
            if buffer.flags.c_contiguous:
                rows = buffer.take(indices, 0)
            else:  # of such a buffer, `take` would copy all rows first
                rows = buffer[indices].copy()
            batch.append(wrap(Tensor, rows))
        return batch


def _is_plain(dataset: Any, kind: type) -> bool:
    """Whether `dataset` reads samples just as `kind` does."""
    own = type(dataset)
    return isinstance(dataset, kind) and all(
        getattr(own, name, None) is getattr(kind, name, None)
        for name in ("__getitem__", "__getitems__")
    )


def _is_vector(indices: Any) -> bool:
    """Whether the indices of a subset are an array."""
    return hasattr(indices, "tolist") and getattr(indices, "ndim", 0) == 1


def _is_index(kind: type) -> bool:
    """Whether values of this class are whole numbers: True is an index of its own."""
    return issubclass(kind, Integral) and not issubclass(kind, bool)


class _DatasetKind:
    """How a dataset is read: by index, or in its own order."""

    Map = 0
    Iterable = 1

    @staticmethod
    def create_fetcher(
        kind: int, dataset: Any, auto_collation: bool, collate_fn: Collate, drop_last: bool
    ) -> MapFetcher | IterableFetcher:
        """The reader for a dataset of this kind."""
        if kind == _DatasetKind.Map:
            return MapFetcher(dataset, auto_collation, collate_fn)
        return IterableFetcher(dataset, auto_collation, collate_fn, drop_last)


class MapFetcher:
    """Batches of a dataset that has samples by index."""

    def __init__(self, dataset: Any, auto_collation: bool, collate_fn: Collate) -> None:
        self.dataset = dataset
        self.auto_collation = auto_collation
        self.collate_fn = collate_fn
        self.rows = RowReader.of(dataset, collate_fn) if auto_collation else None

    def fetch(self, index: Any) -> Any:
        """The batch of a list of indices, or the sample of one."""
        dataset = self.dataset
        if not self.auto_collation:
            return self.collate_fn(dataset[index])
        if self.rows is not None:
            batch = self.rows.read(index)
            if batch is not None:
                return batch
        at_once = getattr(dataset, "__getitems__", None)
        samples = at_once(index) if at_once else [dataset[each] for each in index]
        return self.collate_fn(samples)


class IterableFetcher:
    """Batches of a dataset that gives its samples in its own order."""

    rows = None

    def __init__(
        self, dataset: Any, auto_collation: bool, collate_fn: Collate, drop_last: bool
    ) -> None:
        self.dataset = dataset
        self.auto_collation = auto_collation
        self.collate_fn = collate_fn
        self.drop_last = drop_last
        self.samples = iter(dataset)
        self.ended = False

    def fetch(self, index: Any) -> Any:
        """As many samples as there are indices, or one.

        Raises:
            StopIteration: There are no more, or, with `drop_last`, too few.
        """
        if self.ended:
            raise StopIteration
        if not self.auto_collation:
            return self.collate_fn(next(self.samples))
        batch = []
        for _ in index:
            try:
                batch.append(next(self.samples))
            except StopIteration:
                self.ended = True
                break
        if not batch or (self.drop_last and len(batch) < len(index)):
            raise StopIteration
        return self.collate_fn(batch)
