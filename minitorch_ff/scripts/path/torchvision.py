"""What `import torchvision` finds first in the processes that a script starts."""

import importlib
import sys

if __name__ == "torchvision":
    del sys.modules[__name__]
    importlib.import_module("torch")  # from here on, both names are the package's
    importlib.import_module(__name__)
