"""Every distribution: the same draws, densities, moments, gradients and texts as PyTorch's."""

import pytest

from compat_tests.distributions.table import ROWS, made, name_of
from compat_tests.worlds import same_in_both

CLOSE = (2e-5, 2e-6)
rows = pytest.mark.parametrize("row", ROWS, ids=name_of)
dtypes = pytest.mark.parametrize("dtype", ["float32", "float64"])
MOMENTS = ("mean", "mode", "variance", "stddev")
LACKING = {"Gamma.cdf": "it needs the incomplete gamma function", "Chi2.cdf": "likewise"}


def attempted(function):
    """What a function returns, or the exception's name if it is not to be had."""
    try:
        return function()
    except NotImplementedError:
        return "NotImplementedError"


def gradients(torch, value, leaves):
    """Of a weighted sum, by each leaf; None where there is none."""
    if not value.requires_grad:
        return "no gradient"
    weights = torch.arange(1.0, value.numel() + 1, dtype=value.dtype).reshape(value.shape)
    total = (value * weights).sum()
    found = torch.autograd.grad(total, leaves, allow_unused=True, retain_graph=True)
    return [("none" if g is None else g) for g in found]


@rows
@dtypes
def test_description(row, dtype):
    def body(torch):
        distribution, _ = made(torch, row, dtype)
        kind = type(distribution)
        constraints = {name: repr(c) for name, c in distribution.arg_constraints.items()}
        return {
            "text": repr(distribution),
            "support": repr(distribution.support),
            "at the class": torch.distributions.constraints.is_dependent(kind.support),
            "constraints": constraints,
            "shapes": (distribution.batch_shape, distribution.event_shape),
            "has": (distribution.has_rsample, distribution.has_enumerate_support),
            "text when used": (distribution.entropy, repr(distribution))[1],
        }

    same_in_both(body)


@rows
@dtypes
def test_moments(row, dtype):
    def body(torch):
        distribution, leaves = made(torch, row, dtype)
        values = {name: attempted(lambda n=name: getattr(distribution, n)) for name in MOMENTS}
        values["entropy"] = attempted(distribution.entropy)
        values["perplexity"] = attempted(distribution.perplexity)
        values["gradients"] = {
            name: gradients(torch, value, leaves)
            for name, value in values.items()
            if isinstance(value, torch.Tensor) and name not in ("stddev", "perplexity")
        }
        return values

    same_in_both(body, (1e-4, 2e-6))


@rows
@dtypes
@pytest.mark.parametrize("shape", [(), (3,), (2, 20)], ids=str)
def test_draws(row, dtype, shape):
    def body(torch):
        distribution, _ = made(torch, row, dtype)
        drawn = distribution.sample(shape)
        state = torch.get_rng_state()
        probabilities = attempted(lambda: distribution.log_prob(drawn))
        return drawn, state, probabilities

    same_in_both(body, CLOSE, seed=7)


@rows
@dtypes
def test_differentiable_draws(row, dtype):
    def body(torch):
        distribution, leaves = made(torch, row, dtype)
        drawn = attempted(lambda: distribution.rsample((4,)))
        if isinstance(drawn, str):
            return drawn
        return drawn, torch.get_rng_state(), gradients(torch, drawn, leaves)

    # PyTorch sums a Dirichlet draw's series in float32, which costs it digits
    tolerance = (1e-3, 1e-5) if row[0] in ("Beta", "Dirichlet") else CLOSE
    same_in_both(body, tolerance, seed=3)


@rows
@dtypes
def test_densities(row, dtype):
    def body(torch):
        distribution, leaves = made(torch, row, dtype)
        value = distribution.sample((5,)).detach().requires_grad_(distribution.has_rsample)
        result = distribution.log_prob(value)
        wanted = [*leaves, value] if value.requires_grad else leaves
        return result, gradients(torch, result, wanted)

    same_in_both(body, (1e-4, 1e-5), seed=5)


@rows
def test_distribution_functions(row):
    def body(torch):
        distribution, leaves = made(torch, row, "float64")
        value = distribution.sample((3,))
        shape = distribution.batch_shape + distribution.event_shape
        levels = torch.linspace(0.1, 0.9, 3, dtype=torch.float64)
        levels = levels.reshape((3,) + (1,) * len(shape)).expand((3, *shape)).contiguous()
        results = [attempted(lambda: distribution.icdf(levels))]
        if f"{row[0]}.cdf" not in LACKING:
            results.append(attempted(lambda: distribution.cdf(value)))
        return [(r if isinstance(r, str) else (r, gradients(torch, r, leaves))) for r in results]

    same_in_both(body, CLOSE, seed=5)


@rows
def test_supports_enumerated(row):
    def body(torch):
        distribution, _ = made(torch, row)
        return [
            attempted(lambda e=expand: distribution.enumerate_support(e))
            for expand in (True, False)
        ]

    same_in_both(body)


@rows
def test_expanded(row):
    def body(torch):
        distribution, _ = made(torch, row)
        larger = distribution.expand((2, *distribution.batch_shape))
        drawn = larger.sample((2,))
        return {
            "text": repr(larger),
            "shapes": (larger.batch_shape, larger.event_shape),
            "type": type(larger).__name__,
            "draws": drawn,
            "state": torch.get_rng_state(),
            "densities": larger.log_prob(drawn),
            "mean": attempted(lambda: larger.mean),
        }

    same_in_both(body, CLOSE, seed=11)


@rows
def test_unchecked(row):
    """`validate_args=False` takes anything; what comes out is the formula's."""

    def body(torch):
        distribution, _ = made(torch, (row[0], {**row[1], "validate_args": False}))
        shape = distribution.batch_shape + distribution.event_shape
        return distribution.log_prob(torch.full((2, *shape), 0.25))

    if row[0] in ("Categorical", "OneHotCategorical", "OneHotCategoricalStraightThrough"):
        pytest.skip("a fraction is no category, whatever is checked")
    same_in_both(body, CLOSE)
