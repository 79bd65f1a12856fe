"""How exact the random numbers are: a table of everything compared with PyTorch.

python -m compat_tests.random.report [--moderate]
"""

from __future__ import annotations

import sys
import warnings

from compat_tests.random.both import Both
from compat_tests.random.test_public import CASES

HEADER = (
    f"{'what':36} {'cases':>6} {'values':>10} {'exact %':>11} {'max ulp':>8} {'max abs':>9}  state"
)


def main() -> None:
    both = Both(strict=False)
    for cases in CASES:
        cases(both, "--moderate" not in sys.argv)
    print(HEADER)
    for name, row in both.rows.items():
        exact = 100 * (1 - row.different / max(row.values, 1))
        state = f"{row.states} differ" if row.states else "ok"
        print(
            f"{name:36} {row.cases:6} {row.values:10} {exact:11.6f} {row.ulps:8.3g} "
            f"{row.distance:9.2g}  {state}"
        )


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
