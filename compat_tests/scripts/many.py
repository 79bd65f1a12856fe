"""Run many scripts in one interpreter: `python many.py OUTPUT_FOLDER SCRIPT…`.

The imports, which take longest, are done once. Each script then runs in a copy of the
process (a fork) with a folder of its own, so that none sees what another left behind.
What `torch` is, is decided by who runs this file. The folder `data` beside the output
folder is there for all of them.
"""

import os
import runpy
import sys
import traceback
import warnings
from pathlib import Path

import sklearn.datasets
import sklearn.metrics
import sklearn.model_selection
import sklearn.preprocessing  # noqa: F401
import torch

from minitorch_ff.scripts.notebook import read_cells


def main(output: str, *scripts: str) -> None:
    """Run the scripts one after the other; note how each ended."""
    torch.set_num_threads(1)
    if hasattr(torch, "library"):
        _declare_nothing()
    for script in map(Path, scripts):
        folder = Path(output) / script.stem
        folder.mkdir(parents=True)
        child = os.fork()
        if not child:
            _run(script.absolute(), folder)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        (folder / "code.txt").write_text(str(code))


def _declare_nothing() -> None:
    """Let torchvision be imported where its operators were made for another PyTorch."""
    register = torch.library.register_fake
    torch.library.register_fake = lambda name, *args, **options: (
        (lambda function: function)
        if str(name).startswith("torchvision::")
        else register(name, *args, **options)
    )


def _run(script: Path, folder: Path) -> None:
    """Run one script as the main program, print into a file, and end the process."""
    os.chdir(folder)
    Path("data").symlink_to(folder.parents[1] / "data")
    code = 1
    with open("printed.txt", "w", encoding="utf-8") as printed:
        sys.argv = [str(script)]
        sys.stdout = sys.stderr = printed
        warnings.showwarning = _show
        try:
            if script.suffix == ".ipynb":
                _run_cells(script)
            else:
                runpy.run_path(str(script), run_name="__main__")
            code = 0
        except BaseException:
            traceback.print_exc()
    os._exit(code)


def _run_cells(notebook: Path) -> None:
    """Run a notebook; the value of an expression that ends a cell is printed."""
    namespace = {"__name__": "__main__"}
    for cell in read_cells(notebook.read_bytes(), notebook.name):
        for code in cell.compiled():
            value = eval(code, namespace)
            if value is not None:
                print(repr(value))


def _show(message, category, *place) -> None:
    """Print a warning without the line that caused it, which is PyTorch's own at times."""
    print(f"{category.__name__}: {str(message).partition(' (Triggered internally')[0]}")


if __name__ == "__main__":
    main(*sys.argv[1:])
