"""In-place methods and operators: `x.add_(y)`, `x += y`, with their gradients."""

import pytest

import minitorch_ff as ff
from compat_tests.conformance.known import judge
from compat_tests.conformance.measure_ops import measure_op
from compat_tests.ops import table
from compat_tests.ops.cases import cases


def has_in_place(op) -> bool:
    return op.inplace_variant is not None or op.inplace_operator_variant is not None


@pytest.mark.parametrize("case", cases(has_in_place))
def test_in_place(case):
    options = case.options(variants=lambda name: "inplace" in name)
    judge(measure_op(case.op, ff, options), table.IN_PLACE, case.complete)
