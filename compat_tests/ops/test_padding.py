"""Margins: what PyTorch's database does not reach."""

import itertools

import pytest

from compat_tests.ops.expressions import listed
from compat_tests.worlds import same_error, same_in_both

MODES = ["constant", "reflect", "replicate", "circular"]


def padded(torch, shape, pad, mode):
    x = torch.arange(float(torch.Size(shape).numel())).reshape(shape).requires_grad_()
    y = torch.nn.functional.pad(x, pad, mode)
    y.backward(torch.arange(float(y.numel())).reshape(y.shape))
    return x, y, y.grad_fn.name()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("pad", list(itertools.product((-1, 0, 2), repeat=4)))
def test_margins_added_and_cut_off(mode, pad):
    same_in_both(lambda torch: padded(torch, (2, 3, 4), pad, mode))


@pytest.mark.parametrize("mode", MODES)
def test_three_dimensions(mode):
    same_in_both(lambda torch: padded(torch, (2, 3, 3, 3), (1, 2, 0, 1, 2, -1), mode))


@pytest.mark.parametrize("mode", MODES)
def test_a_line_too_long_for_a_matrix(mode):
    same_in_both(lambda torch: padded(torch, (1, 3000), (700, 900), mode))


@pytest.mark.parametrize("mode", MODES)
def test_infinite_gradients_stay_in_their_places(mode):
    def body(torch):
        x = torch.zeros(1, 4).requires_grad_()
        y = torch.nn.functional.pad(x, (1, 1), mode)
        y.backward(torch.tensor([[1.0, float("inf"), 2.0, float("nan"), 3.0, 4.0]]))
        return x

    same_in_both(body)


@pytest.mark.parametrize("dtype", ["int64", "uint8", "bool", "float16", "bfloat16", "complex64"])
def test_dtypes(dtype):
    def body(torch):
        x = torch.tensor([[0, 1, 1, 0]]).to(getattr(torch, dtype))
        pad = torch.nn.functional.pad
        modes = MODES if dtype != "bool" else ["constant", "circular"]
        return [pad(x, (2, 1), mode) for mode in modes]

    same_in_both(body)


@pytest.mark.parametrize(
    "expression",
    listed(
        """
        pad(x, (1, 1, 1)); pad(x, (1,) * 10); pad(x, (-3, -2)); pad(x, (1, 1), "foo")
        pad(x, (1, 1), "reflect", 1); pad(x[0, 0], (1, 1), "circular"); pad(x, (), "reflect")
        pad(x[0], (3, 4), "reflect"); pad(x, (0, 1, 0, 3), "reflect")
        pad(x[0], (-4, 0), "replicate"); pad(x[:, :0], (1, 1, 1, 1), "replicate")
        pad(x, (0, 5, 0, 0), "circular"); pad(x, (-3, -2, 0, 0), "circular")
        pad(x[0].bool(), (1, 1), "reflect"); pad(x.to(torch.uint8), (1, 1), value=300)
        pad(x, (1, 1), value=1e50); torch.constant_pad_nd(x, (1,))
        torch.constant_pad_nd(x, (1,) * 10); pad([1], (1, 1))
        """
    ),
)
def test_errors(expression):
    def body(torch):
        names = {"torch": torch, "pad": torch.nn.functional.pad, "x": torch.ones(2, 3, 4)}
        return eval(expression, names)

    same_error(body)


@pytest.mark.parametrize("pad", ["1", "(1.0, 1)"])
@pytest.mark.parametrize("mode", MODES)
def test_wrong_types(pad, mode):
    same_error(
        lambda torch: torch.nn.functional.pad(torch.ones(2, 3), eval(pad), mode), words=False
    )


def test_layers_are_no_kind_of_each_other():
    def body(torch):
        nn = torch.nn
        layers = [getattr(nn, f"ReflectionPad{n}d")(1) for n in (1, 2, 3)]
        return [isinstance(layer, nn.ReflectionPad1d) for layer in layers], isinstance(
            nn.ZeroPad2d(1), nn.ConstantPad2d
        )

    same_in_both(body)
