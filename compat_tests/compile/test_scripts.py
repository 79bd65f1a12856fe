"""Scripts print the same, bit by bit, when every module that they call is compiled."""

import json
import re
import subprocess
import sys

import pytest

from compat_tests.house.files import ROOT
from compat_tests.scripts.test_corpus import NEEDS, SCRIPTS

EXAMPLES = {path.stem: path for path in sorted((ROOT / "examples").glob("0[1-9]_*.py"))}
ALL = {**EXAMPLES, **{f"corpus {name}": path for name, path in SCRIPTS.items()}}
QUICK = ["03_linear_regression", "corpus 12_quickstart_digits", "corpus 17_vae"]
UNEVEN = re.compile(r"grad_fn=<\w+>|0x[0-9a-f]{6,}")  # names of nodes are the compiler's
ADDS_INSIDE_FIRST = {"corpus 46_siamese"}
"""Modules whose input gets gradients from elsewhere, too: those from inside are added up first, so
the last digit may differ."""

DIFFERENTIATES_TWICE = {"08_physics_informed", "corpus 22_pinn_burgers"}


def cases():
    """All scripts that need nothing else; those that are not quick are marked slow."""
    for name in ALL:
        if name.removeprefix("corpus ") not in NEEDS:
            yield pytest.param(name, marks=[] if name in QUICK else pytest.mark.slow)


@pytest.mark.parametrize("name", list(cases()))
def test_prints_the_same(name, tmp_path):
    (tmp_path / "data").symlink_to(ROOT / "examples" / "data")
    command = [sys.executable, "-m", "compat_tests.compile.everything", tmp_path / "out", ALL[name]]
    subprocess.run(command, cwd=ROOT, check=True, timeout=600)
    ways = [tmp_path / "out" / way / ALL[name].stem for way in ("eager", "compiled")]
    eager, compiled = [UNEVEN.sub("", (way / "printed.txt").read_text()) for way in ways]
    if name in DIFFERENTIATES_TWICE:
        assert "does not currently support double backward" in compiled
        return
    if name in ADDS_INSIDE_FIRST:
        eager, compiled = shorter(eager), shorter(compiled)
    assert compiled == eager
    assert eager
    assert "Traceback" not in eager
    done = json.loads((ways[1] / "done.json").read_text())
    assert name not in QUICK or done["programs"] > 10


def shorter(text):
    """The text with six digits of every number."""
    return re.sub(r"\d+\.\d+", lambda number: f"{float(number[0]):.6g}", text)


def test_all_are_named():
    assert set(QUICK) <= set(ALL)
    assert set(ALL) >= DIFFERENTIATES_TWICE
