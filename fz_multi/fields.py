"""The layout of observations and actions as data: each index has a name, a range and a meaning.

`spaces.py` sizes the arrays by it, the kernels in `planes.py` and `observation.py` write in this
order, and `docs/spaces.md` is made from it (tools/write_spaces_doc.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from . import actions, aiming, observation, planes
from .engine.constants import DIRECTION_NAMES, MAX_AGENTS, STATUS_NAMES
from .engine.groups import DEPOSIT_GROUPS, ENTITY_GROUPS, ITEM_GROUPS, Group

DIRECTIONS = tuple(DIRECTION_NAMES.values())
ACTIVITIES = ("idle", "walking", "mining", "waiting", "crafting")
MAX_GOALS = observation.GOAL_NUMBERS
SYMBOLS = 8  # messages of a task with a channel


class Plane(NamedTuple):
    """One plane of the grid: its name, its meaning, and its values as (value, meaning)."""

    name: str
    doc: str
    values: tuple[tuple[int, str], ...] = ()


def _groups(groups: Sequence[Group], step: int) -> tuple[tuple[int, str], ...]:
    return tuple((step * place, group.label) for place, group in enumerate(groups, start=1))


def _direction_values() -> tuple[tuple[int, str], ...]:
    return tuple((planes.DIRECTION_STEP * (k + 1), name) for k, name in DIRECTION_NAMES.items())


def _agent_values() -> tuple[tuple[int, str], ...]:
    return tuple(
        (planes.AGENT_STEP * (1 + 8 * relation + k), f"{who}, facing {name}")
        for relation, who in enumerate(("self", "teammate", "of another team"))
        for k, name in enumerate(DIRECTIONS)
    )


def count_values(octave: int) -> tuple[tuple[int, str], ...]:
    """Some values of a logarithmic scale (``planes.level``), for the docs."""
    level = getattr(planes.level, "py_func", planes.level)
    counts = (1, 2, 3, 5, 10, 50, 100, 200, 500, 1000, 5000, 100_000, 1_000_000)
    pairs = [(level(count, octave), f"for {count:,}") for count in counts]
    return (*(pair for pair in pairs if pair[0] < planes.TOP), (planes.TOP, "for more"))


PLANES = (
    Plane(
        "terrain",
        "the ground",
        tuple((planes.TERRAIN_STEP * k, n) for k, n in enumerate(("land", "water", "outside"))),
    ),
    Plane("deposit", "kind of deposit", _groups(DEPOSIT_GROUPS, planes.DEPOSIT_STEP)),
    Plane(
        "amount",
        "amount of the deposit, logarithmic",
        count_values(planes.AMOUNT_OCTAVE),
    ),
    Plane("entity", "kind of what stands here", _groups(ENTITY_GROUPS, planes.GROUP_STEP)),
    Plane("direction", "direction of what can be turned", _direction_values()),
    Plane(
        "status",
        "status of the entity, as the game names it",
        tuple((planes.STATUS_STEP * k, name) for k, name in enumerate(STATUS_NAMES) if name),
    ),
    Plane("progress", "progress of the running craft or of mining: 254 is all of it"),
    Plane("fuel", "items in fuel slots, logarithmic", count_values(planes.COUNT_OCTAVE)),
    Plane("source", "items in source slots; scale as for fuel"),
    Plane("result", "items in result slots or in the chest; scale as for fuel"),
    Plane(
        "content",
        "kind of the first item held: of result or chest, else of source, else of fuel",
        _groups(ITEM_GROUPS, planes.GROUP_STEP),
    ),
    Plane("lane_1", "lane 1 of a belt: 8 x group of the frontmost item + number of items, up to 7"),
    Plane("lane_2", "lane 2 of a belt, the same"),
    Plane("ground", "kind of the newest item on the ground; values as for content"),
    Plane("agents", "who stands here and faces where", _agent_values()),
    Plane(
        "goal",
        "areas that the task shows, in the order of its map",
        tuple((planes.MARK_STEP * k, f"area {k}") for k in range(1, 7)),
    ),
)
assert len(PLANES) == planes.PLANES


class Field(NamedTuple):
    """Some consecutive numbers of a vector: name, how many, lowest value, meaning, index names."""

    name: str
    size: int
    low: float  # the highest is 1
    doc: str
    indices: tuple[str, ...] = ()


def self_fields(palette: Sequence[str], symbols: int) -> tuple[Field, ...]:
    """The numbers about the agent itself."""
    fields = [
        Field(
            "tile_offset", 2, -1, "x, y of the centre on its tile; -1 west/north edge, 1 east/south"
        ),
        Field("map_position", 2, -1, "x, y on the map; -1 west/north edge, 1 east/south edge"),
        Field("facing", 8, 0, "one-hot", DIRECTIONS),
        Field("hand", 1 + len(palette), 0, "one-hot: item in hand", ("none or other", *palette)),
        Field(
            "inventory",
            len(palette),
            0,
            "number in the inventory: 24/254 more each time count + 1 doubles, capped at 1",
            tuple(palette),
        ),
        Field("free_slots", 1, 0, "share of empty inventory slots"),
        Field("crafting_queue", 1, 0, "entries of the hand-crafting queue / 16, capped at 1"),
        Field("crafting_progress", 1, 0, "share of the running hand craft"),
        Field("mining_progress", 1, 0, "share of the running hand mining"),
        Field("activity", len(ACTIVITIES), 0, "one-hot", ACTIVITIES),
        Field("result", 3, 0, "one-hot: the last command", ("ok", "running", "refused")),
        Field("result_code", 1, 0, "its code (place in `commands.CODES`) / the last code"),
    ]
    if symbols:
        fields.append(Field("said", 1, 0, "own message of the last step: (symbol + 1) / symbols"))
    return tuple(fields)


def team_fields(symbols: int) -> tuple[Field, ...]:
    """The numbers about the nearest teammates, nearest first; zeros where there is none."""
    fields = []
    for k in range(observation.TEAMMATES):
        mate = f"mate_{k}"
        fields += [
            Field(f"{mate}_present", 1, 0, "1 when there is one"),
            Field(f"{mate}_offset", 2, -1, "x, y from the agent; 1 = 32 tiles or more"),
            Field(f"{mate}_facing", 2, -1, "x, y of the unit vector"),
            Field(f"{mate}_hand", 1, 0, "item in hand: (place in the palette + 1) / palette size"),
            Field(f"{mate}_activity", 1, 0, f"place in {', '.join(ACTIVITIES)}; / 4"),
        ]
        if symbols:
            fields.append(
                Field(f"{mate}_said", symbols, 0, "one-hot: its message of the last step")
            )
    fields.append(Field("team_size", 1, 0, f"agents of the team, itself too, / {MAX_AGENTS}"))
    return tuple(fields)


def goal_fields(goal_names: Sequence[str]) -> tuple[Field, ...]:
    """The numbers about the task."""
    names = (*goal_names, *["unused"] * (MAX_GOALS - len(goal_names)))
    return (
        *(Field(f"goal_{k}", 1, -1, name) for k, name in enumerate(names)),
        Field("time_left", 1, 0, "share of the time limit that is left"),
        Field("final_window", 1, 0, "1 while only wait is legal"),
    )


def state_fields(palette: Sequence[str], goal_names: Sequence[str]) -> tuple[Field, ...]:
    """The numbers of `state()`."""
    fields = []
    for k in range(MAX_AGENTS):
        agent = f"agent_{k}"
        fields += [
            Field(f"{agent}_present", 1, 0, "1 when there is such an agent and it is active"),
            Field(f"{agent}_map_position", 2, -1, "x, y on the map"),
            Field(f"{agent}_facing", 2, -1, "x, y of the unit vector"),
            Field(f"{agent}_hand", 1, 0, "(place in the palette + 1) / palette size"),
            Field(f"{agent}_said", 1, 0, "(symbol + 1) / symbols"),
            Field(f"{agent}_team", 1, 0, f"number of its team / {MAX_AGENTS}"),
            Field(f"{agent}_activity", len(ACTIVITIES), 0, "one-hot", ACTIVITIES),
            Field(f"{agent}_inventory", len(palette), 0, "as in self", tuple(palette)),
        ]
    cells = planes.POOL_SIDE * planes.POOL_SIDE
    fields += goal_fields(goal_names)
    fields.append(Field("map", cells * planes.POOL_PLANES, 0, "[y, x, plane], 8 x 8 cells", POOLED))
    return tuple(fields)


# The numbers of one cell of the pooled map (share = share of its tiles).
POOLED = (
    "share that is not land",
    *(f"share with {group.label}" for group in DEPOSIT_GROUPS[: planes.DEPOSITS]),
    "amount of deposits, scale of the plane `amount`",
    "share with an entity",
    "share with a drill or furnace",
    "share with a drill or furnace that works",
    "items in results and chests, scale of the plane `fuel`",
    "share with an item on the ground",
    "share with a mark of the task",
)
assert len(POOLED) == planes.POOL_PLANES


def slices(fields: Sequence[Field]) -> dict[str, slice]:
    """Where each field lies in its vector."""
    places, at = {}, 0
    for field in fields:
        places[field.name] = slice(at, at + field.size)
        at += field.size
    return places


def size(fields: Sequence[Field]) -> int:
    """Numbers in all."""
    return sum(field.size for field in fields)


class Action(NamedTuple):
    """One discrete action."""

    name: str
    doc: str


def action_list(
    palette: Sequence[str], hand: Sequence[str], machine: Sequence[str], symbols: int
) -> tuple[Action, ...]:
    """The discrete actions of a task, in order."""
    entries = [Action("wait", "nothing new; a running walk, mine or craft goes on")]
    entries += [
        Action(f"move {name}", "face that way and walk one tile; only turn when that is closed")
        for name in DIRECTIONS
    ]
    entries += [
        Action("interact", "mine or pick up what the facing tile holds"),
        Action("place", "build the item in hand on the facing tile, turned to the facing"),
        Action("rotate", "turn what stands on the facing tile by 90 degrees clockwise"),
        Action("take", "take from what stands on the facing tile: results or a chest's stack"),
        Action("insert", f"put the item in hand into it, at most {aiming.HANDFUL}"),
        Action("insert_one", "put one of the item in hand into it"),
    ]
    assert len(entries) == actions.HOLD
    entries += [
        Action(f"hold {name}", "take that item of the inventory in hand") for name in palette
    ]
    entries += [Action(f"craft {name}", "queue that recipe once by hand") for name in hand]
    entries += [Action(f"recipe {name}", "set it on the machine ahead") for name in machine]
    entries += [Action(f"say {k}", "say that symbol to the team") for k in range(symbols)]
    return tuple(entries)


INTERACTIONS = (
    "none",
    "mine",
    "place",
    "rotate",
    "take",
    "insert",
    "insert_one",
    "pick_up",
    "craft",
    "recipe",
    "say",
)
assert len(INTERACTIONS) == actions.INTERACTIONS


def head_list(
    palette: Sequence[str], hand: Sequence[str], machine: Sequence[str], symbols: int
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The heads of the multidiscrete form: (name, names of the choices)."""
    half = actions.SIDE // 2
    targets = tuple(
        f"{k % actions.SIDE - half:+d}, {k // actions.SIDE - half:+d}"
        for k in range(actions.TARGETS)
    )
    items = (
        "none",
        *palette,
        *(f"craft {name}" for name in hand),
        *(f"recipe {name}" for name in machine),
        *(f"say {k}" for k in range(symbols)),
    )
    return (
        ("movement", ("none", *DIRECTIONS)),
        ("interaction", INTERACTIONS),
        ("target", targets),
        ("item", items),
    )
