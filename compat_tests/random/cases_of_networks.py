"""What dropout, random activations, initial weights and loaders are compared on."""

# A body is called at once, while the loop's variables are what it means.
# ruff: noqa: B023

from __future__ import annotations

import itertools
import math
import warnings

import numpy as np

from compat_tests.random.both import Both
from compat_tests.random.cases_of_draws import (
    FEW_SEEDS, FLOATS, SEEDS, seeds_and_sizes, spread,
)  # fmt: skip


def forward_and_gradient(t, module, x):
    """A module's value of `x`, and the gradient of a weighted sum of it."""
    x = x.requires_grad_()
    y = module(x)
    weights = t.tensor(np.linspace(-1, 2, y.numel()), dtype=y.dtype)
    (y * weights.reshape(y.shape)).sum().backward()
    return y, x.grad


def dropout(both: Both, full: bool) -> None:
    for seed, n in seeds_and_sizes(full, 6, (1, 3, 16, 100, 799, 800, 801)):
        both.seed(seed)
        for p, dtype in itertools.product((0.0, 0.1, 0.2, 0.25, 0.5, 0.9, 1.0), FLOATS):

            def dropped(t, **settings):
                x = spread(t, -3, 3, n, dtype)
                return t.nn.functional.dropout(x, p, **settings)

            both.compare(f"F.dropout {dtype}", dropped)
            both.compare("F.dropout in place", lambda t: dropped(t, inplace=True))
            both.compare("F.dropout evaluating", lambda t: dropped(t, training=False))
            if dtype in ("float32", "float64"):
                both.compare(
                    "nn.Dropout, gradient",
                    lambda t: forward_and_gradient(t, t.nn.Dropout(p), spread(t, -3, 3, n, dtype)),
                )


# (kind, a shape it is meant for)
CHANNELS = (
    ("Dropout1d", (3, 4, 5)),
    ("Dropout1d", (4, 5)),
    ("Dropout2d", (4, 3, 5, 6)),
    ("Dropout3d", (2, 3, 4, 2, 3)),
    ("Dropout3d", (3, 4, 2, 3)),
    ("AlphaDropout", (3, 4, 5)),
    ("FeatureAlphaDropout", (3, 4, 5)),
)


def dropout_of_channels(both: Both, full: bool) -> None:
    for seed in SEEDS if full else FEW_SEEDS:
        both.seed(seed)
        for kind, shape in CHANNELS:
            for p in (0.0, 0.2, 0.5, 0.7, 1.0):
                for dtype in FLOATS[:2]:

                    def tensor(t):
                        size = math.prod(shape)
                        return spread(t, -2, 2, size, dtype).reshape(shape)

                    both.compare(
                        kind,
                        lambda t: forward_and_gradient(t, getattr(t.nn, kind)(p), tensor(t)),
                    )
                    both.compare(
                        f"{kind} in place",
                        lambda t: getattr(t.nn, kind)(p, inplace=True)(tensor(t)),
                    )
        for order in ((1, 0), (0, 1)):
            both.compare(
                "dropout of a transposed tensor",
                lambda t: t.nn.functional.dropout(t.ones(7, 9).permute(order), 0.4),
            )
            both.compare(
                "alpha_dropout of a transposed tensor",
                lambda t: t.nn.functional.alpha_dropout(t.ones(7, 9).permute(order), 0.4, True),
            )


def dropout_of_other_ranks(both: Both, full: bool) -> None:
    both.seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        for shape in ((3, 4), (3, 4, 5), (2, 3, 4, 5), (2, 3, 4, 5, 2)):
            for name in ("dropout2d", "dropout3d"):
                both.compare(
                    f"{name} of other ranks",
                    lambda t: getattr(t.nn.functional, name)(t.ones(shape), 0.5),
                )


def rrelu(both: Both, full: bool) -> None:
    for seed in SEEDS if full else FEW_SEEDS:
        both.seed(seed)
        for dtype in ("float32", "float64", "bfloat16"):

            def tensor(t):
                return spread(t, -2, 1, 999, dtype).reshape(27, 37)

            both.compare(
                f"F.rrelu {dtype}",
                lambda t: t.nn.functional.rrelu(tensor(t), training=True),
            )
            both.compare(
                "F.rrelu transposed",
                lambda t: t.nn.functional.rrelu(
                    tensor(t).t(), 0.2, 0.9, training=True
                ).contiguous(),
            )
            both.compare(
                "nn.RReLU, gradient",
                lambda t: forward_and_gradient(t, t.nn.RReLU(), tensor(t)),
            )


LAYERS = {
    "nn.Linear": [(1, 1), (2, 3), (10, 5), (784, 128), (513, 7)],
    "nn.Bilinear": [(4, 5, 6), (1, 2, 3)],
    "nn.LazyLinear": [(5,)],
    "nn.PReLU": [(3,)],
    "nn.BatchNorm1d": [(5,)],
    "nn.LayerNorm": [(5,)],
    "nn.GroupNorm": [(2, 4)],
}


def layers(both: Both, full: bool) -> None:
    def parameters(t, name, args, **options):
        layer = getattr(t.nn, name)(*args, **options)
        if name == "LazyLinear":
            layer(t.ones(2, 9, **options))
        return [*layer.parameters()]

    for seed in SEEDS[:6] if full else FEW_SEEDS:
        both.seed(seed)
        for name, settings in LAYERS.items():
            for args in settings:
                short = name.removeprefix("nn.")
                both.compare(name, lambda t: parameters(t, short, args))
                both.compare(
                    f"{name} float64",
                    lambda t: parameters(t, short, args, dtype=t.float64),
                )
        both.compare(
            "nn.Sequential",
            lambda t: list(
                t.nn.Sequential(
                    t.nn.Linear(20, 30), t.nn.ReLU(), t.nn.Linear(30, 4, bias=False)
                ).parameters()
            ),
        )


FILLINGS = {
    "uniform_": lambda i, x: i.uniform_(x, -1, 3),
    "normal_": lambda i, x: i.normal_(x, 1, 0.3),
    "xavier_uniform_": lambda i, x: i.xavier_uniform_(x),
    "xavier_normal_": lambda i, x: i.xavier_normal_(x, gain=2),
    "kaiming_uniform_": lambda i, x: i.kaiming_uniform_(x, mode="fan_out"),
    "kaiming_normal_": lambda i, x: i.kaiming_normal_(x, nonlinearity="relu"),
    "trunc_normal_": lambda i, x: i.trunc_normal_(x),
    "trunc_normal_ (rejection)": lambda i, x: i.trunc_normal_(x, 0.0, 1.0, 0.0, 0.3),
}


def initialisation(both: Both, full: bool) -> None:
    for seed in SEEDS[:6] if full else FEW_SEEDS:
        both.seed(seed)
        for shape in ((6, 4, 3), (40, 50), (3, 2), (8, 4, 3, 3)):
            for name, filling in FILLINGS.items():
                for dtype in FLOATS[:2]:
                    both.compare(
                        f"init.{name}",
                        lambda t: filling(t.nn.init, t.empty(shape, dtype=getattr(t, dtype))),
                    )
        for n in (10, 5000):
            name = "init.trunc_normal_ of many"
            both.compare(name, lambda t: t.nn.init.trunc_normal_(t.empty(n)))
        both.compare("init.sparse_", lambda t: t.nn.init.sparse_(t.empty(12, 5), sparsity=0.3))
        for shape in ((5, 5), (8, 3), (3, 8), (64, 64), (4, 3, 2)):
            both.seed(seed)  # how exact PyTorch's own float32 factors are depends on it
            both.compare(
                "init.orthogonal_ (QR)",
                lambda t: t.nn.init.orthogonal_(t.empty(shape)),
                within=2e-6,
            )


def loaders(both: Both, full: bool) -> None:
    data = list(range(23))

    def epochs(t, count, generator=None, **settings):
        loader = t.utils.data.DataLoader(data, generator=generator, **settings)
        batches = [b for _ in range(count) for b in loader]
        return [*batches, generator.get_state()] if generator else batches

    for seed in SEEDS[:5] if full else FEW_SEEDS:
        both.seed(seed)
        for size, drop in ((4, False), (4, True), (23, False), (1, False)):
            both.compare(
                "DataLoader shuffle=True",
                lambda t: epochs(t, 3, batch_size=size, shuffle=True, drop_last=drop),
            )
        both.compare("DataLoader shuffle=False", lambda t: epochs(t, 1, batch_size=5))
        both.compare(
            "DataLoader generator=g",
            lambda t: epochs(t, 3, t.Generator().manual_seed(seed), batch_size=5, shuffle=True),
        )
        both.compare(
            "random_split",
            lambda t: [s.indices for s in t.utils.data.random_split(data, [10, 9, 4])],
        )
        weights = np.random.RandomState(3).rand(23).tolist()
        samplers = {
            "WeightedRandomSampler": lambda d: d.WeightedRandomSampler(weights, 40),
            "WeightedRandomSampler, once": lambda d: d.WeightedRandomSampler(weights, 9, False),
            "SubsetRandomSampler": lambda d: d.SubsetRandomSampler(data),
            "RandomSampler": lambda d: d.RandomSampler(data),
            "RandomSampler replacement": lambda d: d.RandomSampler(data, True, 70),
            "RandomSampler num_samples": lambda d: d.RandomSampler(data, num_samples=50),
        }
        for name, sampler in samplers.items():
            both.compare(name, lambda t: [int(i) for i in sampler(t.utils.data)])


CASES = (
    dropout, dropout_of_channels, dropout_of_other_ranks, rrelu, layers, initialisation, loaders,
)  # fmt: skip
