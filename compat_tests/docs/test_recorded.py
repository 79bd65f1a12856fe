"""What the pages show as PyTorch's output is PyTorch's, and ours is the same text."""

import importlib.util
import re

import numpy
import pytest

from compat_tests.house.files import ROOT

FILE = ROOT / "docs" / "_extensions" / "recorded.py"
SPEC = importlib.util.spec_from_file_location("recorded", FILE)
recorded = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(recorded)
OURS = ("-m", "minitorch_ff", "run")


@pytest.mark.parametrize("script", recorded.SCRIPTS, ids=lambda script: script.stem)
def test_recorded_output(script):
    kept = recorded.record(script).read_text(encoding="utf-8")
    assert kept.strip()
    assert recorded.printed(script) == kept
    assert recorded.printed(script, *OURS) == kept


@pytest.mark.parametrize("script", recorded.BOTH, ids=lambda script: script.stem)
def test_scripts_that_call_both(script):
    kept = recorded.record(script).read_text(encoding="utf-8")
    assert kept.strip()
    assert recorded.printed(script) == kept


@pytest.mark.parametrize(("saver", "loader"), [((), OURS), (OURS, ()), (OURS, OURS)])
def test_checkpoints_go_both_ways(saver, loader, tmp_path):
    folder, file = recorded.CHECKPOINT, str(tmp_path / "model.pt")
    kept = recorded.record(folder / "load.py").read_text(encoding="utf-8")
    recorded.printed(folder / "save.py", *saver, arguments=(file,))
    assert recorded.printed(folder / "load.py", *loader, arguments=(file,)) == kept
    committed = str(folder / "from_pytorch.pt")
    assert recorded.printed(folder / "load.py", *loader, arguments=(committed,)) == kept


def test_recorded_training(tmp_path):
    """A new recording has the same lines and tensors; times and memory are the machine's."""
    recorded.trace(tmp_path / "train.npz")
    with numpy.load(recorded.TRACE) as kept, numpy.load(tmp_path / "train.npz") as made:
        assert (kept["counts"] == made["counts"]).all()
        assert kept["values"].size > 100
        numpy.testing.assert_allclose(made["values"], kept["values"], rtol=1e-4, atol=1e-6)
        texts = [re.search(r'"lines": \[.*?\]', str(file["json"]))[0] for file in (kept, made)]
    assert texts[0] == texts[1]


def without_times(text):
    """Times and shares become zeros: the columns stay."""
    text = re.sub(r"(?m)^ *\d+\.\d +\d+\.\d%", "        0.0    0.0%", text)
    return re.sub(r"\d+ us, \d+%", "0 us, 0%", text)


def test_explained_step():
    kept = recorded.EXPLAINED.read_text(encoding="utf-8")
    made = recorded.printed(recorded.TRAINING, *recorded.EXPLAIN)
    assert without_times(made) == without_times(kept)
    assert kept.count("xp.") > 10
