"""Watches a script from inside its process, which it leaves as it found it.

Python imports a module of this name before the script, if it finds one. `compare` puts
this folder on the path of both processes and an order into their environment. Both are
taken back before the script starts, so that neither it nor a process that it starts can
see them. At the script's end a report is written: the time of the framework's import,
the environment, and, if asked for, what the recorder saw.
"""

from __future__ import annotations

import atexit
import functools
import importlib.util
import json
import os
import platform
import sys
import time
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

ORDER = "MINITORCH_FF_COMPARE"
FOLDER = os.path.dirname(os.path.abspath(__file__))


def start(order: dict[str, Any]) -> None:
    """Restore what `compare` changed, then wait for the framework's import.

    Args:
        order: `framework` is the name of the package to watch, `report` the file to
            write, `path` what PYTHONPATH was, `steps` how many steps to record.
    """
    sys.path.remove(FOLDER)
    os.environ.pop("PYTHONPATH")
    if order["path"] is not None:
        os.environ["PYTHONPATH"] = order["path"]
    watch = Watch(order)
    sys.meta_path.insert(0, watch)
    atexit.register(watch.report, os.getpid())
    this = sys.modules.pop(__name__)
    if importlib.util.find_spec(__name__):  # the user's own
        importlib.import_module(__name__)
    else:
        sys.modules[__name__] = this  # where Python looks for what it is importing


class Watch(MetaPathFinder):
    """Times one import, and starts the recorder when it is done."""

    def __init__(self, order: dict[str, Any]) -> None:
        self.order = order
        self.seconds: float | None = None
        self.recorder: Any = None

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Let the other finders find the framework; time its loading."""
        if fullname != self.order["framework"]:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        sys.meta_path.insert(0, self)  # finding is not loading: `python -m` looks twice
        if spec is not None and spec.loader is not None:
            loader: Any = spec.loader
            loader.exec_module = functools.partial(self.load, loader)
        return spec

    def load(self, loader: Any, module: ModuleType) -> None:
        """Load the framework as its own loader does."""
        del loader.exec_module
        sys.meta_path.remove(self)
        started = time.perf_counter()
        loader.exec_module(module)
        self.seconds = time.perf_counter() - started
        if self.order["steps"]:
            self.recorder = _beside("recorder").Recorder(module.__name__, self.order["steps"])

    def report(self, process: int) -> None:
        """Write what was seen; a forked process has nothing to say."""
        if os.getpid() != process:
            return
        report = {"import": self.seconds, "environment": self.environment()}
        if self.recorder is not None:
            report |= self.recorder.finish(self.order["report"] + ".values")
        with open(self.order["report"], "w", encoding="utf-8") as file:
            json.dump(report, file)

    def environment(self) -> dict[str, Any]:
        """Versions, platform, threads."""
        versions = {
            name: str(getattr(sys.modules[name], "__version__", "?"))
            for name in (self.order["framework"], "numpy")
            if name in sys.modules
        }
        threads = getattr(sys.modules.get(self.order["framework"]), "get_num_threads", str)
        return {
            "python": platform.python_version(),
            **versions,
            "platform": platform.platform(),
            "processors": os.cpu_count(),
            "threads": threads() or None,
        }


def _beside(name: str) -> Any:
    """A module of this folder, which is no longer on the path."""
    place = os.path.join(FOLDER, name + ".py")
    spec = importlib.util.spec_from_file_location("minitorch_ff_compare_" + name, place)
    module = importlib.util.module_from_spec(spec)  # type: ignore[arg-type]
    spec.loader.exec_module(module)  # type: ignore[union-attr]
    return module


if ORDER in os.environ:
    start(json.loads(os.environ.pop(ORDER)))
