"""The command set: the only definition of what an agent can do.

A command is JSON or a Python dict, ``{"type": VERB, "params": {...}}``::

    {"type": "BUILD", "params": {"entity": "stone-furnace",
                                 "position": {"x": 3, "y": -2}, "direction": "north"}}

``parse`` checks one against ``VERBS`` and returns a `Command`; ``CommandError`` names what was
wrong and what is allowed. Units: positions in tiles (x east, y south; read to 1/256), ``ticks`` in
ticks of 1/60 s, ``count`` in items. The kernels (``engine/legal.py``,
``engine/act.py``) and the Factorio mod both
implement this table, with the same names and the same result codes.
"""

from __future__ import annotations

import difflib
import json
import math
import operator
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MAX_COORDINATE = 1_000_000  # tiles; the game's own map limit
MAX_COUNT = 1_000_000
MAX_TICKS = 10_000_000
MAX_MESSAGE = 254  # a byte holds the message + 1
MAX_COMPOUND = 64
MAX_JSON = 1 << 20  # characters of one command

DIRECTIONS = {
    "north": 0,
    "northeast": 2,
    "east": 4,
    "southeast": 6,
    "south": 8,
    "southwest": 10,
    "west": 12,
    "northwest": 14,
}
CARDINALS = {name: DIRECTIONS[name] for name in ("north", "east", "south", "west")}
METHODS = {"walk": 0, "teleport": 1}
INVENTORIES = {"any": 0, "fuel": 1, "source": 2, "result": 3, "chest": 4}
CANCELS = {"all": 0, "activity": 1, "craft": 2}


@dataclass(frozen=True, slots=True)
class Param:
    """One parameter of a verb: what it may be, in the words of an error message."""

    name: str
    kind: str  # entity item recipe technology position count ticks direction choice message list
    required: bool = False
    choices: Mapping[str, int] | None = None
    default: Any = None


@dataclass(frozen=True, slots=True)
class Verb:
    """One verb: its number (the same in kernels and mod), its parameters, and what it does."""

    name: str
    number: int
    params: tuple[Param, ...]
    doc: str


def _verbs() -> dict[str, Verb]:
    target = Param("target", "position", required=True)
    table = [
        Verb(
            "WAIT",
            0,
            (Param("ticks", "ticks"),),
            "Do nothing new: what is running goes on. With `ticks`, it is done after that many.",
        ),
        Verb(
            "MOVE",
            1,
            (
                Param("method", "choice", choices=METHODS, default="walk"),
                Param("direction", "choice", choices=DIRECTIONS),
                Param("target", "position"),
                Param("tiles", "count"),
                Param("ticks", "ticks"),
            ),
            "Walk in a direction (on and on, for `ticks`, or to the tile centre `tiles` away), or "
            "to a target point; teleport only where the task allows it.",
        ),
        Verb(
            "MINE",
            2,
            (
                Param("target", "position"),
                Param("area", "area"),
                Param("entity_name", "mineable"),
                Param("count", "count"),
            ),
            "Mine what stands or lies at the target (building before ground item before deposit), "
            "for as long as that takes; a deposit until `count` items or the end of it.",
        ),
        Verb(
            "BUILD",
            3,
            (
                Param("entity", "entity", required=True),
                Param("position", "position", required=True),
                Param("direction", "choice", choices=CARDINALS, default="north"),
            ),
            "Place an entity from the inventory.",
        ),
        Verb(
            "CRAFT",
            4,
            (Param("recipe", "recipe", required=True), Param("count", "count", default=1)),
            "Queue a recipe by hand, missing intermediates first; ingredients leave at once.",
        ),
        Verb(
            "INSERT",
            5,
            (
                target,
                Param("item", "item", required=True),
                Param("count", "count"),
                Param("inventory", "choice", choices=INVENTORIES, default="any"),
            ),
            "Put items into an entity: as many as fit, up to `count`.",
        ),
        Verb(
            "TAKE",
            6,
            (
                target,
                Param("item", "item"),
                Param("count", "count"),
                Param("inventory", "choice", choices=INVENTORIES, default="any"),
            ),
            "Take items out of an entity: as many as fit in the main inventory, up to `count`. "
            "Without `item`, the first that is there (result before source before fuel).",
        ),
        Verb(
            "SET_RECIPE",
            7,
            (target, Param("recipe", "recipe", required=True)),
            "Set the recipe of an assembling machine.",
        ),
        Verb(
            "ROTATE",
            8,
            (target, Param("direction", "choice", choices=CARDINALS)),
            "Turn an entity: to `direction`, or by 90 degrees clockwise.",
        ),
        Verb("PICK_UP", 9, (), "Pick up the items on the ground within one tile."),
        Verb(
            "DROP",
            10,
            (
                Param("item", "item", required=True),
                Param("count", "count", default=1),
                Param("position", "position"),
            ),
            "Put items on the ground, into the entity at the position, or on a belt there.",
        ),
        Verb(
            "RESEARCH",
            11,
            (Param("technology", "technology", required=True),),
            "Add a technology to the team's research queue.",
        ),
        Verb("SAY", 12, (Param("message", "message", required=True),), "Say a small integer."),
        Verb(
            "CANCEL",
            13,
            (Param("what", "choice", choices=CANCELS, default="all"),),
            "Stop what is running, and give the ingredients of queued crafts back.",
        ),
        Verb(
            "COMPOUND",
            14,
            (Param("commands", "list", required=True),),
            "Carry out commands one after the other, each when the one before is done; the first "
            "error ends it.",
        ),
    ]
    return {verb.name: verb for verb in table}


VERBS = _verbs()
VERB_NAMES = {verb.number: name for name, verb in VERBS.items()}

# Result codes: `ok` and `running` are no errors. The numbers are the same in kernels and mod.
CODES = (
    "ok",
    "running",
    "unknown_agent",
    "out_of_map",
    "out_of_reach",
    "nothing_there",
    "not_minable",
    "wrong_entity",
    "insufficient_items",
    "inventory_full",
    "target_full",
    "not_accepted",
    "cannot_place",
    "occupied",
    "character_in_the_way",
    "water_in_the_way",
    "needs_resource",
    "blocked",
    "not_allowed",
    "recipe_locked",
    "not_hand_craftable",
    "queue_full",
    "cannot_rotate",
    "nothing_to_take",
    "nothing_running",
    "not_implemented",
    "unknown_technology",
    "already_researched",
    "cancelled",
    "replaced",
    "aborted",
)
CODE_NUMBER = {name: number for number, name in enumerate(CODES)}
OK, RUNNING = 0, 1


class CommandError(ValueError):
    """A command that cannot be read. The text names what was wrong and what is allowed."""


@dataclass(frozen=True, slots=True)
class Command:
    """A checked command. ``x``, ``y`` in 1/256 tile; names are prototype names, "" = none."""

    verb: str
    name: str = ""
    direction: int = -1
    count: int = 0
    ticks: int = -1
    inventory: int = 0
    method: int = 0
    target: tuple[int, int] | None = None
    area: tuple[int, int, int, int] | None = None
    commands: tuple[Command, ...] = ()


def parse(command: str | bytes | Mapping[str, Any] | Command, prototypes: Any) -> Command:
    """Check one command (JSON text, a dict, or a `Command`) and return it as a `Command`.

    Raises `CommandError` when it is malformed, or names something that does not exist.
    """
    if isinstance(command, Command):
        return command
    if isinstance(command, str | bytes | bytearray):
        command = _from_json(command)
    return _parse(command, prototypes, depth=0)


def _from_json(text: str | bytes | bytearray) -> Any:
    if len(text) > MAX_JSON:
        raise CommandError(f"a command of {len(text)} characters; at most {MAX_JSON} are allowed")
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except RecursionError:
        raise CommandError("malformed JSON: nested too deeply") from None
    except ValueError as error:
        raise CommandError(f"malformed JSON: {error}") from None


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")


def _parse(command: Any, prototypes: Any, depth: int) -> Command:
    if not isinstance(command, Mapping):
        raise CommandError(
            f'a command is an object {{"type": ..., "params": {{...}}}}, got {short(command)}'
        )
    verb = VERBS.get(str(command["type"])) if isinstance(command.get("type"), str) else None
    if verb is None:
        name = command.get("type")
        raise CommandError(
            f"unknown command type {short(name)}{_close(name, VERBS)}; allowed: {', '.join(VERBS)}"
        )
    extra = set(command) - {"type", "params"}
    if extra:
        raise CommandError(
            f"{verb.name}: unknown key {min(map(short, extra))}; allowed: type, params"
        )
    params = command.get("params", {})
    if params is None:
        params = {}
    if not isinstance(params, Mapping):
        raise CommandError(f"{verb.name}: params is an object, got {short(params)}")
    known = {param.name: param for param in verb.params}
    for name in params:
        if name not in known:
            raise CommandError(
                f"{verb.name}: unknown parameter {short(name)}{_close(name, known)}; "
                f"allowed: {', '.join(known) or 'none'}"
            )
    values: dict[str, Any] = {}
    for param in verb.params:
        raw = params.get(param.name)
        if raw is None:
            if param.required:
                raise CommandError(f"{verb.name}: {param.name} is missing")
            raw = param.default
        if raw is not None:
            where = f"{verb.name}: {param.name}"
            values[param.name] = _value(param, raw, where, prototypes, depth)
    return _build(verb, values)


def _build(verb: Verb, values: dict[str, Any]) -> Command:
    fields: dict[str, Any] = {"verb": verb.name}
    for source, field in (
        ("entity", "name"),
        ("entity_name", "name"),
        ("recipe", "name"),
        ("item", "name"),
        ("technology", "name"),
        ("direction", "direction"),
        ("method", "method"),
        ("inventory", "inventory"),
        ("what", "method"),
        ("count", "count"),
        ("tiles", "count"),
        ("message", "count"),
        ("ticks", "ticks"),
        ("target", "target"),
        ("position", "target"),
        ("area", "area"),
        ("commands", "commands"),
    ):
        if source in values:
            fields[field] = values[source]
    command = Command(**fields)
    if verb.name == "MOVE":
        _check_move(command)
    if verb.name == "MINE" and (command.target is None) == (command.area is None):
        raise CommandError("MINE: give either target or area")
    return command


def _check_move(command: Command) -> None:
    if (command.direction < 0) == (command.target is None):
        raise CommandError("MOVE: give either direction or target")
    if command.method == METHODS["teleport"] and command.target is None:
        raise CommandError("MOVE: method teleport needs a target")
    if command.target is not None and command.count:
        raise CommandError("MOVE: tiles goes with direction, not with target")
    if command.count and command.ticks >= 0:
        raise CommandError("MOVE: give tiles or ticks, not both")


def _value(param: Param, raw: Any, where: str, prototypes: Any, depth: int) -> Any:
    kind = param.kind
    if kind == "position":
        return _position(raw, where)
    if kind == "area":
        return _area(raw, where)
    if kind == "count":
        return _integer(raw, where, 1, MAX_COUNT)
    if kind == "ticks":
        return _integer(raw, where, 0, MAX_TICKS)
    if kind == "message":
        return _integer(raw, where, 0, MAX_MESSAGE)
    if kind == "choice":
        assert param.choices is not None
        return _choice(raw, where, param.choices)
    if kind == "list":
        return _commands(raw, where, prototypes, depth)
    return _name(raw, where, kind, prototypes)


def _integer(raw: Any, where: str, low: int, high: int) -> int:
    try:
        if isinstance(raw, bool):
            raise TypeError
        whole = isinstance(raw, float) and raw.is_integer()
        value = int(raw) if whole else operator.index(raw)
    except TypeError:
        raise CommandError(f"{where} is a whole number, got {short(raw)}") from None
    if not low <= value <= high:
        raise CommandError(f"{where} is from {low} to {high}, got {short(value)}")
    return value


def _choice(raw: Any, where: str, choices: Mapping[str, int]) -> int:
    if isinstance(raw, str) and raw in choices:
        return choices[raw]
    raise CommandError(
        f"{where}: unknown value {short(raw)}{_close(raw, choices)}; allowed: {', '.join(choices)}"
    )


def coordinate(raw: Any, where: str) -> int:
    """Tiles (a number) to 1/256 tile, rounded down as the game does."""
    try:
        if isinstance(raw, bool | str | bytes | bytearray):
            raise TypeError
        value = float(raw)
    except (TypeError, ValueError, OverflowError):
        raise CommandError(f"{where} is a number of tiles, got {short(raw)}") from None
    if not math.isfinite(value):
        raise CommandError(f"{where} is a finite number of tiles, got {value}")
    if abs(value) > MAX_COORDINATE:
        raise CommandError(f"{where} is within +-{MAX_COORDINATE} tiles, got {value:g}")
    return math.floor(value * 256)


def _position(raw: Any, where: str) -> tuple[int, int]:
    if isinstance(raw, Mapping):
        if set(raw) != {"x", "y"}:
            raise CommandError(f'{where} is {{"x": ..., "y": ...}}, got {short(dict(raw))}')
        x, y = raw["x"], raw["y"]
    elif isinstance(raw, list | tuple) and len(raw) == 2:
        x, y = raw
    else:
        raise CommandError(f'{where} is {{"x": ..., "y": ...}} or [x, y], got {short(raw)}')
    return coordinate(x, f"{where}.x"), coordinate(y, f"{where}.y")


def _area(raw: Any, where: str) -> tuple[int, int, int, int]:
    if isinstance(raw, Mapping) and set(raw) == {"left_top", "right_bottom"}:
        corners = (raw["left_top"], raw["right_bottom"])
    elif isinstance(raw, list | tuple) and len(raw) == 2:
        corners = (raw[0], raw[1])
    else:
        raise CommandError(f"{where} is [[x, y], [x, y]] (left top, right bottom)")
    x0, y0 = _position(corners[0], f"{where}.left_top")
    x1, y1 = _position(corners[1], f"{where}.right_bottom")
    if x1 < x0 or y1 < y0:
        raise CommandError(f"{where}: the left top corner lies right of or below the other one")
    return x0, y0, x1, y1


def _commands(raw: Any, where: str, prototypes: Any, depth: int) -> tuple[Command, ...]:
    if depth:
        raise CommandError(f"{where}: a COMPOUND inside a COMPOUND is not allowed")
    if not isinstance(raw, list | tuple) or not raw:
        raise CommandError(f"{where} is a list of 1 to {MAX_COMPOUND} commands, got {short(raw)}")
    if len(raw) > MAX_COMPOUND:
        raise CommandError(f"{where}: {len(raw)} commands; at most {MAX_COMPOUND} are allowed")
    out = []
    for index, item in enumerate(raw):
        try:
            if isinstance(item, Mapping) and item.get("type") == "COMPOUND":
                raise CommandError("a COMPOUND inside a COMPOUND is not allowed")
            out.append(_parse(item, prototypes, depth + 1))
        except CommandError as error:
            raise CommandError(f"{where}[{index}]: {error}") from None
    return tuple(out)


def _name(raw: Any, where: str, kind: str, prototypes: Any) -> str:
    if not isinstance(raw, str):
        raise CommandError(f"{where} is the name of {_article(kind)}, got {short(raw)}")
    tables = {
        "entity": (prototypes.entities,),
        "mineable": (prototypes.entities, prototypes.items),
        "item": (prototypes.items,),
        "recipe": (prototypes.recipes,),
        "technology": (prototypes.technologies,),
    }[kind]
    if any(raw in table for table in tables):
        return raw
    raise CommandError(
        f"{where}: no {kind if kind != 'mineable' else 'entity'} is called {short(raw)}"
        f"{_close(raw, [name for table in tables for name in table])}"
    )


def _article(kind: str) -> str:
    return ("an " if kind[0] in "aeiou" else "a ") + kind


def _close(raw: Any, names: Any) -> str:
    if not isinstance(raw, str) or len(raw) > 100:
        return ""
    by_lower = {str(name).lower(): str(name) for name in names}
    close = difflib.get_close_matches(raw.lower(), list(by_lower), n=3, cutoff=0.6)
    return f" (did you mean {' or '.join(by_lower[name] for name in close)}?)" if close else ""


def short(value: Any) -> str:
    """A value as a message shows it."""
    try:
        text = repr(value)
    except (RecursionError, ValueError):  # nested too deeply; a number of thousands of digits
        text = f"something too large to show ({type(value).__name__})"
    return text if len(text) <= 60 else text[:57] + "..."
