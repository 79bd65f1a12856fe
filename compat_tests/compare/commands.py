"""`python -m minitorch_ff compare`, run as a user runs it."""

import json
import textwrap
from pathlib import Path
from typing import Any

from compat_tests.scripts.processes import python

COMPARE = ("-m", "minitorch_ff", "compare")

TRAINING = """
    import torch
    from torch import nn

    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    x = torch.randn(32, 4)
    for step in range(6):
        if step == 3 and "ff" in torch.__version__ and PLANTED:
            with torch.no_grad():
                net[2].weight.mul_(1.05)
        loss = (net(x) - x.sum(1, keepdim=True)).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print(f"step {step} loss {loss.item():.6f}")
"""


def write(folder: Path, source: str, name: str = "script.py") -> Path:
    path = folder / name
    path.write_text(textwrap.dedent(source), encoding="utf-8")
    return path


def training(folder: Path, planted: bool) -> Path:
    return write(folder, TRAINING.replace("PLANTED", str(planted)))


def compare(*arguments, cwd: Path, status: int, path=(), **environment):
    """Run the command; its exit status must be the expected one."""
    done = python(*COMPARE, *arguments, cwd=cwd, path=path, **environment)
    assert done.returncode == status, done.stdout + done.stderr
    return done


def compare_json(*arguments, cwd: Path, status: int, path=(), **environment) -> dict[str, Any]:
    """The result as data."""
    done = compare("--json", *arguments, cwd=cwd, status=status, path=path, **environment)
    return json.loads(done.stdout, parse_constant=pytest_fail)


def pytest_fail(name: str):
    raise AssertionError(f"{name} is no JSON")
