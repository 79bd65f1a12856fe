"""Layers, losses and containers, in files named as PyTorch names them."""
