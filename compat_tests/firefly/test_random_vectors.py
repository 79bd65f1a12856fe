"""What PyTorch 2.13.0 drew, written down: the generator without PyTorch at hand.

Floats are exact, in hexadecimal. A row is a seed (or none, for 0), the call in
PyTorch's words, the same call of a `Generator`, and the values.
"""

from __future__ import annotations

import numpy as np
import pytest

from minitorch_ff.firefly.random import (
    DEFAULT_SEED,
    Generator,
    default_generator,
)

FLOAT64 = np.dtype(np.float64)


def transposed_normal(g):
    out = np.empty((4, 4), np.float32).T
    g.fill(out, g.normal(16, contiguous=False))
    return out[0]


def second_randn(g):
    g.normal(3)
    return g.normal(2)


def linear(g):
    """The parameters of `nn.Linear(3, 2)`: weight, then bias."""
    bound = 1 / 3**0.5
    return np.append(g.uniform(6, -bound, bound), g.uniform(2, -bound, bound))


def two_epochs(g):
    """`DataLoader(range(10), shuffle=True)`: a base seed, then the sampler's seed."""
    orders = []
    for _ in range(2):
        g.u64()
        orders.append(Generator(g.u64() % 2**63).randperm(10))
    return np.concatenate(orders)


def rand_after_an_epoch(g):
    g.u64()
    g.u64()
    return g.uniform(1)


def rand_after_an_epoch_in_order(g):
    g.u64()
    return g.uniform(1)


def weights():
    return np.array([1, 2, 3, 4], np.float32)


FLOATS = [
    (0, "rand(3)", lambda g: g.uniform(3), "0x1.fc2ab0p-2 0x1.89545ep-1 0x1.6a6750p-4"),
    (
        42,
        "rand(3)",
        lambda g: g.uniform(3),
        "0x1.c3b8ccp-1 0x1.d47b66p-1 0x1.880d70p-2",
    ),
    (
        -1,
        "rand(3)",
        lambda g: g.uniform(3),
        "0x1.fcd346p-1 0x1.248244p-1 0x1.23d818p-1",
    ),
    (
        2**32 + 5,
        "rand(3)",
        lambda g: g.uniform(3),
        "0x1.a916c6p-1 0x1.024670p-3 0x1.d09fdep-1",
    ),
    (
        DEFAULT_SEED,
        "rand(2), of a new Generator",
        lambda g: Generator().uniform(2),
        "0x1.11b5d8p-2 0x1.bebc08p-1",
    ),
    (
        0,
        "rand(2, dtype=float64)",
        lambda g: g.uniform(2, dtype=FLOAT64),
        "0x1.f0aac97c4aa2fp-1 0x1.6a675d821ccc0p-1",
    ),
    (
        0,
        "empty(3).uniform_(-0.1, 0.1)",
        lambda g: g.uniform(3, -0.1, 0.1),
        "-0x1.888666p-11 0x1.b77460p-5 -0x1.511e8ap-4",
    ),
    (
        0,
        "empty(2, dtype=float64).uniform_(-0.1, 0.1)",
        lambda g: g.uniform(2, -0.1, 0.1, FLOAT64),
        "0x1.81114260776b2p-4 0x1.547df806c28cdp-5",
    ),
    (
        0,
        "randn(3)",
        lambda g: g.normal(3),
        "0x1.8a7eb8p+0 -0x1.2c78a0p-2 -0x1.16e292p+1",
    ),
    (
        42,
        "randn(3)",
        lambda g: g.normal(3),
        "0x1.58c55cp-2 0x1.07cd3ap-3 0x1.e02dcep-3",
    ),
    (0, "randn(3); randn(2)", second_randn, "0x1.23096cp-1 -0x1.15a342p+0"),
    (
        0,
        "randn(16)[[0, 1, 8, 15]]",
        lambda g: g.normal(16)[[0, 1, 8, 15]],
        "-0x1.20370ap+0 -0x1.270114p+0 0x1.4a0270p-2 -0x1.fa6cf8p-3",
    ),
    (
        0,
        "randn(17)[[0, 1, 2, 16]]",
        lambda g: g.normal(17)[[0, 1, 2, 16]],
        "-0x1.20370ap+0 -0x1.b2288cp+0 0x1.222008p-1 0x1.dd1860p-1",
    ),
    (
        0,
        "randn(100)[[0, 83, 84, 99]]",
        lambda g: g.normal(100)[[0, 83, 84, 99]],
        "-0x1.20370ap+0 0x1.d3924ap-11 -0x1.4e815ap+1 0x1.dd0444p-3",
    ),
    (
        0,
        "empty(16).normal_(0.5, 1.3)[[0, 8]]",
        lambda g: g.normal(16, 0.5, 1.3)[[0, 8]],
        "-0x1.ed5be4p-1 0x1.d68196p-1",
    ),
    (
        0,
        "randn(16, dtype=float64)[[0, 8]]",
        lambda g: g.normal(16, dtype=FLOAT64)[[0, 8]],
        "-0x1.27bb92e9262dcp+1 -0x1.4bae386384915p+0",
    ),
    (
        0,
        "empty(4, 4).t().normal_()[0]",
        transposed_normal,
        "0x1.8a7eb8p+0 -0x1.15a342p+0 -0x1.704288p-1 -0x1.b69e0ep-1",
    ),
    (
        0,
        "empty(2).exponential_()",
        lambda g: g.exponential(2),
        "0x1.c110d6p+1 0x1.3afa7ep+0",
    ),
    (0, "empty(2).cauchy_()", lambda g: g.cauchy(2), "0x1.53209ap+3 0x1.878f94p-1"),
    (
        0,
        "empty(2).log_normal_()",
        lambda g: g.log_normal(2),
        "0x1.da1b7ap+5 0x1.82f598p+0",
    ),
    (
        0,
        "_standard_gamma(tensor([0.5, 2.0]))",
        lambda g: g.standard_gamma(np.array([0.5, 2], np.float32)),
        "0x1.9dd9dcp-11 0x1.43594ap-1",
    ),
    (
        0,
        "nn.Linear(3, 2)",
        linear,
        "-0x1.1b47d0p-8 0x1.3d2626p-2 -0x1.e696fcp-2 -0x1.b31792p-2 -0x1.c76962p-3 "
        "0x1.3d12a6p-3 -0x1.76d680p-7 0x1.d4c2f4p-2",
    ),
    (
        0,
        "nn.Conv2d(1, 1, 2)",
        lambda g: np.append(g.uniform(4, -0.5, 0.5), g.uniform(1, -0.5, 0.5)),
        "-0x1.eaa800p-9 0x1.12a8bcp-2 -0x1.a5662cp-2 -0x1.78cd00p-2 -0x1.8a65e8p-3",
    ),
    (
        0,
        "nn.LSTM(1, 1): the first number and the last",
        lambda g: g.uniform(16, -1, 1)[[0, -1]],
        "-0x1.eaa800p-8 0x1.2f7600p-5",
    ),
    (
        0,
        "an epoch with shuffle=True; rand(1)",
        rand_after_an_epoch,
        "0x1.3acd0cp-2",
    ),
    (
        0,
        "an epoch with shuffle=False; rand(1)",
        rand_after_an_epoch_in_order,
        "0x1.6a6750p-4",
    ),
]

INTEGERS = [
    ("randint(0, 10, (8,))", lambda g: g.randint(8, 0, 10), [4, 9, 3, 0, 3, 9, 7, 3]),
    (
        "randint(0, 2**28, (3,))",
        lambda g: g.randint(3, 0, 2**28),
        [130329135, 136432832, 195187451],
    ),
    (
        "randint(0, 2**28 - 1, (3,))",
        lambda g: g.randint(3, 0, 2**28 - 1),
        [209652404, 130329144, 118924928],
    ),
    (
        "empty((), dtype=int64).random_()",
        lambda g: g.random_(1),
        [900450186894289455],
    ),
    (
        "empty(3, dtype=int32).random_()",
        lambda g: g.random_(3, np.dtype(np.int32)),
        [209652396, 398764591, 924231285],
    ),
    ("randperm(10)", lambda g: g.randperm(10), [4, 1, 7, 5, 3, 9, 0, 8, 6, 2]),
    (
        "randperm(60000)[:6]",
        lambda g: g.randperm(60000)[:6],
        [36044, 10678, 57327, 55074, 21567, 15479],
    ),
    (
        "empty(16).bernoulli_(0.5)",
        lambda g: g.bernoulli(16, 0.5),
        [0, 0, 1, 0, 0, 0, 1, 1, 0, 1, 1, 1, 1, 0, 1, 1],
    ),
    (
        "F.dropout(ones(16), 0.2) != 0",
        lambda g: g.bernoulli(16, 1 - 0.2),
        [0, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
    ),
    (
        "bernoulli(full((16,), 0.5))",
        lambda g: g.bernoulli_each(np.full(16, 0.5, np.float32)),
        [1, 0, 1, 1, 1, 0, 1, 0, 1, 0, 1, 1, 1, 1, 1, 0],
    ),
    ("empty(6).geometric_(0.3)", lambda g: g.geometric(6, 0.3), [1, 1, 3, 1, 2, 1]),
    (
        "poisson(full((6,), 3.0))",
        lambda g: g.poisson(np.full(6, 3, np.float32)),
        [6, 3, 2, 3, 4, 3],
    ),
    (
        "poisson(full((6,), 40.0))",
        lambda g: g.poisson(np.full(6, 40, np.float32)),
        [39, 43, 33, 41, 39, 37],
    ),
    (
        "multinomial(tensor([1., 2., 3., 4.]), 8, True)",
        lambda g: g.multinomial(weights(), 8, True),
        [3, 3, 2, 3, 3, 3, 1, 2],
    ),
    (
        "multinomial(tensor([1., 2., 3., 4.]), 3)",
        lambda g: g.multinomial(weights(), 3),
        [2, 1, 3],
    ),
    (
        "multinomial(tensor([1., 2., 3., 4.]), 1, True)",
        lambda g: g.multinomial(weights(), 1, True),
        [2],
    ),
    (
        "DataLoader(range(10), shuffle=True), two epochs",
        two_epochs,
        [6, 7, 1, 4, 2, 0, 9, 8, 3, 5, 2, 4, 7, 0, 8, 9, 5, 3, 6, 1],
    ),
    (
        "random_split(range(6), [4, 2])",
        lambda g: g.randperm(6),
        [2, 5, 3, 0, 1, 4],
    ),
]


@pytest.mark.parametrize(("seed", "call", "draw", "values"), FLOATS)
def test_floats(seed, call, draw, values):
    expected = [float.fromhex(value) for value in values.split()]
    assert draw(Generator(seed)).tolist() == expected


@pytest.mark.parametrize(("call", "draw", "values"), INTEGERS)
def test_integers(call, draw, values):
    assert draw(Generator(0)).tolist() == values


@pytest.mark.parametrize(
    ("seed", "initial"), [(0, 0), (5, 5), (-1, 2**64 - 1), (2**64 - 1, 2**64 - 1)]
)
def test_seeds_are_64_bits(seed, initial):
    assert Generator(seed).initial_seed() == initial


def test_seeds_with_equal_low_bits_draw_the_same():
    assert (Generator(7).uniform(5) == Generator(7 + 2**32).uniform(5)).all()


def test_default_generator_is_unpredictable():
    assert default_generator.initial_seed() != DEFAULT_SEED


# ------------------------------------------------------------------------------ states


def numbers(state):
    """Of a state: seed, left, seeded, next; then the cached value and its flag."""
    return (
        *np.frombuffer(state[:8], "<u8").tolist(),
        *np.frombuffer(state[8:16], "<i4").tolist(),
        *np.frombuffer(state[16:24], "<u8").tolist(),
        *np.frombuffer(state[5024:5032], "<f8").tolist(),
        *np.frombuffer(state[5040:5044], "<i4").tolist(),
    )


def test_state_in_numbers():
    generator = Generator(5)
    assert numbers(generator.state()) == (5, 1, 1, 0, 0, 0)
    generator.u32()
    assert numbers(generator.state()) == (5, 624, 1, 1, 0, 0)
    generator.u32s(623)
    assert numbers(generator.state()) == (5, 1, 1, 624, 0, 0)
    generator.u32()
    assert numbers(generator.state()) == (5, 624, 1, 1, 0, 0)
    generator.normal(1)  # four words; the second value stays
    *engine, cached, has_cached = numbers(generator.state())
    assert engine == [5, 620, 1, 5]
    assert has_cached == 1
    assert generator.normal(1, dtype=FLOAT64)[0] == cached
    assert numbers(generator.state()) == (5, 620, 1, 5, 0, 0)


@pytest.mark.parametrize("draws", [0, 1, 623, 624, 625, 5000])
@pytest.mark.parametrize("cached", [False, True])
def test_state_round_trip(draws, cached):
    generator = Generator(9)
    generator.u32s(draws)
    if cached:
        generator.normal(1)
    state = generator.state()
    twin = Generator(1).set_state(state)
    assert (twin.state() == state).all()
    assert twin.initial_seed() == 9
    for draw in (lambda g: g.normal(3), lambda g: g.uniform(700), lambda g: g.u64()):
        assert np.array_equal(draw(twin), draw(generator))
    assert (twin.state() == generator.state()).all()


def test_manual_seed_forgets_the_cached_value():
    generator = Generator(0)
    generator.normal(1)
    generator.manual_seed(0)
    assert (generator.state() == Generator(0).state()).all()


def test_draws_of_nothing_change_nothing():
    generator = Generator(0)
    generator.normal(1)
    before = generator.state()
    empty = np.zeros(0, np.float32)
    drawn = [
        generator.uniform(0),
        generator.normal(0),
        generator.normal(0, contiguous=False),
        generator.log_normal(0),
        generator.randint(0, 0, 5),
        generator.random_(0),
        generator.randperm(0),
        generator.randperm(1)[:0],
        generator.bernoulli(0, 0.5),
        generator.bernoulli_each(empty),
        generator.exponential(0),
        generator.geometric(0, 0.5),
        generator.cauchy(0),
        generator.poisson(empty),
        generator.standard_gamma(empty),
        generator.rrelu_slopes(0, 0, 1),
        generator.multinomial(np.ones((0, 3)), 2, True),
    ]
    assert [array.size for array in drawn] == [0] * len(drawn)
    assert (generator.state() == before).all()


WRONG = {
    "seed": lambda g: g.manual_seed(2**64),
    "state, short": lambda g: g.set_state(np.zeros(10, np.uint8)),
    "state, zero": lambda g: g.set_state(np.zeros(5056, np.uint8)),
    "state, int8": lambda g: g.set_state(np.zeros(5056, np.int8)),
    "uniform": lambda g: g.uniform(3, 2, 1),
    "normal": lambda g: g.normal(3, 0, -1),
    "normal, int64": lambda g: g.normal(3, dtype=np.dtype(np.int64)),
    "log_normal": lambda g: g.log_normal(3, 0, 0),
    "randint": lambda g: g.randint(3, 5, 5),
    "randint, uint8": lambda g: g.randint(3, 0, 300, np.dtype(np.uint8)),
    "random_": lambda g: g.random_(3, np.dtype(np.uint16)),
    "randperm": lambda g: g.randperm(-1),
    "randperm, bool": lambda g: g.randperm(5, np.dtype(bool)),
    "randperm, too long": lambda g: g.randperm(2**28),
    "bernoulli": lambda g: g.bernoulli(3, 1.5),
    "bernoulli_each": lambda g: g.bernoulli_each(np.array([0.5, 2.0])),
    "exponential": lambda g: g.exponential(3, -1),
    "geometric": lambda g: g.geometric(3, 0.0),
    "cauchy": lambda g: g.cauchy(3, 0, 0),
    "poisson": lambda g: g.poisson(np.array([1.0, -1.0])),
    "standard_gamma": lambda g: g.standard_gamma(np.ones(3, np.float16)),
    "multinomial": lambda g: g.multinomial(np.array([1.0, -1.0]), 5, True),
    "multinomial, rows": lambda g: g.multinomial(np.eye(3)[:, :2], 5, True),
}


@pytest.mark.parametrize("name", WRONG)
def test_errors_leave_the_state_alone(name):
    generator = Generator(3)
    generator.normal(3)
    before = generator.state()
    with pytest.raises((RuntimeError, ValueError, TypeError)):
        WRONG[name](generator)
    assert (generator.state() == before).all()
