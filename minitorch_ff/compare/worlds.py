"""A function called with PyTorch and with this package: tensors and gradients compared.

This is the one file of the package that imports PyTorch, when it is asked to compare
with it.
"""

from __future__ import annotations

import html
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy

from minitorch_ff.compare.output import aligned
from minitorch_ff.compare.verdict import Tolerance, largest_gap


@dataclass
class Table:
    """What a function returned in both worlds, one row for each tensor and gradient.

    Attributes:
        rows: Name, PyTorch's text, ours, the largest relative difference, whether equal.
    """

    rows: list[tuple[str, str, str, float, bool]]

    @property
    def equal(self) -> bool:
        """Whether all rows are."""
        return all(row[-1] for row in self.rows)

    def cells(self) -> list[tuple[str, ...]]:
        """The rows as texts, below their headings."""
        rows = [(*texts, f"{size:.2g}", "=" if same else "≠") for *texts, size, same in self.rows]
        return [("", "PyTorch", "minitorch_ff", "difference", ""), *rows]

    def __repr__(self) -> str:
        return aligned(self.cells())

    def _repr_html_(self) -> str:
        """The table for a notebook."""
        cell = "<td style='text-align:left;vertical-align:top'><pre>{}</pre></td>"
        rows = ("".join(cell.format(html.escape(text)) for text in row) for row in self.cells())
        return "<table>" + "".join(f"<tr>{row}</tr>" for row in rows) + "</table>"


def side_by_side(
    function: Callable[[Any], Any], seed: int = 0, *, rtol: float = 1e-4, atol: float = 1e-6
) -> Table:
    """Call a function with PyTorch and with this package, and compare what it returns.

    Args:
        function: Takes the framework as its argument. It returns tensors, numbers,
            texts and modules (which stand for their parameters), in any nesting of
            dictionaries, lists and tuples.
        seed: Both worlds' random numbers, Python's and NumPy's begin with it.
        rtol: Tolerance, relative to PyTorch's number.
        atol: Tolerance, absolute.

    Returns:
        A table with a row for each tensor, and one for the gradient of each that is a
        leaf and requires it. It shows itself in a notebook.

    Raises:
        ImportError: PyTorch is not installed, or `import torch` means this package.
        ValueError: The function returns nothing to compare.

    Example:
        >>> def function(torch):
        ...     w = torch.ones(2, requires_grad=True)
        ...     loss = (3 * w).sum()
        ...     loss.backward()
        ...     return {"w": w, "loss": loss}
        >>> from minitorch_ff.compare import side_by_side
        >>> side_by_side(function).equal
        True
    """
    import torch

    import minitorch_ff

    if torch.__name__ == minitorch_ff.__name__:
        raise ImportError("`import torch` means minitorch_ff here: there is nothing to compare")
    results = []
    for world in (torch, minitorch_ff):
        random.seed(seed)
        numpy.random.seed(seed)
        world.manual_seed(seed)
        results.append(dict(_named(function(world), "")))
    names = {**results[0], **results[1]}
    if not names:
        raise ValueError("the function returned nothing to compare")
    tolerance = Tolerance(rtol, atol)
    return Table([_row(name, [side.get(name) for side in results], tolerance) for name in names])


def _named(value: Any, name: str) -> Iterator[tuple[str, Any]]:
    """All values in a nesting, by their place; tensors with their gradients."""
    if hasattr(value, "named_parameters"):
        value = dict(value.named_parameters())
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _named(item, f"{name}.{key}" if name else str(key))
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from _named(item, f"{name}[{index}]")
    else:
        yield name or "result", value
        if getattr(value, "requires_grad", False) and value.is_leaf:
            yield f"gradient of {name or 'result'}", value.grad


def _row(name: str, values: list[Any], tolerance: Tolerance) -> tuple[Any, ...]:
    """One row of the table, from PyTorch's value and ours."""
    (kind, a), (own, b) = map(_numbers, values)
    if kind != own:
        return name, *map(str, values), numpy.inf, False
    if a.dtype.kind in "biu":  # a count is not rounded
        tolerance = Tolerance(0, 0)
    a, b = (numpy.append(x, numpy.linalg.norm(x) / max(x.size, 1) ** 0.5) for x in (a, b))
    _, size, apart = largest_gap(a, b, tolerance)
    return name, *map(str, values), size, not apart


def _numbers(value: Any) -> tuple[str, Any]:
    """What must be the same, and the numbers that need not: those of tensors and floats."""
    if isinstance(value, (float, complex)):
        return "number", numpy.atleast_1d(value)
    if not hasattr(value, "detach"):
        return repr(value), numpy.empty(0)
    kind, value = f"{value.dtype} {value.shape}", value.detach().cpu().reshape(-1)
    return kind, (value.double() if value.is_floating_point() else value).numpy()
