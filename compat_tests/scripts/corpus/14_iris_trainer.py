from __future__ import annotations

from dataclasses import dataclass, field
from typing import Callable, Iterator

import torch
from sklearn.datasets import load_iris
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import CosineAnnealingLR, LRScheduler
from torch.utils.data import DataLoader, TensorDataset, random_split


@dataclass
class Config:
    hidden: tuple[int, ...] = (16, 16)
    epochs: int = 20
    batch_size: int = 16
    lr: float = 0.02
    weight_decay: float = 1e-3
    seed: int = 11


@dataclass
class History:
    train: list[float] = field(default_factory=list)
    valid: list[float] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)


class MLP(nn.Module):
    def __init__(self, sizes: list[int], activation: Callable[[], nn.Module] = nn.GELU) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for i, (a, b) in enumerate(zip(sizes, sizes[1:])):
            layers.append(nn.Linear(a, b))
            if i < len(sizes) - 2:
                layers += [nn.LayerNorm(b), activation(), nn.Dropout(p=0.1)]
        self.layers = nn.ModuleList(layers)

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers:
            x = layer(x)
        return x


class Trainer:
    def __init__(self, model: nn.Module, optimizer: Optimizer, scheduler: LRScheduler, config: Config):
        self.model, self.optimizer, self.scheduler = model, optimizer, scheduler
        self.config = config
        self.criterion = nn.CrossEntropyLoss()
        self.history = History()

    def train_epoch(self, loader: DataLoader) -> float:
        self.model.train()
        total = 0.0
        for features, target in loader:
            self.optimizer.zero_grad(set_to_none=True)
            loss: Tensor = self.criterion(self.model(features), target)
            loss.backward()
            self.optimizer.step()
            total += loss.item() * len(features)
        self.scheduler.step()
        return total / len(loader.dataset)

    @torch.no_grad()
    def evaluate(self, loader: DataLoader) -> tuple[float, float]:
        self.model.eval()
        loss = correct = 0.0
        for features, target in loader:
            logits = self.model(features)
            loss += self.criterion(logits, target).item() * len(features)
            correct += (logits.argmax(-1) == target).sum().item()
        return loss / len(loader.dataset), correct / len(loader.dataset)

    def fit(self, train: DataLoader, valid: DataLoader) -> Iterator[tuple[int, float, float, float]]:
        for epoch in range(self.config.epochs):
            train_loss = self.train_epoch(train)
            valid_loss, accuracy = self.evaluate(valid)
            self.history.train.append(train_loss)
            self.history.valid.append(valid_loss)
            self.history.accuracy.append(accuracy)
            yield epoch, train_loss, valid_loss, accuracy


def main() -> None:
    config = Config()
    torch.manual_seed(config.seed)
    X, y = load_iris(return_X_y=True)
    X = torch.tensor(X, dtype=torch.float32)
    X = (X - X.mean(0)) / X.std(0)
    data = TensorDataset(X, torch.tensor(y))
    train, valid = random_split(data, [0.8, 0.2], generator=torch.Generator().manual_seed(0))
    print(len(train), len(valid), valid.indices[:8])
    model = MLP([4, *config.hidden, 3])
    print(model)
    optimizer = torch.optim.AdamW(model.parameters(), lr=config.lr, weight_decay=config.weight_decay)
    print(optimizer)
    trainer = Trainer(model, optimizer, CosineAnnealingLR(optimizer, T_max=config.epochs), config)
    loaders = DataLoader(train, config.batch_size, shuffle=True), DataLoader(valid, 64)
    for epoch, t, v, acc in trainer.fit(*loaders):
        if epoch % 5 == 4:
            print(f"[{epoch + 1:02d}/{config.epochs}] train {t:.4f} valid {v:.4f} acc {acc:6.1%} lr {trainer.scheduler.get_last_lr()[0]:.2e}")
    print(f"best accuracy {max(trainer.history.accuracy):.4f}", config)


if __name__ == "__main__":
    main()
