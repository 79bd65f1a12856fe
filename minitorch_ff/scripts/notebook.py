"""Jupyter notebooks, read without Jupyter."""

from __future__ import annotations

import ast
import io
import json
import linecache
import sys
import tokenize
from collections.abc import Iterator
from types import CodeType
from typing import Any


class Cell:
    """A code cell.

    Args:
        name: What tracebacks call it: `train.ipynb, cell 3`. Code cells count from 1.
        source: Its text, magics included.
    """

    def __init__(self, name: str, source: str) -> None:
        self.name = name
        self.source = source
        self.magics: list[str] = []
        self.refusal = ""
        try:
            self.tree()
        except SyntaxError:  # only then can a line that begins with `%` be a magic
            self._take_magics_out()

    def _take_magics_out(self) -> None:
        """Leave lines that do nothing where magics were; note what cannot be skipped."""
        lines = self.source.splitlines()
        for number, line in enumerate(lines):
            text = line.lstrip()
            if text.startswith(("!", "%%")):
                what = "a shell command" if text[0] == "!" else "a magic for the whole cell"
                where = f"{self.name}, line {number + 1}"
                self.refusal = f"{where}: {what} cannot be run here: {text}"
            elif text.startswith("%"):
                self.magics.append(text)
            if text.startswith(("!", "%")):
                lines[number] = line[: -len(text)] + "pass"
            if text.startswith("%%"):  # the rest need not be Python
                del lines[number + 1 :]
                break
        self.source = "\n".join(lines)

    def tree(self) -> ast.Module:
        """The cell's program.

        Raises:
            SyntaxError: It is none.
        """
        tree: Any = compile(self.source, self.name, "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
        return tree

    def compiled(self) -> Iterator[CodeType]:
        """What is to be run one after the other; the last may be an expression to show."""
        for magic in self.magics:
            print(f"{self.name}: skipped {magic}", file=sys.stderr)
        text = self.source
        linecache.cache[self.name] = (len(text), None, text.splitlines(True), self.name)
        tree = self.tree()
        shown = []
        if tree.body and isinstance(tree.body[-1], ast.Expr) and not _ends_in_semicolon(text):
            shown = [ast.Expression(tree.body.pop().value)]  # type: ignore[attr-defined]
        yield compile(tree, self.name, "exec", dont_inherit=True)
        for expression in shown:
            yield compile(expression, self.name, "eval", dont_inherit=True)


def _ends_in_semicolon(source: str) -> bool:
    """Whether a `;` is the last thing in a cell, comments aside."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    words = [token.string for token in tokens if token.type in (tokenize.OP, tokenize.NAME)]
    return words[-1:] == [";"]


def read_cells(content: bytes, name: str) -> Iterator[Cell]:
    """The code cells of a notebook.

    Args:
        content: Of the file.
        name: Of the file, for messages.

    Raises:
        SystemExit: It is no notebook.
    """
    try:
        cells = json.loads(content)["cells"]
    except (ValueError, KeyError, TypeError) as error:
        sys.exit(f"{name} is not a Jupyter notebook of version 4: {error!r}")
    code = [cell["source"] for cell in cells if cell["cell_type"] == "code"]
    for number, source in enumerate(code, 1):
        yield Cell(f"{name}, cell {number}", "".join(source))
