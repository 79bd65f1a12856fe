"""Focal loss, label smoothing, dice, contrastive pairs: losses as modules and functions."""
from typing import Optional

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor


class FocalLoss(nn.Module):
    def __init__(self, alpha: Optional[Tensor] = None, gamma: float = 2.0, reduction: str = "mean"):
        super().__init__()
        self.register_buffer("alpha", alpha)
        self.gamma, self.reduction = gamma, reduction

    def forward(self, inputs: Tensor, targets: Tensor) -> Tensor:
        log_p = F.log_softmax(inputs, dim=-1)
        ce = F.nll_loss(log_p, targets, weight=self.alpha, reduction="none")
        pt = log_p.gather(1, targets.unsqueeze(1)).squeeze(1).exp()
        loss = (1 - pt).pow(self.gamma) * ce
        return {"mean": loss.mean, "sum": loss.sum}.get(self.reduction, lambda: loss)()

    def extra_repr(self) -> str:
        return f"gamma={self.gamma}"


class LabelSmoothing(nn.Module):
    def __init__(self, smoothing=0.1):
        super().__init__()
        self.confidence, self.smoothing = 1.0 - smoothing, smoothing

    def forward(self, x, target):
        logprobs = F.log_softmax(x, dim=-1)
        nll_loss = -logprobs.gather(dim=-1, index=target.unsqueeze(1)).squeeze(1)
        smooth_loss = -logprobs.mean(dim=-1)
        return (self.confidence * nll_loss + self.smoothing * smooth_loss).mean()


def dice_loss(pred, target, smooth=1.):
    pred = torch.sigmoid(pred).reshape(-1)
    target = target.reshape(-1)
    intersection = (pred * target).sum()
    return 1 - (2. * intersection + smooth) / (pred.sum() + target.sum() + smooth)


class RMSLELoss(nn.Module):
    def __init__(self):
        super().__init__()
        self.mse = nn.MSELoss()

    def forward(self, pred, actual):
        return torch.sqrt(self.mse(torch.log(pred + 1), torch.log(actual + 1)))


torch.manual_seed(0)
logits = torch.randn(6, 4, requires_grad=True)
target = torch.tensor([0, 1, 2, 3, 1, 0])
losses = {
    "cross entropy": F.cross_entropy(logits, target),
    "focal": FocalLoss()(logits, target),
    "focal weighted": FocalLoss(torch.tensor([1., 2., 1., .5]), 1.5, "sum")(logits, target),
    "label smoothing": LabelSmoothing(0.1)(logits, target),
    "built-in smoothing": nn.CrossEntropyLoss(label_smoothing=0.1)(logits, target),
    "dice": dice_loss(logits[:, 0], (target == 0).float()),
    "rmsle": RMSLELoss()(logits.exp(), torch.ones(6, 4)),
    "soft targets": F.cross_entropy(logits, torch.full((6, 4), 0.25)),
    "ignore": F.cross_entropy(logits, target, ignore_index=1),
    "kl": F.kl_div(logits.log_softmax(1), torch.full((6, 4), 0.25), reduction="batchmean"),
    "hinge": F.multi_margin_loss(logits, target),
    "huber": F.huber_loss(logits, torch.zeros_like(logits), delta=0.5),
}
for name, loss in losses.items():
    (grad,) = torch.autograd.grad(loss, logits, retain_graph=True)
    print(f"{name:>20} {loss.item():.6f} grad {grad.norm():.6f} {loss}")
print(FocalLoss(), FocalLoss(reduction="none")(logits, target))
weights = nn.Parameter(torch.ones(4) / 4)
opt = torch.optim.Adam([weights], lr=0.05)
for i in range(41):
    loss = FocalLoss()(logits.detach() * weights, target)
    opt.zero_grad(); loss.backward(); opt.step()
    if i % 10 == 0:
        print(i, round(loss.item(), 5))
print(weights)
