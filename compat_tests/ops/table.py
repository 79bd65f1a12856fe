"""Operators: where we differ from PyTorch, and why.

A row accepts the failures of one operator that its pattern matches; see
`compat_tests/conformance/known.py`.
"""

from compat_tests.conformance.known import Known

VALUES: list[Known] = []

GRADIENTS: list[Known] = []

SECOND_GRADIENTS: list[Known] = []

IN_PLACE: list[Known] = []

SIGNATURES = ["linspace", "linspace|tensor_overload", "logspace", "logspace|tensor_overload"]

ERRORS: list[Known] = [
    Known("arange", "step must be nonzero; expected ValueError", "an error of another type"),
    Known("cat", "refer to a single memory location", "nothing is shared where nothing is"),
    *[
        Known(name, "invalid combination", "PyTorch lists its C++ signatures here")
        for name in SIGNATURES
    ],
]
"""Bad inputs to operators: PyTorch's exception type, and the words its tests check."""
