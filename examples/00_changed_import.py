"""The other way to use this package: change the import and leave the rest as it is.

All other examples say `import torch` and run unchanged with `python -m minitorch_ff
run`. This one says `import minitorch_ff as torch`, so plain `python` runs it. It finds
the circle that passes closest to a handful of points: the radius comes out within 0.05
of 2.
"""

import minitorch_ff as torch

torch.manual_seed(0)
angles = 2 * torch.pi * torch.rand(40)
points = torch.stack([3 + 2 * torch.cos(angles), -1 + 2 * torch.sin(angles)], dim=1)
points = points + 0.05 * torch.randn(40, 2)

center = torch.zeros(2, requires_grad=True)
radius = torch.ones(1, requires_grad=True)
optimizer = torch.optim.SGD([center, radius], lr=0.2)

for step in range(101):
    distances = (points - center).norm(dim=1)
    loss = ((distances - radius) ** 2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 20 == 0:
        print(f"step {step:3d}  loss {loss.item():.6f}")

x, y = center.tolist()
print(f"center ({x:.6f}, {y:.6f})")
print(f"radius {radius.item():.6f}")
