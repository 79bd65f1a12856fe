# Sequences of different lengths: padding in a collate function, then a masked mean.
import torch
from torch.utils.data import DataLoader, Dataset, default_collate
import torch.nn.functional as F
import torch.nn as nn

torch.manual_seed(8)


class Words(Dataset):
    def __init__(self, text):
        self.words = text.split()
        self.vocab = sorted(set("".join(self.words)))
        self.stoi = {c: i + 1 for i, c in enumerate(self.vocab)}

    def __len__(self):
        return len(self.words)

    def __getitem__(self, i):
        w = self.words[i]
        return torch.tensor([self.stoi[c] for c in w]), float(len(w)), w


def collate(batch):
    seqs, targets, words = zip(*batch)
    lengths = torch.tensor([len(s) for s in seqs])
    order = lengths.argsort(descending=True, stable=True)
    padded = torch.zeros(len(seqs), int(lengths.max()), dtype=torch.long)
    for row, s in zip(padded, seqs):
        row[:len(s)] = s
    return padded[order], torch.tensor(targets)[order], lengths[order], [words[i] for i in order]


data = Words("the quick brown fox jumps over a lazy dog while seven wizards juggle boxing daemons")
loader = DataLoader(data, batch_size=4, collate_fn=collate, shuffle=True)
for padded, target, lengths, words in loader:
    print(padded, target, lengths, words)

model = nn.Sequential(nn.Linear(len(data.vocab) + 1, 16), nn.ReLU(), nn.Linear(16, 1))
opt = torch.optim.Adam(model.parameters(), lr=0.05)
for epoch in range(10):
    epoch_loss = 0
    for padded, target, lengths, _ in loader:
        one_hot = F.one_hot(padded, len(data.vocab) + 1).float()
        mask = (padded != 0).unsqueeze(-1)
        summed = (model(one_hot) * mask).sum(1).squeeze(-1)
        loss = F.l1_loss(summed, target)
        opt.zero_grad()
        loss.backward()
        opt.step()
        epoch_loss += loss.item()
    if epoch % 3 == 0:
        print(f"{epoch}: {epoch_loss / len(loader):.4f}")

print(default_collate([(1, 2.0, "a"), (3, 4.0, "b")]))
print(default_collate([{"a": torch.zeros(2), "b": [1, 2]}, {"a": torch.ones(2), "b": [3, 4]}]))
try:
    next(iter(DataLoader([torch.zeros(2), torch.zeros(3)], batch_size=2)))
except RuntimeError as e:
    print("RuntimeError:", e)
