"""Python processes: a script run by itself, and a script run with ours as its torch."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PLAIN = ()
OURS = ("-m", "minitorch_ff", "run")


def python(*command, cwd, stdin="", **environment) -> subprocess.CompletedProcess[str]:
    """Run `python command…`, with one thread for arithmetic, and wait for its end."""
    path = [str(ROOT), *filter(None, [environment.pop("first_on_path", None)])]
    return subprocess.run(
        [sys.executable, *map(str, command)],
        cwd=cwd,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(reversed(path)),
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
    """A folder that makes the import of PyTorch itself fail, when it is first on the path."""
    (folder / "torch.py").write_text("raise AssertionError('PyTorch was imported')\n")
    (folder / "torchvision.py").write_text("raise AssertionError('torchvision, too')\n")
    return folder
