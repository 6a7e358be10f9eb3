"""One tick of the world, as the ordered list of its rules (mechanics 1.5).

1. Commands act between ticks (act.py); what they start is part of the next tick.
2. Each agent prepares, in agent order: the next command of a COMPOUND, and what its character is to
   do in this tick (`prepare`).
3. The characters, in agent order: walk or mine, the crafting queue, then what belts carry them
   (`body`).
4. Belts: every line that is awake.
5. Inserters, from the end of their update list.
6. Drills and furnaces, the last built first, each only when something can happen to it.
7. Each agent concludes, in agent order, what has become of its activity (`conclude`).

Steps 2 and 7 are what a mod does between two ticks of the game, and they read what a mod can read;
``header.native`` leaves them out, for a world whose characters a mod drives (an embedded server).

`advance(n)` equals any split of n: nothing here looks at how many ticks were asked for.
"""

from __future__ import annotations

from .act import UNKNOWN, end_activity, is_private, next_orders
from .act import apply as apply_command
from .angles import point_at
from .arms import sync_arm, visit_arm
from .belts import belts_tick
from .character import (
    WALK_PATIENCE,
    carried,
    direction_step,
    direction_to,
    walk_step,
    walk_way,
)
from .codes import (
    BLOCKED,
    CANCEL,
    COMPOUND,
    CRAFT,
    INVENTORY_FULL,
    NOTHING_THERE,
    OK,
    RUNNING,
    WAIT,
)
from .constants import (
    ACTIVITY_CRAFT,
    ACTIVITY_MINE,
    ACTIVITY_NONE,
    ACTIVITY_WAIT,
    ACTIVITY_WALK,
    ACTIVITY_WALK_TO,
    FULL,
    JOULE,
    KIND_DRILL,
    KIND_FURNACE,
    KIND_INSERTER,
    MINE_NOTHING,
    NARROW_GAP,
    PHASE_ARMS,
    PHASE_BELTS,
    PHASE_BETWEEN,
    PHASE_CHARACTERS,
    PHASE_MACHINES,
    STATUS_WAITING_SPACE,
    STATUS_WORKING,
    STRIDE,
    STRIDE_DIAGONAL,
)
from .events import mend
from .handcraft import craft_tick, refund_piles
from .jit import entry, kernel, linked
from .legal import check, find_in_area
from .machines import drop_room, sync, visit
from .memory import open_full, open_seen
from .mining import (
    DONE,
    GOES_ON,
    GONE,
    MINED,
    aim,
    mine_tick,
    room_for_some,
    still_selected,
    target_lives,
    target_point,
)

CROWD = 150  # 1/256 tile: how near another character may have been in the way
SPARE_SLOTS = 48  # of the largest entity that one command can build
SPARE_PILES = 100  # a character: one DROP, and what a drill that it takes down holds


@kernel
def face(w, me, x, y):
    """Turn towards a point, to one of sixteen directions."""
    c = w.character[me]
    dx, dy = x - c.x, y - c.y
    ax, ay = abs(dx), abs(dy)
    if ax == 0 and ay == 0:
        return
    # Sector edges at 11.25 and 33.75 degrees: tangents 0.198912 and 0.668179.
    small, large = (ax, ay) if ax < ay else (ay, ax)
    if small * 1_000_000 < large * 198_912:
        part = 0
    elif small * 1_000_000 < large * 668_179:
        part = 1
    else:
        part = 2
    turn = part if ax < ay else 4 - part  # clockwise from the y axis, within a quarter
    if dx >= 0 and dy < 0:
        direction = turn
    elif dx >= 0:
        direction = 8 - turn
    elif dy >= 0:
        direction = 8 + turn
    else:
        direction = (16 - turn) % 16
    c.direction = direction


# -- between two ticks: what an agent's commands make of its character ----------------------------
@kernel
def prepare(w, o, me):
    """Before a tick: go on with a COMPOUND, and tell the body what to do."""
    c = w.character[me]
    if c.orders > 0 and c.activity == ACTIVITY_NONE:
        next_orders(w, o, me)
    c.walk_on = 0
    c.mine_on = 0
    c.outcome = GOES_ON
    c.from_x, c.from_y = c.x, c.y
    if c.activity == ACTIVITY_NONE:
        if c.crafts == 0:
            w.agent[me].idle += 1
    elif c.activity == ACTIVITY_WALK:
        c.walk_on = 1
    elif c.activity == ACTIVITY_WALK_TO:
        direction = direction_to(c.x, c.y, c.target_x, c.target_y)
        if direction < 0:
            end_activity(w, me, OK)
        else:
            c.walk_direction = direction
            c.walk_on = 1
    elif c.activity == ACTIVITY_MINE:
        if still_selected(w, me):
            c.mine_on = 1
        else:
            c.outcome = GONE


@kernel
def crowded(o, me):
    """Whether another character is so near that it may be in the way."""
    c = o.character[me]
    for other in range(o.header[0].characters):
        p = o.character[other]
        if other != me and p.active and abs(p.x - c.x) <= CROWD and abs(p.y - c.y) <= CROWD:
            return True
    return False


@kernel
def conclude_walk(w, me):
    c = w.character[me]
    a = w.agent[me]
    moved = abs(c.x - c.from_x) + abs(c.y - c.from_y)
    a.walked += moved
    if moved == 0:
        a.blocked += 1
    if c.activity == ACTIVITY_WALK:
        if w.header[0].tick >= c.until:
            end_activity(w, me, OK)
        return
    if direction_to(c.x, c.y, c.target_x, c.target_y) < 0:
        end_activity(w, me, OK)
        return
    distance = abs(c.target_x - c.x) + abs(c.target_y - c.y)
    if distance < c.goal_count:
        c.goal_count = distance
        c.done_count = 0
    else:
        c.done_count += 1
    if moved == 0 or c.done_count >= WALK_PATIENCE:
        if crowded(w, me):
            a.conflicts += 1
        end_activity(w, me, BLOCKED)


@kernel
def conclude_mining(w, o, me):
    c = w.character[me]
    outcome = int(c.outcome)
    if outcome != DONE and not target_lives(w, me):  # by the end of the tick
        if outcome == MINED:  # somebody took the rest after this item
            c.done_count -= 1
            outcome = DONE
        else:
            outcome = GONE
    if outcome != DONE and outcome != GONE:
        full = c.mining and c.mine_progress >= c.mine_need
        if full and not room_for_some(o, me, int(c.mine_kind), int(c.mine_row) - 1):
            end_activity(w, me, INVENTORY_FULL)
            return
    if outcome == DONE and c.has_area:
        c.done_count += 1
    enough = c.goal_count > 0 and c.done_count >= c.goal_count
    if enough or (outcome == DONE and not c.has_area):
        end_activity(w, me, OK)
    elif outcome == DONE or outcome == GONE:
        if not c.has_area:
            w.agent[me].conflicts += 1  # somebody else took it, or it is no longer to be reached
            end_activity(w, me, NOTHING_THERE)
            return
        area = c.area
        code, kind, row = find_in_area(o, me, area[0], area[1], area[2], area[3], int(c.name))
        if code == OK:
            aim(w, me, kind, row)
        else:
            end_activity(w, me, OK if c.done_count > 0 else NOTHING_THERE)


@kernel
def conclude(w, o, me):
    """After a tick: what has become of the activity, the crafts and the COMPOUND."""
    c = w.character[me]
    if c.activity == ACTIVITY_WALK or c.activity == ACTIVITY_WALK_TO:
        conclude_walk(w, me)
    elif c.activity == ACTIVITY_MINE:
        conclude_mining(w, o, me)
    elif c.activity == ACTIVITY_WAIT and w.header[0].tick >= c.until:
        end_activity(w, me, OK)
    if c.crafts == 0:
        if c.activity == ACTIVITY_CRAFT:
            end_activity(w, me, OK)
        elif c.last_verb == CRAFT and c.result == RUNNING:
            c.result = OK
            if w.result[me].verb == CRAFT:
                w.result[me].code = OK
    if c.orders == 0 and c.activity == ACTIVITY_NONE:
        next_orders(w, o, me)  # a COMPOUND whose last command has ended


@linked("iWOi")
def conclude_all(w, o, unused):
    """`conclude` for each agent."""
    for me in range(w.header[0].characters):
        if w.character[me].active:
            conclude(w, o, me)
    return 0


@linked("iWOi")
def prepare_all(w, o, unused):
    """`prepare` for each agent."""
    for me in range(w.header[0].characters):
        if w.character[me].active:
            prepare(w, o, me)
    return 0


# -- in a tick: what a character does by itself ---------------------------------------------------
@kernel
def walk_on(w, o, me):
    c = w.character[me]
    c.direction = c.walk_direction
    if c.activity != ACTIVITY_WALK_TO or not walk_way(w, me):
        c.x, c.y, _ = walk_step(o, me, c.x, c.y, int(c.walk_direction))
    c.walking = 1


@linked("iWi")
def mine_on(w, me):
    """One tick of a character that mines; a native one must be told again after each item."""
    c = w.character[me]
    if c.mine_kind != MINE_NOTHING and target_lives(w, me):
        x, y = target_point(w, int(c.mine_kind), int(c.mine_row) - 1)
        face(w, me, x, y)
    c.outcome = mine_tick(w, me)
    if w.header[0].native and (c.outcome == DONE or c.outcome == MINED or c.outcome == GONE):
        c.mine_on = 0
    return 0


@linked("iWOi")
def body(w, o, me):
    """One tick of a character: it mines or walks, its crafting queue, then the belt under it."""
    c = w.character[me]
    if c.mine_on:
        mine_on(w, me)
    elif c.walk_on:
        walk_on(w, o, me)
    if c.crafts > 0:
        craft_tick(w, me)
    if w.header[0].belts:
        c.x, c.y = carried(o, me, c.x, c.y)
    return 0


@linked("iWi")
def machines_tick(w, tick):
    """Run each machine that has something to do in this tick."""
    h = w.header[0]
    while h.queue > 0 and w.queue[0].tick <= tick:
        row = int(w.queue[0].entity)
        h.visiting = w.entity[row].unit
        visit(w, row, tick)
        mend(w)
    return 0


@linked("iWi")
def arms_tick(w, tick):
    """Run each arm that has something to do in this tick."""
    h = w.header[0]
    while h.queue > 0 and w.queue[0].tick <= tick:
        row = int(w.queue[0].entity)
        e = w.entity[row]
        if e.arm == 0:
            break
        h.visiting = w.arm[e.arm - 1].join
        visit_arm(w, row, tick)
        mend(w)
    return 0


@linked("iWi")
def lines_tick(w, tick):
    """Move the belts."""
    belts_tick(w, tick)
    return 0


@kernel
def shortage(w):
    """Which tables lack room for what one exchange or one tick can make at most, as bits.

    1 entities, 2 slots, 4 piles, 8 belts, 16 arms (the order of `batch.Capacities`).
    """
    h = w.header[0]
    builds = 2 * h.characters + 2
    piles = SPARE_PILES * (h.characters + 1) + h.drills + h.arms
    for me in range(h.characters):
        c = w.character[me]
        if c.crafts > 0:
            ahead = c.orders > 0 and w.order[c.order_at].verb == CANCEL
            if ahead or w.order[me].verb == CANCEL:
                piles += refund_piles(w, me)
    short = 0
    if h.entity_top + builds > w.entity.shape[0]:
        short |= 1
    if h.slot_top + SPARE_SLOTS * builds > w.slot.shape[0]:
        short |= 2
    if h.pile_top + piles > w.pile.shape[0]:
        short |= 4
    if h.belt_top + builds > w.belt.shape[0]:
        short |= 8
    if h.arm_top + builds > w.arm.shape[0]:
        short |= 16
    return short


@kernel
def is_walker(w, c):
    """Whether a character is on a way that no tile can be in (`character.note_way`)."""
    on_way = c.activity == ACTIVITY_WALK_TO and c.way_stamp == w.header[0].changed + 1
    return on_way and c.way[0] <= c.x <= c.way[2] and c.way[1] <= c.y <= c.way[3]


@kernel
def may_meet(c, p):
    """Whether a walker could come so near to another character that both are in the way."""
    x0, y0, x1, y1 = p.x, p.y, p.x, p.y
    if p.activity == ACTIVITY_WALK_TO:
        x0, y0, x1, y1 = p.way[0], p.way[1], p.way[2], p.way[3]
    apart_x = c.way[0] - x1 > NARROW_GAP or x0 - c.way[2] > NARROW_GAP
    return not apart_x and c.way[1] - y1 <= NARROW_GAP and y0 - c.way[3] <= NARROW_GAP


@kernel
def free_ticks(w, ticks):
    """How many of the next ``ticks`` nobody can disturb another in, as far as one sees at once.

    Everybody is idle or walks where nothing and nobody can be in the way, no belt moves, and no
    machine is due. ``header.every_tick`` (tests) has each tick run by the rules.
    """
    h = w.header[0]
    if h.native or h.every_tick or h.belts or h.newest_line:
        return 0
    if h.queue > 0:
        ticks = min(ticks, w.queue[0].tick - h.tick - 1)
    if ticks <= 0:
        return 0
    for me in range(h.characters):
        c = w.character[me]
        if not c.active:
            continue
        if c.crafts > 0 or c.orders > 0:
            return 0
        if c.activity == ACTIVITY_NONE:
            continue
        if not is_walker(w, c) or w.result[me].verb == COMPOUND:
            return 0
        for other in range(h.characters):
            p = w.character[other]
            if other != me and p.active and may_meet(c, p):
                return 0
    return ticks


@kernel
def stroll(w, me, ticks):
    """The free ticks of one character: `prepare`, its steps, and `conclude`."""
    c = w.character[me]
    a = w.agent[me]
    c.mine_on, c.mining = 0, 0
    c.outcome = GOES_ON
    while ticks > 0 and c.activity == ACTIVITY_WALK_TO:
        ticks -= 1
        c.from_x, c.from_y = c.x, c.y
        direction = direction_to(c.x, c.y, c.target_x, c.target_y)
        if direction < 0:
            c.walk_on = 0
            end_activity(w, me, OK)
            break
        dx, dy = direction_step(direction)
        stride = STRIDE if dx == 0 or dy == 0 else STRIDE_DIAGONAL
        c.walk_on, c.walking = 1, 1
        c.walk_direction, c.direction = direction, direction
        c.x, c.y = c.x + dx * stride, c.y + dy * stride
        a.walked += stride * (abs(dx) + abs(dy))
        if direction_to(c.x, c.y, c.target_x, c.target_y) < 0:
            end_activity(w, me, OK)
        else:
            c.goal_count = abs(c.target_x - c.x) + abs(c.target_y - c.y)
            c.done_count = 0
    if ticks > 0:
        c.walk_on = 0
        c.from_x, c.from_y = c.x, c.y
        a.idle += ticks


@kernel
def run(w, o, ticks):
    """Advance a world; returns the ticks that are left when a table has become too small."""
    h = w.header[0]
    while ticks > 0:
        if shortage(w):
            return ticks
        tick = h.tick + 1
        h.now = tick
        if not h.native:
            prepare_all(w, o, 0)
        h.phase = PHASE_CHARACTERS
        for me in range(h.characters):
            c = w.character[me]
            if not c.mine_on:
                c.mining = 0
            if c.active and (c.mine_on or c.walk_on or c.crafts > 0 or h.belts):
                body(w, o, me)
        if h.newest_line:
            h.phase = PHASE_BELTS
            lines_tick(w, tick)
        if h.arms:
            h.phase = PHASE_ARMS
            arms_tick(w, tick)
        h.phase = PHASE_MACHINES
        if h.queue > 0 and w.queue[0].tick <= tick:
            machines_tick(w, tick)
        h.phase = PHASE_BETWEEN
        h.tick = tick
        h.now = tick + 1
        if not h.native:
            conclude_all(w, o, 0)
        ticks -= 1
        free = free_ticks(w, ticks)
        if free > 0:
            for me in range(h.characters):
                if w.character[me].active:
                    stroll(w, me, free)
            h.tick += free
            h.now = h.tick + 1
            ticks -= free
    return 0


@kernel
def settle_arm(w, row):
    e = w.entity[row]
    sync_arm(w, row, w.header[0].tick)
    a = w.arm[e.arm - 1]
    x, y = point_at(a.angle, a.length)
    e.hand_x, e.hand_y = e.x + x, e.y + y
    e.shown_energy = e.energy // JOULE
    e.shown_burning = e.burning // JOULE


@linked("iW")
def settle(w):
    """Bring the lazy fields of machines up to now and write what an observer reads."""
    h = w.header[0]
    for row in range(h.entity_top):
        e = w.entity[row]
        if e.kind == KIND_INSERTER:
            settle_arm(w, row)
            continue
        if e.kind != KIND_DRILL and e.kind != KIND_FURNACE:
            continue
        sync(w, row, h.tick)
        waits = e.waits_on or e.waits_line
        if e.status == STATUS_WAITING_SPACE and waits and drop_room(w, row, int(e.pending)):
            e.status = STATUS_WORKING  # shown at once; the item follows in the next tick
        if e.need > 0:
            e.shown_progress = min(
                (2 * 256 * (e.progress // FULL) + e.need // FULL) // (2 * (e.need // FULL)), 256
            )
        else:
            e.shown_progress = 0
        e.shown_energy = e.energy // JOULE
        e.shown_burning = e.burning // JOULE
    return 0


@kernel
def apply_all(w, o):
    """The commands of all agents in agent order; a race is told from a plain mistake.

    A row with a negative verb is no command: that agent's last one stands.
    """
    h = w.header[0]
    would, checked = 0, 0
    for me in range(h.characters):
        command = w.order[me]
        if WAIT < command.verb < CANCEL and w.character[me].active:
            code = check(o, me, command)
            w.result[me].code = code
            checked |= 1 << me
            if code == OK:
                would |= 1 << me
    same = 1  # nothing that another agent's command depends on has changed
    for me in range(h.characters):
        command = w.order[me]
        if w.character[me].active and command.verb >= WAIT:
            known = w.result[me].code if same & (checked >> me) else UNKNOWN
            apply_command(w, o, me, (would >> me) & 1, known)
            if not is_private(command):
                same = 0


@linked("iWOii")
def exchange_world(w, o, ticks, commands):
    """Apply the orders (if there are ``commands``), advance, and show how machines stand.

    Returns 2 x the ticks that are left because a table must grow first, + 1 when nothing has been
    applied for that reason; 0 when all is done.
    """
    if commands:
        if shortage(w):
            return 2 * ticks + 1
        apply_all(w, o)
    ticks = run(w, o, ticks)
    if ticks == 0:
        settle(w)
    return 2 * ticks


@kernel
def exchange_at(book, k, ticks, commands):
    """`exchange_world` of world k."""
    return exchange_world(open_full(book, k), open_seen(book, k), ticks, commands)


@entry("int64(int64[:,::1], int64[::1], uint8[::1])")
def exchange(book, ticks, commands):
    """Apply the commands in the order table of each world, then advance it by its `ticks`.

    ``commands[k]``: whether world k has commands to apply. What could not be done because a table
    of the world must grow first stays in ``commands[k]`` and ``ticks[k]``; call again after that.
    Returns the number of worlds with something left.
    """
    waiting = 0
    for k in range(book.shape[0]):
        left = exchange_at(book, k, ticks[k], int(commands[k]))
        ticks[k] = left >> 1
        commands[k] = left & 1
        waiting += 1 if left else 0
    return waiting
