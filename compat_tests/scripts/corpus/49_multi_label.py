import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import make_multilabel_classification
from sklearn.metrics import f1_score, hamming_loss

X, Y = make_multilabel_classification(n_samples=250, n_features=12, n_classes=5, n_labels=2, random_state=0)
X = torch.tensor((X - X.mean(0)) / X.std(0), dtype=torch.float32)
Y = torch.tensor(Y, dtype=torch.float32)
pos_weight = (Y == 0).sum(0) / (Y == 1).sum(0)
print("pos_weight", pos_weight)
torch.manual_seed(3)
model = nn.Sequential(nn.Linear(12, 32), nn.ELU(), nn.Linear(32, 5))
criterion = nn.BCEWithLogitsLoss(pos_weight=pos_weight)
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.95)
train, test = slice(0, 200), slice(200, None)
for epoch in range(20):
    model.train()
    perm = torch.randperm(200)
    for i in range(0, 200, 40):
        b = perm[i:i + 40]
        optimizer.zero_grad()
        loss = criterion(model(X[b]), Y[b])
        loss.backward()
        optimizer.step()
    scheduler.step()
    if epoch % 5 == 4:
        model.eval()
        with torch.no_grad():
            logits = model(X[test])
            pred = (torch.sigmoid(logits) > 0.5).int()
        f1 = f1_score(Y[test].numpy(), pred.numpy(), average="micro")
        print(f"epoch {epoch + 1:2d} loss {criterion(logits, Y[test]):.4f} micro-F1 {f1:.4f} hamming {hamming_loss(Y[test].numpy(), pred.numpy()):.4f} lr {scheduler.get_last_lr()}")
tp = (pred * Y[test]).sum(0)
fp = (pred * (1 - Y[test])).sum(0)
fn = ((1 - pred) * Y[test]).sum(0)
print("precision", tp / (tp + fp))
print("recall   ", tp / (tp + fn))
exact = (pred == Y[test].int()).all(dim=1).float().mean()
print("exact match", exact.item(), np.asarray(pred[:3]), pred.dtype)
print(nn.MultiLabelSoftMarginLoss()(logits, Y[test]), nn.functional.soft_margin_loss(logits, 2 * Y[test] - 1))
print("{:.3f}".format(torch.nn.functional.binary_cross_entropy(torch.sigmoid(logits), Y[test]).item()), loss)
