"""The random numbers of a worker: its own, and the same in every run."""

from __future__ import annotations

import random

import numpy

from minitorch_ff._functions.random import manual_seed

LOW_WORD = 0xFFFFFFFF


def seed_worker(base_seed: int, worker_id: int) -> None:
    """Seed Python's generator, NumPy's and ours, as PyTorch does in a worker.

    Args:
        base_seed: The loader's draw for this epoch.
        worker_id: Which worker, from 0.
    """
    random.seed(base_seed + worker_id)
    manual_seed(base_seed + worker_id)
    words = [worker_id, base_seed & LOW_WORD, base_seed >> 32, 0]
    numpy.random.seed(numpy.random.SeedSequence(words).generate_state(4))
