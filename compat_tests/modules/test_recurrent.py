"""Recurrent layers: what the module database does not reach."""

import pytest
import torch

import minitorch_ff as ff
from compat_tests.worlds import same_error, same_in_both

CLOSE = (1e-5, 1e-6)
LAYERS = {
    "RNN": ("RNN", {}),
    "RNN-relu": ("RNN", {"nonlinearity": "relu"}),
    "GRU": ("GRU", {}),
    "LSTM": ("LSTM", {}),
    "LSTM-projected": ("LSTM", {"proj_size": 2}),
}
EVERYTHING = {"num_layers": 2, "bidirectional": True}
layers = pytest.mark.parametrize("kind", LAYERS)


def layer(w, kind, *sizes, **settings):
    name, own = LAYERS[kind]
    return getattr(w.nn, name)(*(sizes or (3, 4)), **own, **settings)


def leaf(w, *shape):
    numbers = w.arange(w.Size(shape).numel(), dtype=w.float32)
    return numbers.mul(0.7).sin().reshape(shape).requires_grad_()


def states(w, kind, count, batch):
    """Leaves to begin with, and how the layer takes them."""
    h = leaf(w, count, batch, 2 if kind == "LSTM-projected" else 4)
    if not kind.startswith("LSTM"):
        return [h], h
    c = leaf(w, count, batch, 4)
    return [h, c], (h, c)


def weighted(output, last):
    """A loss in which every number counts differently."""
    last = last if isinstance(last, tuple) else (last,)
    total = 0
    for tensor in (output, *last):
        factors = tensor.detach().mul(0).flatten().add(1).cumsum(0).mul(0.1).cos()
        total = total + (tensor * factors.reshape(tensor.shape)).sum()
    return total


def gradients(module, *leaves):
    return [tensor.grad for tensor in (*leaves, *module.parameters())]


@layers
@pytest.mark.parametrize("bias", [True, False])
def test_initial_values_are_the_same_bits(kind, bias):
    def body(w):
        w.manual_seed(7)
        module = layer(w, kind, 5, 6, bias=bias, **EVERYTHING)
        return {name: p.detach().view(w.int32) for name, p in module.named_parameters()}

    same_in_both(body)


@layers
@pytest.mark.parametrize("lengths", [[5, 5, 4, 1], [1, 4, 5, 2]])
def test_packed_sequences(kind, lengths):
    def body(w):
        module = layer(w, kind, **EVERYTHING)
        x = leaf(w, 6, 4, 3)
        leaves, hx = states(w, kind, 4, 4)
        rnn = w.nn.utils.rnn
        packed = rnn.pack_padded_sequence(x, lengths, enforce_sorted=False)
        output, last = module(packed, hx)
        padded, counts = rnn.pad_packed_sequence(output, padding_value=0.5, total_length=7)
        weighted(padded, last).backward()
        return padded, counts, last, gradients(module, x, *leaves), output

    same_in_both(body, CLOSE)


@layers
@pytest.mark.parametrize("batch_first", [False, True])
def test_only_last_states_get_gradients(kind, batch_first):
    def body(w):
        module = layer(w, kind, batch_first=batch_first, **EVERYTHING)
        x = leaf(w, 3, 5, 3)
        leaves, hx = states(w, kind, 4, 3 if batch_first else 5)
        _, last = module(x, hx)
        (last[-1] if isinstance(last, tuple) else last).pow(2).sum().backward()
        return gradients(module, x, *leaves)

    same_in_both(body, CLOSE)


@layers
@pytest.mark.parametrize("packed", [False, True])
def test_dropout_draws_the_same_numbers(kind, packed):
    def body(w):
        module = layer(w, kind, num_layers=3, dropout=0.4, bidirectional=True)
        x = leaf(w, 5, 4, 3)
        if packed:
            x = w.nn.utils.rnn.pack_padded_sequence(x, [5, 4, 2, 2])
        w.manual_seed(11)
        trained, _ = module(x)
        after = w.rand(3)
        module.eval()
        return trained, after, module(x)[0]

    same_in_both(body, CLOSE)


@layers
def test_frozen_parts(kind):
    """Gradients of the input alone, and of a single weight alone."""

    def body(w):
        module = layer(w, kind).requires_grad_(False)
        x = leaf(w, 5, 2, 3)
        module(x)[0].pow(2).sum().backward()
        module.weight_hh_l0.requires_grad_(True)
        module(x.detach())[0].pow(2).sum().backward()
        grad = module.weight_hh_l0.grad
        return x.grad, grad, grad.is_contiguous(), module(x.detach())[0].requires_grad

    same_in_both(body, CLOSE)


@layers
@pytest.mark.parametrize("packed", [False, True])
def test_second_gradients(kind, packed):
    module = layer(ff, kind, 1, 3 if kind == "LSTM-projected" else 2, bidirectional=packed).double()
    x = leaf(ff, 2, 2, 1).detach().double().requires_grad_()
    names = [name for name, _ in module.named_parameters()]

    def run(x, *parameters):
        if packed:
            x = ff.nn.utils.rnn.pack_padded_sequence(x, [2, 1])
        weights = dict(zip(names, parameters, strict=True))
        output, last = ff.func.functional_call(module, weights, (x,))
        last = last if isinstance(last, tuple) else (last,)
        return (output.data if packed else output, *last)

    parameters = [p.detach().clone().requires_grad_() for p in module.parameters()]
    assert ff.autograd.gradgradcheck(run, (x, *parameters))


@layers
def test_gradients_of_gradients(kind):
    """A gradient penalty, and then a plain backward over the same graph."""

    def body(w):
        module = layer(w, kind).double()
        x = leaf(w, 4, 2, 3).detach().double().requires_grad_()
        output, last = module(x)
        loss = weighted(output, last)
        (slope,) = w.autograd.grad(loss, x, create_graph=True)
        (slope.pow(2).sum() + loss).backward()
        return slope, gradients(module, x)

    same_in_both(body, CLOSE)


def test_a_graph_may_be_walked_twice(same):
    def body(w, note):
        module, x = w.nn.LSTM(3, 4), leaf(w, 5, 2, 3)
        output, _ = module(x)
        output.sum().backward(retain_graph=True)
        first = x.grad.clone()
        output.sum().backward()
        note(first, x.grad)
        note.attempt(output.sum().backward)
        output, _ = module(x)
        with w.no_grad():
            module.weight_hh_l0.mul_(2)
        try:
            output.sum().backward()
        except RuntimeError as error:
            note("modified by an inplace operation" in str(error))

    same(body)


@pytest.mark.parametrize("name", ["RNNCell", "GRUCell", "LSTMCell"])
def test_cells(name):
    def body(w):
        w.manual_seed(1)
        cell = getattr(w.nn, name)(3, 4)
        x, h = leaf(w, 5, 3), None
        total, seen = 0, []
        for _ in range(3):
            h = cell(x, h)
            state = h if name == "LSTMCell" else (h,)
            seen += state
            total = total + sum(t.pow(2).sum() for t in state)
        total.backward()
        return seen, gradients(cell, x), list(cell.state_dict()), seen[0].grad_fn.name()

    same_in_both(body, CLOSE)


FUNCTIONS = {"lstm": "LSTM", "gru": "GRU", "rnn_tanh": "RNN", "rnn_relu": "RNN-relu"}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("packed", [False, True])
def test_functions(name, packed):
    def body(w):
        module = layer(w, FUNCTIONS[name])
        rest = (module._flat_weights, True, 1, 0.0, False, False)
        _, hx = states(w, FUNCTIONS[name], 1, 2)
        if packed:
            return getattr(w, name)(leaf(w, 7, 3), w.tensor([2, 2, 2, 1]), hx, *rest)
        return getattr(w, name)(leaf(w, 2, 7, 3), hx, *rest, True)

    if packed or name != "lstm":  # PyTorch's fused one takes no states that have a history
        same_in_both(body, CLOSE)


def test_layers(same):
    def body(w, note):
        nn = w.nn
        for module in (
            nn.LSTM(3, 4, 2, bias=False, batch_first=True, dropout=0.5, bidirectional=True),
            nn.LSTM(3, 4, 2, proj_size=2), nn.GRU(3, 4, 1, False), nn.RNN(3, 4),
            nn.RNN(3, 4, 2, "relu", False, True, 0.25, True), nn.RNNBase("GRU", 3, 4),
            nn.LSTM(3, 4, 1, True, True, 0.0, True, 2), nn.RNN(3, 4, nonlinearity="relu"),
            nn.RNNCell(3, 4, nonlinearity="relu"), nn.RNNCell(3, 4, bias=False),
            nn.GRUCell(3, 4), nn.LSTMCell(3, 4, False), nn.LSTM(3, 4, dtype=w.float64),
        ):  # fmt: skip
            note(module, list(module.state_dict()), module.hidden_size, module.bias)
            if isinstance(module, nn.RNNBase):
                note(module.mode, module.dropout, [len(ws) for ws in module.all_weights])
                note(module.flatten_parameters(), module._flat_weights_names)
                pairs = zip(module._flat_weights, module.parameters(), strict=True)
                note([ours is theirs for ours, theirs in pairs])

    same(body)


@layers
def test_shapes(kind):
    """Without a batch, with an empty one, a single step."""

    def body(w):
        module = layer(w, kind, batch_first=True, **EVERYTHING)
        _, hx = states(w, kind, 4, 1)
        alone = tuple(t[:, 0] for t in hx) if isinstance(hx, tuple) else hx[:, 0]
        return module(leaf(w, 5, 3)), module(leaf(w, 5, 3), alone), module(w.zeros(2, 1, 3))

    same_in_both(body, CLOSE)
    for module, w in ((layer(ff, kind), ff), (layer(torch, kind), torch)):
        output, _ = module(w.zeros(5, 0, 3))
        assert tuple(output.shape) == (5, 0, module.proj_size or 4)


WRONG = {
    "dropout": lambda nn, w: nn.LSTM(3, 4, dropout=2),
    "dropout is a bool": lambda nn, w: nn.LSTM(3, 4, dropout=True),
    "negative projection": lambda nn, w: nn.LSTM(3, 4, proj_size=-1),
    "wide projection": lambda nn, w: nn.LSTM(3, 4, proj_size=4),
    "projected gru": lambda nn, w: nn.GRU(3, 4, proj_size=2),
    "projected rnn": lambda nn, w: nn.RNN(3, 4, proj_size=2),
    "nonlinearity": lambda nn, w: nn.RNN(3, 4, nonlinearity="foo"),
    "nonlinearity of a cell": lambda nn, w: nn.RNNCell(3, 4, nonlinearity="foo")(w.zeros(2, 3)),
    "mode": lambda nn, w: nn.RNNBase("X", 3, 4),
    "no forward": lambda nn, w: nn.RNNBase("GRU", 3, 4)(w.zeros(2, 3)),
    "missing": lambda nn, w: nn.LSTM(3),
    "vector": lambda nn, w: nn.LSTM(3, 4)(w.zeros(3)),
    "vector to an rnn": lambda nn, w: nn.RNN(3, 4)(w.zeros(3)),
    "features": lambda nn, w: nn.LSTM(3, 4)(w.zeros(5, 2, 4)),
    "integers": lambda nn, w: nn.GRU(3, 4)(w.zeros(5, 2, 3).long()),
    "states without batch": lambda nn, w: nn.GRU(3, 4)(w.zeros(5, 2, 3), w.zeros(2, 4)),
    "states with batch": lambda nn, w: nn.LSTM(3, 4)(w.zeros(5, 3), (w.zeros(1, 2, 4),) * 2),
    "hidden size": lambda nn, w: nn.GRU(3, 4)(w.zeros(5, 2, 3), w.zeros(1, 3, 4)),
    "cell size": lambda nn, w: nn.LSTM(3, 4)(
        w.zeros(5, 2, 3), (w.zeros(1, 2, 4), w.zeros(1, 3, 4))
    ),
    "one state": lambda nn, w: nn.LSTM(3, 4)(w.zeros(5, 2, 3), w.zeros(1, 2, 4)),
    "dtype of states": lambda nn, w: nn.GRU(3, 4)(w.zeros(5, 2, 3), w.zeros(1, 2, 4).double()),
    "no steps": lambda nn, w: nn.LSTM(3, 4)(w.zeros(0, 2, 3)),
    "cell input": lambda nn, w: nn.LSTMCell(3, 4)(w.zeros(2, 3, 3)),
    "cell state": lambda nn, w: nn.GRUCell(3, 4)(w.zeros(2, 3), w.zeros(2, 4, 1)),
    "cell dtype": lambda nn, w: nn.LSTMCell(3, 4)(w.zeros(2, 3).double()),
    "packed features": lambda nn, w: nn.LSTM(3, 4)(
        nn.utils.rnn.PackedSequence(w.ones(3, 4), w.tensor([2, 1]))
    ),
    "packed dtype": lambda nn, w: nn.GRU(3, 4)(
        nn.utils.rnn.PackedSequence(w.ones(3, 3).double(), w.tensor([2, 1]))
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_errors(case):
    same_error(lambda w: WRONG[case](w.nn, w))


def test_dropout_of_one_layer_warns(same):
    same(lambda w, note: note.attempt(w.nn.LSTM, 3, 4, dropout=0.5))


# ------------------------------------------------------------------- nn.utils.rnn


def test_packing(same):
    def body(w, note):
        rnn, t = w.nn.utils.rnn, w.tensor
        x = leaf(w, 3, 2, 2)
        for lengths in (
            [3, 2], [2, 3], t([3, 2]), t([3, 2], dtype=w.int32), t([3.0, 2.0]), [3.0, 2], [3],
            [3, 0], [2, 2],
        ):  # fmt: skip
            for settings in ({}, {"enforce_sorted": False}, {"batch_first": True}):
                note.attempt(rnn.pack_padded_sequence, x, lengths, **settings)
        note.attempt(rnn.pack_padded_sequence, x, t([[3, 2]]))
        note.attempt(rnn.pack_padded_sequence, x[:, :0], [])
        note.attempt(rnn.pack_padded_sequence, w.zeros(3), [3])
        note.attempt(rnn.pack_padded_sequence, w.zeros(3, 2), [3, 1])
        note.attempt(rnn.pack_padded_sequence, w.zeros(3, 2, 1, 2), [3, 1])
        packed = rnn.pack_padded_sequence(x, [2, 3], enforce_sorted=False)
        note(packed.data.grad_fn.name())
        for settings in (
            {}, {"batch_first": True, "padding_value": -1.0}, {"total_length": 5},
            {"total_length": 2},
        ):  # fmt: skip
            note.attempt(rnn.pad_packed_sequence, packed, **settings)
        padded, _ = rnn.pad_packed_sequence(packed)
        (padded * w.arange(12).reshape(3, 2, 2)).sum().backward()
        note(x.grad)

    same(body)


def test_padding(same):
    def body(w, note):
        rnn = w.nn.utils.rnn
        a, b = leaf(w, 2, 3), leaf(w, 4, 3)
        pad = rnn.pad_sequence
        for settings in ({}, {"batch_first": True, "padding_side": "left", "padding_value": 9.0}):
            note.attempt(pad, [a, b], **settings)
        note.attempt(pad, [a, b], padding_side="foo")
        note.attempt(pad, (part for part in (a, b)))
        note.attempt(pad, w.ones(2, 3, 4))
        note.attempt(pad, [a, w.ones(2, 4)])
        note.attempt(pad, [])
        note.attempt(pad, [a.detach().long(), b])
        note.attempt(rnn.pack_sequence, [b, a])
        note.attempt(rnn.pack_sequence, [a, b])
        packed = rnn.pack_sequence([a, b], enforce_sorted=False)
        note(packed, rnn.unpack_sequence(packed))
        lengths = w.tensor([2, 4])
        note(rnn.unpad_sequence(pad([a, b]), lengths))
        note(rnn.unpad_sequence(pad([a, b], batch_first=True), lengths, batch_first=True))
        pad([a, b]).pow(2).sum().backward()
        note(a.grad, b.grad)

    same(body)


def test_packed_sequence(same):
    def body(w, note):
        rnn = w.nn.utils.rnn
        make, t = rnn.PackedSequence, w.tensor
        note.attempt(make, w.ones(3, 2), t([2, 1]), t([1, 0]))
        note.attempt(make, (w.ones(3, 2), t([2, 1])))
        note.attempt(make, w.ones(3, 2))
        note(rnn.invert_permutation(t([2, 0, 1])), rnn.invert_permutation(None))
        packed = make(w.ones(3, 2), t([2, 1]), t([1, 0]))
        note(packed.to(w.float32) is packed, packed.cpu() is packed, packed.is_cuda)
        for name in "double float half long int short char byte".split():
            note(getattr(packed, name)())
        note(packed.to(dtype=w.float64), packed._fields, len(packed), type(packed).__name__)
        note(str(packed), isinstance(packed, tuple))

    same(body)


def test_lengths_beyond_the_steps_are_refused():
    """PyTorch gives sizes that the data does not have."""
    with pytest.raises(RuntimeError, match="at most 3"):
        ff.nn.utils.rnn.pack_padded_sequence(leaf(ff, 3, 2, 2), [4, 3])


def test_sizes_must_fall_and_add_up():
    make = ff.nn.utils.rnn.PackedSequence
    for sizes, words in (([2, 1], "add up to 3"), ([1, 3], "must not rise")):
        with pytest.raises(RuntimeError, match=words):
            ff.nn.LSTM(3, 4)(make(ff.ones(4, 3), ff.tensor(sizes)))


def test_results_share_no_memory_with_the_graph():
    """Even of a single sequence, whose column is its row."""
    for kind in ("RNN", "GRU", "LSTM"):
        module, x = layer(ff, kind), leaf(ff, 3, 1, 3)
        expected = ff.autograd.grad(module(x)[0].sum(), x)[0]
        output, last = module(x)
        for tensor in (output, *(last if isinstance(last, tuple) else (last,))):
            tensor.detach().buffer[...] = 9  # unseen by the version counters
        assert ff.autograd.grad(output.sum(), x)[0].allclose(expected)
