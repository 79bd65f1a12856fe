"""Denoising diffusion on two moons, DDPM in fifty lines."""
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import make_moons

torch.manual_seed(0)
T = 20
betas = torch.linspace(1e-3, 0.2, T)
alphas = 1. - betas
alphas_cumprod = torch.cumprod(alphas, dim=0)
alphas_cumprod_prev = torch.cat([torch.ones(1), alphas_cumprod[:-1]])
posterior_variance = betas * (1. - alphas_cumprod_prev) / (1. - alphas_cumprod)
print(alphas_cumprod, posterior_variance[:4])


def extract(a, t, x_shape):
    out = a.gather(-1, t)
    return out.reshape(t.shape[0], *((1,) * (len(x_shape) - 1)))


def q_sample(x_start, t, noise):
    return extract(alphas_cumprod.sqrt(), t, x_start.shape) * x_start + extract((1. - alphas_cumprod).sqrt(), t, x_start.shape) * noise


class Denoiser(nn.Module):
    def __init__(self, hidden=48):
        super().__init__()
        self.time = nn.Sequential(nn.Linear(8, hidden), nn.SiLU())
        self.inp = nn.Linear(2, hidden)
        self.out = nn.Sequential(nn.SiLU(), nn.Linear(hidden, hidden), nn.SiLU(), nn.Linear(hidden, 2))

    def forward(self, x, t):
        freq = torch.exp2(torch.arange(4.))
        arg = (t / T).unsqueeze(1) * freq
        emb = torch.cat([arg.sin(), arg.cos()], dim=-1)
        return self.out(self.inp(x) + self.time(emb))


data = torch.from_numpy(make_moons(512, noise=0.05, random_state=0)[0]).float()
data = (data - data.mean(0)) / data.std(0)
model = Denoiser()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
for step in range(101):
    x0 = data[torch.randint(0, len(data), (128,))]
    t = torch.randint(0, T, (128,)).long()
    noise = torch.randn_like(x0)
    loss = F.mse_loss(noise, model(q_sample(x0, t, noise), t))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 25 == 0:
        print(f"step {step} loss {loss.item():.4f}")


@torch.inference_mode()
def p_sample_loop(n):
    x = torch.randn(n, 2)
    for i in reversed(range(T)):
        t = torch.full((n,), i, dtype=torch.long)
        mean = torch.sqrt(1 / alphas[i]) * (x - betas[i] / (1 - alphas_cumprod[i]).sqrt() * model(x, t))
        x = mean if i == 0 else mean + posterior_variance[i].sqrt() * torch.randn_like(x)
    return x


samples = p_sample_loop(200)
print(samples.shape, samples.mean(0), samples.std(0), samples.is_inference())
print("distance to the data: %.4f" % torch.cdist(samples, data).min(1).values.mean())
