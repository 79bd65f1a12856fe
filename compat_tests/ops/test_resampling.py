"""Resizing and sampling: what PyTorch's database does not reach."""

import itertools

import pytest

from compat_tests.ops.expressions import listed
from compat_tests.worlds import same_error, same_in_both

NEAREST = ["nearest", "nearest-exact"]
SMOOTH = {3: ["linear"], 4: ["bilinear", "bicubic"], 5: ["trilinear"]}
LOOSE = (1e-4, 1e-5)


def resized(torch, shape, dtype="float32", **settings):
    x = torch.randn(shape).to(getattr(torch, dtype)).requires_grad_()
    y = torch.nn.functional.interpolate(x, **settings)
    y.backward(torch.ones(()).to(y.dtype).expand(y.shape))
    return x, y, y.grad_fn.name()


@pytest.mark.parametrize("mode", NEAREST)
@pytest.mark.parametrize("rank", [3, 4, 5])
@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
def test_nearest_elements(mode, rank, dtype):
    """Ties are where the rounding of PyTorch's loops shows."""

    def body(torch):
        out = []
        for n, m in itertools.product((1, 2, 3, 7, 14, 21), (1, 2, 6, 14, 41, 46, 47, 69)):
            x = torch.arange(float(n)).reshape((1,) * (rank - 1) + (n,))
            size = (1,) * (rank - 3) + (m,)
            x = x.to(getattr(torch, dtype))
            out.append(torch.nn.functional.interpolate(x, size, mode=mode))
        return out

    same_in_both(body)


@pytest.mark.parametrize("mode", NEAREST)
@pytest.mark.parametrize("factor", [0.7, 1.1, 1.9999, 2.0, 2.3])
def test_nearest_elements_by_factor(mode, factor):
    def body(torch):
        sizes = itertools.product((3, 4, 5), (2, 9, 31, 100))
        xs = [torch.arange(float(n)).expand((1, 2) + (2,) * (rank - 3) + (n,)) for rank, n in sizes]
        return [torch.nn.functional.interpolate(x, scale_factor=factor, mode=mode) for x in xs]

    same_in_both(body)


@pytest.mark.parametrize(
    ("rank", "mode"), [(rank, mode) for rank, modes in SMOOTH.items() for mode in modes]
)
@pytest.mark.parametrize("align_corners", [True, False])
@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "bfloat16"])
def test_smooth_modes(rank, mode, align_corners, dtype):
    def body(torch):
        how = {"mode": mode, "align_corners": align_corners, "dtype": dtype}
        return [
            resized(torch, (1, 2, 5, 7, 4)[:rank], size=(3, 11, 1)[: rank - 2], **how),
            resized(torch, (1, 2, 5, 7, 4)[:rank], scale_factor=1.7, **how),
            resized(torch, (2, 1, 1, 2, 9)[:rank], size=(6, 5, 4)[: rank - 2], **how),
        ]

    half = {"bfloat16": (2e-2, 2e-2), "float16": (2e-3, 2e-3)}
    same_in_both(body, half.get(dtype, LOOSE))


@pytest.mark.parametrize("mode", ["bilinear", "bicubic", "lanczos"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_antialias(mode, dtype):
    def body(torch):
        how = {"mode": mode, "antialias": True, "dtype": dtype}
        return [
            resized(torch, (2, 3, 17, 30), size=(5, 40), **how),
            resized(torch, (2, 3, 17, 30), scale_factor=(1.2, 0.4), **how),
        ]

    same_in_both(body, LOOSE)


@pytest.mark.parametrize("mode", ["nearest", "bilinear", "bicubic"])
def test_infinity_stays_near_its_place(mode):
    def body(torch):
        x = torch.zeros(1, 1, 5, 5)
        x[..., 2, 2] = float("inf")
        x.requires_grad_()
        y = torch.nn.functional.interpolate(x, scale_factor=2, mode=mode)
        y.backward(torch.ones(()).expand(y.shape) * (y.detach() == 0).nan_to_num() / 0.0)
        return y, torch.isfinite(x.grad)

    same_in_both(body)


@pytest.mark.parametrize("mode", ["linear", "nearest"])
def test_second_gradients(mode):
    def body(torch):
        x = torch.randn(1, 2, 5, requires_grad=True)
        y = torch.nn.functional.interpolate(x**3, 8, mode=mode)
        (first,) = torch.autograd.grad(y.square().sum(), x, create_graph=True)
        first.square().sum().backward()
        return x, first

    same_in_both(body, LOOSE)


@pytest.mark.parametrize(
    "expression",
    listed(
        """
        f(x); f(x, 3, 2); f(x, (3,)); f(x, (3, 2, 1)); f(x, scale_factor=(3.0,)); f(x, 0); f(x, -1)
        f(x, 3, mode="foo"); f(x, 3, recompute_scale_factor=True); f(x[0], 0); f(x[None], 0)
        f(x, scale_factor=0.1); f(x, 3, antialias=True); f(x[:, :0], 3); f(x[:, :, :0], 3)
        f(x[0, 0], 3); f(x, 3, mode="linear"); f(x[0], 3, mode="bilinear")
        f(x[0], 3, mode="bicubic"); f(x, 3, align_corners=True); f(x, 3, mode="lanczos")
        f(x, 3, mode="lanczos", antialias=True, align_corners=True)
        f(x[0], 3, mode="linear", antialias=True); f(x, 3, mode="area", align_corners=False)
        """
    ),
)
def test_errors(expression):
    def body(torch):
        return eval(expression, {"f": torch.nn.functional.interpolate, "x": torch.ones(1, 2, 5, 7)})

    same_error(body)


@pytest.mark.parametrize(
    "expression", ["f(x.long(), 3)", "f(x.bool(), 3)", "f(x, 3.0)", "f(x, 'a')"]
)
def test_error_types(expression):
    def body(torch):
        return eval(expression, {"f": torch.nn.functional.interpolate, "x": torch.ones(1, 2, 5, 7)})

    same_error(body, words=False)


@pytest.mark.parametrize("name", ["upsample", "upsample_nearest", "upsample_bilinear"])
def test_older_names_warn(name):
    def body(torch):
        x = torch.arange(4.0).reshape(1, 1, 2, 2)
        with pytest.warns(UserWarning, match=f"`nn.functional.{name}` is deprecated"):
            return getattr(torch.nn.functional, name)(x, scale_factor=2)

    same_in_both(body)


# ----------------------------------------------------------------------- reading at places


def sampled(torch, shape, grid, **settings):
    x, grid = torch.randn(shape, requires_grad=True), grid.requires_grad_()
    y = torch.nn.functional.grid_sample(x, grid, **settings)
    (y * torch.arange(float(y.numel())).reshape(y.shape)).sum().backward()
    return x, grid, y, y.grad_fn.name()


@pytest.mark.parametrize("mode", ["bilinear", "nearest", "bicubic"])
@pytest.mark.parametrize("padding_mode", ["zeros", "border", "reflection"])
@pytest.mark.parametrize("align_corners", [True, False])
def test_grid_sample(mode, padding_mode, align_corners):
    """Also at the edges, where the gradient of the grid jumps."""

    def body(torch):
        how = {"mode": mode, "padding_mode": padding_mode, "align_corners": align_corners}
        out = []
        for rank in (2, 3) if mode != "bicubic" else (2,):
            places = torch.rand((2,) + (3,) * rank + (rank,)) * 5 - 2.5
            edges = (torch.rand(places.shape) * 8).floor() / 2 - 2
            shape = (2, 2, 4, 3, 1)[: rank + 2]
            out += [sampled(torch, shape, places, **how), sampled(torch, shape, edges, **how)]
        return out

    same_in_both(body, (1e-4, 1e-4))


def test_grid_sample_has_second_gradients():
    """PyTorch refuses these; they are held against differences."""
    import minitorch_ff as torch

    x = torch.randn(1, 1, 4, 4, dtype=torch.float64, requires_grad=True)
    grid = (torch.rand(1, 2, 2, 2, dtype=torch.float64) - 0.5).requires_grad_()

    def sample(x, grid):
        return torch.nn.functional.grid_sample(x, grid, align_corners=False)

    assert torch.autograd.gradgradcheck(sample, (x, grid))


@pytest.mark.parametrize("align_corners", [True, False])
@pytest.mark.parametrize("size", [(2, 3, 4, 5), (2, 1, 3, 1, 2)])
@pytest.mark.filterwarnings("ignore:Since version 1.3.0")
def test_affine_grid(size, align_corners):
    def body(torch):
        n = len(size) - 2
        theta = torch.randn(2, n, n + 1, requires_grad=True)
        grid = torch.nn.functional.affine_grid(theta, size, align_corners)
        grid.square().sum().backward()
        return theta, grid, grid.grad_fn.name()

    same_in_both(body, LOOSE)


def test_corners_left_open_warn():
    def body(torch):
        theta = torch.eye(3)[None, :2]
        with pytest.warns(UserWarning, match="Default grid_sample and affine_grid behavior"):
            grid = torch.nn.functional.affine_grid(theta, (1, 1, 2, 2))
        with pytest.warns(UserWarning, match="Default grid_sample and affine_grid behavior"):
            return torch.nn.functional.grid_sample(torch.ones(1, 1, 2, 2), grid)

    same_in_both(body)


@pytest.mark.parametrize(
    "expression",
    listed(
        """
        F.grid_sample(v, g3, "bicubic", align_corners=False)
        F.grid_sample(x, g, "foo"); F.grid_sample(x, g, padding_mode="foo")
        F.grid_sample(x[0], g, align_corners=False); F.grid_sample(x, g3, align_corners=False)
        F.grid_sample(x[:1], g, align_corners=False)
        F.grid_sample(x, g[..., :1], align_corners=False)
        F.grid_sample(x, g.double(), align_corners=False)
        F.grid_sample(x.long(), g, align_corners=False)
        F.grid_sample(x[:, :, :0], g, align_corners=False)
        F.affine_grid(t, (2, 3, 4), False); F.affine_grid(t, (2, 3, 4, 5, 6), False)
        F.affine_grid(t, (3, 3, 4, 5), False); F.affine_grid(t.long(), (2, 3, 4, 5), False)
        F.affine_grid(t, (2, 3, 0, 5), False); F.affine_grid(t[0], (2, 3, 4, 5), False)
        F.pixel_shuffle(x, 2); F.pixel_shuffle(x, 0); F.pixel_shuffle(x[0, 0], 2)
        F.pixel_unshuffle(x, 2); F.pixel_unshuffle(x, 5); F.pixel_unshuffle(x, 0)
        F.channel_shuffle(x, 2); F.channel_shuffle(x, 0); F.channel_shuffle(x[0, 0], 1)
        """
    ),
)
def test_errors_of_sampling(expression):
    def body(torch):
        names = {
            "F": torch.nn.functional,
            "x": torch.ones(2, 3, 5, 7),
            "v": torch.ones(2, 3, 4, 5, 6),
            "g": torch.zeros(2, 4, 6, 2),
            "g3": torch.zeros(2, 3, 4, 5, 3),
            "t": torch.zeros(2, 2, 3),
        }
        return eval(expression, names)

    same_error(body)
