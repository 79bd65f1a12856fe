"""Optimizers: five steps, the state, its reload into a second optimizer, two more."""

import functools
import itertools

import torch

from compat_tests.conformance import opinfo, scope
from compat_tests.conformance.callables import resolve
from compat_tests.conformance.compare import check_shape_and_dtype, difference, walk
from compat_tests.conformance.opinfo import Options
from compat_tests.conformance.outcome import Mismatch, Skip, short
from compat_tests.conformance.record import Record, count
from compat_tests.conformance.transfer import Transfer, is_tensor, to_torch

CHECKS = ("params", "repr", "state_dict", "reload")
STEPS, FURTHER_STEPS = 5, 2
TOLERANCES = {torch.float32: (2e-5, 2e-6), torch.float64: (1e-7, 1e-9)}
OWN_TOLERANCES = {
    "Muon": dict.fromkeys(TOLERANCES, (2e-2, 2e-3)),  # iterates in bfloat16
    "LBFGS": {torch.float32: (1e-3, 1e-4), torch.float64: (1e-6, 1e-7)},
}
SHAPES = [(4, 3), (3,), (2, 2, 2), ()]
MATRICES = [(4, 3), (3, 2)]  # Muon takes nothing else


def measure_optimizer(entry, impl, options: Options) -> Record:
    """Compare an optimizer in all settings of PyTorch's database, with all flags."""
    name = entry.name
    present = resolve(impl, "optim." + name) is not None
    tier = scope.optim_tier(name)
    record = Record(name, tier, present, "optimizer", options.max_failures)
    flags = opinfo.optimizer_flags(entry)
    for dtype in [d for d in options.dtypes if d.startswith("float")]:
        settings = opinfo.optimizer_settings(entry, getattr(torch, dtype))
        cases = [(desc, kwargs, False) for desc, kwargs in settings]
        if entry.supports_param_groups:
            cases.append(("param groups", {}, True))
        for (desc, kwargs, grouped), flag in itertools.product(cases, flags):
            if any(f in kwargs for f in flag):
                continue
            comparison = Comparison(name, {**kwargs, **flag}, grouped, getattr(torch, dtype), impl)
            at = f"{desc} {kwargs} {flag}"[:200]
            record.attempt(comparison.run, dtype=dtype, at=at)
            for check, finding in comparison.findings.items():
                count(record.checks, check, finding is None)
    return record


class Side:
    """One side's optimizer on parameters of its own."""

    def __init__(self, comparison: "Comparison", impl, transfer=Transfer) -> None:
        self.comparison, self.impl, self.transfer = comparison, impl, transfer
        self.params = self._parameters(comparison.values)
        self.optimizer = self._build(self.params)
        self.repr = repr(self.optimizer)
        self.history = [self._step(self.optimizer, self.params, t) for t in range(STEPS)]
        self.state = self.optimizer.state_dict()
        # A copy now: loading this state elsewhere may share its tensors.
        self.state_then = _snapshot(self.state, impl)

    def go_on_elsewhere(self) -> list:
        """Load the state into a fresh optimizer and let that one continue."""
        values = [to_torch(p.detach(), self.impl).clone() for p in self.params]
        params = self._parameters(values)
        optimizer = self._build(params)
        optimizer.load_state_dict(self.state)
        last = STEPS + FURTHER_STEPS
        return [self._step(optimizer, params, t) for t in range(STEPS, last)]

    def _parameters(self, values: list[torch.Tensor]) -> list:
        move = self.transfer(self.impl)
        return [move(torch.nn.Parameter(v)) for v in values]

    def _build(self, params: list):
        comparison = self.comparison
        if comparison.grouped:
            first, rest = params[:1], params[1:]
            params = [
                {"params": first, "lr": 0.05},
                {"params": rest, "weight_decay": 0.02},
            ]
        cls = resolve(self.impl, "optim." + comparison.name)
        return cls(params, **self.transfer(self.impl)(comparison.kwargs))

    def _step(self, optimizer, params: list, t: int) -> list[torch.Tensor]:
        if self.comparison.name == "LBFGS":
            optimizer.step(self._closure(optimizer, params))
        else:
            for i, p in enumerate(params):
                grad = self.comparison.grads[t][i]
                missing = t == 2 and i == 1  # once, one parameter has no gradient
                p.grad = None if missing else self.transfer(self.impl)(grad)
            optimizer.step()
        return [to_torch(p.detach(), self.impl).clone() for p in params]

    def _closure(self, optimizer, params: list):
        move = self.transfer(self.impl)
        x, y = move(self.comparison.x), move(self.comparison.y)

        def closure():
            optimizer.zero_grad()
            loss = ((x @ params[0].t() - y) ** 2).sum()
            loss.backward()
            return loss

        return closure


class Comparison:
    """One optimizer with one choice of settings, on both sides."""

    def __init__(self, name: str, kwargs: dict, grouped: bool, dtype, impl) -> None:
        self.name, self.kwargs, self.grouped = name, kwargs, grouped
        self.impl = impl
        self.tolerance = OWN_TOLERANCES.get(name, TOLERANCES)[dtype]
        self.findings: dict[str, str | None] = {}
        generator = torch.Generator().manual_seed(3)

        def numbers(*shape):
            drawn = torch.randn(shape, generator=generator, dtype=torch.float64)
            return drawn.to(dtype)

        shapes = MATRICES if name == "Muon" else SHAPES
        self.values = [numbers(*s) for s in shapes]
        steps = range(STEPS + FURTHER_STEPS)
        self.grads = [[numbers(*s) for s in shapes] for _ in steps]
        self.x, self.y = numbers(8, 3), numbers(8, 4)
        if name == "LBFGS":
            self.values = self.values[:1]

    def run(self) -> None:
        try:
            ref = Side(self, torch)
            ref_after = ref.go_on_elsewhere()
        except Exception as error:
            raise Skip("torch raises: " + short(error, 70)) from error
        if resolve(self.impl, "optim." + self.name) is None:
            raise Mismatch("missing", f"no optim.{self.name}")
        got = Side(self, self.impl)
        self._check("params", functools.partial(self._same, ref.history, got.history))
        self._check("repr", functools.partial(_same_text, ref.repr, got.repr))
        self._check("state_dict", functools.partial(self._same_state, ref, got))
        self._check("reload", lambda: self._same(ref_after, got.go_on_elsewhere()))
        for check, finding in self.findings.items():
            if finding is not None:
                raise Mismatch(check, finding)

    def _check(self, name: str, compare) -> None:
        try:
            compare()
            self.findings[name] = None
        except Mismatch as mismatch:
            self.findings[name] = mismatch.message
        except Exception as error:
            self.findings[name] = short(error)

    def _same(self, ref: list, got: list) -> None:
        for t, (theirs, ours) in enumerate(zip(ref, got, strict=True)):
            for i, (r, g) in enumerate(zip(theirs, ours, strict=True)):
                self._same_tensor(f"step {t} param {i}", r, g)

    def _same_state(self, ref: Side, got: Side) -> None:
        for path, r, g in walk(ref.state_then, got.state_then, self.impl, "state_dict"):
            self._same_tensor(path, r.detach(), to_torch(g, self.impl))

    def _same_tensor(self, path: str, ref: torch.Tensor, got: torch.Tensor) -> None:
        check_shape_and_dtype(path, ref, got)
        text = difference(ref, got, self.tolerance)
        if text:
            raise Mismatch("value", f"{path}: {text}")


def _same_text(ref: str, got: str) -> None:
    if ref != got:
        raise Mismatch("repr", f"{got!r} != {ref!r}")


def _snapshot(value, impl):
    if is_tensor(value, impl):
        return to_torch(value, impl).clone()
    if isinstance(value, dict):
        return {k: _snapshot(v, impl) for k, v in value.items()}
    if type(value) in (list, tuple):
        return type(value)(_snapshot(v, impl) for v in value)
    return value
