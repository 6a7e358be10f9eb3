"""What the world would refuse: a code for each command, and the targets that commands name.

`check` reads observable tables alone and changes nothing. Masks are made of it, and `act.begin`
asks it before it acts, so a mask and the world cannot disagree. Verbs and codes are those of
`fz_multi.commands`.
"""

from __future__ import annotations

from .belts import lane_accepts
from .codes import (
    ANY,
    BLOCKED,
    BUILD,
    CANCEL,
    CANNOT_PLACE,
    CANNOT_ROTATE,
    CHEST,
    CRAFT,
    DROP,
    FUEL,
    INSERT,
    INSUFFICIENT_ITEMS,
    INVENTORY_FULL,
    MINE,
    MOVE,
    NOT_ACCEPTED,
    NOT_ALLOWED,
    NOT_IMPLEMENTED,
    NOT_MINABLE,
    NOTHING_RUNNING,
    NOTHING_THERE,
    NOTHING_TO_TAKE,
    OK,
    OUT_OF_MAP,
    OUT_OF_REACH,
    PICK_UP,
    RESEARCH,
    RESULT,
    ROTATE,
    SET_RECIPE,
    SOURCE,
    TAKE,
    TARGET_FULL,
    UNKNOWN_AGENT,
    WRONG_ENTITY,
)
from .constants import (
    ACTIVITY_NONE,
    KIND_BELT,
    KIND_CHEST,
    KIND_LATER,
    KIND_RESOURCE,
    MINE_ENTITY,
    MINE_NOTHING,
    MINE_PILE,
    NEVER,
    PICKUP_REACH,
    REACH,
    TILE,
)
from .entities import can_rotate, place_code, snapped
from .ground import find_spot
from .handcraft import craft_code
from .inventory import count_item, holds, room_for
from .jit import kernel, linked
from .lanes import drop_lane, item_offset, lane_window, place
from .machines import slot_run
from .mining import character_room, minable, room_for_some, selected, tile_centre, within_reach
from .space import entity_at, entity_distance_squared, obstruction, tile_at, tile_index


# -- targets ---------------------------------------------------------------------------------------
@kernel
def target_entity(o, me, x, y):
    """The entity at a point that a character can touch: (code, row)."""
    if tile_at(o.header, x, y) < 0:
        return OUT_OF_MAP, -1
    row = entity_at(o, x, y)
    if row < 0:
        return NOTHING_THERE, -1
    c = o.character[me]
    if entity_distance_squared(o, row, c.x, c.y) > REACH * REACH:
        return OUT_OF_REACH, row
    return OK, row


@kernel
def near(o, me, x, y, reach):
    c = o.character[me]
    dx, dy = x - c.x, y - c.y
    return dx * dx + dy * dy <= reach * reach


@kernel
def held(o, me, item):
    """Number of an item in a character's inventory."""
    c = o.character[me]
    return count_item(o, c.slot, int(c.slots), item)


@kernel
def has(o, me, item):
    """Whether a character's inventory holds an item."""
    c = o.character[me]
    return holds(o, c.slot, int(c.slots), item)


@kernel
def name_fits(o, kind, row, name):
    """Whether a mining target is what was asked for (0 = anything, negative = a ground item)."""
    if name == 0:
        return True
    if kind == MINE_PILE:
        item = int(o.pile[row].item_id)
        return item == -name if name < 0 else o.kinds[name].item_id == item
    if name < 0:
        return False
    if kind == MINE_ENTITY:
        return int(o.entity[row].proto) == name
    return int(o.tile[row].resource) == name


@kernel
def mine_code(o, me, kind, row):
    """Result code of mining a target now."""
    if kind == MINE_NOTHING:
        return NOTHING_THERE
    if not minable(o, kind, row):
        return NOT_MINABLE
    if not within_reach(o, me, kind, row):
        return OUT_OF_REACH
    if not room_for_some(o, me, kind, row):
        return INVENTORY_FULL
    return OK


@kernel
def _find_in_area(o, me, x0, y0, x1, y1, name):
    """The nearest target in an area that can be mined now: (code, kind, row)."""
    c = o.character[me]
    best, best_kind, best_row, code = NEVER, MINE_NOTHING, -1, NOTHING_THERE
    left, right = max(x0 >> 8, (c.x >> 8) - 14), min(x1 >> 8, (c.x >> 8) + 14)
    top, bottom = max(y0 >> 8, (c.y >> 8) - 14), min(y1 >> 8, (c.y >> 8) + 14)
    for ty in range(top, bottom + 1):
        for tx in range(left, right + 1):
            index = tile_index(o.header, tx, ty)
            if index < 0:
                continue
            x, y = tile_centre(o, index)
            kind, row = selected(o, x, y)
            if kind == MINE_NOTHING and o.tile[index].pile != 0:
                kind, row = MINE_PILE, int(o.tile[index].pile) - 1
            if kind == MINE_NOTHING or not name_fits(o, kind, row, name):
                continue
            why = mine_code(o, me, kind, row)
            if why != OK:
                if code == NOTHING_THERE:
                    code = why
                continue
            dx, dy = x - c.x, y - c.y
            if dx * dx + dy * dy < best:
                best, best_kind, best_row = dx * dx + dy * dy, kind, row
    if best_row >= 0:
        return OK, best_kind, best_row
    return code, best_kind, best_row


@linked("iOiiiiii")
def packed_in_area(o, me, x0, y0, x1, y1, name):
    """`find_in_area` in one number."""
    code, kind, row = _find_in_area(o, me, x0, y0, x1, y1, name)
    return (code * 4 + kind) * 2**32 + row + 1


@kernel
def find_in_area(o, me, x0, y0, x1, y1, name):
    """The nearest target in an area that can be mined now: (code, kind, row)."""
    packed = packed_in_area(o, me, x0, y0, x1, y1, name)
    head = packed // 2**32
    return head // 4, head % 4, packed % 2**32 - 1


@kernel
def _mine_target(o, me, command):
    """What a MINE command means now: (code, kind, row)."""
    if command.has_area:
        return find_in_area(o, me, command.x, command.y, command.x2, command.y2, int(command.name))
    if tile_at(o.header, command.x, command.y) < 0:
        return OUT_OF_MAP, MINE_NOTHING, -1
    kind, row = selected(o, command.x, command.y)
    if kind != MINE_NOTHING and not name_fits(o, kind, row, int(command.name)):
        return WRONG_ENTITY, kind, row
    return mine_code(o, me, kind, row), kind, row


@linked("iOiC")
def packed_target(o, me, command):
    """`mine_target` in one number."""
    code, kind, row = _mine_target(o, me, command)
    return (code * 4 + kind) * 2**32 + row + 1


@kernel
def mine_target(o, me, command):
    """What a MINE command means now: (code, kind, row)."""
    packed = packed_target(o, me, command)
    head = packed // 2**32
    return head // 4, head % 4, packed % 2**32 - 1


@kernel
def take_run(o, row, inventory, item):
    """Where TAKE looks: (first slot, slots, item); item 0 = nothing there.

    Without an inventory: result, then chest, then source, then fuel.
    """
    e = o.entity[row]
    base = int(e.slot)
    for turn in range(4):
        which = RESULT + turn if turn < 2 else (SOURCE if turn == 2 else FUEL)
        if inventory != ANY and inventory != which:
            continue
        if e.kind == KIND_CHEST:
            start, slots = base, (int(e.slots) if which == CHEST else 0)
        elif which == FUEL:
            start, slots = base, int(e.fuel_slots)
        elif which == SOURCE:
            start, slots = base + int(e.fuel_slots), int(e.source_slots)
        elif which == RESULT:
            start, slots = base + int(e.fuel_slots) + int(e.source_slots), int(e.result_slots)
        else:
            start, slots = base, 0
        for index in range(start, start + slots):
            found = int(o.slot[index].item_id)
            if found != 0 and (item == 0 or item == found):
                return start, slots, found
    return base, 0, 0


@kernel
def move_target(o, me, command):
    """Point that a MOVE goes to: (given, x, y)."""
    if command.has_target:
        return True, command.x, command.y
    if command.count > 0:
        c = o.character[me]
        direction = command.direction
        dx = 1 if 2 <= direction <= 6 else (-1 if 10 <= direction <= 14 else 0)
        dy = 1 if 6 <= direction <= 10 else (-1 if direction <= 2 or direction == 14 else 0)
        tx, ty = (c.x >> 8) + dx * command.count, (c.y >> 8) + dy * command.count
        return True, tx * TILE + TILE // 2, ty * TILE + TILE // 2
    return False, 0, 0


# -- check -----------------------------------------------------------------------------------------
@kernel
def check_move(o, me, command):
    given, x, y = move_target(o, me, command)
    if given and tile_at(o.header, x, y) < 0:
        return OUT_OF_MAP
    if command.method == 1:
        if not o.header[0].teleport:
            return NOT_ALLOWED
        if obstruction(o, me, x, y)[0] != 0:
            return BLOCKED
    return OK


@kernel
def check_build(o, me, command):
    proto = int(command.name)
    k = o.kinds[proto]
    if k.item_id == 0 or k.kind == KIND_RESOURCE:
        return CANNOT_PLACE
    if k.kind == KIND_LATER:
        return NOT_IMPLEMENTED
    if not has(o, me, int(k.item_id)):
        return INSUFFICIENT_ITEMS
    direction = int(command.direction) if k.rotates else 0
    x, y = snapped(o, proto, command.x, command.y, direction)
    if not near(o, me, x, y, REACH):
        return OUT_OF_REACH
    return place_code(o, proto, x, y, direction)


@kernel
def check_insert(o, me, command):
    item = int(command.name)
    code, row = target_entity(o, me, command.x, command.y)
    if code != OK:
        return code
    if not has(o, me, item):
        return INSUFFICIENT_ITEMS
    base, slots, limit = slot_run(o, row, item, int(command.inventory))
    if slots == 0:
        return NOT_ACCEPTED if o.entity[row].slots else WRONG_ENTITY
    if room_for(o, base, slots, item, limit) == 0:
        return TARGET_FULL
    return OK


@kernel
def check_take(o, me, command):
    code, row = target_entity(o, me, command.x, command.y)
    if code != OK:
        return code
    if o.entity[row].slots == 0:
        return WRONG_ENTITY
    _, slots, item = take_run(o, row, int(command.inventory), int(command.name))
    if slots == 0:
        return NOTHING_TO_TAKE
    if character_room(o, me, item) == 0:
        return INVENTORY_FULL
    return OK


@kernel
def check_rotate(o, me, command):
    code, row = target_entity(o, me, command.x, command.y)
    if code != OK:
        return code
    return OK if can_rotate(o, row) else CANNOT_ROTATE


@kernel
def check_set_recipe(o, me, command):
    code, _ = target_entity(o, me, command.x, command.y)
    return WRONG_ENTITY if code == OK else code  # assembling machines come later


@kernel
def nearest_pile(o, me):
    """The first pile within pick-up range that fits: (code, row)."""
    c = o.character[me]
    code = NOTHING_THERE
    for ty in range((c.y - PICKUP_REACH) >> 8, ((c.y + PICKUP_REACH) >> 8) + 1):
        for tx in range((c.x - PICKUP_REACH) >> 8, ((c.x + PICKUP_REACH) >> 8) + 1):
            index = tile_index(o.header, tx, ty)
            if index < 0:
                continue
            row = int(o.tile[index].pile) - 1
            while row >= 0:
                p = o.pile[row]
                if near(o, me, p.x, p.y, PICKUP_REACH):
                    if character_room(o, me, int(p.item_id)) > 0:
                        return OK, row
                    code = INVENTORY_FULL
                row = int(p.next) - 1
    return code, -1


@kernel
def nearest_lane_item(o, me):
    """The first item on a belt within pick-up range that fits: (code, line, index).

    The index is that of the frontmost item of its name on the same belt and lane: that is the one
    that the game's call for taking an item off a lane gives.
    """
    c = o.character[me]
    code = NOTHING_THERE
    for ty in range((c.y - PICKUP_REACH) >> 8, ((c.y + PICKUP_REACH) >> 8) + 1):
        for tx in range((c.x - PICKUP_REACH) >> 8, ((c.x + PICKUP_REACH) >> 8) + 1):
            at = tile_index(o.header, tx, ty)
            row = int(o.tile[at].entity) - 1 if at >= 0 else -1
            if row < 0 or o.entity[row].kind != KIND_BELT:
                continue
            e = o.entity[row]
            bend = int(o.belt[e.belt - 1].bend)
            for lane in range(2):
                line, first, last, start = lane_window(o, int(e.belt) - 1, lane)
                for index in range(first, last):
                    position = place(o, line, index) - start
                    dx, dy = item_offset(int(e.direction), bend, lane, position)
                    if near(o, me, e.x + dx, e.y + dy, PICKUP_REACH):
                        item = int(o.lane_item[index].item_id)
                        if character_room(o, me, item) > 0:
                            front = first
                            while o.lane_item[front].item_id != item:
                                front += 1
                            return OK, line, front
                        code = INVENTORY_FULL
    return code, -1, -1


@kernel
def check_pick_up(o, me):
    code = nearest_pile(o, me)[0]
    if code == OK:
        return OK
    other = nearest_lane_item(o, me)[0]
    return code if other == NOTHING_THERE else other


@kernel
def drop_target(o, me, command):
    """Point of a DROP: (x, y)."""
    if command.has_target:
        return command.x, command.y
    c = o.character[me]
    return c.x, c.y


@kernel
def check_drop(o, me, command):
    item = int(command.name)
    x, y = drop_target(o, me, command)
    if tile_at(o.header, x, y) < 0:
        return OUT_OF_MAP
    if not near(o, me, x, y, REACH):
        return OUT_OF_REACH
    if not has(o, me, item):
        return INSUFFICIENT_ITEMS
    row = entity_at(o, x, y)
    if row >= 0 and o.entity[row].slots > 0:
        base, slots, limit = slot_run(o, row, item, ANY)
        if slots == 0:
            return NOT_ACCEPTED
        return OK if room_for(o, base, slots, item, limit) > 0 else TARGET_FULL
    if row >= 0 and o.entity[row].kind == KIND_BELT:
        lane, position = drop_lane(o, row, x, y)
        return OK if lane_accepts(o, int(o.entity[row].belt) - 1, lane, position) else TARGET_FULL
    found, _, _ = find_spot(o, x, y)
    return OK if found else TARGET_FULL


@linked("iOiC")
def check(o, me, command):
    """Result code that a command would be refused with now, or 0 (ok)."""
    verb = command.verb
    if not o.character[me].active:
        return UNKNOWN_AGENT
    if verb == MOVE:
        return check_move(o, me, command)
    if verb == MINE:
        return mine_target(o, me, command)[0]
    if verb == BUILD:
        return check_build(o, me, command)
    if verb == CRAFT:
        return craft_code(o, me, int(command.name), int(command.count))
    if verb == INSERT:
        return check_insert(o, me, command)
    if verb == TAKE:
        return check_take(o, me, command)
    if verb == ROTATE:
        return check_rotate(o, me, command)
    if verb == SET_RECIPE:
        return check_set_recipe(o, me, command)
    if verb == PICK_UP:
        return check_pick_up(o, me)
    if verb == DROP:
        return check_drop(o, me, command)
    if verb == RESEARCH:
        return NOT_IMPLEMENTED
    if verb == CANCEL:
        c = o.character[me]
        busy = c.activity != ACTIVITY_NONE and command.method != 2
        crafts = c.crafts > 0 and command.method != 1
        return OK if busy or crafts else NOTHING_RUNNING
    return OK
