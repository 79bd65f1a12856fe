"""Ratings of 30 users for 20 films from products of factors (one-hot rows instead of an embedding layer)."""
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset, random_split


class MF(nn.Module):
    def __init__(self, n_users, n_items, k=3):
        super().__init__()
        self.P = nn.Parameter(torch.randn(n_users, k) * 0.1)
        self.Q = nn.Parameter(torch.randn(n_items, k) * 0.1)
        self.user_bias = nn.Parameter(torch.zeros(n_users))
        self.item_bias = nn.Parameter(torch.zeros(n_items))
        self.mean = nn.Parameter(torch.tensor(3.0), requires_grad=False)

    def forward(self, u, i):
        return (self.P[u] * self.Q[i]).sum(-1) + self.user_bias[u] + self.item_bias[i] + self.mean


torch.manual_seed(0)
U, I = torch.randn(30, 2), torch.randn(20, 2)
full = (3 + U @ I.T).clamp(1, 5).round()
rated = torch.rand(30, 20) < 0.6
users, items = torch.nonzero(rated, as_tuple=True)
ratings = full[rated]
print(len(ratings), "ratings, mean %.3f" % ratings.mean(), torch.bincount(ratings.long()))
train, test = random_split(TensorDataset(users, items, ratings), [300, len(ratings) - 300])
model = MF(30, 20)
opt = torch.optim.Adagrad([
    {"params": [model.P, model.Q], "lr": 0.2},
    {"params": [model.user_bias, model.item_bias], "lr": 0.1, "weight_decay": 0.01},
])
print(opt)
loss_fn = nn.MSELoss()
for epoch in range(1, 9):
    total = 0.
    for u, i, r in DataLoader(train, batch_size=50, shuffle=True):
        loss = loss_fn(model(u, i), r)
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item() * len(r)
    if epoch % 2 == 0:
        with torch.no_grad():
            u, i, r = test[:]
            rmse = loss_fn(model(u, i), r).sqrt()
        print(f"epoch {epoch}: train rmse {(total / len(train)) ** 0.5:.4f}, test rmse {rmse:.4f}")
with torch.no_grad():
    scores = model.P @ model.Q.T + model.user_bias[:, None] + model.item_bias[None] + model.mean
    scores[rated] = -float("inf")
    best = scores.topk(3, dim=1)
print("recommended to user 0:", best.indices[0].tolist(), best.values[0])
print({k: tuple(v.shape) for k, v in model.named_parameters()}, [n for n, p in model.named_parameters() if not p.requires_grad])
