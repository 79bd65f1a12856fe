"""A small network learns a linear function of ten numbers from noisy samples.

The targets carry noise with a standard deviation of 0.1, so no model can be expected to
get below a mean squared error of 0.01. The network, 10 inputs, 32 hidden units, 1
output, ends below 0.03 on samples that it has not seen.
"""

import torch
import torch.nn as nn
import torch.optim as optim

torch.manual_seed(0)

# 1024 samples of 10 features; the target is a fixed weighted sum of them, plus noise.
features = torch.randn(1024, 10)
weights = torch.randn(10, 1)
targets = features @ weights + 0.1 * torch.randn(1024, 1)
train_x, train_y = features[:768], targets[:768]
test_x, test_y = features[768:], targets[768:]

model = nn.Sequential(nn.Linear(10, 32), nn.ReLU(), nn.Linear(32, 1))
loss_function = nn.MSELoss()
optimizer = optim.SGD(model.parameters(), lr=0.05)
print(model)

for epoch in range(1, 21):
    order = torch.randperm(len(train_x))
    total = 0.0
    for start in range(0, len(train_x), 32):
        batch = order[start : start + 32]
        prediction = model(train_x[batch])
        loss = loss_function(prediction, train_y[batch])

        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(batch)
    if epoch == 1 or epoch % 5 == 0:
        print(f"epoch {epoch:2d}  training loss {total / len(train_x):.6f}")

model.eval()
with torch.no_grad():
    test_loss = loss_function(model(test_x), test_y)
print(f"held-out loss {test_loss.item():.6f}")
