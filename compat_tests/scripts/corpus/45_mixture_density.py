"""A mixture density network for the inverse of a wavy function (Bishop 1994)."""
import math
import torch
from torch import nn

torch.manual_seed(6)
n, k = 300, 4
y = torch.rand(n, 1)
x = y + 0.3 * torch.sin(2 * math.pi * y) + 0.1 * (2 * torch.rand(n, 1) - 1)


class MDN(nn.Module):
    def __init__(self, hidden, mixtures):
        super().__init__()
        self.z_h = nn.Sequential(nn.Linear(1, hidden), nn.Tanh())
        self.z_pi = nn.Linear(hidden, mixtures)
        self.z_mu = nn.Linear(hidden, mixtures)
        self.z_sigma = nn.Linear(hidden, mixtures)

    def forward(self, x):
        h = self.z_h(x)
        return nn.functional.softmax(self.z_pi(h), -1), self.z_mu(h), torch.exp(self.z_sigma(h))


oneDivSqrtTwoPI = 1.0 / math.sqrt(2.0 * math.pi)


def gaussian(y, mu, sigma):
    result = (y.expand_as(mu) - mu) * torch.reciprocal(sigma)
    result = -0.5 * (result * result)
    return (torch.exp(result) * torch.reciprocal(sigma)) * oneDivSqrtTwoPI


def mdn_loss(pi, mu, sigma, y):
    result = torch.sum(gaussian(y, mu, sigma) * pi, dim=1)
    return torch.mean(-torch.log(result))


def stable_loss(pi, mu, sigma, y):
    log_p = pi.log() - sigma.log() - 0.5 * math.log(2 * math.pi) - 0.5 * ((y - mu) / sigma) ** 2
    return -torch.logsumexp(log_p, dim=1).mean()


net = MDN(20, k)
opt = torch.optim.Adam(net.parameters(), lr=5e-3)
for epoch in range(1, 101):
    pi, mu, sigma = net(x)
    loss = mdn_loss(pi, mu, sigma, y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if epoch % 25 == 0:
        print(epoch, f"{loss.item():.4f}", f"{stable_loss(pi, mu, sigma, y).item():.4f}")

with torch.no_grad():
    pi, mu, sigma = net(torch.tensor([[0.1], [0.5], [0.9]]))
    print(pi, mu, sigma, sep="\n")
    component = pi.max(1).indices
    print("most likely component's mean", mu.gather(1, component.unsqueeze(1)).squeeze())
    noise = torch.normal(mu, sigma)
    print(noise.shape, torch.normal(0.0, 1.0, (2,)), torch.normal(mean=torch.arange(1., 4.), std=torch.arange(0.3, 0, -0.1)))
print(gaussian(y[:2], net(x[:2])[1], net(x[:2])[2]))
