"""Tensors with a role in a module: parameters, buffers, those without a shape yet."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Any

from minitorch_ff._functions.creation import empty
from minitorch_ff._serialization.names import named
from minitorch_ff._tensor import Tensor
from minitorch_ff.firefly.tensor import wrap

__all__ = [
    "Buffer", "Parameter", "UninitializedBuffer", "UninitializedParameter",
    "UninitializedTensorMixin", "is_lazy",
]  # fmt: skip


class _Marked(type(Tensor)):  # type: ignore[misc]
    """Lets any tensor that has the mark of a class count as its instance.

    Parameters of a tensor subclass of the user's own, and all buffers, are known by it.
    """

    def __instancecheck__(cls, instance: Any) -> bool:
        if super().__instancecheck__(instance):
            return True
        mark = cls.__dict__.get("_mark")
        return bool(mark and isinstance(instance, Tensor) and getattr(instance, mark, False))


@named("torch.nn.parameter.Parameter")
class Parameter(Tensor, metaclass=_Marked):
    """A tensor that a module learns.

    Assigned to an attribute of a module, it is listed in the module's `parameters()`
    and saved in its `state_dict()`. What is computed from a parameter is a plain
    tensor.

    Args:
        data: The values; the parameter shares their memory. Default: an empty tensor.
        requires_grad: Whether gradients are recorded, also where they are switched off
            around the call.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.nn.Parameter(torch.ones(2))
        Parameter containing:
        tensor([1., 1.], requires_grad=True)

    See: [torch.nn.Parameter](https://docs.pytorch.org/docs/stable/generated/torch.nn.parameter.Parameter.html).
    """

    _mark = "_is_param"

    def __new__(cls, data: Any = None, requires_grad: bool = True) -> Any:
        """A parameter over the memory of `data`."""
        if data is None:
            data = empty(0)
        if type(data) is Tensor or type(data) is Parameter:
            return _alias(cls, data, requires_grad)
        tensor = data.detach().requires_grad_(requires_grad)
        if type(tensor) is not type(data):
            raise RuntimeError(
                f"Creating a Parameter from an instance of type {type(data).__name__} "
                "requires that detach() returns an instance of the same type, but "
                f"return type {type(tensor).__name__} was found instead. To use the "
                "type as a Parameter, please correct the detach() semantics defined "
                "by its __torch_dispatch__() implementation."
            )
        tensor._is_param = True
        return tensor

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        return memo.setdefault(id(self), type(self)(self.data.clone(), self.requires_grad))

    def __repr__(self) -> str:  # type: ignore[override]
        return "Parameter containing:\n" + super().__repr__()

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        hooks: OrderedDict[int, Any] = OrderedDict()  # none is saved
        made_from = self.data, self.requires_grad, hooks
        if self.__dict__:
            return _rebuild_parameter_with_state, (*made_from, self.__dict__)
        return _rebuild_parameter, made_from


def _alias(cls: type[Tensor], data: Tensor, requires_grad: bool) -> Any:
    """A tensor of class `cls` over the memory of `data`, without its history."""
    detached = data.detach()
    alias = wrap(cls, detached.buffer)
    alias.version = detached.version
    if requires_grad:
        if not (alias.is_floating_point() or alias.is_complex()):
            raise RuntimeError(
                "Only Tensors of floating point and complex dtype can require gradients"
            )
        alias.requires_grad_()
    return alias


def forget_gradients(parameters: Iterable[Tensor], set_to_none: bool) -> None:
    """Drop the gradients of parameters, or fill them with zeros."""
    for parameter in parameters:
        if set_to_none:
            parameter._grad = None  # what stands behind `grad`, without its checks
        elif (grad := parameter.grad) is not None:
            (grad.detach_() if grad.grad_fn is not None else grad.requires_grad_(False)).zero_()


@named("torch._utils._rebuild_parameter")
def _rebuild_parameter(data: Tensor, requires_grad: bool, backward_hooks: Any) -> Parameter:
    """A parameter from what was pickled."""
    return Parameter(data, requires_grad)


@named("torch._utils._rebuild_parameter_with_state")
def _rebuild_parameter_with_state(
    data: Tensor, requires_grad: bool, backward_hooks: Any, state: dict[str, Any]
) -> Parameter:
    """A parameter with attributes of its own."""
    parameter = Parameter(data, requires_grad)
    parameter.__dict__.update(state)
    return parameter


class Buffer(Tensor, metaclass=_Marked):
    """A tensor that belongs to a module's state but is not learned.

    Assigned to an attribute of a module, it is listed in the module's `buffers()`: a
    running mean, say. The result is a plain tensor with a mark, not an instance of a
    class of its own.

    Args:
        data: The values; the buffer shares their memory. Default: an empty tensor.
        persistent: Whether it is saved in the module's `state_dict()`.

    See: [torch.nn.Buffer](https://docs.pytorch.org/docs/stable/generated/torch.nn.parameter.Buffer.html).
    """

    _mark = "_is_buffer"
    persistent: bool

    def __new__(cls, data: Any = None, *, persistent: bool = True) -> Any:
        """A marked tensor over the memory of `data`."""
        if data is None:
            data = empty(0)
        tensor = data.detach().requires_grad_(data.requires_grad)
        tensor.persistent = persistent
        tensor._is_buffer = True
        return tensor


def _answering(name: str) -> Callable[..., Any]:
    """A method that answers as an empty tensor of the same dtype and device does.

    If the answer is a tensor, of another dtype or device, then so is the method's.
    """

    def method(self: UninitializedTensorMixin, *args: Any, **kwargs: Any) -> Any:
        answer = getattr(self.data, name)(*args, **kwargs)
        if answer is self.data:
            return self
        return self._converted(answer) if isinstance(answer, Tensor) else answer

    method.__name__ = name
    return method


class UninitializedTensorMixin:
    """A tensor whose dtype and device are known, but not its shape.

    It has no elements to compute with: an operator that asks for its `buffer` is told so.
    Until `materialize` gives it a shape, an empty tensor stands for its dtype and
    device.
    """

    cls_to_become: type[Tensor]
    _placeholder: Tensor
    _wants_grad: bool

    dtype = property(lambda self: self._placeholder.dtype)
    device = property(lambda self: self._placeholder.device)
    to = _answering("to")
    half = _answering("half")
    float = _answering("float")
    double = _answering("double")
    bfloat16 = _answering("bfloat16")
    cpu = _answering("cpu")
    cuda = _answering("cuda")
    size = _answering("size")
    is_complex = _answering("is_complex")
    is_floating_point = _answering("is_floating_point")

    def _converted(self, placeholder: Tensor) -> Tensor:
        """What a conversion returns: for a parameter, what becomes its `data`."""
        return placeholder

    @property
    def data(self) -> Tensor:
        """An empty tensor of this dtype, on this device."""
        return self._placeholder

    @data.setter
    def data(self, value: Any) -> None:
        if value is not self:  # a conversion that changes nothing gives it back
            self._placeholder = value.detach()

    @property
    def requires_grad(self) -> bool:
        """Whether gradients are to be recorded once there are values."""
        return self._wants_grad

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        self._wants_grad = value

    @property
    def buffer(self) -> Any:
        """There is none yet."""
        raise ValueError(
            "Attempted to use an uninitialized parameter. This error happens when you are using a "
            f"`LazyModule` or explicitly manipulating `torch.nn.parameter.{type(self).__name__}` "
            "objects. When using LazyModules Call `forward` with a dummy batch to initialize the "
            "parameters before calling torch functions"
        )

    @property
    def shape(self) -> Any:
        """Not known yet."""
        raise RuntimeError(
            "Can't access the shape of an uninitialized parameter or buffer. This "
            "error usually happens in `load_state_dict` when trying to load an "
            "uninitialized parameter into an initialized one. Call `forward` to "
            "initialize the parameters before accessing their attributes."
        )

    def materialize(self, shape: Any, device: Any = None, dtype: Any = None) -> None:
        """Become an ordinary tensor, the same object; its values are not set.

        Args:
            shape: The sizes.
            device: Where to put it. Default: where it was announced to be.
            dtype: Its dtype. Default: the one announced.
        """
        device = self.device if device is None else device
        values = empty(shape, device=device, dtype=dtype or self.dtype)
        wants_grad = self._wants_grad
        del self._placeholder, self._wants_grad
        self.__class__ = self.cls_to_become  # type: ignore[assignment]
        self.buffer = values.buffer  # type: ignore[misc]
        self.requires_grad_(wants_grad)  # type: ignore[attr-defined]

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return type(self), (self.requires_grad,)


def _without_shape(cls: type[Any], requires_grad: bool, device: Any, dtype: Any) -> Any:
    """An uninitialized tensor of class `cls`."""
    tensor = object.__new__(cls)
    tensor.node = tensor.view_of = tensor._grad = None
    tensor.version = [0]
    tensor._placeholder = empty(0, device=device, dtype=dtype)
    tensor._wants_grad = requires_grad
    return tensor


def is_lazy(param: Any) -> bool:
    """Whether `param` has no shape yet."""
    return isinstance(param, UninitializedTensorMixin)


class UninitializedParameter(UninitializedTensorMixin, Parameter):  # type: ignore[misc]
    """A parameter that gets its shape later, from the first input of its module.

    Args:
        requires_grad: Whether gradients are recorded, once it has values.
        device: Where it will be.
        dtype: Its dtype. Default: the default dtype.

    See: [torch.nn.UninitializedParameter](https://docs.pytorch.org/docs/stable/generated/torch.nn.parameter.UninitializedParameter.html).
    """

    cls_to_become = Parameter

    def __new__(cls, requires_grad: bool = True, device: Any = None, dtype: Any = None) -> Any:
        """A parameter without a shape."""
        return _without_shape(cls, requires_grad, device, dtype)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        copied = type(self)(self.requires_grad, self.device, self.dtype)
        return memo.setdefault(id(self), copied)


class UninitializedBuffer(UninitializedTensorMixin, Tensor):  # type: ignore[misc]
    """A buffer that gets its shape later, from the first input of its module.

    Args:
        requires_grad: Whether gradients are recorded, once it has values.
        device: Where it will be.
        dtype: Its dtype. Default: the default dtype.
        persistent: Whether it is saved in the module's `state_dict()`.

    See: [torch.nn.UninitializedBuffer](https://docs.pytorch.org/docs/stable/generated/torch.nn.parameter.UninitializedBuffer.html).
    """

    cls_to_become = Tensor
    persistent: bool

    def __new__(
        cls,
        requires_grad: bool = False,
        device: Any = None,
        dtype: Any = None,
        persistent: bool = True,
    ) -> Any:
        """A buffer without a shape."""
        tensor = _without_shape(cls, requires_grad, device, dtype)
        tensor.persistent = persistent
        tensor._is_buffer = True
        return tensor

    def _converted(self, placeholder: Tensor) -> Tensor:
        converted = UninitializedBuffer(self.requires_grad, persistent=self.persistent)
        converted.data = placeholder
        return converted
