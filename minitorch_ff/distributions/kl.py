"""Kullback-Leibler divergences: how much one distribution differs from another, in nats."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from minitorch_ff._functions.creation import full_like
from minitorch_ff._functions.selection import where
from minitorch_ff._tensor import Tensor
from minitorch_ff.distributions.bernoulli import Bernoulli, Binomial, Geometric
from minitorch_ff.distributions.categorical import Categorical, OneHotCategorical
from minitorch_ff.distributions.distribution import Distribution
from minitorch_ff.distributions.gamma import Beta, Dirichlet, Gamma, Poisson
from minitorch_ff.distributions.independent import Independent
from minitorch_ff.distributions.multivariate_normal import (
    MultivariateNormal, log_diagonal, squared_lengths,
)  # fmt: skip
from minitorch_ff.distributions.normal import Cauchy, HalfNormal, Normal
from minitorch_ff.distributions.transformed_distribution import TransformedDistribution
from minitorch_ff.distributions.uniform import Exponential, Gumbel, Laplace, Pareto, Uniform
from minitorch_ff.distributions.utils import euler_constant, sum_rightmost
from minitorch_ff.linalg import solve_triangular
from minitorch_ff.nn.functional.activation import softplus

__all__ = ["kl_divergence", "register_kl"]

Rule = Callable[[Any, Any], Any]
_RULES: dict[tuple[type, type], Rule] = {}


def register_kl(type_p: type, type_q: type) -> Callable[[Rule], Rule]:
    """A decorator: this function is the divergence between two kinds of distributions.

    Args:
        type_p: The kind of the first, its subclasses included.
        type_q: The kind of the second, likewise.

    See: [torch.distributions.kl.register_kl](https://docs.pytorch.org/docs/stable/distributions.html#torch.distributions.kl.register_kl).
    """

    def register(rule: Rule) -> Rule:
        _RULES[type_p, type_q] = rule
        return rule

    return register


def kl_divergence(p: Distribution, q: Distribution) -> Tensor:
    r"""How much `p` differs from `q`.

    $$ \int p(x) \ln \frac{p(x)}{q(x)} \, dx $$

    Args:
        p: The distribution that is averaged over.
        q: The one it is compared with.

    Returns:
        The divergence, in nats. The shape of the batch.

    Raises:
        NotImplementedError: There is no formula for this pair.

    Example:
        >>> from minitorch_ff.distributions import Normal, kl_divergence
        >>> kl_divergence(Normal(1.0, 1.0), Normal(0.0, 1.0))
        tensor(0.5000)

    See: [torch.distributions.kl.kl_divergence](https://docs.pytorch.org/docs/stable/distributions.html#torch.distributions.kl.kl_divergence).
    """
    for above_p in type(p).__mro__:  # the nearest rule: first by p, then by q
        for above_q in type(q).__mro__:
            if (above_p, above_q) in _RULES:
                return _RULES[above_p, above_q](p, q)
    raise NotImplementedError(
        f"No KL(p || q) is implemented for p type {type(p).__name__} and q type {type(q).__name__}"
    )


# Infinite: p has values that q cannot have.
_BOUNDED = (Beta, Pareto, Uniform)
_ENDLESS: list[tuple[type, type]] = [(p, q) for p in (Exponential, Gamma) for q in _BOUNDED]
_ENDLESS += [(p, q) for p in (Gumbel, Laplace, Normal) for q in (*_BOUNDED, Exponential, Gamma)]
_ENDLESS += [(Beta, Pareto), (Pareto, Beta), (Pareto, Uniform), (Poisson, Bernoulli)]
_ENDLESS += [(Poisson, Binomial)]


def _infinite(p: Any, q: Any) -> Tensor:
    return full_like(p.mean, math.inf)


for _pair in _ENDLESS:
    _RULES[_pair] = _infinite


# ---------------------- the entropy of p and what q makes of its moments: -H(p) - E[ln q(x)]


def _to_normal(p: Any, q: Any) -> Tensor:
    squares = (p.variance + (p.mean - q.loc).pow(2)) / (2 * q.scale.pow(2))
    return -p.entropy() + squares + q.scale.log() + 0.5 * math.log(2 * math.pi)


def _to_exponential(p: Any, q: Any) -> Tensor:
    return -p.entropy() - q.rate.log() + q.rate * p.mean


def _to_gamma(p: Any, q: Any) -> Tensor:
    alpha, logs = q.concentration, (q.concentration - 1) * _MEAN_LOG[type(p)](p)
    return -p.entropy() - alpha * q.rate.log() + alpha.lgamma() - logs + q.rate * p.mean


def _uniform_mean_log(p: Any) -> Tensor:
    return (p.high.xlogy(p.high) - p.low.xlogy(p.low)) / (p.high - p.low) - 1


_MEAN_LOG: dict[type, Callable[[Any], Tensor]] = {
    Beta: lambda p: p.concentration1.digamma() - (p.concentration1 + p.concentration0).digamma(),
    Exponential: lambda p: -p.rate.log() - euler_constant,
    Pareto: lambda p: p.scale.log() + p.alpha.reciprocal(),
    Uniform: _uniform_mean_log,
}

_kind: type
for _kind in (Beta, Exponential, Gamma, Gumbel, Laplace, Pareto, Uniform):
    _RULES[_kind, Normal] = _to_normal
for _kind in _MEAN_LOG:
    _RULES[_kind, Gamma] = _to_gamma
for _kind in (Beta, Gamma, Pareto, Uniform):
    _RULES[_kind, Exponential] = _to_exponential


@register_kl(Uniform, Exponential)
@register_kl(Uniform, Gamma)
def _uniform_positive(p: Any, q: Any) -> Tensor:
    rule = _to_gamma if isinstance(q, Gamma) else _to_exponential
    return where(p.low < q.support.lower_bound, math.inf, rule(p, q))


@register_kl(Beta, Uniform)
@register_kl(Uniform, Uniform)
def _to_uniform(p: Any, q: Any) -> Tensor:
    low, high = p.support.lower_bound, p.support.upper_bound
    outside = (q.low > low) | (q.high < high)
    return where(outside, math.inf, -p.entropy() + (q.high - q.low).log())


@register_kl(Bernoulli, Poisson)
def _bernoulli_poisson(p: Any, q: Any) -> Tensor:
    return -p.entropy() - (p.probs * q.rate.log() - q.rate)


# ------------------------------------------------------------------------- two of a kind


@register_kl(Normal, Normal)
def _normal(p: Any, q: Any) -> Tensor:
    ratio = (p.scale / q.scale).pow(2)
    return 0.5 * (ratio + ((p.loc - q.loc) / q.scale).pow(2) - 1 - ratio.log())


@register_kl(HalfNormal, HalfNormal)
def _half_normal(p: Any, q: Any) -> Tensor:
    return _normal(p.base_dist, q.base_dist)


@register_kl(MultivariateNormal, MultivariateNormal)
def _multivariate_normal(p: Any, q: Any) -> Tensor:
    if p.event_shape != q.event_shape:
        raise ValueError(
            "KL-divergence between two Multivariate Normals with different event shapes cannot be "
            "computed"
        )
    spread = solve_triangular(q._root, p._root, upper=False).pow(2).sum(-1).sum(-1)
    distance = squared_lengths(q._root, q.loc - p.loc)
    logs = log_diagonal(q._root) - log_diagonal(p._root)
    return logs + 0.5 * (spread + distance - p.event_shape[0])


@register_kl(Bernoulli, Bernoulli)
def _bernoulli(p: Any, q: Any) -> Tensor:
    ones = p.probs * (softplus(-q.logits) - softplus(-p.logits))
    zeros = (1 - p.probs) * (softplus(q.logits) - softplus(p.logits))
    ones = where(p.probs == 0, 0.0, where(q.probs == 0, math.inf, ones))
    return ones + where(p.probs == 1, 0.0, where(q.probs == 1, math.inf, zeros))


@register_kl(Binomial, Binomial)
def _binomial(p: Any, q: Any) -> Tensor:
    if bool((p.total_count < q.total_count).any()):
        raise NotImplementedError(
            "KL between Binomials where q.total_count > p.total_count is not implemented"
        )
    each = p.probs * (p.logits - q.logits) + (-p.probs).log1p() - (-q.probs).log1p()
    return where(p.total_count > q.total_count, math.inf, p.total_count * each)


@register_kl(Geometric, Geometric)
def _geometric(p: Any, q: Any) -> Tensor:
    return -p.entropy() - (-q.probs).log1p() / p.probs - q.logits


@register_kl(Categorical, Categorical)
@register_kl(OneHotCategorical, OneHotCategorical)
def _categorical(p: Any, q: Any) -> Tensor:
    each = p.probs * (p.logits - q.logits)
    return where(p.probs == 0, 0.0, where(q.probs == 0, math.inf, each)).sum(-1)


@register_kl(Cauchy, Cauchy)
def _cauchy(p: Any, q: Any) -> Tensor:
    distance = (p.scale + q.scale).pow(2) + (p.loc - q.loc).pow(2)
    return distance.log() - (4 * p.scale * q.scale).log()


@register_kl(Dirichlet, Dirichlet)
def _dirichlet(p: Any, q: Any) -> Tensor:
    alpha, beta = p.concentration, q.concentration
    total = alpha.sum(-1)
    norms = total.lgamma() - beta.sum(-1).lgamma() - (alpha.lgamma() - beta.lgamma()).sum(-1)
    return norms + ((alpha - beta) * (alpha.digamma() - total.digamma().unsqueeze(-1))).sum(-1)


@register_kl(Beta, Beta)
def _beta(p: Any, q: Any) -> Tensor:
    return _dirichlet(p._dirichlet, q._dirichlet)


@register_kl(Exponential, Exponential)
def _exponential(p: Any, q: Any) -> Tensor:
    ratio = q.rate / p.rate
    return ratio - 1 - ratio.log()


@register_kl(Gamma, Gamma)
def _gamma(p: Any, q: Any) -> Tensor:
    alpha, beta = p.concentration, q.concentration
    norms = beta * (p.rate / q.rate).log() + beta.lgamma() - alpha.lgamma()
    return norms + (alpha - beta) * alpha.digamma() + (q.rate - p.rate) * (alpha / p.rate)


@register_kl(Gumbel, Gumbel)
def _gumbel(p: Any, q: Any) -> Tensor:
    ratio, distance = p.scale / q.scale, (p.loc - q.loc) / q.scale
    tail = ((1 + ratio).lgamma() - distance).exp()
    return -ratio.log() + distance + ratio * euler_constant + tail - (1 + euler_constant)


@register_kl(Laplace, Laplace)
def _laplace(p: Any, q: Any) -> Tensor:
    ratio, distance = p.scale / q.scale, (p.loc - q.loc).abs()
    return -ratio.log() + distance / q.scale + ratio * (-distance / p.scale).exp() - 1


@register_kl(Pareto, Pareto)
def _pareto(p: Any, q: Any) -> Tensor:
    ratio = q.alpha / p.alpha
    each = q.alpha * (p.scale / q.scale).log() - ratio.log() + ratio - 1
    return where(p.scale < q.scale, math.inf, each)


@register_kl(Poisson, Poisson)
def _poisson(p: Any, q: Any) -> Tensor:
    return p.rate * (p.rate.log() - q.rate.log()) - (p.rate - q.rate)


@register_kl(Independent, Independent)
def _independent(p: Any, q: Any) -> Tensor:
    if p.reinterpreted_batch_ndims != q.reinterpreted_batch_ndims:
        raise NotImplementedError
    return sum_rightmost(kl_divergence(p.base_dist, q.base_dist), p.reinterpreted_batch_ndims)


@register_kl(TransformedDistribution, TransformedDistribution)
def _transformed(p: Any, q: Any) -> Tensor:
    if p.transforms != q.transforms or p.event_shape != q.event_shape:
        raise NotImplementedError
    return kl_divergence(p.base_dist, q.base_dist)
