"""What scripts on the pages print under PyTorch: recorded once, checked by the tests.

`python docs/_extensions/recorded.py` records anew. It needs PyTorch; building the pages
does not.
"""

import pathlib
import subprocess
import sys

FOLDER = pathlib.Path(__file__).parents[1] / "recorded"
SCRIPTS = sorted(FOLDER.glob("*.py"))


def record(script: pathlib.Path) -> pathlib.Path:
    """Where the script's output under PyTorch is kept."""
    return script.with_suffix(".txt")


def printed(script: pathlib.Path, *through: str) -> str:
    """What a script prints, run by Python or `through` a module that runs it.

    Args:
        script: A script that says `import torch`.
        through: Options for Python before the script, such as `-m minitorch_ff run`.
    """
    command = [sys.executable, *through, str(script)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    for each in SCRIPTS:
        record(each).write_text(printed(each), encoding="utf-8")
