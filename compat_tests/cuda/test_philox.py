"""CUDA's random numbers: Philox by its published vectors, PyTorch's counting of threads."""

import numpy
import pytest

import minitorch_ff as ff
from compat_tests import cuda_standin
from minitorch_ff.firefly.random import philox
from minitorch_ff.firefly.random.philox import Philox, block

# Random123's known answers for philox4x32 with ten rounds: counter, key, result.
KNOWN = [
    ("00000000 00000000 00000000 00000000", "00000000 00000000",
     "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff",
     "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0",
     "d16cfe09 94fdcceb 5001e420 24126ea1"),
]  # fmt: skip

# As PyTorch prints them for device="cuda", in public notebooks and issues: the first numbers are
# the same on every GPU.
PRINTED = [
    (0, "uniform", "0.3990 0.5167 0.0249 0.9401 0.9459 0.7967 0.4150 0.8203 0.2290 0.9096"),
    (0, "normal", "-0.9247 -0.4253 -2.6438 0.1452 -0.1209 -0.5797 -0.6229 -0.3284 -1.0745 -0.3631"),
    (42, "uniform", "0.6130 0.0101 0.3984 0.0403 0.1563 0.4825"),
    (42, "normal", "0.1940 2.1614 -0.1721 0.8491 -1.9244 0.6530 -0.6494 -0.8175"),
    (1234, "uniform", "0.1272 0.8167 0.5440 0.6601 0.2721 0.9737 0.3903 0.3394"),
    (1234, "normal", "-1.6165 0.5685 -0.5102 -0.9113 -1.1555 -0.2262 -1.2891"),
]
# What was drawn on GPUs, as people reported it at github.com/pytorch/pytorch/issues: most are
# more numbers than a GPU has threads, and then its size (processors, threads of each) decides.
CORNERS = numpy.ix_([0, 1, 2, -3, -2, -1], [0, 1, 2, -3, -2, -1])
ON_GPUS = {
    "RTX A4000, issue 97097": (
        (48, 1536), 14, lambda g: g.normal(100_000, 5, 5**0.5).reshape(1000, 100)[CORNERS],
        """2.8731 5.2727 2.9889 1.6853 9.6331 6.6319  3.9968 3.8097 5.7328 4.4029 3.9804 7.4698
           6.5552 4.0857 4.2315 2.7704 3.5479 3.3063  8.6297 2.3137 6.2596 7.9358 4.4697 2.7475
           7.0551 7.8583 3.9990 4.1139 8.9315 4.2042  2.7337 2.2106 7.7815 8.2207 6.5395 4.2604""",
    ),
    "H100, issue 143086": (
        (132, 2048), 1, lambda g: g.normal(9_483_264)[[0, 1, 2, -3, -2, -1]],
        "-0.2963 2.6764 -0.1408 -0.6970 -0.7780 0.3267",
    ),
    "A100, issue 143086": (
        (108, 2048), 1, lambda g: g.normal(9_483_264)[[0, 1, 2, -3, -2, -1]],
        "-0.2963 2.6764 -0.1408 0.1549 -0.6797 -0.1656",
    ),
    "RTX A6000, issue 62467": (
        (84, 1536), 43, lambda g: g.normal(3 * 128 * 128)[:: 128 * 128], "1.9983 0.8704 2.1127",
    ),
    "any, issue 79496": ((28, 1536), 10, lambda g: g.normal(3), "-0.1029 1.6810 -0.2708"),
    "any, two draws": (  # of torch.rand(3, 3), in the documentation of a library
        (80, 2048), 0, lambda g: [g.uniform(9)[:3], g.uniform(9)[:3]],
        "0.3990 0.5167 0.0249 0.9722 0.7910 0.4690",
    ),
    "P100, issue 25690": (  # the sum of dropout(ones(1000, 1000), 0.5)
        (56, 2048), 0, lambda g: 2 * g.dropout(1_000_000, 0.5).sum(keepdims=True), "999826",
    ),
    "K80, issue 25690": (
        (13, 2048), 0, lambda g: 2 * g.dropout(1_000_000, 0.5).sum(keepdims=True), "999100",
    ),
}  # fmt: skip
FLOATS = [numpy.dtype(name) for name in ("float16", "float32", "float64")]


def generator(seed=0, processors=108, threads=2048):
    return Philox(numpy, processors, threads).manual_seed(seed)


def words(text):
    return tuple(int(word, 16) for word in text.split())


@pytest.mark.parametrize(("counter", "key", "result"), KNOWN)
def test_known_answers(counter, key, result):
    assert block(words(counter), words(key)) == words(result)
    counters = [numpy.array([word, 0], "uint64") for word in words(counter)]
    drawn = block(counters, words(key))
    assert tuple(int(part[0]) for part in drawn) == words(result)


@pytest.mark.parametrize(("seed", "kind", "values"), PRINTED)
def test_numbers_that_pytorch_prints(seed, kind, values):
    expected = [float(value) for value in values.split()]
    drawn = getattr(generator(seed), kind)(len(expected))
    numpy.testing.assert_allclose(drawn, expected, atol=5.001e-5)


@pytest.mark.parametrize("where", ON_GPUS)
def test_numbers_that_gpus_drew(where):
    size, seed, draw, printed = ON_GPUS[where]
    expected = [float(value) for value in printed.split()]
    numpy.testing.assert_allclose(numpy.ravel(draw(generator(seed, *size))), expected, atol=5.1e-5)
    other = draw(generator(seed, 9, 1024))  # shows that the GPU matters, or does not
    agree = numpy.allclose(numpy.ravel(other), expected, atol=5.1e-5)
    assert agree == where.startswith("any")


def by_hand(seed, offset, size, per_round, blocks, convert):
    """What a grid-stride loop of that many blocks draws, thread by thread."""
    out = numpy.zeros(size, numpy.float64)
    threads = 256 * min(-(-size // 256), blocks)
    key = seed & philox.LOW, seed >> 32
    for thread in range(threads):
        counter = offset // 4
        for start in range(thread, size, threads * per_round):
            values = convert(block((counter, 0, thread, 0), key))
            counter += 1
            for part in range(per_round):
                if start + part * threads < size:
                    out[start + part * threads] = values[part]
    return out


def four(result):
    return [numpy.float32(numpy.float64(numpy.float32(w)) * 2.0**-32 + 2.0**-33) for w in result]


def two(result):
    pairs = (result[0] ^ result[1] << 21, result[2] ^ result[3] << 21)
    return [float(pair) * 2.0**-53 + 2.0**-54 for pair in pairs]


@pytest.mark.parametrize("size", [1, 255, 256, 257, 700, 2500])
@pytest.mark.parametrize("blocks", [1, 2])
def test_threads_are_counted_as_in_a_grid_stride_loop(size, blocks):
    """The blocks of a GPU of one or two that hold 256 threads at a time."""
    key = 5 | 7 << 32
    drawn = generator(key, blocks, 256)
    drawn.set_offset(8)
    expected = by_hand(key, 8, size, 4, blocks, four)
    numpy.testing.assert_array_equal(drawn._uniform(size, False), expected)
    drawn.set_offset(8)
    expected = by_hand(key, 8, size, 2, blocks, two)
    numpy.testing.assert_allclose(drawn._uniform(size, True), expected, rtol=1e-15)


@pytest.mark.parametrize(
    ("size", "per_round", "taken"),
    [(0, 4, 0), (1, 4, 4), (221_184 * 4, 4, 4), (221_184 * 4 + 1, 4, 8), (221_184 * 4, 2, 8)],
)
def test_offsets(size, per_round, taken):
    """An A100 holds 221 184 threads; each takes four words a round."""
    drawn = generator()
    drawn.uniform(size, dtype=numpy.float32 if per_round == 4 else numpy.float64)
    assert drawn.offset == taken


def test_state_is_seed_and_offset():
    drawn = generator(2**40 + 3)
    drawn.uniform(10)
    state = drawn.state()
    assert state.dtype == numpy.uint8
    assert state.tobytes() == (2**40 + 3).to_bytes(8, "little") + (4).to_bytes(8, "little")
    expected = drawn.normal(20)
    again = generator().set_state(state)
    numpy.testing.assert_array_equal(again.normal(20), expected)
    assert again.initial_seed() == 2**40 + 3


def test_wrong_states_change_nothing():
    drawn = generator(3)
    bad = numpy.array([9, 2], "<u8").view(numpy.uint8)
    for state, error, text in (
        (numpy.zeros(16), TypeError, "RNG state must be a torch.ByteTensor"),
        (numpy.zeros(15, "u1"), RuntimeError, "RNG state is wrong size"),
        (bad, RuntimeError, "offset must be a multiple of 4"),
    ):
        with pytest.raises(error, match=text):
            drawn.set_state(state)
        assert (drawn.initial_seed(), drawn.offset) == (3, 0)


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_moments(dtype):
    """Means and deviations of what is drawn, and its bounds."""
    drawn, n = generator(1), 100_000
    uniform = drawn.uniform(n, -1, 3, dtype)
    assert uniform.dtype == dtype
    assert uniform.min() >= -1
    assert uniform.max() < 3
    assert abs(uniform.mean(dtype="f8") - 1) < 0.02
    normal = drawn.normal(n, 2, 3, dtype).astype("f8")
    assert abs(normal.mean() - 2) < 0.05
    assert abs(normal.std() - 3) < 0.05
    times = drawn.exponential(n, 2.0, dtype).astype("f8")
    assert times.min() > 0
    assert abs(times.mean() - 0.5) < 0.01
    assert abs(numpy.median(drawn.cauchy(n, 1.0, 2.0, dtype).astype("f8")) - 1) < 0.05
    assert abs(numpy.log(drawn.log_normal(n, 0.5, 0.25, dtype).astype("f8")).mean() - 0.5) < 0.01
    assert abs(drawn.geometric(n, 0.25, dtype).mean(dtype="f8") - 4) < 0.1


def test_integers_and_decisions():
    drawn, n = generator(2), 50_000
    for low, high in ((0, 10), (-5, 5), (0, 2**40)):
        values = drawn.randint(n, low, high, numpy.dtype("int64"))
        assert low <= values.min()
        assert values.max() < high
        assert abs(values.mean() - (low + high - 1) / 2) < 0.01 * (high - low)
    assert drawn.randint(9, 0, 1, numpy.dtype("int32")).tolist() == [0] * 9
    assert abs(drawn.bernoulli(n, 0.3).mean() - 0.3) < 0.01
    assert abs(drawn.bernoulli_each(numpy.full(n, 0.7, "f4")).mean() - 0.7) < 0.01
    for size in (n, n - 2, n - 1):  # four, two neighbours per thread, one
        kept = drawn.dropout(size, 0.8)
        assert kept.shape == (size,)
        assert abs(kept.mean() - 0.8) < 0.01
    assert sorted(drawn.randperm(1000, numpy.dtype("int64"))) == list(range(1000))
    weights = numpy.array([1, 2, 3, 4.0])
    first = [int(drawn.multinomial(weights, 1)[0]) for _ in range(2000)]
    numpy.testing.assert_allclose(numpy.bincount(first) / 2000, weights / 10, atol=0.04)


def test_dropout_of_four_neighbours_uses_one_block():
    drawn = generator(11)
    words_of_first = block((0, 0, 0, 0), (11, 0))
    kept = drawn.dropout(8, 0.5)
    assert kept[:4].tolist() == [value < 0.5 for value in four(words_of_first)]
    assert drawn.offset == 4


# -------------------------------------------------------- through the facade, on a stand-in


def test_the_facade_draws_cudas_numbers():
    with cuda_standin.present():
        ff.manual_seed(0)
        assert ff.rand(3, device="cuda").tolist() == pytest.approx(
            [0.3990, 0.5167, 0.0249], abs=1e-4
        )
        assert ff.cuda.get_rng_state().tolist() == [0] * 8 + [4] + [0] * 7
        before = ff.cuda.get_rng_state()
        first = ff.empty(3, 5, device="cuda").normal_()
        ff.cuda.set_rng_state(before)
        assert ff.equal(ff.randn(3, 5, device="cuda"), first)
        assert ff.cuda.initial_seed() == 0
        with ff.random.fork_rng():
            ff.rand(100, device="cuda")
        ff.cuda.set_rng_state(before)
        with ff.random.fork_rng():
            forked = ff.randn(3, 5, device="cuda")
        assert ff.equal(ff.randn(3, 5, device="cuda"), forked)


def test_the_hosts_numbers_do_not_move():
    with cuda_standin.present():
        ff.manual_seed(5)
        expected = ff.rand(4)
        ff.manual_seed(5)
        ff.rand(4, device="cuda"), ff.nn.functional.dropout(ff.ones(9, device="cuda"))
        assert ff.equal(ff.rand(4), expected)


DRAWS = """
rand(20, device=d, generator=g)
randn(20, device=d, generator=g)
randn(20, device=d, generator=g, dtype=w.float64)
randint(0, 9, (20,), device=d, generator=g)
randint(2**30, (20,), device=d, generator=g)
randperm(20, device=d, generator=g)
normal(w.ones(20, device=d), w.ones(20, device=d), generator=g)
bernoulli(w.full((20,), 0.5, device=d), generator=g)
poisson(w.full((20,), 3.0, device=d), generator=g)
multinomial(w.ones(20, device=d), 9, generator=g)
multinomial(w.ones(20, device=d), 9, True, generator=g)
binomial(w.full((20,), 9.0, device=d), w.full((20,), 0.5, device=d), generator=g)
empty(20, device=d).uniform_(2, 3, generator=g)
empty(4, 5, device=d).t().normal_(generator=g)
empty(20, device=d).exponential_(generator=g)
empty(20, device=d).cauchy_(generator=g)
empty(20, device=d).geometric_(0.5, generator=g)
empty(20, device=d).log_normal_(generator=g)
empty(20, device=d).bernoulli_(0.5, generator=g)
empty(20, device=d).bernoulli_(w.full((20,), 0.5, device=d), generator=g)
empty(20, device=d, dtype=w.int32).random_(generator=g)
empty(20, device=d, dtype=w.int64).random_(5, 50, generator=g)
""".strip().splitlines()


@pytest.mark.parametrize("call", DRAWS)
def test_draws_continue_from_a_state(call):
    """Each draw moves the generator on, and is the same again from the same state."""
    with cuda_standin.present():
        g = ff.Generator("cuda").manual_seed(3)
        names = {"w": ff, "g": g, "d": "cuda"}
        state = g.get_state()
        first = eval(f"w.{call}", names)
        assert first.device == ff.device("cuda:0")
        assert g.get_offset() > 0
        assert g.get_offset() % 4 == 0
        second = eval(f"w.{call}", names)
        assert not ff.equal(first, second)
        g.set_state(state)
        assert ff.equal(eval(f"w.{call}", names), first)


def test_generators_draw_for_their_device():
    with cuda_standin.present():
        g = ff.Generator("cuda:1")
        assert isinstance(g, ff.Generator)
        assert g.device == ff.device("cuda:1")
        for call, words_of_error in (
            (lambda: ff.rand(2, generator=g), "Expected a 'cpu' device type for generator"),
            (lambda: ff.rand(2, device="cuda", generator=ff.Generator()), "but found 'cpu'"),
            (lambda: g.set_state(ff.zeros(3, dtype=ff.uint8)), "RNG state is wrong size"),
            (lambda: g.set_offset(3), "offset must be a multiple of 4"),
        ):
            with pytest.raises(RuntimeError, match=words_of_error):
                call()
        twin = g.manual_seed(4).set_offset(8).clone_state()
        assert twin.get_offset() == 8
        assert ff.equal(twin.get_state(), g.get_state())
