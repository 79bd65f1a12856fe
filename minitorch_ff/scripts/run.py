"""Run a script as `python script.py` does, but with this package as its `torch`."""

from __future__ import annotations

import argparse
import builtins
import os
import sys
from collections.abc import Callable, Sequence
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType, TracebackType
from typing import Any

from minitorch_ff.scripts.import_hook import install

ExceptHook = Callable[[type[BaseException], BaseException, TracebackType | None], Any]


def main(arguments: list[str]) -> None:
    """The command `run`: read its arguments and run what they name."""
    parser = argparse.ArgumentParser(
        prog="python -m minitorch_ff run",
        description="Run a script written for PyTorch as it is: in it, `import torch` "
        "means minitorch_ff. What follows the script's name belongs to the script.",
    )
    parser.add_argument("script", metavar="SCRIPT", help="a Python file")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, metavar="…", help="the script's own")
    options = parser.parse_args(arguments)
    run_script(options.script, options.arguments)


def run_script(script: str, arguments: Sequence[str] = ()) -> None:
    """Run `script` as the main program of this process; what it raises, this raises.

    Its `sys.argv`, `sys.path`, `__name__`, `__file__` and tracebacks are those of
    `python script arguments…`. Processes that the script starts are not covered: they
    import what is installed.

    Args:
        script: Path of a Python file.
        arguments: What the script finds in `sys.argv` after its own name.

    Raises:
        SystemExit: The file cannot be read (code 2, as Python's own).
        ImportError: PyTorch itself is imported already.
    """
    path = os.path.join(os.getcwd(), script)  # as Python itself writes it
    source = _read(path)
    install()
    sys.argv[:] = [script, *arguments]
    if not sys.flags.safe_path:
        sys.path[0] = os.path.dirname(os.path.realpath(script))
    main = _main_module(path)
    code = None
    try:
        code = compile(source, path, "exec", dont_inherit=True)
        exec(code, vars(main))
    except BaseException:
        sys.excepthook = _shown_from(code, sys.excepthook)
        raise


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


def _main_module(path: str) -> ModuleType:
    """A new `__main__`, where `pickle` and others look for the script's classes."""
    main = ModuleType("__main__")
    main.__file__ = path
    main.__loader__ = SourceFileLoader("__main__", path)
    vars(main).update(__builtins__=builtins, __cached__=None)
    sys.modules["__main__"] = main
    return main


def _shown_from(code: CodeType | None, show: ExceptHook) -> ExceptHook:
    """The hook `show`, for tracebacks that begin in the script and not in its runner.

    Without `code` the script did not compile, and no frame is its own.
    """

    def hook(
        kind: type[BaseException],
        error: BaseException,
        traceback: TracebackType | None,
    ) -> None:
        while traceback is not None and traceback.tb_frame.f_code is not code:
            traceback = traceback.tb_next
        show(kind, error.with_traceback(traceback), traceback)

    return hook
