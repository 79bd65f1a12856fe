"""Recurrent networks as functions: whole sequences, and single steps.

They take their parameters as a list: for every layer and direction `W_ih`, `W_hh`, `b_ih` and
`b_hh` (these two only with `has_biases`), and a projection `W_hr`, if there is one.
"""

import math
from typing import Any

from minitorch_ff._checks import check
from minitorch_ff._functions.joining import cat, stack
from minitorch_ff._functions.shaping import transpose
from minitorch_ff._tensor import Tensor
from minitorch_ff.firefly.ops.base import TYPE_NAMES, apply_several, check_same_device, device_name
from minitorch_ff.firefly.ops.recurrence import Recurrence
from minitorch_ff.firefly.tensor import ABSENT
from minitorch_ff.nn.functional.dropout import dropout as drop

States = tuple[Tensor, ...]
Sizes = tuple[int, ...]


def layers(
    kind: str, data: Tensor, sizes: Sizes, states: States, params: Any,
    has_biases: bool, num_layers: int, dropout: float, train: bool, bidirectional: bool,
) -> tuple[Tensor, ...]:  # fmt: skip
    """Run layers of recurrent cells over sequences, packed or of one length.

    Args:
        kind: `"LSTM"`, `"GRU"`, `"RNN_TANH"` or `"RNN_RELU"`.
        data: Shape `(steps, batch, features)`, or `(sum(sizes), features)`.
        sizes: How many sequences each step has, falling.
        states: First hidden and, of an LSTM, cell states; shape `(layers * directions, batch, *)`.
        params: The parameters; see above.
        has_biases: Whether biases are among them.
        num_layers: The number of layers.
        dropout: The probability of an output to be zeroed, of all layers but the last.
        train: Whether there is dropout at all.
        bidirectional: Whether each layer runs in both directions.

    Returns:
        The outputs of the last layer, and the last states of all.

    Raises:
        RuntimeError: Sequences are empty, or sizes or dtypes differ.
    """
    check(len(sizes) > 0, "Expected sequence length to be larger than 0 in RNN")
    directions = 2 if bidirectional else 1
    each = len(params) // (num_layers * directions)
    last = []
    for layer in range(num_layers):
        outputs = []
        for direction in range(directions):
            number = layer * directions + direction
            weights = list(params[number * each : (number + 1) * each])
            if not has_biases:
                weights[2:2] = [ABSENT, ABSENT]
            begin = tuple([state[number] for state in states])
            output, *after = run(kind, sizes, direction == 1, data, begin, weights)
            outputs.append(output)
            last.append(after)
        data = cat(outputs, -1) if bidirectional else outputs[0]
        if layer < num_layers - 1:
            data = drop(data, dropout, train)
    return data, *[stack(state) for state in zip(*last, strict=True)]


def run(
    kind: str, sizes: Sizes, reverse: bool, data: Tensor, states: States, weights: Any,
    called: str = "",
) -> list[Tensor]:  # fmt: skip
    """One layer in one direction; `called` is PyTorch's last operator, if it is a cell's.

    Raises:
        RuntimeError: Devices, dtypes, or the number of features differ.
    """
    x, w = data.buffer, weights[0].buffer
    places = [device_name(t) for t in (data, weights[0])]
    check(
        places[0] == places[1],
        "Input and parameter tensors are not at the same device, found input tensor at "
        f"{places[0]} and parameter tensor at {places[1]}",
    )
    check_same_device(data, *states)
    for other in (data, *states):
        if other.buffer.dtype != w.dtype:
            names = [TYPE_NAMES[b.dtype.name] for b in (other.buffer, w)]
            raise RuntimeError(
                f"mat1 and mat2 must have the same dtype, but got {names[0]} and {names[1]}"
            )
    rows, features = math.prod(x.shape[:-1]), x.shape[-1]
    wrong = f"({rows}x{features} and {w.shape[1]}x{w.shape[0]})"
    check(features == w.shape[1], f"mat1 and mat2 shapes cannot be multiplied {wrong}")
    given = [*states, *[ABSENT] * (2 - len(states)), *weights, *[ABSENT] * (5 - len(weights))]
    settings = {"kind": kind, "sizes": sizes, "reverse": reverse}
    results: list[Tensor] = apply_several(Recurrence, data, *given, **settings)
    if results[0].node is not None:
        fused = kind == "LSTM" and x.dtype.char == "f" and given[-1] is ABSENT
        layer = "Cat" if x.ndim == 2 else "MkldnnRnnLayer" if fused else "Stack"
        results[0].node.operator.called = called or layer
    return results


def over_sequences(kind: str, input: Tensor, args: Any) -> tuple[Tensor, ...]:
    """A call of `lstm`, `gru` … in either form: with padded sequences, or packed ones.

    Raises:
        RuntimeError: Packed data does not have the rows that it should.
        TypeError: It is neither form.
    """
    name, packed = kind.lower(), len(args) == 8 and not isinstance(args[2], bool)
    check(len(args) == 8, f"{name}() received an invalid combination of arguments", TypeError)
    if packed:
        batch_sizes, hx, *rest = args
        data, sizes = input, tuple(batch_sizes.tolist())
        given, rows = input.dim(), len(input)
        check(given == 2, f"packed data must have 2 dimensions, got {given}")
        check(list(sizes) == sorted(sizes, reverse=True), "batch sizes must not rise")
        check(sum(sizes) == rows, f"batch sizes add up to {sum(sizes)}, but data has {rows} rows")
    else:
        hx, *rest, batch_first = args
        data = transpose(input, 0, 1) if batch_first else input
        sizes = (data.size(1),) * data.size(0)
    output, *last = layers(kind, data, sizes, tuple(hx) if kind == "LSTM" else (hx,), *rest)
    return output if packed or not batch_first else transpose(output, 0, 1), *last


def lstm(input: Tensor, *args: Any) -> tuple[Tensor, ...]:
    """Layers of long short-term memory over sequences; what `nn.LSTM` calls.

    Args:
        input: Shape `(steps, batch, features)`, or packed, `(rows, features)`.
        *args: `hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first`
            for the first; `batch_sizes, hx, params, has_biases, num_layers, dropout, train,
            bidirectional` for the second.

    Returns:
        All outputs, the last hidden states, the last cell states.

    Raises:
        RuntimeError: Sequences are empty, or sizes or dtypes differ.
        TypeError: Arguments are missing.

    See: rule [`Recurrence`][minitorch_ff.firefly.ops.recurrence.Recurrence],
        Hochreiter and Schmidhuber, Long Short-Term Memory (1997).
    """
    return over_sequences("LSTM", input, args)


def gru(input: Tensor, *args: Any) -> tuple[Tensor, ...]:
    """Layers of gated recurrent units over sequences; arguments as of `lstm`, one state.

    See: rule [`Recurrence`][minitorch_ff.firefly.ops.recurrence.Recurrence],
        Cho et al., Learning Phrase Representations using RNN Encoder-Decoder (2014).
    """
    return over_sequences("GRU", input, args)


def rnn_tanh(input: Tensor, *args: Any) -> tuple[Tensor, ...]:
    """Layers of plain recurrent cells over sequences; arguments as of `gru`.

    See: rule [`Recurrence`][minitorch_ff.firefly.ops.recurrence.Recurrence].
    """
    return over_sequences("RNN_TANH", input, args)


def rnn_relu(input: Tensor, *args: Any) -> tuple[Tensor, ...]:
    """`rnn_tanh` with `max(x, 0)` in place of tanh.

    See: rule [`Recurrence`][minitorch_ff.firefly.ops.recurrence.Recurrence].
    """
    return over_sequences("RNN_RELU", input, args)


def one_step(kind: str, called: str, input: Tensor, states: States, weights: Any) -> list[Tensor]:
    """A step of one layer: the new states.

    Raises:
        RuntimeError: Sizes or dtypes differ.
    """
    (batch, given), wanted = input.buffer.shape, weights[0].buffer.shape[1]
    text = f"input has inconsistent input_size: got {given} expected {wanted}"
    check(given == wanted, text)
    hidden = weights[1].buffer.shape[1]
    for i, state in enumerate(states):
        rows, width = state.buffer.shape
        text = f"Input batch size {batch} doesn't match hidden{i} batch size {rows}"
        check(batch == rows, text)
        text = f"hidden{i} has inconsistent hidden_size: got {width}, expected {hidden}"
        check(width == hidden, text)
    weights = [ABSENT if weight is None else weight for weight in weights]
    new, _, *cells = run(kind, (batch,), False, input, states, weights, called)
    return [new, *cells]


def lstm_cell(input: Tensor, hx: States, *weights: Tensor | None) -> tuple[Tensor, ...]:
    """A step of long short-term memory; what `nn.LSTMCell` calls.

    Args:
        input: Shape `(batch, features)`.
        hx: Hidden and cell states, shape `(batch, hidden)` each.
        *weights: `W_ih`, `W_hh`, and two biases or none.

    Returns:
        The new hidden and cell states.

    Raises:
        RuntimeError: Sizes or dtypes differ.

    See: rule [`Recurrence`][minitorch_ff.firefly.ops.recurrence.Recurrence].
    """
    return tuple(one_step("LSTM", "Mul", input, tuple(hx), weights))


def gru_cell(input: Tensor, hx: Tensor, *weights: Tensor | None) -> Tensor:
    """A step of gated recurrent units: the new hidden states; arguments as of `lstm_cell`.

    See: rule [`Recurrence`][minitorch_ff.firefly.ops.recurrence.Recurrence].
    """
    return one_step("GRU", "Add", input, (hx,), weights)[0]


def rnn_tanh_cell(input: Tensor, hx: Tensor, *weights: Tensor | None) -> Tensor:
    """A step of plain recurrent cells: the new hidden states; arguments as of `lstm_cell`.

    See: rule [`Recurrence`][minitorch_ff.firefly.ops.recurrence.Recurrence].
    """
    return one_step("RNN_TANH", "Tanh", input, (hx,), weights)[0]


def rnn_relu_cell(input: Tensor, hx: Tensor, *weights: Tensor | None) -> Tensor:
    """`rnn_tanh_cell` with `max(x, 0)` in place of tanh.

    See: rule [`Recurrence`][minitorch_ff.firefly.ops.recurrence.Recurrence].
    """
    return one_step("RNN_RELU", "Relu", input, (hx,), weights)[0]
