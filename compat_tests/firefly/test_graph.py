"""Hooks, retained gradients, and several threads over graphs."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

import minitorch_ff as ff
from minitorch_ff.firefly.tensor import AccumulateGrad


def leaf(*values):
    return ff.tensor([float(v) for v in values], requires_grad=True)


# ------------------------------------------------------------------------------ hooks


def test_tensor_hooks_run_in_order_and_may_replace():
    x = leaf(1, 2)
    y = x * 2
    y.register_hook(lambda grad: grad * 10)
    y.register_hook(lambda grad: grad + 1)
    y.register_hook(lambda grad: None)
    y.sum().backward()
    assert x.grad.tolist() == [22.0, 22.0]


def test_a_hook_is_removed_by_its_handle():
    x = leaf(1)
    handle = x.register_hook(lambda grad: grad * 10)
    with x.register_hook(lambda grad: grad * 100):
        (x * 1).backward()
    (x * 1).backward()
    handle.remove()
    handle.remove()
    (x * 1).backward()
    assert x.grad.tolist() == [1000.0 + 10.0 + 1.0]


def test_a_hook_sees_the_sum_of_all_consumers():
    x = leaf(1)
    seen = []
    x.register_hook(lambda grad: seen.append(grad.item()))
    (x * 2 + x * 3 + x).backward()
    assert seen == [6.0]


def test_hooks_of_nodes():
    x, y = leaf(2), leaf(5)
    product = x * y
    seen = []
    product.grad_fn.register_prehook(lambda given: seen.append(given[0].item()))
    product.grad_fn.register_prehook(lambda given: (given[0] * 2,))
    product.grad_fn.register_hook(
        lambda made, given: seen.append((made[0].item(), given[0].item()))
    )
    product.grad_fn.register_hook(lambda made, given: (made[0] + 1, made[1]))
    product.backward()
    assert seen == [1.0, (10.0, 2.0)]
    assert (x.grad.item(), y.grad.item()) == (11.0, 4.0)


def test_tensor_hooks_run_before_those_of_the_node():
    x = leaf(1)
    y, order = x * 2, []
    y.grad_fn.register_prehook(lambda given: order.append("node"))
    y.register_hook(lambda grad: order.append("tensor"))
    y.grad_fn.register_hook(lambda made, given: order.append("after"))
    x.register_hook(lambda grad: order.append("leaf"))
    x.register_post_accumulate_grad_hook(lambda tensor: order.append("accumulated"))
    y.backward()
    assert order == ["tensor", "node", "after", "leaf", "accumulated"]


def test_a_leaf_tells_when_its_gradient_is_there():
    """An optimizer may step in the backward pass, and free the gradient at once."""
    x = leaf(1, 2)

    def step(tensor):
        assert tensor is x
        with ff.no_grad():
            tensor -= 0.5 * tensor.grad
        tensor.grad = None

    handle = x.register_post_accumulate_grad_hook(step)
    (x * 2).sum().backward()
    assert x.tolist() == [0.0, 1.0]
    assert x.grad is None
    handle.remove()
    (x * 2).sum().backward()
    assert x.grad.tolist() == [2.0, 2.0]


def test_the_node_of_a_leaf():
    x = leaf(1)
    node = (x * 2).grad_fn.next_functions[0][0]
    assert isinstance(node, AccumulateGrad)
    assert node.variable is x
    assert node.name() == "torch::autograd::AccumulateGrad"
    seen = []
    node.register_hook(lambda made, given: seen.append((made, given[0].item())))
    (x * 3).backward()
    assert seen == [((), 3.0)]


def test_hooks_are_recorded_too():
    x = leaf(2)
    y = x * x
    handle = y.register_hook(lambda grad: grad * grad)
    (first,) = ff.autograd.grad(y * y, x, create_graph=True)
    handle.remove()
    (second,) = ff.autograd.grad(first, x)
    # With the hook the gradient is (2 x²)² 2x = 8 x⁵, and that of it 40 x⁴.
    assert (first.item(), second.item()) == (256.0, 640.0)


REFUSED = {
    "no tensor": (lambda grad: 3, TypeError, "expected Variable, but hook returned 'int'"),
    "tuple": (lambda grad: (grad,), TypeError, "expected Variable, but hook returned 'tuple'"),
    "size": (lambda grad: grad[:1], RuntimeError, "has changed the size of value"),
    "dtype": (lambda grad: grad.double(), RuntimeError, "has changed the type of value"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_results_of_hooks(name):
    hook, error, words = REFUSED[name]
    x = leaf(1, 2)
    y = x * 2
    y.register_hook(hook)
    with pytest.raises(error, match=words):
        y.sum().backward()
    assert x.grad is None


def test_refused_registrations():
    constant, result = ff.ones(2), leaf(1) * 2
    words = "cannot register a hook on a tensor that doesn't require gradient"
    with pytest.raises(RuntimeError, match=words):
        constant.register_hook(print)
    with pytest.raises(RuntimeError, match=words):
        constant.register_post_accumulate_grad_hook(print)
    with pytest.raises(RuntimeError, match="cannot be registered on non-leaf tensors"):
        result.register_post_accumulate_grad_hook(print)
    with pytest.raises(RuntimeError, match="can't retain_grad on Tensor that has requires_grad=F"):
        constant.retain_grad()


def test_nodes_hold_notes():
    y = leaf(1) * 2
    y.grad_fn.metadata["name"] = "double"
    assert y.grad_fn.metadata == {"name": "double"}


# ------------------------------------------------------------------ retained gradients


def test_retain_grad_comes_after_the_hooks():
    x = leaf(1, 2)
    y = x * 2
    y.retain_grad()
    y.retain_grad()
    y.register_hook(lambda grad: grad * 3)
    (y * y).sum().backward()
    assert y.retains_grad
    assert y.grad.tolist() == [12.0, 24.0]
    assert x.grad.tolist() == [24.0, 48.0]


def test_retained_gradients_add_up():
    y = leaf(1) * 2
    y.retain_grad()
    out = y * 5
    out.backward(retain_graph=True)
    out.backward()
    assert y.grad.tolist() == [10.0]


def test_retain_grad_follows_an_in_place_write():
    x = leaf(1, 2)
    y = x * 2
    y.retain_grad()
    y.mul_(3)
    y.sum().backward()
    assert y.grad.tolist() == [1.0, 1.0]
    assert x.grad.tolist() == [6.0, 6.0]


def test_retain_grad_of_a_leaf_does_nothing():
    x = leaf(1)
    x.retain_grad()
    assert not x.retains_grad


# ----------------------------------------------------------------------------- threads


def run_together(work, count):
    """What `work(i)` returns in so many threads that start at once."""
    barrier = threading.Barrier(count)

    def started(i):
        barrier.wait()
        return work(i)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(started, range(count)))


def test_eight_threads_walk_one_graph():
    x = leaf(1.5, 2.5)
    y = x
    for _ in range(300):
        y = y.tanh() * 1.01
    out = y.sum()

    def walk(i):
        (grad,) = ff.autograd.grad(out, x, retain_graph=True)
        return grad.tolist()

    results = run_together(walk, 8)
    assert results == [walk(0)] * 8


def test_eight_threads_record_their_walks():
    x = leaf(1.5, 2.5)
    out = (x.exp() * x.tanh()).sum()

    def second(i):
        (first,) = ff.autograd.grad(out, x, create_graph=True)
        return ff.autograd.grad(first.sum(), x, retain_graph=True)[0].tolist()

    assert run_together(second, 8) == [second(0)] * 8


def train(seed, steps=60):
    """The parameters of a small model after some steps."""
    generator = ff.Generator().manual_seed(seed)
    shapes = (6, 12), (12,), (12, 3)
    weights = [ff.randn(s, generator=generator).mul_(0.3).requires_grad_() for s in shapes]
    x = ff.randn(20, 6, generator=generator)
    target = ff.randint(0, 3, (20,), generator=generator)
    optimizer = ff.optim.Adam(weights, lr=0.01)
    for _ in range(steps):
        hidden = (x @ weights[0] + weights[1]).relu()
        loss = ff.nn.functional.cross_entropy(hidden @ weights[2], target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return [w.tolist() for w in weights]


def test_threads_train_as_if_alone():
    alone = [train(seed) for seed in range(4)]
    assert run_together(train, 4) == alone
    assert alone[0] != alone[1]
