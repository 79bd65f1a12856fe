"""Learning-rate range test: raise the rate exponentially, watch the smoothed loss."""
import math
import torch
import torch.nn as nn
from torch.utils.data import TensorDataset, DataLoader

torch.manual_seed(33)
X = torch.randn(640, 8)
Y = torch.tanh(X @ torch.randn(8, 3)).argmax(1)
trn_loader = DataLoader(TensorDataset(X, Y), batch_size=16, shuffle=True)
net = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 3))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(net.parameters(), lr=1e-1)


def find_lr(init_value=1e-5, final_value=10., beta=0.9):
    num = len(trn_loader) - 1
    mult = (final_value / init_value) ** (1/num)
    lr = init_value
    optimizer.param_groups[0]['lr'] = lr
    avg_loss = 0.
    best_loss = 0.
    batch_num = 0
    losses = []
    log_lrs = []
    for inputs, labels in trn_loader:
        batch_num += 1
        optimizer.zero_grad()
        outputs = net(inputs)
        loss = criterion(outputs, labels)
        avg_loss = beta * avg_loss + (1-beta) * loss.item()
        smoothed_loss = avg_loss / (1 - beta**batch_num)
        if batch_num > 1 and smoothed_loss > 4 * best_loss:
            return log_lrs, losses
        if smoothed_loss < best_loss or batch_num == 1:
            best_loss = smoothed_loss
        losses.append(smoothed_loss)
        log_lrs.append(math.log10(lr))
        loss.backward()
        optimizer.step()
        lr *= mult
        optimizer.param_groups[0]['lr'] = lr
    return log_lrs, losses


logs, losses = find_lr()
for a, b in list(zip(logs, losses))[::4]:
    print(f"log10(lr) {a:+.3f}   loss {b:.4f}")
slopes = torch.tensor(losses).diff()
steepest = slopes.argmin().item()
print("steepest at", steepest, f"lr = {10 ** logs[steepest]:.3e}", slopes.min())
print(optimizer)
