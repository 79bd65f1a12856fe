"""Back ends: each offers the primitives over one array library, family by family.

An operator's rule calls them as `xp.name(...)` and touches a buffer in no other way. Two
namespaces answer: a back end (`array_api` shares all of it between NumPy and CuPy), and
`recorded`, in which the same names work on tensors, for a backward pass that is recorded.

- Shapes and dimensions are Python ints and tuples of them, never arrays. `dim` counts
  from 0; it is checked and made positive above. A mask is a boolean buffer, positions are an
  integer one, and all positions are inside: that too is checked above.
- Operands that meet have one dtype (`promotion` sees to it), and a result has it as well,
  unless it is said here: float32 stays float32. What is a NumPy scalar becomes a buffer in
  `apply`.
- A primitive leaves its inputs alone. The exceptions: a name that ends in `_` writes into
  its first operand, `out` is written and returned, and an optimizer's `..._step` writes all
  of its arrays but the gradient.
- In `recorded`, what gives floating numbers is differentiable: it calls the operator of
  that name, and a fused primitive is written out in simple ones. What gives booleans or
  positions (`eq`, `isnan`, `logical_not`, `sign`, `mask_except`, ...) is constant there: a
  plain buffer in both worlds. Only what rules call has a twin.
- A fused primitive (`linear`, `cross_entropy`, `batch_norm`, ...) equals its composition;
  the shared back end has it, so a new one needs the simple ones only.
"""
