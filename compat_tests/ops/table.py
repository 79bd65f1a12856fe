"""Operators: where we differ from PyTorch, and why.

A row accepts the failures of one operator that its pattern matches; see
`compat_tests/conformance/known.py`.
"""

from compat_tests.conformance.known import Known

VALUES: list[Known] = []

GRADIENTS: list[Known] = []

SECOND_GRADIENTS: list[Known] = []

IN_PLACE: list[Known] = []

NO_OUT = """
amax amin aminmax arange bernoulli cat gather index_select kthvalue masked_select multinomial
take
""".split()
SIGNATURES = ["linspace", "linspace|tensor_overload", "logspace", "logspace|tensor_overload"]

ERRORS: list[Known] = [
    *[Known(name, "unexpected keyword argument 'out'", "no `out=`") for name in NO_OUT],
    *[
        Known(name, "invalid combination", "PyTorch lists its C++ signatures here")
        for name in SIGNATURES
    ],
]
"""Bad inputs to operators: PyTorch's exception type, and the words its tests check."""
