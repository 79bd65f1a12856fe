"""Where do two recordings of the same training part first, and by how much?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import numpy

from minitorch_ff.compare.lines import Tolerance
from minitorch_ff.compare.outcome import Outcome


@dataclass
class Difference:
    """A tensor that both recorded, and how far the two lie apart.

    Attributes:
        step: Number of the optimizer step that it belongs to, from 1.
        call: Number of the module's call in that step, from 1.
        module: Path and class, as `net.2 (Linear)`.
        tensor: `output` or `gradient of weight`.
        apart: Whether they lie further apart than the tolerance.
        size: The largest difference, relative to PyTorch's number or to the root of the
            mean square of its tensor, whichever is larger.
        index: The element where it is largest, in the flattened tensor; None is the
            root of the mean square itself, which sees the elements that were not kept.
        values: PyTorch's number there, and ours; the shapes if these differ.
    """

    step: int
    call: int
    module: str
    tensor: str
    apart: bool = False
    size: float = 0.0
    index: int | None = None
    values: tuple[Any, Any] = (None, None)

    def __str__(self) -> str:
        where = f"step {self.step}, {self.module}, {self.tensor}"
        again = f", call {self.call}" if self.call > 1 else ""
        element = "" if self.index is None else f" in element {self.index}"
        torch, ours = (f"{v:.7g}" if isinstance(v, float) else v for v in self.values)
        return f"{where}{again}: {self.size:.2g}{element}, PyTorch {torch}, minitorch_ff {ours}"


def compare_records(torch: Outcome, ours: Outcome, tolerance: Tolerance) -> list[Difference]:
    """Every tensor that PyTorch recorded, in its order, beside ours.

    A tensor that only one of the two has is apart, up to the last step that both have.
    Where one of the two was not asked to record, there is nothing to compare.
    """
    if "records" not in torch.inside or "records" not in ours.inside:
        return []
    theirs, mine = (dict(_tensors(side)) for side in (torch, ours))
    last = min((max(step for step, *_ in side) for side in (theirs, mine) if side), default=0)
    keys = sorted((key for key in {**theirs, **mine} if key[0] <= last), key=itemgetter(0))
    return [_difference(key, theirs.get(key), mine.get(key), tolerance) for key in keys]


def _tensors(side: Outcome) -> Any:
    """((step, call, module, tensor), (record, values)) of all records."""
    start = 0
    for record in side.records:
        key = record["step"], record["call"], record["module"], record["tensor"]
        yield key, (record, side.samples[start : record["end"]])
        start = record["end"]


def _difference(
    key: tuple[int, int, str, str], torch: Any, ours: Any, tolerance: Tolerance
) -> Difference:
    kinds = [side[0]["kind"] if side else "none" for side in (torch, ours)]
    if kinds[0] != kinds[1]:
        return Difference(*key, True, math.inf, None, (kinds[0], kinds[1]))
    (record, theirs), (own, mine) = torch, ours
    theirs, mine = numpy.append(theirs, record["rms"]), numpy.append(mine, own["rms"])
    place, size, apart = largest_gap(theirs, mine, record["rms"], tolerance)
    index = place * record["stride"] if place < len(theirs) - 1 else None
    return Difference(*key, apart, size, index, (float(theirs[place]), float(mine[place])))


def largest_gap(torch: Any, ours: Any, rms: float, tolerance: Tolerance) -> tuple[int, float, bool]:
    """Where two arrays differ most, by how much, and whether that is too much.

    Rounding errors of a sum are as large as its largest terms allow. So a difference is
    relative to PyTorch's number or to the root of the mean square of its tensor,
    whichever is larger.

    Args:
        torch: PyTorch's numbers. Shape `(n,)`.
        ours: This package's. Shape `(n,)`.
        rms: Root of the mean square of PyTorch's tensor.
        tolerance: What counts as equal.
    """
    if not torch.size:
        return 0, 0.0, False
    with numpy.errstate(all="ignore"):
        scale = numpy.fmax(abs(torch), rms)
        equal = (torch == ours) | (numpy.isnan(torch) & numpy.isnan(ours))
        gap = abs(torch - ours)
        excess = gap - tolerance.absolute - tolerance.relative * scale
        excess = numpy.where(equal, -numpy.inf, numpy.nan_to_num(excess, nan=numpy.inf))
        place = int(numpy.argmax(excess))
        size = 0.0 if equal[place] else numpy.nan_to_num(gap[place] / scale[place], nan=numpy.inf)
    return place, float(size), bool(excess[place] > 0)
