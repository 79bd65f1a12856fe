"""`torch.backends.cuda`: how PyTorch was built for GPUs."""

from __future__ import annotations

from types import SimpleNamespace

matmul = SimpleNamespace(
    allow_tf32=False,
    allow_fp16_reduced_precision_reduction=True,
    allow_bf16_reduced_precision_reduction=True,
)


def is_built() -> bool:
    """Whether CUDA is compiled in: no, CuPy brings it."""
    return False
