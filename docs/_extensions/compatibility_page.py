"""MkDocs hook: the page of all names, made from the package's `compatibility.json`."""

import html
import json
import pathlib

import peers
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from sources import PACKAGE, ROOT

FOLDER = pathlib.Path(__file__).parent
URI = "compatibility.md"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the page."""
    data = json.loads((ROOT / PACKAGE / "compatibility.json").read_text(encoding="utf-8"))
    files.append(File.generated(config, URI, content=page(data)))
    return files


def page(data: dict) -> str:
    """The page's Markdown."""
    spaces = data["namespaces"]
    totals = [total(name, facts) for name, facts in spaces.items()]
    sums = [sum(len(f[state]) for f in spaces.values()) for state in ("same", "partial", "absent")]
    totals.append("| **all** | " + " | ".join(f"**{each}**" for each in sums) + " |")
    lines = [row for name, facts in spaces.items() for row in rows(name, facts)]
    template = (FOLDER / "compatibility.md").read_text(encoding="utf-8")
    return template.format(
        version=data["PyTorch"],
        totals="\n".join(totals),
        peers=peers.table(),
        remarks=peers.remarks(),
        not_measured=peers.left(),
        rows="\n".join(lines),
    )


def total(name: str, facts: dict) -> str:
    """One line of the first table."""
    counts = " | ".join(str(len(facts[state])) for state in ("same", "partial", "absent"))
    return f"| <code>{name.replace('.', '.<wbr>')}</code> | {counts} |"


def rows(space: str, facts: dict) -> list[str]:
    """A namespace's rows of the second table, in the order of names."""
    notes = dict.fromkeys(facts["same"], ("same", ""))
    notes |= dict.fromkeys(facts["absent"], ("absent", ""))
    for name, missing in facts["partial"].items():
        values = [f"{key}={value}" if value else key for key, value in missing.items()]
        notes[name] = ("partial", ", ".join(values))
    return [
        f"<tr><td><code>{space}.{html.escape(name)}</code></td><td>{state}</td>"
        f"<td>{html.escape(note)}</td></tr>"
        for name, (state, note) in sorted(notes.items())
    ]
