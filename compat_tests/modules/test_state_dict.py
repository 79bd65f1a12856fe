"""`state_dict` and `load_state_dict`: keys, values, errors, versions, hooks."""

import copy
from collections import OrderedDict


def toy(world, size=2):
    """A model with a parameter, buffers of both kinds, and a module twice removed."""

    class Inner(world.nn.Module):
        _version = 3

        def __init__(self):
            super().__init__()
            self.weight = world.nn.Parameter(world.ones(size))
            self.register_parameter("bias", None)
            self.register_buffer("mean", world.zeros(size))
            self.register_buffer("scratch", world.zeros(1), persistent=False)
            self.register_buffer("count", world.tensor(0))

    class Outer(world.nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = Inner()
            self.middle = world.nn.Module()
            self.middle.inner = Inner()
            self.scale = world.nn.Parameter(world.tensor(1.0))
            self.absent = None

    return Outer()


def test_saving(same):
    def body(w, note):
        model = toy(w)
        state = model.state_dict()
        note(type(state), state, dict(state._metadata))
        note(
            model.state_dict(prefix="net."),
            list(model.state_dict(prefix="a.")._metadata),
        )
        kept = model.state_dict(keep_vars=True)
        note(kept["scale"] is model.scale, kept["scale"])
        with w.no_grad():
            model.scale.add_(1)
        note(state["scale"], state["scale"].data_ptr() == model.scale.data_ptr())
        plain = {"before": 1}
        note(model.state_dict(destination=plain) is plain, list(plain))
        note.attempt(model.state_dict, OrderedDict())
        note.attempt(model.state_dict, {}, "p.", True)

    same(body)


def test_loading(same):
    def body(w, note):
        model, other = toy(w), toy(w)
        with w.no_grad():
            for i, tensor in enumerate(other.state_dict().values()):
                tensor.add_(i)
        weight = model.inner.weight
        keys = model.load_state_dict(other.state_dict())
        note(repr(keys), str(keys), tuple(keys), keys.missing_keys, keys.unexpected_keys)
        note(model.state_dict(), weight is model.inner.weight)
        note(weight.data_ptr() == other.inner.weight.data_ptr())
        half = other.state_dict()
        half.popitem()
        half.popitem(last=False)
        half["extra"] = half["inner.more.deep"] = w.ones(1)
        note.attempt(model.load_state_dict, half)
        note.attempt(model.load_state_dict, half, strict=False)
        note.attempt(model.load_state_dict, half, False)
        note.attempt(model.load_state_dict, [("a", 1)])
        note.attempt(model.load_state_dict, None)
        note(list(half))

    same(body)


def test_what_does_not_fit(same):
    def body(w, note):
        model = toy(w)
        state = model.state_dict()
        for key, value in (
            ("inner.weight", w.ones(3)),
            ("inner.mean", w.ones(2, 1)),
            ("scale", w.ones(1)),
            ("scale", w.ones(2)),
            ("scale", 3.0),
            ("scale", [1.0]),
            ("inner.count", w.tensor(2.7)),
            ("inner.weight", w.ones(2, dtype=w.float64) * 2),
            ("inner.weight", w.ones(2, dtype=w.int64) * 3),
        ):
            changed = state.copy()
            changed[key] = value
            note.attempt(model.load_state_dict, changed)
            note(model.state_dict())
        both = {"inner.weight": w.ones(5), "scale": w.ones(4), "x": w.ones(1)}
        note.attempt(model.load_state_dict, both)
        note.attempt(model.load_state_dict, both, strict=False)

    same(body)


def test_assign(same):
    def body(w, note):
        model = toy(w)
        model.scale.requires_grad_(False)
        state = {key: value.double() + 1 for key, value in toy(w).state_dict().items()}
        state["inner.weight"] = w.nn.Parameter(w.zeros(2))
        note(repr(model.load_state_dict(state, assign=True)))
        note(model.state_dict(keep_vars=True))
        note(model.inner.weight is state["inner.weight"])
        note(model.scale.data_ptr() == state["scale"].data_ptr(), type(model.scale))
        note.attempt(model.load_state_dict, {**state, "scale": w.ones(3)}, assign=True)

    same(body)


def test_extra_state(same):
    def body(w, note):
        class Remembers(w.nn.Module):
            def __init__(self):
                super().__init__()
                self.steps = 0

            def get_extra_state(self):
                return {"steps": self.steps}

            def set_extra_state(self, state):
                self.steps = state["steps"]

        model = w.nn.Module()
        model.child = Remembers()
        model.child.steps = 5
        state = model.state_dict()
        note(state)
        fresh = w.nn.Module()
        fresh.child = Remembers()
        note(repr(fresh.load_state_dict(state)), fresh.child.steps)
        note.attempt(fresh.load_state_dict, {})
        note.attempt(w.nn.Module().load_state_dict, {"_extra_state": 1})
        note.attempt(w.nn.Module().get_extra_state)
        note.attempt(w.nn.Module().set_extra_state, 1)

    same(body)


def test_versions(same):
    def body(w, note):
        seen = []

        class Versioned(w.nn.Module):
            _version = 2

            def __init__(self):
                super().__init__()
                self.weight = w.nn.Parameter(w.ones(1))

            def _load_from_state_dict(self, state_dict, prefix, local_metadata, *rest):
                seen.append((prefix, local_metadata.get("version"), rest[0]))
                if local_metadata.get("version", 1) < 2:
                    state_dict[prefix + "weight"] = state_dict.pop(prefix + "old")
                super()._load_from_state_dict(state_dict, prefix, local_metadata, *rest)

        model = w.nn.Module()
        model.child = Versioned()
        note(repr(model.load_state_dict(model.state_dict())))
        note(repr(model.load_state_dict({"child.old": w.zeros(1)})), model.child.weight)
        note.attempt(model.load_state_dict, {"child.old": w.zeros(1), "old": w.zeros(1)})
        note(seen, dict(copy.deepcopy(model.state_dict())._metadata))

    same(body)


def test_hooks(same):
    def body(w, note):
        model, calls = toy(w), []
        model.inner.register_state_dict_pre_hook(
            lambda module, prefix, keep: calls.append(("before", prefix, keep))
        )

        def drop_mean(module, state, prefix, metadata):
            calls.append(("after", prefix, metadata))
            del state[prefix + "mean"]

        handle = model.inner.register_state_dict_post_hook(drop_mean)
        note.attempt(model.inner._register_state_dict_hook, drop_mean)
        state = model.state_dict()
        note(state, calls)
        handle.remove()

        def rename(module, state, prefix, metadata):
            return OrderedDict((f"x.{key}", value) for key, value in state.items())

        private = model._register_state_dict_hook(rename)
        note(list(model.state_dict()))
        private.remove()
        public = model.register_state_dict_post_hook(lambda *args: {})
        note.attempt(model.state_dict)
        public.remove()

        def restore(module, state, prefix, metadata, strict, missing, unexpected, errors):
            calls.append((type(module).__name__, prefix, strict, missing, unexpected, errors))
            state[prefix + "mean"] = w.full((2,), 7.0)

        model.inner.register_load_state_dict_pre_hook(restore)
        model.inner._register_load_state_dict_pre_hook(lambda *args: calls.append(len(args)))
        model.middle._register_load_state_dict_pre_hook(
            lambda *args: calls.append(len(args)), with_module=True
        )

        def forgive(module, keys):
            calls.append((list(keys.missing_keys), list(keys.unexpected_keys)))
            keys.missing_keys.clear()

        post = model.register_load_state_dict_post_hook(forgive)
        note(repr(model.load_state_dict(state)), model.inner.mean)
        del state["scale"]
        note(repr(model.load_state_dict(state)), calls)
        post.remove()
        model.register_load_state_dict_post_hook(lambda module, keys: 1)
        note.attempt(model.load_state_dict, toy(w).state_dict())
        twin = copy.deepcopy(model.inner)
        note(repr(twin.load_state_dict({}, strict=False)), twin.mean, calls[-2][:2])

    same(body)


def test_shared_tensors(same):
    def body(w, note):
        model = w.nn.Module()
        model.a = w.nn.Module()
        model.a.weight = w.nn.Parameter(w.ones(1))
        model.b = w.nn.Module()
        model.b.weight = model.a.weight
        model.c = model.a
        state = model.state_dict()
        note(list(state), state["a.weight"].data_ptr() == state["b.weight"].data_ptr())
        note.attempt(model.load_state_dict, {"a.weight": w.zeros(1)})
        note(repr(model.load_state_dict(state)))

    same(body)
