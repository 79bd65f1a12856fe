"""`where` and `masked_fill`: all forms, what does not fit, masks that change."""

import pytest

from compat_tests.ops.expressions import listed, same_complaint, same_text
from compat_tests.worlds import same_error, same_in_both


@pytest.mark.parametrize(
    "expression",
    listed(
        """
        torch.where(b, w, v); torch.where(b, w, 1)
        torch.where(b, 1, w); torch.where(b, 1.0, 2.0); torch.where(b, 1, 2)
        torch.where(b, True, 2); torch.where(b, i, 2.5); torch.where(b, x, d)
        torch.where(b, x, s.double()); torch.where(b, i, s); torch.where(b)
        torch.where(i > 5); torch.where(torch.tensor([[1, 0], [0, 2]]))
        torch.where(b, -1, u8); x.where(b, 3); torch.where(b, h, 1e6); w.where(b, v)
        torch.where(torch.tensor(True)); x.masked_fill(b, 3); w.masked_fill(b, s)
        w.masked_fill(b, nan); i.masked_fill(b, 1.5)
        i.masked_fill(b, torch.tensor(1.5)); b.masked_fill(b, 2)
        u8.masked_fill(b, -1); h.masked_fill(b, -inf)
        x.masked_fill(b[None].expand(3, 2), 0); w.clone().masked_fill_(b, 1.0)
        """
    ),
)
def test_text(expression):
    same_text(expression)


@pytest.mark.parametrize(
    "expression",
    listed(
        """
        torch.where(i, x, x); torch.where(b, u8, 300)
        torch.where(b, x, 1e300); x.masked_fill(i, 1); torch.where(three > 0, x, x)
        x.masked_fill(u8, 1); x.masked_fill(b, torch.ones(2))
        u8.masked_fill(b, 300); h.masked_fill(b, 1e6); x.masked_fill(b, 1e300)
        i.masked_fill(b, nan); x.masked_fill(three > 0, 0)
        x[None].clone().masked_fill_(b[None].expand(3, 2), 0)
        """
    ),
)
def test_errors(expression):
    same_complaint(expression)


@pytest.mark.parametrize(
    "expression",
    ["torch.where(True, x, x)", "torch.where(b, x)", "x.masked_fill(b, 'a')"],
)
def test_error_types(expression):
    same_complaint(expression, words=False)


@pytest.mark.filterwarnings("ignore:where received a uint8")
def test_a_condition_of_bytes():
    same_text("torch.where(u8, x, x)")


@pytest.mark.parametrize("rows", [3, 300])
def test_gradients_of_both_sides(rows):
    def body(torch):
        x = torch.arange(rows * 8.0).reshape(rows, 8).requires_grad_()
        y = torch.full((8,), -1.0, requires_grad=True)
        z = torch.tensor(5.0, requires_grad=True)
        mask = x % 3 == 0
        out = torch.where(mask, x * y, z).masked_fill(x > 40, float("-inf"))
        out = out.masked_fill(out == float("-inf"), z)
        (first,) = torch.autograd.grad(out.square().sum(), x, create_graph=True)
        first.sum().backward()
        return x, y, z, out, first

    same_in_both(body)


def test_a_mask_changed_after_use_is_refused():
    def body(torch):
        mask = torch.tensor([True, False])
        x = torch.ones(2, requires_grad=True)
        y = torch.where(mask, x, 0)
        mask.logical_not_()
        y.sum().backward()

    same_error(body)
