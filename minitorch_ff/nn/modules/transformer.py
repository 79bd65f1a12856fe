"""Transformers: stacks of attention and small networks, with residual connections."""

import copy
import math
import warnings
from collections.abc import Callable
from typing import Any

from minitorch_ff._checks import check, warn_once
from minitorch_ff._functions.creation import arange, full
from minitorch_ff._tensor import Tensor
from minitorch_ff.firefly.modes import grad_enabled
from minitorch_ff.nn import functional as F
from minitorch_ff.nn import init
from minitorch_ff.nn.functional.attention import float_mask
from minitorch_ff.nn.modules.activation import GELU, MultiheadAttention, ReLU
from minitorch_ff.nn.modules.container import ModuleList
from minitorch_ff.nn.modules.dropout import Dropout
from minitorch_ff.nn.modules.linear import Linear
from minitorch_ff.nn.modules.module import Module
from minitorch_ff.nn.modules.normalization import LayerNorm

Mask = Tensor | None
Activation = str | Callable[[Tensor], Tensor]

PROTOTYPE = (
    "The PyTorch API of nested tensors is in prototype stage and will change in the near future. "
    "We recommend specifying layout=torch.jagged when constructing a nested tensor, as this "
    "layout receives active development, has better operator coverage, and works with "
    "torch.compile."
)


class _Block(Module):
    """What the layers of encoder and decoder share.

    Each of its parts is added to its own input, and normalised before or after.
    """

    _attentions: tuple[str, ...] = ("self_attn",)

    def __init__(
        self, d_model: int, nhead: int, dim_feedforward: int = 2048, dropout: float = 0.1,
        activation: Activation = F.relu, layer_norm_eps: float = 1e-5,
        batch_first: bool = False, norm_first: bool = False, bias: bool = True,
        device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        place: Any = {"bias": bias, "device": device, "dtype": dtype}
        for name in self._attentions:
            attention = MultiheadAttention(
                d_model, nhead, dropout=dropout, batch_first=batch_first, **place
            )
            setattr(self, name, attention)
        self.linear1 = Linear(d_model, dim_feedforward, **place)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, **place)
        self.norm_first = norm_first
        parts = range(1, len(self._attentions) + 2)
        for i in parts:
            setattr(self, f"norm{i}", LayerNorm(d_model, layer_norm_eps, **place))
        for i in parts:
            setattr(self, f"dropout{i}", Dropout(dropout))
        if isinstance(activation, str):
            text = f"activation should be relu/gelu, not {activation}"
            check(activation in ("relu", "gelu"), text)
            activation = F.relu if activation == "relu" else F.gelu
        self.activation = activation

    def _residual(self, x: Tensor, part: Callable[..., Tensor], norm: Module, *args: Any) -> Tensor:
        """`x` plus what a part makes of it; normalised before or after."""
        if self.norm_first:
            return x + part(norm(x), *args)
        return norm(x + part(x, *args))

    def _sa_block(
        self, x: Tensor, attn_mask: Mask, key_padding_mask: Mask, is_causal: bool = False
    ) -> Tensor:
        """Attention to the sequence itself."""
        masks = key_padding_mask, False, attn_mask
        return self.dropout1(self.self_attn(x, x, x, *masks, is_causal=is_causal)[0])

    def _feed_forward(self, x: Tensor) -> Tensor:
        """A network of two layers, for each position by itself."""
        return self.linear2(self.dropout(self.activation(self.linear1(x))))


class TransformerEncoderLayer(_Block):
    """Self-attention and a network of two layers, each added to its input and normalised.

    Args:
        d_model: `E`, the number of features.
        nhead: How many heads share them.
        dim_feedforward: The size of the hidden layer.
        dropout: The probability of a value to be zeroed while training.
        activation: Of the hidden layer: `"relu"`, `"gelu"` or a function.
        layer_norm_eps: Added to the variances.
        batch_first: Whether the batch, and not the sequence, is the first dimension.
        norm_first: Whether to normalise the input of each part instead of the sum.
        bias: Whether linear layers and normalisations have biases.
        device: Where the parameters are.
        dtype: Of the parameters.

    Example:
        >>> import minitorch_ff as torch
        >>> layer = torch.nn.TransformerEncoderLayer(d_model=8, nhead=2, batch_first=True)
        >>> layer(torch.randn(4, 5, 8)).shape
        torch.Size([4, 5, 8])

    See: [torch.nn.TransformerEncoderLayer](https://docs.pytorch.org/docs/stable/generated/torch.nn.TransformerEncoderLayer.html),
        Vaswani et al., Attention Is All You Need (2017), section 3.1.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        activation = self.activation
        relu, gelu = (isinstance(activation, kind) for kind in (ReLU, GELU))
        self.activation_relu_or_gelu = (
            1 if relu or activation is F.relu else 2 if gelu or activation is F.gelu else 0
        )

    def forward(
        self, src: Tensor, src_mask: Mask = None, src_key_padding_mask: Mask = None,
        is_causal: bool = False,
    ) -> Tensor:  # fmt: skip
        """Shape `(S, N, E)` (or `(N, S, E)`, or `(S, E)`) to the same shape.

        Args:
            src: The sequences.
            src_mask: Shape `(S, S)` or `(N nhead, S, S)`: True where not to look, or numbers
                added to the scores.
            src_key_padding_mask: Shape `(N, S)`: True for positions to ignore, or numbers.
            is_causal: A hint that `src_mask` is causal.
        """
        padding = float_mask(
            src_key_padding_mask, "src_key_padding_mask", src_mask, "src_mask", src
        )
        mask = float_mask(src_mask, "src_mask", None, "", src)
        if self._fuses(src):  # then PyTorch takes every number but zero for "do not look"
            mask, padding = (m if m is None else m != 0 for m in (mask, padding))
        x = self._residual(src, self._sa_block, self.norm1, mask, padding, is_causal)
        return self._residual(x, self._ff_block, self.norm2)

    def _ff_block(self, x: Tensor) -> Tensor:
        return self.dropout2(self._feed_forward(x))

    def _fuses(self, src: Tensor) -> bool:
        """Whether PyTorch would call a fused kernel that is made for inference."""
        if self.training or src.dim() != 3 or recorded(self, src):
            return False
        hooked = any([m._forward_hooks or m._forward_pre_hooks for m in self.modules()])
        return not hooked and set(obstacles(self)) <= {"encoder_layer.norm_first was True"}


def recorded(module: Module, input: Tensor) -> bool:
    """Whether a gradient may be asked for through the module."""
    return grad_enabled() and any([t.requires_grad for t in (input, *module.parameters())])


class TransformerDecoderLayer(_Block):
    """Self-attention, attention to a memory, and a network of two layers.

    The arguments are those of `TransformerEncoderLayer`.

    See: [torch.nn.TransformerDecoderLayer](https://docs.pytorch.org/docs/stable/generated/torch.nn.TransformerDecoderLayer.html),
        Vaswani et al., Attention Is All You Need (2017), section 3.1.
    """

    _attentions = ("self_attn", "multihead_attn")

    def forward(
        self, tgt: Tensor, memory: Tensor, tgt_mask: Mask = None, memory_mask: Mask = None,
        tgt_key_padding_mask: Mask = None, memory_key_padding_mask: Mask = None,
        tgt_is_causal: bool = False, memory_is_causal: bool = False,
    ) -> Tensor:  # fmt: skip
        """Shapes `(T, N, E)` and `(S, N, E)` to `(T, N, E)`.

        Args:
            tgt: The sequences.
            memory: What the encoder made.
            tgt_mask: Shape `(T, T)`: True where not to look, or numbers added to the scores.
            memory_mask: Shape `(T, S)`, the same for the memory.
            tgt_key_padding_mask: Shape `(N, T)`: True for positions to ignore, or numbers.
            memory_key_padding_mask: Shape `(N, S)`, the same for the memory.
            tgt_is_causal: A hint that `tgt_mask` is causal.
            memory_is_causal: A hint that `memory_mask` is causal.
        """
        own = tgt_mask, tgt_key_padding_mask, tgt_is_causal
        other = memory, memory_mask, memory_key_padding_mask, memory_is_causal
        x = self._residual(tgt, self._sa_block, self.norm1, *own)
        x = self._residual(x, self._mha_block, self.norm2, *other)
        return self._residual(x, self._ff_block, self.norm3)

    def _mha_block(
        self, x: Tensor, mem: Tensor, attn_mask: Mask, key_padding_mask: Mask,
        is_causal: bool = False,
    ) -> Tensor:  # fmt: skip
        """Attention to the memory."""
        masks = key_padding_mask, False, attn_mask
        return self.dropout2(self.multihead_attn(x, mem, mem, *masks, is_causal=is_causal)[0])

    def _ff_block(self, x: Tensor) -> Tensor:
        return self.dropout3(self._feed_forward(x))


def _copies(layer: Module, count: int) -> ModuleList:
    """Layers with the same initial values."""
    return ModuleList([copy.deepcopy(layer) for _ in range(count)])


class TransformerEncoder(Module):
    """Encoder layers one after the other.

    Args:
        encoder_layer: The layer; the encoder has copies of it.
        num_layers: How many.
        norm: A normalisation behind them.
        enable_nested_tensor: Whether to leave out padding while evaluating; then the results
            there are zero.
        mask_check: Whether to see first that padding is at the end only.

    See: [torch.nn.TransformerEncoder](https://docs.pytorch.org/docs/stable/generated/torch.nn.TransformerEncoder.html).
    """

    def __init__(
        self, encoder_layer: Any, num_layers: int, norm: Module | None = None,
        enable_nested_tensor: bool = True, mask_check: bool = True,
    ) -> None:  # fmt: skip
        super().__init__()
        self.layers = _copies(encoder_layer, num_layers)
        self.num_layers, self.norm = num_layers, norm
        self.enable_nested_tensor, self.mask_check = enable_nested_tensor, mask_check
        reasons = obstacles(encoder_layer)
        if enable_nested_tensor and reasons:
            text = "enable_nested_tensor is True, but self.use_nested_tensor is False because"
            warnings.warn(f"{text} {reasons[0]}", stacklevel=2)
        self.use_nested_tensor = enable_nested_tensor and not reasons

    def forward(
        self, src: Tensor, mask: Mask = None, src_key_padding_mask: Mask = None,
        is_causal: bool | None = None,
    ) -> Tensor:  # fmt: skip
        """Shape `(S, N, E)` (or `(N, S, E)`, or `(S, E)`) to the same shape.

        Args:
            src: The sequences.
            mask: As `src_mask` of the layers.
            src_key_padding_mask: Shape `(N, S)`: True for positions to ignore, or numbers.
            is_causal: A hint that `mask` is causal.
        """
        padding = float_mask(src_key_padding_mask, "src_key_padding_mask", mask, "mask", src)
        mask = float_mask(mask, "mask", None, "", src)
        padded = None if mask is not None or padding is None else self._padded(src, padding)
        x = src
        for layer in self.layers:
            x = layer(x, src_mask=mask, is_causal=bool(is_causal), src_key_padding_mask=padding)
        if padded is not None:
            x = x.masked_fill(padded.unsqueeze(-1), 0.0)
        return x if self.norm is None else self.norm(x)

    def _padded(self, src: Tensor, padding: Tensor) -> Mask:
        """The positions that PyTorch leaves out, as it does while evaluating, or None."""
        first = self.layers[0]
        if not self.use_nested_tensor or first.training or src.dim() != 3 or recorded(first, src):
            return None
        kept = padding == 0
        padded = arange(src.shape[1], device=src.device) >= kept.sum(1, keepdim=True)
        if self.mask_check and (kept == padded).any():
            return None
        text = "to_padded_tensor: at least one constituent tensor should have non-zero numel"
        check(kept.any(), text)
        warn_once(PROTOTYPE, 3)
        return padded


def obstacles(layer: Any) -> list[str]:
    """Why PyTorch has no kernels for inference for such a layer."""
    if not isinstance(layer, TransformerEncoderLayer):
        return ["encoder_layer was not TransformerEncoderLayer"]
    attention = layer.self_attn
    reasons = {
        "norm_first was True": layer.norm_first,
        "self_attn.batch_first was not True(use batch_first for better inference performance)":
            not attention.batch_first,
        "self_attn was passed bias=False": attention.in_proj_bias is None,
        "activation_relu_or_gelu was not True": not layer.activation_relu_or_gelu,
        "norm1.eps was not equal to encoder_layer.norm2.eps": layer.norm1.eps != layer.norm2.eps,
        "self_attn.num_heads is odd": attention.num_heads % 2,
    }  # fmt: skip
    return [f"encoder_layer.{reason}" for reason, holds in reasons.items() if holds]


class TransformerDecoder(Module):
    """Decoder layers one after the other.

    Args:
        decoder_layer: The layer; the decoder has copies of it.
        num_layers: How many.
        norm: A normalisation behind them.

    See: [torch.nn.TransformerDecoder](https://docs.pytorch.org/docs/stable/generated/torch.nn.TransformerDecoder.html).
    """

    def __init__(self, decoder_layer: Any, num_layers: int, norm: Module | None = None) -> None:
        super().__init__()
        self.layers = _copies(decoder_layer, num_layers)
        self.num_layers, self.norm = num_layers, norm

    def forward(self, tgt: Tensor, memory: Tensor, *masks: Any, **named: Any) -> Tensor:
        """Shapes `(T, N, E)` and `(S, N, E)` to `(T, N, E)`; masks as those of the layers."""
        for layer in self.layers:
            tgt = layer(tgt, memory, *masks, **named)
        return tgt if self.norm is None else self.norm(tgt)


class Transformer(Module):
    """An encoder, and a decoder that attends to what it made.

    Args:
        d_model: `E`, the number of features.
        nhead: How many heads share them.
        num_encoder_layers: Layers of the encoder.
        num_decoder_layers: Layers of the decoder.
        dim_feedforward: The size of the hidden layers.
        dropout: The probability of a value to be zeroed while training.
        activation: Of the hidden layers: `"relu"`, `"gelu"` or a function.
        custom_encoder: Takes the encoder's place.
        custom_decoder: Takes the decoder's place.
        layer_norm_eps: Added to the variances.
        batch_first: Whether the batch, and not the sequence, is the first dimension.
        norm_first: Whether to normalise the input of each part instead of the sum.
        bias: Whether linear layers and normalisations have biases.
        device: Where the parameters are.
        dtype: Of the parameters.

    See: [torch.nn.Transformer](https://docs.pytorch.org/docs/stable/generated/torch.nn.Transformer.html),
        Vaswani et al., Attention Is All You Need (2017).
    """

    def __init__(
        self, d_model: int = 512, nhead: int = 8, num_encoder_layers: int = 6,
        num_decoder_layers: int = 6, dim_feedforward: int = 2048, dropout: float = 0.1,
        activation: Activation = F.relu, custom_encoder: Any = None, custom_decoder: Any = None,
        layer_norm_eps: float = 1e-5, batch_first: bool = False, norm_first: bool = False,
        bias: bool = True, device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        place: Any = {"bias": bias, "device": device, "dtype": dtype}
        settings = (
            d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first,
            norm_first,
        )  # fmt: skip

        def stack(kind: Any, layer: Any, count: int) -> Any:
            one = layer(*settings, **place)
            return kind(one, count, LayerNorm(d_model, layer_norm_eps, **place))

        self.encoder = custom_encoder
        if custom_encoder is None:
            self.encoder = stack(TransformerEncoder, TransformerEncoderLayer, num_encoder_layers)
        self.decoder = custom_decoder
        if custom_decoder is None:
            self.decoder = stack(TransformerDecoder, TransformerDecoderLayer, num_decoder_layers)
        self._reset_parameters()
        self.d_model, self.nhead, self.batch_first = d_model, nhead, batch_first

    def _reset_parameters(self) -> None:
        """Draw new initial values for all matrices."""
        for parameter in self.parameters():
            if parameter.dim() > 1:
                init.xavier_uniform_(parameter)

    @staticmethod
    def generate_square_subsequent_mask(sz: int, device: Any = None, dtype: Any = None) -> Tensor:
        """A causal mask of shape `(sz, sz)`: minus infinity above the diagonal, zero elsewhere."""
        return full((sz, sz), -math.inf, dtype=dtype, device=device).triu(1)

    def forward(
        self, src: Tensor, tgt: Tensor, src_mask: Mask = None, tgt_mask: Mask = None,
        memory_mask: Mask = None, src_key_padding_mask: Mask = None,
        tgt_key_padding_mask: Mask = None, memory_key_padding_mask: Mask = None,
        src_is_causal: bool | None = None, tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Tensor:  # fmt: skip
        """Shapes `(S, N, E)` and `(T, N, E)` to `(T, N, E)`; masks as those of the layers.

        Raises:
            RuntimeError: The numbers of samples or of features do not fit.
        """
        if src.dim() == 3:
            place = 0 if self.batch_first else 1
            text = "the batch number of src and tgt must be equal"
            check(src.size(place) == tgt.size(place), text)
        text = "the feature number of src and tgt must be equal to d_model"
        check(src.size(-1) == self.d_model == tgt.size(-1), text)
        memory = self.encoder(
            src, mask=src_mask, src_key_padding_mask=src_key_padding_mask, is_causal=src_is_causal
        )
        return self.decoder(
            tgt, memory, tgt_mask=tgt_mask, memory_mask=memory_mask,
            tgt_key_padding_mask=tgt_key_padding_mask,
            memory_key_padding_mask=memory_key_padding_mask, tgt_is_causal=tgt_is_causal,
            memory_is_causal=memory_is_causal,
        )  # fmt: skip
