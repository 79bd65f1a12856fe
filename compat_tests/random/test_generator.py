"""The generator draws PyTorch's numbers, bit for bit, and ends in PyTorch's state."""

from __future__ import annotations

import copy
import math
import pickle
import threading

import ml_dtypes
import numpy as np
import pytest
import torch
from torch.nn import functional as F

from compat_tests.random.draws import (
    DISTRIBUTIONS,
    cauchy,
    exponential,
    geometric,
    log_normal,
    normal,
    uniform,
)
from compat_tests.random.pairing import (
    FLOATING,
    INT64_MIN,
    NUMPY,
    Pair,
    as_numpy,
    assert_same_bits,
    by_name,
)
from minitorch_ff.firefly.random import Generator

SEEDS = (
    0,
    1,
    42,
    3407,
    2**31,
    2**32 - 1,
    2**32,
    2**40 + 7,
    -1,
    -12345,
    2**63,
    2**64 - 1,
)
SIZES = (0, 1, 2, 3, 7, 8, 15, 16, 17, 31, 32, 33, 100, 1000, 5003)
ACROSS_BLOCKS = (16383, 16384, 16385, 40001)
LARGE = (100_003, 2_000_003)


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


@pytest.mark.parametrize("draws", [0, 1, 2, 311, 623, 624, 625, 1247, 1248, 1249])
@pytest.mark.parametrize("cached", [False, True])
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
    "again",
    [
        copy.copy,
        copy.deepcopy,
        Generator.clone,
        lambda g: pickle.loads(pickle.dumps(g)),
    ],
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
    expected = torch.empty(5, dtype=torch.int32).random_()
    words = [pair.ours.u32() % 2**31 for _ in range(5)]
    pair.assert_same(expected, np.array(words, np.int32))
    expected = torch.rand(4, dtype=torch.float64)
    pair.assert_same(expected, np.array([pair.ours.unit() for _ in range(4)]))


# ---------------------------------------------------------------------- distributions


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
def test_distribution_of_many(draw, dtype, size):
    theirs, ours = draw
    pair = Pair(size)
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


@pytest.mark.parametrize(("low", "high"), [(0, 1e308), (-8e307, 8e307), (1e300, 1.5e308)])
def test_huge_uniform(pair, low, high):
    expected = torch.empty(99, dtype=torch.float64).uniform_(low, high)
    pair.assert_same(expected, pair.ours.uniform(99, low, high, np.dtype(np.float64)))


@pytest.mark.parametrize("size", [1, 15, 16, 17, 100])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=by_name)
def test_normal_with_tensor_parameters(pair, size, dtype):
    mean = torch.linspace(-1, 1, size, dtype=dtype)
    std = torch.linspace(0.1, 2, size, dtype=dtype)
    m, s, numpy = mean.numpy(), std.numpy(), NUMPY[dtype]
    draw = pair.ours.normal
    pair.assert_same(torch.normal(mean, std), draw(size, dtype=numpy) * s + m)
    pair.assert_same(torch.normal(mean, 1.5), draw(size, 0, 1.5, numpy) + m)
    quarter = numpy.type(0.25)
    pair.assert_same(torch.normal(0.25, std), draw(size, dtype=numpy) * s + quarter)


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
@pytest.mark.parametrize("rate", [0, 0.5, 3, 9.9, 10, 25, 400, 1e5])
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


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=by_name)
@pytest.mark.parametrize("alpha", [1e-3, 0.3, 0.999, 1, 2.5, 40, 1e6])
def test_standard_gamma(pair, dtype, alpha):
    concentration = torch.full((200,), alpha, dtype=dtype)
    expected = torch._standard_gamma(concentration)
    pair.assert_same(expected, pair.ours.standard_gamma(concentration.numpy()))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=by_name)
def test_standard_gamma_without_a_distribution(dtype):
    pair = Pair(0)
    concentration = torch.tensor([0, math.nan, -1, 2, math.inf, -0.5, -1e-3, 0], dtype=dtype)
    expected = torch._standard_gamma(concentration)
    pair.assert_same(expected, pair.ours.standard_gamma(concentration.numpy()))


@pytest.mark.parametrize("dtype", FLOATING, ids=by_name)
@pytest.mark.parametrize("replacement", [False, True])
def test_multinomial(pair, dtype, replacement):
    # In half precision scores are often equal, and PyTorch's order is then undefined.
    defined = replacement or dtype in (torch.float32, torch.float64)
    for shape in ((2,), (10,), (1000,), (4, 50), (3, 1), (0, 3)):
        weights = torch.rand(shape, dtype=dtype) + 1e-3
        pair.ours.uniform(weights.numel(), dtype=NUMPY[dtype])
        pair.assert_in_step()
        for count in (1, 2, 7, 30) if defined else (1,):
            if replacement or count <= shape[-1]:
                expected = torch.multinomial(weights, count, replacement)
                drawn = pair.ours.multinomial(as_numpy(weights), count, replacement)
                pair.assert_same(expected, drawn)


@pytest.mark.parametrize("replacement", [False, True])
def test_multinomial_of_any_layout(pair, replacement):
    base = torch.linspace(0.1, 3, 60).reshape(6, 10)
    for weights in (
        base.t(),
        base[::2, 1::3],
        base[2],
        base[:, 4],
        base[:1].expand(4, 10),
    ):
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


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=by_name)
@pytest.mark.parametrize("p", [0.1, 0.2, 0.5, 0.9])
def test_dropout_mask(pair, dtype, p):
    for shape in ((1,), (7,), (64, 128)):
        x = torch.ones(shape, dtype=dtype)
        mask = pair.ours.bernoulli(x.numel(), 1 - p).reshape(shape)
        scale = NUMPY[dtype].type(1) / NUMPY[dtype].type(1 - p)
        pair.assert_same(F.dropout(x, p), mask * scale)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=by_name)
def test_rrelu_slopes(pair, dtype):
    x = torch.linspace(-2, 1, 999, dtype=dtype)
    expected = F.rrelu(x, training=True)
    ours = x.numpy().copy()
    ours[ours <= 0] *= pair.ours.rrelu_slopes(int((ours <= 0).sum()), 1 / 8, 1 / 3, NUMPY[dtype])
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


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.complex64], ids=by_name)
def test_memory_order(pair, dtype):
    for tensor, array in layouts(dtype):
        assert tensor.shape == array.shape
        size, contiguous = array.size, array.flags.c_contiguous
        assert tensor.is_contiguous() == contiguous
        pair.ours.fill(array, pair.ours.uniform(size, dtype=array.dtype))
        pair.assert_same(tensor.uniform_(), array.copy())
        pair.ours.fill(array, pair.ours.normal(size, 1, 2, array.dtype, contiguous))
        pair.assert_same(tensor.normal_(1, 2), array.copy())
        if not tensor.is_complex():
            pair.ours.fill(array, pair.ours.bernoulli(size, 0.4))
            pair.assert_same(tensor.bernoulli_(0.4), array.copy())
            pair.ours.fill(array, pair.ours.randint(size, 0, 5))
            pair.assert_same(tensor.random_(5), array.copy())


def test_parameters_in_memory_order(pair):
    for tensor, array in layouts(torch.float32):
        p = torch.linspace(0, 1, array.size).reshape(array.shape)
        pair.ours.fill(array, pair.ours.bernoulli_each(pair.ours.read(p.numpy(), array)))
        pair.assert_same(tensor.bernoulli_(p), array.copy())


def test_channels_last(pair):
    like = torch.zeros(2, 3, 4, 5).contiguous(memory_format=torch.channels_last)
    array = np.empty((2, 4, 5, 3), np.float32).transpose(0, 3, 1, 2)
    pair.ours.fill(array, pair.ours.uniform(array.size))
    pair.assert_same(torch.rand_like(like), array.copy())
    pair.ours.fill(array, pair.ours.normal(array.size, contiguous=False))
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
@pytest.mark.parametrize("threads", [1, 2])
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
