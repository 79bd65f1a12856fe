"""Hooks on calls and on the backward pass, of one module and of all."""

import copy
import gc
import pickle
import weakref
from importlib import import_module

import pytest
import torch

from minitorch_ff.utils.hooks import RemovableHandle


@pytest.fixture(autouse=True)
def no_traces_of_global_hooks():
    """PyTorch keeps notes of hooks that are gone, and then warns in other tests."""
    yield
    torch.nn.modules.module._global_forward_hooks_always_called.clear()
    torch.nn.modules.module._global_forward_hooks_with_kwargs.clear()


def scaling(world, factor=2.0):
    """A module that multiplies by a parameter."""

    class Scale(world.nn.Module):
        def __init__(self):
            super().__init__()
            self.factor = world.nn.Parameter(world.tensor([factor, factor]))

        def forward(self, x, shift=0.0, *, twice=False):
            y = x * self.factor + shift
            return y + y if twice else y

    return Scale()


def leaf(world, *values):
    return world.tensor(values, requires_grad=True)


def everywhere(world):
    return import_module(world.__name__ + ".nn.modules.module")


def test_forward_hooks(same):
    def body(w, note):
        m, calls = scaling(w), []
        x = w.ones(2)
        m.register_forward_pre_hook(lambda mod, args: calls.append(("pre", args)))
        m.register_forward_hook(lambda mod, args, out: calls.append(("hook", args, out)))
        note(m(x, 1.0, twice=True), calls)
        calls.clear()
        handles = [
            m.register_forward_pre_hook(lambda mod, args: args[0] + 1),
            m.register_forward_pre_hook(
                lambda mod, args, kwargs: ((args[0],), {**kwargs, "twice": True}),
                with_kwargs=True,
            ),
            m.register_forward_pre_hook(lambda mod, args: calls.append("first"), prepend=True),
            m.register_forward_hook(
                lambda mod, args, kwargs, out: out + len(kwargs), with_kwargs=True
            ),
            m.register_forward_hook(lambda mod, args, out: out * 0, prepend=True),
        ]
        note(m(x), m(x, shift=3.0), calls)
        for handle in handles:
            handle.remove()
            handle.remove()
        calls.clear()
        note(m(x), calls, len(m._forward_hooks), len(m._forward_pre_hooks))
        with m.register_forward_hook(lambda mod, args, out: (out, out)):
            note(m(x))
        note(m(x))
        m._forward_hooks.clear()
        m._forward_pre_hooks.clear()
        note(m(x), len(calls))
        m.register_forward_pre_hook(lambda mod, args, kwargs: 3, with_kwargs=True)
        note.attempt(m, x)

    same(body)


def test_always_called_hooks(same):
    def body(w, note):
        class Breaks(w.nn.Module):
            def forward(self, x):
                raise ValueError("broken")

        calls = []
        m = Breaks()
        m.register_forward_hook(lambda *args: calls.append("never"))
        m.register_forward_hook(
            lambda mod, args, out: calls.append(("always", args, out)), always_call=True
        )
        m.register_forward_hook(
            lambda mod, args, kwargs, out: calls.append(("kwargs", kwargs, out)),
            always_call=True,
            with_kwargs=True,
        )
        note.attempt(m, 3)
        note(calls)
        m.register_forward_hook(lambda *args: 1 / 0, always_call=True)
        note.attempt(m, 3)
        good = scaling(w)
        good.register_forward_hook(lambda *args: 1 / 0)
        good.register_forward_hook(
            lambda mod, args, out: calls.append("after an error"), always_call=True
        )
        note.attempt(good, w.ones(2))
        note(calls)
        where = everywhere(w)
        handle = where.register_module_forward_hook(
            lambda mod, args, out: calls.append("everywhere"), always_call=True
        )
        broken = where.register_module_forward_hook(lambda *a: 1 / 0, always_call=True)
        note.attempt(m, 3)
        note(calls)
        handle.remove()
        broken.remove()

    same(body)


def test_hooks_of_all_modules(same):
    def body(w, note):
        where, calls = everywhere(w), []
        m = scaling(w)
        m.register_forward_pre_hook(lambda mod, args: calls.append("own pre"))
        m.register_forward_hook(lambda mod, args, out: calls.append("own"))
        handles = [
            where.register_module_forward_pre_hook(
                lambda mod, args: calls.append("pre") or (args[0] + 1,)
            ),
            where.register_module_forward_hook(
                lambda mod, args, out: calls.append(("all", out)) or out * 2
            ),
            where.register_module_forward_hook(
                lambda mod, args, kwargs, out: calls.append(kwargs), with_kwargs=True
            ),
        ]
        note(m(w.ones(2), shift=1.0), calls)
        for handle in handles:
            handle.remove()
        note(m(w.ones(2)), len(calls))

    same(body)


def test_backward_hooks(same):
    def body(w, note):
        m, calls = scaling(w), []
        m.register_full_backward_hook(lambda mod, gi, go: calls.append(("hook", gi, go)))
        m.register_full_backward_pre_hook(lambda mod, go: calls.append(("pre", go)))
        x = leaf(w, 1.0, 2.0)
        y = m(x, 0.5, twice=True)
        note(y, y.grad_fn.name())
        y.sum().backward()
        note(calls, x.grad, m.factor.grad)
        calls.clear()
        with w.no_grad():
            note(m(x))
        note(calls)
        handle = m.register_full_backward_hook(
            lambda mod, gi, go: (gi[0] * 0 + 7, None), prepend=True
        )
        m(x, 1.0).sum().backward()
        note(calls, x.grad)
        handle.remove()
        calls.clear()
        m.register_full_backward_pre_hook(lambda mod, go: (go[0] * 10,), prepend=True)
        m(x).sum().backward()
        note(calls, x.grad, m.factor.grad)

    same(body)


def test_backward_hooks_of_several_tensors(same):
    def body(w, note):
        class Pair(w.nn.Module):
            def forward(self, a, b, c=None):
                return a * 2, b * 3 + a, "text"

        m, calls = Pair(), []
        m.register_full_backward_hook(lambda mod, gi, go: calls.append((gi, go)))
        a, b = leaf(w, 1.0), leaf(w, 2.0)
        first, second, text = m(a, b, 5)
        note(first, second, text)
        (first * second).sum().backward()
        note(calls, a.grad, b.grad)
        calls.clear()
        m(a, b)[0].sum().backward()
        m(a, w.ones(1))[1].sum().backward()
        note(calls, a.grad, b.grad)

    same(body)


def test_backward_hooks_without_input_gradients(same):
    def body(w, note):
        m, calls = scaling(w), []
        m.register_full_backward_hook(lambda mod, gi, go: calls.append((gi, go)))
        note.attempt(lambda: m(w.ones(2), 3.0).sum().backward())
        note(calls, m.factor.grad)
        m.register_full_backward_hook(lambda mod, gi, go: (None, None))
        note.attempt(lambda: m(w.ones(2), 3.0).sum().backward())
        m.register_full_backward_hook(lambda mod, gi, go: (w.ones(2), None))
        note.attempt(lambda: m(w.ones(2), 3.0).sum().backward())
        dictionary = w.nn.Module()
        dictionary.forward = lambda x: {"y": x * 2}
        dictionary.register_full_backward_hook(lambda *args: calls.append("never"))
        note.attempt(lambda: dictionary(leaf(w, 1.0))["y"])
        note(calls)

    same(body)


def test_backward_hook_errors(same):
    def body(w, note):
        x = leaf(w, 1.0, 2.0)
        for hook in (
            lambda mod, gi, go: (gi[0], gi[0]),
            lambda mod, gi, go: (w.ones(3),),
            lambda mod, gi, go: 1 / 0,
        ):
            m = scaling(w)
            m.register_full_backward_hook(hook)
            note.attempt(m(x).sum().backward)
        for hook in (lambda mod, go: (go[0], go[0]), lambda mod, go: (w.ones(3),)):
            m = scaling(w)
            m.register_full_backward_pre_hook(hook)
            note.attempt(m(x).sum().backward)
        m = scaling(w)
        m.register_full_backward_hook(lambda *args: None)
        note.attempt(m.register_backward_hook, lambda *args: None)
        m = scaling(w)
        m.register_backward_hook(lambda *args: None)
        note.attempt(m.register_full_backward_hook, lambda *args: None)

    same(body)


def test_second_order_through_backward_hooks(same):
    def body(w, note):
        m, calls = scaling(w), []
        m.register_full_backward_hook(lambda mod, gi, go: calls.append((gi, go)))
        x = leaf(w, 1.0, 2.0)
        (grad,) = w.autograd.grad((m(x) ** 3).sum(), x, create_graph=True)
        note(grad, calls)
        grad.sum().backward()
        note(x.grad, m.factor.grad, len(calls))

    same(body)


def test_older_backward_hooks(same):
    def body(w, note):
        class Product(w.nn.Module):
            def forward(self, a, b):
                return a * b

        m, calls = Product(), []
        m.register_backward_hook(lambda mod, gi, go: calls.append((gi, go)))
        a, b = leaf(w, 1.0) * 1, leaf(w, 2.0) * 1
        note.attempt(lambda: m(a, b).sum().backward())
        note(calls)
        for outputs in (
            lambda a, b: (a * 2) * b,
            lambda a, b: (a * 2, b * 3),
            lambda a, b: {"y": a * 2},
            lambda a, b: [a * b],
        ):
            m.forward = outputs
            note.attempt(lambda: m(a, b) and None)

    same(body)


def test_backward_hooks_of_all_modules(same):
    def body(w, note):
        where, calls = everywhere(w), []
        x = leaf(w, 1.0, 2.0)
        handles = [
            where.register_module_full_backward_hook(
                lambda mod, gi, go: calls.append(("hook", gi, go))
            ),
            where.register_module_full_backward_pre_hook(lambda mod, go: calls.append(("pre", go))),
        ]
        note.attempt(where.register_module_backward_hook, lambda *args: None)
        m = scaling(w)
        m.register_full_backward_hook(lambda mod, gi, go: calls.append("own"))
        m(x).sum().backward()
        note(calls, x.grad)
        for handle in handles:
            handle.remove()
        calls.clear()
        m(x).sum().backward()
        note(calls)

    same(body)


def test_copies_keep_their_hooks(same):
    def body(w, note):
        m, calls = scaling(w), []
        handle = m.register_forward_hook(Recorder(calls))
        twin = copy.deepcopy(m)
        handle.remove()
        m(w.ones(2))
        note(len(calls))
        twin(w.ones(2))
        note([len(h.calls) for h in twin._forward_hooks.values()], len(calls))

    same(body)


class Recorder:
    def __init__(self, calls):
        self.calls = calls

    def __call__(self, module, args, output):
        self.calls.append(output)


def test_handles():
    from collections import OrderedDict

    hooks, marks = OrderedDict(), OrderedDict()
    handle = RemovableHandle(hooks, extra_dict=marks)
    hooks[handle.id] = marks[handle.id] = print
    other = RemovableHandle(hooks, extra_dict=[marks])
    assert other.id == handle.id + 1
    copied_hooks, copied_marks, twin = copy.deepcopy((hooks, marks, handle))
    twin.remove()
    assert not copied_hooks
    assert not copied_marks
    assert len(hooks) == 1
    idle = pickle.loads(pickle.dumps(RemovableHandle(OrderedDict())))
    idle.remove()
    handle.remove()
    assert not hooks
    assert not marks
    gone = weakref.ref(hooks)
    del hooks
    gc.collect()
    assert gone() is None
    handle.remove()
