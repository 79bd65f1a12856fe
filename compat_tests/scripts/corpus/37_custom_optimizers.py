"""Optimizers of one's own as subclasses of torch.optim.Optimizer, compared with torch's."""
import math
import torch
from torch.optim import Optimizer


class PlainSGD(Optimizer):
    def __init__(self, params, lr=1e-2, momentum=0.0):
        if lr < 0.0:
            raise ValueError(f"Invalid learning rate: {lr}")
        super().__init__(params, dict(lr=lr, momentum=momentum))

    @torch.no_grad()
    def step(self, closure=None):
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                d_p = p.grad
                if group["momentum"]:
                    state = self.state[p]
                    if "buf" not in state:
                        state["buf"] = torch.clone(d_p).detach()
                    else:
                        state["buf"].mul_(group["momentum"]).add_(d_p)
                    d_p = state["buf"]
                p.add_(d_p, alpha=-group["lr"])
        return loss


class MyAdam(Optimizer):
    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
        defaults = dict(lr=lr, betas=betas, eps=eps)
        super(MyAdam, self).__init__(params, defaults)

    def step(self, closure=None):
        for group in self.param_groups:
            b1, b2 = group['betas']
            for p in group['params']:
                if p.grad is None:
                    continue
                grad = p.grad.data
                state = self.state[p]
                if len(state) == 0:
                    state['step'] = 0
                    state['exp_avg'] = torch.zeros_like(p.data)
                    state['exp_avg_sq'] = torch.zeros_like(p.data)
                state['step'] += 1
                m, v = state['exp_avg'], state['exp_avg_sq']
                m.mul_(b1).add_(grad, alpha=1 - b1)
                v.mul_(b2).addcmul_(grad, grad, value=1 - b2)
                step_size = group['lr'] * math.sqrt(1 - b2 ** state['step']) / (1 - b1 ** state['step'])
                p.data.addcdiv_(m, v.sqrt().add_(group['eps']), value=-step_size)


class Lion(Optimizer):
    def __init__(self, params, lr=1e-2, betas=(0.9, 0.99)):
        super().__init__(params, {"lr": lr, "betas": betas})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in filter(lambda p: p.grad is not None, group["params"]):
                m = self.state[p].setdefault("m", torch.zeros_like(p))
                b1, b2 = group["betas"]
                p.sub_((b1 * m + (1 - b1) * p.grad).sign(), alpha=group["lr"])
                m.lerp_(p.grad, 1 - b2)


def train(make, steps=60):
    torch.manual_seed(0)
    X = torch.randn(50, 5)
    y = X @ torch.arange(1., 6.) + 0.1 * torch.randn(50)
    model = torch.nn.Linear(5, 1)
    opt = make(model.parameters())
    log = []
    for i in range(steps):
        opt.zero_grad()
        loss = ((model(X).squeeze() - y) ** 2).mean()
        loss.backward()
        opt.step()
        if i % 15 == 14:
            log.append(f"{loss.item():.5f}")
    return opt, log


for name, make in {
    "PlainSGD": lambda p: PlainSGD(p, 0.05, 0.5), "torch SGD": lambda p: torch.optim.SGD(p, 0.05, 0.5),
    "MyAdam": lambda p: MyAdam(p, 0.2), "torch Adam": lambda p: torch.optim.Adam(p, 0.2),
    "Lion": lambda p: Lion(p, 0.1), "Adagrad": lambda p: torch.optim.Adagrad(p, 0.5),
    "Adamax": lambda p: torch.optim.Adamax(p, 0.2), "NAdam": lambda p: torch.optim.NAdam(p, 0.2),
    "RAdam": lambda p: torch.optim.RAdam(p, 0.2), "Rprop": lambda p: torch.optim.Rprop(p, 0.05),
    "ASGD": lambda p: torch.optim.ASGD(p, 0.05), "Adadelta": lambda p: torch.optim.Adadelta(p, 5.0),
}.items():
    opt, log = train(make)
    print(f"{name:<11}", *log)
    if "torch" not in name:
        print(opt)
opt, _ = train(lambda p: PlainSGD(p, 0.05, 0.5))
sd = opt.state_dict()
print(sd["state"][1], sd["param_groups"])
loss = opt.step(lambda: torch.tensor(1.5))
print(loss)
try:
    PlainSGD([torch.zeros(1)], lr=-1)
except ValueError as e:
    print(e)
try:
    PlainSGD([])
except ValueError as e:
    print(e)
