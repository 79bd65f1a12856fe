"""`torch.distributions`: random variables with densities, moments and divergences.

    distribution    `Distribution`, the base: shapes, checks, `expand`
    constraints     sets of values; `constraint_registry`: transforms that lead into them
    transforms      invertible functions; `transformed_distribution` applies them to draws
    normal …        the distributions, by family
    kl              divergences between two of them

See: [torch.distributions](https://docs.pytorch.org/docs/stable/distributions.html).
"""

from minitorch_ff._missing import missing as _missing
from minitorch_ff.distributions import constraints, transforms
from minitorch_ff.distributions.bernoulli import Bernoulli, Binomial, Geometric, NegativeBinomial
from minitorch_ff.distributions.categorical import (
    Categorical, Multinomial, OneHotCategorical, OneHotCategoricalStraightThrough,
    RelaxedBernoulli, RelaxedOneHotCategorical,
)  # fmt: skip
from minitorch_ff.distributions.constraint_registry import biject_to, transform_to
from minitorch_ff.distributions.distribution import Distribution
from minitorch_ff.distributions.gamma import Beta, Chi2, Dirichlet, Gamma, Poisson, StudentT
from minitorch_ff.distributions.independent import Independent
from minitorch_ff.distributions.kl import kl_divergence, register_kl
from minitorch_ff.distributions.mixture_same_family import MixtureSameFamily
from minitorch_ff.distributions.multivariate_normal import MultivariateNormal
from minitorch_ff.distributions.normal import Cauchy, HalfCauchy, HalfNormal, LogNormal, Normal
from minitorch_ff.distributions.transformed_distribution import TransformedDistribution
from minitorch_ff.distributions.transforms import (
    AbsTransform, AffineTransform, ComposeTransform, ExpTransform, IndependentTransform,
    LowerCholeskyTransform, PowerTransform, SigmoidTransform, SoftmaxTransform, SoftplusTransform,
    StickBreakingTransform, TanhTransform, Transform, identity_transform,
)  # fmt: skip
from minitorch_ff.distributions.uniform import (
    Exponential, Gumbel, Kumaraswamy, Laplace, Pareto, Uniform, Weibull,
)  # fmt: skip

__all__ = [
    "AbsTransform", "AffineTransform", "Bernoulli", "Beta", "Binomial", "Categorical", "Cauchy",
    "Chi2", "ComposeTransform", "Dirichlet", "Distribution", "ExpTransform", "Exponential",
    "Gamma", "Geometric", "Gumbel", "HalfCauchy", "HalfNormal", "Independent",
    "IndependentTransform", "Kumaraswamy", "Laplace", "LogNormal", "LowerCholeskyTransform",
    "MixtureSameFamily", "Multinomial", "MultivariateNormal", "NegativeBinomial", "Normal",
    "OneHotCategorical", "OneHotCategoricalStraightThrough", "Pareto", "Poisson",
    "PowerTransform", "RelaxedBernoulli",
    "RelaxedOneHotCategorical", "SigmoidTransform", "SoftmaxTransform",
    "SoftplusTransform", "StickBreakingTransform", "StudentT", "TanhTransform", "Transform",
    "TransformedDistribution", "Uniform", "Weibull", "biject_to", "constraints",
    "identity_transform", "kl_divergence", "register_kl", "transform_to", "transforms",
]  # fmt: skip

__getattr__ = _missing(__name__)
