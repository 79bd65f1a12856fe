"""The autograd graph as text and as a picture: each node once, no box on another."""

import itertools
import re
from xml.etree import ElementTree

import pytest

import minitorch_ff as ff
from minitorch_ff import explain
from minitorch_ff.explain.layout import place


def layers(count):
    ff.manual_seed(0)
    parts = [part for _ in range(count) for part in (ff.nn.Linear(8, 8), ff.nn.ReLU())]
    model = ff.nn.Sequential(*parts[:-1])
    loss = ff.nn.functional.mse_loss(model(ff.rand(4, 8)), ff.zeros(4, 8))
    return loss, dict(model.named_parameters())


def residual(count):
    ff.manual_seed(0)
    blocks = ff.nn.ModuleList([ff.nn.Linear(8, 8) for _ in range(count)])
    x = ff.rand(4, 8)
    for block in blocks:
        x = x + block(x).tanh()
    return x.sum(), dict(blocks.named_parameters())


def recurrent(count):
    w, u = ff.rand(8, 8, requires_grad=True), ff.rand(8, 8, requires_grad=True)
    x = h = ff.rand(4, 8)
    for _ in range(count):
        h = (h @ w + x @ u).tanh()
    return h.sum(), {"w": w, "u": u}


def layout_of(graph):
    return place([box.lines for box in graph.boxes], [list(box.targets) for box in graph.boxes])


def test_text_of_a_network():
    loss, params = layers(2)
    assert (
        str(explain.graph(loss, params))
        == """\
MseLossBackward0  float32[]
AddmmBackward0  float32[4, 8]
  2.weight  float32[8, 8]
  2.bias  float32[8]
ReluBackward0  float32[4, 8]
AddmmBackward0  float32[4, 8]
  0.weight  float32[8, 8]
  0.bias  float32[8]"""
    )


def test_text_marks_shared_nodes():
    x = ff.ones(2, requires_grad=True)
    y = x.exp()
    assert (
        str(explain.graph(y.sin() * y.cos(), {"x": x}))
        == """\
MulBackward0  float32[2]
  CosBackward0  float32[2]
  [1] ExpBackward0, see below
SinBackward0  float32[2]
[1] ExpBackward0  float32[2]
  x  float32[2]"""
    )


def test_shared_nodes_are_drawn_once():
    z = ff.ones(2, requires_grad=True)
    for _ in range(20):
        z = z + z
    graph = explain.graph(z)
    assert len(graph.boxes) == 21
    assert str(graph).count("AddBackward0") == 20
    assert graph.svg().count("<rect") == 21
    assert graph.svg().count("×2") == 20


@pytest.mark.parametrize("make", [layers, residual, recurrent])
@pytest.mark.parametrize("folded", [False, True])
def test_boxes_stand_apart_and_inside(make, folded):
    graph = explain.graph(*make(5))
    layout = layout_of(graph.folded() if folded else graph)
    assert len(layout.boxes) > 3
    for x, y, width, height in layout.boxes:
        assert x >= 0
        assert y >= 0
        assert x + width <= layout.width
        assert y + height <= layout.height
    for a, b in itertools.combinations(layout.boxes, 2):
        beside = a[0] + a[2] < b[0] or b[0] + b[2] < a[0]
        above = a[1] + a[3] < b[1] or b[1] + b[3] < a[1]
        assert beside or above


@pytest.mark.parametrize("make", [layers, residual, recurrent])
def test_edges_cross_no_box(make):
    """Between layers there is no box; where an edge crosses a layer, it passes between two."""
    layout = layout_of(explain.graph(*make(6)))
    for points in layout.pieces:
        for x, y in points[1:]:
            inside = [
                box for box in layout.boxes
                if box[0] < x < box[0] + box[2] and box[1] < y < box[1] + box[3]
            ]  # fmt: skip
            assert not inside


def test_the_main_line_is_straight():
    """Leaves stand beside it."""
    graph = explain.graph(*layers(5))
    middles = [
        x + width / 2
        for box, (x, _, width, _) in zip(graph.boxes, layout_of(graph).boxes, strict=True)
        if not box.leaf
    ]
    assert max(middles) - min(middles) < 5


def test_picture_is_xml_with_names_and_notes():
    loss, params = layers(2)
    svg = explain.graph(loss, params).svg()
    root = ElementTree.fromstring(svg)
    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"MseLossBackward0", "AddmmBackward0", "0.weight", "float32[8, 8]"} <= set(texts)
    notes = [element.text for element in root.iter("{http://www.w3.org/2000/svg}title")]
    assert any("keeps float32[4, 8]" in note for note in notes)
    assert not re.search(r"(src|href)=|@import|url\((?!#)", svg)


def test_saved_tensors_on_demand():
    x = ff.ones(3, requires_grad=True)
    y = x.exp()
    assert "keeps" not in str(explain.graph(y))
    assert str(explain.graph(y, saved=True)).startswith(
        "ExpBackward0  float32[3]  keeps float32[3]"
    )
    y.sum().backward()
    assert "keeps nothing" in str(explain.graph(y, saved=True))


def test_names_are_escaped():
    x = ff.ones(1, requires_grad=True)
    graph = explain.graph(x.exp(), {"<b>&": x})
    assert "<b>" not in graph.svg() + graph.html()
    ElementTree.fromstring(graph.svg())


def test_a_large_graph_is_folded_by_module():
    loss, params = layers(20)
    graph = explain.graph(loss, params)
    folded = graph.folded()
    assert len(folded.boxes) == 20
    assert folded.boxes[1].lines == ["36", "Relu, Addmm"]
    assert len(folded.boxes[1].notes) == 4
    page = graph.html()
    assert f"All {len(graph.boxes)} nodes" in page
    assert page.count("<svg") == 2


def test_folding_keeps_the_edges():
    graph = explain.graph(*residual(4)).folded()
    assert all(t > i for i, box in enumerate(graph.boxes) for t in box.targets)
    reached = {0}.union(*(box.targets for box in graph.boxes))
    assert reached == set(range(len(graph.boxes)))


def test_a_deep_graph_is_no_problem():
    graph = explain.graph(*recurrent(300))
    assert len(graph.boxes) == 1 + 4 * 300 - 1 + 2 + 1
    assert str(graph)
    assert graph.svg()


@pytest.mark.parametrize("name", ["graph.svg", "graph.html"])
def test_saved_files(tmp_path, name):
    graph = explain.graph(*layers(2))
    graph.save(tmp_path / name)
    text = (tmp_path / name).read_text(encoding="utf-8")
    assert text == (graph.html() if name.endswith("html") else graph.svg())
    assert graph._repr_html_() == graph.svg()


def test_several_outputs_are_one_node():
    x = ff.rand(4, 4, requires_grad=True)
    a, b, *_ = x.unbind()
    graph = explain.graph(a * b)
    assert [box.lines[0] for box in graph.boxes] == ["MulBackward0", "UnbindBackward0", "a leaf"]
    assert graph.boxes[0].targets == {1: 2}


def test_a_leaf_and_a_written_tensor():
    x = ff.ones(2, requires_grad=True)
    assert str(explain.graph(x, {"x": x})) == "x  float32[2]"
    y = x * 2
    y[0] = 1.0
    assert "CopySlices" in str(explain.graph(y))


def test_without_history_there_is_no_graph():
    with pytest.raises(RuntimeError, match="does not require grad"):
        explain.graph(ff.ones(2))
