"""Optimizers: where we differ from PyTorch, and why; as in `compat_tests.ops.table`."""

from compat_tests.conformance.known import Known
from compat_tests.worlds import dot_adds_in_halves

LBFGS = Known(
    "LBFGS",
    r"^state_dict .*dtype=float32",
    "on this processor PyTorch's dot products add in another order than ours, and a search "
    "near the minimum, where differences are of nearly equal numbers, makes much of it",
)
OPTIMIZERS: list[Known] = [] if dot_adds_in_halves() else [LBFGS]

SCHEDULERS: list[Known] = []

ERRORS: list[Known] = []
