"""`Parameter`, `Buffer`, and those that have no shape yet."""

import copy
import pickle
from importlib import import_module


def test_parameters(same):
    def body(w, note):
        parameter = w.nn.Parameter
        values = w.ones(2)
        p = parameter(values)
        values.add_(1)
        note(p, p._version, values._version, p.data_ptr() == values.data_ptr())
        note(repr(p), str(p), repr([p]), p.is_leaf, p.grad, isinstance(p, w.Tensor))
        for result in (
            p + 1,
            p.detach(),
            p.data,
            p.clone(),
            p[0],
            p.view(2, 1),
            -p,
            p.t(),
        ):
            note(result, type(result).__name__)
        note(type(p.requires_grad_(False)).__name__, p)
        note(parameter(), parameter(p), parameter(w.ones(2), False))
        note(parameter(w.ones(2, dtype=w.int64), requires_grad=False))
        with w.no_grad():
            note(parameter(w.ones(1)), parameter(w.ones(1, requires_grad=True) * 2))
        history = w.ones(1, requires_grad=True) * 2
        note(parameter(history), parameter(history).is_leaf, parameter(data=history))
        for wrong in ([1.0], 3.0, "a", w.ones(2, dtype=w.int64)):
            note.attempt(parameter, wrong)
        note(isinstance(w.ones(1), parameter), isinstance(3, parameter))

    same(body)


def test_copies_of_parameters(same):
    def body(w, note):
        p = w.nn.Parameter(w.ones(2))
        p.grad = w.ones(2)
        p.tag = "x"
        twin = copy.deepcopy(p)
        note(twin, twin.grad, hasattr(twin, "tag"), twin.data_ptr() == p.data_ptr())
        pair = copy.deepcopy([p, p])
        note(pair[0] is pair[1])
        again = pickle.loads(pickle.dumps(p))
        note(again, again.grad, again.tag)
        frozen = w.nn.Parameter(w.ones(2), requires_grad=False)
        note(copy.deepcopy(frozen), pickle.loads(pickle.dumps(frozen)))

    same(body)


def test_gradients_reach_parameters(same):
    def body(w, note):
        p = w.nn.Parameter(w.tensor([1.0, 2.0]))
        (p * p).sum().backward()
        note(p.grad, type(p.grad).__name__)
        p.data = w.tensor([5.0])
        note(p)
        with w.no_grad():
            p.mul_(2)
        note(p)
        note.attempt(p.mul_, 2)

    same(body)


def test_buffers(same):
    def body(w, note):
        buffer = w.nn.Buffer
        values = w.ones(2)
        b = buffer(values)
        values.add_(1)
        note(b, type(b).__name__, isinstance(b, buffer), isinstance(values, buffer))
        note(b.persistent, buffer(values, persistent=False).persistent, buffer())
        note(isinstance(b, w.nn.Parameter), isinstance(w.nn.Parameter(b), buffer))
        twin = copy.deepcopy(b)
        note(twin, isinstance(twin, buffer), twin.persistent)
        note(buffer(w.ones(1, requires_grad=True)))
        for wrong in ([1.0], 3.0):
            note.attempt(buffer, wrong)

    same(body)


def test_without_shape(same):
    def body(w, note):
        where = import_module(w.__name__ + ".nn.parameter")
        for cls in (where.UninitializedParameter, where.UninitializedBuffer):
            u = cls()
            note(repr(u), str(u), str(u.dtype), str(u.device), u.requires_grad, u.grad)
            note(where.is_lazy(u), isinstance(u, w.nn.Parameter), u.is_leaf, u.grad_fn)
            note(isinstance(u, w.nn.Buffer), tuple(u.size()))
            note(u.is_floating_point(), u.is_complex(), str(u.double().dtype))
            note.attempt(lambda u=u: u.shape)
            for use in (
                lambda u: u + 1, lambda u: u.sum(), lambda u: u[0], lambda u: u.numel(),
                lambda u: u.detach(), lambda u: u.zero_(), lambda u: u.numpy(),
            ):  # fmt: skip
                try:
                    use(u)
                except ValueError as error:
                    note(str(error).startswith("Attempted to use an uninitialized"))
            parameter = cls is where.UninitializedParameter
            twin = copy.deepcopy(u) if parameter else cls()
            note(repr(twin), twin is u, repr(pickle.loads(pickle.dumps(u))))
            u.materialize((2, 3), dtype=w.float64)
            note(tuple(u.shape), str(u.dtype), type(u).__name__, u.requires_grad)
            note(where.is_lazy(u), isinstance(u, w.nn.Buffer), u.is_leaf)
            with w.no_grad():
                note(u.fill_(2.0))
            twin.materialize(2)
            note(tuple(twin.shape), str(twin.dtype), twin.requires_grad)
        quiet = where.UninitializedParameter(requires_grad=False, dtype=w.float16)
        quiet.data = quiet.to(w.float64)
        quiet.materialize(1)
        note(quiet.requires_grad, str(quiet.dtype))
        hidden = where.UninitializedBuffer(persistent=False)
        note(hidden.persistent)

    same(body)
