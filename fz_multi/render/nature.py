"""Drawings of what grows and lies about: trees and rocks."""

from __future__ import annotations

import math

from .brush import Brush, Colour, shade
from .sprites import Look, sprite

_GREENS: tuple[Colour, ...] = ((70, 112, 52), (84, 124, 50), (60, 104, 62), (98, 122, 54))
_REDS: tuple[Colour, ...] = ((162, 84, 52), (176, 102, 50))
_BROWNS: tuple[Colour, ...] = ((128, 104, 62), (142, 112, 66))


@sprite("tree")
def _tree(brush: Brush, look: Look) -> None:
    if "dead" in look.name or "dry" in look.name:
        _bare_tree(brush, look)
        return
    tones = _REDS if "red" in look.name else _BROWNS if "brown" in look.name else _GREENS
    crown = tones[look.variant % len(tones)]
    x, foot = look.width / 2, look.height - 0.22
    brush.disc(x + 0.2, foot + 0.06, 0.52, (0, 0, 0, 70), flat=0.5)
    brush.box(x - 0.1, foot - 0.55, x + 0.1, foot + 0.08, (92, 66, 42), 0.05, (40, 30, 20), 0.05)
    spread = 0.56 + 0.03 * (look.variant % 4)
    blobs = [(0.0, -0.72, spread), (-0.3, -0.5, spread * 0.72), (0.32, -0.52, spread * 0.7)]
    turn = look.variant * 0.7
    for dx, dy, r in blobs:
        brush.disc(x + dx, foot + dy, r + 0.05, shade(crown, 0.42))
    for dx, dy, r in blobs:
        brush.disc(x + dx, foot + dy, r, shade(crown, 0.86))
    for dx, dy, r in blobs:
        brush.disc(x + dx - r * 0.2, foot + dy - r * 0.24, r * 0.68, crown)
    for k in range(5):
        angle = turn + k * math.tau / 5
        px = x - 0.1 + 0.3 * math.cos(angle)
        py = foot - 0.74 + 0.26 * math.sin(angle)
        brush.disc(px, py, 0.13, shade(crown, 1.25))


def _bare_tree(brush: Brush, look: Look) -> None:
    x, foot = look.width / 2, look.height - 0.3
    bark, line = (130, 108, 84), (58, 46, 36)
    brush.disc(x + 0.15, foot + 0.04, 0.4, (0, 0, 0, 60), flat=0.45)
    boughs = [
        [(x, foot), (x - 0.05, foot - 0.6), (x - 0.35, foot - 1.0)],
        [(x, foot - 0.4), (x + 0.3, foot - 0.85)],
        [(x - 0.05, foot - 0.6), (x + 0.06, foot - 1.1)],
    ]
    for width, colour in ((0.2, line), (0.12, bark)):
        for bough in boughs:
            brush.line(bough, colour, width)


@sprite("rock", "simple-entity")
def _rock(brush: Brush, look: Look) -> None:
    w, h = float(look.width), float(look.height)
    stone = (178, 160, 122) if "sand" in look.name else (142, 136, 128)
    brush.shadow([(0.2, h * 0.4), (w + 0.08, h * 0.45), (w, h + 0.06), (0.2, h + 0.04)])
    edge = [
        (0.05, 0.62),
        (0.2, 0.24),
        (0.52, 0.05),
        (0.8, 0.16),
        (0.97, 0.5),
        (0.9, 0.86),
        (0.55, 0.97),
        (0.16, 0.9),
    ]
    wobble = [(0.04 * ((look.variant * 5 + k * 3) % 4 - 1.5) / 2) for k in range(len(edge))]
    outline = [((ex + d) * w, (ey + d) * h) for (ex, ey), d in zip(edge, wobble, strict=True)]
    brush.polygon(outline, shade(stone, 0.8), (52, 48, 44), 0.07)
    top = [outline[0], outline[1], outline[2], outline[3], (0.62 * w, 0.42 * h), (0.3 * w, 0.5 * h)]
    brush.polygon(top, shade(stone, 1.2))
    right = [outline[3], outline[4], outline[5], (0.6 * w, 0.66 * h), (0.62 * w, 0.42 * h)]
    brush.polygon(right, shade(stone, 0.66))
    brush.line([(0.3 * w, 0.5 * h), (0.34 * w, 0.78 * h)], shade(stone, 0.55), 0.04)
    brush.polygon(outline, None, (52, 48, 44), 0.07)
