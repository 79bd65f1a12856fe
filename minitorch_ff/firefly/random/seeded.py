"""What every generator does with its seed, whatever it draws."""

from __future__ import annotations

import os
from typing import Any


class Seeded:
    """A stream that a seed chooses; a subclass starts it in `manual_seed`."""

    _seed: int

    def manual_seed(self, seed: int) -> Any:
        """Start again from a seed."""
        raise NotImplementedError

    def initial_seed(self) -> int:
        """The seed last given, in [0, 2⁶⁴)."""
        return self._seed

    def seed(self) -> int:
        """Start again from a seed of the operating system's, and return it."""
        self.manual_seed(int.from_bytes(os.urandom(8), "little"))
        return self._seed


def in_64_bits(seed: int) -> int:
    """A seed as an integer in [0, 2⁶⁴).

    Raises:
        ValueError: It is not in [-2⁶³, 2⁶⁴).
    """
    if not -(2**63) <= seed < 2**64:
        raise ValueError("Overflow when unpacking long long")
    return seed % 2**64
