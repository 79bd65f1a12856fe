"""Products of vectors and matrices: `torch.matmul`, `torch.mm`, `torch.addmm`, and so on."""

from __future__ import annotations

import math
from typing import Any

from minitorch_ff._checks import check, must_be_tensors, warn_once, wrap_dim
from minitorch_ff._functions import arithmetic
from minitorch_ff._functions._autocast import (
    as_given, casting, casts, in_lower_precision, lower, widest,
)  # fmt: skip
from minitorch_ff._functions._operands import C_NAMES, Tensor, known_as, type_name
from minitorch_ff.firefly.ops import matmul as ops
from minitorch_ff.firefly.ops.base import (
    HALVES, ON_CUDA, apply, check_broadcast, check_same_device, refuse,
)  # fmt: skip

CROSS_WITHOUT_DIM = (
    "Using torch.cross without specifying the dim arg is deprecated.\n"
    "Please either pass the dim explicitly or simply use torch.linalg.cross.\n"
    "The default value of dim will change to agree with that of linalg.cross in a future release."
)


def matmul(input: Tensor, other: Tensor) -> Tensor:
    """The product of two vectors, matrices or stacks of matrices.

    Args:
        input: Shape `(n)`, `(m, n)` or `(*, m, n)`.
        other: Shape `(n)`, `(n, p)` or `(*, n, p)`.

    Returns:
        Two vectors give a number; a vector on the left counts as a row, on the right as a
        column, and its dimension goes; leading dimensions are broadcast.

    Raises:
        RuntimeError: The shapes do not fit, or the dtypes differ.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.matmul(torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0], [4.0]]))
        tensor([[11.]])

    See: rule [`MatMul`][minitorch_ff.firefly.ops.matmul.MatMul],
        [torch.matmul](https://docs.pytorch.org/docs/stable/generated/torch.matmul.html).
    """
    if casting:
        input, other = lower(input, other)
    a, b = input.buffer, other.buffer
    if a.dtype is not b.dtype or not a.ndim or not b.ndim or a.dtype.kind == "b":
        check_operands(input, other)
    try:
        return apply(ops.MatMul, input, other)
    except (ValueError, TypeError):
        raise shapes_do_not_fit(a.shape, b.shape) from None


def check_operands(input: Tensor, other: Tensor) -> None:
    """Refuse operands that no product has.

    Raises:
        RuntimeError: One is a number, or the dtypes differ.
        NotImplementedError: They are boolean.
    """
    a, b = input.buffer, other.buffer
    text = f"both arguments to matmul need to be at least 1D, but they are {a.ndim}D and {b.ndim}D"
    check(a.ndim and b.ndim, text)
    check_same_device(input, other, method=ON_CUDA["MatMul"])
    if a.dtype != b.dtype:
        first, second = type_name(input), type_name(other)
        text = f"dot : expected both vectors to have same dtype, but found {first} and {second}"
        check(not a.ndim == b.ndim == 1, text)
        check(a.ndim <= 2 or b.ndim <= 2, f"expected scalar type {first} but found {second}")
        raise dtypes_differ(a, b)
    if a.dtype.kind == "b":
        raise NotImplementedError("\"addmm_impl_cpu_\" not implemented for 'Bool'")


def dtypes_differ(a: Any, b: Any) -> RuntimeError:
    """The error for a product of two dtypes."""
    return RuntimeError(
        "expected m1 and m2 to have the same dtype, but got: "
        f"{C_NAMES[a.dtype.name]} != {C_NAMES[b.dtype.name]}"
    )


def shapes_do_not_fit(a: tuple[int, ...], b: tuple[int, ...]) -> RuntimeError:
    """The error for a product of two shapes, in PyTorch's words for their ranks."""
    if len(a) == len(b) == 1:
        return RuntimeError(
            f"inconsistent tensor size, expected tensor [{a[0]}] and src [{b[0]}] to have the "
            f"same number of elements, but got {a[0]} and {b[0]} elements respectively"
        )
    if len(b) == 1 and len(a) == 2:
        return RuntimeError(f"size mismatch, got input ({a[0]}), mat ({a[0]}x{a[1]}), vec ({b[0]})")
    if (len(a) <= 2 and len(b) <= 2) or len(b) == 2:
        rows = math.prod(a[:-1])
        return RuntimeError(
            f"mat1 and mat2 shapes cannot be multiplied ({rows}x{a[-1]} and {b[0]}x{b[-1]})"
        )
    if len(b) > 2 and len(a) >= 2 and a[-1] == b[-2]:
        check_broadcast(a[:-2], b[:-2])
    batch = math.prod(a[:-2] if len(a) > 2 else b[:-2])
    return stacks_do_not_fit(batch, a[-1], batch, b[-2] if len(b) > 1 else b[-1])


def mm(input: Tensor, mat2: Tensor) -> Tensor:
    """The product of two matrices, `(m, n)` and `(n, p)`.

    Raises:
        RuntimeError: One is no matrix, the shapes do not fit, or the dtypes differ.

    See: [torch.mm](https://docs.pytorch.org/docs/stable/generated/torch.mm.html).
    """
    check(input.buffer.ndim == 2, "self must be a matrix")
    check(mat2.buffer.ndim == 2, "mat2 must be a matrix")
    return matmul(input, mat2)


@in_lower_precision
def bmm(input: Tensor, mat2: Tensor) -> Tensor:
    """The products of two stacks of matrices, `(b, m, n)` and `(b, n, p)`.

    Raises:
        RuntimeError: One is no stack, the shapes do not fit, or the dtypes differ.

    See: [torch.bmm](https://docs.pytorch.org/docs/stable/generated/torch.bmm.html).
    """
    check_stacks(input, mat2)
    return apply(ops.MatMul, input, mat2, called="Bmm")


def check_stacks(input: Tensor, mat2: Tensor) -> None:
    """Refuse what `bmm` cannot multiply."""
    a, b = input.buffer.shape, mat2.buffer.shape
    check(len(a) == 3, "batch1 must be a 3D tensor")
    check(len(b) == 3, "batch2 must be a 3D tensor")
    if a[0] != b[0] or a[2] != b[1]:
        raise stacks_do_not_fit(a[0], a[2], b[0], b[1])
    if input.buffer.dtype != mat2.buffer.dtype:
        check_operands(input, mat2)
    refuse(input.buffer, "b", "bmm")


def stacks_do_not_fit(batch: int, columns: int, *second: int) -> RuntimeError:
    """The error for two stacks of matrices that have no product."""
    return RuntimeError(
        "Expected size for first two dimensions of batch2 tensor to be: "
        f"[{batch}, {columns}] but got: {list(second)}."
    )


@casts(cpu=as_given, cuda=lower)
def mv(input: Tensor, vec: Tensor) -> Tensor:
    """The product of a matrix `(m, n)` and a vector `(n)`.

    See: [torch.mv](https://docs.pytorch.org/docs/stable/generated/torch.mv.html).
    """
    a, b = input.buffer, vec.buffer
    if a.ndim != 2 or b.ndim != 1:
        raise RuntimeError(f"vector + matrix @ vector expected, got 1, {a.ndim}, {b.ndim}")
    return matmul(input, vec)


@casts(cpu=as_given, cuda=widest)
def dot(input: Tensor, tensor: Tensor) -> Tensor:
    """The sum of the products of two vectors' elements.

    Raises:
        RuntimeError: One is no vector, the lengths or the dtypes differ.

    See: [torch.dot](https://docs.pytorch.org/docs/stable/generated/torch.dot.html).
    """
    a, b = input.buffer, tensor.buffer
    if a.ndim != 1 or b.ndim != 1:
        raise RuntimeError(f"1D tensors expected, but got {a.ndim}D and {b.ndim}D tensors")
    return matmul(input, tensor)


vdot = dot


@casts(cuda=as_given)
def inner(input: Tensor, other: Tensor) -> Tensor:
    """Sums of products over the last dimension of both.

    Raises:
        RuntimeError: The last dimensions differ.

    See: [torch.inner](https://docs.pytorch.org/docs/stable/generated/torch.inner.html).
    """
    a, b = input.buffer.shape, other.buffer.shape
    if not a or not b:
        return arithmetic.mul(input, other)
    text = "inner() the last dimension must match on both input tensors but got shapes"
    check(a[-1] == b[-1], f"{text} {list(a)} and {list(b)}")
    rows = other.reshape(-1, b[-1])
    return matmul(input.reshape(-1, a[-1]), rows.t()).reshape(a[:-1] + b[:-1])


def outer(input: Tensor, vec2: Tensor) -> Tensor:
    """All products of an element of one vector with an element of another.

    Raises:
        RuntimeError: One is no vector.

    See: [torch.outer](https://docs.pytorch.org/docs/stable/generated/torch.outer.html).
    """
    for name, ndim in (("self", input.buffer.ndim), ("vec2", vec2.buffer.ndim)):
        check(ndim == 1, f"outer: Expected 1-D argument {name}, but got {ndim}-D")
    return arithmetic.mul(input.reshape(-1, 1), vec2)


@in_lower_precision
def addmm(
    input: Tensor, mat1: Tensor, mat2: Tensor, *, beta: float = 1, alpha: float = 1
) -> Tensor:
    """`beta input + alpha mat1 mat2`.

    Args:
        input: A shape that broadcasts to the product's.
        mat1: Shape `(m, n)`.
        mat2: Shape `(n, p)`.
        beta: The factor of `input`; with 0 it is not read.
        alpha: The factor of the product.

    Raises:
        RuntimeError: The shapes do not fit, or the dtypes differ.

    See: rule [`Addmm`][minitorch_ff.firefly.ops.matmul.Addmm],
        [torch.addmm](https://docs.pytorch.org/docs/stable/generated/torch.addmm.html).
    """
    a, b = mat1.buffer, mat2.buffer
    if a.ndim != 2 or b.ndim != 2:
        which, rank = ("mat1", a.ndim) if a.ndim != 2 else ("mat2", b.ndim)
        raise RuntimeError(f"{which} must be a matrix, got {rank}-D tensor")
    if a.shape[1] != b.shape[0]:
        raise shapes_do_not_fit(a.shape, b.shape)
    if a.dtype != b.dtype:
        raise dtypes_differ(a, b)
    bias = input.expand(a.shape[0], b.shape[1])
    beta, alpha = factors(a, beta, alpha)
    return apply(ops.Addmm, bias, mat1, mat2, beta=beta, alpha=alpha)


def factors(buffer: Any, beta: float, alpha: float) -> tuple[float, float]:
    """`beta` and `alpha` as a product of this dtype takes them: integers cut them off."""
    if buffer.dtype.kind == "b":
        return bool(beta), bool(alpha)
    if buffer.dtype.kind in "iu":
        return int(beta), int(alpha)
    return beta, alpha


@casts(cuda=lower)
def addmv(input: Tensor, mat: Tensor, vec: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """`beta input + alpha mat vec`.

    See: [torch.addmv](https://docs.pytorch.org/docs/stable/generated/torch.addmv.html).
    """
    a, b = mat.buffer, vec.buffer
    fits = a.ndim == 2 and b.shape == a.shape[1:] and a.dtype == b.dtype == input.buffer.dtype
    if not fits or a.dtype.name not in HALVES:
        return weighted_sum(input, mv(mat, vec), beta, alpha)
    if a.size <= 4096:  # PyTorch's own kernel, in which the factors are half precision
        alpha = float(a.dtype.type(alpha))
        if beta:
            input, beta = arithmetic.mul(input, beta), 1
    return apply(ops.Addmm, input, mat, vec, beta=beta, alpha=alpha, called="Addmv")


@casts(cuda=lower)
def addr(input: Tensor, vec1: Tensor, vec2: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """`beta input + alpha vec1 vec2ᵀ`.

    See: [torch.addr](https://docs.pytorch.org/docs/stable/generated/torch.addr.html).
    """
    return weighted_sum(input, outer(vec1, vec2), beta, alpha)


@in_lower_precision
def baddbmm(
    input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: float = 1, alpha: float = 1
) -> Tensor:
    """`beta input + alpha batch1 batch2`, stack by stack.

    See: [torch.baddbmm](https://docs.pytorch.org/docs/stable/generated/torch.baddbmm.html).
    """
    check_stacks(batch1, batch2)
    (count, rows, _), columns = batch1.buffer.shape, batch2.buffer.shape[2]
    beta, alpha = factors(batch1.buffer, beta, alpha)
    settings = {"beta": beta, "alpha": alpha, "called": "Baddbmm"}
    return apply(ops.Addmm, input.expand(count, rows, columns), batch1, batch2, **settings)


@in_lower_precision
def addbmm(
    input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: float = 1, alpha: float = 1
) -> Tensor:
    """`beta input + alpha` times the sum of all `batch1[i] batch2[i]`.

    See: [torch.addbmm](https://docs.pytorch.org/docs/stable/generated/torch.addbmm.html).
    """
    check_stacks(batch1, batch2)
    if batch1.buffer.dtype.name in HALVES and len(batch1.buffer):
        for a, b in zip(batch1, batch2, strict=True):  # rounded at each step, as in PyTorch
            input, beta = addmm(input, a, b, beta=beta, alpha=alpha), 1
        return input
    product = bmm(batch1, batch2).sum(0)
    return weighted_sum(input.expand(product.shape), product, beta, alpha)


def weighted_sum(input: Tensor, product: Tensor, beta: float, alpha: float) -> Tensor:
    """`beta input + alpha product`; with `beta` 0 the input is not read."""
    beta, alpha = factors(product.buffer, beta, alpha)
    if alpha != 1:
        product = arithmetic.mul(product, alpha)
    if beta == 0:
        return product
    return arithmetic.add(product, input if beta == 1 else arithmetic.mul(input, beta))


@casts(cuda=widest)
def tensordot(a: Tensor, b: Tensor, dims: Any = 2) -> Tensor:
    """Sums of products over several dimensions of both.

    Args:
        a: Any shape.
        b: Any shape.
        dims: How many of the last dimensions of `a` meet the first of `b`, or two lists of
            dimensions that meet.

    Raises:
        RuntimeError: The dimensions that meet differ in size or number.

    See: [torch.tensordot](https://docs.pytorch.org/docs/stable/generated/torch.tensordot.html).
    """
    if hasattr(dims, "tolist"):
        dims = dims.tolist()
    if isinstance(dims, int):
        check(dims >= 0, f"tensordot expects dims >= 0, but got dims={dims}")
        if dims > min(a.ndim, b.ndim):
            raise RuntimeError(f"tensordot expects dims < ndim_a or ndim_b, but got dims={dims}")
        dims = list(range(a.ndim - dims, a.ndim)), list(range(dims))
    first = [d % a.ndim for d in dims[0]]
    second = [d % b.ndim for d in dims[1]]
    check(len(first) == len(second), "both dimension lists should have same length")
    for i, j in zip(first, second, strict=True):
        if a.shape[i] == 1:  # it meets every element of the other: their sum
            b = b.sum(j, keepdim=True)
        elif b.shape[j] == 1:
            a = a.sum(i, keepdim=True)
        elif a.shape[i] != b.shape[j]:
            raise RuntimeError(
                f"contracted dimensions need to match, but first has size {a.shape[i]} in dim "
                f"{i} and second has size {b.shape[j]} in dim {j}"
            )
    free_a = [i for i in range(a.ndim) if i not in first]
    free_b = [j for j in range(b.ndim) if j not in second]
    met = math.prod([a.shape[i] for i in first])
    left = a.permute(free_a + first).reshape(-1, met)
    right = b.permute(second + free_b).reshape(met, -1)
    shape = [a.shape[i] for i in free_a] + [b.shape[j] for j in free_b]
    return matmul(left, right).reshape(shape)


def kron(input: Tensor, other: Tensor) -> Tensor:
    """The Kronecker product: every element of `input` times the whole of `other`.

    Args:
        input: Any shape.
        other: Any shape; the shorter one of the two gets leading dimensions of size 1.

    Returns:
        In each dimension the product of the sizes.

    Example:
        >>> import minitorch_ff as torch
        >>> torch.kron(torch.tensor([[1, 10]]), torch.tensor([[1, 2], [3, 4]]))
        tensor([[ 1,  2, 10, 20],
                [ 3,  4, 30, 40]])

    See: [torch.kron](https://docs.pytorch.org/docs/stable/generated/torch.kron.html).
    """
    must_be_tensors("kron", input=input, other=other)
    rank = max(input.ndim, other.ndim)
    a, b = [(1,) * (rank - t.ndim) + tuple(t.shape) for t in (input, other)]
    left = input.reshape([size for n in a for size in (n, 1)])
    right = other.reshape([size for n in b for size in (1, n)])
    product = arithmetic.mul(left, right).reshape([n * m for n, m in zip(a, b, strict=True)])
    return known_as(product, "UnsafeView")


def cross(input: Tensor, other: Tensor, dim: int | None = None) -> Tensor:
    """The vectors perpendicular to two others; see `torch.linalg.cross`.

    Args:
        input: Three elements in dimension `dim`.
        other: A shape that broadcasts with it.
        dim: The vectors' dimension; by default, with a warning, the first of size 3.

    Raises:
        RuntimeError: There is no such dimension.

    See: [torch.cross](https://docs.pytorch.org/docs/stable/generated/torch.cross.html).
    """
    if dim is None:
        warn_once(CROSS_WITHOUT_DIM, 2)
        shape = input.buffer.shape
        check(3 in shape, "no dimension of size 3 in input")
        dim = shape.index(3)
    return linalg_cross(input, other, dim=dim)


def linalg_cross(input: Tensor, other: Tensor, *, dim: int = -1) -> Tensor:
    """The vectors perpendicular to two others, in three dimensions.

    Raises:
        RuntimeError: `dim` does not have three elements.

    See: [torch.linalg.cross](https://docs.pytorch.org/docs/stable/generated/torch.linalg.cross.html).
    """
    a, b = input.buffer, other.buffer
    check(a.ndim == b.ndim, "linalg.cross: inputs must have the same number of dimensions.")
    place = wrap_dim(dim, a.ndim)
    n, m = a.shape[place], b.shape[place]
    text = f"linalg.cross: inputs dimension {dim} must have length 3. Got {n} and {m}"
    check(n == m == 3, text)
    text = f"expected scalar type {type_name(input)} but found {type_name(other)}"
    check(a.dtype == b.dtype, text)
    refuse(a, "b", "cross")
    first = input.roll(-1, place) * other.roll(-2, place)
    return known_as(first - input.roll(-2, place) * other.roll(-1, place), "LinalgCross")
