"""`nn.Module`: registration, attributes, traversal, conversion, text, copies."""

import copy
import pickle
import sys

import pytest
import torch

import minitorch_ff as ff


def layer(world, inputs=2, outputs=3):
    """A small linear layer of either world, with values that are easy to tell apart."""

    class Affine(world.nn.Module):
        def __init__(self):
            super().__init__()
            count = inputs * outputs
            values = world.arange(count, dtype=world.float32).reshape(outputs, inputs)
            self.weight = world.nn.Parameter(values)
            self.bias = world.nn.Parameter(world.ones(outputs))

        def forward(self, x):
            return x @ self.weight.t() + self.bias

        def extra_repr(self):
            return f"inputs={inputs}, outputs={outputs}"

    return Affine()


def normalizer(world, size=3):
    """A module with a parameter, two buffers and a missing parameter."""

    class Normalizer(world.nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = world.nn.Parameter(world.ones(size))
            self.register_parameter("shift", None)
            self.register_buffer("mean", world.zeros(size))
            self.register_buffer("count", world.tensor(0))
            self.register_buffer("scratch", world.zeros(1), persistent=False)

        def forward(self, x):
            return (x - self.mean) * self.scale

    return Normalizer()


def network(world):
    """Two layers, one of them used twice, and something in between."""

    class Network(world.nn.Module):
        def __init__(self):
            super().__init__()
            self.first = layer(world)
            self.norm = normalizer(world)
            self.second = layer(world, 3, 3)
            self.again = self.second
            self.nothing = None
            self.add_module("absent", None)

        def forward(self, x):
            return self.again(self.second(self.norm(self.first(x))))

    return Network()


def test_registration(same):
    def body(w, note):
        net = network(w)
        note([name for name, _ in net.named_parameters()])
        note([name for name, _ in net.named_buffers()])
        note([name for name, _ in net.named_children()])
        note([name for name, _ in net.named_modules()])
        note([name for name, _ in net.named_parameters(remove_duplicate=False)])
        note([name for name, _ in net.named_modules(remove_duplicate=False)])
        note([name for name, _ in net.named_modules(prefix="net")])
        note([name for name, _ in net.named_parameters(prefix="net", recurse=False)])
        note([name for name, _ in net.named_buffers("net", True, False)])
        note(len(list(net.parameters())), len(list(net.buffers())))
        note(len(list(net.children())), len(list(net.modules())))
        note(len(list(net.modules(remove_duplicate=False))))
        note(list(net.norm._parameters), list(net.norm._buffers))
        note(sorted(net.norm._non_persistent_buffers_set), list(net._modules))
        note(net(w.ones(1, 2)))

    same(body)


def test_assignments_move_names(same):
    def body(w, note):
        module = normalizer(w)
        where = lambda: (  # noqa: E731
            list(module._parameters), list(module._buffers), list(module._modules),
            sorted(n for n in module.__dict__ if not n.startswith("_")),
        )  # fmt: skip
        module.scratch = w.nn.Parameter(w.ones(1))
        note(where(), sorted(module._non_persistent_buffers_set))
        module.scratch = None
        note(where())
        module.mean = layer(w)
        note(where())
        module.plain = 3
        note(where())
        module.plain = w.nn.Parameter(w.zeros(1))
        note(where(), module.plain)
        module.count = w.tensor(7)
        note(where(), module.count)
        module.count = None
        note(where(), module.count)
        module.fresh = w.nn.Buffer(w.ones(2), persistent=False)
        note(where(), module.fresh, sorted(module._non_persistent_buffers_set))
        module.fresh = w.zeros(2)
        note(where(), module.fresh, sorted(module._non_persistent_buffers_set))
        module.loose = w.ones(2)
        note(where())
        del module.loose, module.fresh, module.mean, module.scale
        note(where(), sorted(module._non_persistent_buffers_set))
        note.attempt(lambda: module.scale)
        note.attempt(delattr, module, "scale")

    same(body)


def test_errors(same):
    def body(w, note):
        nn = w.nn
        parameter, buffer = nn.Parameter(w.ones(1)), w.ones(1)

        class Forgot(nn.Module):
            def __init__(self, value):
                self.value = value

        note.attempt(Forgot, parameter)
        note.attempt(Forgot, layer(w))
        note.attempt(Forgot, nn.Buffer(w.ones(1)))
        note.attempt(lambda: Forgot(3).register_buffer("a", buffer))
        note.attempt(lambda: Forgot(3).register_parameter("a", parameter))
        note.attempt(lambda: Forgot(3).missing)
        net = network(w)
        note.attempt(lambda: net.missing)
        note.attempt(setattr, net.first, "weight", w.ones(1))
        note.attempt(setattr, net.first, "weight", 3)
        note.attempt(setattr, net, "first", w.ones(1))
        note.attempt(setattr, net, "first", "text")
        note.attempt(setattr, net.norm, "mean", 3)
        note.attempt(setattr, net.norm, "mean", [w.ones(1)])
        for register, value in (
            (net.register_parameter, parameter),
            (net.register_buffer, buffer),
            (net.add_module, layer(w)),
            (net.register_module, layer(w)),
        ):
            for name in ("a.b", "", 3, None, "forward", "training", "first"):
                note.attempt(register, name, value)
            note.attempt(register, "new", 3)
            note.attempt(register, "new", w.int64)
        note.attempt(net.register_parameter, "new", w.ones(1))
        note.attempt(net.register_parameter, "new", buffer)
        note.attempt(net.add_module, "new", parameter)
        note.attempt(nn.Module, 1)
        note.attempt(lambda: nn.Module(a=1))
        note.attempt(nn.Module(), 1)
        note.attempt(net.train, 1)
        note(list(net._parameters), list(net._buffers), list(net._modules))

    same(body)


def test_paths(same):
    def body(w, note):
        net = network(w)
        for path in (
            "",
            "first",
            "norm",
            "first.weight",
            "absent",
            "no",
            "first.no",
            "x.y",
        ):
            note.attempt(net.get_submodule, path)
        for path in ("first.weight", "weight", "first", "norm.mean", "norm.no", ""):
            note.attempt(net.get_parameter, path)
            note.attempt(net.get_buffer, path)
        note.attempt(net.set_submodule, "first", layer(w, 2, 5))
        note.attempt(net.set_submodule, "first.more", layer(w, 1, 1))
        note.attempt(net.set_submodule, "first.none", layer(w), strict=True)
        note.attempt(net.set_submodule, "first.weight", layer(w))
        note.attempt(net.set_submodule, "", layer(w))
        note.attempt(net.set_submodule, "first", 3)
        note(net)

    same(body)


def test_registration_hooks(same):
    def body(w, note):
        from importlib import import_module

        where = import_module(w.__name__ + ".nn.modules.module")
        seen = []
        other = w.nn.Parameter(w.zeros(2))
        handles = [
            where.register_module_parameter_registration_hook(
                lambda m, name, p: seen.append(name) or (other if name == "swap" else None)
            ),
            where.register_module_buffer_registration_hook(
                lambda m, name, b: seen.append((name, b))
            ),
            where.register_module_module_registration_hook(
                lambda m, name, s: seen.append((name, s))
            ),
        ]
        network(w)
        module = w.nn.Module()
        module.swap = w.nn.Parameter(w.ones(1))
        module.child = w.nn.Module()
        module.child = None
        for handle in handles:
            handle.remove()
        network(w)
        note(seen, module.swap is other)

    same(body)


def test_modes_and_gradients(same):
    def body(w, note):
        net = network(w)
        note([m.training for m in net.modules()], net.eval() is net)
        note([m.training for m in net.modules()])
        note([m.training for m in net.train().modules()])
        net(w.ones(1, 2)).sum().backward()
        note([p.grad for p in net.parameters()])
        net.zero_grad(set_to_none=False)
        note([p.grad for p in net.parameters()])
        net.zero_grad()
        note([p.grad for p in net.parameters()])
        (net(w.ones(1, 2)) ** 2).sum().backward(create_graph=True)
        note([p.grad.requires_grad for p in net.parameters()])
        net.zero_grad(set_to_none=False)
        note([p.grad for p in net.parameters()])
        net.requires_grad_(False)
        note([p.requires_grad for p in net.parameters()], net(w.ones(1, 2)).requires_grad)
        order = []
        note(net.apply(lambda m: order.append(type(m).__name__)) is net, order)

    same(body)


def test_conversions(same):
    def body(w, note):
        def kinds(module):
            tensors = [*module.parameters(), *module.buffers()]
            return [str(t.dtype) for t in tensors]

        net = network(w)
        parameters = list(net.parameters())
        net(w.ones(1, 2)).sum().backward()
        for convert in (
            lambda: net.double(), lambda: net.float(), lambda: net.half(),
            lambda: net.bfloat16(), lambda: net.to(w.float64), lambda: net.to("cpu"),
            lambda: net.to(w.device("cpu"), w.float32), lambda: net.cpu(),
            lambda: net.to(dtype=w.float64), lambda: net.to(w.ones(1)),
            lambda: net.to(tensor=w.ones(1, dtype=w.float64)),
            lambda: net.to(device="cpu", dtype=w.float32, non_blocking=True),
            lambda: net.to(None), lambda: net.to(), lambda: net.type(w.float64),
            lambda: net.to_empty(device="cpu"),
        ):  # fmt: skip
            note(convert() is net, kinds(net))
            note([str(p.grad.dtype) for p in net.parameters()])
        note(all(a is b for a, b in zip(parameters, net.parameters(), strict=True)))
        for wrong in (w.int64, w.bool):
            note.attempt(net.to, wrong)
        note.attempt(net.to, "cpu", w.float32, False, True)
        note.attempt(w.nn.Module().to, w.complex64)

    same(body)


@pytest.mark.parametrize("wrong", [((5, 5), {}), (("cpu", "cpu"), {}), ((), {"x": 1})])
def test_to_refuses(wrong):
    args, kwargs = wrong
    for world in (torch, ff):
        with pytest.raises(TypeError, match=r"to\(\) received an invalid combination"):
            world.nn.Module().to(*args, **kwargs)


def test_text(same):
    def body(w, note):
        class Many(w.nn.Module):
            def __init__(self, *lines):
                super().__init__()
                self.lines = lines

            def extra_repr(self):
                return "\n".join(self.lines)

            def _get_name(self):
                return "Renamed"

        many = Many("one", "two")
        note(repr(network(w)), str(layer(w)), repr(w.nn.Module()), repr(many))
        many.child = Many("only")
        many.child.grandchild = Many("a", "", "b")
        note(repr(many))
        note(repr(Many("single")), f"{layer(w)}")

    same(body)


def test_dir(same):
    def body(w, note):
        net = network(w)
        net(w.ones(1, 2))
        names = dir(net)
        private = {n for n in names if n.startswith("_")}
        absent = {"ipu", "xpu", "mtia", "share_memory", "T_destination"}
        note([n for n in names if n not in private | absent])
        note(hasattr(type(net), "first"), [n for n in dir(net.first) if n == "weight"])

    same(body)


def test_copies(same):
    def body(w, note):
        net = network(w)
        net(w.ones(1, 2)).sum().backward()
        twin = copy.deepcopy(net)
        note(twin, twin.second is twin.again, twin.first.weight is net.first.weight)
        note([p.grad for p in twin.parameters()])
        with w.no_grad():
            twin.first.weight.add_(1)
        note(net.first.weight, twin.first.weight)
        shallow = copy.copy(net)
        note(shallow._modules is net._modules, shallow.first is net.first)
        shallow.training = False
        note(net.training)

    same(body)


class TorchPair(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(2))
        self.register_buffer("mean", torch.zeros(2))


class OurPair(ff.nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = ff.nn.Parameter(ff.ones(2))
        self.register_buffer("mean", ff.zeros(2))


def test_pickle(same):
    def body(w, note):
        module = TorchPair() if w is torch else OurPair()
        module.tag = "x"
        module.weight.requires_grad_(False)
        again = pickle.loads(pickle.dumps(module))
        note(list(again._parameters), list(again._buffers), again.tag)
        note(again.weight, again.mean, again.training)

    same(body)


def test_reading_is_quick_and_true():
    """The dictionaries stay the truth, also after reads have left a descriptor."""
    module = layer(ff)
    for value in (ff.nn.Parameter(ff.zeros(1)), None):
        assert module.weight is module._parameters["weight"]
        module._parameters["weight"] = value
        assert module.weight is value
    del module._parameters["weight"]
    with pytest.raises(AttributeError, match="'Affine' object has no attribute 'weight'"):
        module.weight  # noqa: B018
    module.weight = 5  # a plain attribute goes before
    assert module.weight == 5
    del module.weight
    module.weight = ff.nn.Module()  # another kind than the class has seen
    assert isinstance(module.weight, ff.nn.Module)
    with pytest.raises(AttributeError, match="type object 'Affine' has no attribute"):
        type(module).weight  # noqa: B018


def test_reading_respects_classes():
    """A class that reads attributes in its own way, or has them, is always asked."""

    class Counts(ff.nn.Module):
        reads = 0

        def __getattr__(self, name):
            Counts.reads += 1
            return super().__getattr__(name)

    module = Counts()
    module.child = ff.nn.Module()
    before = Counts.reads
    assert [module.child is module.child] == [True]
    assert Counts.reads == before + 2

    class Base(ff.nn.Module):
        pass

    base = Base()
    base.helper = ff.nn.Module()
    assert base.helper is base._modules["helper"]

    class Mixin:
        helper = "of the mixin"

    class Both(Base, Mixin):
        pass

    assert Both().helper == "of the mixin"


def test_super_init_and_plain_classes(same):
    def body(w, note):
        class Other:
            def __init__(self, value):
                self.value = value

        class Both(w.nn.Module, Other):
            call_super_init = True

        class Alone(w.nn.Module, Other):
            pass

        note(Both(3).value)
        note.attempt(Alone, 3)

        class Static(w.nn.Module):
            flag = "of the class"

        static = Static()
        note(static.flag)
        static.flag = "own"
        note(static.flag, Static.flag)
        note.attempt(static.register_buffer, "flag", None)

        class OldBuffer(w.nn.Module):
            def register_buffer(self, name, tensor):
                super().register_buffer(name, tensor)

        old = OldBuffer()
        old.a = w.nn.Buffer(w.ones(1))
        note(old.a)
        note.attempt(setattr, old, "b", w.nn.Buffer(w.ones(1), persistent=False))

    same(body)


def test_a_call_costs_little():
    """Calling a module without hooks is one Python call more than calling its `forward`."""

    class Nothing(ff.nn.Module):
        def forward(self, x):
            return x

    module, called = Nothing(), []
    sys.setprofile(lambda frame, event, _: event == "call" and called.append(frame.f_code.co_name))
    module(1)
    sys.setprofile(None)
    assert called == ["__call__", "forward"]


def test_compile_changes_no_result(same):
    def body(w, note):
        if w is ff:
            net = layer(w)
            before = net(w.ones(1, 2))
            note(net.compile(), before)
            assert net(w.ones(1, 2)).tolist() == before.tolist()
        else:
            note(None, layer(w)(w.ones(1, 2)))

    same(body)
