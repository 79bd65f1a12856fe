"""Logistic regression separates two overlapping clouds of points.

The clouds are normal, one unit wide, with centres 3 apart, so the best possible rule is
right for 93 of 100 points; the straight line that is learned comes to at least 0.90 on
points that were held out. `BCEWithLogitsLoss` takes the model's raw scores: applying
the sigmoid inside the loss keeps it exact for scores of any size.
"""

import torch
import torch.nn.functional as F
from torch import nn, optim

torch.manual_seed(1)
COUNT = 400  # points per class

left = torch.randn(COUNT, 2) + torch.tensor([-1.5, 0.0])
right = torch.randn(COUNT, 2) + torch.tensor([1.5, 0.0])
points = torch.cat([left, right])
labels = torch.cat([torch.zeros(COUNT), torch.ones(COUNT)])

order = torch.randperm(len(points))
train, held_out = order[:600], order[600:]

model = nn.Linear(2, 1)
criterion = nn.BCEWithLogitsLoss()
optimizer = optim.SGD(model.parameters(), lr=0.5)


def accuracy(index):
    """The share of the points at `index` on their own side of the line."""
    with torch.no_grad():
        probability = torch.sigmoid(model(points[index])).squeeze(1)
    return ((probability > 0.5).float() == labels[index]).float().mean().item()


print(f"before training: accuracy {accuracy(train):.4f}")
for epoch in range(1, 101):
    optimizer.zero_grad()
    scores = model(points[train]).squeeze(1)
    loss = criterion(scores, labels[train])
    loss.backward()
    optimizer.step()
    if epoch % 20 == 0:
        print(f"epoch {epoch:3d}  loss {loss.item():.6f}")

# The same number from probabilities, in two calls.
again = F.binary_cross_entropy(torch.sigmoid(scores), labels[train])
print(f"loss from probabilities {again.item():.6f}")

(w1, w2), b = model.weight[0].tolist(), model.bias.item()
print(f"the line is {w1:.6f} x1 + {w2:.6f} x2 + {b:.6f} = 0")
print(f"training accuracy {accuracy(train):.4f}")
print(f"held-out accuracy {accuracy(held_out):.4f}")
