"""The back ends: all primitives described, with twins for rules, fused ones as composed."""

import ast
import inspect
import pathlib

import numpy
import pytest

import minitorch_ff as ff
from compat_tests import strict_backend
from minitorch_ff.firefly import graph, in_place
from minitorch_ff.firefly import ops as operators
from minitorch_ff.firefly.backend import registry
from minitorch_ff.firefly.backend.array_api import ArrayBackend, library
from minitorch_ff.firefly.backend.array_api.library import LibraryFunctions
from minitorch_ff.firefly.ops.elementwise import OfPrimitive
from minitorch_ff.firefly.ops import recurrence
from minitorch_ff.firefly.ops.linear_maps import OwnGradient, Pick, PutBack
from minitorch_ff.firefly.recorded import Recorded

DEVICES = ["cpu", "strict", "kernels", pytest.param("cuda", marks=pytest.mark.gpu)]
ATTRIBUTES = {
    "module", "device_type", "buffer_type", "records", "update_block", "use_threads", "waits",
    "cupyx", "has_kernels", "capturing", "load_cublas",
}  # fmt: skip
TO_THE_HOST = {"device_index", "to_numpy", "from_numpy", "lgamma"}
"""What every back end adds to the shared one."""

OPERATORS = sorted(pathlib.Path(operators.__file__).parent.glob("*.py"))


@pytest.fixture(params=DEVICES)
def xp(request):
    if request.param != "kernels":
        yield registry.backend_for(request.param)
        return
    with strict_backend.kernels() as backend:
        yield backend


def public(names):
    return {name for name in names if not name.startswith("_")}


def methods():
    return public(name for name in dir(ArrayBackend) if callable(getattr(ArrayBackend, name)))


def described():
    return methods() | set(LibraryFunctions.__annotations__) | TO_THE_HOST


# -------------------------------------------------------------------- the list itself


def test_back_ends_offer_what_is_described(xp):
    offered = public(dir(xp)) - ATTRIBUTES
    assert len(offered) > 200
    assert offered == described()


def test_a_primitive_comes_from_one_place():
    assert methods() & set(LibraryFunctions.__annotations__) == set()
    assert set(library.LIBRARY_NAMES) <= set(LibraryFunctions.__annotations__)


@pytest.mark.parametrize("name", sorted(methods() | TO_THE_HOST))
def test_method_says_what_it_does(name):
    assert getattr(type(registry.cpu), name).__doc__


def test_library_function_says_what_it_does():
    tree = ast.parse(pathlib.Path(library.__file__).read_text(encoding="utf-8"))
    (body,) = [node.body for node in tree.body if isinstance(node, ast.ClassDef)]
    for node, following in zip(body, [*body[1:], None], strict=True):
        if isinstance(node, ast.AnnAssign):
            text = isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant)
            assert text, node.target.id


# --------------------------------------------------------------------- twins for rules


def calls_of(function):
    """The `xp.<name>` in a function, and the names of the helpers it hands `xp` to."""
    primitives, helpers = set(), set()
    for node in ast.walk(function):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.value.id == "xp":
                primitives.add(node.attr)
        if isinstance(node, ast.Call) and any(is_xp(argument) for argument in node.args):
            called = node.func
            helpers.add(called.attr if isinstance(called, ast.Attribute) else called.id)
    return primitives, helpers


def is_xp(node):
    return isinstance(node, ast.Name) and node.id == "xp"


def functions_in(paths):
    """(name, syntax tree) of every function and method."""
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                yield node.name, node


def used_by(roots, paths):
    """Every primitive that functions of these names call, helpers included."""
    found, wanted, done = set(), set(roots), set()
    functions = list(functions_in(paths))
    while wanted - done:
        now = wanted - done
        done |= now
        for name, function in functions:
            if name in now:
                primitives, helpers = calls_of(function)
                found |= primitives
                wanted |= helpers - {"forward"}
    return found


def test_every_rule_finds_its_primitives_when_recorded():
    used = used_by({"backward", "receive"}, [*OPERATORS, pathlib.Path(in_place.__file__)])
    assert len(used) > 60
    missing = used - set(dir(Recorded)) - {"records"}
    assert not missing, "called by rules, but recorded.py has no twin"


def test_the_engine_finds_its_primitives_when_recorded():
    used = used_by({"backward", "walk", "hand_on", "fit"}, [pathlib.Path(graph.__file__)])
    assert {"add", "add_", "sum", "sum_rows", "reshape", "cast"} <= used
    assert used <= set(dir(Recorded))


def test_operators_call_what_is_described():
    used = set()
    for _, function in functions_in(OPERATORS):
        used |= calls_of(function)[0]
    assert used - described() - ATTRIBUTES == set()


def leaves(base):
    """The operators that derive from a base, and are no base themselves."""
    for operator in base.__subclasses__():
        if operator.__subclasses__():
            yield from leaves(operator)
        elif operator.__module__.startswith(operators.__name__):
            yield operator


def calls_its_namesake(operator):
    """Whether it, or the base that computes for it, says `getattr(xp, self.primitive)`."""
    text = inspect.getsource(operator.forward)
    if "self.value(" in text:
        text = inspect.getsource(operator.value)
    return "self.primitive)" in text


def test_operators_of_a_primitive_are_called_like_it():
    found = {leaf.primitive for leaf in leaves(OfPrimitive) if calls_its_namesake(leaf)}
    assert len(found) > 50
    assert found - described() == set()


def test_linear_operators_find_their_primitives_when_recorded():
    twins = {leaf.primitive for leaf in leaves(OwnGradient)}
    twins |= {f"{leaf.primitive}_back" for leaf in leaves(Pick)}
    twins |= {leaf.primitive.removesuffix("_back") for leaf in leaves(PutBack)}
    assert {"flip", "gather", "gather_back", "index"} <= twins
    assert twins <= set(dir(Recorded))


# ------------------------------------------- fused ones equal their composition


def arrays(xp, *shapes, dtype="float64"):
    """Random numbers, as buffers."""
    generator = numpy.random.default_rng(0)
    return [xp.from_numpy(generator.standard_normal(s).astype(dtype)) for s in shapes]


def same(xp, fused, composed):
    fused, composed = xp.asarray(fused), xp.asarray(composed)
    assert type(fused) is type(composed) is xp.buffer_type
    assert fused.dtype == composed.dtype
    numpy.testing.assert_allclose(xp.to_numpy(fused), xp.to_numpy(composed), rtol=2e-5, atol=1e-6)


def softmax(xp, x, dim):
    weights = xp.exp(xp.sub(x, xp.amax(x, dim, True)))
    return xp.div(weights, xp.sum(weights, dim, True))


both_dtypes = pytest.mark.parametrize("dtype", ["float32", "float64"])


@both_dtypes
def test_linear(xp, dtype):
    x, weight, bias = arrays(xp, (5, 3), (4, 3), (4,), dtype=dtype)
    product = xp.matmul(x, xp.t(weight))
    same(xp, xp.linear(x, weight, None), product)
    same(xp, xp.linear(x, weight, bias), xp.add(product, bias))


@both_dtypes
@pytest.mark.parametrize("dim", [0, 1])
def test_softmax(xp, dim, dtype):
    (x,) = arrays(xp, (4, 6), dtype=dtype)
    same(xp, xp.softmax(x, dim), softmax(xp, x, dim))
    same(xp, xp.log_softmax(x, dim), xp.log(softmax(xp, x, dim)))
    same(xp, xp.logsumexp(x, dim), xp.log(xp.sum(xp.exp(x), dim)))


@both_dtypes
def test_sigmoid(xp, dtype):
    (x,) = arrays(xp, (3, 5), dtype=dtype)
    same(xp, xp.sigmoid(x), xp.reciprocal(xp.shift(xp.exp(xp.neg(x)), 1)))


@both_dtypes
def test_squared_error(xp, dtype):
    a, b = arrays(xp, (4, 5), (4, 5), dtype=dtype)
    mean, difference = xp.squared_error(a, b)
    same(xp, difference, xp.sub(a, b))
    same(xp, mean, xp.scale(xp.sum(xp.mul(difference, difference)), 1 / 20))


@both_dtypes
def test_cross_entropy(xp, dtype):
    x, grad = arrays(xp, (6, 4), (), dtype=dtype)
    target = xp.from_numpy(numpy.array([0, 3, 1, 1, 2, 0]))
    loss, probabilities = xp.cross_entropy(x, target)
    one_hot = xp.one_hot(target, x)
    same(xp, probabilities, softmax(xp, x, 1))
    picked = xp.mul(xp.log_softmax(x, 1), one_hot)
    same(xp, loss, xp.scale(xp.neg(xp.sum(picked)), 1 / 6))
    gradient = xp.scale(xp.mul(xp.sub(probabilities, one_hot), grad), 1 / 6)
    same(xp, xp.cross_entropy_back(grad, probabilities, target), gradient)


BATCHES = {"rows": ((6, 3), (0,)), "images": ((2, 3, 4, 5), (0, 2, 3))}


@both_dtypes
@pytest.mark.parametrize(("shape", "dims"), BATCHES.values(), ids=BATCHES)
def test_batch_norm(xp, shape, dims, dtype):
    x, grad, weight, bias = arrays(xp, shape, shape, (3,), (3,), dtype=dtype)
    share, eps = 3 / x.size, 1e-5
    channels = (1, 3) + (1,) * (len(shape) - 2)
    w, b = xp.reshape(weight, channels), xp.reshape(bias, channels)
    mean = xp.scale(xp.sum(x, dims, True), share)
    centred = xp.sub(x, mean)
    variance = xp.scale(xp.sum(xp.mul(centred, centred), dims, True), share)
    rstd = xp.reciprocal(xp.sqrt(xp.shift(variance, eps)))
    scaled = xp.mul(centred, rstd)
    for with_weight in (True, False):
        given = (weight, bias) if with_weight else (None, None)
        y, *rest = xp.batch_norm(x, *given, dims, eps)
        same(xp, y, xp.add(xp.mul(scaled, w), b) if with_weight else scaled)
        for fused, composed in zip(rest, (centred, rstd, mean, variance), strict=True):
            same(xp, xp.reshape(fused, composed.shape), composed)
        back = xp.batch_norm_back(grad, rest[0], rest[1], given[0], dims)
        to_bias, to_weight = xp.sum(grad, dims, True), xp.sum(xp.mul(grad, scaled), dims, True)
        to_x = xp.sub(grad, xp.scale(to_bias, share))
        to_x = xp.mul(xp.sub(to_x, xp.mul(scaled, xp.scale(to_weight, share))), rstd)
        same(xp, back[0], xp.mul(to_x, w) if with_weight else to_x)
        same(xp, back[1], xp.reshape(to_weight, (3,)))
        same(xp, back[2], xp.reshape(to_bias, (3,)))


STEPS = {"stride": (2, 1), "padding": (1, 2), "dilation": (1, 2)}


@both_dtypes
@pytest.mark.parametrize("block", [1, 1 << 19])
def test_convolution(xp, dtype, block, monkeypatch):
    """One image after the other, as the product of a matrix with its windows."""
    monkeypatch.setattr(type(xp), "_window_block", block)
    x, weight, bias = arrays(xp, (3, 4, 5, 6), (6, 2, 3, 2), (6,), dtype=dtype)
    size, kernel = (3, 8), (3, 2)
    fused = xp.conv(x, weight, bias, size=size, groups=2, **STEPS)
    (grad,) = arrays(xp, fused.shape, dtype=dtype)
    back = {"groups": 2, **STEPS}
    to_x = xp.conv_input(grad, weight, size=(5, 6), **back)
    to_weight = xp.conv_weight(x, grad, size=kernel, **back)
    windows = {"first": 1, "kernel": kernel, "size": size, **STEPS}
    total = xp.zeros_like(to_weight)
    for i in range(3):
        for group in range(2):
            inputs, outputs = slice(2 * group, 2 * group + 2), slice(3 * group, 3 * group + 3)
            columns = xp.im2col(x[i, inputs], **windows)
            matrix = xp.reshape(weight[outputs], (3, 12))
            rows = xp.reshape(grad[i, outputs], (3, 24))
            product = xp.reshape(xp.matmul(matrix, columns), (3, *size))
            same(xp, fused[i, outputs], xp.add(product, xp.reshape(bias[outputs], (3, 1, 1))))
            spread = xp.im2col_back(xp.matmul(xp.t(matrix), rows), (2, 5, 6), **windows)
            same(xp, to_x[i, inputs], spread)
            part = xp.reshape(xp.matmul(rows, xp.t(columns)), (3, 2, *kernel))
            total[outputs] += part
    same(xp, to_weight, total)


@both_dtypes
@pytest.mark.parametrize("columns", [1, 3, 4])
def test_rows(xp, columns, dtype):
    x, table = arrays(xp, (2, 4, columns), (5, columns), dtype=dtype)
    index = xp.from_numpy(numpy.array([[0, 3, 3, 1], [3, 0, 4, 0]]))
    same(xp, xp.take_rows(table, index), xp.index(table, index))
    same(xp, xp.add_rows(x, index, 5), xp.index_back(x, index, (5, columns)))


RECURRENT = {
    "LSTM": (4, ()), "LSTM-projected": (4, (2, 3)), "GRU": (3, ()), "RNN_TANH": (1, ()),
    "RNN_RELU": (1, ()),
}  # fmt: skip
"""The number of gates, and the shape of a projection."""


@both_dtypes
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("sizes", [(2, 2, 2), (3, 2, 2, 1)], ids=str)
@pytest.mark.parametrize("case", RECURRENT)
def test_recurrence(xp, case, sizes, reverse, dtype):
    """Compared with the layer step by step; its gradients are compared below."""
    gates, project = RECURRENT[case]
    kind, shown = case.split("-")[0], project[0] if project else 3
    shapes = (sum(sizes), 5), (sizes[0], shown), (sizes[0], 3)
    shapes += (gates * 3, 5), (gates * 3, shown), (gates * 3,), (gates * 3,)
    x, h, c, *weights = arrays(xp, *shapes, *([project] if project else []), dtype=dtype)
    weights += [None] * (5 - len(weights))
    c = c if kind == "LSTM" else None
    settings = {"kind": kind, "sizes": sizes, "reverse": reverse}
    *fused, kept = xp.recurrence(x, h, c, weights, **settings)
    composed = recurrence.by_steps(xp, x, h, c, *weights, **settings)
    for a, b in zip(fused, composed, strict=False):
        same(xp, a, b)
    assert (fused[2] is None) == (c is None)
    ones = [xp.add(xp.zeros_like(y), xp.constant(1, y.dtype)) for y in composed]
    back = xp.recurrence_back(ones, kept, (x, h, c, *weights), (True, True), **settings)
    for given, gradient in zip((x, h, c, *weights), back, strict=True):
        assert (given is None) == (gradient is None)
        assert given is None or given.shape == gradient.shape


@both_dtypes
def test_small_ones(xp, dtype):
    x, y = arrays(xp, (4, 5), (4, 5), dtype=dtype)
    mask = xp.gt(y, xp.constant(0, y.dtype))
    zero = xp.zeros_like(x)
    same(xp, xp.where_true(x, mask), xp.where(mask, x, zero))
    same(xp, xp.where_nonzero(x, xp.positive_part(y)), xp.where(mask, x, zero))
    same(xp, xp.positive_part(x), xp.maximum(x, zero))
    same(xp, xp.sum_rows(x), xp.sum(x, 0))
    same(xp, xp.channel_sums(x, (0,)), xp.sum(x, 0))
    same(xp, xp.add_scaled(x, y, 3), xp.add(x, xp.scale(y, 3)))
    same(xp, xp.matmul(x[0], y[0]), xp.sum(xp.mul(x[0], y[0])))
    same(xp, xp.rsqrt(xp.abs(x)), xp.reciprocal(xp.sqrt(xp.abs(x))))
    same(xp, xp.scale(x, 3), xp.mul(x, xp.constant(3, x.dtype)))
    same(xp, xp.shift(x, 3), xp.add(x, xp.constant(3, x.dtype)))
    same(xp, xp.clip(x, -0.5, None), xp.maximum(x, xp.constant(-0.5, x.dtype)))
    mixed = xp.copy(x)
    xp.mix_(mixed, y, 0.25)
    same(xp, mixed, xp.add(xp.scale(x, 0.75), xp.scale(y, 0.25)))
    for exponent in (0.5, -1, 1, 2, 3, 4, 1.7):
        positive = xp.abs(x)
        same(xp, xp.pow(positive, exponent), xp.power(positive, xp.constant(exponent, x.dtype)))


def test_large_ones_take_other_paths(xp):
    """From some thousands of elements on, NumPy's back end computes differently."""
    a, b, y = arrays(xp, (3000,), (3000,), (3000,), dtype="float32")
    mask = xp.gt(y, xp.constant(0, y.dtype))
    chosen = numpy.where(xp.to_numpy(mask), xp.to_numpy(a), xp.to_numpy(b))
    same(xp, xp.where(mask, a, b), xp.from_numpy(chosen))
    same(xp, xp.where_true(a, mask), xp.where(mask, a, xp.zeros_like(a)))
    same(xp, xp.positive_part(a), xp.maximum(a, xp.zeros_like(a)))
    (long,) = arrays(xp, (1 << 16,))
    same(xp, xp.sum(long), xp.sum(xp.sum(xp.reshape(long, (256, 256)), 0), 0))


# --------------------------------------------------- the same, when recorded


OTHER = ff.arange(12, dtype=ff.float64).reshape(4, 3).cos()
INDEX = ff.tensor([[0, 2, 2], [1, 0, 3]])


def recurrent(kind):
    """A layer whose gradients meet those of its single steps."""
    layer = getattr(ff.nn, kind)(3, 2).double()
    return lambda x: sum([(y**2).sum() for y in layer(x.reshape(2, 2, 3))[:1]])


FUSED = {
    **{kind: recurrent(kind) for kind in ("LSTM", "GRU", "RNN")},
    "embedding": lambda x: (ff.nn.functional.embedding(INDEX, x) ** 3).sum(),
    "cross_entropy": lambda x: ff.nn.functional.cross_entropy(x, ff.tensor([0, 2, 1, 1])),
    "squared_error": lambda x: ff.nn.functional.mse_loss(x, OTHER),
    "softmax": lambda x: (x.softmax(1) ** 2).sum(),
    "log_softmax": lambda x: (x.log_softmax(0) ** 2).sum(),
    "sigmoid": lambda x: (x.sigmoid() ** 2).sum(),
    "batch_norm": lambda x: (ff.nn.functional.batch_norm(x, None, None, training=True) ** 3).sum(),
    "conv": lambda x: (ff.conv1d(x, OTHER.reshape(1, 4, 3), padding=1) ** 2).sum(),
    "linear": lambda x: (ff.nn.functional.linear(x, OTHER) ** 2).sum(),
}


@pytest.mark.parametrize("name", FUSED)
def test_recorded_rule_gives_the_same_gradient(name):
    x = ff.randn(4, 3, dtype=ff.float64, requires_grad=True)
    (plain,) = ff.autograd.grad(FUSED[name](x), x)
    (recorded,) = ff.autograd.grad(FUSED[name](x), x, create_graph=True)
    assert recorded.requires_grad
    assert plain.abs().sum() > 0
    numpy.testing.assert_allclose(recorded.detach().numpy(), plain.numpy(), rtol=1e-10, atol=1e-12)
    assert ff.autograd.gradgradcheck(FUSED[name], (x,))
