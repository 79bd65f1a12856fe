"""Vectors of numbers that are normal together."""

from __future__ import annotations

from typing import Any

from minitorch_ff._functions.creation import eye
from minitorch_ff._functions.joining import broadcast_shapes
from minitorch_ff._tensor import Tensor
from minitorch_ff.distributions import constraints
from minitorch_ff.distributions.distribution import Distribution, same_as, standard_normal
from minitorch_ff.distributions.utils import HALF_LOG_TAU, lazy_property
from minitorch_ff.linalg import cholesky, solve_triangular

__all__ = ["MultivariateNormal"]


def inverse_root(root: Tensor) -> Tensor:
    """The inverse of a lower triangular matrix."""
    identity = eye(root.shape[-1], dtype=root.dtype, device=root.device)
    return solve_triangular(root, identity, upper=False)


def log_diagonal(root: Tensor) -> Tensor:
    """The logarithm of a triangular matrix's determinant."""
    return root.diagonal(dim1=-2, dim2=-1).log().sum(-1)


def squared_lengths(root: Tensor, vectors: Tensor) -> Tensor:
    """The squared lengths of vectors (rows) in the metric of `root`: Mahalanobis's."""
    return solve_triangular(root, vectors.unsqueeze(-1), upper=False).squeeze(-1).pow(2).sum(-1)


class MultivariateNormal(Distribution):
    """The normal distribution of vectors.

    Args:
        loc: The mean. Shape `(…, n)`.
        covariance_matrix: The covariances; this or one of the other two. `(…, n, n)`.
        precision_matrix: Their inverse.
        scale_tril: Their Cholesky factor: lower triangular, with a positive diagonal.
        validate_args: See `Distribution`.

    Raises:
        ValueError: `loc` has no dimension, or there is not exactly one matrix.

    Example:
        >>> import minitorch_ff as torch
        >>> from minitorch_ff.distributions import MultivariateNormal
        >>> MultivariateNormal(torch.zeros(2), torch.eye(2)).log_prob(torch.zeros(2))
        tensor(-1.8379)

    See: [torch.distributions.multivariate_normal.MultivariateNormal](https://docs.pytorch.org/docs/stable/distributions.html#multivariatenormal).
    """

    arg_constraints = {
        "loc": constraints.real_vector,
        "covariance_matrix": constraints.positive_definite,
        "precision_matrix": constraints.positive_definite,
        "scale_tril": constraints.lower_cholesky,
    }
    support = constraints.real_vector
    has_rsample = True
    mean = mode = same_as("loc")
    _fixed = ("_root",)

    def __init__(
        self, loc: Tensor, covariance_matrix: Any = None, precision_matrix: Any = None,
        scale_tril: Any = None, validate_args: bool | None = None,
    ) -> None:  # fmt: skip
        if loc.dim() < 1:
            raise ValueError("loc must be at least one-dimensional.")
        matrices = {
            "scale_tril": scale_tril,
            "covariance_matrix": covariance_matrix,
            "precision_matrix": precision_matrix,
        }
        given = {name: matrix for name, matrix in matrices.items() if matrix is not None}
        if len(given) != 1:
            raise ValueError(
                "Exactly one of covariance_matrix or precision_matrix or scale_tril may be "
                "specified."
            )
        ((name, matrix),) = given.items()
        if matrix.dim() < 2:
            what = f"{name} matrix" if name == "scale_tril" else name
            raise ValueError(
                f"{what} must be at least two-dimensional, with optional leading batch dimensions"
            )
        batch = broadcast_shapes(matrix.shape[:-2], loc.shape[:-1])
        self.__dict__[name] = matrix.expand((*batch, -1, -1))
        self.loc = loc.expand((*batch, -1))
        super().__init__(batch, self.loc.shape[-1:], validate_args)
        if name == "scale_tril":
            self._root = matrix
        elif name == "covariance_matrix":
            self._root = cholesky(matrix)
        else:  # the factor of the flipped matrix, flipped back, is the inverse of the one wanted
            flipped = cholesky(matrix.flip(-2, -1)).flip(-2, -1)
            self._root = inverse_root(flipped.mT)

    def _whole(self, matrix: Tensor) -> Tensor:
        return matrix.expand(self._batch_shape + self._event_shape + self._event_shape)

    @lazy_property
    def scale_tril(self) -> Tensor:
        """The covariances' Cholesky factor."""
        return self._whole(self._root)

    @lazy_property
    def covariance_matrix(self) -> Tensor:
        """The covariances."""
        return self._whole(self._root @ self._root.mT)

    @lazy_property
    def precision_matrix(self) -> Tensor:
        """The inverse of the covariances."""
        inverse = inverse_root(self._root)
        return self._whole(inverse.mT @ inverse)

    @property
    def variance(self) -> Tensor:
        return self._root.pow(2).sum(-1).expand(self._batch_shape + self._event_shape)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        noise = standard_normal(self._extended_shape(sample_shape), self.loc)
        return self.loc + (self._root @ noise.unsqueeze(-1)).squeeze(-1)

    def _log_prob(self, value: Tensor) -> Tensor:
        lengths = squared_lengths(self._root, value - self.loc)
        norm = self._event_shape[0] * HALF_LOG_TAU
        return -0.5 * lengths - norm - log_diagonal(self._root)

    def entropy(self) -> Tensor:
        each = self._event_shape[0] * (0.5 + HALF_LOG_TAU) + log_diagonal(self._root)
        return each.expand(self._batch_shape)
