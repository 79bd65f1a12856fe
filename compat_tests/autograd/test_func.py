"""`torch.func`: the same derivatives, structures, texts and errors as PyTorch's."""

import collections

import pytest

import minitorch_ff as ff
from compat_tests.worlds import same_error, same_in_both

CLOSE = (1e-5, 1e-6)
Pair = collections.namedtuple("Pair", "first second")


def cube(x):
    return (x**3).sum()


CASES = {
    "grad": lambda f, x, w, t: f.grad(cube)(x),
    "grad twice": lambda f, x, w, t: f.grad(f.grad(lambda x: x**3))(x[0]),
    "grad thrice": lambda f, x, w, t: f.grad(f.grad(f.grad(t.exp)))(x[0]),
    "by the last": lambda f, x, w, t: f.grad(lambda a, b: (a * b).sum(), argnums=-1)(x, x + 5),
    "by both": lambda f, x, w, t: f.grad(lambda a, b: (a * b * b).sum(), (1, 0))(x, x + 5),
    "by one of a tuple": lambda f, x, w, t: f.grad(cube, argnums=(0,))(x),
    "with keywords": lambda f, x, w, t: f.grad(lambda x, s=1: (x * s).sum())(x, s=3),
    "aux": lambda f, x, w, t: f.grad(lambda x: (x.sum(), {"twice": x * 2}), has_aux=True)(x),
    "value": lambda f, x, w, t: f.grad_and_value(cube)(x),
    "value and aux": lambda f, x, w, t: f.grad_and_value(lambda x: (x.sum(), x), has_aux=True)(x),
    "trees": lambda f, x, w, t: f.grad(lambda d: (d["a"] * d["b"][0]).sum())(
        {"a": x, "b": [x + 1, x]}
    ),
    "named tuples": lambda f, x, w, t: f.grad(lambda p: (p.first * p.second).sum())(Pair(x, x + 1)),
    "unused": lambda f, x, w, t: f.grad(lambda x: t.tensor(3.0))(x),
    "outer parameter": lambda f, x, w, t: f.grad(lambda x: (x * w).sum())(x),
    "outer argument": lambda f, x, w, t: f.grad(cube)(w),
    "outer value": lambda f, x, w, t: f.grad_and_value(lambda x: (x * w).sum())(x),
    "inner detached": lambda f, x, w, t: f.grad(lambda x: (x.detach() * x).sum())(x),
    "vjp": lambda f, x, w, t: f.vjp(cube, x)[1](t.tensor(2.0)),
    "vjp of many": lambda f, x, w, t: f.vjp(lambda a, b: (a * b, a + b), x, x)[1]((x, x)),
    "vjp value": lambda f, x, w, t: f.vjp(lambda a: {"o": a * 2}, x)[0],
    "vjp of trees": lambda f, x, w, t: f.vjp(lambda d: d["a"] * 2, {"a": x})[1](x),
    "vjp aux": lambda f, x, w, t: f.vjp(lambda a: (a * 2, a), x, has_aux=True)[::2],
    "vjp outer": lambda f, x, w, t: f.vjp(lambda a: a * w, x)[1](x),
    "jacrev": lambda f, x, w, t: f.jacrev(lambda x: x**2)(x),
    "jacrev of many": lambda f, x, w, t: f.jacrev(lambda a, b: (a * b, a.sum()), (0, 1))(x, x),
    "jacrev of trees": lambda f, x, w, t: f.jacrev(lambda d: {"o": d["a"] * 2})({"a": x}),
    "jacrev aux": lambda f, x, w, t: f.jacrev(lambda x: (x**2, x), has_aux=True)(x),
    "jacrev outer": lambda f, x, w, t: f.jacrev(lambda x: w * x)(x),
    "jacrev unused": lambda f, x, w, t: f.jacrev(lambda x: t.ones(2, 3))(x),
    "hessian": lambda f, x, w, t: f.hessian(cube)(x),
    "hessian of many": lambda f, x, w, t: f.hessian(lambda a, b: (a * b).sum(), (0, 1))(x, x),
    "hessian of a vector": lambda f, x, w, t: f.hessian(lambda x: x**3)(x),
    "gradient of a Jacobian": lambda f, x, w, t: f.grad(
        lambda x: f.jacrev(lambda y: y**3)(x).sum()
    )(x),
}
REFUSED = {
    "vector": lambda f, x, t: f.grad(lambda x: x)(x),
    "number": lambda f, x, t: f.grad(lambda x: 3.0)(x),
    "tuple": lambda f, x, t: f.grad(lambda x: (x.sum(),))(x),
    "no aux": lambda f, x, t: f.grad(lambda x: x.sum(), has_aux=True)(x),
    "argument": lambda f, x, t: f.grad(cube, argnums=1)(x),
    "repeated": lambda f, x, t: f.grad(cube, argnums=(0, 0))(x),
    "none": lambda f, x, t: f.grad(cube, argnums=())(x),
    "kind": lambda f, x, t: f.grad(cube, argnums=1.0)(x),
    "no tensor": lambda f, x, t: f.grad(cube)(3.0),
    "no tensor inside": lambda f, x, t: f.grad(lambda d: d["a"].sum())({"a": x, "b": 3}),
    "integers": lambda f, x, t: f.grad(cube)(t.tensor([1, 2])),
    "structure": lambda f, x, t: f.vjp(lambda a, b: (a * b, a + b), x, x)[1](x),
    "shape": lambda f, x, t: f.vjp(lambda a: a * 2, x)[1](t.tensor(1.0)),
    "vjp number": lambda f, x, t: f.vjp(lambda a: 3, x),
    "jacrev number": lambda f, x, t: f.jacrev(lambda a: 3.0)(x),
    "jacrev of a number": lambda f, x, t: f.jacrev(lambda a: a)(3.0),
    "chunks": lambda f, x, t: f.jacrev(cube, chunk_size=0),
}


@pytest.mark.parametrize("name", CASES)
def test_derivatives(name):
    def body(torch):
        x = torch.tensor([0.5, -1.5])
        w = torch.tensor([2.0, 3.0], requires_grad=True)
        result = CASES[name](torch.func, x, w, torch)
        with torch.no_grad():
            quiet = CASES[name](torch.func, x, w, torch)
        return result, quiet

    same_in_both(body, CLOSE)


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    same_error(lambda torch: REFUSED[name](torch.func, torch.tensor([1.0, 2.0]), torch))


def test_outer_graph():
    """Derivatives are differentiable by whatever stands outside, as far as one likes."""

    def body(torch):
        w = torch.tensor([2.0, 3.0], requires_grad=True)
        x = torch.tensor([0.5, -1.5], requires_grad=True)
        inner = torch.func.grad(lambda x: (x**3 * w).sum())(x)
        inner.square().sum().backward()
        return w, x, inner

    same_in_both(body, CLOSE)


def test_modules():
    """The idiom: a module's loss as a function of a dictionary of its parameters."""

    def body(torch):
        net = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Tanh(), torch.nn.Linear(3, 1))
        parameters = {name: p.detach() for name, p in net.named_parameters()}
        x, y = torch.randn(5, 2), torch.randn(5, 1)

        def loss(parameters, x, y):
            return torch.func.functional_call(net, parameters, (x,)).sub(y).square().mean()

        for _ in range(3):
            slopes, value = torch.func.grad_and_value(loss)(parameters, x, y)
            parameters = {name: p - 0.1 * slopes[name] for name, p in parameters.items()}
        untouched = [p.grad is None for p in net.parameters()]
        curvature = torch.func.hessian(loss)({"0.bias": parameters["0.bias"]}, x, y)
        return parameters, value, untouched, curvature

    same_in_both(body, CLOSE)


@pytest.mark.parametrize("name", ["vmap", "jvp", "jacfwd"])
def test_what_is_not_there_says_what_to_use(name):
    with pytest.raises(NotImplementedError, match=rf"torch\.func\.{name} .*(use|take) torch"):
        getattr(ff.func, name)(cube, (), ())
