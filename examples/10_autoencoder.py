"""An autoencoder squeezes 64 pixels through 8 numbers and draws the digit again.

It never sees a label: the image is input and target. On images that were held out, what
is drawn explains at least 0.75 of the variance (1 would be every pixel, 0 the average
image). One digit is printed before and after.
"""

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
with np.load(Path(__file__).parent / "data" / "digits.npz") as file:
    images = torch.tensor(file["images"], dtype=torch.float32).flatten(1) / 16

order = torch.randperm(len(images))
train_images, test_images = images[order[:1437]], images[order[1437:]]
loader = DataLoader(TensorDataset(train_images), batch_size=32, shuffle=True)


class Autoencoder(nn.Module):
    def __init__(self, code=8):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(64, 32), nn.Tanh(), nn.Linear(32, code))
        self.decoder = nn.Sequential(
            nn.Linear(code, 32), nn.Tanh(), nn.Linear(32, 64), nn.Sigmoid()
        )

    def forward(self, x):
        return self.decoder(self.encoder(x))


model = Autoencoder()
optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
for epoch in range(1, 31):
    total = 0.0
    for (batch,) in loader:
        loss = F.mse_loss(model(batch), batch)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(batch)
    if epoch % 6 == 0:
        print(f"epoch {epoch:2d}  training loss {total / len(train_images):.6f}")

model.eval()
with torch.inference_mode():
    drawn = model(test_images)
    average = train_images.mean(dim=0, keepdim=True).expand_as(test_images)
    unexplained = F.mse_loss(drawn, test_images) / F.mse_loss(average, test_images)


def show(image):
    """Eight lines of text: the darker a pixel, the denser its sign."""
    rows = (image.view(8, 8).clamp(0, 0.999) * 5).long().tolist()
    return ["".join(" .:*#"[level] * 2 for level in row) for row in rows]


for before, after in zip(show(test_images[0]), show(drawn[0]), strict=True):
    print(f"|{before}|  |{after}|")
print(f"explained variance {1 - unexplained.item():.6f}")
