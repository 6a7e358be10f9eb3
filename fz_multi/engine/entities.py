"""Building and removing: where an entity may stand, its rows, and who waits for a tile.

Placing (mechanics 2.9, measured): strict overlap of collision boxes blocks, so does water, and so
does any character when the entity blocks walking. Drills need a deposit in their area.
"""

from __future__ import annotations

from .codes import (
    CHARACTER_IN_THE_WAY,
    NEEDS_RESOURCE,
    OCCUPIED,
    OK,
    OUT_OF_MAP,
    WATER_IN_THE_WAY,
)
from .constants import (
    CHARACTER_HALF,
    KIND_BELT,
    KIND_DRILL,
    KIND_FURNACE,
    KIND_INSERTER,
    STATUS_NO_FUEL,
    STATUS_NONE,
)
from .events import touch, unschedule
from .inventory import allocate_slots, free_slots
from .jit import kernel, linked
from .space import (
    entity_box,
    first_tile,
    is_wet,
    rotated_box,
    snap,
    tile_at,
    tile_index,
)


@kernel
def footprint(kinds, proto, direction):
    """Tiles wide and high, turned."""
    k = kinds[proto]
    if direction == 4 or direction == 12:
        return int(k.h), int(k.w)
    return int(k.w), int(k.h)


@linked("iOiiii")
def place_code(o, proto, x, y, direction):
    """Result code for an entity centred (snapped) at a point: 0, or what is in its way."""
    wide, high = footprint(o.kinds, proto, direction)
    left, top = first_tile(wide, x), first_tile(high, y)
    bx0, by0, bx1, by1 = rotated_box(o.kinds, proto, direction)
    x0, y0, x1, y1 = x + bx0, y + by0, x + bx1, y + by1
    resources = 0
    for ty in range(top, top + high):
        for tx in range(left, left + wide):
            index = tile_index(o.header, tx, ty)
            if index < 0:
                return OUT_OF_MAP
            tile = o.tile[index]
            if is_wet(tile.terrain):
                return WATER_IN_THE_WAY
            if tile.entity != 0:
                return OCCUPIED
            if tile.resource != 0 and tile.amount > 0:
                resources += 1
    reach = o.header[0].overhang + 1
    for ty in range((y0 >> 8) - reach, (y1 >> 8) + reach + 1):
        for tx in range((x0 >> 8) - reach, (x1 >> 8) + reach + 1):
            index = tile_index(o.header, tx, ty)
            if index < 0:
                continue
            row = int(o.tile[index].entity) - 1
            if row >= 0:
                ex0, ey0, ex1, ey1 = entity_box(o.kinds, o.entity, row)
                if ex0 < x1 and ex1 > x0 and ey0 < y1 and ey1 > y0:
                    return OCCUPIED
            if is_wet(o.tile[index].terrain):
                wx, wy = tx * 256, ty * 256
                if wx < x1 and wx + 256 > x0 and wy < y1 and wy + 256 > y0:
                    return WATER_IN_THE_WAY
    k = o.kinds[proto]
    if k.blocks_walk:
        half = CHARACTER_HALF
        for other in range(o.header[0].characters):
            c = o.character[other]
            if c.active and (
                c.x - half < x1 and c.x + half > x0 and c.y - half < y1 and c.y + half > y0
            ):
                return CHARACTER_IN_THE_WAY
    if k.kind == KIND_DRILL and resources == 0:
        return NEEDS_RESOURCE
    return OK


@kernel
def is_machine(kind):
    return kind == KIND_DRILL or kind == KIND_FURNACE or kind == KIND_INSERTER


@kernel
def anchor_tile(o, row):
    """Row of the first tile (north-west) of an entity's footprint."""
    e = o.entity[row]
    return tile_index(o.header, first_tile(int(e.tiles_w), e.x), first_tile(int(e.tiles_h), e.y))


@kernel
def wake_tile(w, index):
    """Visit the machines that wait for a change on a tile."""
    row = int(w.tile[index].waiter) - 1
    while row >= 0:
        touch(w, row)
        row = int(w.entity[row].next_waiter) - 1


@kernel
def wake_footprint(w, row):
    """Visit the machines that wait for a tile under an entity."""
    e = w.entity[row]
    first = anchor_tile(w, row)
    for dy in range(int(e.tiles_h)):
        for dx in range(int(e.tiles_w)):
            wake_tile(w, first + dy * w.header[0].width + dx)


@kernel
def wake_box(w, row):
    """Visit the machines that wait for a tile that an entity's box may reach."""
    h = w.header[0]
    e = w.entity[row]
    left, top = first_tile(int(e.tiles_w), e.x), first_tile(int(e.tiles_h), e.y)
    for ty in range(top - h.overhang, top + int(e.tiles_h) + h.overhang):
        for tx in range(left - h.overhang, left + int(e.tiles_w) + h.overhang):
            index = tile_index(w.header, tx, ty)
            if index >= 0:
                wake_tile(w, index)


@kernel
def changed_contents(w, row):
    """The slots of an entity have changed: it and whatever waits for it look again."""
    e = w.entity[row]
    if is_machine(e.kind) and not e.working:
        touch(w, row)
    wake_footprint(w, row)


@kernel
def wait_on(w, row, index):
    """Put a machine on the list of those that a change on a tile wakes."""
    e = w.entity[row]
    if e.waits_on == index + 1:
        return
    stop_waiting(w, row)
    e.waits_on = index + 1
    e.next_waiter = w.tile[index].waiter
    w.tile[index].waiter = row + 1


@kernel
def stop_waiting(w, row):
    e = w.entity[row]
    index = int(e.waits_on) - 1
    if index < 0:
        return
    tile = w.tile[index]
    at = int(tile.waiter) - 1
    if at == row:
        tile.waiter = e.next_waiter
    else:
        while int(w.entity[at].next_waiter) - 1 != row:
            at = int(w.entity[at].next_waiter) - 1
        w.entity[at].next_waiter = e.next_waiter
    e.waits_on = 0
    e.next_waiter = 0


@kernel
def set_drop(w, row):
    """Tile that a drill's product goes to (mechanics 3.3)."""
    e = w.entity[row]
    k = w.kinds[e.proto]
    if e.kind != KIND_DRILL:
        return
    side = int(e.direction) >> 2
    e.drop = tile_at(w.header, e.x + k.drop[side, 0], e.y + k.drop[side, 1]) + 1


@linked("iWiiiii")
def add_entity(w, proto, x, y, direction, owner):
    """Make an entity at a snapped centre; the caller has checked the place. Returns its row."""
    h = w.header[0]
    row = int(h.entity_free) - 1
    if row >= 0:
        h.entity_free = w.entity[row].next_free
    else:
        row = int(h.entity_top)
        h.entity_top += 1
    h.entities += 1
    h.serial += 1
    h.changed += 1
    k = w.kinds[proto]
    wide, high = footprint(w.kinds, proto, direction)
    e = w.entity[row]
    e.proto = proto
    e.kind = k.kind
    e.direction = direction
    e.status = STATUS_NO_FUEL if is_machine(k.kind) else STATUS_NONE
    e.tiles_w, e.tiles_h = wide, high
    e.working = 0
    e.x, e.y = x, y
    e.unit = h.serial
    e.generation += 1
    e.owner = owner
    e.built = h.tick
    e.slots = k.slots
    e.fuel_slots, e.source_slots, e.result_slots = k.fuel_slots, k.source_slots, k.result_slots
    e.slot = allocate_slots(w, k.slots)
    e.energy, e.burning, e.burning_item = 0, 0, 0
    e.pending, e.recipe, e.cursor, e.taken, e.delivered = 0, 0, 0, 0, 0
    e.progress, e.need, e.exact, e.finished = 0, 0, 0, 0
    e.giver, e.given = 0, 0
    e.synced = h.tick
    e.event, e.queue_at, e.drop, e.waits_on, e.next_waiter, e.next_free = 0, 0, 0, 0, 0, 0
    e.shown_progress, e.shown_energy, e.shown_burning = 0, 0, 0
    first = anchor_tile(w, row)
    for dy in range(high):
        for dx in range(wide):
            w.tile[first + dy * h.width + dx].entity = row + 1
    if k.kind == KIND_DRILL:
        h.drills += 1
    if is_machine(k.kind):
        set_drop(w, row)
        touch(w, row)
    bx0, by0, bx1, by1 = rotated_box(w.kinds, proto, direction)
    over = max(max(-bx0, bx1) - wide * 128, max(-by0, by1) - high * 128)
    if over > 0:
        h.overhang = max(h.overhang, (over + 255) >> 8)
    wake_footprint(w, row)
    return row


@linked("iWi")
def remove_entity(w, row):
    """Take an entity off the map with whatever its slots still hold."""
    h = w.header[0]
    e = w.entity[row]
    stop_waiting(w, row)
    unschedule(w, row)
    if e.kind == KIND_DRILL:
        h.drills -= 1
    first = anchor_tile(w, row)
    for dy in range(int(e.tiles_h)):
        for dx in range(int(e.tiles_w)):
            w.tile[first + dy * h.width + dx].entity = 0
    wake_box(w, row)
    free_slots(w, e.slot, int(e.slots))
    e.proto = 0
    e.kind = 0
    e.slots = 0
    e.next_free = h.entity_free
    h.entity_free = row + 1
    h.entities -= 1
    h.changed += 1
    return 0


@kernel
def can_rotate(o, row):
    kind = o.entity[row].kind
    return kind == KIND_DRILL or kind == KIND_BELT or kind == KIND_INSERTER


@kernel
def snapped(o, proto, x, y, direction):
    """Centre that an entity asked for at a point takes."""
    wide, high = footprint(o.kinds, proto, direction)
    return snap(wide, x), snap(high, y)


@kernel
def set_direction(w, row, direction):
    """Turn a square entity in place."""
    e = w.entity[row]
    e.direction = direction
    w.header[0].changed += 1
    set_drop(w, row)
    if is_machine(e.kind):
        stop_waiting(w, row)
        touch(w, row)
    wake_footprint(w, row)
