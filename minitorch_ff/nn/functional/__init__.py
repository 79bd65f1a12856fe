"""`torch.nn.functional`: what layers compute, as functions without state."""

from minitorch_ff._functions.activation import sigmoid, tanh
from minitorch_ff._functions.norms import pdist
from minitorch_ff._missing import missing as _missing
from minitorch_ff.nn.functional.activation import (
    celu, celu_, elu, elu_, gelu, glu, gumbel_softmax, hardshrink, hardsigmoid, hardswish,
    hardtanh, hardtanh_,
    leaky_relu, leaky_relu_, log_softmax, logsigmoid, mish, prelu, relu, relu6, relu_, rrelu,
    rrelu_, selu, selu_, silu, softmax, softmin, softplus, softshrink, softsign, tanhshrink,
    threshold, threshold_,
)  # fmt: skip
from minitorch_ff.nn.functional.distance import cosine_similarity, pairwise_distance
from minitorch_ff.nn.functional.dropout import (
    alpha_dropout, dropout, dropout1d, dropout2d, dropout3d, feature_alpha_dropout,
)  # fmt: skip
from minitorch_ff.nn.functional.linear import bilinear, linear
from minitorch_ff.nn.functional.loss import (
    binary_cross_entropy, binary_cross_entropy_with_logits, cross_entropy, huber_loss, kl_div,
    l1_loss, mse_loss, nll_loss, smooth_l1_loss, soft_margin_loss,
)  # fmt: skip
from minitorch_ff.nn.functional.normalization import (
    batch_norm, group_norm, instance_norm, layer_norm, normalize, rms_norm,
)  # fmt: skip
from minitorch_ff.nn.functional.ranking import (
    cosine_embedding_loss, gaussian_nll_loss, hinge_embedding_loss, margin_ranking_loss,
    multi_margin_loss, multilabel_margin_loss, multilabel_soft_margin_loss, poisson_nll_loss,
    triplet_margin_loss, triplet_margin_with_distance_loss,
)  # fmt: skip
from minitorch_ff.nn.functional.sparse import one_hot

__all__ = [
    "alpha_dropout", "batch_norm", "bilinear", "binary_cross_entropy",
    "binary_cross_entropy_with_logits", "celu", "celu_", "cosine_embedding_loss",
    "cosine_similarity", "cross_entropy", "dropout", "dropout1d", "dropout2d", "dropout3d", "elu",
    "elu_", "feature_alpha_dropout", "gaussian_nll_loss", "gelu", "glu", "group_norm",
    "hardshrink", "hardsigmoid", "hardswish", "hardtanh", "hardtanh_", "hinge_embedding_loss",
    "huber_loss", "instance_norm", "kl_div", "l1_loss", "layer_norm", "leaky_relu", "leaky_relu_",
    "linear", "log_softmax", "logsigmoid", "margin_ranking_loss", "mish", "mse_loss",
    "multi_margin_loss", "multilabel_margin_loss", "multilabel_soft_margin_loss", "nll_loss",
    "gumbel_softmax", "pdist",
    "normalize", "one_hot", "pairwise_distance", "poisson_nll_loss", "prelu", "relu", "relu6",
    "relu_", "rms_norm", "rrelu", "rrelu_", "selu", "selu_", "sigmoid", "silu", "smooth_l1_loss",
    "soft_margin_loss", "softmax", "softmin", "softplus", "softshrink", "softsign", "tanh",
    "tanhshrink", "threshold", "threshold_", "triplet_margin_loss",
    "triplet_margin_with_distance_loss",
]  # fmt: skip

__getattr__ = _missing(__name__)
