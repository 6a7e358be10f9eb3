"""The World as tables: one structured dtype a concept, all worlds of a batch in one allocation.

A batch is one ``uint8[worlds, world_bytes]`` array. Each table is a strided view of it with shape
``[worlds, capacity]``; kernels see the tables of one world as 1-D arrays in a ``Tables`` tuple.
Tables grow between ticks (``grow``): rows keep their index, so handles stay valid.

Links between rows are stored as index + 1, so that zeroed memory means "none".
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

i4, i8, u1, u2 = np.int32, np.int64, np.uint8, np.uint16

SLOT_CLASSES = 8
ORDERS_PER_AGENT = 64  # commands of one COMPOUND
CRAFTS_PER_AGENT = 64  # entries of a hand-crafting queue

HEADER = np.dtype(
    [
        ("tick", i8),
        ("seed", i8),
        ("random", i8),  # state of the map's generator (rock yields)
        ("width", i8),  # tiles
        ("height", i8),
        ("left", i8),  # tile coordinate of the west edge: -(width // 2)
        ("top", i8),
        ("serial", i8),  # unit number of the newest entity
        ("pile_serial", i8),
        ("overhang", i8),  # tiles by which the largest box reaches over its footprint
        ("characters", i4),
        ("entities", i4),
        ("entity_top", i4),
        ("entity_free", i4),
        ("drills", i4),
        ("piles", i4),
        ("pile_top", i4),
        ("pile_free", i4),
        ("slot_top", i4),
        ("slot_free", i4, (SLOT_CLASSES,)),
        ("queue", i4),  # entries of the event queue
        ("hole", i4),  # its top entry is being visited (events.py); 0 between two visits
        ("every_tick", i4),  # tests: visit each machine each tick, no jumps
        ("native", i4),  # characters do what they are told tick by tick (an embedded server)
        ("now", i8),  # the tick that machines run next, or are running
        ("phase", i4),  # of the tick (constants.PHASE_...)
        ("visiting", i8),  # unit number of the machine that runs, or the arm's place in its order
        ("belts", i4),
        ("belt_top", i4),
        ("belt_free", i4),
        ("line_top", i4),
        ("line_free", i4),
        ("lane_top", i4),  # rows of lane_item that are given out
        ("marked", i4),  # scratch: belts whose lines are being made anew
        ("newest_line", i4),  # the line that was woken last + 1
        ("wakings", i8),  # of lines
        ("arms", i4),
        ("arm_top", i4),
        ("arm_free", i4),
        ("joins", i8),  # to the update list of the arms
        ("sleeps", i8),  # of arms
        ("unlocked", i4),  # every recipe is available
        ("teleport", i4),  # MOVE with method teleport is allowed
        ("changed", i8),  # grows when a tile, an entity or a resource changes (mask caches)
        ("bits", i8, (2,)),  # a task's own flags (scenario state)
    ],
    align=True,
)

TILE = np.dtype(
    [
        ("terrain", u1),
        ("resource", u2),  # prototype of the deposit here, 0 = none
        ("amount", i4),
        ("entity", i4),  # row + 1 of what stands here
        ("pile", i4),  # row + 1 of the newest ground item here
        ("waiter", i4),  # row + 1 of the first machine that waits for a change here
        ("watcher", i4),  # first arm that picks or drops here (waits.py)
    ],
    align=True,
)

# What an observation shows of a tile between two events (shade.py).
SHADE = np.dtype([("plane", u1, (8,))])
SHADE_WORDS = np.dtype([("word", i8)])  # the same bytes, for readers who copy them

ENTITY = np.dtype(
    [
        ("proto", u2),  # 0 = free row
        ("kind", u1),
        ("direction", u1),
        ("status", u1),
        ("tiles_w", u1),  # footprint after rotation
        ("tiles_h", u1),
        ("working", u1),  # plain ticks may be jumped over
        ("x", i8),
        ("y", i8),
        ("unit", i8),  # unit number: order of building
        ("generation", i4),
        ("owner", i4),  # agent that built it + 1, 0 = the map
        ("built", i8),  # tick in which it was built
        ("slot", i4),  # first slot
        ("slots", u1),
        ("fuel_slots", u1),  # slots: fuel first, then source, then result; a chest has them all
        ("source_slots", u1),
        ("result_slots", u1),
        ("energy", i8),  # in the buffer
        ("burning", i8),  # left of the fuel item that burns
        ("burning_item", u2),
        ("pending", u2),  # a drill's finished item
        ("recipe", u2),  # of the running craft (or the one that was set)
        ("cursor", u1),  # deposit tile that a drill takes from
        ("taken", u1),  # items taken from that tile in a row
        ("delivered", i8),  # unit number of the entity delivered to last
        ("progress", i8),
        ("need", i8),  # of the running craft; 0 = none
        ("exact", u1),  # the craft ends at progress >= need
        ("finished", i8),  # products finished
        ("giver", i4),  # agent that put something in last + 1
        ("given", i8),  # tick of that
        ("synced", i8),  # the lazy fields are true after this tick
        ("event", i8),  # tick of the next visit
        ("drop", i4),  # tile the product goes to, + 1
        ("waits_on", i4),  # tile whose change wakes it, + 1
        ("next_waiter", i4),
        ("waits_line", i4),  # line whose movement wakes it, + 1
        ("next_free", i4),
        ("belt", i4),  # row + 1 of its lanes
        ("arm", i4),  # row + 1 of its arm
        ("held", u2),  # item in an inserter's hand
        # what an observer reads, written by settle():
        ("hand_x", i4),  # where an inserter's hand is, 1/256 tile
        ("hand_y", i4),
        ("shown_progress", i4),  # round(256 * share)
        ("shown_energy", i4),  # J in the buffer, cut
        ("shown_burning", i8),  # J left of the burning item, cut
    ],
    align=True,
)

# The lanes of a belt; index 0 is lane 1 (left of travel), 1 is lane 2.
BELT = np.dtype(
    [
        ("entity", i4),  # row + 1, 0 = free row
        ("bend", u1),  # 0 straight, 1 turns left, 2 turns right
        ("joins", u1),  # what its end does (belt_links.py)
        ("next", i4),  # row + 1 of the belt that it runs into
        ("behind", i4),  # row + 1 of the belt whose lanes go on to its own
        ("line", i4, (2,)),  # row + 1
        ("start", i4, (2,)),  # distance of the downstream edge from the line's end
        ("mark", i4),  # scratch
        ("next_free", i4),
    ],
    align=True,
)

# Consecutive lanes with their items (lanes.py).
LINE = np.dtype(
    [
        ("length", i4),  # 1/256 tile, 0 = free row
        ("speed", i4),
        ("lane", u1),
        ("joins", u1),  # what its end does (belts.py)
        ("awake", u1),
        ("front", i4),  # belt at its end
        ("belts", i4),
        ("run", i4),  # first row of lane_item that is its own
        ("room", i4),  # rows
        ("first", i4),  # item at the front
        ("last", i4),  # behind the rearmost
        ("head", i4),  # frontmost item that moves
        ("shift", i8),  # what those that move are nearer than it is stored
        ("squeeze_from", i4),  # items before which there may be less than 64
        ("squeeze_to", i4),
        ("target", i4),  # line that the front runs into, + 1
        ("entry", i4),  # where on it
        ("feeder", i4),  # first line that runs into this one, + 1
        ("next_feeder", i4),
        ("waiter", i4),  # first machine that waits for something on it (waits.py)
        ("moved", i8),  # tick of its last turn
        ("woken", i8),
        ("older", i4),  # line woken before it, + 1
        ("newer", i4),
        ("next_moving", i4),  # scratch
        ("next_free", i4),
    ],
    align=True,
)

LANE_ITEM = np.dtype([("item_id", u2), ("place", i4)], align=True)

# The arm of an inserter (arms.py; units in angles.py).
ARM = np.dtype(
    [
        ("entity", i4),  # row + 1, 0 = free row
        ("idle", u1),  # over its goal with nothing to do
        ("starved", u1),  # got less energy than it wanted in its last tick
        ("asleep", u1),  # 1 at a chest or machine, 2 at an empty belt
        ("chase", u1),  # lane + 1 of the item that it is after
        ("chase_at", i4),  # place of that item on its line
        ("angle", i8),
        ("length", i8),
        ("goal_angle", i8),
        ("goal_length", i8),
        ("join", i8),  # place in the update list
        ("slept", i8),  # when it fell asleep
        ("source", i4),  # tile that it picks from, + 1
        ("target", i4),  # tile that it drops on, + 1
        ("next_watcher", i4, (2,)),  # of the source tile, of the target tile
        ("edge", i4, (2,)),  # upstream edge of the source belt on its lines
        ("waits_lane", i4, (2,)),  # line that it waits for an item on, + 1
        ("next_waiter", i4, (2,)),
        ("next_free", i4),
    ],
    align=True,
)

SLOT = np.dtype([("item_id", i4), ("count", i4)], align=True)

PILE = np.dtype(
    [
        ("item_id", u2),  # 0 = free row
        ("count", i4),
        ("x", i8),
        ("y", i8),
        ("unit", i8),
        ("next", i4),  # older pile on the same tile, or next free row
    ],
    align=True,
)

# The heap of planned visits; ``at`` is for the entity of the same row: its place in the heap + 1.
QUEUE = np.dtype([("tick", i8), ("key", i8), ("entity", i4), ("at", i4)], align=True)

CHARACTER = np.dtype(
    [
        ("active", u1),
        ("direction", u1),  # 16-way, as the game shows it
        ("walking", u1),  # moved in the last tick
        ("activity", u1),
        ("team", u1),
        ("facing", u1),  # of the agent's interface: 0, 2 .. 14
        ("message", u1),  # said in this step + 1, 0 = nothing
        ("slots", u1),  # of the main inventory
        ("x", i8),
        ("y", i8),
        ("slot", i4),
        ("hand", i4),  # item that the agent's interface holds, 0 = none
        # running activity
        ("verb", i4),
        ("walk_direction", i4),
        ("target_x", i8),
        ("target_y", i8),
        ("until", i8),  # tick after which it is done
        ("goal_count", i4),  # items to mine, 0 = no end
        ("done_count", i4),
        ("result", i4),  # code of the last command: ok, running or an error
        ("last_verb", i4),
        # hand mining
        ("mine_kind", u1),
        ("mining", u1),  # asked in the last tick, in reach
        ("mine_row", i4),  # entity or pile row + 1, or tile + 1
        ("mine_unit", i8),  # unit number of it, so that a successor is another target
        ("mine_progress", i8),  # 1/10,000 tick at speed 1
        ("mine_need", i8),
        ("mine_exact", u1),
        # hand crafting
        ("crafts", i4),  # entries in the queue
        ("craft_progress", i8),
        ("craft_need", i8),
        # compound
        ("orders", i4),  # commands of a COMPOUND that are left
        ("order_at", i4),  # the next of them
        ("area", i8, (4,)),  # of a MINE: x0 y0 x1 y1
        ("name", i4),  # of a MINE: prototype, or - item for ground items
        ("has_area", i4),
        ("chain", i4),  # number of the last crafting request
        # what the body does in the coming tick, and what came of it (tick.py)
        ("walk_on", u1),
        ("mine_on", u1),
        ("outcome", u1),
        ("from_x", i8),
        ("from_y", i8),
        # a way on which no tile can be in the way, while header.changed is way_stamp - 1
        ("way", i4, (4,)),  # x0 y0 x1 y1 of the points that a walk may come to
        ("way_stamp", i8),
    ],
    align=True,
)

# One row of a crafting queue: how often to make a recipe, and how much of its product the rows
# behind it have been promised (an intermediate); the rest goes to the inventory.
CRAFT = np.dtype([("recipe", i4), ("count", i4), ("chain", i4), ("promised", i4)], align=True)

# One command as kernels see it (fz_multi/commands.py has the names).
COMMAND = np.dtype(
    [
        ("verb", i4),
        ("name", i4),  # item, recipe, entity or technology id; 0 = none
        ("direction", i4),  # -1 = none
        ("count", i4),  # 0 = not given
        ("ticks", i4),  # -1 = not given
        ("inventory", i4),  # 0 = any
        ("method", i4),
        ("has_target", i4),
        ("has_area", i4),
        ("x", i8),
        ("y", i8),
        ("x2", i8),
        ("y2", i8),
    ],
    align=True,
)
RESULT = np.dtype([("code", i4), ("verb", i4), ("a", i8), ("b", i8), ("c", i8)], align=True)

# Counters of one item in one world. "made" is by machines, "crafted" and "mined" by hand.
STAT = np.dtype(
    [
        ("made", i8),
        ("drilled", i8),
        ("crafted", i8),
        ("mined", i8),
        ("consumed", i8),  # by machines, fuel included
        ("spent", i8),  # by hand crafting
        ("given", i8),  # put into the world by the map or by an edit
        ("removed", i8),  # taken out of the world by an edit
        ("inserted", i8),  # by hand into machines and chests
        ("taken", i8),  # by hand out of them
        ("built", i8),  # turned from an item into an entity
        ("unbuilt", i8),  # and back
    ],
    align=True,
)

# Counters of one agent.
AGENT = np.dtype(
    [
        ("commands", i8),
        ("refused", i8),
        ("conflicts", i8),  # lost races and collisions with a teammate
        ("mined", i8),
        ("crafted", i8),
        ("placed", i8),
        ("removed", i8),
        ("inserted", i8),
        ("taken", i8),
        ("picked", i8),
        ("dropped", i8),
        ("handed", i8),  # items taken that another agent had put there
        ("messages", i8),
        ("walked", i8),  # 1/256 tile
        ("idle", i8),  # ticks without activity or craft
        ("blocked", i8),  # ticks in which a walk made no way
    ],
    align=True,
)


class Tables(NamedTuple):
    """The tables of one world (1-D), or of a batch (2-D), and the prototype tables (always 1-D).

    All are ``np.recarray``; inside compiled code an `memory.OpenWorld` takes the tuple's place.
    """

    header: Any
    tile: Any
    shade: Any
    entity: Any
    slot: Any
    pile: Any
    queue: Any
    belt: Any
    line: Any
    lane_item: Any
    arm: Any
    character: Any
    craft: Any
    order: Any  # row a: the command of agent a; then the COMPOUND rows of each agent
    result: Any
    stat: Any
    agent: Any
    items: Any
    kinds: Any
    recipes: Any
    parts: Any
