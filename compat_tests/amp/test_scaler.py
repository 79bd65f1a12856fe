"""`GradScaler` that is enabled: scaling, unscaling, leaving steps out, state, misuse."""

import math
import pickle

import pytest

import minitorch_ff as ff
from compat_tests.worlds import same_error, same_in_both


def made(torch, **settings):
    """A scaler, a parameter and its optimizer."""
    w = torch.nn.Parameter(torch.tensor([1.0, 2.0, 3.0]))
    return torch.amp.GradScaler("cpu", **settings), w, torch.optim.SGD([w], lr=0.1)


@pytest.mark.parametrize("bad", [math.inf, math.nan, -math.inf])
def test_a_run(bad):
    """Good steps, bad ones, enough good ones to grow."""

    def body(torch):
        scaler, w, optimizer = made(torch, init_scale=4.0, growth_interval=3)
        seen = [scaler.state_dict(), scaler.get_scale(), scaler.is_enabled()]
        for number in range(12):
            optimizer.zero_grad()
            factor = bad if number in (2, 3, 8) else 1.0
            loss = (w * w * factor).sum()
            scaler.scale(loss).backward()
            if number % 2:
                scaler.unscale_(optimizer)
                torch.nn.utils.clip_grad_norm_([w], 5.0)
            seen += [w.grad.clone(), scaler.step(optimizer), w.detach().clone()]
            scaler.update()
            seen += [scaler.get_scale(), scaler.state_dict()]
        return seen

    same_in_both(body)


def test_with_autocast():
    def body(torch):
        model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 1))
        optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
        scaler = torch.GradScaler("cpu", init_scale=2.0**20, growth_interval=2)
        x, y, seen = torch.randn(16, 4), torch.randn(16, 1), []
        for _ in range(6):
            optimizer.zero_grad()
            with torch.autocast("cpu", dtype=torch.float16):
                loss = torch.nn.functional.mse_loss(model(x), y)
            scaler.scale(loss).backward()
            scaler.step(optimizer)
            scaler.update()
            seen += [loss.detach(), scaler.get_scale()]
        return seen

    same_in_both(body, (2e-2, 2e-3))


def test_nestings():
    def body(torch):
        scaler, one, half = made(torch)[0], torch.ones(2), torch.ones(1).half()
        lazy = scaler.scale(tensor for tensor in (one, half))
        return [scaler.scale([one, (one, half)]), list(lazy), type(lazy).__name__]

    same_in_both(body)


def test_settings():
    def body(torch):
        scaler, w, _ = made(torch, growth_factor=1.5, backoff_factor=0.1, growth_interval=7)
        scaler.set_growth_factor(scaler.get_growth_factor() * 2)
        scaler.set_backoff_factor(scaler.get_backoff_factor() * 2)
        scaler.set_growth_interval(scaler.get_growth_interval() * 2)
        scaler.scale(w)
        scaler.update(3.0)
        seen = [scaler.state_dict()]
        scaler.update(torch.tensor(5.0))
        other, _, _ = made(torch)
        other.load_state_dict(scaler.state_dict())
        copied = pickle.loads(pickle.dumps(scaler))
        return [*seen, other.state_dict(), other.scale(w), copied.state_dict(), copied.scale(w)]

    same_in_both(body)


def test_disabled():
    def body(torch):
        scaler, w, optimizer = made(torch, enabled=False)
        w.grad = torch.full((3,), math.inf)
        scaler.unscale_(optimizer)
        scaler.step(optimizer)
        scaler.update()
        scaler.load_state_dict({"scale": 1})
        return scaler.scale([w]), w, scaler.state_dict(), scaler.get_scale(), scaler.is_enabled()

    same_in_both(body)


def ready(torch):
    """A scaler that has scaled, and gradients."""
    scaler, w, optimizer = made(torch)
    scaler.scale((w * w).sum()).backward()
    return scaler, w, optimizer


def twice(method):
    def body(torch):
        scaler, _, optimizer = ready(torch)
        for _ in range(2):
            getattr(scaler, method)(optimizer)

    return body


def after_step(torch):
    scaler, _, optimizer = ready(torch)
    scaler.step(optimizer)
    scaler.unscale_(optimizer)


def in_half(torch):
    scaler, _, _ = ready(torch)
    w = torch.nn.Parameter(torch.ones(2).half())
    w.grad = torch.ones(2).half()
    scaler.unscale_(torch.optim.SGD([w], lr=1))


def without_gradients(torch):
    scaler, w, optimizer = ready(torch)
    w.grad = None
    scaler.step(optimizer)


def pickled(torch):
    scaler, _, optimizer = ready(torch)
    scaler.step(optimizer)
    pickle.dumps(scaler)


ERRORS = {
    "growth": lambda torch: made(torch, growth_factor=1.0),
    "backoff": lambda torch: made(torch, backoff_factor=1.0),
    "early step": lambda torch: made(torch)[0].step(made(torch)[2]),
    "early unscale": lambda torch: made(torch)[0].unscale_(made(torch)[2]),
    "early update": lambda torch: made(torch)[0].update(),
    "nothing to update": lambda torch: ready(torch)[0].update(),
    "wrong scale": lambda torch: ready(torch)[0].update(torch.ones(2)),
    "a number": lambda torch: made(torch)[0].scale(3),
    "closure": lambda torch: ready(torch)[0].step(made(torch)[2], closure=lambda: 1),
    "empty state": lambda torch: made(torch)[0].load_state_dict({}),
    "unscale twice": twice("unscale_"),
    "step twice": twice("step"),
    "unscale after step": after_step,
    "float16": in_half,
    "no gradients": without_gradients,
    "pickled in between": pickled,
}


@pytest.mark.parametrize("name", ERRORS)
def test_misuse(name):
    same_error(ERRORS[name])


def test_a_refused_step_leaves_the_parameters():
    scaler, w, optimizer = ready(ff)
    with pytest.raises(RuntimeError):
        scaler.step(optimizer, closure=lambda: 1)
    assert w.tolist() == [1, 2, 3]
    scaler.step(optimizer)
    assert w.tolist() == pytest.approx([0.8, 1.6, 2.4])


def test_a_refused_unscale_leaves_the_gradients():
    scaler, w, optimizer = ready(ff)
    half = ff.nn.Parameter(ff.ones(2).half())
    half.grad = ff.ones(2).half()
    optimizer.add_param_group({"params": [half]})
    before = w.grad.tolist()
    with pytest.raises(ValueError, match="FP16"):
        scaler.unscale_(optimizer)
    assert w.grad.tolist() == before
    with pytest.raises(AssertionError, match="prior to update"):
        scaler.update()
    pickle.dumps(scaler)
