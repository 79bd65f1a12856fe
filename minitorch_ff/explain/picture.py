"""The autograd graph of a tensor as text and as a picture."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

from minitorch_ff.explain.layout import LINE, place
from minitorch_ff.explain.page import filled, page
from minitorch_ff.explain.values import described, typed
from minitorch_ff.firefly.ops.base import FREED, Output
from minitorch_ff.firefly.tensor import AccumulateGrad, Tensor

FOLDED_FROM = 40
"""A page shows a graph of more nodes folded first."""


@dataclass
class Box:
    """One node, or several that are folded into one.

    Attributes:
        lines: What it shows: a name; dtype and shape of the result.
        leaf: Whether gradients end here.
        notes: What it shows when it is pointed at: the tensors that the rule keeps.
        targets: The nodes its gradients go to, by place in the list, and how many to each.
    """

    lines: list[str]
    leaf: bool
    notes: list[str]
    targets: Counter[int] = field(default_factory=Counter)


class Graph:
    """A graph that can be shown: see `graph`.

    Attributes:
        boxes: The nodes, each once: the newest first, leaves last.
    """

    def __init__(self, boxes: list[Box]) -> None:
        self.boxes = boxes

    def __str__(self) -> str:
        """One line for each node, from the result to the leaves.

        The inputs of a node stand below it: leaves and side branches further to the right, the
        last one, with which the main line goes on, at the same depth. A node that several
        nodes lead to has a number, and its own line below the last of them.
        """
        waiting = Counter(target for box in self.boxes for target in box.targets)
        numbers = {i: n for n, i in enumerate((i for i in sorted(waiting) if waiting[i] > 1), 1)}
        lines = []
        stack = [(0, 0, 1)]
        while stack:
            i, depth, times = stack.pop()
            box = self.boxes[i]
            mark = f"{times} x " if times > 1 else ""
            mark += f"[{numbers[i]}] " if i in numbers else ""
            waiting[i] -= 1
            if waiting[i] > 0:
                lines.append("  " * depth + f"{mark}{box.lines[0]}, see below")
                continue
            lines.append("  " * depth + mark + "  ".join(box.lines))
            last = max([t for t in box.targets if not self.boxes[t].leaf], default=None)
            inputs = sorted(box.targets, key=lambda t: (not self.boxes[t].leaf, t))
            stack += [(t, depth + (t != last), box.targets[t]) for t in reversed(inputs)]
        return "\n".join(lines)

    def svg(self) -> str:
        """The picture; it adapts to light and dark, and loads nothing."""
        layout = place([box.lines for box in self.boxes], [list(b.targets) for b in self.boxes])
        parts = []
        for (x0, y0), (x, y), *across in layout.pieces:
            half = (y0 + y) / 2
            path = f"M{x0:.1f},{y0:.1f} C{x0:.1f},{half:.1f} {x:.1f},{half:.1f} {x:.1f},{y:.1f}"
            path += "".join(f" V{bottom:.1f}" for _, bottom in across)
            head = "" if across else ' marker-end="url(#head)"'
            parts.append(f'<path class="edge"{head} d="{path}"/>')
        for box, (x, y, width, height) in zip(self.boxes, layout.boxes, strict=True):
            rect = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height}" rx="6"'
            tip = html.escape("\n".join([*box.lines, *box.notes]))
            parts.append(f'<g class="{"leaf" if box.leaf else "operator"}"><title>{tip}</title>')
            parts.append(f"<rect {rect}/>")
            middle = x + width / 2
            labels = [(middle, y + n * LINE, line) for n, line in enumerate(box.lines, 1)]
            most = max(box.targets.values(), default=1)
            if most > 1:
                labels.append((middle + LINE, y + height + LINE, f"×{most}"))
            for n, (at, base, label) in enumerate(labels):
                kind = "detail" if n else "name"
                text = html.escape(label)
                parts.append(f'<text class="{kind}" x="{at:.1f}" y="{base:.1f}">{text}</text>')
            parts.append("</g>")
        size = {"width": round(layout.width), "height": round(layout.height)}
        return filled("graph.svg", parts="".join(parts), **size)

    def html(self, title: str = "Autograd graph") -> str:
        """A page of its own; a large graph is folded into chains, and unfolds at a click."""
        body = f"<figure>{self.svg()}</figure>"
        if len(self.boxes) > FOLDED_FROM:
            unfolded = f"<details><summary>All {len(self.boxes)} nodes</summary>{body}</details>"
            body = f"<figure>{self.folded().svg()}</figure>{unfolded}"
        text = f"<details><summary>As text</summary><pre>{html.escape(str(self))}</pre></details>"
        return page(title, body + text)

    def save(self, path: str | Path) -> None:
        """Write the picture to a file: a page if its name ends in `.html`, else SVG."""
        text = self.html() if Path(path).suffix == ".html" else self.svg()
        Path(path).write_text(text, encoding="utf-8")

    def _repr_html_(self) -> str:
        return self.svg()

    def folded(self) -> Graph:
        """The graph with every chain as one box, together with its parameters.

        A chain begins where parameters are used, where branches meet, and where a result is
        used twice.
        """
        users = Counter(target for box in self.boxes for target in box.targets)
        oldest: dict[int, int] = {}  # the first operator of a node's chain
        for i in reversed(range(len(self.boxes))):
            targets = list(self.boxes[i].targets)
            goes_on = len(targets) == 1 == users[targets[0]] and not self.boxes[targets[0]].leaf
            oldest[i] = oldest[targets[0]] if goes_on else i
            oldest.update((t, i) for t in targets if self.boxes[t].leaf and users[t] == 1)
        chains: dict[int, list[int]] = {}
        for i in range(len(self.boxes)):
            chains.setdefault(oldest[i], []).append(i)
        number = {i: n for n, members in enumerate(chains.values()) for i in members}
        boxes = []
        for n, members in enumerate(chains.values()):
            box = _folded([self.boxes[i] for i in members])
            ends = Counter[int]()
            for i in members:
                for t, count in self.boxes[i].targets.items():
                    ends[number[t]] += count
            del ends[n]
            box.targets = ends
            boxes.append(box)
        return Graph(boxes)


def graph(tensor: Tensor, params: Mapping[str, Tensor] | None = None, saved: bool = False) -> Graph:
    """What autograd recorded on the way to `tensor`: operators, and the leaves they began with.

    Every node is there once, however many ways lead to it. The arrows are the way of the
    gradient, from the result to the leaves.

    Args:
        tensor: Often a loss.
        params: Names of leaves, such as `dict(model.named_parameters())`.
        saved: Show also what every rule keeps for the backward pass. (In the picture, pointing
            at a node always shows it.)

    Returns:
        The graph: `print` gives text, a notebook shows it, `save` writes SVG or HTML.

    Raises:
        RuntimeError: The tensor has no history.

    Example:
        >>> import minitorch_ff as torch
        >>> from minitorch_ff import explain
        >>> w = torch.ones(3, requires_grad=True)
        >>> y = w.exp()
        >>> print(explain.graph((y * y).sum(), {"w": w}))
        SumBackward0  float32[]
        MulBackward0  float32[3]
        2 x ExpBackward0  float32[3]
          w  float32[3]
    """
    start = _operator(tensor.edge())
    if start is None:
        raise RuntimeError("the tensor does not require grad and does not have a grad_fn")
    names = {id(leaf): name for name, leaf in (params or {}).items()}
    found, stack = {start}, [start]
    while stack:
        new = set(_targets(stack.pop())) - found
        found |= new
        stack += new
    # An operator is newer than all it depends on; leaves come in the order of their use.
    nodes = sorted([n for n in found if not _is_leaf(n)], key=lambda n: -n.sequence)
    nodes += dict.fromkeys(filter(_is_leaf, chain([start], *map(_targets, nodes))))
    number = {node: i for i, node in enumerate(nodes)}
    boxes = [_box(node, names) for node in nodes]
    for node, box in zip(nodes, boxes, strict=True):
        box.targets.update(number[target] for target in _targets(node))
        box.lines += box.notes if saved else []
    return Graph(boxes)


def _is_leaf(node: Any) -> bool:
    return isinstance(node, AccumulateGrad)


def _operator(node: Any) -> Any:
    """A node; of one output of an operator, the operator."""
    return node.operator if isinstance(node, Output) else node


def _targets(node: Any) -> list[Any]:
    """The nodes that a node's gradients go to."""
    return [_operator(edge) for edge in node.edges if edge is not None]


def _box(node: Any, names: dict[int, str]) -> Box:
    """A node of the graph as a box, without its edges."""
    if _is_leaf(node):
        return Box(
            [names.get(id(node.variable), "a leaf"), typed(node.dtype, node.shape)], True, []
        )
    outputs = [(node.shape, node.dtype)] if hasattr(node, "shape") else node.outputs
    results = ", ".join(typed(output[1], output[0]) for output in outputs if output)
    saved = () if node.saved is FREED else (*node.saved, getattr(node, "kept", None))
    notes = [f"keeps {described(value)}" for value in saved if value is not None]
    return Box([node.name(), results], False, notes or ["keeps nothing"])


def _folded(members: list[Box]) -> Box:
    """One box for a chain of operators and their parameters, without its edges."""
    if len(members) == 1:
        return Box(members[0].lines, members[0].leaf, members[0].notes)
    operators = Counter(box.lines[0].split("Backward")[0] for box in members if not box.leaf)
    modules = dict.fromkeys(box.lines[0].rpartition(".")[0] for box in members if box.leaf)
    counts = [f"{name} ×{n}" if n > 1 else name for name, n in operators.items()]
    name = ", ".join(filter(None, modules)) or f"{len(members)} nodes"
    shown = ", ".join(counts[:3] + ["…"] * (len(counts) > 3))
    return Box([name, shown], False, ["  ".join(box.lines) for box in members])
