"""A sampler for training in several processes: each reads its own part."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from minitorch_ff._functions.random import Generator, randperm
from minitorch_ff.utils.data.sampler import Sampler

__all__ = ["DistributedSampler"]


class DistributedSampler(Sampler[int]):
    """Every `num_replicas`-th index, from `rank` on.

    All parts have the same size: some indices come twice, or the last ones not at all.

    Args:
        dataset: Something with a length.
        num_replicas: How many processes there are.
        rank: Which of them asks, from 0.
        shuffle: Whether the order is random. All processes have the same order.
        seed: Where it is drawn from, together with the epoch.
        drop_last: Whether the parts are made equal by dropping, not by repeating.

    Raises:
        ValueError: `rank` is out of its range; or `num_replicas` or `rank` is not
            given: there is no process group to ask.

    See: [DistributedSampler](https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.distributed.DistributedSampler).
    """

    def __init__(
        self,
        dataset: Any,
        num_replicas: int | None = None,
        rank: int | None = None,
        shuffle: bool = True,
        seed: int = 0,
        drop_last: bool = False,
    ) -> None:
        if num_replicas is None or rank is None:
            raise ValueError(
                "Default process group has not been initialized, "
                "please make sure to call init_process_group."
            )
        if rank >= num_replicas or rank < 0:
            raise ValueError(
                f"Invalid rank {rank}, rank should be in the interval [0, {num_replicas - 1}]"
            )
        self.dataset = dataset
        self.num_replicas = num_replicas
        self.rank = rank
        self.epoch = 0
        self.drop_last = drop_last
        total = len(dataset)
        if drop_last and total % num_replicas != 0:
            total -= num_replicas
        self.num_samples = math.ceil(total / num_replicas)
        self.total_size = self.num_samples * num_replicas
        self.shuffle = shuffle
        self.seed = seed

    def __iter__(self) -> Iterator[int]:
        count = len(self.dataset)
        if self.shuffle:
            generator = Generator().manual_seed(self.seed + self.epoch)
            indices = randperm(count, generator=generator).tolist()
        else:
            indices = list(range(count))
        if self.drop_last:
            del indices[self.total_size :]
        elif self.total_size > count:
            rounds = math.ceil(self.total_size / count)
            indices = (indices * rounds)[: self.total_size]
        if len(indices) != self.total_size:
            raise AssertionError(
                f"Number of indices ({len(indices)}) does not match total_size ({self.total_size})"
            )
        return iter(indices[self.rank : self.total_size : self.num_replicas])

    def __len__(self) -> int:
        return self.num_samples

    def set_epoch(self, epoch: int) -> None:
        """Choose the order of an epoch. Call it before each one.

        Args:
            epoch: The number of the epoch.
        """
        self.epoch = epoch
