"""Adam with decoupled weight decay."""

from __future__ import annotations

from typing import Any

from minitorch_ff._tensor import Tensor
from minitorch_ff.optim._settings import all_settings
from minitorch_ff.optim.adam import Adam
from minitorch_ff.optim.optimizer import ParamsT

__all__ = ["AdamW"]


class AdamW(Adam):
    r"""Adam that shrinks parameters by themselves, not through their gradients.

    $$ \theta_t = (1 - \gamma \lambda)\, \theta_{t-1} -
       \gamma\, \frac{m_t / (1 - \beta_1^t)}{\sqrt{v_t / (1 - \beta_2^t)} + \epsilon} $$

    with the averages $m_t$ and $v_t$ of `Adam`. As a loop:

        for p, m, v in zip(params, exp_avgs, exp_avg_sqs):
            m.lerp_(p.grad, 1 - beta1)
            v.lerp_(p.grad * p.grad, 1 - beta2)
            p *= 1 - lr * weight_decay
            p -= lr * m / (1 - beta1**t) / ((v / (1 - beta2**t)).sqrt() + eps)

    Args:
        params: Tensors, `(name, tensor)` pairs, or parameter groups.
        lr: Learning rate $\gamma$.
        betas: Weights of the past in both averages, $\beta_1$ and $\beta_2$.
        eps: $\epsilon$, keeps the quotient finite.
        weight_decay: $\lambda$.
        amsgrad: Divide by the largest $v_t$ so far.
        maximize: Go up instead of down.
        foreach: Without effect here: all implementations are one.
        capturable: For a GPU; refused at the step on the CPU, as in PyTorch.
        differentiable: Record the step itself, so that it can be differentiated.
        fused: Without effect here.

    Raises:
        ValueError: A setting is out of its range.

    Example:
        >>> import minitorch_ff as torch
        >>> w = torch.nn.Parameter(torch.tensor([1.0, -2.0]))
        >>> optimizer = torch.optim.AdamW([w], lr=0.1, weight_decay=0.5)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> w.data
        tensor([ 0.8500, -1.8000])

    See: I. Loshchilov, F. Hutter, [Decoupled Weight Decay
        Regularization](https://arxiv.org/abs/1711.05101), 2019;
        [torch.optim.AdamW](https://docs.pytorch.org/docs/stable/generated/torch.optim.AdamW.html).
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-3,
        betas: tuple[float | Tensor, float | Tensor] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        given = all_settings(locals())
        super().__init__(params, **given, decoupled_weight_decay=True)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:  # whatever the checkpoint says
            group["decoupled_weight_decay"] = True
