import sys

import torch

state = torch.load(sys.argv[1])
model = torch.nn.Linear(4, 2)
print(model.load_state_dict(state["model"]))
optimizer = torch.optim.Adam(model.parameters())
optimizer.load_state_dict(state["optimizer"])
print("epoch", state["epoch"])
print(model.weight)
print(optimizer.state[model.bias])
