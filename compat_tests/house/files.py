"""The project's files, and what stands in them, without importing anything."""

import ast
import functools
import pathlib
from collections.abc import Iterator

ROOT = pathlib.Path(__file__).parents[2]
PACKAGE = ROOT / "minitorch_ff"


def modules() -> list[pathlib.Path]:
    return sorted(PACKAGE.rglob("*.py"))


def module_name(path: pathlib.Path) -> str:
    """`nn.modules.linear` for its file; the package itself is the empty name."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@functools.cache
def tree(path: pathlib.Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: pathlib.Path, typing_only: bool = False) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of every import; `from a import b` counts as `a.b`.

    Args:
        path: A module.
        typing_only: Also those below `if TYPE_CHECKING:`, which never run.
    """
    skipped: set[ast.AST] = set()
    for node in ast.walk(tree(path)):
        if node in skipped:
            continue
        if not typing_only and _is_type_checking(node):
            skipped |= {child for part in node.body for child in ast.walk(part)}
        elif isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield node.lineno, f"{node.module}.{alias.name}"


def _is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


@functools.cache
def code_lines(path: pathlib.Path) -> int:
    """Lines that are neither blank, nor comment, nor text that stands alone."""
    lines = path.read_text(encoding="utf-8").splitlines()
    documentation: set[int] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            documentation |= set(range(node.lineno, node.end_lineno + 1))
    return sum(
        number not in documentation and bool(line.strip()) and line.strip()[0] != "#"
        for number, line in enumerate(lines, 1)
    )
