"""Comparisons: what `==` does beside tensors, identity, and truth written in place."""

import pytest

import minitorch_ff as ff
from compat_tests.ops.expressions import listed, same_complaint, same_text
from compat_tests.worlds import same_in_both


@pytest.mark.parametrize(
    "expression",
    listed(
        """
        x == 'a'; x != 'a'; x == None; x == [1.5, -2.5]; 3 > x
        3 == x; x == 1e300; i == x; x.__eq__([1]); w == v; torch.eq(x, other=1)
        torch.isposinf(i); torch.isreal(x); torch.equal(x, d); torch.equal(i, i32)
        torch.equal(x, three); torch.isclose(b, b)
        torch.isclose(torch.tensor([inf, 1.0, nan]), torch.tensor([inf, inf, nan]))
        torch.isclose(torch.tensor([nan]), torch.tensor([nan]), equal_nan=True)
        torch.isclose(i, i + 1, rtol=1); torch.isclose(x, x, rtol=0, atol=0)
        torch.allclose(x, x); torch.is_nonzero(s); w.clone().eq_(v)
        w.clone().lt_(1); i.clone().eq_(1.5)
        """
    ),
)
def test_text(expression):
    same_text(expression)


@pytest.mark.parametrize(
    "expression",
    listed(
        """
        x < 'a'; torch.eq(x, three); torch.isclose(x, d)
        torch.isclose(x, 1); w.eq_(1); torch.isclose(x, x, rtol=-0.4)
        torch.allclose(x, three); torch.equal(x, 1)
        """
    ),
)
def test_errors(expression):
    same_complaint(expression)


@pytest.mark.parametrize("expression", ["torch.eq(2, x)", "torch.lt(x, 'a')"])
def test_error_types(expression):
    same_complaint(expression, words=False)


def test_tensors_are_hashed_by_identity():
    x, y = ff.ones(2), ff.ones(2)
    table = {x: 1, y: 2}
    assert table[x] == 1
    assert table[y] == 2
    assert hash(x) != hash(y)


def test_truth_written_in_place_stops_the_gradient():
    def body(torch):
        x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
        y = x * 2
        y[:2].ge_(3)
        (y * x).sum().backward()
        return x, y

    same_in_both(body)
