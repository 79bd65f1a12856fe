"""What the README shows works, and prints what PyTorch prints."""

import contextlib
import io
import re

import pytest

from compat_tests.house.files import ROOT

PAGES = ["README.md"]


def blocks(page: str, language: str) -> list[str]:
    text = (ROOT / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def printed(program: str) -> str:
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        exec(compile(program, "shown program", "exec"), {})
    return output.getvalue()


@pytest.mark.parametrize("page", PAGES)
def test_shown_programs_print_the_same_in_both_worlds(page):
    programs = blocks(page, "python")
    assert programs
    for program in programs:
        ours = printed(program)
        assert ours
        assert ours == printed(program.replace("minitorch_ff", "torch"))


def test_readme_begins_with_two_commands():
    """To run and to test; `.ci/run` reads them from there."""
    run, test = blocks("README.md", "bash")[:2]
    for command in (run, test):
        assert command.count("\n") == 1
        assert command.startswith("python3 -m venv .venv && ")
    assert "minitorch_ff run" in run
    assert "pytest" in test
