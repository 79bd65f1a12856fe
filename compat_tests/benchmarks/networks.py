"""Networks beyond MLPs, with one fixed batch each, and how they are trained.

They have no twin in hand-written NumPy. A further one is a builder and a row in `NETWORKS`
here, and its target in `bench_mlp.TARGETS`.
"""

import dataclasses
from collections.abc import Callable

import numpy as np


@dataclasses.dataclass(frozen=True)
class Network:
    """A network and how it is trained.

    Attributes:
        build: Takes the torch-like module and its `nn`; returns the model, and a function of
            no arguments that gives the loss of the batch.
        optimizer: A name in `optim`.
        settings: The optimizer's.
    """

    build: Callable
    optimizer: str
    settings: dict


def lenet(torch, nn):
    """LeNet-5, with ReLU and max pooling, on 64 images of 28x28."""
    model = nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(400, 120), nn.ReLU(),
        nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
    )  # fmt: skip
    rng = np.random.default_rng(0)
    images = torch.tensor(rng.standard_normal((64, 1, 28, 28)).astype("f4"))
    labels = torch.tensor(rng.integers(0, 10, 64))
    loss_fn = nn.CrossEntropyLoss()
    return model, lambda: loss_fn(model(images), labels)


def transformer(torch, nn):
    """A transformer's encoder layer of 64 features and 4 heads, on 32 sequences of 32 tokens."""
    model = nn.TransformerEncoderLayer(64, 4, 256, dropout=0.0, batch_first=True)
    rng = np.random.default_rng(0)
    x, y = (torch.tensor(rng.standard_normal((32, 32, 64)).astype("f4")) for _ in range(2))
    loss_fn = nn.MSELoss()
    return model, lambda: loss_fn(model(x), y)


def lstm(torch, nn):
    """Two LSTM layers of 64 units read 32 sequences of 32 steps; the last state is classified."""
    layers, head = nn.LSTM(16, 64, num_layers=2, batch_first=True), nn.Linear(64, 4)
    rng = np.random.default_rng(0)
    sequences = torch.tensor(rng.standard_normal((32, 32, 16)).astype("f4"))
    labels = torch.tensor(rng.integers(0, 4, 32))
    loss_fn = nn.CrossEntropyLoss()
    model = nn.ModuleList([layers, head])
    return model, lambda: loss_fn(head(layers(sequences)[0][:, -1]), labels)


def embedding(torch, nn):
    """32 texts of 32 words out of 1000: the mean of their vectors is classified."""
    table, head = nn.Embedding(1000, 64), nn.Linear(64, 4)
    rng = np.random.default_rng(0)
    words = torch.tensor(rng.integers(0, 1000, (32, 32)))
    labels = torch.tensor(rng.integers(0, 4, 32))
    loss_fn = nn.CrossEntropyLoss()
    model = nn.ModuleList([table, head])
    return model, lambda: loss_fn(head(table(words).mean(1)), labels)


NETWORKS = {
    "lenet": Network(lenet, "SGD", {"lr": 0.01}),
    "transformer": Network(transformer, "SGD", {"lr": 0.01}),
    "lstm": Network(lstm, "SGD", {"lr": 0.01}),
    "embedding": Network(embedding, "SGD", {"lr": 0.01}),
}


def train(network: Network, torch, nn, optim):
    """A training step of a network."""
    model, loss_of_batch = network.build(torch, nn)
    optimizer = getattr(optim, network.optimizer)(model.parameters(), **network.settings)

    def step():
        optimizer.zero_grad()
        loss = loss_of_batch()
        loss.backward()
        optimizer.step()
        return loss

    return step
