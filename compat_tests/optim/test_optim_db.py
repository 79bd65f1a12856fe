"""Every optimizer in all settings of PyTorch's database; every scheduler."""

import dataclasses

import pytest

import minitorch_ff as ff
from compat_tests.conformance import opinfo
from compat_tests.conformance.errors import measure_optimizer_errors
from compat_tests.conformance.known import judge
from compat_tests.conformance.optimizers import measure_optimizer
from compat_tests.conformance.schedulers import CASES, measure_scheduler
from compat_tests.ops.cases import ALL
from compat_tests.optim import table

EVERYTHING = dataclasses.replace(ALL, max_failures=10**6)
TIERS = ["1", "2", "3"]


def name_of(subject) -> str:
    return subject.name


@pytest.mark.parametrize("entry", opinfo.optimizers(TIERS), ids=name_of)
def test_optimizer(entry):
    record = measure_optimizer(entry, ff, EVERYTHING)
    judge(record, table.OPTIMIZERS, complete=True)


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_scheduler(case):
    # A scheduler's cases are judged one by one, so a row need not fit each of them.
    record = measure_scheduler(case, ff, EVERYTHING)
    judge(record, table.SCHEDULERS, complete=False)


@pytest.mark.parametrize("entry", opinfo.optimizers_with_errors(TIERS), ids=name_of)
def test_optimizer_errors(entry):
    record = measure_optimizer_errors(entry, ff, EVERYTHING)
    judge(record, table.ERRORS, complete=True)
