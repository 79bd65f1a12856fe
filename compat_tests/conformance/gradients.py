"""The gradients of one sample: first order, and second order through `create_graph`."""

import torch

from compat_tests.conformance.compare import (
    as_good_as,
    check_shape_and_dtype,
    difference,
)
from compat_tests.conformance.ops import Comparison
from compat_tests.conformance.outcome import Mismatch, Skip, short
from compat_tests.conformance.transfer import Transfer, to_torch

SECOND_ORDER_SEED = 7


def cotangents(outputs: list[torch.Tensor], seed: int) -> list[torch.Tensor]:
    """One random gradient for each output, the same for both sides."""
    generator = torch.Generator().manual_seed(seed)
    return [
        torch.randn(t.shape, dtype=torch.float64, generator=generator).to(t.dtype) for t in outputs
    ]


def compare_gradients(comparison: Comparison, exact: bool) -> None:
    """Compare the gradients of every leaf, after `Comparison.forward`.

    Args:
        comparison: Has both results.
        exact: Whether the results' values agree; else only `requires_grad` is compared.

    Raises:
        Mismatch: A gradient differs, or there is none where PyTorch has one.
    """
    case, tally = comparison.case, comparison.tally
    if not case.wants_gradient or not comparison.ref.leaves:
        return
    for path, ref, got in comparison.pairs:
        if bool(ref.requires_grad) != bool(got.requires_grad):
            tally["backward_tried"] += 1
            text = f"requires_grad {got.requires_grad}, expected {ref.requires_grad}"
            raise Mismatch("requires_grad", f"{path}: {text}")
    if not exact:
        return
    theirs = comparison.ref_outputs
    try:
        ours = comparison.got.differentiable_part(case.sample)
    except Exception as error:
        tally["backward_tried"] += 1
        text = "output_process_fn_grad: " + short(error)
        raise Mismatch("backward_exception", text) from error
    chosen = [i for i, t in enumerate(theirs) if t.requires_grad and t.is_floating_point()]
    if not chosen:
        return
    if len(ours) != len(theirs):
        raise Mismatch("structure", "processed outputs differ in number")
    pair = [theirs[i] for i in chosen], [ours[i] for i in chosen]
    if comparison.options.second_order and case.op.supports_gradgrad:
        _second_order(comparison, *pair)
    else:
        _first_order(comparison, *pair, chosen)


def _first_order(comparison: Comparison, theirs: list, ours: list, chosen) -> None:
    case, tally = comparison.case, comparison.tally
    given = cotangents(theirs, case.seed)
    try:
        torch.autograd.backward(theirs, [c.clone() for c in given])
    except Exception:
        comparison.notes.add("torch_backward_raises")
        return
    tally["backward_tried"] += 1
    try:
        case.impl.autograd.backward(ours, [Transfer(case.impl)(c) for c in given])
    except (Skip, Mismatch):
        raise
    except Exception as error:
        raise Mismatch("backward_exception", short(error)) from error
    precise = _Float64Gradients(comparison, chosen, given)
    both = zip(comparison.ref.leaves, comparison.got.leaves, strict=True)
    for i, (ref, got) in enumerate(both):
        _compare_gradient(comparison, i, ref.grad, got.grad, precise)
    tally["backward_ok"] += 1


def _compare_gradient(comparison: Comparison, i: int, ref, got, precise) -> None:
    path, impl = f"grad of input {i}", comparison.case.impl
    if ref is None and got is None:
        return
    if ref is None:
        if bool((to_torch(got, impl) != 0).any()):
            text = "expected none, got a non-zero gradient"
            raise Mismatch("grad_value", f"{path}: {text}")
        comparison.notes.add("grad_zero_for_none")
        return
    if got is None:
        if bool((ref != 0).any()):
            text = f"None, expected a gradient of shape {tuple(ref.shape)}"
            raise Mismatch("grad_missing", f"{path}: {text}")
        comparison.notes.add("grad_none_for_zero")
        return
    check_shape_and_dtype(path, ref, got, "grad_")
    ours = to_torch(got, impl)
    text = difference(ref, ours, comparison.case.tolerance)
    if text is None:
        return
    if ref.dtype is torch.float32 and as_good_as(ref, ours, precise[i]):
        comparison.notes.add("loose")
        return
    raise Mismatch("grad_value", f"{path}: {text}")


class _Float64Gradients:
    """PyTorch's gradients in float64, computed when one is first asked for."""

    def __init__(self, comparison: Comparison, chosen: list, given: list) -> None:
        self.comparison, self.chosen, self.given = comparison, chosen, given
        self.found: list | None = None

    def __getitem__(self, i: int):
        if self.found is None:
            self.found = self._compute()
        return self.found[i] if i < len(self.found) else None

    def _compute(self) -> list:
        run = self.comparison.float64()
        if run is None:
            return []
        outputs = [self.comparison.float64_outputs[i] for i in self.chosen]
        try:
            torch.autograd.backward(outputs, [c.double() for c in self.given])
        except Exception:
            return []  # then nothing excuses rounding
        return [leaf.grad for leaf in run.leaves]


def _second_order(comparison: Comparison, theirs: list, ours: list) -> None:
    case, tally, impl = comparison.case, comparison.tally, comparison.case.impl
    given = cotangents(theirs, case.seed)
    try:
        first, inputs = _recorded_gradients(torch, theirs, comparison.ref.leaves, given)
        again = [
            i for i, g in enumerate(first) if g is not None and g.requires_grad
        ]  # those that PyTorch can differentiate again
        given_again = cotangents([first[i] for i in again], SECOND_ORDER_SEED)
        chosen = [first[i] for i in again]
        second = _gradients(torch, chosen, inputs, given_again)
    except Exception:
        return  # PyTorch cannot
    tally["backward_tried"] += 1
    try:
        found, inputs = _recorded_gradients(impl, ours, comparison.got.leaves, given)
        _check_presence(first, found, impl)
        chosen = [found[i] for i in again]
        if any(g is None or not g.requires_grad for g in chosen):
            text = "gradient made with create_graph=True does not require grad"
            raise Mismatch("gradgrad_requires_grad", text)
        found = _gradients(impl, chosen, inputs, given_again)
    except Mismatch:
        raise
    except Exception as error:
        raise Mismatch("gradgrad_exception", short(error)) from error
    for i, (ref, got) in enumerate(zip(second, found, strict=True)):
        _compare_second(i, ref, got, comparison)
    tally["backward_ok"] += 1


def _recorded_gradients(impl, outputs: list, leaves: list, given: list):
    """First-order gradients with their graph, and the inputs to differentiate by."""
    weights = []
    for cotangent in given:
        move = Transfer(impl)
        weights.append(move(cotangent).requires_grad_(True))
    options = {"create_graph": True, "allow_unused": True}
    return impl.autograd.grad(outputs, leaves, weights, **options), leaves + weights


def _gradients(impl, outputs: list, inputs: list, given: list):
    if not outputs:
        return []
    given = [Transfer(impl)(c) for c in given]
    return impl.autograd.grad(outputs, inputs, given, allow_unused=True)


def _check_presence(first, found, impl) -> None:
    for ref, got in zip(first, found, strict=True):
        if (ref is None) == (got is None):
            continue
        present = ref if got is None else to_torch(got, impl)
        if bool((present != 0).any()):
            text = "first-order gradient present on one side only"
            raise Mismatch("grad_missing", text)


def _compare_second(i: int, ref, got, comparison: Comparison) -> None:
    ref = torch.zeros(()) if ref is None else ref
    got = torch.zeros(()) if got is None else to_torch(got, comparison.case.impl)
    where = f"second-order gradient {i}"
    if ref.shape != got.shape:
        if bool((ref != 0).any()) or bool((got != 0).any()):
            raise Mismatch("gradgrad_value", f"{where}: shape or presence differs")
        return
    if ref.dtype != got.dtype:
        return
    least = 1e-4 if ref.dtype is torch.float32 else 1e-6
    tolerance = tuple(max(t, least) for t in comparison.case.tolerance)
    text = difference(ref, got, tolerance)
    if text:
        raise Mismatch("gradgrad_value", f"{where}: {text}")
