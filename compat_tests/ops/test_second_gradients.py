"""Gradients of gradients, through `create_graph=True`, in float64."""

import pytest

import minitorch_ff as ff
from compat_tests.conformance import opinfo
from compat_tests.conformance.known import judge
from compat_tests.conformance.measure_ops import measure_op
from compat_tests.ops import table
from compat_tests.ops.cases import cases


@pytest.mark.parametrize("case", cases(opinfo.has_second_gradient))
def test_second_gradients(case):
    options = case.options(
        second_order=True, dtypes=("float64",), variants=lambda name: name == "function"
    )
    record = measure_op(case.op, ff, options)
    judge(record, table.SECOND_GRADIENTS, case.complete, counted="backward_tried")
