import torch
import torch.nn as nn

torch.manual_seed(17)


class HandRNN(nn.Module):
    """An Elman cell from two linear layers, unrolled by hand."""

    def __init__(self, inp, hid, out):
        super().__init__()
        self.hid = hid
        self.i2h = nn.Linear(inp + hid, hid)
        self.h2o = nn.Linear(hid, out)

    def forward(self, seq):
        h = seq.new_zeros(seq.size(1), self.hid)
        for x in seq:
            h = torch.tanh(self.i2h(torch.cat((x, h), 1)))
        return self.h2o(h), h


# Adding problem: sum of the two marked numbers.
def adding(batch, steps):
    values = torch.rand(steps, batch, 1)
    marks = torch.zeros(steps, batch, 1)
    for b in range(batch):
        i, j = torch.randperm(steps)[:2].tolist()
        marks[i, b] = marks[j, b] = 1
    return torch.cat([values, marks], -1), (values * marks).sum(0)


model = HandRNN(2, 16, 1)
with torch.no_grad():
    model.i2h.weight.mul_(3)  # begs for exploding gradients
opt = torch.optim.SGD(model.parameters(), lr=0.05)
for it in range(1, 41):
    x, y = adding(16, 12)
    pred, _ = model(x)
    loss = nn.functional.mse_loss(pred, y)
    opt.zero_grad()
    loss.backward()
    norm = nn.utils.clip_grad_norm_(model.parameters(), max_norm=0.5)
    after = torch.sqrt(sum(p.grad.pow(2).sum() for p in model.parameters()))
    opt.step()
    if it % 8 == 0:
        print(f"it {it:3d} loss {loss.item():.4f} grad norm {norm:.4f} -> {after:.4f}")
print(norm, after.item() <= 0.5 + 1e-4)

p = nn.Parameter(torch.zeros(3))
p.grad = torch.tensor([3., -4., 0.5])
print(nn.utils.clip_grad_norm_([p], 1.0), p.grad)
p.grad = torch.tensor([3., -4., 0.5])
nn.utils.clip_grad_value_([p], clip_value=1.0)
print(p.grad)
p.grad = torch.tensor([3., -4., 0.5])
print(nn.utils.clip_grad_norm_(p, 2.0, norm_type=float("inf")), p.grad)
p.register_hook(lambda g: g.clamp(-0.1, 0.1))
p.grad = None
(p * torch.tensor([5., -5., 0.01])).sum().backward()
print(p.grad, nn.utils.parameters_to_vector(model.parameters()).shape)
