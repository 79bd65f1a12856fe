"""Convolutional denoising autoencoder on synthetic shapes (bars, squares, diagonals)."""
import torch
from torch import nn

torch.manual_seed(0)


def make_images(n, size=16):
    images = torch.zeros(n, 1, size, size)
    kind = torch.randint(0, 3, (n,))
    pos = torch.randint(2, size - 6, (n, 2))
    for i in range(n):
        r, c = pos[i].tolist()
        if kind[i] == 0:
            images[i, 0, r:r + 2, :] = 1.
        elif kind[i] == 1:
            images[i, 0, r:r + 4, c:c + 4] = 1.
        else:
            images[i, 0] = torch.eye(size).roll(c, dims=1)
    return images, kind


class Encoder(nn.Module):
    def __init__(self, width=8, latent=12):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(1, width, 3, padding=1, stride=2),   # 16 -> 8
            nn.GELU(),
            nn.Conv2d(width, width, 3, padding="same", padding_mode="reflect"),
            nn.GELU(),
            nn.Conv2d(width, 2 * width, 3, padding=1, stride=2),  # 8 -> 4
            nn.GELU(),
            nn.Flatten(),
            nn.Linear(2 * width * 16, latent),
        )

    def forward(self, x):
        return self.net(x)


class Decoder(nn.Module):
    def __init__(self, width=8, latent=12):
        super().__init__()
        self.linear = nn.Sequential(nn.Linear(latent, 2 * width * 16), nn.GELU())
        self.net = nn.Sequential(
            nn.ConvTranspose2d(2 * width, width, 3, output_padding=1, padding=1, stride=2),
            nn.GELU(),
            nn.Conv2d(width, width, 3, padding=1, groups=2),
            nn.GELU(),
            nn.ConvTranspose2d(width, 1, 4, padding=1, stride=2),
            nn.Sigmoid(),
        )

    def forward(self, z):
        x = self.linear(z)
        x = x.reshape(x.shape[0], -1, 4, 4)
        return self.net(x)


class Autoencoder(nn.Module):
    def __init__(self, **kwargs):
        super().__init__()
        self.encoder = Encoder(**kwargs)
        self.decoder = Decoder(**kwargs)

    def forward(self, x):
        return self.decoder(self.encoder(x))


images, kind = make_images(256)
print(images.shape, torch.bincount(kind))
model = Autoencoder(latent=10)
print(model)
opt = torch.optim.Adam(model.parameters(), lr=2e-3)
loss_fn = nn.MSELoss()
for epoch in range(4):
    perm = torch.randperm(len(images))
    running = 0.0
    for i in range(0, len(images), 32):
        clean = images[perm[i:i + 32]]
        noisy = (clean + 0.3 * torch.randn_like(clean)).clamp(0, 1)
        out = model(noisy)
        loss = loss_fn(out, clean)
        opt.zero_grad(set_to_none=True)
        loss.backward()
        opt.step()
        running += loss.item() * len(clean)
    print(f"epoch {epoch + 1}: loss {running / len(images):.4f}")

model.eval()
with torch.no_grad():
    z = model.encoder(images)
    print("latent", z.shape, z.mean().item().__round__(3))
    half = torch.lerp(z[0], z[1], 0.5).unsqueeze(0)
    print("between two images", model.decoder(half).shape)
total = 0
for name, p in model.named_parameters():
    if "net" in name and p.dim() == 4:
        print(f"{name:20} {list(p.shape)} grad norm {p.grad.norm():.3f}")
        total += p.numel()
print("weights of convolutions:", total)
