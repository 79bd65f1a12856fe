import math
import torch
from torch import nn
from torch.utils.data import TensorDataset, DataLoader, random_split

# Which wave is it? Sine, square, sawtooth or noise: a 1-d CNN with dilated and
# depthwise separable convolutions.
CLASSES = ["sine", "square", "sawtooth", "noise"]
g = torch.Generator().manual_seed(3)


def make_signals(n, length=96):
    t = torch.linspace(0, 1, length)
    freq = 2 + 4 * torch.rand(n, 1, generator=g)
    phase = torch.rand(n, 1, generator=g)
    y = torch.randint(0, len(CLASSES), (n,), generator=g)
    u = freq * t + phase
    waves = torch.stack([
        torch.sin(2 * math.pi * u),
        torch.sign(torch.sin(2 * math.pi * u)),
        2 * (u - torch.floor(u)) - 1,
        torch.randn(n, length, generator=g),
    ], dim=1)
    x = waves[torch.arange(n), y]
    x = x + 0.1 * torch.randn(x.shape, generator=g)
    return x.unsqueeze(1), y


class SeparableConv1d(nn.Module):
    """Depthwise, then pointwise."""
    def __init__(self, c_in, c_out, k, dilation=1):
        super().__init__()
        self.depthwise = nn.Conv1d(c_in, c_in, k, padding=dilation * (k - 1) // 2, dilation=dilation,
                                   groups=c_in, bias=False)
        self.pointwise = nn.Conv1d(c_in, c_out, 1)

    def forward(self, x):
        return self.pointwise(self.depthwise(x))


class SignalNet(nn.Module):
    def __init__(self, n_classes=4, width=8):
        super().__init__()
        self.stem = nn.Sequential(nn.LazyConv1d(width, 7, stride=2, padding=3), nn.BatchNorm1d(width), nn.ReLU())
        self.blocks = nn.ModuleList([SeparableConv1d(width, width, 5, dilation=d) for d in (1, 2, 4)])
        self.norms = nn.ModuleList([nn.BatchNorm1d(width) for _ in self.blocks])
        self.head = nn.Linear(2 * width, n_classes)

    def forward(self, x):
        x = self.stem(x)
        for conv, norm in zip(self.blocks, self.norms):
            x = x + torch.relu(norm(conv(x)))
        pooled = torch.cat([x.mean(-1), x.amax(-1)], dim=1)   # global pooling
        return self.head(pooled)


torch.manual_seed(0)
x, y = make_signals(480)
data = TensorDataset(x, y)
train_set, val_set = random_split(data, [400, 80], generator=torch.Generator().manual_seed(1))
train_loader = DataLoader(train_set, batch_size=40, shuffle=True)
val_loader = DataLoader(val_set, batch_size=80)

net = SignalNet()
print(net)
net(x[:2])          # the lazy layer learns its channels
print(net.stem[0], net.stem[0].weight.shape)
optimizer = torch.optim.AdamW(net.parameters(), lr=5e-3)
loss_fn = nn.CrossEntropyLoss(label_smoothing=0.05)
for epoch in range(4):
    net.train()
    losses = []
    for xb, yb in train_loader:
        optimizer.zero_grad()
        loss = loss_fn(net(xb), yb)
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        optimizer.step()
        losses.append(loss.item())
    net.eval()
    with torch.no_grad():
        xb, yb = next(iter(val_loader))
        pred = net(xb).argmax(-1)
        acc = (pred == yb).float().mean()
    print(f"epoch {epoch}  first {losses[0]:.3f}  mean {sum(losses) / len(losses):.3f}  accuracy > 1/2: {bool(acc > 0.5)}")

# a moving average as a fixed convolution, and its inverse direction
smooth = torch.nn.functional.conv1d(x[:3], torch.full((1, 1, 5), 0.2), padding=2)
print("smoothed", smooth.shape, smooth.std().item().__round__(4))
up = torch.nn.functional.conv_transpose1d(smooth[..., ::2], torch.tensor([[[0.5, 1.0, 0.5]]]), stride=2, padding=1)
print("upsampled", up.shape, round(up.abs().max().item(), 3))
