"""What states, generators, memory order and mixtures of draws are compared on."""

# A body is called at once, while the loop's variables are what it means.
# ruff: noqa: B023

from __future__ import annotations

import numpy as np
import torch

import minitorch_ff as ff
from compat_tests.random.both import Both
from compat_tests.random.cases_of_draws import FEW_SEEDS, FLOATS, SEEDS, spread

DRAWS = (1, 2, 3, 311, 312, 313, 622, 623, 624, 625, 1248, 1249)


def states(both: Both, full: bool) -> None:
    for seed in SEEDS:
        both.seed(seed)
        name = "manual_seed, get_rng_state"
        both.compare(name, lambda t: t.get_rng_state())
        both.compare(name, lambda t: [t.initial_seed() % 2**63])
        for count in DRAWS if full else DRAWS[::3]:
            both.seed(seed)
            both.compare("state after k draws", lambda t: t.empty(count, dtype=t.int32).random_())
            both.compare("state with cached normal", lambda t: t.randn(3))


def exchanged_states(both: Both, full: bool) -> None:
    """A state of either world continues in the other."""
    for seed in SEEDS if full else FEW_SEEDS:
        both.seed(seed)
        both.compare("set_rng_state", lambda t: t.randn(7))
        ours, theirs = ff.get_rng_state().numpy(), torch.get_rng_state().numpy()
        for size in (3, 16, 700):
            torch.set_rng_state(torch.from_numpy(ours))
            ff.set_rng_state(ff.from_numpy(theirs))
            both.compare("set_rng_state", lambda t: (t.randn(size), t.rand(size)))

        def again(t):
            generator = t.Generator()
            generator.set_state(t.from_numpy(theirs.copy()))
            twin = generator.clone_state()
            first, second = t.randn(5, generator=generator), generator.get_state()
            return first, second, t.randn(5, generator=twin), twin.get_state()

        both.compare("Generator.set_state", again)


def generators(both: Both, full: bool) -> None:
    def every_draw(t, generator=None):
        g = {"generator": t.Generator().manual_seed(5) if generator is None else generator}
        x, weights = t.empty(4, 5), spread(t, 0.1, 0.9, 6)
        return (
            t.rand(3, **g), t.randn(20, **g), t.randint(9, (7,), **g), t.randperm(8, **g),
            t.rand_like(x, **g), t.randn_like(x, **g), t.randint_like(x, 9, **g),
            t.normal(weights, 2.0, **g), t.normal(0.0, 1.0, (4,), **g),
            t.bernoulli(weights, **g), t.multinomial(weights, 3, **g),
            t.poisson(weights * 30, **g), x.uniform_(**g), x.normal_(**g),
            x.exponential_(**g), x.cauchy_(**g), x.log_normal_(**g),
            x.geometric_(0.5, **g), x.bernoulli_(0.5, **g), x.random_(**g),
            g["generator"].get_state(),
        )  # fmt: skip

    both.seed(3)
    both.compare("generator=", every_draw)
    both.compare("Generator()", lambda t: every_draw(t, t.Generator()))
    both.compare("default_generator", lambda t: every_draw(t, t.default_generator))

    def forked(t):
        with t.random.fork_rng():
            inside = t.rand(3)
        return inside, t.rand(3)

    both.compare("fork_rng", forked)


# (shape of the memory, order of its dimensions in the tensor)
LAYOUTS = (
    ((4, 8), (1, 0)),
    ((3, 5, 7), (2, 0, 1)),
    ((40, 50), (1, 0)),
    ((2, 3), (1, 0)),
    ((1, 20), (1, 0)),
    ((2, 3, 4, 5), (0, 3, 1, 2)),
)


def memory_order(both: Both, full: bool) -> None:
    for seed in SEEDS[:4] if full else FEW_SEEDS:
        for shape, order in LAYOUTS:
            for dtype in FLOATS if full else FLOATS[:2]:

                def tensor(t):
                    return t.zeros(shape, dtype=getattr(t, dtype)).permute(order)

                both.seed(seed)
                for draw in (
                    lambda x: x.uniform_(),
                    lambda x: x.normal_(),
                    lambda x: x.bernoulli_(0.4),
                    lambda x: x.random_(5),
                ):
                    both.compare("non-contiguous in place", lambda t: draw(tensor(t)))
                both.compare("non-contiguous *_like", lambda t: t.rand_like(tensor(t)))
                both.compare("non-contiguous *_like", lambda t: t.randn_like(tensor(t)))
                both.compare("non-contiguous *_like", lambda t: t.randint_like(tensor(t), 9))
                both.compare(
                    "non-contiguous parameters",
                    lambda t: (
                        t.bernoulli(tensor(t) + 0.5), t.bernoulli(tensor(t), 0.5),
                        t.poisson(tensor(t) + 5), t.normal(tensor(t), 2.0),
                        t.normal(0.5, tensor(t) + 1),
                        t.empty(tensor(t).shape).bernoulli_(tensor(t) + 0.5),
                    ),
                )  # fmt: skip

        def slice_of(t):
            base = t.zeros(12, 12)
            base[::2, 1::3].normal_()
            return base

        both.compare("strided slice", slice_of)
        expanded = (
            lambda t: t.zeros(1, 3).expand(4, 3),
            lambda t: t.zeros(4, 1).expand(4, 5),
            lambda t: t.zeros(40)[::2],
        )
        for pattern in expanded:
            both.compare("expanded, sliced *_like", lambda t: t.rand_like(pattern(t)))
            both.compare("expanded, sliced *_like", lambda t: t.randn_like(pattern(t)))
        both.compare(
            "memory_format=contiguous",
            lambda t: t.randn_like(t.zeros(5, 4).t(), memory_format=t.contiguous_format),
        )


MIXTURE = (
    lambda t, n: t.rand(n),
    lambda t, n: t.randn(n),
    lambda t, n: t.randn(n, dtype=t.float64),
    lambda t, n: t.randperm(n),
    lambda t, n: t.randint(0, 1000, (n,)),
    lambda t, n: t.empty(n).bernoulli_(0.6),
    lambda t, n: t.empty(n).log_normal_(),
    lambda t, n: t.rand(n, dtype=t.float64),
    lambda t, n: t.nn.functional.dropout(t.ones(n), 0.3),
    lambda t, n: t.set_rng_state(t.get_rng_state()) or t.empty(n).normal_(1, 2),
)


def interleaved(both: Both, full: bool) -> None:
    choose = np.random.RandomState(0)
    for _ in range(300 if full else 25):
        both.seed(int(choose.randint(0, 2**31)))
        for _ in range(25):
            n = int(choose.choice((1, 2, 3, 5, 9, 15, 16, 17, 31, 40, 100, 700)))
            draw = MIXTURE[choose.randint(len(MIXTURE))]
            both.compare("interleaved", lambda t: draw(t, n))


CASES = (states, exchanged_states, generators, memory_order, interleaved)
