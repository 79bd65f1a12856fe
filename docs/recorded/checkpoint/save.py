import sys

import torch

torch.manual_seed(0)
model = torch.nn.Linear(4, 2)
optimizer = torch.optim.Adam(model.parameters())
model(torch.rand(8, 4)).square().sum().backward()
optimizer.step()
state = {"epoch": 3, "model": model.state_dict(), "optimizer": optimizer.state_dict()}
torch.save(state, sys.argv[1])
