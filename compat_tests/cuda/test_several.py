"""Two GPUs, on a stand-in that refuses arrays which are not on the current one.

Before each call the GPU that is not meant is at work (`moved.turn_away`), so that whoever
relies on chance, and not on the tensors, fails.
"""

import io
import threading

import numpy
import pytest

import minitorch_ff as ff
from compat_tests import cuda_standin, moved
from compat_tests.conformance import opinfo
from compat_tests.conformance.opinfo import Options
from minitorch_ff.firefly.backend import registry
from minitorch_ff.utils.data import DataLoader, TensorDataset

nn = ff.nn
FIRST, SECOND = "cuda:0", "cuda:1"


@pytest.fixture(autouse=True)
def runtime():
    with cuda_standin.present() as found:
        yield found
        assert found.current_device() == 0


@pytest.fixture
def away(runtime):
    """Lets the first GPU work, and shows that the second one's arrays are refused then."""

    def turn():
        x = ff.ones(2, device=SECOND).buffer
        moved.turn_away(SECOND)
        with pytest.raises(ValueError, match="Array device must be same as the current device"):
            x + x

    return turn


# --------------------------------------------------------------------------- operators

QUICK = """
add sub div pow __radd__ __getitem__ sum mean amax var std cumsum logsumexp softmax max sort topk
argsort median unique where clamp lerp addmm mm bmm matmul einsum cat stack split chunk gather
scatter scatter_add index_add index_select masked_fill masked_select take_along_dim tril diagonal
unfold roll flip repeat_interleave bincount histc searchsorted linspace arange full_like ones_like
erf digamma special.i0e linalg.solve linalg.cholesky linalg.svd linalg.qr linalg.lstsq cdist norm
nn.functional.linear nn.functional.conv2d nn.functional.conv_transpose2d nn.functional.max_pool1d
nn.functional.avg_pool2d nn.functional.batch_norm nn.functional.layer_norm nn.functional.embedding
nn.functional.cross_entropy nn.functional.nll_loss nn.functional.ctc_loss nn.functional.one_hot
nn.functional.interpolate nn.functional.grid_sample nn.functional.pad nn.functional.gelu
nn.functional.scaled_dot_product_attention nn.functional.multi_margin_loss
""".split()


def operators(quick):
    found = [op for op in moved.operators(["1", "2", "3"]) if (op.name in QUICK) == quick]
    return [pytest.param(op, id=opinfo.op_key(op)) for op in found]


def check(op, most):
    if not moved.check_operator(op, SECOND, Options(max_samples=most), fine=True):
        pytest.skip("no sample has a tensor that can be moved")


@pytest.mark.parametrize("op", operators(True))
def test_operators(op):
    check(op, 2)


@pytest.mark.slow
@pytest.mark.parametrize("op", operators(False))
def test_further_operators(op):
    check(op, 6)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::UserWarning")  # of settings that are deprecated
@pytest.mark.parametrize("entry", moved.modules(["1", "2", "3"]), ids=opinfo.module_name)
def test_modules(entry):
    if not moved.check_module(entry, SECOND, Options(max_samples=8)):
        pytest.skip("it is not called, or drops")


@pytest.mark.slow
@pytest.mark.parametrize("entry", opinfo.optimizers(["1", "2", "3"]), ids=lambda e: e.name)
def test_optimizers(entry):
    assert moved.check_optimizer(entry, SECOND, most=1 if entry.name == "LBFGS" else 4)


# ------------------------------------------------------------------------------ training

OPTIMIZERS = {
    "SGD": lambda p: ff.optim.SGD(p, 0.1),
    "SGD with momentum": lambda p: ff.optim.SGD(p, 0.1, momentum=0.9, weight_decay=0.1),
    "Adam": lambda p: ff.optim.Adam(p, 0.01),
    "Adam that may be captured": lambda p: ff.optim.Adam(p, 0.01, capturable=True),
    "AdamW": lambda p: ff.optim.AdamW(p, 0.01, amsgrad=True),
    "Adafactor": lambda p: ff.optim.Adafactor(p, 0.01),
    "LBFGS": lambda p: ff.optim.LBFGS(p, 0.1, max_iter=3),
}


class Halves(nn.Module):
    """A model on one device, or on two: what leaves the first half is moved to the second."""

    def __init__(self, first, second):
        super().__init__()
        self.first = nn.Sequential(nn.Linear(6, 8, bias=False), nn.BatchNorm1d(8)).to(first)
        self.second = nn.Linear(8, 3).to(second)

    def forward(self, x):
        x = self.first(x.to(self.first[0].weight.device)).relu()
        return self.second(x.to(self.second.weight.device))


def trained(name, first, second):
    """Parameters, buffers, state of the optimizer and loss after three steps."""
    ff.manual_seed(0)
    model, x, y = Halves(first, second), ff.randn(12, 6), (ff.arange(12) % 3).to(second)
    if name == "Adam that may be captured" and first == "cpu":
        name = "Adam"
    optimizer = OPTIMIZERS[name](model.parameters())

    def closure():
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y)
        if first != "cpu":
            moved.turn_away(second)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        if first != "cpu":
            moved.turn_away(first)
        return loss

    losses = [optimizer.step(closure) for _ in range(3)]
    state = [
        value for _, kept in sorted(optimizer.state_dict()["state"].items())
        for value in kept.values() if isinstance(value, ff.Tensor) and value.ndim
    ]  # fmt: skip
    return [*model.parameters(), *model.buffers(), losses[-1]], state


@pytest.mark.parametrize("devices", [(SECOND, SECOND), (SECOND, FIRST), (FIRST, SECOND)], ids=str)
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_training(name, devices):
    if name == "LBFGS" and len(set(devices)) == 2:
        pytest.skip("it lays all parameters side by side, on one device")
    here, state_here = trained(name, "cpu", "cpu")
    there, state_there = trained(name, *devices)
    # The first half has a weight, and what the normalisation has; the second, weight and bias.
    halves = [*[devices[0]] * 3, *[devices[1]] * 2, *[devices[0]] * 3, devices[1]]
    assert [str(t.device) for t in there] == halves
    for a, b in zip([*here, *state_here], [*there, *state_there], strict=True):
        numpy.testing.assert_allclose(b.detach().cpu(), a.detach(), rtol=1e-4, atol=1e-6)


# ------------------------------------------------------------------ what is where


def test_the_chosen_gpu_is_not_the_one_at_work(away):
    x = ff.ones(2, device=SECOND)
    away()
    assert str((x + 1).device) == SECOND
    assert ff.cuda.current_device() == 0
    for made in (ff.zeros(2, device="cuda"), ff.ones(2).cuda(), ff.rand(2, device="cuda")):
        (x * 2).sum()
        assert str(made.device) == FIRST
    with ff.cuda.device(1):
        (ff.ones(2, device=FIRST) * 2).sum()
        assert str(ff.zeros(2, device="cuda").device) == SECOND
        assert str(ff.randn(2, device="cuda").device) == SECOND
        assert str(ff.tensor([1.0]).cuda().device) == SECOND
    assert str(ff.zeros(2, device="cuda").device) == FIRST


def test_makers_and_random_numbers(away):
    x = ff.ones(6, 4, device=SECOND)
    for make in (
        lambda: ff.zeros(3, device=SECOND), lambda: ff.full((2,), 3.0, device=SECOND),
        lambda: ff.eye(3, device=SECOND), lambda: ff.tensor([1, 2], device=SECOND),
        lambda: ff.arange(4, device=SECOND), lambda: ff.linspace(0, 1, 5, device=SECOND),
        lambda: ff.rand(4, device=SECOND), lambda: ff.randn(4, device=SECOND),
        lambda: ff.randint(9, (4,), device=SECOND), lambda: ff.randperm(5, device=SECOND),
        lambda: x.new_zeros(2), lambda: ff.empty_like(x).normal_(), lambda: ff.rand_like(x),
        lambda: x.t().clone().uniform_(), lambda: ff.bernoulli(x / 2),
        lambda: nn.functional.dropout(x), lambda: nn.functional.dropout(x, 1.0),
        lambda: nn.functional.dropout1d(x), lambda: nn.init.kaiming_normal_(ff.empty_like(x)),
        lambda: ff.multinomial(x, 2), lambda: ff.normal(x, x), lambda: x.exponential_(),
    ):  # fmt: skip
        away()
        assert str(make().device) == SECOND


def test_the_same_numbers_on_either(away):
    drawn = []
    for device in (FIRST, SECOND):
        ff.cuda.manual_seed_all(3)
        away()
        drawn.append(ff.randn(100, device=device).tolist())
    assert drawn[0] == drawn[1]


def test_what_is_kept_is_kept_for_each(away):
    backend = registry.backend_for("cuda")
    for device, index in ((FIRST, 0), (SECOND, 1), (FIRST, 0)):
        x = ff.ones(3, device=device)
        away()
        for result in (x + 2.5, 2.5 - x, x.clamp(max=0.5), x.log_softmax(0), x > 2):
            assert str(result.device) == device
        backend.use(index)
        for name, arguments in (("constant", (7, "float32")), ("ones_vector", (3, "float32")),
                                ("positions", (3,))):  # fmt: skip
            kept = getattr(backend, name)(*arguments)
            assert kept.device.id == index
            assert getattr(backend, name)(*arguments) is kept


MIXED = [
    lambda x, y: x + y,
    lambda x, y: x.add_(y),
    lambda x, y: ff.cat([x, y]),
    lambda x, y: x @ y,
    lambda x, y: ff.where(x > 0, x, y),
    lambda x, y: nn.functional.linear(x, y),
    lambda x, y: nn.functional.mse_loss(x, y),
    lambda x, y: ff.index_select(x, 0, y[0].long()),
    lambda x, y: x + y[0, 0],
]


@pytest.mark.parametrize("call", MIXED)
def test_gpus_do_not_mix(call):
    x, y = ff.ones(2, 2, device=FIRST), ff.zeros(2, 2, device=SECOND)
    for a, b in ((x, y), (y, x)):
        with pytest.raises(RuntimeError, match="Expected all tensors to be on the same device"):
            call(a, b)
    assert (x.sum().item(), y.sum().item()) == (4, 0)


def test_copies_cross(away):
    x, y = ff.zeros(2, device=FIRST), ff.arange(2.0, device=SECOND)
    away()
    assert x.copy_(y).tolist() == [0, 1]
    assert str(x.device) == FIRST
    x[0] = y[1]
    assert x.tolist() == [1, 1]
    x[ff.tensor([1, 0], device=FIRST)] = y
    assert x.tolist() == [1, 0]
    with pytest.raises(RuntimeError, match="indices should be either on cpu or on the same device"):
        x[ff.tensor([0], device=SECOND)]
    assert str((x * ff.tensor(2.0)).device) == FIRST


@pytest.mark.filterwarnings("ignore::UserWarning")  # of bytes as conditions
def test_what_reads_memory_by_itself(away):
    """Masks of bytes, files of tensors with gaps, loaders of tensors."""
    x = ff.arange(6.0, device=SECOND).reshape(3, 2)
    mask = (x > 2).to(ff.uint8)
    file = io.BytesIO()
    for call, expected in (
        (lambda: x[mask], [3, 4, 5]),
        (lambda: ff.where(mask, x, x - 9), [[-9, -8], [-7, 3], [4, 5]]),
        (lambda: ff.where(mask, 1, 2), [[2, 2], [2, 1], [1, 1]]),
        (lambda: (ff.save(x[:, ::2], file), file.seek(0), ff.load(file))[2], [[0], [2], [4]]),
        (lambda: next(iter(DataLoader(TensorDataset(x.t()), 1)))[0], [[0, 2, 4]]),
        (lambda: next(iter(DataLoader(TensorDataset(x), 2)))[0], [[0, 1], [2, 3]]),
        (lambda: nn.functional.one_hot(mask.long()).sum((0, 1)), [3, 3]),
    ):
        away()
        result = call()
        assert str(result.device) == SECOND
        assert result.tolist() == expected


# ----------------------------------------------------------------------------- gradients


def test_gradients_return_to_their_gpu(away):
    x = ff.tensor([1.0, 2.0], device=FIRST, requires_grad=True)
    y = x.to(SECOND)
    away()
    ((y * y).sum() + (x.sum() * 3).to(SECOND)).backward()
    assert str(x.grad.device) == FIRST
    assert x.grad.tolist() == [5, 7]
    (first,) = ff.autograd.grad((x.to(SECOND) ** 3).sum(), x, create_graph=True)
    (second,) = ff.autograd.grad((first.to(SECOND) ** 2).sum(), x)
    assert second.tolist() == [36, 288]


def test_hooks_may_work_elsewhere():
    x = ff.ones(3, device=SECOND, requires_grad=True)
    y = x * 2
    y.register_hook(lambda grad: grad + 0 * ff.ones(3, device=FIRST).exp().to(SECOND))
    (y * y).sum().backward()
    assert x.grad.tolist() == [8, 8, 8]


class There(ff.autograd.Function):
    """Doubles, on the other GPU."""

    @staticmethod
    def forward(ctx, x):
        ctx.device = x.device
        return (x.to(FIRST) * 2).to(x.device)

    @staticmethod
    def backward(ctx, grad):
        result = (grad.to(FIRST) * 2).to(ctx.device)
        ff.ones(1, device=FIRST).exp()
        return result


def test_functions_may_work_elsewhere(away):
    x = ff.ones(3, device=SECOND, requires_grad=True)
    y = There.apply(x * 3) + x
    away()
    (y * y).sum().backward()
    assert x.grad.tolist() == [98, 98, 98]


# ----------------------------------------------------------------- files, threads, streams


def test_files(away):
    x = ff.arange(4.0, device=SECOND)
    model = nn.Linear(2, 2).to(SECOND)
    file = io.BytesIO()
    away()
    ff.save({"x": x, "view": x[1:], "model": model.state_dict()}, file)
    for where, expected in ((None, SECOND), (FIRST, FIRST), (SECOND, SECOND), ("cuda", FIRST)):
        file.seek(0)
        away()
        loaded = ff.load(file, map_location=where)
        loaded["view"].mul_(2)
        assert str(loaded["x"].device) == expected
        assert loaded["x"].tolist() == [0, 2, 4, 6]
        model.load_state_dict(loaded["model"])
        assert str(model.weight.device) == SECOND


def test_a_thread_for_each():
    """The GPU at work, and the chosen one, are a thread's own."""
    errors, together = [], threading.Barrier(2)

    def work(index):
        try:
            ff.cuda.set_device(index)
            together.wait(10)
            model = nn.Linear(3, 3).cuda()
            for _ in range(30):
                model(ff.randn(4, 3, device="cuda")).square().mean().backward()
            assert str(model.weight.grad.device) == f"cuda:{index}"
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(index,)) for index in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


def test_streams(away):
    stream = ff.cuda.Stream(SECOND)
    with ff.cuda.stream(stream):
        assert ff.cuda.current_device() == 1
        ff.ones(2, device=FIRST).exp()  # another one is at work
        assert ff.cuda.current_stream() == stream
        event = ff.cuda.current_stream().record_event()
    assert event.query()
    assert ff.cuda.current_stream(SECOND) == ff.cuda.default_stream(SECOND)


def test_copies_between_gpus_pass_the_host_by(runtime):
    ours, theirs = ff.cuda.Stream(FIRST).native, ff.cuda.Stream(SECOND).native
    x = ff.arange(6.0, device=FIRST, requires_grad=True)
    runtime.streams.update({0: ours, 1: theirs})
    runtime.calls.clear()
    y = x.view(2, 3).T.to(SECOND)
    (y * y).sum().backward()
    assert "to the host" not in runtime.calls
    assert (y.device, x.grad.device) == (ff.device(SECOND), ff.device(FIRST))
    # There and back, a copy waits for its source, and the source for the copy.
    assert theirs.waited == [ours.events[0], ours.events[1]]
    assert ours.waited == [theirs.events[0], theirs.events[1]]
    assert y.tolist() == [[0, 3], [1, 4], [2, 5]]
    assert x.grad.tolist() == [0, 2, 4, 6, 8, 10]


def test_graphs_are_launched_where_they_were_captured(away):
    graph, x = ff.cuda.CUDAGraph(), ff.ones(3, device=SECOND)
    with ff.cuda.device(1), ff.cuda.graph(graph):
        y = (x * 2).exp() + ff.rand(3, device=SECOND) * 0
    x.zero_()
    away()
    graph.replay()
    assert y.tolist() == [1, 1, 1]


def test_one_gpu_needs_none_of_this():
    assert len(registry.several) == 1
    registry.register("cuda", registry._make_cupy)
    assert registry.several == []
    registry.register("cuda", cuda_standin.StandInBackend)
