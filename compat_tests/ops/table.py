"""Operators: where we differ from PyTorch, and why.

A row accepts the failures of one operator that its pattern matches; see
`compat_tests/conformance/known.py`.
"""

from compat_tests.conformance.known import Known

NO_GRADIENT_OF_AS_STRIDED = "as_strided of a tensor that requires grad is refused"
AS_STRIDED = [
    Known(name, "as_strided of a tensor that requires grad", NO_GRADIENT_OF_AS_STRIDED)
    for name in ("as_strided", "as_strided|partial_views")
]

VALUES: list[Known] = []

GRADIENTS: list[Known] = list(AS_STRIDED)

SECOND_GRADIENTS: list[Known] = [
    *AS_STRIDED,
    Known(
        "linalg.det",
        "shape or presence differs",
        "the second gradient of a 1x1 determinant is zero: one side has it, one has None",
    ),
    Known(
        "linalg.norm|subgradients_at_zero",
        "expected nan",
        "at zero PyTorch's second gradient is nan, ours a finite subgradient's",
    ),
]

IN_PLACE: list[Known] = [
    Known(name, "^missing", "as_strided_ does not exist")
    for name in ("as_strided", "as_strided|partial_views")
]

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
