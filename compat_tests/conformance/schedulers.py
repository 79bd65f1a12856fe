"""Learning rate schedulers: twenty steps over two parameter groups."""

import dataclasses

import numpy as np
import torch

from compat_tests.conformance import scope
from compat_tests.conformance.callables import resolve
from compat_tests.conformance.compare import difference
from compat_tests.conformance.opinfo import Options
from compat_tests.conformance.outcome import Mismatch
from compat_tests.conformance.record import Record
from compat_tests.conformance.transfer import to_torch

STEPS = 20
METRICS = [1.0, 0.9, 0.9, 0.91, 0.92, 0.9, 0.95, 0.8, 0.8]  # for ReduceLROnPlateau


@dataclasses.dataclass
class Case:
    """A scheduler and its arguments after the optimizer."""

    name: str
    args: tuple
    kwargs: dict

    def build(self, impl, optimizer):
        schedulers = impl.optim.lr_scheduler
        if self.name in ("SequentialLR", "ChainedScheduler"):
            parts = [
                schedulers.ConstantLR(optimizer, factor=0.1, total_iters=4),
                schedulers.ExponentialLR(optimizer, gamma=0.9),
            ]
            if self.name == "ChainedScheduler":
                return schedulers.ChainedScheduler(parts)
            return schedulers.SequentialLR(optimizer, parts, milestones=[5])
        return find(self.name, impl)(optimizer, *self.args, **self.kwargs)


def case(name, *args, **kwargs) -> Case:
    return Case(name, args, kwargs)


CASES = [
    case("StepLR", step_size=3, gamma=0.5),
    case("StepLR", 5),
    case("MultiStepLR", milestones=[3, 8, 15], gamma=0.1),
    case("MultiStepLR", [2, 4]),
    case("ConstantLR", factor=0.5, total_iters=4),
    case("ConstantLR"),
    case("LinearLR", start_factor=0.25, total_iters=6),
    case("LinearLR", start_factor=0.1, end_factor=0.8, total_iters=10),
    case("ExponentialLR", gamma=0.9),
    case("PolynomialLR", total_iters=8, power=2.0),
    case("PolynomialLR"),
    case("CosineAnnealingLR", T_max=10),
    case("CosineAnnealingLR", T_max=5, eta_min=0.01),
    case("CosineAnnealingWarmRestarts", T_0=4),
    case("CosineAnnealingWarmRestarts", T_0=3, T_mult=2, eta_min=0.001),
    case("CyclicLR", base_lr=0.01, max_lr=0.1, step_size_up=4),
    case("CyclicLR", 0.01, 0.1, step_size_up=3, step_size_down=5, mode="triangular2"),
    case(
        "CyclicLR",
        base_lr=0.01,
        max_lr=0.1,
        step_size_up=4,
        mode="exp_range",
        gamma=0.95,
        cycle_momentum=False,
    ),
    case("OneCycleLR", max_lr=0.2, total_steps=25),
    case(
        "OneCycleLR",
        max_lr=0.2,
        epochs=5,
        steps_per_epoch=5,
        anneal_strategy="linear",
        three_phase=True,
    ),
    case("OneCycleLR", max_lr=[0.1, 0.3], total_steps=25, cycle_momentum=False),
    case("ReduceLROnPlateau"),
    case("ReduceLROnPlateau", mode="max", factor=0.5, patience=1, cooldown=1, min_lr=1e-3),
    case(
        "ReduceLROnPlateau",
        factor=0.3,
        patience=0,
        threshold=0.05,
        threshold_mode="abs",
    ),
    case("LambdaLR", lr_lambda=lambda epoch: 0.95**epoch),
    case("LambdaLR", [lambda epoch: 0.9**epoch, lambda epoch: 1 / (epoch + 1)]),
    case("MultiplicativeLR", lr_lambda=lambda epoch: 0.95),
    case("SequentialLR"),
    case("ChainedScheduler"),
    case("swa_utils.SWALR", swa_lr=0.05, anneal_epochs=5),
    case("swa_utils.SWALR", swa_lr=0.05, anneal_strategy="linear", anneal_epochs=3),
]


def find(name: str, impl):
    space = "optim." if "." in name else "optim.lr_scheduler."
    return resolve(impl, space + name)


def measure_scheduler(case: Case, impl, options: Options) -> Record:
    """Compare learning rates at every step, the state's names, and the parameters."""
    present = find(case.name, impl) is not None
    tier = scope.scheduler_tier(case.name)
    record = Record(case.name, tier, present, "scheduler", options.max_failures)

    def compare():
        ref_rates, ref_keys, ref_params = train(case, torch)
        if not present:
            raise Mismatch("missing", f"no {case.name}")
        got_rates, got_keys, got_params = train(case, impl)
        for t, (ref, got) in enumerate(zip(ref_rates, got_rates, strict=True)):
            if not np.allclose(ref, got, rtol=1e-9, atol=1e-12):
                raise Mismatch("lr", f"step {t}: {got} != {ref}")
        if ref_keys != got_keys:
            raise Mismatch("state_dict", f"{got_keys} != {ref_keys}")
        for ref, got in zip(ref_params, got_params, strict=True):
            if difference(ref, got):
                raise Mismatch("params", "parameters differ")

    record.attempt(compare, at=f"{case.args} {case.kwargs}"[:150])
    return record


def train(case: Case, impl, device="cpu") -> tuple[list, list, list]:
    """(learning rates and momenta at every step, the state's names, parameters)"""
    params = [
        impl.nn.Parameter(impl.tensor([1.0, 2.0], device=device)),
        impl.nn.Parameter(impl.tensor([3.0], device=device)),
    ]
    groups = [{"params": [params[0]]}, {"params": [params[1]], "lr": 0.02}]
    optimizer = impl.optim.SGD(groups, lr=0.1, momentum=0.9)
    scheduler = case.build(impl, optimizer)
    rates = []
    for t in range(STEPS):
        for p in params:
            p.grad = impl.ones_like(p.data)
        optimizer.step()
        if case.name == "ReduceLROnPlateau":
            scheduler.step(METRICS[t % len(METRICS)] + 0.01 * t)
        else:
            scheduler.step()
        used = [float(g["lr"]) for g in optimizer.param_groups]
        momenta = [float(g.get("momentum", 0)) for g in optimizer.param_groups]
        last = [float(rate) for rate in scheduler.get_last_lr()]
        rates.append(used + momenta + last)
    state = scheduler.state_dict()
    keys = [k for k in state if not k.startswith("_") or k == "_step_count"]
    return rates, sorted(keys), [to_torch(p.detach(), impl) for p in params]
