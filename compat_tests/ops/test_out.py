"""`out=`: the result is written into a tensor that is given, or the call is refused."""

import itertools
import warnings

import pytest
import torch

import minitorch_ff as ff
from compat_tests.conformance import opinfo
from compat_tests.conformance.callables import resolve
from compat_tests.conformance.ops import GAUGE_OPS, RANDOM_OPS, UNINITIALIZED_OPS
from compat_tests.conformance.outcome import dtype_name, seed_all
from compat_tests.conformance.transfer import Transfer, to_torch

# Of these PyTorch decides by the overload which dtypes it takes, or by nothing.
SEVERAL_RULES = """
float_power norm linalg.norm linalg.matrix_norm heaviside all any matmul mv addbmm inner tensordot
signbit isposinf isneginf histc histogram bucketize searchsorted linalg.vecdot linalg.multi_dot
linalg.solve_triangular linalg.lstsq cholesky_solve linalg.cond narrow_copy linalg.matmul
linalg.cross normal cholesky diff where nansum nanmean
""".split()
# These say in words of their own that the dtype is wrong.
OWN_WORDS = """
diag ldexp logsumexp mean max min linalg.matrix_power linalg.matrix_rank linalg.pinv
""".split()
# These say nothing when they resize, or resize something inside.
QUIET = "addbmm matmul narrow_copy".split()
# No counterpart, samples that PyTorch itself refuses, or words for each overload.
LEFT_OUT = "equal nonzero where normal cholesky qr linalg.matrix_power histogramdd".split()
WIDER = {torch.float32: torch.float64, torch.int64: torch.float32, torch.bool: torch.int64}
OTHER = {torch.float32: torch.int64, torch.int64: torch.bool, torch.bool: torch.float32}


def accepting() -> list:
    """PyTorch's operators with `out` that are functions of ours."""
    found = []
    for op in opinfo.ops(["1", "2", "3"]):
        function = resolve(ff, op.name)
        if (
            op.supports_out
            and op.name not in LEFT_OUT
            and not op.name.startswith("nn.")
            and function is not None
        ):
            found.append(pytest.param(op, id=opinfo.op_key(op)))
    return found


def like(result: torch.Tensor, kind: str) -> list:
    """Two tensors to be written in, unlike the result in one way: PyTorch's and ours."""
    shape, dtype = tuple(result.shape), result.dtype
    if kind == "empty":
        shape = (0,)
    elif kind == "longer" and result.numel():
        shape = (2, *shape)
    elif kind == "wider":
        dtype = WIDER.get(dtype, dtype)
    elif kind == "other":
        dtype = OTHER.get(dtype, dtype)
    name = dtype_name(dtype)
    return [torch_.zeros(shape, dtype=getattr(torch_, name)) for torch_ in (torch, ff)]


def attempt(function, sample, out, many: bool) -> tuple:
    """What is in `out` afterwards, or the error; and what was warned of."""
    seed_all(0, ff)
    given = tuple(out) if many else out[0]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            function(sample.input, *sample.args, **sample.kwargs, out=given)
            result = [to_torch(each, ff).clone() for each in out]
        except Exception as error:
            result = error
    return result, [str(w.message) for w in caught if "was resized" in str(w.message)]


@pytest.mark.filterwarnings("ignore:The reduce argument of torch.scatter")
@pytest.mark.filterwarnings("ignore:index_reduce.. is in beta")
@pytest.mark.filterwarnings("ignore:Using torch.cross without specifying the dim")
@pytest.mark.parametrize("op", accepting())
def test_out(op):
    dtype = next(d for d in (torch.float32, torch.int64, torch.bool) if d in op.dtypes)
    compared = 0
    for sample in itertools.islice(op.sample_inputs("cpu", dtype), 3):
        seed_all(0, ff)
        expected = op.op(sample.input, *sample.args, **sample.kwargs)
        many = isinstance(expected, (tuple, list))
        results = list(expected) if many else [expected]
        for kind in ("fitting", "empty", "longer", "wider", "other"):
            if kind in ("wider", "other") and op.name in SEVERAL_RULES:
                continue
            pairs = [like(each, kind) for each in results]
            compared += compare(op, sample, *map(list, zip(*pairs, strict=True)), many)
    assert compared


def compare(op, sample, theirs, ours, many) -> int:
    transfer = Transfer(ff)
    moved = type(sample)(
        transfer(sample.input), args=transfer(sample.args), kwargs=transfer(sample.kwargs)
    )
    expected, warned = attempt(op.op, sample, theirs, many)
    actual, warned_here = attempt(resolve(ff, op.name), moved, ours, many)
    if isinstance(expected, Exception):
        assert type(actual) is type(expected), (str(expected), actual)
        assert op.name in OWN_WORDS or str(actual)[:80] == str(expected)[:80]
        assert all(not each.any() for each in ours)  # nothing has been written
        return 1
    assert not isinstance(actual, Exception), actual
    assert bool(warned) == bool(warned_here) or op.name in QUIET
    if op.name not in (*UNINITIALIZED_OPS, *GAUGE_OPS, *RANDOM_OPS):
        for a, b in zip(actual, expected, strict=True):
            assert a.dtype == b.dtype
            if a.is_floating_point():  # computed in the narrower dtype by both
                a, b = a.float(), b.float()
            torch.testing.assert_close(a, b, equal_nan=True, rtol=2e-5, atol=2e-5)
    return 1


def test_gradients_are_refused_before_anything_is_computed():
    for torch_ in (torch, ff):
        x, out = torch_.ones(2, requires_grad=True), torch_.zeros(2)
        with pytest.raises(RuntimeError, match="functions with out="):
            torch_.mul(x, 3, out=out)
        with torch_.no_grad():
            assert torch_.mul(x, 3, out=out) is out
        assert out.tolist() == [3, 3]


def test_a_refused_draw_leaves_the_generator_as_it_was():
    for torch_ in (torch, ff):
        torch_.manual_seed(0)
        before = torch_.get_rng_state()
        with pytest.raises(RuntimeError, match="does not match dtype of out"):
            torch_.rand(2, dtype=torch_.float32, out=torch_.zeros(2, dtype=torch_.float64))
        assert torch_.equal(torch_.get_rng_state(), before)


def test_views_are_written_through_and_named_results_are_the_tensors_given():
    for torch_ in (torch, ff):
        table = torch_.zeros(2, 3)
        torch_.add(torch_.ones(3), 1, out=table[1])
        assert table.tolist() == [[0, 0, 0], [2, 2, 2]]
        values, indices = torch_.empty(2), torch_.empty(2, dtype=torch_.int64)
        best = torch_.max(table, 1, out=(values, indices))
        assert best.values is values
        assert best.indices is indices
        assert repr(best).startswith("torch.return_types.max_out(\nvalues=tensor([0., 2.])")
        with pytest.raises(TypeError, match="argument 'out' must be Tensor, not int"):
            torch_.exp(values, out=3)


DRAWS = {
    "rand": lambda torch_, out: torch_.rand(4, out=out),
    "randn": lambda torch_, out: torch_.randn(4, out=out),
    "randint": lambda torch_, out: torch_.randint(9, (4,), out=out),
    "randperm": lambda torch_, out: torch_.randperm(4, out=out),
    "normal": lambda torch_, out: torch_.normal(1.0, 2.0, (4,), out=out),
    "multinomial": lambda torch_, out: torch_.multinomial(torch_.ones(9), 4, out=out),
    "bernoulli": lambda torch_, out: torch_.bernoulli(torch_.full((4,), 0.5), out=out),
}


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64"])
@pytest.mark.parametrize("name", DRAWS)
def test_draws_in_the_dtype_of_out(name, dtype):
    outcomes = []
    for torch_ in (torch, ff):
        torch_.manual_seed(3)
        out = torch_.zeros(4, dtype=getattr(torch_, dtype))
        try:
            outcomes.append(DRAWS[name](torch_, out).tolist())
        except (RuntimeError, NotImplementedError) as error:
            outcomes.append(type(error))
            assert not out.any()
    assert outcomes[0] == outcomes[1]


def test_refused_draws_leave_the_generator_as_it_was():
    before = ff.get_rng_state()
    with pytest.raises(RuntimeError, match="multinomial expects Long tensor out, got: Float"):
        ff.multinomial(ff.ones(1, 2), 2, out=ff.zeros(1, 2))
    assert ff.equal(ff.get_rng_state(), before)
