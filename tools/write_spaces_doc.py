"""Write docs/spaces.md from the layout objects, so that it never says anything else than the code.

python tools/write_spaces_doc.py           # write it
python tools/write_spaces_doc.py --check   # exit with 1 when it differs
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path

from fz_multi import fields, observation, planes
from fz_multi.commands import CODES
from fz_multi.prototypes import load
from fz_multi.registration import BUILT_IN
from fz_multi.spaces import LAYOUTS, WINDOWS, Interface
from fz_multi.task import get_task

# The texts below are pages, wrapped where they are read.
# ruff: noqa: E501

PLACE = Path(__file__).resolve().parent.parent / "docs" / "spaces.md"

HEAD = """# Spaces: every index of what an agent sees and can do

Made by `tools/write_spaces_doc.py` from `fz_multi/fields.py` and `fz_multi/spaces.py`; a test fails
when the two differ. Do not edit.

- [Forms](#forms)
- [Actions](#actions): [discrete](#discrete), [multidiscrete](#multidiscrete)
- [Observation](#observation): [planes](#planes), [self](#self), [team](#team), [goal](#goal)
- [State](#state)
- [Tasks](#tasks): the numbers of each task
"""

FORMS = """## Forms

| `observation=` | space | mask |
|---|---|---|
| `"flat"` (default) | `Box(float32)`: the planes / 254, then self, team, goal | `mask_in="info"` (default) or `"none"` |
| `"masked"` | `{{"observation": flat, "action_mask"}}` | in the observation |
| `"grid"` | `{{"grid", "self", "team", "goal"}}` | `mask_in="info"`, `"obs"` (adds `"action_mask"`) or `"none"` |

The grid is `Box(0, 254, uint8)`, or `float32` in 0..1 (value / 254) with `grid_dtype="float32"`, as
`layout={layouts}`: [y, x, plane] or [plane, y, x]. `window` is any odd number of tiles from {low} to
{high} (default {window}). Masks are `int8`: 1 exactly when the world would accept the action now, were
all other agents to wait. All bounds are finite: 0..1, or -1..1 where a table says so.
"""

ACTIONS = """## Actions

An agent has a position, a *facing* (eight directions) and an item *in hand*, as a player has. The
*facing tile* is the neighbour, in the direction of the facing, of the tile under its centre.

An action that the mask forbids does nothing; it is counted, and its code (`commands.CODES`) is the
agent's `result`.

### Discrete

`action="discrete"` (default): `Discrete(n)`. The order is fixed; the palette and the recipes belong
to the task (see [Tasks](#tasks)).

{table}

- **move** faces the direction and walks to the centre of the next tile: 6 to 10 ticks, ending within
  19/256 tile of it. With fewer ticks a step the walk goes on while the agent waits. When the way is
  closed it only turns; it is illegal when the agent faces that way already.
- **interact** mines an entity, else picks up an item on the ground, else mines the deposit. Mining
  takes its time and goes on while the agent waits.
- **place**: the facing tile is the nearest of the footprint, which extends away from the agent; an
  odd width is centred on it, an even one has one tile more on the right (clockwise of the facing).
  The entity's direction is the facing. With a diagonal facing it is the direction 45 degrees
  anticlockwise of it, and the facing tile is the nearest corner of the footprint.
- **take**: a machine gives its results, and when it has none, what the hand holds of its fuel or
  ingredients. A chest gives what the hand holds, else its first stack.
- **insert** offers 5 items, **insert_one** one; what fits goes in.
- **hold** needs one of the item in the inventory. Items stay in the inventory; the hand is a choice.

### Multidiscrete

`action="multidiscrete"`: `MultiDiscrete([{nvec}])`, the heads

{heads}

The item head is none, the palette, then `craft`, `recipe` and `say` with what they need. The
movement counts when the interaction is none. Heads that an interaction does not use are ignored:
the target for `pick_up`, `craft` and `say`, the item for `mine`, `rotate` and `pick_up`. `take` with
no item takes as the discrete action does with an empty hand. `place` snaps as the game does: 2 x 2
covers the target tile, the one on the right and the two below; its direction is the facing. What is
placed or inserted counts as in hand.

The mask is the heads' masks in a row, `int8[sum(nvec)]`. An entry is 1 when some legal action uses
it; the entries that stand for none, and the own tile, are always 1.
"""

OBSERVATION = """## Observation

### Planes

The window is centred on the tile under the agent, north up. {planes} planes a tile in memory order
[y, x, plane], values 0 to 254. Flat index = (y * window + x) * {planes} + plane.
"""


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def span(first: int, size: int) -> str:
    return str(first) if size == 1 else f"{first}-{first + size - 1}"


def values(plane: fields.Plane) -> str:
    return ", ".join(f"{value} {meaning}" for value, meaning in plane.values)


def plane_table() -> str:
    rows = (
        (k, f"`{plane.name}`", plane.doc, values(plane)) for k, plane in enumerate(fields.PLANES)
    )
    return table(("plane", "name", "meaning", "values"), rows)


def group_tables() -> str:
    """What the groups of entities and items hold, where the label does not say it."""
    rows = []
    for what, groups in (("entity", fields.ENTITY_GROUPS), ("item", fields.ITEM_GROUPS)):
        for place, group in enumerate(groups, start=1):
            members = [f"`{name}`" for name in group.names if group.names != (group.label,)]
            members += [f"subgroup `{name}`" for name in group.subgroups]
            if members:
                rows.append((what, planes.GROUP_STEP * place, group.label, ", ".join(members)))
    return table(("of", "value", "group", "holds"), rows)


def field_rows(entries: Sequence[fields.Field], at: int = 0) -> list[Sequence[object]]:
    rows: list[Sequence[object]] = []
    for field in entries:
        low = "-1..1" if field.low < 0 else "0..1"
        names = "" if not field.indices else ": " + ", ".join(field.indices)
        rows.append((span(at, field.size), f"`{field.name}`", low, field.doc + names))
        at += field.size
    return rows


FIELD_HEADER = ("index", "name", "range", "meaning")


def discrete_table() -> str:
    """The order of the discrete actions with the parts of a task left open."""
    general = fields.action_list((), (), (), 0)
    rows: list[Sequence[object]] = [
        (k, f"`{action.name}`", action.doc) for k, action in enumerate(general)
    ]
    for name, what in (
        ("hold <item>", "for each item of the palette: take it from the inventory in hand"),
        ("craft <recipe>", "for each hand recipe of the task: queue it once"),
        ("recipe <recipe>", "for each machine recipe: set it on the machine ahead"),
        ("say <k>", f"{fields.SYMBOLS} symbols where the task has a channel"),
    ):
        rows.append(("...", f"`{name}`", what))
    return table(("action", "name", "what it does"), rows)


def heads_table(interface: Interface) -> str:
    rows = []
    for (name, choices), size in zip(interface.heads, interface.nvec, strict=True):
        if name == "target":
            what = "tile in reach, 21 x 21 row by row; the middle one is the own tile"
        elif name == "item":
            what = "none, palette, hand recipes, machine recipes, symbols"
        else:
            what = ", ".join(f"{k} {choice}" for k, choice in enumerate(choices))
        rows.append((name, "task" if name == "item" else size, what))
    return table(("head", "choices", "meaning"), rows)


def state_rows(palette: Sequence[str], goal_names: Sequence[str]) -> list[Sequence[object]]:
    """The state's fields, with the agent slots after the first left out."""
    rows = field_rows(fields.state_fields(palette, goal_names))
    kept = [
        row for row in rows if not str(row[1]).startswith("`agent_") or "agent_0" in str(row[1])
    ]
    slot = fields.size(fields.state_fields(palette, ())[:8])
    last = fields.MAX_AGENTS - 1
    more = (span(slot, slot * last), f"`agent_1_...` to `agent_{last}_...`", "", "as of `agent_0`")
    return [*kept[:8], more, *kept[8:]]


def task_section(name: str) -> str:
    task = get_task(name)
    interface = Interface(task, prototypes=load())
    window, flat = interface.window, interface.n_grid + interface.n_vector
    sizes = {part: len(space.low) for part, space in interface.parts.items()}
    heads = Interface(task, prototypes=load(), action="multidiscrete")
    lines = [
        f"### {name}",
        "",
        f"`Discrete({interface.n_actions})`, or `MultiDiscrete({list(heads.nvec)})`. "
        f"Flat observation: {window} x {window} x {planes.PLANES} + "
        + " + ".join(f"{size} ({part})" for part, size in sizes.items())
        + f" = {flat}. State: {len(interface.state_space.low)}.",
        "",
        "Actions: "
        + ", ".join(f"{k} `{action}`" for k, action in enumerate(interface.action_names))
        + ".",
        "",
    ]
    at = interface.n_grid
    for part, entries in (
        ("self", interface.self_fields),
        ("team", interface.team_fields),
        ("goal", interface.goal_fields),
    ):
        lines += [
            f"Part `{part}` (flat index = {at} + index):",
            "",
            table(FIELD_HEADER, field_rows(entries)),
            "",
        ]
        at += sizes[part]
    lines += [
        "State:",
        "",
        table(FIELD_HEADER, state_rows(interface.palette, interface.goal_names)),
        "",
    ]
    return "\n".join(lines)


def document() -> str:
    """The whole page."""
    first = Interface(get_task(BUILT_IN[0]), prototypes=load(), action="multidiscrete")
    nvec = ", ".join(str(size) for size in first.nvec[:3]) + ", items"
    low, high = WINDOWS
    layouts = " or ".join(f'"{layout}"' for layout in LAYOUTS)
    parts = [
        HEAD,
        FORMS.format(layouts=layouts, low=low, high=high, window=first.window),
        ACTIONS.format(table=discrete_table(), nvec=nvec, heads=heads_table(first)),
        OBSERVATION.format(planes=planes.PLANES),
        plane_table(),
        "\nThe groups that hold more than what their name says:\n",
        group_tables(),
        "\n### Self\n\nThe agent's own numbers; sizes and indices by task under [Tasks](#tasks).\n",
        name_table(fields.self_fields(("<palette>",), fields.SYMBOLS)),
        "\n`said` is there only where the task has a channel. Result codes: "
        + ", ".join(f"{k} {code}" for k, code in enumerate(CODES))
        + ".\n",
        f"### Team\n\nThe {observation.TEAMMATES} nearest teammates, nearest first (ties: the lower "
        "number); zeros where there is none. `said` only with a channel.\n",
        name_table(fields.team_fields(fields.SYMBOLS)),
        f"\n### Goal\n\nUp to {fields.MAX_GOALS} numbers of the task, named by it.\n",
        name_table(fields.goal_fields(())),
        "\n## State\n\n`state()` is one flat `float32` vector for centralised critics: 16 agent "
        "slots, the goal, and the map pooled to 8 x 8 cells in order [y, x, number], with the "
        f"{planes.POOL_PLANES} numbers\n",
        table(("number", "meaning"), enumerate(fields.POOLED)),
        "\n## Tasks\n",
        *(task_section(name) for name in BUILT_IN),
    ]
    return "\n".join(parts).rstrip() + "\n"


def name_table(entries: Sequence[fields.Field]) -> str:
    rows = []
    for field in entries:
        low = "-1..1" if field.low < 0 else "0..1"
        size = "palette" if field.name == "inventory" else field.size
        size = "1 + palette" if field.name == "hand" else size
        rows.append((f"`{field.name}`", size, low, field.doc))
    return table(("name", "numbers", "range", "meaning"), rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true", help="only say whether the page is right")
    check = parser.parse_args().check
    text = document()
    if check:
        same = PLACE.exists() and PLACE.read_text("utf-8") == text
        print(f"{PLACE} {'is right' if same else 'differs: run tools/write_spaces_doc.py'}")
        raise SystemExit(0 if same else 1)
    PLACE.parent.mkdir(exist_ok=True)
    PLACE.write_text(text, "utf-8")
    print(f"wrote {PLACE}")


if __name__ == "__main__":
    main()
