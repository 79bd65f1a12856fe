"""A comparison's result as text and as JSON."""

from __future__ import annotations

import dataclasses
import json
import math
import re
from typing import Any

from minitorch_ff.compare.verdict import Comparison

SERIES = re.compile(
    r"((?:[^\W\d][\w-]* )?[\w-]*(?:loss|acc|error|mse|perplexity|reward)[\w-]*)"
    r"\s*[:=(]?\s*(?:tensor\()?([-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)",
    re.IGNORECASE,
)
FEWEST = 3  # numbers that make a curve


def summary(comparison: Comparison) -> str:
    """What stands below the two outputs: stderr, notes, a table, the verdict."""
    sides = comparison.torch, comparison.ours
    parts = [f"--- stderr of {side.name}\n{side.errors}" for side in sides if side.errors]
    parts += [f"note: {note}" for note in comparison.notes]
    rows = [("", *(side.name for side in sides))]
    rows += [(name, *values) for name, values in measures(comparison).items()]
    parts.append("\n".join("{:12} {:>14} {:>14}".format(*row) for row in rows))
    if comparison.deep:
        parts.append(f"{len(comparison.deep)} recorded tensors compared")
    return "\n" + "\n\n".join([*parts, str(comparison.verdict)])


def measures(comparison: Comparison) -> dict[str, list[str]]:
    """What both runs took, with units, PyTorch first."""
    sides = comparison.torch, comparison.ours
    imports = [side.inside.get("import") for side in sides]
    return {
        "wall time": [f"{side.seconds:.2f} s" for side in sides],
        "import": ["–" if seconds is None else f"{seconds:.2f} s" for seconds in imports],
        "peak memory": [f"{side.memory / 2**20:.0f} MiB" for side in sides],
        "exit status": [str(side.code) for side in sides],
    }


def as_json(comparison: Comparison) -> str:
    """All that is known, as one JSON object; numbers that JSON lacks are texts."""
    return json.dumps(_plain(public(comparison)), ensure_ascii=False)


def public(comparison: Comparison) -> dict[str, Any]:
    """All that is known, in dictionaries and lists."""
    sides = comparison.torch, comparison.ours
    layers: dict[str, list[list[Any]]] = {}
    for found in comparison.deep:
        row = layers.setdefault(f"{found.module}, {found.tensor}", [])
        row.append([found.step, found.call, found.size, found.apart])
    return {
        "verdict": dataclasses.asdict(comparison.verdict),  # type: ignore[arg-type]
        "text": str(comparison.verdict),
        "notes": comparison.notes,
        "tolerance": comparison.tolerance._asdict(),
        "matches": [dataclasses.asdict(match) for match in comparison.matches],
        "layers": layers,
        "measures": measures(comparison),
        "sides": [
            {
                "name": side.name,
                "arguments": side.arguments,
                "hash": side.hash,
                "lines": side.lines,
                "times": side.times,
                "errors": side.errors,
                "code": side.code,
                "seconds": side.seconds,
                "memory": side.memory,
                "import": side.inside.get("import"),
                "environment": side.inside.get("environment", {}),
                "series": series(side.lines),
            }
            for side in sides
        ],
    }


def series(lines: list[str]) -> dict[str, list[float]]:
    """Numbers that follow a word like `loss` again and again, by that word.

    Example:
        >>> series([f"epoch {i}  loss: {1 / i:.2f}  (lr 0.1)" for i in (1, 2, 4)])
        {'loss': [1.0, 0.5, 0.25]}
    """
    found: dict[str, list[float]] = {}
    for line in lines:
        for name, number in SERIES.findall(line):
            found.setdefault(name, []).append(float(number))
    return {name: numbers for name, numbers in found.items() if len(numbers) >= FEWEST}


def _plain(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value
