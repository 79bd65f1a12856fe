"""Dot products and scaled sums of few numbers are PyTorch's to the last bit."""

import numpy
import pytest
import torch

import minitorch_ff as ff
from compat_tests.worlds import dot_adds_in_halves, same_in_both

VECTORS = torch.backends.cpu.get_cpu_capability() in ("AVX2", "AVX512")

pytestmark = pytest.mark.skipif(not VECTORS, reason="this processor adds in another order")


def share_of_equal_bits(function, *shapes):
    """How many of 200 results of random numbers are the same."""
    generator = numpy.random.default_rng(0)
    equal = []
    for _ in range(200):
        arrays = [generator.standard_normal(shape).astype("float32") for shape in shapes]
        ours = function(*[ff.from_numpy(x) for x in arrays]).numpy()
        theirs = function(*[torch.from_numpy(x) for x in arrays]).numpy()
        assert ours.dtype == theirs.dtype
        assert ours.shape == theirs.shape
        equal.append(numpy.mean(ours == theirs))
    return numpy.mean(equal)


@pytest.mark.skipif(not dot_adds_in_halves(), reason="this processor adds in another order")
def test_dot_products():
    for n in range(1, 17):
        assert share_of_equal_bits(lambda x, y: x.dot(y), n, n) == 1, n
        assert share_of_equal_bits(lambda x, y: x @ y, n, n) == 1, n


@pytest.mark.parametrize("alpha", [2, -0.3, 1e-8, 1e8])
@pytest.mark.parametrize("shapes", [(7, 7), (1024, 1024), ((3, 4), 4), ((), 5), ((2, 1), (1, 3))])
def test_scaled_sums(alpha, shapes):
    assert share_of_equal_bits(lambda x, y: x.add(y, alpha=alpha), *shapes) == 1
    assert share_of_equal_bits(lambda x, y: x.sub(y, alpha=alpha), *shapes) == 1


def test_corners():
    def body(torch):
        zeros = torch.tensor([-0.0] * 16)
        large = torch.tensor([3e38, -3e38, 1.0])
        few = [zeros[:n] for n in (0, 1, 3, 7, 8, 9)]
        return (
            [1 / part.dot(part + 1) for part in few],  # of -0 the sign would show
            torch.tensor([1.0, torch.nan, 2.0]).dot(torch.zeros(3)),
            torch.full((9,), torch.inf).dot(torch.arange(9.0)),
            large.add(large.flip(0), alpha=-2),
            large.sub(torch.tensor(torch.inf), alpha=0),
            torch.arange(12.0)[::2].dot(torch.arange(12.0)[1::2]),
        )

    same_in_both(body)


def test_a_scaled_sum_is_one_node():
    def body(torch):
        w, v = torch.ones(2, 3, requires_grad=True), torch.ones(3, requires_grad=True)
        results = [torch.add(w, v, alpha=0.5), torch.sub(w, v, alpha=2), torch.add(v, w, alpha=3)]
        for y in results:
            (y * torch.arange(6.0).reshape(2, 3)).sum().backward()
        (first,) = torch.autograd.grad(torch.sub(w, v, alpha=3).pow(2).sum(), v, create_graph=True)
        (second,) = torch.autograd.grad(first.sum(), v)
        nodes = [[node.name() for node, _ in y.grad_fn.next_functions] for y in results]
        return w, v, first, second, [y.grad_fn.name() for y in results], nodes

    same_in_both(body)
