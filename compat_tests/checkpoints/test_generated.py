"""Objects drawn at random, saved by each side, are in the other what they were."""

import pytest
import torch

import minitorch_ff as ff
from compat_tests.checkpoints.both import WAYS, WORLDS, description, records, saved
from compat_tests.checkpoints.generated import build

FEW = 20
SEEDS = [pytest.param(s, marks=pytest.mark.slow) if s >= FEW else s for s in range(200)]


@pytest.mark.parametrize("seed", SEEDS)
def test_generated_objects(seed):
    objects = {name: build(world, seed) for name, world in WORLDS.items()}
    expected = description(objects["torch"], torch)
    assert description(objects["ours"], ff) == expected  # the generator's own promise
    for saver, loader in WAYS:
        file = saved(WORLDS[saver], objects[saver])
        for weights_only in (True, False):
            file.seek(0)
            loaded = WORLDS[loader].load(file, weights_only=weights_only)
            assert description(loaded, WORLDS[loader]) == expected, (saver, loader)


@pytest.mark.parametrize("seed", SEEDS)
def test_records_are_pytorchs_byte_for_byte(seed):
    ours, theirs = (records(saved(world, build(world, seed))) for world in (ff, torch))
    del ours[".data/serialization_id"], theirs[".data/serialization_id"]
    assert ours == theirs
