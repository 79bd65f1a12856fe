"""Saving and loading: weights, a general checkpoint, several models, strictness, devices."""
import io
import os
import tempfile

import torch
import torch.nn as nn
import torch.optim as optim

torch.manual_seed(0)


class TheModelClass(nn.Module):
    def __init__(self):
        super(TheModelClass, self).__init__()
        self.fc1 = nn.Linear(10, 8)
        self.bn = nn.BatchNorm1d(8)
        self.fc2 = nn.Linear(8, 2)

    def forward(self, x):
        return self.fc2(torch.relu(self.bn(self.fc1(x))))


folder = tempfile.mkdtemp()
PATH = os.path.join(folder, "model.pt")
net = TheModelClass()
torch.save(net.state_dict(), PATH)
model = TheModelClass()
print(model.load_state_dict(torch.load(PATH, weights_only=True)))
model.eval()
state = torch.load(PATH)
print(type(state).__name__, list(state), state["fc2.weight"].shape, state["bn.num_batches_tracked"])

# general checkpoint, training goes on as if nothing had happened
data, target = torch.randn(32, 10), torch.randint(0, 2, (32,))


def train(net, optimizer, scheduler, epochs):
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(data), target)
        loss.backward()
        optimizer.step()
        scheduler.step()
    return loss


optimizer = optim.Adam(net.parameters(), lr=0.05)
scheduler = optim.lr_scheduler.StepLR(optimizer, 3)
loss = train(net, optimizer, scheduler, 4)
torch.save({
    'epoch': 4,
    'model_state_dict': net.state_dict(),
    'optimizer_state_dict': optimizer.state_dict(),
    'scheduler_state_dict': scheduler.state_dict(),
    'loss': loss.item(),
    'rng': torch.get_rng_state(),
}, os.path.join(folder, "checkpoint.tar"))
print(f"{train(net, optimizer, scheduler, 3).item():.6f}", torch.rand(2))

checkpoint = torch.load(os.path.join(folder, "checkpoint.tar"), map_location="cpu")
other = TheModelClass()
opt = optim.Adam(other.parameters(), lr=1.0)
sched = optim.lr_scheduler.StepLR(opt, 3)
other.load_state_dict(checkpoint['model_state_dict'])
opt.load_state_dict(checkpoint['optimizer_state_dict'])
sched.load_state_dict(checkpoint['scheduler_state_dict'])
torch.set_rng_state(checkpoint['rng'])
print(checkpoint['epoch'], f"{checkpoint['loss']:.6f}", opt.param_groups[0]["lr"])
print(f"{train(other, opt, sched, 3).item():.6f}", torch.rand(2))

# a buffer, shared storage, plain containers
big = torch.arange(6.)
buffer = io.BytesIO()
torch.save({"view": big[:3], "whole": big, "list": [1, 2.5, "x", None, (True,)], "half": big.half()}, buffer)
buffer.seek(0)
back = torch.load(buffer)
back["view"][0] = 100
print(back)
print(back["whole"].data_ptr() == back["view"].data_ptr())

# a whole model needs weights_only=False
torch.save(net, os.path.join(folder, "whole.pth"))
try:
    torch.load(os.path.join(folder, "whole.pth"))
except Exception as e:
    print(type(e).__name__, str(e)[:24])
whole = torch.load(os.path.join(folder, "whole.pth"), weights_only=False)
print(whole.eval(), torch.equal(whole(data), net.eval()(data)))
try:
    torch.load(os.path.join(folder, "nothing.pt"))
except FileNotFoundError as e:
    print("FileNotFoundError", e.errno)
p = nn.Parameter(torch.ones(2))
torch.save(p, PATH)
print(torch.load(PATH), sorted(os.listdir(folder)))
