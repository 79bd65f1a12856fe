"""CUDA's random numbers: Philox4x32-10, counted per thread as PyTorch's kernels do.

Philox (Salmon, Moraes, Dror and Shaw, [Parallel random numbers: as easy as 1, 2,
3](https://doi.org/10.1145/2063384.2063405), 2011) turns a counter of four 32-bit words and
a key of two into four random words. There is no state but (seed, offset): the key is the
seed, and thread `t` of a GPU uses the counters (offset / 4 + 0, 1, 2, …; t).

A draw of `n` values runs on `256 * blocks` threads, as many blocks as `n` needs and the GPU
holds at a time. In each round a thread makes four words; the first words of all threads
stand before the second ones, and so on. So the numbers depend on the GPU's size once `n` is
above what it holds at a time (221 184 on an A100), in PyTorch as here.

Equal to PyTorch by construction, from the published definitions of Philox and cuRAND:
words, uniform numbers (in float64 between other bounds than 0 and 1 up to the last digit),
integers, Bernoulli draws with one probability (but of float64),
dropout masks of contiguous float32.
Normal, exponential and other numbers that go through a logarithm or a sine are equal up to
the last digits, as CUDA's fast functions round in their own way. Not equal: draws with a
parameter per element, permutations, and what is drawn on the host (see `host`).

Uniform and normal numbers and dropout are those that PyTorch drew on an H100, an A100, an RTX
A4000 and A6000, a P100 and a K80, as far as people reported them (`test_numbers_that_gpus_drew`);
the rest is compared by `pytest -m gpu`, where PyTorch sees a GPU, too.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from minitorch_ff.firefly.random.bounds import ALL_64_BITS, integer_range
from minitorch_ff.firefly.random.dtypes import is_floating, last_whole, not_implemented
from minitorch_ff.firefly.random.engine import DEFAULT_SEED
from minitorch_ff.firefly.random.generator import Generator
from minitorch_ff.firefly.random.multinomial import check_weights
from minitorch_ff.firefly.random.seeded import Seeded, in_64_bits

MULTIPLIERS = 0xD2511F53, 0xCD9E8D57
KEY_STEPS = 0x9E3779B9, 0xBB67AE85
LOW = 0xFFFFFFFF
ROUNDS = 10
BLOCK = 256
"""Threads of a block, in PyTorch's kernels that draw."""

STATE_SIZE = 16
"""Bytes of a state: the seed, then the offset."""

WIDE = "float64", "int64", "float32", "bfloat16"
"""The dtypes whose integers take two words where the range is wide."""

TINY = 2.3283064e-10
"""2⁻³² as cuRAND writes it, in float32."""

Words = tuple[Any, Any, Any, Any]


def block(counter: Words, key: tuple[Any, Any]) -> Words:
    """Philox4x32-10: four words for a counter and a key.

    Args:
        counter: Four words each, as uint64 arrays below 2³² (or ints) that broadcast.
        key: Two words, likewise.

    Returns:
        Four random words, uint64 below 2³².

    Example:
        >>> [hex(word) for word in block((0, 0, 0, 0), (0, 0))]
        ['0x6627e8d5', '0xe169c58d', '0xbc57ac4c', '0x9b00dbd8']
    """
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(ROUNDS):
        first, second = c0 * MULTIPLIERS[0], c2 * MULTIPLIERS[1]
        c0, c1 = (second >> 32) ^ c1 ^ k0, second & LOW
        c2, c3 = (first >> 32) ^ c3 ^ k1, first & LOW
        k0, k1 = (k0 + KEY_STEPS[0]) & LOW, (k1 + KEY_STEPS[1]) & LOW
    return c0, c1, c2, c3


class Philox(Seeded):
    """PyTorch's CUDA generator: what it draws are flat arrays on the device.

    Args:
        module: The array library, in NumPy's words.
        processors: How many multiprocessors the GPU has.
        threads: How many threads each of them holds.
        kernel: `(counter, thread, seed)` to four words in one launch, where there is one.
    """

    def __init__(
        self, module: Any, processors: int, threads: int, kernel: Callable[..., Words] | None = None
    ) -> None:
        self.module = module
        self.most_blocks = processors * (threads // BLOCK)
        self.kernel = kernel
        self.captured: Any = None  # seed and counter as arrays, while a graph is captured
        self.manual_seed(DEFAULT_SEED)

    # ---------------------------------------------------------------- the seed, the state

    def manual_seed(self, seed: int) -> Philox:
        """Start again from a seed.

        Raises:
            ValueError: The seed is not in [-2⁶³, 2⁶⁴).
        """
        self._seed, self.offset = in_64_bits(seed), 0
        return self

    def state(self) -> np.ndarray:
        """The seed and the offset: 16 bytes, as PyTorch's `get_state` gives them."""
        return np.array([self._seed, self.offset], "<u8").view(np.uint8)

    def set_state(self, state: np.ndarray) -> Philox:
        """Continue from a state, of ours or of PyTorch's.

        Raises:
            TypeError: It is not uint8.
            RuntimeError: It has not 16 bytes, or an offset that is no multiple of four.
        """
        if state.dtype != np.uint8:
            raise TypeError("RNG state must be a torch.ByteTensor")
        if state.size not in (STATE_SIZE, STATE_SIZE // 2):  # older ones lack the offset
            raise RuntimeError("RNG state is wrong size")
        seed, offset = [*np.ascontiguousarray(state).view("<u8").tolist(), 0][:2]
        self.set_offset(offset)
        self._seed = seed
        return self

    def set_offset(self, offset: int) -> None:
        """Continue from another place in the same stream.

        Raises:
            RuntimeError: It is no multiple of four.
        """
        if offset % 4:
            raise RuntimeError("offset must be a multiple of 4")
        self.offset = offset

    # ---------------------------------------------------------------------------- graphs

    def begin_capture(self) -> None:
        """From now on read seed and counter from memory, where `refresh` puts them."""
        self.captured = self.module.zeros(2, "uint64")
        self.before, self.offset = self.offset, 0

    def end_capture(self) -> tuple[Any, int]:
        """Where a captured graph reads seed and counter, and how much one run takes."""
        memory, taken = self.captured, self.offset
        self.captured, self.offset = None, self.before
        return memory, taken

    def refresh(self, memory: Any, taken: int) -> None:
        """Give a graph that is about to run again numbers that were not drawn before."""
        memory[0], memory[1] = np.uint64(self._seed), np.uint64(self.offset // 4)
        self.offset += taken

    # ----------------------------------------------------------------------------- words

    def threads_for(self, size: int) -> int:
        """How many threads draw `size` values."""
        return BLOCK * min(-(-size // BLOCK), self.most_blocks)

    def _take(self, count: int) -> int:
        """The offset to draw from; it moves on by `count`, in fours."""
        start = self.offset
        self.offset += -(-count // 4) * 4
        return start

    def _block(self, round: Any, thread: Any, start: int) -> Words:
        """The four words of a thread's round."""
        counter, seed = start // 4 + round, np.uint64(self._seed)
        if self.captured is not None:
            counter, seed = counter + self.captured[1], self.captured[0]
        if self.kernel is not None:
            return self.kernel(counter, thread, seed)
        return block((counter & LOW, counter >> 32, thread, thread * 0), (seed & LOW, seed >> 32))

    def _draw(self, size: int, per_round: int, convert: Callable[[Words], list[Any]]) -> Any:
        """`size` values in PyTorch's order, of which a round of a thread makes `per_round`."""
        module = self.module
        threads = self.threads_for(size)
        rounds = -(-size // (threads * per_round)) if size else 0
        start = self._take(rounds * 4)
        if size <= threads:  # the first word of each thread is enough
            thread = module.arange(size, dtype="uint64")
            return convert(self._block(thread * 0, thread, start))[0]
        thread = module.arange(threads, dtype="uint64").reshape(1, threads)
        round = module.arange(rounds, dtype="uint64").reshape(rounds, 1)
        values = convert(self._block(round + thread * 0, thread + round * 0, start))
        return module.stack(values, 1).reshape(-1)[:size]

    def _uniform(self, size: int, double: bool) -> Any:
        """Uniform numbers in (0, 1]."""
        return self._draw(size, 2, doubles) if double else self._draw(size, 4, floats)

    # --------------------------------------------------------------------- distributions

    def uniform(self, size: int, low: float = 0.0, high: float = 1.0, dtype: Any = None) -> Any:
        """Numbers spread evenly over [low, high); see `Continuous.uniform`."""
        dtype = np.dtype(dtype or "float32")
        if low > high:
            raise RuntimeError(
                "uniform_ expects to return a [from, to) range, but found "
                f"from={low:g} > to={high:g}"
            )
        if dtype.kind == "c":
            part = np.dtype(f"f{dtype.itemsize // 2}")
            return self.uniform(2 * size, low, high, part).view(dtype)
        require(dtype, "uniform")
        units = self._uniform(size, dtype == "float64")
        low, high = dtype.type(low), dtype.type(high)
        span = units.dtype.type(dtype.type(high - low))
        # CUDA rounds the product and the sum at once.
        values = (units.astype("float64") * float(span) + float(low)).astype(units.dtype)
        values = values.astype(dtype)
        return self.module.where(values == high, low, values).astype(dtype)

    def _normal(self, size: int, mean: float, std: float, double: bool) -> Any:
        part = self._draw(size, 2, self._pair) if double else self._draw(size, 4, self._pairs)
        return part * std + mean

    def _pairs(self, words: Words) -> list[Any]:
        """Four normal numbers in float32, from four words, by Box and Muller."""
        found = []
        for first, second in (words[:2], words[2:]):
            radius, turn = to_float(first), to_float(second, 2 * math.pi)
            found += self._box_muller(radius, turn)
        return found

    def _pair(self, words: Words) -> list[Any]:
        """Two normal numbers in float64, from four words."""
        radius, turn = doubles(words)
        return self._box_muller(radius, turn * (2 * math.pi))

    def _box_muller(self, unit: Any, angle: Any) -> list[Any]:
        radius = self.module.sqrt(-2 * self.module.log(unit))
        return [radius * self.module.sin(angle), radius * self.module.cos(angle)]

    def normal(
        self,
        size: int,
        mean: float = 0.0,
        std: float = 1.0,
        dtype: Any = None,
        in_a_row: Any = True,
    ) -> Any:
        """Normal numbers; see `Normal.normal`. How the elements lie does not matter here."""
        dtype = np.dtype(dtype or "float32")
        if not std >= 0:
            raise RuntimeError(f"normal expects std >= 0.0, but found std {std:g}")
        if dtype.kind == "c":
            part = np.dtype(f"f{dtype.itemsize // 2}")
            return self.normal(2 * size, mean, std / math.sqrt(2), part).view(dtype)
        require(dtype, "normal")
        return self._normal(size, mean, std, dtype == "float64").astype(dtype)

    def log_normal(self, size: int, mean: float, std: float, dtype: Any) -> Any:
        """Numbers whose logarithm is normal; see `Normal.log_normal`."""
        if not std > 0:
            raise RuntimeError(f"log_normal_ expects std > 0.0, but found std={std:g}")
        require(dtype, "log_normal")
        normal = self._normal(size, mean, std, dtype == "float64")
        return self.module.exp(normal).astype(dtype)

    def exponential(self, size: int, lambd: float = 1.0, dtype: Any = None) -> Any:
        """Waiting times; see `Continuous.exponential`."""
        dtype = np.dtype(dtype or "float32")
        require(dtype, "exponential")
        if not lambd > 0:
            raise RuntimeError(f"exponential_ expects lambda > 0.0, but found lambda={lambd:g}")
        units = self._uniform(size, dtype == "float64")
        least = float(np.finfo(units.dtype).eps) / 2  # no waiting time is zero
        logs = self.module.where(units >= 1 - least, -least, self.module.log(units))
        return (logs * (-1 / lambd)).astype(dtype)

    def cauchy(self, size: int, median: float, sigma: float, dtype: Any) -> Any:
        """Draws from a Cauchy distribution; see `Continuous.cauchy`."""
        require(dtype, "cauchy")
        if not sigma > 0:
            raise RuntimeError(f"cauchy_ expects sigma > 0.0, but found sigma={sigma:g}")
        units = self._uniform(size, dtype == "float64")
        least = float(np.finfo(units.dtype).eps)
        units = self.module.clip(units, least, 1 - least)
        values = self.module.tan((units - 0.5) * math.pi) * sigma + median
        return values.astype(dtype)

    def geometric(self, size: int, p: float, dtype: Any) -> Any:
        """Tries up to the first success; see `Discrete.geometric`."""
        if not 0 < p < 1:
            raise RuntimeError(f"geometric_ expects p to be in (0, 1), but got p={p:g}")
        units = self._uniform(size, dtype == "float64")
        values = self.module.ceil(self.module.log(units) / math.log1p(-p))
        return values.astype(dtype)

    def bernoulli(self, size: int, p: float) -> Any:
        """Ones with one probability for all, else zeros, bool; see `Discrete.bernoulli`."""
        if not 0 <= p <= 1:
            raise RuntimeError(f"bernoulli_ expects p to be in [0, 1], but got p={p:g}")
        return self._uniform(size, False) < float(np.float32(p))

    def bernoulli_each(self, p: Any) -> Any:
        """Ones with a probability for each, else zeros, bool. They are not checked."""
        require(p.dtype, "bernoulli_tensor_cuda_p_")
        return self._uniform(p.size, False) <= p.astype("float32")

    def dropout(self, size: int, p: float) -> Any:
        """What dropout keeps with probability `p`, bool: several neighbours per thread."""
        wide = next(n for n in (4, 2, 1) if size % n == 0)
        threads = self.threads_for(size)
        rounds = -(-size // (threads * 4))
        if wide == 1 or size > threads * wide:
            wide, kept = 1, self._draw(size, 4, floats)
        else:
            start = self._take(rounds * 4)
            thread = self.module.arange(size // wide, dtype="uint64")
            words = self._block(thread * 0, thread, start)
            kept = self.module.stack(floats(words)[:wide], 1).reshape(-1)
        return kept < float(np.float32(p))

    def randint(self, size: int, low: int, high: int | None, dtype: Any) -> Any:
        """Integers in [low, high); see `Integers.randint`."""
        low, count = integer_range(low, high, dtype)
        if count >= 2**28 and dtype.name in WIDE:
            values = self._draw(size, 2, longs)
        else:
            values = self._draw(size, 4, whole)
        if count != ALL_64_BITS:
            values = values % count
        values = values.astype("uint64").view("int64")
        return (values + low if low else values).astype(dtype)

    def random_(self, size: int, dtype: Any) -> Any:
        """Integers of a dtype that are not negative; see `Integers.random_`."""
        count = last_whole(dtype) + 1
        values = self._draw(size, 2, longs) if dtype.itemsize == 8 else self._draw(size, 4, whole)
        return (values % count).astype("int64").astype(dtype)

    def randperm(self, n: int, dtype: Any) -> Any:
        """The integers below `n` in random order: the places of sorted random words."""
        if n < 0:
            raise RuntimeError(f"n must be non-negative, got{n}")
        keys = self._draw(n, 2, longs) if n else self.module.zeros(0, "uint64")
        return self.module.argsort(keys).astype(dtype)

    def multinomial(self, weights: Any, num_samples: int, replacement: bool = False) -> Any:
        """Categories drawn in proportion to weights: the first of random arrivals.

        Drawing several with replacement is the host's work.
        """
        if replacement and num_samples > 1:
            return self.host().multinomial(weights, num_samples, True)
        check_weights(weights, num_samples, replacement)
        times = self.exponential(weights.size, 1.0, weights.dtype).reshape(weights.shape)
        if not isinstance(times, np.ndarray):
            times = times.get()
        order = np.argsort(-(weights / times), axis=-1, kind="stable")
        return order[..., :num_samples].copy()

    def host(self) -> Generator:
        """A generator of the host's, for what is drawn by trial and error there.

        Its seed comes from this one's state, which moves on.
        """
        start = self._take(4)
        seed = block((start & LOW, start >> 32, 0, 0), (self._seed & LOW, self._seed >> 32))
        return Generator(seed[0] | seed[1] << 32)


# --------------------------------------------------------------------- from words to numbers


def to_float(word: Any, scale: float = 1.0) -> Any:
    """A word as a float32 in (0, scale], as cuRAND makes it."""
    step = float(np.float32(TINY * scale))
    # The product and the sum are rounded at once.
    exact = word.astype("float32").astype("float64") * step + float(np.float32(step / 2))
    return exact.astype("float32")


def floats(words: Words) -> list[Any]:
    """Four numbers in (0, 1], in float32."""
    return [to_float(word) for word in words]


def whole(words: Words) -> list[Any]:
    """Four words as uint64, which holds every divisor."""
    return [word.astype("uint64") for word in words]


def doubles(words: Words) -> list[Any]:
    """Two numbers in (0, 1], in float64, of 53 bits from two words each."""
    a, b, c, d = whole(words)
    return [
        mixed.astype("float64") * 2.0**-53 + 2.0**-54 for mixed in (a ^ (b << 21), c ^ (d << 21))
    ]


def longs(words: Words) -> list[Any]:
    """Two numbers of 64 bits, the first word the high half."""
    a, b, c, d = whole(words)
    return [a << 32 | b, c << 32 | d]


def require(dtype: Any, kernel: str) -> None:
    """Refuse a dtype that is not floating.

    Raises:
        NotImplementedError: In the words of PyTorch's kernel.
    """
    if not is_floating(dtype):
        raise not_implemented(kernel, dtype)
