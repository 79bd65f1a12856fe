"""Embeddings: look-ups, bags, gradients and errors that the databases do not reach."""

import pytest

import minitorch_ff as ff
from compat_tests.worlds import same_error, same_in_both


def table(w, rows=4, columns=3, requires_grad=True):
    return (
        w.linspace(-2, 3, rows * columns)
        .reshape(rows, columns)
        .clone()
        .requires_grad_(requires_grad)
    )


def index(w, *numbers, **settings):
    return w.tensor(list(numbers), **settings)


WRONG_LOOKUPS = {
    "no row": lambda w, t: (index(w, 4), t),
    "negative": lambda w, t: (index(w, -1), t),
    "short": lambda w, t: (index(w, 1, dtype=w.int16), t),
    "floating": lambda w, t: (index(w, 1.0), t),
    "boolean": lambda w, t: (index(w, True), t),
    "padding too large": lambda w, t: (index(w, 1), t, 4),
    "padding too small": lambda w, t: (index(w, 1), t, -5),
    "vector": lambda w, t: (index(w, 1), t[0]),
    "list": lambda w, t: ([1], t),
    "weight is a list": lambda w, t: (index(w, 1), [[1.0]]),
}


@pytest.mark.parametrize("case", WRONG_LOOKUPS)
def test_wrong_lookups(case):
    same_error(lambda w: w.nn.functional.embedding(*WRONG_LOOKUPS[case](w, table(w))))


WRONG_BAGS = {
    "no offsets": lambda w, t: ((index(w, 1, 2), t), {}),
    "offsets of a matrix": lambda w, t: ((index(w, [1, 2]), t, index(w, 0)), {}),
    "offsets are a matrix": lambda w, t: ((index(w, 1, 2), t, index(w, [0, 1])), {}),
    "first offset": lambda w, t: ((index(w, 1, 2), t, index(w, 0, 3)), {}),
    "last offset": lambda w, t: ((index(w, 1, 2), t, index(w, 0, 3)), {}),
    "no last offset": lambda w, t: (
        (index(w, 1), t, index(w, dtype=w.int64)), {"include_last_offset": True},
    ),
    "three dimensions": lambda w, t: ((index(w, [[1]]), t), {}),
    "mode": lambda w, t: ((index(w, [1]), t), {"mode": "prod"}),
    "weighted mean": lambda w, t: (
        (index(w, [1]), t), {"per_sample_weights": w.zeros(1, 1)},
    ),
    "shape of weights": lambda w, t: (
        (index(w, [1]), t), {"mode": "sum", "per_sample_weights": w.zeros(1)},
    ),
    "dtype of weights": lambda w, t: (
        (index(w, [1]), t), {"mode": "sum", "per_sample_weights": w.zeros(1, 1).double()},
    ),
    "sparse maximum": lambda w, t: ((index(w, [1]), t), {"mode": "max", "sparse": True}),
    "frequent maximum": lambda w, t: (
        (index(w, [1]), t), {"mode": "max", "scale_grad_by_freq": True},
    ),
    "floating": lambda w, t: ((index(w, [1.0]), t), {}),
    "no row": lambda w, t: ((index(w, [0, 4]), t), {}),
    "negative": lambda w, t: ((index(w, [-1]), t), {}),
    "padding": lambda w, t: ((index(w, [1]), t), {"padding_idx": 5}),
    "integers": lambda w, t: ((index(w, [1]), t.detach().long()), {}),
    "vector": lambda w, t: ((index(w, [1]), t[0]), {}),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG_BAGS)
def test_wrong_bags(case):
    def body(w):
        args, settings = WRONG_BAGS[case](w, table(w))
        w.nn.functional.embedding_bag(*args, **settings)

    same_error(body)


WRONG_LAYERS = {
    "padding": lambda nn, w: nn.Embedding(4, 3, padding_idx=4),
    "padding of bags": lambda nn, w: nn.EmbeddingBag(4, 3, padding_idx=-5),
    "weight": lambda nn, w: nn.Embedding(4, 3, _weight=w.zeros(3, 3)),
    "weight of bags": lambda nn, w: nn.EmbeddingBag(4, 3, _weight=w.zeros(3, 3)),
    "vector": lambda nn, w: nn.Embedding.from_pretrained(w.zeros(3)),
    "integers": lambda nn, w: nn.Embedding(4, 3, dtype=w.int64),
}


@pytest.mark.parametrize("case", WRONG_LAYERS)
def test_wrong_layers(case):
    same_error(lambda w: WRONG_LAYERS[case](w.nn, w))


@pytest.mark.parametrize("norm", [1.0, 2.0, 3.5, float("inf")])
@pytest.mark.parametrize("bags", [False, True])
def test_long_rows_are_scaled_in_place(norm, bags):
    def body(w):
        weight, numbers = table(w), index(w, [0, 3], [3, 3])
        function = w.nn.functional.embedding_bag if bags else w.nn.functional.embedding
        out = function(numbers, weight, max_norm=0.5, norm_type=norm)
        out.sum().backward()
        return out, weight, weight._version

    same_in_both(body)


def test_refused_lookup_scales_nothing():
    weight = table(ff)
    before = weight.detach().clone()
    with pytest.raises(IndexError):
        ff.nn.functional.embedding(index(ff, 0, 4), weight, max_norm=0.1)
    assert weight.equal(before)
    assert weight._version == 0


@pytest.mark.parametrize("padding", [None, 1, -2])
@pytest.mark.parametrize("by_frequency", [False, True])
@pytest.mark.parametrize("columns", [1, 2, 3, 8])
@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
def test_gradients_add_up_in_order(padding, by_frequency, columns, dtype):
    """Rows with an even number of columns are added up as complex numbers."""

    def body(w):
        numbers = w.randint(0, 5, (40, 3), generator=w.Generator().manual_seed(1))
        weight = w.nn.Parameter(table(w, 5, columns, requires_grad=False).to(getattr(w, dtype)))
        out = w.nn.functional.embedding(numbers, weight, padding, scale_grad_by_freq=by_frequency)
        factors = w.linspace(0, 3, out.numel()).reshape(out.shape).to(out.dtype)
        (out * factors).sum().backward()
        return out, weight.grad

    same_in_both(body)


BAGS = {
    "matrix": ([[1, 2, 3], [3, 3, 0]], None, {}),
    "empty bags": ([1, 2, 3, 3, 0], [0, 0, 2, 5], {}),
    "last offset": ([1, 2, 3, 3, 0], [0, 2, 2, 5], {"include_last_offset": True}),
    "nothing": ([], [0, 0], {}),
    "padding": ([1, 2, 3, 3, 1], [0, 1, 3], {"padding_idx": 1}),
    "padding from the end": ([1, 2, 3, 3, 1], [0, 1, 3], {"padding_idx": -3}),
}


@pytest.mark.parametrize("mode", ["sum", "mean", "max"])
@pytest.mark.parametrize("case", BAGS)
def test_bags(case, mode):
    numbers, offsets, settings = BAGS[case]

    def body(w):
        weight = table(w)
        layer = w.nn.EmbeddingBag(4, 3, mode=mode, _weight=weight.detach(), **settings)
        given = () if offsets is None else (index(w, *offsets, dtype=w.int64),)
        out = layer(index(w, *numbers, dtype=w.int64), *given)
        (out * w.arange(out.numel()).reshape(out.shape)).sum().backward()
        return out, layer.weight.grad, out.grad_fn.name()

    same_in_both(body)


@pytest.mark.parametrize("mode", ["sum", "max"])
def test_numbers_after_the_last_offset_do_not_count(mode):
    """For means PyTorch divides by them too, and their gradient is what its memory held."""

    def body(w):
        numbers, offsets = index(w, 1, 2, 3, 3, 0), index(w, 0, 2, 2, 4)
        settings = {"mode": mode, "include_last_offset": True}
        return w.nn.functional.embedding_bag(numbers, table(w), offsets, **settings)

    same_in_both(body)
    weight = table(ff)
    layer = ff.nn.EmbeddingBag.from_pretrained(weight.detach(), False, mode=mode)
    layer.include_last_offset = True
    layer(index(ff, 1, 2, 3, 3, 0), index(ff, 0, 2, 2, 4)).sum().backward()
    assert layer.weight.grad[0].tolist() == [0, 0, 0]
    assert layer.weight.grad.sum() > 0


@pytest.mark.parametrize("mode", ["sum", "mean"])
def test_bags_by_frequency(mode):
    def body(w):
        weight = table(w)
        out = w.nn.functional.embedding_bag(
            index(w, 1, 1, 2, 0, 2), weight, index(w, 0, 2, 3), scale_grad_by_freq=True,
            mode=mode, padding_idx=0,
        )  # fmt: skip
        out.pow(2).sum().backward()
        return out, weight.grad

    same_in_both(body)


def test_weights_of_samples():
    def body(w):
        weight, factors = table(w), w.tensor([[0.5, 2.0], [3.0, -1.0]], requires_grad=True)
        out = w.nn.functional.embedding_bag(
            index(w, [1, 2], [0, 1]), weight, mode="sum", per_sample_weights=factors,
            padding_idx=1,
        )  # fmt: skip
        out.pow(2).sum().backward()
        return out, weight.grad, factors.grad

    same_in_both(body)


def test_second_gradients():
    """PyTorch has none of bags."""
    weight = table(ff).double().detach().requires_grad_()
    factors = ff.rand(2, 3, dtype=ff.float64, requires_grad=True)
    numbers = index(ff, [1, 2, 2], [0, 1, 2])
    functional, check = ff.nn.functional, ff.autograd.gradgradcheck
    assert check(lambda t: functional.embedding(numbers, t) ** 2, weight)
    for mode in ("sum", "mean", "max"):
        assert check(lambda t, m=mode: functional.embedding_bag(numbers, t, mode=m) ** 2, weight)

    def weighted(t, f):
        return functional.embedding_bag(numbers, t, mode="sum", per_sample_weights=f)

    assert check(weighted, (weight, factors))


@pytest.mark.parametrize("mode", ["sum", "mean", "max"])
def test_no_bags(mode):
    """PyTorch ends the process when it is asked for the gradient."""
    weight = table(ff)
    out = ff.nn.functional.embedding_bag(
        index(ff, 1, 2), weight, index(ff, dtype=ff.int64), mode=mode
    )
    out.sum().backward()
    assert out.shape == (0, 3)
    assert not weight.grad.any()


def test_falling_offsets_are_refused():
    """PyTorch gives bags of something."""
    with pytest.raises(RuntimeError, match="must not fall"):
        ff.nn.functional.embedding_bag(index(ff, 1, 2, 1), table(ff), index(ff, 0, 2, 1))


@pytest.mark.parametrize("name", ["Embedding", "EmbeddingBag"])
def test_layers(same, name):
    def body(w, note):
        make = getattr(w.nn, name)
        weight = w.nn.Parameter(table(w, requires_grad=False))
        for layer in (
            make(4, 3), make(5, 2, padding_idx=-1, max_norm=1, norm_type=3.0),
            make(5, 2, scale_grad_by_freq=True, dtype=w.float64), make(4, 3, _weight=weight),
            make.from_pretrained(table(w, requires_grad=False)),
            make.from_pretrained(w.ones(2, 2), freeze=False, padding_idx=0),
        ):  # fmt: skip
            note(layer, layer.state_dict(), [p.requires_grad for p in layer.parameters()])
            note(sorted(name for name in vars(layer) if not name.startswith("_")))
            layer.reset_parameters()
            note(layer.weight)
        note(w.nn.Embedding(3, 2, _freeze=True).weight.requires_grad)

    same(body)


def test_initial_values_are_the_same_bits():
    def body(w):
        w.manual_seed(3)
        return w.nn.Embedding(50, 7, padding_idx=2).weight.detach().view(w.int32)

    same_in_both(body)


def test_sparse_gradients_are_refused():
    numbers = index(ff, [1, 2])
    for call in (
        lambda: ff.nn.Embedding(4, 3, sparse=True),
        lambda: ff.nn.EmbeddingBag(4, 3, sparse=True),
        lambda: ff.nn.functional.embedding(numbers, table(ff), sparse=True),
        lambda: ff.nn.functional.embedding_bag(numbers, table(ff), sparse=True),
    ):
        with pytest.raises(NotImplementedError, match="use sparse=False"):
            call()
