"""`torch.amp`: mixed precision. Which functions it concerns is said where they are."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from contextlib import ContextDecorator
from typing import Any, Self

from minitorch_ff._checks import check
from minitorch_ff._checks import must as _must
from minitorch_ff._devices import device as _device
from minitorch_ff._dtypes import bfloat16, dtype, float16, float32, float64
from minitorch_ff._functions._autocast import is_low as _is_low
from minitorch_ff._functions._autocast import state as _state
from minitorch_ff._functions.conversion import cast as _to
from minitorch_ff._functions.creation import full as _full
from minitorch_ff._functions.joining import stack as _stack
from minitorch_ff._tensor import Tensor
from minitorch_ff.firefly.modes import no_grad

__all__ = ["GradScaler", "autocast", "custom_bwd", "custom_fwd", "is_autocast_available"]


def _has_cuda() -> bool:
    from minitorch_ff import cuda  # whose `amp` stands on this module

    return cuda.is_available()


class autocast(ContextDecorator):
    """A block, or a decorated function, whose products are computed in few digits.

    `linear`, `matmul` and what is made of them take their operands in `dtype`; losses and
    `prod` take theirs in float32, on the CPU also quantiles and decompositions, on a GPU
    exponentials, powers, sums and norms; everything else computes in the dtypes that come. A
    gradient has the dtype of its tensor. On the CPU it is as slow as float32, or slower: it is
    there to see what the rounding does.

    Args:
        device_type: `"cpu"`, or `"cuda"`, which without a GPU is disabled with a warning.
        dtype: bfloat16 (the default on the CPU) or float16 (the default on a GPU).
        enabled: False computes as outside, also in another block.
        cache_enabled: Cast each parameter once in a block.

    Raises:
        ImportError: bfloat16 needs a package that is not installed.
        NotImplementedError: It is for another type of device.
        RuntimeError: There is no such kind of device.

    Example:
        >>> import minitorch_ff as torch
        >>> with torch.autocast("cpu", dtype=torch.float16):
        ...     (torch.ones(1, 2) @ torch.ones(2, 1)).dtype
        torch.float16

    See: [torch.autocast](https://docs.pytorch.org/docs/stable/amp.html#torch.autocast).
    """

    def __init__(
        self, device_type: str, dtype: dtype | None = None, enabled: bool = True,
        cache_enabled: bool | None = None,
    ) -> None:  # fmt: skip
        _check_device_type(device_type)
        self.device = _device(device_type).type
        self.fast_dtype = dtype or get_autocast_dtype(self.device)
        self._caching = cache_enabled is not False
        self._before: list[Any] = []
        warning = None
        if enabled and self.device == "cuda" and not _has_cuda():
            warning = "CUDA is not available or torch_xla is imported. Disabling autocast."
        elif enabled and self.device not in ("cpu", "cuda"):
            words = f"autocast({device_type!r}) is not supported; cast the model with .to(dtype)"
            raise NotImplementedError(words)
        elif enabled and self.fast_dtype not in (bfloat16, float16):
            name = self.device.upper()
            warning = f"In {name} autocast, but the target dtype is not supported. Disabling "
            warning += f"autocast.\n{name} Autocast only supports dtypes of torch.bfloat16, "
            warning += "torch.float16 currently."
        if warning is not None:
            warnings.warn(warning, stacklevel=2)
        self._enabled = enabled and warning is None and bool(self.fast_dtype.numpy)  # it may lack

    def __enter__(self) -> Self:
        self._before.append((_state.dtypes, _state.caching))
        dtypes = {kind: dtype for kind, dtype in _state.dtypes.items() if kind != self.device}
        if self._enabled:
            dtypes[self.device] = self.fast_dtype
        _state.enter(dtypes, self._caching, 1)
        return self

    def __exit__(self, *error: Any) -> None:
        dtypes, caching = self._before.pop()
        _state.enter(dtypes, caching, -1)


def is_autocast_available(device_type: str) -> bool:
    """Whether `autocast` can have an effect on a kind of device."""
    return _device(device_type).type in ("cpu", "cuda")


def is_autocast_enabled(device_type: str = "cuda") -> bool:
    """Whether a block of `autocast` for a kind of device is being run."""
    return _device(device_type).type in _state.dtypes


def get_autocast_dtype(device_type: str) -> dtype:
    """What products are computed in, in a block of `autocast`."""
    kind = _device(device_type).type
    return _state.dtypes.get(kind) or (bfloat16 if kind == "cpu" else float16)


def custom_fwd(
    fwd: Callable[..., Any] | None = None, *, device_type: str, cast_inputs: dtype | None = None
) -> Callable[..., Any]:
    """Decorate the `forward` of a `Function`.

    Args:
        fwd: `forward`; None gives a decorator.
        device_type: `"cpu"` or `"cuda"`.
        cast_inputs: Inside a block of `autocast`, cast floating tensors to this, and compute as
            outside of one. None: leave both as they are.

    See: [torch.amp.custom_fwd](https://docs.pytorch.org/docs/stable/amp.html#torch.amp.custom_fwd).
    """
    _check_device_type(device_type)
    if fwd is None:
        return functools.partial(custom_fwd, device_type=device_type, cast_inputs=cast_inputs)

    @functools.wraps(fwd)
    def forward(ctx: Any, *args: Any, **kwargs: Any) -> Any:
        inside = is_autocast_enabled(device_type)
        ctx._autocast = get_autocast_dtype(device_type), inside and cast_inputs is None
        if cast_inputs is None or not inside:
            return fwd(ctx, *args, **kwargs)
        with autocast(device_type, enabled=False):
            cast = functools.partial(_cast, dtype=cast_inputs, device_type=device_type)
            return fwd(ctx, *cast(args), **cast(kwargs))

    return forward


def custom_bwd(bwd: Callable[..., Any] | None = None, *, device_type: str) -> Callable[..., Any]:
    """Decorate the `backward` of a `Function`: it computes as its `forward` did.

    See: [torch.amp.custom_bwd](https://docs.pytorch.org/docs/stable/amp.html#torch.amp.custom_bwd).
    """
    _check_device_type(device_type)
    if bwd is None:
        return functools.partial(custom_bwd, device_type=device_type)

    @functools.wraps(bwd)
    def backward(ctx: Any, *args: Any, **kwargs: Any) -> Any:
        with autocast(device_type, *ctx._autocast):
            return bwd(ctx, *args, **kwargs)

    return backward


def _check_device_type(device_type: Any) -> None:
    words = f"Expected `device_type` of type `str`, got: `{type(device_type)}`"
    check(isinstance(device_type, str), words, ValueError)


def _cast(value: Any, dtype: dtype, device_type: str) -> Any:
    """A device's floating tensors in another dtype, float64 apart; in sequences and dicts, too."""
    if isinstance(value, dict):
        return {key: _cast(item, dtype, device_type) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)([_cast(item, dtype, device_type) for item in value])
    return _to(value, dtype) if _is_low(value, device_type) else value


READY, UNSCALED, STEPPED = range(3)


def _accessors(name: str) -> tuple[Callable[[Any], Any], Callable[[Any, Any], None]]:
    """Two methods, that get and set one of a scaler's settings."""
    return lambda self: self._settings[name], lambda self, new: self._settings.update({name: new})


class GradScaler:
    """Scales a loss up, so that small gradients survive in few digits, and gradients down again.

    A step whose gradients are not all finite is left out, and the scale is lowered.

    Args:
        device: Where the scale is. `"cuda"` without a GPU disables everything, with
            PyTorch's warning.
        init_scale: The first scale.
        growth_factor: The scale is multiplied by it after `growth_interval` good steps.
        backoff_factor: The scale is multiplied by it after a step that was left out.
        growth_interval: Steps.
        enabled: False lets everything through as it is.

    Raises:
        AssertionError: A factor is out of its range, or a method is called too early.
        RuntimeError: A method is called too late.

    Example:
        >>> import minitorch_ff as torch
        >>> w = torch.nn.Parameter(torch.tensor([2.0]))
        >>> optimizer = torch.optim.SGD([w], lr=0.1)
        >>> scaler = torch.amp.GradScaler("cpu", init_scale=4.0)
        >>> scaler.scale((w * w).sum()).backward()
        >>> w.grad
        tensor([16.])
        >>> scaler.step(optimizer)
        >>> scaler.update()
        >>> w.data
        tensor([1.6000])

    See: [torch.amp.GradScaler](https://docs.pytorch.org/docs/stable/amp.html#torch.amp.GradScaler).
    """

    def __init__(
        self, device: str = "cuda", init_scale: float = 2.0**16, growth_factor: float = 2.0,
        backoff_factor: float = 0.5, growth_interval: int = 2000, enabled: bool = True,
    ) -> None:  # fmt: skip
        if enabled and device == "cuda" and not _has_cuda():
            words = "torch.cuda.amp.GradScaler is enabled, but CUDA is not available.  Disabling."
            warnings.warn(words, stacklevel=2)
            enabled = False
        if enabled:
            _must(growth_factor > 1, "The growth factor must be > 1.0.")
            _must(backoff_factor < 1, "The backoff factor must be < 1.0.")
        self._device, self._enabled = device, enabled
        self._settings = {
            "scale": init_scale, "growth_factor": growth_factor, "backoff_factor": backoff_factor,
            "growth_interval": growth_interval, "_growth_tracker": 0,
        }  # fmt: skip
        self._scale: Any = None  # a tensor from the first call of `scale` on
        self._optimizers: dict[int, tuple[int, bool | None]] = {}  # id -> stage, any infinite?

    def scale(self, outputs: Any) -> Any:
        """A loss, or any nesting of sequences of tensors, times the scale.

        Raises:
            ValueError: It holds something else.
        """
        if not self._enabled:
            return outputs
        if isinstance(outputs, Tensor):
            if self._scale is None:
                self._scale = _full((), self._settings["scale"], dtype=float32, device=self._device)
            return outputs * self._scale.to(outputs.device)
        words = "outputs must be a Tensor or an iterable of Tensors"
        check(hasattr(outputs, "__iter__"), words, ValueError)
        scaled = map(self.scale, outputs)
        return type(outputs)(scaled) if isinstance(outputs, list | tuple) else scaled

    def _stage(self, optimizer: Any, function: str) -> int:
        """What was done to an optimizer since the last update."""
        words = f"Attempted {function} but _scale is None.  This may indicate your script did not "
        words += "use scaler.scale(loss or outputs) earlier in the iteration."
        _must(self._scale is not None, words)
        return self._optimizers.get(id(optimizer), (READY, None))[0]

    @no_grad()
    def unscale_(self, optimizer: Any) -> None:
        """Divide an optimizer's gradients by the scale, and note whether all are finite.

        Raises:
            RuntimeError: It was done already.
            ValueError: A gradient is in float16.
        """
        if not self._enabled:
            return
        stage = self._stage(optimizer, "unscale_")
        words = "unscale_() has already been called on this optimizer since the last update()."
        check(stage != UNSCALED, words)
        check(stage != STEPPED, "unscale_() is being called after step().")
        params = [p for group in optimizer.param_groups for p in group["params"]]
        grads = [p.grad for p in params if p.grad is not None]
        half = any(grad.dtype is float16 for grad in grads)
        check(not half, "Attempting to unscale FP16 gradients.", ValueError)
        finite = [grad.isfinite().all().to(grads[0].device) for grad in grads]
        infinite = not _stack(finite).all() if grads else None  # waits once, if on a GPU
        factor = _to(_to(self._scale, float64).reciprocal(), float32)
        for grad in grads:
            grad.mul_(factor.to(grad.device))
        self._optimizers[id(optimizer)] = UNSCALED, infinite

    def step(self, optimizer: Any, *args: Any, **kwargs: Any) -> Any:
        """The optimizer's step, if its gradients are finite; they are unscaled before.

        Raises:
            RuntimeError: There was a step already, or a closure is given.
        """
        if not self._enabled:
            return optimizer.step(*args, **kwargs)
        words = "Closure use is not currently supported if GradScaler is enabled."
        check("closure" not in kwargs, words)
        stage = self._stage(optimizer, "step")
        check(stage != STEPPED, "step() has already been called since the last update().")
        if stage == READY:
            self.unscale_(optimizer)
        _, infinite = self._optimizers[id(optimizer)]
        _must(infinite is not None, "No inf checks were recorded for this optimizer.")
        result = None if infinite else optimizer.step(*args, **kwargs)
        self._optimizers[id(optimizer)] = STEPPED, infinite
        return result

    def update(self, new_scale: Any = None) -> None:
        """Adapt the scale to what the steps since the last update have found.

        Args:
            new_scale: Take this one.
        """
        if not self._enabled:
            return
        self._stage(None, "update")
        if new_scale is not None:
            words = "new_scale should be a float or a 1-element torch.cuda.FloatTensor or "
            words += "torch.FloatTensor with requires_grad=False."
            number = isinstance(new_scale, float)
            _must(number or (new_scale.numel() == 1 and not new_scale.requires_grad), words)
            self._scale.fill_(new_scale)
        else:
            found = [infinite for _, infinite in self._optimizers.values() if infinite is not None]
            _must(found, "No inf checks were recorded prior to update.")
            self._adapt(any(found))
        self._optimizers.clear()

    def _adapt(self, infinite: bool) -> None:
        """Lower the scale, or raise it if there were enough good steps since."""
        settings = self._settings
        settings["_growth_tracker"] += 1
        if infinite:
            self._scale *= settings["backoff_factor"]
        elif settings["_growth_tracker"] == settings["growth_interval"]:
            grown = self._scale * settings["growth_factor"]
            self._scale = grown if grown.isfinite() else self._scale
        else:
            return
        settings["_growth_tracker"] = 0

    def get_scale(self) -> float:
        """The scale; 1 if disabled."""
        scale = self._settings["scale"] if self._scale is None else self._scale.item()
        return float(scale) if self._enabled else 1.0

    def is_enabled(self) -> bool:
        """Whether anything is scaled."""
        return self._enabled

    get_growth_factor, set_growth_factor = _accessors("growth_factor")
    get_backoff_factor, set_backoff_factor = _accessors("backoff_factor")
    get_growth_interval, set_growth_interval = _accessors("growth_interval")

    def state_dict(self) -> dict[str, Any]:
        """Scale and settings; empty if disabled."""
        return {**self._settings, "scale": self.get_scale()} if self._enabled else {}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on as the scaler did whose state this is.

        Raises:
            RuntimeError: It was disabled.
        """
        if not self._enabled:
            return
        words = "The source state dict is empty, possibly because it was saved from a disabled "
        check(state_dict, f"{words}instance of GradScaler.")
        self._settings = {name: state_dict[name] for name in self._settings}
        if self._scale is not None:
            self._scale.fill_(self._settings["scale"])

    def __getstate__(self) -> dict[str, Any]:
        words = "A GradScaler instance may only be pickled at the beginning of an iteration, or at "
        _must(not self._optimizers, f"{words}the end after scaler.update().")
        return vars(self)
