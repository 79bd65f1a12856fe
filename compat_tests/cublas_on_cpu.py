"""cuBLAS on the CPU: the functions that a product needs, by the C interface of the library.

They compute on the host's memory, and check what they are given as the library does. `state` has
what they were told: so a test sees streams, workspaces and which function was called.
"""

import ctypes

from compat_tests.cuda_on_cpu import library
from compat_tests.launches import launched

SOURCE = r"""
#include <complex>
#include <cstdint>
#include <cstring>
#include <vector>
typedef void* handle; typedef int status;
enum { FINE = 0, BAD_VALUE = 7, NOT_SUPPORTED = 15, NO_WORKSPACE = 14 };

struct State { void *stream, *workspace; size_t size; long long products, stacks; };
static State state;
extern "C" State* state_of() { return &state; }

struct bfloat16 {
  uint16_t bits;
  bfloat16(float x = 0) {
    uint32_t all; memcpy(&all, &x, 4);
    bits = (all + 0x7FFF + (all >> 16 & 1)) >> 16;
  }
  operator float() const {
    uint32_t all = (uint32_t)bits << 16; float x; memcpy(&x, &all, 4);
    return x;
  }
};

extern "C" const char* cublasGetStatusName(status code) {
  return code == BAD_VALUE ? "CUBLAS_STATUS_INVALID_VALUE"
       : code == NOT_SUPPORTED ? "CUBLAS_STATUS_NOT_SUPPORTED" : "CUBLAS_STATUS_INTERNAL_ERROR";
}
extern "C" status cublasSetStream_v2(handle, void* stream) {
  state.stream = stream; state.workspace = nullptr; state.size = 0;
  return FINE;
}
extern "C" status cublasSetWorkspace_v2(handle, void* workspace, size_t size) {
  if ((uintptr_t)workspace % 16) return BAD_VALUE;
  state.workspace = workspace; state.size = size;
  return FINE;
}

template <class T, class Sum>
static void product(int ta, int tb, int64_t m, int64_t n, int64_t k, Sum alpha, const T* a,
                    int64_t lda, const T* b, int64_t ldb, Sum beta, T* c, int64_t ldc) {
  for (int64_t j = 0; j < n; ++j) for (int64_t i = 0; i < m; ++i) {
    Sum sum = 0;
    for (int64_t l = 0; l < k; ++l)
      sum += Sum(ta ? a[l + i * lda] : a[i + l * lda]) * Sum(tb ? b[j + l * ldb] : b[l + j * ldb]);
    Sum value = alpha * sum;
    if (beta != Sum(0)) value += beta * Sum(c[i + j * ldc]);
    c[i + j * ldc] = T(value);
  }
}

template <class T, class Sum>
static void products(int ta, int tb, int64_t m, int64_t n, int64_t k, const void* alpha,
                     const void* a, int64_t lda, long long over_a, const void* b, int64_t ldb,
                     long long over_b, const void* beta, void* c, int64_t ldc, long long over_c,
                     int64_t count) {
  for (int64_t i = 0; i < count; ++i)
    product<T, Sum>(ta, tb, m, n, k, *(const Sum*)alpha, (const T*)a + i * over_a, lda,
                    (const T*)b + i * over_b, ldb, *(const Sum*)beta, (T*)c + i * over_c, ldc);
}

static status any(int ta, int tb, int64_t m, int64_t n, int64_t k, const void* alpha,
                  const void* a, int at, int64_t lda, long long over_a,
                  const void* b, int bt, int64_t ldb, long long over_b, const void* beta,
                  void* c, int ct, int64_t ldc, long long over_c, int64_t count,
                  int compute, int algorithm) {
  if (!state.workspace) return NO_WORKSPACE;  // the library itself would allocate one
  if (at != bt || at != ct || algorithm != -1) return NOT_SUPPORTED;
  if (lda < (ta ? k : m) || ldb < (tb ? n : k) || ldc < m) return BAD_VALUE;
  if (m < 1 || n < 1 || k < 1) return BAD_VALUE;
  if (compute != (at == 1 || at == 5 ? 70 : 68)) return NOT_SUPPORTED;
#define AS(T, Sum) products<T, Sum>(ta, tb, m, n, k, alpha, a, lda, over_a, b, ldb, over_b, \
                                    beta, c, ldc, over_c, count); return FINE
  switch (at) {
    case 0: AS(float, float);
    case 1: AS(double, double);
    case 2: AS(_Float16, float);
    case 4: AS(std::complex<float>, std::complex<float>);
    case 5: AS(std::complex<double>, std::complex<double>);
    case 14: AS(bfloat16, float);
  }
  return NOT_SUPPORTED;
}

extern "C" status cublasGemmEx_64(
    handle, int ta, int tb, int64_t m, int64_t n, int64_t k, const void* alpha,
    const void* a, int at, int64_t lda, const void* b, int bt, int64_t ldb, const void* beta,
    void* c, int ct, int64_t ldc, int compute, int algorithm) {
  ++state.products;
  return any(ta, tb, m, n, k, alpha, a, at, lda, 0, b, bt, ldb, 0, beta, c, ct, ldc, 0, 1, compute,
             algorithm);
}
extern "C" status cublasGemmStridedBatchedEx_64(
    handle, int ta, int tb, int64_t m, int64_t n, int64_t k, const void* alpha,
    const void* a, int at, int64_t lda, long long over_a,
    const void* b, int bt, int64_t ldb, long long over_b, const void* beta,
    void* c, int ct, int64_t ldc, long long over_c, int64_t count, int compute, int algorithm) {
  ++state.stacks;
  return any(ta, tb, m, n, k, alpha, a, at, lda, over_a, b, bt, ldb, over_b, beta,
             c, ct, ldc, over_c, count, compute, algorithm);
}
"""


class State(ctypes.Structure):
    """What the library was told, and how often it multiplied."""

    _fields_ = (
        ("stream", ctypes.c_void_p),
        ("workspace", ctypes.c_void_p),
        ("size", ctypes.c_size_t),
        ("products", ctypes.c_longlong),
        ("stacks", ctypes.c_longlong),
    )


FACTORS = {"cublasGemmEx_64": (6, 13), "cublasGemmStridedBatchedEx_64": (6, 15)}
"""Which arguments are pointers to numbers of the host's."""


class Library:
    """The library; a call is a launch, which keeps the factors that it was given."""

    def __init__(self):
        self.functions = library(SOURCE)
        self.functions.state_of.restype = ctypes.POINTER(State)
        self.state = self.functions.state_of().contents

    def __getattr__(self, name):
        function = getattr(self.functions, name)
        if name == "cublasGetStatusName":
            return function

        def call(*args):
            factors = FACTORS.get(name, ())
            return launched(function)(*[kept(a) if i in factors else a for i, a in enumerate(args)])

        return call


def kept(pointer):
    """A copy of the number at an address."""
    return ctypes.create_string_buffer(ctypes.string_at(pointer, 16))


def load():
    """The library."""
    return Library()
