"""What the optimizers share whose update treats every element alone: all but three."""

from __future__ import annotations

from typing import Any, ClassVar

from minitorch_ff._checks import check
from minitorch_ff._devices import cuda_runtime, device
from minitorch_ff._dtypes import float32, float64, get_default_dtype
from minitorch_ff._functions.creation import full, full_like, zeros_like
from minitorch_ff._tensor import Tensor
from minitorch_ff.firefly.backend.registry import is_loaded
from minitorch_ff.firefly.modes import set_grad_enabled
from minitorch_ff.optim._buckets import Bucket, Plan, State, share_memory
from minitorch_ff.optim._settings import (
    Group, all_settings, check_settings, settings_of, with_numbers,
)  # fmt: skip
from minitorch_ff.optim.optimizer import GroupOptimizer, ParamsT

__all__ = ["Bucket", "ElementwiseOptimizer", "Group", "State", "count", "counter", "keep"]

FLAGS = {
    "amsgrad": False, "centered": False, "nesterov": False, "foreach": None, "maximize": False,
    "differentiable": False, "capturable": False, "decoupled_weight_decay": False, "fused": None,
}  # fmt: skip
"""What a setting means that came later than a checkpoint in which it is missing."""


class ElementwiseOptimizer(GroupOptimizer):
    """An optimizer whose parameters can share buckets (`_buckets.py`).

    A subclass names the state that has an element for each of the parameter's (`arrays`)
    and the state that is one number (`counters`), and updates a bucket with one primitive
    (`_update`). `_formula` is the same update in tensor operations, which autograd can
    record: for `differentiable=True`.
    """

    arrays: ClassVar[tuple[str, ...]] = ()
    """The state that has an element for each of the parameter's."""

    counters: ClassVar[dict[str, float]] = {"step": 0.0}
    """The state that is a single number, and its first value."""

    counters_beside_params: ClassVar[bool] = False
    """Whether these numbers are on the GPU even if no flag wants them there."""

    settings_of_old: ClassVar[dict[str, Any]] = {}
    """What further settings mean, beside `FLAGS`, if a checkpoint lacks them."""

    computes_only: ClassVar[bool] = False
    """Whether `_update` decides nothing by settings or the number of the step, so that it takes
    0-d buffers for them as well."""

    capturable_state: ClassVar[str] = "params and state_steps"
    """What `capturable=True` wants on a GPU, in the words of the message."""

    checked: ClassVar[str] = ""
    """The settings that `check_settings` looks at, in this order."""

    shown_first: ClassVar[str] = ""
    """The settings that groups show first; the others come in the order of the signature."""

    def __init__(self, params: ParamsT, constructor: dict[str, Any]) -> None:
        """Take the settings from a subclass's constructor, which passes its `locals()`."""
        check_settings(**settings_of(self.checked, constructor))
        defaults = all_settings(constructor, self.shown_first)
        self._plans: dict[int, Plan | None] = {}
        self._in_graphs = False  # whether a CUDA graph may have counted steps
        super().__init__(params, defaults)
        if defaults.get("fused"):
            if defaults["differentiable"]:
                raise RuntimeError("`fused` does not support `differentiable`")
            if defaults["foreach"]:
                raise RuntimeError("`fused` and `foreach` cannot be `True` together.")

    # ------------------------------------------------------ what a subclass provides

    def _arrays(self, group: Group) -> tuple[str, ...]:
        """The `arrays` that a group needs: all, unless its settings have a say in it."""
        return self.arrays

    def _start(self, name: str, group: Group) -> float:
        """The first value of a counter, or of all elements of an array."""
        return self.counters.get(name, 0.0)

    def _update(self, bucket: Bucket, group: Group, step: float) -> None:
        """Update a bucket, for the `step`-th time; the settings in `group` are Python numbers."""
        raise NotImplementedError

    def _formula(self, param: Tensor, grad: Tensor, state: State, group: Group, new: bool) -> None:
        """Update one parameter by tensor operations, `grad` being what `_decayed` returns."""
        raise NotImplementedError

    # --------------------------------------------------------------------- the step

    def _step_group(self, place: int, group: Group) -> None:
        """Update a group, the one at this place in the list, by its buckets if it has any."""
        captured = is_loaded("cuda") and self._is_captured(group)
        by_tensors = group["differentiable"] or (captured and not self.computes_only)
        plan = None if by_tensors else self._plan(place, group, captured)
        if plan is None:
            self._step_with_tensors(group)
            return
        settings = with_numbers(group, captured)
        for bucket in plan.buckets:
            bucket.load()
            self._update(bucket, settings, bucket.count_step(captured))
            bucket.store()

    def _is_captured(self, group: Group) -> bool:
        """Whether a CUDA graph is captured, in which counters must count on the GPU.

        Raises:
            RuntimeError: They do not.
        """
        on_gpu = [p for p in group["params"][:1] if p.is_cuda]
        if not (self.counters and on_gpu and cuda_runtime().current_stream().is_capturing()):
            return False
        check(
            group.get("capturable"),
            "Attempting CUDA graph capture of step() for an instance of "
            f"{type(self).__name__} but param_groups' capturable is False",
        )
        self._in_graphs = True
        for plan in self._plans.values():
            if plan is not None:
                plan.never_trust_counts()
        return True

    def _plan(self, place: int, group: Group, captured: bool = False) -> Plan | None:
        """The group's buckets, made anew if the last step's are out of date.

        None if parameters share memory: they want their updates one after the other. Or if the
        step is captured, and there are none: for that, numbers would have to be read.
        """
        params, names = group["params"], self._arrays(group)
        plan = self._plans.get(place)
        if (
            plan is None
            or plan.array_names != names
            or not plan.holds(params, self.state)
            or not (captured or all(map(Bucket.counts_agree, plan.buckets)))
        ):
            if captured:
                return None
            plan = self._plans[place] = self._new_plan(params, names, group)
        return plan

    def _new_plan(self, params: list[Tensor], names: tuple[str, ...], group: Group) -> Plan | None:
        """Make what is to be remembered of new parameters, and fill buckets."""
        if share_memory(params):
            return None
        idle: tuple[State, bool] = {}, False
        known = [idle if p.grad is None else self._state_of(p, group) for p in params]
        self._check_group([p for p in params if p.grad is not None], group)
        plan = Plan(params, known, names, tuple(self.counters))
        if self._in_graphs:
            plan.never_trust_counts()
        return plan

    def _state_of(self, param: Tensor, group: Group) -> tuple[State, bool]:
        """What is remembered of a parameter, and whether this is its first step."""
        state = self.state[param]
        if state:
            return state, False
        for name in self.counters:
            start = self._start(name, group)
            state[name] = counter(start, param, group, self.counters_beside_params)
        for name in self._arrays(group):
            start = self._start(name, group)
            both = complex(start, start) if param.is_complex() else start
            state[name] = full_like(param, both) if start else zeros_like(param)
        return state, True

    def _check_group(self, params: list[Tensor], group: Group) -> None:
        """Refuse flags that the parameters' dtype or device does not allow."""
        for param in params:
            if group.get("capturable") and param.device.type == "cpu":
                raise AssertionError(
                    f"If capturable=True, {self.capturable_state} must be on supported "
                    "devices: ['cuda', 'xpu', 'hpu', 'privateuseone', 'xla']."
                )
            if group.get("fused") and not param.is_floating_point():
                raise RuntimeError(
                    "`fused=True` requires all the params to be floating point Tensors of "
                    "supported devices: ['mps', 'cuda', 'xpu', 'hpu', 'cpu', 'mtia', "
                    f"'privateuseone'] but {param.dtype} and {param.device.type}"
                )

    def _step_with_tensors(self, group: Group) -> None:
        """Update parameter by parameter; recorded if the group is differentiable."""
        params = [param for param in group["params"] if param.grad is not None]
        self._check_group(params, group)
        known: dict[int, tuple[State, bool]] = {}
        for param in params:
            if param.is_complex():
                raise NotImplementedError(
                    "complex parameters are supported neither with differentiable=True nor where "
                    "they share memory; use torch.view_as_complex in the model"
                )
            known.setdefault(id(param), self._state_of(param, group))
        for param in params:
            state, first = known[id(param)]
            if "step" in state:
                state["step"].add_(1)
            with set_grad_enabled(group["differentiable"]):
                grad = -param.grad if group["maximize"] else param.grad
                self._formula(param, _decayed(param, grad, group), state, group, first)

    # ---------------------------------------------------------------- saved states

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self._plans, self._in_graphs = {}, False
        for group in self.param_groups:
            for name, value in (*self.settings_of_old.items(), *FLAGS.items()):
                if name in self.defaults:
                    group.setdefault(name, value)
            for param in group["params"]:
                remembered = self.state.get(param) or {}
                for name in self.counters if remembered else ():
                    value = remembered[name]
                    if not isinstance(value, Tensor):  # as PyTorch once saved it
                        remembered[name] = counter(float(value), param, group)


def counter(value: float, param: Tensor, group: Group, beside_param: bool = False) -> Tensor:
    """A number of the state: on the CPU, unless a flag wants it on the GPU."""
    fused = group.get("fused")
    double = get_default_dtype() is float64 and not fused
    return full(
        (),
        value,
        dtype=float64 if double else float32,
        device=param.device if beside_param or fused or group.get("capturable") else device("cpu"),
    )


def count(state: State, name: str, group: Group) -> Any:
    """A counter's value; still a tensor if it may be captured, and counts on at every launch."""
    return state[name] if group.get("capturable") else state[name].item()


def _decayed(param: Tensor, grad: Tensor, group: Group) -> Tensor:
    """The gradient with the pull towards zero; or, if decoupled, the pull itself."""
    if group.get("decoupled_weight_decay"):
        param.mul_(1 - group["lr"] * group["weight_decay"])
    elif "weight_decay" in group:
        return grad + group["weight_decay"] * param
    return grad


def keep(state: State, **values: Tensor) -> None:
    """Write new values into the arrays of a state."""
    for name, value in values.items():
        state[name].copy_(value)
