"""CUDA graphs: what is captured and refused, on a stand-in that repeats primitives."""

import numpy
import pytest

import minitorch_ff as ff
from compat_tests import cuda_standin
from minitorch_ff.firefly.random.philox import Philox


@pytest.fixture(autouse=True)
def runtime():
    with cuda_standin.present() as found:
        yield found


def test_a_graph_reads_and_writes_the_same_memory():
    x = ff.ones(3, device="cuda")
    g = ff.cuda.CUDAGraph()
    with ff.cuda.graph(g):
        assert ff.cuda.is_current_stream_capturing()
        y = (x * 2).exp()
    assert not ff.cuda.is_current_stream_capturing()
    x.copy_(ff.tensor([0.0, 1.0, -1.0]))
    g.replay()
    numpy.testing.assert_allclose(y.cpu(), numpy.exp([0, 2, -2]), rtol=1e-6)
    g.reset()
    with pytest.raises(RuntimeError, match="replay without a preceding successful capture"):
        g.replay()


def test_a_training_step():
    def step(w, x, y):
        loss = ((x @ w - y) ** 2).mean()
        (grad,) = ff.autograd.grad(loss, w)
        with ff.no_grad():
            w.sub_(grad, alpha=0.1)
        return loss

    x, y = ff.randn(8, 3, device="cuda"), ff.randn(8, 1, device="cuda")
    eager = ff.zeros(3, 1, device="cuda", requires_grad=True)
    expected = [step(eager, x, y).item() for _ in range(4)]
    w = ff.zeros(3, 1, device="cuda", requires_grad=True)
    g = ff.cuda.CUDAGraph()
    with ff.cuda.graph(g):
        loss = step(w, x, y)
    first = loss.item()
    losses = [first]
    for _ in range(3):
        g.replay()
        losses.append(loss.item())
    numpy.testing.assert_allclose(losses, expected, rtol=1e-5)


def test_captures_want_a_stream_of_their_own():
    g = ff.cuda.CUDAGraph()
    with pytest.raises(RuntimeError, match="must be captured on a non-default stream"):
        g.capture_begin()
    with pytest.raises(RuntimeError, match="Unknown capture error mode"):
        g.capture_begin(capture_error_mode="other")
    with pytest.raises(RuntimeError, match=r"capture_end\(\) called before capture_begin"):
        g.capture_end()
    stream = ff.cuda.Stream()
    with ff.cuda.graph(g, stream=stream, pool=ff.cuda.graph_pool_handle()):
        assert ff.cuda.current_stream() == stream
    assert ff.cuda.current_stream() == ff.cuda.default_stream()
    with pytest.raises(RuntimeError, match="already owns a captured graph"), ff.cuda.graph(g):
        pass
    assert not ff.cuda.is_current_stream_capturing()


def test_a_capture_that_fails_leaves_no_trace():
    g = ff.cuda.CUDAGraph()
    before = ff.cuda.get_rng_state()
    with pytest.raises(ZeroDivisionError), ff.cuda.graph(g):
        ff.rand(3, device="cuda").div_(1 / 0)
    assert not ff.cuda.is_current_stream_capturing()
    assert ff.equal(ff.cuda.get_rng_state(), before)
    with pytest.raises(RuntimeError, match="without a preceding successful capture"):
        g.replay()
    with ff.cuda.graph(g):  # and can be tried again
        ff.ones(1, device="cuda") * 2
    g.replay()


def test_random_numbers_go_on():
    """What a graph draws continues the generator at each launch, as in PyTorch."""
    ff.manual_seed(3)
    state = ff.cuda.get_rng_state()
    g = ff.cuda.CUDAGraph()
    with ff.cuda.graph(g):
        ff.rand(10, device="cuda")
        ff.rand(2000, device="cuda")
    assert ff.equal(ff.cuda.get_rng_state(), state)  # captured, not drawn
    g.replay()
    seed, offset = numpy.array(ff.cuda.get_rng_state().tolist(), "u1").view("<u8").tolist()
    assert (seed, offset) == (3, 8)
    memory = [int(n) for n in g._draws[0].tolist()]
    assert memory == [3, 0]
    g.replay()
    assert [int(n) for n in g._draws[0].tolist()] == [3, 2]


def test_captured_draws_read_the_memory():
    plain = Philox(numpy, 108, 2048).manual_seed(2**35 + 1)
    plain.set_offset(40)
    expected = plain.uniform(5), plain.normal(5)
    captured = Philox(numpy, 108, 2048).manual_seed(9)
    captured.begin_capture()
    captured.captured[:] = 2**35 + 1, 10
    found = captured.uniform(5), captured.normal(5)
    _, taken = captured.end_capture()
    assert taken == 8
    assert captured.offset == 0
    numpy.testing.assert_array_equal(found[0], expected[0])
    numpy.testing.assert_array_equal(found[1], expected[1])


def test_other_generators_are_not_captured():
    other = ff.Generator("cuda")
    words = "generator not in capture mode"
    with pytest.raises(RuntimeError, match=words), ff.cuda.graph(ff.cuda.CUDAGraph()):
        ff.rand(3, device="cuda", generator=other)


def test_steps_that_count_on_the_host_are_refused():
    w = ff.ones(3, device="cuda", requires_grad=True)
    w.grad = ff.ones(3, device="cuda")
    optimizer = ff.optim.Adam([w], 0.1)
    words = "CUDA graph capture of step() for an instance of Adam but param_groups' capturable is"
    with pytest.raises(RuntimeError) as caught, ff.cuda.graph(ff.cuda.CUDAGraph()):
        optimizer.step()
    assert words in str(caught.value)
    assert w.tolist() == [1, 1, 1]


def test_capturable_steps_count_on_the_device():
    def after(steps, replayed):
        w = ff.ones(3, device="cuda", requires_grad=True)
        w.grad = ff.tensor([1.0, 2.0, -3.0], device="cuda")
        optimizer = ff.optim.Adam([w], 0.1, capturable=True)
        optimizer.step()
        assert optimizer.state[w]["step"].is_cuda
        for _ in range(0 if replayed else steps):
            optimizer.step()
        if replayed:
            g = ff.cuda.CUDAGraph()
            with ff.cuda.graph(g):
                optimizer.step()  # the stand-in does it while it is captured
            for _ in range(steps - 1):
                g.replay()
        assert optimizer.state[w]["step"].item() == steps + 1
        return w.detach().cpu()

    numpy.testing.assert_allclose(after(4, True), after(4, False), rtol=1e-5)
