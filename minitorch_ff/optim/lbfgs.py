"""L-BFGS."""

from __future__ import annotations

from typing import Any

from minitorch_ff._functions.creation import zeros
from minitorch_ff._functions.joining import cat
from minitorch_ff._tensor import Tensor
from minitorch_ff.firefly.modes import enable_grad, no_grad
from minitorch_ff.optim._line_search import Point, strong_wolfe
from minitorch_ff.optim._settings import check_settings, settings_of
from minitorch_ff.optim.optimizer import Closure, Optimizer, ParamsT

__all__ = ["LBFGS"]

State = dict[str, Any]


class LBFGS(Optimizer):
    r"""A quasi-Newton method: learns the curvature from the last gradients.

    Each step goes along $d = -H g$, where $H$ stands for the inverse of the Hessian. It
    is never stored: from changes of the parameters $s_i$ and of the gradient $y_i$ in
    the last iterations the product is computed directly (the two-loop recursion). One
    call of `step` runs up to `max_iter` iterations on one batch.

    All parameters are in one group.

    Args:
        params: Tensors, `(name, tensor)` pairs, or one parameter group.
        lr: Length of a step, in units of $d$; with a line search that of the first
            trial.
        max_iter: Iterations in one call of `step`.
        max_eval: Evaluations of the closure in one call; default `max_iter * 5 // 4`.
        tolerance_grad: Stop when no element of the gradient is larger.
        tolerance_change: Stop when neither parameters nor loss change more.
        history_size: How many pairs $(s_i, y_i)$ are kept.
        line_search_fn: `"strong_wolfe"`, or None for steps of fixed length.

    Raises:
        ValueError: `lr` is negative, or there are several groups.

    Example:
        >>> import minitorch_ff as torch
        >>> w = torch.nn.Parameter(torch.tensor([3.0, -2.0]))
        >>> optimizer = torch.optim.LBFGS([w], line_search_fn="strong_wolfe")
        >>> def closure():
        ...     optimizer.zero_grad()
        ...     loss = ((w - torch.tensor([1.0, 2.0])) ** 2).sum()
        ...     loss.backward()
        ...     return loss
        >>> optimizer.step(closure).item()
        20.0
        >>> w.data
        tensor([1.0000, 2.0000])

    See: J. Nocedal, S. Wright, Numerical Optimization, 2006, algorithms 7.4 and 7.5;
        [torch.optim.LBFGS](https://docs.pytorch.org/docs/stable/generated/torch.optim.LBFGS.html).
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        check_settings(lr=lr)
        names = "lr max_iter max_eval tolerance_grad tolerance_change history_size line_search_fn"
        max_eval = max_iter * 5 // 4 if max_eval is None else max_eval
        super().__init__(params, settings_of(names, locals()))
        if len(self.param_groups) != 1:
            raise ValueError("LBFGS doesn't support per-parameter options (parameter groups)")
        if any(param.is_complex() for param in self._params):
            raise NotImplementedError(
                "LBFGS is not supported for complex parameters; use a real one and "
                "torch.view_as_complex in the model"
            )

    @property
    def _params(self) -> list[Tensor]:
        """All parameters."""
        params: list[Tensor] = self.param_groups[0]["params"]
        return params

    @no_grad()
    def step(self, closure: Closure) -> Any:
        """Iterate until nothing changes any more, or the evaluations are used up.

        Args:
            closure: Computes the loss and its gradients anew, and returns the loss.

        Returns:
            What `closure` returned at first.

        Raises:
            RuntimeError: `line_search_fn` is neither None nor `"strong_wolfe"`.
        """
        closure = enable_grad()(closure)
        group = self.param_groups[0]
        lr = group["lr"].squeeze() if isinstance(group["lr"], Tensor) else group["lr"]

        # The state of all parameters is filed under the first: so loading casts it.
        state = self.state[self._params[0]]
        state.setdefault("func_evals", 0)
        state.setdefault("n_iter", 0)

        first_loss = closure()
        loss = float(first_loss)
        evaluations = 1
        state["func_evals"] += 1
        grad = self._flat_grad()
        if grad.abs().max() <= group["tolerance_grad"]:
            return first_loss

        names = "d", "t", "old_dirs", "old_stps", "ro", "H_diag", "prev_flat_grad"
        memory = {name: state.get(name) for name in (*names, "prev_loss")}
        for iteration in range(1, group["max_iter"] + 1):
            state["n_iter"] += 1
            if state["n_iter"] == 1:
                memory.update(d=grad.neg(), old_dirs=[], old_stps=[], ro=[], H_diag=1)
            else:
                _remember(memory, grad, group["history_size"])
                memory["d"] = _direction(memory, state, grad, group["history_size"])
            direction = memory["d"]
            if memory["prev_flat_grad"] is None:
                memory["prev_flat_grad"] = grad.clone()
            else:
                memory["prev_flat_grad"].copy_(grad)
            memory["prev_loss"] = loss

            length = lr
            if state["n_iter"] == 1:
                length = min(1.0, 1.0 / grad.abs().sum()) * lr
            memory["t"] = length
            slope = grad.dot(direction)
            if slope > -group["tolerance_change"]:
                break

            used = 0
            last = iteration == group["max_iter"]
            if group["line_search_fn"] is not None:
                start = Point(0, loss, grad.clone(), slope)
                left = group["max_eval"] - evaluations
                found, used = self._search(closure, start, length, direction, left)
                length, loss, grad = found.length, found.loss, found.grad
                memory["t"] = length
                self._move(length, direction)
            else:
                self._move(length, direction)
                if not last:  # the next call evaluates at this place anyway
                    loss = float(closure())
                    grad = self._flat_grad()
                    used = 1
            evaluations += used
            state["func_evals"] += used

            if (
                last
                or evaluations >= group["max_eval"]
                or grad.abs().max() <= group["tolerance_grad"]
                or direction.mul(length).abs().max() <= group["tolerance_change"]
                or abs(loss - memory["prev_loss"]) < group["tolerance_change"]
            ):
                break
        state.update(memory)
        return first_loss

    def _search(
        self, closure: Closure, start: Point, length: Any, direction: Tensor, evaluations: int
    ) -> tuple[Point, int]:
        """Look along the direction for a length that satisfies Wolfe's conditions."""
        if self.param_groups[0]["line_search_fn"] != "strong_wolfe":
            raise RuntimeError("only 'strong_wolfe' is supported")
        home = [param.clone() for param in self._params]

        def evaluate(length: Any) -> Point:
            self._move(length, direction)
            loss = float(closure())
            grad = self._flat_grad()
            for param, value in zip(self._params, home, strict=True):
                param.copy_(value)
            return Point(length, loss, grad, grad.dot(direction))

        return strong_wolfe(evaluate, start, length, direction.abs().max(), evaluations)

    def _flat_grad(self) -> Tensor:
        """The gradients of all parameters in one vector."""
        return cat(
            [
                zeros(param.numel(), dtype=param.dtype, device=param.device)
                if param.grad is None
                else param.grad.reshape(-1)
                for param in self._params
            ]
        )

    def _move(self, length: Any, direction: Tensor) -> None:
        """Go so far along the direction."""
        start = 0
        for param in self._params:
            end = start + param.numel()
            param.add_(direction[start:end].view_as(param), alpha=float(length))
            start = end


def _remember(memory: State, grad: Tensor, history_size: int) -> None:
    """Keep the last change of the parameters, and of the gradient, as a pair."""
    y = grad.sub(memory["prev_flat_grad"])
    s = memory["d"].mul(memory["t"])
    curvature = y.dot(s)
    if curvature <= 1e-10:
        return
    if len(memory["old_dirs"]) == history_size:
        for name in ("old_dirs", "old_stps", "ro"):
            memory[name].pop(0)
    memory["old_dirs"].append(y)
    memory["old_stps"].append(s)
    memory["ro"].append(1.0 / curvature)
    memory["H_diag"] = curvature / y.dot(y)


def _direction(memory: State, state: State, grad: Tensor, history_size: int) -> Tensor:
    """`-H g`, by the two-loop recursion: newest pair first, then oldest first."""
    shares = state.setdefault("al", [None] * history_size)
    ys, ss, ro = memory["old_dirs"], memory["old_stps"], memory["ro"]
    q = grad.neg()
    for i in reversed(range(len(ys))):
        shares[i] = ss[i].dot(q) * ro[i]
        q.add_(ys[i], alpha=-float(shares[i]))
    d = q.mul(memory["H_diag"])
    for i in range(len(ys)):
        d.add_(ss[i], alpha=float(shares[i] - ys[i].dot(d) * ro[i]))
    return d
