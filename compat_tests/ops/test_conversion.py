"""Arrays that may not be written, tensors that become numbers, and the warnings about both."""

import math
import warnings

import numpy as np
import pytest
import torch

import minitorch_ff as ff
from compat_tests.worlds import same_in_both
from minitorch_ff import _checks


@pytest.fixture
def warnings_of(monkeypatch):
    """What a body warns of in one world, as if for the first time."""
    monkeypatch.setattr(_checks, "_WARNED", set())
    before = torch.is_warn_always_enabled()
    torch.set_warn_always(True)

    def warnings_of(body, world):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            body(world)
        return [(str(w.message).partition(" (Triggered")[0], w.filename) for w in caught]

    yield warnings_of
    torch.set_warn_always(before)


def locked(values):
    array = np.array(values)
    array.setflags(write=False)
    return array


WARNING = {
    "float": lambda w: float(w.ones(1, requires_grad=True)),
    "complex": lambda w: complex(w.ones(1, requires_grad=True)),
    "percent": lambda w: "%.2f" % w.ones((), requires_grad=True),  # noqa: UP031
    "math": lambda w: math.sqrt(w.ones((), requires_grad=True) * 4),
    "array": lambda w: w.from_numpy(locked([1.0, 2.0])),
    "buffer": lambda w: w.frombuffer(b"abcd", dtype=w.uint8),
}


@pytest.mark.parametrize("name", WARNING)
def test_warns_as_pytorch_does(warnings_of, name):
    theirs = warnings_of(WARNING[name], torch)
    assert theirs
    assert warnings_of(WARNING[name], ff) == theirs


def test_warns_once(warnings_of, recwarn):
    assert len(warnings_of(WARNING["float"], ff)) == 1
    WARNING["float"](ff)
    assert not recwarn


@pytest.mark.parametrize("kind", [int, bool, lambda x: x.item(), "{:.2f}".format])
def test_these_do_not(kind):
    for world in (torch, ff):
        kind(world.ones(1, requires_grad=True)[0])
        float(world.ones(1))
        with world.no_grad():
            float(world.ones(1, requires_grad=True))


@pytest.mark.filterwarnings("ignore:The given")
@pytest.mark.parametrize("dtype", ["float32", "int16", "bool"])
def test_memory_that_may_not_be_written_is_written(dtype):
    def body(world):
        array = np.arange(6).reshape(2, 3).astype(dtype)[:, ::2]
        array.setflags(write=False)
        tensor = world.from_numpy(array)
        before = tensor.stride(), tensor.clone()
        tensor.zero_()
        tensor.numpy()[0, 0] = 1
        return *before, tensor, array.tolist()

    same_in_both(body)


@pytest.mark.filterwarnings("ignore:The given")
@pytest.mark.parametrize("shape", [(), (0,), (0, 3)], ids=str)
def test_little_memory_that_may_not_be_written(shape):
    same_in_both(lambda w: w.from_numpy(locked(np.ones(shape))))
