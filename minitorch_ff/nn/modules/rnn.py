"""Recurrent layers over sequences: `RNN`, `LSTM`, `GRU`, and their cells for single steps."""

import math
import numbers
import warnings
from typing import Any

from minitorch_ff._checks import check
from minitorch_ff._functions.creation import empty, zeros
from minitorch_ff._tensor import Tensor
from minitorch_ff.nn import init
from minitorch_ff.nn.functional import recurrence
from minitorch_ff.nn.modules._layer import Layer
from minitorch_ff.nn.parameter import Parameter
from minitorch_ff.nn.utils.rnn import PackedSequence

FUNCTIONS = {
    "LSTM": recurrence.lstm, "GRU": recurrence.gru,
    "RNN_TANH": recurrence.rnn_tanh, "RNN_RELU": recurrence.rnn_relu,
}  # fmt: skip
LISTS = "_flat_weights", "_flat_weights_names"
GATES = {"LSTM": 4, "GRU": 3, "RNN_TANH": 1, "RNN_RELU": 1}
DROPOUT = (
    "dropout should be a number in range [0, 1] representing the probability of an element being "
    "zeroed"
)
DROPPED = (
    "dropout option adds dropout after all but last recurrent layer, so non-zero dropout expects "
    "num_layers greater than 1,"
)
PROJECTION = "proj_size should be a positive integer or zero to disable projections"
SHOWN = {
    "proj_size": 0, "num_layers": 1, "bias": True, "batch_first": False, "dropout": 0,
    "bidirectional": False,
}  # fmt: skip
"""Settings that the text shows, if they are not these."""


class RNNBase(Layer):
    """What the recurrent layers share: parameters, checks, and the call.

    Args:
        mode: `"LSTM"`, `"GRU"`, `"RNN_TANH"` or `"RNN_RELU"`.
        input_size: The number of features at each step.
        hidden_size: The number of features of the hidden state.
        num_layers: How many layers stand on each other.
        bias: Whether to learn biases.
        batch_first: Whether the batch comes before the steps, in input and output.
        dropout: The probability of an output to be zeroed, of all layers but the last.
        bidirectional: Whether each layer runs backwards as well.
        proj_size: Project hidden states to so many features (LSTM only); 0 for none.
        device: Where the parameters are.
        dtype: Of the parameters.

    Raises:
        TypeError: A size is no int, or a switch no bool.
        ValueError: A size or the probability is out of range, or the mode is unknown.

    See: [torch.nn.RNNBase](https://docs.pytorch.org/docs/stable/generated/torch.nn.RNNBase.html).
    """

    def __init__(
        self, mode: str, input_size: int, hidden_size: int, num_layers: int = 1,
        bias: bool = True, batch_first: bool = False, dropout: float = 0.0,
        bidirectional: bool = False, proj_size: int = 0, device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        number = isinstance(dropout, numbers.Number) and not isinstance(dropout, bool)
        check(number and 0 <= dropout <= 1, DROPOUT, ValueError)
        if dropout > 0 and num_layers == 1:
            text = f"{DROPPED} but got dropout={dropout} and num_layers={num_layers}"
            warnings.warn(text, stacklevel=3)
        sizes = {"input_size": input_size, "hidden_size": hidden_size, "num_layers": num_layers}
        switches = {"bias": bias, "batch_first": batch_first}
        for name, value in (sizes | switches).items():
            kind, got = bool if name in switches else int, type(value).__name__
            text = f"{name} should be of type {kind.__name__}, got: {got}"
            check(isinstance(value, kind), text, TypeError)
        for name, value in sizes.items():
            check(value > 0, f"{name} must be greater than zero", ValueError)
        check(proj_size >= 0, PROJECTION, ValueError)
        check(proj_size < hidden_size, "proj_size has to be smaller than hidden_size", ValueError)
        check(mode in GATES, f"Unrecognized RNN mode: {mode}", ValueError)
        super().__init__(
            mode=mode, **sizes, bias=bias, batch_first=batch_first, dropout=float(dropout),
            bidirectional=bidirectional, proj_size=proj_size,
        )  # fmt: skip
        self._all_weights = []
        gates, outputs = GATES[mode] * hidden_size, proj_size or hidden_size
        for layer in range(num_layers):
            features = input_size if layer == 0 else outputs * self._directions
            for end in ["", "_reverse"][: self._directions]:
                shapes = {"weight_ih": (gates, features), "weight_hh": (gates, outputs)}
                if bias:
                    shapes |= {"bias_ih": (gates,), "bias_hh": (gates,)}  # type: ignore[dict-item]
                if proj_size:
                    shapes["weight_hr"] = proj_size, hidden_size
                names = [f"{name}_l{layer}{end}" for name in shapes]
                for name, shape in zip(names, shapes.values(), strict=True):
                    setattr(self, name, Parameter(empty(shape, device=device, dtype=dtype)))
                self._all_weights.append(names)
        self.reset_parameters()

    @property
    def _directions(self) -> int:
        return 2 if self.bidirectional else 1

    @property
    def _flat_weights(self) -> list[Tensor]:
        return [getattr(self, name) for name in self._flat_weights_names]

    @property
    def _flat_weights_names(self) -> list[str]:
        return [name for names in self._all_weights for name in names]

    @property
    def all_weights(self) -> list[list[Tensor]]:
        """The parameters, in a list for each layer and direction."""
        return [[getattr(self, name) for name in names] for names in self._all_weights]

    def __getstate__(self) -> dict[str, Any]:
        # PyTorch keeps these lists, so a saved module has them; here they are computed.
        return super().__getstate__() | {name: getattr(self, name) for name in LISTS}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__({name: state[name] for name in state if name not in LISTS})

    def flatten_parameters(self) -> None:
        """Does nothing: it only concerns memory on GPUs, and changes no result."""

    def reset_parameters(self) -> None:
        """Draw new initial values: uniform, up to `1 / √hidden_size`."""
        bound = 1.0 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    def extra_repr(self) -> str:
        """The settings, for `repr`; those with a usual value are left out."""
        shown = [
            f"{name}={getattr(self, name)}"
            for name, usual in SHOWN.items()
            if getattr(self, name) != usual
        ]
        return ", ".join([str(self.input_size), str(self.hidden_size), *shown])

    def _run(self, input: Any, hx: Any) -> tuple[Any, tuple[Tensor, ...]]:
        """The outputs, and the last states; `hx` is a tuple of states, or None."""
        if isinstance(input, PackedSequence):
            return self._run_packed(input, hx)
        rank, batch_dim = input.dim(), 0 if self.batch_first else 1
        noun = " tensor" if self.mode.startswith("RNN") else ""
        text = f"{self._get_name()}: Expected input to be 2D or 3D, got {rank}D{noun} instead"
        check(rank in (2, 3), text, ValueError)
        if hx is not None:
            self._check_ranks(rank, hx)
        if rank == 2:
            input = input.unsqueeze(batch_dim)
            hx = hx if hx is None else tuple([state.unsqueeze(1) for state in hx])
        self._check_input(input, 3)
        hx = self._states(input, input.size(batch_dim), hx)
        output, *last = self._call((input, hx), self.batch_first)
        if rank == 2:
            return output.squeeze(batch_dim), tuple([state.squeeze(1) for state in last])
        return output, tuple(last)

    def _run_packed(self, input: Any, hx: Any) -> tuple[Any, tuple[Tensor, ...]]:
        data, sizes, order, back = input
        if self.mode != "LSTM":
            self._check_input(data, 2)
        if hx is not None and order is not None:
            hx = tuple([state.index_select(1, order) for state in hx])
        output, *last = self._call((data, sizes, self._states(data, int(sizes[0]), hx)))
        if back is not None:
            last = [state.index_select(1, back) for state in last]
        return PackedSequence(output, sizes, order, back), tuple(last)

    def _call(self, begin: Any, *end: Any) -> Any:
        *data, hx = begin
        return FUNCTIONS[self.mode](
            *data, hx if self.mode == "LSTM" else hx[0], self._flat_weights, self.bias,
            self.num_layers, self.dropout, self.training, self.bidirectional, *end,
        )  # fmt: skip

    def _check_input(self, input: Tensor, rank: int) -> None:
        """Refuse inputs of another dtype, rank or size.

        Raises:
            RuntimeError: Of another rank or size.
            ValueError: Of another dtype.
        """
        ours, theirs, size = self._flat_weights[0].dtype, input.dtype, input.size(-1)
        if theirs != ours:
            raise ValueError(
                f"RNN input dtype ({theirs}) does not match weight dtype ({ours}). Convert "
                f"input: input.to({ours}), or convert model: model.to({theirs})"
            )
        check(input.dim() == rank, f"input must have {rank} dimensions, got {input.dim()}")
        text = f"must be equal to input_size. Expected {self.input_size}, got {size}"
        check(size == self.input_size, f"input.size(-1) {text}")

    def _check_ranks(self, rank: int, hx: Any) -> None:
        """Refuse states that have no batch dimension where the input has one, or the reverse.

        Raises:
            RuntimeError: They do not fit.
        """
        ranks = [hx[i].dim() for i in range(2 if self.mode == "LSTM" else 1)]
        kind = f"For {'batched' if rank == 3 else 'unbatched'} {rank}-D input,"
        text = f"hx should also be {rank}-D but got {ranks[0]}-D tensor"
        if self.mode == "LSTM":
            got = f"({ranks[0]}-D, {ranks[1]}-D) tensors"
            text = f"hx and cx should also be {rank}-D but got {got}"
        check(ranks == [rank] * len(ranks), f"{kind} {text}")

    def _states(self, data: Tensor, batch: int, hx: Any) -> tuple[Tensor, ...]:
        """The states to begin with: zeros, if none are given.

        Raises:
            RuntimeError: A state has another size.
        """
        count, where = self.num_layers * self._directions, {"device": data.device}
        wanted = [(count, batch, self.proj_size or self.hidden_size)]
        if self.mode == "LSTM":
            wanted.append((count, batch, self.hidden_size))
        if hx is None:
            return tuple([zeros(size, dtype=data.dtype, **where) for size in wanted])
        for i, size in enumerate(wanted):
            which, got = f"hidden[{i}]" if self.mode == "LSTM" else "hidden", list(hx[i].shape)
            check(got == list(size), f"Expected {which} size {size}, got {got}")
        return tuple(hx)


class _OneState(RNNBase):
    """A layer whose cells have a hidden state only."""

    def __init__(self, mode: str, *args: Any, **kwargs: Any) -> None:
        text = "proj_size argument is only supported for LSTM, not RNN or GRU"
        check("proj_size" not in kwargs, text, ValueError)
        super().__init__(mode, *args, **kwargs)

    def forward(self, input: Any, hx: Tensor | None = None) -> Any:
        """Sequences, and the states to begin with (zeros by default).

        Args:
            input: Shape `(steps, batch, input_size)`, with `batch_first` `(batch, steps,
                input_size)`; `(steps, input_size)`; or a `PackedSequence`.
            hx: Shape `(num_layers * directions, batch, hidden_size)`, without the batch if
                the input has none.

        Returns:
            The last layer's hidden states of all steps, in the form of `input`, and the last
            states of all layers, in that of `hx`.
        """
        output, (last,) = self._run(input, None if hx is None else (hx,))
        return output, last


class RNN(_OneState):
    r"""Layers of plain recurrent cells: $h_t = \tanh(W x_t + b + U h_{t-1} + d)$.

    Args:
        *args: `input_size, hidden_size, num_layers, nonlinearity, bias, batch_first, dropout,
            bidirectional, device, dtype`; see `RNNBase`.
        **kwargs: The same by name. `nonlinearity` is `"tanh"` or `"relu"`.

    Example:
        >>> import minitorch_ff as torch
        >>> output, h = torch.nn.RNN(3, 4)(torch.zeros(5, 2, 3))
        >>> output.shape, h.shape
        (torch.Size([5, 2, 4]), torch.Size([1, 2, 4]))

    See: [torch.nn.RNN](https://docs.pytorch.org/docs/stable/generated/torch.nn.RNN.html).
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if len(args) > 3:
            self.nonlinearity = args[3]
            args = args[:3] + args[4:]
        else:
            self.nonlinearity = kwargs.pop("nonlinearity", "tanh")
        text = f"Unknown nonlinearity '{self.nonlinearity}'. Select from 'tanh' or 'relu'."
        check(self.nonlinearity in ("tanh", "relu"), text, ValueError)
        super().__init__(f"RNN_{self.nonlinearity.upper()}", *args, **kwargs)


class GRU(_OneState):
    r"""Layers of gated recurrent units.

    $r, z = \sigma(W x_t + b + U h_{t-1} + d)$, each with its own weights, and with
    $n = \tanh(W_n x_t + b_n + r (U_n h_{t-1} + d_n))$ the state is $h_t = (1 - z) n + z h_{t-1}$.

    Args:
        *args: `input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional,
            device, dtype`; see `RNNBase`.
        **kwargs: The same by name.

    See: [torch.nn.GRU](https://docs.pytorch.org/docs/stable/generated/torch.nn.GRU.html).
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__("GRU", *args, **kwargs)


class LSTM(RNNBase):
    r"""Layers of long short-term memory.

    With the gates $i, f, o = \sigma(W x_t + b + U h_{t-1} + d)$ and $g = \tanh(\dots)$, each with
    its own weights: $c_t = f c_{t-1} + i g$ and $h_t = o \tanh(c_t)$.

    Args:
        *args: `input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional,
            proj_size, device, dtype`; see `RNNBase`.
        **kwargs: The same by name.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.nn.LSTM(3, 4, num_layers=2, batch_first=True)
        LSTM(3, 4, num_layers=2, batch_first=True)

    See: [torch.nn.LSTM](https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html).
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__("LSTM", *args, **kwargs)

    def forward(self, input: Any, hx: tuple[Tensor, Tensor] | None = None) -> Any:
        """Sequences, and the states to begin with (zeros by default).

        Args:
            input: Shape `(steps, batch, input_size)`, with `batch_first` `(batch, steps,
                input_size)`; `(steps, input_size)`; or a `PackedSequence`.
            hx: Hidden and cell states. Shape `(num_layers * directions, batch, hidden_size)`
                each, without the batch if the input has none; with a projection the first
                has `proj_size` features.

        Returns:
            The last layer's hidden states of all steps, in the form of `input`, and the last
            hidden and cell states of all layers, in that of `hx`.
        """
        return self._run(input, hx)


class RNNCellBase(Layer):
    """What the cells share: parameters, checks, and a single step.

    Args:
        input_size: The number of features of the input.
        hidden_size: The number of features of the hidden state.
        bias: Whether to learn biases.
        num_chunks: The number of gates.
        device: Where the parameters are.
        dtype: Of the parameters.
    """

    _shown = "input_size hidden_size"

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool, num_chunks: int, device: Any = None,
        dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(input_size=input_size, hidden_size=hidden_size, bias=bias)
        rows = num_chunks * hidden_size
        self.make_parameters(
            device, dtype, weight_ih=(rows, input_size), weight_hh=(rows, hidden_size),
            bias_ih=rows if bias else None, bias_hh=rows if bias else None,
        )  # fmt: skip

    def reset_parameters(self) -> None:
        """Draw new initial values: uniform, up to `1 / √hidden_size`."""
        bound = 1.0 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    def extra_repr(self) -> str:
        """The settings, for `repr`; those with a usual value are left out."""
        shown = super().extra_repr() + ("" if self.bias else f", bias={self.bias}")
        nonlinearity = getattr(self, "nonlinearity", "tanh")
        return shown if nonlinearity == "tanh" else f"{shown}, nonlinearity={nonlinearity}"

    def _step(self, function: Any, input: Tensor, hx: Any, label: str = "hidden") -> Any:
        """One step of a batch, or of a single sample; `hx` is a state, or a tuple of two."""
        pair, single = isinstance(hx, tuple), input.dim() == 1
        states = hx if pair else (hx,)
        labels = [f"{label}[{i}]" for i in range(2)] if pair else [label]
        for what, tensor in zip(["input", *labels], [input, *states], strict=True):
            rank = 1 if tensor is None else tensor.dim()
            text = f"Expected {what} to be 1D or 2D, got {rank}D instead"
            check(rank in (1, 2), f"{self._get_name()}: {text}", ValueError)
        batch = input.unsqueeze(0) if single else input
        size, where = (len(batch), self.hidden_size), {"device": input.device}
        states = [zeros(size, dtype=input.dtype, **where) if t is None else t for t in states]
        states = [t.unsqueeze(0) if single and t.dim() == 1 else t for t in states]
        weights = self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh
        new = function(batch, states if pair else states[0], *weights)
        if not single:
            return new
        return tuple([t.squeeze(0) for t in new]) if pair else new.squeeze(0)


class RNNCell(RNNCellBase):
    r"""A plain recurrent cell: $h' = \tanh(W_{ih} x + b_{ih} + W_{hh} h + b_{hh})$.

    Args:
        input_size: The number of features of the input.
        hidden_size: The number of features of the hidden state.
        bias: Whether to learn biases.
        nonlinearity: `"tanh"` or `"relu"`.
        device: Where the parameters are.
        dtype: Of the parameters.

    See: [torch.nn.RNNCell](https://docs.pytorch.org/docs/stable/generated/torch.nn.RNNCell.html).
    """

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, nonlinearity: str = "tanh",
        device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(input_size, hidden_size, bias, 1, device, dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        """Shapes `(batch, input_size)` and `(batch, hidden_size)` to the latter, or without batch.

        Raises:
            RuntimeError: Sizes do not fit, or the nonlinearity is unknown.
            ValueError: A number of dimensions does not fit.
        """
        text = f"Unknown nonlinearity: {self.nonlinearity}"
        check(self.nonlinearity in ("tanh", "relu"), text)
        relu = self.nonlinearity == "relu"
        function = recurrence.rnn_relu_cell if relu else recurrence.rnn_tanh_cell
        return self._step(function, input, hx)  # type: ignore[no-any-return]


class GRUCell(RNNCellBase):
    """A gated recurrent unit; the formulas are those of `GRU`.

    Args:
        input_size: The number of features of the input.
        hidden_size: The number of features of the hidden state.
        bias: Whether to learn biases.
        device: Where the parameters are.
        dtype: Of the parameters.

    See: [torch.nn.GRUCell](https://docs.pytorch.org/docs/stable/generated/torch.nn.GRUCell.html).
    """

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, *args: Any, **kw: Any
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 3, *args, **kw)

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        """Shapes `(batch, input_size)` and `(batch, hidden_size)` to the latter, or without batch.

        Raises:
            RuntimeError: Sizes do not fit.
            ValueError: A number of dimensions does not fit.
        """
        return self._step(recurrence.gru_cell, input, hx)  # type: ignore[no-any-return]


class LSTMCell(RNNCellBase):
    """A cell of long short-term memory; the formulas are those of `LSTM`.

    Args:
        input_size: The number of features of the input.
        hidden_size: The number of features of the hidden state.
        bias: Whether to learn biases.
        device: Where the parameters are.
        dtype: Of the parameters.

    See: [torch.nn.LSTMCell](https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTMCell.html).
    """

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, *args: Any, **kw: Any
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 4, *args, **kw)

    def forward(
        self, input: Tensor, hx: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, Tensor]:
        """Input and both states to the new hidden and cell states; shapes as of `GRUCell`.

        Raises:
            RuntimeError: Sizes do not fit.
            ValueError: A number of dimensions does not fit.
        """
        states = (None, None) if hx is None else tuple(hx)
        return self._step(recurrence.lstm_cell, input, states, "hx")  # type: ignore[no-any-return]
