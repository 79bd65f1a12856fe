"""What the guides print, PyTorch prints as well: their blocks are run in both worlds."""

import contextlib
import io

import pytest

from compat_tests.docs.test_blocks import blocks
from compat_tests.house.files import ROOT

OURS = "import minitorch_ff as torch\n"
OURS_NN = "from minitorch_ff import nn\n"
# Guides, and how many of their blocks speak of nothing but PyTorch's API.
GUIDES = {"autograd": 9, "extend": 2, "random_numbers": 2, "views": 5}


def programs(guide):
    page = ROOT / "docs" / "guides" / f"{guide}.md"
    for language, options, body in blocks(page):
        known = body.replace(OURS, "").replace(OURS_NN, "")
        differs = "minitorch_ff" in known or "in PyTorch" in known
        if language == "python" and 'exec="true"' in options and not differs:
            yield body


def printed(program, names):
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        exec(compile(program, "a guide", "exec"), names)
    return output.getvalue()


@pytest.mark.parametrize("guide", GUIDES)
def test_guide_prints_what_pytorch_prints(guide):
    ours, theirs, compared = {"__name__": "guide"}, {"__name__": "guide"}, 0
    for program in programs(guide):
        of_pytorch = program.replace(OURS, "import torch\n").replace(
            OURS_NN, "from torch import nn\n"
        )
        text = printed(program, ours)
        assert text
        assert text == printed(of_pytorch, theirs)
        compared += 1
    assert compared == GUIDES[guide]
