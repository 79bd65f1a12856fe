"""Optimizers in compiled steps: recorded where that is possible, and the same bits always."""

import numpy as np
import pytest

import minitorch_ff as torch
from compat_tests.compile.test_replays import CALLS, bits, both, flat, mlp, state_of, training
from minitorch_ff import nn
from minitorch_ff.optim import lr_scheduler

RECORDED = {
    "sgd": (torch.optim.SGD, {"lr": 0.1}),
    "sgd decay": (torch.optim.SGD, {"lr": 0.1, "weight_decay": 0.1, "maximize": True}),
    "momentum": (torch.optim.SGD, {"lr": 0.1, "momentum": 0.9, "dampening": 0.5}),
    "nesterov": (torch.optim.SGD, {"lr": 1, "momentum": 0.9, "nesterov": True}),
    "adam": (torch.optim.Adam, {"betas": (0.3, 0.99), "eps": 1e-3}),
    "adam decay": (torch.optim.Adam, {"weight_decay": 0.1, "maximize": True}),
    "amsgrad": (torch.optim.Adam, {"amsgrad": True}),
    "adamw": (torch.optim.AdamW, {"weight_decay": 0.1, "amsgrad": True}),
    "rmsprop": (torch.optim.RMSprop, {"momentum": 0.5, "centered": True, "weight_decay": 0.1}),
    "adagrad": (torch.optim.Adagrad, {"lr_decay": 0.1}),
    "adadelta": (torch.optim.Adadelta, {"weight_decay": 0.1}),
    "adamax": (torch.optim.Adamax, {}),
}


@pytest.mark.parametrize("name", RECORDED)
def test_recorded_steps(name):
    optimizer, settings = RECORDED[name]
    both_ways = training(mlp, lambda params: optimizer(params, **settings))
    assert ".step()" not in both(both_ways).source()


def wide():
    """A parameter of several blocks, and many small ones, more than fit into one."""
    layers = [nn.Linear(160, 160) for _ in range(3)]
    return nn.Linear(8, 1000), nn.Linear(1000, 160), nn.ReLU(), *layers, nn.Linear(160, 4)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("name", ["sgd", "adam decay", "adamw"])
def test_large_parameters(name, threads):
    """Several threads share the update of one, so there the step is called as it is."""
    optimizer, settings = RECORDED[name]
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        function = both(training(wide, lambda params: optimizer(params, **settings)), calls=4)
    finally:
        torch.set_num_threads(before)
    assert (".step()" in function.source()) == (threads > 1)


@pytest.mark.parametrize(
    "change",
    [
        lambda optimizer, i: optimizer.param_groups[0].update(lr=0.1 / i),
        lambda optimizer, i: optimizer.param_groups[0].update(lr=i % 2),
        lambda optimizer, i: optimizer.param_groups[0].update(lr=torch.tensor(0.1 / i)),
        lambda optimizer, i: optimizer.param_groups[0].update(lr=np.float64(0.1 / i)),
        lambda optimizer, i: optimizer.param_groups[0].update(betas=[0.1, 0.9]),
        lambda optimizer, i: optimizer.param_groups[0].update(betas=(0.1 * (i % 9), 0.9)),
        lambda optimizer, i: optimizer.param_groups[0].update(weight_decay=0.1 * (i % 2)),
        lambda optimizer, i: optimizer.param_groups[0].update(maximize=i > 5),
        lambda optimizer, i: optimizer.load_state_dict(optimizer.state_dict()),
        lambda optimizer, i: first_state(optimizer)["exp_avg"].fill_(i),
        lambda optimizer, i: first_state(optimizer).update(exp_avg=torch.ones(16, 8)),
        lambda optimizer, i: first_state(optimizer)["step"].fill_(i),
        lambda optimizer, i: setattr(first_state(optimizer)["exp_avg"], "data", torch.ones(16, 8)),
        lambda optimizer, i: optimizer.state.pop(optimizer.param_groups[0]["params"][-1]),
        lambda optimizer, i: optimizer.param_groups[0]["params"][1].requires_grad_(i % 2 == 0),
        lambda optimizer, i: optimizer.param_groups[0]["params"].reverse(),
        lambda optimizer, i: optimizer.param_groups.append(dict(optimizer.param_groups.pop())),
    ],
)
def test_what_is_changed_between_steps(change):
    seen = []
    for compiled in (False, True):
        torch.manual_seed(0)
        step, state = training(mlp, torch.optim.Adam)()
        optimizer = optimizer_of(step)
        step = torch.compile(step) if compiled else step
        results = []
        for i in range(12):
            results.append([bits(t) for t in flat((step(), state()))])
            if i in (4, 5, 8):
                change(optimizer, i)
        seen.append(results)
    assert seen[0] == seen[1]
    assert step.replays


def first_state(optimizer):
    return optimizer.state[optimizer.param_groups[0]["params"][0]]


def optimizer_of(step):
    cells = [cell.cell_contents for cell in step.__closure__]
    return next(thing for thing in cells if hasattr(thing, "param_groups"))


def test_hooks_that_come_later():
    step, _ = training(mlp, torch.optim.Adam)()
    optimizer, seen = optimizer_of(step), []
    step = torch.compile(step)
    for _ in range(3):
        step()
    assert ".step()" not in step.source()
    handle = optimizer.register_step_pre_hook(lambda *_: seen.append("before"))
    for _ in range(4):
        step()
    assert seen == ["before"] * 4
    handle.remove()
    step()
    everywhere = torch.optim.optimizer.register_optimizer_step_post_hook
    handle = everywhere(lambda *_: seen.append("after"))
    try:
        for _ in range(4):
            step()
    finally:
        handle.remove()
    assert seen == ["before"] * 4 + ["after"] * 4


def test_a_scheduler_that_comes_later():
    """It finds the mark that a step leaves for it."""
    step, _ = training(mlp, torch.optim.Adam)()
    optimizer, step = optimizer_of(step), torch.compile(step)
    for _ in range(3):
        step()
    rates = lr_scheduler.StepLR(optimizer, 1, 0.5)
    for _ in range(3):
        step()
        rates.step()
    assert optimizer.param_groups[0]["lr"] == 1e-3 / 8
    assert len(step.replays) == 2


def test_several_groups_and_steps():
    """Two optimizers, one with two groups, and two steps of one in a call."""

    def make():
        first, second = nn.Linear(8, 16), nn.Linear(16, 4)
        frozen = nn.Parameter(torch.ones(3))
        adam = torch.optim.Adam([
            {"params": [first.weight, frozen], "lr": 0.1}, {"params": [first.bias], "eps": 1e-4},
        ])  # fmt: skip
        sgd = torch.optim.SGD(second.parameters(), lr=0.1, momentum=0.5)
        model, x = nn.Sequential(first, nn.Tanh(), second), torch.randn(16, 8)

        def step():
            for _ in range(2):
                adam.zero_grad()
                sgd.zero_grad()
                loss = model(x).square().mean()
                loss.backward()
                adam.step()
            sgd.step()
            return loss

        return step, lambda: [state_of(model, adam), state_of(model, sgd), frozen]

    assert ".step()" not in both(make).source()


def test_a_scheduler_before_the_step():
    """It may change settings, so the step is called as it is."""

    def make():
        model = nn.Linear(8, 4)
        optimizer = torch.optim.Adam(model.parameters())
        rates = lr_scheduler.StepLR(optimizer, 2, 0.5)
        x = torch.randn(16, 8)

        def step():
            optimizer.zero_grad()
            loss = model(x).square().mean()
            loss.backward()
            rates.step()
            optimizer.step()
            return loss

        return step, lambda: state_of(model, optimizer)

    with pytest.warns(UserWarning, match="lr_scheduler.step"):
        assert "Adam.step()" in both(make).source()


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16])
def test_other_dtypes(dtype):
    def make():
        model = nn.Linear(8, 4).to(dtype)
        optimizer = torch.optim.Adam(model.parameters())
        x = torch.randn(16, 8).to(dtype)

        def step():
            optimizer.zero_grad()
            loss = model(x).square().mean()
            loss.backward()
            optimizer.step()
            return loss

        return step, lambda: state_of(model, optimizer)

    both(make)


def test_old_gradients_make_room():
    """They are gone while the new ones are computed, as in a step that is not compiled."""
    step, _ = training(mlp, torch.optim.Adam)()
    step = torch.compile(step)
    for _ in range(CALLS):
        step()
    assert "_grad = None" in step.source().splitlines()[3]
