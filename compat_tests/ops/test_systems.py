"""`torch.linalg` where it fails or not, `histogram`, reduced scatters: texts and errors."""

import pytest

import minitorch_ff as ff
from compat_tests.ops.expressions import listed
from compat_tests.worlds import same_error, same_in_both


def names(world) -> dict:
    """`A` has an inverse, `S` has none, `N` is symmetric but not positive."""
    tensor = world.tensor
    matrices = {
        "A": tensor([[2.0, 1.0], [1.0, 2.0]]),
        "S": tensor([[1.0, 2.0], [2.0, 4.0]]),
        "N": tensor([[4.0, 2.0], [2.0, -1.0]]),
        "M": tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 7.0]], dtype=world.float64),
        "B": world.arange(6.0, dtype=world.float64).reshape(3, 2),
    }
    return matrices | {
        "torch": world,
        "L": world.linalg,
        "inf": float("inf"),
        "nan": float("nan"),
        "x": tensor([1.0, 2.0, 2.0, 5.0]),
        "points": tensor([[0.0, 1.0], [1.0, 0.0], [2.0, 0.0], [2.0, 2.0]]),
        "index": tensor([[0, 1, 0]]),
        "rows": world.arange(6.0).reshape(2, 3),
        "both": world.stack([matrices["A"], matrices["S"]]),
    }


@pytest.mark.parametrize(
    "expression",
    listed(
        """
        L.cholesky_ex(A); L.cholesky_ex(A, upper=True); L.cholesky_ex(torch.stack([A, N])).info
        L.inv_ex(A); L.inv_ex(S).info; L.inv_ex(both).inverse[0]; L.solve_ex(A, torch.ones(2))
        L.solve_ex(both, torch.ones(2, 2, 1)).result[0]; L.solve_ex(both, torch.ones(2)).info
        [L.cond(A, p) for p in (None, 2, -2, 1, -1, inf, "fro", "nuc")]; L.cond(S, "fro")
        L.cond(torch.ones(0, 0)); L.cond(torch.ones(3, 0, 0), "nuc"); L.cond(torch.zeros(2, 2))
        [L.lstsq(M, B, driver=d).residuals.shape for d in ("gels", "gelsy", "gelsd", "gelss")]
        [L.lstsq(M, B, driver=d).rank for d in ("gels", "gelsy", "gelsd", "gelss")]
        L.lstsq(M, B, driver="gelsd").singular_values; L.lstsq(M, torch.ones(3).double()).solution
        L.lstsq(torch.stack([M, M]), torch.ones(2, 3).double()).solution
        torch.vander(x); torch.vander(x, 2, increasing=True); torch.vander(x, 0); L.vander(x)
        L.vander(torch.ones(2, 2), N=3); L.vander(torch.tensor(3), N=2)
        torch.histogram(x, 4); torch.histogram(torch.ones(3), 2); torch.histogram(torch.ones(0), 2)
        torch.histogram(x, torch.tensor([1.0, 2.0, 5.0]), density=True)
        torch.histogram(x, 3, range=(0.0, 3.0), weight=torch.arange(4.0))
        torch.histogram(torch.tensor([1.0, nan, 2.0]), 3, range=(0.0, 3.0))
        torch.histogramdd(points, [2, 3]); torch.histogramdd(points, 3, density=True)
        torch.histogramdd(points, (x[:3] - 1, x[1:]), weight=torch.arange(4.0))
        torch.histogramdd(points, [2, 3], range=[0.0, 1.0, 0.0, 1.0])
        rows.scatter_reduce(0, index, rows[:1], "mean"); rows.scatter_reduce(0, index, rows, "amax")
        rows.int().scatter_reduce(0, index, rows.int() - 7, "mean")
        rows.scatter_reduce(0, index, rows - 9, "amin", include_self=False)
        x.scatter_reduce(0, index[0], torch.tensor([nan, inf, 1.0]), "amax")
        torch.tensor(2.0).scatter_reduce(0, index[0, :1], torch.ones(1), "prod")
        torch.scatter(x, 0, index[0] * 0, torch.full((3,), 2.0), reduce="multiply")
        torch.scatter(x.requires_grad_(), 0, index[0], 2.0, reduce="add").requires_grad
        torch.scatter_reduce(x.requires_grad_(), 0, index[0], x, "amax")
        torch.exp_(x[:2]); torch.detach(x)
        """
    ),
)
@pytest.mark.filterwarnings("ignore:The reduce argument of torch.scatter")
def test_text(expression):
    same_in_both(lambda world: repr(eval(expression, names(world))))


@pytest.mark.parametrize(
    "expression",
    listed(
        """
        L.cholesky_ex(N, check_errors=True); L.inv_ex(S, check_errors=True)
        L.inv_ex(both, check_errors=True); L.solve_ex(S, torch.ones(2), check_errors=True)
        L.cond(A, 3); L.cond(torch.ones(2, 3), 1); L.cond(torch.ones(2))
        L.lstsq(M, B, driver="x"); L.lstsq(M, B[:2]); L.lstsq(M, B.float()); L.lstsq(M[0], B)
        L.lstsq(M.int(), B.int()); L.lstsq(M, torch.tensor(1.0).double())
        torch.vander(A); torch.vander(x, -1); L.vander(x, N=1); L.vander(x > 1)
        torch.cholesky_solve(x, A); torch.cholesky_solve(M, A.double())
        torch.cholesky_solve(A, rows); torch.pdist(x); torch.pdist(A, -1); torch.pdist(A.int())
        torch.histogram(x, 0); torch.histogram(x, 3, range=(3.0, 0.0)); torch.histogram(x.int(), 3)
        torch.histogram(x, A); torch.histogram(x, x[:1]); torch.histogram(x, x.double())
        torch.histogram(x, 3, weight=x[:2]); torch.histogram(x, 3, weight=x.double())
        torch.histogram(x * nan, 3); torch.histogramdd(points, [2]); torch.histogramdd(x, [2])
        torch.histogramdd(points, (x,)); torch.histogramdd(points, [2, 3], range=[0.0, 1.0])
        rows.scatter_reduce(0, index, rows, "foo"); rows.scatter_reduce(0, index, 1.0, "sum")
        rows.scatter_reduce(0, index, rows.double(), "sum")
        rows.scatter(0, index, rows, reduce="foo")
        torch.scatter(x.requires_grad_(), 0, index[0], 2.0, reduce="add").sum().backward()
        rows.index_reduce(0, index[0, :2], rows, "sum"); rows.index_reduce(0, index, rows, "prod")
        rows.index_reduce(0, index[0, :2] + 5, rows, "prod")
        rows.index_reduce(0, x[:2], rows, "prod"); rows.index_reduce(0, index[0], rows, "prod")
        rows.index_reduce(0, index[0, :2], rows.double(), "prod")
        rows.index_reduce(0, index[0, :2], A, "prod")
        """
    ),
)
@pytest.mark.filterwarnings("ignore:index_reduce:UserWarning")
@pytest.mark.filterwarnings("ignore:The reduce argument of torch.scatter")
def test_errors(expression):
    same_error(lambda world: eval(expression, names(world)))


def test_what_fails_is_not_a_number():
    """PyTorch leaves there what LAPACK had come to."""
    found = ff.linalg.inv_ex(names(ff)["both"])
    assert found.inverse.isnan().tolist() == [[[False] * 2] * 2, [[True] * 2] * 2]
    assert found.info.tolist() == [0, 2]


def test_second_gradient_of_a_product_with_zeros():
    def body(world):
        x = world.tensor([1.0, 2.0], requires_grad=True)
        source = world.tensor([0.0, 0.0, 2.0], requires_grad=True)
        y = x.scatter_reduce(0, world.tensor([0, 0, 1]), source, "prod")
        (gradient,) = world.autograd.grad(y.sum(), source, create_graph=True)
        gradient.sum().backward()

    same_error(body)


@pytest.mark.parametrize("hard", [False, True])
def test_gumbel_softmax(hard):
    def body(world):
        world.manual_seed(0)
        x = world.randn(3, 4).requires_grad_()
        y = world.nn.functional.gumbel_softmax(x, tau=0.5, hard=hard)
        (y * world.arange(4.0)).sum().backward()
        return y, x.grad

    same_in_both(body)
