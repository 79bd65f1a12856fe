"""What every test runs under: one thread, PyTorch's defaults, devices that exist."""

import gc
import os

import pytest
import torch

import minitorch_ff as ff
from compat_tests.conformance.outcome import seed_all

# Two test processes share the cores, and so do the processes that they start.
torch.set_num_threads(1)
ff.set_num_threads(1)
os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(autouse=True)
def _fresh_state():
    """The same random numbers for every test, and no default left behind by another."""
    if hasattr(ff, "manual_seed"):
        seed_all(0, ff)
    yield
    for world in (torch, ff):
        world.set_default_dtype(world.float32)
        if hasattr(world, "set_printoptions"):
            world.set_printoptions(profile="default")
        world.set_grad_enabled(True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests marked `gpu` are skipped where there is no GPU."""
    on_gpu = [item for item in items if "gpu" in item.keywords]
    if on_gpu and not ff.cuda.is_available():
        for item in on_gpu:
            item.add_marker(pytest.mark.skip(reason="needs a CUDA device and CuPy"))


def pytest_collection_finish() -> None:
    """What is there before the first test is left out of every later garbage collection."""
    gc.collect()
    gc.freeze()
