"""Step 3: parameters by name, states that come back, losses."""

import numpy
import pytest
from ember.layers import Linear, ReLU, Sequential, Tanh
from ember.losses import cross_entropy, mse_loss
from ember.tensor import Tensor


def model():
    rng = numpy.random.default_rng(1)
    return Sequential(
        Linear(2, 3, rng), Tanh(), Sequential(Linear(3, 1, rng), ReLU())
    )


def test_parameters_are_found_by_name():
    shapes = {name: part.shape for name, part in model().named_parameters().items()}
    assert shapes == {
        "0.weight": (3, 2), "0.bias": (3,), "2.0.weight": (1, 3), "2.0.bias": (1,),
    }  # fmt: skip


def test_a_linear_layer_is_a_product_and_a_sum():
    layer = Linear(2, 3, numpy.random.default_rng(0))
    x = numpy.array([[1.0, 2.0], [3.0, 4.0]])
    expected = x @ layer.weight.buffer.T + layer.bias.buffer
    numpy.testing.assert_allclose(layer(Tensor(x)).buffer, expected)


def test_a_state_comes_back():
    first, second = model(), model()
    for part in first.parameters():
        part.buffer = part.buffer + 1
    second.load_state_dict(first.state_dict())
    x = Tensor([[1.0, -1.0]])
    assert first(x).item() == second(x).item()
    second.parameters()[0].buffer += 1  # a copy: the first one stays as it was
    assert first.parameters()[0].buffer[0, 0] != second.parameters()[0].buffer[0, 0]


def test_a_state_that_does_not_fit_changes_nothing():
    one = model()
    before = one.state_dict()
    for wrong in ({}, before | {"0.bias": numpy.zeros(4)}):
        with pytest.raises((KeyError, ValueError)):
            one.load_state_dict(wrong)
    for name, value in one.state_dict().items():
        numpy.testing.assert_array_equal(value, before[name])


def test_training_and_evaluating_reach_every_part():
    one = model().eval()
    assert not one.children()["2"].children()["0"].training
    assert one.train().children()["2"].training


def test_losses_against_the_formulas():
    assert mse_loss(Tensor([1.0, 2.0]), Tensor([0.0, 4.0])).item() == 2.5
    scores = numpy.array([[1.0, 2.0, 3.0], [1e3, 0.0, 0.0]])
    probabilities = numpy.exp(scores[0]) / numpy.exp(scores[0]).sum()
    loss = cross_entropy(Tensor(scores), numpy.array([2, 0])).item()
    assert loss == pytest.approx(-numpy.log(probabilities[2]) / 2)


def test_the_gradient_of_cross_entropy():
    scores = Tensor([[1.0, 2.0, 0.5]], requires_grad=True)
    cross_entropy(scores, numpy.array([1])).backward()
    probabilities = numpy.exp(scores.buffer) / numpy.exp(scores.buffer).sum()
    numpy.testing.assert_allclose(scores.grad, probabilities - [[0, 1, 0]])
