"""Checkpoints in PyTorch's zip format, written and read without PyTorch.

A checkpoint is a zip archive. Its record `data.pkl` is a pickle of the saved object in which
every memory of tensors is only a number; the bytes with that number are a record of their own.
So the files here are: `archive` (records in a zip file, and how a file is replaced), `names`
(what PyTorch calls our classes and functions), `tensors` (a tensor is a look at a memory),
`pickling` (the pickle, to write and to read it all), `restricted` (to read it from strangers),
`public` (`save`, `load` and the lists of what is safe).
"""
