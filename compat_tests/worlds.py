"""One body, run in two worlds: PyTorch's and ours.

    def body(torch):
        x = torch.randn(3, requires_grad=True)
        (x * x).sum().backward()
        return x

    same_in_both(body)

A body gets the world as its argument and returns what is to be compared: tensors (with
their gradients), numbers, texts, sizes, dtypes, in any nesting. It must be something.
"""

from collections.abc import Callable

import pytest
import torch

import minitorch_ff as ff
from compat_tests.conformance.compare import (
    EXACT,
    check_shape_and_dtype,
    difference,
    walk,
)
from compat_tests.conformance.outcome import Mismatch, seed_all
from compat_tests.conformance.transfer import to_torch


def in_both_worlds(body: Callable, seed: int = 0) -> tuple:
    """(ours, theirs): what the body returns, after seeding both worlds alike."""
    seed_all(seed, ff)
    return body(ff), body(torch)


def same_in_both(body: Callable, tolerance=EXACT, seed: int = 0) -> None:
    """Run the body in both worlds and hold the results together."""
    assert_same(*in_both_worlds(body, seed), tolerance)


def assert_same(ours, theirs, tolerance=EXACT) -> None:
    """Values, shapes, dtypes, `requires_grad` and gradients are PyTorch's.

    Args:
        ours: A result of minitorch_ff.
        theirs: PyTorch's result.
        tolerance: (relative, absolute); never narrower than the dtype's own.
    """
    __tracebackhide__ = True
    if _leaves(theirs) == 0:
        pytest.fail(f"there is nothing to compare in {theirs!r}")
    try:
        for path, ref, got in walk(theirs, ours, ff):
            _compare_tensor(path, ref, got, tolerance)
    except Mismatch as mismatch:
        pytest.fail(f"{mismatch.stage}: {mismatch.message}")


def _leaves(value) -> int:
    """How many values there are to compare; `None` is none."""
    if isinstance(value, dict):
        return sum(map(_leaves, value.values()))
    if isinstance(value, (list, tuple)) and not isinstance(value, torch.Size):
        return sum(map(_leaves, value))
    return value is not None


def _compare_tensor(path: str, ref: torch.Tensor, got, tolerance) -> None:
    check_shape_and_dtype(path, ref, got)
    text = difference(ref.detach(), to_torch(got, ff), tolerance)
    if text:
        raise Mismatch("value", f"{path}: {text}")
    if ref.requires_grad != got.requires_grad:
        text = f"requires_grad {got.requires_grad}, expected {ref.requires_grad}"
        raise Mismatch("requires_grad", f"{path}: {text}")
    if ref.is_leaf and ref.grad is not None:
        if got.grad is None:
            raise Mismatch("grad_missing", f"{path}: no gradient where PyTorch has one")
        _compare_tensor(f"grad of {path}", ref.grad, got.grad, tolerance)


def same_error(body: Callable, words: bool = True, seed: int = 0) -> None:
    """The body raises the same exception type, with the same words, in both worlds.

    Args:
        body: Must raise.
        words: Compare the texts too; not where PyTorch's names its own C++ kernels.
        seed: For both worlds.
    """
    __tracebackhide__ = True
    seed_all(seed, ff)
    ours, theirs = _raised(body, ff), _raised(body, torch)
    if theirs is None:
        pytest.fail("PyTorch raises nothing here")
    if ours is None:
        pytest.fail(f"nothing raised; PyTorch raises {theirs!r}")
    assert type(ours).__name__ == type(theirs).__name__, f"{ours!r} != {theirs!r}"
    if words:
        assert str(ours) == str(theirs)


def _raised(body: Callable, world) -> Exception | None:
    try:
        body(world)
    except Exception as error:
        return error
    return None


def dot_adds_in_halves() -> bool:
    """Whether PyTorch adds the products of `dot` as ours does: only with AVX-512 it does."""

    def meet_first(i: int, j: int, k: int) -> bool:
        """Products i and j cancel before k comes, which either alone would swallow."""
        x = torch.zeros(16)
        x[i], x[j], x[k] = 1e30, -1e30, 1
        return x.dot(torch.ones(16)).item() == 1

    return meet_first(0, 8, 4) and meet_first(0, 4, 1)
