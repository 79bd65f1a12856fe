"""The imports of a script, changed from PyTorch to this package, and nothing else."""

import re


def with_our_imports(source: str) -> str:
    """`import torch` becomes `import minitorch_ff as torch`, and so on."""
    source = re.sub(r"(?m)^(\s*import) torch$", r"\1 minitorch_ff as torch", source)
    source = re.sub(r"(?m)^(\s*(?:import|from)) torch\b", r"\1 minitorch_ff", source)
    return re.sub(r"(?m)^(\s*(?:import|from)) torchvision\b", r"\1 minitorch_ff.vision", source)


def with_torch_imports(source: str) -> str:
    """The same, backwards."""
    source = re.sub(r"(?m)^import minitorch_ff as torch$", "import torch", source)
    return re.sub(r"(?m)^(import|from) minitorch_ff\b", r"\1 torch", source)
