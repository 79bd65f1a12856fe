"""Two heads on one trunk, with learned uncertainties as weights."""
import torch
from torch import nn


class MultiTask(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(5, 24), nn.SiLU(), nn.Linear(24, 24), nn.SiLU())
        self.heads = nn.ModuleDict({"regression": nn.Linear(24, 1), "classification": nn.Linear(24, 3)})
        self.log_vars = nn.ParameterDict({name: nn.Parameter(torch.zeros(())) for name in self.heads})

    def forward(self, x):
        h = self.trunk(x)
        return {name: head(h) for name, head in self.heads.items()}


torch.manual_seed(77)
X = torch.randn(200, 5)
targets = {
    "regression": (X[:, :2].prod(1) + X[:, 2]).unsqueeze(1),
    "classification": torch.bucketize(X[:, 3] + 0.3 * X[:, 4], torch.tensor([-0.5, 0.5])),
}
print({k: (v.shape, v.dtype) for k, v in targets.items()}, torch.bincount(targets["classification"]))
criteria = {"regression": nn.MSELoss(), "classification": nn.CrossEntropyLoss()}
model = MultiTask()
print(model)
opt = torch.optim.AdamW([
    {"params": model.trunk.parameters(), "lr": 5e-3},
    {"params": model.heads.parameters(), "lr": 1e-2},
    {"params": model.log_vars.parameters(), "lr": 1e-2, "weight_decay": 0.0},
])
for step in range(121):
    out = model(X)
    losses = {k: criteria[k](out[k], targets[k]) for k in criteria}
    loss = sum(torch.exp(-model.log_vars[k]) * l + model.log_vars[k] for k, l in losses.items())
    opt.zero_grad()
    loss.backward()
    if step % 30 == 0:
        shared = model.trunk[0].weight
        parts = []
        for k, l in losses.items():
            (g,) = torch.autograd.grad(criteria[k](model(X)[k], targets[k]), shared)
            parts.append(g.flatten())
        cos = torch.cosine_similarity(parts[0], parts[1], dim=0)
        print(f"step {step:3d} " + " ".join(f"{k}={l.item():.4f}" for k, l in losses.items())
              + f" | weights {[round(torch.exp(-v).item(), 3) for v in model.log_vars.values()]} | cos {cos:+.3f}")
    opt.step()
acc = (out["classification"].argmax(1) == targets["classification"]).float().mean()
print(f"accuracy {acc:.3f}", model.log_vars)
for name, child in model.named_children():
    print(name, type(child).__name__, sum(p.numel() for p in child.parameters()))
