"""`einsum` of random equations, its other forms and its complaints; products beside it."""

import random

import pytest
import torch

import minitorch_ff as ff
from compat_tests.worlds import same_error, same_in_both

pytestmark = pytest.mark.filterwarnings("ignore:Using torch.cross without:UserWarning")


def equations(count):
    """Equations, right and wrong, and shapes that mostly fit them."""
    draw = random.Random(0)
    for _ in range(count):
        sizes = {letter: draw.choice((1, 2, 3)) for letter in "abcdX"}
        covered, parts, shapes = [draw.choice((1, 2, 3)) for _ in range(2)], [], []
        for _ in range(draw.choice((1, 1, 2, 2, 3))):
            labels = [draw.choice("abcdX") for _ in range(draw.randint(0, 3))]
            shape = [sizes[label] if draw.random() < 0.9 else 1 for label in labels]
            if draw.random() < 0.3:
                place, dims = draw.randint(0, len(labels)), draw.randint(0, 2)
                labels.insert(place, "...")
                shape[place:place] = covered[2 - dims :]
            if draw.random() < 0.05:
                labels.append(draw.choice(".1,-Z "))
            parts.append("".join(labels))
            shapes.append(shape)
        equation = ",".join(parts)
        if draw.random() < 0.7:
            output = [letter for letter in "abcdX" if draw.random() < 0.4]
            draw.shuffle(output)
            if draw.random() < 0.4:
                output.insert(draw.randint(0, len(output)), "...")
            equation += "->" + "".join(output)
        yield equation, shapes


def outcome(world, equation, shapes):
    """The result, the gradients and the node's name, or the error."""
    world.manual_seed(0)
    operands = [world.randn(shape, dtype=world.float64, requires_grad=True) for shape in shapes]
    try:
        y = world.einsum(equation, *operands)
        (y * y).sum().backward()
    except Exception as error:
        return type(error).__name__, str(error)
    values = [y.detach(), *[x.grad for x in operands if x.grad is not None]]
    return y.grad_fn.name(), [torch.tensor(value.tolist()) for value in values]


def test_random_equations():
    errors = 0
    for equation, shapes in equations(600):
        ours, theirs = (outcome(world, equation, shapes) for world in (ff, torch))
        assert ours[0] == theirs[0], equation
        if isinstance(theirs[1], str):
            assert ours[1] == theirs[1], equation
            errors += 1
        else:
            assert [x.shape for x in ours[1]] == [x.shape for x in theirs[1]], equation
            torch.testing.assert_close(ours[1], theirs[1])
    assert 60 < errors < 400


def test_other_forms():
    def body(w):
        a, b, m = w.randn(2, 3), w.randn(3, 4), w.randn(2, 3, 3, requires_grad=True)
        (slope,) = w.autograd.grad(w.einsum("bij,bjk->bi", m, m).sum(), m, create_graph=True)
        (w.einsum("bij,bij->", slope, slope)).backward()
        flags = w.tensor([True, False])
        return [
            w.einsum("ij,jk", [a, b]), w.einsum(" i j , j k -> k i", a, b),
            w.einsum(a, [0, 1], b, [1, 40]), w.einsum(a, [..., 1], b, [1, 2], [2, ...]),
            w.einsum("ij->ji", a)._is_view(), w.einsum("ij->ij", a).data_ptr() == a.data_ptr(),
            w.einsum("i,j->ij", flags, flags), w.einsum("i,j->ij", flags, a[0]), m,
            w.einsum("ij,jk", w.zeros(2, 0), w.zeros(0, 3)),
            w.einsum("ij,jk", w.zeros(2, 0), w.ones(1, 3)), w.einsum(",", a[0, 0], a[0, 1]),
        ]  # fmt: skip

    same_in_both(body, tolerance=(1e-5, 1e-5))


@pytest.mark.parametrize(
    "call",
    [
        lambda w, a: w.einsum("ij"),
        lambda w, a: w.einsum("ij", []),
        lambda w, a: w.einsum(3, a),
        lambda w, a: w.einsum("ij,jk", a, "x"),
        lambda w, a: w.einsum(a, [0, 52]),
        lambda w, a: w.einsum("ij->i.", a),
        lambda w, a: w.einsum("ij,kj->ik", a, a.double()),
        lambda w, a: w.einsum("ij,kj->ik", a > 0, a > 0),
        lambda w, a: w.cross(a, a),
        lambda w, a: w.cross(a, a, dim=1),
        lambda w, a: w.cross(w.ones(3), w.ones(3, dtype=w.float64), dim=0),
        lambda w, a: w.kron(a, 3),
        lambda w, a: w.matrix_exp(a),
        lambda w, a: w.matrix_exp(w.ones(2, 2, dtype=w.int64)),
    ],
)
def test_complaints(call):
    same_error(lambda w: call(w, w.ones(2, 4)))


def test_switches():
    def body(w):
        switches = w.backends.opt_einsum
        return [switches.is_available(), switches.enabled, switches.set_flags()]

    if torch.backends.opt_einsum.is_available():
        pytest.skip("PyTorch has found opt_einsum")
    same_in_both(body)
    with pytest.raises(ValueError, match="not available"):
        ff.backends.opt_einsum.set_flags(_strategy="greedy")


@pytest.mark.parametrize("size", [1e-3, 1.0, 30.0])
def test_matrix_exponentials(size):
    def body(w):
        a = w.randn(3, 4, 4, dtype=w.float64) * w.tensor([1e-2, 1.0, 2.0])[:, None, None] * size
        a.requires_grad_()
        y = w.matrix_exp(a)
        (slope,) = w.autograd.grad((y / y.detach().abs().max()).sum(), a, create_graph=True)
        (slope.square().sum() / slope.detach().abs().max()).backward()
        return (
            y,
            slope,
            a,
            w.matrix_exp(a.detach().float()[0]),
            w.matrix_exp(a[:0]),
            y.grad_fn.name(),
        )

    same_in_both(body, tolerance=(1e-5, 1e-6))


def test_old_cross_product(monkeypatch):
    def body(w):
        return w.cross(w.randn(2, 3, 4), w.randn(1, 3, 4)), w.randn(4, 3).cross(w.randn(4, 3), 1)

    same_in_both(body)
    monkeypatch.setattr("minitorch_ff._checks._WARNED", set())
    with pytest.warns(UserWarning, match="without specifying the dim"):
        ff.cross(ff.ones(3), ff.ones(3))
