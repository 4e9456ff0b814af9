"""The table: each row's figures, beside those of the fastest peer."""

from __future__ import annotations

import os
import platform
from collections.abc import Collection
from dataclasses import dataclass
from importlib.metadata import version
from statistics import median

from benchmarks.packages import KNOWN, OURS, TRIP

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


def row(
    what: str,
    taken: Taken,
    bound: float | None = None,
    *,
    against: Collection[str] = (),
    unit: str = "s",
) -> Row:
    peers = against or [name for name in taken if name not in (OURS, TRIP)]
    ratios = {peer: ratio(taken, peer) for peer in peers}
    fastest = max(ratios, key=lambda peer: ratios[peer])
    ours = ratios[fastest]
    within = bound is None or (ours >= bound if unit == RATE else ours <= bound)
    medians = {name: median(values) for name, values in taken.items()}
    return Row(what, unit, medians, fastest, ours, bound, within)


def ratio(taken: Taken, peer: str) -> float:
    return median(a / b for a, b in zip(taken[OURS], taken[peer], strict=True))


NAMES = [OURS, TRIP, *(name for name in KNOWN if name != OURS)]
HEADER = f"{'':48}{''.join(f'{name:>10}' for name in NAMES)}   ratio to the fastest   must be"


def line(row: Row) -> str:
    figures = "".join(f"{shown(row.medians.get(name), row.unit):>10}" for name in NAMES)
    side = "at least" if row.unit == RATE else "at most"
    bound = f"{'' if row.within else 'OVER':5}{side} {row.bound:.2f}" if row.bound else ""
    return f"{row.what:48}{figures}   {row.ratio:<7.3f}{row.against:<11}{bound}".rstrip()


def shown(value: float | None, unit: str) -> str:
    if value is None:
        return "-"
    if unit != "s":
        return f"{value:.0f} {unit}".strip()
    scale, name = (1e6, "µs") if value < 1e-3 else (1e3, "ms") if value < 1 else (1, "s")
    return f"{value * scale:.3g} {name}"


def setting() -> dict[str, str]:
    """What the figures were taken on, and with."""
    names = "ravyn-bg lilya ravyn starlette fastapi litestar anyio palfrey uvicorn uvloop mypy"
    machine = f"{os.cpu_count()} x {platform.platform()}, Python {platform.python_version()}"
    return {"machine": machine} | {name: version(name) for name in names.split()}
