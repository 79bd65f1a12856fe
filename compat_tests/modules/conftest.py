"""Run one body in PyTorch and in minitorch_ff, and compare all that it observed."""

import math
import re
import warnings

import pytest
import torch

import minitorch_ff as ff
from compat_tests.conformance.outcome import seed_all


class Numbers(list):
    """Numbers that equal others up to rounding."""

    def __eq__(self, others):
        return len(self) == len(others) and all(
            math.isclose(a, b, rel_tol=1e-5, abs_tol=1e-6) or (a != a and b != b)
            for a, b in zip(self, others, strict=True)
        )

    __hash__ = None


def plain(value):
    """A value of either world as something that can be compared."""
    if isinstance(value, (torch.Tensor, ff.Tensor)):
        kind = type(value).__name__
        elements = value.detach().double().flatten().tolist()
        facts = str(value.dtype), tuple(value.shape), value.requires_grad
        return (kind, *facts, Numbers(elements))
    if isinstance(value, BaseException):
        return type(value).__name__, neutral(value)
    if isinstance(value, (torch.nn.Module, ff.nn.Module)):
        return repr(value)
    if isinstance(value, dict):
        return [(plain(k), plain(v)) for k, v in value.items()]
    if isinstance(value, (list, tuple)):
        return type(value).__name__, [plain(v) for v in value]
    if isinstance(value, type):
        return value.__name__
    return value


def neutral(text):
    """A text without what may differ: the package's name and addresses."""
    text = str(text).replace("minitorch_ff", "torch")
    return re.sub(r"0x[0-9a-f]+|<locals>", "", text)


class Notes:
    """What a body observes, in order."""

    def __init__(self, world):
        self.world = world
        self.seen = []

    def __call__(self, *values):
        """Note values as they are now."""
        self.seen.append([plain(value) for value in values])

    def attempt(self, function, *args, **kwargs):
        """Note what a call returns or raises, and how it warns."""
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            warnings.simplefilter("ignore", RuntimeWarning)  # NumPy's, of infinities
            try:
                outcome = function(*args, **kwargs)
            except Exception as error:
                outcome = error
        told = [(w.category.__name__, neutral(w.message)) for w in caught]
        self.seen.append([plain(outcome), told])


@pytest.fixture
def same():
    """`same(body)` calls `body(world, note)` in both worlds; the notes must agree."""

    def run(body):
        observed = []
        for world in (torch, ff):
            seed_all(0, ff)
            notes = Notes(world)
            body(world, notes)
            observed.append(notes.seen)
        theirs, ours = observed
        assert theirs, "nothing was observed"
        assert len(ours) == len(theirs)
        for i, (our, their) in enumerate(zip(ours, theirs, strict=True)):
            assert our == their, f"observation {i}"

    return run
