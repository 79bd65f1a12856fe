"""`python -m minitorch_ff check` finds what is planted, and nothing else."""

import json
import textwrap

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
th.mm(1, 2, out_dtype=None)  #! torch.mm(out_dtype=None)
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
th.cuda.nccl  #! torch.cuda.nccl
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


# Scripts of the kinds that people write; what is absent is marked in the same way.
SCRIPTS = {
    "functions": """
        import torch
        x = torch.fft_of(torch.ones(3))  #! torch.fft_of
        y = torch.linalg.eigen(x)  #! torch.linalg.eigen
        z = torch.special.nope(y), torch.nn.init.nope_(y)  #! torch.special.nope torch.nn.init.nope_
        torch.hub.load("pytorch/vision", "resnet18"), torch.hub.get_dir()  #! torch.hub.load
    """,
    "arguments": """
        import torch
        from torch.nn import functional as F
        torch.bmm(x, x, out_dtype=None)  #! torch.bmm(out_dtype=None)
        torch.gather(torch.ones(2), 0, torch.tensor([0]), sparse_grad=False)
        torch.gather(  #
            torch.ones(2),
            0,
            torch.tensor([0]),
            sparse_grad=True,  #! torch.gather(sparse_grad=True)
        )
        F.dropout(torch.ones(1)).amax(0), torch.isin(1, element=x)  #! torch.isin(element=x)
    """,
    "torchvision": """
        import torchvision
        import torchvision.transforms as T
        from torchvision import datasets, models  #! torchvision.models
        from torchvision.transforms import v2, Compose, AugMix  #! torchvision.transforms.AugMix
        T.Compose([T.ToTensor(), T.Invented(3)])  #! torchvision.transforms.Invented
        T.functional.invented(3), T.functional.resize  #! torchvision.transforms.functional.invented
        v2.JPEG(3)  #! torchvision.transforms.v2.JPEG
        datasets.CocoDetection("data")  #! torchvision.datasets.CocoDetection
        torchvision.utils.flow_to_image  #! torchvision.utils.flow_to_image
        torchvision.transforms.RandAugment(), datasets.MNIST("data", download=True)
    """,
    "aliases": """
        import torch as t, torch.nn as nn
        import torch.optim.lr_scheduler as schedules
        schedules.Lost, schedules.StepLR  #! torch.optim.lr_scheduler.Lost
        t.lost, nn.Lost  #! torch.lost torch.nn.Lost
    """,
    "names from modules": """
        from torch import lost as found, relu  #! torch.lost
        from torch.nn import (
            Linear,
            Lost,  #! torch.nn.Lost
        )
        from torch.utils.data import DataLoader, LostLoader as L  #! torch.utils.data.LostLoader
        from torch.utils.lost import anything  #! torch.utils.lost
    """,
    "variables": """
        import torch
        F = torch.nn.functional
        G = F
        G.lost(1), F.relu(2), F.gelu(3).lost  #! torch.nn.functional.lost
        make, nn = torch.lost, torch.nn  #! torch.lost
        layer: type = torch.nn
        nn.Lost, layer.Lost  #! torch.nn.Lost torch.nn.Lost
        class Net(torch.nn.Module):
            F = torch.nn.functional
            lost = F.lost  #! torch.nn.functional.lost
            def forward(self, x):
                return F.lost(x)  #! torch.nn.functional.lost
        if (op := torch.nn.functional):
            op.lost  #! torch.nn.functional.lost
    """,
    "chains": """
        import torch
        x = torch.ones(3, 3).cumsum(0).to_sparse().sum()  #! torch.Tensor.to_sparse
        (x + 1).t().istft(4)  #! torch.Tensor.istft
        [x.mm(x).to_mkldnn() for x in [x]]  #! torch.Tensor.to_mkldnn
        def f(batch):
            return batch["x"][0].view(-1).geqrf().sum()  #! torch.Tensor.geqrf
    """,
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_names_file_and_line_of_every_miss(tmp_path, name):
    source = textwrap.dedent(SCRIPTS[name])
    script = tmp_path / f"{name}.py"
    script.write_text(source)
    findings = check_file(str(script))
    assert sorted(uses(findings)) == sorted(planted(source))
    assert {finding.file for finding in findings} == {str(script)}
    assert len(findings) >= 3


def test_arguments_of_torchvision(tmp_path, monkeypatch):
    """The tests' data says which are absent."""
    data = knowledge() | {"torchvision.transforms": {"partial": {"Resize": {"antialias": ""}}}}
    monkeypatch.setattr("minitorch_ff.scripts.check.knowledge", lambda: data)
    script = tmp_path / "script.py"
    script.write_text("from torchvision import transforms as T\nT.Resize(3, antialias=True)")
    (finding,) = check_file(str(script))
    assert str(finding) == f"{script}:2:13: torchvision.transforms.Resize(antialias=True)"


CORPUS = sorted((ROOT / "compat_tests/scripts/corpus").rglob("*.py"))


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_no_false_alarm(path):
    """The scripts that run here lack nothing."""
    assert check_file(str(path)) == []


def test_the_corpus_is_there():
    assert len(CORPUS) > 50


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
