"""The stand-in for CuPy refuses, or imitates, each of CuPy's differences from NumPy."""

import numpy
import pytest

from compat_tests import strict_backend
from compat_tests.strict_backend import StrictArray, errstate, strict_cupyx, strict_numpy

xp = strict_numpy


def made(*values, dtype="float32"):
    return StrictArray(numpy.array(values, dtype))


ZERO = made(0, dtype="int64")
REFUSED = {
    "NumPy's functions": (TypeError, lambda x: numpy.exp(x)),
    "conversion": (TypeError, lambda x: numpy.asarray(x)),
    "a host array as operand": (TypeError, lambda x: x + numpy.ones(3)),
    "a host array as value": (TypeError, lambda x: x.__setitem__(0, numpy.ones(1))),
    "a host array as index": (TypeError, lambda x: x[numpy.array([0])]),
    "a list as operand": (TypeError, lambda x: xp.add(x, [1.0, 2.0, 3.0])),
    "a list as value": (TypeError, lambda x: x.__setitem__(slice(None), [1.0, 2.0, 3.0])),
    "reductions by functions": (NotImplementedError, lambda x: xp.maximum.reduce(x)),
    "running extremes": (NotImplementedError, lambda x: xp.maximum.accumulate(x)),
    "products at places": (NotImplementedError, lambda x: xp.multiply.at(x, ZERO, 2)),
    "dtypes at places": (TypeError, lambda x: xp.add.at(x.astype("i1"), ZERO, 1)),
    "where=": (TypeError, lambda x: xp.add(x, x, where=x > 0)),
    "initial=": (TypeError, lambda x: x.max(initial=0)),
    "kinds of sorting": (ValueError, lambda x: x.argsort(kind="quicksort")),
    "keys of rank three": (NotImplementedError, lambda x: xp.lexsort(x.reshape(1, 1, 3))),
    "nonzero of 0-d arrays": (ValueError, lambda x: x[0].nonzero()),
    "loops that are not there": (TypeError, lambda x: xp.logaddexp(x.astype("F"), x)),
    "narrower results": (TypeError, lambda x: xp.add(x, x, x.astype("i8"))),
    "half precision in linalg": (TypeError, lambda x: xp.linalg.inv(x.astype("e").reshape(1, 3))),
    **{
        name: (AttributeError, lambda x, name=name: getattr(xp, name))
        for name in ("errstate", "nditer", "frompyfunc", "insert", "block", "longdouble", "matrix")
    },
    "methods": (AttributeError, lambda x: x.setflags),
    "writeable": (AttributeError, lambda x: x.flags.writeable),
    "special functions of complex numbers": (
        TypeError, lambda x: strict_cupyx.scipy.special.erfinv(x.astype("F")),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    error, call = REFUSED[name]
    with pytest.raises(error):
        call(made(1, 2, 3))


def test_what_is_not_there_numpy_has():
    """Otherwise the list above would show nothing."""
    assert hasattr(numpy, "nditer")
    assert numpy.maximum.accumulate([1, 2]).tolist() == [1, 2]


def test_results_of_reductions_are_arrays():
    assert type(xp.add.reduce(made(1, 2))) is StrictArray
    assert type(made(1, 2).max()) is type(made(1, 2)[0]) is StrictArray


def test_positions_wrap_around():
    x = made(1, 2, 3)
    assert x[made(3, -4, dtype="i8")].tolist() == [1, 3]
    x[made(4, dtype="i8")] = 9
    assert x.tolist() == [1, 9, 3]


def test_of_values_for_one_place_the_first_stays():
    x = made(0, 0)
    x[made(1, 1, dtype="i8")] = made(5, 6)
    assert x.tolist() == [0, 5]


def test_results_are_in_row_major_order():
    x = made(*range(6)).reshape(2, 3)
    assert not x.T.flags.c_contiguous
    assert (x.T + x.T).flags.c_contiguous


def test_matrices_without_inverse_give_nan_unless_asked():
    singular = made(0, 0, 0, 0).reshape(2, 2)
    assert numpy.isnan(xp.linalg.inv(singular).get()).all()
    with errstate(linalg="raise"), pytest.raises(numpy.linalg.LinAlgError):
        xp.linalg.inv(singular)


def test_positions_of_extremes_have_another_dtype_object():
    dtype = made(1, 2).argmax().dtype
    assert dtype == numpy.dtype("int64")
    assert dtype is not numpy.dtype("int64")


WAITS = {
    "item": lambda x: x[0].item(),
    "get": lambda x: x.get(),
    "tolist": lambda x: x.tolist(),
    "bool": lambda x: bool(x[0]),
    "float": lambda x: float(x[0]),
    "int": lambda x: int(x[0]),
    "a boolean index": lambda x: x[x > 1],
    "nonzero": lambda x: x.nonzero(),
    "flatnonzero": lambda x: xp.flatnonzero(x),
    "unique": lambda x: xp.unique(x),
    "bincount": lambda x: xp.bincount(x.astype("i8")),
}


@pytest.mark.parametrize("name", WAITS)
def test_waiting_is_noted(name):
    with strict_backend.waits() as reads:
        WAITS[name](made(1, 2, 3))
    assert reads == [name]


def test_no_wait_goes_unseen_that_is_none():
    with strict_backend.waits() as reads:
        x = made(1, 2, 3)
        (x * 2 + x.sum())[1:].argsort()
        x[made(0, 1, dtype="i8")] = 4
        x[x.argmax()]
    assert reads == []
