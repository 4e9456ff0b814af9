"""The time line of a request and the tasks behind its response, as text and as SVG."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape


@dataclass
class Visit:
    """A request to make, and the tasks that must run once its response is there."""

    method: str
    path: str
    how: str
    tasks: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass
class Step:
    """One task, as it ran."""

    name: str
    where: str
    start: float
    end: float = 0.0
    failed: bool = False


@dataclass
class TimeLine:
    """When a request was made, its response sent and received, and its tasks run."""

    visit: Visit
    start: float
    status: int
    sent: float
    received: float
    steps: list[Step]
    reports: list[str]


@dataclass
class Bar:
    """What is drawn of a response or a task, in milliseconds after the request."""

    name: str
    kind: str
    start: float
    end: float
    remark: str


def bars(line: TimeLine) -> Iterator[Bar]:
    took = (line.received - line.start) * 1000
    yield Bar("response", "response", 0, took, f"{line.status} after {took:.0f} ms")
    for step in line.steps:
        start, end = (step.start - line.start) * 1000, (step.end - line.start) * 1000
        span = f"failed at {end:.0f} ms" if step.failed else f"{start:.0f} to {end:.0f} ms"
        kind = "failed" if step.failed else step.where
        yield Bar(step.name, kind, start, end, f"{step.where}, {span}")


def longest(lines: list[TimeLine]) -> float:
    return max(bar.end for line in lines for bar in bars(line))


GLYPHS = {"response": "█", "event loop": "▓", "worker thread": "▒", "failed": "✗"}


def as_text(lines: list[TimeLine], width: int = 30) -> str:
    """Each request with its tasks below it, all on one scale."""
    scale = width / longest(lines)
    rows: list[str] = []
    for line in lines:
        rows.append(f"{line.visit}: {line.visit.how}")
        before = ""
        for bar in bars(line):
            first, last = round(bar.start * scale), round(bar.end * scale)
            drawn = f"{before[:first]:<{first}}" + GLYPHS[bar.kind] * max(1, last - first)
            rows.append(f"  {bar.name:<16} {drawn:<{width}}  {bar.remark}")
            if bar.kind == "response":
                before = f"{'│':>{max(1, last) + 1}}"
        rows += [*(f"  logged: {report}" for report in line.reports), ""]
    rows.append("  ".join(f"{glyph * 2} {kind}" for kind, glyph in GLYPHS.items()))
    return "\n".join(rows)


# Midway between black and white, to stand out from a light page and from a dark one.
COLOURS = {
    "response": "#2da44e",
    "event loop": "#4184e4",
    "worker thread": "#c77b1e",
    "failed": "#e5484d",
}
GREY = "#747d89"
# Narrow, so that its text can be read on a telephone: what a bar is stands above it.
WIDTH, ROW = 400, 32


def as_svg(lines: list[TimeLine]) -> str:
    """The same as a picture, without a background of its own."""
    scale = WIDTH / longest(lines)
    parts: list[str] = []
    y = 0
    for line in lines:
        y += 24
        parts.append(text(0, y, f"{line.visit}: {line.visit.how}", "font-weight='600'"))
        top, answered = y + 24, 0.0
        for bar in bars(line):
            x, width = bar.start * scale, max(2, (bar.end - bar.start) * scale)
            parts.append(text(0, y + 18, bar.name))
            parts.append(text(WIDTH, y + 18, bar.remark, "text-anchor='end'"))
            parts.append(rect(x, y + 23, width, 8, bar.kind))
            answered = answered or x + width
            y += ROW
        parts.append(
            f"<path d='M{answered:.1f} {top}V{y}' stroke='{COLOURS['response']}' "
            f"stroke-dasharray='3 3'/>"
        )
    y += 24
    for position, kind in enumerate(COLOURS):
        x = WIDTH * position / len(COLOURS)
        parts += [rect(x, y - 9, 9, 9, kind), text(x + 13, y, kind, "font-size='11'")]
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {y + 6}' width='{WIDTH}' "
        f"font-family='system-ui, sans-serif' font-size='13' fill='{GREY}' role='img' "
        f"aria-label='Time lines of requests and the tasks behind their responses'>\n"
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def text(x: float, y: float, content: str, style: str = "") -> str:
    return f"<text x='{x:.1f}' y='{y}' {style}>{escape(content)}</text>"


def rect(x: float, y: float, width: float, height: float, kind: str) -> str:
    size = f"width='{width:.1f}' height='{height}'"
    return f"<rect x='{x:.1f}' y='{y}' {size} rx='2' fill='{COLOURS[kind]}'/>"
