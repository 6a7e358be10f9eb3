"""Drills and furnaces: one tick of each as the rules have it, and the jump over plain ticks.

A *plain* tick of a working machine changes nothing but its progress and the fuel that burns: the
buffer is full, the refill is covered by what burns, and the craft does not end. `plan` computes the
first tick that is not plain and the machine is not visited before; `sync` brings its fields up to
any tick in between. ``header.every_tick`` (tests) turns the jumps off.

Order (mechanics 1.5): machines run after characters, the last built first. Sources: mechanics 3.4
(drill), 4.1 and 4.2 (furnace), 4.5 (burner), all measured; 3.3 for the place of the product.
"""

from __future__ import annotations

from .belts import lane_accepts, put_on_lane
from .burner import has_energy, refill
from .constants import (
    FULL,
    KIND_BELT,
    KIND_CHEST,
    KIND_DRILL,
    KIND_FURNACE,
    STATUS_FULL_OUTPUT,
    STATUS_NO_FUEL,
    STATUS_NO_INGREDIENTS,
    STATUS_NO_MINABLE,
    STATUS_WAITING_SPACE,
    STATUS_WORKING,
)
from .entities import changed_contents, wake_footprint
from .events import lift, schedule, touch, unschedule
from .ground import add_pile, pile_fits
from .inventory import put, room_for
from .jit import kernel
from .lanes import drop_lane
from .shade import shade_tile
from .space import first_tile, tile_index
from .waits import stop_waiting, wait_for_line, wait_on

SOURCE_OVER_STACK = 4  # 54 ore in a furnace source, measured for ore (mechanics 2.10)
TILE_RUN = 10  # items that a drill takes from one tile in a row (mechanics 3.5, observed)


# -- time ------------------------------------------------------------------------------------------
@kernel
def sync(w, row, tick):
    """Bring a working machine's progress and fuel up to the end of a tick."""
    e = w.entity[row]
    if e.working and e.synced < tick:
        k = w.kinds[e.proto]
        plain = tick - e.synced
        e.progress += plain * k.speed * FULL
        e.burning -= plain * k.use
    e.synced = tick


@kernel
def plan(w, row, tick):
    """Plan the next visit of a machine that has just been run in `tick`."""
    e = w.entity[row]
    k = w.kinds[e.proto]
    e.working = 0
    if e.status != STATUS_WORKING:
        if e.pending != 0 and e.waits_on == 0 and e.waits_line == 0 and e.drop != 0:
            schedule(w, row, tick + 1)
        else:
            unschedule(w, row)
        return
    ahead = 1
    if not w.header[0].every_tick and e.pending == 0 and e.energy == k.buffer and e.need > 0:
        step = k.speed * FULL
        left = e.need - e.progress
        ahead = (left + step - 1) // step if e.exact else left // step + 1
        ahead = min(ahead, e.burning // k.use + 1)
    if ahead > 1:
        e.working = 1
    schedule(w, row, tick + ahead)


@kernel
def visit(w, row, tick):
    """Run a machine in `tick`; its visit is the one at the top of the queue."""
    lift(w, row)
    sync(w, row, tick - 1)
    kind = w.entity[row].kind
    if kind == KIND_DRILL:
        run_drill(w, row)
    elif kind == KIND_FURNACE:
        run_furnace(w, row)
    w.entity[row].synced = tick
    plan(w, row, tick)


@kernel
def burn(w, row):
    """Use one tick's energy; returns the progress that it gave (0 when there was none)."""
    e = w.entity[row]
    k = w.kinds[e.proto]
    if e.energy == 0:
        if refill(w, row):
            changed_fuel(w, row)
        e.status = STATUS_WORKING if e.energy > 0 else STATUS_NO_FUEL
        return 0
    used = min(e.energy, k.use)
    e.energy -= used
    share = FULL if used == k.use else used * FULL // k.use
    e.status = STATUS_WORKING
    return k.speed * share


@kernel
def top_up(w, row, gain):
    """Fill the buffer after a tick of work; one that got less than it wanted has run dry."""
    e = w.entity[row]
    if refill(w, row):
        changed_fuel(w, row)
    if e.energy == 0 and gain < w.kinds[e.proto].speed * FULL:
        e.status = STATUS_NO_FUEL


@kernel
def changed_fuel(w, row):
    """A fuel item has been loaded: whoever waits to put one in looks again."""
    wake_footprint(w, row)


# -- putting things into entities (drills here; by hand in act.py) ---------------------------------
@kernel
def source_limit(o, item):
    return int(o.items[item].stack) + SOURCE_OVER_STACK


@kernel
def slot_run(o, row, item, inventory):
    """Where an item goes in an entity: (first slot, slots, limit to a slot); slots 0 = refused.

    ``inventory``: 0 any, 1 fuel, 2 source, 3 result, 4 chest.
    """
    e = o.entity[row]
    stack = int(o.items[item].stack)
    base = int(e.slot)
    if e.kind == KIND_CHEST:
        if inventory == 0 or inventory == 4:
            return base, int(e.slots), stack
        return 0, 0, 0
    if e.fuel_slots and o.items[item].fuel > 0 and (inventory == 0 or inventory == 1):
        return base, int(e.fuel_slots), stack
    if e.source_slots and (inventory == 0 or inventory == 2) and e.kind == KIND_FURNACE:
        recipe = o.items[item].smelts
        if recipe and (o.recipes[recipe].enabled or o.header[0].unlocked):
            return base + int(e.fuel_slots), int(e.source_slots), source_limit(o, item)
    return 0, 0, 0


# -- the drill -------------------------------------------------------------------------------------
@kernel
def ore_under(o, row, tile_number):
    """Row of one of the four tiles under a burner drill, in the order in which they are taken.

    Order relative to the centre corner: (0,-1), (-1,0), (0,0), (-1,-1) (mechanics 3.5, observed).
    """
    e = o.entity[row]
    left, top = first_tile(2, e.x), first_tile(2, e.y)
    dx = 1 if tile_number == 0 or tile_number == 2 else 0
    dy = 1 if tile_number == 1 or tile_number == 2 else 0
    return tile_index(o.header, left + dx, top + dy)


@kernel
def choose_ore(w, row):
    """Tile that the drill takes its next item from, or -1 when all are empty."""
    e = w.entity[row]
    for turn in range(4):
        number = (int(e.cursor) + turn) % 4
        index = ore_under(w, row, number)
        tile = w.tile[index]
        if tile.resource != 0 and tile.amount > 0:
            if turn != 0:
                e.cursor = number
                e.taken = 0
            return index
    return -1


@kernel
def take_ore(w, index):
    """Take one item out of a deposit; returns the item."""
    tile = w.tile[index]
    item = w.kinds[tile.resource].item_id
    tile.amount -= 1
    if tile.amount == 0:
        tile.resource = 0
        row = int(tile.entity) - 1
        if row >= 0 and w.entity[row].kind == KIND_DRILL:
            touch(w, row)  # it counts on this tile and may be jumping over its ticks
    shade_tile(w, index)
    w.header[0].changed += 1
    return item


@kernel
def drop_point(o, row):
    e = o.entity[row]
    k = o.kinds[e.proto]
    side = int(e.direction) >> 2
    return e.x + k.drop[side, 0], e.y + k.drop[side, 1]


@kernel
def drop_room(w, row, item):
    """Whether a drill's drop point takes an item now."""
    e = w.entity[row]
    index = int(e.drop) - 1
    if index < 0:
        return False
    target = int(w.tile[index].entity) - 1
    if target >= 0 and w.entity[target].slots > 0:
        base, slots, limit = slot_run(w, target, item, 0)
        return slots > 0 and room_for(w, base, slots, item, limit) > 0
    x, y = drop_point(w, row)
    if target >= 0 and w.entity[target].kind == KIND_BELT:
        lane, position = drop_lane(w, target, x, y)
        return lane_accepts(w, int(w.entity[target].belt) - 1, lane, position)
    return pile_fits(w, x, y)


@kernel
def deliver(w, row):
    """Hand a drill's finished item over; False when there is no room."""
    e = w.entity[row]
    item = int(e.pending)
    if not drop_room(w, row, item):
        return False
    target = int(w.tile[int(e.drop) - 1].entity) - 1
    if target >= 0 and w.entity[target].slots > 0:
        base, slots, limit = slot_run(w, target, item, 0)
        put(w, base, slots, item, 1, limit)
        e.delivered = w.entity[target].unit
        changed_contents(w, target)
    else:
        x, y = drop_point(w, row)
        if target >= 0 and w.entity[target].kind == KIND_BELT:
            lane, position = drop_lane(w, target, x, y)
            put_on_lane(w, int(w.entity[target].belt) - 1, lane, position, item)
        else:
            add_pile(w, x, y, item, 1)
        e.delivered = 0
    e.pending = 0
    return True


@kernel
def wait_for_room(w, row):
    """Leave a drill that cannot hand over until something changes at its drop point.

    A line that moves is asked each tick, as the game does.
    """
    e = w.entity[row]
    index = int(e.drop) - 1
    target = int(w.tile[index].entity) - 1
    if target < 0 or w.entity[target].kind != KIND_BELT:
        wait_on(w, row, index)
        return
    x, y = drop_point(w, row)
    lane, _position = drop_lane(w, target, x, y)
    line = int(w.belt[w.entity[target].belt - 1].line[lane]) - 1
    if w.line[line].awake:
        stop_waiting(w, row)
    else:
        wait_for_line(w, row, line)


@kernel
def run_drill(w, row):
    e = w.entity[row]
    if e.pending:
        if not deliver(w, row):
            e.status = STATUS_WAITING_SPACE
            if e.drop:
                wait_for_room(w, row)
            return
        stop_waiting(w, row)
    index = choose_ore(w, row)
    if index < 0:
        e.status = STATUS_NO_MINABLE if has_energy(w, row) else STATUS_NO_FUEL
        e.progress, e.need = 0, 0
        return
    e.need = w.kinds[w.tile[index].resource].mine_time * FULL
    gain = burn(w, row)
    if gain == 0:
        return
    e.progress += gain
    if e.progress > e.need:
        e.progress -= e.need
        e.pending = take_ore(w, index)
        e.taken += 1
        w.stat[e.pending].drilled += 1
        if e.taken >= TILE_RUN:
            e.taken = 0
            e.cursor = (int(e.cursor) + 1) % 4
        target = int(w.tile[int(e.drop) - 1].entity) if e.drop else 0
        if target and w.entity[target - 1].slots > 0 and e.delivered != w.entity[target - 1].unit:
            e.status = STATUS_WAITING_SPACE  # shown for the tick before the first delivery
    top_up(w, row, gain)


# -- the furnace -----------------------------------------------------------------------------------
@kernel
def furnace_recipe(o, row):
    """Recipe that the source slot allows now, or 0."""
    e = o.entity[row]
    s = o.slot[int(e.slot) + int(e.fuel_slots)]
    if s.item_id == 0:
        return 0
    recipe = int(o.items[s.item_id].smelts)
    if recipe == 0:
        return 0
    part = o.parts[o.recipes[recipe].part]
    if s.count < part.amount:
        return 0
    return recipe


@kernel
def start_furnace(w, row):
    """Start a craft if source, result slot and energy allow; sets the status. True when started."""
    e = w.entity[row]
    recipe = furnace_recipe(w, row)
    if recipe == 0:
        e.status = STATUS_NO_INGREDIENTS if has_energy(w, row) else STATUS_NO_FUEL
        return False
    r = w.recipes[recipe]
    source = int(e.slot) + int(e.fuel_slots)
    result = source + int(e.source_slots)
    room = room_for(w, result, int(e.result_slots), r.product, int(w.items[r.product].stack))
    if room < r.amount:
        e.status = STATUS_FULL_OUTPUT
        return False
    if e.energy == 0:
        if refill(w, row):
            changed_fuel(w, row)
        e.status = STATUS_WORKING if e.energy > 0 else STATUS_NO_FUEL
        return False
    part = w.parts[r.part]
    s = w.slot[source]
    s.count -= part.amount
    if s.count == 0:
        s.item_id = 0
    w.stat[part.item_id].consumed += part.amount
    e.recipe = recipe
    e.need = r.time * FULL
    e.exact = (int(r.exact) >> int(w.kinds[e.proto].speed_index)) & 1
    e.status = STATUS_WORKING
    wake_footprint(w, row)
    return True


@kernel
def run_furnace(w, row):
    e = w.entity[row]
    if e.need == 0:
        e.progress = 0
        if not start_furnace(w, row):
            return
    gain = burn(w, row)
    if gain == 0:
        return
    e.progress += gain
    if e.progress > e.need or (e.exact and e.progress == e.need):
        e.progress -= e.need
        e.need = 0
        r = w.recipes[e.recipe]
        source = int(e.slot) + int(e.fuel_slots)
        result = source + int(e.source_slots)
        put(w, result, int(e.result_slots), r.product, r.amount, int(w.items[r.product].stack))
        w.stat[r.product].made += r.amount
        e.finished += 1
        wake_footprint(w, row)
        if not start_furnace(w, row):
            e.progress = 0  # the surplus is lost and the buffer is not topped up
            return
    top_up(w, row, gain)
