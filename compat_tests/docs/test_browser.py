"""What a browser's Python lacks is not needed: no ctypes, no processes, one thread."""

import subprocess
import sys

from compat_tests.house.files import ROOT

CODE = """
import sys
import numpy  # has its own way with what is missing
LACKING = "ctypes _ctypes multiprocessing _multiprocessing subprocess _posixsubprocess"
for name in LACKING.split():
    for loaded in [key for key in sys.modules if key.partition(".")[0] == name]:
        del sys.modules[loaded]
    sys.modules[name] = None
import _thread
def start(*_, **__):
    raise RuntimeError("can't start new thread")
_thread.start_new_thread = start

import minitorch_ff as torch
model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 1))
optimizer = torch.optim.Adam(model.parameters())
for _ in range(3):
    loss = torch.nn.functional.mse_loss(model(torch.rand(16, 4)), torch.rand(16, 1))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(loss.item() > 0)
"""


def test_without_ctypes_processes_and_threads():
    done = subprocess.run([sys.executable, "-c", CODE], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "True\n"
