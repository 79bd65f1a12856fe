"""Sizes a reader can live with, counted in lines of code (not of documentation)."""

import ast

import pytest

from compat_tests.house.files import ROOT, code_lines, module_name, modules, tree

FILE_LIMIT = 500
# What each part may take. The aim is 20 000 lines for all of them together, which is missed: a
# part that grows has to say here by how much.
PARTS = {
    "firefly": 9_095,
    "_functions": 5_450,
    "nn": 7_200,
    "optim": 2_530,
    "distributions": 1_950,
    "_compile compiler": 1_865,
    "utils": 1_360,
    "compare explain scripts": 1_700,
    "vision": 1_910,
    "cuda": 670,
    "": 3_650,  # what is left: `Tensor`, autograd, checkpoints, printing, amp, …
}
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


def lines_by_part() -> dict[str, int]:
    found = dict.fromkeys(PARTS, 0)
    for path in modules():
        top = module_name(path).partition(".")[0]
        part = next((part for part in PARTS if top in part.split()), "")
        found[part] += code_lines(path)
    return found


@pytest.mark.parametrize("part", PARTS)
def test_part_fits_in_a_head(part):
    assert 0 < lines_by_part()[part] <= PARTS[part]


@pytest.mark.parametrize("path", TEXTS, ids=lambda p: str(p.relative_to(ROOT)))
def test_texts_speak_of_no_machine(path):
    text = path.read_text(encoding="utf-8")
    assert not [place for place in PRIVATE_PLACES if place in text]
