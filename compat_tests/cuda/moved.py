"""Operators, modules and optimizers on device "cuda", against the same on the CPU."""

import dataclasses

import numpy
import torch

import minitorch_ff as ff
from compat_tests.conformance import opinfo
from compat_tests.conformance.callables import resolve
from compat_tests.conformance.modules import Case
from compat_tests.conformance.opinfo import Options
from compat_tests.conformance.outcome import Skip, seed_all
from compat_tests.conformance.transfer import Transfer, tensors_in
from compat_tests.firefly.test_strict import ON_THE_HOST

FEW = Options(max_samples=4)
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

RANDOM_MODULES = {"RReLU", "FractionalMaxPool2d", "FractionalMaxPool3d"}


class OnCuda(Transfer):
    """Moves PyTorch's values to device "cuda"."""

    def _build(self, source, array):
        return super()._build(source, array).to("cuda")


def assert_close(where, here, there, rtol=1e-4, atol=1e-5):
    assert (here is None) == (there is None), where
    if here is None:
        return
    assert there.device.type == "cuda", f"{where} is on {there.device}"
    assert (there.dtype, there.shape) == (here.dtype, here.shape), where
    a, b = here.detach(), there.detach().cpu()
    if a.dtype in (ff.bfloat16, ff.float16):
        a, b, rtol, atol = a.float(), b.float(), 1e-2, 1e-2
    numpy.testing.assert_allclose(b.numpy(), a.numpy(), rtol=rtol, atol=atol, err_msg=where)


def alternating(like):
    return ff.arange(like.numel(), dtype=like.dtype).reshape(like.shape).cos().to(like.device)


def gradients(results, leaves):
    roots = [t for t in results if t.requires_grad]
    if not roots or not leaves:
        return []
    return list(ff.autograd.grad(roots, leaves, [alternating(t) for t in roots], allow_unused=True))


def computed(op, sample, transfer):
    """(results, gradients) of one sample."""
    move = transfer(ff)
    input, args, kwargs = move(sample.input), move(sample.args), move(sample.kwargs)
    if transfer is OnCuda and "device" in kwargs:
        kwargs["device"] = "cuda"
    seed_all(0, ff)
    result = opinfo.variants(op, ff)["function"].call(input, *args, **kwargs)
    results = tensors_in(result, ff)
    return results, gradients(results, move.leaves), move.tensors


def operators(tiers):
    """Those that are comparable: ours, not random, not about the CPU."""
    return [
        op for op in opinfo.ops(tiers)
        if opinfo.is_present(op, ff) and opinfo.op_key(op) not in ON_THE_HOST
        and op.name not in RANDOM and not op.name.startswith(("empty", "new_empty"))
    ]  # fmt: skip


def check_operator(op, options=FEW):
    """How many samples were compared."""
    count = 0
    for name in ("float32", "int64"):
        dtype = getattr(torch, name)
        if dtype not in op.dtypes:
            continue
        differentiable = dtype.is_floating_point and dtype in opinfo.gradient_dtypes(op)
        for number, sample in opinfo.samples(op, dtype, differentiable, options):
            try:
                results, grads, moved = computed(op, sample, Transfer)
            except Exception:  # other tests judge what the CPU can
                continue
            if not moved:
                continue
            try:
                there, there_grads, _ = computed(op, sample, OnCuda)
            except Skip:
                continue
            where = f"{name} sample {number}"
            for a, b in zip(results, there, strict=True):
                assert_close(f"{where}: result", a, b)
            for a, b in zip(grads, there_grads, strict=True):
                assert_close(f"{where}: gradient", a, b)
            count += 1
    return count


def modules(tiers):
    return [
        entry for entry in opinfo.modules(tiers)
        if resolve(ff, "nn." + opinfo.module_name(entry)) is not None
        and opinfo.module_name(entry) not in RANDOM_MODULES
    ]  # fmt: skip


def check_module(entry, options=FEW):
    """How many samples were compared: results, gradients of inputs and parameters, buffers."""
    count, name = 0, opinfo.module_name(entry)
    for training in (True, False):
        for _, sample in opinfo.module_samples(entry, torch.float32, training, options):
            given = sample.constructor_input
            if given.kwargs.get("dropout") or (training and "Dropout" in name):
                continue
            case = Case(name, ff, sample, "float32", training, options)
            try:
                outcomes = [_run(case, transfer) for transfer in (Transfer, OnCuda)]
            except Skip:
                continue
            for a, b in zip(*outcomes, strict=True):
                assert_close(f"{name} {given}", a, b)
            count += 1
    return count


def _run(case, transfer):
    module = case.build(ff)
    if transfer is OnCuda:
        module.cuda()
    move, given = transfer(ff), case.sample.forward_input
    if given is None:
        raise Skip("is not called")
    seed_all(0, ff)
    results = tensors_in(module(*move(given.args), **move(given.kwargs)), ff)
    leaves = [*move.leaves, *[p for p in module.parameters() if p.requires_grad]]
    return [*results, *gradients(results, leaves), *module.buffers()]


def check_optimizer(entry, steps=3):
    """How many settings were compared."""
    count = 0
    for _, settings in opinfo.optimizer_settings(entry, torch.float32):
        if any(isinstance(value, torch.Tensor) for value in settings.values()):
            continue
        ends = []
        for device in ("cpu", "cuda"):
            ff.manual_seed(0)
            params = [ff.randn(4, 3).to(device).requires_grad_() for _ in range(2)]
            options = {key: value for key, value in settings.items() if key != "params"}
            make = getattr(ff.optim, entry.name)
            optimizer = make(params, **options)

            def closure(params=params, optimizer=optimizer):
                optimizer.zero_grad()
                loss = sum(((p - 1) ** 2).sum() for p in params)
                loss.backward()
                return loss

            for _ in range(steps):
                optimizer.step(closure)
            ends.append(params)
        for a, b in zip(*ends, strict=True):
            assert_close(f"{entry.name} {settings}", a, b)
        count += 1
    return count


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
