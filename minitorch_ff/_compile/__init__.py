"""`torch.compile`: a call is recorded, then replayed as a flat list of NumPy calls.

What the parts do, from a call to its replay:

- `guards`: what a function can see, and what of it must stay as it was,
- `buffers`, `recording`, `session`: a call, written down as the NumPy calls that it made,
- `updating`: an optimizer's step, so that it can be recorded,
- `ending`: what it has changed when it returns,
- `program`, `nodes`, `building`: a recording as the source of a function,
- `compiled`: when to record, when to replay, and when to call the function as it is.
"""
