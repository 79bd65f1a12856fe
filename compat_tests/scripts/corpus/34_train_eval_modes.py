import torch
import torch.nn as nn

torch.manual_seed(0)
drop = nn.Dropout(0.5)
x = torch.ones(2, 8)
print(drop(x))
print(drop.eval()(x), drop.training)
drop.train()
print((drop(torch.ones(1000)) == 0).sum())

bn = nn.BatchNorm1d(3)
print(bn, list(bn.state_dict().keys()))
data = torch.randn(16, 3) * torch.tensor([1., 2., 3.]) + torch.tensor([0., 1., -1.])
for i in range(3):
    out = bn(data)
    print(i, out.mean(0).abs().max() < 1e-5, out.var(0, unbiased=False), bn.running_mean, bn.running_var, bn.num_batches_tracked)
bn.eval()
print(bn(data[:2]))
print(bn(data[:2]).grad_fn.name())
bn.train()
try:
    bn(data[:1])
except ValueError as e:
    print("ValueError:", e)

by_hand = (data - data.mean(0)) / torch.sqrt(data.var(0, unbiased=False) + bn.eps)
print(torch.allclose(bn(data), by_hand, atol=1e-6))
ln = nn.LayerNorm(3)
print(ln(data[:2]), ln)
gn = nn.GroupNorm(2, 4)
print(gn(torch.arange(8.).view(2, 4)), gn)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(10, 20)
        self.bn1 = nn.BatchNorm1d(20)
        self.drop = nn.Dropout(p=0.3)
        self.fc2 = nn.Linear(20, 1)

    def forward(self, x):
        x = self.drop(torch.relu(self.bn1(self.fc1(x))))
        return self.fc2(x)


net = Net()
opt = torch.optim.SGD(net.parameters(), lr=0.05)
X = torch.randn(64, 10)
Y = X[:, :3].sum(1, keepdim=True)
for epoch in range(30):
    net.train()
    loss = nn.functional.mse_loss(net(X), Y)
    opt.zero_grad(); loss.backward(); opt.step()
    if epoch % 10 == 9:
        net.eval()
        with torch.no_grad():
            print("epoch {:2d} train-mode loss {:.4f} eval-mode loss {:.4f}".format(epoch, loss, nn.functional.mse_loss(net(X), Y)))
net.eval()
for m in net.modules():
    if isinstance(m, nn.Dropout):
        m.train()  # Monte Carlo dropout
with torch.no_grad():
    runs = torch.stack([net(X[:3]) for _ in range(20)])
print(runs.mean(0).squeeze(), runs.std(0).squeeze())
print({n: m.training for n, m in net.named_modules()})
print(torch.nn.functional.dropout(x, 0.2, training=False).equal(x))
