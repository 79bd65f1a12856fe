"""Random programs of views, writes in place and detached parts, in both worlds.

Each makes a few tensors from two leaves, and gives their values and versions, the first
and second derivatives of a sum over all of them, or an error.
"""

import random
import re

import numpy
import pytest
import torch

import minitorch_ff as ff

STEPS = """
view view view view mul add mul_leaf tanh relu fill assign assign_leaf assign_masked
assign_list out square detach clone forgotten stack
""".split()
BLOCK = 100


def program(seed):
    """A list of (step, three random numbers)."""
    r = random.Random(seed)
    length = r.randint(3, 10)
    return [(r.choice(STEPS), r.random(), r.random(), r.random()) for _ in range(length)]


def view_of(torch, y, kind, position):
    """One of several views of `y`; None if it has too few dimensions."""
    if not y.dim():
        return None
    at = int(position * y.shape[0])
    one = [
        lambda: y[at],
        lambda: y[1:] if y.shape[0] > 1 else y[:],
        lambda: y[::2],
        lambda: y.unsqueeze(0),
        lambda: y.narrow(0, at, y.shape[0] - at),
        lambda: y.unbind(0)[at],
        lambda: y.unfold(0, 1, 1),
    ]
    two = [
        lambda: y.t(),
        lambda: y[:, int(position * y.shape[1])],
        lambda: y.diagonal(),
        lambda: y.transpose(0, 1)[None, 0],
        lambda: y.split(2, 1)[0],
        lambda: y.reshape(-1),
    ]
    choices = one + two if y.dim() == 2 else one
    return choices[int(kind * len(choices))]()


def step(torch, live, x, c, what, u, v, w):
    """One step of a program: writes to a tensor of `live`, or adds one."""
    y = live[int(u * len(live))]
    scalar = c[int(w * 4)]
    if what == "view":
        view = view_of(torch, y, v, w)
        if view is not None:
            live.append(view)
    elif what == "mul":
        y.mul_(1.5)
    elif what == "add":
        y.add_(0.25)
    elif what == "mul_leaf":
        y.mul_(scalar)
    elif what == "tanh":
        y.tanh_()
    elif what == "relu":
        y.relu_()
    elif what == "fill":
        y.fill_(scalar if v < 0.5 else 0.7)
    elif what == "assign" and y.dim():
        y[int(w * y.shape[0])] = 0.3
    elif what == "assign_leaf" and y.dim():
        y[int(w * y.shape[0])] = c[int(v * 4)] * x[0, 1]
    elif what == "assign_masked":
        y[y.detach() > v] = scalar
    elif what == "assign_list" and y.dim():
        y[[0, int(w * y.shape[0])]] = scalar * 2
    elif what == "out":
        live.append(y * 0.7 + 1)
    elif what == "square":
        live.append(y.clone().pow(2))
    elif what == "detach":
        live.append(y.detach())
    elif what == "clone":
        live.append(y.clone())
    elif what == "forgotten":
        with torch.no_grad():
            y.mul_(0.9)
    elif what == "stack":
        live.append(torch.stack([y, y.detach(), y * scalar]).sum(0))


def run(torch, seed):
    values = torch.arange(12, dtype=torch.float64).reshape(3, 4) / 7 - 0.6
    x = values.clone().requires_grad_()
    c = (values[0] + 0.5).requires_grad_()
    live = [x * 2]
    for what, *numbers in program(seed):
        step(torch, live, x, c, what, *numbers)
    total = (x * x).sum() + (c * c).sum()
    for i, tensor in enumerate(live):  # at the end, so that nothing saved is written later
        total = total + (tensor * tensor * (i + 1)).sum()
    first = torch.autograd.grad(total, [x, c], create_graph=True)
    second = torch.autograd.grad((first[0] ** 2).sum() + (first[1] ** 2).sum(), [x, c])
    shown = [(t._version, t.requires_grad, tuple(t.shape)) for t in live]
    return shown, [t.detach().numpy() for t in (total, *live, *first, *second)]


def outcome(torch, seed):
    try:
        return run(torch, seed)
    except RuntimeError as error:
        return str(error)


def differs(seed):
    """What is different in the two worlds, or None."""
    ours, theirs = outcome(ff, seed), outcome(torch, seed)
    if isinstance(ours, str) or isinstance(theirs, str):
        return None if same_words(ours, theirs) else (ours, theirs)
    if ours[0] != theirs[0]:
        return ours[0], theirs[0]
    for a, b in zip(ours[1], theirs[1], strict=True):
        if a.shape != b.shape or not numpy.allclose(a, b, rtol=1e-8, atol=1e-9, equal_nan=True):
            return a, b
    return None


def same_words(ours, theirs):
    """The same error, but for names: of a tensor written twice PyTorch names its newest node."""
    if theirs == LEAF_OF_DETACHED:
        return True
    both = isinstance(ours, str) and isinstance(theirs, str)
    return both and NODE.sub("", ours) == NODE.sub("", theirs)


NODE = re.compile(r"(, which is output \d+ of [\w:]+,|Output \d+ of \w+)")
LEAF_OF_DETACHED = "a leaf Variable that requires grad is being used in an in-place operation."
"""No program writes a leaf: PyTorch takes a view of a detached tensor for one, once the
detached tensor has got a history."""


def check_block(first):
    found = {seed: differs(seed) for seed in range(first, first + BLOCK)}
    found = {seed: both for seed, both in found.items() if both is not None}
    seed = next(iter(found), None)
    assert not found, f"{len(found)} of {BLOCK}, first {seed}: {program(seed)}\n{found[seed]}"


@pytest.mark.parametrize("first", range(0, 5 * BLOCK, BLOCK))
def test_programs(first):
    check_block(first)


@pytest.mark.slow
@pytest.mark.parametrize("first", range(10_000, 10_000 + 30 * BLOCK, BLOCK))
def test_more_programs(first):
    check_block(first)


def test_most_programs_run():
    """Were they all errors, nothing would be compared."""
    outcomes = [outcome(torch, seed) for seed in range(BLOCK)]
    assert sum(not isinstance(o, str) for o in outcomes) > BLOCK / 3
