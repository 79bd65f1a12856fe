"""A function in both worlds, for notebooks."""

import re

import pytest

import minitorch_ff as ff
from minitorch_ff.compare import side_by_side
from minitorch_ff.scripts.import_hook import as_torch


def is_ours(torch):
    return torch.__name__ == "minitorch_ff"


def training(torch):
    net = torch.nn.Linear(3, 2)
    x = torch.randn(5, 3)
    loss = net(x).square().mean()
    loss.backward()
    return {"net": net, "loss": loss, "others": [x, (3, 0.5, "text", None, True, 1j), x > 0]}


def test_equal_worlds():
    table = side_by_side(training, seed=3)
    assert table.equal
    names = [row[0] for row in table.rows]
    assert names[:5] == [
        "net.weight",
        "gradient of net.weight",
        "net.bias",
        "gradient of net.bias",
        "loss",
    ]
    assert names[5:] == ["others[0]", *(f"others[1][{i}]" for i in range(6)), "others[2]"]
    assert str(table.rows[1][1]).startswith("tensor([[")


def test_the_seed_counts():
    def draw(torch):
        return torch.rand(3)

    assert side_by_side(draw, seed=1).rows[0][1] != side_by_side(draw, seed=2).rows[0][1]


@pytest.mark.parametrize(
    ("body", "size"),
    [
        (lambda torch: torch.ones(3) * (1 + 0.01 * is_ours(torch)), 0.01),
        (lambda torch: torch.tensor([10000, 0]) + is_ours(torch), 1e-4),
        (lambda torch: torch.tensor([0.0, torch.nan, 1.0 - is_ours(torch)]), 1.0),
        (lambda torch: torch.ones(3 + is_ours(torch)), float("inf")),
        (lambda torch: torch.ones(3).double() if is_ours(torch) else torch.ones(3), float("inf")),
        (lambda torch: [1] * (1 + is_ours(torch)), float("inf")),
        (lambda torch: "ours" if is_ours(torch) else "theirs", float("inf")),
        (lambda torch: 0.5 + 0.1 * is_ours(torch), 0.2),
        (lambda torch: 5 + is_ours(torch), float("inf")),
    ],
)
def test_worlds_that_part(body, size):
    table = side_by_side(body)
    assert not table.equal
    assert max(row[3] for row in table.rows) == pytest.approx(size, rel=0.1)
    assert "≠" in repr(table)


def test_gradients_that_part():
    def body(torch):
        w = torch.ones(2, requires_grad=True)
        if not is_ours(torch):
            w.sum().backward()
        return [w]

    table = side_by_side(body)
    assert [(row[0], row[-1]) for row in table.rows] == [("[0]", True), ("gradient of [0]", False)]


def test_text_and_html():
    table = side_by_side(lambda torch: {"<w>": torch.eye(2), "e": torch.ones(0)})
    lines = repr(table).splitlines()
    assert lines[0].split() == ["PyTorch", "minitorch_ff", "difference"]
    assert lines[1].startswith("<w>  tensor([[1., 0.],")
    assert lines[2].split()[:2] == ["[0.,", "1.]])"]
    page = table._repr_html_()
    assert "&lt;w&gt;" in page
    assert len(re.findall("<tr>", page)) == 3
    assert not re.search("https?:", page)


def test_nothing_to_compare():
    with pytest.raises(ValueError, match="returned nothing"):
        side_by_side(lambda torch: [])
    with as_torch(), pytest.raises(ImportError, match="means minitorch_ff"):
        side_by_side(training)


def test_it_is_a_name_of_the_package():
    assert ff.compare.side_by_side is side_by_side
