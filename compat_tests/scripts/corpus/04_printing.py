import torch

torch.manual_seed(42)
cases = {
    "int": torch.tensor([1, -20, 300]),
    "float": torch.tensor([1.0, 2.5, -3.25]),
    "whole floats": torch.tensor([1.0, 2.0, 3.0]),
    "large": torch.tensor([1e5, 1e9, 1.0]),
    "small": torch.tensor([1e-6, 2e-5, 1.0]),
    "nan/inf": torch.tensor([float("nan"), float("inf"), -float("inf"), 0.0]),
    "bool": torch.tensor([True, False]),
    "empty": torch.tensor([]),
    "empty2": torch.empty(0, 3),
    "scalar": torch.tensor(3.14159265),
    "int8": torch.tensor([1, 2], dtype=torch.int8),
    "double": torch.tensor([0.1, 0.2], dtype=torch.float64),
    "half": torch.tensor([0.1, 0.2]).half(),
    "grad": torch.tensor([1.0, 2.0], requires_grad=True),
    "long": torch.arange(2000),
    "matrix": torch.randn(50, 40),
    "cube": torch.randn(2, 2, 3),
}
for name, t in cases.items():
    print(f"{name:>14}: {t}")

leaf = cases["grad"]
print(leaf * 2, leaf.sum(), leaf.exp().log(), leaf[0], leaf.view(1, 2).t() @ leaf.view(1, 2), sep="\n")
print(torch.nn.Parameter(torch.rand(2, 2)))
print([torch.tensor(1), torch.tensor([2.])], (torch.tensor(True),), {"k": torch.zeros(2)})

torch.set_printoptions(precision=2)
print(torch.randn(3, 3))
torch.set_printoptions(precision=8, linewidth=60)
print(torch.rand(10))
torch.set_printoptions(threshold=10, edgeitems=2)
print(torch.arange(100.).view(10, 10))
torch.set_printoptions(profile="default")
torch.set_printoptions(sci_mode=True)
print(torch.tensor([1.0, 22.0, 333.0]))
torch.set_printoptions(sci_mode=False)
print(torch.tensor([1e-7, 1.0, 1e6]))
torch.set_printoptions(profile="full")
print(torch.arange(1100).shape, str(torch.arange(1100))[-40:])
torch.set_printoptions(profile="short")
print(torch.rand(4))
torch.set_printoptions(profile="default")

s = torch.tensor(2.71828)
print(f"{s:.3f} {s:8.2f} {s:e}", "%.2f" % s, "{:.4f}".format(s.item()), str(s), repr(s))
print(torch.float32, torch.int64, torch.bool, torch.device("cpu"), torch.device("cuda:0"), torch.Size([1, 2]))
print(repr(torch.strided), torch.get_default_dtype(), torch.contiguous_format)
print(torch.finfo(torch.float32), torch.iinfo(torch.int16).max)
print(torch.tensor([[1.5, float("nan")], [1e10, -2]]), torch.tensor([1 + 2j, 3.5 - 1j]))
print(type(s), s.type(), torch.tensor([1]).type(), isinstance(s, torch.FloatTensor))
