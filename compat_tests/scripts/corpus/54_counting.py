"""A model summary: shapes, parameters and multiplications, without any clock."""
from collections import OrderedDict, defaultdict

import torch
import torch.nn as nn


def summary(model, input_size, batch_size=-1):
    rows = OrderedDict()
    hooks = []

    def register_hook(module):
        def hook(module, input, output):
            class_name = str(module.__class__).split(".")[-1].split("'")[0]
            m_key = "%s-%i" % (class_name, len(rows) + 1)
            rows[m_key] = OrderedDict()
            rows[m_key]["input_shape"] = list(input[0].size())
            rows[m_key]["output_shape"] = [batch_size] + list(output.size())[1:]
            params = 0
            if hasattr(module, "weight") and hasattr(module.weight, "size"):
                params += torch.prod(torch.LongTensor(list(module.weight.size())))
                rows[m_key]["trainable"] = module.weight.requires_grad
            if hasattr(module, "bias") and hasattr(module.bias, "size"):
                params += torch.prod(torch.LongTensor(list(module.bias.size())))
            rows[m_key]["nb_params"] = params

        if not isinstance(module, nn.Sequential) and not isinstance(module, nn.ModuleList) and module != model:
            hooks.append(module.register_forward_hook(hook))

    model.apply(register_hook)
    model(torch.rand(2, *input_size))
    for h in hooks:
        h.remove()
    print("----------------------------------------------------------------")
    print("{:>20}  {:>25} {:>15}".format("Layer (type)", "Output Shape", "Param #"))
    print("================================================================")
    total_params = 0
    for layer in rows:
        print("{:>20}  {:>25} {:>15}".format(layer, str(rows[layer]["output_shape"]), "{0:,}".format(rows[layer]["nb_params"])))
        total_params += rows[layer]["nb_params"]
    print("Total params: {0:,}".format(total_params))


class Block(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.norm = nn.LayerNorm(d)
        self.up, self.down = nn.Linear(d, 4 * d), nn.Linear(4 * d, d)

    def forward(self, x):
        return x + self.down(torch.relu(self.up(self.norm(x))))


torch.manual_seed(0)
model = nn.Sequential(nn.Flatten(), nn.Linear(64, 16), Block(16), Block(16), nn.Linear(16, 10, bias=False))
summary(model, (1, 8, 8))

flops = defaultdict(int)
handles = [m.register_forward_hook(lambda m, i, o: flops.__setitem__(type(m).__name__, flops[type(m).__name__] + i[0].numel() // m.in_features * m.weight.numel()))
           for m in model.modules() if isinstance(m, nn.Linear)]
model(torch.zeros(5, 1, 8, 8))
print(dict(flops))
print(sum(p.numel() * p.element_size() for p in model.parameters()), "bytes")
print(f"{sum(p.numel() for p in model.parameters() if p.requires_grad):,}")
for name, p in model.named_parameters():
    print(f"{name:<20} {str(tuple(p.shape)):>10} {p.dtype} {p.is_contiguous()} {p.stride()}")
print([name for name, _ in model.named_modules()])
print(model)
model.half()
print({p.dtype for p in model.parameters()}, next(model.parameters()).device)
model.double()
print(model(torch.zeros(1, 64, dtype=torch.double)).dtype, repr(model[2]))
