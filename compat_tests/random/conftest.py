"""What the tests of random numbers share."""

from __future__ import annotations

import pytest

from compat_tests.random.pairing import Pair


@pytest.fixture(params=(0, 1, 42), ids=lambda seed: f"seed{seed}")
def pair(request):
    """A pair, and the demand that it was used to compare something."""
    pair = Pair(request.param)
    yield pair
    assert pair.compared
