import torch

model = torch.nn.Linear(4, 2)
traced = torch.jit.script(model)
scores = torch.gather(torch.rand(3, 4), 1, torch.tensor([[0], [1], [2]]), sparse_grad=True)
print(scores.to_sparse())
try:
    from torch import fft
except ImportError:
    fft = None
