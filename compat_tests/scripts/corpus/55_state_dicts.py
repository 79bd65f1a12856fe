import torch, copy
from torch import nn

torch.manual_seed(0)


class Net(nn.Module):
    def __init__(self, scale=2.0):
        super().__init__()
        self.fc1 = nn.Linear(3, 4)
        self.bn = nn.BatchNorm1d(4)
        self.fc2 = nn.Linear(4, 2)
        self.register_buffer("scale", torch.tensor(scale))
        self.register_buffer("cache", torch.zeros(1), persistent=False)

    def forward(self, x):
        return self.fc2(torch.relu(self.bn(self.fc1(x)))) * self.scale


net = Net()
optimizer = torch.optim.SGD(net.parameters(), lr=0.001, momentum=0.9)
print("Model's state_dict:")
for param_tensor in net.state_dict():
    print(param_tensor, "\t", net.state_dict()[param_tensor].size())
print("Optimizer's state_dict:")
for var_name in optimizer.state_dict():
    print(var_name, "\t", optimizer.state_dict()[var_name])

x = torch.randn(6, 3)
for _ in range(3):
    optimizer.zero_grad()
    net(x).square().mean().backward()
    optimizer.step()
saved = copy.deepcopy({"model": net.state_dict(), "optim": optimizer.state_dict(), "epoch": 3})
other = Net(scale=5.0)
other_opt = torch.optim.SGD(other.parameters(), lr=1.0, momentum=0.9)
print(other.load_state_dict(saved["model"]))
other_opt.load_state_dict(saved["optim"])
print(other.scale, other_opt.param_groups[0]["lr"])
for n, o in ((net, optimizer), (other, other_opt)):
    for _ in range(2):
        o.zero_grad()
        loss = n(x).square().mean()
        loss.backward()
        o.step()
    print(f"{loss.item():.8f}")
print(all(torch.equal(a, b) for a, b in zip(net.state_dict().values(), other.state_dict().values())))

partial = {k: v for k, v in saved["model"].items() if not k.startswith("fc2")}
partial["extra.weight"] = torch.zeros(1)
result = other.load_state_dict(partial, strict=False)
print(result, result.missing_keys, result.unexpected_keys, sep="\n")
try:
    other.load_state_dict(partial)
except RuntimeError as e:
    print(e)
try:
    wrong = dict(saved["model"], **{"fc1.weight": torch.zeros(4, 5)})
    other.load_state_dict(wrong)
except RuntimeError as e:
    print(e)
prefixed = nn.ModuleDict({"inner": net}).state_dict()
print(list(prefixed)[:3], type(prefixed).__name__)
print({k.replace("inner.", ""): tuple(v.shape) for k, v in prefixed.items()})
print([n for n, _ in net.named_buffers()], [n for n, _ in net.named_children()])
print(net.get_submodule("fc1"), net.get_parameter("fc1.bias").shape)
del net.fc2
print(net)
