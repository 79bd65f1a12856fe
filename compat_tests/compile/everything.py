"""Run scripts as they are, or with every outermost module call compiled.

    python -m compat_tests.compile.everything OUTPUT_FOLDER SCRIPT…

Each script runs in two copies of this process (forks); what they print is put into files,
and for the compiled one how many calls were replayed.
"""

import json
import os
import runpy
import sys
import threading
import traceback
import warnings
from collections import Counter
from pathlib import Path

from minitorch_ff.scripts import import_hook
from minitorch_ff.scripts.notebook import read_cells

if __name__ == "__main__":
    import_hook.install()
import torch

from minitorch_ff._compile.compiled import CompiledCallable

done = Counter()


def compile_modules() -> None:
    """From now on compile every module that is called by the script itself."""
    eager, compiled = torch.nn.Module.__call__, {}
    inside = threading.local()

    def call(module, *args, **kwargs):
        if getattr(inside, "module", None) is not None:
            return eager(module, *args, **kwargs)
        inside.module = module
        try:
            if id(module) not in compiled:
                compiled[id(module)] = CompiledCallable(module)
            known = compiled[id(module)]
            result = known(*args, **kwargs)
            done["calls"] += 1
            done["programs"] += bool(known.replays)
            if known.reason:
                done[known.reason] += 1
            return result
        finally:
            inside.module = None

    call.__module__ = eager.__module__  # it counts as the package's own
    torch.nn.Module.__call__ = call


def run(script: Path, folder: Path, compiled: bool) -> None:
    """Run a script as the main program, print into files, and end the process."""
    folder.mkdir(parents=True)
    os.chdir(folder)
    if folder.parents[1].joinpath("data").exists():
        Path("data").symlink_to(folder.parents[1] / "data")
    code = 1
    with open("printed.txt", "w", encoding="utf-8") as printed:
        sys.argv = [str(script)]
        sys.stdout = sys.stderr = printed
        warnings.filterwarnings("ignore", message="torch.compile: ")
        try:
            if compiled:
                compile_modules()
            if script.suffix == ".ipynb":
                namespace = {"__name__": "__main__"}
                for cell in read_cells(script.read_bytes(), script.name):
                    for part in cell.compiled():
                        exec(part, namespace)
            else:
                runpy.run_path(str(script), run_name="__main__")
            code = 0
        except BaseException:
            traceback.print_exc()
    Path("done.json").write_text(json.dumps(done))
    os._exit(code)


def main(output: str, *scripts: str) -> None:
    """Run the scripts one after the other, each in both ways."""
    torch.set_num_threads(1)
    for script in map(Path, scripts):
        for way in ("eager", "compiled"):
            child = os.fork()
            if not child:
                run(script.absolute(), Path(output).absolute() / way / script.stem, way != "eager")
            os.waitpid(child, 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
