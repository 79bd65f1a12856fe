"""From indices to a batch: read the samples, put them together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import islice
from numbers import Integral
from typing import TYPE_CHECKING, Any

from minitorch_ff._tensor import Tensor
from minitorch_ff.firefly.modes import grad_enabled
from minitorch_ff.firefly.tensor import wrap
from minitorch_ff.utils.data._utils.collate import default_collate, stacks_tensors
from minitorch_ff.utils.data.dataset import Subset, TensorDataset

if TYPE_CHECKING:
    from minitorch_ff.utils.data.dataloader import DataLoader

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
            # Of a buffer that is not contiguous, `take` would copy all rows first.
            in_order = buffer.flags.c_contiguous
            rows = buffer.take(indices, 0) if in_order else buffer[indices].copy()
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


def fetcher_maker(loader: DataLoader[Any]) -> Callable[[Any], Fetcher]:
    """From a dataset to its reader, as a loader says; it can be sent to another process."""
    by_index = loader._dataset_kind == _DatasetKind.Map
    return partial(
        MapFetcher if by_index else IterableFetcher,
        auto_collation=loader._auto_collation,
        collate_fn=loader.collate_fn,
        drop_last=loader.drop_last,
    )


class Fetcher:
    """Reads a dataset as its loader says."""

    def __init__(
        self, dataset: Any, auto_collation: bool, collate_fn: Collate, drop_last: bool
    ) -> None:
        self.dataset = dataset
        self.auto_collation = auto_collation
        self.collate_fn = collate_fn
        self.drop_last = drop_last

    def fetch(self, index: Any) -> Any:
        """The batch of a list of indices, or without batches the sample of one."""
        raise NotImplementedError


class MapFetcher(Fetcher):
    """Batches of a dataset that has samples by index."""

    def __init__(self, *settings: Any, **named: Any) -> None:
        super().__init__(*settings, **named)
        self.rows = None
        if self.auto_collation:
            self.rows = RowReader.of(self.dataset, self.collate_fn)

    def fetch(self, index: Any) -> Any:
        """The batch of a list of indices, or without batches the sample of one."""
        dataset = self.dataset
        if not self.auto_collation:
            return self.collate_fn(dataset[index])
        batch = None if self.rows is None else self.rows.read(index)
        if batch is not None:
            return batch
        at_once = getattr(dataset, "__getitems__", None)
        samples = at_once(index) if at_once else [dataset[each] for each in index]
        return self.collate_fn(samples)


class IterableFetcher(Fetcher):
    """Batches of a dataset that gives its samples in its own order."""

    def __init__(self, *settings: Any, **named: Any) -> None:
        super().__init__(*settings, **named)
        self.samples = iter(self.dataset)
        self.ended = False

    def fetch(self, index: Any) -> Any:
        """As many samples as there are indices, or one.

        Raises:
            StopIteration: There are no more, or too few and the rest is dropped.
        """
        if self.ended:
            raise StopIteration
        if not self.auto_collation:
            return self.collate_fn(next(self.samples))
        batch = list(islice(self.samples, len(index)))
        self.ended = len(batch) < len(index)
        if not batch or (self.drop_last and self.ended):
            raise StopIteration
        return self.collate_fn(batch)
