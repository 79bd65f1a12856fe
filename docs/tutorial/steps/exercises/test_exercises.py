"""Whether the exercises are solved: `pytest exercises -m step1`, and so on."""

import importlib
import os
import pathlib
import sys

import numpy
import pytest
from ember import graph
from ember.layers import Linear
from ember.module import Parameter
from ember.primitives import NUMPY
from ember.tensor import Tensor

sys.path.insert(0, str(pathlib.Path(__file__).parent))
# ANSWERS=solutions shows that the tests can be passed.
mine = importlib.import_module(os.environ.get("ANSWERS", "answers"))


def check_rule(rule, *buffers):
    """Compare a rule's gradients with differences."""
    use = rule(NUMPY)
    gradients = use.gradients(numpy.ones_like(use(*buffers)))
    for number, gradient in enumerate(gradients):
        up, down = list(buffers), list(buffers)
        up[number], down[number] = (
            buffers[number] + 1e-6,
            buffers[number] - 1e-6,
        )
        expected = (rule(NUMPY)(*up) - rule(NUMPY)(*down)) / 2e-6
        numpy.testing.assert_allclose(gradient, expected, atol=1e-8)


@pytest.mark.step1
def test_sigmoid():
    a = numpy.linspace(-4, 4, 9)
    numpy.testing.assert_allclose(mine.Sigmoid(NUMPY)(a), 1 / (1 + numpy.exp(-a)))
    check_rule(mine.Sigmoid, a)


@pytest.mark.step1
def test_maximum():
    a, b = numpy.array([1.0, 5.0, -2.0]), numpy.array([3.0, 4.0, -3.0])
    numpy.testing.assert_array_equal(mine.Maximum(NUMPY)(a, b), numpy.maximum(a, b))
    check_rule(mine.Maximum, a, b)
    use = mine.Maximum(NUMPY)
    use(numpy.ones(1), numpy.ones(1))
    assert [part.item() for part in use.gradients(numpy.ones(1))] == [
        1.0,
        0.0,
    ]


@pytest.mark.step1
def test_calls_of():
    assert mine.calls_of(mine.Sigmoid, numpy.ones(2))[0] == "neg"
    assert "matmul" not in mine.calls_of(mine.Maximum, numpy.ones(2), numpy.ones(2))


@pytest.mark.step2
@pytest.mark.parametrize("n", [1, 2, 5])
def test_power(n):
    x = Tensor([1.5, -2.0], requires_grad=True)
    y = mine.power(x, n)
    numpy.testing.assert_allclose(y.buffer, x.buffer**n)
    y.sum().backward()
    numpy.testing.assert_allclose(x.grad, n * x.buffer ** (n - 1))


@pytest.mark.step2
def test_slope():
    assert mine.slope(lambda x: x * x * x, 2.0) == pytest.approx(12.0)
    assert mine.slope(lambda x: x.exp(), 0.0) == pytest.approx(1.0)


@pytest.mark.step2
def test_count_tensors(monkeypatch):
    monkeypatch.delattr(graph, "in_order")
    x = Tensor(1.0, requires_grad=True)
    y = x * x
    assert mine.count_tensors(y + y) == 3


@pytest.mark.step3
def test_dropout():
    layer = mine.Dropout(0.25, numpy.random.default_rng(0))
    x = Tensor(numpy.ones((200, 50)), requires_grad=True)
    y = layer(x)
    assert set(numpy.unique(y.buffer)) == {0.0, 1 / 0.75}
    assert y.mean().item() == pytest.approx(1.0, abs=0.03)
    y.sum().backward()
    numpy.testing.assert_array_equal(x.grad, y.buffer)
    numpy.testing.assert_array_equal(layer.eval()(x).buffer, x.buffer)


@pytest.mark.step3
def test_residual():
    inner = Linear(3, 3, numpy.random.default_rng(0))
    block = mine.Residual(inner)
    x = Tensor(numpy.ones((2, 3)))
    numpy.testing.assert_allclose(block(x).buffer, inner(x).buffer + 1)
    assert set(block.named_parameters()) == {"inner.weight", "inner.bias"}


@pytest.mark.step4
def test_adagrad():
    p = Parameter([1.0])
    optimizer = mine.AdaGrad([p], lr=0.1)
    for _ in range(2):
        p.grad = numpy.array([4.0])
        optimizer.step()
    assert p.buffer[0] == pytest.approx(1 - 0.1 - 0.1 / 2**0.5)


@pytest.mark.step4
def test_clip():
    a, b = Parameter([0.0]), Parameter([0.0])
    a.grad, b.grad = numpy.array([3.0]), numpy.array([4.0])
    assert mine.clip([a, b], 10.0) == pytest.approx(5.0)
    assert a.grad[0] == 3.0
    mine.clip([a, b], 1.0)
    assert [a.grad[0], b.grad[0]] == pytest.approx([0.6, 0.8])
