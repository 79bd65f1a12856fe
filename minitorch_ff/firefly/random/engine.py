"""The Mersenne Twister, its state as bytes, and what is drawn from it directly.

The engine is MT19937: 624 words of 32 bits, made anew when all have been taken. NumPy
has the same engine, seeded in the same way, and its words are used; how a word becomes
a float is PyTorch's way throughout (it keeps a word's low bits, NumPy the high ones).
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Self, TypeVar

import numpy as np

from minitorch_ff.firefly.random.seeded import Seeded, in_64_bits

if TYPE_CHECKING:
    from numpy.random import BitGenerator

DEFAULT_SEED = 67280421310721
"""The seed of a generator that was given none."""

STATE_SIZE = 5056
"""Bytes of a state."""

WORDS = 624

# The state as PyTorch lays it out: each word in eight bytes, and gaps where older
# versions kept more.
_STATE = np.dtype(
    {
        "names": ["seed", "left", "seeded", "next", "words", "cached", "has_cached"],
        "formats": ["<u8", "<i4", "<i4", "<u8", ("<u8", WORDS), "<f8", "<i4"],
        "offsets": [0, 8, 12, 16, 24, 5024, 5040],
        "itemsize": STATE_SIZE,
    }
)

BLOCK = 16384
"""Values drawn at a time: what they go through stays in the cache, and in memory that
need not be asked of the system each time."""

MANY_PAIRS = 2048
"""From so many on, NumPy draws pairs of words as one integer faster than word by word."""

E = TypeVar("E", bound="Engine")

_LOW_24 = np.uint64(2**24 - 1)
_LOW_53 = np.uint64(2**53 - 1)
_32 = np.uint64(32)


class Engine(Seeded):
    """A seeded stream of 32-bit words.

    Args:
        seed: An integer in [-2⁶³, 2⁶⁴). Only its low 32 bits choose the stream.
    """

    def __init__(self, seed: int = DEFAULT_SEED) -> None:
        self.manual_seed(seed)

    @cached_property
    def _bits(self) -> BitGenerator:
        # Made when the first word is asked for: loading `numpy.random` takes a quarter of
        # the time of importing this whole package, and not every script draws.
        from minitorch_ff.firefly.random.twister import twister

        return twister(self._seed % 2**32)

    # --------------------------------------------------------------------- the seed

    def manual_seed(self, seed: int) -> Self:
        """Start again from a seed, and forget the cached normal value.

        Raises:
            ValueError: The seed is not in [-2⁶³, 2⁶⁴).
        """
        self._seed = in_64_bits(int(seed))
        self._fresh: tuple[int, int] | None = _first_words(self._seed % 2**32)
        self._cached_normal: float | None = None
        self.__dict__.pop("_bits", None)
        return self

    # ----------------------------------------------------------------- the state

    def state(self) -> np.ndarray:
        """Everything the next draws depend on.

        Returns:
            5056 bytes, as PyTorch's `get_state` gives them. Shape `(5056,)`, uint8.
        """
        engine = self._bits.state["state"]
        words, taken = engine["key"], int(engine["pos"])
        # NumPy's position is 624 both when a block is used up and when, after seeding,
        # none has been made yet; PyTorch writes 0 for the second.
        if taken == WORDS and self._fresh == (int(words[0]), int(words[1])):
            taken = 0
        record = np.zeros((), _STATE)
        record["seed"] = self._seed
        record["left"] = WORDS + 1 - taken if taken else 1
        record["seeded"] = 1
        record["next"] = taken
        record["words"] = words
        if self._cached_normal is not None:
            record["cached"] = self._cached_normal
            record["has_cached"] = 1
        return record.reshape(1).view(np.uint8)

    def set_state(self, state: np.ndarray) -> Self:
        """Continue from a state, of ours or of PyTorch's.

        Args:
            state: 5056 bytes. uint8.

        Raises:
            TypeError: They are not uint8.
            RuntimeError: They are not contiguous, or no state. The generator is as it
                was.
        """
        if state.dtype != np.uint8:
            raise TypeError("RNG state must be a torch.ByteTensor")
        if not state.flags.c_contiguous:
            raise RuntimeError("RNG state must be contiguous")
        if state.size != STATE_SIZE:
            raise RuntimeError(
                f"Expected a CPUGeneratorImplState of size {STATE_SIZE} but found the "
                f"input RNG state size to be {state.size}"
            )
        record = state.reshape(-1).view(_STATE)[0]
        left, taken = int(record["left"]), int(record["next"])
        # No draws lead to a state whose `left` and `next` disagree: it is refused too.
        in_use = 0 < left <= WORDS and taken == WORDS + 1 - left
        fresh = left == 1 and taken == 0
        if not (record["seeded"] and (in_use or fresh)):
            raise RuntimeError("Invalid mt19937 state")
        words = record["words"].astype(np.uint32)
        self._seed = int(record["seed"])
        self._fresh = (int(words[0]), int(words[1])) if fresh else None
        self._cached_normal = float(record["cached"]) if record["has_cached"] else None
        self._bits.state = {
            "bit_generator": "MT19937",
            "state": {"key": words, "pos": WORDS if fresh else taken},
        }
        return self

    def clone(self) -> Self:
        """Another generator in the same state."""
        return _in_state(type(self), self.state())

    def __reduce__(self) -> tuple[Any, ...]:
        return _in_state, (type(self), self.state())  # for copy and pickle

    # -------------------------------------------------------------------------- draws

    def u32(self) -> int:
        """One word: an integer in [0, 2³²)."""
        return int(self._bits.random_raw())

    def u64(self) -> int:
        """Two words, the first one above the second: an integer in [0, 2⁶⁴)."""
        draw = self._bits.random_raw
        return (int(draw()) << 32) | int(draw())

    def unit(self) -> float:
        """Two words' low 53 bits as a number in [0, 1)."""
        return (self.u64() & (2**53 - 1)) * 2.0**-53

    def u32s(self, size: int) -> np.ndarray:
        """As many words. Shape `(size,)`, in a wider type: uint64."""
        return self._bits.random_raw(size)

    def u64s(self, size: int) -> np.ndarray:
        """As many pairs of words, the first one above the second. `(size,)`, uint64."""
        if size >= MANY_PAIRS:
            return np.random.Generator(self._bits).integers(0, 2**64, size, np.uint64)
        words = self._bits.random_raw(2 * size)
        pairs = words[0::2] << _32
        pairs |= words[1::2]
        return pairs

    def u53s(self, size: int) -> np.ndarray:
        """The low 53 bits of as many pairs of words. Shape `(size,)`, uint64."""
        pairs = self.u64s(size)
        pairs &= _LOW_53
        return pairs

    def unit32(self, size: int) -> np.ndarray:
        """Numbers in [0, 1), each the low 24 bits of one word. `(size,)`, float32."""
        bits = self._bits.random_raw(size)
        bits &= _LOW_24
        values = bits.view(np.int64).astype(np.float32)
        values *= np.float32(2.0**-24)
        return values

    def unit64(self, size: int) -> np.ndarray:
        """Numbers in [0, 1), each the low 53 bits of two words. `(size,)`, float64."""
        values = self.u53s(size).view(np.int64).astype(np.float64)
        values *= 2.0**-53
        return values

    @staticmethod
    def _in_blocks(draw, size: int, dtype: np.dtype):
        """`draw(size)` for any size, a block at a time."""
        if size <= BLOCK:
            return draw(size)
        out = np.empty(size, dtype)
        for start in range(0, size, BLOCK):
            part = out[start : start + BLOCK]
            part[...] = draw(part.size)
        return out


def _first_words(seed: int) -> tuple[int, int]:
    """The two words a seeded engine starts with: they tell an unused one."""
    return seed, (1812433253 * (seed ^ (seed >> 30)) + 1) % 2**32


def _in_state(cls: type[E], state: np.ndarray) -> E:
    """A generator of a class (which may have a `set_state` of its own) in a state."""
    return Engine.set_state(cls(), state)
