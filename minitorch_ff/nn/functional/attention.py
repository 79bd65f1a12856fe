"""Attention: values averaged by how well their keys meet a query."""

import math
import warnings
from typing import Any

from minitorch_ff import _dtypes
from minitorch_ff._checks import check, must, must_be_tensors
from minitorch_ff._functions._operands import C_NAMES, known_as, type_name
from minitorch_ff._functions.activation import softmax
from minitorch_ff._functions.arranging import repeat_interleave
from minitorch_ff._functions.conversion import cast
from minitorch_ff._functions.creation import ones
from minitorch_ff._functions.joining import cat
from minitorch_ff._functions.matmul import matmul
from minitorch_ff._functions._autocast import in_lower_precision
from minitorch_ff._tensor import Tensor
from minitorch_ff.nn.functional.dropout import dropout
from minitorch_ff.nn.functional.linear import linear

Optional = Tensor | None

HINT_WITHOUT_MASK = (
    "Need attn_mask if specifying the is_causal hint. You may use the Transformer module method "
    "`generate_square_subsequent_mask` to create this mask."
)


@in_lower_precision
def scaled_dot_product_attention(
    query: Tensor, key: Tensor, value: Tensor, attn_mask: Optional = None,
    dropout_p: float = 0.0, is_causal: bool = False, *, scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:  # fmt: skip
    r"""Average values by the softmax of the products of their keys with each query.

    $$ \mathrm{softmax}\left(\frac{Q K^\top}{\sqrt{E}} + M\right) V $$

    Args:
        query: Shape `(*, L, E)`.
        key: Shape `(*, S, E)`.
        value: Shape `(*, S, V)`.
        attn_mask: Broadcasts to `(*, L, S)`: True where a query may look at a key, or numbers
            added to the scores. A query that may look at none gets zeros.
        dropout_p: The probability of a weight to be zeroed, whether training or not.
        is_causal: Let the i-th query look at the first i keys only.
        scale: The factor of the scores; by default one over the root of `E`.
        enable_gqa: Let several heads of the query share one of key and value.

    Returns:
        Shape `(*, L, V)`.

    Raises:
        RuntimeError: The shapes or dtypes do not fit.

    Example:
        >>> import minitorch_ff as torch
        >>> x = torch.eye(2)
        >>> torch.nn.functional.scaled_dot_product_attention(x, x, x, is_causal=True)
        tensor([[1.0000, 0.0000],
                [0.3302, 0.6698]])

    See: [torch.nn.functional.scaled_dot_product_attention](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.scaled_dot_product_attention.html),
        Vaswani et al., Attention Is All You Need (2017), equation 1.
    """
    q, k, v = check_attention(query, key, value, attn_mask)
    check(
        0 <= dropout_p <= 1, f"dropout probability has to be between 0 and 1, but got {dropout_p}"
    )
    if enable_gqa:
        text = "Number of heads in key and value must divide the number of heads in "
        check(q.shape[-3] % k.shape[-3] == 0 == q.shape[-3] % v.shape[-3], text)
        key = repeat_interleave(key, q.shape[-3] // k.shape[-3], -3)
        value = repeat_interleave(value, q.shape[-3] // v.shape[-3], -3)
    if is_causal:
        text = "_scaled_dot_product_attention: Explicit attn_mask should not be set when"
        mixes = attn_mask is None or (q.ndim == 4 and not dropout_p)
        check(mixes, f"{text} is_causal=True")
        causal = ones(q.shape[-2], k.shape[-2], dtype=_dtypes.bool, device=query.device).tril()
        causal = added(causal, query)
        attn_mask = causal if attn_mask is None else added(attn_mask, query) + causal
    out = attend(query, key, value, attn_mask, dropout_p, scale)[0]
    if q.ndim == k.ndim == 4 and not dropout_p:  # PyTorch has a kernel for it
        if q.strides[1] < q.strides[2]:  # whose result is laid out as the query is
            out = out.transpose(1, 2).contiguous().transpose(1, 2)
        known_as(out, "ScaledDotProductFlashAttentionForCpu")
    return out


def check_attention(query: Tensor, key: Tensor, value: Tensor, mask: Optional) -> Any:
    """The three buffers, if attention can be computed of them.

    Raises:
        RuntimeError: A rank or a dtype does not fit.
    """
    must_be_tensors("scaled_dot_product_attention", query=query, key=key, value=value)
    q, k, v = buffers = query.buffer, key.buffer, value.buffer
    if min(q.ndim, k.ndim, v.ndim) < 2:
        raise unlike("all be  at least 2 dimensional", "dim", [b.ndim for b in buffers])
    if not q.dtype == k.dtype == v.dtype:
        raise unlike("have the same dtype", "dtype", [C_NAMES[b.dtype.name] for b in buffers])
    floats = q.dtype.kind not in "iub"
    check(floats, f"expected scalar type Float but found {type_name(query)}")
    if mask is not None and mask.buffer.dtype.name not in ("bool", "float32", q.dtype.name):
        kind, wanted = C_NAMES[mask.buffer.dtype.name], C_NAMES[q.dtype.name]
        raise RuntimeError(
            "Expected attn_mask dtype to be bool or float or to match query dtype, but got "
            f"attn_mask.dtype: {kind} and  query.dtype: {wanted} instead."
        )
    return buffers


def unlike(wanted: str, what: str, found: list[Any]) -> RuntimeError:
    """The error for a query, a key and a value that do not go together."""
    names = "query", "key", "value"
    q, k, v = [f"{name}.{what}: {x}" for name, x in zip(names, found, strict=True)]
    text = f"Expected query, key, and value to {wanted}, but got"
    return RuntimeError(f"{text} {q} {k} and {v} instead.")


def added(mask: Tensor, like: Tensor) -> Tensor:
    """A mask as numbers to add to scores: where it is False, minus infinity."""
    if mask.buffer.dtype.kind != "b":
        return cast(mask, like.dtype)
    return mask.new_zeros(mask.shape, dtype=like.dtype).masked_fill_(~mask, -math.inf)


def attend(
    query: Tensor, key: Tensor, value: Tensor, mask: Optional, dropout_p: float,
    scale: float | None = None, safe: bool = True,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """The averaged values, and the weights.

    A query that sees no key has weights of zero if it shall be `safe`, else not-a-number.
    """
    factor = 1 / math.sqrt(query.size(-1)) if scale is None else scale
    root = math.sqrt(abs(factor))  # of which each gets one, as in PyTorch
    scores = matmul(query * math.copysign(root, factor), (key * root).transpose(-2, -1))
    blind = None
    if mask is not None:
        mask = added(mask, query)
        if safe:
            blind = (mask == -math.inf).all(-1, keepdim=True)
            if (
                scores.backend.waits or blind.any()
            ):  # without infinities, their gradient is zero too
                mask = mask.masked_fill(blind, 0.0)
            else:
                blind = None
        scores = scores + mask
    weights = softmax(scores, -1)
    if blind is not None:
        weights = weights.masked_fill(blind, 0.0)
    weights = dropout(weights, dropout_p)
    return matmul(weights, value), weights


# --------------------------------------------------------------------------- several heads


def float_mask(
    mask: Optional, name: str, other: Optional, other_name: str, like: Tensor
) -> Optional:
    """A mask that is True where not to look, as numbers to add to scores.

    Raises:
        AssertionError: It is neither boolean nor floating point.
    """
    if mask is None:
        return None
    kind = mask.buffer.dtype.kind
    must(kind not in "iu", f"only bool and floating types of {name} are supported")
    if other is not None and other.buffer.dtype != mask.buffer.dtype:
        warnings.warn(
            f"Support for mismatched {name} and {other_name} is deprecated. Use same type for "
            "both instead.",
            stacklevel=3,
        )
    return added(~mask, like) if kind == "b" else mask


def check_ranks(
    query: Tensor, key: Tensor, value: Tensor, padding: Optional, mask: Optional
) -> int:
    """The number of dimensions: 3, or 2 for one sample alone.

    Raises:
        AssertionError: The tensors do not agree in it.
    """
    rank = query.dim()
    text = f"query should be unbatched 2D or batched 3D tensor but received {rank}-D query tensor"
    must(rank in (2, 3), text)
    start = f"For {'batched' if rank == 3 else 'unbatched'} ({rank}-D) `query`, expected"
    found = f"but found {key.dim()}-D and {value.dim()}-D tensors respectively"
    fits = key.dim() == value.dim() == rank
    must(fits, f"{start} `key` and `value` to be {rank}-D {found}")
    if padding is not None:
        text = f"`key_padding_mask` to be `None` or {rank - 1}-D but found {padding.dim()}-D"
        must(padding.dim() == rank - 1, f"{start} {text} tensor instead")
    if mask is not None:
        text = f"`attn_mask` to be `None`, 2-D or 3-D but found {mask.dim()}-D tensor instead"
        must(mask.dim() in (2, 3), f"{start} {text}")
    return rank


def multi_head_attention_forward(
    query: Tensor, key: Tensor, value: Tensor, embed_dim_to_check: int, num_heads: int,
    in_proj_weight: Optional, in_proj_bias: Optional, bias_k: Optional, bias_v: Optional,
    add_zero_attn: bool, dropout_p: float, out_proj_weight: Tensor, out_proj_bias: Optional,
    training: bool = True, key_padding_mask: Optional = None, need_weights: bool = True,
    attn_mask: Optional = None, use_separate_proj_weight: bool = False,
    q_proj_weight: Optional = None, k_proj_weight: Optional = None,
    v_proj_weight: Optional = None, static_k: Optional = None, static_v: Optional = None,
    average_attn_weights: bool = True, is_causal: bool = False,
) -> tuple[Tensor, Optional]:  # fmt: skip
    """Attention of several heads side by side, between two linear layers.

    Args:
        query: Shape `(L, N, E)`, or `(L, E)` of one sample.
        key: Shape `(S, N, K)`, or `(S, K)`.
        value: Shape `(S, N, V)`, or `(S, V)`.
        embed_dim_to_check: `E`.
        num_heads: How many heads share the `E` features.
        in_proj_weight: The three layers before, one below the other, shape `(3 E, E)`.
        in_proj_bias: Their biases, shape `(3 E)`.
        bias_k: A key to add to the sequence, shape `(1, 1, E)`.
        bias_v: Its value.
        add_zero_attn: Add a key and a value of zeros.
        dropout_p: The probability of a weight to be zeroed.
        out_proj_weight: The layer behind, shape `(E, E)`.
        out_proj_bias: Its bias, shape `(E)`.
        training: Whether dropout is at work.
        key_padding_mask: Shape `(N, S)`: True for keys to ignore, or numbers to add.
        need_weights: Whether to return the weights.
        attn_mask: Shape `(L, S)` or `(N heads, L, S)`: True where not to look, or numbers.
        use_separate_proj_weight: Take the next three instead of `in_proj_weight`.
        q_proj_weight: The query's layer, shape `(E, E)`.
        k_proj_weight: The key's layer, shape `(E, K)`.
        v_proj_weight: The value's layer, shape `(E, V)`.
        static_k: Keys that are ready, shape `(N heads, S, E / heads)`.
        static_v: Values that are ready.
        average_attn_weights: Whether the weights are averaged over the heads.
        is_causal: A hint that `attn_mask` is causal; then it need not be read.

    Returns:
        Shape `(L, N, E)`, and the weights, shape `(N, L, S)` or `(N, heads, L, S)`, or None.

    Raises:
        AssertionError: A shape does not fit.
        RuntimeError: A mask does not fit.

    See: [torch.nn.MultiheadAttention](https://docs.pytorch.org/docs/stable/generated/torch.nn.MultiheadAttention.html).
    """
    same = query is key is value and not use_separate_proj_weight
    rank = check_ranks(query, key, value, key_padding_mask, attn_mask)
    if rank == 2:
        query, key, value = query.unsqueeze(1), key.unsqueeze(1), value.unsqueeze(1)
    length, batch, features = query.shape
    padding = float_mask(key_padding_mask, "key_padding_mask", attn_mask, "attn_mask", query)
    check(not is_causal or attn_mask is not None, HINT_WITHOUT_MASK)
    is_causal = is_causal and padding is None and not need_weights
    mask = None if is_causal else float_mask(attn_mask, "attn_mask", None, "", query)
    text = f"was expecting embedding dimension of {embed_dim_to_check}, but got {features}"
    must(features == embed_dim_to_check, text)
    width = features // num_heads
    text = f"embed_dim {features} not divisible by num_heads {num_heads}"
    must(width * num_heads == features, text)
    if use_separate_proj_weight:
        text = f"key's sequence and batch dims {key.shape[:2]} do not match value's"
        must(key.shape[:2] == value.shape[:2], f"{text} {value.shape[:2]}")
    else:
        text = f"key shape {key.shape} does not match value shape {value.shape}"
        must(key.shape == value.shape, text)
        text = "use_separate_proj_weight is False but in_proj_weight is None"
        must(in_proj_weight is not None, text)

    def heads(x: Tensor) -> Tensor:
        """Shape `(S, N, E)` to `(N, heads, S, E / heads)`."""
        return x.view(x.shape[0], batch, num_heads, width).permute(1, 2, 0, 3)

    weights: Any = in_proj_weight
    biases: Any = in_proj_bias
    if same:  # one product instead of three
        packed = linear(query, weights, biases).view(length, batch, 3, num_heads, width)
        q, k, v = packed.permute(2, 1, 3, 0, 4).unbind(0)
    else:
        separate = q_proj_weight, k_proj_weight, v_proj_weight
        weights = separate if use_separate_proj_weight else weights.chunk(3)
        biases = (None,) * 3 if biases is None else biases.chunk(3)
        parts = []
        for i, x in enumerate((query, key, value)):
            name, wanted = ("query", "key", "value")[i], (features, x.shape[-1])
            text = f"use_separate_proj_weight is True but {name[0]}_proj_weight is None"
            must(weights[i] is not None, text)
            text = f"expecting {name} weights shape of {wanted}, but got {weights[i].shape}"
            must(weights[i].shape == wanted, text)
            parts.append(heads(linear(x, weights[i], biases[i])))
        q, k, v = parts
    if mask is not None:
        allowed = (batch * num_heads, length, key.shape[0])[-mask.dim() :]
        text = f"Expected `attn_mask` shape to be {allowed} but got {mask.shape}"
        must(mask.shape == allowed or mask.dim() == 2 or rank == 3, text)
        text = f"The shape of the {mask.dim()}D attn_mask is {mask.shape}, but should be {allowed}."
        check(mask.shape == allowed, text)
        mask = mask.view(-1, num_heads, *allowed[1:]) if mask.dim() == 3 else mask
    must(bias_k is None or static_k is None, "bias cannot be added to static key.")
    must(bias_v is None or static_v is None, "bias cannot be added to static value.")
    k, v = ready(static_k, "static_k", k), ready(static_v, "static_v", v)
    if padding is not None:
        padding = padding.unsqueeze(0) if rank == 2 else padding
        for i, size in enumerate((batch, k.shape[2])):
            text = f"Expected key_padded_mask.shape[{i}] to be {size}, but got {padding.shape[i]}"
            must(padding.shape[i] == size, text)
        padding = padding.view(batch, 1, 1, -1)
        mask = padding if mask is None else mask + padding
    must((bias_k is None) == (bias_v is None), "bias_k is set but bias_v is None")
    if bias_k is not None and bias_v is not None:
        more = [heads(bias.expand(1, batch, features)) for bias in (bias_k, bias_v)]
        k, v = cat((k, more[0]), 2), cat((v, more[1]), 2)
    if add_zero_attn:
        zeros = k.new_zeros(batch, num_heads, 1, width)
        k, v = cat((k, zeros), 2), cat((v, zeros), 2)
    if mask is not None and mask.shape[-1] < k.shape[2]:  # all may look at what was added
        seen = mask.new_zeros(*mask.shape[:-1], k.shape[2] - mask.shape[-1])
        mask = cat((mask, seen), -1)
    dropout_p = dropout_p if training else 0.0
    if need_weights:
        out, looks = attend(q, k, v, mask, dropout_p, safe=False)
    else:
        out = scaled_dot_product_attention(q, k, v, mask, dropout_p, is_causal)
    out = out.permute(2, 0, 1, 3).reshape(length, batch, features)
    out = linear(out, out_proj_weight, out_proj_bias)
    out = out.squeeze(1) if rank == 2 else out
    if not need_weights:
        return out, None
    looks = looks.mean(1) if average_attn_weights else looks
    return out, looks.squeeze(0) if rank == 2 else looks


def ready(static: Optional, name: str, like: Tensor) -> Tensor:
    """Keys or values that were given, or else those that were computed.

    Raises:
        AssertionError: Those given have another shape.
    """
    if static is None:
        return like
    batch, num_heads, _, width = like.shape
    for dim, size in ((0, batch * num_heads), (2, width)):
        text = f"expecting {name}.size({dim}) of {size}, but got {static.size(dim)}"
        must(static.size(dim) == size, text)
    return static.view(batch, num_heads, -1, width)
