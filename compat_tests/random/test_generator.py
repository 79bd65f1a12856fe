"""The generator draws PyTorch's numbers, bit for bit, and is then in PyTorch's state."""

from __future__ import annotations

import copy
import math
import pickle
import threading
import warnings

import ml_dtypes
import numpy as np
import pytest
import torch
from torch.nn import functional as F

from minitorch_ff.firefly.random import Generator, fill, permutation, read

SEEDS = (0, 1, 42, 3407, 2**31, 2**32 - 1, 2**32, 2**40 + 7, -1, -12345, 2**63, 2**64 - 1)
SIZES = (0, 1, 2, 3, 7, 8, 15, 16, 17, 31, 32, 33, 100, 1000, 5003)
ACROSS_BLOCKS = (32767, 32768, 32769, 70001)
LARGE = (100_003, 2_000_003)

NUMPY = {
    torch.bool: np.dtype(bool),
    torch.uint8: np.dtype(np.uint8),
    torch.int8: np.dtype(np.int8),
    torch.int16: np.dtype(np.int16),
    torch.int32: np.dtype(np.int32),
    torch.int64: np.dtype(np.int64),
    torch.uint16: np.dtype(np.uint16),
    torch.uint32: np.dtype(np.uint32),
    torch.uint64: np.dtype(np.uint64),
    torch.float16: np.dtype(np.float16),
    torch.bfloat16: np.dtype(ml_dtypes.bfloat16),
    torch.float32: np.dtype(np.float32),
    torch.float64: np.dtype(np.float64),
    torch.complex64: np.dtype(np.complex64),
    torch.complex128: np.dtype(np.complex128),
}
FLOATING = (torch.float32, torch.float64, torch.float16, torch.bfloat16)
COMPLEX = (torch.complex64, torch.complex128)
INTEGERS = (torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8)
UNSIGNED = (torch.uint16, torch.uint32, torch.uint64)
INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1


def as_numpy(tensor):
    """A tensor's values in its own dtype, which for bfloat16 `numpy()` refuses."""
    tensor = tensor.detach().contiguous()
    if tensor.dtype == torch.bfloat16:
        return tensor.view(torch.int16).numpy().view(ml_dtypes.bfloat16)
    return tensor.numpy()


def assert_same_bits(theirs, ours):
    theirs = as_numpy(theirs)
    assert (theirs.dtype, theirs.shape) == (ours.dtype, ours.shape)
    if theirs.tobytes() != ours.tobytes():  # a NaN may have other bits, nothing else may
        np.testing.assert_array_equal(theirs, ours)
        np.testing.assert_array_equal(np.signbit(theirs), np.signbit(ours))


class Pair:
    """PyTorch's default generator and ours, in step."""

    def __init__(self, seed):
        torch.manual_seed(seed)
        self.ours = Generator(seed)
        self.compared = 0

    def assert_same(self, theirs, ours):
        """Hold two results, and then the two states, against each other."""
        assert_same_bits(theirs, ours)
        self.assert_in_step()
        self.compared += ours.size

    def assert_in_step(self):
        assert (torch.get_rng_state().numpy() == self.ours.state()).all()


@pytest.fixture(params=SEEDS[:3], ids=lambda seed: f"seed{seed}")
def pair(request):
    """A pair, and the demand that it was used to compare something."""
    pair = Pair(request.param)
    yield pair
    assert pair.compared


def by_name(dtype):
    return str(dtype).removeprefix("torch.")


# ------------------------------------------------------------------- seeds and states


@pytest.mark.parametrize("seed", SEEDS)
def test_seed(seed):
    pair = Pair(seed)
    pair.assert_same(torch.get_rng_state(), pair.ours.state())
    assert torch.initial_seed() == pair.ours.initial_seed()
    pair.assert_same(torch.rand(700), pair.ours.uniform(700))


def test_generator_without_a_seed():
    theirs, ours = torch.Generator(), Generator()
    assert_same_bits(theirs.get_state(), ours.state())
    assert_same_bits(torch.rand(100, generator=theirs), ours.uniform(100))


@pytest.mark.parametrize("draws", (0, 1, 2, 311, 623, 624, 625, 1247, 1248, 1249))
@pytest.mark.parametrize("cached", (False, True))
def test_states_are_exchanged(draws, cached):
    pair = Pair(7)
    pair.ours.u32s(draws)
    torch.empty(draws, dtype=torch.int32).random_()
    if cached:
        pair.assert_same(torch.randn(3), pair.ours.normal(3))
    pair.assert_in_step()
    from_ours = torch.Generator().set_state(torch.from_numpy(pair.ours.state()))
    from_theirs = Generator(1).set_state(torch.get_rng_state().numpy())
    assert from_ours.initial_seed() == from_theirs.initial_seed() == 7
    for size in (3, 16, 700):
        expected = torch.randn(size)
        assert_same_bits(expected, pair.ours.normal(size))
        assert_same_bits(expected, from_theirs.normal(size))
        assert torch.equal(expected, torch.randn(size, generator=from_ours))
        pair.assert_in_step()


def test_state_keeps_what_it_was_given():
    # Loaded before anything was drawn from it, but not as its seed alone would make it.
    pair = Pair(3)
    state = pair.ours.state()
    state[24:28] += 1
    pair.ours.set_state(state)
    torch.set_rng_state(torch.from_numpy(state))
    pair.assert_same(torch.get_rng_state(), pair.ours.state())
    pair.assert_same(torch.rand(624), pair.ours.uniform(624))


@pytest.mark.parametrize(
    "again", (copy.copy, copy.deepcopy, Generator.clone, lambda g: pickle.loads(pickle.dumps(g)))
)
def test_copies_are_independent(again):
    generator = Generator(5)
    generator.normal(3)
    twin = again(generator)
    assert (twin.state() == generator.state()).all()
    expected = twin.normal(100)
    assert (twin.state() != generator.state()).any()
    assert (generator.normal(100) == expected).all()


def test_seed_from_the_system():
    generator = Generator()
    seeds = {generator.seed() for _ in range(8)}
    assert len(seeds) == 8
    assert generator.initial_seed() in seeds
    twin = Generator(generator.initial_seed())
    assert (twin.state() == generator.state()).all()


def test_raw_draws(pair):
    expected = torch.empty(5, dtype=torch.int64).random_(INT64_MIN, None)
    words = [pair.ours.u64() for _ in range(5)]
    pair.assert_same(expected, np.array(words, np.uint64).view(np.int64))
    expected = torch.empty(5, dtype=torch.uint32).random_(0, None)
    words = [pair.ours.u64() >> 0 for _ in range(0)] or [pair.ours.u32() for _ in range(5)]
    pair.assert_same(expected, np.array(words, np.uint32))
    expected = torch.rand(4, dtype=torch.float64)
    pair.assert_same(expected, np.array([pair.ours.unit() for _ in range(4)]))


# ---------------------------------------------------------------------- distributions


def uniform(low, high):
    return (
        lambda n, dtype: torch.empty(n, dtype=dtype).uniform_(low, high),
        lambda g, n, dtype: g.uniform(n, low, high, dtype),
    )


def normal(mean, std):
    return (
        lambda n, dtype: torch.empty(n, dtype=dtype).normal_(mean, std),
        lambda g, n, dtype: g.normal(n, mean, std, dtype),
    )


def log_normal(mean, std):
    return (
        lambda n, dtype: torch.empty(n, dtype=dtype).log_normal_(mean, std),
        lambda g, n, dtype: g.log_normal(n, mean, std, dtype),
    )


def exponential(lambd):
    return (
        lambda n, dtype: torch.empty(n, dtype=dtype).exponential_(lambd),
        lambda g, n, dtype: g.exponential(n, lambd, dtype),
    )


def geometric(p):
    return (
        lambda n, dtype: torch.empty(n, dtype=dtype).geometric_(p),
        lambda g, n, dtype: g.geometric(n, p, dtype),
    )


def cauchy(median, sigma):
    return (
        lambda n, dtype: torch.empty(n, dtype=dtype).cauchy_(median, sigma),
        lambda g, n, dtype: g.cauchy(n, median, sigma, dtype),
    )


def bernoulli(p):
    return (
        lambda n, dtype: torch.empty(n, dtype=dtype).bernoulli_(p),
        lambda g, n, dtype: g.bernoulli(n, p).astype(dtype),
    )


def random_():
    return (
        lambda n, dtype: torch.empty(n, dtype=dtype).random_(),
        lambda g, n, dtype: g.random_(n, dtype),
    )


REAL_OR_COMPLEX = FLOATING + COMPLEX
DISTRIBUTIONS = {
    "rand": (uniform(0, 1), REAL_OR_COMPLEX),
    "uniform(-0.1, 0.1)": (uniform(-0.1, 0.1), REAL_OR_COMPLEX),
    "uniform(0, 5)": (uniform(0, 5), REAL_OR_COMPLEX),
    "uniform(0.25, 3.7)": (uniform(0.25, 3.7), REAL_OR_COMPLEX),
    "randn": (normal(0, 1), REAL_OR_COMPLEX),
    "normal(0, 0.02)": (normal(0, 0.02), REAL_OR_COMPLEX),
    "normal(0.5, 1.3)": (normal(0.5, 1.3), REAL_OR_COMPLEX),
    "log_normal(1, 2)": (log_normal(1, 2), FLOATING),
    "log_normal(0.3, 0.7)": (log_normal(0.3, 0.7), FLOATING),
    "exponential(1)": (exponential(1), FLOATING),
    "exponential(1.7)": (exponential(1.7), FLOATING),
    "geometric(0.3)": (geometric(0.3), FLOATING + INTEGERS),
    "geometric(0.5)": (geometric(0.5), FLOATING + INTEGERS),
    "geometric(0.004)": (geometric(0.004), FLOATING + INTEGERS),
    "cauchy(0, 1)": (cauchy(0, 1), FLOATING),
    "cauchy(0.3, 1.7)": (cauchy(0.3, 1.7), FLOATING),
    "bernoulli(0)": (bernoulli(0.0), (torch.float32,)),
    "bernoulli(1/3)": (bernoulli(1 / 3), FLOATING + INTEGERS + (torch.bool,)),
    "bernoulli(0.5)": (bernoulli(0.5), (torch.float32, torch.bool)),
    "bernoulli(0.8)": (bernoulli(0.8), (torch.float32, torch.int64)),
    "bernoulli(1e-9)": (bernoulli(1e-9), (torch.bool,)),
    "bernoulli(1)": (bernoulli(1.0), (torch.float32,)),
    "random_": (random_(), FLOATING + INTEGERS + (torch.bool,)),
}
EVERY_DTYPE = [
    pytest.param(draw, dtype, id=f"{name}-{by_name(dtype)}")
    for name, (draw, dtypes) in DISTRIBUTIONS.items()
    for dtype in dtypes
]


@pytest.mark.parametrize(("draw", "dtype"), EVERY_DTYPE)
def test_distribution(pair, draw, dtype):
    theirs, ours = draw
    for size in SIZES:
        expected = theirs(size, dtype)
        pair.assert_same(expected, ours(pair.ours, size, NUMPY[dtype]))


@pytest.mark.parametrize("size", ACROSS_BLOCKS)
@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_distribution_across_blocks(name, size):
    (theirs, ours), dtypes = DISTRIBUTIONS[name]
    pair = Pair(size)
    for dtype in dtypes[:2]:
        expected = theirs(size, dtype)
        pair.assert_same(expected, ours(pair.ours, size, NUMPY[dtype]))


@pytest.mark.slow
@pytest.mark.parametrize("size", LARGE)
@pytest.mark.parametrize(("draw", "dtype"), EVERY_DTYPE)
def test_distribution_of_many(pair, draw, dtype, size):
    theirs, ours = draw
    expected = theirs(size, dtype)
    pair.assert_same(expected, ours(pair.ours, size, NUMPY[dtype]))


EXTREMES = {
    "uniform(1, 1)": uniform(1, 1),
    "uniform(0, 6e4)": uniform(0, 6e4),
    "uniform(-3e4, 3e4)": uniform(-3e4, 3e4),
    "normal(0, 0)": normal(0, 0),
    "normal(1, 0)": normal(1, 0),
    "normal(0, inf)": normal(0, math.inf),
    "normal(1, inf)": normal(1, math.inf),
    "normal(inf, 1)": normal(math.inf, 1),
    "normal(nan, 1)": normal(math.nan, 1),
    "normal(0, 1e39)": normal(0, 1e39),
    "normal(2, 1e300)": normal(2, 1e300),
    "normal(1e308, 1e308)": normal(1e308, 1e308),
    "normal(0, 1e-310)": normal(0, 1e-310),
    "normal(1, 1e-300)": normal(1, 1e-300),
    "log_normal(800, 10)": log_normal(800, 10),
    "log_normal(0, inf)": log_normal(0, math.inf),
    "log_normal(nan, 1)": log_normal(math.nan, 1),
    "exponential(inf)": exponential(math.inf),
    "exponential(1e-310)": exponential(1e-310),
    "geometric(1e-12)": geometric(1e-12),
    "geometric(0.999)": geometric(0.999),
    "cauchy(inf, 1)": cauchy(math.inf, 1),
    "cauchy(0, inf)": cauchy(0, math.inf),
    "cauchy(0, 1e308)": cauchy(0, 1e308),
    "cauchy(nan, 1)": cauchy(math.nan, 1),
}


@pytest.mark.parametrize("dtype", FLOATING, ids=by_name)
@pytest.mark.parametrize("name", EXTREMES)
def test_extreme_parameters(name, dtype):
    theirs, ours = EXTREMES[name]
    pair = Pair(11)
    for size in (5, 16, 50):
        expected = theirs(size, dtype)
        pair.assert_same(expected, ours(pair.ours, size, NUMPY[dtype]))


@pytest.mark.parametrize(("low", "high"), ((0, 1e308), (-8e307, 8e307), (1e300, 1.5e308)))
def test_huge_uniform(pair, low, high):
    expected = torch.empty(99, dtype=torch.float64).uniform_(low, high)
    pair.assert_same(expected, pair.ours.uniform(99, low, high, np.dtype(np.float64)))


@pytest.mark.parametrize("size", (1, 15, 16, 17, 100))
@pytest.mark.parametrize("dtype", (torch.float32, torch.float64), ids=by_name)
def test_normal_with_tensor_parameters(pair, size, dtype):
    mean = torch.linspace(-1, 1, size, dtype=dtype)
    std = torch.linspace(0.1, 2, size, dtype=dtype)
    m, s, numpy = mean.numpy(), std.numpy(), NUMPY[dtype]
    draw = pair.ours.normal
    pair.assert_same(torch.normal(mean, std), draw(size, dtype=numpy) * s + m)
    pair.assert_same(torch.normal(mean, 1.5), draw(size, 0, 1.5, numpy) + m)
    quarter = numpy.type(0.25)
    pair.assert_same(torch.normal(0.25, std), draw(size, dtype=numpy) * s + quarter)


# --------------------------------------------------------------------------- integers

RANGES = (
    (0, 1),
    (0, 2),
    (0, 10),
    (-5, 5),
    (0, 255),
    (3, 1000),
    (0, 65537),
    (0, 2**28 - 1),
    (0, 2**28),
    (0, 2**28 + 1),
    (0, 2**31),
    (0, 2**32),
    (-(2**40), 2**41 + 3),
    (INT64_MIN, INT64_MAX),
    (0, INT64_MAX),
)
OTHER_RANGES = (
    (torch.int32, -(2**31), 2**31 - 1),
    (torch.int32, -7, 100),
    (torch.int16, -3, 900),
    (torch.int8, -128, 128),
    (torch.uint8, 0, 256),
    (torch.bool, 0, 2),
    (torch.bool, 1, 2),
    (torch.uint16, 5, 65536),
    (torch.uint32, 0, 2**32),
    (torch.uint64, 9, INT64_MAX),
    (torch.float64, -10, 2**30),
    (torch.float32, 0, 1000),
    (torch.float32, -5, 2**24 + 1),
    (torch.float16, -2048, 2049),
    (torch.bfloat16, -256, 257),
)


@pytest.mark.parametrize("size", (1, 2, 17, 1000))
def test_randint(pair, size):
    for low, high in RANGES:
        expected = torch.randint(low, high, (size,))
        pair.assert_same(expected, pair.ours.randint(size, low, high))
    for dtype, low, high in OTHER_RANGES:
        expected = torch.randint(low, high, (size,), dtype=dtype)
        pair.assert_same(expected, pair.ours.randint(size, low, high, NUMPY[dtype]))


@pytest.mark.slow
def test_randint_of_many(pair):
    test_randint.__wrapped__ if False else None
    for size in LARGE:
        for low, high in RANGES:
            expected = torch.randint(low, high, (size,))
            pair.assert_same(expected, pair.ours.randint(size, low, high))


# Ranges whose bounds the dtype cannot tell apart from others: PyTorch moves some, and warns.
BEYOND_PRECISION = (
    (torch.bfloat16, 0, 300),
    (torch.bfloat16, -300, 5),
    (torch.bfloat16, 300, 301),
    (torch.bfloat16, 0, 2**53),
    (torch.bfloat16, INT64_MIN, INT64_MAX),
    (torch.float16, 0, 4000),
    (torch.float16, 0, 65504),
    (torch.float16, 0, 65505),
    (torch.float16, 2049, 2050),
    (torch.float32, 0, 2**24 + 2),
    (torch.float32, 2**24 + 1, 2**24 + 2),
    (torch.float32, -(2**40) - 1, 2**40 + 1),
    (torch.float32, INT64_MIN, INT64_MAX),
    (torch.float64, 0, 2**53 + 5),
    (torch.float64, -(2**60) - 1, 2**60 - 1),
    (torch.bfloat16, -300, None),
)


def told(call):
    """A call's result and the beginnings of its warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = call()
    return result, [str(w.message).split(" (Triggered")[0] for w in caught]


@pytest.mark.parametrize(("dtype", "low", "high"), BEYOND_PRECISION)
def test_randint_beyond_precision(dtype, low, high):
    pair = Pair(0)
    draw = torch.empty(2000, dtype=dtype).random_
    expected, their_warnings = told(lambda: draw(low, high))
    values, our_warnings = told(
        lambda: pair.ours.randint(2000, low, high, NUMPY[dtype])
    )
    pair.assert_same(expected, values)
    assert their_warnings == our_warnings != []


OPEN = [
    (dtype, low)
    for dtype in FLOATING + INTEGERS + UNSIGNED[:2]
    for low in (0, 3, 100, -1, -100)
    if low >= 0 or dtype not in (torch.uint8, *UNSIGNED)
] + [
    (torch.bool, 0),
    (torch.bool, 1),
    (torch.int64, INT64_MIN),
    (torch.float64, INT64_MIN),
    (torch.float32, INT64_MIN),
    (torch.bfloat16, INT64_MIN),
]


@pytest.mark.parametrize(("dtype", "low"), OPEN)
def test_randint_without_an_upper_bound(dtype, low):
    pair = Pair(1)
    expected = torch.empty(1000, dtype=dtype).random_(low, None)
    pair.assert_same(expected, pair.ours.randint(1000, low, None, NUMPY[dtype]))


# ----------------------------------------------------------------------- permutations

LENGTHS = (0, 1, 2, 3, 5, 10, 100, 398, 399, 400, 401, 1000, 5000, 65536, 65537)


def test_randperm(pair):
    for n in LENGTHS:
        pair.assert_same(torch.randperm(n), pair.ours.randperm(n))


@pytest.mark.slow
def test_randperm_of_many(pair):
    for n in (300_000, 1_000_003, 2_000_003):
        pair.assert_same(torch.randperm(n), pair.ours.randperm(n))


@pytest.mark.parametrize("limit", (0, 10**9), ids=("by sorting", "by swapping"))
def test_randperm_both_ways(pair, limit, monkeypatch):
    monkeypatch.setattr(permutation, "_LOOP_LIMIT", limit)
    for n in (*range(2, 70), 398, 1000, 5000):
        pair.assert_same(torch.randperm(n), pair.ours.randperm(n))


def test_every_small_permutation_by_sorting():
    for n in range(2, 7):
        steps = np.arange(n - 1)
        for code in np.ndindex(*range(n, 1, -1)):
            targets = steps + code
            expected = permutation.by_swapping(n, targets)
            found = permutation.by_sorting(n, targets.astype(np.uint64))
            assert (found == expected).all()


@pytest.mark.parametrize("dtype", FLOATING + INTEGERS, ids=by_name)
def test_randperm_dtypes(pair, dtype):
    for n in (0, 1, 100):
        expected = torch.randperm(n, dtype=dtype)
        pair.assert_same(expected, pair.ours.randperm(n, NUMPY[dtype]))


@pytest.mark.parametrize(
    ("dtype", "n"),
    ((torch.uint8, 256), (torch.int8, 128), (torch.int16, 2**15), (torch.float16, 2049)),
)
def test_randperm_as_long_as_the_dtype_goes(pair, dtype, n):
    pair.assert_same(torch.randperm(n, dtype=dtype), pair.ours.randperm(n, NUMPY[dtype]))


# --------------------------------------------------------- one parameter per element


@pytest.mark.parametrize("dtype", FLOATING, ids=by_name)
def test_bernoulli_each(pair, dtype):
    for size in (1, 2, 17, 1000):
        p = torch.linspace(0, 1, size).to(dtype)
        drawn = pair.ours.bernoulli_each
        pair.assert_same(torch.bernoulli(p), drawn(as_numpy(p)).astype(NUMPY[dtype]))
        ints = torch.empty(size, dtype=torch.int32).bernoulli_(p)
        pair.assert_same(ints, drawn(as_numpy(p)).astype(np.int32))


@pytest.mark.parametrize("dtype", FLOATING, ids=by_name)
@pytest.mark.parametrize("rate", (0, 0.5, 3, 9.9, 10, 25, 400, 1e5))
def test_poisson(pair, dtype, rate):
    rates = torch.full((300,), rate).to(dtype)
    if rates.isfinite().all():
        pair.assert_same(torch.poisson(rates), pair.ours.poisson(as_numpy(rates)))
    mixed = torch.linspace(0, 30, 100).to(dtype)
    pair.assert_same(torch.poisson(mixed), pair.ours.poisson(as_numpy(mixed)))


def test_poisson_beyond_integers():
    pair = Pair(0)
    rates = torch.tensor([1e30, 1.0, math.inf])
    pair.assert_same(torch.poisson(rates), pair.ours.poisson(rates.numpy()))


@pytest.mark.parametrize("dtype", (torch.float32, torch.float64), ids=by_name)
@pytest.mark.parametrize("alpha", (1e-3, 0.3, 0.999, 1, 2.5, 40, 1e6))
def test_standard_gamma(pair, dtype, alpha):
    concentration = torch.full((200,), alpha, dtype=dtype)
    expected = torch._standard_gamma(concentration)
    pair.assert_same(expected, pair.ours.standard_gamma(concentration.numpy()))


@pytest.mark.parametrize("dtype", (torch.float32, torch.float64), ids=by_name)
def test_standard_gamma_without_a_distribution(dtype):
    pair = Pair(0)
    concentration = torch.tensor([0, math.nan, -1, 2, math.inf, -0.5, 0], dtype=dtype)
    expected = torch._standard_gamma(concentration)
    pair.assert_same(expected, pair.ours.standard_gamma(concentration.numpy()))


@pytest.mark.parametrize("dtype", FLOATING, ids=by_name)
@pytest.mark.parametrize("replacement", (False, True))
def test_multinomial(pair, dtype, replacement):
    for shape in ((2,), (10,), (1000,), (4, 50), (3, 1), (0, 3)):
        weights = torch.rand(shape, dtype=dtype) + 1e-3
        pair.ours.uniform(weights.numel(), dtype=NUMPY[dtype])
        pair.assert_in_step()
        for count in (1, 2, 7, 30):
            if replacement or count <= shape[-1]:
                expected = torch.multinomial(weights, count, replacement)
                drawn = pair.ours.multinomial(as_numpy(weights), count, replacement)
                pair.assert_same(expected, drawn)


@pytest.mark.parametrize("replacement", (False, True))
def test_multinomial_of_any_layout(pair, replacement):
    base = torch.linspace(0.1, 3, 60).reshape(6, 10)
    for weights in (base.t(), base[::2, 1::3], base[2], base[:, 4], base[:1].expand(4, 10)):
        strides = [step * 4 for step in weights.stride()]
        same = np.lib.stride_tricks.as_strided(weights.numpy(), weights.shape, strides)
        for count in (1, 2):
            expected = torch.multinomial(weights, count, replacement)
            pair.assert_same(expected, pair.ours.multinomial(same, count, replacement))


def test_multinomial_with_zero_weights(pair):
    weights = torch.tensor([0, 2, 0, 1.0, 0])
    for count, replacement in ((1, False), (2, False), (50, True)):
        expected = torch.multinomial(weights, count, replacement)
        drawn = pair.ours.multinomial(weights.numpy(), count, replacement)
        pair.assert_same(expected, drawn)


# ------------------------------------------------------------------- as layers use them


@pytest.mark.parametrize("dtype", (torch.float32, torch.float64), ids=by_name)
@pytest.mark.parametrize("p", (0.1, 0.2, 0.5, 0.9))
def test_dropout_mask(pair, dtype, p):
    for shape in ((1,), (7,), (64, 128)):
        x = torch.ones(shape, dtype=dtype)
        mask = pair.ours.bernoulli(x.numel(), 1 - p).reshape(shape)
        scale = NUMPY[dtype].type(1) / NUMPY[dtype].type(1 - p)
        pair.assert_same(F.dropout(x, p), mask * scale)


@pytest.mark.parametrize("dtype", (torch.float32, torch.float64), ids=by_name)
def test_rrelu_slopes(pair, dtype):
    x = torch.linspace(-2, 1, 999, dtype=dtype)
    expected = F.rrelu(x, training=True)
    ours = x.numpy().copy()
    ours[ours <= 0] *= pair.ours.rrelu_slopes(
        int((ours <= 0).sum()), 1 / 8, 1 / 3, NUMPY[dtype]
    )
    pair.assert_same(expected, ours)


def test_rrelu_slopes_in_bfloat16(pair):
    x = torch.full((99,), -1.0, dtype=torch.bfloat16)
    slopes = pair.ours.rrelu_slopes(99, 1 / 8, 1 / 3)
    expected = F.rrelu(x, training=True)
    pair.assert_same(expected, (-slopes).astype(ml_dtypes.bfloat16))


# ----------------------------------------------------------------------- memory order


def layouts(dtype):
    """Pairs of a tensor and an array of the same shape and strides."""
    numpy = NUMPY[dtype]
    for shape, order in (
        ((4, 8), (1, 0)),
        ((3, 5, 7), (2, 0, 1)),
        ((40, 50), (1, 0)),
        ((1, 20), (1, 0)),
        ((2, 3, 4, 5), (0, 3, 1, 2)),
        ((), ()),
    ):
        yield (
            torch.zeros(shape, dtype=dtype).permute(order),
            np.zeros(shape, numpy).transpose(order),
        )
    base, same = torch.zeros(12, 12, dtype=dtype), np.zeros((12, 12), numpy)
    yield base[::2, 1::3], same[::2, 1::3]
    yield base.t()[3:, ::4], same.T[3:, ::4]
    yield base[:, 5], same[:, 5]


@pytest.mark.parametrize("dtype", (torch.float32, torch.float64, torch.complex64), ids=by_name)
def test_memory_order(pair, dtype):
    for tensor, array in layouts(dtype):
        assert tensor.shape == array.shape
        size, contiguous = array.size, array.flags.c_contiguous
        assert tensor.is_contiguous() == contiguous
        fill(array, pair.ours.uniform(size, dtype=array.dtype))
        pair.assert_same(tensor.uniform_(), array.copy())
        fill(array, pair.ours.normal(size, 1, 2, array.dtype, contiguous))
        pair.assert_same(tensor.normal_(1, 2), array.copy())
        if not tensor.is_complex():
            fill(array, pair.ours.bernoulli(size, 0.4))
            pair.assert_same(tensor.bernoulli_(0.4), array.copy())
            fill(array, pair.ours.randint(size, 0, 5))
            pair.assert_same(tensor.random_(5), array.copy())


def test_parameters_in_memory_order(pair):
    for tensor, array in layouts(torch.float32):
        p = torch.linspace(0, 1, array.size).reshape(array.shape)
        fill(array, pair.ours.bernoulli_each(read(p.numpy(), array)))
        pair.assert_same(tensor.bernoulli_(p), array.copy())


def test_channels_last(pair):
    like = torch.zeros(2, 3, 4, 5).contiguous(memory_format=torch.channels_last)
    array = np.empty((2, 4, 5, 3), np.float32).transpose(0, 3, 1, 2)
    fill(array, pair.ours.uniform(array.size))
    pair.assert_same(torch.rand_like(like), array.copy())
    fill(array, pair.ours.normal(array.size, contiguous=False))
    pair.assert_same(torch.randn_like(like), array.copy())


# ---------------------------------------------------------------------------- together

ANY = (
    (lambda n: torch.rand(n), lambda g, n: g.uniform(n)),
    (lambda n: torch.randn(n), lambda g, n: g.normal(n)),
    (
        lambda n: torch.randn(n, dtype=torch.float64),
        lambda g, n: g.normal(n, dtype=np.dtype(np.float64)),
    ),
    (
        lambda n: torch.randn(n, dtype=torch.bfloat16),
        lambda g, n: g.normal(n, dtype=np.dtype(ml_dtypes.bfloat16)),
    ),
    (lambda n: torch.empty(n).normal_(1, 2), lambda g, n: g.normal(n, 1, 2)),
    (lambda n: torch.randperm(n), lambda g, n: g.randperm(n)),
    (lambda n: torch.randint(0, 1000, (n,)), lambda g, n: g.randint(n, 0, 1000)),
    (
        lambda n: torch.empty(n).bernoulli_(0.6),
        lambda g, n: g.bernoulli(n, 0.6).astype(np.float32),
    ),
    (lambda n: torch.empty(n).log_normal_(), lambda g, n: g.log_normal(n)),
    (lambda n: torch.empty(n).exponential_(), lambda g, n: g.exponential(n)),
    (
        lambda n: torch._standard_gamma(torch.ones(n)),
        lambda g, n: g.standard_gamma(np.ones(n, np.float32)),
    ),
)


@pytest.mark.parametrize("trial", range(40))
def test_calls_in_any_order(trial):
    choose = np.random.RandomState(trial)
    pair = Pair(int(choose.randint(2**31)))
    for _ in range(25):
        theirs, ours = ANY[choose.randint(len(ANY))]
        size = int(choose.choice((1, 2, 3, 5, 9, 15, 16, 17, 31, 40, 100, 700)))
        pair.assert_same(theirs(size), ours(pair.ours, size))
        if choose.randint(5) == 0:
            pair.ours.set_state(torch.get_rng_state().numpy())


@pytest.mark.slow
@pytest.mark.parametrize("threads", (1, 2))
def test_threads_of_theirs_change_nothing(threads):
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        pair = Pair(99)
        for theirs, ours in ANY[:-1]:
            pair.assert_same(theirs(LARGE[1]), ours(pair.ours, LARGE[1]))
    finally:
        torch.set_num_threads(before)


def test_generators_in_threads_are_independent():
    expected = [Generator(seed).normal(200_000) for seed in range(4)]
    drawn = [None] * 4

    def draw(seed):
        drawn[seed] = Generator(seed).normal(200_000)

    threads = [threading.Thread(target=draw, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for ours, alone in zip(drawn, expected, strict=True):
        assert (ours == alone).all()


# ------------------------------------------------------------------------------ errors


def patched(offset, value, dtype="<i4"):
    """A state with one number changed."""
    state = Generator(3)
    state.u32s(5)
    state = state.state()
    state[offset : offset + np.dtype(dtype).itemsize].view(dtype)[0] = value
    return state


STATES = {
    "short": np.zeros(10, np.uint8),
    "empty": np.zeros(0, np.uint8),
    "zero": np.zeros(5056, np.uint8),
    "int8": np.zeros(5056, np.int8),
    "strided": np.zeros(10112, np.uint8)[::2],
    "left = 0": patched(8, 0),
    "left = 625": patched(8, 625),
    "left = -1": patched(8, -1),
    "next = 625": patched(16, 625, "<u8"),
    "not seeded": patched(12, 0),
}


def outcome(call):
    """The error a call raises: its type and its first line."""
    with pytest.raises(Exception) as caught:  # noqa: PT011 - any; the point is which
        call()
    return caught.type, str(caught.value).split("\n")[0]


@pytest.mark.parametrize("name", STATES)
def test_no_state(name):
    state = STATES[name]
    pair = Pair(5)
    pair.assert_same(torch.randn(3), pair.ours.normal(3))
    theirs = outcome(lambda: torch.set_rng_state(torch.from_numpy(state)))
    assert outcome(lambda: pair.ours.set_state(state)) == theirs
    pair.assert_in_step()


@pytest.mark.parametrize("left", (5, 623))
def test_state_at_odds_with_itself(left):
    # PyTorch takes it, and reads beyond its words; nothing that it draws leads there.
    pair = Pair(5)
    with pytest.raises(RuntimeError, match="Invalid mt19937 state"):
        pair.ours.set_state(patched(8, left))
    pair.assert_in_step()


@pytest.mark.parametrize("state", (patched(12, 256), patched(5040, 7), patched(5016, 9, "<f8")))
def test_unusual_state(state):
    pair = Pair(0)
    torch.set_rng_state(torch.from_numpy(state))
    pair.ours.set_state(state)
    pair.assert_same(torch.randn(5), pair.ours.normal(5))


@pytest.mark.parametrize("seed", (2**64, -(2**63) - 1, 1e30, math.nan, math.inf, "a", None))
def test_no_seed(seed):
    pair = Pair(5)
    pair.assert_same(torch.randn(3), pair.ours.normal(3))
    theirs = outcome(lambda: torch.manual_seed(seed))
    assert outcome(lambda: pair.ours.manual_seed(seed)) == theirs
    pair.assert_in_step()


def of(theirs, ours, *dtypes):
    return [(theirs, ours, dtype) for dtype in dtypes]


nan, inf = math.nan, math.inf
NOT_FLOATING = (torch.int64, torch.uint8, torch.bool, torch.uint16)
WRONG = [
    (*draw, dtype)
    for draws, dtypes in (
        (
            [
                uniform(*bounds)
                for bounds in (
                    (2, 1),
                    (nan, 1),
                    (0, nan),
                    (-inf, 1),
                    (0, inf),
                    (0, 2e308),
                    (1 / 3, 0.1),
                    (1e10, 1e9),
                    (-6e307 * 2, 6e307 * 2),
                    (123456789, 1e-5),
                )
            ],
            FLOATING,
        ),
        ([uniform(0, 1e39), uniform(-3e38, 3e38)], (torch.float32, torch.bfloat16)),
        ([uniform(0, 7e4), uniform(-6e4, 6e4)], (torch.float16,)),
        ([normal(0, -1), normal(0, nan), normal(1, -1 / 3)], FLOATING + COMPLEX),
        ([log_normal(0, -1), log_normal(0, 0), log_normal(0, nan)], FLOATING),
        ([exponential(0), exponential(-1 / 3), exponential(nan)], FLOATING),
        (
            [geometric(p) for p in (0, 1, -1, 1.5, nan)],
            FLOATING + (torch.int64,),
        ),
        ([bernoulli(p) for p in (-1, 1.5, nan)], FLOATING),
        ([cauchy(0, sigma) for sigma in (0, -1, nan)], FLOATING),
        (
            [uniform(0, 1), normal(0, 1), log_normal(0, 1)],
            NOT_FLOATING,
        ),
        ([log_normal(0, 1)], COMPLEX),
        ([exponential(1), cauchy(0, 1)], NOT_FLOATING + COMPLEX),
        ([geometric(0.5)], (torch.bool, *UNSIGNED, *COMPLEX)),
        ([random_()], UNSIGNED + COMPLEX),
    )
    for draw in draws
    for dtype in dtypes
]
WRONG_RANGES = (
    *[(dtype, 5, 5) for dtype in FLOATING + INTEGERS + UNSIGNED + (torch.bool,)],
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
    (torch.uint64, 0, None),
    (torch.float16, 0, 65537),
    (torch.float16, -70000, 5),
    (torch.float16, 2**24 + 1, 2**24 + 2),
    (torch.float16, 70000, None),
    (torch.bfloat16, 2049, 2050),
    (torch.bfloat16, 2**24 + 1, 2**24 + 2),
    (torch.bfloat16, 300, None),
    (torch.float32, 2**24 + 2, None),
    (torch.complex64, 0, 5),
    (torch.complex64, 0, None),
    (torch.bool, 3, None),
    (torch.int8, 200, None),
    (torch.uint8, -1, None),
    (torch.float16, INT64_MIN, None),
    (torch.bool, INT64_MIN, None),
    (torch.uint64, INT64_MIN, None),
)


@pytest.mark.parametrize("size", (0, 3))
def test_wrong_parameters(size):
    pair = Pair(5)
    pair.assert_same(torch.randn(3), pair.ours.normal(3))
    assert WRONG
    for theirs, ours, dtype in WRONG:
        expected = outcome(lambda: theirs(size, dtype))  # noqa: B023 - called at once
        drawn = outcome(lambda: ours(pair.ours, size, NUMPY[dtype]))  # noqa: B023
        assert drawn == expected
        pair.assert_in_step()


@pytest.mark.parametrize(("dtype", "low", "high"), WRONG_RANGES)
def test_wrong_ranges(dtype, low, high):
    pair = Pair(5)
    expected = outcome(lambda: torch.empty(3, dtype=dtype).random_(low, high))
    assert outcome(lambda: pair.ours.randint(3, low, high, NUMPY[dtype])) == expected
    pair.assert_in_step()


@pytest.mark.parametrize("dtype", (torch.int32, torch.int16, torch.int8, torch.uint8))
def test_all_64_bits_need_64_bits(dtype):
    with pytest.raises(RuntimeError, match="handles only int64"):
        torch.empty(3, dtype=dtype).random_(INT64_MIN, None)
    with pytest.raises(RuntimeError, match="handles only int64"):
        Generator().randint(3, INT64_MIN, None, NUMPY[dtype])


@pytest.mark.parametrize(
    ("n", "dtype"),
    (
        (-1, torch.int64),
        (257, torch.uint8),
        (129, torch.int8),
        (32769, torch.int16),
        (2050, torch.float16),
        (2**24 + 2, torch.float32),
        (5, torch.bool),
        (5, torch.uint16),
        (5, torch.complex64),
    ),
)
def test_no_permutation(n, dtype):
    pair = Pair(5)
    expected = outcome(lambda: torch.randperm(n, dtype=dtype))
    assert outcome(lambda: pair.ours.randperm(n, NUMPY[dtype])) == expected
    pair.assert_in_step()


@pytest.mark.parametrize("dtype", FLOATING, ids=by_name)
@pytest.mark.parametrize("value", (-0.1, 1.1, nan))
def test_no_probability(dtype, value):
    pair = Pair(5)
    p = torch.tensor([0.5, value, 0.5]).to(dtype)
    expected = outcome(lambda: torch.bernoulli(p))
    assert outcome(lambda: pair.ours.bernoulli_each(as_numpy(p))) == expected
    rates = torch.tensor([1, min(value, -value), 1]).to(dtype)
    expected = outcome(lambda: torch.poisson(rates))
    assert outcome(lambda: pair.ours.poisson(as_numpy(rates))) == expected


@pytest.mark.parametrize("dtype", (torch.float16, torch.bfloat16, torch.int64), ids=by_name)
def test_no_dtype_for_gamma(dtype):
    ones = torch.ones(3, dtype=dtype)
    expected = outcome(lambda: torch._standard_gamma(ones))
    assert outcome(lambda: Generator().standard_gamma(as_numpy(ones))) == expected


@pytest.mark.parametrize(
    "weights",
    (
        [0.0, 0, 0],
        [1.0, -1, 1],
        [nan, 1, 1],
        [inf, 1, 1],
        [[1.0, 1, 1], [0, 0, 0]],
        [[1.0, 1, 1], [-1, 0, 0]],
        [1.0, 2],
        1.0,
        [[[1.0]]],
        [1, 2, 3],
    ),
    ids=str,
)
def test_no_multinomial(weights):
    pair = Pair(5)
    before = pair.ours.state()
    tensor = torch.tensor(weights)
    compared = 0
    for count in (0, 1, 3):
        for replacement in (False, True):
            if weights == [1.0, 2] and (count == 1 or (replacement and count == 3)):
                continue  # nothing wrong
            expected = outcome(lambda: torch.multinomial(tensor, count, replacement))  # noqa: B023
            drawn = outcome(
                lambda: pair.ours.multinomial(tensor.numpy(), count, replacement)  # noqa: B023
            )
            assert drawn == expected
            compared += 1
    assert compared
    assert (pair.ours.state() == before).all()
