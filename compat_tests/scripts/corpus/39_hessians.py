import torch
from torch.autograd.functional import hessian, jacobian, hvp, vjp, jvp, vhp

torch.set_default_dtype(torch.float64)
torch.manual_seed(0)


def f(x):
    return (x[0] ** 2 * x[1] + torch.exp(x[1]) * x[2]).sum() + x.prod()


x = torch.tensor([1.0, 2.0, -0.5])
H = hessian(f, x)
print(H)
print("symmetric:", torch.allclose(H, H.T), "eigenvalues", torch.linalg.eigvalsh(H))
J = jacobian(lambda x: torch.stack([x.sum(), x.prod(), x.norm()]), x)
print(J)
v = torch.tensor([1.0, 0.0, -1.0])
print(hvp(f, x, v), H @ v)
print(vhp(f, x, v)[1])
print(vjp(lambda x: x ** 2, x, v))
print(jvp(lambda x: x ** 2, x, v))

# Hessian-vector product by hand
x = x.clone().requires_grad_(True)
g, = torch.autograd.grad(f(x), x, create_graph=True)
hv, = torch.autograd.grad(g @ v, x)
print(g, hv, sep="\n")

# full Hessian of a little network's loss, row by row
net = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Softplus(), torch.nn.Linear(3, 1))
params = list(net.parameters())
inputs, target = torch.randn(8, 2), torch.randn(8, 1)
loss = torch.nn.functional.mse_loss(net(inputs), target)
grads = torch.autograd.grad(loss, params, create_graph=True)
flat = torch.cat([g.reshape(-1) for g in grads])
rows = []
for gi in flat:
    row = torch.autograd.grad(gi, params, retain_graph=True, allow_unused=True)
    rows.append(torch.cat([(torch.zeros_like(p) if r is None else r).reshape(-1) for r, p in zip(row, params)]))
H = torch.stack(rows)
print(H.shape, (H - H.T).abs().max() < 1e-12)
eig = torch.linalg.eigvalsh(H)
print("largest eigenvalues", eig[-3:], "trace", H.trace())

# Newton's method
z = torch.tensor([0.8, -0.3])
rosen = lambda z: (1 - z[0]) ** 2 + 5 * (z[1] - z[0] ** 2) ** 2
for it in range(6):
    g, Hz = jacobian(rosen, z), hessian(rosen, z)
    z = z - torch.linalg.solve(Hz, g)
    print(f"Newton {it}: {z.tolist()[0]:.8f} {z.tolist()[1]:.8f} f={rosen(z).item():.2e}")
# third derivative of tanh
t = torch.linspace(-1, 1, 5, requires_grad=True)
y = t.tanh()
for order in range(1, 4):
    y, = torch.autograd.grad(y.sum(), t, create_graph=True)
    print(order, y.detach())
