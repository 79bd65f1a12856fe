"""Recurrent layers: one operator for a layer over whole sequences, and the same step by step."""

from __future__ import annotations

from minitorch_ff.firefly.ops.base import SeveralOutputs


class Recurrence(SeveralOutputs):
    """One layer of recurrent cells, in one direction: all hidden states, and the last states.

    Inputs: the data, the first hidden and cell states, `W_ih`, `W_hh`, `b_ih`, `b_hh`, and the
    projection `W_hr`; cell states, biases and projection may be absent. The gradients flow back
    through time; recorded, they are those of `by_steps`.
    """

    def forward(self, xp, x, h, c, *weights, **settings):
        self.settings = settings
        self.saved = (x, h, c, *weights)
        y, h, c, self.kept = xp.recurrence(x, h, c, weights, **settings)
        return (y, h) if c is None else (y, h, c)

    def backward(self, xp, grads):
        needed = self.needs_input_grad
        needed = needed[0], any(needed[3:])
        inputs = self.saved_tensors
        return xp.recurrence_back(grads, self.recall(xp), inputs, needed, **self.settings)


def by_steps(xp, x, h, c, w_ih, w_hh, b_ih, b_hh, w_hr, *, kind, sizes, reverse):
    """A layer of recurrent cells from simple primitives; see `Recurrence`."""
    batch, lead, cell = h.shape[0], x.shape[:-1], CELLS[kind]
    by_input = affine(xp, xp.reshape(x, (sum(sizes), x.shape[-1])), w_ih, b_ih)
    ends = [sum(sizes[: t + 1]) for t in range(len(sizes))]
    steps = list(zip(ends, sizes, strict=True))
    outputs = []
    for end, n in reversed(steps) if reverse else steps:
        a = xp.index(by_input, (slice(end - n, end),))
        old_h, old_c = first(xp, h, n), first(xp, c, n)
        new_h, new_c = cell(xp, a, affine(xp, old_h, w_hh, b_hh), old_h, old_c)
        if w_hr is not None:
            new_h = affine(xp, new_h, w_hr, None)
        outputs.append(new_h)
        if n < batch:
            new_h = xp.cat([new_h, xp.index(h, (slice(n, batch),))], 0)
            new_c = c if c is None else xp.cat([new_c, xp.index(c, (slice(n, batch),))], 0)
        h, c = new_h, new_c
    y = xp.cat(outputs[::-1] if reverse else outputs, 0)
    y = xp.reshape(y, (*lead, y.shape[-1]))
    return (y, h) if c is None else (y, h, c)


def affine(xp, x, weight, bias):
    """`x Wᵀ + b`; `bias` may be None."""
    product = xp.matmul(x, xp.t(weight))
    return product if bias is None else xp.add(product, bias)


def first(xp, state, n):
    """The first `n` rows of a state; None stays."""
    return state if state is None or state.shape[0] == n else xp.index(state, (slice(n),))


def blocks(xp, x, count):
    """Columns in so many blocks of equal width."""
    width = x.shape[1] // count
    return [xp.index(x, (slice(None), slice(i * width, i * width + width))) for i in range(count)]


def lstm(xp, a, b, h, c):
    """`c' = f c + i g`, `h' = o tanh(c')`, with the gates `i, f, g, o` in `a + b`."""
    i, f, g, o = blocks(xp, xp.add(a, b), 4)
    kept = xp.mul(xp.sigmoid(f), c)
    new = xp.add(kept, xp.mul(xp.sigmoid(i), xp.tanh(g)))
    return xp.mul(xp.sigmoid(o), xp.tanh(new)), new


def gru(xp, a, b, h, c):
    """`h' = (1 - z) n + z h` with `n = tanh(aₙ + r bₙ)` and the gates `r, z` in `a + b`."""
    (r, z, n), (to_r, to_z, to_n) = blocks(xp, a, 3), blocks(xp, b, 3)
    r, z = xp.sigmoid(xp.add(r, to_r)), xp.sigmoid(xp.add(z, to_z))
    n = xp.tanh(xp.add(n, xp.mul(r, to_n)))
    return xp.add(n, xp.mul(z, xp.sub(h, n))), None


def rnn_tanh(xp, a, b, h, c):
    """`h' = tanh(a + b)`."""
    return xp.tanh(xp.add(a, b)), None


def rnn_relu(xp, a, b, h, c):
    """`h' = max(a + b, 0)`."""
    return xp.positive_part(xp.add(a, b)), None


CELLS = {"LSTM": lstm, "GRU": gru, "RNN_TANH": rnn_tanh, "RNN_RELU": rnn_relu}
