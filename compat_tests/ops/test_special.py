"""Special functions and logarithms, on grids that reach into their corners."""

import pytest

from compat_tests.ops.expressions import listed, same_text
from compat_tests.worlds import same_in_both

NAMES = """
    erf erfc erfinv lgamma digamma i0 sinc logit log10 log1p expm1 sigmoid round sign
    nan_to_num special.erfcx special.entr special.i0e special.i1 special.i1e
    special.log_ndtr special.ndtr special.ndtri
""".split()


def function(torch, name):
    for part in name.split("."):
        torch = getattr(torch, part)
    return torch


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64"])
@pytest.mark.parametrize("name", NAMES)
def test_values(name, dtype):
    def body(torch):
        if dtype == "int64":
            return function(torch, name)(torch.arange(-5, 40))
        coarse, fine = torch.arange(-72.0, 97.0) / 8, torch.arange(-80.0, 81.0) / 64
        ends = torch.tensor([-0.0, 1e-20, 1e4, float("inf"), float("nan")])
        x = torch.cat([coarse, fine, ends])
        return function(torch, name)(x.to(getattr(torch, dtype)))

    same_in_both(body, (1e-10, 1e-13) if dtype == "float64" else (2e-6, 1e-7))


@pytest.mark.parametrize("name", ["erf", "erfc", "special.log_ndtr", "lgamma", "digamma"])
def test_third_derivatives(name):
    def body(torch):
        x = torch.linspace(0.3, 3, 11, dtype=torch.float64, requires_grad=True)
        y = function(torch, name)(x)
        for _ in range(3):
            (y,) = torch.autograd.grad(y.sum(), x, create_graph=True)
        return y.detach()

    same_in_both(body, (1e-7, 1e-7))


@pytest.mark.parametrize(
    "expression",
    listed(
        """
        torch.log10(torch.tensor([1.0, 100.0, 1e30]))
        torch.xlogy(w, v); torch.xlogy(2, v); torch.xlogy(w, 2)
        torch.special.xlog1py(w, 2); torch.logit(w, eps=0.1); torch.logit(w, 0.1)
        torch.logaddexp(w, d); torch.atan2(i, w); torch.round(x, decimals=-1)
        torch.round(w, decimals=1); torch.round(w); torch.fix(w); torch.frexp(w)
        torch.copysign(w, -1); torch.ldexp(w, i); torch.sgn(w)
        torch.heaviside(w, v); torch.angle(w); torch.real(w) is w
        """
    ),
)
def test_text(expression):
    same_text(expression)
