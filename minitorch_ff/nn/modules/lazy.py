"""Layers that learn the sizes of their parameters from the first input."""

from typing import Any, ClassVar

from minitorch_ff.firefly.modes import no_grad
from minitorch_ff.nn.parameter import is_lazy

__all__ = ["LazyModuleMixin"]


class LazyModuleMixin:
    """Makes a layer lazy: put before the layer's class among the bases.

    The lazy class makes its parameters `UninitializedParameter`s and defines
    `initialize_parameters(input)`, which gives them shapes (`materialize`) and values.
    That is called once, by the first call of the layer; from then on the layer is an
    instance of `cls_to_become`.

    See: [torch.nn.modules.lazy.LazyModuleMixin](https://docs.pytorch.org/docs/stable/generated/torch.nn.modules.lazy.LazyModuleMixin.html).
    """

    cls_to_become: ClassVar[type[Any] | None] = None

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._load_hook = self._register_load_state_dict_pre_hook(self._lazy_load_hook)
        self._initialize_hook = self.register_forward_pre_hook(
            self._infer_parameters, with_kwargs=True
        )

    def initialize_parameters(self, *args: Any, **kwargs: Any) -> None:
        """Give the parameters shapes and values; every lazy class defines this.

        Args:
            *args: What the layer is called with for the first time.
            **kwargs: The same.
        """
        raise NotImplementedError(
            f"initialize_parameters is not implemented for {type(self).__name__}"
        )

    def has_uninitialized_params(self: Any) -> bool:
        """Whether a parameter or buffer has no shape yet."""
        members = [*self._parameters.values(), *self._buffers.values()]
        return any(is_lazy(tensor) for tensor in members)

    def _infer_parameters(
        self, module: Any, args: tuple[Any, ...], kwargs: dict[str, Any] | None = None
    ) -> None:
        """Before the first call: initialize, and become an ordinary layer."""
        module.initialize_parameters(*args, **(kwargs or {}))
        if module.has_uninitialized_params():
            raise RuntimeError(f"module {module._get_name()} has not been fully initialized")
        module._initialize_hook.remove()
        module._load_hook.remove()
        del module._initialize_hook, module._load_hook
        if module.cls_to_become is not None:
            module.__class__ = module.cls_to_become

    def _save_to_state_dict(self: Any, destination: Any, prefix: str, keep_vars: bool) -> None:
        for name, tensor in self._saved_tensors():
            keep = keep_vars or is_lazy(tensor)
            destination[prefix + name] = tensor if keep else tensor.detach()

    def _lazy_load_hook(self: Any, state_dict: Any, prefix: str, *others: Any) -> None:
        """Before a state is loaded: give parameters the shapes they have there."""
        for name, tensor in [*self._parameters.items(), *self._buffers.items()]:
            saved = state_dict.get(prefix + name)
            if saved is not None and is_lazy(tensor) and not is_lazy(saved):
                with no_grad():
                    tensor.materialize(saved.shape)
