import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader

torch.manual_seed(2024)
images = torch.tensor(load_digits().images, dtype=torch.float32) / 16
loader = DataLoader(images, batch_size=128, shuffle=True, drop_last=True)
print(len(loader), next(iter(loader)).shape)


class Autoencoder(nn.Module):
    def __init__(self, code=4):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Flatten(),
            nn.Linear(64, 32), nn.ReLU(True),
            nn.Linear(32, code))
        self.decoder = nn.Sequential(
            nn.Linear(code, 32), nn.ReLU(True),
            nn.Linear(32, 64), nn.Sigmoid(),
            nn.Unflatten(1, (8, 8)))

    def forward(self, x):
        z = self.encoder(x)
        return self.decoder(z), z


model = Autoencoder()
print(model)
criterion = nn.MSELoss()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3, weight_decay=1e-5)
outputs = []
for epoch in range(8):
    running = 0.0
    for img in loader:
        noisy = img + 0.1 * torch.randn_like(img)
        recon, _ = model(noisy)
        loss = criterion(recon, img)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        running += loss.item()
    print(f'Epoch:{epoch+1}, Loss:{running / len(loader):.4f}')
    outputs.append((epoch, img, recon))

model.eval()
with torch.no_grad():
    recon, code = model(images)
    print("codes:", code.shape, code.mean(0), code.std(dim=0))
    print("error per pixel", (recon - images).pow(2).mean().sqrt())
    for picture in (images[0], recon[0]):
        for row in picture:
            print("".join(" .:-=+*#%@"[min(9, int(v * 10))] for v in row.round(decimals=0)))
worst = (recon - images).flatten(1).norm(dim=1).topk(3)
print(worst.values, worst.indices.dtype)
