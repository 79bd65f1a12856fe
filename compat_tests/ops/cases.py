"""Which operators are tested, on how many samples.

By default a few samples of the operators that training and teaching scripts use (tier 1
of the scope must all be there); all samples of all operators that we have are marked
`slow`.
"""

import dataclasses
from collections.abc import Callable

import pytest

import minitorch_ff as ff
from compat_tests.conformance import opinfo
from compat_tests.conformance.opinfo import Options

FEW = Options(max_samples=6, max_variant_samples=2)
ALL = Options(max_samples=40, max_variant_samples=8)


@dataclasses.dataclass
class Case:
    """An operator of PyTorch's database; `complete` when all its samples run."""

    op: object
    complete: bool

    def options(self, **settings) -> Options:
        chosen = dataclasses.replace(ALL if self.complete else FEW, **settings)
        return dataclasses.replace(chosen, exact_random=True, max_failures=10**6)


def written(ops: list) -> list:
    """The operators of the first tier, and those of the others that we have."""
    first = opinfo.ops(["1"])
    return [op for op in ops if op in first or opinfo.is_present(op, ff)]


def cases(select: Callable = lambda op: True) -> list:
    """Parameters for `pytest.mark.parametrize`."""
    few = [
        pytest.param(Case(op, complete=False), id=opinfo.op_key(op))
        for op in written(opinfo.ops(["1", "2"]))
        if select(op)
    ]
    everything = [
        pytest.param(
            Case(op, complete=True),
            id=opinfo.op_key(op) + "-all",
            marks=pytest.mark.slow,
        )
        for op in written(opinfo.ops(["1", "2", "3"]))
        if select(op)
    ]
    return few + everything
