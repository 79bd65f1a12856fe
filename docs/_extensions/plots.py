"""Drawings of the README's table of times, so that it stands in one place only."""

import math
import re
from collections.abc import Sequence

from sources import ROOT

HEAD = re.compile(r"^\| \| (PyTorch \|.*)\|\n\|[ -:|]+\|\n((?:\|.*\|\n)+)", re.MULTILINE)
COLORS = {"PyTorch": "#8d6e63", "minitorch_ff": "#e65100", "NumPy by hand": "#9e7d00"}
OTHERS = ("#6a1b9a", "#00695c", "#1565c0")
LEFT, RIGHT, ROW, TOP = 330, 690, 26, 34
STYLE = 'font-family="sans-serif" font-size="13" role="img"'


def table() -> tuple[list[str], list[tuple[str, list[float | None]]]]:
    """The names of the columns, and for each workload its numbers."""
    head, body = HEAD.search((ROOT / "README.md").read_text(encoding="utf-8")).groups()
    columns = cells(head)
    rows = [cells(line[1:]) for line in body.splitlines()]
    return columns, [(name, [number(cell) for cell in rest]) for name, *rest in rows]


def number(cell: str) -> float | None:
    """What a cell says; None where nothing was measured."""
    return float(cell) if re.fullmatch(r"[\d.]+", cell) else None


def cells(line: str) -> list[str]:
    """The cells of a row, whose first bar is taken off."""
    return [cell.strip() for cell in line.rstrip().removesuffix("|").split("|")]


def markdown() -> str:
    """The table as it stands there."""
    return HEAD.search((ROOT / "README.md").read_text(encoding="utf-8"))[0]


def shares() -> str:
    """A bar for each workload: its time as a share of PyTorch's."""
    columns, rows = table()
    which = columns.index("share")
    found = [(name, numbers[which]) for name, numbers in rows]
    end = max(1.2, math.ceil(10 * max(share for _, share in found)) / 10)

    def place(share: float) -> float:
        return LEFT + (RIGHT - LEFT) * share / end

    ticks = [(place(x), f"{x:g}") for x in (0, 0.25, 0.5, 0.75, 1.0)]
    parts = []
    for number, (_, share) in enumerate(found):
        y = TOP + ROW * number
        size = f'width="{place(share) - LEFT:.1f}" height="16" rx="3"'
        color = (
            'fill="#ffccbc" stroke="#bf360c"' if share > 1 else 'fill="#ffe0b2" stroke="#e65100"'
        )
        parts.append(f'<rect x="{LEFT}" y="{y}" {size} {color}/>')
        parts.append(text(750, y + 13, f"{share:.2f}", "end"))
    title = "Time of a training step as a share of PyTorch's"
    return drawing(title, [name for name, _ in found], ticks, place(1), parts)


def times() -> str:
    """Every implementation's time as a dot, on a scale of powers of ten."""
    columns, rows = table()
    timed = [(n, name) for n, name in enumerate(columns) if name != "share"]
    spare = iter(OTHERS)
    colors = {name: COLORS.get(name) or next(spare) for _, name in timed}
    every = [x for _, numbers in rows for n, _ in timed if (x := numbers[n]) is not None]
    low, high = math.floor(math.log10(min(every))), math.ceil(math.log10(max(every)))

    def place(time: float) -> float:
        return LEFT + (RIGHT - LEFT) * (math.log10(time) - low) / (high - low)

    units = {0: "1 µs", 1: "10 µs", 2: "100 µs", 3: "1 ms", 4: "10 ms", 5: "0.1 s", 6: "1 s"}
    ticks = [(place(10.0**n), units[n]) for n in range(low, high + 1)]
    parts = []
    for number, (_, numbers) in enumerate(rows):
        y = TOP + ROW * number + 8
        found = [(place(numbers[n]), colors[name]) for n, name in timed if numbers[n] is not None]
        ends = min(found)[0], max(found)[0]
        parts.append(f'<path d="M{ends[0]:.1f} {y} H{ends[1]:.1f}" stroke="#d7ccc8"/>')
        parts += [dot(x, y, color) for x, color in found]
    for n, (name, color) in enumerate(colors.items()):
        x = 20 + 130 * n
        parts.append(dot(x, 14, color))
        parts.append(text(x + 12, 18, name, "start"))
    return drawing("Time of a training step", [name for name, _ in rows], ticks, None, parts)


def dot(x: float, y: float, color: str) -> str:
    """A place on the scale; PyTorch's is a ring, so that others can be seen in it."""
    inside = "none" if color == COLORS["PyTorch"] else color
    paint = f'fill="{inside}" stroke="{color}" stroke-width="2"'
    return f'<circle cx="{x:.1f}" cy="{y}" r="6" {paint}/>'


def drawing(
    title: str,
    names: Sequence[str],
    ticks: Sequence[tuple[float, str]],
    mark: float | None,
    parts: Sequence[str],
) -> str:
    """A picture with a name for each row, a scale below, and a line where both are equal."""
    bottom = TOP + ROW * len(names) + 4
    frame = [
        f'<path d="M{x:.1f} {TOP - 8} V{bottom}" stroke="#efe4dc"/>'
        + text(x, bottom + 18, label, "middle")
        for x, label in ticks
    ]
    if mark is not None:
        line = f"M{mark:.1f} {TOP - 8} V{bottom}"
        frame.append(f'<path d="{line}" stroke="#3e2723" stroke-width="2"/>')
        frame.append(text(mark, TOP - 14, "PyTorch", "middle"))
    labels = [text(LEFT - 10, TOP + ROW * n + 13, name, "end") for n, name in enumerate(names)]
    size = f'viewBox="0 0 760 {bottom + 30}" style="max-width: 760px"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} {STYLE} aria-label="{title}">'
    back = f'<rect width="760" height="{bottom + 30}" rx="12" fill="#fffaf5"/>'
    return "\n".join([head, back, *frame, *parts, *labels, "</svg>"])


def text(x: float, y: float, words: str, anchor: str) -> str:
    """Words in the picture."""
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text {place} fill="#3e2723">{words.replace("`", "")}</text>'
