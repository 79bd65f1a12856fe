"""A comparison as one page that needs nothing else: no network, no fonts, no files."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from minitorch_ff.compare.summary import as_json
from minitorch_ff.compare.verdict import Comparison

PLACE = "{{ data }}"


def write_html(comparison: Comparison, path: str | Path) -> None:
    """Write the page, which draws itself from the data inside it.

    Args:
        comparison: A finished comparison.
        path: The file to write.
    """
    template = resources.files("minitorch_ff.compare").joinpath("report.html")
    data = as_json(comparison).replace("<", "\\u003c")  # no `</script>` may end it early
    page = template.read_text("utf-8").replace(PLACE, data, 1)
    Path(path).write_text(page, encoding="utf-8")
