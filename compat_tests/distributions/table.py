"""Distributions and their parameters: what the tests compare, one row per case.

A list is a parameter that wants a gradient; a number stays a number; a text names another row.
"""

MATRIX = [[2.0, 0.3], [0.3, 1.0]]
ROOT = [[1.5, 0.0], [-0.4, 0.8]]
LOC = [[0.5], [-1.0]]
CHANCES = [[0.2, 0.5, 0.3], [0.7, 0.1, 0.2]]
LOGITS = [[0.3, -1.0, 2.0], [0.0, 0.5, -0.5]]

ROWS = [
    ("Bernoulli", {"probs": 0.3}),
    ("Bernoulli", {"probs": [0.2, 0.5, 0.9]}),
    ("Bernoulli", {"logits": [[0.3], [-2.0]]}),
    ("Beta", {"concentration1": 0.5, "concentration0": [0.5, 2.0, 9.0]}),
    ("Beta", {"concentration1": [[1.5], [12.0]], "concentration0": [3.0, 8.0]}),
    ("Binomial", {"total_count": 5, "probs": [0.2, 0.5, 0.9]}),
    ("Binomial", {"total_count": 50, "logits": [[0.3], [-2.0]]}),
    ("Categorical", {"probs": [0.2, 0.5, 0.3]}),
    ("Categorical", {"probs": CHANCES}),
    ("Categorical", {"logits": LOGITS}),
    ("Cauchy", {"loc": LOC, "scale": [0.5, 2.0]}),
    ("Chi2", {"df": [0.5, 3.0, 20.0]}),
    ("Dirichlet", {"concentration": [0.5, 2.0, 9.0]}),
    ("Dirichlet", {"concentration": [[1.5, 2.5], [0.3, 0.6], [20.0, 30.0]]}),
    ("Exponential", {"rate": 2.0}),
    ("Exponential", {"rate": [[0.5], [3.0]]}),
    ("Gamma", {"concentration": [0.4, 3.0, 15.0], "rate": 2.0}),
    ("Gamma", {"concentration": [[0.9], [9.0]], "rate": [0.5, 1.5, 4.0]}),
    ("Geometric", {"probs": [0.2, 0.5, 1.0]}),
    ("Geometric", {"logits": [[0.3], [-2.0]]}),
    ("Gumbel", {"loc": LOC, "scale": [0.5, 2.0]}),
    ("HalfCauchy", {"scale": [0.5, 2.0]}),
    ("HalfNormal", {"scale": 1.5}),
    ("HalfNormal", {"scale": [[0.5], [2.0]]}),
    ("Kumaraswamy", {"concentration1": [0.5, 2.0], "concentration0": [[0.7], [3.0]]}),
    ("Laplace", {"loc": LOC, "scale": [0.5, 2.0]}),
    ("LogNormal", {"loc": LOC, "scale": [0.5, 1.0]}),
    ("Multinomial", {"total_count": 7, "probs": CHANCES}),
    ("Multinomial", {"total_count": 3, "logits": [0.3, -1.0, 2.0]}),
    ("MultivariateNormal", {"loc": [0.5, -1.0], "covariance_matrix": MATRIX}),
    ("MultivariateNormal", {"loc": [[0.5, -1.0]] * 3, "scale_tril": ROOT}),
    ("MultivariateNormal", {"loc": [0.5, -1.0], "precision_matrix": [MATRIX, [[1.0, 0], [0, 3]]]}),
    ("NegativeBinomial", {"total_count": 5.0, "probs": [0.2, 0.5]}),
    ("NegativeBinomial", {"total_count": [[2.0], [3.5]], "logits": [0.3, -1.0]}),
    ("Normal", {"loc": 0.0, "scale": 1.0}),
    ("Normal", {"loc": LOC, "scale": [0.5, 2.0]}),
    ("Normal", {"loc": [[0.5] * 20], "scale": 0.1}),
    ("OneHotCategorical", {"probs": CHANCES}),
    ("OneHotCategorical", {"logits": [0.3, -1.0, 2.0]}),
    ("OneHotCategoricalStraightThrough", {"logits": LOGITS}),
    ("Pareto", {"scale": [[0.5], [2.0]], "alpha": [0.5, 1.5, 4.0]}),
    ("Poisson", {"rate": [0.5, 3.0, 40.0]}),
    ("RelaxedBernoulli", {"temperature": [0.7], "probs": [0.2, 0.5, 0.9]}),
    ("RelaxedBernoulli", {"temperature": [2.0], "logits": [[0.3], [-2.0]]}),
    ("RelaxedOneHotCategorical", {"temperature": [0.7], "probs": CHANCES}),
    ("RelaxedOneHotCategorical", {"temperature": [2.0], "logits": LOGITS}),
    ("StudentT", {"df": [0.5, 1.5, 5.0]}),
    ("StudentT", {"df": 4.0, "loc": LOC, "scale": [0.5, 2.0]}),
    ("Uniform", {"low": -1.0, "high": 3.0}),
    ("Uniform", {"low": LOC, "high": [2.0, 5.0]}),
    ("Weibull", {"scale": [[0.5], [2.0]], "concentration": [0.8, 1.5]}),
]


def name_of(row):
    """The distribution and its parameters' names, for the test's name."""
    kind, parameters = row[0], row[1]
    return f"{kind}-{'-'.join(parameters)}"


def leaves(torch, parameters, dtype="float32"):
    """The parameters, lists as tensors that want gradients."""
    return {
        name: torch.tensor(value, dtype=getattr(torch, dtype), requires_grad=True)
        if isinstance(value, list)
        else value
        for name, value in parameters.items()
    }


def made(torch, row, dtype="float32"):
    """The distribution of a row, and its parameters that want gradients."""
    given = leaves(torch, row[1], dtype)
    distribution = getattr(torch.distributions, row[0])(**given)
    return distribution, [value for value in given.values() if isinstance(value, torch.Tensor)]
