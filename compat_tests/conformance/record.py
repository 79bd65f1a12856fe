"""What was found about one name: counts, and the first failures with their place."""

import dataclasses
import re
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable

from compat_tests.conformance.outcome import (
    SAMPLE_SECONDS,
    Mismatch,
    Skip,
    Timeout,
    short,
    time_limit,
)

NAME_SECONDS = 90  # after these no further sample of a name is tried
SLOW_SAMPLES = 3  # nor after so many samples took too long


@dataclasses.dataclass
class Record:
    """The result for one operator, module, optimizer or scheduler."""

    name: str
    tier: str
    present: bool
    kind: str = ""
    max_failures: int = 6
    tally: Counter = dataclasses.field(default_factory=Counter)
    stages: Counter = dataclasses.field(default_factory=Counter)
    skips: Counter = dataclasses.field(default_factory=Counter)
    notes: Counter = dataclasses.field(default_factory=Counter)
    # name of a part (a variant, a dtype, a check) -> [passed, tried]
    by_variant: dict = dataclasses.field(default_factory=dict)
    by_dtype: dict = dataclasses.field(default_factory=dict)
    checks: dict = dataclasses.field(default_factory=dict)
    failures: list = dataclasses.field(default_factory=list)
    truncated: bool = False
    crash: str = ""
    started: float = dataclasses.field(default_factory=time.monotonic)

    @property
    def ok(self) -> bool:
        """Every sample passed, and there was one."""
        return 0 < self.tally["tried"] == self.tally["passed"]

    @property
    def out_of_time(self) -> bool:
        late = time.monotonic() - self.started > NAME_SECONDS
        if late or self.stages["timeout"] >= SLOW_SAMPLES:
            self.truncated = True
        return self.truncated

    def skip(self, reason: str) -> None:
        self.skips[re.sub(r"[0-9]+", "N", reason)[:90]] += 1

    def attempt(self, compare: Callable[[], None], **where) -> bool | None:
        """Run one comparison and count it; None when it was skipped.

        Args:
            compare: Raises Skip or Mismatch.
            where: Says which sample it is, for the report.
        """
        failure = None
        try:
            with time_limit(SAMPLE_SECONDS), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                compare()
        except Skip as skip:
            self.skip(str(skip))
            return None
        except Mismatch as mismatch:
            failure = mismatch.stage, mismatch.message
        except Timeout:
            failure = "timeout", f"over {SAMPLE_SECONDS} s"
        except MemoryError:
            failure = "memory", "MemoryError"
        except Exception as error:
            line = traceback.format_exc().strip().splitlines()[-3].strip()
            failure = "exception", f"while comparing: {short(error)} @ {line}"
        self.tally["tried"] += 1
        if failure is None:
            self.tally["passed"] += 1
            return True
        stage, message = failure
        self.stages[stage] += 1
        if len(self.failures) < self.max_failures:
            found = {"stage": stage, **where, "message": message[:400]}
            self.failures.append(found)
        return False


def count(parts: dict, name: str, passed: bool) -> None:
    """Add one to `[passed, tried]` of a part."""
    part = parts.setdefault(name, [0, 0])
    part[0] += passed
    part[1] += 1
