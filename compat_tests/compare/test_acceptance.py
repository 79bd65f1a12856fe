"""A network that learns MNIST, in both worlds; and one that goes wrong in one place.

The example with the small digits is compared in `test_verdicts`.
"""

import pytest

from compat_tests.compare.commands import compare_json, write
from compat_tests.scripts.processes import ROOT

IMAGES = ROOT / "compat_tests/vision/mnist/MNIST/raw"
SCRIPT = """
    import gzip, sys
    import torch
    import torch.nn as nn
    import torch.nn.functional as F
    from torch.utils.data import DataLoader, TensorDataset

    folder, planted = sys.argv[1], int(sys.argv[2])

    def read(name, header):
        with gzip.open(f"{folder}/{name}-ubyte.gz") as file:
            return torch.frombuffer(bytearray(file.read()[header:]), dtype=torch.uint8)

    def data(name):
        images, labels = read(f"{name}-images-idx3", 16), read(f"{name}-labels-idx1", 8)
        return TensorDataset(images.view(-1, 784).float() / 255, labels.long())

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.hidden = nn.Sequential(nn.Linear(784, 64), nn.ReLU())
            self.dropout = nn.Dropout(0.2)
            self.out = nn.Linear(64, 10)

        def forward(self, x):
            x = self.dropout(self.hidden(x))
            if planted and step == planted and "ff" in torch.__version__:
                x = x * 1.01
            return self.out(x)

    torch.manual_seed(0)
    net, step = Net(), 0
    print(net)
    optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
    for epoch in range(3):
        net.train()
        for images, labels in DataLoader(data("train"), batch_size=64, shuffle=True):
            step += 1
            loss = F.cross_entropy(net(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        net.eval()
        with torch.no_grad():
            images, labels = data("t10k").tensors
            right = (net(images).argmax(1) == labels).float().mean()
        print(f"epoch {epoch} loss {loss.item():.4f} accuracy {100 * right.item():.1f} %")
"""


def compared(folder, planted: int, status: int):
    script = write(folder, SCRIPT)
    return compare_json("--deep", script, str(IMAGES), str(planted), cwd=folder, status=status)


@pytest.mark.slow
def test_both_learn_the_same(tmp_path):
    result = compared(tmp_path, 0, 0)
    assert result["verdict"]["kind"] in ("identical text", "numerically equal")
    assert not any(difference["apart"] for difference in result["deep"])
    modules = {difference["module"] for difference in result["deep"]}
    assert {"hidden.0 (Linear)", "hidden.1 (ReLU)", "dropout (Dropout)", "Net"} <= modules
    last = result["torch"]["lines"][-1]
    assert last.startswith("epoch 2")
    assert float(last.split()[-2]) > 60


@pytest.mark.slow
def test_where_one_goes_wrong(tmp_path):
    """The layer that sees it first, in its step; the layers before it are right until then."""
    step = 23
    result = compared(tmp_path, step, 1)
    first = result["verdict"]["tensor"]
    assert (first["step"], first["module"], first["tensor"]) == (step, "out (Linear)", "output")
    apart = [(d["step"], d["module"]) for d in result["deep"] if d["apart"]]
    assert min(number for number, _ in apart) == step
    right = ("hidden.0 (Linear)", "hidden.1 (ReLU)", "dropout (Dropout)")
    outputs = [d for d in result["deep"] if d["step"] == step and d["tensor"] == "output"]
    assert {d["module"]: d["apart"] for d in outputs} == {
        **dict.fromkeys(right, False), "hidden (Sequential)": False,
        "out (Linear)": True, "Net": True,
    }  # fmt: skip
    assert f"first tensor that parts: step {step}, out (Linear), output" in result["text"]
