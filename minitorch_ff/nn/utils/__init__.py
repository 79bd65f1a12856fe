"""Helpers for modules: gradient clipping, parameter vectors, parametrizations."""

from minitorch_ff._missing import missing as _missing
from minitorch_ff.nn.utils import parametrizations, parametrize, rnn, stateless
from minitorch_ff.nn.utils.clip_grad import _clip_grads_with_norm_ as clip_grads_with_norm_
from minitorch_ff.nn.utils.clip_grad import _get_total_norm as get_total_norm
from minitorch_ff.nn.utils.clip_grad import clip_grad_norm, clip_grad_norm_, clip_grad_value_
from minitorch_ff.nn.utils.convert_parameters import parameters_to_vector, vector_to_parameters
from minitorch_ff.nn.utils.init import skip_init
from minitorch_ff.nn.utils.spectral_norm import remove_spectral_norm, spectral_norm
from minitorch_ff.nn.utils.weight_norm import remove_weight_norm, weight_norm

__all__ = [
    "clip_grad_norm", "clip_grad_norm_", "clip_grad_value_", "clip_grads_with_norm_",
    "get_total_norm", "parameters_to_vector", "parametrizations", "parametrize",
    "remove_spectral_norm", "remove_weight_norm", "rnn", "skip_init", "spectral_norm",
    "stateless", "vector_to_parameters", "weight_norm",
]  # fmt: skip

__getattr__ = _missing(__name__)
