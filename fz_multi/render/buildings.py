"""Drawings of what a team builds: drills, furnaces, chests, walls, and a plain machine."""

from __future__ import annotations

from . import colours as c
from .brush import Brush, Colour, rotated, shade
from .glyphs import GLYPHS, draw_item, gear
from .sprites import Look, bolt, smoke, sprite

LINE = 0.06  # outline of a building, tiles


# -- mining drills ---------------------------------------------------------------------------------


@sprite("mining-drill")
def _drill(brush: Brush, look: Look) -> None:
    electric = look.name != "burner-mining-drill"
    w, h = float(look.width), float(look.height)
    body = (94, 124, 112) if electric else c.BRASS
    brush.shadow([(0.16, 0.2), (w + 0.1, 0.2), (w + 0.1, h + 0.12), (0.16, h + 0.12)])
    _outlet(brush, look)
    # frame with four feet
    brush.box(0.05, 0.05, w - 0.05, h - 0.05, c.METAL_DARK, 0.16, c.OUTLINE, LINE)
    brush.box(0.15, 0.15, w - 0.15, h - 0.15, body, 0.14, shade(body, 0.5), 0.045)
    brush.line([(0.3, 0.21), (w - 0.34, 0.21)], shade(body, 1.6), 0.05)
    for x in (0.19, w - 0.19):
        for y in (0.19, h - 0.19):
            bolt(brush, x, y)
    # the pit, and the auger that turns in it
    x, y = w / 2, h / 2
    radius = 0.36 * w
    brush.disc(x, y, radius, (40, 33, 27), shade(body, 0.45), 0.06)
    brush.disc(x, y + radius * 0.1, radius * 0.82, (58, 47, 37))
    _auger(brush, x, y - radius * 0.92, radius * 1.72, radius * 0.66, look.phase)
    if electric:
        brush.disc(w - 0.48, 0.48, 0.17, (80, 170, 220), c.OUTLINE, 0.05)
    else:
        brush.disc(w - 0.34, 0.36, 0.2, c.METAL_DARK, c.OUTLINE, 0.05)
        brush.disc(w - 0.34, 0.36, 0.11, (255, 150, 50) if look.working else (24, 22, 20))
        if look.working:
            smoke(brush, w - 0.34, 0.24, look.phase)


def _auger(brush: Brush, x: float, top: float, length: float, half: float, phase: int) -> None:
    """The mining head: a pointed screw, its thread moving down with the phase."""
    steel = (188, 194, 200)
    cap = length * 0.24
    brush.box(x - half * 0.62, top, x + half * 0.62, top + cap, c.METAL, 0.05, c.OUTLINE, 0.05)
    brush.line(
        [(x - half * 0.4, top + cap * 0.35), (x + half * 0.3, top + cap * 0.35)], steel, 0.05
    )
    start, tip = top + cap, top + length
    cone = [(x - half, start), (x + half, start), (x + half * 0.1, tip), (x - half * 0.1, tip)]
    brush.polygon(cone, steel, c.OUTLINE, 0.055)
    brush.polygon(
        [(x + half * 0.35, start), (x + half, start), (x + half * 0.1, tip), (x, tip)],
        shade(steel, 0.72),
    )
    turns = 4
    for k in range(turns):
        share = (k + phase / 4.0) / turns
        if share > 0.92:
            continue
        left = half * (1.0 - 0.9 * share)
        y = start + (tip - start) * share
        drop = (tip - start) / turns * 0.55
        right = half * (1.0 - 0.9 * min(1.0, share + 0.55 / turns))
        brush.line([(x - left * 0.96, y), (x + right * 0.96, y + drop)], (70, 74, 80), 0.055)
    brush.polygon(cone, None, c.OUTLINE, 0.055)


def _outlet(brush: Brush, look: Look) -> None:
    """The chute where the product comes out (``scene`` draws the arrow, over what stands there)."""
    w, h = float(look.width), float(look.height)
    quarter = look.direction
    if look.outlet is None:
        side = 0.0
    else:  # along the output side: x for north and south, y for east and west
        side = look.outlet[0] / 256.0 if quarter % 2 == 0 else look.outlet[1] / 256.0
    reach = h / 2 if quarter % 2 == 0 else w / 2
    lateral = {0: side, 1: side, 2: -side, 3: -side}[quarter]
    centre = (w / 2, h / 2)

    def place(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
        shifted = [(centre[0] + px + lateral, centre[1] + py - reach) for px, py in points]
        return rotated(shifted, quarter, centre)

    chute = [(-0.27, 0.16), (-0.27, -0.2), (0.27, -0.2), (0.27, 0.16)]
    brush.polygon(place(chute), c.METAL_DARK, c.OUTLINE, 0.05)


# -- furnaces --------------------------------------------------------------------------------------


@sprite("furnace", "stone-furnace", "steel-furnace")
def _furnace(brush: Brush, look: Look) -> None:
    w, h = float(look.width), float(look.height)
    steel = look.name != "stone-furnace"
    stone = (128, 132, 140) if steel else (158, 150, 138)
    brush.shadow([(0.2, 0.3), (w + 0.08, 0.3), (w + 0.08, h + 0.1), (0.2, h + 0.1)])
    # a dome of stones, wider at the foot
    dome = [
        (0.06, h - 0.08),
        (0.1, 0.86),
        (0.3, 0.36),
        (0.62, 0.1),
        (w - 0.62, 0.1),
        (w - 0.3, 0.36),
        (w - 0.1, 0.86),
        (w - 0.06, h - 0.08),
    ]
    brush.polygon(dome, stone, c.OUTLINE, LINE)
    _courses(brush, w, h, stone)
    brush.polygon(dome, None, c.OUTLINE, LINE)
    # the chimney's opening
    brush.disc(w / 2, 0.3, 0.3, shade(stone, 0.7), c.OUTLINE, 0.05, flat=0.62)
    brush.disc(w / 2, 0.3, 0.18, (26, 24, 22), flat=0.6)
    _mouth(brush, w, h, look.working, look.phase)
    if look.working:
        smoke(brush, w / 2, 0.16, look.phase, 0.24)


def _courses(brush: Brush, w: float, h: float, stone: Colour) -> None:
    """Rows of stones: joints and a few lighter stones."""
    joint = shade(stone, 0.68)
    rows = (0.62, 0.98, 1.34, 1.68)
    for k, y in enumerate(rows):
        inset = 0.2 if y < 0.8 else 0.12
        brush.line([(inset, y), (w - inset, y)], joint, 0.035, caps=False)
        below = rows[k + 1] if k + 1 < len(rows) else h - 0.1
        for j in range(3):
            x = 0.36 + 0.64 * j + (0.3 if k % 2 else 0.0)
            if x < w - 0.16:
                brush.line([(x, y), (x, below)], joint, 0.035, caps=False)
    for x, y in ((0.2, 1.06), (w - 0.5, 1.42), (0.4, 0.7)):
        brush.box(x, y, x + 0.24, y + 0.18, shade(stone, 1.28), 0.05)


def _mouth(brush: Brush, w: float, h: float, working: bool, phase: int) -> None:
    x, bottom, half = w / 2, h - 0.12, 0.44
    arch = [
        (x - half, bottom),
        (x - half, bottom - 0.42),
        (x - half * 0.7, bottom - 0.68),
        (x, bottom - 0.78),
        (x + half * 0.7, bottom - 0.68),
        (x + half, bottom - 0.42),
        (x + half, bottom),
    ]
    brush.polygon(arch, (30, 24, 20), (72, 66, 60), 0.085)
    if not working:
        for dx in (-0.2, 0.02, 0.22):
            brush.disc(x + dx, bottom - 0.09, 0.1, (54, 50, 48))
        return
    sway = (0.0, 0.06, 0.0, -0.06)[phase]
    brush.glow(x, bottom - 0.3, 0.8, c.FIRE, 150)
    for dx, tall, wide in ((-0.22, 0.42, 0.15), (0.22, 0.40, 0.15), (0.0, 0.62, 0.22)):
        tip = (x + dx + sway, bottom - tall)
        flame = [
            (x + dx - wide, bottom - 0.03),
            (x + dx - wide * 0.8, bottom - tall * 0.45),
            tip,
            (x + dx + wide * 0.8, bottom - tall * 0.4),
            (x + dx + wide, bottom - 0.03),
        ]
        brush.polygon(flame, c.FIRE)
    hot = [
        (x - 0.15, bottom - 0.03),
        (x - 0.08, bottom - 0.2),
        (x + sway * 0.6, bottom - 0.38),
        (x + 0.08, bottom - 0.2),
        (x + 0.15, bottom - 0.03),
    ]
    brush.polygon(hot, c.FIRE_HOT)


# -- chests and walls ------------------------------------------------------------------------------


@sprite("container", "logistic-container")
def _chest(brush: Brush, look: Look) -> None:
    w, h = float(look.width), float(look.height)
    wooden = look.name == "wooden-chest"
    body = {
        "wooden-chest": c.WOOD,
        "iron-chest": (146, 150, 152),
        "steel-chest": (108, 120, 140),
    }.get(look.name, (150, 140, 110))
    brush.shadow(
        [(0.18, 0.22), (w + 0.04, 0.22), (w + 0.04, h + 0.06), (0.18, h + 0.06)], blur=0.05
    )
    brush.box(0.1, 0.12, w - 0.1, h - 0.08, shade(body, 0.74), 0.06, c.OUTLINE, 0.055)
    split = 0.12 + (h - 0.2) * 0.45
    brush.box(0.1, 0.12, w - 0.1, split, body, 0.06, c.OUTLINE, 0.05)
    if wooden:
        for y in (0.28, 0.62, 0.77):
            brush.line([(0.16, y * h), (w - 0.16, y * h)], shade(body, 0.56), 0.025, caps=False)
    brush.line([(0.18, 0.19), (w - 0.2, 0.19)], shade(body, 1.7), 0.04)
    metal = shade(c.BRASS, 0.9) if wooden else c.METAL_DARK
    for x in (0.2, w - 0.28):
        brush.box(x, 0.12, x + 0.08, h - 0.08, metal)
    brush.box(
        w / 2 - 0.09, split - 0.1, w / 2 + 0.09, split + 0.13, c.METAL_LIGHT, 0.03, c.OUTLINE, 0.035
    )


@sprite("wall")
def _wall(brush: Brush, look: Look) -> None:
    stone, line = (168, 160, 146), (70, 66, 60)
    north, east, south, west = (bool(look.joins & bit) for bit in (1, 2, 4, 8))
    x0, x1 = (0.0 if west else 0.1), (1.0 if east else 0.9)
    y0, y1 = (0.0 if north else 0.1), (1.0 if south else 0.92)
    if not (east or south):
        brush.shadow([(0.16, 0.2), (1.06, 0.2), (1.06, 1.04), (0.16, 1.04)], 70, 0.04)
    brush.box(x0, y0, x1, y1, line)
    gap = 0.045
    brush.box(x0 + gap, y0 + gap, x1 - gap, y1 - gap, shade(stone, 0.6))
    for row, y in enumerate((y0, y0 + (y1 - y0) * 0.5)):
        below = y0 + (y1 - y0) * (0.5 if row == 0 else 1.0)
        cut = 0.58 if row == 0 else 0.36
        for left, right in ((x0, cut), (cut, x1)):
            tone = 1.14 if (row + (left == x0) + look.variant) % 3 == 0 else 0.98
            colour = shade(stone, tone)
            brush.box(left + gap, y + gap, right - gap * 0.4, below - gap * 0.6, colour, 0.05)
            brush.line([(left + 0.1, y + 0.1), (right - 0.1, y + 0.1)], shade(stone, 1.6), 0.03)


# -- everything that has no drawing of its own -----------------------------------------------------


@sprite("machine")
def _machine(brush: Brush, look: Look) -> None:
    w, h = float(look.width), float(look.height)
    body = (128, 132, 136)
    brush.shadow([(0.18, 0.2), (w + 0.06, 0.2), (w + 0.06, h + 0.08), (0.18, h + 0.08)])
    brush.box(0.06, 0.06, w - 0.06, h - 0.06, body, 0.12, c.OUTLINE, LINE)
    brush.line([(0.2, 0.14), (w - 0.2, 0.14)], shade(body, 1.6), 0.04)
    size = min(w, h) * 0.62
    place = brush.at((w - size) / 2, (h - size) / 2, size)
    if look.name in GLYPHS:
        draw_item(place, look.name)
    elif min(w, h) >= 2:
        gear(place, 0.5, 0.5, 0.46, c.IRON_PLATE, turn=11.0 * look.phase)
    else:
        draw_item(place, look.name)


# The items that build these look like them.
def _as_item(brush: Brush, name: str) -> None:
    from .sprites import drawing_of

    kind, size = _ITEM_LOOKS[name]
    look = Look(name, kind, size, size, 0, outlet=(-128, -332) if size == 2 else None)
    drawing_of(look)(brush.at(0.07, 0.1, 0.86 / size), look)


_ITEM_LOOKS = {
    "burner-mining-drill": ("mining-drill", 2),
    "electric-mining-drill": ("mining-drill", 3),
    "stone-furnace": ("furnace", 2),
    "steel-furnace": ("furnace", 2),
    "wooden-chest": ("container", 1),
    "iron-chest": ("container", 1),
    "steel-chest": ("container", 1),
    "stone-wall": ("wall", 1),
}
for _name in _ITEM_LOOKS:
    GLYPHS[_name] = _as_item
