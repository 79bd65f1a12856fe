"""Run a script as `python script.py` does, but with this package as its `torch`."""

from __future__ import annotations

import argparse
import builtins
import os
import runpy
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import BuiltinImporter, SourceFileLoader
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any

from minitorch_ff.scripts import notebook
from minitorch_ff.scripts.import_hook import install

ExceptHook = Callable[[type[BaseException], BaseException, TracebackType | None], Any]


def main(arguments: list[str]) -> None:
    """The command `run`: read its arguments and run what they name."""
    parser = argparse.ArgumentParser(
        prog="python -m minitorch_ff run",
        usage="%(prog)s [-m MODULE | -c CODE | SCRIPT | NOTEBOOK.ipynb] …",
        description="Run a script written for PyTorch as it is: in it, `import torch` "
        "means minitorch_ff. What follows the script's name belongs to the script.",
    )
    parser.add_argument("program", metavar="SCRIPT", help="a Python file or a Jupyter notebook")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, metavar="…", help="the script's own")
    if len(arguments) > 1 and arguments[0] in ("-m", "-c"):  # as Python reads them
        main = run_module if arguments[0] == "-m" else run_code
        main(arguments[1], arguments[2:])
        return
    options = parser.parse_args(arguments)
    run = run_notebook if options.program.endswith(".ipynb") else run_script
    run(options.program, options.arguments)


def run_script(script: str, arguments: Sequence[str] = ()) -> None:
    """Run `script` as the main program of this process; what it raises, this raises.

    Its `sys.argv`, `sys.path`, `__name__`, `__file__` and tracebacks are those of
    `python script arguments…`. In processes that it starts `torch` is this package, too.

    Args:
        script: Path of a Python file.
        arguments: What the script finds in `sys.argv` after its own name.

    Raises:
        SystemExit: The file cannot be read (code 2, as Python's own).
        ImportError: PyTorch itself is imported already.
    """
    path = os.path.join(os.getcwd(), script)  # as Python itself writes it
    source = _read(path)
    main = _main_module([script, *arguments], os.path.dirname(os.path.realpath(script)))
    main.__file__ = path
    main.__loader__ = SourceFileLoader("__main__", path)
    vars(main)["__cached__"] = None
    with own_tracebacks():
        exec(compile(source, path, "exec", dont_inherit=True), vars(main))


def run_module(name: str, arguments: Sequence[str] = ()) -> None:
    """Run a module or package as `python -m name arguments…` does."""
    _main_module(["-m", *arguments], os.getcwd())
    with own_tracebacks():
        vars(runpy)["_run_module_as_main"](name)  # what Python itself calls


def run_code(source: str, arguments: Sequence[str] = ()) -> None:
    """Run a text as `python -c source arguments…` does."""
    main = _main_module(["-c", *arguments], "")
    with own_tracebacks():
        exec(compile(source, "<string>", "exec", dont_inherit=True), vars(main))


def run_notebook(path: str, arguments: Sequence[str] = ()) -> None:
    """Run the code cells of a Jupyter notebook, top to bottom, as one program.

    The value of an expression that ends a cell is printed, unless it is None or a `;`
    follows. Line magics (`%matplotlib inline`) are skipped, with a note on the standard
    error.

    Args:
        path: Of a file `….ipynb`.
        arguments: What the cells find in `sys.argv` after the notebook's path.

    Raises:
        SystemExit: The file cannot be read, is no notebook, or calls a shell (`!ls`) or
            a magic for a whole cell (`%%time`); then nothing has run.
        ImportError: PyTorch itself is imported already.
    """
    cells = list(notebook.read_cells(_read(path), os.path.basename(path)))
    for cell in cells:
        if cell.refusal:
            sys.exit(cell.refusal)
    main = _main_module([path, *arguments], os.path.dirname(os.path.realpath(path)))
    sys.excepthook = traceback.print_exception  # it knows the lines of cells
    with own_tracebacks():
        for cell in cells:
            for code in cell.compiled():
                value = eval(code, vars(main))
                if value is not None:
                    print(repr(value), flush=True)


def _read(path: str) -> bytes:
    """The script's source: bytes, for `compile` knows how to find its encoding."""
    try:
        return Path(path).read_bytes()
    except OSError as error:
        print(
            f"can't open file {path!r}: [Errno {error.errno}] {error.strerror}",
            file=sys.stderr,
        )
        sys.exit(2)


def _main_module(argv: Sequence[str], folder: str) -> ModuleType:
    """A new `__main__`, where `pickle` and others look for the script's classes."""
    if not sys.flags.safe_path:
        sys.path[0] = folder
    install()
    sys.argv[:] = argv
    main = ModuleType("__main__")
    main.__loader__ = BuiltinImporter
    vars(main)["__builtins__"] = builtins
    sys.modules["__main__"] = main
    return main


@contextmanager
def own_tracebacks() -> Iterator[None]:
    """Let the traceback of an error begin in the script and not in its runner."""
    try:
        yield
    except BaseException:
        sys.excepthook = _without_runner(sys.excepthook)
        raise


def _without_runner(show: ExceptHook) -> ExceptHook:
    """The hook `show`, for tracebacks without the frames before the script's first."""

    def hook(
        kind: type[BaseException],
        error: BaseException,
        traceback: TracebackType | None,
    ) -> None:
        frames = traceback
        while frames is not None and _file(frames) != __file__:
            frames = frames.tb_next
        while frames is not None and _file(frames) in (__file__, notebook.__file__):
            frames = frames.tb_next
        show(kind, error.with_traceback(frames), frames)

    return hook


def _file(frame: TracebackType) -> str:
    """Where a frame of a traceback comes from."""
    return frame.tb_frame.f_code.co_filename
