"""Attention and transformers: what PyTorch's databases do not reach."""

import warnings

import pytest
import torch

import minitorch_ff as ff
from compat_tests.conformance.transfer import to_torch
from compat_tests.worlds import same_in_both

pytestmark = pytest.mark.filterwarnings("ignore:enable_nested_tensor:UserWarning")

MODULES = {
    "attention": lambda nn: nn.MultiheadAttention(8, 2),
    "no bias": lambda nn: nn.MultiheadAttention(8, 4, bias=False, batch_first=True),
    "other sizes": lambda nn: nn.MultiheadAttention(6, 2, kdim=3, vdim=5, add_bias_kv=True),
    "zeros": lambda nn: nn.MultiheadAttention(6, 3, add_zero_attn=True, add_bias_kv=True),
    "encoder layer": lambda nn: nn.TransformerEncoderLayer(8, 2, 12, activation="gelu"),
    "module inside": lambda nn: nn.TransformerEncoderLayer(8, 2, 12, activation=nn.GELU()),
    "decoder layer": lambda nn: nn.TransformerDecoderLayer(8, 2, 12, bias=False),
    "encoder": lambda nn: nn.TransformerEncoder(
        nn.TransformerEncoderLayer(8, 2, 12), 3, nn.LayerNorm(8)
    ),
    "transformer": lambda nn: nn.Transformer(8, 2, 2, 3, 12),
}


@pytest.mark.parametrize("name", MODULES)
def test_initial_values(name):
    """Bit for bit, in PyTorch's order, and the generator is where PyTorch's is."""

    def made(world):
        world.manual_seed(3)
        module = MODULES[name](world.nn)
        state = {key: value.tolist() for key, value in module.state_dict().items()}
        return list(state.items()), repr(module), world.rand(2).tolist()

    assert made(ff) == made(torch)


def test_settings(same):
    def body(w, note):
        for make in MODULES.values():
            module = make(w.nn)
            for name in ("embed_dim", "kdim", "vdim", "num_heads", "head_dim", "batch_first",
                         "dropout", "norm_first", "activation_relu_or_gelu", "d_model", "nhead",
                         "num_layers", "use_nested_tensor", "in_proj_bias"):  # fmt: skip
                note(name, getattr(module, name, None))

    same(body)


@pytest.mark.parametrize("dropout_p", [0.0, 0.3])
def test_random_numbers_of_attention(dropout_p):
    def body(w):
        q, k, v = (w.randn(2, 3, 5, 4, requires_grad=True) for _ in range(3))
        attention = w.nn.functional.scaled_dot_product_attention
        mask = w.ones(5, 5, dtype=w.bool).tril()
        y = attention(q, k, v, mask, dropout_p, scale=0.3)
        (y * y).sum().backward()
        return y, q, k, v, w.rand(1)

    same_in_both(body, tolerance=(1e-5, 1e-5))


def test_a_query_that_sees_nothing():
    def body(w):
        q, bias = w.randn(2, 3, 4, requires_grad=True), w.randn(3, 3)
        bias[1] = -w.inf
        bias.requires_grad_()
        y = w.nn.functional.scaled_dot_product_attention(q, q, q, bias)
        (y * y).sum().backward()
        blind = w.nn.MultiheadAttention(4, 2)
        x, ignored = w.randn(3, 2, 4), w.tensor([[True] * 3, [False] * 3])
        return y, q, bias, *blind(x, x, x, ignored), blind(x, x, x, ignored, False)[0]

    same_in_both(body, tolerance=(1e-5, 1e-5))


@pytest.mark.parametrize("transposed", [False, True])
def test_layout_of_the_result(transposed):
    """As the query's, so that heads can be put together again without a copy."""

    def body(w):
        q = w.randn(2, 5, 3, 4).transpose(1, 2) if transposed else w.randn(2, 3, 5, 4)
        y = w.nn.functional.scaled_dot_product_attention(q, q, q.clone().requires_grad_())
        return y.stride(), y.grad_fn.name()

    same_in_both(body)


def test_second_gradients():
    """Of PyTorch's composed form; its kernel has none."""

    def body(w):
        module = w.nn.TransformerEncoderLayer(4, 2, 6, 0.0, w.tanh, norm_first=True).double()
        x = w.randn(3, 2, 4, dtype=w.float64, requires_grad=True)
        attended, weights = module.self_attn(x, x, x, attn_mask=w.ones(3, 3).triu(1).bool())
        y = module._ff_block(attended).pow(3).sum() + weights.square().sum()
        (slope,) = w.autograd.grad(y, x, create_graph=True)
        slope.square().sum().backward()
        return slope, x, [p for p in module.parameters() if p.grad is not None]

    same_in_both(body)


def test_dropout_while_training():
    def body(w):
        model = w.nn.Transformer(8, 2, 1, 1, 12, batch_first=True)
        src, tgt = w.randn(2, 5, 8, requires_grad=True), w.randn(2, 4, 8)
        mask = w.nn.Transformer.generate_square_subsequent_mask(4)
        model(src, tgt, tgt_mask=mask, tgt_is_causal=True).square().sum().backward()
        attention = w.nn.MultiheadAttention(8, 2, dropout=0.5)
        return src, attention(src, src, src), w.rand(1)

    same_in_both(body, tolerance=(1e-4, 1e-5))


# ------------------------------------------------------------- PyTorch's kernels for inference

LEFT = [[0, 0, 0, 1, 1], [0, 0, 0, 0, 0]]
SCATTERED = [[0, 0, 1, 0, 1], [0, 0, 0, 0, 0]]


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors:UserWarning")
@pytest.mark.parametrize("padding", [LEFT, SCATTERED], ids=["left", "scattered"])
def test_padding_is_left_out_while_evaluating(same, padding):
    def body(w, note):
        for checked in (True, False):
            layer = w.nn.TransformerEncoderLayer(4, 2, 8, batch_first=True)
            encoder = w.nn.TransformerEncoder(layer, 2, w.nn.LayerNorm(4), mask_check=checked)
            encoder.eval()
            x, ignored = w.randn(2, 5, 4), w.tensor(padding).bool()
            if checked or padding is LEFT:  # else PyTorch ignores others than it was told
                with w.no_grad():
                    note(encoder(x, src_key_padding_mask=ignored))
                    note(encoder(x, w.zeros(5, 5).bool(), ignored), encoder(x[0]))
            note(encoder(x, src_key_padding_mask=ignored))
            with w.no_grad():
                note.attempt(encoder, x, src_key_padding_mask=w.ones(2, 5).bool())

    same(body)


def test_numbers_in_masks_while_evaluating(same):
    """The kernel takes every number but zero for "do not look", so far as PyTorch calls it."""

    def body(w, note):
        x, slope = w.randn(2, 5, 4), -w.arange(5.0).expand(5, 5) * 0.3
        for settings in ({}, {"norm_first": True}, {"bias": False}, {"activation": w.tanh},
                         {"batch_first": False}, {"nhead": 1}):  # fmt: skip
            settings = {"nhead": 2, "batch_first": True, **settings}
            layer = w.nn.TransformerEncoderLayer(4, dim_feedforward=8, **settings).eval()
            mask = slope if settings["batch_first"] else slope[:2, :2]
            note(layer(x, mask))
            with w.no_grad():
                note(layer(x, mask))
                hook = layer.linear1.register_forward_hook(lambda *_: None)
                note(layer(x, mask))
                hook.remove()
                note(layer.self_attn(x, x, x, attn_mask=mask))

    same(body)


def test_warnings(same):
    def body(w, note):
        nn = w.nn

        def layer(**settings):
            return nn.TransformerEncoderLayer(**{"d_model": 4, "nhead": 2, **settings})

        uneven = layer(batch_first=True)
        uneven.norm1.eps = 1e-3
        for inner in (layer(), layer(batch_first=True), layer(batch_first=True, norm_first=True),
                      layer(batch_first=True, bias=False), layer(batch_first=True, nhead=1),
                      layer(batch_first=True, activation=w.tanh), uneven, nn.Linear(3, 4),
                      nn.TransformerDecoderLayer(4, 2)):  # fmt: skip
            note.attempt(nn.TransformerEncoder, inner, 1)
            note.attempt(nn.TransformerEncoder, inner, 1, enable_nested_tensor=False)
        note.attempt(nn.Transformer, 4, 2, 1, 1, 8)
        x, ignored = w.randn(3, 2, 4), w.zeros(2, 3, dtype=w.bool)
        attention, encoder = nn.MultiheadAttention(4, 2), layer(dropout=0.0)
        note.attempt(attention, x, x, x, ignored, attn_mask=w.zeros(3, 3))
        note.attempt(encoder, x, w.zeros(3, 3), ignored)

    same(body)


def test_bad_calls(same):
    def body(w, note):
        nn, functional = w.nn, w.nn.functional
        x, m = w.randn(5, 2, 4), nn.MultiheadAttention(4, 2)
        flags, numbers = w.zeros(5, 5, dtype=w.bool), w.zeros(5, 5)
        one = x[:, 0]
        for size, heads in ((0, 2), (4, 0), (5, 2)):
            note.attempt(nn.MultiheadAttention, size, heads)
        for inputs in ((one, x, x), (x[None], x, x), (one[0], x, x), (x, x, x[:4]),
                       (w.randn(5, 2, 6), x, x), (x, w.randn(5, 2, 6), x)):  # fmt: skip
            note.attempt(m, *inputs)
        for ignored in (flags[:2].T, flags[0], flags[:2].long(), flags[:2, :4]):
            note.attempt(m, x, x, x, ignored)
            note.attempt(m, x, x, x, ignored, need_weights=False)
        for mask in (flags.long(), numbers[:4], flags.expand(2, 5, 5), flags[0], flags[None, None]):
            note.attempt(m, x, x, x, attn_mask=mask)
        note.attempt(m, one, one, one, flags[:1])
        note.attempt(m, one, one, one, attn_mask=flags[None])
        note.attempt(m, x, x, x, is_causal=True)
        other = nn.MultiheadAttention(4, 2, kdim=3, vdim=5)
        note.attempt(other, x, x, x)
        note.attempt(other, x, x[..., :3], w.randn(4, 2, 5))
        forward = functional.multi_head_attention_forward
        rest = m.out_proj.weight, m.out_proj.bias

        def call(features=4, heads=2, weight=m.in_proj_weight, bias=(None, None), **settings):
            return forward(x, x, x, features, heads, weight, m.in_proj_bias, *bias, False, 0.0,
                           *rest, **settings)  # fmt: skip

        token, static = w.zeros(1, 1, 4), w.zeros(4, 5, 2)
        for settings in ({"features": 5}, {"heads": 3}, {"weight": None}, {"bias": (token, None)},
                         {"use_separate_proj_weight": True}, {"static_k": static[:3]},
                         {"static_v": static[..., :1]},
                         {"bias": (token, token), "static_k": static},
                         {"bias": (token, token), "static_v": static},
                         {"static_k": static, "static_v": static}):  # fmt: skip
            note.attempt(call, **settings)
        attend = functional.scaled_dot_product_attention
        q = w.randn(2, 2, 3, 4)
        for inputs in ((q, q.double(), q), (q[0, 0, 0], q, q), (q.long(),) * 3, ([1], q, q),
                       (q, w.randn(2, 2, 3, 5), q), (q, w.randn(3, 2, 3, 4), q),
                       (q, q, q, w.zeros(4, 3)), (q, q, q, w.zeros(3, 3).double()),
                       (q[0], q[0], q[0], w.ones(3, 3).bool(), 0.0, True),
                       (q, q, q, None, 1.5)):  # fmt: skip
            note.attempt(attend, *inputs)
        note.attempt(attend, w.randn(2, 3, 3, 4), q, q, enable_gqa=True)
        note(attend(q, q, q, w.zeros(3, 3), 0.0, True))
        for kind in (nn.TransformerEncoderLayer, nn.TransformerDecoderLayer):
            note.attempt(kind, 4, 2, activation="tanh")
        model = nn.Transformer(4, 2, 1, 1, 8, 0.0)
        for tgt in (x[:, :1], w.randn(3, 2, 5), x[:3]):
            note.attempt(model, x, tgt)
        note.attempt(model, x, x, tgt_is_causal=True)
        note.attempt(model.encoder, x, flags.long())
        note.attempt(model.encoder, x, src_key_padding_mask=flags[:2].long())

    same(body)


def test_kernels_are_chosen(same):
    def body(w, note):
        kernel, kinds = w.nn.attention.sdpa_kernel, w.nn.attention.SDPBackend
        note([str(kind) for kind in kinds.__members__.values()], [kinds.MATH.value])
        q = w.randn(1, 2, 3, 4)

        def attend(*args, **settings):
            with kernel(*args, **settings):
                return w.nn.functional.scaled_dot_product_attention(q, q, q)

        note.attempt(attend, kinds.MATH)
        note.attempt(attend, [kinds.FLASH_ATTENTION, kinds.MATH], set_priority=True)
        note.attempt(attend, "math")

    same(body)


def test_weights_are_loaded_from_pytorch():
    theirs, ours = MODULES["encoder"](torch.nn), MODULES["encoder"](ff.nn)
    ours.load_state_dict({k: ff.tensor(v.numpy()) for k, v in theirs.state_dict().items()})
    x = torch.randn(3, 2, 8)
    expected = theirs.eval()(x)
    torch.testing.assert_close(to_torch(ours.eval()(ff.tensor(x.numpy())), ff), expected)


def test_the_copies_start_alike():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        encoder = MODULES["encoder"](ff.nn)
    first, *others = [layer.state_dict() for layer in encoder.layers]
    assert len(others) == 2
    assert all(ff.equal(first[k], other[k]) for other in others for k in first)
    assert len({id(p) for p in encoder.parameters()}) == len(list(encoder.parameters()))
