"""A comparison's result as text, as JSON and as a page."""

from __future__ import annotations

import dataclasses
import json
import math
from importlib import resources
from pathlib import Path
from typing import Any

from minitorch_ff.compare.verdict import Comparison, Verdict


def as_text(comparison: Comparison, verdict: Verdict) -> str:
    """What stands below the two outputs: stderr, notes, a table, the verdict."""
    sides = comparison.torch, comparison.ours
    imports = [side.inside.get("import") for side in sides]
    rows = {
        "": [side.name for side in sides],
        "wall time": [f"{side.seconds:.2f} s" for side in sides],
        "import": ["–" if seconds is None else f"{seconds:.2f} s" for seconds in imports],
        "lines": [str(len(side.lines)) for side in sides],
        "peak memory": [f"{side.memory / 2**20:.0f} MiB" for side in sides],
    }
    parts = [f"--- stderr of {side.name}\n{side.errors}" for side in sides if side.errors]
    parts += [f"note: {note}" for note in comparison.notes]
    parts.append("\n".join(f"{name:12}{a:>14}{b:>14}" for name, (a, b) in rows.items()))
    if comparison.deep:
        parts.append(f"{len(comparison.deep)} recorded tensors compared")
    return "\n" + "\n\n".join([*parts, str(verdict)])


def as_json(comparison: Comparison, verdict: Verdict) -> str:
    """All but the recorded samples, as one object; infinite numbers are texts."""
    result = {**vars(comparison), "verdict": verdict, "text": str(verdict)}
    return json.dumps(_plain(result), ensure_ascii=False, allow_nan=False)


def write_html(comparison: Comparison, verdict: Verdict, path: str) -> None:
    """Write a page that needs nothing else and draws itself from the data inside it."""
    template = resources.files("minitorch_ff.compare").joinpath("report.html")
    data = as_json(comparison, verdict).replace("<", "\\u003c")  # `</script>` would end it
    page = template.read_text("utf-8").replace("{{ data }}", data, 1)
    Path(path).write_text(page, encoding="utf-8")


def _plain(value: Any) -> Any:
    """Dictionaries, lists, texts and finite numbers."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if dataclasses.is_dataclass(value):
        value = vars(value)
    if isinstance(value, dict):
        left_out = ("samples", "records")
        return {key: _plain(item) for key, item in value.items() if key not in left_out}
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value
