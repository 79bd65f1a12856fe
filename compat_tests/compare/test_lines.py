"""Two lines say the same if their words agree, and their numbers to a tolerance."""

import math

import pytest

from minitorch_ff.compare.verdict import Tolerance, compare_lines

CASES = [
    ("loss 0.5", "loss 0.5", "same", 0),
    ("loss 0.50000", "loss 0.50001", "close", 2e-5),
    ("loss 0.5", "loss 0.6", "apart", 1 / 6),
    ("1.0e-08", "9.0e-07", "close", 1 - 1 / 90),  # below the absolute tolerance
    ("1e3", "1000.0", "close", 0),
    ("2.", "2.0001", "close", 5e-5),
    (".5", "0.50001", "close", 2e-5),
    ("epoch 10000", "epoch 10001", "apart", 1 / 10001),  # a count is not rounded
    ("10000.0", "10001.0", "close", 1 / 10001),
    ("[ 0.0000]", "[-0.0000]", "close", 0),
    ("inf -inf nan", "inf -inf  nan", "close", 0),
    ("inf", "-inf", "apart", math.inf),
    ("nan", "1.5", "apart", math.inf),
    ("1.5", "inf", "apart", math.inf),
    ("infant 1", "infant 1.0", "close", 0),
    ("accuracy 97.25%", "accuracy 97.26%", "apart", 0.01 / 97.26),
    ("took 1.5s", "took 1.5ms", "apart", math.inf),
    ("fc1", "fc2", "apart", math.inf),  # a name, not a number
    ("conv2d 1", "conv3d 1", "apart", math.inf),
    ("8-16-1", "8-16-2", "apart", 0.5),
    ("größe 1.00000", "größe 1.00001", "close", 1e-5),
    ("größe", "grösse", "apart", math.inf),
    ("<f at 0x7f0012345678>", "<f at 0x7f0087654321>", "close", 0),
    ("a b", "a  b", "close", 0),
    ("a b", "ab", "apart", math.inf),
    ("1 2", "1 2 3", "apart", math.inf),
    ("text", None, "apart", math.inf),
    (None, "", "apart", math.inf),
]


@pytest.mark.parametrize(("theirs", "ours", "kind", "size"), CASES)
def test_lines(theirs, ours, kind, size):
    match = compare_lines(theirs, ours, Tolerance())
    assert match.kind == kind
    assert match.size == pytest.approx(size, rel=1e-3)


def test_the_number_that_parts_is_named_not_the_one_that_differs_more_within_the_tolerance():
    match = compare_lines("1e-9 1.000", "9e-9 1.001", Tolerance())
    assert match.numbers == ("1.000", "1.001")


def test_the_tolerance_counts():
    assert compare_lines("1.0", "1.05", Tolerance(0.1, 0)).kind == "close"
    assert compare_lines("1.0", "1.00001", Tolerance(0, 0)).kind == "apart"
