"""What a character of a drawing can stand for: the kinds of entries, their keys, the defaults."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

from .errors import LayoutError, short

EMPTY = ". "
BELOW = ("deposit", "terrain")  # what the ground block may hold: buildings stand on it
INVENTORIES = ("fuel", "source", "result", "chest")

# kind -> its further keys; the value of the kind's own key is a name.
KINDS: dict[str, tuple[str, ...]] = {
    "entity": ("direction", "contents", "lanes", "used_up"),
    "deposit": ("amount",),
    "terrain": (),
    "pile": ("count", "offset", "at"),
    "agent": ("items", "team", "offset", "at"),
}
# kind -> the keys that ``state`` may give to a single one of many.
STATE = {
    "entity": ("contents", "lanes", "used_up"),
    "deposit": ("amount",),
    "terrain": (),
    "pile": ("count",),
    "agent": ("items",),
}

SIDES = ("north", "east", "south", "west")
Entry = Mapping[str, Any]


def _turned(chars: str, name: str, shift: int = 0) -> dict[str, Entry]:
    """Entries of one entity for four characters that point north, east, south, west."""
    return {
        char: {"entity": name, "direction": SIDES[(side + shift) % 4]}
        for side, char in enumerate(chars)
    }


# The legend of a drawing that brings none; its order is the order of building. Every arrow and
# letter shows where things go: an inserter's direction is the side that it takes from (the game's
# convention), so its letter is the opposite one.
DEFAULT_LEGEND: dict[str, Entry] = {
    "i": {"deposit": "iron-ore"},
    "c": {"deposit": "copper-ore"},
    "k": {"deposit": "coal"},
    "q": {"deposit": "stone"},
    "~": {"terrain": "water"},
    "%": {"terrain": "void"},
    "#": {"entity": "stone-wall"},
    "T": {"entity": "tree-01"},
    "R": {"entity": "big-rock"},
    "H": {"entity": "huge-rock"},
    "C": {"entity": "wooden-chest"},
    "I": {"entity": "iron-chest"},
    "L": {"entity": "steel-chest"},
    "F": {"entity": "stone-furnace"},
    "G": {"entity": "steel-furnace"},
    **_turned("NESW", "burner-mining-drill"),
    **_turned("^>v<", "transport-belt"),
    **_turned("↑→↓←", "fast-transport-belt"),
    **_turned("⇑⇒⇓⇐", "express-transport-belt"),
    **_turned("nesw", "burner-inserter", shift=2),
    **{str(number): {"agent": f"agent_{number}"} for number in range(10)},
}


def kind_of(entry: Entry) -> str:
    """The kind of a checked entry."""
    return next(kind for kind in KINDS if kind in entry)


def check_entry(entry: Any, where: str) -> dict[str, Any]:
    """An entry of a legend, checked for its form; names and amounts are the world's to judge."""
    kinds = [kind for kind in KINDS if kind in entry] if isinstance(entry, Mapping) else []
    if len(kinds) != 1:
        raise LayoutError(f"{where} has one of the keys {', '.join(KINDS)}, got {short(entry)}")
    kind = kinds[0]
    if not isinstance(entry[kind], str):
        raise LayoutError(f"{where}: {kind} is a name, got {short(entry[kind])}")
    return check_keys(entry, (kind, *KINDS[kind]), where)


def check_keys(entry: Any, allowed: tuple[str, ...], where: str) -> dict[str, Any]:
    """A mapping with some of the allowed keys, each with a value of its form."""
    if not isinstance(entry, Mapping):
        raise LayoutError(f"{where} is a mapping of {', '.join(allowed)}, got {short(entry)}")
    for key, value in entry.items():
        if key not in allowed:
            raise LayoutError(
                f"{where}: unknown key {short(key)}; allowed: {', '.join(allowed) or '-'}"
            )
        if key in VALUES:
            wanted, is_so = VALUES[key]
            if not is_so(value):
                raise LayoutError(f"{where}: {key} is {wanted}, got {short(value)}")
    return dict(entry)


# -- forms of values -------------------------------------------------------------------------------
def is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def is_pair(value: Any) -> bool:
    """Two whole numbers, small enough to be distances on a map."""
    return _is_list(value, 2) and all(is_whole(v) and abs(v) <= 1 << 20 for v in value)


def is_point(value: Any) -> bool:
    return _is_list(value, 2) and all(
        isinstance(v, int | float) and not isinstance(v, bool) for v in value
    )


def _is_list(value: Any, length: int | None = None) -> bool:
    return isinstance(value, list | tuple) and length in (None, len(value))


def _is_items(value: Any) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(name, str) and is_whole(count) for name, count in value.items()
    )


def _is_contents(value: Any) -> bool:
    return isinstance(value, Mapping) and all(
        (isinstance(key, str) and is_whole(count)) or (key in INVENTORIES and _is_items(count))
        for key, count in value.items()
    )


def _is_lane(lane: Any) -> bool:
    """Items in the order of their places, front to back."""
    good = _is_list(lane) and all(
        _is_list(spot, 2) and isinstance(spot[0], str) and is_whole(spot[1]) for spot in lane
    )
    return good and all(ahead[1] <= spot[1] for ahead, spot in pairwise(lane))


VALUES: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "direction": (
        "north, east, south or west (or 0, 4, 8, 12)",
        lambda value: isinstance(value, str) or is_whole(value),
    ),
    "contents": (
        "{item: count} or {fuel | source | result | chest: {item: count}}",
        _is_contents,
    ),
    "lanes": (
        "two lists of [item, position], front to back",
        lambda value: _is_list(value, 2) and all(map(_is_lane, value)),
    ),
    "used_up": ("true or false", lambda value: isinstance(value, bool)),
    "amount": (
        "a whole number, or a list with one for each tile by rows",
        lambda value: is_whole(value) or (_is_list(value) and all(map(is_whole, value))),
    ),
    "count": ("a whole number", is_whole),
    "offset": ("[x, y] in 1/256 tile", is_pair),
    "at": (
        "a list of positions [x, y] in tiles",
        lambda value: _is_list(value) and all(map(is_point, value)),
    ),
    "items": ("{item: count}", _is_items),
    "team": ("a whole number", is_whole),
}
