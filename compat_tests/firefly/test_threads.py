"""Several threads compute large primitives: the same bits, whatever their number."""

import os
import threading

import numpy as np
import pytest
import torch

import minitorch_ff as ff
from minitorch_ff import _settings
from minitorch_ff.firefly.backend import threads
from minitorch_ff.firefly.backend.registry import cpu

FUNCTIONS = "exp exp2 expm1 log log2 log1p sin cos tan sinh cosh tanh sigmoid erf relu".split()


@pytest.fixture(autouse=True)
def as_before():
    before = ff.get_num_threads()
    yield
    ff.set_num_threads(before)


def with_threads(n, make):
    """What `make` gives with so many threads, from the same seed."""
    ff.set_num_threads(n)
    ff.manual_seed(3)
    return [np.array(result.detach().numpy()) for result in make()]


def assert_the_same(make):
    alone = with_threads(1, make)
    for n in (2, 3):
        for one, several in zip(alone, with_threads(n, make), strict=True):
            assert one.tobytes() == several.tobytes()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_elements(name):
    def make():
        x = ff.rand(409, 331) + 0.1  # above `LARGE`, and of odd lengths
        return [getattr(ff, name)(x), getattr(ff, name)(x.double()), getattr(ff, name)(x.t())]

    assert_the_same(make)


def test_random_numbers():
    assert_the_same(lambda: [ff.randn(300_001), ff.rand(300_001), ff.randn(3)])


@pytest.mark.parametrize("shapes", [((130, 800), (800, 513)), ((3000, 64), (64, 65))])
def test_matrix_products(shapes):
    a, b = shapes

    def make():
        x, y = ff.randn(a), ff.randn(b)
        return [x @ y, y.t() @ x.t(), x.double() @ y.double(), ff.nn.functional.linear(x, y.t())]

    assert_the_same(make)


def test_products_of_many_matrices():
    def make():
        a, b = ff.randn(9, 4, 64, 32), ff.randn(9, 4, 32, 64)
        return [a @ b, a @ b[:, :1], a @ b[0]]

    assert_the_same(make)


@pytest.mark.parametrize("name", ["SGD", "Adam", "RMSprop", "Adagrad", "Adamax", "NAdam", "Rprop"])
def test_optimizers(name):
    def make():
        param = ff.randn(3, 100_001, requires_grad=True)
        optimizer = getattr(ff.optim, name)([param], lr=0.01)
        for _ in range(2):
            optimizer.zero_grad()
            (param * param.detach().roll(1)).sum().backward()
            optimizer.step()
        return [param]

    assert_the_same(make)


def test_convolutions():
    def make():
        x, weight = ff.randn(40, 3, 40, 40, requires_grad=True), ff.randn(5, 3, 5, 5)
        weight.requires_grad_()
        y = ff.nn.functional.conv2d(x, weight)
        y.sin().sum().backward()
        return [y, x.grad, weight.grad]

    assert_the_same(make)


def test_a_block_that_raises_is_heard_of():
    threads.allow(2)

    def refuse(i):
        raise ArithmeticError(f"block {i}")

    with pytest.raises(ArithmeticError, match="block"):
        threads.in_threads(refuse, [(i,) for i in range(4)])
    done = []
    threads.in_threads(done.append, [(i,) for i in range(4)])
    assert sorted(done) == [0, 1, 2, 3]


def test_blocks_are_made_in_order_while_others_are_computed():
    threads.allow(3)
    drawn = iter(range(1000))
    seen = []
    threads.in_threads(lambda i, n: seen.append((i, n)), ((i, next(drawn)) for i in range(1000)))
    assert sorted(seen) == [(i, i) for i in range(1000)]


def test_numpys_error_settings_hold_in_every_thread():
    ff.set_num_threads(2)
    x = np.full((8, threads.LARGE), 1e30, "f4")
    with np.errstate(over="raise"), pytest.raises(FloatingPointError):
        cpu.exp(x)


def test_users_threads_share_the_helpers():
    ff.set_num_threads(2)
    x = ff.rand(400, 400)
    expected, found = x.exp().numpy(), []

    def work():
        for _ in range(20):
            found.append(np.array_equal(x.exp().numpy(), expected))

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert found == [True] * 80


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_makes_its_own():
    ff.set_num_threads(2)
    x = ff.rand(400, 400)
    expected = x.exp().numpy()
    child = os.fork()
    if not child:
        os._exit(0 if np.array_equal(x.exp().numpy(), expected) else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_what_can_be_set():
    ff.set_num_threads(2)
    assert ff.get_num_threads() == 2
    for value in (0, -1, "a", 1.5, True, None):
        for name in ("set_num_threads", "set_num_interop_threads"):
            with pytest.raises(RuntimeError) as theirs:
                getattr(torch, name)(value)
            with pytest.raises(RuntimeError) as ours:
                getattr(ff, name)(value)
            assert str(ours.value) == str(theirs.value)
    assert ff.get_num_threads() == 2


def test_threads_at_the_start(monkeypatch):
    for text, expected in (("3", 3), ("2,1", 2), ("", threads.cores()), ("x", threads.cores())):
        monkeypatch.setenv("OMP_NUM_THREADS", text)
        assert threads.at_start() == expected


def test_interop_threads_are_said_once(monkeypatch):
    monkeypatch.setattr(_settings, "_interop_threads", None)
    assert ff.get_num_interop_threads() == threads.cores()
    ff.set_num_interop_threads(3)
    assert ff.get_num_interop_threads() == 3
    with pytest.raises(RuntimeError, match="cannot set number of interop threads after"):
        ff.set_num_interop_threads(2)
