"""What the package's own layers share: settings, their text, and new parameters."""

from typing import Any

from minitorch_ff._functions.creation import empty
from minitorch_ff.nn.modules.module import Module
from minitorch_ff.nn.parameter import Parameter


class Layer(Module):
    """A module that keeps its settings as attributes and shows them in its text.

    `_shown` names them in the order of the text: `"eps="` is shown as `eps=1e-05`, `"eps"`
    as `1e-05`, and `"bias="` says whether there is one.
    """

    _shown = ""

    def __init__(self, **settings: Any) -> None:
        super().__init__()
        for name, value in settings.items():
            setattr(self, name, value)

    def make_parameters(self, device: Any, dtype: Any, **shapes: Any) -> None:
        """Register parameters of these shapes (None: there is none), and set their values.

        Args:
            device: Where the parameters are.
            dtype: Of the parameters.
            **shapes: A shape for each name.
        """
        self.register_parameters(device, dtype, **shapes)
        self.reset_parameters()

    def register_parameters(self, device: Any, dtype: Any, **shapes: Any) -> None:
        """The same, without values."""
        for name, shape in shapes.items():
            wanted = shape is not None
            new = Parameter(empty(shape, device=device, dtype=dtype)) if wanted else None
            self.register_parameter(name, new)

    def extra_repr(self) -> str:
        """The settings, for `repr`."""
        shown = []
        for word in self._shown.split():
            name = word.removesuffix("=")
            value = getattr(self, name)
            label = word if word != name else ""
            shown.append(f"{label}{value is not None if name == 'bias' else value}")
        return ", ".join(shown)
