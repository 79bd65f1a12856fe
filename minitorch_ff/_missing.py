"""What a name that PyTorch has and this package lacks says when it is touched."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import Any


def missing(module: str) -> Callable[[str], Any]:
    """The `__getattr__` of a module: names what is absent by its PyTorch name.

    It raises `AttributeError`, so `hasattr` and `getattr` with a default stay true.
    """
    torch_name = module.replace("minitorch_ff", "torch", 1)

    def __getattr__(name: str) -> Any:  # noqa: N807 - a module takes it for its own
        raise AttributeError(absent(torch_name, name, dir(sys.modules[module])))

    return __getattr__


def absent(torch_name: str, name: str, known: list[str]) -> str:
    """The words for an absent name, with the nearest one there is."""
    text = f"module '{torch_name}' has no attribute '{name}' (or minitorch_ff lacks it)"
    near = nearest(f"{torch_name}.{name}", known)
    return f"{text}; {near}" if near else text


INSTEAD = {
    "torch.distributed": "one process trains here; torch.distributed.is_available() is False",
    "torch.fft": "use numpy.fft on tensor.numpy(), without gradients",
    "torch.fx": "there is no graph to rewrite: modules run as they are written",
    "torch.hub": "define the model, and load its weights with torch.hub.load_state_dict_from_url",
    "torch.jit": "modules run as they are written; torch.compile makes them faster",
    "torch.nested": "pad with torch.nn.utils.rnn.pad_sequence",
    "torch.onnx": "save the state_dict with torch.save and export it with PyTorch",
    "torch.profiler": "use torch.utils.benchmark.Timer, or Python's cProfile",
    "torch.quantization": "there are no quantized dtypes; use torch.float32",
    "torch.sparse": "tensors are dense",
    "torch.utils.checkpoint": "call the module itself; it keeps its intermediates",
    "torch.vmap": "write the batch dimension out, or loop and torch.stack",
}
"""What to do without a name, where that is more than taking another name."""


def nearest(name: str, known: Iterable[str]) -> str:
    """What to use instead of PyTorch's `name`, in words; empty if nothing comes near.

    Args:
        name: The absent name, in full: `torch.nn.Fold`.
        known: What there is beside it.
    """
    package, _, last = name.rpartition(".")
    for whole in (name, package):
        if whole in INSTEAD:
            return INSTEAD[whole]
    if last.startswith("_"):
        return ""
    import difflib  # only on the way to an error

    near = difflib.get_close_matches(last, [n for n in known if n[0] != "_"], 1)
    return f"the nearest name it has is '{near[0]}'" if near else ""
