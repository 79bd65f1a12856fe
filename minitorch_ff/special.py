"""Special functions under their names in `torch.special`.

See: [torch.special](https://docs.pytorch.org/docs/stable/special.html).
"""

from __future__ import annotations

from minitorch_ff._missing import missing as _missing
from minitorch_ff._functions.activation import log_softmax, softmax
from minitorch_ff._functions.activation import sigmoid as expit
from minitorch_ff._functions.exponential import exp2, expm1, log1p, logit, xlog1py, xlogy
from minitorch_ff._functions.out import accept_out as _accept_out
from minitorch_ff._functions.reduction import logsumexp
from minitorch_ff._functions.rounding import round
from minitorch_ff._functions.special import (
    digamma, entr, erf, erfc, erfcx, erfinv, i0, i0e, i1, i1e, log_ndtr, ndtr, ndtri, polygamma,
)  # fmt: skip
from minitorch_ff._functions.special import lgamma as gammaln
from minitorch_ff._functions.trigonometric import sinc

psi = digamma

_accept_out(
    globals(),
    """
entr erf erfc erfcx erfinv exp2 expit expm1 gammaln i0 i0e i1 i1e log1p log_ndtr logit logsumexp
ndtr ndtri polygamma psi round sinc xlog1py xlogy digamma
""",
    "special_",
)

__all__ = [
    "digamma", "entr", "erf", "erfc", "erfcx", "erfinv", "exp2", "expit", "expm1", "gammaln",
    "i0", "i0e", "i1", "i1e", "log1p", "log_ndtr", "log_softmax", "logit", "logsumexp", "ndtr",
    "ndtri", "polygamma", "psi", "round", "sinc", "softmax", "xlog1py", "xlogy",
]  # fmt: skip

__getattr__ = _missing(__name__)
