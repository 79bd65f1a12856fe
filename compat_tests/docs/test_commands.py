"""The hook that runs the commands on the pages: it must be able to fail."""

import importlib
import sys

import pytest

from compat_tests.house.files import ROOT

markdown_exec = pytest.importorskip("markdown_exec", reason="needs the extra `docs`")


@pytest.fixture(scope="module")
def commands():
    folder = str(ROOT / "docs" / "_extensions")
    sys.path.insert(0, folder)
    try:
        yield importlib.import_module("commands")
    finally:
        sys.path.remove(folder)


def test_each_command_stands_above_what_it_prints(commands, tmp_path):
    code = "$ echo one > file\n$ cat file\n$ python -c 'import minitorch_ff; print(2)'\n"
    shown = "$ echo one > file\n\n$ cat file\none\n\n$ python -c 'import minitorch_ff; print(2)'\n2"
    assert commands.transcript(code, tmp_path) == shown


def test_files_come_along(commands, tmp_path):
    shown = commands.transcript("$ ls", tmp_path, files="docs/recorded/home.py README.md")
    assert shown == "$ ls\nhome.py\nREADME.md" or shown == "$ ls\nREADME.md\nhome.py"


def test_what_varies_is_left_out(commands, tmp_path):
    code = "$ printf 'loss 0.5\\nwall time    12.5 s   3 s\\n'"
    shown = commands.transcript(code, tmp_path, varies="^wall")
    assert shown.splitlines()[1:] == ["loss 0.5", "wall time    … s      … s"]


def test_an_exit_status_must_be_expected(commands, tmp_path):
    with pytest.raises(markdown_exec.ExecutionError):
        commands.transcript("$ false", tmp_path)
    with pytest.raises(markdown_exec.ExecutionError):
        commands.transcript("$ false\n$ false", tmp_path, returncode=1)
    assert commands.transcript("$ true\n$ false", tmp_path, returncode=1)


def test_a_place_on_this_machine_is_refused(commands, tmp_path):
    assert commands.transcript("$ ls $PWD/nothing", tmp_path, returncode=2)  # its own folder
    with pytest.raises(markdown_exec.ExecutionError, match="a place on this machine"):
        commands.transcript(f"$ echo {ROOT}/README.md", tmp_path)
