"""Sequences of different lengths, packed, go through an LSTM that tells which kind they are."""
import random

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence
from torch.utils.data import DataLoader, Dataset

random.seed(1)
torch.manual_seed(1)


class Waves(Dataset):
    """Rising, falling and oscillating sequences with 5 to 18 noisy points."""

    names = ["rising", "falling", "oscillating"]

    def __init__(self, size):
        self.samples = []
        for i in range(size):
            n = random.randint(5, 18)
            t = torch.linspace(0, 1, n)
            label = i % 3
            curve = [t, 1 - t, (12 * t).sin()][label] + 0.15 * torch.randn(n)
            self.samples.append((torch.stack([curve, t], dim=1), label))

    def __len__(self):
        return len(self.samples)

    def __getitem__(self, i):
        return self.samples[i]


def collate(batch):
    sequences, labels = zip(*batch)
    lengths = torch.tensor([len(s) for s in sequences])
    return pad_sequence(sequences, batch_first=True), lengths, torch.tensor(labels)


class Classifier(nn.Module):
    def __init__(self, hidden=24):
        super().__init__()
        self.lstm = nn.LSTM(2, hidden, num_layers=2, batch_first=True, dropout=0.2, bidirectional=True)
        self.fc = nn.Linear(2 * hidden, 3)

    def forward(self, x, lengths):
        packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        _, (h_n, c_n) = self.lstm(packed)
        return self.fc(torch.cat([h_n[-2], h_n[-1]], dim=1))


train_loader = DataLoader(Waves(180), batch_size=15, shuffle=True, collate_fn=collate)
test_loader = DataLoader(Waves(60), batch_size=15, collate_fn=collate)
model = Classifier()
print(model)
for name, p in model.named_parameters():
    if "l1" not in name:
        print(f"{name:28s}{tuple(p.shape)}")

criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
for epoch in range(3):
    model.train()
    total = 0
    for x, lengths, y in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(x, lengths), y)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(y)
    model.eval()
    correct = 0
    with torch.no_grad():
        for x, lengths, y in test_loader:
            correct += (model(x, lengths).argmax(1) == y).sum().item()
    print(f"epoch {epoch + 1}: loss {total / 180:.3f}, test accuracy {correct / 60:.1%}")

# What packing does, in small.
a, b, c = torch.arange(1.0, 4), torch.arange(4.0, 6), torch.tensor([6.0])
padded = pad_sequence([a, b, c])
print(padded)
packed = pack_padded_sequence(padded, [3, 2, 1])
print(packed)
unpacked, lengths = pad_packed_sequence(packed, batch_first=True)
print(unpacked, lengths)

# Padding does not reach the packed LSTM: the same result, whatever stands there.
x, lengths, _ = next(iter(test_loader))
with torch.no_grad():
    clean = model(x, lengths)
    mask = torch.arange(x.size(1))[None, :] >= lengths[:, None]
    x[mask] = 1e3
    print("same:", torch.equal(clean, model(x, lengths)))
