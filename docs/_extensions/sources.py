"""What the package's modules define and hand on, read without importing them."""

import ast
import functools
import pathlib
from collections.abc import Iterator

ROOT = pathlib.Path(__file__).parents[2]
PACKAGE = "minitorch_ff"


def source_of(module: str) -> pathlib.Path:
    """The file of a module or package, whose name is given below the package's."""
    path = ROOT / PACKAGE / module.replace(".", "/")
    file = path.with_name(path.name + ".py")
    return file if file.exists() else path / "__init__.py"


def exists(module: str) -> bool:
    """Whether there is such a module or package."""
    return source_of(module).exists()


def modules(package: str) -> list[str]:
    """Dotted names of a package's public modules."""
    names = sorted(path.stem for path in source_of(package).parent.glob("*.py"))
    return [f"{package}.{name}" for name in names if name[0] != "_"]


@functools.cache
def tree(module: str) -> ast.Module:
    """The module's syntax."""
    return ast.parse(source_of(module).read_text(encoding="utf-8"))


def defined(module: str, *kinds: type) -> list[str]:
    """Public names that a module defines itself, in its order."""
    kinds = kinds or (ast.ClassDef, ast.FunctionDef)
    names = [node.name for node in tree(module).body if isinstance(node, kinds)]
    return [name for name in names if name[0] != "_"]


def exported(module: str) -> list[str]:
    """The module's `__all__`; empty where it has none."""
    for node in tree(module).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return ast.literal_eval(node.value)
    return []


def handed_on(module: str) -> Iterator[tuple[str, str, str]]:
    """(public name, module, name there) of classes and functions that are re-exported."""
    for node in tree(module).body:
        origin = node.module if isinstance(node, ast.ImportFrom) else None
        inside = (origin or "").removeprefix(PACKAGE + ".")
        if origin is None or inside == origin or not exists(inside):
            continue
        for name in node.names:
            public = name.asname or name.name
            if public[0] != "_" and name.name in defined(inside):
                yield public, inside, name.name


@functools.cache
def public_functions() -> dict[str, set[str]]:
    """By module of `_functions`: the names that the facade makes public.

    They are imported by name, or used as `family.name`, outside `_functions`.
    """
    found: dict[str, set[str]] = {module: set() for module in modules("_functions")}
    for path in (ROOT / PACKAGE).rglob("*.py"):
        if path.parent.name == "_functions" or "firefly" in path.parts:
            continue
        families = {}
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                origin = (node.module or "").removeprefix(PACKAGE + ".")
                for name in node.names:
                    if origin == "_functions":
                        families[name.asname or name.name] = f"{origin}.{name.name}"
                    elif origin in found:
                        found[origin].add(name.name)
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                found.get(families.get(node.value.id, ""), set()).add(node.attr)
    return found
