"""float16 and bfloat16: no result is further from PyTorch's than the next number.

PyTorch's CPU computes in float32 and rounds; some kernels round in between, and so do we. What
is further off is listed with its reason.
"""

import numpy
import pytest
import torch
from torch.testing._internal.opinfo.core import BinaryUfuncInfo, UnaryUfuncInfo

import minitorch_ff as ff
from compat_tests.conformance import opinfo
from compat_tests.conformance.callables import resolve
from compat_tests.ops import halves

pytest.importorskip("ml_dtypes")

DTYPES = ["float16", "bfloat16"]

VALUES = numpy.random.default_rng(0).standard_normal((64, 96)).astype("float32")

FUNCTIONS = {
    # reductions
    "sum": lambda w, x: x.sum(),
    "sum of columns": lambda w, x: x.sum(0),
    "mean": lambda w, x: x.mean(),
    "mean of rows": lambda w, x: x.mean(1),
    "var": lambda w, x: x.var(),
    "std": lambda w, x: x.std(0),
    "var_mean": lambda w, x: w.stack(w.var_mean(x)),
    "norm": lambda w, x: x.norm(),
    "norm 1": lambda w, x: x.norm(1, dim=0),
    "norm 3": lambda w, x: x.norm(3, dim=1),
    "logsumexp": lambda w, x: x.logsumexp(0),
    "cumsum": lambda w, x: x.cumsum(1),
    # matrices
    "matmul": lambda w, x: x @ x.t(),
    "matrix and vector": lambda w, x: x @ x[0],
    "dot": lambda w, x: x[0].dot(x[1]),
    "bmm": lambda w, x: x.reshape(4, 16, 96) @ x.reshape(4, 96, 16),
    "linear": lambda w, x: w.nn.functional.linear(x, x[:5], x[0, :5]),
    "addmm": lambda w, x: w.addmm(x[:, :64], x, x.t(), beta=0.5, alpha=0.3),
    # activations
    **{
        name: lambda w, x, name=name: getattr(w.nn.functional, name)(x)
        for name in (
            "relu gelu silu mish softplus elu selu hardswish hardsigmoid logsigmoid sigmoid tanh "
            "leaky_relu hardtanh softshrink"
        ).split()
    },
    "softmax": lambda w, x: x.softmax(1),
    "log_softmax": lambda w, x: x.log_softmax(1),
    # each element by itself
    "add": lambda w, x: x + 0.1,
    "mul": lambda w, x: x * 3.14,
    "div": lambda w, x: x / 3.0,
    "pow": lambda w, x: x.abs() ** 2.3,
    "exp": lambda w, x: (x / 50).exp(),
    "log": lambda w, x: x.abs().log(),
    "rsqrt": lambda w, x: (x.abs() + 0.1).rsqrt(),
    "sin": lambda w, x: x.sin(),
    "erf": lambda w, x: x.erf(),
    "lerp": lambda w, x: w.lerp(x, x.flip(0), 0.3),
    "addcmul": lambda w, x: w.addcmul(x, x, x / 50, value=0.3),
    "addcdiv": lambda w, x: w.addcdiv(x, x, x.abs() + 1.5, value=0.3),
    "clamp": lambda w, x: x.clamp(-0.3, 0.7),
    # losses
    "mse_loss": lambda w, x: w.nn.functional.mse_loss(x, x.flip(0)),
    "l1_loss": lambda w, x: w.nn.functional.l1_loss(x, x.flip(0)),
    "cross_entropy": lambda w, x: w.nn.functional.cross_entropy(x, w.arange(64)),
}

LARGE = "mean var norm mse_loss std var_mean".split()
"""Their sums of numbers around 100 pass the end of float16, the results do not."""


def in_half(world, name, values, dtype):
    """A result and the gradient of the input, in float32 as NumPy arrays."""
    x = world.tensor(values).to(getattr(world, dtype)).requires_grad_()
    y = FUNCTIONS[name](world, x)
    assert str(y.dtype) == f"torch.{dtype}"
    upstream = numpy.cos(numpy.arange(y.numel(), dtype="float32")).reshape(tuple(y.shape))
    y.backward(world.tensor(upstream).to(y.dtype))
    assert str(x.grad.dtype) == f"torch.{dtype}"
    return y.detach().float().numpy(), x.grad.float().numpy()


def digits(dtype):
    return {"float16": 10, "bfloat16": 7}[dtype]


def apart(ours, theirs, dtype):
    """The largest distance in steps; those of numbers below 2⁻¹⁴ count as steps there."""
    exponents = numpy.floor(numpy.log2(numpy.maximum(numpy.abs(theirs), 2.0**-14)))
    steps = numpy.abs(ours - theirs) / 2.0 ** (exponents - digits(dtype))
    return numpy.max(numpy.where(ours == theirs, 0, steps))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_values_and_gradients(name, dtype):
    (ours, our_grad), (theirs, their_grad) = [
        in_half(world, name, VALUES, dtype) for world in (ff, torch)
    ]
    assert ours.shape == theirs.shape
    assert apart(ours, theirs, dtype) <= 1
    # Where several functions stand in a row, a step to the next number grows on the way back.
    size = numpy.abs(their_grad).max() or 1
    assert numpy.abs(our_grad - their_grad).max() <= 4 * size * 2.0 ** -digits(dtype)


@pytest.mark.parametrize("name", LARGE)
def test_large_sums_do_not_overflow(name):
    values = 3 * VALUES + 100
    ours, theirs = [in_half(world, name, values, "float16")[0] for world in (ff, torch)]
    assert numpy.isfinite(ours).all()
    assert apart(ours, theirs, "float16") <= 1


def test_second_gradients():
    def second(world):
        x = world.tensor([0.5, -1.5, 2.0], dtype=world.float16, requires_grad=True)
        (g,) = world.autograd.grad((world.nn.functional.gelu(x) ** 2).sum(), x, create_graph=True)
        (g,) = world.autograd.grad((g * g).sum(), x)
        return g.float().numpy()

    numpy.testing.assert_allclose(second(ff), second(torch), rtol=5e-3)


def test_a_changed_input_is_noticed():
    for world in (ff, torch):
        x = world.ones(3, dtype=world.float16).requires_grad_() * 1
        y = world.nn.functional.gelu(x)
        x.add_(1)
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            y.sum().backward()


def test_integers_of_two_bytes_are_no_halves():
    x = ff.tensor([1, 2], dtype=ff.int16)
    assert x.sum().dtype == ff.int64
    assert x.exp().dtype == ff.float32


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("order", ["nuc", 2])
def test_singular_values_are_refused(order, dtype):
    errors = []
    for world in (ff, torch):
        with pytest.raises(RuntimeError, match="Low precision dtypes not supported") as caught:
            world.linalg.matrix_norm(world.ones(2, 2, dtype=getattr(world, dtype)), order)
        errors.append(str(caught.value))
    assert errors[0] == errors[1]


def test_a_second_walk_is_refused_as_usual():
    x = ff.ones(3, dtype=ff.float16).requires_grad_()
    for loss in (ff.nn.functional.mse_loss(x, x.detach() * 2), x.tanh().sum(), x.var()):
        loss.backward()
        with pytest.raises(RuntimeError, match="backward through the graph a second time"):
            loss.backward()


IN_PLACE = "exp_ sigmoid_ tanh_ sqrt_ rsqrt_ log_ add_ mul_ div_ floor_divide_ clamp_ lerp_".split()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", IN_PLACE)
def test_in_place(name, dtype):
    values = torch.rand(64).to(halves.DTYPES[dtype]) + 0.25
    further = {"clamp_": (0.3, 0.7), "lerp_": (values.flip(0), 0.3)}
    arguments = further.get(
        name, (values.flip(0),) if name[:-1] in "add mul div floor_divide" else ()
    )
    results = []
    for world in (ff, torch):
        x = halves.in_world(world, values)
        given = [halves.in_world(world, a) if isinstance(a, torch.Tensor) else a for a in arguments]
        assert getattr(x, name)(*given) is x
        results.append(x)
    assert halves.furthest(halves.as_torch(results[0]), results[1]) <= 1


def test_without_the_package_bfloat16_says_what_to_install(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "ml_dtypes", None)
    fresh = type(ff.bfloat16)("bfloat16")
    with pytest.raises(ImportError, match=r"minitorch-ff\[bf16\]"):
        _ = fresh.numpy


# ------------------------------------------------------------------ every number

ACTIVATIONS = """
relu relu6 leaky_relu elu selu celu gelu silu mish softplus softsign hardtanh hardsigmoid
hardswish logsigmoid tanhshrink softshrink hardshrink
""".split()
CONVERSIONS = "bool byte char short int long half float double fill".split()
UNARY = [op for op in halves.tested_ops() if isinstance(op, UnaryUfuncInfo)]
ELEMENTWISE = sorted(
    {op.name for op in UNARY if not op.variant_test_name and "functional" not in op.name}
    | {"nn.functional." + name for name in ACTIVATIONS}
)
ELEMENTWISE = [name for name in ELEMENTWISE if name not in CONVERSIONS]
FURTHER_OFF = {
    "sinh float16": (1, 1e-3, "the hyperbolic cosine stands between two numbers"),
    "nn.functional.logsigmoid bfloat16": (5, 3e-39, "these are denormal in float32 too"),
    "nn.functional.softplus bfloat16": (5, 3e-39, "these are denormal in float32 too"),
}
"""How many numbers are further off than one step, and how far at most."""


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ELEMENTWISE)
@torch.backends.mkldnn.flags(enabled=False)  # it has another `gelu`, for some processors only
@pytest.mark.filterwarnings("ignore:TF32 acceleration")
def test_every_number(name, dtype):
    """All 65536 of them, and their gradients; infinities and not-a-numbers on the way there."""
    x = halves.every_number(halves.DTYPES[dtype])
    upstream = torch.cos(torch.arange(x.numel(), dtype=torch.float32)).to(x.dtype)
    found = []
    for world in (ff, torch):
        leaf = halves.in_world(world, x)
        differentiable = name not in ("isnan", "isinf", "isfinite", "logical_not")
        y = resolve(world, name)(leaf.requires_grad_(differentiable))
        if differentiable and y.requires_grad:
            y.backward(halves.in_world(world, upstream))
        found.append([y.detach(), leaf.grad])
    (ours, our_grad), (theirs, their_grad) = found
    if not theirs.is_floating_point():
        assert torch.equal(halves.as_torch(ours), theirs)
        return
    finite = x.isfinite()  # the slope at not-a-number depends on the place in PyTorch's vectors
    assert_near(name, dtype, halves.as_torch(ours), theirs)
    assert (our_grad is None) == (their_grad is None)
    if our_grad is not None:
        assert_near(name, dtype, halves.as_torch(our_grad)[finite], their_grad[finite])


def assert_near(name, dtype, ours, theirs):
    assert ours.dtype == theirs.dtype
    further = halves.ulps(ours, theirs) > 1
    count, distance, _ = FURTHER_OFF.get(f"{name} {dtype}", (0, 0, ""))
    assert int(further.sum()) <= count
    if count and bool(further.any()):
        assert float((ours[further].float() - theirs[further].float()).abs().max()) <= distance


BINARY = [op for op in halves.tested_ops() if isinstance(op, BinaryUfuncInfo)]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("op", BINARY, ids=opinfo.op_key)
def test_pairs_of_every_magnitude(op, dtype):
    dtype = halves.DTYPES[dtype]
    if dtype not in op.dtypes or op.name.startswith("__"):
        pytest.skip("PyTorch has no function for this")
    a, b = halves.random_numbers(dtype, 1), halves.random_numbers(dtype, 2)
    b[::3] = a[::3]
    settings = {"div|floor_rounding": "floor", "div|trunc_rounding": "trunc"}
    mode = settings.get(opinfo.op_key(op))
    results = []
    for world in (ff, torch):
        pair = [halves.in_world(world, x) for x in (a, b)]
        call = resolve(world, op.name)
        results.append(call(*pair, rounding_mode=mode) if mode else call(*pair))
    ours, theirs = halves.as_torch(results[0]), results[1]
    assert ours.dtype == theirs.dtype
    if theirs.dtype == dtype:
        assert halves.furthest(ours, theirs) <= 1
    else:
        torch.testing.assert_close(ours, theirs, rtol=1e-12, atol=0, equal_nan=True)


DIVISIONS = {
    "floor_divide": lambda w, x, c: x // c,
    "floor": lambda w, x, c: w.div(x, c, rounding_mode="floor"),
    "trunc": lambda w, x, c: w.div(x, c, rounding_mode="trunc"),
    "of a number": lambda w, x, c: c // x,
    "by a tensor": lambda w, x, c: x // w.tensor(c, dtype=x.dtype),
    "in place": lambda w, x, c: x.floor_divide_(c),
    "remainder": lambda w, x, c: x % c,
    "fmod": lambda w, x, c: w.fmod(x, c),
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", DIVISIONS)
def test_division_by_a_number(name, dtype):
    """Not by the nearest half-precision number; a step there is a whole one here."""
    x = torch.from_numpy(VALUES * 10).to(halves.DTYPES[dtype])
    for number in (0.1, -0.7, 1 / 3, 3):
        ours, theirs = [DIVISIONS[name](w, halves.in_world(w, x), number) for w in (ff, torch)]
        assert torch.equal(halves.as_torch(ours), theirs)


@pytest.mark.parametrize("count", [31, 63, 100])
def test_ends_of_vectors(count):
    """PyTorch computes what fills no vector number by number, where 89 is not too large."""
    x = torch.full((count,), 89.0, dtype=torch.bfloat16)
    for function in (
        lambda w, x: x.sinh(),
        lambda w, x: x.cosh(),
        lambda w, x: w.fmod(x * 1e36, x * 1e-10),
        lambda w, x: (x * 1e36) % 3e-7,
    ):
        ours, theirs = [function(w, halves.in_world(w, x)) for w in (ff, torch)]
        assert halves.furthest(halves.as_torch(ours), theirs) == 0


# -------------------------------------------------------------------- reductions

LONG = {
    "sum": lambda x: x.sum(),
    "rows": lambda x: x.sum(1),
    "columns": lambda x: x.sum(0),
    "mean": lambda x: x.mean(1),
    "var": lambda x: x.var(1),
    "std": lambda x: x.std(0),
    "norm": lambda x: x.norm(dim=1),
    "logsumexp": lambda x: x.logsumexp(1),
    "cumsum": lambda x: x.cumsum(1),
    "softmax": lambda x: x.softmax(1),
    "log_softmax": lambda x: x.log_softmax(1),
    "amax": lambda x: x.amax(1),
    "prod of rows": lambda x: x[:, :700].div(16).add(0.98).prod(1),
    "prod of columns": lambda x: x.div(4).add(1).prod(0),
    "product of matrices": lambda x: x @ x.t(),
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", LONG)
def test_long_rows(name, dtype):
    """Positive numbers: what cancels is as exact as float32 in either world, not to one step."""
    values = torch.from_numpy(numpy.abs(numpy.random.default_rng(3).normal(size=(40, 3000))))
    x = (values * 0.3).to(halves.DTYPES[dtype])
    ours, theirs = [LONG[name](halves.in_world(world, x)) for world in (ff, torch)]
    assert halves.furthest(halves.as_torch(ours), theirs) <= 1


# ------------------------------------------------------------ PyTorch's database

ROUNDED = "it is the difference of nearly equal numbers, one of which is a step off"
GRADIENTS_OFF = {
    "addmv": (4, "PyTorch does not round the factor of the input's gradient"),
    "softmax": (1, ROUNDED),
    "nn.functional.softmin": (1, ROUNDED),
    "nn.functional.normalize": (1100, "the exact gradient is zero; " + ROUNDED),
    "nn.functional.binary_cross_entropy": (1, "PyTorch's weighted loss is one kernel"),
    "tile": (7, "PyTorch adds up in several sums, each rounded"),
    "prod": (1, "PyTorch's vectors multiply in another order"),
    "norm": (1, "PyTorch takes a step more for the last numbers of a power"),
}
"""Gradients that are further off: by how much of the largest one, in steps."""

NUMBERS = ["item", "allclose", "equal"]  # their results are no tensors
CASES = [
    pytest.param(op, count, id=opinfo.op_key(op) + ending, marks=marks)
    for count, ending, marks in ((2, "", ()), (200, "-all", pytest.mark.slow))
    for op in halves.tested_ops()
    if op.name not in NUMBERS and (count > 2 or op.name not in halves.SHAPING)
]


@pytest.mark.filterwarnings("ignore:reduction. 'mean' divides")
@pytest.mark.parametrize(("op", "count"), CASES)
def test_database(op, count):
    compared = 0
    for name in DTYPES:
        dtype = halves.DTYPES[name]
        if dtype not in op.dtypes:
            continue
        for what, ours, theirs, at in halves.compared(op, dtype, count):
            compared += 1
            if theirs.dtype != dtype:
                torch.testing.assert_close(
                    ours, theirs, equal_nan=True, msg=lambda m, at=at: m + at
                )
            elif halves.furthest(ours, theirs) > 1:
                steps = halves.error_of_size(ours, theirs) * 2 ** digits(name)
                allowed = GRADIENTS_OFF.get(op.name, (0, ""))[0] if what == "gradient" else 0
                assert steps <= allowed, f"{what} {halves.furthest(ours, theirs)}: {at}"
    assert compared
