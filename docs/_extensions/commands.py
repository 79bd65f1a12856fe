"""MkDocs hook: the commands on the pages are run when the site is built.

    ```console exec="true" session="run" files="docs/recorded/train.py"
    $ python -m minitorch_ff run train.py
    ```

shows the command and what it prints. Every session has a folder of its own, empty at the
beginning, into which `files` are copied; blocks of Python work in it with
`workdir="session"`. What is different each time (times, memory) is shown as `…` in the lines
that fit the regular expression `varies`. A place on this machine is an error, and so is an
exit status other than `returncode`.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from markdown_exec import ExecutionError, base_format, formatters
from sources import ROOT

FOLDERS: dict[str, tempfile.TemporaryDirectory] = {}
NUMBER = re.compile(r"(?<![\w.])\d[\d.]*( \w+)?")
AS_USUAL = formatters["python"]


def on_startup(**_) -> None:
    """Take over two kinds of blocks from markdown-exec."""
    formatters["console"] = console
    formatters["python"] = python


def on_shutdown(**_) -> None:
    """Remove the folders."""
    while FOLDERS:
        FOLDERS.popitem()[1].cleanup()


def folder_of(session: str) -> pathlib.Path:
    """The session's folder."""
    if session not in FOLDERS:
        FOLDERS[session] = tempfile.TemporaryDirectory()
    return pathlib.Path(FOLDERS[session].name).resolve()


def python(*, workdir: str | None = None, **options):
    """A block of Python, in the session's folder if it says so."""
    if workdir == "session":
        workdir = str(folder_of(options["session"]))
    return AS_USUAL(workdir=workdir, **options)


def console(*, extra: dict[str, str], **options):
    """A block of commands, each below its prompt `$`."""
    arguments = {name: extra.pop(name, "") for name in ("files", "varies")}

    def run(code: str, *, returncode: int, session: str, **_) -> str:
        return transcript(code, folder_of(session), returncode, **arguments)

    options |= {"source": "", "result": "console"}
    return base_format(language="console", run=run, extra=extra, **options)


def transcript(
    code: str, folder: pathlib.Path, returncode: int = 0, files: str = "", varies: str = ""
) -> str:
    """The commands, each with what it prints.

    Args:
        code: Lines that begin with `$`; others are comments and blank lines.
        folder: Where they run.
        returncode: The last command's exit status; those before must succeed.
        files: Places in the project of files to copy before, with spaces between.
        varies: Numbers in lines that fit are shown as `…`; nothing varies if it is empty.
    """
    for file in files.split():
        shutil.copy(ROOT / file, folder)
    commands = [line[2:] for line in code.splitlines() if line.startswith("$ ")]
    shown = []
    for number, command in enumerate(commands, 1):
        status, printed = run_in(folder, command)
        if status != (returncode if number == len(commands) else 0):
            raise ExecutionError(f"{command}\n{printed}", status)
        lines = printed.rstrip().splitlines()
        if varies:
            lines = [without_numbers(x) if re.search(varies, x) else x for x in lines]
        shown += [f"$ {command}", *lines, ""]
    text = "\n".join(shown).rstrip()
    for place in (str(ROOT), sys.prefix, tempfile.gettempdir() + "/"):
        if place in text:
            raise ExecutionError(f"a place on this machine, {place}, in\n{text}")
    return text


def without_numbers(line: str) -> str:
    """Numbers as `…`, with their units; what follows stays where it is."""
    return NUMBER.sub(lambda number: f"…{number[1]}".ljust(len(number[0])), line).rstrip()


def run_in(folder: pathlib.Path, command: str) -> tuple[int, str]:
    """Exit status and output of a command, with this Python and this package."""
    path = f"{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {
        **os.environ,
        "PATH": path,
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "COLUMNS": "96",
    }
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout.replace(f"{folder}/", "")
