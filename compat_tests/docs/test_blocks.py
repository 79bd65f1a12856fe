"""Every block of code on the pages is run: when the site is built, or by a test."""

import re

import pytest

from compat_tests.house.files import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
TEMPLATE = ROOT / "docs" / "_extensions"
FENCE = re.compile(r"^( *)```(\w+) ?([^\n]*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
CODE = {"python", "py", "pycon", "console", "bash", "sh", "text", "diff"}
FILE = re.compile(r'^\s*--8<-- "([^":]+)(?::\d+:\d+)?"$')
# Files that a test or the page itself runs, or that a test compares with what is printed.
TESTED = ("docs/recorded/", "docs/tutorial/steps/", "docs/guides/scripts/")
CI = "`.ci/run` does it"
FORM = "the form of a command, which the page before or after it gives"
PYTORCH = "PyTorch is not there when the site is built; "
# What does not run, by page and first line, with the reason or the test that runs it.
LEFT = {
    ("README.md", "python3 -m venv .venv && .venv/bin/pip install -q . && "): CI,
    ("README.md", 'python3 -m venv .venv && .venv/bin/pip install -q -e ".[test]"'): CI,
    ("README.md", "import minitorch_ff as torch"): "house/test_documents.py, in both worlds",
    ("README.md", "python -m minitorch_ff run script.py"): "guides/run_a_script.md runs one",
    ("docs/index.md", "$ pip install ."): CI,
    ("docs/guides/checkpoints.md", "import os"): "checkpoints/test_safetensors.py",
    ("docs/guides/checkpoints.md", "{'weight': tensor("): "checkpoints/test_safetensors.py",
    ("docs/guides/compare.md", "python -m minitorch_ff compare train.py"): PYTORCH
    + "compare/test_acceptance.py",
    ("docs/guides/compare.md", "python -m minitorch_ff compare --record train.npz"): PYTORCH
    + "docs/test_recorded.py",
    ("docs/guides/gpu.md", "g = torch.cuda.CUDAGraph()"): "cuda/test_graphs.py, on a stand-in",
    ("docs/guides/gpu.md", "python -m pytest -m gpu"): "needs a GPU",
    ("docs/guides/moving_on.md", "-import minitorch_ff as torch"): "one line",
    ("docs/guides/performance.md", "$ python -m compat_tests.benchmarks.bench_mlp"): PYTORCH
    + "benchmarks/test_benchmarks.py",
    ("docs/guides/performance.md", "$ python -m compat_tests.benchmarks.bench_memory"): PYTORCH
    + "benchmarks/test_benchmarks.py",
    ("docs/guides/teaching.md", "$ pip install ."): CI,
    ("docs/tutorial/index.md", "$ pytest exercises -m step1"): "docs/test_tutorial.py",
    ("docs/contributing/index.md", "git clone <your fork> minitorch_ff"): FORM,
    ("docs/contributing/add_a_backend.md", "class CupyBackend(ArrayBackend):"): "needs CuPy",
    ("docs/contributing/add_a_backend.md", 'registry.register("cuda", CupyBackend)'): "needs CuPy",
    ("docs/contributing/add_an_op.md", "logaddexp = exponential.logaddexp"): "a line of `Tensor`",
    ("docs/contributing/add_an_op.md", "python -m compat_tests.conformance.measure"): PYTORCH
    + "`test_commands_for_an_operator`",
    ("docs/contributing/add_an_op.md", ".ci/run"): CI,
    ("docs/contributing/architecture.md", "from compat_tests.worlds import"): PYTORCH
    + "`test_the_example_of_a_test`",
    ("docs/contributing/measuring.md", "python -m compat_tests.conformance.measure"): PYTORCH
    + "minutes",
    ("docs/contributing/measuring.md", "python -m compat_tests.compatibility.write"): PYTORCH
    + "compatibility/test_compatibility.py",
    ("docs/contributing/measuring.md", "python -m compat_tests.benchmarks.bench_mlp"): PYTORCH
    + "benchmarks/test_benchmarks.py",
}


def blocks(page):
    """(options, body) of every block of code."""
    for _, language, options, body in FENCE.findall(page.read_text(encoding="utf-8")):
        if language in CODE:
            yield language, options, body


def is_typed(page, language, options):
    """Whether the newcomer of `test_tutorial.py` types it."""
    return page.parent.name == "tutorial" and (language == "bash" or "title=" in options)


def files(body):
    """The files that a block consists of; None if there is anything else in it."""
    found = [FILE.match(line) for line in body.splitlines()]
    return [match[1] for match in found] if found and all(found) else None


def what_left():
    for page in PAGES:
        for language, options, body in blocks(page):
            runs = 'exec="true"' in options or is_typed(page, language, options)
            shown = files(body)
            if shown is not None:
                assert all(file.startswith(TESTED) for file in shown), (page, shown)
            elif not runs:
                yield str(page.relative_to(ROOT)), body.strip().splitlines()[0]


def test_every_block_runs_or_says_why_not():
    unknown, used = [], set()
    for page, first in what_left():
        reasons = [key for key in LEFT if key[0] == page and first.startswith(key[1])]
        used |= set(reasons)
        if not reasons:
            unknown.append((page, first))
    assert unknown == []
    assert set(LEFT) - used == set()


def test_a_block_that_runs_shows_what_it_prints():
    """Whoever shows the source also shows the result, and no result is typed in."""
    found = [
        (page.name, options)
        for page in PAGES
        for language, options, _ in blocks(page)
        if 'exec="true"' in options and language == "python" and 'source="above"' in options
    ]
    assert len(found) > 40
    assert all("result=" in options or "html=" in options for _, options in found)


def code_of(page, first):
    (body,) = [body for _, _, body in blocks(ROOT / page) if body.startswith(first)]
    return body


def test_the_example_of_a_test():
    names = {}
    exec(code_of("docs/contributing/architecture.md", "from compat_tests.worlds"), names)
    names["test_a_view_of_a_view_shares_memory"]()


@pytest.mark.slow
def test_commands_for_an_operator():
    import subprocess
    import sys

    commands = code_of("docs/contributing/add_an_op.md", "python -m compat_tests.conformance")
    for command in commands.replace("python ", f"{sys.executable} ").splitlines():
        done = subprocess.run(
            command, shell=True, cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert re.search(r"\b[1-9]\d* passed|100\.0", done.stdout), done.stdout
