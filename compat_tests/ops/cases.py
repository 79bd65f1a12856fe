"""Which operators are tested, on how many samples.

By default a few samples of the operators that training scripts use; all samples of all
operators in scope are marked `slow`.
"""

import dataclasses
from collections.abc import Callable

import pytest

from compat_tests.conformance import opinfo
from compat_tests.conformance.opinfo import Options

FEW = Options(max_samples=5, max_variant_samples=2)
ALL = Options(max_samples=40, max_variant_samples=8)


@dataclasses.dataclass
class Case:
    """An operator of PyTorch's database; `complete` when all its samples run."""

    op: object
    complete: bool

    def options(self, **settings) -> Options:
        chosen = dataclasses.replace(ALL if self.complete else FEW, **settings)
        return dataclasses.replace(chosen, exact_random=True, max_failures=10**6)


def cases(select: Callable = lambda op: True) -> list:
    """Parameters for `pytest.mark.parametrize`."""
    few = [
        pytest.param(Case(op, complete=False), id=opinfo.op_key(op))
        for op in opinfo.ops(["1"])
        if select(op)
    ]
    everything = [
        pytest.param(
            Case(op, complete=True),
            id=opinfo.op_key(op) + "-all",
            marks=pytest.mark.slow,
        )
        for op in opinfo.ops(["1", "2", "3"])
        if select(op)
    ]
    return few + everything
