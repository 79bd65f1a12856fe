"""Run many scripts in one interpreter: `python many.py OUTPUT_FOLDER SCRIPT…`.

The imports, which take longest, are done once. Each script then runs in a copy of the
process (a fork) with a folder of its own, so that none sees what another left behind.
What `torch` is, is decided by who runs this file.
"""

import os
import runpy
import sys
import traceback
import warnings
from pathlib import Path

import sklearn.datasets
import sklearn.model_selection
import sklearn.preprocessing  # noqa: F401
import torch

torch.set_num_threads(1)


def run(script: Path, folder: Path) -> None:
    """Run one script as the main program; what it prints goes to a file in its folder."""
    folder.mkdir(parents=True)
    os.chdir(folder)
    sys.argv = [str(script)]
    sys.stdout = sys.stderr = Path("printed.txt").open("w", encoding="utf-8")
    warnings.showwarning = lambda message, kind, *_: print(f"{kind.__name__}: {message}")
    try:
        runpy.run_path(str(script), run_name="__main__")
    except BaseException:
        traceback.print_exc()
        sys.stdout.flush()
        os._exit(1)
    sys.stdout.flush()
    os._exit(0)


def main(output: str, *scripts: str) -> None:
    """Run the scripts one after the other; note which of them failed."""
    for script in map(Path, scripts):
        folder = Path(output) / script.stem
        child = os.fork()
        if not child:
            run(script, folder)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        (folder / "code.txt").write_text(str(code))


main(*sys.argv[1:])
