# -*- coding: utf-8 -*-
"""Control flow and weight sharing: the forward pass is ordinary Python."""
import random
import torch
import math


class DynamicNet(torch.nn.Module):
    def __init__(self):
        """Five parameters; the last one may be used any number of times."""
        super().__init__()
        self.a = torch.nn.Parameter(torch.randn(()))
        self.b = torch.nn.Parameter(torch.randn(()))
        self.c = torch.nn.Parameter(torch.randn(()))
        self.d = torch.nn.Parameter(torch.randn(()))
        self.e = torch.nn.Parameter(torch.randn(()))

    def forward(self, x):
        y = self.a + self.b * x + self.c * x ** 2 + self.d * x ** 3
        for exp in range(4, random.randint(4, 6)):
            y = y + self.e * x ** exp
        return y

    def string(self):
        return (f'y = {self.a.item():.4f} + {self.b.item():.4f} x + {self.c.item():.4f} x^2'
                f' + {self.d.item():.4f} x^3 + {self.e.item():.4f} x^4 ? + {self.e.item():.4f} x^5 ?')


class SharedHidden(torch.nn.Module):
    def __init__(self, d_in, h, d_out):
        super(SharedHidden, self).__init__()
        self.input_linear = torch.nn.Linear(d_in, h)
        self.middle_linear = torch.nn.Linear(h, h)
        self.output_linear = torch.nn.Linear(h, d_out)

    def forward(self, x):
        h_relu = self.input_linear(x).clamp(min=0)
        for _ in range(random.randint(0, 3)):
            h_relu = self.middle_linear(h_relu).clamp(min=0)
        return self.output_linear(h_relu)


random.seed(5)
torch.manual_seed(5)
x = torch.linspace(-math.pi, math.pi, 200)
y = torch.sin(x)

model = DynamicNet()
criterion = torch.nn.MSELoss(reduction='sum')
optimizer = torch.optim.SGD(model.parameters(), lr=1e-8, momentum=0.9)
for t in range(500):
    y_pred = model(x)
    loss = criterion(y_pred, y)
    if t % 100 == 99:
        print(t, loss.item())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(f'Result: {model.string()}')

N, D_in, H, D_out = 16, 20, 10, 2
x, y = torch.randn(N, D_in), torch.randn(N, D_out)
net = SharedHidden(D_in, H, D_out)
print(net)
opt = torch.optim.SGD(net.parameters(), lr=1e-3, momentum=0.9)
for t in range(60):
    loss = criterion(net(x), y)
    if t % 10 == 0:
        print("%3d %.4f" % (t, loss))
    opt.zero_grad()
    loss.backward()
    opt.step()
print("middle layer's last gradient:", net.middle_linear.weight.grad is not None)
print(sum(p.numel() for p in net.parameters()), "parameters")
