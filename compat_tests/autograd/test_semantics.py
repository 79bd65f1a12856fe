"""Views, writes in place, versions, hooks, modes and promotion: the same body in both worlds."""

import itertools

import pytest
import torch

import minitorch_ff as ff
from compat_tests.worlds import assert_same, same_error, same_in_both

LEAF = [0.5, -1.25, 2.0]


def matrix(torch, requires_grad=True):
    values = torch.arange(12, dtype=torch.float64).reshape(3, 4) / 7 - 0.6
    return values.requires_grad_(requires_grad)


def vector(torch, requires_grad=True):
    return torch.tensor(LEAF, dtype=torch.float64, requires_grad=requires_grad)


# ------------------------------------------------------------------- values of programs


def chain_of_writes(torch):
    x = vector(torch)
    y = x * 2
    y += 1
    y[0] = 5
    view = y[1:]
    view.mul_(3)
    (y * y).sum().backward()
    return x, y, view


def view_of_view(torch):
    x = matrix(torch)
    y = x * 2
    first = y.t()
    second = first[1:]
    second.mul_(x.t()[1:])
    (y**2).sum().backward()
    return x, y, first, second


def another_view_sees(torch):
    x = matrix(torch)
    y = x * 2
    view, other = y[1], y.reshape(12)[4:8]
    view.mul_(3.0)
    return other, *torch.autograd.grad((other * other).sum() + (view * other).sum(), [x])


def view_sees_the_base(torch):
    x = matrix(torch)
    y = x * 2
    view = y.t()[0]
    y.mul_(3)
    y.tanh_()
    return view, *torch.autograd.grad((view * view).sum(), [x])


def saved_before_its_write(torch):
    x, b = vector(torch), vector(torch).detach().add(1).requires_grad_()
    y = x * 2
    y.mul_(b)
    return y, *torch.autograd.grad((y * y).sum(), [x, b])


def base_without_history_gets_one(torch):
    x = torch.zeros(3, dtype=torch.float64)
    view, y = x[1:], vector(torch)
    x.add_(y)
    return view, x, *torch.autograd.grad((view * view).sum(), [y])


def view_makes_its_base_require(torch):
    x, y = torch.zeros(2, 3, dtype=torch.float64), vector(torch)
    x[0] = y * y
    x[1].add_(y)
    return x, x.is_leaf, *torch.autograd.grad((x**3).sum(), [y])


def filled_in_a_loop(torch):
    y, out = vector(torch), torch.zeros(6, dtype=torch.float64)
    h = y
    for i in range(6):
        out[i] = (h * h).sum()
        h = h * 1.1
    return out, *torch.autograd.grad((out * out).sum(), [y])


def second_order_through_writes(torch):
    x = matrix(torch)
    y = x * x
    view = y[1:, :2]
    view.mul_(x[1:, :2])
    y[0, 1] = 2.0
    y.tanh_()
    (g,) = torch.autograd.grad((y * y).sum(), [x], create_graph=True)
    (h,) = torch.autograd.grad((g * g).sum(), [x], create_graph=True)
    return y, g, h, *torch.autograd.grad(h.sum(), [x])


def advanced_assignment(torch):
    x = matrix(torch)
    y = x * 2
    y[[0, 2]] = x[1] * 3
    y[:, [1]] = 7
    y[y.detach() > 1] = 0.5
    return y, *torch.autograd.grad((y * y).sum(), [x])


def detach_shares(torch):
    x = vector(torch)
    y = x * 2
    y.detach().add_(1)
    return y, y._version, *torch.autograd.grad(y.sum(), [x])


def data_has_its_own_version(torch):
    x = vector(torch)
    y = x.exp()
    y.data.add_(1)
    y.sum().backward()
    return x, y._version


def unsaved_may_change(torch):
    x = vector(torch)
    y = x * 2
    z = y * vector(torch, False)
    y.add_(1)
    z.sum().backward()
    return x


def leaf_written_without_recording(torch):
    x = vector(torch)
    y = x * 2
    with torch.no_grad():
        x.mul_(2)
        x[0] = 1.0
    y.sum().backward()
    return x, x.is_leaf, x._version


def mixed_dtypes_in_place(torch):
    x, b = vector(torch).float().detach().requires_grad_(), vector(torch)
    y = x * 2
    y.mul_(b)
    y.add_(b)
    return y, *torch.autograd.grad((y * y).sum(), [x, b])


def hooks_and_writes(torch):
    seen = []
    x = vector(torch)
    y = x * 2
    y.register_hook(lambda grad: seen.append(grad))
    y.retain_grad()
    y.mul_(3)
    y.register_hook(lambda grad: seen.append(grad))
    (y * y).sum().backward()
    return *seen, y.grad, x


def order_of_hooks(torch):
    order = []
    x = vector(torch)
    y = x * 2
    y.grad_fn.register_prehook(lambda grads: order.append(f"pre {len(grads)}"))
    y.register_hook(lambda grad: order.append("tensor"))
    y.grad_fn.register_hook(lambda made, given: order.append(f"post {len(made)} {len(given)}"))
    x.register_hook(lambda grad: order.append("leaf"))
    x.register_post_accumulate_grad_hook(lambda t: order.append(f"done {t.grad.tolist()}"))
    y.sum().backward()
    return order, x


def grad_of_nonleaves(torch):
    a = vector(torch)
    y = a * 2
    z = (y * y).sum()
    first = torch.autograd.grad(z, [y, a], retain_graph=True)
    return *first, *torch.autograd.grad(z, [y])


def backward_to_inputs(torch):
    a, b = vector(torch), vector(torch)
    y = a * b
    (y * a).sum().backward(inputs=[b])
    return a.grad is None, b


def zero_dim_view(torch):
    y = (x := vector(torch)) * 2
    view = y[0]
    view.mul_(4)
    return y, view, *torch.autograd.grad((y * y).sum(), [x])


def versions(torch):
    x = torch.zeros(3)
    seen = [x._version]
    x.add_(1)
    seen.append(x._version)
    view = x[1:]
    view.zero_()
    seen += [x._version, view._version, x.detach()._version, x.data._version, x.clone()._version]
    x += 1
    x[0] = 2
    return [*seen, x._version]


def views_without_recording(torch):
    w = torch.ones(2, 3, requires_grad=True)
    with torch.no_grad():
        views = w[0], w.t(), w.view(6), w.expand(2, 2, 3), *w.unbind(), w[:, 0]
        return [v.requires_grad for v in views], [str(v) for v in views], (w + 1).requires_grad


def metadata_of_views(torch):
    x = torch.zeros(3, 4)
    looks = x[1:], x.t(), x.view(12), x[:, ::2], x[0], x.expand(2, 3, 4), x.diagonal()
    looks += x.unfold(1, 2, 1), x.permute(1, 0), x.narrow(1, 1, 2), x.unbind()[1], x.split(2)[0]
    return [
        (v.shape, v.stride(), v.storage_offset(), v.is_contiguous(), v._is_view(), v._base is x)
        for v in looks
    ]


def a_hook_keeps_its_gradient(torch):
    w, v = vector(torch), vector(torch)
    seen, other = [], torch.ones(3, dtype=torch.float64)
    w.register_hook(seen.append)
    v.register_hook(lambda grad: other)
    (w * v).sum().backward()
    w.grad.mul_(100)
    v.grad.mul_(100)
    return seen[0], other, w, v


PROGRAMS = [
    a_hook_keeps_its_gradient, chain_of_writes, view_of_view, another_view_sees,
    view_sees_the_base, saved_before_its_write,
    base_without_history_gets_one, view_makes_its_base_require, filled_in_a_loop,
    second_order_through_writes, advanced_assignment, detach_shares, data_has_its_own_version,
    unsaved_may_change, leaf_written_without_recording, mixed_dtypes_in_place, hooks_and_writes,
    order_of_hooks, grad_of_nonleaves, backward_to_inputs, zero_dim_view, versions,
    views_without_recording, metadata_of_views,
]  # fmt: skip


@pytest.mark.parametrize("body", PROGRAMS, ids=lambda body: body.__name__)
def test_programs(body):
    same_in_both(body)


# --------------------------------------------------------------------------- third order


def linear(torch, *args):
    return torch.nn.functional.linear(*args)


FUNCTIONS = {
    "add": lambda t, a, b, c, w, s: ((a + c) * (b + s) * a).sum(),
    "sub": lambda t, a, b, c, w, s: ((a - c) * (s - b) * a * 2.5).sum(),
    "mul": lambda t, a, b, c, w, s: (a * b * c * s * a).sum(),
    "div": lambda t, a, b, c, w, s: (a / (b * b + 1) / (c * c + 2) + s / (a * a + 1)).sum(),
    "reflected div": lambda t, a, b, c, w, s: (1 / (a * a + 2)).sum(),
    "pow": lambda t, a, b, c, w, s: (a**2 * b**3 + (a * a + 1) ** -1 + (b * b + 1) ** 0.5).sum(),
    "exp": lambda t, a, b, c, w, s: (a * s).exp().sum(),
    "tanh": lambda t, a, b, c, w, s: ((a * b).tanh() * c).sum(),
    "relu": lambda t, a, b, c, w, s: ((a * b).relu() ** 3).sum(),
    "sigmoid": lambda t, a, b, c, w, s: ((a * b).sigmoid() * c).sum(),
    "matmul": lambda t, a, b, c, w, s: ((a @ w.t()) * (b @ w.t())).tanh().sum(),
    "linear": lambda t, a, b, c, w, s: linear(t, linear(t, a * b, w).tanh(), w.t()).tanh().sum(),
    "mean": lambda t, a, b, c, w, s: (a * b).tanh().mean() * s.exp(),
    "sum over dims": lambda t, a, b, c, w, s: (
        (a * b).sum(0) * c * (a.tanh().sum(1, True) * b).sum(-2)
    ).sum(),
    "reshape": lambda t, a, b, c, w, s: ((a.reshape(4, 3) * b.t()) ** 3).sum(),
    "index": lambda t, a, b, c, w, s: (
        (a[1:, 0] ** 3 * b[:2, 2]).sum() + (a[0] * c * a[-1] * b[2, 1]).sum()
    ),
    "advanced index": lambda t, a, b, c, w, s: (a[[0, 0, 2]] ** 3 * b[[1, 1, 1]] * c).sum(),
    "mse": lambda t, a, b, c, w, s: t.nn.functional.mse_loss((a * b).tanh(), b * c) * s,
    "cross entropy": lambda t, a, b, c, w, s: (
        t.nn.functional.cross_entropy(linear(t, a * b, w), t.tensor([0, 4, 2])) * s
    ),
    "softmax": lambda t, a, b, c, w, s: ((a * s).softmax(1) * b).sum() ** 2,
    "unbind": lambda t, a, b, c, w, s: (
        a.unbind(0)[0] ** 3 * b.unbind(0)[1] + (a * b).unbind(1)[2].sum() * c
    ).sum(),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_third_derivatives(name):
    def body(torch):
        generator = torch.Generator().manual_seed(1)
        shapes = (3, 4), (3, 4), (4,), (5, 4), ()
        leaves = [torch.randn(s, dtype=torch.float64, generator=generator) for s in shapes]
        leaves = [x.requires_grad_() for x in leaves]
        y = FUNCTIONS[name](torch, *leaves)
        found = [y]
        for _ in range(3):
            grads = torch.autograd.grad(y, leaves, create_graph=True, allow_unused=True)
            grads = [g for g in grads if g is not None]
            found += grads
            y = sum((g * g * (i + 1.5)).sum() + g.sum() for i, g in enumerate(grads))
            if not y.requires_grad:
                break
        return found

    same_in_both(body, (1e-6, 1e-8))


def test_third_derivative_of_batch_norm():
    """PyTorch's own is wrong: it takes the statistics for constants. So: differences."""
    x = ff.randn(4, 2, dtype=ff.float64, requires_grad=True)

    def second(x):
        y = (ff.nn.functional.batch_norm(x, None, None, training=True) ** 3).sum()
        (first,) = ff.autograd.grad(y, x, create_graph=True)
        return ff.autograd.grad((first * first).sum(), x, create_graph=True)[0]

    assert ff.autograd.gradcheck(second, (x,))


# -------------------------------------------------------------------------------- errors


def error(function):
    ERRORS.append(function)
    return function


ERRORS = []


@error
def saved_and_changed(torch):
    x = vector(torch)
    y = x.exp()
    y.add_(1)
    y.sum().backward()


@error
def saved_and_changed_through_detach(torch):
    y = vector(torch).exp()
    y.detach().add_(1)
    y.sum().backward()


@error
def saved_input_changed(torch):
    x = vector(torch)
    y = (x * x).sum()
    with torch.no_grad():
        x.add_(1)
    y.backward()


@error
def relu_result_changed(torch):
    y = (vector(torch) * 2).relu_()
    y.add_(1)
    y.sum().backward()


@error
def leaf_written(torch):
    vector(torch).add_(1)


@error
def view_of_leaf_written(torch):
    vector(torch)[0:1].mul_(2)


@error
def leaf_assigned(torch):
    vector(torch)[0] = 2.0


@error
def view_made_without_recording_written(torch):
    y = vector(torch) * 2
    with torch.no_grad():
        view = y[0:1]
    view.mul_(2)


@error
def view_made_without_recording_after_a_write(torch):
    y = vector(torch) * 2
    with torch.no_grad():
        view = y[0:1]
    y.mul_(2)
    view * 2


@error
def one_of_several_written(torch):
    (vector(torch) * 2).unbind(0)[0].mul_(2)


@error
def one_of_split_written(torch):
    (vector(torch) * 2).split(2)[1].mul_(2)


@error
def one_of_several_after_a_write(torch):
    y = vector(torch) * 2
    part = y.chunk(3)[0]
    y.mul_(2)
    part * 2


@error
def expanded_written(torch):
    (vector(torch) * 2)[0].expand(3).mul_(2)


@error
def backward_twice(torch):
    y = vector(torch).pow(2).sum()
    y.backward()
    y.backward()


@error
def backward_twice_fused(torch):
    x = torch.ones(2, 3, requires_grad=True)
    y = torch.nn.functional.cross_entropy(x, torch.tensor([0, 1]))
    y.backward()
    y.backward()


@error
def backward_of_several_elements(torch):
    (vector(torch) * 2).backward()


@error
def backward_of_a_constant(torch):
    vector(torch, False).sum().backward()


@error
def grad_of_unused(torch):
    torch.autograd.grad(vector(torch).sum(), [vector(torch)])


@error
def grad_of_a_constant(torch):
    torch.autograd.grad(vector(torch).sum(), [vector(torch, False)])


@error
def written_in_a_higher_category(torch):
    torch.tensor([1, 2]).add_(1.5)


@error
def written_in_another_shape(torch):
    torch.ones(1).add_(torch.ones(3))


@error
def requires_grad_of_integers(torch):
    torch.tensor([1, 2]).requires_grad_()


@error
def requires_grad_of_results(torch):
    (vector(torch) * 2).requires_grad_(False)


@error
def detach_of_views(torch):
    vector(torch)[:1].detach_()


@error
def grad_of_another_shape(torch):
    x = vector(torch)
    x.grad = torch.ones(2, dtype=torch.float64)


@error
def grad_of_another_dtype(torch):
    x = vector(torch)
    x.grad = torch.ones(3)


@error
def grad_is_the_tensor(torch):
    x = vector(torch)
    x.grad = x


@error
def hook_on_a_constant(torch):
    torch.ones(2).register_hook(print)


@error
def accumulate_hook_on_a_result(torch):
    (vector(torch) * 2).register_post_accumulate_grad_hook(print)


@error
def retain_grad_of_a_constant(torch):
    torch.ones(2).retain_grad()


@error
def hook_changes_the_size(torch):
    y = vector(torch) * 2
    y.register_hook(lambda grad: grad[:1])
    y.sum().backward()


@error
def hook_changes_the_dtype(torch):
    y = vector(torch) * 2
    y.register_hook(lambda grad: grad.float())
    y.sum().backward()


@error
def hook_gives_a_number(torch):
    y = vector(torch) * 2
    y.register_hook(lambda grad: 3)
    y.sum().backward()


@error
def node_hook_gives_too_few(torch):
    y = vector(torch) * vector(torch)
    y.grad_fn.register_hook(lambda made, given: (made[0],))
    y.sum().backward()


@pytest.mark.parametrize("body", ERRORS, ids=lambda body: body.__name__)
def test_errors(body):
    same_error(body)


# ---------------------------------------------------------------------- inference mode


def inferred(torch):
    with torch.inference_mode():
        return torch.ones(3)


def what_is_an_inference_tensor(torch):
    normal, w = torch.ones(3), torch.ones(3, requires_grad=True)
    with torch.inference_mode():
        x = torch.ones(3)
        inside = x, x * 2, x[0], normal + 1, normal.view(3, 1), normal.add_(1), w.view(3, 1), w * 2
        leaf = torch.ones(2, requires_grad=True)
        flags = [t.is_inference() for t in inside], torch.is_inference(leaf), leaf.requires_grad
        x.add_(1)
        with torch.inference_mode(False):
            back = torch.ones(2)
            flags += back.is_inference(), (w * 2).requires_grad, torch.is_grad_enabled()
    outside = x.detach(), x.clone(), x[0], x.view(3, 1), x + 1, x.data, normal[0]
    return *flags, [t.is_inference() for t in outside], x, normal, normal._version


def inference_tensors_may_be_read(torch):
    x, w = inferred(torch), torch.ones(3, requires_grad=True)
    out = (w + x).sum()
    out.backward()
    return out, w, x.tolist(), x.is_leaf, x.requires_grad, torch.ones(3).copy_(x)


@pytest.mark.parametrize("body", [what_is_an_inference_tensor, inference_tensors_may_be_read])
def test_inference_mode(body):
    same_in_both(body)


INFERENCE_ERRORS = {
    "version": lambda torch: inferred(torch)._version,
    "written": lambda torch: inferred(torch).add_(1),
    "zeroed": lambda torch: inferred(torch).zero_(),
    "assigned": lambda torch: inferred(torch).__setitem__(0, 3.0),
    "view written": lambda torch: inferred(torch).view(3).add_(1),
    "copied to": lambda torch: inferred(torch).copy_(torch.ones(3)),
    "requires_grad_": lambda torch: inferred(torch).requires_grad_(),
    "requires_grad": lambda torch: setattr(inferred(torch), "requires_grad", True),
    "saved": lambda torch: torch.ones(3, requires_grad=True) * inferred(torch),
    "saved by linear": lambda torch: torch.nn.functional.linear(
        inferred(torch), torch.ones(2, 3, requires_grad=True)
    ),
    "parameter": lambda torch: torch.nn.Parameter(inferred(torch)),
}


@pytest.mark.parametrize("name", INFERENCE_ERRORS)
def test_inference_errors(name):
    same_error(INFERENCE_ERRORS[name])


def test_views_made_in_inference_mode():
    def body(torch, base):
        with torch.inference_mode():
            view = base[0:1]
        view.add_(1)
        return view, base

    same_in_both(lambda torch: body(torch, torch.ones(3)))
    same_error(lambda torch: body(torch, vector(torch) * 2))


# --------------------------------------------------------------------------- promotion

DTYPES = "bool uint8 int8 int16 int32 int64 float16 bfloat16 float32 float64".split()
OPERANDS = [(name, shape) for name in DTYPES for shape in ((), (2,))]
OPERANDS += [(number, None) for number in (True, 2, 2.5)]
OPERATORS = {
    "add": lambda a, b: a + b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
}


def operand(torch, what, shape):
    return what if shape is None else torch.ones(shape, dtype=getattr(torch, what))


def promoted(torch, operator, first, second):
    result = OPERATORS[operator](operand(torch, *first), operand(torch, *second))
    return str(result.dtype), tuple(result.shape), result.tolist()


@pytest.mark.parametrize("operator", OPERATORS)
def test_promotion(operator):
    """Every dtype, with and without dimensions, with every other and with numbers."""
    count = 0
    for first, second in itertools.product(OPERANDS, OPERANDS):
        if first[1] is None and second[1] is None:
            continue
        ours = promoted(ff, operator, first, second)
        theirs = promoted(torch, operator, first, second)
        assert ours == theirs, f"{first} {operator} {second}"
        count += 1
    assert count == 23 * 23 - 9


@pytest.mark.parametrize("operator", ["add_", "mul_", "div_"])
def test_promotion_in_place(operator):
    """The target keeps its dtype, or refuses."""

    def outcome(torch, first, second):
        target = operand(torch, *first)
        try:
            getattr(target, operator)(operand(torch, *second))
        except RuntimeError as error:
            return str(error)
        return str(target.dtype), target.tolist()

    for first, second in itertools.product(OPERANDS[:20], OPERANDS):
        ours, theirs = outcome(ff, first, second), outcome(torch, first, second)
        assert ours == theirs, f"{first} {operator} {second}"


@pytest.mark.parametrize("default", ["float32", "float64", "float16"])
def test_promotion_follows_the_default_dtype(default):
    results = []
    for world in (ff, torch):
        world.set_default_dtype(getattr(world, default))
        x, n = world.ones(2, dtype=world.int64), world.tensor(2)
        made = x + 1.5, x / x, n * 0.5, x.float() + 1.5, x.exp(), world.tensor(1.5) + x, x.mean
        results.append([str(t.dtype) for t in made[:-1]])
    assert results[0] == results[1]


def test_nothing_to_compare_fails():
    with pytest.raises(pytest.fail.Exception):
        assert_same(None, None)
