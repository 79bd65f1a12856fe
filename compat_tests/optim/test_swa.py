"""Averaged models: the same averages as PyTorch's, and the same batch statistics."""

from __future__ import annotations

import copy

import pytest
import torch

import minitorch_ff as ff
from minitorch_ff.optim import swa_utils as our_averages


class World:
    def __init__(self, framework):
        self.framework = framework
        self.nn = framework.nn
        self.swa = framework.optim.swa_utils

    def model(self, norm=True):
        self.framework.manual_seed(3)
        layers = [self.nn.Linear(4, 3), self.nn.Linear(3, 2)]
        if norm:
            layers.insert(1, self.nn.BatchNorm1d(3))
        return self.nn.Sequential(*layers)

    def average(self, steps=5, model=None, **settings):
        """The state after averaging a model that changes with every step."""
        model = self.model() if model is None else model
        averaged = self.swa.AveragedModel(model, **settings)
        for _ in range(steps):
            model(self.framework.randn(6, 4))
            with self.framework.no_grad():
                for parameter in model.parameters():
                    parameter.add_(self.framework.randn(parameter.shape))
            averaged.update_parameters(model)
        return averaged


OURS, THEIRS = World(ff), World(torch)


def assert_same_state(mine, reference, exact=False):
    mine, reference = mine.state_dict(), reference.state_dict()
    assert list(mine) == list(reference)
    tolerance = {"rtol": 0, "atol": 0} if exact else {}
    for key, expected in reference.items():
        actual = torch.from_numpy(mine[key].numpy().copy())
        torch.testing.assert_close(actual, expected, **tolerance, msg=key)


SETTINGS = {
    "plain": lambda swa: {},
    "buffers": lambda swa: {"use_buffers": True},
    "plain function": lambda swa: {"avg_fn": swa.get_swa_avg_fn()},
    "ema": lambda swa: {"avg_fn": swa.get_ema_avg_fn(0.9), "use_buffers": True},
    "many": lambda swa: {"multi_avg_fn": swa.get_swa_multi_avg_fn()},
    "ema many": lambda swa: {
        "multi_avg_fn": swa.get_ema_multi_avg_fn(0.8),
        "use_buffers": True,
    },
    "own": lambda swa: {"avg_fn": lambda average, value, count: average + value},
}


@pytest.mark.parametrize("name", SETTINGS)
def test_averages(name):
    mine = OURS.average(**SETTINGS[name](OURS.swa))
    reference = THEIRS.average(**SETTINGS[name](THEIRS.swa))
    assert_same_state(mine, reference)


def test_averaged_model_is_a_copy_that_can_be_called():
    for world in (OURS, THEIRS):
        model = world.model(norm=False)
        averaged = world.swa.AveragedModel(model)
        x = world.framework.randn(3, 4)
        assert world.framework.equal(averaged(x), model(x))
        assert averaged.module is not model
        assert averaged.n_averaged.dtype == world.framework.int64


def batches(world, kind):
    inputs = [world.framework.randn(6, 4) for _ in range(5)]
    return [(x, 0) for x in inputs] if kind == "pairs" else inputs


@pytest.mark.parametrize("kind", ["pairs", "inputs"])
@pytest.mark.parametrize("training", [True, False])
def test_update_bn(kind, training):
    results = []
    for world in (OURS, THEIRS):
        model = world.model().train(training)
        world.swa.update_bn(batches(world, kind), model)
        assert model.training is training
        assert model[1].momentum == 0.1
        results.append(model)
    assert_same_state(*results)


def test_update_bn_without_layers_reads_nothing():
    def loader():
        raise RuntimeError("read")
        yield

    OURS.swa.update_bn(loader(), OURS.model(norm=False))


def test_state_dict_round_trip():
    averaged = OURS.average()
    fresh = our_averages.AveragedModel(OURS.model())
    fresh.load_state_dict(copy.deepcopy(averaged.state_dict()))
    assert fresh.n_averaged.item() == 5
    for key, value in averaged.state_dict().items():
        assert ff.equal(fresh.state_dict()[key], value), key


WRONG = {
    "decay": lambda swa, model: swa.get_ema_avg_fn(1.5),
    "decay many": lambda swa, model: swa.get_ema_multi_avg_fn(-0.1),
    "two functions": lambda swa, model: swa.AveragedModel(model, avg_fn=len, multi_avg_fn=len),
}


@pytest.mark.parametrize("name", WRONG)
def test_errors(name):
    with pytest.raises((ValueError, AssertionError)) as reference:
        WRONG[name](THEIRS.swa, THEIRS.model())
    with pytest.raises(type(reference.value)) as mine:
        WRONG[name](OURS.swa, OURS.model())
    assert str(mine.value) == str(reference.value)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("count", [1, 2, 7])
def test_functions_on_lists(dtype, count):
    def run(world, make, counted):
        world.framework.manual_seed(count)
        dtype_ = getattr(world.framework, dtype)
        lists = [[world.framework.randn(5, dtype=dtype_) for _ in range(3)] for _ in "ab"]
        number = world.framework.tensor(count) if counted else count
        make(world.swa)(*lists, number)
        return [t.tolist() for t in lists[0]]

    for make in (
        lambda swa: swa.get_swa_multi_avg_fn(),
        lambda swa: swa.get_ema_multi_avg_fn(0.75),
    ):
        for counted in (True, False):
            mine, reference = run(OURS, make, counted), run(THEIRS, make, counted)
            torch.testing.assert_close(torch.tensor(mine), torch.tensor(reference))
