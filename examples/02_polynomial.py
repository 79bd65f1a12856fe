"""A third-degree polynomial is fitted to the sine, with nothing but autograd.

No module and no optimizer: four tensors that require gradients, a loss, `backward`, and
the step down the gradient written out. The summed squared error over 2000 points ends
below 10, and the constant and the square, which an odd function does not need, near
zero.
"""

import math

import torch

torch.manual_seed(0)
x = torch.linspace(-math.pi, math.pi, 2000)
y = torch.sin(x)

a = torch.randn((), requires_grad=True)
b = torch.randn((), requires_grad=True)
c = torch.randn((), requires_grad=True)
d = torch.randn((), requires_grad=True)
learning_rate = 1e-6

for step in range(1, 4001):
    prediction = a + b * x + c * x**2 + d * x**3
    loss = (prediction - y).pow(2).sum()
    loss.backward()

    with torch.no_grad():  # the step itself is not to be differentiated
        for parameter in (a, b, c, d):
            parameter -= learning_rate * parameter.grad
            parameter.grad = None

    if step % 500 == 0:
        print(f"step {step:4d}  loss {loss.item():.4f}")

print(f"y = {a:.6f} + {b:.6f} x + {c:.6f} x^2 + {d:.6f} x^3")
print(f"summed squared error {loss.item():.4f}")
