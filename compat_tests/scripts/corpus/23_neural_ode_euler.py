import torch
import torch.nn as nn
from torch import optim

"""Neural ODE with a plain Euler and an RK4 solver; true dynamics: y' = y^3 A."""

torch.manual_seed(0)
true_y0 = torch.tensor([[2., 0.]])
true_A = torch.tensor([[-0.1, 2.0], [-2.0, -0.1]])
t = torch.linspace(0., 2., 41)


def rk4_step(f, t, y, h):
    k1 = f(t, y)
    k2 = f(t + h / 2, y + h / 2 * k1)
    k3 = f(t + h / 2, y + h / 2 * k2)
    k4 = f(t + h, y + h * k3)
    return h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)


def euler_step(f, t, y, h):
    return h * f(t, y)


def odeint(f, y0, t, step=rk4_step):
    ys = [y0]
    for t0, t1 in zip(t[:-1], t[1:]):
        ys.append(ys[-1] + step(f, t0, ys[-1], t1 - t0))
    return torch.stack(ys)


class Lambda(nn.Module):
    def forward(self, t, y):
        return torch.mm(y ** 3, true_A)


with torch.no_grad():
    true_y = odeint(Lambda(), true_y0, t)
print(true_y.shape, true_y[::10])
print("Euler is off by", (odeint(Lambda(), true_y0, t, euler_step) - true_y).abs().max())


def get_batch(batch_time=6, batch_size=10):
    s = torch.randperm(len(t) - batch_time)[:batch_size]
    batch_y0 = true_y[s]
    batch_t = t[:batch_time]
    batch_y = torch.stack([true_y[s + i] for i in range(batch_time)], dim=0)
    return batch_y0, batch_t, batch_y


class ODEFunc(nn.Module):
    def __init__(self):
        super(ODEFunc, self).__init__()
        self.net = nn.Sequential(nn.Linear(2, 30), nn.Tanh(), nn.Linear(30, 2))
        for m in self.net.modules():
            if isinstance(m, nn.Linear):
                nn.init.normal_(m.weight, mean=0, std=0.1)
                nn.init.constant_(m.bias, val=0)
        self.nfe = 0

    def forward(self, t, y):
        self.nfe += 1
        return self.net(y**3)


func = ODEFunc()
optimizer = optim.RMSprop(func.parameters(), lr=1e-3)
for itr in range(1, 31):
    optimizer.zero_grad()
    batch_y0, batch_t, batch_y = get_batch()
    pred_y = odeint(func, batch_y0, batch_t)
    loss = torch.mean(torch.abs(pred_y - batch_y))
    loss.backward()
    optimizer.step()
    if itr % 10 == 0:
        with torch.no_grad():
            pred_y = odeint(func, true_y0, t)
            total = torch.mean(torch.abs(pred_y - true_y))
            print('Iter {:04d} | Total Loss {:.6f} | batch {:.4f}'.format(itr, total.item(), loss.item()))
print("function evaluations:", func.nfe)
