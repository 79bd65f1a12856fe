"""MkDocs hook: this project's wheel and the tutorial's package, for the browser."""

import pathlib
import subprocess
import sys
import tempfile
import zipfile

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from sources import ROOT

STEPS = ROOT / "docs" / "tutorial" / "steps"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add both archives beside the scripts."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
        (wheel,) = pathlib.Path(folder).glob("*-none-any.whl")  # it is pure Python
        content = wheel.read_bytes()
        steps = pathlib.Path(folder) / "ember.zip"
        with zipfile.ZipFile(steps, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in sorted(STEPS.glob("step*/ember/*.py")):
                archive.write(file, f"ember/{file.name}")
        files.append(File.generated(config, "assets/minitorch_ff.whl", content=content))
        files.append(File.generated(config, "assets/ember.zip", content=steps.read_bytes()))
    return files
