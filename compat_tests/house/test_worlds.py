"""The comparison itself: it must be able to fail."""

import pytest
import torch

import minitorch_ff as ff
from compat_tests.worlds import assert_same, same_error

Failed = pytest.fail.Exception


def leaf(world, with_gradient: bool):
    x = world.tensor([1.0, 2.0], requires_grad=True)
    if with_gradient:
        (x * x).sum().backward()
    return x


def test_equal_tensors_are_the_same():
    assert_same(leaf(ff, True), leaf(torch, True))


@pytest.mark.parametrize("nothing", [None, [], {"a": []}, (None, None)])
def test_comparing_nothing_fails(nothing):
    with pytest.raises(Failed, match="nothing to compare"):
        assert_same(nothing, nothing)


def test_a_missing_gradient_fails():
    with pytest.raises(Failed, match="no gradient where PyTorch has one"):
        assert_same(leaf(ff, False), leaf(torch, True))


@pytest.mark.parametrize(
    ("ours", "stage"),
    [
        (lambda: ff.tensor([1.0, 2.5]), "value"),
        (lambda: ff.tensor([1.0, 2.0], dtype=ff.float64), "dtype"),
        (lambda: ff.tensor([[1.0, 2.0]]), "shape"),
        (lambda: ff.tensor([1.0, 2.0], requires_grad=True), "requires_grad"),
        (lambda: [1.0, 2.0], "structure"),
    ],
)
def test_a_difference_fails(ours, stage):
    with pytest.raises(Failed, match=f"^{stage}"):
        assert_same(ours(), torch.tensor([1.0, 2.0]))


def test_a_wrong_gradient_fails():
    ours, theirs = leaf(ff, True), leaf(torch, True)
    with ff.no_grad():
        ours.grad.add_(1)
    with pytest.raises(Failed, match="grad of result"):
        assert_same(ours, theirs)


def test_an_error_that_is_not_raised_fails():
    with pytest.raises(Failed, match="nothing raised"):
        same_error(lambda world: 1 / (world is ff))
    with pytest.raises(Failed, match="PyTorch raises nothing"):
        same_error(lambda world: 1 / (world is torch))
