"""Variational autoencoder with MLPs, KL term in closed form, on a ring of points."""
import torch
from torch import nn
from torch.nn import functional as F


class VAE(nn.Module):
    def __init__(self, d=8, h=32, z=2):
        super(VAE, self).__init__()
        self.fc1 = nn.Linear(d, h)
        self.fc21 = nn.Linear(h, z)
        self.fc22 = nn.Linear(h, z)
        self.fc3 = nn.Linear(z, h)
        self.fc4 = nn.Linear(h, d)

    def encode(self, x):
        h1 = F.relu(self.fc1(x))
        return self.fc21(h1), self.fc22(h1)

    def reparameterize(self, mu, logvar):
        std = torch.exp(0.5*logvar)
        eps = torch.randn_like(std)
        return mu + eps*std

    def decode(self, z):
        h3 = F.relu(self.fc3(z))
        return torch.sigmoid(self.fc4(h3))

    def forward(self, x):
        mu, logvar = self.encode(x)
        z = self.reparameterize(mu, logvar)
        return self.decode(z), mu, logvar


def loss_function(recon_x, x, mu, logvar):
    BCE = F.binary_cross_entropy(recon_x, x, reduction='sum')
    KLD = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
    return BCE + KLD, BCE, KLD


torch.manual_seed(1)
angle = torch.rand(512, 1) * 6.2831853
ring = torch.cat([torch.cos(angle), torch.sin(angle)], dim=1)
data = torch.sigmoid(2 * ring @ torch.randn(2, 8))
model = VAE()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for epoch in range(1, 7):
    model.train()
    train_loss = 0
    for x in data.split(64):
        optimizer.zero_grad()
        recon_batch, mu, logvar = model(x)
        loss, bce, kld = loss_function(recon_batch, x, mu, logvar)
        loss.backward()
        train_loss += loss.item()
        optimizer.step()
    print('====> Epoch: {} Average loss: {:.4f} (BCE {:.3f} KLD {:.3f})'.format(
        epoch, train_loss / len(data), bce.item() / 64, kld.item() / 64))

with torch.no_grad():
    sample = torch.randn(3, 2)
    print(model.decode(sample))
    grid = torch.stack(torch.meshgrid(torch.linspace(-1, 1, 3), torch.linspace(-1, 1, 2), indexing="ij"), -1)
    print(model.decode(grid.view(-1, 2)).view(3, 2, 8)[:, :, 0])
print(loss, recon_batch.shape, mu[:2], logvar.exp().mean())
