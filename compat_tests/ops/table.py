"""Operators: where we differ from PyTorch, and why.

A row accepts the failures of one operator that its pattern matches; see
`compat_tests/conformance/known.py`.
"""

from compat_tests.conformance.known import Known

VALUES: list[Known] = []

GRADIENTS: list[Known] = []

SECOND_GRADIENTS: list[Known] = []

IN_PLACE: list[Known] = []

ERRORS: list[Known] = []
