"""The tutorial: its steps, its exercises, and a newcomer who types what the pages say."""

import os
import re
import shutil
import subprocess
import sys

import pytest

from compat_tests.house.files import ROOT

TUTORIAL = ROOT / "docs" / "tutorial"
STEPS = TUTORIAL / "steps"
PAGES = sorted(TUTORIAL.glob("*.md"), key=lambda page: (page.name != "index.md", page.name))
FENCE = re.compile(r"^```(\w+) ?([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SNIPPET = re.compile(r'^--8<-- "(.+)"$', re.MULTILINE)


def run(*command, where, **variables):
    environment = {**os.environ, "PYTHONPATH": "", "PYTHONDONTWRITEBYTECODE": "1", **variables}
    done = subprocess.run(command, cwd=where, env=environment, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def pytest_in(where, *arguments, **variables):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    return run(*command, where=where, **variables)


def test_every_step_holds():
    status, text = pytest_in(STEPS)
    assert status == 0, text
    assert "42 passed" in text


@pytest.mark.parametrize("step", [1, 2, 3, 4])
def test_exercises_fail_until_they_are_solved(step):
    chosen = ["exercises", "-m", f"step{step}"]
    status, text = pytest_in(STEPS, *chosen)
    assert status == 1, text
    assert " passed" not in text
    status, text = pytest_in(STEPS, *chosen, ANSWERS="solutions")
    assert status == 0, text
    assert " passed" in text


def blocks(page):
    """What a page says to type: pairs of a place ("", "bash", or a file) and the text."""
    text = page.read_text(encoding="utf-8")
    for language, options, body in FENCE.findall(text):
        body = SNIPPET.sub(lambda found: (ROOT / found[1]).read_text(encoding="utf-8"), body)
        if title := re.search(r'title="(.+?)"', options):
            yield title[1], body
        elif language == "bash":
            yield "bash", body
        elif language == "python" and 'source="above"' in options:
            yield "", body


def test_a_newcomer_in_an_empty_folder(tmp_path):
    """Types page after page; files, commands and sessions, in order."""
    typed = {"files": 0, "sessions": 0, "commands": 0}
    for page in PAGES:
        if "digits" in page.read_text(encoding="utf-8"):
            shutil.copy(ROOT / "examples" / "data" / "digits.npz", tmp_path)
        session = []
        for place, text in blocks(page):
            if place == "bash":
                command = text.replace("python ", f"{sys.executable} ")
                status, output = run("bash", "-ec", command, where=tmp_path)
                assert status == 0, f"{page.name}: {text}\n{output}"
                typed["commands"] += 1
            elif place:
                file = tmp_path / place
                assert not file.exists(), f"{page.name} writes {place} a second time"
                file.write_text(text, encoding="utf-8")
                typed["files"] += 1
            else:
                session.append(text)
        if session:
            (tmp_path / "session.py").write_text("\n".join(session), encoding="utf-8")
            status, output = run(sys.executable, "session.py", where=tmp_path)
            assert status == 0, f"{page.name}:\n{output}"
            typed["sessions"] += 1
    assert typed == {"files": 15, "sessions": 4, "commands": 3}
    for name in ("exercises", "pytest.ini"):
        source = STEPS / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / name)
    status, text = pytest_in(tmp_path, "exercises", ANSWERS="solutions")
    assert status == 0, text


def test_the_pages_show_all_there_is():
    """Every file of every step is on a page."""
    shown = {
        (ROOT / found).resolve()
        for page in PAGES
        for found in SNIPPET.findall(page.read_text(encoding="utf-8"))
    }
    files = {
        path
        for step in STEPS.glob("step*")
        for path in step.rglob("*.py")
        if path.parent.name != "tests"
    }
    assert files == shown
