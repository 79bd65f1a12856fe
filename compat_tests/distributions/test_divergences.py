"""Divergences between two distributions, for all pairs that have a formula or are infinite."""

import pytest

from compat_tests.distributions.table import leaves
from compat_tests.distributions.test_distributions import attempted, gradients
from compat_tests.worlds import same_error, same_in_both

CLOSE = (1e-4, 1e-5)
PAIRS = {
    "Bernoulli": ({"probs": [0.0, 0.3, 1.0, 0.5]}, {"probs": [0.5, 0.6, 0.2, 1.0]}),
    "Beta": ({"concentration1": [1.5, 2.0], "concentration0": 3.0},
             {"concentration1": 0.7, "concentration0": [1.0, 4.0]}),
    "Binomial": ({"total_count": 5, "probs": [0.3, 0.8]}, {"total_count": 5, "probs": [0.5, 0.1]}),
    "Categorical": ({"probs": [0.2, 0.5, 0.3]}, {"logits": [0.3, -1.0, 2.0]}),
    "Cauchy": ({"loc": [0.0, 1.0], "scale": 2.0}, {"loc": 0.5, "scale": [1.0, 3.0]}),
    "Chi2": ({"df": [3.0, 4.0]}, {"df": [5.0, 1.0]}),
    "Dirichlet": ({"concentration": [0.5, 2.0]}, {"concentration": [[1.5, 3.0], [1.0, 1.0]]}),
    "Exponential": ({"rate": [0.5, 2.0]}, {"rate": [1.5, 0.3]}),
    "Gamma": ({"concentration": [0.5, 2.0], "rate": 1.5}, {"concentration": 3.0, "rate": [2.0, 1]}),
    "Geometric": ({"probs": [0.2, 0.5]}, {"probs": [0.3, 0.9]}),
    "Gumbel": ({"loc": [0.0, 1.0], "scale": 2.0}, {"loc": 0.5, "scale": [1.0, 3.0]}),
    "HalfNormal": ({"scale": [0.5, 2.0]}, {"scale": [1.5, 0.3]}),
    "Laplace": ({"loc": [0.0, 1.0], "scale": 2.0}, {"loc": 0.5, "scale": [1.0, 3.0]}),
    "LogNormal": ({"loc": [0.0, 1.0], "scale": 2.0}, {"loc": 0.5, "scale": [1.0, 3.0]}),
    "MultivariateNormal": (
        {"loc": [[0.5, 1.0]] * 3, "scale_tril": [[1.5, 0.0], [-0.4, 0.8]]},
        {"loc": [0.0, 0.0], "covariance_matrix": [[2.0, 0.3], [0.3, 1.0]]},
    ),
    "Normal": ({"loc": [0.0, 1.0], "scale": 2.0}, {"loc": 0.5, "scale": [1.0, 3.0]}),
    "OneHotCategorical": ({"probs": [0.2, 0.8, 0.0]}, {"probs": [0.3, 0.0, 0.7]}),
    "Pareto": ({"scale": [1.0, 3.0], "alpha": 2.5}, {"scale": [2.0, 0.5], "alpha": 1.5}),
    "Poisson": ({"rate": [0.5, 2.0]}, {"rate": 1.5}),
    "Uniform": ({"low": [0.5, 0.2], "high": 2.0}, {"low": [0.0, 1.0], "high": 2.5}),
}  # fmt: skip
ONTO_NORMAL = ("Beta", "Exponential", "Gamma", "Gumbel", "Laplace", "Pareto", "Uniform")
POSITIVE = ("Beta", "Gamma", "Pareto", "Uniform")
ENDLESS = [
    *[(p, q) for p in ("Exponential", "Gamma") for q in ("Beta", "Pareto", "Uniform")],
    *[(p, q) for p in ("Gumbel", "Laplace", "Normal") for q in (*POSITIVE, "Exponential")],
    ("Beta", "Pareto"), ("Pareto", "Beta"), ("Pareto", "Uniform"), ("Poisson", "Bernoulli"),
    ("Poisson", "Binomial"),
]  # fmt: skip
OTHERS = [
    *[(p, "Normal") for p in ONTO_NORMAL],
    *[(p, "Exponential") for p in POSITIVE],
    *[(p, "Gamma") for p in ("Beta", "Exponential", "Pareto", "Uniform")],
    ("Beta", "Uniform"), ("Bernoulli", "Poisson"), ("Chi2", "Gamma"), ("Gamma", "Chi2"),
]  # fmt: skip
CASES = [(name, name) for name in PAIRS] + ENDLESS + OTHERS


@pytest.mark.parametrize(("p", "q"), CASES)
def test_divergences(p, q):
    def body(torch):
        given = leaves(torch, PAIRS[p][0]), leaves(torch, PAIRS[q][1])
        kinds = (getattr(torch.distributions, name) for name in (p, q))
        value = torch.distributions.kl_divergence(
            *[kind(**parameters) for kind, parameters in zip(kinds, given, strict=True)]
        )
        if not bool(value.isfinite().all()):
            return value.detach()
        wanted = [t for part in given for t in part.values() if isinstance(t, torch.Tensor)]
        return value, gradients(torch, value, wanted)

    same_in_both(body, CLOSE)


def test_wrapped():
    def body(torch):
        d = torch.distributions
        normals = [d.Normal(torch.full((2, 3), x), 1.0 + x) for x in (0.5, 1.5)]
        independent = [d.Independent(normal, 1) for normal in normals]
        transform = d.transforms.AffineTransform(1.0, 2.0)
        moved = [d.TransformedDistribution(normal, transform) for normal in normals]
        return d.kl_divergence(*independent), d.kl_divergence(*moved)

    same_in_both(body, CLOSE)


def test_registered():
    def body(torch):
        d = torch.distributions

        class Mine(d.Normal):
            pass

        before = d.kl_divergence(Mine(0.0, 1.0), d.Normal(1.0, 1.0))

        @d.register_kl(Mine, d.Normal)
        def rule(p, q):
            return torch.tensor(42.0)

        return before, d.kl_divergence(Mine(0.0, 1.0), d.Normal(1.0, 1.0))

    same_in_both(body)


def test_refused():
    def body(torch):
        d = torch.distributions
        return [
            attempted(lambda: d.kl_divergence(d.Poisson(1.0), d.Normal(0.0, 1.0))),
            attempted(lambda: d.kl_divergence(d.Cauchy(1.0, 1.0), d.Normal(0.0, 1.0))),
            attempted(
                lambda: d.kl_divergence(
                    d.Independent(d.Normal(torch.zeros(2), 1.0), 1),
                    d.Independent(d.Normal(torch.zeros(2, 2), 1.0), 2),
                )
            ),
        ]

    same_in_both(body)
    same_error(
        lambda torch: torch.distributions.kl_divergence(
            torch.distributions.StudentT(1.0), torch.distributions.Normal(0.0, 1.0)
        )
    )
