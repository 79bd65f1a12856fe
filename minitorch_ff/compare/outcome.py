"""What one side of a comparison did, from a process or from a recording of one."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy


@dataclass
class Outcome:
    """What a script printed, how it ended and what it took.

    Attributes:
        name: The framework.
        arguments: The script's own.
        hash: Of the script's source.
        lines: What it printed.
        times: When each line came, in seconds after the start.
        errors: What it wrote to stderr.
        code: Its exit status; negative is the signal that ended it. None while it runs.
        seconds: Wall time.
        memory: The largest resident memory, in bytes.
        inside: The report from inside the process: `import` (seconds), `environment`,
            and with `--deep` the `records`; empty if the process could not write it.
        samples: The numbers that the records describe. Shape `(n,)`, float64.
    """

    name: str
    arguments: list[str]
    hash: str
    lines: list[str] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    errors: str = ""
    code: int | None = None
    seconds: float = 0.0
    memory: int = 0
    inside: dict[str, Any] = field(default_factory=dict)
    samples: Any = field(default_factory=lambda: numpy.empty(0), repr=False)

    def ending(self) -> list[str]:
        """How the script ended, as lines to compare: the exit status, the last error."""
        error = self.errors.strip().splitlines()[-1:] if self.code else []
        return [f"exit status {self.code}", *error]

    @property
    def records(self) -> list[dict[str, Any]]:
        """What was recorded inside, in its order."""
        return self.inside.get("records", [])

    def save(self, path: str) -> None:
        """Write a recording, an `.npz` file that `load` reads anywhere."""
        about = {name: value for name, value in vars(self).items() if name != "samples"}
        text = numpy.frombuffer(json.dumps(about).encode(), dtype=numpy.uint8)
        with Path(path).open("wb") as file:
            numpy.savez_compressed(file, about=text, samples=self.samples)

    @classmethod
    def load(cls, path: str) -> Outcome:
        """Read a recording.

        Raises:
            OSError: The file cannot be read.
            ValueError: It holds something else.
        """
        try:
            with numpy.load(path, allow_pickle=False) as file:
                return cls(**json.loads(file["about"].tobytes()), samples=file["samples"])
        except (KeyError, TypeError, AttributeError, EOFError) as error:
            raise ValueError(f"{path} is no recording of compare --record") from error
