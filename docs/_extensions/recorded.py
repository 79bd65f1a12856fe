"""What scripts on the pages print under PyTorch: recorded once, checked by the tests.

`python docs/_extensions/recorded.py` records anew. It needs PyTorch; building the pages
does not.
"""

import json
import os
import pathlib
import subprocess
import sys

import numpy

FOLDER = pathlib.Path(__file__).parents[1] / "recorded"
SCRIPTS = sorted(FOLDER.glob("*.py"))
BOTH = sorted((FOLDER / "both").glob("*.py"))  # they call both packages themselves
CHECKPOINT = FOLDER / "checkpoint"  # `save.py`, `load.py`, and the file between them
TRAINING = FOLDER / "train.py"
TRACE = TRAINING.with_suffix(".npz")  # for `compare --against`
EXPLAINED = FOLDER / "explained.txt"  # times, of which the words must stay true
EXPLAIN = ("-m", "minitorch_ff", "explain", "--step", "3")


def record(script: pathlib.Path) -> pathlib.Path:
    """Where the script's output under PyTorch is kept."""
    return script.with_suffix(".txt")


def printed(script: pathlib.Path, *through: str, arguments: tuple[str, ...] = ()) -> str:
    """What a script prints, run by Python or `through` a module that runs it.

    Args:
        script: A script that says `import torch`.
        through: Options for Python before the script, such as `-m minitorch_ff run`.
        arguments: The script's own.
    """
    command = [sys.executable, *through, str(script), *arguments]
    path = f"{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path}
    return subprocess.run(
        command, check=True, capture_output=True, text=True, env=environment
    ).stdout


def trace(file: pathlib.Path) -> None:
    """Record the training under PyTorch, tensor by tensor."""
    options = ("--python", "python", "--deep", "--record", str(file))
    printed(TRAINING, "-m", "minitorch_ff", "compare", *options)
    with numpy.load(file) as recording:
        arrays = dict(recording)
    facts = json.loads(str(arrays["json"]))
    del facts["inside"]["environment"]["platform"]  # it says more about a machine than it should
    numpy.savez_compressed(file, **{**arrays, "json": json.dumps(facts)})


if __name__ == "__main__":
    for each in (*SCRIPTS, *BOTH):
        record(each).write_text(printed(each), encoding="utf-8")
    saved = str(CHECKPOINT / "from_pytorch.pt")
    printed(CHECKPOINT / "save.py", arguments=(saved,))
    loaded = printed(CHECKPOINT / "load.py", arguments=(saved,))
    record(CHECKPOINT / "load.py").write_text(loaded, encoding="utf-8")
    trace(TRACE)
    EXPLAINED.write_text(printed(TRAINING, *EXPLAIN), encoding="utf-8")
