"""What the pages show as PyTorch's output is PyTorch's, and ours is the same text."""

import importlib.util

import pytest

from compat_tests.house.files import ROOT

FILE = ROOT / "docs" / "_extensions" / "recorded.py"
SPEC = importlib.util.spec_from_file_location("recorded", FILE)
recorded = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(recorded)


@pytest.mark.parametrize("script", recorded.SCRIPTS, ids=lambda script: script.stem)
def test_recorded_output(script):
    kept = recorded.record(script).read_text(encoding="utf-8")
    assert kept.strip()
    assert recorded.printed(script) == kept
    assert recorded.printed(script, "-m", "minitorch_ff", "run") == kept
