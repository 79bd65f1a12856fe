"""`torch.autograd`'s functions: values, and the words of their errors, in both worlds."""

import types
import warnings

import pytest

import minitorch_ff as ff
from compat_tests.worlds import same_error, same_in_both


def leaf(torch, *values, **settings):
    return torch.tensor(values or (0.5, -1.25, 2.0), requires_grad=True, **settings)


def double(torch, *values):
    return leaf(torch, *values, dtype=torch.float64)


def one(torch):
    return torch.ones((), requires_grad=True)


# --------------------------------------------------------------------- grad, backward


def unused_is_none(torch):
    x, y = leaf(torch), leaf(torch)
    return torch.autograd.grad(x.sum(), [x, y], allow_unused=True)


def unused_is_zeros(torch):
    x, y = leaf(torch), leaf(torch)
    return torch.autograd.grad(x.sum(), [x, y], materialize_grads=True)


def one_input_without_a_list(torch):
    x = leaf(torch)
    return torch.autograd.grad((x * x).sum(), x)


def several_outputs(torch):
    x = leaf(torch)
    return torch.autograd.grad([x * 2, (x * x).sum()], [x], [torch.ones(3), None])


def gradients_are_weights(torch):
    x = leaf(torch)
    return torch.autograd.grad(x.exp(), x, torch.tensor([1.0, 2.0, 3.0]))


def weights_may_be_differentiated(torch):
    x, v = leaf(torch), leaf(torch)
    (g,) = torch.autograd.grad(x.exp(), x, v, create_graph=True)
    return g, *torch.autograd.grad(g.sum(), [x, v])


def the_same_input_twice(torch):
    x = leaf(torch)
    return torch.autograd.grad((x * x).sum(), [x, x])


def an_output_as_input(torch):
    x = leaf(torch)
    y = x * 2
    z = y.sum()
    return torch.autograd.grad(z, [z, y, x])


def backward_adds_up(torch):
    x = leaf(torch)
    torch.autograd.backward([x.sum(), (x * x)], [None, torch.ones(3)])
    torch.autograd.backward((x * 3).sum())
    return x


def backward_with_one_gradient(torch):
    x = leaf(torch)
    torch.autograd.backward(x * x, torch.ones(3), retain_graph=True)
    return x


def backward_to_a_nonleaf(torch):
    x = leaf(torch)
    y = x * 2
    (y * y).sum().backward(inputs=[y, x])
    return y.grad, x


def backward_recorded(torch):
    x = double(torch)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        (x**3).sum().backward(create_graph=True)
    first = x.grad
    x.grad = None
    first.sum().backward()
    return first, x


def gradients_may_be_scalars(torch):
    x = leaf(torch)
    x.sum().backward(torch.tensor(2.0))
    return x


def variables(torch):
    x = torch.autograd.Variable(torch.ones(2), requires_grad=True)
    (x * 2).sum().backward()
    return x, isinstance(x, torch.Tensor), isinstance(torch.ones(1), torch.autograd.Variable)


VALUES = [
    unused_is_none, unused_is_zeros, one_input_without_a_list, several_outputs,
    gradients_are_weights, weights_may_be_differentiated, the_same_input_twice,
    an_output_as_input, backward_adds_up, backward_with_one_gradient, backward_to_a_nonleaf,
    backward_recorded, gradients_may_be_scalars, variables,
]  # fmt: skip


@pytest.mark.parametrize("body", VALUES, ids=lambda body: body.__name__)
def test_values(body):
    same_in_both(body)


GRAD_ERRORS = {
    "unused": lambda t: t.autograd.grad(leaf(t).sum(), leaf(t)),
    "unused second": lambda t: t.autograd.grad((x := leaf(t)).sum(), [x, leaf(t)]),
    "constant input": lambda t: t.autograd.grad(leaf(t).sum(), t.ones(2)),
    "constant output": lambda t: t.autograd.grad(t.ones(()), leaf(t)),
    "several elements": lambda t: t.autograd.grad((x := leaf(t)) * 2, x),
    "too few gradients": lambda t: t.autograd.grad([(x := leaf(t)) * 2, x * 3], x, [t.ones(3)]),
    "another shape": lambda t: t.autograd.grad((x := leaf(t)) * 2, x, t.ones(2)),
    "no tensor": lambda t: t.autograd.grad((x := leaf(t)) * 2, x, [3]),
    "materialize": lambda t: t.autograd.grad(
        (x := leaf(t)).sum(), x, allow_unused=False, materialize_grads=True
    ),
    "twice": lambda t: [t.autograd.grad(y, x) for x in [one(t)] for y in [x * x] for _ in "ab"],
    "backward several": lambda t: t.autograd.backward(leaf(t) * 2),
    "backward constant": lambda t: t.autograd.backward(t.ones(())),
    "backward no inputs": lambda t: t.autograd.backward(leaf(t).sum(), inputs=[]),
    "backward shape": lambda t: (leaf(t) * 2).backward(t.ones(2)),
    "backward second": lambda t: t.autograd.backward([leaf(t).sum(), t.ones(())]),
    "both names": lambda t: t.autograd.backward(
        leaf(t).sum(), grad_tensors=t.ones(()), grad_variables=t.ones(())
    ),
    "nothing at all": lambda t: t.autograd.grad([], []),
}


@pytest.mark.parametrize("name", GRAD_ERRORS)
@pytest.mark.filterwarnings("ignore:.*grad_variables.*")
def test_errors_of_grad_and_backward(name):
    same_error(GRAD_ERRORS[name])


# --------------------------------------------------------------------------- Function


def functions(torch):
    """Operators of a user's own."""

    class Square(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx, grad):
            (x,) = ctx.saved_tensors
            return 2 * x * grad

    class Pair(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, factor, y=None):
            ctx.factor = factor
            ctx.set_materialize_grads(False)
            return x * factor, y.clone(), x.argmax()

        @staticmethod
        def backward(ctx, to_first, to_second, to_third):
            seen = [g is None for g in (to_first, to_second, to_third)]
            Pair.seen = seen, ctx.needs_input_grad
            return None if to_first is None else to_first * ctx.factor, None, to_second

    class Later(torch.autograd.Function):
        @staticmethod
        def forward(x, y):
            return x.exp() * y

        @staticmethod
        def setup_context(ctx, inputs, output):
            ctx.save_for_backward(*inputs, output)

        @staticmethod
        def backward(ctx, grad):
            x, _, out = ctx.saved_tensors
            return grad * out, grad * x.exp()

    class Doubled(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.mark_dirty(x)
            return x.mul_(2)

        @staticmethod
        def backward(ctx, grad):
            return grad * 2

    class Shown(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            sign = x.sign()
            ctx.mark_non_differentiable(sign)
            return x * 2, sign

        @staticmethod
        def backward(ctx, grad, to_sign):
            Shown.seen = to_sign
            return grad * 2

    return types.SimpleNamespace(
        square=Square, pair=Pair, later=Later, doubled=Doubled, shown=Shown
    )


def saved_input(torch):
    square = functions(torch).square
    x = double(torch)
    y = square.apply(x)
    first = torch.autograd.grad(y.sum(), x, create_graph=True)
    return y, y.grad_fn.name(), *first, *torch.autograd.grad(first[0].sum(), x)


def several_results(torch):
    pair = functions(torch).pair
    x, y = leaf(torch), leaf(torch)
    a, b, c = pair.apply(x, 3.0, y)
    a.sum().backward()
    return x, y, a, b, c, *pair.seen


def own_setup(torch):
    later = functions(torch).later
    x, y = double(torch), double(torch)
    out = later.apply(x, y)
    grads = torch.autograd.grad(out.sum(), [x, y], create_graph=True)
    return out, grads, *torch.autograd.grad(grads[0].sum(), [x, y])


def dirty_input(torch):
    doubled = functions(torch).doubled
    x = leaf(torch)
    y = x * 1
    z = doubled.apply(y)
    z.sum().backward()
    return x, y, z is y, y._version


def non_differentiable_result(torch):
    shown = functions(torch).shown
    x = leaf(torch)
    y, sign = shown.apply(x)
    (y * sign).sum().backward()
    return x, sign, shown.seen


def without_recording(torch):
    square = functions(torch).square
    with torch.no_grad():
        inside = square.apply(leaf(torch))
    return inside, square.apply(torch.ones(2))


FUNCTIONS = [
    saved_input, several_results, own_setup, dirty_input, non_differentiable_result,
    without_recording,
]  # fmt: skip


@pytest.mark.parametrize("body", FUNCTIONS, ids=lambda body: body.__name__)
def test_functions(body):
    same_in_both(body)


def function_with(torch, backward, forward=None):
    methods = {
        "forward": staticmethod(forward or (lambda ctx, x, y: x * y)),
        "backward": staticmethod(backward),
    }
    return type("Mine", (torch.autograd.Function,), methods)


def run_function(torch, backward, forward=None):
    x, y = leaf(torch), leaf(torch)
    function_with(torch, backward, forward).apply(x, y).sum().backward()


FUNCTION_ERRORS = {
    "too few": lambda t: run_function(t, lambda ctx, g: (g,)),
    "too many": lambda t: run_function(t, lambda ctx, g: (g, g, g)),
    "shape": lambda t: run_function(t, lambda ctx, g: (g[:2], g)),
    "no tensor": lambda t: run_function(t, lambda ctx, g: (3, g)),
    "no backward": lambda t: (
        type("M", (t.autograd.Function,), {"forward": staticmethod(lambda ctx, x: x * 2)})
        .apply(leaf(t))
        .sum()
        .backward()
    ),
    "no forward": lambda t: type("M", (t.autograd.Function,), {}).apply(leaf(t)),
    "no result": lambda t: run_function(t, None, lambda ctx, x, y: None),
    "freed": lambda t: [
        y.backward() for y in [functions(t).square.apply(leaf(t)).sum()] for _ in "ab"
    ],
    "saved and changed": lambda t: [
        (x.detach().add_(1), y.sum().backward())
        for x in [leaf(t)]
        for y in [functions(t).square.apply(x)]
    ],
    "save a number": lambda t: run_function(
        t, None, lambda ctx, x, y: ctx.save_for_backward(3) or x
    ),
}


@pytest.mark.parametrize("name", FUNCTION_ERRORS)
def test_errors_of_functions(name):
    same_error(FUNCTION_ERRORS[name])


def test_once_differentiable():
    def body(torch):
        from importlib import import_module

        once = import_module(f"{torch.__name__}.autograd.function").once_differentiable
        x = double(torch)
        mine = function_with(torch, once(lambda ctx, g: (g * 2, g * 3)))
        return torch.autograd.grad(mine.apply(x, x).sum(), x)

    same_in_both(body)


# ------------------------------------------------------------------------ functional


def polynomial(x):
    return (x**3).sum()


FUNCTIONAL = {
    "jacobian": lambda api, t: api.jacobian(lambda x: x.exp() * x.sum(), double(t)),
    "jacobian of several": lambda api, t: api.jacobian(
        lambda x, y: (x * y.sum(), x.sum() + y), (double(t), double(t, 1.0, 2.0))
    ),
    "jacobian unused": lambda api, t: api.jacobian(lambda x, y: x * 2, (double(t), double(t))),
    "jacobian matrix": lambda api, t: api.jacobian(lambda x: x.t() @ x, double(t).reshape(3, 1)),
    "hessian": lambda api, t: api.hessian(polynomial, double(t)),
    "hessian of several": lambda api, t: api.hessian(
        lambda x, y: (x * y).sum() ** 2, (double(t), double(t))
    ),
    "vjp": lambda api, t: api.vjp(lambda x: x.exp(), double(t), double(t).detach()),
    "vjp of one": lambda api, t: api.vjp(polynomial, double(t)),
    "jvp": lambda api, t: api.jvp(lambda x: x.exp() * x.sum(), double(t), double(t).detach()),
    "jvp of several": lambda api, t: api.jvp(
        lambda x, y: (x * y, x + y), (double(t), double(t)), (t.ones(3).double(),) * 2
    ),
    "vhp": lambda api, t: api.vhp(polynomial, double(t), double(t).detach()),
    "hvp": lambda api, t: api.hvp(polynomial, double(t), double(t).detach()),
    "recorded": lambda api, t: t.autograd.grad(
        api.jacobian(lambda y: y**3, x := double(t), create_graph=True).sum(), x
    ),
}


@pytest.mark.parametrize("name", FUNCTIONAL)
def test_functional(name):
    same_in_both(lambda torch: FUNCTIONAL[name](torch.autograd.functional, torch))


FUNCTIONAL_ERRORS = {
    "no tensor": lambda api, t: api.jacobian(lambda x: x, 3.0),
    "no tensor inside": lambda api, t: api.jacobian(lambda x, y: x, (double(t), 3.0)),
    "no tensor comes": lambda api, t: api.jacobian(lambda x: 3.0, double(t)),
    "v missing": lambda api, t: api.vjp(lambda x: x, double(t)),
    "v of another shape": lambda api, t: api.vjp(lambda x: x, double(t), t.ones(2)),
    "jvp without v": lambda api, t: api.jvp(lambda x: x, double(t)),
    "hessian of several": lambda api, t: api.hessian(lambda x: x, double(t)),
    "strict output": lambda api, t: api.jacobian(lambda x: t.ones(2), double(t), strict=True),
    "strict input": lambda api, t: api.jacobian(lambda x, y: x, (double(t),) * 2, strict=True),
    "strict vjp": lambda api, t: api.vjp(lambda x: t.ones(3), double(t), t.ones(3), strict=True),
    "vhp several": lambda api, t: api.vhp(lambda x: x, double(t), double(t)),
}


@pytest.mark.parametrize("name", FUNCTIONAL_ERRORS)
def test_errors_of_functional(name):
    same_error(lambda torch: FUNCTIONAL_ERRORS[name](torch.autograd.functional, torch))


# ----------------------------------------------------------------- gradcheck, anomalies


def wrong(torch):
    return function_with(torch, lambda ctx, g: (g, g)).apply


CHECKS = {
    "right": lambda t: t.autograd.gradcheck(lambda x: x.exp() * x, (double(t),)),
    "several": lambda t: t.autograd.gradcheck(lambda x, y: (x * y, x - y), (double(t),) * 2),
    "with constants": lambda t: t.autograd.gradcheck(t.mul, (double(t), double(t).detach())),
    "one input": lambda t: t.autograd.gradcheck(t.sin, double(t)),
    "second": lambda t: t.autograd.gradgradcheck(lambda x: (x**3).sin(), (double(t),)),
    "wrong": lambda t: t.autograd.gradcheck(
        wrong(t), (double(t), double(t)), raise_exception=False
    ),
    "wrong second": lambda t: t.autograd.gradgradcheck(
        lambda x: wrong(t)(x, x.detach()).pow(2), (double(t),), raise_exception=False
    ),
}


@pytest.mark.parametrize("name", CHECKS)
def test_gradcheck(name):
    same_in_both(CHECKS[name])


CHECK_ERRORS = {
    "nothing to check": lambda t: t.autograd.gradcheck(t.sin, (t.ones(2),)),
    "a changed input": lambda t: t.autograd.gradcheck(lambda x: x.argmax(), (double(t),)),
}


def first_words(torch):
    try:
        torch.autograd.gradcheck(wrong(torch), (double(torch), double(torch)))
    except RuntimeError as error:
        return type(error).__name__, str(error).split("\n")[0]


def test_errors_of_gradcheck():
    same_error(CHECK_ERRORS["nothing to check"])
    same_in_both(first_words)


def test_gradcheck_warns_of_single_precision():
    for torch in (ff, __import__("torch")):
        with pytest.warns(UserWarning, match="Input #0 requires gradient and is not a double"):
            torch.autograd.gradcheck(torch.sin, (leaf(torch),), eps=1e-3, atol=1e-2)


def nan_in_backward(torch):
    x = leaf(torch, 0.0, 1.0)
    with torch.autograd.set_detect_anomaly(True):
        (x.sqrt() * 0).sum().backward()


def nan_in_a_block(torch):
    x = leaf(torch, -1.0, 1.0)
    with torch.autograd.detect_anomaly():
        torch.log(x).sqrt().sum().backward()


def test_anomaly_mode():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        same_error(nan_in_backward)
        same_error(nan_in_a_block)


def test_anomaly_mode_ends():
    def body(torch):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with torch.autograd.detect_anomaly():
                x = leaf(torch, 0.25)
                x.sqrt().sum().backward()
        y = leaf(torch, 0.0)
        (y.sqrt() * 0).sum().backward()
        return x, y

    same_in_both(body)


def warned_words(torch):
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        with torch.autograd.detect_anomaly():
            pass
        torch.autograd.Function()
    names = [(w.category.__name__, str(w.message).split("> ")[-1]) for w in seen]
    return [name for name in names if "Error detected" not in name[1]]


def test_warnings():
    same_in_both(warned_words)
