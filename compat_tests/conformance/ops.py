"""One sample of one operator, computed by PyTorch and by the implementation.

`compare` goes from the outside in: does the call work, does the result have the same
structure, shapes, dtypes and values, and (gradients.py) the same gradients?
"""

import dataclasses
from collections import Counter

import numpy as np
import torch

from compat_tests.conformance.callables import is_testing_function, rebind
from compat_tests.conformance.compare import (
    as_good_as,
    check_shape_and_dtype,
    difference,
    walk,
)
from compat_tests.conformance.opinfo import Options, Variant
from compat_tests.conformance.outcome import Mismatch, Skip, seed_all, short
from compat_tests.conformance.transfer import Transfer, tensors_in, to_torch

RANDOM_OPS = """
bernoulli cauchy exponential geometric log_normal normal uniform multinomial rand_like
randn randn_like randint randint_like svd_lowrank pca_lowrank nn.functional.dropout
nn.functional.dropout2d nn.functional.dropout3d nn.functional.alpha_dropout
nn.functional.feature_alpha_dropout nn.functional.rrelu
nn.functional.fractional_max_pool2d nn.functional.fractional_max_pool3d
nn.functional.scaled_dot_product_attention nn.functional.multi_head_attention_forward
""".split()
UNINITIALIZED_OPS = """
empty empty_like new_empty empty_strided new_empty_strided empty_permuted resize_
resize_as_
""".split()
# Factors are unique only up to a sign or a basis.
GAUGE_OPS = """
svd linalg.svd linalg.eigh linalg.eig svd_lowrank pca_lowrank linalg.qr qr
""".split()
SIGN_OPS = ["linalg.qr", "qr", "linalg.eigh", "svd_lowrank", "pca_lowrank"]
# Of equal elements, another one may be chosen.
TIE_OPS = "topk kthvalue mode median nanmedian sort argsort".split()


@dataclasses.dataclass
class Case:
    """One sample of an operator, called in one variant by both sides."""

    op: object
    impl: object
    theirs: Variant
    ours: Variant
    sample: object
    wants_gradient: bool
    seed: int
    tolerance: tuple[float, float]


class Run:
    """One side's call: its inputs, its result, and what is differentiable of that."""

    def __init__(self, case: Case, impl, call, seed=None, upcast: bool = False) -> None:
        sample = case.sample
        move = Transfer(impl, upcast, without_grad=not case.wants_gradient)
        input, args, kwargs = move(sample.input), move(sample.args), move(sample.kwargs)
        if case.theirs.inplace:
            input = input.clone()
        seed_all(case.seed if seed is None else seed, impl)
        self.result = call(input, *args, **kwargs)
        self.returned_input = self.result is input
        self.impl = impl
        self.leaves, self.inputs = move.leaves, move.tensors

    def differentiable_part(self, sample) -> list:
        """The tensors that PyTorch's tests differentiate, by the sample's own rule."""
        part = self.result
        select = sample.output_process_fn_grad
        if getattr(select, "__name__", "") and not _is_default(select):
            ported = is_testing_function(select)
            part = (rebind(select, self.impl) if ported else select)(self.result)
        return tensors_in(part, self.impl)


def _is_default(select) -> bool:
    return (select.__module__ or "").endswith("opinfo.core")


class Comparison:
    """Compares one case; `tally` counts how far each sample came."""

    def __init__(self, case: Case, options: Options, tally: Counter) -> None:
        self.case, self.options, self.tally = case, options, tally
        self.notes: set[str] = set()
        self._float64: Run | bool | None = False  # False: not made yet

    def forward(self, note_layout: bool) -> bool:
        """Compare the results; whether the values were found equal (not just shapes).

        Raises:
            Skip: The sample says nothing.
            Mismatch: The implementation differs.
        """
        case = self.case
        self.ref = self._run_torch()
        exact = case.op.name not in UNINITIALIZED_OPS and not self._is_random()
        self.got = self._run_ours()
        self.pairs = walk(self.ref.result, self.got.result, case.impl)
        for path, ref, got in self.pairs:
            check_shape_and_dtype(path, ref, got)
        self.tally["shape_dtype_ok"] += 1
        if case.theirs.inplace and self.ref.returned_input > self.got.returned_input:
            raise Mismatch("inplace", "in-place variant does not return the tensor")
        if exact:
            exact = self._compare_values()
        else:
            for _, _, got in self.pairs:
                to_torch(got, case.impl)
        if note_layout:
            self._note_layout()
        self.tally["forward_ok"] += 1
        return exact

    def _run_torch(self) -> Run:
        case = self.case
        is_number = not isinstance(case.sample.input, torch.Tensor)
        if case.op.name.startswith("__") and is_number:
            raise Skip("a dunder method called with a number as self")
        try:
            ref = Run(case, torch, case.theirs.call)
            self.ref_outputs = ref.differentiable_part(case.sample)
        except (Skip, Mismatch):
            raise
        except Exception as error:
            raise Skip("torch itself raises here: " + short(error, 80)) from error
        tensors = tensors_in(ref.result, torch)
        if any(t.is_complex() for t in tensors):
            raise Skip("complex result")
        if any(t.layout != torch.strided for t in tensors):
            raise Skip("sparse result")
        return ref

    def _run_ours(self) -> Run:
        try:
            return Run(self.case, self.case.impl, self.case.ours.call)
        except (Skip, Mismatch):
            raise
        except Exception as error:
            raise Mismatch("exception", short(error)) from error

    def _is_random(self) -> bool:
        """Whether another seed gives PyTorch other values (that are not compared)."""
        case = self.case
        if case.op.name not in RANDOM_OPS:
            return False
        again = Run(case, torch, case.theirs.call, seed=case.seed + 1)
        first, second = (tensors_in(r.result, torch) for r in (self.ref, again))
        both = zip(first, second, strict=True)
        if any(a.shape == b.shape and difference(a, b) for a, b in both):
            self.notes.add("random")
            return not self.options.exact_random
        return False

    def float64(self) -> Run | None:
        """PyTorch's run in float64, made once and only when rounding is in doubt."""
        if self._float64 is False:
            case = self.case
            try:
                self._float64 = Run(case, torch, case.theirs.call, upcast=True)
                outputs = self._float64.differentiable_part(case.sample)
                self.float64_outputs = outputs
            except Exception:
                self._float64 = None  # PyTorch cannot: then nothing excuses rounding
        return self._float64

    def _compare_values(self) -> bool:
        try:
            for i, (path, ref, got) in enumerate(self.pairs):
                self._compare_tensor(i, path, ref.detach(), got)
        except Mismatch as mismatch:
            if mismatch.stage != "value":
                raise
            if self.case.op.name in GAUGE_OPS and self._equal_up_to_gauge():
                self.notes.add("gauge")
            elif self.case.op.name in TIE_OPS and self._equal_up_to_ties():
                self.notes.add("tie")
                return False
            else:
                raise
        return True

    def _compare_tensor(self, i: int, path: str, ref: torch.Tensor, got) -> None:
        ours = to_torch(got, self.case.impl)
        text = difference(ref, ours, self.case.tolerance)
        if text is None:
            return
        precise = self.float64() if ref.dtype is torch.float32 else None
        tensors = tensors_in(precise.result, torch) if precise else []
        if i < len(tensors) and as_good_as(ref, ours, tensors[i].detach()):
            self.notes.add("loose")
            return
        raise Mismatch("value", f"{path}: {text}")

    def _equal_up_to_gauge(self) -> bool:
        """Equal in what the database calls well defined, or up to signs."""
        case = self.case
        wide = tuple(max(t, 1e-5) for t in case.tolerance)
        outputs = self.got.differentiable_part(case.sample)
        pairs = walk(self.ref_outputs, outputs, case.impl)
        if all(difference(r.detach(), to_torch(g, case.impl), wide) is None for _, r, g in pairs):
            return True
        return case.op.name in SIGN_OPS and all(
            difference(r.detach().abs(), to_torch(g, case.impl).abs(), (1e-4, 1e-4)) is None
            for _, r, g in self.pairs
        )

    def _equal_up_to_ties(self) -> bool:
        """Whether the indices point at equal elements."""
        case, ref, got = self.case, self.ref.result, self.got.result
        x = case.sample.input.detach()
        if case.op.name == "argsort":
            theirs, ours = ref, to_torch(got, case.impl)
        elif isinstance(ref, tuple):
            theirs, ours = ref[1], to_torch(got[1], case.impl)
        else:
            return False
        if ours.shape != theirs.shape or ours.dtype != theirs.dtype:
            return False
        if x.dim() == 0:
            return bool((ours == 0).all())
        dim = _dim_of(case.op.name, case.sample)
        if theirs.dim() < x.dim():
            theirs, ours = theirs.unsqueeze(dim), ours.unsqueeze(dim)
        if ours.numel() and (ours.min() < 0 or ours.max() >= x.shape[dim]):
            return False
        chosen = (torch.gather(x, dim, i.to(torch.int64)) for i in (theirs, ours))
        return difference(*chosen) is None

    def _note_layout(self) -> None:
        """Count results whose strides, or whose sharing of memory, differ."""
        for _, ref, got in self.pairs[:1]:
            if ref.numel() > 1 and tuple(got.stride()) != ref.stride():
                self.notes.add("stride_differs")
            if ref.numel():
                memory = ref.untyped_storage().data_ptr()
                theirs = any(t.untyped_storage().data_ptr() == memory for t in self.ref.inputs)
                array = _array(got)
                ours = any(np.shares_memory(array, _array(t)) for t in self.got.inputs if t.numel())
                if theirs != ours:
                    self.notes.add("aliasing_differs")


def _array(t) -> np.ndarray:
    t = t.detach()
    # NumPy has no bfloat16: the same bits under another name.
    return t.view(torch.int16).numpy() if t.dtype is torch.bfloat16 else t.numpy()


def _dim_of(name: str, sample) -> int:
    position = {"topk": 1, "kthvalue": 1}.get(name, 0)
    given = sample.args[position] if len(sample.args) > position else None
    is_dim = isinstance(given, int) and not isinstance(given, bool)
    return sample.kwargs.get("dim", given if is_dim else -1)
