"""Both outputs side by side as they come: in columns on a terminal, as text elsewhere."""

from __future__ import annotations

import sys
import time
from typing import Any

from minitorch_ff.compare.verdict import Comparison

MARKS = {"same": " ", "close": "≈", "apart": "≠"}
STYLES = {"same": "dim", "close": "dim", "apart": "red"}
PENDING = 6  # lines shown of the side that is ahead


class View:
    """Shows nothing."""

    def __init__(self, comparison: Comparison) -> None:
        self.comparison = comparison

    def __enter__(self) -> View:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def row(self, index: int) -> None:
        """Show a pair of lines that has been compared."""


class Plain(View):
    """Shows every line once, and both texts where they differ."""

    def row(self, index: int) -> None:
        """Print a pair of lines."""
        match = self.comparison.matches[index]
        texts = self.comparison.texts(index)
        if match.kind == "same":
            print(f"  {texts[0]}", flush=True)
            return
        size = f"   relative difference {match.size:.2g}" if match.numbers else ""
        names = self.comparison.torch.name, self.comparison.ours.name
        print(f"{MARKS[match.kind]} line {index + 1}{size}")
        for name, text in zip(names, texts, strict=True):
            print(f"    {name:12} | {'(no line)' if text is None else text}", flush=True)


class Columns(View):
    """Shows two columns; below them moves what only one side has printed so far."""

    def __init__(self, comparison: Comparison) -> None:
        from rich.live import Live  # ImportError: the caller falls back to Plain

        super().__init__(comparison)
        self.apart = False
        self.started = time.perf_counter()
        self.live = Live(get_renderable=self.ahead, refresh_per_second=8, transient=True)

    def __enter__(self) -> Columns:
        sides = self.comparison.torch.name, self.comparison.ours.name
        self.live.console.print(self.line(sides, " ", "bold"))
        self.live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.live.stop()

    def row(self, index: int) -> None:
        """Print a pair of lines above the moving part; the first that parts is marked."""
        match = self.comparison.matches[index]
        first = match.kind == "apart" and not self.apart
        self.apart |= first
        style = "bold red" if first else STYLES[match.kind]
        texts = self.comparison.texts(index)
        self.live.console.print(self.line(texts, MARKS[match.kind], style, match.numbers))
        if first and match.numbers:
            note = f"first divergence, line {index + 1}: relative difference {match.size:.2g}"
            self.live.console.print(f"[bold white on red] {note} [/]", justify="center")

    def ahead(self) -> Any:
        """The last lines that wait for their partner, and how long both have run."""
        sides = self.comparison.torch, self.comparison.ours
        done = len(self.comparison.matches)
        seconds = time.perf_counter() - self.started
        texts = []
        for side in sides:
            ended = side.code is not None
            state = f"ended after {side.seconds:.1f} s" if ended else f"{seconds:.0f} s …"
            count = f"{side.name}: {len(side.lines)} lines, {state}"
            texts.append("\n".join([*side.lines[done:][-PENDING:], count]))
        return self.line(texts, " ", "italic")

    def line(self, texts: Any, mark: str, style: str, numbers: Any = None) -> Any:
        """Two texts, folded into two columns of the same width."""
        from rich.table import Table
        from rich.text import Text

        cells = [Text.from_ansi("(no line)" if text is None else text) for text in texts]
        for cell, number in zip(cells, numbers or (), strict=False):
            cell.highlight_words([number], "underline")
        grid = Table.grid(padding=(0, 1), expand=True)
        for ratio in (1, None, 1):
            grid.add_column(ratio=ratio, overflow="fold")
        grid.add_row(cells[0], mark, cells[1], style=style)
        return grid


def choose(comparison: Comparison) -> View:
    """Columns on a terminal, text elsewhere or without rich."""
    if not sys.stdout.isatty():
        return Plain(comparison)
    try:
        return Columns(comparison)
    except ImportError:
        print("For two columns install rich: pip install 'minitorch-ff[compare]'", file=sys.stderr)
        return Plain(comparison)
