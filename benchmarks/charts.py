"""The charts, in colours that a light page and a dark one both show."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.growth import SIZES, Growth
from benchmarks.packages import LIMIT, OURS
from benchmarks.table import RATE, Row

GREY, ORANGE, BLUE, GREEN = "#777777", "#e8590c", "#4c8dd6", "#2f9e44"
STYLE: dict[Any, Any] = {
    "axes.edgecolor": GREY,
    "axes.labelcolor": GREY,
    "axes.titlecolor": GREY,
    "axes.titlesize": "medium",
    "grid.alpha": 0.25,
    "grid.color": GREY,
    "legend.frameon": False,
    "legend.labelcolor": GREY,
    "savefig.transparent": True,
    "svg.fonttype": "none",
    "svg.hashsalt": OURS,  # the same figures give the same file
    "text.color": GREY,
    "xtick.color": GREY,
    "ytick.color": GREY,
}
SCALE = (0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)


def draw_table(rows: list[Row], file: Path) -> None:
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(9, 1.2 + 0.26 * len(rows)), layout="constrained")
        axes = figure.subplots()
        axes.set_xscale("log")
        axes.axvline(1, color=GREY, linewidth=1)
        for place, row in enumerate(rows):
            draw_row(axes, place, row)
        axes.set_xticks(SCALE, [str(each) for each in SCALE])
        axes.set_yticks(range(len(rows)), [row.what for row in rows])
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.minorticks_off()
        axes.grid(axis="x")
        axes.set_xlabel("time (or bytes), where the fastest other package takes 1")
        finish(figure, axes, file)


def draw_row(axes: Axes, place: int, row: Row) -> None:
    turned = row.unit == RATE  # then twice as much is half the time
    base = row.medians[row.against]
    others = [value for name, value in row.medians.items() if name not in (OURS, LIMIT)]
    times = [base / value if turned else value / base for value in others]
    ours = 1 / row.ratio if turned else row.ratio

    labels = [OURS, "limit: the least that does it", "other packages", "the bound set for ravyn_bg"]
    labels = labels if place == 0 else [""] * 4  # once in the legend
    axes.plot(ours, place, "o", color=ORANGE, label=labels[0], zorder=3)
    if row.limit:
        limit = 1 / row.limit if turned else row.limit
        axes.plot(limit, place, "|", color=BLUE, ms=12, mew=2, label=labels[1])
    axes.plot(times, [place] * len(times), "o", color=GREY, fillstyle="none", label=labels[2])
    if row.bound:
        bound = 1 / row.bound if turned else row.bound
        axes.barh(place, bound, height=0.7, color=GREEN, alpha=0.2, label=labels[3])
    beside = axes.get_yaxis_transform()
    axes.text(1.01, place, f"{ours:.2f}", color=ORANGE, transform=beside, va="center")


def draw_growth(grown: Growth, file: Path) -> None:
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(9, 3.4), layout="constrained")
        panels = figure.subplots(1, len(grown), sharey=True)
        for axes, (what, seconds) in zip(panels, grown.items(), strict=True):
            for name, colour in {OURS: ORANGE, "Lilya": GREY, LIMIT: BLUE}.items():
                axes.loglog(SIZES, seconds[name], "o-", color=colour, markersize=4, label=name)
            axes.set_title(what)
            axes.set_xlabel("tasks")
            axes.set_xticks(SIZES, [f"{size:,}" for size in SIZES])
            axes.minorticks_off()
            axes.grid()
        panels[0].set_yticks([1e-6, 1e-4, 1e-2, 1], ["1 µs", "100 µs", "10 ms", "1 s"])
        finish(figure, panels[0], file)


def finish(figure: Figure, axes: Axes, file: Path) -> None:
    figure.legend(*axes.get_legend_handles_labels(), loc="outside upper center", ncols=4)
    figure.savefig(file, format="svg", metadata={"Date": None})
