"""Tables of what was found, and what changed since an earlier run."""

import dataclasses
from collections import Counter
from collections.abc import Callable

from compat_tests.conformance import modules, optimizers
from compat_tests.conformance.record import Record

TIERS = ("1", "2", "3", "out")
ERRORS_OF = ("op", "module", "optim")


def share(part: int, whole: int) -> str:
    return f"{part}/{whole} ({100 * part / whole:.1f}%)" if whole else "0/0"


def total(records: list[Record], name: str) -> int:
    return sum(r.tally[name] for r in records)


def tally_share(records: list[Record], part: str, whole: str = "tried") -> str:
    return share(total(records, part), total(records, whole))


def check_share(records: list[Record], check: str) -> str:
    found = [r.checks.get(check, (0, 0)) for r in records]
    return share(sum(passed for passed, _ in found), sum(tried for _, tried in found))


def _presence(records: list[Record]) -> str:
    return share(sum(r.present for r in records), len(records))


def op_row(records: list[Record]) -> dict:
    usable = [r for r in records if r.tally["tried"]]
    return {
        "ops": len(records),
        "present": _presence(records),
        "ops ok": share(sum(r.ok for r in records), len(usable)),
        "samples ok": tally_share(records, "passed"),
        "forward ok": tally_share(records, "forward_ok"),
        "shape+dtype": tally_share(records, "shape_dtype_ok"),
        "backward ok": tally_share(records, "backward_ok", "backward_tried"),
    }


def module_row(records: list[Record]) -> dict:
    return {
        "modules": len(records),
        "present": _presence(records),
        "modules ok": share(sum(r.ok for r in records), len(records)),
        "samples ok": tally_share(records, "passed"),
        **{check: check_share(records, check) for check in modules.CHECKS},
    }


def optimizer_row(records: list[Record]) -> dict:
    checks = {check: check_share(records, check) for check in optimizers.CHECKS}
    return {**scheduler_row(records), **checks}


def scheduler_row(records: list[Record]) -> dict:
    names = {r.name for r in records}
    good = names - {r.name for r in records if not r.ok}
    return {
        "classes": len(names),
        "ok": share(len(good), len(names)),
        "cases ok": tally_share(records, "passed"),
    }


def error_row(records: list[Record]) -> dict:
    return {
        "groups": len(records),
        "error inputs": total(records, "tried"),
        "raised": tally_share(records, "raised"),
        "type": tally_share(records, "type_ok"),
        "message": tally_share(records, "message_ok"),
        "both": tally_share(records, "passed"),
        "same text": tally_share(records, "text_equal"),
    }


SECTIONS: dict[str, tuple[str, Callable]] = {
    "op": (
        "OPS (an op is ok when every sample of every variant and dtype passes)",
        op_row,
    ),
    "module": ("MODULES (PyTorch's database)", module_row),
    "extra module": (
        "MODULES (own list: classes which the database lacks)",
        module_row,
    ),
    "optimizer": ("OPTIMIZERS (settings x foreach/fused flags)", optimizer_row),
    "scheduler": ("LR SCHEDULERS (20 steps, 2 groups)", scheduler_row),
}


def by_tier(records: list[Record], row: Callable) -> dict[str, dict]:
    rows = {}
    for tier in TIERS:
        chosen = [r for r in records if r.tier == tier]
        if chosen:
            rows[tier if tier == "out" else "tier " + tier] = row(chosen)
    return {**rows, "total": row(records)}


def print_report(records: list[Record], failures_listed: int) -> dict[str, dict]:
    """Print a table per kind; return the same figures."""
    summary = {}
    for kind, (title, row) in SECTIONS.items():
        chosen = [r for r in records if r.kind == kind]
        if chosen:
            summary[kind] = by_tier(chosen, row)
            print_table(title, summary[kind])
            if kind == "op":
                _print_op_details(chosen)
    errors = [r for r in records if r.kind == "errors"]
    if errors:
        of = {p: [r for r in errors if r.name.startswith(p + ":")] for p in ERRORS_OF}
        summary["errors"] = {p: error_row(found) for p, found in of.items() if found}
        print_table("ERRORS", summary["errors"])
    for record in records:
        if record.crash:
            print(f"CRASHED OR HUNG: {record.kind} {record.name}: {record.crash[:300]}")
    if failures_listed:
        _print_failures(records, failures_listed)
    return summary


def print_table(title: str, rows: dict[str, dict]) -> None:
    columns = list(next(iter(rows.values())))
    widths = {c: max(len(c), *(len(str(r[c])) for r in rows.values())) for c in columns}
    print("\n" + title)
    print(" " * 10 + "  ".join(c.rjust(widths[c]) for c in columns))
    for name, row in rows.items():
        cells = (str(row[c]).rjust(widths[c]) for c in columns)
        print(name.ljust(10) + "  ".join(cells))


def _print_op_details(records: list[Record]) -> None:
    def added(name: str) -> dict:
        return dict(sum((getattr(r, name) for r in records), Counter()).most_common(12))

    print("  failures by stage:", added("stages"))
    print("  notes (not failures):", added("notes"))
    print("  samples skipped:", added("skips"))
    cut = [r.name for r in records if r.truncated]
    unused = [r.name for r in records if not r.tally["tried"]]
    if cut:
        print("  ops cut short by time:", *cut)
    if unused:
        print("  ops with no usable sample:", *unused)
    for name in ("by_variant", "by_dtype"):
        parts: dict[str, list[int]] = {}
        for record in records:
            for part, (passed, tried) in getattr(record, name).items():
                both = parts.setdefault(part.split(":")[0], [0, 0])
                both[0] += passed
                both[1] += tried
        shares = "  ".join(f"{part} {share(*both)}" for part, both in parts.items())
        print(f"  samples {name.replace('_', ' ')}: {shares}")


def _print_failures(records: list[Record], limit: int) -> None:
    bad = [r for r in records if r.failures]
    print(f"\nFAILURES: {len(bad)} names")
    for kind in dict.fromkeys(r.kind for r in bad):
        for record in [r for r in bad if r.kind == kind][:limit]:
            print(f"  - {kind} {record.name} {record.failures[0]}")


def as_data(records: list[Record]) -> list[dict]:
    """The records as plain data, for a JSON file."""
    names = [field.name for field in dataclasses.fields(Record)]
    return [{name: getattr(r, name) for name in names} for r in records]


def print_changes(before: list[dict], records: list[Record]) -> None:
    """Say which names pass more, or fewer, of their samples than in an earlier file."""
    old, new = _scores(before), _scores(as_data(records))
    both = [k for k in new if k in old and old[k] != new[k]]
    worse = [k for k in both if _rate(new[k]) < _rate(old[k])]
    better = [k for k in both if k not in worse]
    added, gone = len(set(new) - set(old)), len(set(old) - set(new))
    counts = f"{len(better)} better, {len(worse)} worse, {added} new, {gone} gone"
    print(f"\nCHANGES: {counts}")
    for word, names in (("WORSE", worse), ("better", better)):
        for k in names:
            print(f"  {word} {k[0]} {k[1]}: {old[k]} -> {new[k]} (passed, tried)")


def _scores(data: list[dict]) -> dict:
    seen: Counter = Counter()
    scores = {}
    for record in data:
        name = record["kind"], record["name"]
        seen[name] += 1  # a scheduler has several cases of one name
        tally = record["tally"]
        scores[(*name, seen[name])] = tally.get("passed", 0), tally.get("tried", 0)
    return scores


def _rate(score: tuple[int, int]) -> float:
    return score[0] / max(1, score[1])
