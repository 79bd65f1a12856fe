"""Recurrent networks as functions: whole sequences, and single steps.

They take their parameters as a list: for every layer and direction `W_ih`, `W_hh`, `b_ih` and
`b_hh` (these two only with `has_biases`), and a projection `W_hr`, if there is one.
"""

from typing import Any

from minitorch_ff._checks import check
from minitorch_ff._functions.joining import cat, stack
from minitorch_ff._functions.shaping import transpose
from minitorch_ff._tensor import Tensor
from minitorch_ff.firefly.ops.base import TYPE_NAMES, apply_several, check_same_device
from minitorch_ff.firefly.ops.recurrence import Recurrence
from minitorch_ff.firefly.tensor import ABSENT
from minitorch_ff.nn.functional.dropout import dropout as drop

States = tuple[Tensor, ...]


def layers(
    kind: str, data: Tensor, sizes: tuple[int, ...], states: States, params: Any,
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
    check_operands(data, states, params[0])
    last: list[tuple[Tensor, ...]] = []
    for layer in range(num_layers):
        outputs = []
        for direction in range(directions):
            number = layer * directions + direction
            weights = list(params[number * each : (number + 1) * each])
            if not has_biases:
                weights[2:2] = [ABSENT, ABSENT]
            weights += [ABSENT] * (5 - len(weights))
            begin = [state[number] for state in states] + [ABSENT] * (2 - len(states))
            settings = {"kind": kind, "sizes": sizes, "reverse": direction == 1}
            output, *after = apply_several(Recurrence, data, *begin, *weights, **settings)
            call_it(output, pytorchs_last(kind, data, weights))
            outputs.append(output)
            last.append(tuple(after))
        data = cat(outputs, -1) if bidirectional else outputs[0]
        if layer < num_layers - 1:
            data = drop(data, dropout, train)
    return data, *[stack(state) for state in zip(*last, strict=True)]


def call_it(output: Tensor, name: str) -> None:
    """Give a layer's node the name of the operator that PyTorch's ends with."""
    if output.node is not None:
        output.node.operator.called = name


def pytorchs_last(kind: str, data: Tensor, weights: Any) -> str:
    """That name: PyTorch puts the steps together, or has one operator for all."""
    if data.buffer.ndim == 2:
        return "Cat"
    fused = kind == "LSTM" and data.buffer.dtype.char == "f" and weights[4] is ABSENT
    return "MkldnnRnnLayer" if fused else "Stack"


def check_operands(data: Tensor, states: States, weight: Tensor) -> None:
    """Refuse data, states and weights that do not go together.

    Raises:
        RuntimeError: Devices, dtypes, or the number of features differ.
    """
    x, w = data.buffer, weight.buffer
    check_same_device(data, *states, weight)
    for other in (data, *states):
        if other.buffer.dtype != w.dtype:
            names = [TYPE_NAMES[b.dtype.name] for b in (other.buffer, w)]
            raise RuntimeError(
                f"mat1 and mat2 must have the same dtype, but got {names[0]} and {names[1]}"
            )
    if x.shape[-1] != w.shape[1]:
        rows = x.size // max(x.shape[-1], 1)
        raise RuntimeError(
            f"mat1 and mat2 shapes cannot be multiplied ({rows}x{x.shape[-1]} and "
            f"{w.shape[1]}x{w.shape[0]})"
        )


def over_sequences(kind: str, input: Tensor, args: Any) -> tuple[Tensor, ...]:
    """A call of `lstm`, `gru` … in either form: with padded sequences, or packed ones."""
    if len(args) != 8:
        text = f"{kind.lower()}() received an invalid combination of arguments: {len(args) + 1}"
        raise TypeError(text)
    if not isinstance(args[2], bool):
        batch_sizes, hx, *rest = args
        states, sizes = hx if kind == "LSTM" else (hx,), tuple(batch_sizes.tolist())
        check(input.dim() == 2, f"packed data must have 2 dimensions, got {input.dim()}")
        rows = len(input)
        check(sum(sizes) == rows, f"batch sizes add up to {sum(sizes)}, but data has {rows} rows")
        return layers(kind, input, sizes, tuple(states), *rest)
    hx, *rest, batch_first = args
    data = transpose(input, 0, 1) if batch_first else input
    steps, batch = data.buffer.shape[:2]
    states = hx if kind == "LSTM" else (hx,)
    output, *last = layers(kind, data, (batch,) * steps, tuple(states), *rest)
    return transpose(output, 0, 1) if batch_first else output, *last


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


def one_step(kind: str, called: str, input: Tensor, states: States, *weights: Any) -> Any:
    """A step of one layer: the new states.

    Raises:
        RuntimeError: Sizes or dtypes differ.
    """
    x, h, w_hh = input.buffer, states[0].buffer, weights[1].buffer
    wanted = weights[0].buffer.shape[1]
    if x.shape[1] != wanted:
        raise RuntimeError(f"input has inconsistent input_size: got {x.shape[1]} expected {wanted}")
    for i, state in enumerate(states):
        size, width = state.buffer.shape
        if size != len(x):
            raise RuntimeError(
                f"Input batch size {len(x)} doesn't match hidden{i} batch size {size}"
            )
        if width != w_hh.shape[1]:
            raise RuntimeError(
                f"hidden{i} has inconsistent hidden_size: got {width}, expected {w_hh.shape[1]}"
            )
    check_operands(input, states, weights[0])
    given = [ABSENT if t is None else t for t in (*states, *([None] * (2 - len(states))), *weights)]
    settings = {"kind": kind, "sizes": (len(h),), "reverse": False}
    new, _, *cells = apply_several(Recurrence, input, *given, ABSENT, **settings)
    call_it(new, called)
    return (new, *cells) if cells else new


def lstm_cell(
    input: Tensor, hx: States, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None = None,
    b_hh: Tensor | None = None,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """A step of long short-term memory; what `nn.LSTMCell` calls.

    Args:
        input: Shape `(batch, features)`.
        hx: Hidden and cell states, shape `(batch, hidden)` each.
        w_ih: Shape `(4 * hidden, features)`.
        w_hh: Shape `(4 * hidden, hidden)`.
        b_ih: Shape `(4 * hidden)`.
        b_hh: Shape `(4 * hidden)`.

    Returns:
        The new hidden and cell states.

    Raises:
        RuntimeError: Sizes or dtypes differ.

    See: rule [`Recurrence`][minitorch_ff.firefly.ops.recurrence.Recurrence].
    """
    return one_step("LSTM", "Mul", input, tuple(hx), w_ih, w_hh, b_ih, b_hh)  # type: ignore[no-any-return]


def gru_cell(
    input: Tensor, hx: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None = None,
    b_hh: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """A step of gated recurrent units: the new hidden states; arguments as of `lstm_cell`.

    See: rule [`Recurrence`][minitorch_ff.firefly.ops.recurrence.Recurrence].
    """
    return one_step("GRU", "Add", input, (hx,), w_ih, w_hh, b_ih, b_hh)  # type: ignore[no-any-return]


def rnn_tanh_cell(
    input: Tensor, hx: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None = None,
    b_hh: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """A step of plain recurrent cells: the new hidden states; arguments as of `lstm_cell`.

    See: rule [`Recurrence`][minitorch_ff.firefly.ops.recurrence.Recurrence].
    """
    return one_step("RNN_TANH", "Tanh", input, (hx,), w_ih, w_hh, b_ih, b_hh)  # type: ignore[no-any-return]


def rnn_relu_cell(
    input: Tensor, hx: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None = None,
    b_hh: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """`rnn_tanh_cell` with `max(x, 0)` in place of tanh.

    See: rule [`Recurrence`][minitorch_ff.firefly.ops.recurrence.Recurrence].
    """
    return one_step("RNN_RELU", "Relu", input, (hx,), w_ih, w_hh, b_ih, b_hh)  # type: ignore[no-any-return]
