"""Lazy modules: parameters that get their shapes from the first input."""

import copy
from importlib import import_module


def scale(world, with_buffer=True):
    """A module that learns a factor for each feature, and its lazy twin."""
    lazy = import_module(world.__name__ + ".nn.modules.lazy").LazyModuleMixin
    nn = world.nn

    class Scale(nn.Module):
        def __init__(self, features):
            super().__init__()
            self.factor = nn.Parameter(world.ones(features))
            self.register_buffer("seen", world.zeros(features))

        def forward(self, x, shift=0.0):
            return x * self.factor + shift

        def extra_repr(self):
            return f"{tuple(self.factor.size())}"

    class LazyScale(lazy, Scale):
        cls_to_become = Scale

        def __init__(self):
            super().__init__(0)
            self.factor = nn.UninitializedParameter()
            if with_buffer:
                self.seen = nn.UninitializedBuffer()

        def initialize_parameters(self, x, shift=0.0):
            if self.has_uninitialized_params():
                with world.no_grad():
                    self.factor.materialize(x.shape[-1:])
                    if with_buffer:
                        self.seen.materialize(x.shape[-1:])
                    self.factor.fill_(2.0)
                    self.seen.zero_()

    class Forgets(lazy, Scale):
        def __init__(self):
            super().__init__(0)
            self.factor = nn.UninitializedParameter()

        def initialize_parameters(self, x):
            pass

    class Lacks(lazy, nn.Module):
        pass

    return Scale, LazyScale, Forgets, Lacks


def test_first_call(same):
    def body(w, note):
        _full, lazy, forgets, lacks = scale(w)
        m = lazy()
        parameter = m.factor
        note(m, m.has_uninitialized_params(), [n for n, _ in m.named_parameters()])
        note([n for n, _ in m.named_buffers()], type(m).__name__)
        m.double()
        note(m.to("cpu") is m, m.cpu() is m)  # which changes nothing
        optimizer_like = list(m.parameters())
        note(m(w.ones(2, 3, dtype=w.float64), shift=1.0), m, type(m).__name__)
        note(m.factor is parameter, optimizer_like[0] is parameter, parameter)
        note(m(w.ones(1, 3)), len(m._forward_pre_hooks), hasattr(m, "_load_hook"))
        m(w.ones(3)).sum().backward()
        note(parameter.grad, m.state_dict())
        note.attempt(forgets(), w.ones(1))
        note.attempt(lacks(), w.ones(1))

    same(body)


def test_saving_and_loading(same):
    def body(w, note):
        full, lazy, *_ = scale(w)
        fresh = lazy()
        state = fresh.state_dict()
        note([(key, repr(value)) for key, value in state.items()])
        with w.no_grad():
            known = full(3)
            known.factor.mul_(5)
        note(repr(fresh.load_state_dict(known.state_dict())), fresh.factor)
        note(fresh(w.ones(3)), type(fresh).__name__)
        note(repr(lazy().load_state_dict(state)))
        note.attempt(known.load_state_dict, state)

    same(body)


def test_copies(same):
    def body(w, note):
        _full, lazy, *_ = scale(w, with_buffer=False)
        first = lazy()
        second = copy.deepcopy(first)
        note(second(w.ones(3)), second, first, type(first).__name__)
        note(first(w.ones(2)), first)
        nested = w.nn.Sequential(lazy(), lazy())
        twin = copy.deepcopy(nested)
        note(twin(w.ones(2)), twin, nested)

    same(body)
