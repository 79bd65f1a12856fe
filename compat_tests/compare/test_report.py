"""The page: whole, self-contained, and drawn by a browser without an error."""

import json
import re
import shutil
import subprocess
from html.parser import HTMLParser

import pytest

from compat_tests.compare.commands import TRAINING, compare, write

CHROMIUM = shutil.which("chromium")
OPTIONS = """
--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --hide-scrollbars
--disable-background-networking --disable-component-update --disable-sync
""".split()
NASTY = '\nprint("</script><script>document.title = 1</script> <!-- größe ✓")\n'
WIDTHS = [390, 1280, 1920]
# Appended to the page, which a frame of the wanted width shows: what sticks out is counted.
PROBE = """
<script>
const wide = [...document.querySelectorAll("main, section")].filter(
  element => element.scrollWidth > element.clientWidth + 1);
parent.postMessage([innerWidth, document.documentElement.scrollWidth, wide.length].join(" "), "*");
</script>
"""
FRAME = """
<script>onmessage = event => document.title = event.data;</script>
<iframe src="probed.html" style="border: 0; width: {}px; height: 900px"></iframe>
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    source = TRAINING.replace("PLANTED", "True") + "    print('a' * 500)\n"
    script = write(folder, source)
    script.write_text(script.read_text("utf-8") + NASTY, encoding="utf-8")
    compare("--deep", "--html", "report.html", script, cwd=folder, status=1)
    return folder / "report.html"


class Tags(HTMLParser):
    """Collects tags with their attributes, and the text inside of scripts."""

    VOID = ("meta", "input")

    def __init__(self):
        super().__init__()
        self.open, self.seen, self.scripts = [], [], []

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] == "script":
            self.scripts[-1] += data


def parsed(page) -> Tags:
    tags = Tags()
    tags.feed(page.read_text("utf-8"))
    tags.close()
    return tags


def test_the_page_is_well_formed_and_holds_the_data(page):
    tags = parsed(page)
    assert not tags.open
    data, code = tags.scripts
    assert NASTY[8:-3] in json.loads(data)["ours"]["lines"]
    assert json.loads(data)["verdict"]["tensor"]["module"] == "2 (Linear)"
    assert "JSON.parse" in code


def test_the_page_needs_nothing_from_elsewhere(page):
    tags = parsed(page)
    assert not [t for t, a in tags.seen if t in ("link", "img", "iframe") or "src" in a]
    namespaces = {"http://www.w3.org/2000/svg"}
    assert set(re.findall(r"\w+://[^\s\"'<)]+", page.read_text("utf-8"))) <= namespaces
    assert not re.search(r"@import|url\(|fetch\(|XMLHttpRequest|import\(", page.read_text("utf-8"))


def browse(page, folder, *options) -> str:
    profile = folder / "profile"
    done = subprocess.run(
        [CHROMIUM, *OPTIONS, f"--user-data-dir={profile}", *options, page.as_uri()],
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed")
def test_a_browser_draws_it(page, tmp_path):
    drawn = browse(page, tmp_path, "--dump-dom", "--window-size=1280,1000")
    assert "They part" in drawn
    assert "first divergence: relative difference" in drawn
    assert drawn.count('class="row ') == 1 + 8  # a heading, six steps, two texts
    assert '<svg role="img"><title>loss: PyTorch and minitorch_ff</title>' in drawn
    assert drawn.count('class="cells"') == 8
    assert "&lt;/script&gt;&lt;script&gt;" in drawn


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed")
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.slow
def test_nothing_sticks_out(page, tmp_path, width):
    probed = page.read_text("utf-8").replace("</body>", PROBE + "</body>")
    (tmp_path / "probed.html").write_text(probed, "utf-8")
    frame = write(tmp_path, FRAME.format(width), "frame.html")
    options = ("--dump-dom", "--window-size=2000,1000", "--virtual-time-budget=5000")
    assert f"<title>{width} {width} 0</title>" in browse(frame, tmp_path, *options)


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed")
@pytest.mark.slow
def test_a_browser_paints_it_light_and_dark(page, tmp_path):
    pictures = []
    for scheme in (0, 1):  # dark, light
        file = tmp_path / f"{scheme}.png"
        setting = f"--blink-settings=preferredColorScheme={scheme}"
        browse(page, tmp_path, setting, f"--screenshot={file}", "--window-size=390,800")
        pictures.append(file.read_bytes())
    assert pictures[0] != pictures[1]
    assert min(map(len, pictures)) > 10_000
