"""Step 2: gradients through expressions, shared tensors, long chains."""

import numpy
import pytest
from ember import graph, recursion
from ember.ledger import Ledger
from ember.primitives import NUMPY
from ember.tensor import Tensor


def test_an_expression_against_the_formula():
    x = Tensor([[1.0, 2.0]], requires_grad=True)
    w = Tensor([[3.0], [4.0]], requires_grad=True)
    y = ((x @ w).tanh() * 2 - 1).sum()
    y.backward()
    slope = 2 * (1 - numpy.tanh(11.0) ** 2)
    numpy.testing.assert_allclose(x.grad, slope * w.buffer.T)
    numpy.testing.assert_allclose(w.grad, slope * x.buffer.T)


def test_a_tensor_used_twice_gets_both_gradients():
    x = Tensor(3.0, requires_grad=True)
    (x * x + x).backward()
    assert x.grad == 7.0


def test_both_ways_agree_where_both_are_possible():
    grads = []
    for way in (recursion, graph):
        x = Tensor([0.3, 0.4], requires_grad=True)
        y = x.exp()
        z = (y * y - x / y).sum()
        way.backward(z, numpy.ones(1))
        grads.append(x.grad)
    numpy.testing.assert_allclose(grads[0], grads[1])


def test_recursion_visits_every_path_and_the_graph_every_tensor():
    visits = {}
    for way in (recursion, graph):
        z = Tensor(1.0, requires_grad=True)
        for _ in range(10):
            z = z + z
        visits[way] = way.backward(z, numpy.ones(()))
    assert visits[recursion] == 2**11 - 1
    assert visits[graph] == 11


def test_a_chain_longer_than_the_stack():
    x = z = Tensor(1.0, requires_grad=True)
    for _ in range(5000):
        z = z * 1.0
    with pytest.raises(RecursionError):
        recursion.backward(z, numpy.ones(()))
    x.grad = None
    z.backward()
    assert x.grad == 1.0


def test_nothing_is_recorded_for_nothing():
    x = Tensor([1.0, 2.0])
    assert (x * 2).operator is None
    assert ((x * 2) > 3).operator is None


def test_only_a_single_number_has_a_gradient():
    with pytest.raises(RuntimeError, match="sum the tensor first"):
        (Tensor([1.0, 2.0], requires_grad=True) * 2).backward()


def test_tensors_of_another_back_end():
    ledger = Ledger(NUMPY)
    x = Tensor([1.0, 2.0], requires_grad=True, xp=ledger)
    (x * x).sum().backward()
    numpy.testing.assert_array_equal(x.grad, [2.0, 4.0])
    assert {"mul", "sum", "broadcast_to", "add"} <= set(ledger.calls)
