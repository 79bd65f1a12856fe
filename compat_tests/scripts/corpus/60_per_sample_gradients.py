"""functional_call, parametrizations, weight norm, vectors of parameters."""
import torch
import torch.nn.utils.parametrize as parametrize
from torch import nn
from torch.func import functional_call
from torch.nn.utils import parameters_to_vector, vector_to_parameters

torch.manual_seed(14)
model = nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 1))
x, y = torch.randn(6, 3), torch.randn(6, 1)
params = {k: v.detach().requires_grad_() for k, v in model.named_parameters()}


def loss_of(params, x, y):
    return (functional_call(model, params, (x,)) - y).pow(2).mean()


per_sample = []
for xi, yi in zip(x, y):
    grads = torch.autograd.grad(loss_of(params, xi[None], yi[None]), list(params.values()))
    per_sample.append(torch.cat([g.flatten() for g in grads]))
per_sample = torch.stack(per_sample)
whole = torch.cat([g.flatten() for g in torch.autograd.grad(loss_of(params, x, y), list(params.values()))])
print(per_sample.shape, torch.allclose(per_sample.mean(0), whole, atol=1e-6))
print("norms", per_sample.norm(dim=1))
clipped = per_sample / per_sample.norm(dim=1, keepdim=True).clamp(min=1.0)
print("private gradient", (clipped.mean(0) + 0.01 * torch.randn(clipped.shape[1])).norm())

flat = parameters_to_vector(model.parameters())
print(flat.shape, flat[:4])
vector_to_parameters(flat * 0 + 0.1, model.parameters())
print(model[2].weight, model(x[:1]))


class Symmetric(nn.Module):
    def forward(self, X):
        return X.triu() + X.triu(1).transpose(-1, -2)


layer = nn.Linear(3, 3)
parametrize.register_parametrization(layer, "weight", Symmetric())
print(torch.allclose(layer.weight, layer.weight.T))
print(layer)
print([n for n, _ in layer.named_parameters()])
opt = torch.optim.SGD(layer.parameters(), lr=0.1)
for _ in range(20):
    loss = (layer(x) - x).pow(2).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
print(f"{loss:.6f}", layer.weight)
parametrize.remove_parametrizations(layer, "weight")
print(layer, type(layer.weight).__name__)
m = nn.utils.parametrizations.weight_norm(nn.Linear(3, 2), name="weight")
print(m.parametrizations.weight.original0.size(), m.parametrizations.weight.original1.size())
print(m(x[:1]))
print(torch.func.functional_call(nn.Linear(2, 1), {"weight": torch.ones(1, 2), "bias": torch.zeros(1)}, torch.tensor([[2., 3.]])))
