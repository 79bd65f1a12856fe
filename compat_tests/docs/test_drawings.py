"""What the pages draw and tabulate of measurements says what the measurements say."""

import importlib
import json
import re
import sys
import xml.etree.ElementTree as xml

import pytest

from compat_tests.house.files import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def extension():
    folder = str(ROOT / "docs" / "_extensions")
    sys.path.insert(0, folder)
    try:
        yield importlib.import_module
    finally:
        sys.path.remove(folder)


def test_the_drawings_hold_the_readmes_table(extension):
    plots = extension("plots")
    columns, rows = plots.table()
    assert len(rows) > 10
    assert {"PyTorch", "minitorch_ff", "share"} <= set(columns)
    assert plots.markdown() in README
    for draw in (plots.shares, plots.times):
        texts = [e.text for e in xml.fromstring(draw()).iter() if e.tag.endswith("text")]
        assert all(name.replace("`", "") in texts for name, _ in rows)
    bars = re.findall(r'<rect x="\d+" y="\d+" width="([\d.]+)"', plots.shares())
    shares = [numbers[columns.index("share")] for _, numbers in rows]
    scale = sum(map(float, bars)) / sum(shares)
    assert [float(bar) / scale for bar in bars] == pytest.approx(shares, abs=0.01)


def test_the_table_of_other_packages(extension):
    peers = extension("peers")
    data = json.loads(peers.FILE.read_text(encoding="utf-8"))
    assert data["not measured"]
    for facts in data["measured"].values():
        assert set(facts) == {"date", *peers.COLUMNS}
    table = peers.table().splitlines()
    assert len(table) == 2 + len(data["measured"])
    assert len({line.count("|") for line in table}) == 1
    assert peers.percent("3/4 (75.0%)") == "75.0 %"
