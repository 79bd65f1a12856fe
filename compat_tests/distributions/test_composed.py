"""Independent parts and mixtures; and what all distributions refuse, in PyTorch's words."""

import pytest

import minitorch_ff as ff

from compat_tests.distributions.test_distributions import attempted, gradients
from compat_tests.worlds import same_error, same_in_both

CLOSE = (1e-4, 1e-5)


def mixed(torch, kind):
    """A mixture of numbers, of vectors, or of several batches."""
    d = torch.distributions
    weights = torch.tensor([0.2, 0.5, 0.3], requires_grad=True)
    loc = torch.tensor([[-1.0, 0.0, 2.0], [0.5, 0.1, -3.0]], requires_grad=True)
    if kind == "numbers":
        component = d.Normal(loc[0], torch.tensor([0.5, 1.0, 2.0]))
        return d.MixtureSameFamily(d.Categorical(weights), component), [weights, loc]
    if kind == "batches":
        component = d.Normal(loc, torch.tensor([0.5, 1.0, 2.0]))
        return d.MixtureSameFamily(d.Categorical(logits=loc), component), [loc]
    component = d.Independent(d.Normal(loc.T, 0.5), 1)
    return d.MixtureSameFamily(d.Categorical(weights), component), [weights, loc]


@pytest.mark.parametrize("kind", ["numbers", "batches", "vectors"])
def test_mixtures(kind):
    def body(torch):
        mixture, leaves = mixed(torch, kind)
        drawn = mixture.sample((4,))
        density = mixture.log_prob(drawn)
        larger = mixture.expand((2, *mixture.batch_shape))
        return {
            "text": repr(mixture),
            "support": repr(mixture.support),
            "shapes": (mixture.batch_shape, mixture.event_shape),
            "draws": (drawn, torch.get_rng_state()),
            "density": (density, gradients(torch, density, leaves)),
            "moments": (mixture.mean, mixture.variance, mixture.stddev),
            "cdf": attempted(lambda: mixture.cdf(drawn)),
            "larger": (larger.sample().shape, larger.log_prob(drawn[:1]).shape),
            "not there": (attempted(mixture.rsample), attempted(mixture.entropy)),
        }

    same_in_both(body, CLOSE, seed=4)


def test_independent():
    def body(torch):
        d = torch.distributions
        loc = torch.tensor([[0.5, -1.0, 0.0], [1.0, 2.0, 3.0]], requires_grad=True)
        results = []
        for dims in (0, 1, 2):
            whole = d.Independent(d.Normal(loc, 0.5), dims)
            drawn = whole.rsample((2,))
            density = whole.log_prob(drawn.detach())
            results.append({
                "text": repr(whole),
                "support": repr(whole.support),
                "has": (whole.has_rsample, whole.has_enumerate_support),
                "shapes": (whole.batch_shape, whole.event_shape),
                "draws": (drawn, torch.get_rng_state()),
                "density": (density, gradients(torch, density, [loc])),
                "moments": (whole.mean, whole.variance, whole.mode, whole.entropy()),
                "larger": whole.expand((4, *whole.batch_shape)).sample().shape,
            })  # fmt: skip
        flips = d.Independent(d.Bernoulli(torch.tensor([0.2, 0.5])), 0)
        more = d.Independent(d.Bernoulli(torch.tensor([0.2, 0.5])), 1)
        results += [flips.enumerate_support(), attempted(more.enumerate_support)]
        return results

    same_in_both(body, CLOSE)


REFUSED = {
    "scale": lambda d, t: d.Normal(0, -1),
    "one scale": lambda d, t: d.Normal(t([0.0, 1]), t([1.0, -1])),
    "type": lambda d, t: d.Normal(0.0, "1"),
    "number": lambda d, t: d.Normal(0.0, 1.0).log_prob(1.0),
    "batch": lambda d, t: d.Normal(t([0.0, 1]), 1.0).log_prob(t([1.0, 2, 3])),
    "nan": lambda d, t: d.Normal(0.0, 1.0).log_prob(t(float("nan"))),
    "cdf": lambda d, t: d.Uniform(0.0, 1.0).cdf(t(3.0)),
    "no category": lambda d, t: d.Categorical(t([0.5, 0.5])).log_prob(t(3)),
    "no dimension": lambda d, t: d.Categorical(t(0.5)),
    "no dimension of logits": lambda d, t: d.Categorical(logits=t(0.5)),
    "nothing": lambda d, t: d.Categorical(),
    "both": lambda d, t: d.Bernoulli(t(0.5), t(0.5)),
    "no probabilities": lambda d, t: d.Categorical(t([0.5, -0.5])),
    "no probability": lambda d, t: d.Bernoulli(2.0),
    "no outcome": lambda d, t: d.Bernoulli(0.5).log_prob(t(0.5)),
    "bounds": lambda d, t: d.Uniform(1.0, 0.0),
    "outside": lambda d, t: d.Uniform(0.0, 1.0).log_prob(t(3.0)),
    "no matrix": lambda d, t: d.MultivariateNormal(t([0.0, 0.0])),
    "no vector": lambda d, t: d.MultivariateNormal(t(0.0), t([[1.0]])),
    "covariances": lambda d, t: d.MultivariateNormal(t([0.0, 0.0]), t([1.0, 1.0])),
    "precisions": lambda d, t: d.MultivariateNormal(t([0.0]), precision_matrix=t([1.0])),
    "root": lambda d, t: d.MultivariateNormal(t([0.0]), scale_tril=t([1.0])),
    "indefinite": lambda d, t: d.MultivariateNormal(t([0.0, 0.0]), t([[1.0, 2], [2, 1]])),
    "event": lambda d, t: d.MultivariateNormal(t([0.0]), t([[1.0]])).log_prob(t([1.0, 2, 3])),
    "no event": lambda d, t: d.MultivariateNormal(t([0.0]), t([[1.0]])).log_prob(t(1.0)),
    "no parts": lambda d, t: d.Dirichlet(t(1.0)),
    "no simplex": lambda d, t: d.Dirichlet(t([1.0, 2.0])).log_prob(t([0.1, 0.1])),
    "counts": lambda d, t: d.Multinomial(t([5, 2]), t([0.5, 0.5])),
    "too many": lambda d, t: d.Binomial(5, t([0.5, 0.3])).log_prob(t([1.0, 7.0])),
    "uneven": lambda d, t: d.Binomial(t([5.0, 6]), t([0.5, 0.3])).enumerate_support(),
    "uneven entropy": lambda d, t: d.Binomial(t([5.0, 6]), t([0.5, 0.3])).entropy(),
    "never": lambda d, t: d.Geometric(0.0),
    "rate": lambda d, t: d.Poisson(-3.0),
    "dims": lambda d, t: d.Independent(d.Normal(0.0, 1.0), 1),
    "expanded": lambda d, t: d.Normal(t([0.0, 1]), 1.0).expand((3,)),
    "weights": lambda d, t: d.MixtureSameFamily(d.Normal(0.0, 1.0), d.Normal(t([0.0, 1]), 1.0)),
    "component": lambda d, t: d.MixtureSameFamily(d.Categorical(t([0.5, 0.5])), 3),
    "components": lambda d, t: d.MixtureSameFamily(
        d.Categorical(t([0.5, 0.5, 0.1])), d.Normal(t([0.0, 1]), 1.0)
    ),
    "no components": lambda d, t: d.MixtureSameFamily(
        d.Categorical(t([0.5, 0.5])), d.Normal(0.0, 1.0)
    ),
    "rsample": lambda d, t: d.Categorical(t([0.5, 0.5])).rsample(),
    "no cdf": lambda d, t: d.Poisson(3.0).cdf(t(1.0)),
    "no support listed": lambda d, t: d.Normal(0.0, 1.0).enumerate_support(),
    "switch": lambda d, t: d.Distribution.set_default_validate_args(None),
    "twice": lambda d, t: d.Gamma(t(1.0, requires_grad=True), 1.0).log_prob(t(-1.0)),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    same_error(lambda torch: REFUSED[name](torch.distributions, torch.tensor))


@pytest.mark.parametrize("name", ["Gamma", "Chi2"])
def test_what_is_not_there_says_so(name):
    parameters = [2.0, 1.0][: 2 - (name == "Chi2")]
    distribution = getattr(ff.distributions, name)(*parameters)
    with pytest.raises(NotImplementedError, match=rf"^{name}\.cdf needs"):
        distribution.cdf(ff.tensor(1.0))


def test_subclasses_expand_by_themselves():
    """PyTorch asks for an `expand` of their own where the constructor differs."""

    class Standard(ff.distributions.Normal):
        def __init__(self):
            super().__init__(0.0, 1.0)

    larger = Standard().expand((3,))
    assert type(larger) is Standard
    assert larger.sample().shape == (3,)


def test_draws_are_not_differentiated_twice():
    """PyTorch has no second derivative of a gamma draw; nor have we, instead of a wrong one."""

    def body(torch):
        alpha = torch.tensor([0.7, 2.0], requires_grad=True)
        drawn = torch.distributions.Gamma(alpha, 1.0).rsample()
        (first,) = torch.autograd.grad(drawn.sum(), alpha, create_graph=True)
        torch.autograd.grad(first.sum(), alpha)

    same_error(lambda torch: attempted_twice(body, torch), words=False)


def attempted_twice(body, torch):
    """Both worlds refuse, by different exceptions."""
    try:
        body(torch)
    except (NotImplementedError, RuntimeError) as error:
        raise ValueError from error


def test_binomial():
    def body(torch):
        counts = torch.tensor([[0.0], [7.0], [300.0]]).expand(3, 5).contiguous()
        chances = torch.tensor([1e-40, 0.02, 0.5, 0.97, 1.0], requires_grad=True)
        g = torch.Generator().manual_seed(5)
        drawn = torch.binomial(counts, chances, generator=g)
        rare = torch.full((3,), 5e-324, dtype=torch.float64)
        more = torch.binomial(counts.double(), chances.double())
        return drawn, g.get_state(), more, torch.binomial(rare + 7, rare), torch.get_rng_state()

    same_in_both(body)


@pytest.mark.parametrize(
    "arguments",
    [((5,), (0.5,)), ((5.0,), (1,)), ((5.0, 1.0), (0.5, 0.5, 0.5))],
    ids=["counts", "chances", "shapes"],
)
def test_binomial_refuses(arguments):
    same_error(lambda torch: torch.binomial(*map(torch.tensor, arguments)))


@pytest.mark.parametrize("hard", [False, True])
def test_gumbel_softmax(hard):
    def body(torch):
        logits = torch.tensor([[0.3, -1.0, 2.0], [0.0, 0.5, -0.5]], requires_grad=True)
        results = []
        for dim in (-1, 0):
            y = torch.nn.functional.gumbel_softmax(logits, tau=0.7, hard=hard, dim=dim)
            grads = torch.autograd.grad((y * torch.arange(6.0).reshape(2, 3)).sum(), logits)
            results.append((y, grads, torch.get_rng_state()))
        return results

    same_in_both(body, CLOSE)


def test_gumbel_softmax_refuses():
    functional = lambda torch: torch.nn.functional.gumbel_softmax  # noqa: E731
    same_error(lambda torch: functional(torch)(torch.tensor([1, 2])))
    same_error(lambda torch: functional(torch)(torch.zeros(1, 2), hard=True, dim=5))
    with pytest.warns(UserWarning, match="has no effect"):
        same_in_both(lambda torch: functional(torch)(torch.zeros(3), eps=1e-5))
