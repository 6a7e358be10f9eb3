"""The verbs: for each, what the world would refuse (`check`) and what it does (`begin`).

`check` reads observable tables alone, changes nothing, and is what masks are made of; `begin` asks
it first and then acts, so a mask and the world cannot disagree. Instant verbs are done in `begin`;
MOVE, MINE and WAIT become the character's activity, which `character_tick` (tick.py) carries on.
The numbers of verbs and codes are those of `fz_multi.commands`.
"""

from __future__ import annotations

from .constants import (
    ACTIVITY_CRAFT,
    ACTIVITY_MINE,
    ACTIVITY_NONE,
    ACTIVITY_WAIT,
    ACTIVITY_WALK,
    ACTIVITY_WALK_TO,
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
from .entities import (
    add_entity,
    can_rotate,
    changed_contents,
    place_code,
    set_direction,
    snapped,
)
from .ground import add_pile, find_spot
from .handcraft import cancel_crafts, craft_code, queue_craft
from .inventory import count_item, put, remove, room_for
from .jit import kernel, linked
from .machines import slot_run
from .mining import (
    _mine_pile,
    aim,
    character_room,
    give,
    minable,
    room_for_some,
    selected,
    tile_centre,
    within_reach,
)
from .space import entity_at, entity_distance_squared, obstruction, tile_at, tile_index
from .tables import ORDERS_PER_AGENT

WAIT, MOVE, MINE, BUILD, CRAFT, INSERT, TAKE, SET_RECIPE, ROTATE = 0, 1, 2, 3, 4, 5, 6, 7, 8
PICK_UP, DROP, RESEARCH, SAY, CANCEL, COMPOUND = 9, 10, 11, 12, 13, 14

OK = 0
RUNNING = 1
UNKNOWN_AGENT = 2
OUT_OF_MAP = 3
OUT_OF_REACH = 4
NOTHING_THERE = 5
NOT_MINABLE = 6
WRONG_ENTITY = 7
INSUFFICIENT_ITEMS = 8
INVENTORY_FULL = 9
TARGET_FULL = 10
NOT_ACCEPTED = 11
CANNOT_PLACE = 12
BLOCKED = 17
NOT_ALLOWED = 18
CANNOT_ROTATE = 22
NOTHING_TO_TAKE = 23
NOTHING_RUNNING = 24
NOT_IMPLEMENTED = 25
CANCELLED = 28
REPLACED = 29

MAX_DROP = 50  # items of one DROP

ANY, FUEL, SOURCE, RESULT, CHEST = 0, 1, 2, 3, 4


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
    if held(o, me, int(k.item_id)) == 0:
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
    if held(o, me, item) == 0:
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
    if held(o, me, item) == 0:
        return INSUFFICIENT_ITEMS
    row = entity_at(o, x, y)
    if row >= 0 and o.entity[row].slots > 0:
        base, slots, limit = slot_run(o, row, item, ANY)
        if slots == 0:
            return NOT_ACCEPTED
        return OK if room_for(o, base, slots, item, limit) > 0 else TARGET_FULL
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
        return nearest_pile(o, me)[0]
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


# -- begin -----------------------------------------------------------------------------------------
@kernel
def stop_activity(w, me):
    """Do nothing from now on, and show it."""
    c = w.character[me]
    c.activity = ACTIVITY_NONE
    c.walking = 0
    c.mining = 0


@kernel
def end_activity(w, me, code):
    """The activity is over: note its code in the result of the step or beside it."""
    c = w.character[me]
    r = w.result[me]
    stop_activity(w, me)
    c.result = code
    if r.verb == COMPOUND and r.code == RUNNING:
        if code != OK:
            r.code = code
            r.a = c.order_at - (me + 1) * ORDERS_PER_AGENT
            c.orders = 0
    elif r.verb == c.verb and r.code == RUNNING:
        r.code = code
    else:
        r.b = code + 1
        r.c = c.verb
        if code != OK:
            c.orders = 0


@kernel
def start_activity(w, me, activity, verb):
    c = w.character[me]
    c.activity = activity
    c.verb = verb
    c.goal_count = 0
    c.done_count = 0
    c.until = NEVER
    c.walking = 0
    c.mining = 0


@kernel
def begin_move(w, o, me, command):
    c = w.character[me]
    given, x, y = move_target(o, me, command)
    if command.method == 1:
        c.x, c.y = x, y
        stop_activity(w, me)
        return OK
    start_activity(w, me, ACTIVITY_WALK_TO if given else ACTIVITY_WALK, MOVE)
    c.target_x, c.target_y = x, y
    if given:
        c.goal_count = abs(x - c.x) + abs(y - c.y)  # nearest so far
        return RUNNING
    c.walk_direction = command.direction
    if command.ticks >= 0:
        c.until = w.header[0].tick + command.ticks
    return RUNNING


@kernel
def begin_mine(w, o, me, command):
    _, kind, row = mine_target(o, me, command)
    c = w.character[me]
    aim(w, me, kind, row)
    start_activity(w, me, ACTIVITY_MINE, MINE)
    c.goal_count = command.count
    c.has_area = command.has_area
    c.name = command.name
    c.area[0], c.area[1], c.area[2], c.area[3] = command.x, command.y, command.x2, command.y2
    return RUNNING


@kernel
def begin_build(w, o, me, command):
    c = w.character[me]
    proto = int(command.name)
    k = w.kinds[proto]
    direction = int(command.direction) if k.rotates else 0
    x, y = snapped(o, proto, command.x, command.y, direction)
    remove(w, c.slot, int(c.slots), int(k.item_id), 1)
    w.stat[k.item_id].built += 1
    w.agent[me].placed += 1
    add_entity(w, proto, x, y, direction, me + 1)
    return OK


@kernel
def hand_over(w, me, row, item, count, inventory):
    """Move items from a character into an entity; returns how many went."""
    c = w.character[me]
    base, slots, limit = slot_run(w, row, item, inventory)
    room = room_for(w, base, slots, item, limit)
    count = min(min(count, room), held(w, me, item))
    remove(w, c.slot, int(c.slots), item, count)
    put(w, base, slots, item, count, limit)
    w.stat[item].inserted += count
    w.agent[me].inserted += count
    e = w.entity[row]
    e.giver = me + 1
    e.given = w.header[0].tick
    changed_contents(w, row)
    return count


@kernel
def begin_insert(w, o, me, command):
    row = entity_at(o, command.x, command.y)
    count = int(command.count) if command.count > 0 else NEVER
    w.result[me].a = hand_over(w, me, row, int(command.name), count, int(command.inventory))
    return OK


@kernel
def begin_take(w, o, me, command):
    row = entity_at(o, command.x, command.y)
    base, slots, item = take_run(o, row, int(command.inventory), int(command.name))
    count = min(count_item(w, base, slots, item), character_room(w, me, item))
    if command.count > 0:
        count = min(count, int(command.count))
    remove(w, base, slots, item, count)
    give(w, me, item, count)
    e = w.entity[row]
    w.stat[item].taken += count
    w.agent[me].taken += count
    if e.kind == KIND_CHEST and e.giver and e.giver != me + 1:
        w.agent[me].handed += count
    changed_contents(w, row)
    w.result[me].a = count
    return OK


@kernel
def begin_drop(w, o, me, command):
    c = w.character[me]
    item = int(command.name)
    x, y = drop_target(o, me, command)
    count = min(min(max(int(command.count), 1), MAX_DROP), held(o, me, item))
    row = entity_at(o, x, y)
    if row >= 0 and o.entity[row].slots > 0:
        done = hand_over(w, me, row, item, count, ANY)
    else:
        done = 0
        while done < count:
            found, px, py = find_spot(o, x, y)
            if not found:
                break
            remove(w, c.slot, int(c.slots), item, 1)
            add_pile(w, px, py, item, 1)
            done += 1
    w.agent[me].dropped += done
    w.result[me].a = done
    return OK


@kernel
def begin_pick_up(w, o, me):
    done = 0
    code, row = nearest_pile(o, me)
    while code == OK:
        before = w.agent[me].picked
        _mine_pile(w, me, row)
        done += w.agent[me].picked - before
        code, row = nearest_pile(o, me)
    w.result[me].a = done
    return OK


@kernel
def begin_cancel(w, me, command):
    c = w.character[me]
    if command.method != 2:
        stop_activity(w, me)
        c.orders = 0
    if command.method != 1 and c.crafts > 0:
        cancel_crafts(w, me)
        if c.activity == ACTIVITY_CRAFT:
            end_activity(w, me, CANCELLED)  # a COMPOUND that waits for what will not come
    return OK


@linked("iWOiC")
def begin(w, o, me, command):
    """Carry a command out, or start it. Returns its code."""
    code = check(o, me, command)
    if code != OK:
        return code
    verb = command.verb
    c = w.character[me]
    if verb == MOVE:
        return begin_move(w, o, me, command)
    if verb == MINE:
        return begin_mine(w, o, me, command)
    if verb == BUILD:
        return begin_build(w, o, me, command)
    if verb == CRAFT:
        queue_craft(w, me, int(command.name), int(command.count))
        return RUNNING
    if verb == INSERT:
        return begin_insert(w, o, me, command)
    if verb == TAKE:
        return begin_take(w, o, me, command)
    if verb == ROTATE:
        row = entity_at(o, command.x, command.y)
        turned = (int(w.entity[row].direction) + 4) % 16
        set_direction(w, row, int(command.direction) if command.direction >= 0 else turned)
        return OK
    if verb == PICK_UP:
        return begin_pick_up(w, o, me)
    if verb == DROP:
        return begin_drop(w, o, me, command)
    if verb == SAY:
        c.message = min(int(command.count), 254) + 1
        w.agent[me].messages += 1
        return OK
    if verb == CANCEL:
        return begin_cancel(w, me, command)
    if verb == WAIT and command.ticks >= 0:
        if c.activity == ACTIVITY_NONE:
            start_activity(w, me, ACTIVITY_WAIT, WAIT)
            c.until = w.header[0].tick + command.ticks
            return RUNNING
    return OK


@kernel
def next_orders(w, o, me):
    """Go on with a COMPOUND: one command a tick, the next when the one before is done."""
    c = w.character[me]
    r = w.result[me]
    if c.orders > 0 and c.activity == ACTIVITY_NONE:
        command = w.order[c.order_at]
        c.order_at += 1
        c.orders -= 1
        code = begin(w, o, me, command)
        w.agent[me].commands += 1
        c.last_verb = command.verb
        c.result = code
        if code == RUNNING and command.verb == CRAFT:
            start_activity(w, me, ACTIVITY_CRAFT, CRAFT)
        if code > RUNNING:
            c.orders = 0
            w.agent[me].refused += 1
            if r.verb == COMPOUND and r.code == RUNNING:
                r.code = code
                r.a = c.order_at - (me + 1) * ORDERS_PER_AGENT
            else:
                r.b = code + 1
                r.c = command.verb
            return
    if c.orders == 0 and c.activity == ACTIVITY_NONE and r.verb == COMPOUND and r.code == RUNNING:
        r.code = OK


@kernel
def begin_compound(w, o, me, command):
    """Put a COMPOUND in the place of what is running, unless its first command is refused."""
    c = w.character[me]
    r = w.result[me]
    at = (me + 1) * ORDERS_PER_AGENT
    first = w.order[at]
    code = check(o, me, first)
    if code != OK:
        r.code = code
        r.a = 1
        w.agent[me].refused += 1
        return
    if first.verb == CANCEL:  # it means what the COMPOUND replaces
        begin_cancel(w, me, first)
        w.agent[me].commands += 1
        at += 1
    stop_activity(w, me)
    r.code = RUNNING
    c.orders = command.count - (at - (me + 1) * ORDERS_PER_AGENT)
    c.order_at = at
    if first.verb != CANCEL:
        next_orders(w, o, me)
    elif c.orders == 0:
        r.code = OK


@kernel
def apply(w, o, me, would):
    """Apply the command in order row `me`; `would`: whether it was fine before the others acted."""
    command = w.order[me]
    c = w.character[me]
    r = w.result[me]
    r.verb = command.verb
    r.code, r.a, r.b, r.c = OK, 0, 0, 0
    c.message = 0
    a = w.agent[me]
    if command.verb == WAIT and command.ticks < 0:
        return
    a.commands += 1
    c.last_verb = command.verb
    replaces = command.verb == MOVE or command.verb == MINE or command.verb == COMPOUND
    if command.verb == COMPOUND:
        begin_compound(w, o, me, command)
        c.result = r.code
        return
    code = begin(w, o, me, command)
    r.code = code
    c.result = code
    if code > RUNNING:
        a.refused += 1
        if would:
            a.conflicts += 1
    elif replaces:
        c.orders = 0
