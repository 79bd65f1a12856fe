"""`python -m minitorch_ff run notebook.ipynb`."""

import json

import pytest

from compat_tests.scripts.processes import OURS, poison, python


@pytest.fixture
def run(tmp_path):
    def run(*cells, arguments=()):
        """The finished process of a notebook with these code cells."""
        listed = [{"cell_type": "markdown", "source": ["# Title"]}]
        for cell in cells:
            source = cell.splitlines(keepends=True)
            listed.append({"cell_type": "code", "source": source, "outputs": []})
        (tmp_path / "books").mkdir()
        book = {"cells": listed, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        (tmp_path / "books" / "book.ipynb").write_text(json.dumps(book), encoding="utf-8")
        (tmp_path / "books" / "neighbour.py").write_text("import torch\nVALUE = torch.ones(2)")
        (tmp_path / "poison").mkdir()
        poison(tmp_path / "poison")
        path = [tmp_path / "poison"]
        return python(*OURS, "books/book.ipynb", *arguments, cwd=tmp_path, path=path)

    return run


def test_cells_are_one_program(run):
    process = run(
        "import sys, torch\nimport neighbour\nx = torch.ones(2)",
        "x",
        "y = x + neighbour.VALUE\ny.sum().item()",
        "print(__name__, sys.argv[1:]); None",
        "",
        "# only a comment",
        arguments=["-v", "1"],
    )
    assert process.stderr == ""
    assert process.stdout == "tensor([1., 1.])\n4.0\n__main__ ['-v', '1']\n"
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("'text'", "'text'\n"),
        ("5;", ""),
        ("5  ;  # quiet", ""),
        ("5  # ; no", "5\n"),
        ("'a;'", "'a;'\n"),
        ("None", ""),
        ("x = 5", ""),
        ("4\n5", "5\n"),
        ("if True:\n    5", ""),
        ("def f():\n    return (\n        6)\nf()", "6\n"),
        ("print(1)", "1\n"),
        ("17\\\n % 5", "2\n"),
    ],
)
def test_what_is_shown(run, cell, shown):
    process = run(cell)
    assert (process.returncode, process.stdout, process.stderr) == (0, shown, "")


def test_line_magics_are_skipped(run):
    process = run("%matplotlib inline\nx = 1\nif x:\n    %time x\n    print('ran')\nx")
    assert (process.returncode, process.stdout) == (0, "ran\n1\n")
    assert process.stderr == (
        "book.ipynb, cell 1: skipped %matplotlib inline\nbook.ipynb, cell 1: skipped %time x\n"
    )


@pytest.mark.parametrize("cell", ["x = 1\n!ls -l", "%%bash\nls -l", "if 1:\n    !ls"])
def test_what_only_jupyter_can_do_is_refused_before_anything_runs(run, cell):
    process = run("print('first')", cell)
    assert (process.returncode, process.stdout) == (1, "")
    assert process.stderr.startswith("book.ipynb, cell 2, line ")
    assert "cannot be run here: " in process.stderr
    assert "Traceback" not in process.stderr


def test_tracebacks_name_the_cell(run):
    process = run("def divide(x):\n    return 1 / x", "print('so far')\n\ndivide(0)")
    assert (process.returncode, process.stdout) == (1, "so far\n")
    lines = process.stderr.splitlines()
    assert lines[:5] == [
        "Traceback (most recent call last):",
        '  File "book.ipynb, cell 2", line 3, in <module>',
        "    divide(0)",
        '  File "book.ipynb, cell 1", line 2, in divide',
        "    return 1 / x",
    ]
    assert lines[-1] == "ZeroDivisionError: division by zero"


def test_a_cell_that_is_no_python(run):
    process = run("print('first')", "x ===")
    assert (process.returncode, process.stdout) == (1, "first\n")
    assert process.stderr.splitlines()[0] == '  File "book.ipynb, cell 2", line 1'
    assert process.stderr.endswith("SyntaxError: invalid syntax\n")


def test_exit_codes(run):
    process = run("import sys", "sys.exit(3)", "print('never')")
    assert (process.returncode, process.stdout, process.stderr) == (3, "", "")


@pytest.mark.parametrize("content", ["{", "[]", "{}"])
def test_no_notebook(tmp_path, content):
    (tmp_path / "book.ipynb").write_text(content)
    process = python(*OURS, "book.ipynb", cwd=tmp_path)
    assert process.returncode == 1
    assert process.stderr.startswith("book.ipynb is not a Jupyter notebook")
