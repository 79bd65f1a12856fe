"""Seeds and states of the GPUs' generators; their numbers are CUDA's.

See [`firefly.random.philox`][minitorch_ff.firefly.random.philox] for which are PyTorch's.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from minitorch_ff._devices import has_cuda
from minitorch_ff._functions import random as _random
from minitorch_ff.cuda._device import device_count, index_of

__all__ = [
    "get_rng_state", "get_rng_state_all", "initial_seed", "manual_seed", "manual_seed_all",
    "seed", "seed_all", "set_rng_state", "set_rng_state_all",
]  # fmt: skip


def manual_seed(seed: int) -> None:
    """Start the current GPU's generator from a seed; without a GPU nothing happens.

    See: [torch.cuda.manual_seed](https://docs.pytorch.org/docs/stable/generated/torch.cuda.manual_seed.html).
    """
    if has_cuda():
        _random.cuda_generator().manual_seed(int(seed))


def manual_seed_all(seed: int) -> None:
    """Start all GPUs' generators from a seed.

    See: [torch.cuda.manual_seed_all](https://docs.pytorch.org/docs/stable/generated/torch.cuda.manual_seed_all.html).
    """
    _random.seed_cuda(int(seed))


def seed() -> None:
    """Start the current GPU's generator from a seed of the operating system's."""
    if has_cuda():
        _random.cuda_generator().seed()


def seed_all() -> None:
    """Start all GPUs' generators from one seed of the operating system's."""
    _random.seed_cuda(int.from_bytes(os.urandom(8), "little"))


def initial_seed() -> int:
    """The seed last given to the current GPU's generator.

    Raises:
        AssertionError: There is no GPU, or no CuPy.
    """
    return _random.cuda_generator().initial_seed()


def get_rng_state(device: Any = "cuda") -> Any:
    """The state of a GPU's generator: seed and offset, 16 bytes.

    Raises:
        AssertionError: There is no GPU, or no CuPy.

    See: [torch.cuda.get_rng_state](https://docs.pytorch.org/docs/stable/generated/torch.cuda.get_rng_state.html).
    """
    return _random.cuda_generator(index_of(device)).get_state()


def get_rng_state_all() -> list[Any]:
    """The states of all GPUs' generators."""
    return [get_rng_state(index) for index in range(device_count())]


def set_rng_state(new_state: Any, device: Any = "cuda") -> None:
    """Continue a GPU's generator from a state; without a GPU nothing happens.

    Raises:
        TypeError: It is no tensor of bytes.
        RuntimeError: It is no state.

    See: [torch.cuda.set_rng_state](https://docs.pytorch.org/docs/stable/generated/torch.cuda.set_rng_state.html).
    """
    if has_cuda():
        _random.cuda_generator(index_of(device)).set_state(new_state)


def set_rng_state_all(new_states: Iterable[Any]) -> None:
    """Continue all GPUs' generators, each from its state."""
    for index, state in enumerate(new_states):
        set_rng_state(state, index)
