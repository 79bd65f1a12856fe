"""The backward pass: depth, width, accumulation, freed buffers, memory."""

import gc
import resource
import weakref

import pytest

import minitorch_ff as ff
from minitorch_ff.firefly import graph
from minitorch_ff.firefly.ops.base import NonDifferentiable, apply

FREED = "Trying to backward through the graph a second time"


def leaf(*values):
    return ff.tensor([float(v) for v in values], requires_grad=True)


# ----------------------------------------------------------------------- shapes of graphs


def test_a_chain_of_100_000_operators():
    x = leaf(1, 2)
    y = x
    for _ in range(100_000):
        y = y + 1.0
    y.sum().backward()
    assert x.grad.tolist() == [1.0, 1.0]
    del y  # and it is taken apart again, without recursion


def test_a_deep_chain_is_recorded_too():
    x = leaf(1, 2)
    y = x
    for _ in range(5_000):
        y = y * 1.0
    (first,) = ff.autograd.grad((y * y).sum(), x, create_graph=True)
    (second,) = ff.autograd.grad(first.sum(), x)
    assert second.tolist() == [2.0, 2.0]


def test_doubling_sixty_times():
    """Every node runs once: along each of the 2⁶⁰ paths, this would never end."""
    x = leaf(1)
    z = x
    for _ in range(60):
        z = z + z
    z.backward()
    assert x.grad.tolist() == [2.0**60]


def test_a_wide_graph():
    x = leaf(1, 2)
    parts = [x * float(i) for i in range(3_000)]
    ff.stack(parts).sum().backward()
    assert x.grad.tolist() == [3_000 * 2_999 / 2] * 2


def test_a_diamond_waits_for_both_sides():
    x = leaf(3)
    order = []
    y = x * 2
    y.register_hook(lambda grad: order.append(grad.item()))
    near, far = y * 5, ((y * 7) * 1) * 1
    (near + far).backward()
    assert order == [12.0]
    assert x.grad.tolist() == [24.0]


def test_nodes_are_reached_newest_first():
    x = leaf(1)
    order = []
    for i in range(5):
        y = x * 2
        y.grad_fn.register_prehook(lambda grads, i=i: order.append(i))
        x = y
    x.backward()
    assert order == [4, 3, 2, 1, 0]


def test_several_roots():
    x = leaf(1, 2)
    y, z = x * 2, x * 3
    ff.autograd.backward([y, z, y], [ff.ones(2), ff.ones(2), ff.ones(2)])
    assert x.grad.tolist() == [7.0, 7.0]


def test_only_what_leads_to_the_inputs_runs():
    x, y = leaf(1), leaf(2)
    seen = []
    a, b = x * 3, y * 4
    b.register_hook(seen.append)
    (grad,) = ff.autograd.grad((a * b).sum(), [x])
    assert grad.tolist() == [24.0]
    assert not seen
    assert x.grad is None
    assert y.grad is None


# --------------------------------------------------------------------------- gradients


def test_gradients_never_share_memory():
    x, y, z = leaf(1, 2), leaf(3, 4), leaf(5, 6)
    given = ff.ones(2)
    (x + y + z.reshape(2)).backward(given)
    grads = [x.grad, y.grad, z.grad, given]
    for i, grad in enumerate(grads):
        grad.zero_()
        grad.add_(float(i))
    assert [grad[0].item() for grad in grads] == [0.0, 1.0, 2.0, 3.0]


def test_gradients_do_not_share_with_what_a_rule_saved():
    x, y = leaf(1, 2), leaf(3, 4)
    out = x * y
    out.sum().backward(retain_graph=True)
    x.grad.zero_()
    y.grad.zero_()
    assert (x.tolist(), y.tolist()) == ([1.0, 2.0], [3.0, 4.0])
    out.sum().backward()
    assert (x.grad.tolist(), y.grad.tolist()) == ([3.0, 4.0], [1.0, 2.0])


def test_returned_gradients_do_not_share_memory():
    x, y = leaf(1, 2), leaf(3, 4)
    first, second = ff.autograd.grad((x + y).sum(), [x, y])
    first.mul_(9)
    assert second.tolist() == [1.0, 1.0]


def test_gradients_add_up_in_place():
    x = leaf(1, 2)
    (x * 2).sum().backward()
    grad, buffer = x.grad, x.grad.buffer
    (x * 3).sum().backward()
    assert x.grad is grad
    assert grad.buffer is buffer
    assert grad.tolist() == [5.0, 5.0]


def test_gradients_have_shape_and_dtype_of_their_tensor():
    x = ff.ones(3, 1, requires_grad=True)
    y = ff.ones(4, dtype=ff.float64, requires_grad=True)
    (x * y).sum().backward()
    assert (x.grad.shape, x.grad.dtype) == ((3, 1), ff.float32)
    assert (y.grad.shape, y.grad.dtype) == ((4,), ff.float64)


# ------------------------------------------------------------------- freed, or kept


def test_a_second_backward_raises():
    x = leaf(1, 2)
    y = (x * x).sum()
    y.backward()
    with pytest.raises(RuntimeError, match=FREED):
        y.backward()
    assert x.grad.tolist() == [2.0, 4.0]


def test_kept_intermediates_are_freed_as_well():
    x = ff.randn(4, 3, requires_grad=True)
    y = ff.nn.functional.cross_entropy(x, ff.tensor([0, 1, 2, 0]))
    y.backward()
    with pytest.raises(RuntimeError, match=FREED):
        y.backward()


def test_retained_graphs_give_the_same_again():
    x = leaf(1, 2)
    y = (x.exp() * x).sum()
    first = ff.autograd.grad(y, x, retain_graph=True)[0]
    second = ff.autograd.grad(y, x)[0]
    assert first.tolist() == second.tolist()
    with pytest.raises(RuntimeError, match=FREED):
        ff.autograd.grad(y, x)


def test_what_saved_nothing_can_go_twice():
    x = leaf(1, 2)
    y = (x + 1).sum()
    y.backward()
    y.backward()
    assert x.grad.tolist() == [2.0, 2.0]


def test_a_failed_backward_leaves_the_mode_alone():
    x = leaf(1)
    y = x * 2
    y.register_hook(lambda grad: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        y.backward()
    assert ff.is_grad_enabled()


# -------------------------------------------------------------- without a gradient


NOT_DIFFERENTIABLE = {
    "argmax": lambda x: x.argmax(),
    "eq": lambda x: x == 1,
    "isnan": lambda x: x.isnan(),
    "argsort": lambda x: x.argsort(),
    "to_int": lambda x: x.to(ff.int64),
    "sort positions": lambda x: x.sort()[1],
    "logical_not": lambda x: x.logical_not(),
}


@pytest.mark.parametrize("name", NOT_DIFFERENTIABLE)
def test_results_without_gradient(name):
    out = NOT_DIFFERENTIABLE[name](leaf(3, 1, 2))
    assert not out.requires_grad
    with pytest.raises(RuntimeError, match="element 0 of tensors does not require grad"):
        out.sum().backward()


def test_a_rule_that_does_not_exist_raises():
    class Rounded(NonDifferentiable):
        def forward(self, xp, x):
            return xp.floor(x)

    op = Rounded()
    with pytest.raises(RuntimeError, match="Rounded is not differentiable"):
        op.backward(None, None)
    assert not apply(Rounded, leaf(1.5)).requires_grad


def test_a_rule_may_save_inputs_and_results_only():
    from minitorch_ff.firefly.ops.base import Operator

    class Forgetful(Operator):
        def forward(self, xp, x):
            y = xp.exp(x)
            self.save_for_backward(y)
            return xp.shift(y, 1)

    with pytest.raises(RuntimeError, match="Forgetful may save its inputs and results only"):
        apply(Forgetful, leaf(1))


# --------------------------------------------------------------------------- memory


@pytest.fixture
def without_collector():
    """Only reference counts free memory."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("without_collector")
@pytest.mark.parametrize("how", ["never walked", "walked", "kept", "recorded", "hooked"])
def test_no_reference_cycle_keeps_a_graph(how):
    x = leaf(1, 2)
    hidden = (x * 2).exp()
    out = hidden.tanh().sum()
    gone = [weakref.ref(t) for t in (x, hidden, out, hidden.grad_fn, out.grad_fn)]
    if how == "hooked":
        hidden.retain_grad()
        hidden.register_hook(lambda grad: grad * 2)
        hidden.grad_fn.register_hook(lambda made, given: None)
    if how in ("walked", "hooked"):
        out.backward()
    if how == "kept":
        out.backward(retain_graph=True)
    if how == "recorded":
        (grad,) = ff.autograd.grad(out, x, create_graph=True)
        del grad
    del x, hidden, out
    assert [reference() for reference in gone] == [None] * 5


@pytest.mark.usefixtures("without_collector")
def test_views_written_in_place_are_freed():
    y = leaf(1, 2, 3).exp()
    view = y[1:]
    view.mul_(2)
    y.tanh_()
    gone = [weakref.ref(t) for t in (y, view, y.grad_fn)]
    del y, view
    assert [reference() for reference in gone] == [None] * 3


@pytest.mark.usefixtures("without_collector")
def test_a_custom_function_is_freed():
    class Square(ff.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            result = x * x
            ctx.save_for_backward(x, result)
            return result

        @staticmethod
        def backward(ctx, grad):
            return 2 * ctx.saved_tensors[0] * grad

    x = leaf(1, 2)
    y = Square.apply(x)
    gone = [weakref.ref(t) for t in (x, y, y.grad_fn)]
    del x, y
    assert [reference() for reference in gone] == [None] * 3


@pytest.mark.usefixtures("without_collector")
def test_a_detached_tensor_keeps_no_graph():
    y = leaf(1, 2) * 2
    alone = y.detach()
    gone = weakref.ref(y.grad_fn)
    del y
    assert gone() is None
    assert alone.tolist() == [2.0, 4.0]


@pytest.mark.usefixtures("without_collector")
def test_a_walk_drops_gradients_as_it_goes():
    x = ff.ones(100, requires_grad=True)
    y = x
    alive = []
    for _ in range(10):
        y = y * 2
        y.register_hook(lambda grad: alive.append(weakref.ref(grad)))
    y.sum().backward()
    assert [reference() for reference in alive] == [None] * 10


def resident_pages():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1])


def grown_by_training(steps):
    """Bytes of resident memory that so many steps of training leave behind."""
    model = ff.nn.Sequential(
        ff.nn.Linear(8, 16), ff.nn.BatchNorm1d(16), ff.nn.ReLU(), ff.nn.Linear(16, 4)
    )
    optimizer = ff.optim.Adam(model.parameters(), lr=1e-3)
    x, y = ff.randn(32, 8), ff.arange(32) % 4

    def step():
        optimizer.zero_grad()
        ff.nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()

    for _ in range(200):
        step()
    before = resident_pages()
    for _ in range(steps):
        step()
    return (resident_pages() - before) * resource.getpagesize()


@pytest.mark.usefixtures("without_collector")
@pytest.mark.parametrize("steps", [2_000, pytest.param(20_000, marks=pytest.mark.slow)])
def test_training_holds_memory_flat(steps):
    assert grown_by_training(steps) < 1 << 20


# ----------------------------------------------------------------- the walk itself


def test_the_walk_has_no_recursion():
    import sys

    x = leaf(1)
    y = x
    for _ in range(2_000):
        y = y * 1.0
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(150)
    try:
        graph.backward((y,), (None,))
    finally:
        sys.setrecursionlimit(limit)
    assert x.grad.tolist() == [1.0]
