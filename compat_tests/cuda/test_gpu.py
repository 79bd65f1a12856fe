"""`pytest -m gpu`: everything that needs a GPU. A few cases run on the stand-in as well."""

import gc

import numpy
import pytest
import torch

import minitorch_ff as ff
from compat_tests import cuda_standin, moved
from compat_tests.conformance import opinfo
from compat_tests.conformance.opinfo import Options
from compat_tests.moved import Training

needs_both = pytest.mark.skipif(not torch.cuda.is_available(), reason="PyTorch sees no GPU")
ON_STAND_IN = "add mm softmax nn.functional.linear cumsum sort index_add where".split()


def by_name(entries, name=lambda entry: entry.name):
    return [pytest.param(entry, id=name(entry)) for entry in entries]


# --------------------------------------------------------------- the helpers themselves


@pytest.mark.parametrize("name", ON_STAND_IN)
def test_an_operator_on_the_stand_in(name):
    (op,) = [op for op in moved.operators(["1", "2"]) if opinfo.op_key(op) == name]
    with cuda_standin.present():
        assert moved.check_operator(op, options=Options(max_samples=2))


def test_a_module_and_an_optimizer_on_the_stand_in():
    (entry,) = [e for e in moved.modules(["1"]) if opinfo.module_name(e) == "Linear"]
    (optimizer,) = [e for e in opinfo.optimizers(["1"]) if e.name == "SGD"]
    with cuda_standin.present():
        assert moved.check_module(entry)
        assert moved.check_optimizer(optimizer)


def test_a_training_on_the_stand_in():
    with cuda_standin.present():
        assert_same_losses(5)


def assert_same_losses(steps, device="cuda"):
    here, there = Training("cpu"), Training(device)
    losses = [[t.step().item() for _ in range(steps)] for t in (here, there)]
    numpy.testing.assert_allclose(losses[1], losses[0], rtol=1e-4)


# ----------------------------------------------------------------- the tables, on a GPU


@pytest.mark.gpu
@pytest.mark.parametrize(
    "op", [pytest.param(op, id=opinfo.op_key(op)) for op in moved.operators(["1", "2"])]
)
def test_operator(op):
    if not moved.check_operator(op):
        pytest.skip("no sample has a tensor that can be moved")


@pytest.mark.gpu
@pytest.mark.parametrize("entry", by_name(moved.modules(["1", "2"]), opinfo.module_name))
def test_module(entry):
    if not moved.check_module(entry):
        pytest.skip("no sample can be compared")


@pytest.mark.gpu
@pytest.mark.parametrize("entry", by_name(opinfo.optimizers(["1"])))
def test_optimizer(entry):
    assert moved.check_optimizer(entry)


@pytest.mark.gpu
def test_losses_are_the_hosts():
    assert_same_losses(50)


@pytest.mark.gpu
def test_a_second_gpu():
    """It computes while the first one is current; `test_several.py` has more, on the stand-in."""
    if ff.cuda.device_count() < 2:
        pytest.skip("needs two GPUs")
    found = {opinfo.op_key(op): op for op in moved.operators(["1", "2"])}
    for name in ON_STAND_IN:
        assert moved.check_operator(found[name], "cuda:1")
    assert_same_losses(5, "cuda:1")
    assert ff.cuda.current_device() == 0


# ------------------------------------------------------------------------- torch.cuda


@pytest.mark.gpu
def test_what_there_is():
    assert ff.cuda.device_count() >= 1
    properties = ff.cuda.get_device_properties()
    assert properties.total_memory == ff.cuda.mem_get_info()[1]
    assert properties.name == ff.cuda.get_device_name(0)
    assert ff.zeros(1).cuda().get_device() == ff.cuda.current_device()
    with pytest.raises(ff.AcceleratorError, match="invalid device ordinal"):
        ff.zeros(1, device=f"cuda:{ff.cuda.device_count()}")


@pytest.mark.gpu
def test_events_measure_streams():
    start, end = (ff.cuda.Event(enable_timing=True) for _ in range(2))
    x, stream = ff.randn(2048, 2048, device="cuda"), ff.cuda.Stream()
    stream.wait_stream(ff.cuda.current_stream())
    with ff.cuda.stream(stream):
        start.record()
        for _ in range(10):
            x = x @ x * 1e-3
        end.record()
    end.synchronize()
    assert stream.query()
    assert start.elapsed_time(end) > 0
    ff.cuda.current_stream().wait_stream(stream)


@pytest.mark.gpu
def test_memory_is_counted():
    gc.collect()
    before = ff.cuda.memory_allocated()
    ff.cuda.reset_peak_memory_stats()
    x = ff.zeros(1 << 20, device="cuda")
    assert ff.cuda.memory_allocated() - before == x.nbytes
    del x
    assert ff.cuda.memory_allocated() == before
    assert ff.cuda.max_memory_allocated() - before == 4 << 20
    assert ff.cuda.max_memory_reserved() >= 4 << 20


@pytest.mark.gpu
def test_too_much_memory():
    with pytest.raises(ff.cuda.OutOfMemoryError, match="CUDA out of memory"):
        ff.zeros(1 << 46, dtype=ff.uint8, device="cuda")


@pytest.mark.gpu
def test_pinned_memory():
    x = ff.arange(1000.0).pin_memory()
    assert x.is_pinned()
    assert ff.equal(x.to("cuda", non_blocking=True).cpu(), x)
    assert not ff.arange(3.0).is_pinned()


@pytest.mark.gpu
def test_a_step_waits_for_nothing():
    """The host is through with a step while the GPU is still busy with what came before."""
    training, x = Training("cuda"), ff.randn(8192, 8192, device="cuda")
    for _ in range(3):
        training.step()
    x @ x
    ff.cuda.synchronize()
    before = ff.cuda.Event()
    for _ in range(40):
        x @ x
    before.record()
    training.step()
    assert not before.query()
    ff.cuda.synchronize()


# ----------------------------------------------------------------------------- graphs


@pytest.mark.gpu
def test_a_graph_of_elementwise_work():
    x = ff.ones(1000, device="cuda")
    (x * 2).exp()  # compiles
    g = ff.cuda.CUDAGraph()
    with ff.cuda.graph(g):
        y = (x * 2).exp()
        noise = ff.rand(1000, device="cuda")
    x.fill_(0.5)
    g.replay()
    first = noise.clone()
    g.replay()
    ff.cuda.synchronize()
    numpy.testing.assert_allclose(y.cpu(), numpy.e, rtol=1e-6)
    assert not ff.equal(first, noise)


@pytest.mark.gpu
@pytest.mark.parametrize("dtype", [ff.float32, ff.float64, ff.float16, ff.bfloat16, ff.complex64])
def test_a_graph_of_products(dtype):
    a, b = [ff.randn(6, 64, 64).to(dtype).cuda() for _ in range(2)]
    calls = [
        lambda: a[0] @ b[0],
        lambda: a[0].T @ b[0, :, :5],
        lambda: a[0, :, ::2] @ b[0, :32],
        lambda: a[0, 0] @ b[0],
        lambda: a[0] @ b[0, :, 1],
        lambda: a[0, 0] @ b[0, 0],
        lambda: a @ b,
        lambda: a.mT @ b[0],
        lambda: a[0] @ b.flip(0),
        lambda: a.view(2, 3, 64, 64) @ b[:3],
    ]
    expected = [call() for call in calls]
    g = ff.cuda.CUDAGraph()
    with ff.cuda.graph(g):
        found = [call() for call in calls]
    for _ in range(2):
        g.replay()
    tolerance = 1e-2 if dtype.itemsize == 2 else 1e-5
    for ours, theirs in zip(found, expected, strict=True):
        assert ff.allclose(ours, theirs, rtol=tolerance, atol=64 * tolerance)
        assert theirs.abs().max() > 1


@pytest.mark.gpu
def test_a_graph_of_a_training_step():
    """The same losses as step by step."""
    eager, captured = Training("cuda", capturable=True), Training("cuda", capturable=True)
    for _ in range(3):
        eager.step(), captured.step()
    g = ff.cuda.CUDAGraph()
    with ff.cuda.graph(g):
        loss = captured.step()
    for _ in range(5):
        expected = eager.step().item()
        g.replay()
        assert loss.item() == pytest.approx(expected, rel=1e-4)


# ----------------------------------------------------------- against PyTorch on the GPU


DRAWS = """
rand(n, device="cuda")
rand(n, device="cuda", dtype=w.float64)
randn(n, device="cuda")
randn(n, device="cuda", dtype=w.float64)
randint(0, 10, (n,), device="cuda")
randint(0, 2**28 - 1, (n,), device="cuda")
randint(0, 2**28, (n,), device="cuda")
randint(0, 2**40, (n,), device="cuda")
empty(n, device="cuda").uniform_(-3, 5)
empty(n, device="cuda").normal_(1, 2)
empty(n, device="cuda").bernoulli_(0.3)
empty(n, device="cuda").exponential_(2.0)
empty(n, device="cuda").cauchy_()
empty(n, device="cuda").geometric_(0.3)
empty(n, device="cuda").log_normal_()
empty(n, device="cuda", dtype=w.float16).uniform_()
empty(n, device="cuda", dtype=w.int64).random_()
nn.functional.dropout(w.ones(n, device="cuda"), 0.3)
""".strip().splitlines()


@needs_both
@pytest.mark.gpu
@pytest.mark.parametrize("n", [1, 4, 1000, 1001, 1 << 20, (1 << 22) + 3])
@pytest.mark.parametrize("call", DRAWS)
def test_random_numbers_are_pytorchs(call, n):
    drawn, states = [], []
    for w in (torch, ff):
        w.manual_seed(12)
        drawn.append([eval(f"w.{call}", {"w": w, "n": n}).cpu().numpy() for _ in range(2)])
        states.append(w.cuda.get_rng_state().tolist())
    for theirs, ours in zip(*drawn, strict=True):
        numpy.testing.assert_allclose(ours, theirs, rtol=2e-4, atol=2e-5)
    assert states[0] == states[1]


@needs_both
@pytest.mark.gpu
def test_memory_of_a_step_is_within_a_fifth_of_pytorchs():
    peaks = []
    for w in (torch, ff):
        x = w.randn(4096, 1024, device="cuda")
        layers = [w.nn.Linear(1024, 1024) for _ in range(4)]
        model = w.nn.Sequential(*[part for layer in layers for part in (layer, w.nn.ReLU())]).cuda()
        model(x).sum().backward()
        w.cuda.reset_peak_memory_stats()
        model(x).sum().backward()
        peaks.append(w.cuda.max_memory_allocated())
    assert peaks[1] <= 1.2 * peaks[0]


@needs_both
@pytest.mark.gpu
def test_memory_is_shared_with_pytorch():
    x = ff.arange(6.0, device="cuda")
    theirs = torch.from_dlpack(x)
    theirs[0] = 5
    torch.cuda.synchronize()
    assert x[0].item() == 5
    assert ff.from_dlpack(theirs).data_ptr() == x.data_ptr()
    assert torch.as_tensor(x, device="cuda").data_ptr() == x.data_ptr()
    assert ff.as_tensor(theirs).data_ptr() == x.data_ptr()
