"""Memory formats and `as_strided`: strides, nodes, gradients, writing, what is refused."""

import pytest
import torch

import minitorch_ff as ff
from compat_tests.ops.expressions import listed
from compat_tests.worlds import same_error, same_in_both

SHAPES = [(2, 3, 4, 5), (2, 1, 4, 5), (2, 1, 1, 1), (2, 3, 1, 1), (1, 3, 3, 3), (1, 1, 1, 7)]


def names(world) -> dict:
    """What the expressions below may use: `x` of four dimensions, `last` in channels' order."""
    x = world.arange(24.0).reshape(1, 2, 3, 4)
    return {
        "torch": world,
        "x": x,
        "last": x.contiguous(memory_format=world.channels_last),
        "cl": world.channels_last,
        "w": world.arange(24.0).reshape(1, 2, 3, 4).requires_grad_(),
        "line": world.arange(4.0),
        "leaf": world.arange(4.0).requires_grad_(),
    }


def value(expression):
    return lambda world: repr(eval(expression, names(world))).partition(" object at")[0]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_strides(shape):
    def body(world):
        x, last = world.zeros(shape), world.channels_last
        made = [
            x.contiguous(memory_format=last), x.clone(memory_format=last),
            x.to(memory_format=last), world.empty(shape, memory_format=last),
            world.zeros_like(x, memory_format=last), x.double(memory_format=last),
            x[..., None].clone(memory_format=world.channels_last_3d),
            x.to(memory_format=last).to(memory_format=world.contiguous_format),
        ]  # fmt: skip
        formats = [world.contiguous_format, last]
        return [(m.stride(), [m.is_contiguous(memory_format=f) for f in formats]) for m in made]

    same_in_both(body)


@pytest.mark.parametrize(
    "expression",
    listed(
        """
        last; last.stride(); last.clone().stride(); (last + 1).stride(); last.double().stride()
        last.cpu(memory_format=torch.contiguous_format).stride()
        torch.zeros_like(last).stride(); torch.rand_like(last).stride()
        (torch.manual_seed(0), torch.randn_like(x, memory_format=cl))[1]
        x.to(torch.float64, memory_format=cl).stride()
        x.to(copy=True, memory_format=cl).stride(); last.to(memory_format=cl) is last
        x.transpose(2, 3).to(memory_format=torch.contiguous_format).stride()
        x[0].is_contiguous(memory_format=cl)
        torch.tensor(3.0).clone(memory_format=torch.contiguous_format)
        x.clone(memory_format=torch.contiguous_format).data_ptr() == x.data_ptr()
        w.to(memory_format=cl).grad_fn; w.clone(memory_format=cl).grad_fn
        w.contiguous(memory_format=cl).grad_fn
        torch.autograd.grad((w.to(memory_format=cl) ** 2).sum(), w)
        line.as_strided((2, 3), (1, 1)); leaf.as_strided((2,), (2,)); leaf.as_strided((2,), (1,), 2)
        torch.autograd.grad(leaf.as_strided((2, 3), (1, 1)).sum(), leaf)
        torch.autograd.grad((leaf[:1].expand(2, 1) * 1).as_strided((2,), (1,)).sum(), leaf)
        torch.autograd.grad(leaf[:2].expand(2, 2).as_strided((3,), (1,), 0).sum(), leaf)
        line.as_strided_((2, 2), (1, 1)); line.as_strided_((2,), (1,))._version
        torch.as_strided_scatter(line, torch.ones(2), (2,), (2,), 1)
        torch.zeros(7, 3).fill_diagonal_(5, wrap=True); torch.zeros(2, 2, 2).fill_diagonal_(5)
        torch.zeros(3, 7).t().fill_diagonal_(5); (w[0, 0] * 2).fill_diagonal_(0).grad_fn
        line.int().new([1.5]); line.double().new(2, 3).dtype
        """
    ),
)
def test_text(expression):
    same_in_both(value(expression))


@pytest.mark.parametrize(
    "expression",
    listed(
        """
        x[0].contiguous(memory_format=cl); x[0].clone(memory_format=cl)
        x[0].to(memory_format=cl); torch.empty_like(x[0], memory_format=cl)
        torch.empty(2, 3, memory_format=cl); torch.empty(2, memory_format=torch.preserve_format)
        x.transpose(2, 3).contiguous(memory_format=torch.preserve_format)
        line.as_strided((2,), (1, 2)); line.as_strided((2,), (-1,)); line.as_strided((2,), (8,))
        line.as_strided((2,), (1,), -1); line.as_strided((-2,), (1,))
        torch.as_strided_scatter(line, torch.ones(2, 2), (2,), (1,))
        torch.zeros(3).fill_diagonal_(1); torch.zeros(2, 3, 2).fill_diagonal_(1)
        """
    ),
)
def test_errors(expression):
    same_error(lambda world: eval(expression, names(world)))


@pytest.mark.parametrize("layout", [(2, 3), (3, 2)], ids=str)
def test_writing_through_as_strided(layout):
    """The base learns of it, whatever its own layout."""

    def body(world):
        x = world.arange(6.0, requires_grad=True)
        y = (x * 2).reshape(layout).t()
        part = y.as_strided((2, 2), (1, 2), 1)
        part.mul_(world.tensor([[2.0, 3.0], [4.0, 5.0]]))
        (y**2).sum().backward()
        return y, part, x.grad

    same_in_both(body)


def test_a_view_reaches_beyond_the_view_it_was_made_of():
    def body(world):
        x = world.arange(6.0, requires_grad=True)
        part = (x * 2)[3:]
        whole = part.as_strided((6,), (1,), 0)
        (gradient,) = world.autograd.grad((whole**3).sum(), x, create_graph=True)
        return whole, gradient, world.autograd.grad(gradient.sum(), x)

    same_in_both(body)


def test_gradient_of_as_strided_scatter():
    """PyTorch's own fails its `gradcheck` where the offset is not zero; ours passes."""
    for world in (torch, ff):
        x = world.arange(4.0, dtype=world.float64).requires_grad_()
        part = world.ones(2, dtype=world.float64).requires_grad_()
        inputs = (x, part)
        passes = world.autograd.gradcheck(
            lambda a, b, w=world: w.as_strided_scatter(a, b, (2,), (2,), 1),
            inputs,
            raise_exception=False,
        )
        assert passes == (world is ff)


def test_modules_take_a_memory_format():
    def body(world):
        module = world.nn.Linear(2, 2)
        module.images = world.nn.Parameter(world.zeros(2, 3, 4, 5))
        module.to(memory_format=world.channels_last)
        return module.images.stride(), module.weight.stride()

    same_in_both(body)
