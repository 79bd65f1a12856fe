"""Datasets, samplers and the data loader, as `torch.utils.data`."""

from minitorch_ff.utils.data._utils.collate import default_collate, default_convert
from minitorch_ff.utils.data._utils.fetch import _DatasetKind as _DatasetKind
from minitorch_ff.utils.data._utils.worker import get_worker_info
from minitorch_ff.utils.data.dataloader import DataLoader
from minitorch_ff.utils.data.dataset import (
    ChainDataset, ConcatDataset, Dataset, IterableDataset, StackDataset, Subset, TensorDataset,
    random_split,
)  # fmt: skip
from minitorch_ff.utils.data.distributed import DistributedSampler
from minitorch_ff.utils.data.sampler import (
    BatchSampler, RandomSampler, Sampler, SequentialSampler, SubsetRandomSampler,
    WeightedRandomSampler,
)  # fmt: skip

__all__ = [
    "BatchSampler", "ChainDataset", "ConcatDataset", "DataLoader", "Dataset",
    "DistributedSampler", "IterableDataset", "RandomSampler", "Sampler", "SequentialSampler",
    "StackDataset", "Subset", "SubsetRandomSampler", "TensorDataset", "WeightedRandomSampler",
    "default_collate", "default_convert", "get_worker_info", "random_split",
]  # fmt: skip
