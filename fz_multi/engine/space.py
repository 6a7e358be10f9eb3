"""Space: tiles, boxes, reach, and what stands in a character's way.

Units: 1/256 tile. A tile (tx, ty) covers [256 tx, 256 tx + 256]. Boxes overlap strictly for placing
and inclusively for walking (mechanics 1.3, measured). An entity is entered in the tiles of its
footprint; a box may reach over it by ``header.overhang`` tiles (rocks, some trees), so box queries
look that much further.
"""

from __future__ import annotations

from .constants import CHARACTER_HALF, NARROW_GAP, NEVER, VOID, WATER
from .jit import kernel
from .shade import BUILT, CLOSED, FAR_ROW, ROW_BYTE, WET


@kernel
def tile_index(header, tx, ty):
    """Row of a tile in the tile table, or -1 outside of the map."""
    h = header[0]
    column = tx - h.left
    row = ty - h.top
    if column < 0 or row < 0 or column >= h.width or row >= h.height:
        return -1
    return row * h.width + column


@kernel
def tile_at(header, x, y):
    """Row of the tile under a point, or -1 outside of the map."""
    return tile_index(header, x >> 8, y >> 8)


@kernel
def rotated_box(kinds, proto, direction):
    """Collision box from the centre (x0, y0, x1, y1), turned to one of the four directions."""
    box = kinds[proto].box
    x0, y0, x1, y1 = box[0], box[1], box[2], box[3]
    if direction == 4:
        return -y1, x0, -y0, x1
    if direction == 8:
        return -x1, -y1, -x0, -y0
    if direction == 12:
        return y0, -x1, y1, -x0
    return x0, y0, x1, y1


@kernel
def entity_box(kinds, entity, row):
    """Collision box of an entity on the map."""
    e = entity[row]
    x0, y0, x1, y1 = rotated_box(kinds, e.proto, e.direction)
    return e.x + x0, e.y + y0, e.x + x1, e.y + y1


@kernel
def snap(size, position):
    """Centre of a footprint of `size` tiles asked for at a position, on one axis."""
    if size & 1:
        return (position >> 8) * 256 + 128
    return ((position + 128) >> 8) * 256


@kernel
def first_tile(size, centre):
    """Lowest tile of a footprint of `size` tiles around a snapped centre, on one axis."""
    if size & 1:
        return (centre >> 8) - (size >> 1)
    return (centre >> 8) - (size >> 1)


@kernel
def box_distance_squared(x, y, x0, y0, x1, y1):
    """Squared distance from a point to a box; 0 inside."""
    dx = x0 - x if x < x0 else (x - x1 if x > x1 else 0)
    dy = y0 - y if y < y0 else (y - y1 if y > y1 else 0)
    return dx * dx + dy * dy


@kernel
def entity_distance_squared(o, row, x, y):
    """Squared distance from a point to the collision box of an entity."""
    x0, y0, x1, y1 = entity_box(o.kinds, o.entity, row)
    return box_distance_squared(x, y, x0, y0, x1, y1)


@kernel
def entity_at(o, x, y):
    """Row of the entity whose footprint holds a point, or -1."""
    index = tile_at(o.header, x, y)
    if index < 0:
        return -1
    return int(o.tile[index].entity) - 1


@kernel
def is_wet(terrain):
    return terrain == WATER or terrain == VOID


@kernel
def built_row(o, index, word):
    """Row of the entity on a tile that holds one; ``word``: the tile's shade."""
    row = (word >> (8 * ROW_BYTE)) & FAR_ROW
    if row == FAR_ROW:
        row = int(o.tile[index].entity)
    return row - 1


@kernel
def is_open(o, left, top, right, bottom):
    """Whether tiles (edges included) are all on the map, land, and empty of entities."""
    h = o.header[0]
    column, row = left - h.left, top - h.top
    wide, high = right - left, bottom - top
    width = h.width
    if column < 0 or row < 0 or column + wide >= width or row + high >= h.height:
        return False
    shade = o.shade
    start = row * width + column
    found = 0
    for _ in range(high + 1):
        for index in range(start, start + wide + 1):
            found |= shade[index].word
        start += width
    return found & CLOSED == 0


@kernel
def is_open_around(o, x0, y0, x1, y1):
    """Whether the tiles that `hit` looks at for a box are all open: only characters can be met."""
    reach = int(o.header[0].overhang)
    return is_open(
        o, ((x0 - 1) >> 8) - reach, ((y0 - 1) >> 8) - reach, (x1 >> 8) + reach, (y1 >> 8) + reach
    )


@kernel
def hit(o, me, x0, y0, x1, y1, no_tiles):
    """What a walking box touches: (kind, x0, y0, x1, y1) of the first obstacle.

    kind: 0 nothing, 1 the ground (water, the edge of the map), 2 an entity, 3 another character.
    ``no_tiles``: the tiles around are known to be open (`is_open_around`).
    """
    header = o.header
    if not no_tiles:
        reach = int(header[0].overhang)
        left, right = ((x0 - 1) >> 8) - reach, (x1 >> 8) + reach
        top, bottom = ((y0 - 1) >> 8) - reach, (y1 >> 8) + reach
        shade = o.shade
        for ty in range(top, bottom + 1):
            for tx in range(left, right + 1):
                index = tile_index(header, tx, ty)
                word = shade[index].word if index >= 0 else WET
                if word & CLOSED == 0:
                    continue
                tx0, ty0 = tx * 256, ty * 256
                inside = tx0 <= x1 and tx0 + 256 >= x0 and ty0 <= y1 and ty0 + 256 >= y0
                if inside and word & WET:
                    return 1, tx0, ty0, tx0 + 256, ty0 + 256
                if word & BUILT == 0:
                    continue
                row = built_row(o, index, word)
                if not o.kinds[o.entity[row].proto].blocks_walk:
                    continue
                bx0, by0, bx1, by1 = entity_box(o.kinds, o.entity, row)
                if bx0 <= x1 and bx1 >= x0 and by0 <= y1 and by1 >= y0:
                    return 2, bx0, by0, bx1, by1
    for other in range(header[0].characters):
        c = o.character[other]
        bx0, by0 = c.x - CHARACTER_HALF, c.y - CHARACTER_HALF
        bx1, by1 = c.x + CHARACTER_HALF, c.y + CHARACTER_HALF
        if bx0 <= x1 and bx1 >= x0 and by0 <= y1 and by1 >= y0 and other != me and c.active:
            return 3, bx0, by0, bx1, by1
    return 0, 0, 0, 0, 0


@kernel
def obstruction(o, me, x, y):
    """What a character centred at (x, y) would touch (see `hit`)."""
    half = CHARACTER_HALF
    x0, y0, x1, y1 = x - half, y - half, x + half, y + half
    return hit(o, me, x0, y0, x1, y1, is_open_around(o, x0, y0, x1, y1))


@kernel
def squeezed(o, me, x, y, across_y, no_tiles):
    """Whether (x, y) lies between two obstacles less than 128 apart, which act as one wall.

    ``across_y``: the gap is measured along y (a walk along x). Returns the wall's box, as `hit`.
    """
    half = CHARACTER_HALF
    slack = NARROW_GAP - 2 * half
    if across_y:
        low = hit(o, me, x - half, y - half - slack, x + half, y - half, no_tiles)
        if low[0] == 0:
            return 0, 0, 0, 0, 0
        high = hit(o, me, x - half, y + half, x + half, y + half + slack, no_tiles)
        if high[0] == 0 or high[2] - low[4] >= NARROW_GAP:
            return 0, 0, 0, 0, 0
    else:
        low = hit(o, me, x - half - slack, y - half, x - half, y + half, no_tiles)
        if low[0] == 0:
            return 0, 0, 0, 0, 0
        high = hit(o, me, x + half, y - half, x + half + slack, y + half, no_tiles)
        if high[0] == 0 or high[1] - low[3] >= NARROW_GAP:
            return 0, 0, 0, 0, 0
    return (
        2,
        min(low[1], high[1]),
        min(low[2], high[2]),
        max(low[3], high[3]),
        max(low[4], high[4]),
    )


@kernel
def blocked(o, me, x, y, from_x, from_y, across_y):
    """What keeps a character from stepping to (x, y), as `hit`; leaving a narrow gap is free."""
    half, slack = CHARACTER_HALF, NARROW_GAP - 2 * CHARACTER_HALF
    wide, high = (half, half + slack) if across_y else (half + slack, half)
    no_tiles = is_open_around(o, x - wide, y - high, x + wide, y + high)
    if no_tiles and hit(o, me, x - wide, y - high, x + wide, y + high, True)[0] == 0:
        return 0, 0, 0, 0, 0  # nothing is near, the usual case
    found = hit(o, me, x - half, y - half, x + half, y + half, no_tiles)
    if found[0] != 0:
        return found
    found = squeezed(o, me, x, y, across_y, no_tiles)
    if found[0] != 0 and squeezed(o, me, from_x, from_y, across_y, False)[0] != 0:
        return 0, 0, 0, 0, 0
    return found


@kernel
def nearer(best, distance):
    """Whether a distance beats the best so far (NEVER = none yet)."""
    return best == NEVER or distance < best
