"""float16 and bfloat16: what is computed in float32 is rounded once, as in PyTorch."""

import numpy
import pytest
import torch

import minitorch_ff as ff

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


def units_apart(ours, theirs, dtype):
    """The largest difference, in units of the last place of PyTorch's numbers."""
    exponents = numpy.floor(numpy.log2(numpy.maximum(numpy.abs(theirs), 2.0**-14)))
    apart = numpy.abs(ours - theirs) / 2.0 ** (exponents - digits(dtype))
    return numpy.max(numpy.where(ours == theirs, 0, apart))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_values_and_gradients(name, dtype):
    if dtype == "bfloat16":
        pytest.importorskip("ml_dtypes")
    (ours, our_grad), (theirs, their_grad) = [
        in_half(world, name, VALUES, dtype) for world in (ff, torch)
    ]
    assert ours.shape == theirs.shape
    assert units_apart(ours, theirs, dtype) <= 1
    # Gradients are rounded several times, in both worlds: their size decides.
    size = numpy.abs(their_grad).max() or 1
    assert numpy.abs(our_grad - their_grad).max() <= 6 * size * 2.0 ** -digits(dtype)


@pytest.mark.parametrize("name", LARGE)
def test_large_sums_do_not_overflow(name):
    values = 3 * VALUES + 100
    ours, theirs = [in_half(world, name, values, "float16")[0] for world in (ff, torch)]
    assert numpy.isfinite(ours).all()
    assert units_apart(ours, theirs, "float16") <= 1


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


def test_without_the_package_bfloat16_says_what_to_install(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "ml_dtypes", None)
    fresh = type(ff.bfloat16)("bfloat16")
    with pytest.raises(ImportError, match=r"minitorch-ff\[bf16\]"):
        _ = fresh.numpy
