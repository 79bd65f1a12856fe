"""A call in PyTorch and the same call here: every bit of the results, then the states."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

import minitorch_ff as ff
from compat_tests.random.pairing import as_numpy


@dataclass
class Row:
    """What came of all comparisons under one name."""

    cases: int = 0
    values: int = 0
    different: int = 0
    ulps: float = 0.0  # the largest difference, in steps of the dtype
    distance: float = 0.0  # the largest difference
    states: int = 0  # how many times the generators' states differed


class Both:
    """PyTorch and minitorch_ff, seeded alike and kept in step.

    Args:
        strict: Fail at the first difference; otherwise count it in `rows` and go on.
    """

    def __init__(self, strict: bool = True) -> None:
        self.strict = strict
        self.rows: dict[str, Row] = {}

    def seed(self, seed: int) -> None:
        for world in (torch, ff):
            world.manual_seed(seed)

    def compare(self, name: str, body: Callable[[Any], Any], within: float = 0.0) -> None:
        """Run `body(torch)` in both worlds and compare what it returns.

        Args:
            name: Of the row to count this in.
            body: Gets a world; returns a tensor, numbers, or a sequence of such.
            within: How far values may be apart; the generators' states may never be.
        """
        __tracebackhide__ = True
        row = self.rows.setdefault(name, Row())
        expected, found = parts(body(torch)), parts(body(ff))
        row.cases += 1
        assert len(expected) == len(found) > 0, name
        for theirs, ours in zip(expected, found, strict=True):
            self._compare_part(name, row, theirs, ours, within)
        theirs, ours = torch.get_rng_state().numpy(), ff.get_rng_state().numpy()
        if not np.array_equal(theirs, ours):
            row.states += 1
            assert not self.strict, f"{name}: the generators' states differ"
            ff.set_rng_state(ff.from_numpy(theirs))

    def _compare_part(self, name, row, theirs, ours, within: float) -> None:
        __tracebackhide__ = True
        assert (theirs.dtype, theirs.shape) == (ours.dtype, ours.shape), name
        assert steps(theirs) == steps(ours), f"{name}: another layout"
        row.values += theirs.size
        unequal = different(theirs, ours)
        if not unequal.any():
            return
        row.different += int(unequal.sum())
        theirs, ours = theirs[unequal], ours[unequal]
        row.ulps = max(row.ulps, float(np.abs(rank(theirs) - rank(ours)).max()))
        wide = theirs.astype(np.float64) - ours.astype(np.float64)
        distance = float(np.abs(wide).max())
        row.distance = max(row.distance, distance)
        text = f"{name}: {ours[0]!r} for {theirs[0]!r}, and {unequal.sum() - 1} more"
        assert not self.strict or distance <= within, text


def parts(result: Any) -> list[np.ndarray]:
    """The arrays in a result."""
    if isinstance(result, torch.Tensor):
        if not result.is_contiguous():  # `as_numpy` would lay it out anew
            order = sorted(range(result.dim()), key=result.stride, reverse=True)
            back = np.argsort(order)
            return [as_numpy(result.permute(order)).transpose(back)]
        return [as_numpy(result)]
    if isinstance(result, ff.Tensor):
        return [result.detach().buffer]
    if isinstance(result, (list, tuple)) and any(map(is_result, result)):
        return [array for part in result for array in parts(part)]
    return [np.asarray(result)]


def is_result(value: Any) -> bool:
    return isinstance(value, (torch.Tensor, ff.Tensor, list, tuple))


def steps(array: np.ndarray) -> list[int]:
    """The strides that tell where elements are, in elements."""
    if not array.size:
        return []
    pairs = zip(array.strides, array.shape, strict=True)
    return [stride // array.itemsize for stride, size in pairs if size > 1]


def different(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Where two arrays differ: in value, in the sign of a zero, or in being a number."""
    if a.dtype.kind in "iub":
        return a != b
    return (a != b) & ~((a != a) & (b != b)) | (signs(a) != signs(b)) & (a == a)


def signs(a: np.ndarray) -> np.ndarray:
    if a.dtype.kind == "c":
        return np.signbit(a.real) + 2 * np.signbit(a.imag)
    return np.signbit(a)


def rank(a: np.ndarray) -> np.ndarray:
    """The number of each float, counted from zero: neighbours differ by one."""
    integers = {"float32": np.int32, "float64": np.int64}.get(a.dtype.name)
    if integers is None:
        return a.astype(np.float64)
    bits = a.view(integers).astype(np.int64)
    return np.where(bits < 0, -(bits & np.iinfo(integers).max), bits)
