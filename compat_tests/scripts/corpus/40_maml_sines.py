"""Model-agnostic meta-learning on sine waves: gradients through a gradient step."""
import math
import torch
import torch.nn.functional as F

torch.manual_seed(10)


def init_params(hidden=20):
    shapes = [(hidden, 1), (hidden,), (hidden, hidden), (hidden,), (1, hidden), (1,)]
    return [(torch.randn(s) * (1 / math.sqrt(s[-1]) if len(s) > 1 else 0.0)).requires_grad_() for s in shapes]


def net(x, params):
    w1, b1, w2, b2, w3, b3 = params
    x = F.relu(F.linear(x, w1, b1))
    x = F.relu(F.linear(x, w2, b2))
    return F.linear(x, w3, b3)


def task():
    amplitude, phase = 0.5 + 2 * torch.rand(1), math.pi * torch.rand(1)

    def sample(k=10):
        x = torch.rand(k, 1) * 6 - 3
        return x, amplitude * torch.sin(x + phase)
    return sample


def inner_step(params, x, y, lr=0.02, create_graph=True):
    loss = F.mse_loss(net(x, params), y)
    grads = torch.autograd.grad(loss, params, create_graph=create_graph)
    return [p - lr * g for p, g in zip(params, grads)], loss


params = init_params()
meta = torch.optim.Adam(params, lr=5e-3)
for it in range(1, 41):
    meta.zero_grad()
    total = 0.
    for _ in range(4):
        sample = task()
        fast, before = inner_step(params, *sample())
        x, y = sample()
        after = F.mse_loss(net(x, fast), y)
        (after / 4).backward()
        total += after.item() / 4
    meta.step()
    if it % 10 == 0:
        print(f"iteration {it}: loss after one inner step {total:.4f}")

sample = task()
x, y = sample(20)
fast = [p.detach().requires_grad_() for p in params]
for k in range(4):
    fast, loss = inner_step(fast, x, y, create_graph=False)
    fast = [p.detach().requires_grad_() for p in fast]
    print("fine-tuning step", k, "loss %.4f" % loss.item())

# second order against first order
p = torch.tensor(1.0, requires_grad=True)
q = p - 0.1 * torch.autograd.grad(p ** 3, p, create_graph=True)[0]
print("with the second derivative:", torch.autograd.grad(q ** 2, p)[0])
q = p - 0.1 * torch.autograd.grad(p ** 3, p)[0]
print("first order:", torch.autograd.grad(q ** 2, p)[0], q)
