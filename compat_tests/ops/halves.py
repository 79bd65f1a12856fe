"""Numbers of half precision against PyTorch's: how far apart, and on which inputs."""

import itertools
from collections.abc import Iterator

import numpy
import torch

import minitorch_ff as ff
from compat_tests.conformance import opinfo
from compat_tests.conformance.compare import check_shape_and_dtype, walk
from compat_tests.conformance.gradients import cotangents
from compat_tests.conformance.ops import RANDOM_OPS, UNINITIALIZED_OPS, Case, Run
from compat_tests.conformance.outcome import Mismatch, Skip, seed_all, seed_of
from compat_tests.conformance.transfer import Transfer, describe, to_torch

DTYPES = {"float16": torch.float16, "bfloat16": torch.bfloat16}
NOT_COMPARED = 1 << 20
"""The distance between a number and a not-a-number."""


def ulps(ours: torch.Tensor, theirs: torch.Tensor) -> torch.Tensor:
    """How many numbers of the dtype lie between two, element by element.

    All not-a-numbers are one, the zeros too; infinity is next to the largest number.
    """
    apart = (_positions(ours) - _positions(theirs)).abs()
    both, either = ours.isnan() & theirs.isnan(), ours.isnan() | theirs.isnan()
    return torch.where(both, 0, torch.where(either, NOT_COMPARED, apart))


def _positions(x: torch.Tensor) -> torch.Tensor:
    """The place of each number among all numbers of two bytes, in order; 0 for zero."""
    bits = x.contiguous().view(torch.int16).to(torch.int32)
    return torch.where(bits >= 0, bits, -(bits & 0x7FFF))


def furthest(ours: torch.Tensor, theirs: torch.Tensor) -> int:
    """The largest distance."""
    return int(ulps(ours, theirs).max()) if theirs.numel() else 0


def error_of_size(ours: torch.Tensor, theirs: torch.Tensor) -> float:
    """The largest difference of finite numbers, in units of the largest number's last place."""
    finite = theirs.isfinite() & ours.isfinite()
    if not bool(finite.any()):
        return 0.0
    ours, theirs = ours[finite].double(), theirs[finite].double()
    largest = max(float(theirs.abs().max()), 1e-30)
    return float((ours - theirs).abs().max()) / largest


def as_torch(x) -> torch.Tensor:
    return to_torch(x, ff)


def in_world(world, x: torch.Tensor):
    """A fresh copy of a tensor of PyTorch, in either world."""
    return Transfer(world)(x.detach().clone())


def every_number(dtype: torch.dtype) -> torch.Tensor:
    """All 65536 numbers of two bytes."""
    return torch.arange(-(1 << 15), 1 << 15, dtype=torch.int32).to(torch.int16).view(dtype)


def random_numbers(dtype: torch.dtype, seed: int, count: int = 1 << 14) -> torch.Tensor:
    """Random bits: numbers of every magnitude, infinities and not-a-numbers among them."""
    bits = numpy.random.default_rng(seed).integers(-(1 << 15), 1 << 15, count, dtype=numpy.int16)
    return torch.from_numpy(bits).view(dtype)


SHAPING = """
reshape reshape_as view view_as flatten unflatten squeeze unsqueeze transpose t T mT permute
expand expand_as broadcast_to broadcast_tensors broadcast_shapes repeat tile cat stack hstack
vstack split split_with_sizes chunk unbind narrow select index_select gather flip movedim
contiguous clone ravel diag diagonal tril triu nonzero atleast_1d atleast_2d sum_to_size eye
arange full full_like zeros zeros_like ones ones_like new_zeros new_ones new_full
scalar_tensor fill zero_ where masked_fill masked_select __getitem__ nn.functional.one_hot
to float double int long short byte char bool half isnan isinf isfinite isclose
eq ne lt le gt ge logical_and logical_or logical_xor logical_not
""".split()
"""Operators that compute no number anew: only the slow test takes them."""


def tested_ops() -> list:
    """The database's operators of the first tier that have half precision on PyTorch's CPU."""
    excluded = {*RANDOM_OPS, *UNINITIALIZED_OPS}
    return [
        op
        for op in opinfo.ops(["1"])
        if op.name not in excluded and op.dtypes & set(DTYPES.values())
    ]


def compared(op, dtype: torch.dtype, count: int) -> Iterator[tuple]:
    """Results and gradients of some samples: (what, ours, PyTorch's, the sample in a line)."""
    wants_gradient = dtype in opinfo.gradient_dtypes(op)
    theirs, ours = [opinfo.variants(op, world)["function"] for world in (torch, ff)]
    seed_all(seed_of(0, opinfo.op_key(op), dtype))
    samples = iter(op.sample_inputs("cpu", dtype, requires_grad=wants_gradient))
    for number, sample in enumerate(itertools.islice(samples, count)):
        seed = seed_of(0, opinfo.op_key(op), dtype, number)
        case = Case(op, ff, theirs, ours, sample, wants_gradient, seed, (0, 0))
        try:
            reference = Run(case, torch, theirs.call)
            outputs = reference.differentiable_part(sample)
            got = Run(case, ff, ours.call)
        except Skip:
            continue
        at = describe(sample)
        for path, ref, result in walk(reference.result, got.result, ff):
            check_shape_and_dtype(path, ref, result)
            yield "value", as_torch(result), ref.detach(), at
        if wants_gradient and reference.leaves:
            yield from _gradients(case, reference, got, outputs, at)


def _gradients(case: Case, reference: Run, got: Run, outputs: list, at: str) -> Iterator[tuple]:
    chosen = [i for i, t in enumerate(outputs) if t.requires_grad and t.is_floating_point()]
    if not chosen:
        return
    theirs = [outputs[i] for i in chosen]
    given = cotangents(theirs, case.seed)
    torch.autograd.backward(theirs, [g.clone() for g in given])
    parts = got.differentiable_part(case.sample)
    ff.autograd.backward([parts[i] for i in chosen], [Transfer(ff)(g) for g in given])
    for ref, leaf in zip(reference.leaves, got.leaves, strict=True):
        if ref.grad is None or leaf.grad is None:  # where PyTorch has none, ours may be zero
            found = [t.grad for t in (ref, leaf) if t.grad is not None]
            if any(bool((as_torch(g) != 0).any()) for g in found):
                raise Mismatch("grad_missing", at)
            continue
        check_shape_and_dtype("gradient", ref.grad, leaf.grad)
        yield "gradient", as_torch(leaf.grad), ref.grad, at
