"""Activation functions as layers."""

import warnings
from typing import Any

from minitorch_ff._checks import check
from minitorch_ff._tensor import Tensor
from minitorch_ff.nn import functional as F
from minitorch_ff.nn import init
from minitorch_ff.nn.modules._layer import Layer
from minitorch_ff.nn.modules.linear import NonDynamicallyQuantizableLinear
from minitorch_ff.nn.modules.module import Module


class _Activation(Layer):
    """An activation that may write into its input; `repr` says so if it does."""

    def extra_repr(self) -> str:
        """The settings, for `repr`."""
        shown = super().extra_repr()
        if self.inplace:
            shown += ", inplace=True" if shown else "inplace=True"
        return shown


class _InPlace(_Activation):
    """An activation whose only setting is whether it writes into its input."""

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(inplace=inplace)


class ReLU(_InPlace):
    r"""Keeps what is positive: $\max(0, x)$.

    See: [torch.nn.ReLU](https://docs.pytorch.org/docs/stable/generated/torch.nn.ReLU.html).
    """

    def forward(self, input: Tensor) -> Tensor:
        """Any shape to the same shape."""
        return F.relu(input, self.inplace)


class SELU(_InPlace):
    """The scaled exponential unit.

    See: [torch.nn.SELU](https://docs.pytorch.org/docs/stable/generated/torch.nn.SELU.html).
    """

    def forward(self, input: Tensor) -> Tensor:
        """Any shape to the same shape."""
        return F.selu(input, self.inplace)


class SiLU(_InPlace):
    """`x σ(x)`, also called swish.

    See: [torch.nn.SiLU](https://docs.pytorch.org/docs/stable/generated/torch.nn.SiLU.html).
    """

    def forward(self, input: Tensor) -> Tensor:
        """Any shape to the same shape."""
        return F.silu(input, self.inplace)


class Mish(_InPlace):
    """`x tanh(ln(1 + eˣ))`.

    See: [torch.nn.Mish](https://docs.pytorch.org/docs/stable/generated/torch.nn.Mish.html).
    """

    def forward(self, input: Tensor) -> Tensor:
        """Any shape to the same shape."""
        return F.mish(input, self.inplace)


class Hardsigmoid(_InPlace):
    """`x / 6 + 1/2`, held between 0 and 1.

    See: [torch.nn.Hardsigmoid](https://docs.pytorch.org/docs/stable/generated/torch.nn.Hardsigmoid.html).
    """

    extra_repr = Module.extra_repr

    def forward(self, input: Tensor) -> Tensor:
        """Any shape to the same shape."""
        return F.hardsigmoid(input, self.inplace)


class Hardswish(_InPlace):
    """`x` times its hard sigmoid.

    See: [torch.nn.Hardswish](https://docs.pytorch.org/docs/stable/generated/torch.nn.Hardswish.html).
    """

    extra_repr = Module.extra_repr

    def forward(self, input: Tensor) -> Tensor:
        """Any shape to the same shape."""
        return F.hardswish(input, self.inplace)


class Sigmoid(Module):
    r"""Squeezes every element between 0 and 1: $1 / (1 + e^{-x})$.

    See: [torch.nn.Sigmoid](https://docs.pytorch.org/docs/stable/generated/torch.nn.Sigmoid.html).
    """

    def forward(self, input: Tensor) -> Tensor:
        """Any shape to the same shape."""
        return F.sigmoid(input)


class Tanh(Module):
    """The hyperbolic tangent, between -1 and 1.

    See: [torch.nn.Tanh](https://docs.pytorch.org/docs/stable/generated/torch.nn.Tanh.html).
    """

    def forward(self, input: Tensor) -> Tensor:
        """Any shape to the same shape."""
        return F.tanh(input)


class Tanhshrink(Module):
    """`x - tanh(x)`.

    See: [torch.nn.Tanhshrink](https://docs.pytorch.org/docs/stable/generated/torch.nn.Tanhshrink.html).
    """

    def forward(self, input: Tensor) -> Tensor:
        """Any shape to the same shape."""
        return F.tanhshrink(input)


class Softsign(Module):
    """`x / (1 + |x|)`.

    See: [torch.nn.Softsign](https://docs.pytorch.org/docs/stable/generated/torch.nn.Softsign.html).
    """

    def forward(self, input: Tensor) -> Tensor:
        """Any shape to the same shape."""
        return F.softsign(input)


class LogSigmoid(Module):
    """The logarithm of the sigmoid, without overflow.

    See: [torch.nn.LogSigmoid](https://docs.pytorch.org/docs/stable/generated/torch.nn.LogSigmoid.html).
    """

    def forward(self, input: Tensor) -> Tensor:
        """Any shape to the same shape."""
        return F.logsigmoid(input)


class Threshold(_Activation):
    """`x` where it is above a threshold, a fixed value elsewhere.

    Args:
        threshold: The threshold.
        value: The fixed value.
        inplace: Whether to write into the input.

    See: [torch.nn.Threshold](https://docs.pytorch.org/docs/stable/generated/torch.nn.Threshold.html).
    """

    _shown = "threshold= value="

    def __init__(self, threshold: float, value: float, inplace: bool = False) -> None:
        super().__init__(threshold=threshold, value=value, inplace=inplace)

    def forward(self, input: Tensor) -> Tensor:
        """Any shape to the same shape."""
        return F.threshold(input, self.threshold, self.value, self.inplace)


class RReLU(_Activation):
    """`x` where it is positive, a random multiple of it elsewhere.

    Args:
        lower: The smallest multiple.
        upper: The largest; while evaluating, the mean of both is taken.
        inplace: Whether to write into the input.

    See: [torch.nn.RReLU](https://docs.pytorch.org/docs/stable/generated/torch.nn.RReLU.html).
    """

    _shown = "lower= upper="

    def __init__(
        self, lower: float = 1.0 / 8, upper: float = 1.0 / 3, inplace: bool = False
    ) -> None:
        super().__init__(lower=lower, upper=upper, inplace=inplace)

    def forward(self, input: Tensor) -> Tensor:
        """Any shape to the same shape."""
        return F.rrelu(input, self.lower, self.upper, self.training, self.inplace)


class Hardtanh(_Activation):
    """`x` held between two numbers.

    Args:
        min_val: The smallest result.
        max_val: The largest result.
        inplace: Whether to write into the input.
        min_value: The old name of `min_val`.
        max_value: The old name of `max_val`.

    Raises:
        AssertionError: `min_val` is not below `max_val`.

    See: [torch.nn.Hardtanh](https://docs.pytorch.org/docs/stable/generated/torch.nn.Hardtanh.html).
    """

    _shown = "min_val= max_val="

    def __init__(
        self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False,
        min_value: float | None = None, max_value: float | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        renamed = "keyword argument `{}` is deprecated and renamed to `{}`"
        if min_value is not None:
            warnings.warn(renamed.format("min_value", "min_val"), FutureWarning, stacklevel=2)
            min_val = min_value
        if max_value is not None:
            warnings.warn(renamed.format("max_value", "max_val"), FutureWarning, stacklevel=2)
            max_val = max_value
        if max_val <= min_val:
            raise AssertionError(
                f"max_val must be larger than min_val, but got {max_val=} and {min_val=}"
            )
        self.min_val, self.max_val, self.inplace = min_val, max_val, inplace

    def forward(self, input: Tensor) -> Tensor:
        """Any shape to the same shape."""
        return F.hardtanh(input, self.min_val, self.max_val, self.inplace)


class ReLU6(Hardtanh):
    """`x` held between 0 and 6.

    See: [torch.nn.ReLU6](https://docs.pytorch.org/docs/stable/generated/torch.nn.ReLU6.html).
    """

    _shown = ""

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(0.0, 6.0, inplace)


class ELU(_Activation):
    """`x` where it is positive, `alpha (eˣ - 1)` elsewhere.

    Args:
        alpha: The factor.
        inplace: Whether to write into the input.

    See: [torch.nn.ELU](https://docs.pytorch.org/docs/stable/generated/torch.nn.ELU.html).
    """

    _shown = "alpha="

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__(alpha=alpha, inplace=inplace)

    def forward(self, input: Tensor) -> Tensor:
        """Any shape to the same shape."""
        return F.elu(input, self.alpha, self.inplace)


class CELU(ELU):
    """`x` where it is positive, `alpha (e^(x / alpha) - 1)` elsewhere.

    Args:
        alpha: The factor.
        inplace: Whether to write into the input.

    See: [torch.nn.CELU](https://docs.pytorch.org/docs/stable/generated/torch.nn.CELU.html).
    """

    def forward(self, input: Tensor) -> Tensor:
        """Any shape to the same shape."""
        return F.celu(input, self.alpha, self.inplace)


class LeakyReLU(_Activation):
    """`x` where it is positive, a small multiple of it elsewhere.

    Args:
        negative_slope: The multiple.
        inplace: Whether to write into the input.

    See: [torch.nn.LeakyReLU](https://docs.pytorch.org/docs/stable/generated/torch.nn.LeakyReLU.html).
    """

    _shown = "negative_slope="

    def __init__(self, negative_slope: float = 1e-2, inplace: bool = False) -> None:
        super().__init__(negative_slope=negative_slope, inplace=inplace)

    def forward(self, input: Tensor) -> Tensor:
        """Any shape to the same shape."""
        return F.leaky_relu(input, self.negative_slope, self.inplace)


class GLU(Layer):
    """One half of the elements, gated by the sigmoid of the other half.

    Args:
        dim: The dimension to halve.

    See: [torch.nn.GLU](https://docs.pytorch.org/docs/stable/generated/torch.nn.GLU.html).
    """

    _shown = "dim="

    def __init__(self, dim: int = -1) -> None:
        super().__init__(dim=dim)

    def forward(self, input: Tensor) -> Tensor:
        """Half the size in one dimension."""
        return F.glu(input, self.dim)


class GELU(Layer):
    """`x` times the normal distribution up to `x`.

    Args:
        approximate: `"none"`, or `"tanh"` for a cheaper formula.

    See: [torch.nn.GELU](https://docs.pytorch.org/docs/stable/generated/torch.nn.GELU.html).
    """

    def __init__(self, approximate: str = "none") -> None:
        super().__init__(approximate=approximate)

    def forward(self, input: Tensor) -> Tensor:
        """Any shape to the same shape."""
        return F.gelu(input, approximate=self.approximate)

    def extra_repr(self) -> str:
        """The setting, for `repr`."""
        return f"approximate={self.approximate!r}"


class _Shrink(Layer):
    _shown = "lambd"

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__(lambd=lambd)


class Hardshrink(_Shrink):
    """`x` outside `[-lambd, lambd]`, zero inside.

    See: [torch.nn.Hardshrink](https://docs.pytorch.org/docs/stable/generated/torch.nn.Hardshrink.html).
    """

    def forward(self, input: Tensor) -> Tensor:
        """Any shape to the same shape."""
        return F.hardshrink(input, self.lambd)


class Softshrink(_Shrink):
    """`x` moved towards zero by `lambd`.

    See: [torch.nn.Softshrink](https://docs.pytorch.org/docs/stable/generated/torch.nn.Softshrink.html).
    """

    def forward(self, input: Tensor) -> Tensor:
        """Any shape to the same shape."""
        return F.softshrink(input, self.lambd)


class Softplus(Layer):
    """`ln(1 + e^(beta x)) / beta`, a smooth `ReLU`.

    Args:
        beta: How sharply it bends.
        threshold: Above it, it is taken to be `x`.

    See: [torch.nn.Softplus](https://docs.pytorch.org/docs/stable/generated/torch.nn.Softplus.html).
    """

    _shown = "beta= threshold="

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__(beta=beta, threshold=threshold)

    def forward(self, input: Tensor) -> Tensor:
        """Any shape to the same shape."""
        return F.softplus(input, self.beta, self.threshold)


class PReLU(Layer):
    """`x` where it is positive, a learned multiple of it elsewhere.

    Args:
        num_parameters: One multiple for all, or one for each channel.
        init: Their first value.
        device: Where they are.
        dtype: Of the parameters.

    See: [torch.nn.PReLU](https://docs.pytorch.org/docs/stable/generated/torch.nn.PReLU.html).
    """

    _shown = "num_parameters="

    def __init__(
        self, num_parameters: int = 1, init: float = 0.25, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__(num_parameters=num_parameters, init=init)
        self.make_parameters(device, dtype, weight=num_parameters)

    def reset_parameters(self) -> None:
        """Set the first value again."""
        init.constant_(self.weight, self.init)

    def forward(self, input: Tensor) -> Tensor:
        """Any shape to the same shape."""
        return F.prelu(input, self.weight)


# ---------------------------------------------------------------------------- softmax


class _Softmax(Layer):
    _shown = "dim="

    def __init__(self, dim: int | None = None) -> None:
        super().__init__(dim=dim)


class Softmax(_Softmax):
    """Positive numbers that add up to one along a dimension.

    Args:
        dim: The dimension.

    See: [torch.nn.Softmax](https://docs.pytorch.org/docs/stable/generated/torch.nn.Softmax.html).
    """

    def forward(self, input: Tensor) -> Tensor:
        """Any shape to the same shape."""
        return F.softmax(input, self.dim, _stacklevel=5)


class Softmin(_Softmax):
    """The softmax of the input, negated.

    Args:
        dim: The dimension.

    See: [torch.nn.Softmin](https://docs.pytorch.org/docs/stable/generated/torch.nn.Softmin.html).
    """

    def forward(self, input: Tensor) -> Tensor:
        """Any shape to the same shape."""
        return F.softmin(input, self.dim, _stacklevel=5)


class LogSoftmax(_Softmax):
    """The logarithm of the softmax, without overflow.

    Args:
        dim: The dimension.

    See: [torch.nn.LogSoftmax](https://docs.pytorch.org/docs/stable/generated/torch.nn.LogSoftmax.html).
    """

    def forward(self, input: Tensor) -> Tensor:
        """Any shape to the same shape."""
        return F.log_softmax(input, self.dim, _stacklevel=5)


class Softmax2d(Module):
    """Softmax over the channels of images, at each place.

    See: [torch.nn.Softmax2d](https://docs.pytorch.org/docs/stable/generated/torch.nn.Softmax2d.html).
    """

    def forward(self, input: Tensor) -> Tensor:
        """Shape `(N, C, H, W)` or `(C, H, W)` to the same shape.

        Raises:
            ValueError: The input has another number of dimensions.
        """
        if input.dim() not in (3, 4):
            raise ValueError(
                f"Softmax2d: expected input to be 3D or 4D, got {input.dim()}D instead"
            )
        return F.softmax(input, -3, _stacklevel=5)


class MultiheadAttention(Layer):
    r"""Attention of several heads side by side, between two linear layers.

    Each head attends with its own share of the `embed_dim` features.

    Args:
        embed_dim: `E`, the number of features; a multiple of `num_heads`.
        num_heads: How many heads share them.
        dropout: The probability of a weight to be zeroed while training.
        bias: Whether the linear layers have biases.
        add_bias_kv: Whether to learn a key and a value that are added to the sequence.
        add_zero_attn: Whether to add a key and a value of zeros.
        kdim: Features of the keys; by default `embed_dim`.
        vdim: Features of the values; by default `embed_dim`.
        batch_first: Whether the batch, and not the sequence, is the first dimension.
        device: Where the parameters are.
        dtype: Of the parameters.

    Raises:
        ValueError: A size is not positive.
        AssertionError: `embed_dim` is no multiple of `num_heads`.

    Example:
        >>> import minitorch_ff as torch
        >>> attention = torch.nn.MultiheadAttention(8, 2, batch_first=True)
        >>> x = torch.randn(4, 5, 8)
        >>> output, weights = attention(x, x, x)
        >>> output.shape, weights.shape
        (torch.Size([4, 5, 8]), torch.Size([4, 5, 5]))

    See: [`multi_head_attention_forward`][minitorch_ff.nn.functional.multi_head_attention_forward],
        [torch.nn.MultiheadAttention](https://docs.pytorch.org/docs/stable/generated/torch.nn.MultiheadAttention.html).
    """

    def __init__(
        self, embed_dim: int, num_heads: int, dropout: float = 0.0, bias: bool = True,
        add_bias_kv: bool = False, add_zero_attn: bool = False, kdim: int | None = None,
        vdim: int | None = None, batch_first: bool = False, device: Any = None,
        dtype: Any = None,
    ) -> None:  # fmt: skip
        if embed_dim <= 0 or num_heads <= 0:
            raise ValueError(
                f"embed_dim and num_heads must be greater than 0, got embed_dim={embed_dim} and "
                f"num_heads={num_heads} instead"
            )
        super().__init__(
            embed_dim=embed_dim, num_heads=num_heads, dropout=dropout, batch_first=batch_first,
            kdim=embed_dim if kdim is None else kdim, vdim=embed_dim if vdim is None else vdim,
            head_dim=embed_dim // num_heads, add_zero_attn=add_zero_attn,
        )  # fmt: skip
        divides = embed_dim % num_heads == 0
        check(divides, "embed_dim must be divisible by num_heads", AssertionError)
        same = self._qkv_same_embed_dim = self.kdim == self.vdim == embed_dim
        apart = {"q": embed_dim, "k": self.kdim, "v": self.vdim}
        shapes: Any = {f"{x}_proj_weight": None if same else (embed_dim, apart[x]) for x in apart}
        shapes["in_proj_weight"] = (3 * embed_dim, embed_dim) if same else None
        shapes["in_proj_bias"] = 3 * embed_dim if bias else None
        if add_bias_kv:
            shapes["bias_k"] = shapes["bias_v"] = 1, 1, embed_dim
        else:
            self.bias_k = self.bias_v = None
        self.register_parameters(device, dtype, **shapes)
        self.out_proj = NonDynamicallyQuantizableLinear(embed_dim, embed_dim, bias, device, dtype)
        self._reset_parameters()

    def _reset_parameters(self) -> None:
        """Draw new initial values for all but the last linear layer's weight."""
        for name, value in self._parameters.items():
            if value is None:
                continue
            if name.endswith("weight"):
                init.xavier_uniform_(value)
            elif name == "in_proj_bias":
                init.constant_(value, 0.0)
                init.constant_(self.out_proj.bias, 0.0)
            else:
                init.xavier_normal_(value)

    def forward(
        self, query: Tensor, key: Tensor, value: Tensor, key_padding_mask: Tensor | None = None,
        need_weights: bool = True, attn_mask: Tensor | None = None,
        average_attn_weights: bool = True, is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:  # fmt: skip
        """Shapes `(L, N, E)`, `(S, N, K)`, `(S, N, V)` to `(L, N, E)` and the weights.

        With `batch_first`, `N` is first everywhere.

        Args:
            query: Shape `(L, N, E)`, or `(L, E)` of one sample.
            key: Shape `(S, N, K)`, or `(S, K)`.
            value: Shape `(S, N, V)`, or `(S, V)`.
            key_padding_mask: Shape `(N, S)`: True for keys to ignore, or numbers to add.
            need_weights: Whether to return the weights.
            attn_mask: Shape `(L, S)` or `(N heads, L, S)`: True where not to look, or numbers.
            average_attn_weights: Whether the weights are averaged over the heads.
            is_causal: A hint that `attn_mask` is causal; then it need not be read.
        """
        turned = self.batch_first and query.dim() == 3
        if turned:
            same = query is key, key is value
            query = query.transpose(0, 1)
            key = query if same[0] else key.transpose(0, 1)
            value = key if same[1] else value.transpose(0, 1)
        output, weights = F.multi_head_attention_forward(
            query, key, value, self.embed_dim, self.num_heads, self.in_proj_weight,
            self.in_proj_bias, self.bias_k, self.bias_v, self.add_zero_attn, self.dropout,
            self.out_proj.weight, self.out_proj.bias, self.training, key_padding_mask,
            need_weights, attn_mask, not self._qkv_same_embed_dim, self.q_proj_weight,
            self.k_proj_weight, self.v_proj_weight, average_attn_weights=average_attn_weights,
            is_causal=is_causal,
        )  # fmt: skip
        return output.transpose(0, 1) if turned else output, weights
