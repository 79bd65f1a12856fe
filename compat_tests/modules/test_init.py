"""`nn.init`: the same numbers, bit for bit, from the same seed."""

import pytest
import torch

import minitorch_ff as ff

SHAPES = [(3, 4), (40, 7), (6, 4, 3), (8, 4, 3, 3), (4, 2, 3, 2, 2)]

FILLINGS = {
    "uniform": lambda init, t: init.uniform_(t),
    "uniform bounds": lambda init, t: init.uniform_(t, -0.3, 0.7),
    "normal": lambda init, t: init.normal_(t),
    "normal moments": lambda init, t: init.normal_(t, 1.5, 0.2),
    "trunc normal": lambda init, t: init.trunc_normal_(t, std=0.02),
    "trunc normal tight": lambda init, t: init.trunc_normal_(t, 0.1, 1.0, -0.8, 1.2),
    "trunc normal tail": lambda init, t: init.trunc_normal_(t, 0.0, 1.0, 1.0, 2.0),
    "trunc normal narrow": lambda init, t: init.trunc_normal_(t, 0.0, 1.0, -0.1, 0.1),
    "trunc normal above": lambda init, t: init.trunc_normal_(t, 1.9, 1.0, -1.0, 0.5),
    "constant": lambda init, t: init.constant_(t, 0.3),
    "ones": lambda init, t: init.ones_(t),
    "zeros": lambda init, t: init.zeros_(t),
    "xavier uniform": lambda init, t: init.xavier_uniform_(t, gain=1.7),
    "xavier normal": lambda init, t: init.xavier_normal_(t),
    "kaiming uniform": lambda init, t: init.kaiming_uniform_(t, a=5**0.5),
    "kaiming uniform out": lambda init, t: init.kaiming_uniform_(
        t, mode="fan_out", nonlinearity="relu"
    ),
    "kaiming normal": lambda init, t: init.kaiming_normal_(t, nonlinearity="selu"),
    "kaiming normal out": lambda init, t: init.kaiming_normal_(t, 0.2, mode="FAN_OUT"),
}


def filled(world, name, shape, dtype, generator=False):
    """A parameter after a filling, and the next number of the generator."""
    world.manual_seed(3)
    tensor = world.nn.Parameter(world.empty(shape, dtype=getattr(world, dtype)))
    result = FILLINGS[name](world.nn.init, tensor)
    assert result is tensor
    assert tensor.requires_grad
    assert tensor.is_leaf
    return tensor.detach().tolist(), world.rand(2).tolist()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", FILLINGS)
def test_numbers(name, shape, dtype):
    assert filled(ff, name, shape, dtype) == filled(torch, name, shape, dtype)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # NumPy's, of a zero's log
@pytest.mark.parametrize("name", FILLINGS)
def test_half_precision(name):
    for dtype in ("float16", "bfloat16"):
        assert filled(ff, name, (5, 8), dtype) == filled(torch, name, (5, 8), dtype)


@pytest.mark.parametrize("shape", [(5, 3), (3, 5), (4, 4), (3, 2, 2), (2, 3, 3)], ids=str)
def test_orthogonal(same, shape):
    def body(w, note):
        t = w.empty(shape)
        note(w.nn.init.orthogonal_(t) is t, t)
        note(w.nn.init.orthogonal_(w.empty(shape, dtype=w.float64), gain=3.0))
        note(w.rand(2), w.nn.init.orthogonal_(w.empty(0, 3)))

    same(body)


def test_generators(same):
    def body(w, note):
        def generator():
            return w.Generator().manual_seed(5)

        init, shape = w.nn.init, (4, 6)
        for fill in (
            init.uniform_, init.normal_, init.trunc_normal_, init.xavier_uniform_,
            init.xavier_normal_, init.kaiming_uniform_, init.kaiming_normal_,
            init.orthogonal_,
        ):  # fmt: skip
            note(fill(w.empty(shape), generator=generator()))
        note(init.sparse_(w.empty(shape), 0.5, generator=generator()), w.rand(1))

    same(body)


def test_structured(same):
    def body(w, note):
        init = w.nn.init
        note(init.eye_(w.empty(3, 5)), init.eye_(w.nn.Parameter(w.empty(4, 2))))
        note(init.eye_(w.empty(2, 2, dtype=w.float64)))
        note(init.dirac_(w.empty(4, 3, 3)), init.dirac_(w.empty(4, 2, 3, 4), groups=2))
        note(init.dirac_(w.nn.Parameter(w.empty(2, 5, 3, 3, 3))))
        note(init.sparse_(w.empty(10, 4), 0.3), init.sparse_(w.empty(6, 3), 0.5, std=1.0))
        note(init.sparse_(w.nn.Parameter(w.empty(5, 5)), 0.1))

    same(body)


def test_gains(same):
    def body(w, note):
        gain = w.nn.init.calculate_gain
        for name in ("linear", "conv2d", "conv_transpose3d", "sigmoid", "tanh", "relu",
                     "selu", "leaky_relu", "gelu", "Linear"):  # fmt: skip
            note.attempt(gain, name)
        for slope in (0.2, 1, True, "a"):
            note.attempt(gain, "leaky_relu", slope)
            note.attempt(gain, "relu", slope)
        fans = w.nn.init._calculate_fan_in_and_fan_out
        for shape in ((3, 4), (3, 4, 5, 6), (0, 4), (3,), ()):
            note.attempt(fans, w.empty(shape))

    same(body)


def test_errors_and_warnings(same):
    def body(w, note):
        init = w.nn.init
        vector, empty, matrix = w.empty(3), w.empty(0, 3), w.ones(2, 3)
        for fill in (
            init.xavier_uniform_, init.xavier_normal_, init.kaiming_uniform_,
            init.kaiming_normal_, init.orthogonal_, init.eye_, init.dirac_,
        ):  # fmt: skip
            note.attempt(fill, vector)
        for fill in (init.kaiming_uniform_, init.kaiming_normal_, init.uniform_,
                     init.normal_, init.trunc_normal_, init.orthogonal_):  # fmt: skip
            note.attempt(fill, empty)
        note.attempt(init.kaiming_uniform_, matrix, mode="fan")
        note.attempt(init.kaiming_normal_, matrix, nonlinearity="gelu")
        note.attempt(init.dirac_, w.empty(3, 2, 2), groups=2)
        note.attempt(init.sparse_, vector, 0.1)
        note.attempt(init.trunc_normal_, w.empty(3), 5.0, 1.0, -2.0, 2.0)

    same(body)


def test_old_names(same):
    def body(w, note):
        init = w.nn.init
        for name in ("uniform", "normal", "eye", "xavier_uniform", "xavier_normal",
                     "kaiming_uniform", "kaiming_normal", "orthogonal"):  # fmt: skip
            note.attempt(getattr(init, name), w.empty(3, 4))
            note(getattr(init, name).__name__)
        note.attempt(init.constant, w.empty(2), 3)
        note.attempt(init.dirac, w.empty(2, 2, 2))
        note.attempt(init.sparse, w.empty(4, 3), sparsity=0.5)

    same(body)
