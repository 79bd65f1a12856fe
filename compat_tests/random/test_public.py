"""The public functions give PyTorch's random numbers, bit for bit, from the same seed."""

from __future__ import annotations

import pytest

from compat_tests.random import cases_of_draws, cases_of_networks, cases_of_states
from compat_tests.random.both import Both

CASES = (*cases_of_draws.CASES, *cases_of_states.CASES, *cases_of_networks.CASES)
by_name = pytest.mark.parametrize("cases", CASES, ids=lambda cases: cases.__name__)


def check(cases, full):
    both = Both()
    cases(both, full)
    assert sum(row.values for row in both.rows.values()) > 0


@by_name
def test_moderate_sizes(cases):
    check(cases, full=False)


@pytest.mark.slow
@by_name
def test_all_seeds_and_sizes(cases):
    check(cases, full=True)
