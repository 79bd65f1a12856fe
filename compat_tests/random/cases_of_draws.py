"""What the functions and methods that draw are compared on.

Every function takes a `Both` and whether to go through all seeds and sizes.
"""

# A body is called at once, while the loop's variables are what it means.
# ruff: noqa: B023

from __future__ import annotations

import itertools

import numpy as np

from compat_tests.random.both import Both

SEEDS = (
    0, 1, 2, 42, 123, 1234, 3407, 2**31, 2**32 - 1, 2**32, 2**40 + 7, -1, -12345, 2**63,
    2**64 - 1,
)  # fmt: skip
FEW_SEEDS = (0, 42, -1)
SIZES = (1, 2, 3, 7, 8, 15, 16, 17, 31, 32, 33, 100, 1000)
LARGE = 100_003
FLOATS = ("float32", "float64", "float16", "bfloat16")
INTEGERS = ("int64", "int32", "int16", "int8", "uint8")


def seeds_and_sizes(full: bool, seeds: int, sizes: tuple[int, ...]):
    """All pairs; only a full run has the large size and many seeds."""
    if full:
        return itertools.product(SEEDS[:seeds], (*sizes, LARGE))
    return itertools.product(FEW_SEEDS, sizes)


def empty(torch, n, dtype="float32"):
    return torch.empty(n, dtype=getattr(torch, dtype))


def spread(torch, low, high, n, dtype="float32"):
    """Numbers from `low` to `high`, the same in both worlds."""
    values = np.linspace(low, high, n)
    if dtype not in ("float32", "float64"):
        values = values.astype(np.float32)  # PyTorch rounds to half precision from there
    return torch.tensor(values, dtype=getattr(torch, dtype))


def uniform(both: Both, full: bool) -> None:
    for seed, n in seeds_and_sizes(full, 8, SIZES):
        for dtype in FLOATS:
            both.seed(seed)
            both.compare(f"rand {dtype}", lambda t: t.rand(n, dtype=getattr(t, dtype)))
            for a, b in ((-0.1, 0.1), (0, 5), (-1, 1), (0.25, 3.7)):
                both.compare(
                    f"uniform_(a, b) {dtype}",
                    lambda t: empty(t, n, dtype).uniform_(a, b),
                )
        for dtype in ("complex64", "complex128"):
            both.compare("rand complex", lambda t: t.rand(n, dtype=getattr(t, dtype)))


def normal(both: Both, full: bool) -> None:
    for seed, n in seeds_and_sizes(full, 8, SIZES):
        for dtype in FLOATS:
            both.seed(seed)
            both.compare(f"randn {dtype}", lambda t: t.randn(n, dtype=getattr(t, dtype)))
            for mean, std, kind in ((0, 0.02, "0"), (0.5, 1.3, "mean")):
                both.compare(
                    f"normal_({kind}, std) {dtype}",
                    lambda t: empty(t, n, dtype).normal_(mean, std),
                )
        for dtype in ("complex64", "complex128"):
            both.compare("randn complex", lambda t: t.randn(n, dtype=getattr(t, dtype)))


def normal_of_tensors(both: Both, full: bool) -> None:
    for seed, n in seeds_and_sizes(full, 8, SIZES):
        both.seed(seed)
        for dtype in FLOATS:

            def mean(t):
                return spread(t, -1, 1, n, dtype)

            def std(t):
                return spread(t, 0.1, 2, n, dtype)

            both.compare("normal(T, T)", lambda t: t.normal(mean(t), std(t)))
            both.compare("normal(T, float)", lambda t: t.normal(mean(t), 1.5))
            both.compare("normal(float, T)", lambda t: t.normal(0.25, std(t)))
        both.compare("normal(float, float)", lambda t: t.normal(0.25, 2.0, (n,)))
        both.compare(
            "normal(T, T) broadcast",
            lambda t: t.normal(t.zeros(n, 1), t.linspace(0, 1, 3)),
        )
        for means, stds in (("float32", "int64"), ("float64", "float32"),
                            ("float32", "float64"), ("float16", "bfloat16")):  # fmt: skip
            both.compare(
                "normal(T, T) of two dtypes",
                lambda t: t.normal(
                    t.zeros(n, dtype=getattr(t, means)),
                    t.ones(n, dtype=getattr(t, stds)),
                ),
            )


RANGES = (
    (0, 2), (0, 10), (-5, 5), (0, 255), (3, 1000), (0, 65537), (0, 2**28 - 1), (0, 2**28),
    (0, 2**28 + 1), (0, 2**31), (0, 2**32), (-(2**40), 2**41 + 3), (-(2**63), 2**63 - 1),
    (0, 2**63 - 1),
)  # fmt: skip
OTHER_RANGES = (
    ("int32", 0, 2**31 - 1), ("int32", -7, 100), ("int16", -3, 900), ("uint8", 0, 256),
    ("int8", -128, 128), ("bool", 0, 2), ("float32", 0, 1000), ("float64", -10, 2**30),
    ("float16", -2048, 2049), ("bfloat16", -256, 257),
)  # fmt: skip


def integers(both: Both, full: bool) -> None:
    for seed, n in seeds_and_sizes(full, 6, (1, 2, 17, 1000)):
        both.seed(seed)
        for low, high in RANGES:
            both.compare("randint int64", lambda t: t.randint(low, high, (n,)))
        for dtype, low, high in OTHER_RANGES:
            both.compare(
                "randint other dtypes",
                lambda t: t.randint(low, high, (n,), dtype=getattr(t, dtype)),
            )
            both.compare("random_(from, to)", lambda t: empty(t, n, dtype).random_(low, high))
        for dtype in (*FLOATS, *INTEGERS, "bool"):
            both.compare("random_()", lambda t: empty(t, n, dtype).random_())
            both.compare("random_(from, None)", lambda t: empty(t, n, dtype).random_(1, None))
        both.compare("random_(to)", lambda t: empty(t, n, "int64").random_(77))
        both.compare("random_(to)", lambda t: empty(t, n, "int64").random_(to=77))
        both.compare("randint_like", lambda t: t.randint_like(t.empty(n), 3, 9))
        both.compare("randint_like", lambda t: t.randint_like(t.empty(n), high=9))
        both.compare("randint(high)", lambda t: t.randint(9, size=(n,)))


LENGTHS = (0, 1, 2, 3, 5, 10, 100, 398, 399, 400, 401, 1000, 1499, 1500, 5000)
LONG = (65535, 65536, 65537, 70000, 300_000, 1_000_003)


def permutations(both: Both, full: bool) -> None:
    for seed in SEEDS[:5] if full else FEW_SEEDS:
        both.seed(seed)
        for n in (*LENGTHS, *LONG) if full else LENGTHS:
            both.compare("randperm", lambda t: t.randperm(n))
        for n in range(2, 70):
            both.compare("randperm of few", lambda t: t.randperm(n))
        for dtype in ("int32", "int16", "float32", "float64"):
            both.compare(
                "randperm other dtypes",
                lambda t: t.randperm(5000, dtype=getattr(t, dtype)),
            )


CHANCES = (0.0, 0.1, 0.3, 0.5, 1 / 3, 0.8, 0.999, 1.0)


def bernoulli(both: Both, full: bool) -> None:
    for seed, n in seeds_and_sizes(full, 6, (1, 3, 16, 100, 799, 800, 801)):
        both.seed(seed)
        for p in CHANCES:
            for dtype in ("float32", "float64", "bfloat16", "bool", "int64"):
                both.compare("bernoulli_(float)", lambda t: empty(t, n, dtype).bernoulli_(p))
            both.compare("bernoulli(x, p)", lambda t: t.bernoulli(t.ones(n), p))
        for dtype in FLOATS:

            def chances(t):
                return spread(t, 0, 1, n, dtype)

            both.compare("bernoulli(T)", lambda t: t.bernoulli(chances(t)))
            both.compare("bernoulli_(T)", lambda t: t.empty(n).bernoulli_(chances(t)))


DISTRIBUTIONS = {
    "exponential_": lambda x: x.exponential_(1.7),
    "cauchy_": lambda x: x.cauchy_(0.3, 1.7),
    "geometric_": lambda x: x.geometric_(0.3),
    "log_normal_": lambda x: x.log_normal_(0.3, 0.7),
}


def other_distributions(both: Both, full: bool) -> None:
    for seed, n in seeds_and_sizes(full, 6, (1, 3, 17, 1000)):
        for dtype in FLOATS:
            both.seed(seed)
            for name, draw in DISTRIBUTIONS.items():
                both.compare(f"{name} {dtype}", lambda t: draw(empty(t, n, dtype)))
            both.compare("randn float32", lambda t: t.randn(1))
        for dtype in INTEGERS:
            both.compare("geometric_ integers", lambda t: empty(t, n, dtype).geometric_(0.1))


def poisson(both: Both, full: bool) -> None:
    for seed in SEEDS[:6] if full else FEW_SEEDS:
        for dtype in FLOATS:
            for rate in (0.0, 0.5, 3.0, 9.9, 10.0, 25.0, 400.0):
                both.seed(seed)
                both.compare(
                    "poisson",
                    lambda t: t.poisson(t.full((700,), rate, dtype=getattr(t, dtype))),
                )


def multinomial(both: Both, full: bool) -> None:
    random = np.random.RandomState(0)
    for seed in SEEDS[:6] if full else FEW_SEEDS:
        for dtype in ("float32", "float64"):
            for shape in ((2,), (10,), (1000,), (4, 50)):
                weights = random.rand(*shape).astype(dtype)
                both.seed(seed)
                for count in (1, 2, 7, 30):
                    both.compare(
                        "multinomial replacement",
                        lambda t: t.multinomial(t.tensor(weights), count, True),
                    )
                    if count <= shape[-1]:
                        both.compare(
                            "multinomial no replacement",
                            lambda t: t.multinomial(t.tensor(weights), count),
                        )


def many(both: Both, full: bool) -> None:
    n = 2_000_003 if full else LARGE
    both.seed(99)
    name = f"{n} elements"
    both.compare(name, lambda t: t.rand(n))
    both.compare(name, lambda t: t.randn(n))
    both.compare(name, lambda t: t.empty(n).bernoulli_(0.5))
    both.compare(name, lambda t: t.empty(n).exponential_())
    both.compare(name, lambda t: t.randperm(n))


CASES = (
    uniform, normal, normal_of_tensors, integers, permutations, bernoulli,
    other_distributions, poisson, multinomial, many,
)  # fmt: skip
