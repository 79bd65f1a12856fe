"""A physics-informed network for u_t + u u_x = nu u_xx, few points, few steps."""
import numpy as np
import torch
import torch.nn as nn


class PINN(nn.Module):
    def __init__(self, layers):
        super().__init__()
        self.net = nn.Sequential()
        for i in range(len(layers) - 2):
            self.net.add_module(f"linear_{i}", nn.Linear(layers[i], layers[i + 1]))
            self.net.add_module(f"tanh_{i}", nn.Tanh())
        self.net.add_module("output", nn.Linear(layers[-2], layers[-1]))
        self.apply(self.init_weights)

    @staticmethod
    def init_weights(m):
        if type(m) is nn.Linear:
            nn.init.xavier_normal_(m.weight)
            nn.init.zeros_(m.bias)

    def forward(self, t, x):
        return self.net(torch.hstack((t, x)))


def gradients(u, x):
    return torch.autograd.grad(u, x, grad_outputs=torch.ones_like(u), create_graph=True, retain_graph=True)[0]


def residual(model, t, x, nu=0.1):
    u = model(t, x)
    u_t, u_x = gradients(u, t), gradients(u, x)
    u_xx = gradients(u_x, x)
    return u_t + u * u_x - nu * u_xx


torch.manual_seed(1234)
rng = np.random.default_rng(1234)
t_f = torch.tensor(rng.random((100, 1)), dtype=torch.float32, requires_grad=True)
x_f = torch.tensor(rng.uniform(-1, 1, (100, 1)), dtype=torch.float32, requires_grad=True)
x_0 = torch.linspace(-1, 1, 32).reshape(-1, 1)
t_0 = torch.zeros_like(x_0)
u_0 = -torch.sin(torch.pi * x_0)
t_b = torch.linspace(0, 1, 16)[:, None]

model = PINN([2, 20, 20, 1])
print(model)
mse = nn.MSELoss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
for it in range(101):
    optimizer.zero_grad()
    loss_f = (residual(model, t_f, x_f) ** 2).mean()
    loss_0 = mse(model(t_0, x_0), u_0)
    loss_b = model(t_b, torch.ones_like(t_b)).square().mean() + model(t_b, -torch.ones_like(t_b)).square().mean()
    loss = loss_f + loss_0 + loss_b
    loss.backward()
    optimizer.step()
    if it % 20 == 0:
        print(f"It {it:04d} | loss {loss.item():.5f} | pde {loss_f.item():.5f} | ic {loss_0.item():.5f} | bc {loss_b.item():.5f}")

r = residual(model, t_f[:3], x_f[:3])
print(r)
print(r.shape, r.requires_grad)
with torch.no_grad():
    u = model(torch.full((5, 1), 0.5), torch.linspace(-1, 1, 5).unsqueeze(1))
print(u.numpy().ravel().round(3))
