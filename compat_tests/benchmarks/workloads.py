"""The workloads, through the public API that PyTorch and minitorch_ff share.

Each builder returns `step()`, which does one unit of the workload (for a model: zero
gradients, forward, loss, backward, optimizer step) and returns its loss, or None.
"""

import dataclasses
import importlib
import math

import numpy as np

from compat_tests.benchmarks import networks
from compat_tests.benchmarks.networks import NETWORKS


@dataclasses.dataclass(frozen=True)
class Mlp:
    """A fully connected network and how it is trained."""

    sizes: tuple[int, ...]
    batch: int
    loss: str  # "mse" or "ce"
    optimizer: str
    settings: dict
    activation: str = "relu"
    dropout: float = 0
    batchnorm: bool = False


SGD, ADAM = {"lr": 0.01}, {"lr": 1e-3}
MLPS = {
    "tiny": Mlp((2, 16, 1), 4, "mse", "SGD", {"lr": 0.1}, activation="tanh"),
    "course_sgd": Mlp((10, 32, 1), 64, "mse", "SGD", SGD),
    "course_adam": Mlp((10, 32, 1), 64, "mse", "Adam", ADAM),
    "digits": Mlp((64, 128, 64, 10), 64, "ce", "SGD", {"lr": 0.01, "momentum": 0.9}),
    "mnist": Mlp((784, 512, 256, 10), 128, "ce", "Adam", ADAM, dropout=0.2),
    "wide": Mlp((2048, 4096, 4096, 10), 512, "ce", "SGD", SGD),
    "deep": Mlp((*[64] * 20, 10), 32, "ce", "Adam", ADAM),
    "batchnorm": Mlp((128, 256, 256, 10), 256, "ce", "SGD", SGD, batchnorm=True),
}
WORKLOADS = [*MLPS, *NETWORKS, "raw_loop", "dataloader"]

RAW_POINTS, RAW_RATE = 2000, 1e-6
ROWS, COLUMNS, BATCH = 60_000, 784, 64  # of the data loader


def data_for(mlp: Mlp) -> tuple[np.ndarray, np.ndarray]:
    """One fixed batch: inputs, and targets of the loss's kind."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((mlp.batch, mlp.sizes[0])).astype("f4")
    if mlp.loss == "mse":
        return x, np.sin(x.sum(1, keepdims=True)).astype("f4")
    return x, rng.integers(0, mlp.sizes[-1], mlp.batch)


def build(name: str, module: str, threads: int):
    """The workload's `step` in a torch-like module, given by its name.

    Args:
        name: One of `WORKLOADS`.
        module: `"torch"`, `"minitorch_ff"`, …; imported here.
        threads: For the module's own setting, where it has one.
    """
    torch = importlib.import_module(module)
    if hasattr(torch, "set_num_threads"):
        torch.set_num_threads(threads)
    torch.manual_seed(0)
    if name == "raw_loop":
        return raw_loop(torch)
    if name == "dataloader":
        return dataloader(torch, importlib.import_module(module + ".utils.data"))
    nn, optim = (importlib.import_module(f"{module}.{m}") for m in ("nn", "optim"))
    if name in NETWORKS:
        return networks.train(NETWORKS[name], torch, nn, optim)
    return train(MLPS[name], torch, nn, optim)


def train(mlp: Mlp, torch, nn, optim):
    """A training step of an MLP."""
    layers = []
    last = len(mlp.sizes) - 2
    for i, (fan_in, fan_out) in enumerate(zip(mlp.sizes, mlp.sizes[1:], strict=False)):
        layers.append(nn.Linear(fan_in, fan_out))
        if i == last:
            break
        if mlp.batchnorm:
            layers.append(nn.BatchNorm1d(fan_out))
        layers.append(nn.Tanh() if mlp.activation == "tanh" else nn.ReLU())
        if mlp.dropout:
            layers.append(nn.Dropout(mlp.dropout))
    model = nn.Sequential(*layers)
    loss_fn = nn.MSELoss() if mlp.loss == "mse" else nn.CrossEntropyLoss()
    optimizer = getattr(optim, mlp.optimizer)(model.parameters(), **mlp.settings)
    x, y = (torch.tensor(values) for values in data_for(mlp))

    def step():
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return step


def raw_loop(torch):
    """A cubic fitted to a sine with tensors alone, as PyTorch's tutorial does."""
    x = torch.linspace(-math.pi, math.pi, RAW_POINTS)
    y = torch.sin(x)
    a, b, c, d = (torch.randn((), requires_grad=True) for _ in range(4))

    def step():
        y_pred = a + b * x + c * x**2 + d * x**3
        loss = (y_pred - y).pow(2).sum()
        loss.backward()
        with torch.no_grad():
            for p in (a, b, c, d):
                p -= RAW_RATE * p.grad
                p.grad = None
        return loss

    return step


def dataloader(torch, data):
    """One shuffled batch of 64 rows out of 60 000."""
    rng = np.random.default_rng(0)
    rows = torch.tensor(rng.random((ROWS, COLUMNS), dtype="f4"))
    labels = torch.tensor(rng.integers(0, 10, ROWS))
    dataset = data.TensorDataset(rows, labels)
    loader = data.DataLoader(dataset, batch_size=BATCH, shuffle=True)
    batches = iter(loader)

    def step():
        nonlocal batches
        batch = next(batches, None)
        if batch is None:
            batches = iter(loader)
            batch = next(batches)
        if batch[0].shape[1] != COLUMNS:
            raise ValueError("the loader gave a batch of another shape")

    return step
