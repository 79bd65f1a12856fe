"""What `weights_only` refuses, and how it is told to accept it."""

import collections
import io
import pickle

import numpy as np
import pytest
import torch

import minitorch_ff as ff
from compat_tests.checkpoints.both import WAYS, WORLDS, saved
from compat_tests.worlds import same_error


class Settings:
    """A class of a user's own."""

    def __init__(self, depth):
        self.depth = depth

    def __eq__(self, other):
        return type(other) is type(self) and other.depth == self.depth

    __hash__ = None


class Stateful(Settings):
    def __getstate__(self):
        return {"state": self.depth}

    def __setstate__(self, state):
        self.depth = state["state"]


Pair = collections.namedtuple("Pair", "first second")


@pytest.fixture(autouse=True)
def _forget():
    kept = torch.serialization.get_safe_globals()
    yield
    ff.serialization.clear_safe_globals()
    torch.serialization.clear_safe_globals()
    torch.serialization.add_safe_globals(kept)


REFUSED = {
    "class": lambda t: Settings(1),
    "module": lambda t: t.nn.Linear(1, 1),
    "optimizer": lambda t: t.optim.SGD([t.ones(1)], 0.1),
    "builtin": lambda t: [print],
    "frozenset": lambda t: frozenset([1]),
    "range": lambda t: range(3),
    "defaultdict": lambda t: collections.defaultdict(int),
    "array": lambda t: np.ones(2),
    "namedtuple": lambda t: Pair(1, 2),
    "function": lambda t: t.nn.functional.relu,
}


@pytest.mark.parametrize("kind", REFUSED)
@pytest.mark.parametrize("saver", WORLDS)
def test_refusals_have_pytorchs_words(kind, saver):
    data = saved(WORLDS[saver], REFUSED[kind](WORLDS[saver])).getvalue()

    def load(world):
        world.load(io.BytesIO(data))

    with pytest.raises(pickle.UnpicklingError, match="Weights only load failed"):
        load(ff)
    same_error(load)


@pytest.mark.parametrize(("saver", "loader"), WAYS)
@pytest.mark.parametrize(
    "obj", [Settings(3), Stateful([1]), Pair(1, "x")], ids=["settings", "stateful", "pair"]
)
def test_added_classes(saver, loader, obj):
    world = WORLDS[loader]
    file = saved(WORLDS[saver], [obj])
    world.serialization.add_safe_globals([type(obj)])
    assert world.load(file) == [obj]
    assert type(obj) in world.serialization.get_safe_globals()


@pytest.mark.parametrize("loader", WORLDS)
def test_only_inside_the_block(loader):
    world = WORLDS[loader]
    file = saved(world, Settings(3))
    with world.serialization.safe_globals([Settings]):
        assert world.load(file) == Settings(3)
    file.seek(0)
    with pytest.raises(pickle.UnpicklingError):
        world.load(file)
    assert Settings not in world.serialization.get_safe_globals()


@pytest.mark.parametrize("loader", WORLDS)
def test_by_another_name(loader):
    world = WORLDS[loader]
    file = saved(torch, {"n": np.float64(2.5)})
    make = np._core.multiarray.scalar
    allowed = [(make, "numpy._core.multiarray.scalar"), np.dtype, type(np.dtype("f8"))]
    with world.serialization.safe_globals(allowed):
        assert world.load(file) == {"n": 2.5}


def test_modules_of_the_package_can_be_allowed():
    file = saved(torch, torch.nn.Linear(2, 2))
    with ff.serialization.safe_globals([ff.nn.Linear]):
        assert repr(ff.load(file)) == "Linear(in_features=2, out_features=2, bias=True)"


def test_other_classes_are_still_refused():
    file = saved(ff, [Settings(1), print])
    with ff.serialization.safe_globals([Settings]), pytest.raises(pickle.UnpicklingError):
        ff.load(file)


def test_full_trust():
    obj = [Settings(2), Pair(1, 2), range(3)]
    for world in (ff, torch):
        assert ff.load(saved(world, obj), weights_only=False) == obj
