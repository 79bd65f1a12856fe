"""Primitives for recurrent layers: a whole sequence forward, and back through time.

Inside, sequences are columns, so that the gates of a step are blocks one below the other, and each
block is contiguous. What all inputs give to the gates is one product beforehand; a step multiplies
the hidden states only. On the way back a step does the same with the weights transposed; one
product over all steps then gives the gradients of the inputs, and one that of each weight.
"""

from __future__ import annotations

import functools

TOGETHER = 32
"""From so many sequences on, a product is fast even for a single step."""


class Recurrence:
    """Data is packed: all rows of the first step, then those of the second, and so on.

    Longer sequences come first, so that step `t` has the first `sizes[t]` of them.
    """

    def recurrence(self, x, h, c, weights, *, kind, sizes, reverse):
        """Run one layer over whole sequences.

        Args:
            x: Inputs, shape `(*, features)`, together `sum(sizes)` rows.
            h: First hidden states, shape `(sequences, outputs)`.
            c: First cell states, shape `(sequences, hidden)`; None for a cell without.
            weights: `W_ih`, `W_hh`, `b_ih`, `b_hh`, and the projection `W_hr`; the last three
                may be None.
            kind: `"LSTM"`, `"GRU"`, `"RNN_TANH"` or `"RNN_RELU"`.
            sizes: How many sequences each step has.
            reverse: Begin at the last step.

        Returns:
            The hidden states of all steps, the last hidden and cell states, and what the rule
            needs of the way.
        """
        module, dot, project = self.module, self._dot, weights[4]
        cell = CELLS[kind](self, *weights[:4])
        inputs = cell.with_ones(x.reshape(-1, x.shape[-1]))
        by_input, w_hh = cell.by_input(inputs, sizes), cell.halved(cell.w_hh, cell.bent_hh)
        y, begin = module.empty((len(inputs), h.shape[1]), x.dtype), h
        h, c, steps = columns(module, h), columns(module, c), [None] * len(sizes)
        for t, rows, n in in_order(sizes, reverse):
            all_h, all_c = h, c
            if n < len(begin):
                h, c = first(h, n), first(c, n)
            h, c, *kept = cell.step(by_input[t], dot(w_hh, h), h, c)
            steps[t] = kept, h
            if project is not None:
                h = dot(project, h)
            y[rows] = h.T
            if n < len(begin):
                h, c = beside(all_h, h), beside(all_c, c)
        kept = cell, inputs, module.concatenate(before(y, begin, sizes, reverse)), steps
        return y.reshape(*x.shape[:-1], y.shape[1]), columns(module, h), columns(module, c), kept

    def recurrence_back(self, grads, kept, inputs, needed, *, kind, sizes, reverse):
        """The gradients of `x`, `h`, `c` and of the five weights.

        Args:
            grads: Of all hidden states, of the last hidden and the last cell states; or None.
            kept: What the layer kept of its way.
            inputs: What it was given: `x`, `h`, `c` and the weights.
            needed: Whether the gradient of `x` is wanted, and that of any weight.
            kind: As for `recurrence`.
            sizes: Likewise.
            reverse: Likewise.
        """
        module, dot, (cell, inputs_by_row, states, steps) = self.module, self._dot, kept
        x, h, c, *_, project = inputs
        to_y = None if grads[0] is None else grads[0].reshape(-1, h.shape[1])
        to_h = columns(module, module.zeros_like(h) if grads[1] is None else grads[1])
        to_c = c if c is None else module.zeros_like(c) if grads[2] is None else grads[2]
        to_c = columns(module, to_c)
        back, outputs = columns(module, cell.w_hh), [None] * len(sizes)
        changes = for_steps(module, cell.changes, sizes, x.dtype)
        for t, rows, n in reversed(in_order(sizes, reverse)):
            (kept, _), change, all_h, all_c = steps[t], changes[t], to_h, to_c
            if n < len(h):
                to_h, to_c = first(to_h, n), first(to_c, n)
            if to_y is not None:
                to_h = to_h + to_y[rows].T
            if project is not None:
                outputs[t], to_h = to_h, dot(project.T, to_h)
            direct, to_c = cell.step_back(to_h, to_c, change, *kept)
            to_h = dot(back, change[cell.for_state])
            if direct is not None:
                to_h += direct
            if n < len(h):
                to_h, to_c = beside(all_h, to_h), beside(all_c, to_c)
        change = side_by_side(module, changes)
        to_x = None
        if needed[0]:
            to_x = dot(change[cell.for_input].T, cell.w_ih[:, : x.shape[-1]]).reshape(x.shape)
        to_weights = (None,) * 5
        if needed[1]:
            to_weights = cell.to_weights(change, inputs_by_row, states)
            to_project = None
            if project is not None:
                inner = module.concatenate([inner for _, inner in steps], 1)
                to_project = dot(module.concatenate(outputs, 1), inner.T)
            to_weights = *to_weights, to_project
        return to_x, to_h.T, to_c if c is None else to_c.T, *to_weights


@functools.lru_cache(64)
def in_order(sizes, reverse):
    """The steps: number, rows in packed data, how many they are."""
    start, steps = 0, []
    for t, n in enumerate(sizes):
        steps.append((t, slice(start, start + n), n))
        start += n
    return steps[::-1] if reverse else steps


def before(y, h, sizes, reverse):
    """Of each step the hidden states that it began with: rows of its neighbour's, and of `h`."""
    if sizes[-1] == sizes[0]:  # the usual case, in two pieces
        n = sizes[0]
        return [y[n:], h] if reverse else [h, y[: len(y) - n]]
    spans, parts = [rows for _, rows, _ in in_order(sizes, False)], [h[:0]]
    for t, n in enumerate(sizes):
        last = t + 1 if reverse else t - 1
        known = min(n, sizes[last]) if 0 <= last < len(sizes) else 0
        if known:
            parts.append(y[spans[last].start :][:known])
        if known < n:
            parts.append(h[known:n])
    return parts


def for_steps(module, height, sizes, dtype):
    """For each step a matrix; for steps of one size, three dimensions of one array."""
    if sizes[-1] == sizes[0]:
        return module.empty((len(sizes), height, sizes[0]), dtype)
    return [module.empty((height, n), dtype) for n in sizes]


def side_by_side(module, matrices):
    """Those of `for_steps` as one matrix."""
    if isinstance(matrices, list):
        return module.concatenate(matrices, 1)
    return matrices.swapaxes(0, 1).reshape(matrices.shape[1], -1)


def columns(module, rows):
    """A matrix transposed, in memory of its own; None stays."""
    return None if rows is None else module.array(rows.T, order="C")


def first(state, n):
    """The first `n` columns of a state; None stays."""
    return None if state is None else state[:, :n]


def beside(state, new):
    """`new` in the first columns of a state, whose other columns stay as they are."""
    if state is None:
        return None
    state = state.copy()
    state[:, : new.shape[1]] = new
    return state


class Cell:
    """What one kind of cell makes of its gates, and the rule for it."""

    order_ih: tuple[int, ...] = (0,)
    order_hh: tuple[int, ...] = (0,)
    """Which of the weights' blocks comes first here, second, …."""

    bent_ih = bent_hh = slice(0, 0)
    """The blocks of those gates that are sigmoids."""

    for_input = for_state = slice(None)
    """Rows of the gates' gradients that go to the inputs, and those that go to the states."""

    changes: int
    """How many rows the gates' gradients have."""

    def __init__(self, primitives, w_ih, w_hh, b_ih, b_hh):
        module = self.module = primitives.module
        self.primitives, self.biased = primitives, b_ih is not None
        self.tanh, self.multiply, self.subtract = module.tanh, module.multiply, module.subtract
        self.half, self.one = module.array(0.5, w_ih.dtype), module.array(1, w_ih.dtype)
        self.hidden = len(w_hh) // len(self.order_hh)
        self.changes = len(w_hh)
        if self.biased:
            w_ih = module.concatenate((w_ih, self.of_input(b_ih, b_hh)[:, None]), 1)
        self.w_ih, self.w_hh = self.ordered(w_ih, self.order_ih), self.ordered(w_hh, self.order_hh)

    def of_input(self, b_ih, b_hh):
        """The bias that all inputs add."""
        return b_ih + b_hh

    def blocks(self, gates):
        """The gates one by one, as a first dimension."""
        return gates.reshape(len(gates) // self.hidden, self.hidden, gates.shape[1])

    def with_ones(self, x):
        """The inputs, and ones that meet the biases."""
        if not self.biased:
            return x
        return self.module.concatenate((x, self.module.ones((len(x), 1), x.dtype)), 1)

    def ordered(self, x, order):
        """The blocks of `x` in another order."""
        if len(order) == 1:
            return x
        size = len(x) // len(order)
        return self.module.concatenate([x[i * size : i * size + size] for i in order], 0)

    def halved(self, weights, bent):
        """The weights with those for sigmoids halved, as `bend` wants it."""
        if not bent.stop:
            return weights
        weights = weights.copy()
        weights[bent.start * self.hidden : bent.stop * self.hidden] *= 0.5
        return weights

    def by_input(self, inputs, sizes):
        """For each step, what the inputs add to the gates."""
        weights = self.halved(self.w_ih, self.bent_ih)
        if sizes[-1] == sizes[0] >= TOGETHER:  # then a product for each step is as fast
            steps = inputs.reshape(len(sizes), sizes[0], -1).swapaxes(1, 2)
            return self.primitives._matmul(weights, self.module.array(steps, order="C"))
        gates = self.primitives._dot(weights, inputs.T)
        return [gates[:, rows] for _, rows, _ in in_order(sizes, False)]

    def to_weights(self, change, inputs, states):
        """The gradients of the four weights."""
        to_w_ih = self.primitives._dot(change[self.for_input], inputs)
        to_w_hh = self.primitives._dot(change[self.for_state], states)
        to_w_ih = self.ordered(to_w_ih, opposite(self.order_ih))
        to_w_hh = self.ordered(to_w_hh, opposite(self.order_hh))
        if not self.biased:
            return to_w_ih, to_w_hh, None, None
        to_b_ih = to_w_ih[:, -1]
        return to_w_ih[:, :-1], to_w_hh, to_b_ih, self.to_b_hh(to_b_ih, change)

    def to_b_hh(self, to_b_ih, change):
        """The gradient of the states' bias."""
        return to_b_ih

    def bend(self, tanh):
        """`1 / (1 + e⁻ˣ) = (1 + tanh(x / 2)) / 2`, in place, from that tanh."""
        tanh *= self.half
        tanh += self.half

    def sigmoid_slope(self, s, out):
        """The sigmoid's derivative, from its value."""
        self.multiply(s, s, out)
        self.subtract(s, out, out)

    def tanh_slope(self, y, out=None):
        """The derivative of tanh, from its value."""
        out = self.multiply(y, y, out)
        return self.subtract(self.one, out, out)


def opposite(order):
    """The order that undoes another one."""
    return sorted(range(len(order)), key=order.__getitem__)


class LSTM(Cell):
    """`c' = f c + i g`, `h' = o tanh(c')`; here the gates are `g, i, f, o`."""

    order_ih = order_hh = (2, 0, 1, 3)
    bent_ih = bent_hh = slice(1, 4)

    def step(self, by_input, gates, h, c):
        """The new hidden and cell states, and what the rule needs."""
        gates += by_input
        self.tanh(gates, gates)
        self.bend(gates[self.hidden :])
        gates = self.blocks(gates)
        g, i, f, o = gates
        new = f * c
        new += i * g
        shown = self.tanh(new)
        return o * shown, new, gates, c, shown

    def step_back(self, to_h, to_c, change, gates, c, shown):
        """The gradients of the gates into `change`; of `h` besides them (none), and of `c`."""
        g, i, f, o = gates
        change = self.blocks(change)
        to_new = self.tanh_slope(shown)
        to_new *= o
        to_new *= to_h
        to_new += to_c
        self.sigmoid_slope(gates[1:], change[1:])
        to_g, to_i, to_f, to_o = change
        self.tanh_slope(g, to_g)
        to_g *= i
        to_i *= g
        to_f *= c
        to_o *= shown
        to_o *= to_h
        through_c = change[:3]
        through_c *= to_new
        to_new *= f
        return None, to_new


class GRU(Cell):
    """`n = tanh(a + r b)`, `h' = (1 - z) n + z h`.

    Inputs give `a, r, z`, states `r, z, b`; so the gradients are those of `a, r, z, b`.
    """

    order_ih, order_hh = (2, 0, 1), (0, 1, 2)
    bent_ih, bent_hh = slice(1, 3), slice(0, 2)

    def __init__(self, primitives, w_ih, w_hh, b_ih, b_hh):
        super().__init__(primitives, w_ih, w_hh, b_ih, b_hh)
        n = self.hidden
        self.for_input, self.for_state, self.changes = slice(3 * n), slice(n, 4 * n), 4 * n
        self.inner = b_hh[2 * n :, None] if self.biased else 0

    def of_input(self, b_ih, b_hh):
        """The bias that all inputs add: without that of `b`."""
        bias = b_ih.copy()
        bias[: 2 * self.hidden] += b_hh[: 2 * self.hidden]
        return bias

    def to_b_hh(self, to_b_ih, change):
        """The gradient of the states' bias."""
        bias = to_b_ih.copy()
        bias[2 * self.hidden :] = change[3 * self.hidden :].sum(1)
        return bias

    def step(self, by_input, gates, h, c):
        """The new hidden state, no cell state, and what the rule needs."""
        both = gates[: 2 * self.hidden]
        both += by_input[self.hidden :]
        self.tanh(both, both)
        self.bend(both)
        gates = self.blocks(gates)
        r, z, b = gates
        b += self.inner
        new = r * b
        new += by_input[: self.hidden]
        self.tanh(new, new)
        mixed = h - new
        mixed *= z
        mixed += new
        return mixed, None, gates, h, new

    def step_back(self, to_h, to_c, change, gates, h, new):
        """The gradients of the gates into `change`; and of `h` besides them."""
        r, z, b = gates
        change = self.blocks(change)
        to_a, to_r, to_z, to_b = change
        self.sigmoid_slope(gates[:2], change[1:3])
        self.tanh_slope(new, to_a)
        to_a *= self.one - z
        to_a *= to_h
        to_r *= b
        to_r *= to_a
        to_z *= h - new
        to_z *= to_h
        self.multiply(to_a, r, to_b)
        return z * to_h, None


class Tanh(Cell):
    """`h' = tanh(a)`."""

    def step(self, by_input, gates, h, c):
        """The new hidden state, no cell state, and what the rule needs."""
        gates += by_input
        self.tanh(gates, gates)
        return gates, None, gates

    def step_back(self, to_h, to_c, change, gates):
        """The gradient of the gate into `change`."""
        self.tanh_slope(gates, change)
        change *= to_h
        return None, None


class Relu(Cell):
    """`h' = max(a, 0)`."""

    def step(self, by_input, gates, h, c):
        """The new hidden state, no cell state, and what the rule needs."""
        gates += by_input
        self.module.maximum(gates, 0, out=gates)
        return gates, None, gates

    def step_back(self, to_h, to_c, change, gates):
        """The gradient of the gate into `change`."""
        self.multiply(gates > 0, to_h, change)
        return None, None


CELLS = {"LSTM": LSTM, "GRU": GRU, "RNN_TANH": Tanh, "RNN_RELU": Relu}
