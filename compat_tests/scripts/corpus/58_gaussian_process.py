import math
import torch

torch.set_default_dtype(torch.double)
torch.manual_seed(0)

# Gaussian process regression; hyperparameters by gradient ascent on the evidence.
x = torch.linspace(0, 1, 15).unsqueeze(1)
y = torch.sin(2 * math.pi * x.squeeze()) + 0.1 * torch.randn(15)
log_length, log_scale, log_noise = (torch.tensor(v, requires_grad=True) for v in (-1.0, 0.0, -1.5))


def kernel(a, b):
    d2 = (a - b.T) ** 2
    return (2 * log_scale).exp() * torch.exp(-0.5 * d2 / (2 * log_length).exp())


def neg_log_evidence():
    K = kernel(x, x) + (2 * log_noise).exp() * torch.eye(len(x))
    L = torch.linalg.cholesky(K)
    alpha = torch.linalg.solve_triangular(L.T, torch.linalg.solve_triangular(L, y[:, None], upper=False), upper=True)
    return 0.5 * y @ alpha.squeeze() + L.diagonal().log().sum() + 0.5 * len(x) * math.log(2 * math.pi), L, alpha


opt = torch.optim.Adam([log_length, log_scale, log_noise], lr=0.1)
for i in range(41):
    opt.zero_grad()
    loss, L, alpha = neg_log_evidence()
    loss.backward()
    opt.step()
    if i % 10 == 0:
        print("%2d  nll %.6f  lengthscale %.4f  scale %.4f  noise %.4f" % (
            i, loss.item(), log_length.exp().item(), log_scale.exp().item(), log_noise.exp().item()))

with torch.no_grad():
    loss, L, alpha = neg_log_evidence()
    grid = torch.tensor([[0.25], [0.5], [1.2]])
    ks = kernel(grid, x)
    mean = (ks @ alpha).squeeze()
    v = torch.linalg.solve_triangular(L, ks.T, upper=False)
    var = torch.diag(kernel(grid, grid)) - (v ** 2).sum(0)
    for g, m, s in zip(grid.squeeze(), mean, var.sqrt()):
        print(f"f({g:.2f}) = {m:+.4f} +- {2 * s:.4f}")
    K = L @ L.T
    print(torch.linalg.inv(K).diagonal().sum(), torch.linalg.slogdet(K), 2 * L.diagonal().log().sum())
    print(torch.linalg.solve(K, y)[:3], alpha[:3, 0])
    prior = torch.linalg.cholesky(kernel(x, x) + 1e-6 * torch.eye(15)) @ torch.randn(15, 2)
    print(prior.shape)
    try:
        torch.linalg.cholesky(-torch.eye(2))
    except RuntimeError as e:
        print(type(e).__name__, e)
print(loss.dtype, log_length.grad, torch.get_default_dtype())
