"""A variational autoencoder written with Normal, Bernoulli, Independent and kl_divergence."""
import torch
from torch import nn
from torch.distributions import Bernoulli, Independent, Normal, kl_divergence
from torch.utils.data import DataLoader, TensorDataset


def make_bars(n, size=6):
    """Images with one horizontal or vertical bar, and a few flipped pixels."""
    images = torch.zeros(n, size, size)
    which = torch.randint(0, 2 * size, (n,))
    for i, w in enumerate(which.tolist()):
        if w < size:
            images[i, w, :] = 1
        else:
            images[i, :, w - size] = 1
    flips = Bernoulli(probs=torch.full_like(images, 0.02)).sample()
    return (images + flips) % 2


class VAE(nn.Module):
    def __init__(self, n_pixels=36, n_hidden=32, n_latent=3):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(n_pixels, n_hidden), nn.ReLU())
        self.to_loc = nn.Linear(n_hidden, n_latent)
        self.to_log_scale = nn.Linear(n_hidden, n_latent)
        self.decoder = nn.Sequential(
            nn.Linear(n_latent, n_hidden), nn.ReLU(), nn.Linear(n_hidden, n_pixels)
        )
        self.register_buffer("zero", torch.zeros(n_latent))
        self.register_buffer("one", torch.ones(n_latent))

    @property
    def prior(self):
        return Independent(Normal(self.zero, self.one), 1)

    def encode(self, x):
        h = self.encoder(x)
        return Independent(Normal(self.to_loc(h), self.to_log_scale(h).exp()), 1)

    def decode(self, z):
        return Independent(Bernoulli(logits=self.decoder(z)), 1)

    def elbo(self, x, beta=1.0):
        q = self.encode(x)
        z = q.rsample()
        log_likelihood = self.decode(z).log_prob(x)
        kl = kl_divergence(q, self.prior)
        return (log_likelihood - beta * kl).mean(), log_likelihood.mean(), kl.mean()


torch.manual_seed(1)
data = make_bars(256).flatten(1)
loader = DataLoader(TensorDataset(data), batch_size=32, shuffle=True)
model = VAE()
print(model.prior)
opt = torch.optim.Adam(model.parameters(), lr=3e-3)
for epoch in range(6):
    total = torch.zeros(3)
    for (x,) in loader:
        elbo, rec, kl = model.elbo(x, beta=min(1.0, 0.2 * (epoch + 1)))
        opt.zero_grad()
        (-elbo).backward()
        opt.step()
        total += torch.stack([elbo, rec, kl]).detach() * len(x)
    e, r, k = (total / len(data)).tolist()
    print(f"epoch {epoch}  elbo {e:8.3f}  log-lik {r:8.3f}  kl {k:6.3f}")

with torch.no_grad():
    q = model.encode(data[:2])
    print(q, q.batch_shape, q.event_shape)
    print("means:", q.mean)
    # importance-weighted bound
    z = q.sample((50,))
    w = model.decode(z).log_prob(data[:2]) + model.prior.log_prob(z) - q.log_prob(z)
    print("iw bound:", torch.logsumexp(w, 0) - torch.log(torch.tensor(50.0)))
    samples = model.decode(model.prior.sample((2,))).mean.view(2, 6, 6)
    print((samples > 0.5).int())
