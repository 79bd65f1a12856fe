"""`torch.backends`: switches that scripts set, and questions that they ask.

The switches choose between ways of computing the same thing on hardware that is not used
here; they are kept and change nothing.
"""

from __future__ import annotations

from minitorch_ff.backends import cpu, cuda, cudnn, mkl, mkldnn, mps, openmp, opt_einsum

__all__ = ["cpu", "cuda", "cudnn", "mkl", "mkldnn", "mps", "openmp", "opt_einsum"]
