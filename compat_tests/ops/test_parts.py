"""Parts of tensors, and copies with another part: what PyTorch's database does not reach."""

import pytest

from compat_tests.ops.expressions import listed
from compat_tests.worlds import same_error, same_in_both


def evaluate(torch, expression):
    x = torch.arange(120.0).reshape(4, 5, 6).requires_grad_()
    return eval(expression, {"torch": torch, "x": x, "ones": torch.ones, "inf": float("inf")})


@pytest.mark.parametrize(
    "expression",
    listed(
        """
        x.select_scatter(ones(4, 6), 1, -2); x.slice_scatter(ones(2, 5, 6), 0, -3, -1)
        x.slice_scatter(ones(2, 5, 6), 0, 0, 4, 2); x.slice_scatter(ones(0, 5, 6), 0, 3, 1)
        x.diagonal_scatter(ones(6, 3), -1); x.diagonal_scatter(ones(5, 4), 0, 0, 2)
        x.narrow_copy(1, -2, 2); x.hsplit(1, 3)[2]; x.dsplit([2])[1]; x[0].H; x[0, 0].hsplit(2)[1]
        torch.pixel_shuffle(x[:, :, :3], 2); torch.pixel_shuffle(x, 1)
        torch.pixel_unshuffle(x[:, :4], 2); torch.channel_shuffle(x[None], 2)
        torch.gradient(x[0], dim=0, spacing=(torch.tensor([0.0, 1, 3, 4, 9]),), edge_order=2)[0]
        torch.gradient(x.long(), dim=1)[0]
        """
    ),
)
def test_values_and_nodes(expression):
    def body(torch):
        y = evaluate(torch, expression)
        return y, y.grad_fn and y.grad_fn.name(), y._is_view()

    same_in_both(body)


def test_source_and_place_get_their_gradients():
    def body(torch):
        x = torch.randn(3, 3, requires_grad=True)
        part = torch.randn(3, requires_grad=True)
        y = (x * 2).diagonal_scatter(part**3).select_scatter(part, 0, 1)
        (first,) = torch.autograd.grad(y.square().sum(), part, create_graph=True)
        first.sum().backward()
        return x, part, y

    same_in_both(body)


@pytest.mark.parametrize(
    "expression",
    listed(
        """
        x.select_scatter(ones(4, 5), 1, 2); x.select_scatter(ones(4, 6), 3, 2)
        x.select_scatter(ones(4, 6), 1, 5); x.slice_scatter(ones(2, 5, 6), 0, 1, 4)
        x.slice_scatter(ones(2, 5, 6), 0, 0, 4, 0); x.slice_scatter(ones(2, 5, 6), 5)
        x.diagonal_scatter(ones(4, 5), 0, 0, 2); x.diagonal_scatter(ones(5, 4), 0, 1, 1)
        x.H; x[0, 0].H; x.hsplit(2); x.hsplit(0); x.hsplit(-1); x.dsplit(4); x[0, 0].vsplit(2)
        torch.unravel_index(torch.tensor([3.0]), (2, 4))
        torch.unravel_index(torch.tensor([3]), (2, -4))
        torch.unravel_index(torch.tensor([3]), (2.0, 4))
        torch.gradient(x, edge_order=3); torch.gradient(x[:1]); torch.gradient(x, dim=(0, 0))
        torch.gradient(x, spacing=[1.0, 2.0]); torch.gradient(x, spacing=[1.0, 2.0], dim=0)
        torch.gradient(x, spacing=(x, x, x)); torch.gradient(x.to(torch.uint8))
        """
    ),
)
def test_errors(expression):
    same_error(lambda torch: evaluate(torch, expression))
