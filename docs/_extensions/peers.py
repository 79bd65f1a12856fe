r"""Other packages under the same instrument: `peers.json`, and its table on a page.

    python -m compat_tests.conformance.measure --impl NAME --what all --tiers 1,2 \
        --max-samples 5 --max-variant-samples 1 --jobs 1 --json NAME.json
    python docs/_extensions/peers.py "NAME VERSION" NAME.json

measures one, and puts its figures among the others'.
"""

import datetime
import json
import pathlib
import sys

FILE = pathlib.Path(__file__).with_name("peers.json")
# Heading, and where the measurement's summary has the figure.
COLUMNS = {
    "operators, tier 1": ("op", "tier 1", "samples ok"),
    "operators, tier 2": ("op", "tier 2", "samples ok"),
    "gradients": ("op", "total", "backward ok"),
    "modules": ("module", "total", "samples ok"),
    "errors of operators": ("errors", "op", "both"),
}


def table() -> str:
    """Markdown: a row for each package, in per cent."""
    measured = json.loads(FILE.read_text(encoding="utf-8"))["measured"]
    lines = [f"| | {' | '.join(COLUMNS)} |", "| --- |" + " ---: |" * len(COLUMNS)]
    for name, facts in measured.items():
        cells = [percent(facts[column]) for column in COLUMNS]
        lines.append(f"| {name}, {facts['date']} | {' | '.join(cells)} |")
    return "\n".join(lines)


def percent(share: str) -> str:
    """`3/4 (75.0%)` as `75.0 %`; a figure that is known as per cent alone stays as it is."""
    return share.partition("(")[2].removesuffix("%)") + " %" if "(" in share else share


def left() -> str:
    """Markdown: what could not be measured, and why."""
    return listed("not measured")


def remarks() -> str:
    """Markdown: what one should know of a package to read its row."""
    return listed("remarks")


def listed(part: str) -> str:
    """One line for each package of a part of the file."""
    lines = json.loads(FILE.read_text(encoding="utf-8"))[part]
    return "\n".join(f"- {name}: {words}" for name, words in lines.items())


def add(name: str, measurement: str) -> None:
    """Put the figures of a measurement into the file."""
    summary = json.loads(pathlib.Path(measurement).read_text(encoding="utf-8"))["summary"]
    data = json.loads(FILE.read_text(encoding="utf-8"))
    figures = {
        heading: summary.get(kind, {}).get(row, {}).get(figure, "–")
        for heading, (kind, row, figure) in COLUMNS.items()
    }
    data["measured"][name] = {"date": datetime.date.today().isoformat(), **figures}
    FILE.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    add(*sys.argv[1:3])
