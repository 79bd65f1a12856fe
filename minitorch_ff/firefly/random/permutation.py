"""Random permutations: the Fisher-Yates shuffle, by a loop and by sorting."""

from __future__ import annotations

from typing import Any

import numpy as np

from minitorch_ff.firefly.random.dtypes import (
    INT64, INTEGERS, is_floating, limits, not_implemented, scalar_name,
)  # fmt: skip
from minitorch_ff.firefly.random.engine import BLOCK, Engine
from minitorch_ff.firefly.random.exact import cast

_LOOP_LIMIT = 400  # below this, the plain loop is the faster way
_TOO_LONG = (2**32 - 1) // 20  # from here on, PyTorch shuffles in another way

# How far a floating dtype counts without a gap.
_GAPLESS = {"float16": (2049, "2049"), "float32": (2**24 + 1, "2^24+1")}


class Permutation(Engine):
    """Draws of permutations."""

    def randperm(self, n: int, dtype: np.dtype = INT64) -> np.ndarray:
        """Put the integers from 0 to n - 1 in random order.

        Args:
            n: How many.
            dtype: Integer or floating; it does not change the order.

        Returns:
            Shape `(n,)`.

        Raises:
            RuntimeError: `n` is negative, or does not fit the dtype.
            NotImplementedError: Permutations do not come in this dtype, or `n` is
                above two hundred million.
        """
        _check(n, dtype)
        if n < 2:
            return np.arange(n).astype(dtype)
        # Step i exchanges the items at places i and target[i], which is not before i.
        targets = self._in_blocks(self.u32s, n - 1, np.dtype(np.uint32))
        steps = np.arange(n - 1, dtype=np.uint32)
        targets %= np.uint32(n) - steps
        targets += steps
        del steps
        shuffled = by_swapping if n < _LOOP_LIMIT else by_sorting
        return cast(shuffled(n, targets), dtype)


def by_swapping(n: int, targets: np.ndarray) -> np.ndarray:
    """Exchange items i and `targets[i]` of 0 … n - 1, for i = 0 … n - 2 in turn."""
    items = list(range(n))
    for step, target in enumerate(targets.tolist()):
        items[step], items[target] = items[target], items[step]
    return np.array(items)


def by_sorting(n: int, targets: np.ndarray) -> np.ndarray:
    """The same result without a loop over the steps.

    Once step i is over, place i stays as it is. So what matters is what a place holds
    just before its own step: call it `found[i]`. Step i

    * leaves `found[i]` at its target, and
    * takes from there, for good, what the *previous step with the same target* left: if
      that was step k, `found[k]`; if there was none, the target's own number.

    And `found[i]` was left by the *last step before i whose target is i*; if there was
    none, it is i. So `found` begins as a forest of parent links, whose roots are the
    items.
    """
    # Sort pairs (target, step): steps with the same target become neighbours, in order.
    # A pair is one integer, whose upper half is the target.
    half, whole = (np.uint16, np.uint32) if n <= 2**16 else (np.uint32, np.uint64)
    bits = whole(8 * whole().itemsize // 2)
    pairs: Any = targets.astype(whole)
    pairs <<= bits
    for start in range(0, n - 1, BLOCK):  # what is as long as the whole is made sparingly
        pairs[start : start + BLOCK] |= np.arange(start, min(start + BLOCK, n - 1), dtype=whole)
    pairs.sort()
    step = pairs.astype(half).astype(np.intp)
    pairs >>= bits
    target = pairs.astype(np.intp, copy=False)
    del pairs
    has_previous = np.empty(n - 1, bool)
    has_previous[0] = False
    np.equal(target[1:], target[:-1], out=has_previous[1:])

    found = np.arange(n)
    last = np.append(np.flatnonzero(~has_previous[1:]), n - 2)  # of each target's steps
    # A step may have its own place as target, and is then the last one that has. What
    # lies there before it was left by its predecessor.
    last -= (step[last] == target[last]) & has_previous[last]
    found[target[last]] = step[last]
    del last
    _follow_to_roots(found)

    end = found[n - 1]
    np.copyto(target[1:], found[step[:-1]], where=has_previous[1:])
    items = found
    items[step] = target
    items[n - 1] = end
    return items


def _follow_to_roots(parent) -> None:
    """Replace every link of a forest by its root, doubling the stride of each look."""
    pending = np.flatnonzero(parent != np.arange(parent.size))
    while pending.size:
        current = parent[pending]
        further = parent[current]
        parent[pending] = further
        pending = pending[further != current]


def _check(n: int, dtype: np.dtype) -> None:
    if n < 0:
        raise RuntimeError(f"Trying to create tensor with negative dimension {n}: [{n}]")
    if dtype.name not in INTEGERS and not is_floating(dtype):
        raise not_implemented("randperm", dtype)
    if dtype.kind in "iu" and n - 1 > limits(dtype)[1]:
        raise RuntimeError(f"value cannot be converted to type {dtype.name}_t without overflow")
    if dtype.name in _GAPLESS and n > _GAPLESS[dtype.name][0]:
        raise RuntimeError(
            f"n cannot be greater than {_GAPLESS[dtype.name][1]} for {scalar_name(dtype)} type."
        )
    if n >= _TOO_LONG:
        raise NotImplementedError(f"randperm of {_TOO_LONG} items or more")
