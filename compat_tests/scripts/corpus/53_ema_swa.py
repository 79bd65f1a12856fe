import copy
import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, SWALR, update_bn, get_ema_multi_avg_fn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
X = torch.randn(128, 4)
Y = (X ** 2).sum(1, keepdim=True) + 0.3 * torch.randn(128, 1)
loader = DataLoader(TensorDataset(X, Y), batch_size=32, shuffle=True)
model = nn.Sequential(nn.Linear(4, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 1))


class EMA:
    """Shadow parameters by hand."""

    def __init__(self, model, decay):
        self.decay = decay
        self.shadow = {n: p.data.clone() for n, p in model.named_parameters() if p.requires_grad}

    def update(self, model):
        for n, p in model.named_parameters():
            self.shadow[n] = (1.0 - self.decay) * p.data + self.decay * self.shadow[n]


ema = EMA(model, 0.9)
swa_model = AveragedModel(model)
ema_model = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.9))
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.5)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=10)
swa_start, swa_scheduler = 6, SWALR(optimizer, anneal_strategy="linear", anneal_epochs=3, swa_lr=0.02)
loss_fn = nn.MSELoss()
for epoch in range(12):
    for x, y in loader:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        optimizer.step()
        ema.update(model)
        ema_model.update_parameters(model)
    if epoch >= swa_start:
        swa_model.update_parameters(model)
        swa_scheduler.step()
    else:
        scheduler.step()
    print(f"epoch {epoch:2d} loss {loss.item():.4f} lr {optimizer.param_groups[0]['lr']:.5f}")
update_bn(loader, swa_model)
print(swa_model.n_averaged, ema_model.n_averaged)
for name, m in (("last", model), ("swa", swa_model), ("ema", ema_model)):
    m.eval()
    with torch.no_grad():
        print(f"{name:>5}: {loss_fn(m(X), Y):.5f}")
print(list(swa_model.state_dict()))
print(ema.shadow["3.bias"], ema_model.module[3].bias)
print(swa_model.module[1].running_mean[:4], swa_scheduler.get_last_lr())
