"""This package's own version; `torch.__version__` puts PyTorch's before it."""

__version__ = "0.1.0"
