"""Compiled functions give the bits that the functions give, and leave everything as they do."""

import copy
import pickle
import threading
import warnings

import numpy as np
import pytest

import minitorch_ff as torch
from minitorch_ff import explain, nn
from minitorch_ff.nn import functional as F
from minitorch_ff.optim import lr_scheduler

CALLS = 7


def bits(tensor):
    """All that a tensor's value is: dtype, shape, bytes."""
    return tensor.dtype, tuple(tensor.shape), tensor.detach().numpy().tobytes()


def both(make, calls=CALLS, replayed=True):
    """Call a function again and again, eagerly and compiled; both must do the same.

    Args:
        make: Gives the function, and a function that lists tensors it may have changed.
        calls: How often.
        replayed: Whether the later calls must have been replays.
    """
    seen = []
    for compiled in (False, True):
        torch.manual_seed(3)
        function, state = make()
        if compiled:
            function = torch.compile(function)
        results = []
        for _ in range(calls):
            results.append([bits(tensor) for tensor in flat(function())])
            results.append([bits(tensor) for tensor in flat(state())])
        seen.append((results, bits(torch.get_rng_state())))
    assert seen[0] == seen[1]
    assert bool(function.replays) == replayed, function.reason
    return function


def flat(value):
    """All tensors in nested tuples, lists and dictionaries."""
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, dict):
        value = value.values()
    if isinstance(value, (tuple, list, type({}.values()))):
        return [tensor for item in value for tensor in flat(item)]
    return []


def state_of(model, optimizer):
    """All that a training step changes: parameters, buffers, gradients, state, versions."""
    parameters = list(model.parameters())
    versions = [p._version for p in model.state_dict(keep_vars=True).values()]
    versions += [-1 if p.grad is None else p.grad._version for p in parameters]
    grads = [p.grad for p in parameters]
    state = [list(optimizer.state[p].values()) for p in parameters if p in optimizer.state]
    return [list(model.state_dict().values()), grads, state, torch.tensor(versions)]


def training(layers, optimizer, *, schedule=None, loss=F.cross_entropy, clip=None, zero=True):
    """What `both` wants: a training step of a network for 8 numbers and 4 classes."""

    def make():
        model = nn.Sequential(*layers())
        steps = optimizer(model.parameters())
        rates = None if schedule is None else schedule(steps)
        x, y = torch.randn(16, 8), torch.randint(0, 4, (16,))

        def step():
            if zero:
                steps.zero_grad(set_to_none=zero != "fill")
            value = loss(model(x), y)
            value.backward()
            if clip is not None:
                nn.utils.clip_grad_norm_(model.parameters(), clip)
            steps.step()
            if rates is not None:
                rates.step()
            return value

        return step, lambda: state_of(model, steps)

    return make


def mlp():
    return nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 4)


def dropout():
    return nn.Linear(8, 16), nn.Tanh(), nn.Dropout(0.3), nn.Linear(16, 4)


def norms():
    return nn.Linear(8, 16), nn.BatchNorm1d(16), nn.GELU(), nn.LayerNorm(16), nn.Linear(16, 4)


def sgd(params):
    return torch.optim.SGD(params, lr=0.1)


def momentum(params):
    return torch.optim.SGD(params, lr=0.1, momentum=0.9, weight_decay=1e-3)


def adam(params):
    return torch.optim.Adam(params, lr=0.01)


def adamw(params):
    return torch.optim.AdamW(params, lr=0.01)


@pytest.mark.parametrize("layers", [mlp, dropout, norms], ids=lambda f: f.__name__)
@pytest.mark.parametrize("optimizer", [sgd, momentum, adam, adamw], ids=lambda f: f.__name__)
def test_training_steps(layers, optimizer):
    both(training(layers, optimizer))


@pytest.mark.parametrize(
    "schedule",
    [
        lambda optimizer: lr_scheduler.StepLR(optimizer, 2, 0.5),
        lambda optimizer: lr_scheduler.CosineAnnealingLR(optimizer, 5),
        lambda optimizer: lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=20),
        lambda optimizer: lr_scheduler.SequentialLR(
            optimizer, [lr_scheduler.ConstantLR(optimizer), lr_scheduler.StepLR(optimizer, 1)], [3]
        ),
    ],
    ids="step cosine one_cycle sequential".split(),
)
def test_schedulers_inside(schedule):
    both(training(mlp, adam, schedule=schedule))


@pytest.mark.parametrize("zero", [False, "fill"])
def test_gradients_that_add_up(zero):
    both(training(mlp, sgd, zero=zero))


def test_clipped_gradients():
    both(training(mlp, momentum, clip=0.1))


@pytest.mark.parametrize("optimizer", [torch.optim.RMSprop, torch.optim.NAdam, torch.optim.Adagrad])
def test_other_optimizers(optimizer):
    both(training(dropout, optimizer))


def test_a_rate_changed_by_hand():
    torch.manual_seed(0)
    finals = []
    for compiled in (False, True):
        torch.manual_seed(0)
        step, state = training(mlp, sgd)()
        optimizer = next(
            c.cell_contents for c in step.__closure__ if hasattr(c.cell_contents, "param_groups")
        )
        step = torch.compile(step) if compiled else step
        for i in range(CALLS):
            optimizer.param_groups[0]["lr"] = 0.1 / (i + 1)
            step()
        finals.append([bits(t) for t in flat(state())])
    assert finals[0] == finals[1]
    assert step.replays


def test_gradients_that_are_dropped_after_the_step():
    def make():
        step, state = training(mlp, sgd)()
        optimizer = next(
            c.cell_contents for c in step.__closure__ if hasattr(c.cell_contents, "param_groups")
        )

        def step_and_drop():
            loss = step()
            optimizer.zero_grad()
            return loss

        return step_and_drop, state

    assert "SGD.step()" not in both(make).source()


def test_an_old_style_loop():
    def make():
        x = torch.linspace(-3, 3, 50)
        y = torch.sin(x)
        a, b, c = (torch.randn((), requires_grad=True) for _ in range(3))

        def step():
            loss = (a + b * x + c * x**3 - y).pow(2).sum()
            loss.backward()
            with torch.no_grad():
                for p in (a, b, c):
                    p -= 1e-4 * p.grad
                    p.grad = None
            return loss

        return step, lambda: [a, b, c, torch.tensor([a._version, b._version])]

    both(make)


def test_views_and_writes_in_place():
    def make():
        x = torch.randn(4, 6, requires_grad=True)
        table = torch.zeros(4, 6)

        def function():
            y = x * 2
            y[1] = 0
            y[:, 2:4].mul_(3)
            z = y.t().reshape(-1)[::2].clone()
            z.add_(1).relu_()
            table[2] += x.detach()[0]
            loss = z.sum() + y.pow(2).mean()
            x.grad = None
            loss.backward()
            return loss, table.sum(0), z

        return function, lambda: [x.grad, table, torch.tensor([table._version, x._version])]

    both(make)


NETWORKS = {
    "convolution": lambda: (
        nn.Sequential(nn.Conv2d(1, 3, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
                      nn.Linear(27, 4)),
        torch.randn(2, 1, 8, 8),
    ),
    "recurrence": lambda: (nn.LSTM(3, 4, batch_first=True), torch.randn(2, 5, 3)),
    "attention": lambda: (
        nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), torch.randn(2, 5, 8)
    ),
    "normalised": lambda: (nn.Sequential(nn.Linear(8, 6), nn.BatchNorm1d(6)), torch.randn(7, 8)),
}  # fmt: skip


@pytest.mark.parametrize("name", NETWORKS)
def test_modules(name):
    """Forward passes are compiled; backward, outside, runs the compiled rule."""
    seen = []
    for compiled in (False, True):
        torch.manual_seed(5)
        model, x = NETWORKS[name]()
        x.requires_grad_()
        called = torch.compile(model) if compiled else model
        results = []
        for i in range(CALLS):
            outputs = flat(called(x + i))
            (outputs[0] * outputs[0].detach()).sum().backward()
            tensors = [*outputs, x.grad, *[p.grad for p in model.parameters()]]
            results.append([bits(t) for t in (*tensors, *model.state_dict().values())])
        seen.append((results, bits(torch.get_rng_state())))
    assert seen[0] == seen[1]
    assert called._compiled.replays, called._compiled.reason
    assert "Compiled" in repr(outputs[0].grad_fn)


def test_modules_compiled_in_place():
    torch.manual_seed(5)
    model, x = nn.Sequential(nn.Linear(3, 8), nn.GELU(), nn.Linear(8, 2)), torch.randn(4, 3)
    twin, repr_before = copy.deepcopy(model), repr(model)
    names = list(model.state_dict())
    assert model.compile() is None
    for net in (model, twin):
        net.register_forward_hook(lambda module, args, output: output * 3)
    for i in range(CALLS):
        outputs = [net(x + i) for net in (model, twin)]
        for output in outputs:
            output.square().sum().backward()
        assert bits(outputs[0]) == bits(outputs[1])
        for a, b in zip(model.parameters(), twin.parameters(), strict=True):
            assert bits(a.grad) == bits(b.grad)
    assert model._compiled_call_impl.replays
    assert (repr(model), list(model.state_dict())) == (repr_before, names)
    for other in (copy.deepcopy(model), copy.copy(model)):
        assert other._compiled_call_impl is None
        assert bits(other(x)) == bits(twin(x))
    again = nn.Linear(3, 2)
    again.compile(backend="eager")
    assert bits(pickle.loads(pickle.dumps(again))(x)) == bits(again(x))
    with pytest.raises(RuntimeError, match="Unrecognized mode=quick"):
        again.compile(mode="quick")


def test_two_forward_passes_before_a_backward_pass():
    model = torch.compile(nn.Sequential(nn.Linear(3, 3), nn.Tanh()))
    first, second = torch.randn(2, 3), torch.randn(2, 3)
    for _ in range(3):
        a, b = model(first), model(second)
    (a.sum() + 2 * b.sum()).backward()
    compiled = bits(model._orig_mod[0].weight.grad)
    model.zero_grad()
    a, b = model._orig_mod(first), model._orig_mod(second)
    (a.sum() + 2 * b.sum()).backward()
    assert bits(model._orig_mod[0].weight.grad) == compiled


def test_a_second_backward_pass():
    f = torch.compile(lambda x: (x * x).sum())
    for _ in range(3):
        x = torch.arange(3.0).requires_grad_()
        y = f(x)
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.tolist() == [0, 4, 8]
    with pytest.raises(RuntimeError, match="backward through the graph a second time"):
        y.backward()
    x = torch.arange(3.0).requires_grad_()
    y = f(x)
    with pytest.raises(RuntimeError, match="double backward"):
        torch.autograd.grad(y, x, create_graph=True)
    with torch.no_grad():
        x += 1
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.backward()


def test_the_graph_inside_a_step_is_freed():
    step, _ = training(mlp, sgd)()
    names = {repr(step().grad_fn).split()[0]}
    compiled = torch.compile(step)
    for _ in range(4):
        loss = compiled()
        names.add(repr(loss.grad_fn).split()[0])
    assert names == {"<NllLossBackward0"}
    with pytest.raises(RuntimeError, match="backward through the graph a second time"):
        loss.backward()


def test_what_was_returned_stays():
    f = torch.compile(lambda x: {"y": (x + 1).t(), "pair": (x * 2, [x])})
    kept = []
    for i in range(6):
        x = torch.full((2, 3), float(i))
        kept.append((x, f(x)))
    assert f.replays
    for i, (x, result) in enumerate(kept):
        assert torch.equal(result["y"], torch.full((3, 2), i + 1.0))
        assert torch.equal(result["pair"][0], torch.full((2, 3), 2.0 * i))
        assert result["pair"][1][0] is x
    grads = []
    step, state = training(mlp, sgd)()
    step = torch.compile(step)
    for _ in range(5):
        step()
        grad = state()[1][0]
        grads.append((grad, bits(grad)))
    assert len({id(grad) for grad, _ in grads}) == 5
    assert all(bits(grad) == before for grad, before in grads)


# -------------------------------------------------------------------------- guards


def test_shapes_dtypes_and_layouts():
    f = torch.compile(lambda x: x.t() @ x)
    samples = [torch.randn(3, 2), torch.randn(2, 3), torch.randn(2, 3).double(),
               torch.randn(3, 2).t()]  # fmt: skip
    for _ in range(4):
        for x in samples:
            assert bits(f(x)) == bits(x.t() @ x)
    assert len(f.replays) == 4


def test_training_and_evaluating():
    torch.manual_seed(0)
    model = torch.compile(nn.Sequential(nn.Linear(3, 50), nn.Dropout(0.5), nn.BatchNorm1d(50)))
    x = torch.randn(4, 3)
    for _ in range(3):
        for training_now in (True, False):
            model.train(training_now)
            for _ in range(2):
                before = torch.get_rng_state()
                twin = copy.deepcopy(model._orig_mod)
                y = model(x)
                torch.set_rng_state(before)
                assert bits(twin(x)) == bits(y)
    assert len(model._compiled.replays) == 2


def test_grad_mode():
    layer = torch.compile(nn.Linear(3, 2))
    for _ in range(4):
        assert layer(torch.ones(1, 3)).requires_grad
        with torch.no_grad():
            assert not layer(torch.ones(1, 3)).requires_grad
    assert len(layer._compiled.replays) == 2


def test_plain_values():
    settings = {"factor": 2}

    class Scale:
        offset = 0

        def __init__(self):
            self.power = 1

        def __call__(self, x, times=1):
            return settings["factor"] * x**self.power * times + more[0]

    scale, more = Scale(), [0.0]
    f = torch.compile(scale)
    x = torch.arange(4.0)

    def holds(**options):
        for _ in range(3):
            assert bits(f(x, **options)) == bits(scale(x, **options))

    holds()
    settings["factor"] = 3
    holds()
    scale.power = 2
    holds()
    more[0] = 1
    holds()
    more[0] = 1.5
    holds()
    holds(times=2)
    holds(times=2.0)
    assert not f.reason


def test_tensors_that_are_replaced():
    layer = nn.Linear(2, 2)
    f = torch.compile(layer)
    x = torch.ones(1, 2)
    for change in (
        lambda: None,
        lambda: setattr(layer, "weight", nn.Parameter(torch.full((2, 2), 3.0))),
        lambda: setattr(layer.weight, "data", torch.full((2, 2), 4.0)),
        lambda: layer.weight.data.fill_(5),
        lambda: layer.load_state_dict({"weight": torch.eye(2), "bias": torch.zeros(2)}),
        lambda: layer.weight.requires_grad_(False),
        lambda: layer.double(),
    ):
        change()
        for _ in range(3):
            y = f(x.to(layer.weight.dtype))
            assert bits(y) == bits(layer(x.to(layer.weight.dtype)))
            assert y.requires_grad


def test_a_target_out_of_range():
    loss = torch.compile(lambda x, y: F.cross_entropy(x, y))
    x = torch.randn(3, 4)
    for _ in range(3):
        loss(x, torch.tensor([0, 1, 2]))
    assert loss.replays
    with pytest.raises(IndexError, match="Target 7 is out of bounds"):
        loss(x, torch.tensor([0, 1, 7]))
    assert bits(loss(x, torch.tensor([3, 1, 2]))) == bits(
        F.cross_entropy(x, torch.tensor([3, 1, 2]))
    )


def test_errors_inside():
    model = nn.Linear(3, 2)
    f = torch.compile(lambda x: model(x).sum())
    before = [bits(p) for p in model.parameters()]
    for _ in range(3):
        with pytest.raises(RuntimeError, match="mat1 and mat2"):
            f(torch.ones(2, 5))
        assert type(model.weight.buffer) is np.ndarray
        assert bits(f(torch.ones(2, 3))) == bits(model(torch.ones(2, 3)).sum())
    assert [bits(p) for p in model.parameters()] == before
    assert f.replays


def test_two_functions_over_one_model():
    def make():
        model = nn.Linear(4, 1)
        optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
        x = torch.randn(8, 4)

        def step():
            optimizer.zero_grad()
            loss = model(x).pow(2).mean()
            loss.backward()
            optimizer.step()
            return loss

        return step, lambda: model(x).abs().mean(), lambda: state_of(model, optimizer)

    seen = []
    for compiled in (False, True):
        torch.manual_seed(0)
        step, measure, state = make()
        if compiled:
            step, measure = torch.compile(step), torch.compile(measure)
        seen.append([[bits(t) for t in flat((step(), measure(), state()))] for _ in range(CALLS)])
    assert seen[0] == seen[1]
    assert step.replays
    assert measure.replays


# ------------------------------------------------------------ called as it is, instead


def test_hooks_of_modules():
    """One that puts tensors away: the function is called as it is."""
    model, kept = nn.Sequential(nn.Linear(3, 2), nn.ReLU()), []
    model[0].register_forward_hook(lambda module, args, output: kept.append(output.detach()))
    f = torch.compile(model)
    with pytest.warns(UserWarning, match="leaves a tensor outside"):
        f(torch.ones(1, 3))
    f(torch.ones(1, 3))
    assert len(kept) == 2
    assert type(kept[0].buffer) is np.ndarray


def test_hooks_of_tensors_and_optimizers():
    model, seen = nn.Linear(3, 2), []
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    optimizer.register_step_post_hook(lambda *_: seen.append("step"))

    def step():
        optimizer.zero_grad()
        model(torch.ones(1, 3)).sum().backward()
        optimizer.step()

    f = torch.compile(step)
    for _ in range(5):
        f()
    assert seen == ["step"] * 5
    assert f.replays
    model.weight.register_hook(lambda grad: seen.append("grad"))
    with pytest.warns(UserWarning, match="a tensor has hooks"):
        f()
    assert seen == ["step"] * 5 + ["grad", "step"]


class Counting(nn.Module):
    def __init__(self):
        super().__init__()
        self.calls = 0

    def forward(self, x):
        self.calls += 1
        return x * self.calls


def reading(x):
    return x * x.sum().item()


def branching(x):
    return x if x.sum() > 0 else -x


def printing(x):
    print(x)
    return x * 2


def choosing(x):
    return x[x > 0]


def by_numpy(x):
    return torch.from_numpy(x.numpy() * 2)


def disabled(x):
    return torch.compiler.disable(lambda y: y + 1)(x)


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (reading, "reads a tensor's elements"), (branching, "reads a tensor's elements"),
        (printing, r"print\(\)"), (choosing, "reads a tensor's elements"),
        (by_numpy, "reads a tensor's elements"), (disabled, "not to be compiled"),
        (Counting(), "sets the attribute 'calls'"),
    ],
)  # fmt: skip
def test_what_is_not_compiled(function, reason, capsys):
    eager, compiled = copy.deepcopy(function), torch.compile(copy.deepcopy(function))
    called = getattr(compiled, "_compiled", compiled)
    with pytest.warns(UserWarning, match=reason):
        first = compiled(torch.ones(3))
    assert bits(first) == bits(eager(torch.ones(3)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # it is said once
        for i in range(3):
            x = torch.tensor([1.0, -2.0, i])
            assert bits(compiled(x)) == bits(eager(x))
    assert not called.replays
    with pytest.raises(torch._dynamo.exc.Unsupported, match=reason):
        torch.compile(copy.deepcopy(function), fullgraph=True)(torch.ones(3))


@pytest.mark.filterwarnings("ignore:torch.compile")
def test_a_counter_as_an_argument(monkeypatch):
    monkeypatch.setattr("minitorch_ff._compile.compiled.MOST_RECORDINGS", 3)
    f = torch.compile(lambda x, i: x * i)
    for i in range(6):
        assert f(torch.ones(2), i).tolist() == [i, i]
    assert f.reason == "its calls differ from one time to the next"


def test_calls_that_differ():
    numbers = iter(np.random.default_rng(0).random(20))
    draw = numbers.__next__

    def function(x):
        return x * draw()

    f = torch.compile(function)
    with pytest.warns(UserWarning, match="whose state is not looked at"):
        f(torch.ones(2))
    assert f(torch.ones(2))[0] != f(torch.ones(2))[0]


# -------------------------------------------------------------------------- beside it


def test_while_a_step_is_explained():
    f = torch.compile(lambda x: torch.exp(x))
    for _ in range(3):
        f(torch.zeros(2))
    with explain.trace() as trace:
        f(torch.zeros(2))
    assert "xp.exp" in trace.text()


def test_threads():
    f = torch.compile(lambda x: (x @ x).tanh() @ x)
    x = torch.randn(20, 20) / 5
    expected = bits((x @ x).tanh() @ x)
    for _ in range(3):
        f(x)
    wrong = []

    def work():
        wrong.extend(i for i in range(200) if bits(f(x)) != expected)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_copies_and_methods():
    class Model(nn.Module):
        @torch.compile
        def doubled(self, x):
            return 2 * x

        def forward(self, x):
            return self.doubled(x) + 1

    model = Model()
    for _ in range(4):
        assert model.doubled(torch.ones(2)).tolist() == [2, 2]
    assert Model.doubled.replays
    compiled = torch.compile(nn.Linear(2, 2))
    other = pickle.loads(pickle.dumps(copy.deepcopy(compiled)))
    assert bits(other(torch.ones(1, 2))) == bits(compiled(torch.ones(1, 2)))


def test_reset_and_is_compiling():
    f = torch.compile(lambda x: (x + 1, torch.compiler.is_compiling()))
    for forget in (torch.compiler.reset, torch._dynamo.reset):
        for _ in range(3):
            assert f(torch.ones(1))[1]
        assert f.replays
        forget()
        assert not f.replays
    assert not torch.compiler.is_compiling()


def test_the_source():
    f = torch.compile(lambda x: torch.exp(2 * x).sum(0))
    for _ in range(2):
        f(torch.ones(3, 2))
    assert f.source().splitlines() == [
        "def replay(args, kwargs):",
        "    x0 = args[0].buffer",
        "    multiply(x0, c1, b0)",
        "    exp(b0, b0)",
        "    v4 = add.reduce(b0, axis=0, dtype=k0, keepdims=False)",
        "    y0 = wrap(T0, v4)",
        "    return y0",
    ]


def test_large_products_in_several_threads():
    """A replay's products are those of a call, and threads work on them as well."""
    before = torch.get_num_threads()

    def make():
        model = nn.Sequential(nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10))

        def step():
            model.zero_grad()
            loss = model(torch.randn(64, 512)).square().mean()
            loss.backward()
            return loss

        return step, lambda: [parameter.grad for parameter in model.parameters()]

    try:
        torch.set_num_threads(2)
        both(make)
    finally:
        torch.set_num_threads(before)
