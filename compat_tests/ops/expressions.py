"""Short expressions, evaluated in both worlds: their texts or errors must agree."""

from compat_tests.worlds import same_error, same_in_both


def listed(text: str) -> list[str]:
    """Expressions from lines of them, with semicolons between."""
    parts = [part.strip() for part in text.replace("\n", ";").split(";")]
    return [part for part in parts if part]


def operands(torch) -> dict:
    """The names that expressions may use: tensors, called by their dtype."""
    x = torch.tensor([1.5, -2.5])
    integers = torch.tensor([3, -2])
    return {
        "torch": torch,
        "inf": float("inf"),
        "nan": float("nan"),
        "x": x,
        "w": torch.tensor([1.5, -2.5], requires_grad=True),
        "v": torch.tensor([0.5, 2.0], requires_grad=True),
        "d": x.double(),
        "h": x.half(),
        "i": integers,
        "i32": integers.int(),
        "i8": integers.to(torch.int8),
        "u8": torch.tensor([1, 2], dtype=torch.uint8),
        "b": torch.tensor([True, False]),
        "s": torch.tensor(2.0),
        "three": torch.ones(3),
    }


def same_text(expression: str) -> None:
    """The expression prints the same: values, dtype, and the node it came from."""
    same_in_both(lambda torch: repr(eval(expression, operands(torch))))


def same_complaint(expression: str, words: bool = True) -> None:
    """The expression raises the same error."""
    same_error(lambda torch: eval(expression, operands(torch)), words)
