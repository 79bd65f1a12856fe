"""Sizes a reader can live with, counted in lines of code (not of documentation)."""

import ast

import pytest

from compat_tests.house.files import ROOT, code_lines, module_name, modules, tree

FILE_LIMIT = 500
PACKAGE_LIMIT = 20_000  # of the framework itself, which `import torch` can mean
TOOLS = ("compare", "explain", "scripts", "vision")  # what stands beside it
TOOLS_LIMIT = 3_400
EXCESS = 400  # of the framework above its limit, to be worked off: it only ever goes down
FILES = [pytest.param(path, id=module_name(path) or "__init__") for path in modules()]
TEXTS = [
    path
    for folder in ("minitorch_ff", "compat_tests", "examples", "docs")
    for path in sorted((ROOT / folder).rglob("*"))
    if path.suffix in {".py", ".md", ".json", ".yml", ".toml"}
]
# Places on somebody's machine, written so that this file does not hold them.
PRIVATE_PLACES = ["/" + name + "/" for name in ("work", "home", "root", "opt", "Users")]


@pytest.mark.parametrize("path", FILES)
def test_file_has_one_idea(path):
    """A longer file says in its docstring why it is longer than others."""
    documentation = (ast.get_docstring(tree(path)) or "").lower()
    assert code_lines(path) <= FILE_LIMIT or "longer" in documentation


def test_package_fits_in_a_head():
    tools = [path for path in modules() if module_name(path).partition(".")[0] in TOOLS]
    lines_of_tools = sum(map(code_lines, tools))
    lines = sum(map(code_lines, modules())) - lines_of_tools
    assert 0 < lines < PACKAGE_LIMIT + EXCESS
    assert 0 < lines_of_tools < TOOLS_LIMIT


@pytest.mark.parametrize("path", TEXTS, ids=lambda p: str(p.relative_to(ROOT)))
def test_texts_speak_of_no_machine(path):
    text = path.read_text(encoding="utf-8")
    assert not [place for place in PRIVATE_PLACES if place in text]
