"""Bayesian linear regression by variational inference, checked against the exact posterior."""
import torch
import torch.distributions as dist
from torch.distributions import constraints, transform_to

torch.manual_seed(42)

# ---- data: y = 0.7 x1 - 1.2 x2 + 0.4 + noise
n, noise = 60, 0.3
X = dist.Uniform(-2.0, 2.0).sample((n, 2))
true_w = torch.tensor([0.7, -1.2])
y = X @ true_w + 0.4 + noise * torch.randn(n)
Phi = torch.cat([X, torch.ones(n, 1)], dim=1)

prior = dist.MultivariateNormal(torch.zeros(3), scale_tril=torch.eye(3) * 2.0)
print(prior)

# ---- exact posterior
precision = Phi.T @ Phi / noise**2 + prior.precision_matrix
exact = dist.MultivariateNormal(
    torch.linalg.solve(precision, Phi.T @ y / noise**2), precision_matrix=precision
)
print("exact mean ", exact.mean)
print("exact std  ", exact.stddev)

# ---- mean field
loc = torch.zeros(3, requires_grad=True)
log_scale = torch.full((3,), -1.0, requires_grad=True)
opt = torch.optim.Adam([loc, log_scale], lr=0.05)
for step in range(201):
    q = dist.Normal(loc, log_scale.exp())
    w = q.rsample((8,))
    log_lik = dist.Normal(w @ Phi.T, noise).log_prob(y).sum(-1)
    log_prior = prior.log_prob(w)
    elbo = (log_lik + log_prior - q.log_prob(w).sum(-1)).mean()
    opt.zero_grad()
    (-elbo).backward()
    opt.step()
    if step % 50 == 0:
        print(f"step {step:3d}  elbo {elbo.item():10.3f}")
print("mean field mean", loc.detach())

# ---- full rank: an unconstrained matrix becomes a Cholesky factor
to_tril = transform_to(constraints.lower_cholesky)
loc = torch.zeros(3, requires_grad=True)
raw = torch.zeros(3, 3, requires_grad=True)
opt = torch.optim.Adam([loc, raw], lr=0.05)
for step in range(201):
    q = dist.MultivariateNormal(loc, scale_tril=to_tril(raw))
    w = q.rsample((8,))
    log_lik = dist.Normal(w @ Phi.T, noise).log_prob(y).sum(-1)
    loss = -log_lik.mean() + dist.kl_divergence(q, prior)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 50 == 0:
        print(f"step {step:3d}  loss {loss.item():10.3f}  to exact {dist.kl_divergence(q, exact).item():8.4f}")
print("full rank mean", q.mean.detach())

# ---- the noise is unknown as well: a Gamma posterior over the precision
conc = torch.tensor(1.0, requires_grad=True)
rate = torch.tensor(0.0, requires_grad=True)
positive = transform_to(constraints.positive)
opt = torch.optim.Adam([conc, rate], lr=0.1)
residual = (y - Phi @ exact.mean).pow(2)
for step in range(101):
    q = dist.Gamma(positive(conc), positive(rate))
    tau = q.rsample((16,))
    log_lik = dist.Normal(0.0, tau.rsqrt()[:, None]).log_prob(residual.sqrt()).sum(-1)
    loss = -log_lik.mean() + dist.kl_divergence(q, dist.Gamma(1.0, 0.1))
    opt.zero_grad()
    loss.backward()
    opt.step()
print(f"noise: {q.mean.rsqrt().item():.3f} (true {noise})")
