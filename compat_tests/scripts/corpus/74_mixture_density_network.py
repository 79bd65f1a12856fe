"""A mixture density network with MixtureSameFamily: one x, several plausible y."""
import math

import torch
import torch.nn as nn
from torch.distributions import Categorical, MixtureSameFamily, Normal


class MDN(nn.Module):
    def __init__(self, n_hidden=20, n_components=4):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(1, n_hidden), nn.Tanh())
        self.logits = nn.Linear(n_hidden, n_components)
        self.loc = nn.Linear(n_hidden, n_components)
        self.scale = nn.Sequential(nn.Linear(n_hidden, n_components), nn.Softplus())

    def forward(self, x):
        h = self.body(x)
        mixture = Categorical(logits=self.logits(h))
        components = Normal(self.loc(h), self.scale(h) + 1e-3)
        return MixtureSameFamily(mixture, components)


def main():
    torch.manual_seed(7)
    y = torch.rand(300) * 16 - 8
    x = (7 * torch.sin(0.75 * y) + 0.5 * y + torch.randn(300)) / 10
    x = x.unsqueeze(1)

    model = MDN()
    print(model)
    opt = torch.optim.Adam(model.parameters(), lr=0.02)
    sched = torch.optim.lr_scheduler.StepLR(opt, step_size=60, gamma=0.5)
    for step in range(151):
        p = model(x)
        loss = -p.log_prob(y).mean()
        opt.zero_grad()
        loss.backward()
        opt.step()
        sched.step()
        if step % 30 == 0:
            print(f"step {step:3d}  nll {loss.item():.4f}  perplexity {math.exp(loss.item()):.2f}")

    model.eval()
    with torch.no_grad():
        grid = torch.linspace(-1, 1, 5).unsqueeze(1)
        p = model(grid)
        print(p)
        print("batch shape:", p.batch_shape, "event shape:", p.event_shape)
        print("mean:", p.mean)
        print("std :", p.stddev)
        print("P(y < 0):", p.cdf(torch.zeros(5)))
        draws = p.sample((200,))
        print("drawn:", tuple(draws.shape), "mean of draws: %.2f" % draws.mean().item())
        print("most likely component:", p.mixture_distribution.probs.argmax(-1).tolist())


if __name__ == "__main__":
    main()
