import torch
import torch.nn as nn

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(6, 16), nn.LayerNorm(16), nn.GELU(), nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 1))

# no decay for biases and norms, as in nanoGPT-like code
param_dict = {pn: p for pn, p in model.named_parameters() if p.requires_grad}
decay_params = [p for n, p in param_dict.items() if p.dim() >= 2]
nodecay_params = [p for n, p in param_dict.items() if p.dim() < 2]
optim_groups = [
    {'params': decay_params, 'weight_decay': 0.1},
    {'params': nodecay_params, 'weight_decay': 0.0}
]
num_decay_params = sum(p.numel() for p in decay_params)
num_nodecay_params = sum(p.numel() for p in nodecay_params)
print(f"num decayed parameter tensors: {len(decay_params)}, with {num_decay_params:,} parameters")
print(f"num non-decayed parameter tensors: {len(nodecay_params)}, with {num_nodecay_params:,} parameters")
optimizer = torch.optim.AdamW(optim_groups, lr=1e-2, betas=(0.9, 0.95))
print(optimizer)

x = torch.randn(32, 6)
t = x.sum(1, keepdim=True).sin()
for i in range(21):
    loss = nn.functional.mse_loss(model(x), t)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
    if i % 5 == 0:
        print(i, f"{loss.item():.6f}", f"{sum(p.norm() ** 2 for p in decay_params):.5f}")

# fine-tuning: freeze everything but the head, then add the frozen layer later
for p in model.parameters():
    p.requires_grad = False
for p in model[5].parameters():
    p.requires_grad = True
print([n for n, p in model.named_parameters() if p.requires_grad])
opt = torch.optim.SGD(filter(lambda p: p.requires_grad, model.parameters()), lr=0.05)
before = model[3].weight.clone()
for i in range(10):
    if i == 5:
        model[3].requires_grad_(True)
        opt.add_param_group({"params": model[3].parameters(), "lr": 0.01})
    loss = nn.functional.mse_loss(model(x), t)
    opt.zero_grad()
    loss.backward()
    opt.step()
print(f"{loss.item():.6f}", (model[3].weight - before).abs().max(), [len(g["params"]) for g in opt.param_groups])
for group in opt.param_groups:
    group["lr"] *= 0.1
print([g["lr"] for g in opt.param_groups])
try:
    opt.add_param_group({"params": model[3].parameters()})
except ValueError as e:
    print(e)

# L1 and L2 by hand
w = nn.Linear(6, 1)
o = torch.optim.SGD(w.parameters(), lr=0.1)
for i in range(30):
    l1 = sum(p.abs().sum() for p in w.parameters())
    l2 = sum((p ** 2).sum() for p in w.parameters())
    total = nn.MSELoss()(w(x), 2 * x[:, :1]) + 0.05 * l1 + 0.01 * l2
    o.zero_grad(); total.backward(); o.step()
print(w.weight, total)
