"""Products, constants and copies in a capture; cuBLAS is one on the CPU, by the same interface."""

import numpy
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import minitorch_ff as ff
from compat_tests import cuda_standin
from compat_tests.cuda_on_cpu import has_compiler
from compat_tests.strict_backend import StrictArray
from minitorch_ff.firefly.backend import registry
from minitorch_ff.firefly.backend.cupy import cublas

pytestmark = pytest.mark.skipif(not has_compiler(), reason="there is no C++ compiler")


@pytest.fixture(scope="module", autouse=True)
def runtime():
    with cuda_standin.present() as found:
        yield found


@pytest.fixture
def backend():
    return registry.backend_for("cuda")


class Captured:
    """What is done in the block is captured; how often cuBLAS multiplied since."""

    def __enter__(self):
        self.graph = ff.cuda.CUDAGraph()
        self.block = ff.cuda.graph(self.graph)
        self.block.__enter__()
        self.products = self.graph._products
        self.before = self.counts()
        return self

    def __exit__(self, *error):
        self.block.__exit__(*error)

    @property
    def state(self):
        return self.products.library.state

    def counts(self):
        return self.state.products, self.state.stacks

    def called(self):
        return tuple(now - before for now, before in zip(self.counts(), self.before, strict=True))


def numbers(shape, dtype="float32", seed=0):
    rng = numpy.random.default_rng(seed)
    values = rng.integers(-4, 5, shape).astype("float64")  # whose products have no rounding
    if numpy.dtype(dtype).kind == "c":
        values = values + 1j * rng.integers(-4, 5, shape)
    return values.astype(dtype)


SHAPES = [
    ((3, 4), (4, 5), (1, 0)),
    ((1, 4), (4, 1), (1, 0)),
    ((3, 1), (1, 5), (1, 0)),
    ((1, 1), (1, 1), (1, 0)),
    ((3, 4), (4,), (1, 0)),
    ((4,), (4, 5), (1, 0)),
    ((4,), (4,), (1, 0)),
    ((2, 3, 4), (2, 4, 5), (0, 1)),
    ((2, 3, 4), (4, 5), (0, 1)),
    ((3, 4), (2, 6, 4, 5), (0, 1)),
    ((2, 1, 3, 4), (6, 4, 5), (0, 1)),
    ((1, 3, 4), (1, 4, 5), (1, 0)),
    ((0, 4), (4, 5), (0, 0)),
    ((3, 0), (0, 5), (0, 0)),
    ((0, 3, 4), (0, 4, 5), (0, 0)),
]


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64", "complex128", "float16"])
@pytest.mark.parametrize(("left", "right", "calls"), SHAPES, ids=str)
def test_products_are_numpys(left, right, calls, dtype, backend):
    a, b = numbers(left, dtype), numbers(right, dtype, 1)
    ours = [backend.from_numpy(x) for x in (a, b)]
    with Captured() as capture:
        found = backend.matmul(*ours)
        assert capture.called() == calls
    expected = numpy.matmul(a, b)
    assert (found.shape, found.dtype) == (expected.shape, expected.dtype)
    numpy.testing.assert_array_equal(found.get(), expected)


def test_bfloat16(backend):
    import ml_dtypes

    a, b = [
        numbers(s, "float32", i).astype(ml_dtypes.bfloat16) for i, s in enumerate([(3, 4), (4, 5)])
    ]
    ours = [backend.from_numpy(x) for x in (a, b)]
    with Captured() as capture:
        found = backend.matmul(*ours)
        assert capture.called() == (1, 0)
    expected = numpy.matmul(a.astype("f"), b.astype("f")).astype(a.dtype)
    numpy.testing.assert_array_equal(found.get(), expected)


def test_integers_are_the_librarys(backend):
    a = backend.from_numpy(numpy.arange(6).reshape(2, 3))
    with Captured() as capture:
        found = backend.matmul(a, a.T)
        assert capture.called() == (0, 0)
    assert found.get().tolist() == [[5, 14], [14, 50]]


def test_into_a_buffer(backend):
    a, b = numbers((2, 3, 4)), numbers((2, 4, 5), seed=1)
    a_there, b_there, place = map(backend.from_numpy, (a, b, numpy.zeros((2, 5, 3), "f")))
    with Captured() as capture:
        result = backend._matmul(a_there, b_there, place.swapaxes(1, 2))
        assert (result.shape, capture.called()) == ((2, 3, 5), (0, 1))
    numpy.testing.assert_array_equal(place.get(), (a @ b).swapaxes(1, 2))


steps = st.sampled_from([-2, -1, 1, 2, 3])


@st.composite
def matrices(draw, rows, columns, batch):
    """A stack of matrices, taken out of a larger array in any order and at any steps."""
    stack = st.sampled_from([(), (1,), (batch,), (2, batch), (2, 1)])
    shape = (*draw(stack), rows, columns)
    order = draw(st.permutations(range(len(shape))))
    steps_of = [draw(steps) for _ in shape]
    size = [shape[i] * abs(steps_of[i]) + draw(st.integers(0, 2)) for i in order]
    whole = numbers(tuple(size), seed=draw(st.integers(0, 99)))
    x = whole.transpose(numpy.argsort(order))
    x = x[tuple(slice(None, None, step) for step in steps_of)]
    x = x[tuple(slice(0, n) for n in shape)]
    if draw(st.booleans()) and x.ndim > 2:
        x = numpy.broadcast_to(x[:1], x.shape)
    return x


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_any_layout(data):
    backend = registry.backend_for("cuda")
    m, k, n, batch = [data.draw(st.integers(1, 4)) for _ in range(4)]
    a, b = data.draw(matrices(m, k, batch)), data.draw(matrices(k, n, batch))
    with Captured() as capture:
        found = backend.matmul(StrictArray(a), StrictArray(b))
        assert sum(capture.called()) == 1
    numpy.testing.assert_array_equal(found.get(), numpy.matmul(a, b))


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        (numpy.zeros((1, 3, 4)), (cublas.AS_STORED, 4)),
        (numpy.zeros((2, 4, 3)).swapaxes(1, 2), (cublas.TRANSPOSED, 3)),
        (numpy.zeros((2, 3, 8))[:, :, :4], (cublas.AS_STORED, 8)),
        (numpy.zeros((2, 3, 8))[:, :, ::2], None),
        (numpy.zeros((2, 3, 4))[:, ::-1], None),
        (numpy.zeros((2, 3, 4))[::-1], None),
        (numpy.broadcast_to(numpy.zeros((2, 1, 4)), (2, 3, 4)), None),
        (numpy.broadcast_to(numpy.zeros((3, 4)), (2, 3, 4)), (cublas.AS_STORED, 4)),
        (numpy.zeros((2, 3, 8))[:, :, :1], (cublas.AS_STORED, 8)),
        (numpy.zeros((2, 1, 8))[:, :, ::2], (cublas.TRANSPOSED, 2)),
    ],
)
def test_layouts(x, expected):
    assert cublas.layout(x) == expected


# --------------------------------------------------------------------- the library's state


def test_every_stream_has_a_workspace_of_the_graphs_memory(backend, runtime, monkeypatch):
    taken, x = [], ff.ones(2, 2, device="cuda")
    allocated = backend.module.empty

    def empty(*args):
        taken.append(runtime.malloc)
        return allocated(*args)

    other = ff.cuda.Stream()
    with Captured() as capture:
        monkeypatch.setattr(backend.module, "empty", empty, raising=False)
        x @ x @ x
        main = capture.state.stream
        assert main == ff.cuda.current_stream().cuda_stream
        assert len(capture.products.workspaces) == 1
        other.native.recorded = ff.cuda.current_stream().native.recorded  # it takes part
        with ff.cuda.stream(other):
            x @ x
        assert capture.state.stream == other.cuda_stream
        assert list(capture.products.workspaces) == [main, other.cuda_stream]
        assert capture.state.size == cublas.WORKSPACE
        assert capture.state.workspace == capture.products.workspaces[other.cuda_stream].data.ptr
    assert set(taken) == {"a graph's"}
    assert (capture.state.stream, capture.state.workspace) == (None, None)  # CuPy's again
    capture.graph.reset()
    assert capture.graph._products is None


def test_work_beside_the_capture_is_cupys(backend):
    x = ff.ones(2, 2, device="cuda")
    with Captured() as capture:
        with ff.cuda.stream(ff.cuda.Stream()):
            x @ x
        assert capture.called() == (0, 0)
    x @ x
    assert capture.called() == (0, 0)


def test_an_error_of_the_library(monkeypatch):
    x = ff.ones(2, 2, device="cuda")
    monkeypatch.setattr(cublas, "DEFAULT_ALGORITHM", 3)
    words = "CUDA error: CUBLAS_STATUS_NOT_SUPPORTED when calling `cublasGemmEx_64`"
    graph = ff.cuda.CUDAGraph()
    with pytest.raises(RuntimeError, match=words), ff.cuda.graph(graph):
        x @ x
    assert not ff.cuda.is_current_stream_capturing()
    with pytest.raises(RuntimeError, match="without a preceding successful capture"):
        graph.replay()


def test_the_library_that_is_installed_has_the_functions():
    try:
        library = cublas.load()
    except (ImportError, RuntimeError, OSError) as error:
        pytest.skip(f"cuBLAS is not installed: {error}")
    for name in (
        "cublasSetStream_v2", "cublasSetWorkspace_v2", "cublasGemmEx_64",
        "cublasGemmStridedBatchedEx_64", "cublasGetStatusName",
    ):  # fmt: skip
        assert getattr(library, name)


# ------------------------------------------------------------------- constants and copies


def test_constants_are_made_at_once_and_for_everybody(backend, runtime):
    made = []

    def maker(value):
        made.append((runtime.malloc, ff.cuda.is_current_stream_capturing()))
        return value

    kept = backend._kept(maker)
    with Captured():
        assert kept(3) == kept(3) == 3
        assert "stream.synchronize" in runtime.calls
    assert kept(4) == 4
    assert made == [("everybody's", False), ("everybody's", False)]


def test_what_the_host_may_throw_away_is_not_copied():
    values, x = ff.arange(3.0), ff.zeros(3, device="cuda")
    words = "Cannot copy between CPU and CUDA tensors during CUDA graph capture unless the CPU"
    for call in (values.cuda, lambda: ff.tensor([1.0, 2.0], device="cuda")):
        with pytest.raises(RuntimeError, match=words), ff.cuda.graph(ff.cuda.CUDAGraph()):
            call()
    pinned = values.pin_memory()
    with Captured():
        x.copy_(pinned.cuda(non_blocking=True))
        ff.zeros(0).cuda()
    assert x.tolist() == [0, 1, 2]


# ------------------------------------------------------------------------- whole trainings


def trained(build, make_optimizer, x, y, steps, graphed):
    """Losses of so many steps; graphed ones after a first."""
    ff.manual_seed(1)
    model = build().cuda()
    optimizer = make_optimizer(model.parameters())
    x, y = x.cuda(), y.cuda()

    def step():
        optimizer.zero_grad(set_to_none=False)
        loss = ff.nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    losses = [step().item() for _ in range(2)]
    if not graphed:
        return losses + [step().item() for _ in range(steps)]
    with Captured() as capture:
        loss = step()
        assert sum(capture.called()) > 0
    losses.append(loss.item())  # the stand-in does it while it is captured
    for _ in range(steps - 1):
        capture.graph.replay()
        losses.append(loss.item())
    return losses


class Last(ff.nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm, self.head = ff.nn.LSTM(4, 5, batch_first=True), ff.nn.Linear(5, 3)

    def forward(self, x):
        return self.head(self.lstm(x)[0][:, -1])


NETWORKS = {
    "perceptron": (lambda: ff.nn.Sequential(
        ff.nn.Linear(6, 8), ff.nn.ReLU(), ff.nn.Linear(8, 3)), (10, 6)),
    "convolutions": (lambda: ff.nn.Sequential(
        ff.nn.Conv2d(2, 4, 3, padding=1), ff.nn.ReLU(), ff.nn.MaxPool2d(2), ff.nn.Flatten(),
        ff.nn.Linear(16, 3)), (5, 2, 4, 4)),
    "recurrent": (Last, (5, 3, 4)),
    "attention": (lambda: ff.nn.Sequential(
        ff.nn.TransformerEncoderLayer(4, 2, 8, dropout=0.0, batch_first=True), ff.nn.Flatten(),
        ff.nn.Linear(12, 3)), (5, 3, 4)),
}  # fmt: skip

OPTIMIZERS = {
    "SGD": lambda p: ff.optim.SGD(p, 0.1),
    "momentum": lambda p: ff.optim.SGD(p, 0.1, momentum=0.9),
    "Adam": lambda p: ff.optim.Adam(p, 0.05, capturable=True),
}


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("network", NETWORKS)
def test_a_captured_step_trains_as_step_by_step(network, optimizer, backend, monkeypatch):
    monkeypatch.setattr(backend, "has_kernels", True)  # without them, checks wait for the device
    build, shape = NETWORKS[network]
    ff.manual_seed(0)
    x, y = ff.randn(*shape), ff.randint(0, 3, shape[:1])
    settings = build, OPTIMIZERS[optimizer], x, y, 4
    expected = trained(*settings, graphed=False)
    numpy.testing.assert_allclose(trained(*settings, graphed=True), expected, rtol=1e-4)
    assert expected[-1] < expected[0]


# ---------------------------------------------------------------------- optimizers' steps

CAPTURABLE = {
    "Adadelta": {"lr": 0.5},
    "Adam": {"lr": 0.05},
    "Adam, AMSGrad": {"lr": 0.05, "amsgrad": True, "weight_decay": 0.1},
    "AdamW": {"lr": 0.05},
    "Adamax": {"lr": 0.05, "weight_decay": 0.1},
    "ASGD": {"lr": 0.05, "t0": 3, "lambd": 0.01},
    "NAdam": {"lr": 0.05},
    "RAdam": {"lr": 0.05},
    "RMSprop": {"lr": 0.01, "momentum": 0.5, "centered": True},
    "Rprop": {"lr": 0.01},
}
GRADIENTS = numbers((12, 5, 3), seed=3) + 0.5


def weights(name, w, plan):
    """Parameters after eager steps ("e"), a capture ("c") and replays ("r") of an optimizer."""
    settings = dict(CAPTURABLE[name])
    device = "cpu" if w is torch else "cuda"
    params = [w.full(shape, 0.3, device=device, requires_grad=True) for shape in ((5, 3), (3,))]
    if w is ff:
        settings["capturable"] = True
        if "lr" not in plan:
            settings["lr"] = ff.tensor(settings["lr"], device="cuda")
    optimizer = getattr(w.optim, name.partition(",")[0])(params, **settings)
    for p in params:
        p.grad = w.zeros(p.shape, device=device)
    graph, given = None, iter(GRADIENTS)
    for how in plan.removesuffix("lr"):
        gradient = next(given)
        params[0].grad.copy_(w.from_numpy(gradient))
        params[1].grad.copy_(w.from_numpy(gradient[0]))
        if how == "r" and w is ff:
            graph.replay()
            continue
        if how == "c" and w is ff:
            graph = ff.cuda.CUDAGraph()
            with ff.cuda.graph(graph):
                optimizer.step()
            continue
        optimizer.step()
    return [p.detach().cpu().numpy() for p in params]


@pytest.mark.parametrize("plan", ["eecrrrlr", "eecrerrecrrelr", "ecerrr"])
@pytest.mark.parametrize("name", CAPTURABLE)
def test_captured_steps_are_pytorchs_step_by_step(name, plan, backend, monkeypatch):
    """A step counts on the device, whether it is launched or made; its rate may be a tensor.

    RAdam subtracts nearly equal counts: on the device in float32, as PyTorch does there.
    """
    tolerance = 5e-3 if name == "RAdam" else 2e-5
    monkeypatch.setattr(backend, "has_kernels", "Adam" in name)
    for ours, theirs in zip(weights(name, ff, plan), weights(name, torch, plan), strict=True):
        numpy.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=2e-6)


def test_rates_of_captured_steps_change(backend):
    w = ff.ones(3, device="cuda", requires_grad=True)
    w.grad = ff.ones(3, device="cuda")
    rate = ff.tensor(0.1, device="cuda")
    optimizer = ff.optim.Adam([w], rate, capturable=True)
    optimizer.step()
    graph = ff.cuda.CUDAGraph()
    with ff.cuda.graph(graph):
        optimizer.step()
    before = w.tolist()
    rate.fill_(0.0)
    graph.replay()
    assert w.tolist() == before
    rate.fill_(0.1)
    graph.replay()
    assert w.tolist() != before
