"""Forecasting a noisy seasonal series with an LSTM and a GRU, step by step into the future."""
import math

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(3)
t = torch.arange(0, 220, dtype=torch.float32)
series = torch.sin(2 * math.pi * t / 25) + 0.3 * torch.sin(2 * math.pi * t / 7) + 0.05 * torch.randn(220)
train, test = series[:180], series[180:]
mean, std = train.mean(), train.std()
scaled = (series - mean) / std
print(f"mean {mean:.4f}, std {std:.4f}")

window = 20
X = scaled.unfold(0, window, 1)[:-1].unsqueeze(-1)
y = scaled[window:].unsqueeze(-1)
n_train = 180 - window
train_set = TensorDataset(X[:n_train], y[:n_train])
print(X.shape, y.shape, len(train_set))


class Forecaster(nn.Module):
    def __init__(self, kind, hidden_size=32):
        super().__init__()
        self.rnn = getattr(nn, kind)(1, hidden_size, batch_first=True)
        self.head = nn.Linear(hidden_size, 1)

    def forward(self, x, state=None):
        out, state = self.rnn(x, state)
        return self.head(out[:, -1]), state


def fit(model, epochs=12):
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=6, gamma=0.5)
    loss_fn = nn.MSELoss()
    loader = DataLoader(train_set, batch_size=32, shuffle=True)
    for epoch in range(1, epochs + 1):
        losses = []
        for xb, yb in loader:
            pred, _ = model(xb)
            loss = loss_fn(pred, yb)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        scheduler.step()
        if epoch % 4 == 0:
            print(f"  epoch {epoch:2d}: mse {sum(losses) / len(losses):.4f}, lr {scheduler.get_last_lr()[0]}")


@torch.no_grad()
def forecast(model, steps):
    """Feed predictions back as inputs, keeping the state."""
    model.eval()
    value, state = model(X[n_train:n_train + 1])
    values = [value.item()]
    for _ in range(steps - 1):
        value, state = model(value.unsqueeze(1), state)
        values.append(value.item())
    return torch.tensor(values) * std + mean


for kind in ("LSTM", "GRU"):
    torch.manual_seed(5)
    model = Forecaster(kind)
    print(model)
    fit(model)
    model.eval()
    with torch.no_grad():
        one_step, _ = model(X[n_train:])
    error = ((one_step.squeeze(1) - scaled[180:]) * std).pow(2).mean().sqrt()
    print(f"  one step ahead, rmse {error:.3f}")
    future = forecast(model, 5)
    print("  forecast", [f"{v:.2f}" for v in future.tolist()])

# The same numbers from a cell, step by step, as from the layer.
layer, cell = nn.LSTM(2, 3), nn.LSTMCell(2, 3)
cell.load_state_dict({k.replace("_l0", ""): v for k, v in layer.state_dict().items()})
x = torch.randn(4, 1, 2)
h = c = torch.zeros(1, 3)
with torch.no_grad():
    for step in x:
        h, c = cell(step, (h, c))
    out, (h_n, c_n) = layer(x)
print(torch.allclose(h, h_n[0], atol=1e-6), torch.allclose(c, c_n[0], atol=1e-6), out.shape)
