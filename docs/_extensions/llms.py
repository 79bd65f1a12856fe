"""MkDocs hook: `llms.txt`, a list of all pages for programs that read the site."""

import pathlib
import re

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.nav import Navigation
from mkdocs.structure.pages import Page

NOTES: dict[str, str] = {}
TAG = re.compile(r"<[^>]+>")


def on_page_content(content: str, page: Page, **_) -> None:
    """Remember what a page says first."""
    paragraph = re.search(r"<p>(.+?)</p>", content, re.DOTALL)
    text = " ".join(TAG.sub("", paragraph[1]).split()) if paragraph else ""
    NOTES[page.url] = text.partition(". ")[0]


def on_env(env, config: MkDocsConfig, **_) -> None:
    """Write the file beside the pages."""
    lines = [f"# {config.site_name}", "", f"> {config.site_description}", ""]
    for page in NAVIGATION[-1].pages:
        lines.append(f"- [{page.title}]({page.url or './'}): {NOTES.get(page.url, '')}")
    folder = pathlib.Path(config.site_dir)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "llms.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


NAVIGATION: list[Navigation] = []


def on_nav(nav: Navigation, **_) -> None:
    """Keep the order of the pages."""
    NAVIGATION.append(nav)
