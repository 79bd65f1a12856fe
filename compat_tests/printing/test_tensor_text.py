"""The text of tensors is PyTorch's, byte for byte.

Every case is printed three times under the same options: by PyTorch, by our printing
from PyTorch's tensor, and by our own tensor of the same numbers.
"""

from __future__ import annotations

import warnings
from contextlib import contextmanager

import numpy
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import minitorch_ff as ff
from minitorch_ff import _printing

INF, NAN = float("inf"), float("nan")


def ours(t):
    """The same tensor in minitorch_ff."""
    plain = t.detach()
    if t.dtype == torch.bfloat16:
        copy = ff.from_numpy(plain.float().numpy()).bfloat16()
    else:
        copy = ff.from_numpy(plain.numpy())
    return copy.requires_grad_() if t.requires_grad else copy


@contextmanager
def options(**chosen):
    """Print with these options, here and there."""
    before = _printing.get_printoptions()
    with torch._tensor_str.printoptions(**chosen):
        _printing.set_printoptions(**chosen)
        try:
            yield
        finally:
            _printing.set_printoptions(**before)


def assert_same_text(t, **chosen):
    with options(**chosen):
        expected = repr(t)
        assert _printing.tensor_repr(t) == expected
        if t.grad_fn is None:
            assert repr(ours(t)) == expected


# ------------------------------------------------------------------------- a table

HARD_CASES = {
    "a number": torch.tensor(2.5),
    "a whole number": torch.tensor(-3.0),
    "zero": torch.tensor(0.0),
    "minus zero": torch.tensor(-0.0),
    "nan": torch.tensor(NAN),
    "an infinity": torch.tensor(-INF),
    "a truth": torch.tensor(True),
    "an integer": torch.tensor(-7),
    "a complex number": torch.tensor(1 - 2.5j),
    "one in its brackets": torch.tensor([[[0.1]]]),
    "zeros": torch.zeros(2, 3),
    "minus zeros": torch.tensor([-0.0, 1.0, -0.0]),
    "only what is not finite": torch.tensor([NAN, INF, -INF]),
    "whole and nan": torch.tensor([1.0, NAN, -0.0]),
    "whole and minus infinity": torch.tensor([10.0, -INF, 200.0]),
    "fractions and nan": torch.tensor([0.25, NAN, INF, -INF, -100.5]),
    "exponents and nan": torch.tensor([1e-10, NAN, INF, -INF, 0.0, -0.0]),
    "ratio at the limit": torch.tensor([1.0, 1000.0]),
    "ratio over the limit": torch.tensor([1.0, 1000.1]),
    "fractions at the limit": torch.tensor([0.5, 500.0]),
    "large at the limit": torch.tensor([1e8, 2e7]),
    "large over the limit": torch.tensor([1.1e8, 2e7], dtype=torch.float64),
    "small at the limit": torch.tensor([1e-4, 1e-3], dtype=torch.float64),
    "small at float32's limit": torch.tensor([1e-4]),
    "small over the limit": torch.tensor([0.99e-4], dtype=torch.float64),
    "subnormal": torch.tensor([1e-45, 1.0]),
    "subnormal in float64": torch.tensor([5e-324], dtype=torch.float64),
    "three digits of exponent": torch.tensor([1e-200, 1.0], dtype=torch.float64),
    "overflowing ratio": torch.tensor([1e300, 1e-300], dtype=torch.float64),
    "float16's largest": torch.tensor([65504.0, 6e-8], dtype=torch.float16),
    "bfloat16's largest": torch.tensor([3.3895e38, 1.0], dtype=torch.bfloat16),
    "bfloat16": torch.tensor([1.1, -2.0, NAN], dtype=torch.bfloat16),
    "rounds up to a digit more": torch.tensor([9.99999, 0.5]),
    "rounds to minus zero": torch.tensor([-0.00049, 0.4]),
    "beyond int64": torch.tensor([2.0**70]),
    "int64's limits": torch.tensor([-(2**63), 2**63 - 1]),
    "uint8": torch.tensor([0, 255], dtype=torch.uint8),
    "int8": torch.tensor([[-128, 127], [0, 1]], dtype=torch.int8),
    "int32": torch.arange(3, dtype=torch.int32),
    "truths": torch.tensor([True, False]),
    "only false": torch.tensor([[False], [False]]),
    "complex": torch.tensor([1 + 2j, -1.5 - 0.25j]),
    "complex zeros": torch.tensor([complex(-0.0, -0.0), complex(0.0, 0.0)]),
    "complex nan": torch.tensor([complex(NAN, NAN), complex(1, -INF)]),
    "complex of two scales": torch.tensor([1e-6 + 1j, 1 + 1000.5j]),
    "complex128": torch.tensor([[1 + 2j]], dtype=torch.complex128),
    "many complex": torch.arange(40) * (0.5 - 0.25j),
    "empty": torch.tensor([]),
    "empty integers": torch.tensor([], dtype=torch.int64),
    "empty truths": torch.zeros(2, 0, dtype=torch.bool),
    "empty matrix": torch.zeros(0, 3),
    "empty float64": torch.zeros(3, 0, 2, dtype=torch.float64),
    "many lines": torch.arange(100.0) / 7,
    "a long row": torch.arange(1000),
    "one too many": torch.arange(1001),
    "a large matrix": torch.arange(2000.0).view(4, 500) / 3,
    "a tall matrix": torch.arange(2000.0).view(500, 4),
    "one large row": torch.arange(1500.0).view(1, 1500),
    "six rows": torch.arange(6 * 200).view(6, 200),
    "seven rows": torch.arange(7 * 200).view(7, 200),
    "a large scale at the edge": torch.cat([torch.ones(2000), torch.tensor([1e9])]),
    "a large scale within": torch.ones(2001).index_fill(0, torch.tensor([1000]), 1e9),
    "five dimensions": torch.arange(32.0).view(2, 2, 2, 2, 2),
    "large five dimensions": torch.arange(5**5).view(5, 5, 5, 5, 5) / 7,
    "transposed": torch.arange(6.0).view(2, 3).t() / 4,
    "expanded": torch.tensor([[1.5], [2.0]]).expand(2, 900),
    "every second": torch.arange(10)[::2],
    "requires grad": torch.ones(2, requires_grad=True),
    "requires grad, empty": torch.ones(2, 0, requires_grad=True),
    "requires grad on a new line": torch.full((7,), 0.25, requires_grad=True),
    "two suffixes": torch.full((6,), 0.5, dtype=torch.float64, requires_grad=True),
    "fits exactly": torch.full((1, 7), 10.25, dtype=torch.float16),
}

SOME_OPTIONS = [
    {},
    {"profile": "short"},
    {"profile": "full"},
    {"precision": 0},
    {"precision": 10, "linewidth": 60},
    {"sci_mode": True},
    {"sci_mode": False},
    {"sci_mode": True, "precision": 1, "linewidth": 20},
    {"threshold": 0},
    {"threshold": 2, "edgeitems": 1},
    {"threshold": 5, "edgeitems": 0},
    {"edgeitems": 0},
    {"linewidth": 1},
    {"linewidth": 500, "edgeitems": 7, "threshold": 50},
]


@pytest.mark.parametrize("chosen", SOME_OPTIONS, ids=str)
def test_hard_cases(chosen):
    assert HARD_CASES
    for name, t in HARD_CASES.items():
        if t.numel() > 1000 and chosen.get("profile") == "full":
            t = t[:3]  # PyTorch is slow to print what is large
        try:
            assert_same_text(t, **chosen)
        except AssertionError as error:
            raise AssertionError(name) from error


@pytest.mark.parametrize("length", range(1, 60))
def test_where_suffixes_break(length):
    text = "x" * length
    t = torch.ones(3, dtype=torch.float64, requires_grad=True)
    with options(linewidth=60):
        expected = t.__repr__(tensor_contents=text)
        assert _printing.tensor_repr(t, tensor_contents=text) == expected
        assert _printing.tensor_repr(ours(t), tensor_contents=text) == expected


def test_tensor_contents_of_several_lines():
    t = torch.ones(3, dtype=torch.float64, requires_grad=True)
    text = "x" * 70 + "\n" + "y" * 20
    expected = t.__repr__(tensor_contents=text)
    assert _printing.tensor_repr(t, tensor_contents=text) == expected


@pytest.mark.parametrize("default", ["float64", "float16", "bfloat16"])
def test_default_dtype(default):
    for world in (torch, ff):
        world.set_default_dtype(getattr(world, default))
    names = "float16 bfloat16 float32 float64 complex64 complex128 int64 int32 bool"
    for dtype in names.split():
        for shape in ((), (0,), (0, 2), (2,)):
            assert_same_text(torch.ones(shape, dtype=getattr(torch, dtype)))


# ------------------------------------------------------- history, device, subclasses


def test_the_operator_that_made_it():
    class Double(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return 2 * x

        @staticmethod
        def backward(ctx, grad):
            return 2 * grad

    x = torch.ones(2, 3, requires_grad=True)
    written = x * 1
    written[0] = 2
    results = [x * 2, x.sum(), x @ x.t(), x.view(3, 2), written, written[0]]
    results += [Double.apply(x), torch.nn.functional.linear(x, x, x[:, 0])]
    for result in results:
        assert "grad_fn=<" in repr(result)
        assert_same_text(result)


def test_our_history():
    def results(world):
        x = world.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
        with world.no_grad():
            unrecorded = x * 2
        return [x, x * 2, x.view(4), x.t(), x[0], x.detach(), unrecorded]

    for mine, theirs in zip(results(ff), results(torch), strict=True):
        assert repr(mine) == repr(theirs)


def test_our_history_of_derivatives_and_norms():
    def results(world):
        x = world.tensor([[0.5, 1.0, 2.0, 3.0]], requires_grad=True)
        (slope,) = world.autograd.grad(x.sin().sum(), x, create_graph=True)
        (bend,) = world.autograd.grad(slope.sum(), x, create_graph=True)
        return [slope, bend, world.nn.functional.group_norm(x, 2)]

    for mine, theirs in zip(results(ff), results(torch), strict=True):
        assert repr(mine) == repr(theirs)


def test_a_generator():
    for world in (ff, torch):
        generator = world.Generator()
        assert repr(generator).startswith("<torch._C.Generator object at 0x")


def test_device():
    # What PyTorch prints on a machine with a GPU; none is needed here.
    values = torch.tensor([1.0, 2.0])

    class Device:
        type = "cuda"

        def __str__(self):
            return "cuda:0"

    class Tensor:
        """What printing asks of a tensor on a GPU."""

        shape, dtype, device = values.shape, values.dtype, Device()
        grad_fn, requires_grad = None, True
        dim, numel, cpu = values.dim, values.numel, values.cpu

        def detach(self):
            return self

    expected = "tensor([1., 2.], device='cuda:0', requires_grad=True)"
    assert _printing.tensor_repr(Tensor()) == expected


class Special(torch.Tensor):
    pass


class SpecialParameter(torch.nn.Parameter):
    pass


@pytest.mark.filterwarnings("ignore")
def test_subclasses():
    special = torch.arange(30.0).as_subclass(Special)
    assert _printing.tensor_repr(special) == repr(special)
    head = "Parameter containing:\n"
    for parameter in (
        torch.nn.Parameter(torch.arange(30.0)),
        torch.nn.Parameter(special),
        SpecialParameter(torch.ones(2)),
    ):
        assert _printing.tensor_repr(parameter) == repr(parameter).removeprefix(head)


# -------------------------------------------------------------------------- format


@pytest.mark.parametrize("spec", ["", ".2f", ">12", "+.3e", "d", "s", "08.3f", "%"])
@pytest.mark.parametrize(
    "t",
    [
        torch.tensor(3.14159),
        torch.tensor(3.14159, dtype=torch.bfloat16),
        torch.tensor(3),
        torch.tensor(True),
        torch.tensor(1 + 2j),
        torch.tensor(0.5, requires_grad=True),
        torch.tensor([1.0]),
        torch.tensor([]),
    ],
    ids=str,
)
def test_format(t, spec):
    def outcome(function, tensor):
        try:
            return function(tensor, spec)
        except Exception as error:
            return type(error), str(error)

    expected = outcome(format, t)
    assert outcome(_printing.format_tensor, t) == expected
    assert outcome(format, ours(t)) == expected


def test_a_parameter_is_not_formatted_as_a_number():
    parameter = torch.nn.Parameter(torch.tensor(0.5))
    assert _printing.format_tensor(parameter, "") == format(parameter, "")
    with pytest.raises(TypeError, match="format string passed to Parameter"):
        _printing.format_tensor(parameter, ".2f")


# ------------------------------------------------------------------------- options


def test_options_are_kept_as_pytorch_keeps_them():
    calls = [
        {"precision": 2, "sci_mode": True},
        {"threshold": 7},
        {"profile": "full", "edgeitems": 5},
        {"profile": "short", "precision": 6, "sci_mode": False},
        {"profile": "no such profile", "linewidth": 33},
        {"profile": "default"},
    ]
    for call in calls:
        torch.set_printoptions(**call)
        _printing.set_printoptions(**call)
        expected = torch._tensor_str.get_printoptions()
        assert _printing.get_printoptions() == expected
        assert list(_printing.get_printoptions()) == list(expected)


def test_unknown_options_are_refused():
    with pytest.raises(TypeError):
        _printing.set_printoptions(digits=3)


# --------------------------------------------------------------------- random cases

FLOATING = "float32 float64 float16 bfloat16".split()
COMPLEX = "complex64 complex128".split()
INTEGER = "int64 int32 int16 int8 uint8 bool".split()

print_options = st.fixed_dictionaries(
    {},
    optional={
        "precision": st.integers(0, 12),
        "threshold": st.one_of(st.integers(0, 60), st.just(INF)),
        "edgeitems": st.integers(0, 5),
        "linewidth": st.integers(1, 160),
        "profile": st.sampled_from(["default", "short", "full"]),
        "sci_mode": st.sampled_from([True, False, None]),
    },
)


@st.composite
def tensors(draw):
    """Small tensors of any dtype, of values that are hard to print."""
    dtype = draw(st.sampled_from(FLOATING * 2 + COMPLEX + INTEGER))
    shape = draw(arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=12))
    size = int(numpy.prod(shape))
    if size > 400:
        shape, size = (400,), 400
    if dtype in INTEGER:
        values = draw(_integers(dtype, size))
    elif dtype in COMPLEX:
        values = numpy.empty(size, numpy.complex128)
        values.real, values.imag = draw(_floats(size)), draw(_floats(size))
    else:
        values = draw(_floats(size))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what is too large becomes infinite
        t = torch.from_numpy(values.reshape(shape)).to(getattr(torch, dtype))
    if t.dim() > 1 and draw(st.booleans()):
        t = t.transpose(0, -1)
    if dtype in FLOATING + COMPLEX and draw(st.booleans()):
        t.requires_grad_()
    return t


def _integers(dtype, size):
    seeds = st.integers(0, 2**32 - 1)

    def make(seed, bits):
        random = numpy.random.default_rng(seed)
        return random.integers(-(2**bits), 2**bits, size, dtype=numpy.int64)

    return st.builds(make, seeds, st.sampled_from([1, 3, 7, 15, 31, 62]))


SPECIAL = [0.0, -0.0, NAN, INF, -INF, 1e-45, 1e-310, 1e-4, 1e8, 1000.0, 0.5]


@st.composite
def _floats(draw, size):
    """Any numbers, or many of a few scales, rounded or not, with some special ones."""
    if draw(st.integers(0, 3)) == 0:
        return draw(arrays.arrays(numpy.float64, size, elements=st.floats(width=64)))
    random = numpy.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    values = random.standard_normal(size) * 10.0 ** draw(st.integers(-12, 12))
    if draw(st.booleans()):  # big and small ones together
        values = values * 10.0 ** random.integers(0, draw(st.integers(1, 9)), size)
    if draw(st.booleans()):
        values = numpy.round(values, draw(st.integers(0, 4)))
    if draw(st.booleans()):
        special = random.random(size) < draw(st.sampled_from([0.05, 0.5, 1.0]))
        values = numpy.where(special, random.choice(SPECIAL, size), values)
    return values


def compare_random_cases(count):
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large]

    @settings(max_examples=count, deadline=None, suppress_health_check=checks)
    @given(tensors(), print_options)
    def compare(t, chosen):
        assert_same_text(t, **chosen)

    compare()


def test_random_cases():
    compare_random_cases(400)


@pytest.mark.slow
def test_many_random_cases():
    compare_random_cases(20_000)
