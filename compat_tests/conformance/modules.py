"""One module: construction, repr, state, forward, gradients, buffers."""

import copy
import dataclasses
import functools

import torch

from compat_tests.conformance import opinfo, scope
from compat_tests.conformance.callables import resolve
from compat_tests.conformance.compare import (
    as_good_as,
    check_shape_and_dtype,
    difference,
    walk,
)
from compat_tests.conformance.gradients import cotangents
from compat_tests.conformance.opinfo import Options
from compat_tests.conformance.outcome import (
    Mismatch,
    Skip,
    dtype_name,
    seed_all,
    seed_of,
    short,
)
from compat_tests.conformance.record import Record, count
from compat_tests.conformance.transfer import (
    Transfer,
    load_state,
    tensors_in,
    to_torch,
)

CHECKS = """
construct state_dict_keys repr forward input_grads param_grads buffers
""".split()


def measure_module(entry, impl, options: Options) -> Record:
    """Compare a module of PyTorch's database (or of our list) in all its samples."""
    name = opinfo.module_name(entry)
    is_extra = isinstance(entry, str)
    present = resolve(impl, "nn." + name) is not None
    kind = "extra module" if is_extra else "module"
    shown = name + "+" if is_extra else name
    record = Record(shown, scope.module_tier(name), present, kind, options.max_failures)
    for dtype in [d for d in options.dtypes if d.startswith("float")]:
        if not is_extra and getattr(torch, dtype) not in entry.dtypes:
            continue
        for training in (True, False):
            _measure(entry, name, impl, options, record, dtype, training)
    return record


def _measure(entry, name, impl, options, record, dtype, training) -> None:
    try:
        made = opinfo.module_samples(entry, getattr(torch, dtype), training, options)
    except Exception as error:
        record.skip("inputs raise: " + short(error, 80))
        return
    for number, sample in made:
        if record.out_of_time:
            break
        case = Case(name, impl, sample, dtype, training, options)
        comparison = Comparison(case, record)
        given = sample.constructor_input
        at = f"{given.args} {given.kwargs} {sample.desc}"[:250]
        where = {"dtype": dtype, "train": training, "sample": number, "at": at}
        record.attempt(comparison.run, **where)
        for check, finding in comparison.findings.items():
            count(record.checks, check, finding is None)


@dataclasses.dataclass
class Case:
    name: str
    impl: object
    sample: object
    dtype: str
    training: bool
    options: Options

    @functools.cached_property
    def seed(self) -> int:
        return seed_of(self.options.seed, self.name, self.dtype, self.training)

    def build(self, impl):
        """The module, with the sample's arguments, in this dtype and mode."""
        given, move = self.sample.constructor_input, Transfer(impl)
        kwargs = dict(given.kwargs)
        seed_all(self.seed, impl)
        args, kwargs = move(given.args), move(kwargs)
        module = resolve(impl, "nn." + self.name)(*args, **kwargs)
        module = module.double() if self.dtype == "float64" else module
        return module.train(self.training)

    def call(self, module, impl, seed: int, upcast: bool = False):
        """(the inputs that require gradients, the result)"""
        move = Transfer(impl, upcast)
        given = self.sample.forward_input
        args, kwargs = move(given.args), move(given.kwargs)
        seed_all(seed, impl)
        result = module(*args, **kwargs)
        return move.leaves, result


class Comparison:
    """Compares one sample; `findings` maps each check made to None or what differs."""

    def __init__(self, case: Case, record: Record) -> None:
        self.case, self.record = case, record
        self.findings: dict[str, str | None] = {}

    def run(self) -> None:
        """Make every check that can be made; raise what the first failing one found."""
        self._run_checks()
        for check, finding in self.findings.items():
            if finding is not None:
                raise Mismatch(check, finding)

    def _run_checks(self) -> None:
        if not self._construct():
            return
        self._compare_repr()
        self._compare_state()
        if self.case.sample.forward_input is not None:
            self._compare_calls()

    def _construct(self) -> bool:
        case = self.case
        try:
            self.ref = case.build(torch)
        except (Skip, Mismatch):
            raise
        except Exception as error:
            text = "torch raises at construction: " + short(error, 60)
            raise Skip(text) from error
        if resolve(case.impl, "nn." + case.name) is None:
            raise Mismatch("missing", f"no nn.{case.name}")
        try:
            self.got = case.build(case.impl)
        except (Skip, Mismatch):
            raise
        except Exception as error:
            self.findings["construct"] = short(error)
            return False
        self.findings["construct"] = None
        return True

    def _compare_repr(self) -> None:
        """A lazy module's repr is compared before and after its first call."""
        case = self.case
        ref, got = repr(self.ref), repr(self.got)
        is_lazy = isinstance(self.ref, torch.nn.modules.lazy.LazyModuleMixin)
        if is_lazy and case.sample.forward_input is not None:
            try:
                case.call(self.ref, torch, case.seed + 5)
            except Exception as error:
                text = "torch raises in forward: " + short(error, 60)
                raise Skip(text) from error
            case.call(self.got, case.impl, case.seed + 5)
            if ref == got:
                ref, got = repr(self.ref), repr(self.got)
        self.findings["repr"] = None if ref == got else f"{got!r} != {ref!r}"

    def _compare_state(self) -> None:
        """Names, shapes and dtypes of the state; then both sides get the same."""
        check = "state_dict_keys"
        ref, got = self.ref.state_dict(), self.got.state_dict()
        self.findings[check] = None
        if list(ref) != list(got):
            self.findings[check] = f"{list(got)} != {list(ref)}"
            raise Mismatch(check, self.findings[check])
        names = [[n for n, _ in m.named_parameters()] for m in (self.ref, self.got)]
        if names[0] != names[1]:
            self.findings[check] = f"named_parameters {names[1]} != {names[0]}"
        for key, theirs in ref.items():
            expected = tuple(theirs.shape), dtype_name(theirs.dtype)
            found = tuple(got[key].shape), dtype_name(got[key].dtype)
            if found != expected:
                self.findings[check] = f"{key}: {found} != {expected}"
        try:
            load_state(self.got, self.ref, self.case.impl)
        except Exception as error:
            raise Mismatch(check, "load_state_dict: " + short(error)) from error

    def _compare_calls(self) -> None:
        case = self.case
        self.before = copy.deepcopy(self.ref)
        try:
            _, other = case.call(copy.deepcopy(self.ref), torch, case.seed + 6)
            self.ref_leaves, ref = case.call(self.ref, torch, case.seed + 5)
        except (Skip, Mismatch):
            raise
        except Exception as error:
            raise Skip("torch raises in forward: " + short(error, 60)) from error
        self.ref_tensors = tensors_in(ref, torch)
        both = zip(self.ref_tensors, tensors_in(other, torch), strict=True)
        is_random = any(difference(a, b) for a, b in both)
        self.record.notes["random"] += is_random
        self.exact = not is_random or case.options.exact_random
        chosen = [i for i, t in enumerate(self.ref_tensors) if t.requires_grad]
        self.given = cotangents([self.ref_tensors[i] for i in chosen], case.seed)
        try:
            self.got_leaves, got = case.call(self.got, case.impl, case.seed + 5)
        except (Skip, Mismatch):
            raise
        except Exception as error:
            self.findings["forward"] = short(error)
            return
        self._compare_results(ref, got)
        if chosen and self.exact and self.findings["forward"] is None:
            self._compare_gradients(chosen, tensors_in(got, case.impl))

    def _compare_results(self, ref, got) -> None:
        self.findings["forward"] = None
        try:
            pairs = walk(ref, got, self.case.impl)
        except Mismatch as mismatch:
            self.findings["forward"] = mismatch.message
            return
        for i, (path, r, g) in enumerate(pairs):
            self._compare_tensor("forward", path, r, g, "results", i)
            if bool(r.requires_grad) != bool(g.requires_grad):
                self._found("forward", f"{path}: requires_grad {g.requires_grad}")
        buffers = list(self.ref.named_buffers())
        if buffers:
            self.findings["buffers"] = None
        both = zip(buffers, self.got.buffers(), strict=True)
        for i, ((name, r), g) in enumerate(both):
            self._compare_tensor("buffers", name, r, g, "buffers", i)

    def _compare_gradients(self, chosen: list[int], got_tensors: list) -> None:
        outputs = [self.ref_tensors[i] for i in chosen]
        try:
            torch.autograd.backward(outputs, [c.clone() for c in self.given])
        except Exception:
            return  # PyTorch cannot
        impl = self.case.impl
        self.findings["input_grads"] = None
        try:
            given = [Transfer(impl)(c) for c in self.given]
            impl.autograd.backward([got_tensors[i] for i in chosen], given)
        except Exception as error:
            self.findings["input_grads"] = "backward: " + short(error)
            return
        inputs = [(f"input {i}", t) for i, t in enumerate(self.ref_leaves)]
        self._compare_grads_of("input_grads", inputs, self.got_leaves)
        parameters = list(self.ref.named_parameters())
        if parameters:
            self.findings["param_grads"] = None
            self._compare_grads_of("param_grads", parameters, self.got.parameters())

    def _compare_grads_of(self, check: str, named_refs: list, gots) -> None:
        for i, ((name, ref), got) in enumerate(zip(named_refs, gots, strict=True)):
            path = f"grad of {name}"
            if ref.grad is not None and got.grad is not None:
                self._compare_tensor(check, path, ref.grad, got.grad, check, i)
            elif ref.grad is not None or got.grad is not None:
                present = ref.grad
                if present is None:
                    present = to_torch(got.grad, self.case.impl)
                if bool((present != 0).any()):
                    self._found(check, f"{path}: one side None")

    def _compare_tensor(self, check, path, ref, got, part: str, i: int) -> None:
        """Note a difference; `part` and `i` find the tensor in the float64 run."""
        try:
            check_shape_and_dtype(path, ref, got)
            if not self.exact:
                return
            ours = to_torch(got, self.case.impl)
            text = difference(ref.detach(), ours)
        except Mismatch as mismatch:
            self._found(check, mismatch.message)
            return
        if text is None:
            return
        precise = self.float64[part] if ref.dtype is torch.float32 else []
        precise = precise[i] if i < len(precise) else None
        if precise is not None and as_good_as(ref.detach(), ours, precise.detach()):
            self.record.notes["loose"] += 1
        else:
            self._found(check, f"{path}: {text}")

    def _found(self, check: str, text: str) -> None:
        if self.findings[check] is None:
            self.findings[check] = text

    @functools.cached_property
    def float64(self) -> dict[str, list]:
        """PyTorch's results in float64, computed only when rounding is in doubt."""
        case = self.case
        try:
            module = copy.deepcopy(self.before).double()
            leaves, result = case.call(module, torch, case.seed + 5, upcast=True)
            tensors = tensors_in(result, torch)
            outputs = [t for t in tensors if t.requires_grad]
            if outputs:
                given = [c.double() for c in self.given]
                torch.autograd.backward(outputs, given)
        except Exception:
            return dict.fromkeys(("results", *CHECKS), ())  # nothing excuses rounding
        return {
            "results": tensors,
            "input_grads": [t.grad for t in leaves],
            "param_grads": [p.grad for p in module.parameters()],
            "buffers": list(module.buffers()),
        }
