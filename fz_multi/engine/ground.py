"""Items on the ground: piles, where they may lie, and spilling (mechanics 2.7, 9.3).

A pile is a box of +-35/256 tile. Piles of a tile form a chain in the order of (y, x), so that what
is first there does not depend on when it came.
"""

from __future__ import annotations

from .constants import KIND_BELT, PILE_BLOCK, PILE_HALF, PILE_RING
from .jit import kernel, linked
from .shade import shade_tile
from .space import entity_box, is_wet, tile_at, tile_index
from .waits import wake_tile

MAX_RINGS = 40


@kernel
def pile_fits(o, x, y):
    """Whether a pile may lie at a point: land, no pile and no blocking entity in the way."""
    index = tile_at(o.header, x, y)
    if index < 0 or is_wet(o.tile[index].terrain):
        return False
    reach = o.header[0].overhang
    x0, y0, x1, y1 = x - PILE_HALF, y - PILE_HALF, x + PILE_HALF, y + PILE_HALF
    for ty in range((y0 >> 8) - 1, (y1 >> 8) + 2):
        for tx in range((x0 >> 8) - 1, (x1 >> 8) + 2):
            index = tile_index(o.header, tx, ty)
            if index < 0:
                continue
            row = int(o.tile[index].pile) - 1
            while row >= 0:
                p = o.pile[row]
                if abs(p.x - x) < PILE_BLOCK and abs(p.y - y) < PILE_BLOCK:
                    return False
                row = int(p.next) - 1
    for ty in range((y0 >> 8) - reach, (y1 >> 8) + reach + 1):
        for tx in range((x0 >> 8) - reach, (x1 >> 8) + reach + 1):
            index = tile_index(o.header, tx, ty)
            if index < 0:
                continue
            if is_wet(o.tile[index].terrain):
                wx, wy = tx * 256, ty * 256
                if wx < x1 and wx + 256 > x0 and wy < y1 and wy + 256 > y0:
                    return False
            row = int(o.tile[index].entity) - 1
            if row < 0:
                continue
            if o.kinds[o.entity[row].proto].blocks_walk or o.entity[row].kind == KIND_BELT:
                bx0, by0, bx1, by1 = entity_box(o.kinds, o.entity, row)
                if bx0 < x1 and bx1 > x0 and by0 < y1 and by1 > y0:
                    return False
    return True


@kernel
def add_pile(w, x, y, item, count):
    """Put a pile down and wake what waits for its tile; the caller has checked the place."""
    h = w.header[0]
    row = int(h.pile_free) - 1
    if row >= 0:
        h.pile_free = w.pile[row].next
    else:
        row = int(h.pile_top)
        h.pile_top += 1
    h.piles += 1
    h.pile_serial += 1
    h.changed += 1
    index = tile_at(w.header, x, y)
    tile = w.tile[index]
    p = w.pile[row]
    p.item_id = item
    p.count = count
    p.x, p.y = x, y
    p.unit = h.pile_serial
    before = -1
    at = int(tile.pile) - 1
    while at >= 0 and (w.pile[at].y < y or (w.pile[at].y == y and w.pile[at].x < x)):
        before = at
        at = int(w.pile[at].next) - 1
    p.next = at + 1
    if before < 0:
        tile.pile = row + 1
    else:
        w.pile[before].next = row + 1
    shade_tile(w, index)
    wake_tile(w, index)
    return row


@kernel
def remove_pile(w, row):
    """Take a pile off the map and wake what waits for its tile."""
    h = w.header[0]
    p = w.pile[row]
    index = tile_at(w.header, p.x, p.y)
    tile = w.tile[index]
    before = -1
    at = int(tile.pile) - 1
    while at != row:
        before = at
        at = int(w.pile[at].next) - 1
    if before < 0:
        tile.pile = p.next
    else:
        w.pile[before].next = p.next
    p.item_id = 0
    p.count = 0
    p.next = h.pile_free
    h.pile_free = row + 1
    h.piles -= 1
    h.changed += 1
    shade_tile(w, index)
    wake_tile(w, index)


@linked("iOii")
def packed_spot(o, x, y):
    """`find_spot` in one number, 0 = none."""
    found, px, py = _find_spot(o, x, y)
    return (px - x + 16_384) * 65_536 + py - y + 16_384 if found else 0


@kernel
def find_spot(o, x, y):
    """Where an item can be laid down near a point: (found, x, y), see `_find_spot`."""
    packed = packed_spot(o, x, y)
    if packed == 0:
        return False, x, y
    return True, x + packed // 65_536 - 16_384, y + packed % 65_536 - 16_384


@kernel
def _find_spot(o, x, y):
    """The free point for a pile nearest in the order of the rings: (found, x, y).

    The origin first, then square rings 88/256 apart, each clockwise from its top-left corner.
    """
    if pile_fits(o, x, y):
        return True, x, y
    for ring in range(1, MAX_RINGS + 1):
        side = 2 * ring
        for step in range(4 * side):
            leg, along = step // side, step % side
            if leg == 0:
                dx, dy = along - ring, -ring
            elif leg == 1:
                dx, dy = ring, along - ring
            elif leg == 2:
                dx, dy = ring - along, ring
            else:
                dx, dy = -ring, ring - along
            px, py = x + dx * PILE_RING, y + dy * PILE_RING
            if pile_fits(o, px, py):
                return True, px, py
    return False, x, y


@kernel
def spill(w, x, y, item, count):
    """Lay items down around a point, a stack to a pile; what finds no place is lost and counted.

    (Things that a machine or a hand lays down come one to a pile; this is for what is handed back
    in a lump.)
    """
    stack = int(w.items[item].stack)
    while count > 0:
        some = min(count, stack)
        found, px, py = find_spot(w, x, y)
        if found:
            add_pile(w, px, py, item, some)
        else:
            w.stat[item].removed += some
        count -= some
