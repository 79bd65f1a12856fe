import warnings

import torch
from torch import nn
from torch.optim import lr_scheduler as S


def fresh():
    torch.manual_seed(0)
    layer = nn.Linear(2, 1)
    return torch.optim.SGD(layer.parameters(), lr=0.1, momentum=0.9)


makers = dict(
    StepLR=lambda o: S.StepLR(o, step_size=3, gamma=0.5),
    MultiStepLR=lambda o: S.MultiStepLR(o, milestones=[2, 5], gamma=0.1),
    ExponentialLR=lambda o: S.ExponentialLR(o, gamma=0.9),
    LambdaLR=lambda o: S.LambdaLR(o, lr_lambda=lambda e: 1 / (1 + e)),
    MultiplicativeLR=lambda o: S.MultiplicativeLR(o, lambda e: 0.95),
    ConstantLR=lambda o: S.ConstantLR(o, factor=0.5, total_iters=4),
    LinearLR=lambda o: S.LinearLR(o, start_factor=0.1, total_iters=5),
    PolynomialLR=lambda o: S.PolynomialLR(o, total_iters=8, power=2.0),
    CosineAnnealingLR=lambda o: S.CosineAnnealingLR(o, T_max=5, eta_min=0.01),
    CosineAnnealingWarmRestarts=lambda o: S.CosineAnnealingWarmRestarts(o, T_0=3, T_mult=2),
    CyclicLR=lambda o: S.CyclicLR(o, base_lr=0.01, max_lr=0.2, step_size_up=3, mode="triangular2"),
    OneCycleLR=lambda o: S.OneCycleLR(o, max_lr=0.3, total_steps=10),
    Sequential=lambda o: S.SequentialLR(o, [S.LinearLR(o, 0.1, total_iters=3), S.ExponentialLR(o, 0.8)], milestones=[3]),
    Chained=lambda o: S.ChainedScheduler([S.ConstantLR(o, 0.1, total_iters=2), S.ExponentialLR(o, 0.9)]),
)
for name, make in makers.items():
    optimizer = fresh()
    scheduler = make(optimizer)
    rates = []
    for epoch in range(9):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    print(f"{name:<28}", " ".join(f"{r:.5f}" for r in rates))
    print(" " * 28, scheduler.get_last_lr(), scheduler.last_epoch if hasattr(scheduler, "last_epoch") else "-")

optimizer = fresh()
plateau = S.ReduceLROnPlateau(optimizer, mode="min", factor=0.1, patience=1)
for loss in [1.0, 0.9, 0.95, 0.93, 0.92, 0.91, 0.8]:
    plateau.step(loss)
    print(loss, optimizer.param_groups[0]["lr"], plateau.num_bad_epochs)
print({k: v for k, v in plateau.state_dict().items() if k != "mode_worse"})

optimizer = fresh()
scheduler = S.StepLR(optimizer, 2)
print(scheduler.state_dict())
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    scheduler.step()
print(len(caught), str(caught[0].message)[:60])
print(optimizer.param_groups[0].keys())
print(optimizer)
