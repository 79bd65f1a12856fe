"""From indices to a batch: read the samples, put them together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from numbers import Integral
from typing import Any

from minitorch_ff._tensor import Tensor
from minitorch_ff.firefly.backend.registry import several
from minitorch_ff.firefly.modes import grad_enabled
from minitorch_ff.firefly.tensor import wrap
from minitorch_ff.utils.data._utils.collate import default_collate, stacks_tensors
from minitorch_ff.utils.data.dataset import Subset, TensorDataset, samples_of

Collate = Callable[[Any], Any]
FetcherMaker = Callable[[Any], "Fetcher"]


class RowReader:
    """Batches of a `TensorDataset`, or of subsets of one, as rows of its tensors.

    `default_collate` would stack single rows to the same batch; taking them together
    costs a tenth of that.

    Args:
        dataset: Any dataset; of all but these only single samples are read.
        collate_fn: What the loader makes batches with.
    """

    def __init__(self, dataset: Any, collate_fn: Collate) -> None:
        self.selections: list[Sequence[int]] = []  # of the subsets, the outermost first
        stacked = collate_fn is default_collate and stacks_tensors()
        while stacked and _is_plain(dataset, Subset):
            indices = dataset.indices
            is_vector = hasattr(indices, "tolist") and getattr(indices, "ndim", 0) == 1
            self.selections.append(indices.tolist() if is_vector else indices)
            dataset = dataset.dataset
        self.dataset = dataset if stacked and _is_plain(dataset, TensorDataset) else None

    def read(self, indices: Sequence[Any]) -> list[Tensor] | None:
        """The batch, or None where only single samples give what PyTorch gives."""
        if self.dataset is None:
            return None
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
            if several:
                several[0].follow(buffer)
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
        self.rows = RowReader(dataset, collate_fn)

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
        batch = self.rows.read(index)
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
