"""Makers of tensors at their edges: nothing given, nothing inside, other layouts."""

import pytest
import torch

import minitorch_ff as ff
from compat_tests.worlds import same_error

EMPTY = [(0,), (0, 3), (2, 0, 3), (3, 0), (0, 0)]


@pytest.mark.parametrize("shape", EMPTY, ids=str)
def test_strides_of_nothing(shape):
    assert ff.empty(shape).stride() == torch.empty(shape).stride()


@pytest.mark.parametrize("maker", ["zeros", "ones", "empty"])
def test_a_shape_must_be_given(maker):
    same_error(lambda w: getattr(w, maker)())
    same_error(lambda w: getattr(w, maker)("three"))


@pytest.mark.parametrize("maker", ["rand", "randn"])
def test_so_must_that_of_random_numbers(maker):
    ff.manual_seed(0)
    before = ff.get_rng_state()
    for world in (torch, ff):
        with pytest.raises(TypeError, match=maker):
            getattr(world, maker)()
    assert ff.get_rng_state().equal(before)


def test_nothing_is_recorded_inside_inference_mode():
    for world in (torch, ff):
        x = world.ones(2, requires_grad=True)
        with world.inference_mode(), world.enable_grad():
            y = x * 2
        assert (y.requires_grad, y.is_inference()) == (False, True)
