"""Optimizers: where we differ from PyTorch, and why; as in `compat_tests.ops.table`."""

from compat_tests.conformance.known import Known

OPTIMIZERS: list[Known] = []

SCHEDULERS: list[Known] = []

ERRORS: list[Known] = []
