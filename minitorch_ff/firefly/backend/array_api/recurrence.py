"""Primitives for recurrent layers: a whole sequence forward, and back through time.

Sequences are columns. At each step the column of a sequence holds the input, the hidden state
and a one; one product with all weights side by side gives all gates, biases included:

    gates = [W_ih  W_hh  b_ih + b_hh] [x; h; 1]

What a cell makes of its gates stands in `LSTM`, `GRU` and `RNN`. On the way back the product with
the same weights, transposed, gives the gradients of input and state, and one product over all
steps those of the weights.
"""

from __future__ import annotations


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
        module = self.module
        cell = CELLS[kind](module, weights)
        project = weights[4]
        features, joint = x.shape[-1], cell.joined()
        scaled = cell.scaled(joint)
        lead, x = x.shape[:-1], x.reshape(-1, features)
        y = module.empty((len(x), h.shape[1]), x.dtype)
        h, c = columns(module, h), columns(module, c)
        steps = []
        for rows, n in in_order(sizes, reverse):
            column = module.empty((joint.shape[1], n), x.dtype)
            column[:features] = x[rows].T
            column[features:-1] = h[:, :n]
            column[-1] = 1
            gates = scaled.dot(column).reshape(cell.blocks, cell.hidden, n)
            inner, new_c, memory = cell.step(gates, h[:, :n], None if c is None else c[:, :n])
            new_h = inner if project is None else project.dot(inner)
            y[rows] = new_h.T
            steps.append((rows, n, column, gates, inner, memory))
            h, c = beside(h, new_h), beside(c, new_c)
        y = y.reshape(*lead, len(h))
        return y, columns(module, h), columns(module, c), (cell, joint, steps)

    def recurrence_back(self, grads, kept, inputs, needed, **settings):
        """The gradients of `x`, `h`, `c` and of the five weights.

        Args:
            grads: Of all hidden states, of the last hidden and the last cell states; or None.
            kept: What the layer kept of its way.
            inputs: What it was given: `x`, `h`, `c` and the weights.
            needed: Whether the gradient of `x` is wanted, and that of any weight.
            **settings: Its `kind`, `sizes` and `reverse`.
        """
        module, (cell, joint, steps) = self.module, kept
        x, h, c, *_, project = inputs
        wants_x, wants_weights = needed
        features = x.shape[-1]
        first = 0 if wants_x else features
        transposed = columns(module, joint[:, first:-1])
        to_x = module.empty((x.size // features, features), x.dtype) if wants_x else None
        to_y = None if grads[0] is None else grads[0].reshape(-1, h.shape[1])
        to_h = columns(module, module.zeros_like(h) if grads[1] is None else grads[1])
        to_c = c if c is None else module.zeros_like(c) if grads[2] is None else grads[2]
        to_c = columns(module, to_c)
        changes, outputs = [], []
        for rows, n, _, gates, _, memory in reversed(steps):
            output = to_h[:, :n] if to_y is None else to_h[:, :n] + to_y[rows].T
            inner = output if project is None else project.T.dot(output)
            before = None if c is None else to_c[:, :n]
            change, direct, new_c = cell.step_back(inner, before, gates, memory)
            change = change.reshape(-1, n)
            column = transposed.dot(change)
            if wants_x:
                to_x[rows] = column[:features].T
            new_h = column[features - first :]
            to_h = beside(to_h, new_h if direct is None else module.add(new_h, direct, new_h))
            to_c = beside(to_c, new_c)
            changes.append(change)
            outputs.append(output)
        to_weights = (None,) * 5
        if wants_weights:
            way = [step[2] for step in reversed(steps)]
            to_joint = over_steps(module, changes, way)
            to_project = None
            if project is not None:
                way = [step[4] for step in reversed(steps)]
                to_project = over_steps(module, outputs, way)
            to_weights = (*cell.split(to_joint, features), to_project)
        to_x = to_x.reshape(x.shape) if wants_x else None
        return to_x, to_h.T, None if c is None else to_c.T, *to_weights


def in_order(sizes, reverse):
    """For each step the rows it has in packed data, and their number."""
    start, steps = 0, []
    for n in sizes:
        steps.append((slice(start, start + n), n))
        start += n
    return steps[::-1] if reverse else steps


def columns(module, rows):
    """A matrix transposed, in memory too; None stays."""
    return None if rows is None else module.ascontiguousarray(rows.T)


def beside(state, new):
    """`new` in the first columns of a state, whose other columns stay as they are."""
    if state is None or state.shape == new.shape:
        return new
    state = state.copy()
    state[:, : new.shape[1]] = new
    return state


def over_steps(module, left, right):
    """The sum of the products `left rightᵀ` of all steps, as one product."""
    return module.concatenate(left, 1).dot(module.concatenate(right, 1).T)


class Cell:
    """What one kind of cell makes of its gates, and the rule for it.

    Its gates are blocks, one below the other. The first ones are bent by `f tanh(f a) + 1 - f`:
    the sigmoid for a factor `f` of 1/2, tanh for 1. Their slope is `(s + 2f - 1) (1 - s)`.
    """

    factors: tuple[float, ...]
    bent: int
    """How many of the gates are bent at once."""

    def __init__(self, module, weights):
        self.module, self.weights = module, weights[:4]
        self.hidden = len(weights[1]) // self.stacked
        self.blocks = len(self.factors)
        factors = module.array(self.factors, weights[1].dtype).reshape(-1, 1, 1)
        self.factor, used = factors, factors[: self.bent]
        self.shift, self.lower = 1 - used, 1 - 2 * used

    stacked = 4
    """How many gates the weights have."""

    def joined(self):
        """All weights side by side, the biases as a last column."""
        w_ih, w_hh, b_ih, b_hh = self.weights
        bias = self.module.zeros(len(w_ih), w_ih.dtype) if b_ih is None else b_ih + b_hh
        return self.module.concatenate((w_ih, w_hh, bias[:, None]), 1)

    def split(self, to_joint, features):
        """The gradients of the four weights, from that of the joined ones."""
        bias = to_joint[:, -1]
        return to_joint[:, :features], to_joint[:, features:-1], bias, bias

    def scaled(self, joint):
        """The joined weights times the factor inside tanh."""
        by_block = joint.reshape(self.blocks, self.hidden, -1)
        return self.module.multiply(by_block, self.factor).reshape(joint.shape)

    def bend(self, gates):
        """Bend the first gates, in place."""
        gates = gates[: self.bent]
        self.module.tanh(gates, gates)
        gates *= self.factor[: self.bent]
        gates += self.shift

    def slope(self, gates):
        """The derivative of the bent gates."""
        gates = gates[: self.bent]
        slope = self.module.subtract(gates, self.lower)
        slope *= 1 - gates
        return slope


class LSTM(Cell):
    """`c' = f c + i g`, `h = o tanh(c')`, of the gates `i, f, g, o`."""

    factors, bent = (0.5, 0.5, 1, 0.5), 4

    def step(self, gates, h, c):
        """The new hidden and cell states, and what the rule needs."""
        self.bend(gates)
        i, f, g, o = gates
        new = f * c
        new += i * g
        shown = self.module.tanh(new)
        return o * shown, new, (c, shown)

    def step_back(self, to_h, to_c, gates, memory):
        """The gradients of the gates, of `h` besides them (none), and of `c`."""
        i, f, g, o = gates
        c, shown = memory
        to_new = self.module.multiply(shown, shown)
        self.module.subtract(1, to_new, to_new)
        to_new *= o
        to_new *= to_h
        to_new += to_c
        change = self.slope(gates)
        change[:3] *= to_new
        change[0] *= g
        change[1] *= c
        change[2] *= i
        shown = shown * to_h
        change[3] *= shown
        to_new *= f
        return change, None, to_new


class GRU(Cell):
    """`n = tanh(a + r b)`, `h' = (1 - z) n + z h`, of the gates `r, z, a, b`.

    `a` depends on the input only, `b` on the hidden state, so the weights have zeros there.
    """

    factors, bent, stacked = (0.5, 0.5, 1, 1), 2, 3

    def joined(self):
        """All weights side by side, the biases as a last column."""
        zeros, concatenate = self.module.zeros_like, self.module.concatenate
        w_ih, w_hh, b_ih, b_hh = self.weights
        if b_ih is None:
            b_ih = b_hh = zeros(w_ih[:, 0])
        both = 2 * self.hidden
        rows = [
            (w_ih[:both], w_hh[:both], (b_ih + b_hh)[:both, None]),
            (w_ih[both:], zeros(w_hh[both:]), b_ih[both:, None]),
            (zeros(w_ih[both:]), w_hh[both:], b_hh[both:, None]),
        ]
        return concatenate([concatenate(row, 1) for row in rows], 0)

    def split(self, to_joint, features):
        """The gradients of the four weights, from that of the joined ones."""
        by_input = to_joint[: 3 * self.hidden]
        both, last = to_joint[: 2 * self.hidden], to_joint[3 * self.hidden :]
        by_state = self.module.concatenate((both, last), 0)
        return by_input[:, :features], by_state[:, features:-1], by_input[:, -1], by_state[:, -1]

    def step(self, gates, h, c):
        """The new hidden state, no cell state, and what the rule needs."""
        self.bend(gates)
        r, z, new, b = gates
        new += r * b
        self.module.tanh(new, new)
        mixed = h - new
        mixed *= z
        mixed += new
        return mixed, None, h

    def step_back(self, to_h, to_c, gates, h):
        """The gradients of the gates, and of `h` besides them."""
        r, z, new, b = gates
        change = self.module.empty_like(gates)
        change[:2] = self.slope(gates)
        to_new = change[2]
        self.module.subtract(1, new * new, to_new)
        to_new *= 1 - z
        to_new *= to_h
        self.module.multiply(to_new, r, change[3])
        change[0] *= to_new
        change[0] *= b
        change[1] *= to_h
        change[1] *= h - new
        return change, z * to_h, None


class Tanh(Cell):
    """`h' = tanh(a)`."""

    factors, bent, stacked = (1,), 1, 1

    def step(self, gates, h, c):
        """The new hidden state, no cell state, and what the rule needs."""
        self.module.tanh(gates, gates)
        return gates[0], None, None

    def step_back(self, to_h, to_c, gates, memory):
        """The gradient of the gate."""
        change = self.module.subtract(1, gates * gates)
        change *= to_h
        return change, None, None


class Relu(Tanh):
    """`h' = max(a, 0)`."""

    def step(self, gates, h, c):
        """The new hidden state, no cell state, and what the rule needs."""
        self.module.maximum(gates, 0, gates)
        return gates[0], None, None

    def step_back(self, to_h, to_c, gates, memory):
        """The gradient of the gate."""
        return (gates > 0) * to_h, None, None


CELLS = {"LSTM": LSTM, "GRU": GRU, "RNN_TANH": Tanh, "RNN_RELU": Relu}
