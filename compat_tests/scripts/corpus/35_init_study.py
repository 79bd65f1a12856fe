import torch
from torch import nn
from torch.nn import init

"""How the spread of activations depends on the initialisation."""

torch.manual_seed(0)
x = torch.randn(256, 64)
schemes = {
    "normal 0.01": lambda w: init.normal_(w, std=0.01),
    "uniform": lambda w: init.uniform_(w, -0.1, 0.1),
    "xavier uniform": init.xavier_uniform_,
    "xavier normal": lambda w: init.xavier_normal_(w, gain=init.calculate_gain("tanh")),
    "kaiming normal": lambda w: init.kaiming_normal_(w, nonlinearity="relu"),
    "kaiming uniform": lambda w: init.kaiming_uniform_(w, a=5 ** 0.5),
    "orthogonal": lambda w: init.orthogonal_(w, gain=2 ** 0.5),
    "truncated": lambda w: init.trunc_normal_(w, std=0.2, a=-0.4, b=0.4),
    "sparse": lambda w: init.sparse_(w, sparsity=0.5, std=0.2),
}
for act in (nn.Tanh(), nn.ReLU()):
    print(act)
    for name, scheme in schemes.items():
        torch.manual_seed(1)
        layers = [nn.Linear(64, 64, bias=False) for _ in range(6)]
        h, stds = x, []
        with torch.no_grad():
            for layer in layers:
                scheme(layer.weight)
                h = act(layer(h))
                stds.append(h.std().item())
        print(f"  {name:<16}", " ".join(f"{s:.5f}" for s in stds))

w = torch.empty(3, 5)
print(init.ones_(w), init.eye_(torch.empty(3, 4)), init.constant_(torch.empty(2), 0.3), sep="\n")
print(init.calculate_gain("leaky_relu", 0.2), init.calculate_gain("relu"))
q = init.orthogonal_(torch.empty(4, 4))
print((q @ q.T - torch.eye(4)).abs().max() < 1e-5)
init.dirac_(torch.empty(2, 2, 3))
lin = nn.Linear(4, 2)
print(lin.weight, lin.bias)
lin.reset_parameters()
print(lin.weight.abs().max() <= 0.5)


def init_weights(m):
    print(m)
    if type(m) == nn.Linear:
        with torch.no_grad():
            m.weight.fill_(1.0)
        print(m.weight)


net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
net.apply(init_weights)
