"""The table: each row's figures, beside those of the fastest peer and beside the limit."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from statistics import median

from benchmarks.packages import KNOWN, LIMIT, OURS

RATE = "/s"  # the unit of which more is better; of all others less is

Taken = dict[str, list[float]]  # what each contestant was measured at, round by round


@dataclass(frozen=True)
class Row:
    what: str
    unit: str
    medians: dict[str, float]
    against: str  # the fastest of the peers, or of those that the row is about
    ratio: float  # ours to that peer's, the median over the rounds
    bound: float | None
    within: bool
    limit: float | None  # the limit's to that peer's
    to_limit: float | None  # ours to the limit's


def row(
    what: str,
    taken: Taken,
    bound: float | None = None,
    *,
    against: Collection[str] = (),
    unit: str = "s",
) -> Row:
    peers = against or [name for name in taken if name not in (OURS, LIMIT)]
    fastest = max(peers, key=lambda peer: ratio(taken, OURS, peer))
    ours = ratio(taken, OURS, fastest)
    return Row(
        what,
        unit,
        medians(taken),
        fastest,
        ours,
        bound,
        bound is None or (ours >= bound if unit == RATE else ours <= bound),
        ratio(taken, LIMIT, fastest) if LIMIT in taken else None,
        ratio(taken, OURS, LIMIT) if LIMIT in taken else None,
    )


def medians(taken: Taken) -> dict[str, float]:
    return {name: median(values) for name, values in taken.items()}


def ratio(taken: Taken, one: str, other: str) -> float:
    return median(a / b for a, b in zip(taken[one], taken[other], strict=True))


NAMES = [OURS, LIMIT, *(name for name in KNOWN if name != OURS)]
HEADER = "".join(
    [
        f"{'':48}",
        *(f"{name:>10}" for name in NAMES),
        f"   {'ratio to the fastest':<22}{'must be':<14}{'its limit':<11}to the limit",
    ]
)


def line(row: Row) -> str:
    side = "at least" if row.unit == RATE else "at most"
    return "".join(
        [
            f"{row.what:48}",
            *(f"{shown(row.medians.get(name), row.unit):>10}" for name in NAMES),
            f"   {row.ratio:<7.3f}{row.against:<10}{'' if row.within else 'OVER':<5}",
            (f"{side} {row.bound:.2f}" if row.bound else "").ljust(14),
            f"{row.limit:<11.3f}{row.to_limit:.3f}" if row.limit and row.to_limit else "",
        ]
    )


def shown(value: float | None, unit: str) -> str:
    if value is None:
        return "-"
    if unit != "s":
        return f"{value:.0f} {unit}".strip()
    scale, name = (1e6, "µs") if value < 1e-3 else (1e3, "ms") if value < 1 else (1, "s")
    return f"{value * scale:.3g} {name}"
