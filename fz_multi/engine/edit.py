"""Changing a world from outside of its rules: maps, tests, people. One compiled entry for all.

Each operation is a number with up to six integer arguments; `fz_multi.engine.world.World` checks
and names them. Edits act between ticks, as a script does in the game.
"""

from __future__ import annotations

from .constants import CHARACTER_SLOTS, NEVER, NORTH
from .entities import (
    add_entity,
    changed_contents,
    is_machine,
    place_code,
    remove_entity,
    set_direction,
    wake_tile,
)
from .events import touch
from .ground import add_pile, pile_fits, remove_pile
from .inventory import allocate_slots, put, remove
from .jit import entry, kernel
from .machines import slot_run
from .memory import open_full, open_seen
from .space import obstruction, tile_at
from .tick import has_room

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
    ROOM,
    DEACTIVATE,
) = range(15)


@kernel
def start_world(w, width, height, seed):
    """An empty world of land; the tables are zeroed."""
    h = w.header[0]
    h.width, h.height = width, height
    h.left, h.top = -(width // 2), -(height // 2)
    h.seed = seed
    h.random = (seed * 2_654_435_761 + 12_345) & 0x7FFFFFFF
    h.now = 1
    h.visiting = NEVER
    h.unlocked = 1


@kernel
def set_resource(w, index, proto, amount):
    tile = w.tile[index]
    tile.resource = proto if amount > 0 else 0
    tile.amount = amount
    w.header[0].changed += 1
    wake_tile(w, index)
    # A drill that found nothing looks again, and one that is at work notices that its ore is gone.
    for row in range(w.header[0].entity_top):
        if is_machine(w.entity[row].kind):
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


@kernel
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


@entry("int64(int64[:,::1], int64, int64, int64, int64, int64, int64, int64, int64)")
def edit(book, k, op, a, b, c, d, e, f):
    """Carry out one operation on world k; the meaning of arguments and result depends on it."""
    w = open_full(book, k)
    o = open_seen(book, k)
    if op == START:
        start_world(w, a, b, c)
    elif op == TERRAIN:
        w.tile[a].terrain = b
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
        row = add_pile(w, a, b, c, d)
        wake_tile(w, tile_at(w.header, a, b))
        return row
    elif op == UNPILE:
        index = tile_at(w.header, w.pile[a].x, w.pile[a].y)
        w.stat[w.pile[a].item_id].removed += w.pile[a].count
        remove_pile(w, a)
        wake_tile(w, index)
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
    elif op == ROOM:
        return 1 if has_room(w) else 0
    elif op == DEACTIVATE:
        w.character[a].active = b
    return 0
