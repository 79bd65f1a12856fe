"""Operators, modules, optimizers and schedulers on another device, against the same on the CPU.

A device's name is enough: "cuda", "cuda:1" or "strict". Where a check is asked to be `fine`,
the device computes with NumPy, and draws on the host: then only the order of sums may differ.
"""

import dataclasses
import functools

import numpy
import torch

import minitorch_ff as ff
from compat_tests.conformance import opinfo, schedulers
from compat_tests.conformance.callables import resolve
from compat_tests.conformance.modules import Case
from compat_tests.conformance.opinfo import Options
from compat_tests.conformance.optimizers import Comparison, Side
from compat_tests.conformance.outcome import Skip, seed_all
from compat_tests.conformance.transfer import Transfer, tensors_in

FEW = Options(max_samples=4)
ON_THE_HOST = {
    "to": "its samples name the CPU",
    "linspace|tensor_overload": "its samples name the CPU",
}
RANDOM = set(
    """
    bernoulli binomial cauchy exponential geometric log_normal multinomial normal poisson rand
    rand_like randint randint_like randn randn_like randperm uniform
    nn.functional.alpha_dropout nn.functional.dropout nn.functional.dropout2d
    nn.functional.dropout3d nn.functional.feature_alpha_dropout nn.functional.rrelu
    nn.functional.fractional_max_pool2d nn.functional.fractional_max_pool3d
    nn.functional.multi_head_attention_forward nn.functional.scaled_dot_product_attention
    """.split()
)
"""Operators whose numbers are the device's own."""

RANDOM_MODULES = ("RReLU", "FractionalMaxPool2d", "FractionalMaxPool3d", "LazyConv", "LazyLinear")
"""Modules, by the beginnings of their names, that draw on their device."""

ROUGH = {2: 1e-2, 4: 1e-4, 8: 1e-4}
FINE = {2: 5e-2, 4: 2e-5, 8: 1e-9}
"""What may differ, by the size of an element."""

MAGNIFIED = {"logcumsumexp": 500}
"""Where a gradient is a difference of large numbers, which were rounded in another order."""


class Moved(Transfer):
    """Moves PyTorch's values to a device."""

    def __init__(self, impl, device="cpu"):
        super().__init__(impl)
        self.to_device = device

    def _build(self, source, array):
        return super()._build(source, array).to(self.to_device)


@functools.cache
def full_name(device):
    """`cuda:0` for `cuda`."""
    return str(ff.zeros(0, device=device).device)


def assert_close(where, here, there, device, fine=False, factor=1):
    assert (here is None) == (there is None), where
    if here is None:
        return
    assert str(there.device) == full_name(device), f"{where} is on {there.device}"
    assert there.dtype is here.dtype, where
    assert there.shape == here.shape, where
    a, b = here.detach(), there.detach().cpu()
    tolerance = (FINE if fine else ROUGH).get(a.dtype.itemsize, 1e-9) * factor
    if a.dtype in (ff.bfloat16, ff.float16):
        a, b = a.float(), b.float()
    numpy.testing.assert_allclose(b, a, rtol=tolerance, atol=tolerance, err_msg=where)


def turn_away(device):
    """Let the GPU that is the default one be at work, and not the one of `device`."""
    ff.zeros(1, device=device.partition(":")[0])


def alternating(like):
    return ff.arange(like.numel(), dtype=like.dtype).reshape(like.shape).cos().to(like.device)


def gradients(results, leaves, device):
    """The gradients of all leaves, from ones of alternating sign."""
    roots = [t for t in results if t.requires_grad]
    if not roots or not leaves:
        return []
    starts = [alternating(t) for t in roots]
    turn_away(device)
    return list(ff.autograd.grad(roots, leaves, starts, allow_unused=True))


# ---------------------------------------------------------------------------- operators


def computed(op, sample, device="cpu"):
    """(results, gradients, moved tensors) of one sample."""
    move = Moved(ff, device)
    input, args, kwargs = move(sample.input), move(sample.args), move(sample.kwargs)
    if "device" in kwargs:
        kwargs["device"] = device
    seed_all(0, ff)
    turn_away(device)
    result = opinfo.variants(op, ff)["function"].call(input, *args, **kwargs)
    results = tensors_in(result, ff)
    return results, gradients(results, move.leaves, device), move.tensors


def operators(tiers):
    """Those that are comparable: ours, not random, not about the CPU."""
    return [
        op for op in opinfo.ops(tiers)
        if opinfo.is_present(op, ff) and opinfo.op_key(op) not in ON_THE_HOST
        and op.name not in RANDOM and not op.name.startswith(("empty", "new_empty"))
    ]  # fmt: skip


def check_operator(op, device="cuda", options=FEW, dtypes=("float32", "int64"), fine=False):
    """How many samples were compared."""
    count, factor = 0, MAGNIFIED.get(op.name, 1)
    uninitialized = op.name.startswith(("empty", "new_empty"))
    for dtype in [getattr(torch, name) for name in dtypes]:
        if dtype not in op.dtypes:
            continue
        differentiable = dtype.is_floating_point and dtype in opinfo.gradient_dtypes(op)
        for number, sample in opinfo.samples(op, dtype, differentiable, options):
            try:
                results, grads, moved = computed(op, sample)
            except Exception:  # other tests judge what the CPU can
                continue
            if not moved:
                continue
            try:
                there, there_grads, _ = computed(op, sample, device)
            except Skip:
                continue
            for kind, pair in (("result", (results, there)), ("gradient", (grads, there_grads))):
                assert len(pair[0]) == len(pair[1])
                for i, (a, b) in enumerate(zip(*pair, strict=True)):
                    where = f"{dtype} sample {number}: {kind} {i}"
                    if not uninitialized:
                        assert_close(where, a, b, device, fine, factor)
            count += 1
    return count


# ------------------------------------------------------------------------------ modules


def modules(tiers, fine=False):
    return [
        entry for entry in opinfo.modules(tiers)
        if resolve(ff, "nn." + opinfo.module_name(entry)) is not None
        and (fine or not opinfo.module_name(entry).startswith(RANDOM_MODULES))
    ]  # fmt: skip


def check_module(entry, device="cuda", options=FEW, fine=False):
    """How many samples were compared: results, gradients of inputs and parameters, buffers."""
    count, name = 0, opinfo.module_name(entry)
    for training in (True, False):
        for _, sample in opinfo.module_samples(entry, torch.float32, training, options):
            given = sample.constructor_input
            drops = given.kwargs.get("dropout") or (training and "Dropout" in name)
            if sample.forward_input is None or (drops and not fine):
                continue
            case = Case(name, ff, sample, "float32", training, options)
            try:
                here, there = run_module(case), run_module(case, device)
            except Skip:
                continue
            for i, (a, b) in enumerate(zip(here, there, strict=True)):
                assert_close(f"{name} {given}: {i}", a, b, device, fine)
            count += 1
    return count


def run_module(case, device="cpu"):
    """Results, gradients, buffers."""
    module = case.build(ff).to(device)
    move, given = Moved(ff, device), case.sample.forward_input
    args, kwargs = move(given.args), move(given.kwargs)
    seed_all(0, ff)
    turn_away(device)
    results = tensors_in(module(*args, **kwargs), ff)
    leaves = [*move.leaves, *[p for p in module.parameters() if p.requires_grad]]
    return [*results, *gradients(results, leaves, device), *module.buffers()]


# ---------------------------------------------------------------- optimizers, schedulers


def check_optimizer(entry, device="cuda", fine=False, most=None):
    """How many settings were compared: parameters after each step, and after a reload.

    At most `most` of them, each also with its flags (`foreach`, `fused`).
    """
    count = 0
    cases = [(settings, False) for _, settings in opinfo.optimizer_settings(entry, torch.float32)]
    if entry.supports_param_groups:
        cases.append(({}, True))
    for settings, grouped in cases[:most]:
        for flag in opinfo.optimizer_flags(entry)[: None if most is None else 1]:
            if any(name in settings for name in flag):
                continue
            case = Comparison(entry.name, {**settings, **flag}, grouped, torch.float32, ff)
            here, there = Side(case, ff), Side(case, ff, functools.partial(Moved, device=device))
            assert {str(p.device) for p in there.params} == {full_name(device)}
            pairs = [
                (here.history, there.history),
                (here.go_on_elsewhere(), there.go_on_elsewhere()),
            ]
            for ours, theirs in pairs:
                for i, (a, b) in enumerate(zip(ours, theirs, strict=True)):
                    tolerance = case.tolerance if fine else (ROUGH[4], ROUGH[4])
                    same_values(f"{entry.name} {settings} {flag}: step {i}", a, b, *tolerance)
            count += 1
    return count


def same_values(where, here, there, rtol, atol):
    """Whether two lists of PyTorch's tensors are equal."""
    for a, b in zip(here, there, strict=True):
        torch.testing.assert_close(b, a, rtol=rtol, atol=atol, msg=lambda m: f"{where}: {m}")


def check_scheduler(case, device="cuda"):
    """Learning rates and momenta at each of twenty steps, names of the state, parameters."""
    here, there = schedulers.train(case, ff), schedulers.train(case, ff, device)
    assert there[:2] == here[:2]
    same_values(f"{case.name} {case.kwargs}", here[2], there[2], 0, 0)


@dataclasses.dataclass
class Training:
    """A classifier with everything that a training step has, for a number of steps."""

    device: str
    capturable: bool = False

    def __post_init__(self):
        ff.manual_seed(0)
        self.model = ff.nn.Sequential(
            ff.nn.Linear(20, 64), ff.nn.BatchNorm1d(64), ff.nn.ReLU(), ff.nn.Linear(64, 5)
        ).to(self.device)
        parameters = self.model.parameters()
        self.optimizer = ff.optim.Adam(parameters, 0.01, capturable=self.capturable)
        self.x = ff.randn(32, 20).to(self.device)
        self.y = (ff.arange(32) % 5).to(self.device)

    def step(self):
        self.optimizer.zero_grad()
        loss = ff.nn.functional.cross_entropy(self.model(self.x), self.y)
        loss.backward()
        ff.nn.utils.clip_grad_norm_(self.model.parameters(), 5.0)
        self.optimizer.step()
        return loss
