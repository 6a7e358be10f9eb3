"""The form of a STATE as the mod sends it (docs/protocol.md): what stands where, and checks."""

from __future__ import annotations

from typing import Any

from fz_multi.engine.tables import AGENT, RESULT

# Fields of a character in the order of CHAR, without the number before and the lists behind them.
CHARACTER_FIELDS = (
    "active",
    "x",
    "y",
    "direction",
    "walking",
    "activity",
    "team",
    "facing",
    "hand",
    "message",
    "verb",
    "walk_direction",
    "target_x",
    "target_y",
    "until",
    "goal_count",
    "done_count",
    "result",
    "last_verb",
    "mine_kind",
    "mining",
    "mine_progress",
    "mine_need",
    "crafts",
    "craft_progress",
    "craft_need",
    "orders",
)
UNTIL = CHARACTER_FIELDS.index("until")
HEALTH = 1 + len(CHARACTER_FIELDS)  # place in CHAR; not in the tables
SLOTS, CRAFTS = HEALTH + 1, HEALTH + 2
# The same for an entity: what stands in ENT between uid and the lists.
ENTITY_FIELDS = (
    "proto",
    "direction",
    "status",
    "x",
    "y",
    "owner",
    "built",
    "finished",
    "recipe",
    "burning_item",
    "giver",
    "given",
    "shown_progress",
    "shown_energy",
    "shown_burning",
)
CONTENTS = 1 + len(ENTITY_FIELDS)
EXTRA = CONTENTS + 1
PROTO, DIRECTION, X, Y = 1, 2, 4, 5
STAT_FIELDS = (
    "made",
    "drilled",
    "crafted",
    "mined",
    "consumed",
    "spent",
    "inserted",
    "taken",
    "built",
    "unbuilt",
)
RESULT_FIELDS = tuple(RESULT.names or ())
AGENT_FIELDS = tuple(AGENT.names or ())


class StateError(ValueError):
    """A state that cannot be: the text names the place in it."""


def rows_of(value: Any, what: str) -> list[Any]:
    """A list of a state; Lua writes an empty one as {}."""
    if value is None or value == {}:
        return []
    if not isinstance(value, list):
        raise StateError(f"{what} is a list")
    return value


def within(value: Any, low: int, high: int, what: str) -> int:
    """A whole number from ``low`` up to, not including, ``high``."""
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value < high:
        raise StateError(f"{what} is a whole number from {low} to {high - 1}, got {value!r:.60}")
    return value
