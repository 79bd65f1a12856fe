"""What a script needs of PyTorch and this package lacks, found without running the script.

The script is parsed, and every name that stands for something of PyTorch's is looked up in
the package itself. `compatibility.json`, which the tests write, adds what looking up cannot
tell: which arguments are absent or refused, which methods only tensors have.
"""

from __future__ import annotations

import argparse
import ast
import builtins
import dataclasses
import importlib
import importlib.util
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from minitorch_ff._missing import nearest
from minitorch_ff.scripts.import_hook import PACKAGES
from minitorch_ff.scripts.notebook import read_cells

FORGIVEN = {"ImportError", "ModuleNotFoundError", "AttributeError"}
"""Who catches one of these has thought of a PyTorch that lacks something."""

BROAD = {"Exception", "BaseException", ""}
"""Who catches all errors of a block has thought of it only if the block begins to import."""

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def main(arguments: list[str]) -> None:
    """The command `check`: list what scripts need, and exit with 1 if there is anything."""
    parser = argparse.ArgumentParser(
        prog="python -m minitorch_ff check",
        description="List every use of PyTorch in scripts that this package lacks. Nothing is run.",
    )
    parser.add_argument("scripts", metavar="SCRIPT", nargs="+", help="Python files or notebooks")
    parser.add_argument("--json", action="store_true", help="as a JSON list")
    options = parser.parse_args(arguments)
    findings: list[Finding] = []
    for script in options.scripts:
        try:
            findings += check_file(script)
        except (OSError, SyntaxError, ValueError) as error:
            print(f"{script}: cannot be read: {error}", file=sys.stderr)
            sys.exit(2)
    if options.json:
        print(json.dumps([dataclasses.asdict(finding) for finding in findings], indent=1))
    else:
        print(*findings, sep="\n", end="\n" if findings else "")
    sys.exit(bool(findings))


@dataclasses.dataclass(frozen=True, order=True)
class Finding:
    """A use of something that is not there.

    Attributes:
        file: Where; of a notebook with the number of the code cell.
        line: From 1.
        column: From 1.
        name: PyTorch's name for it, in full.
        argument: The keyword concerned, as it is given; else empty.
        certain: False for a method of an object that may be a tensor.
        instead: What to use; empty if nothing comes near.
    """

    file: str
    line: int
    column: int
    name: str
    argument: str = ""
    certain: bool = True
    instead: str = ""

    def __str__(self) -> str:
        what = f"{self.name}({self.argument})" if self.argument else self.name
        text = f"{self.file}:{self.line}:{self.column}: {'' if self.certain else 'possibly '}{what}"
        return f"{text}: {self.instead}" if self.instead else text


def check_file(path: str) -> list[Finding]:
    """What a script or notebook needs and this package lacks, in the order of the lines.

    Args:
        path: Of a Python file or of a notebook `….ipynb`.

    Raises:
        OSError: The file cannot be read.
        SyntaxError: It is not Python.

    Example:
        >>> from minitorch_ff.scripts.check import check_file
        >>> check_file("no_such_file.py")
        Traceback (most recent call last):
            ...
        FileNotFoundError: [Errno 2] No such file or directory: 'no_such_file.py'
    """
    content = Path(path).read_bytes()
    if path.endswith(".ipynb"):
        parts = [(cell.name, cell.tree()) for cell in read_cells(content, path)]
    else:
        parts = [(path, ast.parse(content, path))]
    reader = Reader()
    for file, tree in parts:
        reader.read(file, tree)
    return list(reader.findings())


def knowledge() -> dict[str, Any]:
    """What the tests found: for each namespace of PyTorch's what is partial or absent."""
    text = Path(__file__).parents[1].joinpath("compatibility.json").read_text(encoding="utf-8")
    return json.loads(text)["namespaces"]


def look_up(path: str) -> tuple[Any, str, Any]:
    """What `torch.nn.Linear` is here: (it or None, "", None).

    If it is not there: (None, the first name on the way that is absent, what lacks it).
    """
    package, *names = path.split(".")
    value: Any = _imported(PACKAGES[package])
    if value is None:
        return None, package, None
    for number, name in enumerate(names):
        here = value
        value = getattr(here, name, None)
        if value is not None or hasattr(here, name):
            continue
        if isinstance(here, ModuleType):
            value = _imported(f"{here.__name__}.{name}")
        if value is None:
            known = isinstance(here, ModuleType | type)  # other objects get their own attributes
            return None, ".".join([package, *names[: number + 1]]) if known else "", here
    return value, "", None


def _imported(name: str) -> ModuleType | None:
    """A module of this package, or None if there is no such module."""
    try:
        return importlib.import_module(name) if importlib.util.find_spec(name) else None
    except ModuleNotFoundError:
        return None


class Reader(ast.NodeVisitor):
    """Follows what names stand for through a script, and notes what is not there.

    A scope says which of its names stand for something of PyTorch's; empty: for something
    else that is imported; None: for what may be a tensor.
    """

    def __init__(self) -> None:
        self.knowledge = knowledge()
        self.scopes: list[dict[str, str | None]] = [{}]
        self.later: list[tuple[Sequence[ast.AST], list[dict[str, str | None]], bool]] = []
        self.noted: list[Finding] = []
        self.asked_for: set[str] = set()
        self.own_names: set[str] = set()
        self.starred: set[str] = set()  # absent names that came by `import *`
        self.forgiving = False

    def read(self, file: str, tree: ast.AST) -> None:
        """Read a program, or the next cell: first its top level, then its functions."""
        self.file = file
        self.visit(tree)
        outside = self.scopes
        while self.later:
            body, self.scopes, self.forgiving = self.later.pop(0)
            self.visit_all(body)
        self.scopes, self.forgiving = outside, False

    def visit_all(self, parts: Iterable[ast.AST]) -> None:
        """Read one part after the other."""
        for part in parts:
            self.visit(part)

    def findings(self) -> Iterator[Finding]:
        """What is left of the notes: not what the script itself asks for or sets."""
        for note in sorted(set(self.noted)):
            parts = note.name.split(".")
            asked = any(".".join(parts[: n + 1]) in self.asked_for for n in range(len(parts)))
            if not asked and (note.certain or parts[-1] not in self.own_names):
                yield note

    # ------------------------------------------------------------------------- names

    def path(self, node: ast.AST) -> str | None:
        """PyTorch's name for what an expression stands for, if it is simple enough."""
        if isinstance(node, ast.Name):
            known = (scope[node.id] for scope in reversed(self.scopes) if node.id in scope)
            return next(known, None)
        if isinstance(node, ast.Attribute):
            path = self.path(node.value)
            return path and f"{path}.{node.attr}"
        return None

    def note(self, node: Any, path: str) -> Any:
        """Look a name up, note what is absent, return what is there."""
        value, absent, here = look_up(path)
        if absent and self.forgiving:
            self.asked_for.add(absent)
        elif absent:
            self.add(node, absent, instead=nearest(absent, dir(here)))
        elif getattr(value, "__annotations__", {}).get("return") == "NoReturn":  # it refuses
            self.add(node, path, instead=nearest(path, ()))
        return value

    def add(self, node: Any, name: str, argument: str = "", **facts: Any) -> None:
        """Note a finding."""
        if not self.forgiving:
            place = self.file, node.lineno, node.col_offset + 1
            self.noted.append(Finding(*place, name, argument, **facts))

    # ----------------------------------------------------------------- where names come from

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            package = alias.name.partition(".")[0]
            ours = package in PACKAGES
            if ours:
                self.note(alias, alias.name)
            path = (alias.name if alias.asname else package) if ours else ""
            self.scopes[-1][alias.asname or package] = path

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        module = node.module or ""
        ours = module.partition(".")[0] in PACKAGES and not node.level
        for alias in node.names:
            path = f"{module}.{alias.name}" if ours else ""
            if alias.name != "*":
                if path:
                    self.note(alias, path)
                self.scopes[-1][alias.asname or alias.name] = path
            elif ours:
                space = self.note(alias, module)
                absent = set(self.knowledge.get(module, {}).get("absent", ()))
                absent -= set(dir(builtins))
                self.starred |= absent
                for name in absent.union(getattr(space, "__all__", ())):
                    self.scopes[-1][name] = f"{module}.{name}"

    def visit_Assign(self, node: ast.Assign | ast.AnnAssign | ast.NamedExpr) -> None:
        if isinstance(node, ast.AnnAssign):
            self.visit(node.annotation)
        if node.value is None:  # an annotation alone
            return
        self.visit(node.value)
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            self.visit(target)
            self.bind(target, node.value)

    visit_AnnAssign = visit_NamedExpr = visit_Assign

    def bind(self, target: ast.expr, value: ast.expr) -> None:
        """Note what a name stands for from here on; of a tuple each of its names."""
        several = ast.Tuple | ast.List
        if isinstance(target, ast.Name):
            self.scopes[-1][target.id] = self.path(value)
        elif isinstance(target, several) and isinstance(value, several):
            for part, given in zip(target.elts, value.elts, strict=False):
                self.bind(part, given)

    def visit_function(self, node: Function) -> None:
        """Read what is evaluated now; the body comes when the rest of the file is known."""
        body = node.body if isinstance(node.body, list) else [node.body]
        self.visit_all(part for part in ast.iter_child_nodes(node) if part not in body)
        if not isinstance(node, ast.Lambda):
            self.scopes[-1][node.name] = None
            self.own_names.add(node.name)
        scopes = [scope for scope in self.scopes if "class" not in scope]
        own: dict[str, str | None] = {
            part.arg: None for part in ast.walk(node.args) if isinstance(part, ast.arg)
        }
        self.later.append((body, [*scopes, own], self.forgiving))

    visit_FunctionDef = visit_AsyncFunctionDef = visit_Lambda = visit_function

    def visit_comprehension_in(self, node: Any) -> None:
        """Read a comprehension, whose names are its own, in the order of its evaluation."""
        self.scopes.append({})
        self.visit_all(node.generators)
        self.visit_all(part for part in ast.iter_child_nodes(node) if part not in node.generators)
        self.scopes.pop()

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = visit_comprehension_in

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.scopes[-1][node.name] = None
        self.scopes.append({"class": None})  # a name that no program can have
        self.generic_visit(node)
        self.scopes.pop()

    def visit_Try(self, node: ast.Try) -> None:
        words = [ast.unparse(h.type) if h.type else "" for h in node.handlers]
        caught = {name.strip("( )") for word in words for name in word.split(",")}
        imports = isinstance(node.body[0], ast.Import | ast.ImportFrom)
        before = self.forgiving
        self.forgiving = before or bool(caught & (FORGIVEN | BROAD if imports else FORGIVEN))
        self.visit_all(node.body)
        self.forgiving = before
        self.visit_all([*node.handlers, *node.orelse, *node.finalbody])

    # ----------------------------------------------------------------- where names are used

    def visit_Name(self, node: ast.Name) -> None:
        path = self.path(node)
        if not isinstance(node.ctx, ast.Load):
            self.scopes[-1][node.id] = None
        elif path and node.id in self.starred:
            self.note(node, path)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        path = self.path(node)
        if not isinstance(node.ctx, ast.Load):
            self.own_names.add(node.attr)
            self.asked_for |= {path} if path else set()
        elif path:
            self.note(node, path)
            return
        self.visit(node.value)

    def visit_Call(self, node: ast.Call) -> None:
        self.generic_visit(node)
        function, path = node.func, self.path(node.func)
        if path:
            self.check_arguments(node, path)
        elif isinstance(function, ast.Attribute) and path is None:
            if function.attr in self.knowledge["torch.Tensor"]["only tensors"]:
                self.add(node, f"torch.Tensor.{function.attr}", certain=False)
        elif ast.unparse(function) in ("hasattr", "getattr") and len(node.args) > 1:
            owner, name = self.path(node.args[0]), node.args[1]
            if owner and isinstance(name, ast.Constant):
                self.asked_for.add(f"{owner}.{name.value!s}")

    def check_arguments(self, node: ast.Call, path: str) -> None:
        """Note keywords that are absent here, and values that are refused."""
        space, _, name = path.rpartition(".")
        lacking = self.knowledge.get(space, {}).get("partial", {}).get(name, {})
        for keyword in node.keywords:
            given = ast.unparse(keyword.value)
            if lacking.get(keyword.arg) in ("", given):
                self.add(keyword, path, f"{keyword.arg}={given}")
