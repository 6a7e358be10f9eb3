"""Burner inserters: the arm, what it picks, where it drops, its fuel (mechanics 6, measured).

An arm has an angle and a length; each tick both come nearer to those of its goal by what the
prototype and the energy allow. The tick in which both arrive is the tick of the pick or the drop;
the swing back begins in the next. The direction is the pick-up side. Units: angles.py.

Order: arms act in the order of their list from its end, the last built first. An arm that waits at
a chest or machine sleeps and leaves the list; a change of what its source or target holds puts it
at the end again, those that slept longest at the very end, and it acts in the next tick. An arm
that waits at a belt keeps its place; it sleeps while nothing at all lies on the lanes' lines. Awake
arms fill their buffer at the end of their tick, sleeping ones do not.

A swing between fixed points is jumped over: `plan_arm` finds the first tick that is not plain.
"""

from __future__ import annotations

from .angles import THOUSANDTH, TILE_LENGTH, TURN, angle_of, length_of, point_at
from .belts import next_arrival, put_on_lane, take_out
from .burner import fuel_slot, refill
from .constants import (
    KIND_BELT,
    KIND_CHEST,
    KIND_FURNACE,
    KIND_INSERTER,
    NEVER,
    STATUS_NO_FUEL,
    STATUS_WAITING_SOURCE,
    STATUS_WAITING_SPACE,
    STATUS_WORKING,
)
from .entities import changed_contents
from .events import lift, schedule
from .ground import add_pile, pile_fits, remove_pile
from .inventory import put, room_for
from .jit import kernel, linked
from .lanes import (
    STRAIGHT,
    drop_lane,
    first_beyond,
    item_offset,
    lane_length,
    lane_window,
    place,
)
from .machines import changed_fuel, slot_run
from .waits import stop_expecting, stop_waiting, wait_for_items, wait_for_line

SELF_ANGLE = 375 * THOUSANDTH  # of the own fuel slot from the pick-up side
SELF_LENGTH = 1_482_910  # of a point 0.01 tile to one side and 0.01 behind
NEAR_ENOUGH = TILE_LENGTH // 1000  # an extension by less is free
FUEL_LIMIT = 5  # that arms put into a fuel slot
DROP_POINT = 307  # where a drop lands, 1/256 tile from the centre: 1.2 tiles, cut


# -- geometry --------------------------------------------------------------------------------------
@kernel
def pick_angle(e):
    return int(e.direction) * (TURN // 16)


@kernel
def ahead_of(direction, distance):
    """A point straight ahead: (dx, dy)."""
    if direction == 0:
        return 0, -distance
    if direction == 4:
        return distance, 0
    if direction == 8:
        return 0, distance
    return -distance, 0


@kernel
def drop_spot(o, row):
    """Where what the arm drops lands on the map."""
    e = o.entity[row]
    dx, dy = ahead_of((int(e.direction) + 8) % 16, DROP_POINT)
    return e.x + dx, e.y + dy


@kernel
def set_goal(a, angle, length):
    a.goal_angle, a.goal_length = angle, length


@kernel
def way_round(angle, goal):
    """How far to turn, by the shorter side; clockwise is positive.

    An exact half turn: from the smaller angle to the larger anticlockwise, back clockwise
    (mechanics 6.2). So arms that pick in the north or south swing through the west, the others
    through the north, both ways.
    """
    off = goal - angle
    half = TURN // 2
    if off == half:
        return -half
    if off > half:
        off -= TURN
    elif off < -half:
        off += TURN
    elif off == -half:
        return half
    return off


@kernel
def move_arm(w, row):
    """One tick towards the goal; True when both angle and length are there."""
    e = w.entity[row]
    a = w.arm[e.arm - 1]
    k = w.kinds[e.proto]
    off = a.goal_length - a.length
    extended = True
    if off != 0:
        far = abs(off)
        moved = far
        if far >= NEAR_ENOUGH:
            moved = min(far, k.extend)
            cost = moved * k.extend_cost // TILE_LENGTH
            if cost > e.energy:
                a.starved = 1
                moved = moved * e.energy // cost
                cost = e.energy
            e.energy -= cost
            if moved > 0 and far - moved < k.extend:
                moved = far  # what is left of the way is free
        a.length += moved if off > 0 else -moved
        extended = moved == far
    turn = way_round(a.angle, a.goal_angle)
    if turn == 0:
        return extended
    far = abs(turn)
    moved = min(far, k.turn)
    cost = moved * k.turn_cost // TURN
    if cost > e.energy:
        a.starved = 1
        moved = moved * e.energy // cost
        cost = e.energy
    e.energy -= cost
    if moved > 0 and extended and far > k.turn and far - moved < k.turn:
        moved = far
    a.angle = (a.angle + (moved if turn > 0 else -moved)) % TURN
    return extended and moved == far


# -- what may be taken and given -------------------------------------------------------------------
@kernel
def recipe_limit(o, row, item):
    """How much of an ingredient arms put into a furnace: two crafts' worth, more if it is fast."""
    recipe = o.recipes[o.items[item].smelts]
    speed = int(o.kinds[o.entity[row].proto].speed)
    crafts = (1_166 * 60 * speed + 1_000 * recipe.time - 1) // (1_000 * recipe.time)
    return min(max(crafts, 2), 100) * int(o.parts[recipe.part].amount)


@kernel
def held_in(o, base, slots, item):
    """How much of an item a run of slots holds; -1 when something else is in the way."""
    total = 0
    for index in range(base, base + slots):
        s = o.slot[index]
        if s.item_id == item:
            total += int(s.count)
        elif s.item_id != 0:
            return -1
    return total


@kernel
def wants(o, row, item):
    """Whether an arm brings an item to an entity now (checked before it picks)."""
    e = o.entity[row]
    base, slots, limit = slot_run(o, row, item, 0)
    if slots == 0:
        return False
    if e.kind == KIND_CHEST:
        return room_for(o, base, slots, item, limit) > 0
    there = held_in(o, base, slots, item)
    if there < 0:
        return False
    if base == e.slot and e.fuel_slots:
        return there < FUEL_LIMIT
    if e.kind == KIND_FURNACE:
        return there < recipe_limit(o, row, item)
    return False


@kernel
def target_wants(o, row, item):
    """Whether the drop side of an arm takes an item (a belt and bare ground take anything)."""
    a = o.arm[o.entity[row].arm - 1]
    index = int(a.target) - 1
    if index < 0:
        return False
    target = int(o.tile[index].entity) - 1
    if target >= 0 and o.entity[target].slots > 0:
        return wants(o, target, item)
    return True


@kernel
def feeds_itself(o, row, item):
    """Whether an arm that holds an item brings it to its own fuel slot."""
    return o.items[item].fuel > 0 and fuel_slot(o, row) < 0


@kernel
def wanted(o, row, item):
    """Whether an arm takes an item: for its target, or for its own empty fuel slot."""
    return feeds_itself(o, row, item) or target_wants(o, row, item)


# -- picking ---------------------------------------------------------------------------------------
@kernel
def source_row(o, row):
    """The entity at the pick-up point, or -1."""
    index = int(o.arm[o.entity[row].arm - 1].source) - 1
    return int(o.tile[index].entity) - 1 if index >= 0 else -1


@kernel
def near_lane(o, row, belt_row):
    """The lane nearer to the arm; lane 1 for turns and belts that run along it."""
    e, b = o.entity[row], o.entity[belt_row]
    if o.belt[b.belt - 1].bend != STRAIGHT:
        return 0
    left_of_travel = (int(b.direction) + 12) % 16
    right_of_travel = (int(b.direction) + 4) % 16
    towards_arm = (int(e.direction) + 8) % 16
    if right_of_travel == towards_arm:
        return 1
    if left_of_travel == towards_arm:
        return 0
    return 0


@kernel
def find_chased(o, belt, lane, at):
    """Index of the item that was at a place of the line in the last tick, or -1."""
    line, first, last, _ = lane_window(o, belt, lane)
    index = first_beyond(o, line, at) - 1
    if index < first or index >= last:
        return -1
    if place(o, line, index) < at - o.line[line].speed:
        return -1
    return index


@kernel
def choose_item(o, row, belt_row):
    """The item to chase: (lane, index), index -1 = none. The furthest upstream that is wanted."""
    belt = int(o.entity[belt_row].belt) - 1
    lane = near_lane(o, row, belt_row)
    for _ in range(2):
        _line, first, last, _start = lane_window(o, belt, lane)
        for index in range(last - 1, first - 1, -1):
            if wanted(o, row, int(o.lane_item[index].item_id)):
                return lane, index
        lane = 1 - lane
    return lane, -1


@kernel
def aim_at_item(w, row, belt_row, lane, index):
    """Make an item on the belt the goal."""
    e = w.entity[row]
    a = w.arm[e.arm - 1]
    b = w.entity[belt_row]
    belt = w.belt[b.belt - 1]
    line = int(belt.line[lane]) - 1
    at = place(w, line, index)
    a.chase, a.chase_at = lane + 1, at
    dx, dy = item_offset(int(b.direction), int(belt.bend), lane, at - int(belt.start[lane]))
    x, y = b.x + dx - e.x, b.y + dy - e.y
    set_goal(a, angle_of(x, y), length_of(x, y))


@kernel
def over_source(o, row):
    """Whether the hand is over the pick-up tile (own frame: x within 128, 128 to 384 ahead)."""
    e = o.entity[row]
    a = o.arm[e.arm - 1]
    x, y = point_at(a.angle - pick_angle(e), a.length)
    return -128 <= x <= 128 and -384 <= y <= -128


@kernel
def wait_for_source(w, row, waits):
    """Note whether an empty hand hangs over the pick-up point with nothing to take."""
    e = w.entity[row]
    w.arm[e.arm - 1].idle = waits
    e.status = STATUS_WAITING_SOURCE if waits else STATUS_WORKING


@kernel
def seek_on_belt(w, row, belt_row):
    """One tick of an empty hand over a belt; True when something was taken."""
    e = w.entity[row]
    a = w.arm[e.arm - 1]
    belt = int(w.entity[belt_row].belt) - 1
    lane, index = int(a.chase) - 1, -1
    if lane >= 0:
        index = find_chased(w, belt, lane, int(a.chase_at))
        if index >= 0 and not wanted(w, row, int(w.lane_item[index].item_id)):
            index = -1
        if index < 0:
            a.chase = 0
            if over_source(w, row):
                e.status = STATUS_WORKING
                return False
    if index < 0:
        lane, index = choose_item(w, row, belt_row)
    if index < 0:
        set_goal(a, pick_angle(e), w.kinds[e.proto].pick_length)
        wait_for_source(w, row, move_arm(w, row))
        return False
    aim_at_item(w, row, belt_row, lane, index)
    e.status = STATUS_WORKING
    if move_arm(w, row):
        line = int(w.belt[belt].line[lane]) - 1
        e.held = take_out(w, line, index)
        a.chase = 0
        return True
    return False


@kernel
def pile_to_pick(o, row):
    """The pile on the pick-up tile that comes first and is wanted, or -1.

    Furthest along the arm first, then northmost, then westmost.
    """
    e = o.entity[row]
    index = int(o.arm[e.arm - 1].source) - 1
    best, best_far, best_x, best_y = -1, 0, 0, 0
    at = int(o.tile[index].pile) - 1 if index >= 0 else -1
    dx, dy = ahead_of(int(e.direction), 1)
    while at >= 0:
        p = o.pile[at]
        far = (p.x - e.x) * dx + (p.y - e.y) * dy
        before = best < 0 or far > best_far
        if not before and far == best_far:
            before = p.y < best_y or (p.y == best_y and p.x < best_x)
        if before and wanted(o, row, int(p.item_id)):
            best, best_far, best_x, best_y = at, far, p.x, p.y
        at = int(p.next) - 1
    return best


@kernel
def seek_on_ground(w, row):
    """One tick of an empty hand over bare ground; True when something was taken."""
    e = w.entity[row]
    a = w.arm[e.arm - 1]
    pile = pile_to_pick(w, row)
    set_goal(a, pick_angle(e), w.kinds[e.proto].pick_length)
    arrived = move_arm(w, row)
    wait_for_source(w, row, arrived and pile < 0)
    if not arrived or pile < 0:
        return False
    p = w.pile[pile]
    e.held = p.item_id
    p.count -= 1
    if p.count == 0:
        remove_pile(w, pile)
    return True


@kernel
def slot_to_pick(o, row, source):
    """Slot of the source that the arm takes from, or -1: of a chest the last with a wanted item."""
    s = o.entity[source]
    first, last = int(s.slot), int(s.slot) + int(s.slots)
    if s.kind != KIND_CHEST:
        first += int(s.fuel_slots) + int(s.source_slots)
    for index in range(last - 1, first - 1, -1):
        item = int(o.slot[index].item_id)
        if item != 0 and wanted(o, row, item):
            return index
    return -1


@kernel
def seek_inside(w, row, source):
    """One tick of an empty hand over a chest or a machine; True when something was taken."""
    e = w.entity[row]
    a = w.arm[e.arm - 1]
    set_goal(a, pick_angle(e), w.kinds[e.proto].pick_length)
    index = slot_to_pick(w, row, source)
    arrived = move_arm(w, row)
    wait_for_source(w, row, arrived and index < 0)
    if not arrived or index < 0:
        return False
    s = w.slot[index]
    e.held = s.item_id
    s.count -= 1
    if s.count == 0:
        s.item_id = 0
    changed_contents(w, source)
    return True


# -- dropping --------------------------------------------------------------------------------------
@kernel
def drop_it(w, row):
    """Let go of what the arm holds over its target; True when that was possible."""
    e = w.entity[row]
    a = w.arm[e.arm - 1]
    item = int(e.held)
    index = int(a.target) - 1
    if index < 0:
        return False
    target = int(w.tile[index].entity) - 1
    if target >= 0 and w.entity[target].kind == KIND_BELT:
        x, y = drop_spot(w, row)
        lane, position = drop_lane(w, target, x, y)
        if not put_on_lane(w, int(w.entity[target].belt) - 1, lane, position, item):
            return False
    elif target >= 0 and w.entity[target].slots > 0:
        base, slots, limit = slot_run(w, target, item, 0)
        if slots == 0 or put(w, base, slots, item, 1, limit) == 0:
            return False
        changed_contents(w, target)
    else:
        x, y = drop_spot(w, row)
        if not pile_fits(w, x, y):
            return False
        add_pile(w, x, y, item, 1)
    e.held = 0
    return True


@kernel
def aim_with_load(w, row):
    """Where a hand that holds something goes: True = to its own fuel slot, which is empty."""
    e = w.entity[row]
    a = w.arm[e.arm - 1]
    if feeds_itself(w, row, int(e.held)):
        # Right and behind for arms that pick in the north and east, mirrored for the others.
        side = SELF_ANGLE if e.direction < 8 else -SELF_ANGLE
        set_goal(a, (pick_angle(e) + side) % TURN, SELF_LENGTH)
        return True
    set_goal(a, (pick_angle(e) + TURN // 2) % TURN, w.kinds[e.proto].drop_length)
    return False


@kernel
def carry(w, row):
    """One tick of a hand that holds something."""
    e = w.entity[row]
    a = w.arm[e.arm - 1]
    e.status = STATUS_WORKING
    if aim_with_load(w, row):
        if move_arm(w, row):
            put(w, int(e.slot), int(e.fuel_slots), int(e.held), 1, FUEL_LIMIT)
            e.held = 0
            changed_fuel(w, row)
        return
    if move_arm(w, row) and not drop_it(w, row):
        e.status = STATUS_WAITING_SPACE
        a.idle = 1


# -- one tick --------------------------------------------------------------------------------------
@linked("iWi")
def run_arm(w, row):
    """One tick of an arm."""
    e = w.entity[row]
    a = w.arm[e.arm - 1]
    a.idle, a.asleep, a.starved = 0, 0, 0
    if e.held:
        carry(w, row)
    else:
        source = source_row(w, row)
        if source >= 0 and w.entity[source].kind == KIND_BELT:
            seek_on_belt(w, row, source)
        elif source >= 0 and w.entity[source].slots > 0:
            seek_inside(w, row, source)
        else:
            seek_on_ground(w, row)
    if a.idle and falls_asleep(w, row):
        if not e.held and target_is_full(w, row):
            e.status = STATUS_WAITING_SPACE
        return 0
    if refill(w, row):
        changed_fuel(w, row)
    if a.starved and e.energy == 0:
        e.status = STATUS_NO_FUEL
    elif not e.held and target_is_full(w, row):
        e.status = STATUS_WAITING_SPACE
    return 0


@kernel
def target_is_full(o, row):
    """Whether the place that the arm drops into takes nothing at all now; an empty hand shows it.

    A chest without room for anything, a furnace with all that arms bring it.
    """
    index = int(o.arm[o.entity[row].arm - 1].target) - 1
    target = int(o.tile[index].entity) - 1 if index >= 0 else -1
    if target < 0 or o.entity[target].slots == 0:
        return False
    e = o.entity[target]
    if e.kind == KIND_CHEST:
        for at in range(e.slot, e.slot + e.slots):
            s = o.slot[at]
            if s.item_id == 0 or s.count < o.items[s.item_id].stack:
                return False
        return True
    if e.kind != KIND_FURNACE:
        return False
    for at in range(e.slot, e.slot + e.fuel_slots):
        if o.slot[at].count < FUEL_LIMIT:
            return False
    for at in range(e.slot + e.fuel_slots, e.slot + e.fuel_slots + e.source_slots):
        s = o.slot[at]
        if s.item_id == 0 or s.count < recipe_limit(o, target, int(s.item_id)):
            return False
    return True


@kernel
def falls_asleep(w, row):
    """Whether an arm that waits sleeps; what it waits at decides (mechanics 6.7)."""
    h = w.header[0]
    e = w.entity[row]
    a = w.arm[e.arm - 1]
    at = a.target if e.held else a.source
    index = int(at) - 1
    other = int(w.tile[index].entity) - 1 if index >= 0 else -1
    if other < 0:
        return False
    if w.entity[other].kind == KIND_BELT:
        if e.held:
            a.asleep = 0 if w.line[line_to_drop(w, row, other)].awake else 2
            return a.asleep == 2
        b = w.belt[w.entity[other].belt - 1]
        for lane in range(2):
            s = w.line[b.line[lane] - 1]
            if s.last > s.first:
                return False
        a.asleep = 2
        return True
    if w.entity[other].slots == 0 or w.entity[other].kind == KIND_INSERTER:
        return False
    h.sleeps += 1
    a.slept = h.sleeps
    a.asleep = 1
    return True


# -- time ------------------------------------------------------------------------------------------
@kernel
def sync_arm(w, row, tick):
    """Bring an arm in mid-swing up to the end of a tick."""
    e = w.entity[row]
    if e.working and e.synced < tick:
        a = w.arm[e.arm - 1]
        k = w.kinds[e.proto]
        plain = tick - e.synced
        use = 0
        off = a.goal_length - a.length
        if off != 0:
            a.length += plain * k.extend if off > 0 else -plain * k.extend
            use += k.extend * k.extend_cost // TILE_LENGTH
        turn = way_round(a.angle, a.goal_angle)
        if turn != 0:
            by = plain * k.turn
            a.angle = (a.angle + (by if turn > 0 else -by)) % TURN
            use += k.turn * k.turn_cost // TURN
        e.burning -= plain * use
    e.synced = tick


@kernel
def plain_ticks(o, row):
    """How many ticks ahead an arm only swings on, all of its energy from what burns."""
    e = o.entity[row]
    a = o.arm[e.arm - 1]
    k = o.kinds[e.proto]
    if e.energy < k.buffer:
        return 0
    off = abs(a.goal_length - a.length)
    far = abs(way_round(a.angle, a.goal_angle))
    ticks = NEVER
    use = 0
    if off != 0:
        ticks = off // k.extend - 1
        use += k.extend * k.extend_cost // TILE_LENGTH
    if far != 0:
        ticks = min(ticks, far // k.turn - 1)
        use += k.turn * k.turn_cost // TURN
    if use == 0 or ticks <= 0:
        return 0
    return min(ticks, e.burning // use)


@kernel
def watches_belt(o, row):
    source = source_row(o, row)
    return source >= 0 and o.entity[source].kind == KIND_BELT


@kernel
def plan_arm(w, row, tick):
    """Plan the next visit of an arm that has just been run in `tick`."""
    h = w.header[0]
    e = w.entity[row]
    a = w.arm[e.arm - 1]
    e.working = 0
    if a.asleep == 1:
        return
    if a.asleep == 2:
        if e.held:
            wait_to_drop(w, row)
        else:
            wait_at_belt(w, row, tick)
        return
    if e.energy == 0 and not a.idle:
        return  # until it is given fuel
    ahead = 1
    if not h.every_tick:
        full = e.energy == w.kinds[e.proto].buffer or (e.burning == 0 and fuel_slot(w, row) < 0)
        on_belt = not e.held and watches_belt(w, row)
        if a.idle and full:
            if on_belt:
                wait_at_belt(w, row, tick)
                return
            if not e.held or wait_to_drop(w, row):
                return  # on the ground or before a full place: a change there wakes it
        elif not a.idle and not on_belt:
            if e.held:
                aim_with_load(w, row)  # the own slot may have become empty in this tick
            ahead = 1 + plain_ticks(w, row)
    if ahead > 1:
        e.working = 1
    schedule(w, row, tick + ahead)


@kernel
def visit_arm(w, row, tick):
    """Run an arm in `tick`; its visit is the one at the top of the queue."""
    lift(w, row)
    stop_waiting(w, row)
    for lane in range(2):
        stop_expecting(w, row, lane)
    sync_arm(w, row, tick - 1)
    run_arm(w, row)
    w.entity[row].synced = tick
    plan_arm(w, row, tick)


@kernel
def wait_to_drop(w, row):
    """Leave an arm that cannot drop until something changes; False: it tries each tick."""
    e = w.entity[row]
    index = int(w.arm[e.arm - 1].target) - 1
    target = int(w.tile[index].entity) - 1 if index >= 0 else -1
    if target >= 0 and w.entity[target].kind == KIND_BELT:
        line = line_to_drop(w, row, target)
        if w.line[line].awake:
            return False
        wait_for_line(w, row, line)
    return True


@kernel
def line_to_drop(o, row, belt_row):
    """The line that the arm drops on."""
    x, y = drop_spot(o, row)
    lane, _position = drop_lane(o, belt_row, x, y)
    return int(o.belt[o.entity[belt_row].belt - 1].line[lane]) - 1


@kernel
def wait_at_belt(w, row, tick):
    """Leave an arm that found nothing on a belt until something can be there."""
    e = w.entity[row]
    a = w.arm[e.arm - 1]
    b = w.belt[w.entity[source_row(w, row)].belt - 1]
    soonest = NEVER
    for lane in range(2):
        line = int(b.line[lane]) - 1
        edge = int(b.start[lane]) + lane_length(b.bend, lane)
        if a.asleep == 0 and w.line[line].awake:
            soonest = min(soonest, next_arrival(w, line, edge))
        wait_for_items(w, row, lane, line, edge)
    if soonest < NEVER:
        schedule(w, row, tick + soonest)
