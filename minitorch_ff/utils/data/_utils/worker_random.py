"""The random numbers of a worker: its own, and the same in every run."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy

from minitorch_ff.firefly.random import default_generator

LOW_WORD = 0xFFFFFFFF


class WorkerRandomness:
    """The state of Python's, NumPy's and our default generator, as a worker has them.

    Args:
        base_seed: The loader's draw for this epoch.
        worker_id: Which worker, from 0.
    """

    def __init__(self, base_seed: int, worker_id: int) -> None:
        words = [worker_id, base_seed & LOW_WORD, base_seed >> 32, 0]
        outside = _read_states()
        random.seed(base_seed + worker_id)
        numpy.random.seed(numpy.random.SeedSequence(words).generate_state(4))
        default_generator.manual_seed(base_seed + worker_id)
        self._states = _read_states()
        _write_states(outside)

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Inside the block all three draw the worker's numbers."""
        outside = _read_states()
        _write_states(self._states)
        try:
            yield
        finally:
            self._states = _read_states()
            _write_states(outside)


def _read_states() -> tuple[Any, Any, Any]:
    return (
        random.getstate(),
        numpy.random.get_state(legacy=False),
        default_generator.get_state(),
    )


def _write_states(states: tuple[Any, Any, Any]) -> None:
    random.setstate(states[0])
    numpy.random.set_state(states[1])
    default_generator.set_state(states[2])
