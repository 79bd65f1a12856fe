"""Convolutions beyond PyTorch's samples: orders of gradients, blocks, memory, refusals."""

import numpy
import pytest


import minitorch_ff as ff
from compat_tests.worlds import same_error, same_in_both
from minitorch_ff.firefly.backend import registry

CLOSE = (1e-10, 1e-10)

# name: (function, shape of the input, shape of the weight, settings)
CASES = {
    "strided": ("conv1d", (2, 3, 9), (4, 3, 3), {"stride": 2, "padding": 2}),
    "dilated": ("conv2d", (2, 2, 7, 6), (3, 2, 3, 2), {"dilation": (2, 3), "stride": (3, 1)}),
    "grouped": ("conv2d", (1, 4, 5, 5), (6, 2, 3, 3), {"groups": 2, "padding": 1}),
    "depthwise": ("conv2d", (2, 3, 5, 5), (3, 1, 3, 3), {"groups": 3}),
    "pointwise": ("conv2d", (3, 4, 3, 2), (2, 4, 1, 1), {}),
    "same": ("conv2d", (1, 2, 5, 4), (2, 2, 4, 3), {"padding": "same", "dilation": (1, 2)}),
    "volume": ("conv3d", (1, 1, 4, 3, 4), (2, 1, 2, 2, 3), {"stride": (2, 1, 1)}),
    "unbatched": ("conv1d", (2, 6), (3, 2, 2), {}),
    "unseen": ("conv1d", (1, 1, 8), (1, 1, 2), {"stride": 5}),
    "transposed": ("conv_transpose2d", (2, 3, 3, 4), (3, 2, 3, 3), {"stride": 2, "padding": 1}),
    "longer": (
        "conv_transpose1d", (2, 4, 3), (4, 2, 2),
        {"stride": 3, "output_padding": 2, "groups": 2},
    ),
    "pointwise, longer": (
        "conv_transpose1d", (2, 2, 3), (2, 2, 1), {"dilation": 2, "output_padding": 1},
    ),
}  # fmt: skip
every_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES)
pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same'")


def numbers(world, shape, seed=0):
    """The same random numbers in both worlds, as a leaf."""
    values = numpy.random.default_rng(seed).standard_normal(shape)
    return world.tensor(values, dtype=world.float64, requires_grad=True)


def operands(world, case):
    function, x, weight, settings = case
    bias = weight[0] if "transpose" not in function else weight[1] * settings.get("groups", 1)
    leaves = [numbers(world, shape, i) for i, shape in enumerate((x, weight, (bias,)))]
    return lambda *t: getattr(world.nn.functional, function)(*t, **settings), leaves


@pytest.mark.parametrize("case", [c for c in CASES.values() if "output_padding" not in c[3]])
def test_gradients_of_three_orders(case):
    """The three operators are each other's gradients; PyTorch's fail with an output padding."""

    def body(world):
        apply, leaves = operands(world, case)
        found, total = [], apply(*leaves).cos().sum()
        for _ in range(3):
            gradients = world.autograd.grad(total, leaves, create_graph=True)
            found += gradients
            total = sum([(g * numbers(world, g.shape, 7).detach()).sum() for g in gradients])
        return [g.detach() for g in found]

    same_in_both(body, CLOSE)


@every_case
def test_second_gradients_are_right(case):
    apply, leaves = operands(ff, case)
    assert ff.autograd.gradgradcheck(apply, leaves)


@every_case
@pytest.mark.parametrize("block", [1, 200])
def test_small_blocks_of_the_batch_give_the_same(case, block, monkeypatch):
    def results():
        apply, leaves = operands(ff, case)
        y = apply(*leaves)
        return [y.detach(), *ff.autograd.grad(y.cos().sum(), leaves)]

    whole = results()
    monkeypatch.setattr(registry.cpu, "_window_block", block)
    for ours, other in zip(results(), whole, strict=True):
        assert ff.allclose(ours, other, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("wanted", [(True, False), (False, True)])
def test_only_wanted_gradients_are_computed(wanted):
    def body(world):
        x = numbers(world, (2, 3, 5, 5)).requires_grad_(wanted[0])
        weight = numbers(world, (4, 3, 2, 2)).requires_grad_(wanted[1])
        world.conv2d(x, weight).square().sum().backward()
        return x, weight

    same_in_both(body, CLOSE)


def test_node_names():
    def body(world):
        x, weight = numbers(world, (1, 2, 4, 4)), numbers(world, (2, 2, 2, 2))
        F = world.nn.functional
        columns = F.unfold(x, 2)
        results = [
            F.conv2d(x, weight), F.conv_transpose2d(x, weight), F.conv2d(x[0], weight), columns,
            F.fold(columns, (4, 4), 2),
        ]  # fmt: skip
        return [y.grad_fn.name() for y in results]

    same_in_both(body)


def test_windows_are_new_memory():
    x = ff.ones(1, 1, 2, 2)
    ff.nn.functional.unfold(x, 1).zero_()
    ff.nn.functional.fold(x.reshape(1, 1, 4), (2, 2), 1).zero_()
    assert x.sum() == 4


@pytest.mark.parametrize("layout", ["transposed", "every second", "expanded"])
def test_any_layout(layout):
    def body(world):
        x = numbers(world, (2, 3, 6, 6)).detach()
        x = {
            "transposed": lambda: x.permute(3, 1, 0, 2),
            "every second": lambda: x[:, :, ::2, 1::2],
            "expanded": lambda: x[:, :1].expand(2, 3, 6, 6),
        }[layout]()
        weight = numbers(world, (2, 3, 1, 2))
        pointwise = numbers(world, (2, 3, 1, 1))
        return world.conv2d(x, weight), world.conv2d(x, pointwise)

    same_in_both(body, CLOSE)


def whole_numbers(world, dtype):
    x = world.arange(18).reshape(1, 2, 3, 3).to(getattr(world, dtype))
    return x, world.ones(2, 2, 2, 2, dtype=getattr(world, dtype))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "int64", "int16", "uint8"])
def test_other_dtypes(dtype):
    def body(world):
        operands = whole_numbers(world, dtype)
        results = [world.conv2d(*operands)]
        if dtype not in ("int16", "uint8"):
            results.append(world.conv_transpose2d(*operands))
        return results

    same_in_both(body)


@pytest.mark.parametrize("dtype", ["bool", "int16", "uint8"])
def test_dtypes_that_are_not_spread(dtype):
    same_error(lambda world: world.conv_transpose2d(*whole_numbers(world, dtype)))
    same_error(lambda world: world.conv2d(*whole_numbers(world, "bool")))


def test_empty_batches():
    def body(world):
        x, weight = world.zeros(0, 2, 4, 4), world.zeros(3, 2, 2, 2, requires_grad=True)
        y = world.conv2d(x, weight)
        y.sum().backward()
        return y, weight, world.conv_transpose2d(x, weight.detach().transpose(0, 1))

    same_in_both(body)


# ------------------------------------------------------------------------- refusals


def ones(*shape):
    return lambda world: world.ones(shape)


X, W = ones(2, 4, 5, 5), ones(6, 4, 3, 3)
REFUSED = {
    "rank of the input": ("conv2d", ones(4, 5), W, {}),
    "rank of the weight": ("conv2d", X, ones(6, 4), {}),
    "too many strides": ("conv2d", X, W, {"stride": (1, 1, 1)}),
    "zero stride": ("conv2d", X, W, {"stride": 0}),
    "negative dilation": ("conv2d", X, W, {"dilation": -1}),
    "unknown padding": ("conv2d", X, W, {"padding": "full"}),
    "same and strided": ("conv2d", X, W, {"padding": "same", "stride": (1, 2)}),
    "no groups": ("conv2d", X, W, {"groups": 0}),
    "too many groups": ("conv2d", X, W, {"groups": 7}),
    "groups that do not divide": ("conv2d", X, W, {"groups": 4}),
    "channels": ("conv2d", X, ones(6, 3, 3, 3), {}),
    "bias": ("conv2d", X, W, {"bias": ones(5)}),
    "kernel": ("conv2d", X, ones(6, 4, 6, 3), {"dilation": (1, 2)}),
    "empty kernel": ("conv1d", ones(1, 2, 4), ones(2, 2, 0), {}),
    "empty images": ("conv2d", ones(2, 4, 0, 5), W, {"padding": 3}),
    "dtype": ("conv2d", lambda w: w.ones(2, 4, 5, 5, dtype=w.float64), W, {}),
    "bias dtype": ("conv2d", X, W, {"bias": lambda w: w.ones(6, dtype=w.float64)}),
    "float weight": (
        "conv2d", lambda w: w.ones(2, 4, 5, 5, dtype=w.float64), W, {"bias": None},
    ),
    "double weight": ("conv2d", X, lambda w: w.ones(6, 4, 3, 3, dtype=w.float64), {}),
    "transposed channels": ("conv_transpose2d", X, ones(3, 4, 2, 2), {}),
    "transposed bias": ("conv_transpose2d", X, ones(4, 3, 2, 2), {"bias": ones(4)}),
    "output padding": ("conv_transpose2d", X, ones(4, 3, 2, 2), {"output_padding": 1}),
    "output padding in 1d": (
        "conv_transpose1d", ones(1, 2, 4), ones(2, 2, 2), {"output_padding": 1},
    ),
    "negative output padding": ("conv_transpose2d", X, ones(4, 3, 2, 2), {"output_padding": -1}),
    "nothing left": ("conv_transpose1d", ones(1, 2, 1), ones(2, 2, 1), {"padding": 1}),
    "transposed same": ("conv_transpose2d", X, ones(4, 3, 2, 2), {"padding": "same"}),
    "no tensor": ("conv_transpose2d", X, lambda w: 3, {}),
    "no output padding": ("conv_transpose2d", X, ones(4, 3, 2, 2), {"output_padding": None}),
    "transposed floats": ("conv_transpose2d", X, ones(4, 3, 2, 2), {"stride": 1.5}),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refusals(name):
    function, x, weight, settings = REFUSED[name]

    def body(world):
        called = {k: v(world) if callable(v) else v for k, v in settings.items()}
        getattr(world.nn.functional, function)(x(world), weight(world), **called)

    same_error(body)


@pytest.mark.parametrize(
    "settings",
    [{"stride": 1.5}, {"stride": (1.5, 1)}, {"dilation": None}, {"groups": 1.5}],
    ids=str,
)
def test_settings_that_are_no_ints(settings):
    same_error(lambda w: w.conv2d(X(w), W(w), **settings), words=False)


FOLDING = {
    "rank": lambda w: w.nn.functional.unfold(w.ones(1, 2, 4, 4, 4), 2),
    "no windows": lambda w: w.nn.functional.unfold(w.ones(1, 2, 4, 4), (2, 5)),
    "three sizes": lambda w: w.nn.functional.unfold(w.ones(1, 2, 4, 4), (2, 2, 2)),
    "zero stride": lambda w: w.nn.functional.unfold(w.ones(1, 2, 4, 4), 2, stride=(1, 0)),
    "negative padding": lambda w: w.nn.functional.unfold(w.ones(1, 2, 4, 4), 2, padding=-1),
    "integers": lambda w: w.nn.functional.unfold(w.ones(1, 2, 4, 4).long(), 2),
    "no tensor": lambda w: w.nn.functional.unfold([1.0], 2),
    "fold: rank": lambda w: w.nn.functional.fold(w.ones(9), (4, 4), 2),
    "fold: rows": lambda w: w.nn.functional.fold(w.ones(1, 7, 9), (4, 4), 2),
    "fold: windows": lambda w: w.nn.functional.fold(w.ones(1, 8, 8), (4, 4), 2),
    "fold: zero kernel": lambda w: w.nn.functional.fold(w.ones(1, 8, 9), (4, 4), 0),
    "fold: three sizes": lambda w: w.nn.functional.fold(w.ones(1, 8, 9), (4, 4, 4), 2),
    "fold: integers": lambda w: w.nn.functional.fold(w.ones(1, 8, 9).long(), (4, 4), 2),
}


@pytest.mark.parametrize("name", FOLDING)
def test_folding_refuses(name):
    same_error(FOLDING[name])
