"""Building and removing: where an entity may stand, its rows, and who waits for a tile.

Placing (mechanics 2.9, measured): strict overlap of collision boxes blocks, so does water, and so
does any character when the entity blocks walking. Drills need a deposit in their area.
"""

from __future__ import annotations

from .angles import TURN
from .belt_links import add_belt, drop_belt, rewire
from .belts import put_on_lane
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
from .ground import remove_pile, spill
from .inventory import allocate_slots, free_slots
from .jit import kernel, linked
from .lanes import drop_lane
from .shade import shade_area
from .space import (
    entity_box,
    first_tile,
    is_open,
    is_wet,
    rotated_box,
    snap,
    tile_at,
    tile_index,
)
from .waits import stop_expecting, stop_waiting, unwatch, wake_area, wake_arm, wake_tile, watch


@kernel
def footprint(kinds, proto, direction):
    """Tiles wide and high, turned."""
    k = kinds[proto]
    if direction == 4 or direction == 12:
        return int(k.h), int(k.w)
    return int(k.w), int(k.h)


@linked("iOiiii")
def place_code(o, proto, x, y, direction):
    """Result code for an entity centred (snapped) at a point: 0, or what is in its way.

    The edge of the map comes before water, water before entities, those before characters, and a
    drill's lack of a deposit last: whoever asks the game one question after the other can agree.
    """
    wide, high = footprint(o.kinds, proto, direction)
    left, top = first_tile(wide, x), first_tile(high, y)
    bx0, by0, bx1, by1 = rotated_box(o.kinds, proto, direction)
    x0, y0, x1, y1 = x + bx0, y + by0, x + bx1, y + by1
    resources, wet, taken = 0, False, False
    for ty in range(top, top + high):
        for tx in range(left, left + wide):
            index = tile_index(o.header, tx, ty)
            if index < 0:
                return OUT_OF_MAP
            tile = o.tile[index]
            wet = wet or is_wet(tile.terrain)
            taken = taken or tile.entity != 0
            if tile.resource != 0 and tile.amount > 0:
                resources += 1
    reach = o.header[0].overhang + 1
    wide, high = (x1 >> 8) + reach, (y1 >> 8) + reach
    alone = is_open(o, (x0 >> 8) - reach, (y0 >> 8) - reach, wide, high)
    for ty in range((y0 >> 8) - reach, (y0 >> 8) - reach if alone else high + 1):
        for tx in range((x0 >> 8) - reach, wide + 1):
            index = tile_index(o.header, tx, ty)
            if index < 0:
                continue
            row = int(o.tile[index].entity) - 1
            if row >= 0 and not taken:
                ex0, ey0, ex1, ey1 = entity_box(o.kinds, o.entity, row)
                taken = ex0 < x1 and ex1 > x0 and ey0 < y1 and ey1 > y0
            if is_wet(o.tile[index].terrain):
                wx, wy = tx * 256, ty * 256
                wet = wet or (wx < x1 and wx + 256 > x0 and wy < y1 and wy + 256 > y0)
    if wet:
        return WATER_IN_THE_WAY
    if taken:
        return OCCUPIED
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
def wake_footprint(w, row):
    """Visit the machines and arms that wait for a tile under an entity."""
    e = w.entity[row]
    wake_area(w, anchor_tile(w, row), int(e.tiles_w), int(e.tiles_h), False)


@kernel
def wake_all_around(w, row):
    """What stands under an entity is another thing now: arms in mid-swing look again, too."""
    e = w.entity[row]
    wake_area(w, anchor_tile(w, row), int(e.tiles_w), int(e.tiles_h), True)


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
    if e.arm:
        if w.arm[e.arm - 1].asleep != 1:
            touch(w, row)
    elif is_machine(e.kind) and not e.working:
        touch(w, row)
    wake_footprint(w, row)


@kernel
def set_drop(w, row):
    """Tiles that a drill's product goes to, and that an arm picks from and drops on."""
    e = w.entity[row]
    k = w.kinds[e.proto]
    side = int(e.direction) >> 2
    if e.kind == KIND_DRILL:
        e.drop = tile_at(w.header, e.x + k.drop[side, 0], e.y + k.drop[side, 1]) + 1
    elif e.kind == KIND_INSERTER:
        a = w.arm[e.arm - 1]
        drop_watches(w, row)
        a.chase = 0
        dx = 256 if side == 1 else (-256 if side == 3 else 0)
        dy = 256 if side == 2 else (-256 if side == 0 else 0)
        a.source = tile_at(w.header, e.x + dx, e.y + dy) + 1
        a.target = tile_at(w.header, e.x - dx, e.y - dy) + 1
        if a.source:
            watch(w, int(a.source) - 1, 2 * row + 1)
        if a.target:
            watch(w, int(a.target) - 1, 2 * row + 2)


@kernel
def drop_watches(w, row):
    """An arm no longer watches its source and its target."""
    a = w.arm[w.entity[row].arm - 1]
    if a.source:
        unwatch(w, int(a.source) - 1, 2 * row + 1)
    if a.target:
        unwatch(w, int(a.target) - 1, 2 * row + 2)
    a.source, a.target = 0, 0
    for lane in range(2):
        stop_expecting(w, row, lane)


@kernel
def add_arm(w, row):
    """The arm of an inserter that has just been put on the map, with its bit of fuel."""
    h = w.header[0]
    e = w.entity[row]
    k = w.kinds[e.proto]
    at = int(h.arm_free) - 1
    if at >= 0:
        h.arm_free = w.arm[at].next_free
    else:
        at = int(h.arm_top)
        h.arm_top += 1
    h.arms += 1
    h.joins += 1
    e.arm = at + 1
    a = w.arm[at]
    a.entity = row + 1
    a.idle, a.starved, a.asleep, a.chase, a.chase_at = 0, 0, 0, 0, 0
    a.angle = int(e.direction) * (TURN // 16)
    a.length = k.rest_length
    a.goal_angle, a.goal_length = a.angle, a.length
    a.join = h.joins
    a.slept, a.source, a.target, a.next_free = 0, 0, 0, 0
    for lane in range(2):
        a.next_watcher[lane], a.edge[lane] = 0, 0
        a.waits_lane[lane], a.next_waiter[lane] = 0, 0
    e.burning_item = k.first_fuel
    e.burning = k.first_energy


@kernel
def drop_arm(w, row):
    h = w.header[0]
    e = w.entity[row]
    at = int(e.arm) - 1
    drop_watches(w, row)
    w.arm[at].entity = 0
    w.arm[at].next_free = h.arm_free
    h.arm_free = at + 1
    h.arms -= 1
    e.arm = 0


@kernel
def lift_piles(w, row):
    """A belt built over ground items takes them on, the newest first; the rest is laid beside it.

    (mechanics 2.9)
    """
    e = w.entity[row]
    index = tile_at(w.header, e.x, e.y)
    while w.tile[index].pile:
        pile = int(w.tile[index].pile) - 1
        at = pile
        while at >= 0:
            if w.pile[at].unit > w.pile[pile].unit:
                pile = at
            at = int(w.pile[at].next) - 1
        p = w.pile[pile]
        x, y, item, count = p.x, p.y, int(p.item_id), int(p.count)
        remove_pile(w, pile)
        lane, position = drop_lane(w, row, x, y)
        while count > 0 and put_on_lane(w, int(e.belt) - 1, lane, position, item):
            count -= 1
        spill(w, x, y, item, count)


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
    e.event, e.drop, e.waits_on, e.next_waiter, e.next_free = 0, 0, 0, 0, 0
    w.queue[row].at = 0
    e.waits_line, e.belt, e.arm, e.held = 0, 0, 0, 0
    e.hand_x, e.hand_y = 0, 0
    e.shown_progress, e.shown_energy, e.shown_burning = 0, 0, 0
    first = anchor_tile(w, row)
    for dy in range(high):
        for dx in range(wide):
            w.tile[first + dy * h.width + dx].entity = row + 1
    shade_area(w, first, wide, high)
    if k.kind == KIND_DRILL:
        h.drills += 1
    elif k.kind == KIND_BELT:
        add_belt(w, row)
        lift_piles(w, row)
    elif k.kind == KIND_INSERTER:
        add_arm(w, row)
    if is_machine(k.kind):
        set_drop(w, row)
        touch(w, row)
    bx0, by0, bx1, by1 = rotated_box(w.kinds, proto, direction)
    over = max(max(-bx0, bx1) - wide * 128, max(-by0, by1) - high * 128)
    if over > 0:
        h.overhang = max(h.overhang, (over + 255) >> 8)
    wake_all_around(w, row)
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
    elif e.kind == KIND_BELT:
        drop_belt(w, row)
    elif e.kind == KIND_INSERTER:
        drop_arm(w, row)
    first = anchor_tile(w, row)
    for dy in range(int(e.tiles_h)):
        for dx in range(int(e.tiles_w)):
            w.tile[first + dy * h.width + dx].entity = 0
    shade_area(w, first, int(e.tiles_w), int(e.tiles_h))
    wake_box(w, row)
    wake_all_around(w, row)
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
    w.header[0].changed += 1
    if e.kind == KIND_BELT:
        if direction != e.direction:
            rewire(w, row, direction, 0)
    else:
        e.direction = direction
        set_drop(w, row)
    shade_area(w, anchor_tile(w, row), int(e.tiles_w), int(e.tiles_h))
    if is_machine(e.kind):
        stop_waiting(w, row)
        if e.arm and w.arm[e.arm - 1].asleep == 1:
            wake_arm(w, row)
        else:
            touch(w, row)
    wake_all_around(w, row)
