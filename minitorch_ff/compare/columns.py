"""Two columns on a terminal; below them moves what only one side has printed so far."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.live import Live
from rich.table import Table
from rich.text import Text

from minitorch_ff.compare.live import MARKS
from minitorch_ff.compare.verdict import MISSING, Comparison

PENDING = 6  # lines shown of the side that is ahead


@contextmanager
def columns(comparison: Comparison) -> Iterator[Callable[[int], None]]:
    """Show pairs of lines quietly while they agree; the first that parts stands out."""
    started = time.perf_counter()
    sides = comparison.torch, comparison.ours

    def ahead() -> Table:
        """The last lines that wait for their partner, and how long both have run."""
        texts = []
        for side in sides:
            lines = side.lines[len(comparison.matches) :][-PENDING:]
            seconds = side.seconds or time.perf_counter() - started
            state = f"{side.name}: {len(side.lines)} lines, {seconds:.0f} s"
            texts.append("\n".join([*lines, state + ("" if side.seconds else " …")]))
        return _row(texts, " ", "italic")

    def show(index: int) -> None:
        match = comparison.matches[index]
        first = comparison.first == index
        style = "bold red" if first else "red" if match.kind == "apart" else "dim"
        row = _row(comparison.texts(index), MARKS[match.kind], style, match.numbers or ())
        live.console.print(row)
        if first and match.numbers:
            note = f" first divergence, line {index + 1}: relative difference {match.size:.2g} "
            live.console.print(Text(note, "bold white on red"), justify="center")

    with Live(get_renderable=ahead, refresh_per_second=8, transient=True) as live:
        live.console.print(_row([side.name for side in sides], " ", "bold"))
        yield show


def _row(texts: Sequence[str | None], mark: str, style: str, numbers: Sequence[str] = ()) -> Table:
    """Two texts, folded into two columns of the same width, and a mark between them."""
    cells = [Text.from_ansi(MISSING if text is None else text) for text in texts]
    for cell, number in zip(cells, numbers, strict=False):
        cell.highlight_words([number], "underline")
    grid = Table.grid(padding=(0, 1), expand=True)
    grid.add_column(ratio=1, overflow="fold")
    grid.add_column()
    grid.add_column(ratio=1, overflow="fold")
    grid.add_row(cells[0], mark, cells[1], style=style)
    return grid
