"""What two runs of one script printed: the same words, nearly the same numbers."""

import re

NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?")
RELATIVE, ABSOLUTE = 1e-4, 1e-6


def numbers(text: str) -> list[str]:
    """Every number in a text, as it was printed."""
    return NUMBER.findall(text)


def words(text: str) -> list[str]:
    """A text without its numbers and without the spaces that align them."""
    return NUMBER.sub("#", text).split()


def too_far_apart(theirs: str, ours: str, drifted: str) -> list[tuple[str, str]]:
    """The numbers that differ by more than rounding explains.

    Args:
        theirs: What PyTorch printed.
        ours: What this package printed, with the same words.
        drifted: What PyTorch printed when it added in another order. As far as it is
            from itself, others may be from it.
    """
    return [
        (a, b)
        for a, b, c in zip(*map(numbers, (theirs, ours, drifted)), strict=True)
        if not abs(float(a) - float(b)) <= max(_tolerance(a), abs(float(a) - float(c)))
    ]


def _tolerance(number: str) -> float:
    """The contract's tolerance, and one unit of the last digit: numbers are rounded."""
    mantissa, _, exponent = number.partition("e")
    digits = len(mantissa.partition(".")[2])
    unit = 10.0 ** (int(exponent or 0) - digits) if digits else 0.0
    return RELATIVE * abs(float(number)) + ABSOLUTE + 1.001 * unit
