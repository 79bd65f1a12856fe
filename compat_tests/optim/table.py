"""Optimizers: where we differ from PyTorch, and why; as in `compat_tests.ops.table`."""

from compat_tests.conformance.known import Known

OPTIMIZERS: list[Known] = [
    Known(
        "LBFGS",
        r"^state_dict .*dtype=float32.*\['al'\]",
        "near the minimum these are differences of nearly equal numbers, so noise of "
        "rounding; PyTorch differs from itself as much with its vector kernels off",
    ),
]

SCHEDULERS: list[Known] = []

ERRORS: list[Known] = []
