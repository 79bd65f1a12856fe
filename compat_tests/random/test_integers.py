"""Integers and permutations: PyTorch's, in every dtype and range."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch

from compat_tests.random.pairing import (
    FLOATING,
    INT64_MAX,
    INT64_MIN,
    INTEGERS,
    NUMPY,
    UNSIGNED,
    Pair,
    by_name,
)
from minitorch_ff.firefly.random import permutation

LARGE = (100_003, 2_000_003)

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


@pytest.mark.parametrize("size", [1, 2, 17, 1000])
def test_randint(pair, size):
    for low, high in RANGES:
        expected = torch.randint(low, high, (size,))
        pair.assert_same(expected, pair.ours.randint(size, low, high))
    for dtype, low, high in OTHER_RANGES:
        expected = torch.randint(low, high, (size,), dtype=dtype)
        pair.assert_same(expected, pair.ours.randint(size, low, high, NUMPY[dtype]))


@pytest.mark.slow
def test_randint_of_many(pair):
    for size in LARGE:
        for low, high in RANGES:
            expected = torch.randint(low, high, (size,))
            pair.assert_same(expected, pair.ours.randint(size, low, high))


# Ranges with bounds that the dtype rounds: PyTorch moves some of them, and warns.
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
    values, our_warnings = told(lambda: pair.ours.randint(2000, low, high, NUMPY[dtype]))
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


@pytest.mark.parametrize("limit", [0, 10**9], ids=("by sorting", "by swapping"))
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
    [
        (torch.uint8, 256),
        (torch.int8, 128),
        (torch.int16, 2**15),
        (torch.float16, 2049),
    ],
)
def test_randperm_as_long_as_the_dtype_goes(pair, dtype, n):
    pair.assert_same(torch.randperm(n, dtype=dtype), pair.ours.randperm(n, NUMPY[dtype]))
