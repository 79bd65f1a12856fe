"""Stop when the validation loss stops falling, and keep the best weights.

A network much too large for its 60 noisy points would learn the noise by heart. A third
of the points is kept aside to watch for that: when the loss on them has not come to a
new low for 60 epochs, training ends and the best state so far is put back. The noise
has a variance of 0.04; the error on fresh points from the curve itself ends below 0.02.
"""

import copy

import torch
from torch import nn
from torch.optim.lr_scheduler import ReduceLROnPlateau
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(3)


def curve(x):
    """What is to be learned, without noise."""
    return torch.sin(3 * x) * torch.exp(-(x**2) / 4)


x = torch.linspace(-2, 2, 60).unsqueeze(1)
y = curve(x) + 0.2 * torch.randn_like(x)
train_set, validation_set = random_split(TensorDataset(x, y), [40, 20])
train_loader = DataLoader(train_set, batch_size=20, shuffle=True)
validation_x, validation_y = validation_set[:]

model = nn.Sequential(nn.Linear(1, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 1))
criterion = nn.MSELoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
scheduler = ReduceLROnPlateau(optimizer, factor=0.5, patience=25)


class EarlyStopping:
    """Remembers the best state and counts the epochs since."""

    def __init__(self, patience, min_delta=1e-4):
        self.patience, self.min_delta = patience, min_delta
        self.best, self.best_epoch, self.state = float("inf"), 0, None

    def should_stop(self, epoch, loss, model):
        """Take note of this epoch; true if it is time to stop."""
        if loss < self.best - self.min_delta:
            self.best, self.best_epoch = loss, epoch
            self.state = copy.deepcopy(model.state_dict())
        return epoch - self.best_epoch >= self.patience


stopping = EarlyStopping(patience=60)
for epoch in range(1, 1001):
    model.train()
    for batch_x, batch_y in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(batch_x), batch_y)
        loss.backward()
        optimizer.step()

    model.eval()
    with torch.no_grad():
        validation_loss = criterion(model(validation_x), validation_y).item()
    scheduler.step(validation_loss)
    if epoch % 25 == 0:
        rate = optimizer.param_groups[0]["lr"]
        print(f"epoch {epoch:3d}  validation loss {validation_loss:.6f}  rate {rate:g}")
    if stopping.should_stop(epoch, validation_loss, model):
        print(f"stopped after epoch {epoch}")
        break

model.load_state_dict(stopping.state)
print(f"best epoch {stopping.best_epoch}, validation loss {stopping.best:.6f}")

fresh = torch.linspace(-2, 2, 400).unsqueeze(1)
with torch.no_grad():
    error = criterion(model(fresh), curve(fresh)).item()
print(f"error on fresh points {error:.6f}")
