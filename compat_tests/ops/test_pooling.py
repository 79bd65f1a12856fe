"""What the databases leave out of pooling: ties, not-a-number, second gradients, drawn windows."""

import random

import pytest

from compat_tests.worlds import same_in_both

INF, NAN = float("inf"), float("nan")


def settings(seed):
    """A number of dimensions, sizes to pool, and settings of a random pooling."""
    draw = random.Random(seed)
    n = draw.choice((1, 2, 3))
    kernel = [draw.randint(1, 4) for _ in range(n)]
    padding = [draw.randint(0, k // 2) for k in kernel]
    stride, dilation = [draw.randint(1, 4) for _ in kernel], [draw.randint(1, 2) for _ in kernel]
    sizes = [draw.randint(8, 10) for _ in kernel]
    return n, sizes, (kernel, stride, padding, dilation, draw.random() < 0.5)


@pytest.mark.parametrize("value", [None, NAN, -INF])
@pytest.mark.parametrize("seed", range(12))
def test_the_first_of_equals_wins_and_the_last_of_those_that_are_no_number(seed, value):
    n, sizes, how = settings(seed)

    def body(torch):
        x = torch.randint(-2, 2, (2, 3, *sizes)).float()
        if value is not None:
            x[torch.rand(x.shape) < 0.4] = value
        x.requires_grad_()
        y, positions = getattr(torch.nn.functional, f"max_pool{n}d")(x, *how, return_indices=True)
        (y * torch.arange(y.numel()).reshape(y.shape)).nan_to_num(0, 0, 0).sum().backward()
        without = getattr(torch.nn.functional, f"max_pool{n}d")(x.detach(), *how)
        return y, positions, without, x

    same_in_both(body)


@pytest.mark.parametrize("with_padding", [True, False])
@pytest.mark.parametrize("seed", range(8))
def test_means_count_what_is_there(seed, with_padding):
    n, sizes, (kernel, stride, padding, _, ceil_mode) = settings(seed)

    def body(torch):
        x = torch.randn(2, 3, *sizes, requires_grad=True)
        pool = getattr(torch.nn.functional, f"avg_pool{n}d")
        y = pool(x, kernel, stride, padding, ceil_mode, with_padding)
        y.square().sum().backward()
        return y, x

    same_in_both(body)


POOLINGS = {
    "max": lambda F, x: F.max_pool2d(x, 3, 2, 1),
    "max of a signal": lambda F, x: F.max_pool1d(x[0], 3, 1),
    "max with positions": lambda F, x: F.max_pool2d(x, 2, return_indices=True)[0],
    "mean": lambda F, x: F.avg_pool2d(x, 3, 2, 1, True, False),
    "mean of a volume": lambda F, x: F.avg_pool3d(x, 2, 1),
    "adaptive max": lambda F, x: F.adaptive_max_pool2d(x, (4, 3)),
    "adaptive mean": lambda F, x: F.adaptive_avg_pool2d(x, (4, 9)),
    "to one": lambda F, x: F.adaptive_avg_pool2d(x, 1),
    "norm": lambda F, x: F.lp_pool2d(x.exp(), 3, 2),
    "unpooled": lambda F, x: F.max_unpool2d(*F.max_pool2d(x[..., 1:], 2, return_indices=True), 2),
    "responses": lambda F, x: F.local_response_norm(x, 2, 0.5),
}


@pytest.mark.parametrize("name", POOLINGS)
def test_second_gradients_and_nodes(name):
    def body(torch):
        x = torch.randn(2, 3, 6, 7, dtype=torch.float64, requires_grad=True)
        y = POOLINGS[name](torch.nn.functional, x)
        (grad,) = torch.autograd.grad(y.pow(3).sum(), x, create_graph=True)
        grad.square().sum().backward()
        return y, y.grad_fn.name(), grad.detach(), x

    same_in_both(body)


@pytest.mark.parametrize("pool", ["max_pool2d", "avg_pool2d", "adaptive_avg_pool3d"])
def test_a_second_backward_and_a_changed_input_are_refused(pool):
    def body(torch):
        said = []
        for changed in (False, True):
            x = torch.ones(2, 3, 4, 4, requires_grad=True) * 1
            y = getattr(torch.nn.functional, pool)(x, 2).sum()
            if changed:
                x.mul_(2)
            else:
                y.backward()
            with pytest.raises(RuntimeError) as raised:
                y.backward()
            said.append(str(raised.value))
        return said

    same_in_both(body)


@pytest.mark.parametrize("layout", ["transposed", "expanded", "strided"])
def test_inputs_that_are_not_contiguous(layout):
    def body(torch):
        x = torch.randn(2, 6, 8, 3)
        x = {"transposed": x.mT, "expanded": x[:1].expand(4, 6, 8, 3), "strided": x[:, ::2]}[layout]
        pool = torch.nn.functional
        return pool.max_pool2d(x, 2, return_indices=True), pool.avg_pool2d(x, 2), x

    same_in_both(body)


def test_the_result_of_a_window_of_one_is_not_the_input():
    def body(torch):
        x = torch.ones(1, 2, 2)
        for pool in (torch.nn.functional.max_pool2d, torch.nn.functional.avg_pool2d):
            pool(x, 1).mul_(2)
        return x

    same_in_both(body)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("n", [2, 3])
def test_windows_drawn_at_random_are_pytorchs(n, dtype):
    def body(torch):
        x = torch.randn(2, 3, *(11, 9, 8)[-n:]).to(getattr(torch, dtype)).requires_grad_()
        pool = getattr(torch.nn.functional, f"fractional_max_pool{n}d")
        y, positions = pool(x, 2, output_size=(5, 4, 6)[-n:], return_indices=True)
        y.sum().backward()
        module = getattr(torch.nn, f"FractionalMaxPool{n}d")(3, output_ratio=(0.5,) * n)
        return y, positions, x, module(x[0].detach()), torch.rand(2)

    same_in_both(body)


def test_a_window_reaches_neither_too_far_nor_outside():
    def body(torch):
        pool, said = torch.nn.functional, []
        x = torch.randn(1, 2, 8, 8)
        y, positions = pool.max_pool2d(x, 2, return_indices=True)
        for call in (
            lambda: pool.max_pool2d(x, 9),
            lambda: pool.max_pool2d(x, 2, 0),
            lambda: pool.max_pool2d(x, 2, -1),
            lambda: pool.max_pool2d(x, (2, 2, 2)),
            lambda: pool.max_pool2d(x, 2, dilation=0),
            lambda: pool.max_pool2d(x[0, 0], 2),
            lambda: pool.max_pool2d(x.bool(), 2),
            lambda: pool.max_pool1d(x[0].long(), 2),
            lambda: pool.avg_pool2d(x.int(), 2),
            lambda: pool.avg_pool2d(x, 2, (1, 1, 1)),
            lambda: pool.adaptive_avg_pool2d(x.long(), 3),
            lambda: pool.adaptive_avg_pool2d(x, 2.5),
            lambda: pool.adaptive_max_pool2d(x[..., :0], 3),
            lambda: pool.max_unpool2d(y, positions.int(), 2),
            lambda: pool.max_unpool2d(y, positions + 8, 2),
            lambda: pool.max_unpool2d(y, positions, 2, output_size=(10, 10)),
            lambda: pool.fractional_max_pool2d(x, 2),
            lambda: pool.fractional_max_pool2d(x, 2, output_size=8),
            lambda: torch.nn.FractionalMaxPool2d(2, output_ratio=1.5),
            lambda: pool.local_response_norm(x[0, 0], 2),
            lambda: torch.nn.InstanceNorm2d(3, affine=True)(x),
            lambda: torch.nn.InstanceNorm2d(2)(x[0, 0]),
        ):
            with pytest.raises((RuntimeError, TypeError, ValueError)) as raised:
                call()
            said.append(f"{raised.type.__name__}: {raised.value}")
        return said

    same_in_both(body)


def test_names_of_torch_itself():
    def body(torch):
        x = torch.randn(2, 3, 8)
        return (
            torch.max_pool1d(x, 2), torch.max_pool1d_with_indices(x, 2), torch.avg_pool1d(x, 3),
            torch.max_pool2d(x, 2), torch.max_pool3d(x[None], 2),
            torch.adaptive_max_pool1d(x, 3), torch.adaptive_avg_pool1d(x, 3),
            torch.nn.functional.adaptive_max_pool2d_with_indices(x, 3),
        )  # fmt: skip

    same_in_both(body)


def test_layers_keep_their_settings():
    def body(torch):
        nn = torch.nn
        layers = [
            nn.MaxPool2d((2, 3), return_indices=True), nn.AvgPool1d(2), nn.AvgPool3d(2, 1),
            nn.AdaptiveAvgPool2d((3, None)), nn.AdaptiveMaxPool1d(3, True), nn.LPPool2d(1.5, 2),
            nn.MaxUnpool1d(2), nn.MaxUnpool2d(2, 3, 1), nn.FractionalMaxPool3d(2, 3),
            nn.LocalResponseNorm(2), nn.InstanceNorm2d(3, affine=True, track_running_stats=True),
            nn.LazyInstanceNorm1d(),
        ]  # fmt: skip
        public = [{k: v for k, v in vars(m).items() if k[0] != "_"} for m in layers]
        return [(repr(m), list(m.state_dict()), m.training) for m in layers], public

    same_in_both(body)


def test_instance_norm_learns_its_channels_and_tracks():
    def body(torch):
        x = torch.randn(4, 3, 5)
        layer = torch.nn.LazyInstanceNorm1d(momentum=0.3)
        first, second = layer(x), layer(x[0])
        layer.eval()
        return first, second, layer(x), repr(layer), dict(layer.state_dict())

    same_in_both(body)
