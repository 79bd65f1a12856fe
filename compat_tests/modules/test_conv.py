"""Convolution layers beyond PyTorch's samples: first values, texts, sizes, refusals."""

import pytest

import minitorch_ff as ff
from compat_tests.worlds import same_error, same_in_both

LAYERS = {
    "plain": lambda nn: nn.Conv2d(3, 8, 5),
    "all settings": lambda nn: nn.Conv2d(
        4, 6, (3, 2), stride=(1, 2), padding=(1, 0), dilation=2, groups=2, bias=False,
        padding_mode="reflect",
    ),
    "same": lambda nn: nn.Conv3d(2, 2, 3, padding="same", padding_mode="circular"),
    "valid": lambda nn: nn.Conv1d(2, 4, 3, 2, "valid", 2),
    "lists": lambda nn: nn.Conv2d(2, 2, [3, 1], [1, 2], [0, 1]),
    "transposed": lambda nn: nn.ConvTranspose2d(4, 6, 3, 2, 1, 1, 2, False, 2),
    "transposed 1d": lambda nn: nn.ConvTranspose1d(2, 3, 4, stride=2),
    "transposed 3d": lambda nn: nn.ConvTranspose3d(2, 3, 2, dilation=2),
    "no channels": lambda nn: nn.ConvTranspose1d(0, 3, 1),
    "lazy": lambda nn: nn.LazyConv2d(4, 3, padding="same", groups=2),
    "lazy transposed": lambda nn: nn.LazyConvTranspose1d(2, 3, 2, 1, 1, bias=False),
    "fold": lambda nn: nn.Fold((4, 5), 2, stride=(1, 2)),
    "unfold": lambda nn: nn.Unfold((2, 3), 1, 0, 2),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore:Initializing zero-element tensors")
@pytest.mark.parametrize("make", LAYERS.values(), ids=LAYERS)
def test_layers_begin_alike(make):
    """From the same seed, bit for bit; the generator is left alike, too."""

    def body(world):
        layer = make(world.nn)
        state = layer.state_dict()
        values = [] if "Lazy" in repr(layer) else list(state.values())
        settings = {k: v for k, v in vars(layer).items() if k == "transposed" or "padding" in k}
        return repr(layer), list(state), values, settings, world.rand(2)

    same_in_both(body)


@pytest.mark.parametrize("mode", ["zeros", "reflect", "replicate", "circular"])
@pytest.mark.parametrize("padding", [(1, 2), "same", "valid"])
def test_padding_modes(mode, padding):
    def body(world):
        layer = world.nn.Conv2d(2, 3, (3, 4), padding=padding, padding_mode=mode)
        x = world.linspace(-1, 1, 60).reshape(1, 2, 5, 6).requires_grad_()
        y = layer(x)
        y.square().sum().backward()
        return y, x, layer.weight, layer.bias

    same_in_both(body, (1e-5, 1e-6))


@pytest.mark.parametrize("size", [(17, 18), (1, 3, 18, 17), [17, 17]])
def test_a_wanted_output_size(size):
    def body(world):
        layer = world.nn.ConvTranspose2d(2, 3, 3, stride=2)
        return layer(world.ones(1, 2, 8, 8), size)

    same_in_both(body, (1e-5, 1e-6))


def test_lazy_layers_learn_their_channels():
    def body(world):
        nn = world.nn
        layers = [nn.LazyConv1d(4, 3, groups=2), nn.LazyConvTranspose3d(3, 2, stride=2)]
        inputs = [world.ones(2, 6), world.ones(1, 2, 2, 2, 2)]
        found = [layer(x) for layer, x in zip(layers, inputs, strict=True)]
        kinds = [type(layer).__name__ for layer in layers]
        return found, kinds, [repr(layer) for layer in layers], [layer.weight for layer in layers]

    same_in_both(body, (1e-5, 1e-6))


def test_a_refused_first_input_leaves_a_layer_lazy():
    def body(world):
        layer = world.nn.LazyConv2d(2, 3, groups=2)
        for shape in ((3, 3), (1, 2, 3, 3, 3)):
            with pytest.raises(RuntimeError, match="Expected 3D"):
                layer(world.ones(shape))
        return layer.has_uninitialized_params(), layer(world.ones(1, 4, 3, 3)), repr(layer)

    same_in_both(body, (1e-5, 1e-6))


def test_channels_that_groups_do_not_divide_leave_a_layer_as_it_was():
    layer = ff.nn.LazyConv2d(2, 3, groups=2)
    before = repr(layer)
    with pytest.raises(ValueError, match="divisible by groups"):
        layer(ff.ones(1, 3, 4, 4))
    assert repr(layer) == before
    assert layer(ff.ones(1, 4, 3, 3)).shape == (1, 2, 1, 1)


def test_a_subclass_may_change_the_weight():
    """`_conv_forward` is what layers with standardized or masked weights call."""

    def body(world):
        class Standardized(world.nn.Conv2d):
            def forward(self, x):
                return self._conv_forward(x, self.weight / self.weight.std(), self.bias)

        return Standardized(1, 2, 3)(world.ones(1, 1, 4, 4))

    same_in_both(body, (1e-5, 1e-6))


REFUSED = {
    "groups": lambda nn, ones: nn.Conv2d(3, 2, 3, groups=2),
    "groups of outputs": lambda nn, ones: nn.Conv2d(2, 3, 3, groups=2),
    "no groups": lambda nn, ones: nn.Conv2d(2, 2, 3, groups=0),
    "same and strided": lambda nn, ones: nn.Conv2d(2, 2, 3, padding="same", stride=2),
    "transposed mode": lambda nn, ones: nn.ConvTranspose2d(2, 2, 3, padding_mode="reflect"),
    "output size": lambda nn, ones: nn.ConvTranspose2d(2, 2, 3, 2)(ones(1, 2, 8, 8), (19, 17)),
    "output sizes": lambda nn, ones: nn.ConvTranspose2d(2, 2, 3, 2)(ones(1, 2, 8, 8), (19,)),
    "unbatched size": lambda nn, ones: nn.ConvTranspose2d(2, 2, 3, 2)(
        ones(2, 8, 8), (1, 2, 17, 17)
    ),
    "channels": lambda nn, ones: nn.Conv2d(2, 2, 3)(ones(1, 3, 8, 8)),
    "rank": lambda nn, ones: nn.Conv2d(2, 2, 3)(ones(3, 8)),
    "lazy rank": lambda nn, ones: nn.LazyConv1d(2, 3)(ones(3, 3, 3, 3)),
    "lazy groups": lambda nn, ones: nn.LazyConv2d(2, 3, groups=2)(ones(1, 3, 4, 4)),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refusals(name):
    same_error(lambda world: REFUSED[name](world.nn, world.ones))


UNORDERED = [{"padding": "full"}, {"padding_mode": "mirror"}]


@pytest.mark.parametrize("settings", UNORDERED, ids=str)
def test_refusals_that_show_a_set(settings):
    """PyTorch shows the known words in the order of a set, which is any."""
    same_error(lambda world: world.nn.Conv2d(2, 2, 3, **settings), words=False)
