"""What a comparison shows: both outputs as they come, and the result as text, JSON, page."""

from __future__ import annotations

import dataclasses
import json
import math
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from importlib import resources
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any

from minitorch_ff.compare.verdict import Comparison, Match, Verdict

MARKS = {"same": " ", "close": "≈", "apart": "≠"}
PENDING = 6  # lines shown of the side that is ahead

Show = Callable[[Match], None]
"""Shows the newest pair of lines."""


def choose(comparison: Comparison, stack: ExitStack) -> Show:
    """Columns on a terminal while `stack` is open, or text."""
    if sys.stdout.isatty():
        try:
            return columns(comparison, stack)
        except ImportError:
            print("For two columns: pip install 'minitorch-ff[compare]'", file=sys.stderr)
    return partial(print_lines, comparison)


def print_lines(comparison: Comparison, match: Match) -> None:
    """Print a line that both have once, and both lines where they differ."""
    if match.kind == "same":
        print(f"  {match.texts[0]}", flush=True)
        return
    size = f"   relative difference {match.size:.2g}" if match.numbers else ""
    print(f"{MARKS[match.kind]} line {len(comparison.matches)}{size}\n{match}", flush=True)


def columns(comparison: Comparison, stack: ExitStack) -> Show:
    """Show pairs quietly while they agree; below moves what only one side has so far."""
    from rich.live import Live  # an extra, and slow to load
    from rich.table import Table
    from rich.text import Text

    started = time.perf_counter()
    sides = comparison.torch, comparison.ours

    def row(texts: list[str], mark: str, style: str) -> Any:
        grid = Table.grid(padding=(0, 1), expand=True)
        for ratio in (1, None, 1):
            grid.add_column(ratio=ratio, overflow="fold")
        theirs, ours = map(Text.from_ansi, texts)
        grid.add_row(theirs, mark, ours, style=style)
        return grid

    def ahead() -> Any:
        texts = []
        for side in sides:
            lines = side.lines[len(comparison.matches) :][-PENDING:]
            seconds = side.seconds or time.perf_counter() - started
            lines.append(f"{side.name}: {len(side.lines)} lines, {seconds:.0f} s …")
            texts.append("\n".join(lines))
        return row(texts, " ", "italic")

    def show(match: Match) -> None:
        first = comparison.first == len(comparison.matches) - 1
        style = "bold red" if first else "red" if match.kind == "apart" else "dim"
        live.console.print(row(match.shown, MARKS[match.kind], style))
        if first and match.numbers:
            note = f" first divergence, line {len(comparison.matches)}: "
            note += f"relative difference {match.size:.2g} "
            live.console.print(Text(note, "bold white on red"), justify="center")

    live = stack.enter_context(Live(get_renderable=ahead, refresh_per_second=8, transient=True))
    live.console.print(row([side.name for side in sides], " ", "bold"))
    return show


def as_text(comparison: Comparison, verdict: Verdict) -> str:
    """What stands below the two outputs: stderr, notes, a table, the verdict."""
    sides = comparison.torch, comparison.ours
    rows = [
        ("", *(side.name for side in sides)),
        ("wall time", *(f"{side.seconds:.2f} s" for side in sides)),
        ("import", *(f"{side.inside.get('import') or 0:.2f} s" for side in sides)),
        ("lines", *(str(len(side.lines)) for side in sides)),
        ("tensors", *(str(len(side.records or ())) for side in sides)),
        ("peak memory", *(f"{side.memory / 2**20:.0f} MiB" for side in sides)),
    ]
    parts = [f"--- stderr of {side.name}\n{side.errors}" for side in sides if side.errors]
    parts += [f"note: {note}" for note in comparison.notes]
    parts.append(aligned(rows))
    return "\n" + "\n\n".join([*parts, str(verdict)])


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """A table as text; a cell may have several lines."""
    cells = [[cell.splitlines() or [""] for cell in row] for row in rows]
    widths = [max(map(len, chain(*column))) for column in zip(*cells, strict=True)]
    lines = chain.from_iterable(zip_longest(*row, fillvalue="") for row in cells)
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)


def as_json(comparison: Comparison, verdict: Verdict) -> str:
    """All but the records, as one object; infinite numbers are texts."""
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
        return {key: _plain(item) for key, item in value.items() if key != "records"}
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value
