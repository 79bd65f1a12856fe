"""Primitives for recurrent layers: a whole sequence forward, and back through time.

Inside, sequences are columns, so that the gates of a step are blocks one below the other, and each
block is contiguous. A step sees one matrix: the hidden states, below them the inputs and a row of
ones. All weights and biases are one matrix too, so the gates are one product. On the way back a
step multiplies by the states' weights transposed; one product over all steps then gives the
gradients of all weights, and one those of the inputs.
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
        module, project = self.module, weights[4]
        cell = CELLS[kind](module, *weights[:4])
        whole, outputs = cell.halved(), h.shape[1]
        rows_of_x = x.reshape(-1, x.shape[-1])
        y = module.empty((len(rows_of_x), outputs), x.dtype)
        shape = *x.shape[:-1], outputs
        h, c = columns(module, h), columns(module, c)
        steps = [None] * len(sizes)
        for t, rows, n in in_order(sizes, reverse):
            old_c = c if c is None or c.shape[1] == n else c[:, :n]
            seen = self.buffer((whole.shape[1], n), x.dtype)
            seen[:outputs] = h[:, :n]
            seen[outputs : outputs + x.shape[-1]] = rows_of_x[rows].T
            seen[outputs + x.shape[-1] :] = 1
            gates = self.buffer((len(whole), n), x.dtype)
            gates = cell.blocks(module.dot(whole, seen, gates))
            inner, new_c, memory = cell.step(gates, seen[:outputs], old_c)
            new_h = inner if project is None else project.dot(inner)
            y[rows] = new_h.T
            steps[t] = rows, n, gates, memory, seen, inner
            h, c = beside(h, new_h), beside(c, new_c)
        return y.reshape(shape), columns(module, h), columns(module, c), (cell, steps)

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
        module, (cell, steps) = self.module, kept
        x, h, c, *_, project = inputs
        to_y = None if grads[0] is None else grads[0].reshape(-1, h.shape[1])
        to_h = columns(module, module.zeros_like(h) if grads[1] is None else grads[1])
        to_c = c if c is None else module.zeros_like(c) if grads[2] is None else grads[2]
        to_c = columns(module, to_c)
        back = columns(module, cell.whole[cell.for_state, : h.shape[1]])
        changes, outputs = [None] * len(sizes), [None] * len(sizes)
        for t, rows, n in reversed(in_order(sizes, reverse)):
            _, _, gates, memory, seen, _ = steps[t]
            output = to_h if to_h.shape[1] == n else to_h[:, :n]
            outputs[t] = output = output if to_y is None else output + to_y[rows].T
            inner = output if project is None else project.T.dot(output)
            before = to_c if c is None or to_c.shape[1] == n else to_c[:, :n]
            change = self.buffer((len(cell.whole), n), x.dtype)
            direct, new_c = cell.step_back(
                inner, before, gates, seen[: h.shape[1]], memory, cell.blocks(change)
            )
            changes[t] = change
            new_h = back.dot(change[cell.for_state])
            to_h = beside(to_h, new_h if direct is None else module.add(new_h, direct, new_h))
            to_c = beside(to_c, new_c)
        change = module.concatenate(changes, 1)
        to_x = None
        if needed[0]:
            w_ih = cell.whole[cell.for_input, h.shape[1] : h.shape[1] + x.shape[-1]]
            to_x = change[cell.for_input].T.dot(w_ih).reshape(x.shape)
        to_weights = (None,) * 5
        if needed[1]:
            seen = module.concatenate([step[4] for step in steps], 1)
            to_project = None
            if project is not None:
                inner = module.concatenate([step[5] for step in steps], 1)
                to_project = module.concatenate(outputs, 1).dot(inner.T)
            to_weights = *cell.to_weights(change.dot(seen.T), h.shape[1], x.shape[-1]), to_project
        return to_x, to_h.T, to_c if c is None else to_c.T, *to_weights


def in_order(sizes, reverse):
    """The steps: number, rows in packed data, how many they are."""
    start, steps = 0, []
    for t, n in enumerate(sizes):
        steps.append((t, slice(start, start + n), n))
        start += n
    return steps[::-1] if reverse else steps


def columns(module, rows):
    """A matrix transposed, in memory of its own; None stays."""
    return None if rows is None else module.array(rows.T, order="C")


def beside(state, new):
    """`new` in the first columns of a state, whose other columns stay as they are."""
    if state is None or state.shape == new.shape:
        return new
    state = state.copy()
    state[:, : new.shape[1]] = new
    return state


class Cell:
    """What one kind of cell makes of its gates, and the rule for it.

    Attributes:
        whole: All weights; columns for the states, the inputs and the ones.
    """

    from_ih: tuple[int | None, ...] = (0,)
    from_hh: tuple[int | None, ...] = (0,)
    """For each gate here, which block of PyTorch's weights it has, if any."""

    bent = slice(0, 0)
    """The gates that are sigmoids."""

    def __init__(self, module, w_ih, w_hh, b_ih, b_hh):
        self.module, self.biased = module, b_ih is not None
        self.hidden, gates = len(w_ih) // blocks_in(self.from_ih), len(self.from_ih)
        self.half, self.one = module.array(0.5, w_ih.dtype), module.array(1, w_ih.dtype)
        columns = w_hh.shape[1] + w_ih.shape[1] + self.biased
        self.whole = module.zeros((gates * self.hidden, columns), w_ih.dtype)
        ends = w_hh.shape[1], w_hh.shape[1] + w_ih.shape[1]
        for order, weight, bias, place in (
            (self.from_hh, w_hh, b_hh, slice(ends[0])),
            (self.from_ih, w_ih, b_ih, slice(*ends)),
        ):
            for here, there in self.pairs(order):
                self.whole[here, place] = weight[there]
                if self.biased:
                    self.whole[here, -1] += bias[there]
        self.for_input, self.for_state = self.rows(self.from_ih), self.rows(self.from_hh)

    def pairs(self, order):
        """Rows here, and rows of PyTorch's weights, for each gate that has some."""
        n = self.hidden
        for here, there in enumerate(order):
            if there is not None:
                yield slice(here * n, here * n + n), slice(there * n, there * n + n)

    def rows(self, order):
        """The rows here of gates that have weights: they are beside each other."""
        places = [here for here, _ in self.pairs(order)]
        return slice(places[0].start, places[-1].stop)

    def blocks(self, gates):
        """The gates one by one, as a first dimension."""
        return gates.reshape(len(self.from_ih), self.hidden, gates.shape[1])

    def halved(self):
        """The weights with those for sigmoids halved, as `bend` wants it."""
        if not self.bent.stop:
            return self.whole
        weights = self.whole.copy()
        weights[self.bent.start * self.hidden : self.bent.stop * self.hidden] *= self.half
        return weights

    def to_weights(self, change, outputs, features):
        """PyTorch's four weights' gradients, from that of all weights."""
        results = []
        for order, place in (
            (self.from_ih, slice(outputs, outputs + features)),
            (self.from_hh, slice(outputs)),
        ):
            ordered = self.module.empty_like(change[self.rows(order)])
            for here, there in self.pairs(order):
                ordered[there] = change[here]
            results.append((ordered[:, place], ordered[:, -1] if self.biased else None))
        (to_w_ih, to_b_ih), (to_w_hh, to_b_hh) = results
        return to_w_ih, to_w_hh, to_b_ih, to_b_hh

    def bend(self, tanh):
        """`1 / (1 + e⁻ˣ) = (1 + tanh(x / 2)) / 2`, in place, from that tanh."""
        self.module.multiply(tanh, self.half, tanh)
        self.module.add(tanh, self.half, tanh)

    def sigmoid_slope(self, s, out):
        """The sigmoid's derivative, from its value."""
        self.module.multiply(s, s, out)
        self.module.subtract(s, out, out)

    def tanh_slope(self, y, out=None):
        """The derivative of tanh, from its value."""
        out = self.module.multiply(y, y, out)
        return self.module.subtract(self.one, out, out)


def blocks_in(order):
    """How many blocks PyTorch's weights have."""
    return len(order) - order.count(None)


class LSTM(Cell):
    """`c' = f c + i g`, `h' = o tanh(c')`; here the gates are `g, i, f, o`."""

    from_ih = from_hh = (2, 0, 1, 3)
    bent = slice(1, 4)

    def step(self, gates, h, c):
        """The new hidden and cell states, and what the rule needs."""
        self.module.tanh(gates, gates)
        self.bend(gates[1:])
        g, i, f, o = gates
        new = f * c
        new += i * g
        shown = self.module.tanh(new)
        return o * shown, new, (c, shown)

    def step_back(self, to_h, to_c, gates, h, memory, change):
        """The gradients of the gates, into `change`; of `h` besides them (none), and of `c`."""
        g, i, f, o = gates
        c, shown = memory
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
    """`n = tanh(a + r b)`, `h' = (1 - z) n + z h`; the gates are `a, r, z, b`.

    Inputs give `a, r, z`, states `r, z, b`.
    """

    from_ih, from_hh = (2, 0, 1, None), (None, 0, 1, 2)
    bent = slice(1, 3)

    def step(self, gates, h, c):
        """The new hidden state, no cell state, and what the rule needs."""
        both = gates[1:3]
        self.module.tanh(both, both)
        self.bend(both)
        a, r, z, b = gates
        new = r * b
        new += a
        self.module.tanh(new, new)
        mixed = h - new
        mixed *= z
        mixed += new
        return mixed, None, new

    def step_back(self, to_h, to_c, gates, h, new, change):
        """The gradients of the gates, into `change`, and of `h` besides them."""
        _, r, z, b = gates
        to_a, to_r, to_z, to_b = change
        self.sigmoid_slope(gates[1:3], change[1:3])
        self.tanh_slope(new, to_a)
        to_a *= self.one - z
        to_a *= to_h
        to_r *= b
        to_r *= to_a
        to_z *= h - new
        to_z *= to_h
        self.module.multiply(to_a, r, to_b)
        return z * to_h, None


class Tanh(Cell):
    """`h' = tanh(a)`."""

    def step(self, gates, h, c):
        """The new hidden state, no cell state, and what the rule needs."""
        self.module.tanh(gates, gates)
        return gates[0], None, None

    def step_back(self, to_h, to_c, gates, h, memory, change):
        """The gradient of the gate, into `change`."""
        self.tanh_slope(gates, change)
        change *= to_h
        return None, None


class Relu(Cell):
    """`h' = max(a, 0)`."""

    def step(self, gates, h, c):
        """The new hidden state, no cell state, and what the rule needs."""
        self.module.maximum(gates, 0, out=gates)
        return gates[0], None, None

    def step_back(self, to_h, to_c, gates, h, memory, change):
        """The gradient of the gate, into `change`."""
        self.module.multiply(gates > 0, to_h, change)
        return None, None


CELLS = {"LSTM": LSTM, "GRU": GRU, "RNN_TANH": Tanh, "RNN_RELU": Relu}
