"""The text of tensors: `tensor([1., 2.])`, as PyTorch writes it.

All numbers of a tensor are written in one form, chosen from their values, and padded to
one width, so that they stand in columns. Large tensors show their corners only.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy

from minitorch_ff._dtypes import get_default_dtype

if TYPE_CHECKING:
    from minitorch_ff._tensor import Tensor


# ----------------------------------------------------------------------- the options


@dataclass
class _Options:
    """What `set_printoptions` sets."""

    precision: int = 4
    threshold: float = 1000
    edgeitems: int = 3
    linewidth: int = 80
    sci_mode: bool | None = None


_options = _Options()

_PROFILES: dict[str | None, dict[str, Any]] = {
    "default": {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80},
    "short": {"precision": 2, "threshold": 1000, "edgeitems": 2, "linewidth": 80},
    "full": {"precision": 4, "threshold": math.inf, "edgeitems": 3, "linewidth": 80},
}


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Choose how tensors are printed; what is None stays as it is, except `sci_mode`.

    Args:
        precision: Digits after the decimal point.
        threshold: A tensor of more elements than this is summarised.
        edgeitems: Elements that a summary shows at either end of each dimension.
        linewidth: Characters per line.
        profile: `"default"`, `"short"` (two digits, two items) or `"full"` (everything
            is shown); the other arguments go before it.
        sci_mode: Whether to write `1.0000e+00`; None: where the values call for it.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.set_printoptions(precision=2)
        >>> torch.tensor([1.2345, 6.0])
        tensor([1.23, 6.00])
        >>> torch.set_printoptions(profile="default")

    See: [torch.set_printoptions](https://docs.pytorch.org/docs/stable/generated/torch.set_printoptions.html).
    """
    given = {
        "precision": precision,
        "threshold": threshold,
        "edgeitems": edgeitems,
        "linewidth": linewidth,
    }
    chosen = {name: value for name, value in given.items() if value is not None}
    for name, value in {**_PROFILES.get(profile, {}), **chosen}.items():
        setattr(_options, name, value)
    _options.sci_mode = sci_mode


def get_printoptions() -> dict[str, Any]:
    """The options in force, by the names of `set_printoptions`'s arguments."""
    return asdict(_options)


# ------------------------------------------------------------------------ the tensor


def tensor_repr(tensor: Tensor, *, tensor_contents: str | None = None) -> str:
    """The text of a tensor: its numbers, and what they do not tell of it.

    Args:
        tensor: Any shape, dtype and device.
        tensor_contents: Stands in the place of the numbers.
    """
    name = _class_name(tensor)
    prefix = "tensor(" if name in ("Tensor", "Parameter") else name + "("
    if tensor_contents is None:
        tensor_contents = _contents(tensor, len(prefix))
    text = _with_suffixes(prefix + tensor_contents, _suffixes(tensor), len(prefix))
    if name not in ("Tensor", "Parameter") and _is_parameter(tensor):
        return f"Parameter({text})"
    return text


def format_tensor(tensor: Tensor, spec: str) -> str:
    """What `format(tensor, spec)` gives: a single number is formatted as a number."""
    if tensor.dim() == 0 and _class_name(tensor) == "Tensor":
        return format(tensor.detach().item(), spec)
    return object.__format__(tensor, spec)


def _class_name(tensor: Tensor) -> str:
    return type(tensor).__name__


def _is_parameter(tensor: Tensor) -> bool:
    """Whether a tensor of some subclass is, or derives from, a parameter."""
    derived = any(parent.__name__ == "Parameter" for parent in type(tensor).__mro__)
    return derived or getattr(tensor, "_is_param", False)


def _suffixes(tensor: Tensor) -> list[str]:
    """The keyword arguments after the numbers: whatever is not as a reader expects."""
    suffixes = []
    if tensor.device.type != "cpu":
        suffixes.append(f"device='{tensor.device}'")
    empty = tensor.numel() == 0
    if tensor.dim() != 1 if empty else not _options.edgeitems:
        suffixes.append(f"size={tuple(tensor.shape)}")
    if str(tensor.dtype) not in _expected_dtypes(empty):
        suffixes.append(f"dtype={tensor.dtype}")
    if tensor.grad_fn is not None:
        # A C++ node has its namespace before its name: torch::autograd::CopySlices.
        suffixes.append(f"grad_fn=<{tensor.grad_fn.name().rpartition('::')[2]}>")
    elif tensor.requires_grad:
        suffixes.append("requires_grad=True")
    return suffixes


def _expected_dtypes(empty: bool) -> tuple[str, ...]:
    """The dtypes that need no mention: those that `torch.tensor` gives such numbers."""
    default = str(get_default_dtype())
    if empty:
        return (default,)
    double = default == "torch.float64"
    default_complex = "torch.complex128" if double else "torch.complex64"
    return default, default_complex, "torch.int64", "torch.bool"


def _with_suffixes(text: str, suffixes: list[str], indent: int) -> str:
    """Add the suffixes and the closing bracket, on new lines where they do not fit."""
    column = len(text) - text.rfind("\n") + 1
    for suffix in suffixes:
        if column + len(suffix) + 2 > _options.linewidth:
            text += ",\n" + " " * indent + suffix
            column = indent + len(suffix)
        else:
            text += ", " + suffix
            column += len(suffix) + 2
    return text + ")"


# ----------------------------------------------------------------------- the numbers


def _contents(tensor: Tensor, indent: int) -> str:
    """The numbers in their brackets; the first line starts in column `indent`."""
    if tensor.numel() == 0:
        return "[]"
    edge = _options.edgeitems
    summarize = tensor.numel() > _options.threshold
    if summarize and tensor.dim() and not edge:
        return "[...]"
    array = _as_numpy(tensor)
    cut = [summarize and length > 2 * edge for length in array.shape]
    for dim in range(array.ndim):
        if cut[dim]:
            array = array.take([*range(edge), *range(-edge, 0)], dim)
    texts, width = _texts(array)
    return _nested(texts, width, array.shape, cut, indent)


def _as_numpy(tensor: Tensor) -> Any:
    """The elements as an array of NumPy's own dtypes."""
    values = tensor.detach()
    if values.device.type != "cpu":
        values = values.cpu()
    if str(values.dtype) == "torch.bfloat16":
        values = values.float()
    return values.numpy()


def _texts(array: Any) -> tuple[list[str], int]:
    """Every number as text, in reading order, and the width of a column."""
    if array.dtype.kind != "c":
        write, width = _form(array)
        return [write(value).rjust(width) for value in array.ravel().tolist()], width
    (write, width), (write_imag, imag_width) = _form(array.real), _form(array.imag)
    texts = []
    for value in array.ravel().tolist():
        imag = write_imag(value.imag)
        sign = "" if imag[0] in "+-" else "+"
        texts.append(f"{write(value.real):>{width}}{sign}{imag}j")
    return texts, width + imag_width + 1


def _form(array: Any) -> tuple[Callable[[Any], str], int]:
    """How to write numbers like these, all in one form, and the width of the widest.

    Zeros and what is not finite have no say: the form must suit the others.
    """
    if array.dtype.kind != "f":
        return str, max(len(str(value)) for value in array.ravel().tolist())
    numbers = array[numpy.isfinite(array) & (array != 0)]
    if not numbers.size:
        return _whole, 1
    write: Callable[[Any], str]
    if _scientific(numbers):
        write = f"{{:.{_options.precision}e}}".format
    elif (numbers == numpy.ceil(numbers)).all():
        write = _whole
    else:
        write = f"{{:.{_options.precision}f}}".format
    return write, max(len(write(value)) for value in numbers.tolist())


def _scientific(numbers: Any) -> bool:
    """Whether numbers, finite and none of them zero, are better read with exponents."""
    if _options.sci_mode is not None:
        return _options.sci_mode
    # As Python's floats: in float16 the quotient would overflow.
    sizes = numpy.abs(numbers)
    smallest, largest = float(sizes.min()), float(sizes.max())
    return largest / smallest > 1000 or largest > 1e8 or smallest < 1e-4


def _whole(value: float) -> str:
    """A floating number without a fraction: `3.`; `nan` and `inf` have no point."""
    return f"{value:.0f}." if math.isfinite(value) else f"{value}"


# ----------------------------------------------------------------------- the brackets


def _nested(
    texts: list[str], width: int, shape: tuple[int, ...], cut: list[bool], indent: int
) -> str:
    """Put the texts into brackets, a pair per dimension; dimensions `cut` get dots."""
    if not shape:
        return texts[0]
    if len(shape) == 1:
        return _row(texts, width, cut[0], indent)
    step = len(texts) // shape[0]
    parts = [
        _nested(texts[start : start + step], width, shape[1:], cut[1:], indent + 1)
        for start in range(0, len(texts), step)
    ]
    if cut[0]:
        parts.insert(_options.edgeitems, "...")
    # Matrices are separated by an empty line, stacks of matrices by two, and so on.
    gap = ",".ljust(len(shape), "\n") + " " * (indent + 1)
    return "[" + gap.join(parts) + "]"


def _row(texts: list[str], width: int, cut: bool, indent: int) -> str:
    """The innermost brackets, broken into lines."""
    if cut:
        texts = [*texts[: _options.edgeitems], " ...", *texts[_options.edgeitems :]]
    per_line = max(1, math.floor((_options.linewidth - indent) / (width + 2)))
    lines = [", ".join(texts[start : start + per_line]) for start in range(0, len(texts), per_line)]
    return "[" + (",\n" + " " * (indent + 1)).join(lines) + "]"
