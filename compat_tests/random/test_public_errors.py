"""Wrong calls of the public functions: PyTorch's error, and the generator as it was."""

from __future__ import annotations

import warnings
from math import inf, nan

import pytest
import torch

import minitorch_ff as ff
from compat_tests.worlds import same_error

# Each line is a call in a world `w`. Type and words are PyTorch's.
SAME_WORDS = """
manual_seed(2**64)
manual_seed(-(2**63) - 1)
manual_seed("a")
manual_seed(None)
Generator().manual_seed(2**64)
Generator().manual_seed(1.7)
Generator().manual_seed("a")
Generator().manual_seed(None)
Generator().manual_seed(True)
Generator().manual_seed(w.tensor(5))
set_rng_state(w.zeros(10, dtype=w.uint8))
set_rng_state(w.zeros(5056, dtype=w.uint8))
set_rng_state(w.zeros(5056))
set_rng_state(w.zeros(10112, dtype=w.uint8)[::2])
set_rng_state(3)
Generator().set_state(None)
Generator().set_state(w.zeros(10))
randperm(-1)
randperm(5, dtype=w.bool)
randperm(300, dtype=w.uint8)
randint(5, 5, (3,))
randint(6, 5, (3,))
randint(0, 300, (3,), dtype=w.uint8)
randint(0, 5, (-3,))
randint(0, 2**63, (2,))
randint(-(2**63) - 1, 5, (2,))
randint(2**64, (2,))
randint(0, 5, (3,), dtype=w.complex64)
randint_like(w.zeros(3), 5, 5)
randint_like(w.zeros(3), 2**63)
rand(3, dtype=w.int64)
rand(-1)
randn(3, dtype=w.int64)
randn(3, dtype=w.bool)
rand_like(w.zeros(3, dtype=w.int64))
rand_like(3)
randn_like(w.zeros(3, dtype=w.int64))
normal(0.0, -1.0, (3,))
normal(0.0, 1.0, (3,), dtype=w.int64)
normal(w.zeros(3), -1.0)
normal(w.zeros(3), w.tensor([1.0, -1, 1]))
normal(0.0, w.tensor([1.0, nan, 1]))
normal(w.zeros(3), w.ones(2))
normal(w.zeros(3, dtype=w.int64), 1.0)
normal(0.0, w.ones(3, dtype=w.int64))
normal(w.zeros(3), w.ones(3, dtype=w.complex64))
bernoulli(w.tensor([0.5, 2.0]))
bernoulli(w.tensor([0.5, nan]))
bernoulli(w.tensor([1, 0]))
bernoulli(w.tensor([1.0, 0]), 1.5)
bernoulli(w.zeros(3, dtype=w.complex64), 0.5)
bernoulli(w.zeros(3, dtype=w.complex64))
bernoulli(0.5)
empty(3).bernoulli_(1.5)
empty(3).bernoulli_(w.tensor([0.5, 0.5]))
empty(2, 3).bernoulli_(w.rand(4, 2, 3))
empty(3).bernoulli_(w.tensor([1]))
empty(3, dtype=w.complex64).bernoulli_(0.5)
empty(3).uniform_(2, 1)
empty(3).uniform_(2)
empty(3).uniform_(0, inf)
empty(3).uniform_(0, 1e39)
empty(3).uniform_(from_=0)
empty(3, dtype=w.int64).uniform_()
empty(3, dtype=w.int64).normal_()
empty(3).normal_(0, -1)
empty(3).exponential_(-1)
empty(3).exponential_(0)
empty(3, dtype=w.int64).exponential_()
empty(3).geometric_(0.0)
empty(3).geometric_(1.0)
empty(3, dtype=w.bool).geometric_(p=0.5)
empty(3).cauchy_(0, -1)
empty(3, dtype=w.int64).cauchy_()
empty(3).log_normal_(0, 0)
empty(3, dtype=w.int64).log_normal_()
empty(3).random_(0)
empty(3).random_(3, 3)
empty(3).random_(0, 2**63)
empty(3, dtype=w.uint8).random_(0, 300)
empty(3, dtype=w.complex64).random_()
empty(3, dtype=w.bool).random_(3)
multinomial(w.ones(3), 4)
multinomial(w.zeros(3), 1)
multinomial(w.zeros(3), 2, True)
multinomial(-w.ones(3), 2, True)
multinomial(-w.ones(3), 2)
multinomial(w.ones(3, dtype=w.int64), 2)
multinomial(w.ones(3), 0)
multinomial(w.ones(2, 2, 2), 1)
multinomial([1.0, 2], 2)
poisson(-w.ones(3))
poisson(w.ones(3, dtype=w.int64))
poisson(3.0)
ones(3, requires_grad=True).uniform_()
ones(3, requires_grad=True)[0].normal_()
ones(1).expand(3).uniform_()
ones(1).expand(3).normal_()
nn.functional.dropout(w.ones(3), 1.5)
nn.functional.dropout(w.ones(3), -0.1)
nn.functional.dropout(w.ones(3), nan)
nn.functional.dropout(w.ones(3), "a")
nn.functional.dropout(w.ones(3, dtype=w.int64), 0.5)
nn.functional.dropout(w.ones(3, dtype=w.bool), 0.5)
nn.functional.dropout(w.ones(3, dtype=w.complex64), 0.5)
nn.functional.dropout(w.ones(3, requires_grad=True), 0.5, inplace=True)
nn.functional.dropout([1.0], 0.5)
nn.functional.dropout1d(w.ones(3), 0.5)
nn.functional.dropout1d(w.ones(3, 4, 5, 6), 0.5)
nn.functional.dropout2d(w.ones(3), 0.5)
nn.functional.dropout2d(w.ones(3, 4, 5, 6), 1.5)
nn.functional.dropout3d(w.ones(3, 4), 1.5)
nn.functional.alpha_dropout(w.ones(3), 1.5, True)
nn.functional.alpha_dropout(w.ones(3, dtype=w.int64), 0.5, True)
nn.functional.feature_alpha_dropout(w.ones(3), 0.5, True)
nn.functional.feature_alpha_dropout(w.ones(3, 4, 5), 1.5, True)
nn.functional.rrelu(w.ones(3), 0.3, 0.2, training=True)
nn.functional.rrelu(w.ones(3).half(), 0.2, 0.3, training=True)
nn.functional.rrelu(w.ones(3, dtype=w.int64), 0.2, 0.3, training=True)
nn.Dropout(1.5)
nn.Dropout(-0.1)
nn.init.uniform_(w.empty(3), 2, 1)
nn.init.normal_(w.empty(3), 0, -1)
nn.init.trunc_normal_(w.empty(3, dtype=w.int64))
nn.init.orthogonal_(w.empty(3))
nn.init.sparse_(w.empty(3), 0.5)
"""
# The words of PyTorch's argument parser list every form a call may have: type alone.
SAME_TYPE = """
randperm(2.5)
randperm("a")
randperm(True)
randperm()
randperm(5, generator=3)
randint()
randint(5)
randint(5, 3)
randint(0, 5, 3)
randint(0, 5, (2.5,))
randint(0, 5.5, (2,))
randint(0.5, 5, (2,))
randint(0, "a", (2,))
randint(0, None, (2,))
randint(0, True, (3,))
randint(0, 10, (2,), low=3)
randint(low=2, size=(2,))
randint(0, 5, (3,), generator=5)
randint(0, 5, (3,), foo=1)
randint_like(w.zeros(3))
randint_like(w.zeros(3), 1.5)
randint_like(w.zeros(3), 1, 2, 3)
randint_like(w.zeros(3), 5, foo=2)
rand("a")
rand(2.5)
rand(2, None)
rand(2, 3, generator=5)
rand(2, foo=3)
randn(2, "a")
rand_like(w.zeros(2, 3), foo=3)
normal(0.0, 1.0)
normal(0, 1, 3)
normal(w.zeros(3), 1.0, (3,))
normal("a", 1.0, (3,))
normal(std=w.ones(3))
bernoulli(w.tensor([0.5]), "a")
bernoulli(w.tensor([0.5]), w.tensor([0.5]))
empty(3).bernoulli_("a")
empty(3).uniform_("a")
empty(3).uniform_(0, 1, 2)
empty(3).uniform_(0, 1, foo=2)
empty(3).uniform_(0, 1, generator=3)
empty(3).normal_("a")
empty(3).normal_(0, 1, 2)
empty(3).exponential_("a")
empty(3).geometric_()
empty(3).random_(**{"from": 3})
empty(3).random_(2.5)
empty(3).random_(0, 2.5)
empty(3).random_("a")
empty(3).random_(True)
empty(3).random_(1, 2, 3)
multinomial(w.ones(3), 2.5)
multinomial(w.ones(3), "a")
multinomial(w.ones(3), True)
multinomial(w.ones(3), 2, 1)
multinomial(w.ones(3))
nn.Dropout("a")
"""


def calls(text: str) -> list[str]:
    return text.strip().splitlines()


def run(call: str, world) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of deprecated ranks
        eval(f"w.{call}", {"w": world, "nan": nan, "inf": inf})


@pytest.mark.parametrize("call", calls(SAME_WORDS))
def test_same_error(call):
    same_error(lambda world: run(call, world))


@pytest.mark.parametrize("call", calls(SAME_TYPE))
def test_same_type_of_error(call):
    same_error(lambda world: run(call, world), words=False)


# These draw before they fail, in both worlds.
DRAWING = ("w.rand(", "requires_grad")


@pytest.mark.parametrize("call", calls(SAME_WORDS) + calls(SAME_TYPE))
def test_generator_is_left_as_it_was(call):
    if any(part in call for part in DRAWING):
        pytest.skip("another part of the call draws")
    before = ff.get_rng_state()
    with pytest.raises(Exception):  # noqa: B017, PT011 - which one, the tests above hold
        run(call, ff)
    assert ff.equal(ff.get_rng_state(), before)


def test_missing_devices_are_refused():
    if not ff.cuda.is_available():
        with pytest.raises(AssertionError, match="Torch not compiled with CUDA enabled"):
            ff.Generator("cuda")
    with pytest.raises(NotImplementedError, match="no back end"):
        ff.Generator("meta")


def test_warnings_of_deprecated_ranks():
    for name, shape in (
        ("dropout2d", (3, 4)), ("dropout2d", (3, 4, 5)), ("dropout3d", (3, 4, 5)),
    ):  # fmt: skip
        texts = []
        for world in (torch, ff):
            with pytest.warns(UserWarning, match=name) as caught:
                getattr(world.nn.functional, name)(world.ones(shape))
            texts.append([str(w.message) for w in caught])
        assert texts[0] == texts[1]
