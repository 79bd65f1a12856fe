"""The autograd graph of a tensor as text and as a picture."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

from minitorch_ff.explain.layout import LINE, Layout, place
from minitorch_ff.explain.page import page
from minitorch_ff.explain.report import described
from minitorch_ff.firefly.ops.base import FREED, Output
from minitorch_ff.firefly.tensor import AccumulateGrad, Tensor

FOLDED_FROM = 40
"""A page shows a graph of more nodes folded first."""

STYLE = """
svg.graph { font: 12px ui-monospace, Menlo, Consolas, monospace; background: #fff; }
svg.graph text { fill: #1d2433; text-anchor: middle; }
svg.graph .detail { fill: #5b6478; }
svg.graph rect { fill: #eef2fb; stroke: #6b86c6; }
svg.graph .leaf rect { fill: #fdf1e3; stroke: #d08a3e; }
svg.graph .edge { fill: none; stroke: #8b93a5; stroke-width: 1.3; }
svg.graph .head { fill: #8b93a5; }
@media (prefers-color-scheme: dark) {
  svg.graph { background: #14171f; }
  svg.graph text { fill: #e7eaf2; }
  svg.graph .detail { fill: #a4adc0; }
  svg.graph rect { fill: #222c44; stroke: #7f9ae0; }
  svg.graph .leaf rect { fill: #3a2b1a; stroke: #d9964c; }
  svg.graph .edge { stroke: #7d869a; }
  svg.graph .head { fill: #7d869a; }
}
"""
HEAD = '<marker id="head" markerWidth="8" markerHeight="8" refX="7" refY="4" orient="auto">'
HEAD += '<path class="head" d="M0,0 L8,4 L0,8 z"/></marker>'


@dataclass
class Box:
    """One node, or several that are folded into one.

    Attributes:
        name: PyTorch's name of an operator's node; the name of a parameter.
        detail: Dtype and shape of the result.
        leaf: Whether gradients end here.
        saved: What the rule keeps for the backward pass.
        targets: The nodes its gradients go to, by place in the list, and how many to each.
        more: Further lines.
    """

    name: str
    detail: str
    leaf: bool = False
    saved: list[str] = field(default_factory=list)
    targets: Counter[int] = field(default_factory=Counter)
    more: list[str] = field(default_factory=list)

    @property
    def lines(self) -> list[str]:
        """What the box shows."""
        return [self.name, self.detail, *self.more]


class Graph:
    """A graph that can be shown: see `graph`.

    Attributes:
        boxes: The nodes, the newest first, leaves last; each once.
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
        waiting[0] += 1
        lines = []
        stack = [(0, 0, 1)]
        while stack:
            place, depth, times = stack.pop()
            box = self.boxes[place]
            mark = f"[{numbers[place]}] " if place in numbers else ""
            mark = f"{times} x {mark}" if times > 1 else mark
            waiting[place] -= 1
            if waiting[place]:
                lines.append(f"{'  ' * depth}{mark}{box.name}, see below")
                continue
            lines.append(f"{'  ' * depth}{mark}{'  '.join(box.lines)}")
            inputs = sorted(box.targets, key=lambda i: (not self.boxes[i].leaf, i))
            for i in reversed(inputs):
                side = self.boxes[i].leaf or i != inputs[-1]
                stack.append((i, depth + side, box.targets[i]))
        return "\n".join(lines)

    def layout(self) -> Layout:
        """Where each box stands in the picture."""
        return place([box.lines for box in self.boxes], [list(b.targets) for b in self.boxes])

    def svg(self) -> str:
        """The picture; it adapts to light and dark, and loads nothing."""
        where = self.layout()
        parts = []
        for points in where.pieces.values():
            (x0, y0), (x, y), *across = points
            half = (y0 + y) / 2
            path = f"M{x0:.1f},{y0:.1f} C{x0:.1f},{half:.1f} {x:.1f},{half:.1f} {x:.1f},{y:.1f}"
            path += "".join(f" V{bottom:.1f}" for _, bottom in across)
            head = "" if across else ' marker-end="url(#head)"'
            parts.append(f'<path class="edge"{head} d="{path}"/>')
        for box, (x, y, width, height) in zip(self.boxes, where.boxes, strict=True):
            tip = "\n".join([*box.lines, *(f"keeps {saved}" for saved in box.saved)])
            parts += [
                f'<g class="{"leaf" if box.leaf else "operator"}"><title>{html.escape(tip)}</title>'
                f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height}" rx="6"/>'
            ]
            for i, text in enumerate(box.lines):
                at = f'x="{x + width / 2:.1f}" y="{y + (i + 1) * LINE:.1f}"'
                parts.append(f'<text {at} class="{"detail" if i else "name"}">')
                parts.append(f"{html.escape(text)}</text>")
            parts.append("</g>")
        for i, box in enumerate(self.boxes):
            for t, count in box.targets.items():
                if count > 1:
                    x, y = where.beside(i, t)
                    parts.append(f'<text class="detail" x="{x:.1f}" y="{y:.1f}">×{count}</text>')
        width, height = f"{where.width:.0f}", f"{where.height:.0f}"
        start = (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="graph" style="--width: {width}px" '
            f'width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img">'
        )
        return "".join([start, f"<style>{STYLE}</style><defs>{HEAD}</defs>", *parts, "</svg>"])

    def html(self, title: str = "Autograd graph") -> str:
        """A page of its own; a large graph is folded into chains, to be unfolded."""
        folded = self.folded()
        body = f"<figure>{self.svg()}</figure>"
        if len(self.boxes) > FOLDED_FROM and len(folded.boxes) < len(self.boxes):
            all_nodes = f"<summary>All {len(self.boxes)} nodes</summary>{body}"
            body = f"<figure>{folded.svg()}</figure><details>{all_nodes}</details>"
        text = f"<details><summary>As text</summary><pre>{html.escape(str(self))}</pre></details>"
        return page(title, body + text)

    def save(self, path: str | Path) -> None:
        """Write the picture to a file: a page if its name ends in `.html`, else SVG."""
        path = Path(path)
        path.write_text(self.html() if path.suffix == ".html" else self.svg(), encoding="utf-8")

    def _repr_html_(self) -> str:
        return self.svg()

    def folded(self) -> Graph:
        """The graph with every chain as one box, together with its parameters.

        A chain begins where parameters are used, where branches meet, and where a result is
        used twice.
        """
        users = Counter(target for box in self.boxes for target in box.targets)
        head: dict[int, int] = {}  # the oldest operator of a node's chain
        for i in reversed(range(len(self.boxes))):
            targets = self.boxes[i].targets
            inner = [t for t in targets if not self.boxes[t].leaf]
            goes_on = len(inner) == len(targets) == 1 and users[inner[0]] == 1
            head[i] = head[inner[0]] if goes_on else i
        for i, box in enumerate(self.boxes):
            for t in box.targets:
                if self.boxes[t].leaf and users[t] == 1:
                    head[t] = head[i]
        chains: dict[int, list[int]] = {}
        for i in range(len(self.boxes)):
            chains.setdefault(head[i], []).append(i)
        number = {key: n for n, key in enumerate(chains)}
        boxes = []
        for members in chains.values():
            box = _fold([self.boxes[i] for i in members])
            for i in members:
                for t, count in self.boxes[i].targets.items():
                    if head[t] != head[i]:
                        box.targets[number[head[t]]] += count
            boxes.append(box)
        return Graph(boxes)


def graph(
    tensor: Tensor, params: Mapping[str, Tensor] | None = None, saved: bool = False
) -> Graph:
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
        for node in _targets(stack.pop()):
            if node not in found:
                found.add(node)
                stack.append(node)
    # An operator is newer than all it depends on; leaves come in the order of their use.
    nodes = sorted(found.difference(filter(_is_leaf, found)), key=lambda n: -n.sequence)
    nodes += dict.fromkeys(filter(_is_leaf, chain([start], *map(_targets, nodes))))
    number = {node: i for i, node in enumerate(nodes)}
    boxes = []
    for node in nodes:
        box = _box(node, names)
        box.targets = Counter(number[target] for target in _targets(node))
        box.more = [f"keeps {text}" for text in box.saved] if saved else []
        boxes.append(box)
    return Graph(boxes)


def _operator(node: Any) -> Any:
    """A node; of one output of an operator, the operator."""
    return node.operator if isinstance(node, Output) else node


def _is_leaf(node: Any) -> bool:
    return isinstance(node, AccumulateGrad)


def _targets(node: Any) -> list[Any]:
    """The nodes that a node's gradients go to."""
    return [_operator(edge) for edge in node.edges if edge is not None]


def _box(node: Any, names: dict[int, str]) -> Box:
    """A node of the graph as a box, without its edges."""
    if _is_leaf(node):
        return Box(names.get(id(node.variable), "a leaf"), _shape(node.dtype, node.shape), True)
    outputs = [(node.shape, node.dtype)] if hasattr(node, "shape") else node.outputs
    detail = ", ".join(_shape(o[1], o[0]) for o in outputs if o is not None)
    if node.saved is FREED:
        return Box(node.name(), detail, saved=["nothing any more"])
    return Box(node.name(), detail, saved=[described(s) for s in node.saved if s is not None])


def _shape(dtype: Any, shape: Any) -> str:
    return f"{dtype.name}[{', '.join(map(str, shape))}]"


def _fold(members: list[Box]) -> Box:
    """One box for a chain of operators and their parameters."""
    if len(members) == 1:
        box = members[0]
        return Box(box.name, box.detail, box.leaf, box.saved)
    operators = [box.name.split("Backward")[0] for box in members if not box.leaf]
    parameters = [box.name for box in members if box.leaf]
    modules = dict.fromkeys(name.rpartition(".")[0] for name in parameters if "." in name)
    counts = [f"{name} ×{n}" if n > 1 else name for name, n in Counter(operators).items()]
    shown = ", ".join(counts[:3]) + (", …" if len(counts) > 3 else "")
    name = ", ".join(modules) or f"{len(members)} nodes"
    return Box(name, shown, saved=[f"{box.name} {box.detail}" for box in members])
