import torch
import math


class LegendrePolynomial3(torch.autograd.Function):
    """P3(x) = (5x^3 - 3x)/2 with its own backward."""

    @staticmethod
    def forward(ctx, input):
        ctx.save_for_backward(input)
        return 0.5 * (5 * input ** 3 - 3 * input)

    @staticmethod
    def backward(ctx, grad_output):
        input, = ctx.saved_tensors
        return grad_output * 1.5 * (5 * input ** 2 - 1)


class Clamp(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, low, high):
        ctx.save_for_backward(x)
        ctx.low, ctx.high = low, high
        return x.clamp(low, high)

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        inside = (x >= ctx.low) & (x <= ctx.high)
        return g * inside, None, None


class StraightThrough(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.round()

    @staticmethod
    def backward(ctx, g):
        print("grad arriving:", g)
        return g


dtype = torch.float
x = torch.linspace(-math.pi, math.pi, 300, dtype=dtype)
y = torch.sin(x)
a = torch.full((), 0.0, dtype=dtype, requires_grad=True)
b = torch.full((), -1.0, dtype=dtype, requires_grad=True)
c = torch.full((), 0.0, dtype=dtype, requires_grad=True)
d = torch.full((), 0.3, dtype=dtype, requires_grad=True)

learning_rate = 2e-5
for t in range(800):
    P3 = LegendrePolynomial3.apply
    y_pred = a + b * P3(c + d * x)
    loss = (y_pred - y).pow(2).sum()
    if t % 200 == 199:
        print(t, loss.item())
    loss.backward()
    with torch.no_grad():
        for p in (a, b, c, d):
            p -= learning_rate * p.grad
            p.grad = None
print(f'Result: y = {a.item():.4f} + {b.item():.4f} * P3({c.item():.4f} + {d.item():.4f} x)')
print(y_pred.grad_fn.name(), P3(torch.ones(2, requires_grad=True)))

v = torch.tensor([-2.0, 0.5, 3.0], requires_grad=True)
out = Clamp.apply(v, -1.0, 1.0)
print(out)
out.sum().backward()
print(v.grad)
v.grad = None
(StraightThrough.apply(v) * torch.tensor([1., 2., 3.])).sum().backward()
print(v.grad)
xd = torch.randn(4, dtype=torch.double, generator=torch.Generator().manual_seed(3), requires_grad=True)
print(torch.autograd.gradcheck(LegendrePolynomial3.apply, (xd,)))
print(torch.autograd.gradgradcheck(LegendrePolynomial3.apply, (xd,)))
