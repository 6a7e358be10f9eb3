"""Mining by hand: what is selected, how long it takes, what comes back (mechanics 2.6, 2.7).

Each tick adds the character's mining speed (0.5) to the progress of the target; the item comes out
when the game's sum of doubles passes the mining time (``mine_exact`` says in which tick, measured).
The surplus carries on. Progress is kept for one target: a pause keeps it, another target resets it.
Without room nothing is produced and the deposit is not lowered (the rule since 2.0.67).
"""

from __future__ import annotations

from .belts import take_out
from .constants import (
    KIND_BELT,
    KIND_DRILL,
    KIND_FURNACE,
    KIND_INSERTER,
    KIND_ROCK,
    KIND_TREE,
    MINE_ENTITY,
    MINE_NOTHING,
    MINE_PILE,
    MINE_RESOURCE,
    PILE_SELECT_HALF,
    REACH,
    RESOURCE_HALF,
    RESOURCE_REACH,
    TILE,
)
from .entities import changed_contents, remove_entity
from .ground import remove_pile, spill
from .inventory import put, room_for
from .jit import kernel
from .lanes import lane_window
from .machines import sync, take_ore
from .space import box_distance_squared, entity_distance_squared, tile_at, tile_index

MINING_SPEED = 5_000  # 0.5
UNDONE_TICKS = 600  # a partner's entity removed within this counts as a conflict

DONE, GOES_ON, NO_ROOM, GONE, MINED = range(5)  # MINED: an item came out, and more is left


@kernel
def pile_at(o, x, y):
    """Row of the pile that is selected at a point: the nearest, of equals the newest; or -1."""
    reach = PILE_SELECT_HALF
    best, best_distance, best_unit = -1, 0, 0
    for ty in range((y - reach) >> 8, ((y + reach) >> 8) + 1):
        for tx in range((x - reach) >> 8, ((x + reach) >> 8) + 1):
            index = tile_index(o.header, tx, ty)
            row = int(o.tile[index].pile) - 1 if index >= 0 else -1
            while row >= 0:
                p = o.pile[row]
                dx, dy = p.x - x, p.y - y
                if abs(dx) < reach and abs(dy) < reach:
                    far = dx * dx + dy * dy
                    equal = far == best_distance and p.unit > best_unit
                    if best < 0 or far < best_distance or equal:
                        best, best_distance, best_unit = row, far, p.unit
                row = int(p.next) - 1
    return best


@kernel
def selected(o, x, y):
    """What mining at a point means: (kind, row). Building before ground item before deposit."""
    index = tile_at(o.header, x, y)
    if index < 0:
        return MINE_NOTHING, -1
    tile = o.tile[index]
    if tile.entity != 0:
        return MINE_ENTITY, int(tile.entity) - 1
    best = pile_at(o, x, y)
    if best >= 0:
        return MINE_PILE, best
    if tile.resource != 0 and tile.amount > 0:
        return MINE_RESOURCE, index
    return MINE_NOTHING, -1


@kernel
def tile_centre(o, index):
    h = o.header[0]
    tx, ty = index % h.width + h.left, index // h.width + h.top
    return tx * TILE + TILE // 2, ty * TILE + TILE // 2


@kernel
def within_reach(o, me, kind, row):
    """Whether a character can mine a target from where it stands."""
    c = o.character[me]
    if kind == MINE_ENTITY:
        return entity_distance_squared(o, row, c.x, c.y) <= REACH * REACH
    if kind == MINE_PILE:
        p = o.pile[row]
        dx, dy = p.x - c.x, p.y - c.y
        return dx * dx + dy * dy <= REACH * REACH
    x, y = tile_centre(o, row)
    half = RESOURCE_HALF
    near = box_distance_squared(c.x, c.y, x - half, y - half, x + half, y + half)
    return near <= RESOURCE_REACH * RESOURCE_REACH


@kernel
def minable(o, kind, row):
    """Whether a target can be mined by hand at all."""
    if kind == MINE_ENTITY:
        return o.kinds[o.entity[row].proto].mine_time > 0
    if kind == MINE_RESOURCE:
        return o.kinds[o.tile[row].resource].mine_time > 0
    return kind == MINE_PILE


@kernel
def character_room(o, me, item):
    c = o.character[me]
    return room_for(o, c.slot, int(c.slots), item, int(o.items[item].stack))


@kernel
def room_for_yield(o, me, proto):
    """Whether all that a tree or a rock can give fits: its items share the empty slots."""
    c = o.character[me]
    k = o.kinds[proto]
    empty = 0
    for index in range(c.slot, c.slot + c.slots):
        if o.slot[index].item_id == 0:
            empty += 1
    left = empty
    for part in range(2):
        item = int(k.yield_item[part])
        if item:
            stack = int(o.items[item].stack)
            over = int(k.yield_max[part]) - (character_room(o, me, item) - empty * stack)
            if over > 0:
                left -= (over + stack - 1) // stack
    return left >= 0


@kernel
def room_for_some(o, me, kind, row):
    """Whether mining a target could give anything now."""
    if kind == MINE_RESOURCE:
        return character_room(o, me, o.kinds[o.tile[row].resource].item_id) > 0
    if kind == MINE_PILE:
        return character_room(o, me, int(o.pile[row].item_id)) > 0
    e = o.entity[row]
    for index in range(e.slot, e.slot + e.slots):
        item = int(o.slot[index].item_id)
        if item != 0:
            return character_room(o, me, item) > 0
    if e.kind == KIND_BELT:
        for lane in range(2):
            _line, first, last, _start = lane_window(o, int(e.belt) - 1, lane)
            if last > first:
                return character_room(o, me, int(o.lane_item[first].item_id)) > 0
    k = o.kinds[e.proto]
    if e.kind == KIND_TREE or e.kind == KIND_ROCK:
        return room_for_yield(o, me, int(e.proto))
    return k.item_id == 0 or character_room(o, me, int(k.item_id)) > 0


@kernel
def give(w, me, item, count):
    """Put items into a character's inventory; returns how many fitted."""
    c = w.character[me]
    return put(w, c.slot, int(c.slots), item, count, int(w.items[item].stack))


@kernel
def drawn_yield(x, y, part, low, high):
    """A whole number from low to high that depends on the place alone.

    The game draws from a generator that nobody outside can follow, so the engine and an embedded
    server would part there; this is the same wherever the rock stands at the same point.
    """
    h = ((x & 0xFFFFFF) * 69_069 + (y & 0xFFFFFF) * 40_503 + part * 12_345 + 1) & 0x7FFFFFFF
    for _ in range(3):
        h = (h * 1_103_515_245 + 12_345) & 0x7FFFFFFF
    return low + (h >> 8) % (high - low + 1)


@kernel
def _mine_natural(w, me, row):
    """A tree or a rock: its yield all at once."""
    e = w.entity[row]
    k = w.kinds[e.proto]
    if not room_for_some(w, me, MINE_ENTITY, row):
        return NO_ROOM
    for part in range(2):
        item = int(k.yield_item[part])
        if item:
            low, high = int(k.yield_min[part]), int(k.yield_max[part])
            count = drawn_yield(e.x, e.y, part, low, high)
            give(w, me, item, count)
            w.stat[item].mined += count
            w.agent[me].mined += count
    remove_entity(w, row)
    return DONE


@kernel
def _mine_entity(w, me, row):
    """An entity: what does not fit leaves it standing, with what has come out of it gone."""
    e = w.entity[row]
    if e.kind == KIND_TREE or e.kind == KIND_ROCK:
        return _mine_natural(w, me, row)
    outcome = _take_apart(w, me, row)
    if outcome == NO_ROOM:
        changed_contents(w, row)  # what has gone makes room in it
    return outcome


@kernel
def _take_apart(w, me, row):
    """A building: its contents in order, then itself."""
    e = w.entity[row]
    k = w.kinds[e.proto]
    sync(w, row, w.header[0].now - 1)
    for index in range(e.slot, e.slot + e.slots):
        s = w.slot[index]
        if s.item_id == 0:
            continue
        done = give(w, me, s.item_id, s.count)
        w.stat[s.item_id].taken += done
        w.agent[me].taken += done
        s.count -= done
        if s.count > 0:
            return NO_ROOM
        s.item_id = 0
    if e.kind == KIND_BELT and not _clear_lanes(w, me, row):
        return NO_ROOM
    if e.kind == KIND_FURNACE and e.need > 0:
        part = w.parts[w.recipes[e.recipe].part]
        if character_room(w, me, part.item_id) < part.amount:
            return NO_ROOM
        give(w, me, part.item_id, part.amount)
        w.stat[part.item_id].consumed -= part.amount
        e.need = 0
        e.progress = 0
        e.working = 0
    if k.item_id:
        if give(w, me, k.item_id, 1) == 0:
            return NO_ROOM
        w.stat[k.item_id].unbuilt += 1
    pending = 0  # what comes after the building itself
    if e.kind == KIND_DRILL:
        pending = int(e.pending)
    elif e.kind == KIND_INSERTER:
        pending = int(e.held)
    x, y = e.x, e.y
    if e.owner and e.owner != me + 1 and w.header[0].tick - e.built < UNDONE_TICKS:
        w.agent[me].conflicts += 1
    remove_entity(w, row)
    w.agent[me].removed += 1
    if pending:
        if give(w, me, pending, 1) == 0:
            spill(w, x, y, pending, 1)
    return DONE


@kernel
def _clear_lanes(w, me, row):
    """What lies on a belt: lane 1 front to back, then lane 2. False when there is no more room."""
    belt = int(w.entity[row].belt) - 1
    for lane in range(2):
        line, first, last, _start = lane_window(w, belt, lane)
        for _ in range(last - first):
            item = int(w.lane_item[first].item_id)
            if give(w, me, item, 1) == 0:
                return False
            take_out(w, line, first)
            w.stat[item].taken += 1
            w.agent[me].taken += 1
    return True


@kernel
def _mine_pile(w, me, row):
    p = w.pile[row]
    done = give(w, me, int(p.item_id), int(p.count))
    w.agent[me].picked += done
    p.count -= done
    if p.count > 0:
        return NO_ROOM
    remove_pile(w, row)
    return DONE


@kernel
def _mine_resource(w, me, index):
    item = int(w.kinds[w.tile[index].resource].item_id)
    if give(w, me, item, 1) == 0:
        return NO_ROOM
    take_ore(w, index)
    w.stat[item].mined += 1
    w.agent[me].mined += 1
    return GOES_ON if w.tile[index].amount > 0 else DONE


@kernel
def target_unit(o, kind, row):
    """What tells a target from its successor at the same row."""
    if kind == MINE_ENTITY:
        return o.entity[row].unit
    if kind == MINE_PILE:
        return o.pile[row].unit
    return int(o.tile[row].resource)


@kernel
def target_lives(w, me):
    """Whether what a character was mining is still there."""
    c = w.character[me]
    row = int(c.mine_row) - 1
    if c.mine_kind == MINE_ENTITY:
        return w.entity[row].proto != 0 and w.entity[row].unit == c.mine_unit
    if c.mine_kind == MINE_PILE:
        return w.pile[row].item_id != 0 and w.pile[row].unit == c.mine_unit
    if c.mine_kind == MINE_RESOURCE:
        return int(w.tile[row].resource) == c.mine_unit and w.tile[row].amount > 0
    return False


@kernel
def target_point(o, kind, row):
    """Where a target is selected: the centre of an entity or a pile, or of a deposit's tile."""
    if kind == MINE_ENTITY:
        return o.entity[row].x, o.entity[row].y
    if kind == MINE_PILE:
        return o.pile[row].x, o.pile[row].y
    return tile_centre(o, row)


@kernel
def still_selected(w, me):
    """Whether a character's target is still there, and still what is selected at its place."""
    if not target_lives(w, me):
        return False
    c = w.character[me]
    kind, row = int(c.mine_kind), int(c.mine_row) - 1
    x, y = target_point(w, kind, row)
    now_kind, now_row = selected(w, x, y)
    return now_kind == kind and now_row == row


@kernel
def aim(w, me, kind, row):
    """Make something the target; progress is kept only when it is the same as before."""
    c = w.character[me]
    unit = target_unit(w, kind, row)
    if c.mine_kind == kind and c.mine_row == row + 1 and c.mine_unit == unit:
        return
    c.mine_kind = kind
    c.mine_row = row + 1
    c.mine_unit = unit
    c.mine_progress = 0
    if kind == MINE_PILE:
        c.mine_need = 15_000  # 0.025 s
        c.mine_exact = 0
        return
    k = w.kinds[w.entity[row].proto] if kind == MINE_ENTITY else w.kinds[w.tile[row].resource]
    c.mine_need = k.mine_time
    c.mine_exact = k.mine_exact


@kernel
def mine_tick(w, me):
    """One tick of mining the current target: DONE, GOES_ON, NO_ROOM, GONE or MINED."""
    c = w.character[me]
    c.mining = 0
    if not target_lives(w, me):
        return GONE
    kind, row = int(c.mine_kind), int(c.mine_row) - 1
    if not within_reach(w, me, kind, row):
        return GOES_ON
    c.mining = 1
    progress = c.mine_progress + MINING_SPEED
    if progress < c.mine_need or (progress == c.mine_need and not c.mine_exact):
        c.mine_progress = progress
        return GOES_ON
    if kind == MINE_ENTITY:
        outcome = _mine_entity(w, me, row)
    elif kind == MINE_PILE:
        outcome = _mine_pile(w, me, row)
    else:
        outcome = _mine_resource(w, me, row)
    if outcome == NO_ROOM:
        c.mine_progress = c.mine_need  # the bar stays full
        return NO_ROOM
    c.mine_progress = progress - c.mine_need
    if outcome == DONE:
        c.mine_kind = MINE_NOTHING
        c.mine_row = 0
        c.mine_progress = 0
        return DONE
    c.done_count += 1
    return MINED
