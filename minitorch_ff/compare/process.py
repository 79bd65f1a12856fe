"""One side of a comparison: a script in a process of its own, and what it did."""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen
from threading import Thread
from typing import Any

from minitorch_ff.compare.inside.sitecustomize import FOLDER, ORDER

PATIENCE = 3.0  # seconds from asking a process to end to ending it


@dataclass
class Outcome:
    """What a script printed, how it ended and what it took.

    Attributes:
        name: The framework's.
        framework: The package that it is.
        runner: The command that runs a script with it.
        arguments: The script's own.
        hash: Of the script's source.
        lines: What it printed.
        times: When each line came, in seconds after the start.
        errors: What it wrote to stderr.
        code: Its exit status; negative is the signal that ended it. None while it runs.
        seconds: Wall time.
        memory: The largest resident memory, in bytes.
        inside: The report from inside the process: `import` (seconds), `environment`,
            with `--deep` the `limit`; empty if the process could not write it.
        records: The tensors recorded inside, in their order; None if not asked for.
    """

    name: str
    framework: str
    runner: list[str]
    arguments: list[str]
    hash: str
    lines: list[str] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    errors: str = ""
    code: int | None = None
    seconds: float = 0.0
    memory: int = 0
    inside: dict[str, Any] = field(default_factory=dict)
    records: list[dict[str, Any]] | None = None

    def ending(self) -> list[str]:
        """How the script ended, as lines to compare: the exit status, the last error."""
        error = self.errors.strip().splitlines()[-1:] if self.code else []
        return [f"exit status {self.code}", *error]


@contextmanager
def running(outcome: Outcome, script: str, steps: int) -> Iterator[Thread]:
    """Run a script; the thread that fills its outcome ends when it has.

    The process has this one's folder and environment, but no terminal to read from. It
    ends with the context: as Ctrl-C ends it, and by force when that takes too long.

    Args:
        outcome: What to fill: `lines` while the script runs, the rest at its end.
        script: The Python file.
        steps: How many optimizer steps to record; 0 records nothing.
    """
    with tempfile.TemporaryDirectory(prefix="minitorch_ff_compare_") as folder:
        report, errors = Path(folder, "report"), Path(folder, "errors")
        environment = {"PYTHONHASHSEED": "0", **os.environ, "PYTHONUNBUFFERED": "1"}
        environment["PYTHONIOENCODING"] = "utf-8"
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, [FOLDER, os.getenv("PYTHONPATH")]))
        environment[ORDER] = json.dumps([outcome.framework, steps, str(report)])
        command = [*outcome.runner, script, *outcome.arguments]
        with errors.open("wb") as stderr:
            process = Popen(command, env=environment, stdin=DEVNULL, stdout=PIPE, stderr=stderr)
        reader = Thread(target=_read, args=(process, outcome, report, errors), daemon=True)
        reader.start()
        try:
            yield reader
        finally:
            for number in (signal.SIGINT, signal.SIGKILL):
                if process.returncode is None:
                    os.kill(process.pid, number)
                    reader.join(PATIENCE)


def _read(process: Popen[bytes], outcome: Outcome, report: Path, errors: Path) -> None:
    """Take lines until the end, then what the process took, its errors and its report."""
    started = time.perf_counter()
    with process:
        for line in process.stdout or ():
            outcome.times.append(time.perf_counter() - started)
            outcome.lines.append(line.decode("utf-8", "replace").rstrip("\r\n"))
        _, status, usage = os.wait4(process.pid, 0)
        outcome.code = process.returncode = os.waitstatus_to_exitcode(status)
    outcome.seconds = time.perf_counter() - started
    outcome.memory = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    outcome.errors = errors.read_text("utf-8", "replace")
    if report.exists():
        outcome.inside = json.loads(report.read_text("utf-8"))
        outcome.records = outcome.inside.pop("records", None)
