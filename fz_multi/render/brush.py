"""A brush that draws in tiles on a canvas four times too large, and then shrinks it.

Pillow draws without smoothing; shrinking by four gives smooth edges. Sprites are drawn once per
look and size and kept, so the cost does not matter. A brush may be handed on as a smaller one
(``at``), so that an item's glyph can be drawn inside of a machine.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFilter, ImageFont

SUPERSAMPLING = 4

Colour = tuple[int, ...]  # RGB or RGBA, 0..255
Point = tuple[float, float]


class Brush:
    """Draws shapes at coordinates in tiles (x right, y down).

    ``width``, ``height`` in tiles, ``pixels`` of one tile in the finished picture; ``left``,
    ``top`` is the coordinate of the canvas's corner.
    """

    def __init__(
        self, width: float, height: float, pixels: int, left: float = 0.0, top: float = 0.0
    ) -> None:
        self.canvas = Image.new(
            "RGBA",
            (
                math.ceil(width * pixels) * SUPERSAMPLING,
                math.ceil(height * pixels) * SUPERSAMPLING,
            ),
        )
        self._scale = float(pixels * SUPERSAMPLING)
        self._x = -left * self._scale
        self._y = -top * self._scale

    def at(self, x: float, y: float, size: float) -> Brush:
        """A brush on the same canvas whose unit square is the square at (x, y)."""
        part = object.__new__(Brush)
        part.canvas = self.canvas
        part._scale = self._scale * size
        part._x = self._x + x * self._scale
        part._y = self._y + y * self._scale
        return part

    def image(self) -> Image.Image:
        """The finished picture (RGBA)."""
        width, height = self.canvas.size
        size = (width // SUPERSAMPLING, height // SUPERSAMPLING)
        return self.canvas.resize(size, Image.Resampling.BOX)

    # -- shapes ------------------------------------------------------------------------------------

    def polygon(
        self,
        points: Sequence[Point],
        fill: Colour | None,
        outline: Colour | None = None,
        width: float = 0.0,
    ) -> None:
        """A closed shape; ``width`` of the outline in tiles, centred on the edge."""
        pixels = [self._point(x, y) for x, y in points]
        with _Layer(self.canvas, fill, outline) as draw:
            if fill is not None:
                draw.polygon(pixels, fill=fill)
            if outline is not None:
                closed = [*pixels, pixels[0], pixels[1]]
                draw.line(closed, fill=outline, width=self._width(width), joint="curve")

    def line(self, points: Sequence[Point], fill: Colour, width: float, caps: bool = True) -> None:
        """A line through points, with round ends."""
        pixels = [self._point(x, y) for x, y in points]
        thick = self._width(width)
        with _Layer(self.canvas, fill) as draw:
            draw.line(pixels, fill=fill, width=thick, joint="curve")
            if caps:
                for x, y in (pixels[0], pixels[-1]):
                    r = thick / 2
                    draw.ellipse((x - r, y - r, x + r, y + r), fill=fill)

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
        """A filled circle, or with ``flat`` an ellipse of that height to width."""
        with _Layer(self.canvas, fill, outline) as draw:
            draw.ellipse(
                self._box(x - radius, y - radius * flat, x + radius, y + radius * flat),
                fill=fill,
                outline=outline,
                width=self._width(width) if outline is not None else 1,
            )

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
        """A rectangle with rounded corners."""
        with _Layer(self.canvas, fill, outline) as draw:
            draw.rounded_rectangle(
                self._box(x0, y0, x1, y1),
                radius=radius * self._scale,
                fill=fill,
                outline=outline,
                width=self._width(width) if outline is not None else 1,
            )

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
        """A part of a circle's line; angles in degrees, clockwise from the right."""
        with _Layer(self.canvas, fill) as draw:
            draw.arc(
                self._box(x - radius, y - radius, x + radius, y + radius),
                start,
                end,
                fill=fill,
                width=self._width(width),
            )

    def star(
        self,
        x: float,
        y: float,
        outer: float,
        inner: float,
        points: int,
        turn: float,
        fill: Colour,
        outline: Colour | None = None,
        width: float = 0.0,
    ) -> None:
        """A star, or the toothed edge of a wheel; ``turn`` in degrees."""
        corners = []
        for k in range(2 * points):
            angle = math.radians(turn + 180.0 * k / points)
            radius = outer if k % 2 == 0 else inner
            corners.append((x + radius * math.cos(angle), y + radius * math.sin(angle)))
        self.polygon(corners, fill, outline, width)

    def text(self, x: float, y: float, text: str, size: float, fill: Colour) -> None:
        """Text centred on a point; ``size`` of the letters in tiles."""
        face = ImageFont.load_default(max(6, round(size * self._scale)))
        ImageDraw.Draw(self.canvas).text(self._point(x, y), text, fill=fill, font=face, anchor="mm")

    # -- soft things -------------------------------------------------------------------------------

    def shadow(self, points: Sequence[Point], strength: int = 90, blur: float = 0.06) -> None:
        """A soft dark shape under what is drawn next."""
        layer = Image.new("RGBA", self.canvas.size)
        pixels = [self._point(x, y) for x, y in points]
        ImageDraw.Draw(layer).polygon(pixels, fill=(0, 0, 0, strength))
        layer = layer.filter(ImageFilter.GaussianBlur(blur * self._scale))
        self.canvas.alpha_composite(layer)

    def glow(self, x: float, y: float, radius: float, colour: Colour, strength: int = 200) -> None:
        """Light that fades outwards."""
        layer = Image.new("RGBA", self.canvas.size)
        draw = ImageDraw.Draw(layer)
        steps = 12
        for k in range(steps, 0, -1):
            r = radius * k / steps
            alpha = round(strength * (1.0 - k / (steps + 1)) ** 1.6)
            draw.ellipse(self._box(x - r, y - r, x + r, y + r), fill=(*colour[:3], alpha))
        self.canvas.alpha_composite(layer)

    # -- tiles to pixels ---------------------------------------------------------------------------

    def _point(self, x: float, y: float) -> Point:
        return self._x + x * self._scale, self._y + y * self._scale

    def _box(self, x0: float, y0: float, x1: float, y1: float) -> tuple[float, float, float, float]:
        left, top = self._point(min(x0, x1), min(y0, y1))
        right, bottom = self._point(max(x0, x1), max(y0, y1))
        # Pillow's boxes include their last pixel.
        return left, top, max(left, right - 1), max(top, bottom - 1)

    def _width(self, width: float) -> int:
        return max(1, round(width * self._scale))


class _Layer:
    """Draws straight onto the canvas, or by way of a layer where colours are translucent."""

    def __init__(self, canvas: Image.Image, *colours: Colour | None) -> None:
        self._canvas = canvas
        soft = any(c is not None and len(c) == 4 and c[3] < 255 for c in colours)
        self._layer = Image.new("RGBA", canvas.size) if soft else None

    def __enter__(self) -> ImageDraw.ImageDraw:
        return ImageDraw.Draw(self._canvas if self._layer is None else self._layer)

    def __exit__(self, *_: object) -> None:
        if self._layer is not None:
            self._canvas.alpha_composite(self._layer)


def shade(colour: Colour, factor: float) -> Colour:
    """Lighter (factor > 1) or darker (< 1)."""
    if factor <= 1:
        return tuple(round(c * factor) for c in colour[:3])
    return tuple(round(255 - (255 - c) / factor) for c in colour[:3])


def rotated(points: Sequence[Point], quarter: int, centre: Point = (0.0, 0.0)) -> list[Point]:
    """Points turned clockwise by quarter turns about a centre."""
    x0, y0 = centre
    turned = []
    for x, y in points:
        dx, dy = x - x0, y - y0
        for _ in range(quarter % 4):
            dx, dy = -dy, dx
        turned.append((x0 + dx, y0 + dy))
    return turned
