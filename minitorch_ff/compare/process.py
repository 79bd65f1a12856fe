"""A script in a process of its own, its lines as they come, and what it took."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from queue import Queue
from typing import Any

import numpy

from minitorch_ff.compare.inside import sitecustomize
from minitorch_ff.compare.outcome import Outcome


class Process(threading.Thread):
    """Runs a command, fills its outcome, and reports each change to `events`.

    The process has this one's folder and environment, but no terminal to read from.

    Args:
        command: The interpreter and what follows.
        order: What the process watches from inside: `framework` is the package whose
            import is timed, `steps` the number of steps to record.
        outcome: What to fill: `lines` while the script runs, the rest at its end.
        events: Gets None whenever there is news.
        after: The process whose end this one waits for.
    """

    def __init__(
        self,
        command: list[str],
        order: dict[str, Any],
        outcome: Outcome,
        events: Queue[None],
        after: Process | None = None,
    ) -> None:
        super().__init__(daemon=True)
        self.command, self.order, self.outcome, self.events = command, order, outcome, events
        self.after = after
        self.process: subprocess.Popen[bytes] | None = None
        self.stopped = False

    def run(self) -> None:
        """Start, read lines until the end, then collect the process and its report."""
        if self.after is not None:
            self.after.join()
        try:
            with tempfile.TemporaryDirectory(prefix="minitorch_ff_compare_") as folder:
                if not self.stopped:
                    self._run(Path(folder))
        finally:  # whatever happened: somebody waits for the end
            code = self.process.returncode if self.process else None
            self.outcome.code = -signal.SIGKILL if code is None else code
            self.events.put(None)

    def _run(self, folder: Path) -> None:
        outcome, report, samples = self.outcome, folder / "report", folder / "report.samples"
        started = time.perf_counter()
        with open(folder / "errors", "wb") as errors:
            self.process = process = subprocess.Popen(
                self.command,
                env=self._environment(str(report)),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
            )
        with process.stdout as stream:  # type: ignore[union-attr]
            for line in stream:
                outcome.times.append(time.perf_counter() - started)
                outcome.lines.append(line.decode("utf-8", "replace").rstrip("\r\n"))
                self.events.put(None)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        outcome.seconds = time.perf_counter() - started
        outcome.memory = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        outcome.errors = (folder / "errors").read_text("utf-8", "replace")
        if report.exists():
            outcome.inside = json.loads(report.read_text("utf-8"))
        if samples.exists():
            outcome.samples = numpy.fromfile(samples)

    def _environment(self, report: str) -> dict[str, str]:
        """This process's, and what makes the other one watched and comparable."""
        path = os.environ.get("PYTHONPATH")
        return {
            **os.environ,
            sitecustomize.ORDER: json.dumps({**self.order, "report": report, "path": path}),
            "PYTHONPATH": os.pathsep.join(filter(None, [sitecustomize.FOLDER, path])),
            "PYTHONUNBUFFERED": "1",
            "PYTHONIOENCODING": "utf-8",
            "PYTHONHASHSEED": os.environ.get("PYTHONHASHSEED", "0"),
        }

    def stop(self, patience: float = 3.0) -> None:
        """End the process: as Ctrl-C does, and by force when that takes too long."""
        self.stopped = True
        for number in (signal.SIGINT, signal.SIGKILL):
            if self.process is not None and self.process.returncode is None:
                os.kill(self.process.pid, number)
                self.join(patience)
