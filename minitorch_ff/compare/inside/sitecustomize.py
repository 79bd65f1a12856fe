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
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

ORDER = "MINITORCH_FF_COMPARE"
FOLDER = os.path.dirname(os.path.abspath(__file__))


class Watch(MetaPathFinder):
    """Times one import, and starts the recorder when it is done.

    Args:
        framework: Name of the package to watch.
        steps: How many steps to record; 0 records none.
        report: The file to write.
        path: What PYTHONPATH was.
    """

    def __init__(self, framework: str, steps: int, report: str, path: str | None) -> None:
        self.framework, self.steps, self.report_path = framework, steps, report
        self.seconds: float | None = None
        self.recorder: Any = None
        if steps:  # while this folder is on the path
            self.recorder = importlib.import_module("recorder").Recorder(steps)
            del sys.modules["recorder"]
        sys.path.remove(FOLDER)
        del os.environ["PYTHONPATH"]
        if path is not None:
            os.environ["PYTHONPATH"] = path
        sys.meta_path.insert(0, self)
        atexit.register(self.report, os.getpid())

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """Let the other finders find the framework; time its loading."""
        if fullname != self.framework:
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
        if self.recorder is not None:
            self.recorder.listen(self.framework)

    def report(self, process: int) -> None:
        """Write what was seen; a forked process has nothing to say."""
        if os.getpid() != process:
            return
        loaded = {name: sys.modules.get(name) for name in (self.framework, "numpy")}
        threads = getattr(loaded[self.framework], "get_num_threads", None)
        environment = {
            "python": platform.python_version(),
            **{name: getattr(module, "__version__", None) for name, module in loaded.items()},
            "platform": platform.platform(),
            "processors": os.cpu_count(),
            "threads": threads and threads(),
        }
        report = {"import": self.seconds, "environment": environment}
        if self.recorder is not None:
            report |= self.recorder.finish(self.report_path + ".samples")
        with open(self.report_path, "w", encoding="utf-8") as file:
            json.dump(report, file)


if ORDER in os.environ:
    Watch(**json.loads(os.environ.pop(ORDER)))
    this = sys.modules.pop(__name__)
    if importlib.util.find_spec(__name__):  # the user's own
        importlib.import_module(__name__)
    else:
        sys.modules[__name__] = this  # where Python looks for what it is importing
