"""Every module of PyTorch's database, and of our own list of further ones.

Construction, repr, state_dict, forward, gradients of inputs and parameters, buffers, in
training and in evaluation; and bad inputs.
"""

import dataclasses

import pytest

import minitorch_ff as ff
from compat_tests.conformance import opinfo
from compat_tests.conformance.errors import measure_module_errors
from compat_tests.conformance.known import judge
from compat_tests.conformance.modules import measure_module
from compat_tests.modules import table
from compat_tests.ops.cases import ALL, FEW

TIERS = ["1", "2", "3"]


def written(entries: list) -> list:
    """The modules of the first tier, and those of the others that we have."""
    first = opinfo.modules(["1"])
    return [e for e in entries if e in first or hasattr(ff.nn, opinfo.module_name(e))]


def module_id(entry) -> str:
    return opinfo.module_name(entry) + "+" * isinstance(entry, str)


def everything(options):
    return dataclasses.replace(options, exact_random=True, max_failures=10**6)


@pytest.mark.parametrize("entry", written(opinfo.modules(TIERS)), ids=module_id)
def test_module(entry):
    options = dataclasses.replace(everything(FEW), dtypes=("float32",))
    judge(measure_module(entry, ff, options), table.MODULES, complete=False)


@pytest.mark.slow
@pytest.mark.parametrize("entry", written(opinfo.modules(TIERS)), ids=module_id)
def test_module_in_all_samples(entry):
    record = measure_module(entry, ff, everything(ALL))
    judge(record, table.MODULES, complete=True)


@pytest.mark.parametrize("entry", written(opinfo.modules_with_errors(TIERS)), ids=module_id)
def test_module_errors(entry):
    judge(measure_module_errors(entry, ff, ALL), table.ERRORS, complete=True)
