"""Step 1: rules against differences, broadcasting undone, two back ends."""

import numpy
import pytest
from ember import arithmetic, matrices
from ember.ledger import Ledger
from ember.operator import sum_to_shape
from ember.primitives import NUMPY

rng = numpy.random.default_rng(0)
CASES = [
    (arithmetic.Add, (3, 4), (4,)),
    (arithmetic.Sub, (3, 1), (3, 4)),
    (arithmetic.Mul, (2, 3, 4), (3, 1)),
    (arithmetic.Div, (3, 4), (1, 4)),
    (arithmetic.Exp, (3, 4)),
    (arithmetic.Log, (3, 4)),
    (arithmetic.Tanh, (3, 4)),
    (arithmetic.ReLU, (3, 4)),
    (matrices.MatMul, (3, 4), (4, 2)),
    (matrices.MatMul, (5, 3, 4), (4, 2)),
    (matrices.Transpose, (3, 4)),
    (matrices.Sum, (3, 4)),
]


def by_differences(rule, buffers, number, weights, step=1e-6):
    """The gradient of sum(weights * result), one element moved at a time."""
    gradient = numpy.zeros_like(buffers[number])
    for place in numpy.ndindex(gradient.shape):
        sums = []
        for sign in (1, -1):
            moved = [buffer.copy() for buffer in buffers]
            moved[number][place] += sign * step
            sums.append((weights * rule(NUMPY)(*moved)).sum())
        gradient[place] = (sums[0] - sums[1]) / (2 * step)
    return gradient


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0].__name__)
def test_gradients(case):
    rule, *shapes = case
    buffers = [rng.uniform(0.5, 2, shape) for shape in shapes]
    operator = rule(NUMPY)
    weights = rng.normal(size=operator(*buffers).shape)
    gradients = operator.gradients(weights)
    for number, gradient in enumerate(gradients):
        assert gradient.shape == shapes[number]
        expected = by_differences(rule, buffers, number, weights)
        numpy.testing.assert_allclose(gradient, expected, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize(
    "shape", [(2, 3, 4), (3, 4), (4,), (1, 4), (2, 1, 1), (1,), ()]
)
def test_what_was_copied_is_added_up(shape):
    copies = numpy.broadcast_to(numpy.ones(shape), (2, 3, 4))
    summed = sum_to_shape(NUMPY, copies, shape)
    assert summed.shape == shape
    assert summed.sum() == 24


def test_a_step_has_no_gradient():
    operator = arithmetic.Greater(NUMPY)
    operator(numpy.ones(2), numpy.zeros(2))
    with pytest.raises(RuntimeError, match="Greater is not differentiable"):
        operator.gradients(numpy.ones(2))


def test_another_back_end_needs_no_other_operator():
    ledger = Ledger(NUMPY)
    operator = arithmetic.Tanh(ledger)
    result = operator(numpy.ones(3))
    numpy.testing.assert_array_equal(result, numpy.tanh(numpy.ones(3)))
    operator.gradients(numpy.ones(3))
    assert ledger.calls == ["tanh", "mul", "mul", "sub"]
