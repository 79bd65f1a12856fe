"""Siamese network: contrastive pairs and triplets on digits 0-4."""
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import Dataset, DataLoader

digits = load_digits(n_class=5)
X = torch.tensor(digits.data, dtype=torch.float) / 16.0
y = torch.tensor(digits.target)


class Triplets(Dataset):
    def __init__(self, X, y, n):
        self.X, self.y, self.n = X, y, n
        self.by_class = [torch.where(y == c)[0] for c in range(5)]

    def __len__(self):
        return self.n

    def __getitem__(self, _):
        a, b = torch.randperm(5)[:2].tolist()
        i, j = self.by_class[a][torch.randint(len(self.by_class[a]), (2,))]
        k = self.by_class[b][torch.randint(len(self.by_class[b]), (1,))].squeeze()
        return self.X[i], self.X[j], self.X[k]


class EmbeddingNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Sequential(nn.Linear(64, 32), nn.PReLU(), nn.Linear(32, 8))

    def forward(self, x):
        return F.normalize(self.fc(x), p=2, dim=1)


class ContrastiveLoss(nn.Module):
    def __init__(self, margin=1.0):
        super().__init__()
        self.margin = margin
        self.eps = 1e-9

    def forward(self, output1, output2, target):
        distances = (output2 - output1).pow(2).sum(1)
        losses = 0.5 * (target.float() * distances +
                        (1 + -1 * target).float() * F.relu(self.margin - (distances + self.eps).sqrt()).pow(2))
        return losses.mean()


def main():
    torch.manual_seed(21)
    net = EmbeddingNet()
    print(net)
    triplet = nn.TripletMarginLoss(margin=0.5)
    contrastive = ContrastiveLoss()
    opt = torch.optim.Adam(net.parameters(), lr=5e-3)
    loader = DataLoader(Triplets(X, y, 256), batch_size=32)
    for epoch in range(4):
        tl = cl = 0.0
        for a, p, n in loader:
            ea, ep, en = net(a), net(p), net(n)
            loss_t = triplet(ea, ep, en)
            loss_c = contrastive(torch.cat([ea, ea]), torch.cat([ep, en]), torch.cat([torch.ones(len(a)), torch.zeros(len(a))]))
            loss = loss_t + 0.5 * loss_c
            opt.zero_grad()
            loss.backward()
            opt.step()
            tl += loss_t.item()
            cl += loss_c.item()
        print("epoch {} triplet {:.4f} contrastive {:.4f}".format(epoch, tl / len(loader), cl / len(loader)))
    with torch.no_grad():
        e = net(X)
        centres = F.normalize(torch.stack([e[y == c].mean(0) for c in range(5)]))
        print("cosines of the centres\n", centres @ centres.T)
        pred = (e @ centres.T).argmax(1)
        print("nearest centre is right for {:.3f}".format((pred == y).float().mean()))
        print(F.pairwise_distance(e[:3], e[3:6]), F.cosine_similarity(e[:3], e[3:6]))
    print(loss, F.cosine_embedding_loss(ea, en, -torch.ones(len(ea)), margin=0.2).item())


main()
