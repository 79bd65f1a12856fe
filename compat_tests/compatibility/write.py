"""`python -m compat_tests.compatibility.write` renews `minitorch_ff/compatibility.json`."""

from compat_tests.compatibility.walk import FILE, text

if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
