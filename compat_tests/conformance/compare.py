"""When two results are equal: structure, shape, dtype, and values within tolerance.

Tolerances are those of `torch.testing.assert_close`, widened to an operator's own
overrides in PyTorch's database. A float32 value outside them still passes when it is
within eight times PyTorch's own float32 error of PyTorch's float64 result.
"""

import math

import torch

from compat_tests.conformance.outcome import Mismatch, dtype_name
from compat_tests.conformance.transfer import is_tensor

TOLERANCES = {  # dtype: (relative, absolute)
    torch.float32: (1.3e-6, 1e-5),
    torch.float64: (1e-7, 1e-7),
    torch.float16: (1e-3, 1e-5),
    torch.bfloat16: (1.6e-2, 1e-5),
}
EXACT = (0, 0)  # no wider than the dtype's own tolerance


def walk(ref, got, impl, path: str = "result") -> list:
    """Check that two structures agree; return the pairs of tensors in them.

    Numbers, sizes, dtypes and texts are compared on the way.

    Returns:
        Triples of a path to say where, PyTorch's tensor, the implementation's.
    """
    if isinstance(ref, torch.Tensor):
        if not is_tensor(got, impl):
            _differ("structure", path, f"expected a Tensor, got {type(got).__name__}")
        return [(path, ref, got)]
    if isinstance(ref, (tuple, list)) and not isinstance(ref, torch.Size):
        return _walk_sequence(ref, got, impl, path)
    if isinstance(ref, dict):
        return _walk_mapping(ref, got, impl, path)
    _compare_leaf(ref, got, path)
    return []


def _compare_leaf(ref, got, path: str) -> None:
    """Numbers, texts, sizes, dtypes, devices: equal, and of the same type."""
    if isinstance(ref, (torch.dtype, torch.device)):
        equal = dtype_name(got) == dtype_name(ref)
    elif isinstance(ref, torch.Size):
        _expect_type(tuple, got, path)
        equal = tuple(got) == tuple(ref)
    elif ref is None or isinstance(ref, (bool, int, float, str)):
        _expect_type(type(ref), got, path)
        equal = type(got) is type(ref) and _equal_scalars(ref, got)
    else:
        _differ("structure", path, f"no rule to compare a {type(ref).__name__}")
    if not equal:
        _differ("value", path, f"{got!r} != {ref!r}")


def _walk_sequence(ref, got, impl, path: str) -> list:
    _expect_type(tuple if isinstance(ref, tuple) else list, got, path)
    if len(got) != len(ref):
        _differ("structure", path, f"length {len(got)} != {len(ref)}")
    fields = getattr(type(ref), "__match_args__", None) or getattr(ref, "_fields", ())
    for field in fields:
        if not hasattr(got, field):
            _differ("structure", path, f"result has no field .{field}")
    pairs = []
    for i, (r, g) in enumerate(zip(ref, got, strict=True)):
        pairs += walk(r, g, impl, f"{path}[{i}]")
    return pairs


def _walk_mapping(ref, got, impl, path: str) -> list:
    _expect_type(dict, got, path)
    if set(ref) != set(got):
        keys = f"keys {sorted(map(str, got))} != {sorted(map(str, ref))}"
        _differ("structure", path, keys)
    return [pair for k in ref for pair in walk(ref[k], got[k], impl, f"{path}[{k!r}]")]


def _differ(stage: str, path: str, text: str) -> None:
    raise Mismatch(stage, f"{path}: {text}")


def _expect_type(expected: type, got, path: str) -> None:
    if not isinstance(got, expected):
        text = f"expected {expected.__name__}, got {type(got).__name__}"
        _differ("structure", path, text)


def _equal_scalars(ref, got) -> bool:
    if not isinstance(ref, float) or ref == got:
        return ref == got
    both_nan = math.isnan(ref) and math.isnan(got)
    return both_nan or math.isclose(ref, got, rel_tol=1.3e-6, abs_tol=1e-7)


def check_shape_and_dtype(path: str, ref, got, stage: str = "") -> None:
    if tuple(got.shape) != tuple(ref.shape):
        text = f"shape {tuple(got.shape)}, expected {tuple(ref.shape)}"
        _differ(stage + "shape", path, text)
    if dtype_name(got.dtype) != dtype_name(ref.dtype):
        text = f"dtype {dtype_name(got.dtype)}, expected {dtype_name(ref.dtype)}"
        _differ(stage + "dtype", path, text)


def difference(ref: torch.Tensor, got: torch.Tensor, tolerance=EXACT) -> str | None:
    """None when the values agree, else a sentence.

    Args:
        ref: PyTorch's values.
        got: The implementation's, as a tensor of PyTorch, of the same shape.
        tolerance: (relative, absolute); never narrower than the dtype's own.
    """
    if ref.is_floating_point() or ref.is_complex():
        own = TOLERANCES.get(ref.dtype, (1e-3, 1e-3))
        rtol, atol = max(own[0], tolerance[0]), max(own[1], tolerance[1])
        bad = ~torch.isclose(got, ref, rtol=rtol, atol=atol, equal_nan=True)
    else:
        bad = ref != got
    if not bool(bad.any()):
        return None
    at = tuple(bad.nonzero()[0].tolist()) if bad.dim() else ()
    return (
        f"{int(bad.sum())}/{ref.numel()} differ, first at {at}: "
        f"got {got[at].item()!r}, expected {ref[at].item()!r}"
    )


def as_good_as(ref32: torch.Tensor, got: torch.Tensor, ref64) -> bool:
    """Whether `got` is within 8 times PyTorch's own float32 error of its float64."""
    if ref64 is None or ref32.dtype is not torch.float32 or ref64.shape != ref32.shape:
        return False
    infinite = ~torch.isfinite(ref32)
    if not torch.equal(~torch.isfinite(got), infinite):
        return False
    theirs, ours = (torch.nan_to_num(t[infinite], nan=7.0) for t in (ref32, got))
    if not torch.equal(theirs, ours):
        return False
    finite = torch.isfinite(ref64) & ~infinite
    if not bool(finite.any()):
        return True
    torch_error = (ref32.double() - ref64)[finite].abs().max().item()
    error = (got.double() - ref64)[finite].abs()
    allowed = 8 * torch_error + 1e-5 + 1.3e-6 * ref64[finite].abs()
    return bool((error <= allowed).all())
