# Broadcasting, views and in-place operations -- what shares memory with what?
import torch

a = torch.arange(12).view(3, 4)
b = a.t()
print("a is contiguous:", a.is_contiguous(), "| b:", b.is_contiguous(), b.stride())
print("same memory:", a.data_ptr() == b.data_ptr())
b[0, 0] = 100
print(a)
try:
    b.view(12)
except RuntimeError as e:
    print("RuntimeError:", e)
print(b.reshape(12))
print(b.contiguous().view(-1)[:5])

row = torch.tensor([1.0, 2.0, 3.0])
col = torch.tensor([[10.0], [20.0]])
print(row + col)
print((row + col).shape)
try:
    torch.ones(2, 3) + torch.ones(2, 4)
except RuntimeError as e:
    print("RuntimeError:", e)

x = torch.zeros(2, 3)
y = x.expand(4, 2, 3)
print(y.shape, y.stride())
x.fill_(3)
print(y[2])
print(x.unsqueeze(0).shape, x.unsqueeze(-1).shape, x.unsqueeze(1).squeeze(1).shape)

p = torch.arange(24).reshape(2, 3, 4)
print(p.permute(2, 0, 1).shape, p.transpose(0, 2).shape, p.flatten(1).shape, p.movedim(0, -1).shape)
for part in torch.split(p, 2, dim=1):
    print(part.shape, end=" ")
print()
print([tuple(c.shape) for c in p.chunk(4, dim=2)])
q = p.clone()
q[..., 1] *= -1
print(q)
print(p[:, 1, :], p[0].diagonal(), p.unbind(1)[2])

mask = p % 5 == 0
print(mask.sum(), p.masked_fill(mask, 0).float().mean())
print(torch.where(mask, p, torch.zeros_like(p))[1])
print(torch.nonzero(mask))
idx = torch.tensor([[0, 2], [1, 0]])
print(torch.gather(p[0, :2], 1, idx))
print(torch.zeros(2, 4).scatter_(1, idx, 1.0))

# integer and float mix
i = torch.tensor([1, 2, 3])
print(i / 2, i // 2, i % 2, -i, i ** 2, i * 1.5, (i > 1) | (i == 1), i.float() / 3)
print(torch.tensor(7) / torch.tensor(2), torch.tensor([1.5]) + torch.tensor(2, dtype=torch.float64))
print(torch.result_type(i, 1.0), (i + torch.tensor([1.], dtype=torch.float16)).dtype)
v = torch.ones(3, requires_grad=True)
try:
    v += 1
except RuntimeError as e:
    print(e)
w = v * 2
w[1] = 10
w.sum().backward()
print(v.grad, v._version, w._version, w)
