"""The first module, tensor and step where two trainings part."""

import pytest

from compat_tests.compare.commands import compare_json, training, write


@pytest.mark.slow
def test_equal_trainings_are_equal_inside(tmp_path):
    result = compare_json("--deep", training(tmp_path, planted=False), cwd=tmp_path, status=0)
    found = {(d["step"], d["module"], d["tensor"]) for d in result["deep"]}
    parts = [
        *((m, "output") for m in ("0 (Linear)", "1 (Tanh)", "2 (Linear)", "Sequential")),
        *((f"{i} (Linear)", f"gradient of {p}") for i in (0, 2) for p in ("weight", "bias")),
    ]
    assert found == {(step, *part) for step in range(1, 7) for part in parts}
    assert not any(d["apart"] for d in result["deep"])
    assert max(d["size"] for d in result["deep"]) < 1e-4
    assert any(any(d["values"]) for d in result["deep"])


def test_the_planted_layer_and_step_are_found(tmp_path):
    script = training(tmp_path, planted=True)
    result = compare_json("--deep", script, cwd=tmp_path, status=1)
    first = result["verdict"]["tensor"]
    assert (first["step"], first["module"], first["tensor"]) == (4, "2 (Linear)", "output")
    theirs, ours = first["values"]
    assert 0.01 < abs(theirs - ours) / abs(theirs) < 0.1
    assert "first tensor that parts: step 4, 2 (Linear), output: 0." in result["text"]


@pytest.mark.slow
def test_a_gradient_may_part_where_outputs_do_not(tmp_path):
    source = """
        import torch
        torch.manual_seed(0)
        class Net(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.net = torch.nn.Sequential(torch.nn.Linear(3, 3), torch.nn.Linear(3, 2))
            def forward(self, x):
                return self.net(x)
        net = Net()
        optimizer = torch.optim.SGD(net.parameters(), lr=0)
        for step in range(3):
            optimizer.zero_grad()
            net(torch.ones(2, 3)).sum().backward()
            if step == 1 and "ff" in torch.__version__:
                net.net[0].bias.grad[1] += 1
            optimizer.step()
    """
    result = compare_json("--deep", write(tmp_path, source), cwd=tmp_path, status=1)
    first = result["verdict"]["tensor"]
    assert (first["step"], first["module"]) == (2, "net.0 (Linear)")
    assert (first["tensor"], first["index"]) == ("gradient of bias", 1)
    assert first["values"][1] - first["values"][0] == pytest.approx(1)
    assert [d["tensor"] for d in result["deep"] if d["apart"]] == ["gradient of bias"]
    assert result["text"].startswith(
        "first divergence\nfirst tensor that parts: step 2, net.0 (Linear)"
    )


@pytest.mark.slow
def test_without_an_optimizer_calls_are_counted(tmp_path):
    source = """
        import torch
        torch.manual_seed(0)
        net = torch.nn.Linear(2000, 3)
        other = torch.nn.ModuleDict({"rnn": torch.nn.Linear(1, 1)})
        for call in range(4):
            net(torch.ones(1, 2000) + 0.1 * call * ("ff" in torch.__version__))
            other["rnn"](torch.ones(1, 1))
    """
    result = compare_json("--deep", "--steps", "3", write(tmp_path, source), cwd=tmp_path, status=1)
    first = result["verdict"]["tensor"]
    assert (first["step"], first["call"], first["module"]) == (1, 2, "Linear")
    assert [d["call"] for d in result["deep"] if d["module"] == "Linear"] == [1, 2, 3]
    assert any("for 3 steps" in note for note in result["notes"])


@pytest.mark.slow
def test_nestings_complex_numbers_large_tensors_and_lone_parameters(tmp_path):
    source = """
        import torch
        torch.manual_seed(0)
        class Net(torch.nn.Module):
            def forward(self, x):
                wrong = torch.zeros_like(x)
                wrong[1::2] = float("ff" in torch.__version__)  # an element that is not kept
                return {"large": x + wrong, "pair": (x[:2], [x[:0].bool(), "text"])}
        Net()(torch.randn(5000))
        class Wave(torch.nn.Module):
            def forward(self, x):
                return x * (1 + 1j * (1 + ("ff" in torch.__version__)))
        Wave()(torch.ones(2, dtype=torch.complex64))
        w = torch.zeros(2, requires_grad=True)  # no module's parameter
        (w * (1 + ("ff" in torch.__version__))).sum().backward()
        torch.optim.SGD([w], lr=0.1).step()
    """
    result = compare_json("--deep", write(tmp_path, source), cwd=tmp_path, status=1)
    found = {d["tensor"]: d for d in result["deep"]}
    assert found["output['large']"]["apart"]
    assert found["output['pair'][0]"]["values"]
    assert "output['pair'][1][0]" in found
    assert not found["output.real"]["apart"]
    assert found["output.imag"]["apart"]
    assert found["output.imag"]["module"] == "model2 (Wave)"
    assert found["gradient of parameter 0"]["module"] == "parameter group 0"
    assert found["gradient of parameter 0"]["values"] == [1.0, 2.0]


@pytest.mark.slow
def test_a_tensor_that_only_one_has_is_a_difference(tmp_path):
    source = """
        import torch
        net = torch.nn.Linear(1, 1)
        if "ff" not in torch.__version__:
            torch.nn.Tanh()(torch.ones(1))
        net(torch.ones(2 + ("ff" in torch.__version__), 1))
    """
    result = compare_json("--deep", write(tmp_path, source), cwd=tmp_path, status=1)
    texts = [d["values"] for d in result["deep"] if d["apart"]]
    assert ["torch.float32 [1]", "none"] in texts
    assert "inf" in {d["size"] for d in result["deep"]}


@pytest.mark.slow
def test_what_cannot_be_recorded_does_not_disturb(tmp_path):
    source = """
        import torch
        net = torch.nn.Linear(3, 2)
        if "ff" not in torch.__version__:
            torch.func.vmap(net)(torch.ones(4, 3))
            rows = torch.nn.Embedding(5, 2, sparse=True)
            rows(torch.tensor([1])).sum().backward()
            torch.optim.SGD(rows.parameters(), lr=0.1).step()
        print(sum(p.numel() for p in net.parameters()))
    """
    result = compare_json("--deep", write(tmp_path, source), cwd=tmp_path, status=1)
    assert result["torch"]["lines"] == ["8"]
    assert result["torch"]["code"] == 0
    assert any("cannot be read" in note for note in result["notes"])
