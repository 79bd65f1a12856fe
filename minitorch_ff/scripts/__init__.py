"""What can be done with a script that was written for PyTorch: run it as it is."""
