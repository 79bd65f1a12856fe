"""`torch.autocast` on the CPU: which functions cast, to what, and what gradients come back."""

import threading
import warnings

import pytest
import torch

import minitorch_ff as ff
from compat_tests.worlds import same_error, same_in_both

BF16 = (2e-2, 2e-2)

# What to compute from a square matrix, a vector, a stack, probabilities and classes.
CALLS = """
    torch.mm(f, f); torch.matmul(f, f); torch.matmul(v, v); f @ v; torch.mv(f, v); torch.dot(v, v)
    torch.bmm(s, s); torch.addmm(f, f, f); torch.baddbmm(s, s, s); torch.addbmm(f, s, s)
    torch.addmv(v, f, v); torch.addr(f, v, v); torch.outer(v, v); torch.inner(f, f)
    torch.tensordot(f, f, 1); torch.linalg.multi_dot([f, f, f]); torch.linalg.vecdot(v, v)
    torch.matrix_power(f, 3); torch.cov(f); torch.corrcoef(f)
    F.linear(f, f); F.linear(f, f, v); F.linear(input=f, weight=f, bias=v); F.linear(f, v)
    F.bilinear(f, f, s[:, :4, :4]); F.prelu(f, v[:1]); F.pairwise_distance(f, f)
    F.mse_loss(f, f + 1); F.l1_loss(f, f + 1); F.smooth_l1_loss(f, f + 1); F.huber_loss(f, f + 1)
    F.cross_entropy(f, i); F.cross_entropy(f, p); F.nll_loss(f, i); F.nll_loss(f, i, v)
    F.binary_cross_entropy(p, p); F.binary_cross_entropy_with_logits(f, p)
    F.kl_div(f, p, reduction="sum"); F.poisson_nll_loss(f, p); F.gaussian_nll_loss(f, f + 1, p)
    F.hinge_embedding_loss(f, p); F.cosine_embedding_loss(f, f + 1, v.sign())
    F.margin_ranking_loss(f, f + 1, p); F.soft_margin_loss(f, p); F.multi_margin_loss(f, i)
    F.triplet_margin_loss(f, f + 1, p); F.triplet_margin_with_distance_loss(f, f + 1, p)
    F.multilabel_margin_loss(f, i.expand(4, 4)); F.multilabel_soft_margin_loss(f, p)
    f.prod(); f.prod(0); torch.prod(f, dim=1); f.quantile(0.5); f.nanquantile(0.5)
    torch.cdist(f, p); f.trace(); torch.inverse(f); torch.linalg.solve(f, f); torch.linalg.inv(f)
    torch.linalg.svdvals(f); torch.linalg.eigvalsh(f + f.T); torch.linalg.qr(f).R.abs()
    torch.linalg.cholesky(s.new_ones(4).diag()); torch.linalg.norm(f); f.norm()
    f.softmax(1); f.log_softmax(1); f.sum(); f.mean(); f.exp(); f.pow(2); F.layer_norm(f, (4,))
    F.conv1d(s, s); F.conv2d(s[None], s[None]); F.conv_transpose1d(s, s); F.max_pool3d(s[None], 2)
    F.scaled_dot_product_attention(s, s, s); F.avg_pool3d(s[None], 2)
    F.adaptive_avg_pool3d(s[None], 1)
    F.grid_sample(s[None], s[None, :, :, :2], align_corners=False); F.max_pool2d(s, 2)
    F.gelu(f); torch.cat([f, f]); torch.stack([f, p]); f + p; F.cosine_similarity(f, p); f.std()
""".replace("\n", ";").split(";")


def inputs(torch, dtype):
    """The names that the calls use."""
    torch.manual_seed(0)
    names = {"f": torch.randn(4, 4) + 2 * torch.eye(4), "v": torch.rand(4) + 0.5}
    names |= {"s": torch.randn(2, 4, 4), "p": torch.rand(4, 4) * 0.8 + 0.1}
    names = {name: value.to(getattr(torch, dtype)) for name, value in names.items()}
    return names | {"i": torch.tensor([0, 1, 2, 3]), "torch": torch, "F": torch.nn.functional}


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16", "float64"])
@pytest.mark.parametrize("call", [c.strip() for c in CALLS if c.strip()])
def test_results(call, dtype):
    """The dtype is PyTorch's, and the value within bfloat16's rounding; or both refuse."""

    def body(torch):
        names = inputs(torch, dtype)
        with torch.autocast("cpu", torch.bfloat16):
            return eval(call, names)

    try:
        body(torch)
    except (RuntimeError, NotImplementedError) as error:
        if "dtype" in str(error) or "implement" in str(error) or "expected" in str(error).lower():
            pytest.skip(f"PyTorch refuses: {error}")
        raise
    same_in_both(body, BF16)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_a_training_step(dtype):
    def body(torch):
        model = torch.nn.Sequential(torch.nn.Linear(8, 16), torch.nn.ReLU(), torch.nn.Linear(16, 3))
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        x, y = torch.randn(32, 8), torch.randint(0, 3, (32,))
        losses = []
        for _ in range(5):
            with torch.autocast(device_type="cpu", dtype=getattr(torch, dtype)):
                scores = model(x)
                loss = torch.nn.functional.cross_entropy(scores, y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.detach())
        grads = [(p.grad.dtype.itemsize, p.grad) for p in model.parameters()]
        return str(scores.dtype), losses, grads, scores.grad_fn.name()

    same_in_both(body, BF16)


def test_rounding_is_of_the_sum():
    """Products are added in float32 and rounded once, forward and backward."""

    def body(torch):
        w = torch.full((1, 4096), 1.0, requires_grad=True)
        x = torch.ones(300, 4096, requires_grad=True)
        with torch.autocast("cpu"):
            y = torch.nn.functional.linear(x, w)
        y.sum().backward()
        return y, w.grad, x.grad, x.bfloat16() @ w.bfloat16().T

    same_in_both(body)


def test_blocks():
    def body(torch):
        x = torch.ones(2, 2)
        seen = [torch.is_autocast_enabled("cpu")]
        with torch.autocast("cpu"):
            seen += [(x @ x).dtype, torch.is_autocast_enabled("cpu"), torch.is_autocast_enabled()]
            seen += [torch.get_autocast_dtype("cpu")]
            with torch.autocast("cpu", dtype=torch.float16):
                seen += [(x @ x).dtype, torch.get_autocast_dtype("cpu")]
                with torch.autocast("cpu", enabled=False):
                    seen += [(x @ x).dtype]
            with torch.autocast("cpu", enabled=False):
                seen += [(x @ x).dtype, torch.is_autocast_enabled("cpu")]
            thread = threading.Thread(target=lambda: seen.append((x @ x).dtype))
            thread.start()
            thread.join()
        try:
            with torch.autocast("cpu"):
                raise ValueError
        except ValueError:
            seen += [(x @ x).dtype, torch.is_autocast_enabled("cpu")]
        decorated = torch.autocast("cpu")(lambda: x @ x)
        seen += [decorated().dtype, decorated().dtype, (x @ x).dtype]
        return [str(item) for item in seen]

    same_in_both(body)


def test_a_parameter_is_cast_once():
    """A cast is made again where the first one was not recorded, and after the block."""

    def body(torch):
        w, x = torch.nn.Parameter(torch.randn(3, 3)), torch.randn(2, 3)
        linear, results = torch.nn.functional.linear, []
        for caching in (True, False, None):
            with torch.autocast("cpu", cache_enabled=caching):
                with torch.no_grad():
                    linear(x, w)
                before = linear(x, w)
                with torch.no_grad():
                    w += 1
                results += [before, linear(x, w), linear(x, w.detach())]
            with torch.autocast("cpu"):
                results.append(linear(x, w))
        sum(result.float().sum() for result in results).backward()
        return [result.detach() for result in results], w.grad

    same_in_both(body, BF16)


def warned(call):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = call()
    return result, [(w.category.__name__, str(w.message)) for w in caught]


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64"])
def test_other_dtypes_disable_it(dtype):
    def body(torch):
        block, words = warned(lambda: torch.autocast("cpu", dtype=getattr(torch, dtype)))
        with block:
            return words, torch.ones(2, 2) @ torch.ones(2, 2)

    same_in_both(body)


def test_without_the_package_of_bfloat16(monkeypatch):
    monkeypatch.setattr(ff.bfloat16, "_numpy", None)
    monkeypatch.setitem(__import__("sys").modules, "ml_dtypes", None)
    with pytest.raises(ImportError, match=r"pip install 'minitorch-ff\[bf16\]'"):
        ff.autocast("cpu")
    with ff.autocast("cpu", dtype=ff.float16):
        assert (ff.ones(1, 1) @ ff.ones(1, 1)).dtype is ff.float16


def function_of(torch, **settings):
    class Double(torch.autograd.Function):
        @staticmethod
        @torch.amp.custom_fwd(device_type="cpu", **settings)
        def forward(ctx, x, w):
            ctx.save_for_backward(w)
            ctx.seen = [str(x.dtype), str((x @ w).dtype), torch.is_autocast_enabled("cpu")]
            SEEN.append(ctx.seen)
            return x @ w

        @staticmethod
        @torch.amp.custom_bwd(device_type="cpu")
        def backward(ctx, grad):
            (w,) = ctx.saved_tensors
            SEEN.append([str(grad.dtype), torch.is_autocast_enabled("cpu")])
            return grad.to(w.dtype) @ w.T, None

    return Double


SEEN = []


@pytest.mark.parametrize("inside", [True, False])
@pytest.mark.parametrize("cast", [None, "float32", "float16"])
def test_own_functions(inside, cast):
    def body(torch):
        SEEN.clear()
        settings = {} if cast is None else {"cast_inputs": getattr(torch, cast)}
        x, w = torch.ones(2, 2, requires_grad=True), torch.ones(2, 2)
        with torch.autocast("cpu", enabled=inside):
            y = function_of(torch, **settings).apply(x.bfloat16() if inside else x, w)
        y.sum().backward()
        return list(SEEN), y.detach(), x

    same_in_both(body)


@pytest.mark.parametrize("name", ["custom_fwd", "custom_bwd"])
def test_their_decorators_want_a_name(name):
    same_error(lambda torch: getattr(torch.amp, name)(lambda ctx: 1, device_type=3))

    def body(torch):
        return warned(lambda: getattr(torch.cuda.amp, name)(lambda ctx: 1))[1]

    same_in_both(body)
