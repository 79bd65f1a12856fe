"""Step 4: optimizers against their formulas, batches, and the two programs."""

import pathlib
import re
import subprocess
import sys

import numpy
import pytest
from ember.batches import batches
from ember.module import Parameter
from ember.optimizers import SGD, Adam

HERE = pathlib.Path(__file__).parents[1]
STEPS = HERE.parent
DIGITS = STEPS.parents[2] / "examples" / "data" / "digits.npz"


def test_sgd_with_momentum():
    p = Parameter([1.0])
    optimizer = SGD([p], lr=0.1, momentum=0.5)
    for expected in (0.8, 0.5, 0.15):
        p.grad = numpy.array([2.0])
        optimizer.step()
        assert p.buffer[0] == pytest.approx(expected)


def test_the_first_steps_of_adam_have_the_size_of_the_learning_rate():
    p = Parameter([1.0, 1.0])
    optimizer = Adam([p], lr=0.01)
    for count in (1, 2):
        p.grad = numpy.array([5.0, -0.001])
        optimizer.step()
        numpy.testing.assert_allclose(
            p.buffer, [1 - 0.01 * count, 1 + 0.01 * count], atol=1e-6
        )


def test_a_parameter_without_gradient_stays():
    p = Parameter([1.0])
    SGD([p], lr=1.0).step()
    assert p.buffer[0] == 1.0


def test_batches_hold_every_row_once_and_rows_together():
    x, y = numpy.arange(10), numpy.arange(10) * 2
    portions = list(batches(4, numpy.random.default_rng(0), x, y))
    assert [len(a) for a, _ in portions] == [4, 4, 2]
    assert sorted(numpy.concatenate([a for a, _ in portions])) == list(range(10))
    assert all((b == 2 * a).all() for a, b in portions)


def run(script, *arguments):
    path = [str(STEPS / f"step{number}") for number in (1, 2, 3, 4)]
    file = str(HERE / script)
    code = f"import sys, runpy; sys.path[:0] = {path!r}; runpy.run_path({file!r})"
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, check=True
    ).stdout


def test_the_regression_learns():
    losses = [
        float(value) for value in re.findall(r"loss (\S+)", run("regression.py"))
    ]
    assert len(losses) == 8
    assert losses[-1] < 0.05 < 1 < losses[0]


def test_the_digits_are_read():
    shares = re.findall(r"([\d.]+)% of new", run("digits.py", str(DIGITS)))
    assert float(shares[-1]) >= 95
