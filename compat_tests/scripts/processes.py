"""Python processes: a script run by itself, and a script run with ours as its torch."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PLAIN = ()
OURS = ("-m", "minitorch_ff", "run")


def python(*command, cwd, stdin="", path=(), **environment) -> subprocess.CompletedProcess[str]:
    """Run `python command…`, with one thread for arithmetic, and wait for its end.

    Args:
        command: What follows the interpreter's name.
        cwd: Where it runs.
        stdin: What it can read.
        path: Folders that its imports look into first.
        environment: Further environment variables.
    """
    return subprocess.run(
        [sys.executable, *map(str, command)],
        cwd=cwd,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(map(str, [*path, ROOT])),
            "PYTHONIOENCODING": "utf-8",
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            **environment,
        },
        input=stdin,
        capture_output=True,
        encoding="utf-8",
        timeout=300,
    )


def poison(folder: Path) -> Path:
    """A folder that, first on the path, makes the import of PyTorch itself fail."""
    for name in ("torch", "torchvision"):
        message = f"raise AssertionError('{name} itself was imported')"
        (folder / f"{name}.py").write_text(message)
    return folder
