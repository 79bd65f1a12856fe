"""Known differences: a failure that a row explains is accepted, any other is not.

Rows are strict: in a complete run, a row that explains nothing fails the test, so that
what has been mended leaves the table.
"""

import dataclasses
import re

import pytest

from compat_tests.conformance.record import Record

FAILURES_SHOWN = 4
NOTHING = "nothing to compare"  # a row may say so of a name without usable samples


@dataclasses.dataclass(frozen=True)
class Known:
    """A difference from PyTorch, and why it is there.

    Attributes:
        name: The operator's or module's name in PyTorch's database.
        match: A pattern of the failure's line: `stage variant=… at=… message=…`.
        reason: For the reader of the table.
    """

    name: str
    match: str
    reason: str

    def explains(self, line: str) -> bool:
        return bool(re.search(self.match, line))


def missing(names: str, reason: str) -> list[Known]:
    """Rows for names that we do not have at all; their bad inputs raise nothing."""
    return [Known(name, "^missing|message=no error", reason) for name in names.split()]


def line_of(failure: dict) -> str:
    """A failure in one line; patterns of the table are matched with it."""
    details = " ".join(f"{k}={v}" for k, v in failure.items() if k != "stage")
    return f"{failure['stage']} {details}"


def judge(record: Record, table: list[Known], complete: bool, counted: str = "tried") -> None:
    """Fail the test unless everything passed, but for what the table explains.

    Args:
        record: What was found; it must hold all failures.
        table: The known differences of this test.
        complete: Whether all samples ran, so that every row must explain something.
        counted: The comparison that must have been made at least once.
    """
    __tracebackhide__ = True
    lines = [line_of(f) for f in record.failures]
    if not lines and not record.tally[counted]:
        lines = [f"{NOTHING}: {dict(record.skips)}"]
    name = record.name.rpartition(":")[2]  # an error's record is `op:add`
    rows = [row for row in table if row.name == name]
    unknown = [line for line in lines if not any(row.explains(line) for row in rows)]
    if unknown:
        shown = "\n".join(unknown[:FAILURES_SHOWN])
        tried = record.tally["tried"]
        pytest.fail(f"{len(unknown)} of {tried} samples differ:\n{shown}")
    for row in rows:
        if complete and not any(row.explains(line) for line in lines):
            pytest.fail(f"passes now, take it out of the table: {row}")
    if lines:
        pytest.xfail("; ".join(sorted({row.reason for row in rows})))
