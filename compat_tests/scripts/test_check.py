"""`python -m minitorch_ff check` finds what is planted, and nothing else."""

import json

import pytest

from compat_tests.scripts.processes import ROOT, python
from minitorch_ff.scripts.check import check_file, knowledge

# Every use that is absent is marked: `#!` and its name, or names.
PLANTED = """
import torch as th
import torch.nn as n, torch.jit  #! torch.jit
from torch import nn, fft as fourier  #! torch.fft
from torch.nn import functional as F
from torch import stft  #! torch.stft
from torch.optim import Adam, Lookahead  #! torch.optim.Lookahead
FF = th.nn.functional
th.add(1, 2, alpha=3)
th.add(1, 2, out=None)  #! torch.add(out=None)
th.gather(1, 0, 1, sparse_grad=True)  #! torch.gather(sparse_grad=True)
th.gather(1, 0, 1, sparse_grad=False)
print(th.nothing.more, th.relu)  #! torch.nothing

class Net(nn.Module, n.Invented):  #! torch.nn.Invented
    net = th.invented  #! torch.invented

    def forward(self, x: th.SomeTensor = th.some):  #! torch.SomeTensor torch.some
        def inner():
            F.invented(FF.other)  #! torch.nn.functional.invented torch.nn.functional.other
        x.to_sparse()  #! torch.Tensor.to_sparse
        x.values(), x.resize((3, 3)), x.index(3)
        return [th.inner_name for th in x], th.missing  #! torch.missing

    def to_dense(self):
        self.to_dense()

nn.Module.foo, n.Linear.bar  #! torch.nn.Module.foo torch.nn.Linear.bar
th.optim.lr_scheduler.StepLR, th.optim.lr_scheduler.NoLR  #! torch.optim.lr_scheduler.NoLR
th.cuda.Stream  #! torch.cuda.Stream
lambda x: th.in_lambda(x)  #! torch.in_lambda
f"{th.in_text}"  #! torch.in_text
th.float32.anything, th.ones(2).data.anything

def shadowed(th, F):
    return th.nothing + F.nothing

def local():
    import torch.nn.functional as f
    g = f
    return g.missing, th.absent  #! torch.nn.functional.missing torch.absent

try:
    th.in_a_block  #! torch.in_a_block
except Exception:
    th.in_its_handler  #! torch.in_its_handler

for FG in []:
    FG.nothing
"""

CLEAN = """
import torch, numpy as np
from torch import nn

try:
    import torch.onnx
    from torch import vmap
    torch.never()
except (ImportError, AttributeError):
    vmap = None
if hasattr(torch, "einmal"):
    torch.einmal(1)
late = getattr(torch, "later", None)
torch.patched = 3
torch.patched
nn.Linear.greeting = "hello"
nn.Linear.greeting
torch.onnx.export()
try:
    from torch.never import x
except:
    pass
{}.values(), [].index(1), np.ones(2).resize(3), "".split()
class Sparse:
    def coalesce(self): return self
Sparse().coalesce()
import hashlib, PIL.Image
from scipy import linalg
import scipy.signal
linalg.lu_solve(1), scipy.signal.stft(2)
hashlib.new("md5"), PIL.Image.new("RGB", (1, 1))
from elsewhere import torch
torch.nothing
"""


def uses(findings):
    return [(f.line, f"{f.name}({f.argument})" if f.argument else f.name) for f in findings]


def planted(source):
    return [
        (number, name)
        for number, line in enumerate(source.splitlines(), 1)
        for name in line.partition("#! ")[2].split()
    ]


def test_finds_what_is_planted(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(PLANTED)
    findings = check_file(str(script))
    assert sorted(uses(findings)) == sorted(planted(PLANTED))
    assert [f.name for f in findings if not f.certain] == ["torch.Tensor.to_sparse"]


def test_leaves_alone_what_is_guarded_or_no_torch(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(CLEAN)
    assert check_file(str(script)) == []


def test_star_imports(tmp_path):
    script = tmp_path / "script.py"
    absent = knowledge()["torch.nn"]["absent"][0]
    lines = ["from torch.nn import *", "from torch.optim import *", f"Linear, {absent}, map, Adam"]
    script.write_text("\n".join(lines))
    assert uses(check_file(str(script))) == [(3, f"torch.nn.{absent}")]


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.py")), ids=lambda p: p.stem)
def test_examples_lack_nothing(path):
    assert check_file(str(path)) == []


def test_notebooks(tmp_path):
    cells = ["import torch\n%matplotlib inline\n!ls", "%%bash\nls -l", "x = 1\ntorch.nothing"]
    cells = [{"cell_type": "code", "source": cell} for cell in cells]
    notebook = tmp_path / "book.ipynb"
    notebook.write_text(json.dumps({"cells": cells}))
    (finding,) = check_file(str(notebook))
    assert str(finding).endswith("book.ipynb, cell 3:2:1: torch.nothing")


def run_check(*arguments, cwd):
    return python("-m", "minitorch_ff", "check", *arguments, cwd=cwd)


def test_command_line(tmp_path):
    (tmp_path / "good.py").write_text("import torch\ntorch.relu")
    (tmp_path / "bad.py").write_text("import torch\n\ntorch.jit.script(f)")
    (tmp_path / "broken.py").write_text("import ===")
    good = run_check("good.py", cwd=tmp_path)
    assert (good.returncode, good.stdout, good.stderr) == (0, "", "")
    bad = run_check("good.py", "bad.py", cwd=tmp_path)
    assert (bad.returncode, bad.stderr) == (1, "")
    assert bad.stdout.startswith("bad.py:3:1: torch.jit: modules run as they are")
    listed = run_check("bad.py", "--json", cwd=tmp_path)
    assert listed.returncode == 1
    (entry,) = json.loads(listed.stdout)
    assert (entry["file"], entry["line"], entry["column"]) == ("bad.py", 3, 1)
    assert entry["name"] == "torch.jit"
    for unreadable in ("broken.py", "nowhere.py"):
        process = run_check(unreadable, cwd=tmp_path)
        assert process.returncode == 2
        assert unreadable in process.stderr
