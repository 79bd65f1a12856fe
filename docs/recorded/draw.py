import torch
from torch import nn

torch.manual_seed(0)
print(torch.rand(3))
print(torch.randn(3))
print(torch.randperm(5))
print(nn.Linear(2, 2).weight)
print(nn.Dropout(0.5)(torch.ones(8)))
data = torch.utils.data.TensorDataset(torch.arange(6))
print([x.tolist() for (x,) in torch.utils.data.DataLoader(data, batch_size=2, shuffle=True)])
