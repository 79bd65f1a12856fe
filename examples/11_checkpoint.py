"""Training is interrupted, saved, and taken up again as if nothing had happened.

A checkpoint holds the weights, the optimizer's running averages and the state of the
random numbers. Twenty epochs in one go and ten plus ten with a file between them end
with the same weights: the largest difference is 0.
"""

import os
import tempfile

import torch
from torch import nn


def start():
    """A fresh model and its optimizer."""
    torch.manual_seed(7)
    model = nn.Sequential(
        nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.2), nn.Linear(8, 1)
    )
    return model, torch.optim.Adam(model.parameters(), lr=0.01)


def train(model, optimizer, epochs):
    """Some epochs on made-up data; the last loss."""
    model.train()
    for _ in range(epochs):
        x = torch.rand(64, 4)
        y = x.prod(dim=1, keepdim=True)
        loss = nn.functional.l1_loss(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return loss.item()


# In one go.
model, optimizer = start()
print(f"after 10 epochs: loss {train(model, optimizer, 10):.6f}")
print(f"after 20 epochs: loss {train(model, optimizer, 10):.6f}")

# With an interruption: what is needed goes into a file, the rest is forgotten.
interrupted, optimizer = start()
train(interrupted, optimizer, 10)
handle, path = tempfile.mkstemp(suffix=".pt")
os.close(handle)
checkpoint = {
    "model": interrupted.state_dict(),
    "optimizer": optimizer.state_dict(),
    "random": torch.get_rng_state(),
}
torch.save(checkpoint, path)
del interrupted, optimizer, checkpoint
torch.manual_seed(12345)  # somebody else uses random numbers

resumed, optimizer = start()
checkpoint = torch.load(path)
os.remove(path)
print("saved:", ", ".join(checkpoint["model"]))
print(resumed.load_state_dict(checkpoint["model"]))
optimizer.load_state_dict(checkpoint["optimizer"])
torch.set_rng_state(checkpoint["random"])
print(f"after 10 + 10 epochs: loss {train(resumed, optimizer, 10):.6f}")

state, again = model.state_dict(), resumed.state_dict()
difference = max((state[key] - again[key]).abs().max().item() for key in state)
print(f"largest difference {difference:.1f}")
