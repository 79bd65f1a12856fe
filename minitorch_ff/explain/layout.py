"""Where the boxes of a graph stand, and how its edges run.

A simple form of the layered layout of Sugiyama, Tagawa and Toda (1981): a layer for each
length of the longest way from the root; in a layer, the order of the barycentres; and
places as near to them as boxes without overlaps allow.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import accumulate, pairwise

CHARACTER, LINE = 7.3, 16.0
"""Width and height of text, in pixels: monospaced, 12 pixels."""

GAP, RISE, MARGIN = 22.0, 34.0, 14.0
"""Between boxes, between layers, and around the picture."""

SWEEPS = 8

Item = tuple[int, int]
"""A node and its layer; or, with a smaller layer, what leads on to that node."""

Rows = list[list[Item]]
Links = defaultdict[Item, list[Item]]
Sizes = defaultdict[Item, float]


@dataclass
class Layout:
    """A picture's geometry, in pixels.

    Attributes:
        boxes: x, y, width and height of each node's box.
        pieces: The points of every piece of an edge, which leads from one layer to the next
            and, if the edge goes on, straight across that one.
        width: Of the picture.
        height: Of the picture.
    """

    boxes: list[tuple[float, float, float, float]]
    pieces: list[list[tuple[float, float]]]
    width: float
    height: float


def place(texts: list[list[str]], targets: list[list[int]]) -> Layout:
    """Lay out a graph.

    Args:
        texts: The lines in each node's box.
        targets: For each node the ones it points to; they come later in the list.
    """
    layer = [0] * len(texts)
    for i, ends in enumerate(targets):
        for end in ends:
            layer[end] = max(layer[end], layer[i] + 1)
    rows: Rows = [[] for _ in range(max(layer) + 1)]
    for item in enumerate(layer):
        rows[item[1]].append(item)
    below, above = _links(rows, layer, targets)

    sizes = {(i, layer[i]): max(map(len, t)) * CHARACTER + 18 for i, t in enumerate(texts)}
    width = defaultdict(float, sizes)
    x = _columns(rows, below, above, width)
    left = min(x[item] - width[item] / 2 for item in x) - MARGIN
    right = max(x[item] + width[item] / 2 for item in x) + MARGIN

    heights = [len(lines) * LINE + 8 for lines in texts]
    tallest = [max(heights[i] for i, _ in row if layer[i] == y) for y, row in enumerate(rows)]
    top = list(accumulate(tallest, lambda y, height: y + height + RISE, initial=MARGIN))
    boxes = [
        (x[item] - width[item] / 2 - left, top[item[1]], width[item], heights[item[0]])
        for item in enumerate(layer)
    ]
    pieces = []
    for (i, depth), items in below.items():
        bottom = top[depth] + (heights[i] if depth == layer[i] else tallest[depth])
        for item in items:
            points = [(x[i, depth] - left, bottom), (x[item] - left, top[depth + 1])]
            if layer[item[0]] > depth + 1:
                points.append((x[item] - left, top[depth + 1] + tallest[depth + 1]))
            pieces.append(points)
    return Layout(boxes, pieces, right - left, top[-1] - RISE + MARGIN)


def _links(rows: Rows, layer: list[int], targets: list[list[int]]) -> tuple[Links, Links]:
    """What each item leads to in the next layer, and what leads to it.

    A long edge gets an item in each layer that it crosses; long edges to one node share
    them, so that a parameter that is used everywhere hangs on a trunk.
    """
    below: Links = defaultdict(list)
    above: Links = defaultdict(list)
    for i, ends in enumerate(targets):
        for end in ends:
            item = (i, layer[i])
            for depth in range(layer[i] + 1, layer[end] + 1):
                before, item = item, (end, depth)
                is_new = item not in above
                below[before].append(item)
                above[item].append(before)
                if depth < layer[end]:
                    if not is_new:
                        break  # from here on the way is there
                    rows[depth].append(item)
    return below, above


def _columns(rows: Rows, below: Links, above: Links, width: Sizes) -> dict[Item, float]:
    """The middle of every item, and its row in order: down and up in turn.

    What the graph goes on from counts most, so that leaves stand beside the main line.
    """
    x = {item: 0.0 for row in rows for item in row}
    weight = {item: 1000.0 if item in below else 1.0 for item in x}

    def goal(item: Item, near: list[Item]) -> float:
        total = sum(weight[other] for other in near)
        return sum(weight[other] * x[other] for other in near) / total if near else x[item]

    for sweep in range(SWEEPS):
        for row in reversed(rows) if sweep % 2 else rows:
            goals = {item: goal(item, (below if sweep % 2 else above)[item]) for item in row}
            row.sort(key=goals.__getitem__)
            apart = [(width[a] + width[b]) / 2 + GAP for a, b in pairwise(row)]
            wanted, weights = [goals[item] for item in row], [weight[item] for item in row]
            x.update(zip(row, _spread(wanted, weights, apart), strict=True))
    return x


def _spread(wanted: list[float], weights: list[float], apart: list[float]) -> list[float]:
    """The places nearest to the wanted ones, by weighted squares, that keep the distances.

    Isotonic regression: neighbours that come too close move on as one block.
    """
    shifts = list(accumulate(apart, initial=0.0))
    blocks: list[tuple[float, float, int]] = []  # mean, weight, length
    for mean, weight, shift in zip(wanted, weights, shifts, strict=True):
        mean, length = mean - shift, 1
        while blocks and blocks[-1][0] >= mean:
            other, more, count = blocks.pop()
            mean = (mean * weight + other * more) / (weight + more)
            weight, length = weight + more, length + count
        blocks.append((mean, weight, length))
    means = [mean for mean, _, length in blocks for _ in range(length)]
    return [mean + shift for mean, shift in zip(means, shifts, strict=True)]
