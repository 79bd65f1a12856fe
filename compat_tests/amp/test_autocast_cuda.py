"""`torch.autocast("cuda")`: PyTorch's fake tensors against a stand-in for CUDA.

A fake tensor has a dtype and a device, but no numbers: so it shows which functions cast, and to
what, on any machine. The values are compared with those of the CPU in float32.
"""

import contextlib

import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode

import minitorch_ff as ff
from compat_tests import cuda_standin, strict_backend
from compat_tests.amp.test_autocast import CALLS as ON_THE_CPU

CALLS = [call.strip() for call in ON_THE_CPU if call.strip()]
MORE = """
    p.acos(); p.asin(); f.cosh(); f.sinh(); f.tan(); p.erfinv(); f.expm1(); p.log(); p.log2()
    p.log10(); p.log1p(); p.reciprocal(); p.rsqrt(); f.pow(3); f ** 2; 2 ** f; p ** p; 1 / p
    f.cumsum(0); f.cumprod(1); f.sum(1); f.mean(0); f.var(); f.std(1); f.logsumexp(1); f.norm(1)
    f.norm(2, 1); f.norm(dim=0); torch.dist(f, p); F.normalize(f); F.softmin(f, 1); F.softplus(f)
    F.layer_norm(f, (4,), v, v); F.group_norm(s, 2); F.rms_norm(f, (4,)); F.instance_norm(s)
    F.batch_norm(f, None, None, training=True); F.pdist(f); torch.renorm(f, 2, 0, 1.0)
    F.cosine_similarity(f, f + 1); F.relu(f); F.leaky_relu(f); F.elu(f); F.selu(f); F.silu(f)
    F.mish(f); F.hardswish(f); f.sigmoid(); f.tanh(); F.logsigmoid(f); f.sin(); f.cos(); f.sqrt()
    f.abs(); f.erf(); f.exp2(); f.atan(); torch.atan2(f, p); f * 2; f - p; f / p; f.max(); f.amin()
    torch.where(f > 0, f, p); torch.addcmul(f, f, p); torch.addcdiv(f, f, p); f.lerp(p, 0.5)
    torch.einsum("ij,jk->ik", f, f); torch.cross(s[:, :3], s[:, :3], 1); torch.nansum(f)
    F.dropout(f, 0.5); F.embedding(i, f); F.max_pool1d(s, 2); F.avg_pool1d(s, 2); f.amax(1)
    F.interpolate(s, scale_factor=2); F.pad(f, (1, 1)); F.glu(f); f.sort().values; f.median()
    torch.nn.RNNCell(4, 4, device=f.device)(f); torch.nn.LSTMCell(4, 4, device=f.device)(f)[0]
    torch.nn.GRUCell(4, 4, device=f.device)(f); F.multilabel_soft_margin_loss(f, p)
    f.cumsum(0, dtype=torch.float64); f.sum(dtype=torch.float16); F.softmax(f, 1, torch.float16)
"""
CALLS += [call.strip() for call in MORE.replace("\n", ";").split(";") if call.strip()]
REFUSED = "solve svdvals eigvalsh qr cholesky".split()
"""What a fake tensor can do in float16, but PyTorch's kernels cannot."""


@pytest.fixture(scope="module", autouse=True)
def runtime():
    with cuda_standin.present() as found:
        yield found


@contextlib.contextmanager
def in_block(dtype):
    """PyTorch's block, which asks for a GPU if it is made by its class."""
    torch.set_autocast_enabled("cuda", True)
    torch.set_autocast_dtype("cuda", dtype)
    torch.autocast_increment_nesting()
    try:
        yield
    finally:
        torch.autocast_decrement_nesting()
        torch.clear_autocast_cache()
        torch.set_autocast_enabled("cuda", False)
        torch.set_autocast_dtype("cuda", torch.float16)


def inputs(w, dtype, device):
    """The names that the calls use."""
    ff.manual_seed(0)
    f = ff.randn(4, 4) + 2 * ff.eye(4)
    made = {"f": f, "v": ff.rand(4) + 0.5, "s": ff.randn(2, 4, 4), "p": ff.rand(4, 4) * 0.8 + 0.1}
    names = {"torch": w, "F": w.nn.functional, "i": w.arange(4, device=device)}
    for name, value in made.items():
        if w is torch:
            names[name] = torch.empty(value.shape, dtype=getattr(w, dtype), device=device)
        else:
            names[name] = value.to(getattr(w, dtype)).to(device)
    return names


def expected(call, dtype):
    """PyTorch's dtype, or its error."""
    try:
        with FakeTensorMode():
            names = inputs(torch, dtype, "cuda")
            with in_block(torch.float16):
                return eval(call, names).dtype
    except (RuntimeError, NotImplementedError) as error:
        return error


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("call", CALLS)
def test_dtypes(call, dtype):
    theirs = expected(call, dtype)
    if dtype == "float16" and any(f"linalg.{name}" in call for name in REFUSED):
        theirs = RuntimeError("not implemented for 'Half'")
    if isinstance(theirs, Exception):
        pytest.skip(f"PyTorch refuses: {theirs}")
    names = inputs(ff, dtype, "cuda")
    with ff.autocast("cuda"):
        ours = eval(call, names)
    assert str(ours.dtype) == str(theirs)
    if "dropout" in call or "Cell" in call:
        return
    value = eval(call, inputs(ff, "float32", "cpu"))
    assert ff.allclose(ours.cpu().float(), value.float(), rtol=3e-2, atol=3e-2, equal_nan=True)


def test_enough_calls_are_compared():
    compared = [call for call in CALLS if not isinstance(expected(call, "float16"), Exception)]
    assert len(compared) > 140


@pytest.mark.parametrize("call", ["f.exp()", "f @ f", "F.layer_norm(f, (4,)).sum()", "f ** 2"])
def test_gradients_have_the_dtype_of_their_tensors(call):
    for dtype in ("float32", "float16"):
        names = inputs(ff, dtype, "cuda")
        names["f"].requires_grad_()
        with ff.autocast("cuda"):
            out = eval(call, names)
        out.float().sum().backward()
        exact = inputs(ff, "float32", "cpu")
        exact["f"].requires_grad_()
        eval(call, exact).sum().backward()
        assert str(names["f"].grad.dtype) == f"torch.{dtype}"
        expected = exact["f"].grad
        assert ff.allclose(names["f"].grad.cpu().float(), expected, rtol=2e-2, atol=2e-2)


def test_binary_cross_entropy_is_refused():
    theirs = expected("F.binary_cross_entropy(p, p)", "float16")
    names = inputs(ff, "float16", "cuda")
    with pytest.raises(RuntimeError) as caught, ff.autocast("cuda"):
        ff.nn.functional.binary_cross_entropy(names["p"], names["p"])
    assert str(caught.value) == str(theirs)
    on_the_cpu = ff.rand(3)
    with ff.autocast("cuda"):
        ff.nn.functional.binary_cross_entropy(on_the_cpu, on_the_cpu)


def test_blocks_concern_one_type_of_device():
    there, here = ff.ones(2, 2, device="cuda"), ff.ones(2, 2)
    with ff.autocast("cuda"):
        assert ff.is_autocast_enabled()
        assert not ff.is_autocast_enabled("cpu")
        assert ((there @ there).dtype, (here @ here).dtype) == (ff.float16, ff.float32)
        assert here.half().exp().dtype is ff.float16
        with ff.autocast("cpu"):
            assert ((there @ there).dtype, (here @ here).dtype) == (ff.float16, ff.bfloat16)
        with ff.autocast("cuda", dtype=ff.bfloat16):
            assert ff.get_autocast_dtype("cuda") is ff.bfloat16
            assert (there @ there).dtype is ff.bfloat16
        with ff.autocast("cuda", enabled=False):
            assert (there @ there).dtype is ff.float32
            assert there.half().exp().dtype is ff.float16
        with pytest.warns(UserWarning, match="In CUDA autocast, but the target dtype is not"):
            block = ff.autocast("cuda", dtype=ff.float64)
        with block:
            assert (there @ there).dtype is ff.float32
    assert (there @ there).dtype is ff.float32
    assert there.half().exp().dtype is ff.float16
    with pytest.raises(NotImplementedError, match="is not supported"):
        ff.autocast("xpu")


def test_mixed_dtypes_meet():
    """What PyTorch's list for the widest dtype says; its dot product has no fake."""
    f = inputs(ff, "float32", "cuda")["f"]
    h, positions = f.half(), ff.zeros(4, 4, dtype=ff.int64, device="cuda")
    with ff.autocast("cuda"):
        assert ff.dot(f[0], h[0]).dtype is ff.float32
        assert ff.dot(h[0], h[0]).dtype is ff.float16
        assert ff.tensordot(f, h, 1).dtype is ff.float32
        assert ff.addcmul(h, f, h).dtype is ff.float32
        assert ff.scatter_add(h, 0, positions, f).dtype is ff.float32
        assert ff.index_put(h, (positions[0],), f[0]).dtype is ff.float32


def test_training_with_a_scaler():
    """The losses of float32 within the rounding; a step whose gradients overflow is left out."""
    losses = {}
    for device, dtype in (("cpu", None), ("cuda", ff.float16), ("cuda", ff.bfloat16)):
        ff.manual_seed(0)
        model = ff.nn.Sequential(ff.nn.Linear(8, 16), ff.nn.ReLU(), ff.nn.Linear(16, 3)).to(device)
        x, y = ff.randn(32, 8), ff.randint(0, 3, (32,))
        x, y = x.to(device), y.to(device)
        optimizer = ff.optim.SGD(model.parameters(), 0.1, momentum=0.9)
        scaler = ff.amp.GradScaler("cuda", enabled=dtype is ff.float16, init_scale=2.0**24)
        losses[dtype] = []
        for _ in range(12):
            optimizer.zero_grad()
            with ff.autocast("cuda", dtype=dtype, enabled=dtype is not None):
                scores = model(x)
                loss = ff.nn.functional.cross_entropy(scores, y)
            assert loss.dtype is ff.float32
            assert scores.dtype is (dtype or ff.float32)
            scaler.scale(loss).backward()
            before = scaler.get_scale()
            scaler.step(optimizer)
            scaler.update()
            if scaler.get_scale() >= before:  # else it was too large
                losses[dtype].append(loss.item())
    assert 6 < len(losses[ff.float16]) < 12
    assert len(losses[ff.bfloat16]) == 12
    for found in (losses[ff.float16], losses[ff.bfloat16]):
        assert found == pytest.approx(losses[None][: len(found)], rel=3e-2)


def test_a_step_of_a_scaler_waits_once(runtime):
    params = [ff.ones(3, device="cuda", requires_grad=True) for _ in range(4)]
    optimizer, scaler = ff.optim.SGD(params, 0.1), ff.amp.GradScaler("cuda")
    for w in params:
        scaler.scale((w * w).sum()).backward()
    with strict_backend.waits() as reads:
        scaler.step(optimizer)
    assert len(reads) == 1
