"""
Tensors
=======
A first tour: creating tensors, attributes, indexing, joining, arithmetic.
"""
import torch
import numpy as np

torch.manual_seed(1)

# Initializing a tensor
data = [[1, 2], [3, 4]]
x_data = torch.tensor(data)
print(x_data, x_data.dtype)

np_array = np.array(data)
x_np = torch.from_numpy(np_array)
print(x_np)

x_ones = torch.ones_like(x_data)
print(f"Ones Tensor: \n {x_ones} \n")
x_rand = torch.rand_like(x_data, dtype=torch.float)
print(f"Random Tensor: \n {x_rand} \n")

shape = (2, 3,)
print(torch.rand(shape))
print(torch.zeros(shape), torch.empty(0), torch.full((2, 2), 7), torch.eye(3))

# Attributes
tensor = torch.rand(3, 4)
print(f"Shape of tensor: {tensor.shape}")
print(f"Datatype of tensor: {tensor.dtype}")
print(f"Device tensor is stored on: {tensor.device}")
print(tensor.size(), tensor.size(0), tensor.dim(), tensor.numel(), tensor.stride(), tensor.layout)

# Indexing and slicing
tensor = torch.arange(16, dtype=torch.float32).reshape(4, 4)
print(f"First row: {tensor[0]}")
print(f"First column: {tensor[:, 0]}")
print(f"Last column: {tensor[..., -1]}")
tensor[:, 1] = 0
print(tensor)
print(tensor[tensor > 6])
print(tensor[[0, 2], [1, 3]], tensor[None, 1:3, ::2].shape)

# Joining
t1 = torch.cat([tensor, tensor, tensor], dim=1)
print(t1)
print(torch.stack((tensor[0], tensor[1])).shape)

# Arithmetic
y1 = tensor @ tensor.T
y2 = tensor.matmul(tensor.T)
print(y1, torch.equal(y1, y2))
z1 = tensor * tensor
z2 = tensor.mul(tensor)
print((z1 == z2).all())

agg = tensor.sum()
agg_item = agg.item()
print(agg, agg_item, type(agg_item))

# In place
print(f"{tensor} \n")
tensor.add_(5)
print(tensor)

# Bridge with NumPy
t = torch.ones(5)
n = t.numpy()
t.add_(1)
print(f"t: {t}")
print(f"n: {n}")
np.add(n, 1, out=n)
print(f"t: {t}")
print(f"n: {n}")

# reductions
m = torch.randn(2, 3)
print(m.max(), m.argmax(), m.max(dim=1), m.min(0).values, m.mean(1, keepdim=True), m.std())
print(torch.sort(m, descending=True))
print(m.topk(2))
