"""Autograd in small bites."""
import torch

x = torch.ones(5)  # input tensor
y = torch.zeros(3)  # expected output
torch.manual_seed(0)
w = torch.randn(5, 3, requires_grad=True)
b = torch.randn(3, requires_grad=True)
z = torch.matmul(x, w)+b
loss = torch.nn.functional.binary_cross_entropy_with_logits(z, y)

print(f"Gradient function for z = {z.grad_fn.name()}")
print(f"Gradient function for loss = {type(loss.grad_fn).__name__}")
print(z)
print(loss)

loss.backward()
print(w.grad)
print(b.grad)

z = torch.matmul(x, w)+b
print(z.requires_grad)
with torch.no_grad():
    z = torch.matmul(x, w)+b
print(z.requires_grad)
z = torch.matmul(x, w)+b
z_det = z.detach()
print(z_det.requires_grad, z_det)

# vector-Jacobian products
inp = torch.eye(4, 5, requires_grad=True)
out = (inp+1).pow(2).t()
out.backward(torch.ones_like(out), retain_graph=True)
print(f"First call\n{inp.grad}")
out.backward(torch.ones_like(out), retain_graph=True)
print(f"\nSecond call\n{inp.grad}")
inp.grad.zero_()
out.backward(torch.ones_like(out), retain_graph=True)
print(f"\nCall after zeroing gradients\n{inp.grad}")

# the graph
a = torch.tensor([2., 3.], requires_grad=True)
b = torch.tensor([6., 4.], requires_grad=True)
Q = 3*a**3 - b**2
print(Q)
external_grad = torch.tensor([1., 1.])
Q.backward(gradient=external_grad)
print(9*a**2 == a.grad, -2*b == b.grad)
fn = Q.grad_fn
depth = 0
while fn is not None and depth < 5:
    print("  " * depth + type(fn).__name__, [type(f).__name__ for f, _ in fn.next_functions])
    fn = fn.next_functions[0][0] if fn.next_functions else None
    depth += 1
try:
    Q.sum().backward()
except RuntimeError as err:
    print("RuntimeError:", str(err)[:60])

t = torch.tensor(0.5, requires_grad=True)
s = t.sin()
(g1,) = torch.autograd.grad(s, t, create_graph=True)
(g2,) = torch.autograd.grad(g1, t, create_graph=True)
(g3,) = torch.autograd.grad(g2, t)
print(g1, g2, g3)
print(g1.item(), g2.item(), g3.item())

u = torch.randn(3, requires_grad=True)
h = u * 2
h.retain_grad()
h.norm().backward()
print(u.grad, h.grad, u.is_leaf, h.is_leaf)
print(u.grad.norm(), f"{u.grad.norm():.3f}", f"{h.grad.abs().max().item():>10.6f}")
try:
    torch.randn(3, requires_grad=True).tanh().backward()
except RuntimeError as err:
    print(err)
