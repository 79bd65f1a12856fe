"""Tuples with named fields: what `max`, `sort`, `topk` and others return.

They behave as tuples (`values, indices = torch.sort(x)`), give their fields by name
(`torch.sort(x).indices`), and print as PyTorch's do.
"""

from __future__ import annotations

from operator import itemgetter
from typing import Any


class ReturnType(tuple[Any, ...]):
    """A tuple whose fields have names."""

    __slots__ = ()
    fields: tuple[str, ...] = ()

    def __repr__(self) -> str:
        pairs = zip(self.fields, self, strict=True)
        listed = ",\n".join([f"{name}={value!r}" for name, value in pairs])
        return f"torch.return_types.{type(self).__name__}(\n{listed})"

    def __reduce__(self) -> Any:
        return type(self), (tuple(self),)


def named(name: str, *fields: str) -> type[ReturnType]:
    """The class of a function's results."""
    members: dict[str, Any] = {
        field: property(itemgetter(i), doc=f"The result number {i}.")
        for i, field in enumerate(fields)
    }
    members.update(fields=fields, __slots__=(), __doc__=f"What `torch.{name}` returns.")
    members.update(n_fields=len(fields), n_sequence_fields=len(fields))
    members["__module__"] = __name__
    return type(name, (ReturnType,), members)


max = named("max", "values", "indices")
min = named("min", "values", "indices")
median = named("median", "values", "indices")
nanmedian = named("nanmedian", "values", "indices")
mode = named("mode", "values", "indices")
kthvalue = named("kthvalue", "values", "indices")
sort = named("sort", "values", "indices")
topk = named("topk", "values", "indices")
cummax = named("cummax", "values", "indices")
cummin = named("cummin", "values", "indices")
aminmax = named("aminmax", "min", "max")
frexp = named("frexp", "mantissa", "exponent")
histogram = named("histogram", "hist", "bin_edges")
svd = named("svd", "U", "S", "V")
qr = named("qr", "Q", "R")
slogdet = named("slogdet", "sign", "logabsdet")
linalg_svd = named("linalg_svd", "U", "S", "Vh")
linalg_qr = named("linalg_qr", "Q", "R")
linalg_eigh = named("linalg_eigh", "eigenvalues", "eigenvectors")
linalg_slogdet = named("linalg_slogdet", "sign", "logabsdet")
linalg_cholesky_ex = named("linalg_cholesky_ex", "L", "info")
linalg_inv_ex = named("linalg_inv_ex", "inverse", "info")
linalg_solve_ex = named("linalg_solve_ex", "result", "info")
linalg_lstsq = named("linalg_lstsq", "solution", "residuals", "rank", "singular_values")
histogramdd = named("histogramdd", "hist", "bin_edges")
