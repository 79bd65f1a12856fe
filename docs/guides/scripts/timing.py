import torch
from torch import nn
from torch.utils.benchmark import Timer

torch.set_num_threads(1)
for width in (16, 256):
    model = nn.Sequential(nn.Linear(32, width), nn.ReLU(), nn.Linear(width, 1))
    names = {"model": model, "x": torch.rand(64, 32)}
    measured = Timer("model(x).sum().backward()", globals=names).timeit(200)
    print(f"width {width}: median {measured.median * 1e6:.0f} us")
