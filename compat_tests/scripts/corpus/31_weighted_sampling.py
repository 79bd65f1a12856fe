"""Imbalanced classes: WeightedRandomSampler against a weighted loss."""
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, WeightedRandomSampler
from collections import Counter

torch.manual_seed(42)
n_major, n_minor = 450, 50
X = torch.cat([torch.randn(n_major, 2), torch.randn(n_minor, 2) + torch.tensor([1.5, 1.5])])
y = torch.cat([torch.zeros(n_major), torch.ones(n_minor)]).long()
class_count = torch.bincount(y)
print("class_count:", class_count)
class_weights = 1. / class_count.float()
sample_weights = class_weights[y]
print(class_weights, sample_weights[:3], sample_weights.shape)
sampler = WeightedRandomSampler(sample_weights, num_samples=len(sample_weights), replacement=True)
dataset = TensorDataset(X, y)

seen = Counter()
for _, target in DataLoader(dataset, batch_size=50, sampler=sampler):
    seen.update(target.tolist())
print("seen in one epoch:", sorted(seen.items()))
print(list(WeightedRandomSampler([0.1, 0.9, 0.4, 0.7, 3.0, 0.6], 5, replacement=True)))
print(list(WeightedRandomSampler([0.9, 0.4, 0.05, 0.2, 0.3, 0.1], 5, replacement=False)))


def report(model, tag):
    with torch.no_grad():
        pred = model(X).argmax(1)
    cm = torch.stack([torch.bincount(pred[y == c], minlength=2) for c in range(2)])
    recall = cm.diagonal() / cm.sum(1)
    print(tag, cm.tolist(), "recall", recall, f"balanced {recall.mean():.4f}")


for tag in ("plain", "sampler", "weighted"):
    torch.manual_seed(0)
    model = nn.Linear(2, 2)
    loss_fn = nn.CrossEntropyLoss(weight=class_weights / class_weights.sum() if tag == "weighted" else None)
    loader = DataLoader(dataset, batch_size=50, sampler=sampler if tag == "sampler" else None, shuffle=tag != "sampler")
    opt = torch.optim.Adam(model.parameters(), lr=0.03)
    for epoch in range(5):
        total = 0.
        for xb, yb in loader:
            opt.zero_grad()
            loss = loss_fn(model(xb), yb)
            loss.backward()
            opt.step()
            total += loss.item()
    print(f"{tag:>9}: last epoch's loss {total / len(loader):.4f}", end="  ")
    report(model, tag)
print(loss_fn, loss_fn.weight)
