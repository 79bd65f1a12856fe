"""Wrong calls raise PyTorch's errors, and leave the generator as it was."""

from __future__ import annotations

from math import inf, nan

import numpy as np
import pytest
import torch

from compat_tests.random.draws import (
    bernoulli,
    cauchy,
    exponential,
    geometric,
    log_normal,
    normal,
    random_,
    uniform,
)
from compat_tests.random.pairing import (
    COMPLEX,
    FLOATING,
    INT64_MIN,
    INTEGERS,
    NUMPY,
    UNSIGNED,
    Pair,
    as_numpy,
    assert_same_error,
    by_name,
    outcome,
)
from minitorch_ff.firefly.random import Generator


@pytest.fixture
def pair():
    """A pair with a normal value in the cache, which a failed call must leave alone."""
    pair = Pair(5)
    pair.assert_same(torch.randn(3), pair.ours.normal(3))
    return pair


# ------------------------------------------------------------------- seeds and states


def changed(offset, value, dtype="<i4"):
    """A state with one number changed."""
    generator = Generator(3)
    generator.u32s(5)
    state = generator.state()
    state[offset : offset + np.dtype(dtype).itemsize].view(dtype)[0] = value
    return state


NO_STATES = {
    "short": np.zeros(10, np.uint8),
    "empty": np.zeros(0, np.uint8),
    "all zero": np.zeros(5056, np.uint8),
    "int8": np.zeros(5056, np.int8),
    "strided": np.zeros(10112, np.uint8)[::2],
    "left = 0": changed(8, 0),
    "left = 625": changed(8, 625),
    "left = -1": changed(8, -1),
    "next = 625": changed(16, 625, "<u8"),
    "not seeded": changed(12, 0),
}


@pytest.mark.parametrize("name", NO_STATES)
def test_no_state(pair, name):
    state = NO_STATES[name]
    assert_same_error(
        lambda: torch.set_rng_state(torch.from_numpy(state)),
        lambda: pair.ours.set_state(state),
    )
    pair.assert_in_step()


@pytest.mark.parametrize("left", [5, 623])
def test_state_at_odds_with_itself(pair, left):
    # PyTorch takes it, and reads past its words. No draws lead to such a state.
    with pytest.raises(RuntimeError, match="Invalid mt19937 state"):
        pair.ours.set_state(changed(8, left))
    pair.assert_in_step()


UNUSUAL_STATES = {
    "seeded = 256": changed(12, 256),
    "cache flag = 7": changed(5040, 7),
    "unused bytes": changed(5016, 9, "<f8"),
}


@pytest.mark.parametrize("name", UNUSUAL_STATES)
def test_unusual_state(pair, name):
    state = UNUSUAL_STATES[name]
    torch.set_rng_state(torch.from_numpy(state))
    pair.ours.set_state(state)
    pair.assert_same(torch.randn(5), pair.ours.normal(5))


@pytest.mark.parametrize("seed", [2**64, -(2**63) - 1, 1e30, nan, inf, "a", None])
def test_no_seed(pair, seed):
    assert_same_error(lambda: torch.manual_seed(seed), lambda: pair.ours.manual_seed(seed))
    pair.assert_in_step()


# ------------------------------------------------------------------------- parameters

NO_BOUNDS = (
    (2, 1),
    (nan, 1),
    (0, nan),
    (-inf, 1),
    (0, inf),
    (1 / 3, 0.1),
    (1e10, 1e9),
    (-1.2e308, 1.2e308),
    (123456789, 1e-5),
)
NOT_FLOATING = (torch.int64, torch.uint8, torch.bool, torch.uint16)

# (draws, dtypes in which all of them fail)
WRONG = (
    ([uniform(*bounds) for bounds in NO_BOUNDS], FLOATING),
    ([uniform(0, 1e39), uniform(-3e38, 3e38)], (torch.float32, torch.bfloat16)),
    ([uniform(0, 7e4), uniform(-6e4, 6e4)], (torch.float16,)),
    ([normal(0, -1), normal(0, nan), normal(1, -1 / 3)], FLOATING + COMPLEX),
    ([log_normal(0, -1), log_normal(0, 0), log_normal(0, nan)], FLOATING),
    ([exponential(0), exponential(-1 / 3), exponential(nan)], FLOATING),
    ([geometric(p) for p in (0, 1, -1, 1.5, nan)], FLOATING + (torch.int64,)),
    ([bernoulli(p) for p in (-1, 1.5, nan)], FLOATING),
    ([cauchy(0, sigma) for sigma in (0, -1, nan)], FLOATING),
    ([uniform(0, 1), normal(0, 1)], NOT_FLOATING),
    ([log_normal(0, 1), exponential(1), cauchy(0, 1)], NOT_FLOATING + COMPLEX),
    ([geometric(0.5)], (torch.bool, *UNSIGNED, *COMPLEX)),
    ([random_()], UNSIGNED + COMPLEX),
)


@pytest.mark.parametrize(
    ("draw", "dtype"),
    [(draw, dtype) for draws, dtypes in WRONG for draw in draws for dtype in dtypes],
)
def test_wrong_parameters(pair, draw, dtype):
    theirs, ours = draw
    numpy = NUMPY[dtype]
    assert_same_error(lambda: theirs(3, dtype), lambda: ours(pair.ours, 3, numpy))
    # Drawing nothing is not always wrong.
    nothing = outcome(lambda: theirs(0, dtype))
    assert outcome(lambda: ours(pair.ours, 0, numpy)) == nothing
    pair.assert_in_step()


WRONG_RANGES = (
    *[(dtype, 5, 5) for dtype in NUMPY if not dtype.is_complex],
    (torch.int64, 6, 5),
    (torch.uint8, 0, 300),
    (torch.uint8, -1, 3),
    (torch.int8, 0, 129),
    (torch.int16, -40000, 3),
    (torch.int32, 0, 2**32),
    (torch.bool, 0, 3),
    (torch.bool, -1, 1),
    (torch.uint16, -1, 5),
    (torch.uint32, 0, 2**32 + 1),
    (torch.uint64, -1, 5),
    (torch.float16, 0, 65537),
    (torch.float16, -70000, 5),
    (torch.float16, 2**24 + 1, 2**24 + 2),
    (torch.bfloat16, 2049, 2050),
    (torch.bfloat16, 2**24 + 1, 2**24 + 2),
    (torch.complex64, 0, 5),
    # without an upper bound
    (torch.uint64, 0, None),
    (torch.float16, 70000, None),
    (torch.bfloat16, 300, None),
    (torch.float32, 2**24 + 2, None),
    (torch.complex64, 0, None),
    (torch.bool, 3, None),
    (torch.int8, 200, None),
    (torch.uint8, -1, None),
    # all of 64 bits
    (torch.float16, INT64_MIN, None),
    (torch.bool, INT64_MIN, None),
    (torch.uint64, INT64_MIN, None),
    *[(dtype, INT64_MIN, None) for dtype in INTEGERS[1:]],
)


@pytest.mark.parametrize(("dtype", "low", "high"), WRONG_RANGES)
def test_wrong_ranges(pair, dtype, low, high):
    assert_same_error(
        lambda: torch.empty(3, dtype=dtype).random_(low, high),
        lambda: pair.ours.randint(3, low, high, NUMPY[dtype]),
    )
    pair.assert_in_step()


@pytest.mark.parametrize(
    ("n", "dtype"),
    [
        (-1, torch.int64),
        (257, torch.uint8),
        (129, torch.int8),
        (32769, torch.int16),
        (2050, torch.float16),
        (2**24 + 2, torch.float32),
        (5, torch.bool),
        (5, torch.uint16),
        (5, torch.complex64),
    ],
)
def test_no_permutation(pair, n, dtype):
    assert_same_error(
        lambda: torch.randperm(n, dtype=dtype),
        lambda: pair.ours.randperm(n, NUMPY[dtype]),
    )
    pair.assert_in_step()


# --------------------------------------------------------- one parameter per element


@pytest.mark.parametrize("dtype", FLOATING, ids=by_name)
@pytest.mark.parametrize("value", [-0.1, 1.1, nan])
def test_no_probability(pair, dtype, value):
    before = pair.ours.state()
    p = torch.tensor([0.5, value, 0.5]).to(dtype)
    assert_same_error(lambda: torch.bernoulli(p), lambda: pair.ours.bernoulli_each(as_numpy(p)))
    rates = -p
    assert_same_error(lambda: torch.poisson(rates), lambda: pair.ours.poisson(as_numpy(rates)))
    # Ours alone: PyTorch has drawn for the elements before the wrong one.
    assert (pair.ours.state() == before).all()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.int64])
def test_wrong_dtype_per_element(pair, dtype):
    ones = torch.ones(3, dtype=dtype)
    assert_same_error(
        lambda: torch._standard_gamma(ones),
        lambda: pair.ours.standard_gamma(as_numpy(ones)),
    )
    ints = torch.ones(3, dtype=torch.int64)
    assert_same_error(lambda: torch.bernoulli(ints), lambda: pair.ours.bernoulli_each(ints.numpy()))
    assert_same_error(lambda: torch.poisson(ints), lambda: pair.ours.poisson(ints.numpy()))
    pair.assert_in_step()


@pytest.mark.parametrize("replacement", [False, True])
@pytest.mark.parametrize(
    ("weights", "counts"),
    [
        ([0.0, 0, 0], (-1, 0, 1, 3, 4)),
        ([1.0, -1, 1], (0, 1, 3, 4)),
        ([nan, 1, 1], (0, 1, 3, 4)),
        ([inf, 1, 1], (0, 1, 3, 4)),
        ([[1.0, 1, 1], [0, 0, 0]], (0, 1, 3, 4)),
        ([[1.0, 1, 1], [-1, 0, 0]], (0, 1, 3, 4)),
        ([1.0, 2], (-1, 0)),
        (1.0, (0, 1)),
        ([[[1.0]]], (0, 1)),
        ([1, 2, 3], (0, 1, 3)),
    ],
    ids=str,
)
def test_no_multinomial(pair, weights, counts, replacement):
    before = pair.ours.state()
    weights = torch.tensor(weights)
    for count in counts:
        arguments = count, replacement
        assert_same_error(
            lambda arguments=arguments: torch.multinomial(weights, *arguments),
            lambda arguments=arguments: pair.ours.multinomial(weights.numpy(), *arguments),
        )
    assert (pair.ours.state() == before).all()


def test_too_many_without_replacement(pair):
    weights = torch.ones(3)
    assert_same_error(
        lambda: torch.multinomial(weights, 4),
        lambda: pair.ours.multinomial(weights.numpy(), 4),
    )
    pair.assert_in_step()
