"""`import torch` inside a process that has imported PyTorch already."""

import importlib
import os
import subprocess
import sys

import pytest
import torch
import torch.nn

import minitorch_ff as ff
from minitorch_ff.scripts.import_hook import as_torch, install


def test_pytorch_comes_back():
    before = {name: module for name, module in sys.modules.items() if "torch" in name}
    finders = list(sys.meta_path)
    with as_torch():
        import torch as inside
        import torch.nn.functional as functional

        assert inside is ff
        assert functional is ff.nn.functional
        assert importlib.import_module("torch.nn") is ff.nn
    import torch as outside

    assert outside is torch is sys.modules["torch"]
    assert sys.meta_path == finders
    assert before.items() <= sys.modules.items()
    assert ff.nn.__spec__.name == "minitorch_ff.nn"


def test_pytorch_comes_back_after_an_error():
    with pytest.raises(ModuleNotFoundError, match=r"torch\.never"), as_torch():
        importlib.import_module("torch.never")
    assert importlib.import_module("torch.nn") is torch.nn


def test_blocks_may_be_nested():
    with as_torch():
        with as_torch():
            assert importlib.import_module("torch.nn") is ff.nn
        assert importlib.import_module("torch.nn") is ff.nn
        install()  # done already
        assert importlib.import_module("torch") is ff
    assert importlib.import_module("torch") is torch


def test_processes_started_in_a_block_see_it_too():
    code = "import torch; print(torch.__name__)"
    environment, path = dict(os.environ), list(sys.path)
    with ff.as_torch():
        inside = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (inside.stdout, inside.stderr) == ("minitorch_ff\n", "")
    assert dict(os.environ) == environment
    assert sys.path == path


def test_install_for_good():
    """In a process of its own: there, PyTorch never comes in."""
    code = (
        "import minitorch_ff; minitorch_ff.install(); minitorch_ff.install(); import torch.nn, sys;"
        "print(torch is minitorch_ff, sum('TorchFinder' in str(f) for f in sys.meta_path))"
    )
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (process.stdout, process.stderr) == ("True 1\n", "")


def test_install_refuses_to_mix_two_torches():
    with pytest.raises(ImportError, match="already imported"):
        install()
    assert importlib.import_module("torch") is torch
