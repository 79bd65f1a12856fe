# Quantile (pinball) regression: noise that grows with x
import torch
from torch import nn, Tensor

torch.manual_seed(12)
torch.set_default_dtype(torch.float64)

QUANTILES = torch.tensor([0.1, 0.5, 0.9])


def pinball(pred: Tensor, target: Tensor, q: Tensor = QUANTILES) -> Tensor:
    error = target - pred
    return torch.max(q * error, (q - 1) * error).mean()


x = torch.rand(300, 1) * 4
y = torch.sin(x) * 2 + (0.1 + 0.3 * x) * torch.randn_like(x)
print(x.dtype, torch.quantile(y, QUANTILES), y.median(), y.squeeze().kthvalue(30))


class Quantiles(nn.Module):
    """The lowest quantile and positive steps up from it: quantiles never cross."""

    def __init__(self, n):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(1, 32), nn.ReLU(), nn.Linear(32, n))

    def forward(self, x):
        out = self.net(x)
        steps = nn.functional.softplus(out[:, 1:])
        return torch.cat([out[:, :1], out[:, :1] + steps.cumsum(1)], dim=1)


model = Quantiles(3)
optimizer = torch.optim.Adamax(model.parameters(), lr=0.02)
for epoch in range(1, 201):
    loss = pinball(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if epoch % 50 == 0:
        with torch.no_grad():
            covered = (y <= model(x)).double().mean(0)
        print(f"{epoch:4d} {loss:.5f} coverage " + " ".join(f"{c:.3f}" for c in covered))

grid = torch.linspace(0, 4, 5).unsqueeze(1)
print(model(grid).detach())
print((model(grid).diff(dim=1) > 0).all(), loss)
linear = nn.Linear(1, 1)
opt = torch.optim.SGD(linear.parameters(), lr=0.05)
for q in (0.25, 0.75):
    for _ in range(100):
        l = pinball(linear(x), y, torch.tensor(q))
        opt.zero_grad(); l.backward(); opt.step()
    print(q, linear.weight.item(), linear.bias.item(), "%.6f" % l.item())
