"""`make_graphed_callables`: on a stand-in whose graphs repeat what was launched."""

import numpy
import pytest

import minitorch_ff as ff
from compat_tests import cuda_standin
from compat_tests.cuda_on_cpu import has_compiler
from compat_tests.worlds import same_error

pytestmark = pytest.mark.skipif(not has_compiler(), reason="there is no C++ compiler")
nn = ff.nn


@pytest.fixture
def runtime(monkeypatch):
    with cuda_standin.present() as found:
        monkeypatch.setattr(ff.zeros(1, device="cuda").backend, "has_kernels", True)
        yield found


def close(ours, theirs):
    numpy.testing.assert_allclose(ours.detach().cpu(), theirs.detach().cpu(), rtol=1e-5, atol=1e-6)


def network():
    ff.manual_seed(0)
    return nn.Sequential(nn.Linear(5, 8), nn.Tanh(), nn.Linear(8, 3)).cuda()


def trained(model, steps=4):
    """Losses of a training, whose inputs want gradients as well, and the last of these."""
    ff.manual_seed(1)
    optimizer, losses = ff.optim.SGD(model.parameters(), 0.1, momentum=0.9), []
    for _ in range(steps):
        x = ff.randn(6, 5, device="cuda", requires_grad=True)
        optimizer.zero_grad()
        loss = (model(x) - 1).square().mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses, x.grad


def test_a_module_trains_as_before(runtime):
    expected, expected_grad = trained(network())
    model = network()
    calls = []
    forward = model.forward
    model.forward = lambda *args: calls.append(1) or forward(*args)
    sample = ff.randn(6, 5, device="cuda", requires_grad=True)
    assert ff.cuda.make_graphed_callables(model, (sample,)) is model
    assert len(calls) == 4  # three to warm up, one to capture
    losses, grad = trained(model)
    assert len(calls) == 4
    assert losses == pytest.approx(expected, rel=1e-5)
    close(grad, expected_grad)
    assert all(p.grad is None or p.grad.is_cuda for p in model.parameters())


def test_gradients_are_not_the_graphs_memory(runtime):
    model = network()
    ff.cuda.make_graphed_callables(model, (ff.randn(6, 5, device="cuda"),))
    x = ff.randn(6, 5, device="cuda")
    model(x).sum().backward()
    once = model[0].weight.grad.clone()
    model(x).sum().backward()  # adds up
    close(model[0].weight.grad, 2 * once)


def test_the_other_mode_runs_as_it_is(runtime):
    model = nn.Sequential(nn.Linear(3, 3), nn.Dropout(0.5)).cuda()
    x = ff.randn(4, 3, device="cuda")
    ff.cuda.make_graphed_callables(model, (x,))
    assert type(model(x).grad_fn).__name__ == "GraphedBackward"
    first, second = (model(x).detach().clone() for _ in range(2))
    assert not ff.equal(first, second)  # random numbers go on
    close(model.eval()(x), model[0](x))
    assert type(model(x).grad_fn).__name__ != "GraphedBackward"
    model.train().register_forward_hook(lambda module, args, out: out * 0)
    assert model(x).abs().sum().item() == 0


def test_functions_and_nested_structures(runtime):
    def function(pair, scale):
        a, b = pair
        return {"sum": (a + b) * scale, "rest": [a.detach() * 2, b]}

    a, b, scale = (ff.randn(3, device="cuda", requires_grad=True) for _ in range(3))
    graphed = ff.cuda.make_graphed_callables(function, ((a, b), scale))
    args = [ff.randn(3, device="cuda", requires_grad=True) for _ in range(3)]
    found, expected = (f(tuple(args[:2]), args[2]) for f in (graphed, function))
    assert list(found) == ["sum", "rest"]
    assert isinstance(found["rest"], list)
    close(found["sum"], expected["sum"])
    close(found["rest"][0], args[0] * 2)
    assert not found["rest"][0].requires_grad
    ours = ff.autograd.grad(found["sum"].square().sum() + found["rest"][1].sum(), args)
    theirs = ff.autograd.grad(expected["sum"].square().sum() + expected["rest"][1].sum(), args)
    for one, other in zip(ours, theirs, strict=True):
        close(one, other)


def test_several_in_a_row(runtime):
    def parts():
        ff.manual_seed(2)
        return nn.Linear(4, 4).cuda(), nn.Linear(4, 2).cuda()

    x = ff.randn(3, 4, device="cuda")
    graphed = ff.cuda.make_graphed_callables(
        parts(), ((x,), (ff.zeros(3, 4, device="cuda", requires_grad=True),))
    )
    results = []
    for first, second in (graphed, parts()):
        loss = second(first(x).relu()).sum()
        loss.backward()
        results.append([loss, first.weight.grad, second.weight.grad])
    for one, other in zip(*results, strict=True):
        close(one, other)


def test_what_is_not_used(runtime):
    def function(x, unused):
        return x * 2

    args = [ff.ones(2, device="cuda", requires_grad=True) for _ in range(2)]
    with pytest.raises(RuntimeError, match="appears to not have been used in the graph"):
        ff.cuda.make_graphed_callables(function, tuple(args))
    graphed = ff.cuda.make_graphed_callables(function, tuple(args), allow_unused_input=True)
    graphed(*args).sum().backward()
    assert args[0].grad.tolist() == [2, 2]
    assert args[1].grad is None
    with ff.no_grad():
        assert graphed(args[1] + 1, args[0]).tolist() == [4, 4]


def test_what_cannot_be_captured(runtime):
    model, x = network(), ff.randn(6, 5, device="cuda")
    words = "does not support the autocast caching"
    with pytest.raises(RuntimeError, match=words), ff.autocast("cuda"):
        ff.cuda.make_graphed_callables(model, (x,))
    with ff.autocast("cuda", cache_enabled=False):
        graphed = ff.cuda.make_graphed_callables(network(), (x,))
        assert graphed(x).dtype is ff.float16
    model.forward = lambda x: x * x.sum().item()
    with pytest.raises(RuntimeError, match="not permitted when stream is capturing"):
        ff.cuda.make_graphed_callables(model, (x,))
    assert not ff.cuda.is_current_stream_capturing()


@pytest.mark.parametrize("case", ["hooks", "buffers", "no tensor", "no gpu"])
def test_errors(case):
    def body(torch):
        module, args = torch.nn.BatchNorm1d(2), (torch.ones(2, 2),)
        if case == "hooks":
            module.register_forward_hook(lambda *args: None)
        elif case == "buffers":
            module.running_mean.requires_grad_()
        elif case == "no tensor":
            module, args = torch.sin, (3,)
        return torch.cuda.make_graphed_callables(module, args)

    same_error(body)
