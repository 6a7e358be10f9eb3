"""Charts as inline SVG text: no library, colours from the page's CSS variables.

Two forms: `panels` are rows of dots or bars, a column of the page for each team size; `curves` are
small line charts side by side. Series differ by colour and by mark or dash, and every mark has a
``<title>``, so that hovering shows its number.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

WIDTH = 960  # of every chart, in CSS pixels
ROW, HEAD, TOP, BOTTOM = 20, 26, 26, 30
LABELS = 150  # width of the row labels
GAP = 44
COLOURS = 8
MARKS = ("circle", "square", "diamond", "triangle", "cross", "ring", "down", "plus")
DASHES = ("", "6 3", "2 3", "8 3 2 3")


@dataclass(frozen=True)
class Dot:
    """A value with an interval."""

    value: float
    low: float
    high: float
    tip: str = ""


@dataclass(frozen=True)
class Bar:
    """Parts of a bar, from the left: (length, CSS class, tip). ``text`` stands behind it."""

    parts: tuple[tuple[float, str, str], ...]
    text: str = ""


Cell = Dot | Bar | None


@dataclass(frozen=True)
class Line:
    """A line: points (x, y), a colour and a dash by number."""

    points: tuple[tuple[float, float], ...]
    colour: int
    dash: int = 0
    tip: str = ""
    marked: bool = False


@dataclass(frozen=True)
class Panel:
    """A small line chart."""

    title: str
    lines: tuple[Line, ...]
    guides: tuple[Line, ...] = field(default=())


def ticks(most: float, count: int = 4) -> list[float]:
    """Round numbers from 0 to at least ``most``."""
    if not most > 0 or not math.isfinite(most):
        return [0.0, 1.0]
    raw = most / count
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(s * power for s in (1, 2, 2.5, 5, 10) if s * power >= raw * (1 - 1e-9))
    return [step * k for k in range(math.ceil(most / step - 1e-9) + 1)]


def plain(value: float) -> str:
    """A number of an axis."""
    return f"{value:,.0f}" if abs(value) >= 10 or value == int(value) else f"{value:g}"


def mark(kind: int, x: float, y: float, tip: str = "", size: float = 4.5) -> str:
    """The mark of a series."""
    name, s = MARKS[kind % len(MARKS)], size
    shape = {
        "circle": f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{s}"/>',
        "ring": f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{s}" class="hollow"/>',
        "square": _path(x, y, [(-s, -s), (s, -s), (s, s), (-s, s)], 0.9),
        "diamond": _path(x, y, [(0, -s), (s, 0), (0, s), (-s, 0)], 1.25),
        "triangle": _path(x, y, [(0, -s), (s, s), (-s, s)]),
        "down": _path(x, y, [(0, s), (s, -s), (-s, -s)]),
        "cross": _stroke(x, y, [(-s, -s, s, s), (-s, s, s, -s)]),
        "plus": _stroke(x, y, [(-s, 0, s, 0), (0, -s, 0, s)]),
    }[name]
    return f'<g class="m c{kind % COLOURS}">{_title(tip)}{shape}</g>'


def _path(x: float, y: float, corners: list[tuple[float, float]], scale: float = 1.0) -> str:
    points = " ".join(f"{x + scale * a:.1f},{y + scale * b:.1f}" for a, b in corners)
    return f'<polygon points="{points}"/>'


def _stroke(x: float, y: float, lines: list[tuple[float, float, float, float]]) -> str:
    path = "".join(f"M{x + a:.1f} {y + b:.1f}L{x + c:.1f} {y + d:.1f}" for a, b, c, d in lines)
    return f'<path class="hollow" d="{path}"/>'


def _title(tip: str) -> str:
    return f"<title>{escape(tip)}</title>" if tip else ""


def _text(x: float, y: float, text: str, kind: str = "", anchor: str = "start") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}">{escape(text)}</text>'
    )


def _svg(height: float, body: str, label: str) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-label="{escape(label)}">'
        f"{body}</svg>"
    )


def panels(
    label: str,
    columns: Sequence[str],
    groups: Sequence[tuple[str, Sequence[tuple[str, int, Sequence[Cell]]]]],
    most: float | None = None,
    room: float = 0.0,
) -> str:
    """Rows of dots or bars. ``groups``: (heading, rows), a row (label, series, a cell a column).

    ``most``: the end of the axis, else the largest value. ``room``: share of a column that is left
    for texts behind the bars.
    """
    steps = ticks(_largest(groups) if most is None else most)
    end = most if most is not None else steps[-1]
    wide = (WIDTH - LABELS - GAP * len(columns)) / max(1, len(columns)) * (1 - room)
    apart = wide / (1 - room) + GAP
    out: list[str] = []
    y = TOP
    places: list[tuple[float, str, int, Sequence[Cell]]] = []
    for heading, rows in groups:
        out.append(_text(0, y + 17, heading, "group"))
        y += HEAD
        for name, series, cells in rows:
            places.append((y + ROW / 2, name, series, cells))
            y += ROW
    for column, title in enumerate(columns):
        left = LABELS + column * apart
        out.append(_text(left, 14, title, "head"))
        for step in steps:
            if step <= end * (1 + 1e-9):
                x = left + wide * step / end
                out.append(
                    f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{y + 4}"/>'
                )
                out.append(_text(x, y + 18, plain(step), "tick", "middle"))
        for middle, _, series, cells in places:
            if column < len(cells):
                out.append(_cell(cells[column], series, left, wide / end, middle))
    out += [_text(12, middle + 4, name, "row") for middle, name, _, _ in places]
    return _svg(y + BOTTOM, "".join(out), label)


def _largest(groups: Sequence[tuple[str, Sequence[tuple[str, int, Sequence[Cell]]]]]) -> float:
    most = 0.0
    for _, rows in groups:
        for _, _, cells in rows:
            for cell in cells:
                if isinstance(cell, Dot):
                    most = max(most, cell.high)
                elif cell is not None:
                    most = max(most, sum(length for length, _, _ in cell.parts))
    return most


def _cell(cell: Cell, series: int, left: float, scale: float, y: float) -> str:
    if cell is None:
        return _text(left + 2, y + 4, "–", "none")
    if isinstance(cell, Dot):
        low, high = left + scale * cell.low, left + scale * cell.high
        whisker = (
            f'<line class="whisker c{series % COLOURS}" x1="{low:.1f}" x2="{high:.1f}" '
            f'y1="{y:.1f}" y2="{y:.1f}"/>'
        )
        return whisker + mark(series, left + scale * cell.value, y, cell.tip)
    out, x = [], left
    for length, kind, tip in cell.parts:
        wide = scale * length
        out.append(
            f'<rect class="bar {kind}" x="{x:.1f}" y="{y - 6:.1f}" width="{wide:.1f}" '
            f'height="12">{_title(tip)}</rect>'
        )
        x += wide
    return "".join(out) + (_text(x + 4, y + 4, cell.text, "value") if cell.text else "")


def curves(
    label: str,
    shown: Sequence[Panel],
    *,
    across: int = 2,
    x_unit: str = "",
    y_unit: str = "",
    x_steps: Sequence[float] | None = None,
    y_most: float | None = None,
    from_one: bool = False,
) -> str:
    """Small line charts. ``x_steps``: where the x axis is marked; else round numbers."""
    high, wide = 190, (WIDTH - 56 * across) / across
    out: list[str] = []
    for number, panel in enumerate(shown):
        left = 44 + (number % across) * (wide + 56)
        top = 30 + (number // across) * (high + 66)
        every = [point for line in (*panel.lines, *panel.guides) for point in line.points]
        xs = list(x_steps) if x_steps else ticks(max((x for x, _ in every), default=1.0))
        ys = ticks(y_most if y_most is not None else max((y for _, y in every), default=1.0))
        first = xs[0] if from_one else 0.0
        x_scale = wide / ((xs[-1] - first) or 1.0)
        y_scale = high / ys[-1]

        def at(
            x: float,
            y: float,
            left: float = left,
            base: float = top + high,
            first: float = first,
            x_scale: float = x_scale,
            y_scale: float = y_scale,
        ) -> tuple[float, float]:
            return left + (x - first) * x_scale, base - y * y_scale

        out.append(_text(left, top - 12, panel.title, "head"))
        for step in ys:
            _, y = at(0, step)
            out.append(
                f'<line class="grid" x1="{left:.1f}" x2="{left + wide:.1f}" '
                f'y1="{y:.1f}" y2="{y:.1f}"/>'
            )
            out.append(_text(left - 6, y + 4, plain(step) + y_unit, "tick", "end"))
        for step in xs:
            x, y = at(step, 0)
            out.append(_text(x, y + 16, plain(step), "tick", "middle"))
        out.append(_text(left + wide, top + high + 32, x_unit, "tick", "end"))
        for line in panel.guides:
            out.append(_polyline([at(*point) for point in line.points], "guide", line))
        for line in panel.lines:
            places = [at(*point) for point in line.points]
            out.append(_polyline(places, f"line c{line.colour % COLOURS}", line))
            if line.marked:
                out += [
                    mark(line.colour, x, y, f"{line.tip}: {value:.2f}")
                    for (x, y), (_, value) in zip(places, line.points, strict=True)
                ]
    rows = math.ceil(len(shown) / across)
    return _svg(rows * (high + 66) + 14, "".join(out), label)


def _polyline(places: Sequence[tuple[float, float]], kind: str, line: Line) -> str:
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    dash = DASHES[line.dash % len(DASHES)]
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<polyline class="{kind}" points="{points}"{dashed}>{_title(line.tip)}</polyline>'


def heat(
    label: str,
    names: Sequence[str],
    values: Sequence[Sequence[float | None]],
    tips: Sequence[Sequence[str]],
) -> str:
    """A matrix of shares from 0 to 1, with the numbers in it."""
    side, left, top = 92, 170, 34
    out = []
    for j, name in enumerate(names):
        out.append(_text(left + (j + 0.5) * side, top - 10, name[:14], "head", "middle"))
    for i, name in enumerate(names):
        out.append(_text(left - 10, top + (i + 0.5) * 40 + 4, name[:24], "row", "end"))
        for j, value in enumerate(values[i]):
            x, y = left + j * side, top + i * 40
            shade = 0.0 if value is None else 0.12 + 0.78 * value
            out.append(
                f'<g>{_title(tips[i][j])}<rect class="heat" x="{x + 1}" y="{y + 1}" '
                f'width="{side - 2}" height="38" style="fill-opacity:{shade:.2f}"/>'
            )
            text = "–" if value is None else f"{value:.2f}"
            kind = "on" if shade > 0.5 else "row"
            out.append(_text(x + side / 2, y + 24, text, kind, "middle") + "</g>")
    return _svg(top + 40 * len(names) + 14, "".join(out), label)
