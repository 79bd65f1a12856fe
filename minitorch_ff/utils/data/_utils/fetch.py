"""From indices to a batch: read the samples, put them together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from numbers import Integral
from typing import TYPE_CHECKING, Any

from minitorch_ff._tensor import Tensor
from minitorch_ff.firefly.modes import grad_enabled
from minitorch_ff.firefly.tensor import wrap
from minitorch_ff.utils.data._utils.collate import default_collate, stacks_tensors
from minitorch_ff.utils.data.dataset import Subset, TensorDataset, samples_of

if TYPE_CHECKING:
    from minitorch_ff.utils.data.dataloader import DataLoader

Collate = Callable[[Any], Any]
FetcherMaker = Callable[[Any], "Fetcher"]


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
            is_vector = hasattr(indices, "tolist") and getattr(indices, "ndim", 0) == 1
            selections.append(indices.tolist() if is_vector else indices)
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
            # True is an index of its own.
            whole = [issubclass(kind, Integral) and not issubclass(kind, bool) for kind in kinds]
            if not kinds or not all(whole):
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


class _DatasetKind:
    """How a dataset is read: by index, or in its own order."""

    Map = 0
    Iterable = 1


def fetcher_maker(loader: DataLoader[Any]) -> FetcherMaker:
    """From a dataset to its reader, as a loader says; it can be sent to another process."""
    by_index = loader._dataset_kind == _DatasetKind.Map
    settings = by_index, loader._auto_collation, loader.collate_fn, loader.drop_last
    return partial(Fetcher, *settings)


class Fetcher:
    """Reads a dataset as its loader says.

    Args:
        by_index: Whether the dataset has samples by index, and not in an order of its own.
        batched: Whether samples are put together.
        collate_fn: From a list of samples to a batch, or from a sample to what is given out.
        drop_last: Whether a last batch that is not full is left out.
        dataset: The loader's, or a worker's copy of it.
    """

    def __init__(
        self, by_index: bool, batched: bool, collate_fn: Collate, drop_last: bool, dataset: Any
    ) -> None:
        self.batched = batched
        self.collate_fn = collate_fn
        self.drop_last = drop_last
        self.dataset = dataset
        self.samples = None if by_index else iter(dataset)
        self.ended = False
        self.rows = RowReader.of(dataset, collate_fn) if by_index and batched else None

    def fetch(self, index: Any) -> Any:
        """The batch of a list of indices, or without batches the sample of one.

        Raises:
            StopIteration: A dataset with an order of its own has no more samples, or too
                few and the rest is dropped.
        """
        if self.samples is not None:
            return self.collate_fn(self._next(self.samples, index))
        if not self.batched:
            return self.collate_fn(self.dataset[index])
        batch = None if self.rows is None else self.rows.read(index)
        return self.collate_fn(samples_of(self.dataset, index)) if batch is None else batch

    def _next(self, samples: Iterator[Any], index: Any) -> Any:
        """As many samples as there are indices, or one."""
        if self.ended:
            raise StopIteration
        if not self.batched:
            return next(samples)
        batch = list(islice(samples, len(index)))
        self.ended = len(batch) < len(index)
        if not batch or (self.drop_last and self.ended):
            raise StopIteration
        return batch
