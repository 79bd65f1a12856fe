"""Transforms, constraints and the ways from one to the other."""

import pytest

from compat_tests.worlds import same_error, same_in_both

CLOSE = (1e-4, 1e-5)
TRANSFORMS = {
    "exp": lambda t, x: t.ExpTransform(),
    "tanh": lambda t, x: t.TanhTransform(),
    "sigmoid": lambda t, x: t.SigmoidTransform(),
    "softplus": lambda t, x: t.SoftplusTransform(),
    "affine": lambda t, x: t.AffineTransform(1.0, -2.0),
    "affine tensor": lambda t, x: t.AffineTransform(x.tensor([1.0, 2, 3]), x.tensor(0.5), 1),
    "stick": lambda t, x: t.StickBreakingTransform(),
    "softmax": lambda t, x: t.SoftmaxTransform(),
    "abs": lambda t, x: t.AbsTransform(),
    "inverse": lambda t, x: t.SigmoidTransform().inv.inv,
    "independent": lambda t, x: t.IndependentTransform(t.TanhTransform(), 1),
    "composed": lambda t, x: t.ComposeTransform(
        [t.AffineTransform(0.0, 0.5), t.ExpTransform(), t.PowerTransform(x.tensor(2.0))]
    ),
    "composed vectors": lambda t, x: t.ComposeTransform(
        [t.ExpTransform(), t.StickBreakingTransform()]
    ),
    "nothing": lambda t, x: t.identity_transform,
}
each = pytest.mark.parametrize("name", TRANSFORMS)
NO_JACOBIAN = ("softmax", "abs")


@each
def test_transforms(name):
    def body(torch):
        transform = TRANSFORMS[name](torch.distributions.transforms, torch)
        x = torch.tensor([[0.3, -1.2, 2.0], [0.1, 0.7, -0.4]], requires_grad=True)
        y = transform(x)
        back = transform.inv(y)
        results = {
            "text": (repr(transform), repr(transform.inv)),
            "sets": (repr(transform.domain), repr(transform.codomain)),
            "bijective": transform.bijective,
            "values": (y, back),
            "shapes": (transform.forward_shape((2, 3)), transform.inverse_shape((2, 3))),
        }
        if name not in NO_JACOBIAN:
            volume = transform.log_abs_det_jacobian(x, y)
            turned = transform.inv.log_abs_det_jacobian(y, x)
            grads = torch.autograd.grad(y.square().sum() + volume.sum(), x)
            results["volumes"] = (volume, turned, grads)
        return results

    same_in_both(body, CLOSE)


CONSTRAINTS = {
    "real": lambda c: c.real,
    "positive": lambda c: c.positive,
    "nonnegative": lambda c: c.nonnegative,
    "unit": lambda c: c.unit_interval,
    "between": lambda c: c.interval(-1.0, 3.0),
    "half open": lambda c: c.half_open_interval(0.0, 3.0),
    "below": lambda c: c.less_than(2.0),
    "above": lambda c: c.greater_than_eq(1.0),
    "simplex": lambda c: c.simplex,
    "vectors": lambda c: c.independent(c.positive, 1),
    "real vectors": lambda c: c.real_vector,
    "boolean": lambda c: c.boolean,
    "integers": lambda c: c.integer_interval(0, 2),
    "counts": lambda c: c.nonnegative_integer,
    "from one": lambda c: c.positive_integer,
    "one hot": lambda c: c.one_hot,
    "multinomial": lambda c: c.multinomial(3),
}
MATRICES = {
    "triangular": lambda c: c.lower_triangular,
    "cholesky": lambda c: c.lower_cholesky,
    "definite": lambda c: c.positive_definite,
}


@pytest.mark.parametrize("name", CONSTRAINTS)
def test_constraints(name):
    def body(torch):
        constraint = CONSTRAINTS[name](torch.distributions.constraints)
        values = [[0.0, 1.0, 0.0], [0.2, 0.5, 0.3], [-1.0, 2.0, 3.0], [float("nan"), 1.0, 2.0]]
        checked = constraint.check(torch.tensor(values))
        return repr(constraint), constraint.is_discrete, constraint.event_dim, checked

    same_in_both(body)


@pytest.mark.parametrize("name", MATRICES)
def test_constraints_of_matrices(name):
    def body(torch):
        constraint = MATRICES[name](torch.distributions.constraints)
        values = torch.tensor([
            [[1.0, 0.0], [0.5, 2.0]], [[1.0, 0.5], [0.5, 2.0]], [[-1.0, 0.0], [0.5, 2.0]],
            [[1.0, 3.0], [3.0, 2.0]], [[1.0, 0.0], [0.0, 1.0]],
        ])  # fmt: skip
        one_by_one = torch.stack([constraint.check(value) for value in values])
        return repr(constraint), constraint.event_dim, one_by_one

    same_in_both(body)


@pytest.mark.parametrize("name", [*CONSTRAINTS, "cholesky"])
@pytest.mark.parametrize("registry", ["transform_to", "biject_to"])
def test_ways_into_constraints(name, registry):
    def body(torch):
        d = torch.distributions
        constraint = {**CONSTRAINTS, **MATRICES}[name](d.constraints)
        x = torch.tensor([[0.3, -1.2, 2.0], [0.1, 0.7, -0.4], [0.6, 0.2, 0.9]])
        try:
            transform = getattr(d, registry)(constraint)
        except NotImplementedError as error:
            return str(error)
        y = transform(x)
        return repr(transform), y, transform.inv(y), constraint.check(y)

    same_in_both(body, CLOSE)


def test_cache():
    def body(torch):
        transform = torch.distributions.transforms.TanhTransform(cache_size=1)
        x = torch.tensor([0.5, 9.0, 30.0])  # the last two cannot be had back from their results
        y = transform(x)
        return transform.inv(y) is x, transform.inv(y.clone())

    same_in_both(body, CLOSE)


def test_equality():
    def body(torch):
        t = torch.distributions.transforms
        affine = t.AffineTransform(0.0, torch.tensor([1.0, 2.0]))
        return [
            t.ExpTransform() == t.ExpTransform(),
            t.ExpTransform() == t.TanhTransform(),
            affine == t.AffineTransform(0.0, torch.tensor([1.0, 2.0])),
            affine == t.AffineTransform(0.0, torch.tensor([1.0, 3.0])),
        ]

    same_in_both(body)


def test_transformed_distributions():
    """What has no name of its own: a squashed normal, and vectors on the simplex."""

    def body(torch):
        d, t = torch.distributions, torch.distributions.transforms
        loc = torch.tensor([0.5, -1.0], requires_grad=True)
        scale = torch.tensor([0.5, 1.0], requires_grad=True)
        base = d.Normal(loc, scale)
        results = []
        for transforms in (
            [t.TanhTransform(cache_size=1)],
            [t.AffineTransform(1.0, -2.0), t.ExpTransform()],
            t.StickBreakingTransform(),
            [],
        ):
            distribution = d.TransformedDistribution(base, transforms)
            drawn = distribution.rsample((3,))
            density = distribution.log_prob(drawn)
            results.append({
                "text": repr(distribution),
                "support": repr(distribution.support),
                "shapes": (distribution.batch_shape, distribution.event_shape),
                "draws": (drawn, density, torch.get_rng_state()),
                "gradients": torch.autograd.grad(density.sum() + drawn.sum(), (loc, scale)),
                "larger": distribution.expand((4, *distribution.batch_shape)).sample().shape,
            })  # fmt: skip
        falling = d.TransformedDistribution(base, t.AffineTransform(1.0, -2.0))
        results.append((falling.cdf(torch.tensor([0.3, 1.5])), falling.icdf(torch.tensor(0.3))))
        return results

    same_in_both(body, CLOSE)


def test_errors():
    same_error(lambda torch: torch.distributions.ExpTransform(cache_size=2))
    same_error(
        lambda torch: torch.distributions.TransformedDistribution(
            torch.distributions.Normal(0.0, 1.0), 3
        )
    )
    same_error(
        lambda torch: torch.distributions.TransformedDistribution(
            torch.distributions.Normal(0.0, 1.0), torch.distributions.StickBreakingTransform()
        )
    )
    same_error(lambda torch: torch.distributions.transform_to.register(int, lambda c: None))
