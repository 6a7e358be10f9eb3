"""A brush that writes down what it is asked to draw, so that a browser can draw it at any size.

The drawings of ``fz_multi.render`` take a `Brush`. A `Pen` is one whose shapes become short lists
(``assets/sprites.js`` draws them on a canvas), in tiles:

==============================================  ================================================
``["p", fill, edge, width, [x, y, ...]]``       polygon, the edge centred on its outline
``["l", fill, width, caps, [x, y, ...]]``       line through points
``["d", fill, edge, width, x, y, rx, ry]``      ellipse, the edge inside of it
``["b", fill, edge, width, r, x0, y0, x1, y1]``  rectangle with corners of radius r, edge inside
``["a", fill, width, x, y, r, start, end]``     part of a circle's line, degrees, clockwise
``["t", fill, size, text, x, y]``               text centred on a point
``["s", strength, blur, [x, y, ...]]``          soft dark shape; strength 0 to 255
``["g", fill, strength, x, y, r]``              light that fades outwards
==============================================  ================================================

``fill`` and ``edge`` are places in a list of colours (CSS), -1 = none.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any

from ..brush import Brush, Colour, Point

Shape = list[Any]
Bounds = tuple[float, float, float, float]  # left, top, right, bottom in tiles


class Drawings:
    """Pictures as lists of shapes, each kept once. ``colours`` and ``sprites`` are for JSON."""

    def __init__(self) -> None:
        self.colours: list[str] = []
        self.sprites: list[dict[str, Any]] = []
        self._colours: dict[str, int] = {}
        self._places: dict[Hashable, int] = {}

    def add(self, key: Hashable, bounds: Bounds, draw: Callable[[Brush], None]) -> int:
        """The place of a picture in ``sprites``; ``draw`` is called when it is new."""
        if key not in self._places:
            pen = Pen(self)
            draw(pen)
            self._places[key] = len(self.sprites)
            self.sprites.append({"box": [_short(v) for v in bounds], "ops": pen.shapes})
        return self._places[key]

    def colour(self, colour: Colour | None) -> int:
        """The place of a colour in ``colours``."""
        if colour is None:
            return -1
        text = "#" + "".join(f"{max(0, min(255, part)):02x}" for part in colour)
        if text not in self._colours:
            self._colours[text] = len(self.colours)
            self.colours.append(text)
        return self._colours[text]


class Pen(Brush):
    """See the module. ``shapes`` is what has been drawn."""

    def __init__(self, drawings: Drawings) -> None:
        self.shapes: list[Shape] = []
        self._drawings = drawings
        self._x, self._y, self._scale = 0.0, 0.0, 1.0

    def at(self, x: float, y: float, size: float) -> Pen:
        part = Pen(self._drawings)
        part.shapes = self.shapes
        part._scale = self._scale * size
        part._x, part._y = self._point(x, y)
        return part

    def polygon(
        self,
        points: Sequence[Point],
        fill: Colour | None,
        outline: Colour | None = None,
        width: float = 0.0,
    ) -> None:
        self._add("p", self._ink(fill), *self._edge(outline, width), self._flat(points))

    def line(self, points: Sequence[Point], fill: Colour, width: float, caps: bool = True) -> None:
        self._add("l", self._ink(fill), self._size(width), int(caps), self._flat(points))

    def disc(
        self,
        x: float,
        y: float,
        radius: float,
        fill: Colour | None,
        outline: Colour | None = None,
        width: float = 0.0,
        flat: float = 1.0,
    ) -> None:
        sizes = self._size(radius), self._size(radius * flat)
        at = self._flat([(x, y)])
        self._add("d", self._ink(fill), *self._edge(outline, width), *at, *sizes)

    def box(
        self,
        x0: float,
        y0: float,
        x1: float,
        y1: float,
        fill: Colour | None,
        radius: float = 0.0,
        outline: Colour | None = None,
        width: float = 0.0,
    ) -> None:
        corners = self._flat([(x0, y0), (x1, y1)])
        edge = self._edge(outline, width)
        self._add("b", self._ink(fill), *edge, self._size(radius), *corners)

    def arc(
        self,
        x: float,
        y: float,
        radius: float,
        start: float,
        end: float,
        fill: Colour,
        width: float,
    ) -> None:
        at = (*self._flat([(x, y)]), self._size(radius), _short(start), _short(end))
        self._add("a", self._ink(fill), self._size(width), *at)

    def text(self, x: float, y: float, text: str, size: float, fill: Colour) -> None:
        self._add("t", self._ink(fill), self._size(size), text, *self._flat([(x, y)]))

    def shadow(self, points: Sequence[Point], strength: int = 90, blur: float = 0.06) -> None:
        self._add("s", strength, self._size(blur), self._flat(points))

    def glow(self, x: float, y: float, radius: float, colour: Colour, strength: int = 200) -> None:
        self._add("g", self._ink(colour), strength, *self._flat([(x, y)]), self._size(radius))

    def image(self) -> Any:
        raise TypeError("a pen has no picture; its shapes are in `shapes`")

    def _add(self, *shape: Any) -> None:
        self.shapes.append(list(shape))

    def _ink(self, colour: Colour | None) -> int:
        return self._drawings.colour(colour)

    def _edge(self, colour: Colour | None, width: float) -> tuple[int, float]:
        return self._ink(colour), self._size(width) if colour is not None else 0

    def _size(self, size: float) -> float:
        return _short(size * self._scale)

    def _flat(self, points: Sequence[Point]) -> list[float]:
        return [_short(v) for x, y in points for v in self._point(x, y)]


def _short(value: float) -> float:
    """Three decimals are enough: a thousandth of a tile."""
    number = round(float(value), 3)
    return int(number) if number == int(number) else number
