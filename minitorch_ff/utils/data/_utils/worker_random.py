"""The random numbers of a worker: its own, and the same in every run."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy

from minitorch_ff._functions.random import Generator, default_generator

LOW_WORD = 0xFFFFFFFF


class WorkerRandomness:
    """The generators of a worker: Python's, NumPy's and ours, seeded as PyTorch does.

    Args:
        base_seed: The loader's draw for this epoch.
        worker_id: Which worker, from 0.
    """

    def __init__(self, base_seed: int, worker_id: int) -> None:
        seed = base_seed + worker_id
        words = [worker_id, base_seed & LOW_WORD, base_seed >> 32, 0]
        self._generator = Generator().manual_seed(seed)
        self._python = random.Random(seed).getstate()
        many_words = numpy.random.SeedSequence(words).generate_state(4)
        self._numpy = numpy.random.RandomState(many_words).get_state(legacy=False)

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Inside the block all three default generators are the worker's."""
        self._exchange()
        try:
            yield
        finally:
            self._exchange()

    def _exchange(self) -> None:
        """Swap the states kept here with those of the default generators."""
        python, words = random.getstate(), numpy.random.get_state(legacy=False)
        random.setstate(self._python)
        numpy.random.set_state(self._numpy)
        self._python, self._numpy = python, words
        ours = self._generator
        ours.__dict__, default_generator.__dict__ = vars(default_generator), vars(ours)
