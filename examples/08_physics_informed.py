"""A network solves a differential equation that it has no data for.

A damped oscillator obeys x'' + 2 d x' + w² x = 0 with x(0) = 1 and x'(0) = 0. The
network is trained to make the left side zero at 64 times; the derivatives in it come
from `torch.autograd.grad` with `create_graph=True`, so that the loss can be
differentiated once more with respect to the weights. The largest error against the
exact solution ends below 0.01. In the manner of Raissi, Perdikaris and Karniadakis
(2019), with the initial values built in as Lagaris, Likas and Fotiadis (1998) do.
"""

import torch
from torch import nn

torch.set_default_dtype(torch.float64)
torch.manual_seed(0)
DAMPING, FREQUENCY = 0.5, 3.0


class Sine(nn.Module):
    """The activation: what swings is easily made from what swings."""

    def forward(self, x):
        return torch.sin(x)


class Solution(nn.Module):
    """x(t) = 1 + tanh²(t) network(t): begins at 1 and at rest, whatever the weights."""

    def __init__(self):
        super().__init__()
        self.network = nn.Sequential(
            nn.Linear(1, 32), Sine(), nn.Linear(32, 32), Sine(), nn.Linear(32, 1)
        )

    def forward(self, t):
        return 1 + torch.tanh(t) ** 2 * self.network(t)


def derivative(y, t):
    """dy/dt at every time, itself differentiable."""
    return torch.autograd.grad(y, t, torch.ones_like(y), create_graph=True)[0]


def exact(t):
    """The solution in closed form."""
    w = (FREQUENCY**2 - DAMPING**2) ** 0.5
    return torch.exp(-DAMPING * t) * (torch.cos(w * t) + DAMPING / w * torch.sin(w * t))


times = torch.linspace(0, 3, 64).view(-1, 1).requires_grad_()
solution = Solution()
optimizer = torch.optim.Adam(solution.parameters(), lr=0.01)
scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.998)

for step in range(1, 1501):
    x = solution(times)
    velocity = derivative(x, times)
    acceleration = derivative(velocity, times)
    residual = acceleration + 2 * DAMPING * velocity + FREQUENCY**2 * x
    loss = residual.pow(2).mean()

    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    scheduler.step()
    if step % 250 == 0:
        print(f"step {step:4d}  mean squared residual {loss.item():.6f}")

with torch.no_grad():
    t = torch.linspace(0, 3, 7).view(-1, 1)
    for time, ours, theirs in zip(t, solution(t), exact(t), strict=True):
        print(f"t {time.item():.1f}  x {ours.item():9.6f}  exact {theirs.item():9.6f}")
    t = torch.linspace(0, 3, 301).view(-1, 1)
    error = (solution(t) - exact(t)).abs().max()
print(f"largest error {error.item():.6f}")
