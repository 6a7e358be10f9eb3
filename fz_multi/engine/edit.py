"""Changing a world from outside of its rules: maps, tests, people. One compiled entry for all.

Each operation is a number with up to six integer arguments; `fz_multi.engine.world.World` checks
and names them. Edits act between ticks, as a script does in the game.
"""

from __future__ import annotations

from .belts import lane_accepts, put_in, put_on_lane, take_out
from .codes import OK
from .constants import (
    CHARACTER_SLOTS,
    KIND_BELT,
    KIND_DRILL,
    KIND_FURNACE,
    MINE_NOTHING,
    NORTH,
)
from .entities import (
    add_entity,
    changed_contents,
    place_code,
    remove_entity,
    set_direction,
)
from .events import touch
from .ground import add_pile, packed_spot, pile_fits, remove_pile
from .handcraft import craft_code, craftable, queue_craft, uncraft
from .inventory import allocate_slots, free_slots, put, remove
from .jit import entry, kernel, linked
from .lanes import SPACING, first_beyond, lane_window, place
from .machines import slot_run
from .memory import open_full, open_seen
from .mining import aim, selected
from .shade import shade_tile
from .space import obstruction, tile_at
from .tick import shortage
from .waits import wake_tile

(
    START,
    TERRAIN,
    RESOURCE,
    ENTITY,
    REMOVE,
    INSERT,
    TAKE,
    PILE,
    UNPILE,
    CHARACTER,
    TELEPORT,
    GIVE,
    TURN,
    SHORTAGE,
    DEACTIVATE,
    ON_BELT,
    OFF_BELT,
    NATIVE,
    WALKING,
    SELECT,
    MINING,
    CRAFT,
    CRAFTABLE,
    UNCRAFT,
    REMOVE_CHARACTER,
    PILE_COUNT,
    SPOT,
    ON_LANE,
    LANE_OK,
    SLOT,
    REPLACE,
) = range(31)


@kernel
def start_world(w, width, height, seed):
    """An empty world of land; the tables are zeroed."""
    h = w.header[0]
    h.width, h.height = width, height
    h.left, h.top = -(width // 2), -(height // 2)
    h.seed = seed
    h.random = (seed * 2_654_435_761 + 12_345) & 0x7FFFFFFF
    h.now = 1
    h.unlocked = 1


@kernel
def set_resource(w, index, proto, amount):
    tile = w.tile[index]
    tile.resource = proto if amount > 0 else 0
    tile.amount = amount
    shade_tile(w, index)
    w.header[0].changed += 1
    wake_tile(w, index)
    # A drill that found nothing looks again, and one that is at work notices that its ore is gone.
    for row in range(w.header[0].entity_top):
        if w.entity[row].kind == KIND_DRILL or w.entity[row].kind == KIND_FURNACE:
            touch(w, row)


@kernel
def add_character(w, me, x, y, team):
    h = w.header[0]
    h.characters = max(h.characters, me + 1)
    c = w.character[me]
    c.active = 1
    c.x, c.y = x, y
    c.team = team
    c.direction = NORTH
    c.facing = NORTH
    c.slots = CHARACTER_SLOTS
    c.slot = allocate_slots(w, CHARACTER_SLOTS)
    return me


@linked("iWiiii")
def insert_into(w, row, item, count, inventory):
    """Put items into an entity as a script does (a result slot takes anything)."""
    e = w.entity[row]
    stack = int(w.items[item].stack)
    if inventory == 3 and e.result_slots:
        base = int(e.slot) + int(e.fuel_slots) + int(e.source_slots)
        done = put(w, base, int(e.result_slots), item, count, stack)
    else:
        base, slots, limit = slot_run(w, row, item, inventory)
        done = put(w, base, slots, item, count, limit)
    w.stat[item].given += done
    if done:
        changed_contents(w, row)
    return done


@kernel
def clear_belt(w, row):
    """What lies on a belt leaves the world."""
    for lane in range(2):
        line, first, last, _start = lane_window(w, int(w.entity[row].belt) - 1, lane)
        for _ in range(last - first):
            w.stat[take_out(w, line, first)].removed += 1


@kernel
def lay_on_belt(w, row, lane, position, item, squeezed):
    """Put an item on a lane exactly at a position; 0 when another is nearer than 64.

    With `squeezed` it may be nearer, as a sideload leaves items for some ticks.
    """
    b = w.belt[w.entity[row].belt - 1]
    line = int(b.line[lane]) - 1
    at = int(b.start[lane]) + position
    index = first_beyond(w, line, at)
    s = w.line[line]
    if not squeezed:
        if index > s.first and at - place(w, line, index - 1) < SPACING:
            return 0
        if index < s.last and place(w, line, index) - at < SPACING:
            return 0
    if not put_in(w, line, index, at, item):
        return 0
    w.stat[item].given += 1
    return 1


# -- what a server's script can ask of a world whose characters are native -----------------------
@kernel
def select(w, o, me, x, y):
    """Select what is at a point, for mining. Returns its kind (constants.MINE_...)."""
    kind, row = selected(o, x, y)
    c = w.character[me]
    if kind == MINE_NOTHING:
        c.mine_kind, c.mine_row, c.mine_progress = MINE_NOTHING, 0, 0
    else:
        aim(w, me, kind, row)
    return kind


@kernel
def remove_character(w, me):
    """Take a character off the map with what it holds; its row is free again."""
    c = w.character[me]
    for index in range(c.slot, c.slot + c.slots):
        w.stat[w.slot[index].item_id].removed += w.slot[index].count
    free_slots(w, c.slot, int(c.slots))
    c.active, c.walking, c.activity, c.walk_on, c.mine_on, c.mining = 0, 0, 0, 0, 0, 0
    c.mine_kind, c.mine_row, c.mine_unit, c.mine_progress, c.mine_need = MINE_NOTHING, 0, 0, 0, 0
    c.crafts, c.craft_progress, c.craft_need, c.orders = 0, 0, 0, 0
    c.hand, c.message, c.result, c.last_verb, c.verb = 0, 0, 0, 0, 0
    c.slot, c.slots = 0, 0


@kernel
def set_slot(w, holder, slot, item, count):
    """Make one slot of an entity (row) or a character (-1 - number) hold a stack; 0 = nothing."""
    base = int(w.entity[holder].slot) if holder >= 0 else int(w.character[-1 - holder].slot)
    s = w.slot[base + slot]
    w.stat[s.item_id].removed += s.count
    s.item_id = item if count > 0 else 0
    s.count = count if item else 0
    w.stat[s.item_id].given += s.count
    if holder >= 0:
        changed_contents(w, holder)


@kernel
def set_pile_count(w, row, count):
    p = w.pile[row]
    w.stat[p.item_id].given += count - p.count
    p.count = count
    wake_tile(w, tile_at(w.header, p.x, p.y))
    w.header[0].changed += 1


@linked("iWOiiiiiii")
def native_edit(w, o, op, a, b, c, d, e, f):
    """The operations from NATIVE on."""
    if op == NATIVE:
        w.header[0].native = a
    elif op == WALKING:  # character on direction
        w.character[a].walk_on = b
        if b:
            w.character[a].walk_direction = c
    elif op == SELECT:  # character x y -> kind
        return select(w, o, a, b, c)
    elif op == MINING:  # character on
        w.character[a].mine_on = b
    elif op == CRAFT:  # character recipe count -> 1, or 0 when it cannot be queued
        if craft_code(o, a, b, c) != OK:
            return 0
        queue_craft(w, a, b, c)
        return 1
    elif op == CRAFTABLE:  # character recipe limit -> how often it could be queued
        return craftable(o, a, b, c)
    elif op == UNCRAFT:  # character index count -> rows that went or shrank
        return uncraft(w, a, b, c)
    elif op == REMOVE_CHARACTER:
        remove_character(w, a)
    elif op == PILE_COUNT:  # pile count
        set_pile_count(w, a, b)
    elif op == SPOT:  # x y -> where an item would be laid down (ground.packed_spot)
        return packed_spot(o, a, b)
    elif op == ON_LANE:  # entity lane position item -> 1, or 0 when there is no room
        done = put_on_lane(w, int(w.entity[a].belt) - 1, b, c, d)
        w.stat[d].given += 1 if done else 0
        return 1 if done else 0
    elif op == LANE_OK:  # entity lane position -> 1 when an item could be put there
        return 1 if lane_accepts(o, int(w.entity[a].belt) - 1, b, c) else 0
    elif op == SLOT:  # entity or -1 - character, slot, item, count
        set_slot(w, a, b, c, d)
    elif op == REPLACE:  # character x y: put it there, whatever is in the way (a script's teleport)
        w.character[a].x, w.character[a].y = b, c
    return 0


@entry("int64(int64[:,::1], int64, int64, int64, int64, int64, int64, int64, int64)")
def edit(book, k, op, a, b, c, d, e, f):
    """Carry out one operation on world k; the meaning of arguments and result depends on it."""
    w = open_full(book, k)
    o = open_seen(book, k)
    if op >= NATIVE:
        return native_edit(w, o, op, a, b, c, d, e, f)
    if op == START:
        start_world(w, a, b, c)
    elif op == TERRAIN:
        w.tile[a].terrain = b
        shade_tile(w, a)
        w.header[0].changed += 1
        wake_tile(w, a)
    elif op == RESOURCE:
        set_resource(w, a, b, c)
    elif op == ENTITY:  # proto x y direction owner -> row, or -1 - code
        code = place_code(o, a, b, c, d)
        return -1 - code if code else add_entity(w, a, b, c, d, e)
    elif op == REMOVE:
        for index in range(w.entity[a].slot, w.entity[a].slot + w.entity[a].slots):
            w.stat[w.slot[index].item_id].removed += w.slot[index].count
        w.stat[w.entity[a].pending].removed += 1
        w.stat[w.entity[a].held].removed += 1
        if w.entity[a].kind == KIND_BELT:
            clear_belt(w, a)
        remove_entity(w, a)
    elif op == INSERT:
        return insert_into(w, a, b, c, d)
    elif op == TAKE:
        done = remove(w, w.entity[a].slot + d, e, b, c)
        w.stat[b].removed += done
        changed_contents(w, a)
        return done
    elif op == PILE:  # x y item count -> row or -1
        if not pile_fits(w, a, b):
            return -1
        w.stat[c].given += d
        return add_pile(w, a, b, c, d)
    elif op == UNPILE:
        w.stat[w.pile[a].item_id].removed += w.pile[a].count
        remove_pile(w, a)
    elif op == CHARACTER:  # x y team row -> row, or -1 when something is in the way
        if obstruction(o, -1, a, b)[0] != 0:
            return -1
        return add_character(w, d, a, b, c)
    elif op == TELEPORT:
        if obstruction(o, a, b, c)[0] != 0:
            return -1
        w.character[a].x, w.character[a].y = b, c
    elif op == GIVE:  # character item count (negative: take away) -> how many
        ch = w.character[a]
        if c < 0:
            done = remove(w, ch.slot, int(ch.slots), b, -c)
            w.stat[b].removed += done
            return done
        done = put(w, ch.slot, int(ch.slots), b, c, int(w.items[b].stack))
        w.stat[b].given += done
        return done
    elif op == TURN:
        set_direction(w, a, b)
    elif op == SHORTAGE:
        return shortage(w)
    elif op == DEACTIVATE:
        w.character[a].active = b
    elif op == ON_BELT:  # entity lane position item squeezed -> 1, or 0 when another is too near
        return lay_on_belt(w, a, b, c, d, e)
    elif op == OFF_BELT:  # entity lane number -> item, or 0
        line, first, last, _start = lane_window(w, int(w.entity[a].belt) - 1, b)
        if first + c >= last:
            return 0
        item = take_out(w, line, first + c)
        w.stat[item].removed += 1
        return item
    return 0
