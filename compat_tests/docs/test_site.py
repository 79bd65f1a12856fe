"""The built site, as a browser and a keyboard find it.

`SITE=folder pytest compat_tests/docs/test_site.py -n 0` after `mkdocs build -d folder`;
`.ci/run` does.
"""

import functools
import gzip
import html
import http.server
import os
import pathlib
import re
import threading
import time
import urllib.parse

import pytest

from compat_tests.docs.browser import CHROMIUM, Browser

SITE = pathlib.Path(os.environ.get("SITE", "."))
pytestmark = pytest.mark.skipif("SITE" not in os.environ, reason="SITE names no built site")
ID = re.compile(r'\s(?:id|name)="([^"]*)"')
LINK = re.compile(r'<[a-z]+\b[^>]*?\s(?:href|src)="([^"]*)"')
# What is loaded with the page, as opposed to what a reader may follow.
LOADED = re.compile(r'<(?:link|script|img|iframe|source)\b[^>]*?\s(?:href|src)="(\w+:[^"]*)"')
PAGES = """
index.html tutorial/2_tensor/ guides/autograd/ reference/reduction/ compatibility/
""".split()


@functools.cache
def text(path):
    return path.read_text(encoding="utf-8")


@functools.cache
def anchors(path):
    return {html.unescape(name) for name in ID.findall(text(path))}


def broken(page):
    """The links of a page that lead nowhere."""
    place = "http://site/" + page.relative_to(SITE).as_posix()
    for link in sorted(set(LINK.findall(text(page)))):
        url = urllib.parse.urlsplit(urllib.parse.urljoin(place, html.unescape(link)))
        if url.netloc != "site":
            continue
        target = SITE / urllib.parse.unquote(url.path).lstrip("/")
        if target.is_dir():
            target /= "index.html"
        fragment = urllib.parse.unquote(url.fragment)
        if not target.is_file() or (fragment and fragment not in anchors(target)):
            yield link


def test_links_and_anchors_lead_somewhere():
    pages = sorted(SITE.rglob("*.html"))
    assert len(pages) > 100
    wrong = {str(page.relative_to(SITE)): list(broken(page)) for page in pages}
    assert {page: links for page, links in wrong.items() if links} == {}


def test_nothing_is_loaded_from_elsewhere():
    for page in SITE.rglob("*.html"):
        assert not [link for link in LOADED.findall(text(page)) if link[:5] != "data:"], page
    for sheet in SITE.rglob("*.css"):
        assert not re.search(r"""(@import|url\()\s*["']?https?:""", text(sheet)), sheet


def test_formulas_are_drawn():
    pages = sorted(SITE.rglob("*.html"))
    assert any("<math " in text(page) for page in pages)
    left = ("arithmatex", "<mi>$</mi>")  # the extension's mark; two formulas taken for one
    assert not [page for page in pages if any(each in text(page) for each in left)]


# ------------------------------------------------------------------------- in a browser

needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed")
# Everything with text of its own whose colour has too little contrast with what is behind.
UNREADABLE = """
(() => {
  const brush = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const light = (colours) => {
    for (const colour of colours) { brush.fillStyle = colour; brush.fillRect(0, 0, 1, 1); }
    return [...brush.getImageData(0, 0, 1, 1).data].slice(0, 3)
      .map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
      .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0.05);
  };
  const behind = new Map([[null, ["white"]]]), ratios = new Map(), found = [];
  for (const element of document.querySelectorAll("html, body, body *")) {
    const style = getComputedStyle(element);
    let layers = behind.get(element.parentElement);
    if (style.backgroundColor !== "rgba(0, 0, 0, 0)") layers = [...layers, style.backgroundColor];
    behind.set(element, layers);
    const words = [...element.childNodes].find(n => n.nodeType === 3 && n.data.trim());
    if (!words || element.closest("math, svg, .md-search__output")) continue;
    if (!element.getClientRects().length) continue;
    if (!element.checkVisibility({opacityProperty: true})) continue;
    const key = [...layers, style.color].join();
    if (!ratios.has(key)) {
      const [a, b] = [light(layers), light([...layers, style.color])];
      ratios.set(key, Math.max(a, b) / Math.min(a, b));
    }
    const large = parseFloat(style.fontSize) >= 24;
    if (ratios.get(key) < (large ? 3 : 4.5))
      found.push([element.className, words.data.trim().slice(0, 40), ratios.get(key)]);
  }
  return found;
})()
"""
# What sticks out to the right, and what scrolls but is not reached by Tab.
WIDE = "document.documentElement.scrollWidth - innerWidth"
OUT_OF_REACH = """
[...document.querySelectorAll("pre > code, .md-typeset__scrollwrap")]
  .filter(e => e.checkVisibility() && e.scrollWidth > e.clientWidth && e.tabIndex < 0).length
"""
# The focused element: what it says, and whether one sees that it has the focus.
FOCUSED = """
(() => {
  const e = document.activeElement, shown = e.matches(".md-option") ? e.nextElementSibling : e;
  const s = getComputedStyle(shown);
  const seen = e.matches(":focus-visible") && s.outlineStyle !== "none" && s.opacity !== "0";
  return [(e.textContent.trim() || e.ariaLabel || e.title || e.id).split("\\n")[0], seen];
})()
"""


@pytest.fixture(scope="module")
def address():
    """Where the site is served."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    handler = functools.partial(Quiet, directory=str(SITE))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    browser = Browser(tmp_path_factory.mktemp("profile"))
    yield browser
    browser.close()


@needs_chromium
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("page", PAGES)
def test_a_page_can_be_read_on_a_telephone_and_on_a_desk(browser, address, page, scheme):
    for width in (390, 1280):
        browser.open(address + page, width, scheme=scheme)
        chosen = browser.evaluate("document.body.dataset.mdColorScheme")
        assert chosen == {"light": "default", "dark": "slate"}[scheme]
        assert browser.evaluate(WIDE) <= 0
        assert browser.evaluate(UNREADABLE) == []
        browser.wait(f"({OUT_OF_REACH}) === 0")
        browser.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
        browser.wait(f"({OUT_OF_REACH}) === 0")
        assert browser.evaluate(WIDE) <= 0
        assert {urllib.parse.urlsplit(url).netloc for url in browser.requested} <= {
            urllib.parse.urlsplit(address).netloc, ""
        }  # fmt: skip


@needs_chromium
def test_the_home_page_is_light(browser, address):
    browser.open(address + "index.html")
    sizes = {}
    for url in browser.requested:
        if "/search" in url:  # loaded behind the finished page
            continue
        path = SITE / urllib.parse.urlsplit(url).path.lstrip("/")
        data = path.read_bytes() if path.is_file() else b""
        sizes[path] = (len(data), len(gzip.compress(data)))
    whole, packed = map(sum, zip(*sizes.values(), strict=True))
    assert whole < 300_000, sizes
    assert packed < 90_000, sizes


@needs_chromium
def test_the_keyboard_reaches_everything(browser, address):
    browser.open(address + "tutorial/2_tensor/")
    reached = {}
    for _ in range(80):
        browser.press("Tab")
        name, seen = browser.evaluate(FOCUSED)
        reached.setdefault(name, seen)
    unseen = [name for name, seen in reached.items() if not seen]
    assert unseen in ([], ["Search"])  # typing opens it
    assert next(iter(reached)) == "Skip to content"
    wanted = {"Tutorial", "Guides", "Reference", "1. Operators", "Copy to clipboard"}
    assert wanted <= reached.keys()


@needs_chromium
def test_search_by_keyboard(browser, address):
    browser.open(address + "index.html")
    browser.press("/")
    browser.wait("document.querySelector('#__search').checked")
    browser.type("cross_entropy")
    browser.wait("document.querySelectorAll('.md-search-result__item').length > 1", 60)
    browser.press("Escape")
    assert not browser.evaluate("document.querySelector('#__search').checked")
    time.sleep(0.5)  # the theme waits for the focus to settle
    browser.press("/")
    browser.wait("document.querySelector('#__search').checked")
    for _ in range(2):  # the page, then the place on it
        browser.press("ArrowDown")
    browser.wait("document.activeElement.hash === '#minitorch_ff.nn.functional.loss.cross_entropy'")
    browser.press("Enter")
    browser.wait("location.pathname === '/reference/nn.functional.loss/'")


@needs_chromium
def test_the_list_of_names_is_searched_as_one_types(browser, address):
    browser.open(address + "compatibility/")
    shown = "[...document.querySelectorAll('#compatibility tbody tr')].filter(row => !row.hidden)"
    assert browser.evaluate(f"{shown}.length") > 1000
    browser.evaluate("document.querySelector('#compatibility-name').focus()")
    browser.type("logsumexp")
    names = browser.evaluate(f"{shown}.map(row => row.cells[0].textContent)")
    assert "torch.logsumexp" in names
    assert all("logsumexp" in name for name in names)
    count = browser.evaluate("document.querySelector('#compatibility-count').textContent")
    assert count.startswith(f"{len(names)} of ")


@needs_chromium
def test_run_here_says_that_there_is_no_network(browser, address):
    browser.open(address + "tutorial/2_tensor/")
    assert not [url for url in browser.requested if "pyodide" in url]
    nowhere = f"{address}nowhere/"
    browser.evaluate(f"document.querySelector('.run-here').dataset.server = {nowhere!r}")
    browser.evaluate("document.querySelector('.run-here textarea').focus()")
    browser.press("Tab")
    assert browser.evaluate(FOCUSED) == ["Run here", True]
    browser.press("Enter")
    said = browser.wait(
        "document.querySelector('.run-here pre').textContent.includes('not be')"
        " && document.querySelector('.run-here pre').textContent"
    )
    assert said.startswith("Python could not be loaded")
    assert not browser.evaluate("document.querySelector('.run-here button').disabled")
