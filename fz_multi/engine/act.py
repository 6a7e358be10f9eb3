"""The verbs: what each does once `legal.check` has let it pass.

Instant verbs are done in `begin`; MOVE, MINE and WAIT become the character's activity, which
`character_tick` (tick.py) carries on. A COMPOUND is worked off by `next_orders`, a command a tick.
"""

from __future__ import annotations

from .belts import put_on_lane, take_out
from .character import note_way
from .codes import (
    ANY,
    BUILD,
    CANCEL,
    CANCELLED,
    COMPOUND,
    CRAFT,
    DROP,
    INSERT,
    MINE,
    MOVE,
    OK,
    PICK_UP,
    ROTATE,
    RUNNING,
    SAY,
    TAKE,
    WAIT,
)
from .constants import (
    ACTIVITY_CRAFT,
    ACTIVITY_MINE,
    ACTIVITY_NONE,
    ACTIVITY_WAIT,
    ACTIVITY_WALK,
    ACTIVITY_WALK_TO,
    KIND_BELT,
    KIND_CHEST,
    NEVER,
)
from .entities import add_entity, changed_contents, set_direction, snapped
from .ground import add_pile, find_spot
from .handcraft import cancel_crafts, queue_craft
from .inventory import count_item, put, remove, room_for
from .jit import kernel, linked
from .lanes import drop_lane
from .legal import (
    check,
    drop_target,
    held,
    mine_target,
    move_target,
    nearest_lane_item,
    nearest_pile,
    take_run,
)
from .machines import slot_run
from .mining import _mine_pile, aim, character_room, give
from .space import entity_at
from .tables import ORDERS_PER_AGENT

MAX_DROP = 50  # items of one DROP
UNKNOWN = -1  # instead of a code: nobody has checked the command as the world stands


@kernel
def is_private(command):
    """Whether a command changes nothing at once that the check of another agent's looks at."""
    verb = command.verb
    if verb == MOVE:
        return command.method != 1
    return verb == WAIT or verb == MINE or verb == CRAFT or verb == SAY


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
        note_way(w, o, me)
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
    elif row >= 0 and o.entity[row].kind == KIND_BELT:
        lane, position = drop_lane(o, row, x, y)
        done = 0
        while done < count and put_on_lane(w, int(w.entity[row].belt) - 1, lane, position, item):
            remove(w, c.slot, int(c.slots), item, 1)
            done += 1
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
    code, line, index = nearest_lane_item(o, me)
    while code == OK:
        give(w, me, take_out(w, line, index), 1)
        w.agent[me].picked += 1
        done += 1
        code, line, index = nearest_lane_item(o, me)
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


@linked("iWOiCi")
def begin(w, o, me, command, known):
    """Carry a command out, or start it. Returns its code.

    ``known``: what `check` says of it, or `UNKNOWN`.
    """
    code = check(o, me, command) if known == UNKNOWN else known
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
        code = begin(w, o, me, command, UNKNOWN)
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
def apply(w, o, me, would, known):
    """Apply the command in order row `me`; `would`: whether it was fine before the others acted.

    ``known``: see `begin`.
    """
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
    code = begin(w, o, me, command, known)
    r.code = code
    c.result = code
    if code > RUNNING:
        a.refused += 1
        if would:
            a.conflicts += 1
    elif replaces:
        c.orders = 0
