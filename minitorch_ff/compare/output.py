"""What a comparison shows: both outputs as they come, and the result as text, JSON, page."""

from __future__ import annotations

import json
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


def choose(comparison: Comparison, stack: ExitStack) -> Callable[[Match], None]:
    """Columns on a terminal while `stack` is open, or text."""
    if sys.stdout.isatty():
        try:
            return columns(comparison, stack)
        except ImportError:
            print("For two columns: pip install 'minitorch-ff[compare]'", file=sys.stderr)
    return partial(print_lines, comparison)


def print_lines(comparison: Comparison, match: Match) -> None:
    """Print a line that both have once, and both lines where they differ."""
    size = f"   relative difference {match.size:.2g}" if match.numbers else ""
    both = f"{MARKS[match.kind]} line {len(comparison.matches)}{size}\n{match}"
    print(f"  {match.texts[0]}" if match.kind == "same" else both, flush=True)


def columns(comparison: Comparison, stack: ExitStack) -> Callable[[Match], None]:
    """Show pairs quietly while they agree; below moves what only one side has so far."""
    from rich.live import Live  # an extra, and slow to load
    from rich.table import Column, Table
    from rich.text import Text

    started = time.perf_counter()
    sides = comparison.torch, comparison.ours

    def row(texts: list[str], mark: str, style: str) -> Any:
        grid = Table.grid(Column(ratio=1), "", Column(ratio=1), padding=(0, 1), expand=True)
        theirs, ours = (Text.from_ansi(text, overflow="fold") for text in texts)
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
        ("import", *(f"{side.inside.get('import', '–'):.3} s" for side in sides)),
        ("lines", *(str(len(side.lines)) for side in sides)),
        ("peak memory", *(f"{side.memory / 2**20:.0f} MiB" for side in sides)),
    ]
    parts = [f"--- stderr of {side.name}\n{side.errors}" for side in sides if side.errors]
    parts += [f"note: {note}" for note in comparison.notes]
    return "\n" + "\n\n".join([*parts, aligned(rows), str(verdict)])


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """A table as text; a cell may have several lines."""
    cells = [[cell.splitlines() or [""] for cell in row] for row in rows]
    widths = [max(map(len, chain(*column))) for column in zip(*cells, strict=True)]
    lines = chain.from_iterable(zip_longest(*row, fillvalue="") for row in cells)
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)


def as_json(comparison: Comparison, verdict: Verdict) -> str:
    """All but the records, as one object; infinite numbers are texts."""
    data = {**vars(comparison), "verdict": verdict, "text": str(verdict)}
    text = json.dumps(data, default=lambda x: {k: v for k, v in vars(x).items() if k != "records"})
    data = json.loads(text, parse_constant=lambda name: str(float(name)))
    return json.dumps(data, ensure_ascii=False)


def write_html(comparison: Comparison, verdict: Verdict, path: str) -> None:
    """Write a page that needs nothing else and draws itself from the data inside it."""
    template = resources.files("minitorch_ff.compare").joinpath("report.html").read_text("utf-8")
    data = as_json(comparison, verdict).replace("<", "\\u003c")  # `</script>` would end it
    Path(path).write_text(template.replace("{{ data }}", data, 1), encoding="utf-8")
