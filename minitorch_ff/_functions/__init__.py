"""The functions of `torch.*`, one file per family: each checks, names, and calls an operator."""
