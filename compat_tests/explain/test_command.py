"""`python -m minitorch_ff explain`: one step of a script."""

import re

import pytest

from compat_tests.house.files import ROOT
from compat_tests.scripts.processes import python

COMMAND = "-m", "minitorch_ff", "explain"
DIGITS = ROOT / "examples" / "05_digits_mlp.py"

SCRIPT = """
import sys
import torch
from torch import nn

print("begin", *sys.argv[1:])
w = torch.zeros(3, requires_grad=True)
optimizer = torch.optim.SGD([w], lr=0.1)
try:
    for step in range(3):
        loss = ((w * torch.ones(3)).sum() - 1) ** 2
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print("done", step + 1)
except Exception:
    print("an error")
print("end")
"""


@pytest.fixture
def script(tmp_path):
    (tmp_path / "script.py").write_text(SCRIPT)
    return tmp_path / "script.py"


def test_digits(tmp_path):
    run = python(*COMMAND, "--html", "step.html", DIGITS, cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    lines = [re.sub(r"^ *[\d.]+ +[\d.]+%  ", "", line) for line in run.stdout.splitlines()[2:]]
    assert lines[0] == "Reader  float32[64, 64] -> float32[64, 10]  2.5 KiB"
    assert lines[1] == "  fc1 (Linear)  float32[64, 64] -> float32[64, 64]  16.0 KiB"
    assert "    xp.linear(float32[64, 64]" in "".join(lines)
    assert "backward" in lines
    assert "SGD.step" in lines
    assert "parameters: 6570" in run.stderr
    assert "held-out accuracy" not in run.stderr
    page = (tmp_path / "step.html").read_text(encoding="utf-8")
    assert "05_digits_mlp.py, step 1</title>" in page


@pytest.mark.parametrize("step", [1, 3])
def test_script_runs_to_the_end_of_the_step(script, step):
    run = python(*COMMAND, "--step", step, script, "--flag", cwd=script.parent)
    assert run.returncode == 0, run.stderr
    done = [f"done {i}" for i in range(1, step)]
    assert run.stderr.splitlines() == ["begin --flag", *done]
    first, last = run.stdout.splitlines()[2], run.stdout.splitlines()[-1]
    assert first.endswith("Mul  float32[3], float32[3] -> float32[3]  12 B")
    assert "xp.plain_sgd_step" in last
    assert run.stdout.count("SGD.step") == 1


def test_too_few_steps(script):
    run = python(*COMMAND, "--step", 4, script, cwd=script.parent)
    assert run.returncode == 1
    assert run.stdout == ""
    assert "has made 3 training steps" in run.stderr.splitlines()[-1]


@pytest.mark.parametrize("ending", ["", "import sys; sys.exit()"])
def test_a_script_without_a_step(tmp_path, ending):
    (tmp_path / "script.py").write_text(f"import torch\n{ending}\n")
    run = python(*COMMAND, "script.py", cwd=tmp_path)
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr.startswith("script.py has made 0 training steps")
    assert "there is no step 1" in run.stderr


def test_errors_of_the_script_are_its_own(tmp_path):
    (tmp_path / "script.py").write_text("import torch\n1 / 0\n")
    run = python(*COMMAND, "script.py", cwd=tmp_path)
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr.splitlines()[1].endswith('script.py", line 2, in <module>')
    assert run.stderr.splitlines()[-1] == "ZeroDivisionError: division by zero"


def test_a_script_that_catches_everything(tmp_path):
    text = SCRIPT.replace("except Exception:", "except:")
    (tmp_path / "script.py").write_text(text)
    run = python(*COMMAND, "script.py", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert run.stderr.splitlines()[-1] == "end"
    assert run.stdout.count("SGD.step") == 1


def test_without_times_the_text_is_the_same_every_time(script):
    runs = [python(*COMMAND, "--no-times", script, cwd=script.parent) for _ in range(2)]
    assert runs[0].returncode == 0, runs[0].stderr
    lines = runs[0].stdout.splitlines()
    assert lines[0] == "Mul  float32[3], float32[3] -> float32[3]  12 B"
    assert "SGD.step" in lines
    assert runs[0].stdout == runs[1].stdout
