"""Values, shapes and dtypes of every operator, as function, method and operator."""

import pytest

import minitorch_ff as ff
from compat_tests.conformance.known import judge
from compat_tests.conformance.measure_ops import measure_op
from compat_tests.ops import table
from compat_tests.ops.cases import cases


@pytest.mark.parametrize("case", cases())
def test_values(case):
    options = case.options(gradients=False, variants=lambda name: "inplace" not in name)
    judge(measure_op(case.op, ff, options), table.VALUES, case.complete)
