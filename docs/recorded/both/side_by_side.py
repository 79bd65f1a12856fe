from minitorch_ff.compare import side_by_side


def function(torch):
    w = torch.randn(3, requires_grad=True)
    loss = w.square().sum()
    loss.backward()
    return {"w": w, "loss": loss}


table = side_by_side(function)
print(table)
print(table.equal)
