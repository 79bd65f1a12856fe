"""`nn.utils`: clipping, parameter vectors, parametrizations, functional calls."""

import copy
from importlib import import_module

import pytest

from compat_tests.modules.test_module_system import layer


def with_gradients(world, *gradients):
    """Parameters that have the given gradients; None for one without."""
    parameters = []
    for gradient in gradients:
        parameter = world.nn.Parameter(world.zeros(1))
        if gradient is not None:
            parameter = world.nn.Parameter(world.zeros(len(gradient)))
            parameter.grad = world.tensor(gradient)
        parameters.append(parameter)
    return parameters


@pytest.mark.parametrize("norm", [2, 1, 3.0, float("inf"), -float("inf"), 0.0, 0.5])
def test_clip_norm(same, norm):
    def body(w, note):
        utils = w.nn.utils
        for limit in (0.5, 1, 100.0):
            p = with_gradients(w, [3.0, -4.0], None, [1.0, 0.0, 2.0])
            note.attempt(utils.clip_grad_norm_, p, limit, norm)
            note([q.grad for q in p])
        p = with_gradients(w, [3.0, -4.0])
        note.attempt(utils.clip_grad_norm_, p[0], 1.0, norm, foreach=False)
        note.attempt(utils.get_total_norm, [q.grad for q in p], norm)
        note.attempt(utils.clip_grads_with_norm_, p, 0.1, w.tensor(2.0))
        note([q.grad for q in p])

    same(body)


def test_clip_special_cases(same):
    def body(w, note):
        utils = w.nn.utils
        note.attempt(utils.clip_grad_norm_, [], 1.0)
        note.attempt(utils.clip_grad_norm_, (p for p in []), 1.0)
        note.attempt(utils.clip_grad_norm_, with_gradients(w, None), 1.0)
        note.attempt(utils.clip_grad_norm, with_gradients(w, [1.0]), 1.0)
        for bad in (float("inf"), float("nan")):
            p = with_gradients(w, [bad, 1.0])
            note.attempt(utils.clip_grad_norm_, p, 1.0, error_if_nonfinite=True)
            note.attempt(utils.clip_grad_norm_, p, 1.0)
            note(p[0].grad)
        net = layer(w)
        net(w.ones(4, 2)).sum().backward()
        note.attempt(utils.clip_grad_norm_, net.parameters(), "1.5")
        note([p.grad for p in net.parameters()])
        note.attempt(utils.clip_grad_value_, net.parameters(), 0.3)
        note([p.grad for p in net.parameters()])
        p = with_gradients(w, [3.0, -4.0, 0.1], None)
        note.attempt(utils.clip_grad_value_, p, 1)
        note.attempt(utils.clip_grad_value_, p[0], 0.5)
        note([q.grad for q in p])

    same(body)


def test_vectors(same):
    def body(w, note):
        utils, net = w.nn.utils, layer(w)
        vector = utils.parameters_to_vector(net.parameters())
        note(vector, vector.grad_fn.name())
        vector.sum().backward()
        note([p.grad for p in net.parameters()])
        weight = net.weight
        new = w.arange(9, dtype=w.float32)
        utils.vector_to_parameters(new, net.parameters())
        note(weight is net.weight, net.weight, net.bias)
        new[0] = 100
        note(net.weight)
        note.attempt(utils.vector_to_parameters, [1, 2], net.parameters())

    same(body)


def test_weight_norm(same):
    def body(w, note):
        utils, x = w.nn.utils, w.ones(1, 2)
        for dim in (0, 1, -1, None):
            net = layer(w)
            note.attempt(utils.weight_norm, net, dim=dim)
            note([(n, p) for n, p in net.named_parameters()], type(net.weight))
            note(net(x), list(net.state_dict()), "weight" in net._parameters)
            net(x).sum().backward()
            note([p.grad for p in net.parameters()])
            with w.no_grad():
                net.weight_g.mul_(2)
            note(net(x), net.weight)
            note.attempt(utils.weight_norm, net)
            note.attempt(utils.remove_weight_norm, net)
            note([(n, p) for n, p in net.named_parameters()], net(x))
            note.attempt(utils.remove_weight_norm, net)
        vector = layer(w)
        note.attempt(utils.weight_norm, vector, "bias")
        note(vector(x), vector.bias_g)
        note.attempt(utils.weight_norm, vector, "nothing")

    same(body)


def test_weight_norm_parametrization(same):
    def body(w, note):
        utils, x = w.nn.utils, w.ones(1, 2)
        for dim in (0, 1, None):
            net = layer(w)
            note(utils.parametrizations.weight_norm(net, dim=dim) is net, net)
            note([(n, p) for n, p in net.named_parameters()], net.weight, net(x))
            net(x).sum().backward()
            note([p.grad for p in net.parameters()])
            net.weight = w.ones(3, 2) * 2
            note([(n, p) for n, p in net.named_parameters()])
            older = layer(w)
            note.attempt(utils.weight_norm, older, dim=dim)
            note(repr(net.load_state_dict(older.state_dict())), net.weight)
            utils.parametrize.remove_parametrizations(net, "weight")
            note(net, [(n, p) for n, p in net.named_parameters()], type(net))

    same(body)


def symmetric(world):
    class Symmetric(world.nn.Module):
        def forward(self, x):
            return x.triu() + x.triu(1).transpose(0, 1)

        def right_inverse(self, x):
            return x.triu()

    return Symmetric()


def doubled(world):
    class Doubled(world.nn.Module):
        def forward(self, x):
            return 2 * x

    return Doubled()


def test_parametrize(same):
    def body(w, note):
        para, x = w.nn.utils.parametrize, w.ones(1, 3)
        net = layer(w, 3, 3)
        register = para.register_parametrization
        note(register(net, "weight", symmetric(w)) is net, net, type(net).__name__)
        note(net.weight, net(x), [n for n, _ in net.named_parameters()], net.state_dict())
        note(para.is_parametrized(net), para.is_parametrized(net, "weight"))
        note(para.is_parametrized(net, "bias"), para.type_before_parametrizations(net))
        net.weight = w.ones(3, 3)
        note(
            net.parametrizations.weight.original,
            isinstance(net.parametrizations.weight, w.nn.ModuleList),
        )
        net(x).sum().backward()
        note([p.grad for p in net.parameters()])
        register(net, "weight", doubled(w))
        register(net, "bias", doubled(w))
        note(net, net.weight, net.bias)
        note.attempt(setattr, net, "weight", w.ones(3, 3))
        with para.cached():
            note(net.weight is net.weight)
            with para.cached():
                first = net.weight
            note(net.weight is first)
        note(net.weight is net.weight)
        twin = copy.deepcopy(net)
        with w.no_grad():
            twin.parametrizations.weight.original.mul_(0)
        note(net.weight, twin.weight)
        note.attempt(net.__getstate__)
        note(para.remove_parametrizations(net, "weight") is net, net, net.weight)
        para.remove_parametrizations(net, "bias", leave_parametrized=False)
        note(net, net.bias, type(net).__name__, para.is_parametrized(net))
        note([n for n, _ in net.named_parameters()])

    same(body)


def test_parametrize_buffers_and_errors(same):
    def body(w, note):
        para = w.nn.utils.parametrize
        register = para.register_parametrization

        def function(forward, inverse=None):
            module = w.nn.Module()
            module.forward = forward
            if inverse is not None:
                module.right_inverse = inverse
            return module

        net = layer(w)
        net.register_buffer("mean", w.ones(2))
        register(net, "mean", doubled(w))
        note(net.mean, list(net.state_dict()), [n for n, _ in net.named_buffers()])
        for forward, inverse in (
            (lambda x: x.double(), None),
            (lambda x: x[:1], None),
            (lambda x: 3, None),
            (lambda x: x, lambda x: x.double()),
            (lambda x: x, lambda x: 3),
            (lambda a, b: a, lambda x: (x, 3)),
        ):
            note.attempt(register, layer(w), "weight", function(forward, inverse))
            twice = register(layer(w), "weight", doubled(w))
            note.attempt(register, twice, "weight", function(forward, inverse))
        pair = register(layer(w), "bias", function(lambda a, b: a + b, lambda x: (x / 2, x / 2)))
        note(pair, pair.bias, [n for n, _ in pair.named_parameters()])
        pair.bias = w.zeros(3)
        note(pair.bias)
        note.attempt(para.remove_parametrizations, pair, "bias", leave_parametrized=False)
        note(para.remove_parametrizations(pair, "bias").bias)
        unsafe = register(layer(w), "weight", function(lambda x: x[:1]), unsafe=True)
        note(unsafe.weight)
        note.attempt(register, layer(w), "nothing", doubled(w))
        note.attempt(para.remove_parametrizations, layer(w), "weight")
        note.attempt(para.ParametrizationList, [], w.ones(1))

    same(body)


def test_functional_call(same):
    def body(w, note):
        call, x = w.func.functional_call, w.ones(1, 2)
        net = layer(w)
        weight = w.zeros(3, 2, requires_grad=True)
        own = net.weight
        out = call(net, {"weight": weight}, x)
        out.sum().backward()
        note(out, weight.grad, net.weight is own, own.grad)
        note(call(net, ({"weight": weight}, {"bias": w.zeros(3)}), (x,)))
        note(call(net, {}, kwargs={"x": x}))
        note.attempt(call, net, {"weight": weight}, x, strict=True)
        note.attempt(call, net, {"weight": weight, "bias": weight, "a": x}, x, strict=True)
        note.attempt(call, net, ({"weight": weight}, {"weight": weight}), x)
        note.attempt(call, net, [3], x)
        note.attempt(call, net, 3, x)
        note.attempt(call, net, {"no.weight": weight}, x)
        note.attempt(call, net, {"weight": 3}, x)
        note.attempt(call, net, {"extra": weight}, x)
        note(hasattr(net, "extra"), net.weight is own, list(net._parameters))
        older = import_module(w.__name__ + ".nn.utils.stateless").functional_call
        note.attempt(older, net, {"weight": weight}, x)

    same(body)


def test_functional_call_with_shared_weights_and_buffers(same):
    def body(w, note):
        call = w.func.functional_call

        class Counting(w.nn.Module):
            def __init__(self):
                super().__init__()
                self.a = w.nn.Parameter(w.ones(1))
                self.b = self.a
                self.register_buffer("count", w.tensor(0.0))

            def forward(self, x):
                self.count = self.count + 1
                return x * self.a + self.b

        net, x = Counting(), w.ones(1)
        two, three = w.tensor([2.0]), w.tensor([3.0])
        note(call(net, {"a": two}, x), call(net, {"a": two}, x, tie_weights=False))
        note(call(net, {"a": two, "b": three}, x, tie_weights=False))
        note.attempt(call, net, {"a": two, "b": three}, x)
        given = {"count": w.tensor(10.0)}
        note(call(net, given, x), given, net.count)

    same(body)


def test_skip_init(same):
    def body(w, note):
        utils = w.nn.utils

        class Random(w.nn.Module):
            def __init__(self, size, device=None, dtype=None):
                super().__init__()
                self.weight = w.nn.Parameter(w.rand(size, device=device, dtype=dtype))

        net = utils.skip_init(Random, 3, dtype=w.float64)
        note(tuple(net.weight.shape), str(net.weight.dtype), w.rand(2))
        note.attempt(utils.skip_init, w.nn.Module)
        note.attempt(utils.skip_init, int)

    same(body)


def test_what_is_left_out_is_missing():
    import minitorch_ff as ff

    utils = ff.nn.utils
    with pytest.raises(AttributeError):
        utils.parametrize.transfer_parametrizations_and_params  # noqa: B018


@pytest.mark.parametrize("dim", [None, 1])
def test_spectral_norm(same, dim):
    """Both ways: the same vectors drawn, weights, gradients, keys and errors."""

    def body(w, note):
        x = w.tensor([[0.5, -1.0, 2.0]])
        for ways in (w.nn.utils, w.nn.utils.parametrizations):
            w.manual_seed(3)
            net = w.nn.Linear(3, 4)
            note.attempt(ways.spectral_norm, net, n_power_iterations=2, dim=dim)
            note(list(net.state_dict()), net.state_dict(), w.get_rng_state(), net)
            for _ in range(2):
                net(x).square().sum().backward()
            note([(name, p.grad) for name, p in net.named_parameters()], net.state_dict())
            net.eval()
            note(net(x), net.weight)
        w.nn.utils.parametrize.remove_parametrizations(net, "weight")
        note(list(net.state_dict()), net.weight)
        older = w.nn.utils.spectral_norm(w.nn.Linear(3, 2))
        note.attempt(w.nn.utils.spectral_norm, older)
        other = w.nn.utils.spectral_norm(w.nn.Linear(3, 2))
        note(other.load_state_dict(older.state_dict()), other(x), older(x))
        note.attempt(w.nn.utils.remove_spectral_norm, older)
        note(list(older.state_dict()), older(x), older.weight.requires_grad)
        note.attempt(w.nn.utils.remove_spectral_norm, older)

    same(body)


def test_spectral_norm_special_cases(same):
    def body(w, note):
        ways = w.nn.utils.parametrizations
        note.attempt(ways.spectral_norm, w.nn.Linear(3, 4), n_power_iterations=0)
        note.attempt(ways.spectral_norm, w.nn.Linear(3, 4), dim=5)
        note.attempt(ways.spectral_norm, w.nn.Linear(3, 4), "nothing")
        note.attempt(w.nn.utils.spectral_norm, w.nn.Linear(3, 4), n_power_iterations=0)
        vector = ways.spectral_norm(w.nn.LayerNorm(3))
        note(list(vector.state_dict()), vector.weight)
        cube = w.nn.Module()
        cube.weight = w.nn.Parameter(w.randn(2, 3, 4))
        note(ways.spectral_norm(cube, dim=-2).weight)

    same(body)


@pytest.mark.parametrize("shape", [(3, 3), (4, 2), (2, 4)], ids=str)
@pytest.mark.parametrize("kind", [None, "matrix_exp", "cayley", "householder"])
def test_orthogonal(same, shape, kind):
    def body(w, note):
        ways = w.nn.utils.parametrizations
        w.manual_seed(3)
        net = ways.orthogonal(w.nn.Linear(*shape), orthogonal_map=kind)
        note(list(net.state_dict()), w.get_rng_state(), net)
        first = net.weight
        with w.no_grad():
            net.parametrizations.weight.original.add_(w.linspace(-1, 1, 3)[0] * 0.1)
            net.parametrizations.weight.original[0, 0] = -1.0
            net.parametrizations.weight.original[1, 1] = -1.0
        (net.weight * w.arange(float(first.numel())).reshape(first.shape)).sum().backward()
        note(net.parametrizations.weight.original.grad.round(decimals=3))
        net.weight = w.eye(*first.shape)
        note(net.weight.round(decimals=4).abs())
        if kind in ("matrix_exp", "cayley"):
            free = ways.orthogonal(w.nn.Linear(*shape), "weight", kind, use_trivialization=False)
            note(list(free.state_dict()), free.weight.round(decimals=4))
            note.attempt(setattr, free, "weight", w.eye(*first.shape))

    same(body)


def test_orthogonal_special_cases(same):
    def body(w, note):
        orthogonal = w.nn.utils.parametrizations.orthogonal
        note.attempt(orthogonal, w.nn.LayerNorm(3))
        note.attempt(orthogonal, w.nn.Linear(3, 4), "nothing")
        note.attempt(orthogonal, w.nn.Linear(3, 4), orthogonal_map="cube")

    same(body)
