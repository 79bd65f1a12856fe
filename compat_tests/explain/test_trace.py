"""A trace shows the three levels of a step, changes no result, and leaves nothing behind."""

import json
import re
import threading

import pytest

import minitorch_ff as ff
from minitorch_ff import explain
from minitorch_ff.firefly import graph
from minitorch_ff.firefly.backend import registry
from minitorch_ff.firefly.backend.watched import Watched
from minitorch_ff.firefly.ops.base import Operator, apply
from minitorch_ff.firefly.tensor import AccumulateGrad
from minitorch_ff.optim import optimizer as optimizers

F = ff.nn.functional


class Reader(ff.nn.Module):
    """The network of the digits example."""

    def __init__(self):
        super().__init__()
        self.fc1 = ff.nn.Linear(64, 64)
        self.fc2 = ff.nn.Linear(64, 32)
        self.fc3 = ff.nn.Linear(32, 10)

    def forward(self, x):
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(x)))))


class Training:
    """A model, its optimizer and a batch: twice the same."""

    def __init__(self, kind=ff.optim.SGD):
        ff.manual_seed(0)
        settings = {"momentum": 0.9} if kind is ff.optim.SGD else {}
        self.model = Reader()
        params = [p for p in self.model.parameters() if kind is not ff.optim.Muon or p.ndim == 2]
        self.optimizer = kind(params, **settings)
        self.x, self.y = ff.rand(16, 64), ff.randint(0, 10, (16,))

    def step(self):
        self.optimizer.zero_grad()
        F.cross_entropy(self.model(self.x), self.y).backward()
        self.optimizer.step()

    def traced(self):
        with explain.trace() as trace:
            self.step()
        return trace


def kinds(entries, kind):
    return [entry for entry in entries if entry.kind == kind]


def state_of_the_engine():
    """All that a trace replaces."""
    rules = {}
    classes = [Operator]
    for cls in classes:
        rules[cls] = vars(cls).get("forward"), vars(cls).get("backward")
        classes += cls.__subclasses__()
    hooks = optimizers._global_optimizer_pre_hooks, optimizers._global_optimizer_post_hooks
    replaced = graph.cpu, graph.walk, AccumulateGrad.receive, ff.nn.Module.__call__
    return dict(registry.by_buffer_type), rules, replaced, [*map(dict, hooks)]


def test_tree_of_the_first_step():
    trace = Training().traced()
    (model,) = kinds(trace.entries, "module")
    assert (model.name, model.gives) == ("Reader", "float32[16, 10]")
    names = [part.name for part in model.parts]
    assert names == ["fc1 (Linear)", "Relu", "fc2 (Linear)", "Relu", "fc3 (Linear)"]
    (linear,) = model.parts[2].parts
    assert (linear.kind, linear.name) == ("operator", "Linear")
    assert linear.takes == "float32[16, 64], float32[32, 64], float32[32]"
    assert (linear.gives, linear.nbytes) == ("float32[16, 32]", 16 * 32 * 4)
    assert [part.kind for part in linear.parts] == ["primitive"] * len(linear.parts)
    assert [part.name for part in linear.parts] == ["xp.linear"]
    assert [e.name for e in kinds(trace.entries, "operator")] == ["CrossEntropy"]
    (step,) = kinds(trace.entries, "optimizer")
    assert step.name == "SGD.step"
    assert "xp.sgd_step" in [part.name for part in step.parts]


def test_backward_names_rules_and_gradients_newest_first():
    (backward,) = kinds(Training().traced().entries, "backward")
    rules = kinds(backward.parts, "rule")
    linear, relu = "AddmmBackward0", "ReluBackward0"
    assert [r.name for r in rules] == ["NllLossBackward0", linear, relu, linear, relu, linear]
    assert rules[1].takes == "float32[16, 10]"
    gradients = "float32[16, 32], fc3.weight: float32[10, 32], fc3.bias: float32[10]"
    assert rules[1].gives == gradients
    assert rules[5].gives == "fc1.weight: float32[64, 64], fc1.bias: float32[64]"
    assert all(rule.parts for rule in rules)
    leaves = {leaf.name: leaf.takes for leaf in kinds(backward.parts, "leaf")}
    assert leaves["fc2.weight.grad"] == "float32[32, 64]"
    assert len(leaves) == 6


ROUNDING = 1e-7
"""In seconds: the clock counts from when the machine was started."""


def test_times_add_up():
    trace = Training().traced()
    assert trace.seconds + ROUNDING >= sum(entry.seconds for entry in trace.entries)
    for _, entry in trace.walk():
        inside = sum(part.seconds for part in entry.parts)
        assert 0 < entry.seconds < trace.seconds
        assert inside <= entry.seconds + ROUNDING


def test_text_is_the_same_every_time():
    training = Training()
    training.step()
    first, second = (training.traced().text(times=False) for _ in range(2))
    assert first == second
    assert len(first.splitlines()) > 30


def test_text_has_times_and_shares():
    trace = Training().traced()
    summary, head, *lines = str(trace).splitlines()
    assert re.fullmatch(r"\d+ us, \d+% in \d+ calls of primitives", summary)
    assert head.split() == ["us", "share"]
    assert len(lines) == len(trace.text(times=False).splitlines())
    for line in lines:
        assert re.match(r" *\d+\.\d +\d+\.\d%  ", line)


@pytest.mark.parametrize("warm", [False, True])
@pytest.mark.parametrize("kind", [ff.optim.SGD, ff.optim.Adam, ff.optim.Muon])
def test_results_are_those_without_a_trace(kind, warm):
    results = []
    for traced in (False, True):
        training = Training(kind)
        if warm:
            training.step()
        training.traced() if traced else training.step()
        training.step()
        results.append(list(training.model.parameters()))
    for plain, traced in zip(*results, strict=True):
        assert ff.equal(plain, traced)


@pytest.mark.parametrize("kind", [ff.optim.SGD, ff.optim.Adam])
def test_nothing_is_left_behind(kind):
    before = state_of_the_engine()
    training = Training(kind)
    with explain.trace():
        assert state_of_the_engine() != before
        training.step()
    assert state_of_the_engine() == before
    buckets = [b for plan in training.optimizer._plans.values() for b in plan.buckets]
    assert buckets
    assert all(bucket.backend is registry.cpu for bucket in buckets)


def test_nothing_is_left_behind_after_an_error():
    before = state_of_the_engine()
    training = Training()
    trace = explain.trace()

    def fail():
        with trace:
            training.model(training.x)
            ff.ones(2) + ff.ones(3)

    with pytest.raises(RuntimeError, match="must match the size"):
        fail()
    assert state_of_the_engine() == before
    assert [entry.name for entry in trace.entries] == ["Reader", "Add"]
    assert training.traced().entries  # the next one starts


def test_an_error_that_is_caught_closes_what_it_leaves():
    class Failing(ff.nn.Module):
        def forward(self, x):
            return ff.ones(2) + ff.ones(3)

    with explain.trace() as trace:
        with pytest.raises(RuntimeError):
            Failing()(ff.ones(2))
        ff.ones(2).exp()
    assert [entry.name for entry in trace.entries] == ["Failing", "Exp"]


def test_traces_do_not_nest():
    with explain.trace() as outer:
        with pytest.raises(RuntimeError, match="traces do not nest"), explain.trace():
            pass
        ff.ones(2).exp()
    assert [entry.name for entry in outer.entries] == ["Exp"]


def test_a_trace_used_again_goes_on():
    trace = explain.trace()
    for _ in range(2):
        with trace:
            ff.ones(2).exp()
    assert [entry.name for entry in trace.entries] == ["Exp", "Exp"]
    assert trace.seconds + ROUNDING >= sum(entry.seconds for entry in trace.entries)


def test_other_threads_are_not_seen_and_compute_as_before():
    training, other = Training(), Training(ff.optim.Adam)
    expected = Training(ff.optim.Adam)
    with explain.trace() as trace:
        thread = threading.Thread(target=lambda: (other.step(), other.step()))
        thread.start()
        thread.join()
        training.step()
    expected.step()
    expected.step()
    assert "Adam.step" not in trace.text()
    assert [entry.name for entry in kinds(trace.entries, "optimizer")] == ["SGD.step"]
    for ours, theirs in zip(other.model.parameters(), expected.model.parameters(), strict=True):
        assert ff.equal(ours, theirs)
    assert all(
        b.backend is registry.cpu for p in other.optimizer._plans.values() for b in p.buckets
    )


class Namespace(Operator):
    """Tells which namespace its rule got."""

    seen = None

    def forward(self, xp, x):
        Namespace.seen = xp
        return xp.exp(x)


def test_the_hot_path_is_untouched():
    """Without a trace an operator gets the back end itself, before one and after one."""
    for _ in range(2):
        apply(Namespace, ff.ones(2))
        assert Namespace.seen is registry.cpu
        with explain.trace():
            apply(Namespace, ff.ones(2))
        assert type(Namespace.seen) is Watched


def test_gradients_of_single_numbers_are_seen():
    """NumPy gives scalars there, whose back end is found another way."""
    w = ff.ones(2, 3, requires_grad=True)
    with explain.trace() as trace:
        ((w * w).sum() / 3).backward()
    (backward,) = kinds(trace.entries, "backward")
    rules = kinds(backward.parts, "rule")
    assert [rule.name for rule in rules] == ["DivBackward0", "SumBackward0", "MulBackward0"]
    assert all(rule.parts for rule in rules)


def test_what_the_engine_does_between_rules_is_marked():
    w, b = ff.ones(4, 3, requires_grad=True), ff.ones(3, requires_grad=True)
    with explain.trace() as trace:
        (w + b).sum().backward()
    (backward,) = kinds(trace.entries, "backward")
    add = backward.parts[-3]
    assert add.name == "AddBackward0"
    lines = ["".join(part.words()) for part in add.parts]
    assert "then xp.sum_rows(float32[4, 3]) -> float32[3]  12 B" in lines


def test_a_recorded_backward_shows_the_operators_in_its_rules():
    x = ff.tensor(2.0, requires_grad=True)
    with explain.trace() as trace:
        ff.autograd.grad(x**3, x, create_graph=True)
    (backward,) = kinds(trace.entries, "backward")
    (rule,) = kinds(backward.parts, "rule")
    assert rule.name == "PowBackward0"
    assert kinds(rule.parts, "operator")


def test_functions_of_users_are_rules_too():
    class Double(ff.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, grad):
            return grad * 2

    x = ff.ones(3, requires_grad=True)
    with explain.trace() as trace:
        Double.apply(x).sum().backward()
    (backward,) = kinds(trace.entries, "backward")
    rule = kinds(backward.parts, "rule")[-1]
    assert (rule.name, rule.gives) == ("DoubleBackward", "float32[3]")
    assert rule.parts[0].name == "Mul"


def test_a_step_that_calls_its_base_classs():
    class Counting(ff.optim.SGD):
        def step(self, closure=None):
            super().step(closure)

    trace = Training(Counting).traced()
    (outer,) = kinds(trace.entries, "optimizer")
    (inner,) = kinds(outer.parts, "optimizer")
    assert kinds(inner.parts, "primitive")


def test_a_step_that_computes_the_loss_itself():
    training = Training(ff.optim.LBFGS)

    def closure():
        training.optimizer.zero_grad()
        loss = F.cross_entropy(training.model(training.x), training.y)
        loss.backward()
        return loss

    with explain.trace() as trace:
        training.optimizer.step(closure)
    (step,) = trace.entries
    assert step.name == "LBFGS.step"
    assert {"module", "operator", "backward"} <= {part.kind for part in step.parts}


def test_infinities_come_without_a_warning():
    with explain.trace():
        assert ff.isinf(ff.zeros(2).log()).all()


def test_a_back_end_that_goes_meanwhile_stays_away():
    class Other(type(registry.cpu)):
        buffer_type = type("Buffer", (registry.cpu.buffer_type,), {})

    registry.register("privateuseone", Other)
    registry.backend_for("privateuseone")
    with explain.trace():
        registry.forget("privateuseone")
    assert Other.buffer_type not in registry.by_buffer_type


def test_page_holds_the_tree_and_loads_nothing():
    class Sly(ff.nn.Module):
        def forward(self, x):
            return x.exp()

    Sly.__name__ = "</script><script>alert(1)"
    with explain.trace() as trace:
        Sly()(ff.ones(2))
    page = trace.html("<b>")
    (data,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page)
    data = json.loads(data)
    assert data["tree"][0]["name"] == Sly.__name__
    assert data["tree"][0]["parts"][0]["parts"][0]["name"] == "xp.exp"
    assert "<title>&lt;b&gt;</title>" in page
    assert page.count("<script") == 2
    assert not re.search(r"(src|href)=|https?:|@import|url\((?!#)", page)
    assert "srcdoc" in trace._repr_html_()
