"""Linear regression twice: step by step with gradients, and at once by least squares.

Both minimise the same mean squared error, so both must arrive at the same line. The
largest difference between their coefficients ends below 0.001.
"""

import torch
from torch import nn
from torch.autograd import Variable

torch.manual_seed(42)

# Points around the plane y = 2 x1 - 3.4 x2 + 4.2.
true_weight = torch.tensor([[2.0], [-3.4]])
true_bias = 4.2
x = torch.normal(0.0, 1.0, size=(200, 2))
y = x @ true_weight + true_bias + 0.01 * torch.randn(200, 1)


class LinearRegression(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.linear = nn.Linear(inputs, outputs)
        nn.init.normal_(self.linear.weight, mean=0.0, std=0.01)
        nn.init.zeros_(self.linear.bias)

    def forward(self, x):
        return self.linear(x)


model = LinearRegression(2, 1)
criterion = nn.MSELoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.5)
print(model)

for epoch in range(1, 61):
    inputs, targets = Variable(x), Variable(y)  # older scripts wrap tensors like this
    loss = criterion(model(inputs), targets)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if epoch % 10 == 0:
        print(f"epoch {epoch:2d}  loss {loss.item():.8f}")

linear = model.linear
learned = torch.cat([linear.weight.detach().flatten(), linear.bias.detach()])
print("by gradient descent:", learned)

# The normal equations: (A'A) w = A'y, where a column of ones carries the bias.
ones = torch.ones(len(x), 1)
design = torch.cat([x, ones], dim=1)
exact = torch.inverse(design.T @ design) @ (design.T @ y)
print("by least squares:   ", exact.flatten())

difference = (learned - exact.flatten()).abs().max()
print(f"largest difference {difference.item():.4f}")
