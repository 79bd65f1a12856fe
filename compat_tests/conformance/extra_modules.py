"""Modules that PyTorch's module database lacks, as rows in the same shape."""

import types

import torch

SEED = 100


def tensor(*shape):
    """A floating-point tensor that requires a gradient."""
    return lambda g, dtype: (
        torch.randn(*shape, generator=g, dtype=torch.float64).to(dtype).requires_grad_(True)
    )


def integers(high, *shape):
    return lambda g, dtype: torch.randint(0, high, shape, generator=g)


def values(nested):
    return lambda g, dtype: torch.tensor(nested)


def parameter(*shape):
    return lambda g, dtype: torch.nn.Parameter(torch.randn(*shape, generator=g))


def module(name, *args, **kwargs):
    return lambda g, dtype: getattr(torch.nn, name)(*args, **kwargs)


def row(name, *args, inputs=(), **kwargs):
    """A module by its constructor's arguments; `inputs` is None for a container."""
    return name, args, kwargs, inputs


ROWS = [
    row("Dropout", 0.5, inputs=(tensor(6, 5),)),
    row("Dropout", 0.0, inputs=(tensor(6, 5),)),
    row("Dropout1d", 0.3, inputs=(tensor(2, 3, 4),)),
    row("Dropout2d", 0.3, inputs=(tensor(2, 3, 4, 4),)),
    row("Dropout3d", 0.3, inputs=(tensor(2, 3, 2, 2, 2),)),
    row("AlphaDropout", 0.2, inputs=(tensor(5, 4),)),
    row("FeatureAlphaDropout", 0.2, inputs=(tensor(2, 3, 4),)),
    row("Flatten", inputs=(tensor(2, 3, 4),)),
    row("Flatten", 0, 1, inputs=(tensor(2, 3, 4),)),
    row("Unflatten", 1, (2, 3), inputs=(tensor(4, 6),)),
    row("Identity", inputs=(tensor(2, 3),)),
    row("Identity", 54, inputs=(tensor(2, 3),), unused=1),
    row("Hardsigmoid", inputs=(tensor(3, 4),)),
    row("RReLU", 0.1, 0.3, inputs=(tensor(3, 4),)),
    row("CosineSimilarity", inputs=(tensor(4, 5), tensor(4, 5)), dim=1),
    row("PairwiseDistance", inputs=(tensor(4, 5), tensor(4, 5)), p=2.0),
    row("PixelShuffle", 2, inputs=(tensor(1, 8, 3, 3),)),
    row("PixelUnshuffle", 2, inputs=(tensor(1, 2, 4, 4),)),
    row("ChannelShuffle", 2, inputs=(tensor(1, 4, 3, 3),)),
    row(
        "TripletMarginLoss",
        inputs=(tensor(4, 5), tensor(4, 5), tensor(4, 5)),
        margin=0.7,
    ),
    row(
        "TripletMarginWithDistanceLoss",
        inputs=(tensor(4, 5), tensor(4, 5), tensor(4, 5)),
    ),
    row("Upsample", inputs=(tensor(1, 2, 3, 3),), scale_factor=2, mode="nearest"),
    row(
        "Upsample",
        inputs=(tensor(1, 2, 3, 3),),
        scale_factor=2,
        mode="bilinear",
        align_corners=True,
    ),
    row("UpsamplingBilinear2d", inputs=(tensor(1, 2, 3, 3),), scale_factor=2),
    row("UpsamplingNearest2d", inputs=(tensor(1, 2, 3, 3),), scale_factor=2),
    row("Fold", (4, 5), (2, 2), inputs=(tensor(1, 12, 12),)),
    row("Unfold", (2, 2), inputs=(tensor(1, 3, 4, 5),)),
    row("EmbeddingBag", 10, 3, inputs=(integers(10, 2, 4),), mode="sum"),
    row("EmbeddingBag", 10, 3, inputs=(integers(10, 2, 4),)),
    row("MaxUnpool2d", 2, 2, inputs=(tensor(1, 1, 2, 2), values([[[[0, 3], [8, 11]]]]))),
    row(
        "TransformerDecoder",
        module("TransformerDecoderLayer", 8, 2, 16, dropout=0.0, batch_first=True),
        2,
        inputs=(tensor(2, 3, 8), tensor(2, 4, 8)),
    ),
    row("LazyLinear", 3, inputs=(tensor(4, 5),)),
    row("LazyBatchNorm1d", inputs=(tensor(4, 5),)),
    row("LazyBatchNorm2d", inputs=(tensor(2, 3, 4, 4),)),
    row(
        "Sequential",
        module("Linear", 4, 5),
        module("ReLU"),
        module("BatchNorm1d", 5),
        module("Linear", 5, 2),
        inputs=(tensor(6, 4),),
    ),
    row("ModuleList", [module("Linear", 4, 5), module("ReLU")], inputs=None),
    row("ModuleDict", {"a": module("Linear", 4, 5), "b": module("ReLU")}, inputs=None),
    row("ParameterList", [parameter(2, 3), parameter(4)], inputs=None),
    row("ParameterDict", {"w": parameter(2, 3), "b": parameter(3)}, inputs=None),
    row("LayerNorm", 5, inputs=(tensor(3, 5),), bias=False),
    row("BatchNorm1d", 4, inputs=(tensor(6, 4),), momentum=None),
    row(
        "LSTM",
        4,
        3,
        inputs=(tensor(2, 5, 4),),
        num_layers=2,
        bidirectional=True,
        batch_first=True,
    ),
    row("GRU", 4, 3, inputs=(tensor(5, 2, 4),), num_layers=2, bidirectional=True),
    row("LSTM", 4, 6, inputs=(tensor(5, 2, 4),), proj_size=2),
    row("Embedding", 10, 3, inputs=(integers(10, 2, 4),), padding_idx=0, max_norm=1.0),
    row(
        "MultiheadAttention",
        8,
        2,
        inputs=(tensor(2, 3, 8), tensor(2, 3, 8), tensor(2, 3, 8)),
        batch_first=True,
    ),
    row(
        "Conv2d",
        2,
        4,
        3,
        inputs=(tensor(1, 2, 6, 6),),
        padding="same",
        padding_mode="reflect",
    ),
]


def extra_module_names() -> list[str]:
    return list(dict.fromkeys(name for name, *_ in ROWS))


def extra_module_cases(name: str, dtype: torch.dtype) -> list:
    """The module's rows in the shape of samples of PyTorch's module database."""
    cases = []
    for number, (row_name, args, kwargs, inputs) in enumerate(ROWS):
        if row_name != name:
            continue
        build = _Builder(torch.Generator().manual_seed(SEED + number), dtype)
        case = types.SimpleNamespace(desc="extra", forward_input=None)
        case.constructor_input = _call(build(args), build(kwargs))
        if inputs is not None:
            case.forward_input = _call(build(inputs), {})
        cases.append(case)
    return cases


def _call(args, kwargs) -> types.SimpleNamespace:
    return types.SimpleNamespace(args=args, kwargs=kwargs)


class _Builder:
    """Makes the tensors and modules that a row only names."""

    def __init__(self, generator: torch.Generator, dtype: torch.dtype) -> None:
        self.generator, self.dtype = generator, dtype

    def __call__(self, value):
        if isinstance(value, types.FunctionType):
            return value(self.generator, self.dtype)
        if isinstance(value, (list, tuple)):
            return type(value)(self(v) for v in value)
        if isinstance(value, dict):
            return {k: self(v) for k, v in value.items()}
        return value
