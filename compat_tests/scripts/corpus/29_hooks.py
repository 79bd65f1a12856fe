"""Looking inside a network with hooks."""
from collections import OrderedDict
from functools import partial

import torch
from torch import nn

torch.manual_seed(0)
model = nn.Sequential(OrderedDict([
    ("fc1", nn.Linear(4, 8)),
    ("act", nn.ReLU()),
    ("norm", nn.BatchNorm1d(8)),
    ("head", nn.Sequential(nn.Dropout(0.0), nn.Linear(8, 2))),
]))

activations, grads = {}, {}


def save_activation(name, module, inputs, output):
    activations[name] = output.detach()


def save_gradient(name, module, grad_input, grad_output):
    grads[name] = grad_output[0]


handles = []
for name, module in model.named_modules():
    if not list(module.children()):
        handles.append(module.register_forward_hook(partial(save_activation, name)))
        handles.append(module.register_full_backward_hook(partial(save_gradient, name)))

x = torch.randn(5, 4)
out = model(x)
out.pow(2).mean().backward()
for name in activations:
    a, g = activations[name], grads[name]
    print(f"{name:<8} out {tuple(a.shape)} mean {a.mean():+.4f} std {a.std():.4f} | grad norm {g.norm():.5f} dead {(a <= 0).float().mean():.2%}")
for h in handles:
    h.remove()
activations.clear()
model(x)
print("after removal:", activations)


def double(module, args):
    print("pre-hook sees", [a.shape for a in args])
    return (args[0] * 2,)


h = model.head.register_forward_pre_hook(double)
h2 = model.fc1.register_forward_hook(lambda m, i, o: o + 1)
print(model(x)[0])
h.remove(), h2.remove()
print(model(x)[0])

w = model.fc1.weight
w.grad = None
handle = w.register_hook(lambda g: print("hook on the weight:", g.shape, f"{g.abs().sum():.4f}"))
model(x).sum().backward()
handle.remove()
h = nn.modules.module.register_module_forward_hook(lambda m, i, o: print("global:", type(m).__name__))
model(x)
h.remove()
y = torch.ones(2, requires_grad=True)
z = y * 3
z.register_hook(lambda g: g * 10)
z.sum().backward()
print(y.grad)
print(model)
