"""The gradient of every input of every differentiable operator."""

import pytest

import minitorch_ff as ff
from compat_tests.conformance import opinfo
from compat_tests.conformance.known import judge
from compat_tests.conformance.measure_ops import measure_op
from compat_tests.ops import table
from compat_tests.ops.cases import cases


@pytest.mark.parametrize("case", cases(opinfo.has_gradient))
def test_gradients(case):
    dtypes = ("float32", "float64") if case.complete else ("float32",)
    options = case.options(dtypes=dtypes, variants=lambda name: name == "function")
    record = measure_op(case.op, ff, options)
    judge(record, table.GRADIENTS, case.complete, counted="backward_tried")
