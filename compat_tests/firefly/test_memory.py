"""Memory that is used again: never one that somebody still looks at."""

import gc
import threading

import numpy
import pytest

import minitorch_ff as ff
from minitorch_ff.firefly.backend import memory
from minitorch_ff.firefly.backend.memory import Spare

ROWS, COLUMNS = 2048, 4096  # of float32: as many bytes as are kept apart


@pytest.fixture
def spare(monkeypatch):
    monkeypatch.setattr(memory, "KEPT", 4000)
    return Spare()


def test_what_was_given_back_is_given_again(spare):
    first = spare.take((10, 10), "float32")
    place = first.ctypes.data
    second = spare.take((10, 10), "float32")
    assert second.ctypes.data != place
    del first
    assert spare.take((10, 10), "float32").ctypes.data == place


@pytest.mark.parametrize(
    "look",
    [lambda a: a[2:], lambda a: a.T.reshape(-1)[::2].base, memoryview, lambda a: a.view("u1")],
)
def test_what_is_looked_at_is_not(spare, look):
    array = spare.take((10, 10), "float32")
    place, looking = array.ctypes.data, look(array)
    del array
    held = looking if isinstance(looking, numpy.ndarray) else numpy.asarray(looking)
    is_view = held.ctypes.data < place + 400 and held.ctypes.data >= place
    assert (spare.take((10, 10), "float32").ctypes.data == place) is not is_view


def test_shapes_and_dtypes_are_their_own(spare):
    places = set()
    for shape, dtype in (((10, 10), "f4"), ((100,), "f4"), ((5, 10), "f8"), ((10, 10), "i4")):
        array = spare.take(shape, dtype)
        assert (array.shape, array.dtype) == (shape, numpy.dtype(dtype))
        places.add(id(array))
        del array
    assert len(spare.arrays) == 4
    assert len(places) == 4


def test_no_more_is_kept_than_allowed(spare):
    held = [spare.take((300,), "float32") for _ in range(5)]  # 1200 bytes each
    assert len(spare.arrays) == 3
    assert len({array.ctypes.data for array in held}) == 5
    held.clear()
    array = spare.take((900,), "float32")
    assert [kept.shape for kept in spare.arrays] == [(900,)]
    assert spare.take((2000,), "float32").shape == (2000,)
    del array


def test_threads_get_different_arrays(spare):
    taken, wait = [], threading.Barrier(8)

    def take():
        wait.wait()
        taken.append(spare.take((10,), "float32"))

    for _ in range(50):
        taken.clear()
        gathered = [threading.Thread(target=take) for _ in range(8)]
        for thread in gathered:
            thread.start()
        for thread in gathered:
            thread.join()
        assert len({array.ctypes.data for array in taken}) == 8


def test_gradients_of_large_layers():
    """They are right at every step, and nobody's change while somebody holds them."""
    layer = ff.nn.Linear(COLUMNS, ROWS, bias=False)
    x = ff.randn(256, COLUMNS)
    grads, places = [], []
    for step in range(4):
        layer.zero_grad()
        layer(x * (step + 1)).sum().backward()
        expected = (x * (step + 1)).sum(0).expand(ROWS, COLUMNS)
        assert ff.allclose(layer.weight.grad, expected, rtol=1e-4, atol=1e-3)
        places.append(layer.weight.grad.data_ptr())
        if step == 1:
            grads.append((layer.weight.grad, layer.weight.grad.clone()))
    for held, copied in grads:
        assert ff.equal(held, copied)
    assert places[0] == places[1]
    assert places[2] != places[1]
    del held, grads
    gc.collect()
    layer.zero_grad()
    layer(x).sum().backward()
    assert layer.weight.grad.data_ptr() in places
