"""Bagging and snapshots: an ensemble is better than its members."""
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import make_moons
from torch.utils.data import DataLoader, TensorDataset, RandomSampler


def make_net() -> nn.Module:
    return nn.Sequential(nn.Linear(2, 12), nn.Hardswish(), nn.Linear(12, 2))


class VotingClassifier(nn.Module):
    def __init__(self, n_estimators):
        super().__init__()
        self.estimators_ = nn.ModuleList(make_net() for _ in range(n_estimators))

    def forward(self, *x):
        return torch.stack([F.softmax(e(*x), dim=1) for e in self.estimators_]).mean(0)

    def vote(self, x):
        votes = torch.stack([e(x).argmax(1) for e in self.estimators_])
        return votes.mode(dim=0).values, votes

    def fit(self, dataset, epochs=8):
        for i, net in enumerate(self.estimators_):
            opt = torch.optim.Adam(net.parameters(), lr=0.02)
            loader = DataLoader(dataset, batch_size=32, sampler=RandomSampler(dataset, replacement=True))
            for _ in range(epochs):
                for x, y in loader:
                    opt.zero_grad()
                    loss = F.cross_entropy(net(x), y)
                    loss.backward()
                    opt.step()
            print("Estimator: {:03d} | Loss: {:.5f}".format(i, loss))


torch.manual_seed(0)
X, y = make_moons(300, noise=0.3, random_state=0)
X, y = torch.as_tensor(X, dtype=torch.float32), torch.as_tensor(y)
train, (X_te, y_te) = TensorDataset(X[:200], y[:200]), (X[200:], y[200:])
model = VotingClassifier(4)
model.fit(train)
model.eval()
with torch.no_grad():
    single = [(e(X_te).argmax(1) == y_te).float().mean().item() for e in model.estimators_]
    p = model(X_te)
    majority, votes = model.vote(X_te)
print("members", [round(s, 3) for s in single])
print("averaged %.3f, majority %.3f" % ((p.argmax(1) == y_te).float().mean(), (majority == y_te).float().mean()))
entropy = -(p * p.log()).sum(1)
print("entropy of the mixture", entropy.mean(), "most unsure", entropy.topk(3).values)
print("disagreement", (votes != votes[0]).any(0).float().mean())
print(len(model.estimators_), model.estimators_[0], len(model.state_dict()))
# weights as one batch of matrices
W1 = torch.stack([e[0].weight for e in model.estimators_])
h = F.hardswish(torch.baddbmm(torch.stack([e[0].bias for e in model.estimators_]).unsqueeze(1), X_te.expand(4, -1, -1), W1.mT))
print(h.shape, h.mean(dim=(1, 2)))
