"""Schedulers: the same rates as PyTorch's, to the last bit, and the same state."""

from __future__ import annotations

import copy
import math
import pickle
import warnings

import pytest
import torch
from torch.optim import lr_scheduler as theirs
from torch.optim import swa_utils as their_averages

import minitorch_ff as ff
from minitorch_ff.optim import lr_scheduler as ours
from minitorch_ff.optim import swa_utils as our_averages

STEPS = 40

# A chain inside a sequence warns in PyTorch, too, as soon as it is made.
pytestmark = pytest.mark.filterwarnings("ignore:Detected call of")


class World:
    """One of the two: its schedulers, and optimizers to put them on."""

    def __init__(self, framework, schedulers, swalr):
        self.framework = framework
        self.schedulers = schedulers
        self.swalr = swalr

    def __getattr__(self, name):
        return getattr(self.schedulers, name)

    def optimizer(self, kind="sgd", rates=(0.05, 0.3), tensor_rate=False):
        weights = [self.framework.zeros(2, requires_grad=True) for _ in rates]
        for weight in weights:
            weight.grad = self.framework.zeros(2)
        if tensor_rate:
            rates = [self.framework.tensor(rate) for rate in rates]
        groups = [
            {"params": [weight], "lr": rate} for weight, rate in zip(weights, rates, strict=True)
        ]
        optim = self.framework.optim
        if kind == "sgd":
            return optim.SGD(groups, lr=0.1, momentum=0.9)
        if kind == "adam":
            return optim.Adam(groups, lr=0.1)
        return optim.Adagrad(groups, lr=0.1)


OURS = World(ff, ours, our_averages.SWALR)
THEIRS = World(torch, theirs, their_averages.SWALR)


class Halving:
    """A schedule with a state of its own."""

    def __init__(self):
        self.calls = 0

    def __call__(self, epoch):
        self.calls += 1
        return 0.5 ** (epoch // 7) + self.calls * 1e-3


CHAINABLE = {
    "step": lambda w, o: w.StepLR(o, 3),
    "step gamma": lambda w, o: w.StepLR(o, step_size=7, gamma=0.7),
    "multistep": lambda w, o: w.MultiStepLR(o, [2, 5, 5, 11], gamma=0.3),
    "multistep empty": lambda w, o: w.MultiStepLR(o, []),
    "constant": lambda w, o: w.ConstantLR(o),
    "constant long": lambda w, o: w.ConstantLR(o, factor=0.7, total_iters=13),
    "constant none": lambda w, o: w.ConstantLR(o, factor=0.7, total_iters=0),
    "linear": lambda w, o: w.LinearLR(o),
    "linear down": lambda w, o: w.LinearLR(o, 1.0, 0.0, total_iters=17),
    "linear odd": lambda w, o: w.LinearLR(o, 0.13, 0.77, total_iters=29),
    "exponential": lambda w, o: w.ExponentialLR(o, 0.93),
    "polynomial": lambda w, o: w.PolynomialLR(o),
    "polynomial power": lambda w, o: w.PolynomialLR(o, total_iters=33, power=2.3),
    "cosine": lambda w, o: w.CosineAnnealingLR(o, T_max=11),
    "cosine floor": lambda w, o: w.CosineAnnealingLR(o, 7, eta_min=0.003),
}
OTHERS = {
    "lambda": lambda w, o: w.LambdaLR(o, lambda epoch: 0.95**epoch),
    "lambda list": lambda w, o: w.LambdaLR(o, [lambda e: 1 / (e + 1), lambda e: 0.9**e]),
    "lambda object": lambda w, o: w.LambdaLR(o, [Halving(), Halving()]),
    "multiplicative": lambda w, o: w.MultiplicativeLR(o, lambda e: 1 - e / 100),
    "multiplicative object": lambda w, o: w.MultiplicativeLR(o, Halving()),
    "restarts": lambda w, o: w.CosineAnnealingWarmRestarts(o, 5),
    "restarts growing": lambda w, o: w.CosineAnnealingWarmRestarts(o, 3, 2, 0.001),
    "cyclic": lambda w, o: w.CyclicLR(o, 0.01, 0.1, step_size_up=5),
    "cyclic lists": lambda w, o: w.CyclicLR(
        o, [0.01, 0.02], [0.1, 0.3], 5, 3, base_momentum=[0.7, 0.8]
    ),
    "cyclic halving": lambda w, o: w.CyclicLR(o, 0.01, 0.1, 4, mode="triangular2"),
    "cyclic exp": lambda w, o: w.CyclicLR(o, 0.01, 0.1, 4, mode="exp_range", gamma=0.9),
    "cyclic own": lambda w, o: w.CyclicLR(
        o, 0.01, 0.1, 4, scale_fn=lambda x: 1 / (x + 1), scale_mode="iterations"
    ),
    "cyclic object": lambda w, o: w.CyclicLR(o, 0.01, 0.1, 4, scale_fn=Halving()),
    "cyclic rate only": lambda w, o: w.CyclicLR(o, 0.01, 0.1, 4, cycle_momentum=False),
    "one cycle": lambda w, o: w.OneCycleLR(o, 0.1, total_steps=STEPS),
    "one cycle epochs": lambda w, o: w.OneCycleLR(
        o, [0.1, 0.2], epochs=7, steps_per_epoch=6, pct_start=0.4
    ),
    "one cycle linear": lambda w, o: w.OneCycleLR(
        o, 0.1, total_steps=STEPS, anneal_strategy="linear", div_factor=10
    ),
    "one cycle three": lambda w, o: w.OneCycleLR(
        o, 0.1, total_steps=STEPS, three_phase=True, final_div_factor=50.0
    ),
    "one cycle rate only": lambda w, o: w.OneCycleLR(
        o, 0.1, total_steps=STEPS + 3, cycle_momentum=False
    ),
    "swa": lambda w, o: w.swalr(o, 0.01),
    "swa linear": lambda w, o: w.swalr(o, [0.01, 0.2], 17, "linear"),
    "swa at once": lambda w, o: w.swalr(o, swa_lr=0.01, anneal_epochs=0),
    "sequence": lambda w, o: w.SequentialLR(
        o,
        [w.LinearLR(o, 0.1, total_iters=5), w.CosineAnnealingLR(o, 20)],
        milestones=[5],
    ),
    "sequence of four": lambda w, o: w.SequentialLR(
        o,
        [
            w.ConstantLR(o, 0.2, 4),
            w.ExponentialLR(o, 0.9),
            w.CosineAnnealingWarmRestarts(o, 4),
            w.StepLR(o, 3),
        ],
        milestones=[4, 11, 23],
    ),
    "sequence of chain": lambda w, o: w.SequentialLR(
        o,
        [
            w.ChainedScheduler([w.ConstantLR(o, 0.2, 4), w.ExponentialLR(o, 0.9)]),
            w.StepLR(o, 3),
        ],
        milestones=[9],
    ),
    "chain": lambda w, o: w.ChainedScheduler(
        [w.ConstantLR(o, 0.1, 20), w.ExponentialLR(o, 0.9), w.StepLR(o, 7)], o
    ),
}
BUILDERS = {**CHAINABLE, **OTHERS}


def rates_and_momentum(optimizer):
    """What a scheduler may write, as plain numbers."""
    keys = ("lr", "momentum", "betas", "initial_lr", "max_lr", "min_lr", "swa_lr")
    return [
        {key: plain(group[key]) for key in keys if key in group} for group in optimizer.param_groups
    ]


def plain(value):
    """Tensors as numbers, so that the two worlds can be compared."""
    if isinstance(value, torch.Tensor | ff.Tensor):
        return value.tolist()
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def plain_state(scheduler):
    """The state, its keys in order, without what only one of the two can hold."""
    state = plain(scheduler.state_dict())
    state.pop("anneal_func", None)
    return list(state.items())


def run(world, build, optimizer, steps=STEPS):
    """The rates and the state after each step."""
    scheduler = build(world, optimizer)
    trace = [(rates_and_momentum(optimizer), plain_state(scheduler))]
    for _ in range(steps):
        optimizer.step()
        scheduler.step()
        last = plain(scheduler.get_last_lr())
        trace.append((rates_and_momentum(optimizer), plain_state(scheduler), last))
    return trace


def assert_same_run(build, steps=STEPS, **kind):
    mine = run(OURS, build, OURS.optimizer(**kind), steps)
    reference = run(THEIRS, build, THEIRS.optimizer(**kind), steps)
    assert len(reference) == steps + 1
    assert mine == reference


@pytest.mark.parametrize("name", BUILDERS)
def test_rates_and_state(name):
    assert_same_run(BUILDERS[name])


@pytest.mark.parametrize("name", ["cyclic", "cyclic lists", "one cycle", "sequence"])
def test_adams_first_beta_is_its_momentum(name):
    assert_same_run(BUILDERS[name], kind="adam")


# The cyclic ones are given their rates themselves.
TENSOR_RATES = [n for n in BUILDERS if not n.startswith(("cyclic", "one cycle"))]


@pytest.mark.parametrize("name", TENSOR_RATES)
def test_rate_as_tensor(name):
    assert_same_run(BUILDERS[name], tensor_rate=True)


def test_tensor_rate_stays_the_same_object():
    for world in (OURS, THEIRS):
        optimizer = world.optimizer(tensor_rate=True)
        rates = [group["lr"] for group in optimizer.param_groups]
        scheduler = world.StepLR(optimizer, 1)
        optimizer.step()
        scheduler.step()
        assert [group["lr"] for group in optimizer.param_groups] == rates
        assert all(
            group["lr"] is rate for group, rate in zip(optimizer.param_groups, rates, strict=True)
        )
        assert scheduler.get_last_lr()[0] is not rates[0]


def train(world, optimizer, scheduler, steps):
    for _ in range(steps):
        optimizer.step()
        scheduler.step()


def reload(world, build):
    """Twelve steps, then a fresh pair that goes on from the saved states."""
    optimizer = world.optimizer()
    scheduler = build(world, optimizer)
    train(world, optimizer, scheduler, 12)
    saved = copy.deepcopy((optimizer.state_dict(), scheduler.state_dict()))
    keys = list(saved[1])  # PyTorch's CyclicLR takes one out of what it is given
    again = world.optimizer()
    fresh = build(world, again)
    again.load_state_dict(saved[0])
    fresh.load_state_dict(saved[1])
    train(world, again, fresh, 12)
    train(world, optimizer, scheduler, 12)
    return (
        rates_and_momentum(again),
        plain_state(fresh),
        rates_and_momentum(optimizer),
        keys,
    )


@pytest.mark.parametrize("name", BUILDERS)
def test_state_dict_round_trip(name):
    assert reload(OURS, BUILDERS[name]) == reload(THEIRS, BUILDERS[name])


@pytest.mark.parametrize("name", sorted(BUILDERS.keys() - {"lambda object"}))
def test_torchs_state_loads(name):
    optimizer = THEIRS.optimizer()
    scheduler = BUILDERS[name](THEIRS, optimizer)
    train(THEIRS, optimizer, scheduler, 9)
    again = OURS.optimizer()
    fresh = BUILDERS[name](OURS, again)
    for group, source in zip(again.param_groups, optimizer.param_groups, strict=True):
        group.update({k: v for k, v in source.items() if k != "params"})
    fresh.load_state_dict(copy.deepcopy(scheduler.state_dict()))
    train(OURS, again, fresh, 15)
    train(THEIRS, optimizer, scheduler, 15)
    assert rates_and_momentum(again) == rates_and_momentum(optimizer)


def resume(world, build_at):
    """A scheduler that starts at epoch 6, as after loading an optimizer."""
    optimizer = world.optimizer()
    for group in optimizer.param_groups:
        group["initial_lr"] = group["lr"]
        group.update(max_lr=0.4, min_lr=0.001, max_momentum=0.95, base_momentum=0.85)
    scheduler = build_at(world, optimizer)
    trace = [rates_and_momentum(optimizer)]
    for _ in range(20):
        optimizer.step()
        scheduler.step()
        trace.append(rates_and_momentum(optimizer))
    return trace, plain_state(scheduler)


RESUMED = {
    "step": lambda w, o: w.StepLR(o, 3, last_epoch=5),
    "multistep": lambda w, o: w.MultiStepLR(o, [6, 9], last_epoch=5),
    "constant": lambda w, o: w.ConstantLR(o, total_iters=8, last_epoch=5),
    "linear": lambda w, o: w.LinearLR(o, total_iters=15, last_epoch=5),
    "exponential": lambda w, o: w.ExponentialLR(o, 0.9, last_epoch=5),
    "polynomial": lambda w, o: w.PolynomialLR(o, 15, 1.5, last_epoch=5),
    "cosine": lambda w, o: w.CosineAnnealingLR(o, 9, last_epoch=5),
    "lambda": lambda w, o: w.LambdaLR(o, lambda e: 0.9**e, last_epoch=5),
    "multiplicative": lambda w, o: w.MultiplicativeLR(o, lambda e: 0.9, last_epoch=5),
    "restarts": lambda w, o: w.CosineAnnealingWarmRestarts(o, 4, 2, last_epoch=5),
    "cyclic": lambda w, o: w.CyclicLR(o, 0.01, 0.1, 4, last_epoch=5),
    "one cycle": lambda w, o: w.OneCycleLR(o, 0.4, total_steps=30, last_epoch=5),
    "swa": lambda w, o: w.swalr(o, 0.01, last_epoch=5),
}


@pytest.mark.parametrize("name", RESUMED)
def test_resume(name):
    mine, reference = resume(OURS, RESUMED[name]), resume(THEIRS, RESUMED[name])
    assert len(reference[0]) == 21
    assert mine == reference


def jump(world, build, epochs):
    """The rates after each `step(epoch)`."""
    optimizer = world.optimizer()
    scheduler = build(world, optimizer)
    trace = []
    for epoch in epochs:
        optimizer.step()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            scheduler.step(epoch)
        told = [(w.category, str(w.message)) for w in caught]
        trace.append((rates_and_momentum(optimizer), plain_state(scheduler), told))
    return trace


@pytest.mark.parametrize(
    "name", sorted(n for n in BUILDERS if not n.startswith(("sequence", "chain")))
)
def test_step_to_an_epoch(name):
    epochs = [3, 0, 11, None, 5, None, None, 30, 17]
    build = BUILDERS[name]
    mine, reference = jump(OURS, build, epochs), jump(THEIRS, build, epochs)
    assert len(reference) == len(epochs)
    assert mine == reference


@pytest.mark.parametrize("growth", [1, 2, 3])
def test_restarts_at_fractions_of_an_epoch(growth):
    def build(world, optimizer):
        return world.CosineAnnealingWarmRestarts(optimizer, 5, growth, 0.01)

    epochs = [epoch / 4 for epoch in range(120)]
    assert jump(OURS, build, epochs) == jump(THEIRS, build, epochs)


PLATEAU = {
    "default": {},
    "patient": {"patience": 2, "factor": 0.5},
    "max": {"mode": "max", "patience": 1},
    "absolute": {"threshold_mode": "abs", "threshold": 0.05, "patience": 1},
    "max absolute": {"mode": "max", "threshold_mode": "abs", "patience": 0},
    "cooldown": {"patience": 1, "cooldown": 3, "factor": 0.3},
    "floor": {"patience": 0, "min_lr": 0.02, "factor": 0.6},
    "floors": {"patience": 0, "min_lr": [0.02, 0.001]},
    "coarse": {"patience": 0, "eps": 1e-2, "factor": 0.9},
}


def plateau(world, settings, tensor_rate):
    optimizer = world.optimizer(tensor_rate=tensor_rate)
    scheduler = world.ReduceLROnPlateau(optimizer, **settings)
    trace = [plain_state(scheduler)]
    for epoch in range(STEPS):
        value = math.exp(-epoch / 9) + 0.03 * math.sin(2.1 * epoch)
        metrics = world.framework.tensor(value) if epoch % 2 else value
        scheduler.step(metrics)
        trace.append((rates_and_momentum(optimizer), plain_state(scheduler)))
        trace.append(scheduler.in_cooldown)
    return trace


@pytest.mark.parametrize("tensor_rate", [False, True])
@pytest.mark.parametrize("name", PLATEAU)
def test_plateau(name, tensor_rate):
    mine = plateau(OURS, PLATEAU[name], tensor_rate)
    reference = plateau(THEIRS, PLATEAU[name], tensor_rate)
    assert len(reference) == 2 * STEPS + 1
    assert mine == reference


def test_plateau_round_trip_and_new_group():
    def trace(world):
        optimizer = world.optimizer()
        scheduler = world.ReduceLROnPlateau(optimizer, patience=0)
        for value in (1.0, 2.0, 3.0):
            scheduler.step(value)
        fresh = world.ReduceLROnPlateau(world.optimizer(), mode="max")
        fresh.load_state_dict(scheduler.state_dict())
        optimizer.add_param_group({"params": [world.framework.zeros(1, requires_grad=True)]})
        scheduler.step(4.0)
        return plain_state(fresh), plain_state(scheduler)

    assert trace(OURS) == trace(THEIRS)


def outcome(call):
    """The error's type and words, or the warnings, of a call."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            call()
        except Exception as error:
            return type(error), str(error)
    return [(w.category, str(w.message)) for w in caught]


def with_sgd(call):
    return lambda world: call(world, world.optimizer())


def overridden_step(world):
    optimizer = world.optimizer()
    scheduler = world.StepLR(optimizer, 3)
    optimizer.step = lambda: None
    scheduler.step()


def early_step(world):
    world.StepLR(world.optimizer(), 3).step()


def called_get_lr(world):
    world.StepLR(world.optimizer(), 3).get_lr()


def new_group(world):
    optimizer = world.optimizer()
    scheduler = world.LambdaLR(optimizer, lambda epoch: 0.9**epoch)
    optimizer.add_param_group({"params": [world.framework.zeros(1, requires_grad=True)]})
    optimizer.step()
    scheduler.step()


def plateau_new_group(world):
    optimizer = world.optimizer()
    scheduler = world.ReduceLROnPlateau(optimizer, patience=0, min_lr=[0.1, 0.1])
    optimizer.add_param_group({"params": [world.framework.zeros(1, requires_grad=True)]})
    scheduler.step(1.0)
    scheduler.step(2.0)


def too_many_steps(world):
    optimizer = world.optimizer()
    scheduler = world.OneCycleLR(optimizer, 0.1, total_steps=5)
    train(world, optimizer, scheduler, 6)


def foreign(world, kind):
    first, other = world.optimizer(), world.optimizer()
    schedulers = [world.StepLR(first, 1), world.StepLR(other, 1)]
    if kind == "sequence":
        return world.SequentialLR(first, schedulers, [2])
    return world.ChainedScheduler(schedulers)


WRONG = {
    "no optimizer": lambda w: w.StepLR(3, 1),
    "none": lambda w: w.ExponentialLR(None, 0.9),
    "none for lambda": lambda w: w.LambdaLR(None, len),
    "none for cyclic": lambda w: w.CyclicLR("a", 0.1, 0.2),
    "none for one cycle": lambda w: w.OneCycleLR("a", 0.1, 3),
    "none for plateau": lambda w: w.ReduceLROnPlateau([1]),
    "abstract": with_sgd(lambda w, o: w.LRScheduler(o)),
    "no initial rate": with_sgd(lambda w, o: w.StepLR(o, 1, last_epoch=3)),
    "lambda count": with_sgd(lambda w, o: w.LambdaLR(o, [len])),
    "lambda built in": with_sgd(lambda w, o: w.LambdaLR(o, math.exp2).state_dict()),
    "multiplicative count": with_sgd(lambda w, o: w.MultiplicativeLR(o, [len])),
    "multiplicative type": with_sgd(lambda w, o: w.MultiplicativeLR(o, 0.9)),
    "constant factor": with_sgd(lambda w, o: w.ConstantLR(o, 1.5)),
    "constant negative": with_sgd(lambda w, o: w.ConstantLR(o, -0.1)),
    "linear start": with_sgd(lambda w, o: w.LinearLR(o, 0.0)),
    "linear end": with_sgd(lambda w, o: w.LinearLR(o, 1.0, 2.0)),
    "step zero": with_sgd(lambda w, o: train(w, o, w.StepLR(o, 0), 1)),
    "linear zero": with_sgd(lambda w, o: w.LinearLR(o, total_iters=0).step(3)),
    "restarts length": with_sgd(lambda w, o: w.CosineAnnealingWarmRestarts(o, 0)),
    "restarts type": with_sgd(lambda w, o: w.CosineAnnealingWarmRestarts(o, 1.5)),
    "restarts growth": with_sgd(lambda w, o: w.CosineAnnealingWarmRestarts(o, 2, 0)),
    "restarts floor": with_sgd(lambda w, o: w.CosineAnnealingWarmRestarts(o, 2, eta_min="0")),
    "restarts negative": with_sgd(lambda w, o: w.CosineAnnealingWarmRestarts(o, 2).step(-1)),
    "cyclic mode": with_sgd(lambda w, o: w.CyclicLR(o, 0.1, 0.2, mode="square")),
    "cyclic count": with_sgd(lambda w, o: w.CyclicLR(o, [0.1], 0.2)),
    "cyclic max count": with_sgd(lambda w, o: w.CyclicLR(o, 0.1, [0.2] * 3)),
    "cyclic momentum": lambda w: w.CyclicLR(w.optimizer("adagrad"), 0.1, 0.2),
    "one cycle momentum": lambda w: w.OneCycleLR(w.optimizer("adagrad"), 0.1, 9),
    "one cycle length": with_sgd(lambda w, o: w.OneCycleLR(o, 0.1)),
    "one cycle zero": with_sgd(lambda w, o: w.OneCycleLR(o, 0.1, total_steps=0)),
    "one cycle float": with_sgd(lambda w, o: w.OneCycleLR(o, 0.1, total_steps=1.5)),
    "one cycle epochs": with_sgd(lambda w, o: w.OneCycleLR(o, 0.1, epochs=-1, steps_per_epoch=2)),
    "one cycle per epoch": with_sgd(
        lambda w, o: w.OneCycleLR(o, 0.1, epochs=1, steps_per_epoch=2.0)
    ),
    "one cycle start": with_sgd(lambda w, o: w.OneCycleLR(o, 0.1, 9, pct_start=2.0)),
    "one cycle start int": with_sgd(lambda w, o: w.OneCycleLR(o, 0.1, 9, pct_start=1)),
    "one cycle strategy": with_sgd(lambda w, o: w.OneCycleLR(o, 0.1, 9, anneal_strategy="log")),
    "one cycle short": with_sgd(lambda w, o: w.OneCycleLR(o, 0.1, total_steps=4, pct_start=0.25)),
    "one cycle over": too_many_steps,
    "plateau factor": with_sgd(lambda w, o: w.ReduceLROnPlateau(o, factor=1.0)),
    "plateau mode": with_sgd(lambda w, o: w.ReduceLROnPlateau(o, mode="avg")),
    "plateau threshold": with_sgd(lambda w, o: w.ReduceLROnPlateau(o, threshold_mode="x")),
    "plateau floors": with_sgd(lambda w, o: w.ReduceLROnPlateau(o, min_lr=[0.1])),
    "plateau without metrics": with_sgd(lambda w, o: w.ReduceLROnPlateau(o).step()),
    "plateau groups": plateau_new_group,
    "groups": new_group,
    "sequence empty": with_sgd(lambda w, o: w.SequentialLR(o, [], [])),
    "sequence count": with_sgd(lambda w, o: w.SequentialLR(o, [w.StepLR(o, 1)], milestones=[1])),
    "sequence plateau": with_sgd(lambda w, o: w.SequentialLR(o, [w.ReduceLROnPlateau(o)], [])),
    "sequence type": with_sgd(lambda w, o: w.SequentialLR(o, [3], [])),
    "sequence in sequence": with_sgd(
        lambda w, o: train(
            w,
            o,
            w.SequentialLR(o, [w.StepLR(o, 1), w.SequentialLR(o, [w.StepLR(o, 2)], [])], [1]),
            2,
        )
    ),
    "sequence of chain": with_sgd(BUILDERS["sequence of chain"]),
    "sequence to chain": with_sgd(
        lambda w, o: train(
            w,
            o,
            w.SequentialLR(o, [w.StepLR(o, 1), w.ChainedScheduler([w.StepLR(o, 2)])], [1]),
            2,
        )
    ),
    "chain empty": lambda w: w.ChainedScheduler([]),
    "chain plateau": with_sgd(lambda w, o: w.ChainedScheduler([w.ReduceLROnPlateau(o)])),
    "swa strategy": with_sgd(lambda w, o: w.swalr(o, 0.1, anneal_strategy="log")),
    "swa epochs": with_sgd(lambda w, o: w.swalr(o, 0.1, anneal_epochs=-1)),
    "swa count": with_sgd(lambda w, o: w.swalr(o, [0.1])),
    "swa get_lr": with_sgd(lambda w, o: w.swalr(o, 0.1).get_lr()),
    "step too early": early_step,
    "step overridden": overridden_step,
    "get_lr": called_get_lr,
}


@pytest.mark.parametrize("name", WRONG)
def test_errors_and_warnings(name):
    reference = outcome(lambda: WRONG[name](THEIRS))
    assert reference, "PyTorch neither raises nor warns"
    assert outcome(lambda: WRONG[name](OURS)) == reference


@pytest.mark.parametrize("kind", ["sequence", "chain"])
def test_schedulers_of_two_optimizers(kind):
    mine = outcome(lambda: foreign(OURS, kind))
    reference = outcome(lambda: foreign(THEIRS, kind))
    assert mine == reference
    assert reference[0] is ValueError


def test_scheduler_of_ones_own():
    def trace(world, base):
        class Warmup(base):
            def get_lr(self):
                assert self._get_lr_called_within_step
                scale = min(1.0, (self.last_epoch + 1) / 5)
                return [base_lr * scale for base_lr in self.base_lrs]

        return run(world, lambda _, optimizer: Warmup(optimizer), world.optimizer(), 9)

    for name in ("LRScheduler", "_LRScheduler"):
        mine = trace(OURS, getattr(ours, name))
        assert mine == trace(THEIRS, getattr(theirs, name))


def test_two_schedulers_on_one_optimizer():
    def trace(world):
        optimizer = world.optimizer()
        schedulers = [world.ExponentialLR(optimizer, 0.9), world.StepLR(optimizer, 3)]
        seen = []
        for _ in range(10):
            optimizer.step()
            for scheduler in schedulers:
                scheduler.step()
            seen.append(rates_and_momentum(optimizer))
        return seen

    assert trace(OURS) == trace(THEIRS)


def test_state_can_be_pickled():
    for name, build in BUILDERS.items():
        optimizer = OURS.optimizer()
        scheduler = build(OURS, optimizer)
        train(OURS, optimizer, scheduler, 3)
        state = pickle.loads(pickle.dumps(scheduler.state_dict()))
        assert list(state) == list(scheduler.state_dict()), name


def test_optimizer_is_freed():
    import gc
    import weakref

    optimizer = OURS.optimizer()
    scheduler = OURS.StepLR(optimizer, 1)
    reference = weakref.ref(optimizer)
    gc.disable()
    try:
        del optimizer, scheduler
        assert reference() is None
    finally:
        gc.enable()


def test_public_names():
    assert sorted(ours.__all__) == sorted(theirs.__all__)
