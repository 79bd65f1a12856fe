"""Where the boxes of a graph stand, and how its edges run.

The layered layout of Sugiyama, Tagawa and Toda (1981), in its simplest form: a layer for
each length of the longest way from the root; neighbours brought close by the barycentre;
then positions that are as near to the neighbours' as boxes without overlaps allow.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate

CHARACTER, LINE = 7.3, 16.0
"""Width and height of text, in pixels: monospaced, 12 pixels."""

GAP, RISE, MARGIN = 22.0, 34.0, 14.0
"""Between boxes, between layers, and around the picture."""

SWEEPS = 8

Item = tuple[int, int]
"""A node and its layer; or, with a higher layer, an edge on its way to that node."""


@dataclass
class Layout:
    """A picture's geometry, in pixels.

    Attributes:
        boxes: x, y, width and height of each node's box.
        pieces: The points of every piece of an edge, which leads from one layer to the next
            and straight across that one if the edge goes on.
        layers: Which layer each node is in, from the top.
        width, height: Of the picture.
    """

    boxes: list[tuple[float, float, float, float]]
    pieces: dict[tuple[Item, Item], list[tuple[float, float]]]
    layers: list[int]
    width: float
    height: float

    def beside(self, start: int, end: int) -> tuple[float, float]:
        """A place for a label at an edge's first piece."""
        depth = self.layers[start]
        (x0, y0), (x, y), *_ = self.pieces[(start, depth), (end, depth + 1)]
        return (x0 + x) / 2 + CHARACTER * 2, (y0 + y) / 2


def place(texts: list[list[str]], targets: list[list[int]]) -> Layout:
    """Lay out a graph.

    Args:
        texts: The lines in each node's box.
        targets: For each node the ones it points to; they come later in the list.
    """
    layer = [0] * len(texts)
    for i, below in enumerate(targets):
        for t in below:
            layer[t] = max(layer[t], layer[i] + 1)
    rows: list[list[Item]] = [[] for _ in range(max(layer) + 1)]
    for i, depth in enumerate(layer):
        rows[depth].append((i, depth))
    up: dict[Item, list[Item]] = {}
    down: dict[Item, list[Item]] = {}
    for i, below in enumerate(targets):
        for t in below:
            above = (i, layer[i])
            # Edges to one node share their way, so that a parameter used everywhere is a trunk.
            for depth in range(layer[i] + 1, layer[t] + 1):
                item = (t, depth)
                way_there = item in up
                down.setdefault(above, []).append(item)
                up.setdefault(item, []).append(above)
                if depth < layer[t] and way_there:
                    break
                if depth < layer[t]:
                    rows[depth].append(item)
                above = item
    width = {
        (i, layer[i]): max(map(len, lines)) * CHARACTER + 18 for i, lines in enumerate(texts)
    }
    _order(rows, up, down)
    x = _columns(rows, up, down, width)

    heights = [max([len(texts[i]) * LINE + 8 for i, d in row if d == layer[i]]) for row in rows]
    tops = list(accumulate(heights[:-1], lambda y, height: y + height + RISE, initial=MARGIN))
    left = min(x[item] - width.get(item, 0) / 2 for row in rows for item in row) - MARGIN
    boxes = []
    for i, depth in enumerate(layer):
        size = width[i, depth]
        boxes.append((x[i, depth] - size / 2 - left, tops[depth], size, len(texts[i]) * LINE + 8))
    pieces = {}
    for (i, depth), items in down.items():
        bottom = tops[depth] + (boxes[i][3] if depth == layer[i] else heights[depth])
        for t, below in items:
            at = x[t, below] - left
            points = [(x[i, depth] - left, bottom), (at, tops[below])]
            across = [(at, tops[below] + heights[below])] if below < layer[t] else []
            pieces[(i, depth), (t, below)] = points + across
    right = max(x[item] + width.get(item, 0) / 2 for row in rows for item in row) + MARGIN
    return Layout(boxes, pieces, layer, right - left, tops[-1] + heights[-1] + MARGIN)


def _order(
    rows: list[list[Item]], up: dict[Item, list[Item]], down: dict[Item, list[Item]]
) -> None:
    """Sort every row by the mean place of its neighbours, down and up in turn."""
    for sweep in range(SWEEPS):
        near, order = (down, reversed(rows)) if sweep % 2 else (up, iter(rows))
        place: dict[Item, float] = {}
        for row in order:
            own = {item: float(i) for i, item in enumerate(row)}
            row.sort(key=lambda item: _mean(place, near.get(item, []), own[item]))  # noqa: B023
            place = {item: float(i) for i, item in enumerate(row)}


def _columns(
    rows: list[list[Item]],
    up: dict[Item, list[Item]],
    down: dict[Item, list[Item]],
    width: dict[Item, float],
) -> dict[Item, float]:
    """The middle of every item: where its neighbours are, if there is room.

    What the graph goes on from counts most, so that leaves stand beside the main line.
    """
    weight = {item: 1000.0 if item in down else 1.0 for row in rows for item in row}
    x: dict[Item, float] = {}
    for sweep in range(SWEEPS):
        near, order = (down, reversed(rows)) if sweep % 2 else (up, iter(rows))
        for row in order:
            wanted = [_mean(x, near.get(item, []), x.get(item, 0.0), weight) for item in row]
            sizes = [width.get(item, 0.0) for item in row]
            apart = [(a + b) / 2 + GAP for a, b in zip(sizes, sizes[1:], strict=False)]
            x.update(zip(row, _spread(wanted, [weight[i] for i in row], apart), strict=True))
    return x


def _mean(
    values: dict[Item, float],
    items: list[Item],
    otherwise: float,
    weight: dict[Item, float] | None = None,
) -> float:
    """The mean of what is known of some items."""
    pairs = [(values[i], weight[i] if weight else 1.0) for i in items if i in values]
    total = sum(w for _, w in pairs)
    return sum(value * w for value, w in pairs) / total if pairs else otherwise


def _spread(wanted: list[float], weights: list[float], apart: list[float]) -> list[float]:
    """The places nearest to the wanted ones, by weighted squares, that keep the distances.

    Isotonic regression: neighbours that come too close move on as one block.
    """
    shifts = list(accumulate(apart, initial=0.0))
    blocks: list[tuple[float, float, int]] = []  # mean, weight, length
    for goal, weight, shift in zip(wanted, weights, shifts, strict=True):
        mean, length = goal - shift, 1
        while blocks and blocks[-1][0] >= mean:
            other, more, count = blocks.pop()
            mean = (mean * weight + other * more) / (weight + more)
            weight, length = weight + more, length + count
        blocks.append((mean, weight, length))
    means = [mean for mean, _, length in blocks for _ in range(length)]
    return [mean + shift for mean, shift in zip(means, shifts, strict=True)]
