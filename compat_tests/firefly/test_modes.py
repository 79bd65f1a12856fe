"""Grad modes: blocks, decorators, threads."""

import threading

import pytest

import minitorch_ff as ff
from minitorch_ff.firefly.modes import grad_enabled


def records():
    return (ff.ones(2, requires_grad=True) * 2).requires_grad


MODES = {
    "no_grad": (ff.no_grad, False),
    "enable_grad": (ff.enable_grad, True),
    "set_grad_enabled(False)": (lambda: ff.set_grad_enabled(False), False),
    "set_grad_enabled(True)": (lambda: ff.set_grad_enabled(True), True),
    "inference_mode": (ff.inference_mode, False),
    "inference_mode(False)": (lambda: ff.inference_mode(False), True),
}


@pytest.mark.parametrize("name", MODES)
@pytest.mark.parametrize("outside", [True, False])
def test_a_block(name, outside):
    make, inside = MODES[name]
    ff.set_grad_enabled(outside)
    with make():
        assert records() is inside
        with ff.no_grad():
            assert not records()
        assert records() is inside
    assert records() is outside


@pytest.mark.parametrize("name", MODES)
def test_an_error_leaves_the_block(name):
    make, _ = MODES[name]
    with pytest.raises(ZeroDivisionError), make():
        raise ZeroDivisionError
    assert records()
    assert not ff.is_inference_mode_enabled()


@pytest.mark.parametrize("name", MODES)
def test_a_decorated_function(name):
    make, inside = MODES[name]

    @make()
    def work(depth):
        """What it does."""
        assert records() is inside
        return depth and work(depth - 1)

    assert records()
    work(2)
    assert records()
    assert (work.__name__, work.__doc__) == ("work", "What it does.")


def test_a_decorator_without_brackets():
    @ff.no_grad
    def off():
        return records()

    @ff.inference_mode
    def inferring():
        return records(), ff.is_inference_mode_enabled()

    assert off() is False
    assert inferring() == (False, True)


def test_a_decorated_generator_waits_outside():
    @ff.no_grad()
    def numbers():
        received = yield records()
        try:
            yield received, records()
        except KeyError:
            yield "caught", records()
        return records()

    generator = numbers()
    assert next(generator) is False
    assert records()
    assert generator.send(3) == (3, False)
    assert records()
    assert generator.throw(KeyError()) == ("caught", False)
    with pytest.raises(StopIteration) as stop:
        next(generator)
    assert stop.value.value is False
    assert records()


def test_set_grad_enabled_as_a_call():
    before = ff.set_grad_enabled(False)
    assert not records()
    ff.set_grad_enabled(True)
    assert records()
    assert str(before) == "torch.autograd.grad_mode.set_grad_enabled(mode=False)"


def test_modes_belong_to_their_thread():
    seen = {}
    inside, go = threading.Event(), threading.Event()

    def other():
        seen["at the start"] = grad_enabled()
        with ff.no_grad():
            seen["in its block"] = grad_enabled()
            inside.set()
            go.wait(10)
            seen["still"] = grad_enabled()
        seen["after"] = grad_enabled()

    with ff.no_grad():
        thread = threading.Thread(target=other)
        thread.start()
        inside.wait(10)
        with ff.enable_grad():
            assert records()
            go.set()
            thread.join()
        assert not records()
    assert seen == {"at the start": True, "in its block": False, "still": False, "after": True}


def test_a_backward_pass_records_nothing_by_itself():
    x = ff.ones(2, requires_grad=True)
    seen = []
    y = x * 2
    y.register_hook(lambda grad: seen.append((grad.requires_grad, grad_enabled())))
    y.sum().backward(retain_graph=True)
    ff.autograd.grad((y * y).sum(), x, create_graph=True)
    assert seen == [(False, False), (True, True)]
    assert grad_enabled()


def test_a_backward_pass_runs_under_no_grad():
    x = ff.ones(2, requires_grad=True)
    y = (x * x).sum()
    with ff.no_grad():
        y.backward(create_graph=True)
        assert not grad_enabled()
    assert x.grad.requires_grad
