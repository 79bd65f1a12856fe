"""`.safetensors` files, through that package's own module for PyTorch."""

import subprocess
import sys

import pytest
import safetensors.torch
import torch

from compat_tests.house.files import ROOT
from compat_tests.house.test_documents import blocks

SCRIPT = """
import sys
import torch
from safetensors.torch import load, load_file, load_model, save, save_file, save_model

assert torch.__name__ == "minitorch_ff"
theirs = load_file(sys.argv[1])
save_file(theirs, sys.argv[2])
copied = load(save(theirs))
for name, tensor in theirs.items():
    print(name, tensor.dtype, tuple(tensor.shape), tensor.float().tolist())
    assert torch.equal(copied[name], tensor)
model, other = torch.nn.Linear(2, 3), torch.nn.Linear(2, 3)
save_model(model, sys.argv[2] + "2")
load_model(other, sys.argv[2] + "2")
assert torch.equal(model.weight, other.weight)
"""
RUN = ["-m", "minitorch_ff", "run"]
IN_A_BLOCK = """
import sys
from minitorch_ff.scripts.import_hook import as_torch

with as_torch():
    del sys.argv[0]
    exec(open(sys.argv[0]).read(), {})
"""


@pytest.mark.parametrize("way", ["run", "block"])
def test_scripts_that_use_safetensors(way, tmp_path):
    state = {
        "weight": torch.arange(6.0).reshape(2, 3),
        "half": torch.tensor([1.5, -2], dtype=torch.bfloat16),
        "flag": torch.tensor([True, False]),
        "scalar": torch.tensor(3),
        "empty": torch.empty(0, 2),
    }
    theirs, ours = tmp_path / "theirs.safetensors", tmp_path / "ours.safetensors"
    safetensors.torch.save_file(state, theirs)
    (tmp_path / "script.py").write_text(SCRIPT)
    (tmp_path / "block.py").write_text(IN_A_BLOCK)
    start = RUN if way == "run" else [tmp_path / "block.py"]
    run = subprocess.run(
        [sys.executable, *start, tmp_path / "script.py", theirs, ours],
        capture_output=True, text=True, cwd=ROOT,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    for name, tensor in state.items():
        line = f"{name} {tensor.dtype} {tuple(tensor.shape)} {tensor.float().tolist()}\n"
        assert line in run.stdout
    loaded = safetensors.torch.load_file(ours)
    assert loaded.keys() == state.keys()
    assert all(torch.equal(loaded[name], tensor) for name, tensor in state.items())


def test_the_guides_program():
    (program,) = blocks("docs/guides/checkpoints.md", "py")
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT)
    assert run.stdout == blocks("docs/guides/checkpoints.md", "text")[-1], run.stderr
