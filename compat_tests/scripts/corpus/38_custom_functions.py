import torch
from torch.autograd import Function, gradcheck
from torch.autograd.function import once_differentiable


class Exp(Function):
    @staticmethod
    def forward(ctx, i):
        result = i.exp()
        ctx.save_for_backward(result)
        return result

    @staticmethod
    def backward(ctx, grad_output):
        result, = ctx.saved_tensors
        return grad_output * result


class LinearFunction(Function):
    # forward without ctx, in the newer manner
    @staticmethod
    def forward(input, weight, bias):
        output = input.mm(weight.t())
        if bias is not None:
            output += bias.unsqueeze(0).expand_as(output)
        return output

    @staticmethod
    def setup_context(ctx, inputs, output):
        input, weight, bias = inputs
        ctx.save_for_backward(input, weight, bias)

    @staticmethod
    def backward(ctx, grad_output):
        input, weight, bias = ctx.saved_tensors
        grad_input = grad_weight = grad_bias = None
        if ctx.needs_input_grad[0]:
            grad_input = grad_output.mm(weight)
        if ctx.needs_input_grad[1]:
            grad_weight = grad_output.t().mm(input)
        if bias is not None and ctx.needs_input_grad[2]:
            grad_bias = grad_output.sum(0)
        return grad_input, grad_weight, grad_bias


class SplitSort(Function):
    """Two outputs, one not differentiable."""

    @staticmethod
    def forward(ctx, x):
        values, idx = x.sort()
        ctx.mark_non_differentiable(idx)
        ctx.save_for_backward(idx)
        return values, idx

    @staticmethod
    @once_differentiable
    def backward(ctx, g_values, g_idx):
        (idx,) = ctx.saved_tensors
        return torch.zeros_like(g_values).index_add_(0, idx, g_values)


class GradientReversal(Function):
    @staticmethod
    def forward(ctx, x, lambd):
        ctx.lambd = lambd
        return x.view_as(x)

    @staticmethod
    def backward(ctx, grads):
        return -ctx.lambd * grads, None


class MyLinear(torch.nn.Module):
    def __init__(self, i, o, bias=True):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.empty(o, i).uniform_(-0.1, 0.1))
        if bias:
            self.bias = torch.nn.Parameter(torch.zeros(o))
        else:
            self.register_parameter("bias", None)

    def forward(self, x):
        return LinearFunction.apply(x, self.weight, self.bias)

    def extra_repr(self):
        return 'input_features={}, output_features={}, bias={}'.format(*self.weight.t().shape, self.bias is not None)


torch.manual_seed(2)
x = torch.randn(3, requires_grad=True)
y = Exp.apply(x)
print(y)
y.sum().backward()
print(x.grad, torch.allclose(x.grad, x.exp()))
v, i = SplitSort.apply(x)
print(v, i, i.requires_grad)
x.grad = None
(v * torch.tensor([1., 10., 100.])).sum().backward()
print(x.grad)
x.grad = None
GradientReversal.apply(x, 0.5).sum().backward()
print(x.grad)
net = torch.nn.Sequential(MyLinear(4, 3), torch.nn.Tanh(), MyLinear(3, 1, bias=False))
print(net)
opt = torch.optim.SGD(net.parameters(), lr=0.5)
inp, tgt = torch.randn(10, 4), torch.rand(10, 1)
for k in range(31):
    loss = (net(inp) - tgt).pow(2).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    if k % 10 == 0:
        print(k, loss)
args = (torch.randn(5, 4, dtype=torch.double, requires_grad=True), torch.randn(3, 4, dtype=torch.double, requires_grad=True), None)
print(gradcheck(LinearFunction.apply, args, eps=1e-6, atol=1e-4))
