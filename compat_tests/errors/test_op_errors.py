"""Bad inputs to operators: PyTorch's exception type, and the words its tests check."""

import pytest

import minitorch_ff as ff
from compat_tests.conformance import opinfo
from compat_tests.conformance.errors import measure_op_errors
from compat_tests.conformance.known import judge
from compat_tests.ops import table
from compat_tests.ops.cases import ALL, written
from compat_tests.worlds import same_error

IN_SCOPE = written(opinfo.ops_with_errors(["1", "2", "3"]))


@pytest.mark.parametrize("op", IN_SCOPE, ids=opinfo.op_key)
def test_op_errors(op):
    judge(measure_op_errors(op, ff, ALL), table.ERRORS, complete=True)


def test_the_error_of_a_matrix_has_pytorch_s_name():
    same_error(lambda w: w.linalg.cholesky(-w.eye(2)))
    assert issubclass(ff.linalg.LinAlgError, RuntimeError)
