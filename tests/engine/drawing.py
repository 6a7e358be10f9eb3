"""Factories as drawings: the loader of ``tests/factories/*.yaml``.

A file is a drawn layout, what is done to it when, and what must come out. Anyone can add one; it is
a test from then on (``test_factories.py``, which also says what ``expect`` may hold). Keys::

    source: mechanics 12 row 21          # who says so; [?] = a rule, not a measurement
    why: One sentence.
    ground: |                            # optional, below the drawing: deposits and terrain
      oo.
      oo.
    drawing: |                           # one character a tile; "." and " " are nothing
      DD.
      DDa
      .c.
    legend:                              # entities are built in this order, then by rows
      o: {deposit: iron-ore, amount: 500}
      D: {entity: burner-mining-drill, direction: south, contents: {coal: 5}}
      c: {entity: wooden-chest}
      a: {agent: agent_0, items: {coal: 5}}
    commands:                            # optional
      - {after: 60, agent: agent_0, MINE: {target: c}, code: running}
    ticks: 730                           # how long it runs
    expect:
      - {grows: c iron-ore, in: [243, 483, 723]}

The keys ``ground``, ``drawing``, ``legend``, ``size``, ``origin``, ``state`` and ``order``, and
what characters and names mean, are those of `fz_multi.layouts`; its default legend counts too.
``target`` and ``position`` of a command take a name (its centre) or ``[x, y]`` in tiles.

**Commands** act when ``after`` ticks (default 0) have run, so they are part of the tick that
follows; those of the same tick in the order of the file. Either a command of an agent (a verb of
``fz_multi.commands`` with its parameters, and ``code``: the result it must have, default ``ok`` or
``running``) or an edit: ``insert: {into, item, count, inventory}``, ``remove: {from, item, count,
inventory}``, ``destroy: name``, ``build: {entity, position, direction, name}``, ``give: {agent,
item, count}``, ``turn: {entity, direction}``, ``lay: {belt, lane, position, item}`` (exactly
there), ``lift: {belt, lane, number}`` (0 is the front).

Mistakes in a file raise `DrawingError`, which says where and what is allowed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from fz_multi import layouts
from fz_multi.commands import VERBS, CommandError
from fz_multi.engine.world import WorldError
from fz_multi.layouts import Layout
from fz_multi.layouts import LayoutError as DrawingError
from fz_multi.layouts.form import KEYS as LAYOUT_KEYS
from fz_multi.layouts.form import check_types
from fz_multi.layouts.layout import all_fit
from fz_multi.prototypes import UnknownNameError

__all__ = ["Built", "DrawingError", "Factory", "load", "read"]

KEYS = {
    "source": str, "why": str, **LAYOUT_KEYS, "commands": list, "ticks": int, "expect": list,
}  # fmt: skip
NEEDED = ("source", "why", "drawing", "ticks", "expect")
EDITS = {
    "insert": ("into", "item", "count", "inventory"),
    "remove": ("from", "item", "count", "inventory"),
    "destroy": None,  # takes a name alone
    "build": ("entity", "position", "direction", "name"),
    "give": ("agent", "item", "count"),
    "turn": ("entity", "direction"),
    "lay": ("belt", "lane", "position", "item"),
    "lift": ("belt", "lane", "number"),
}


@dataclass
class Factory:
    """One file, checked for its form. ``build`` makes the world, ``act`` carries commands out."""

    layout: Layout
    source: str
    why: str
    ticks: int
    expect: list[dict[str, Any]]
    commands: list[dict[str, Any]] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.layout.name

    def build(self) -> Built:
        """The world as drawn, at tick 0. Raises DrawingError when something cannot stand there."""
        return Built(**vars(self.layout.build()))


class Built(layouts.Built):
    """A factory that stands, and what is done to it."""

    def act(self, entry: dict[str, Any]) -> None:
        """Carry one entry of ``commands`` out."""
        rest = {key: value for key, value in entry.items() if key != "after"}
        try:
            if "agent" in rest:
                self.command(rest)
            else:
                ((what, how),) = rest.items()
                getattr(self, f"_{what}")(how)
        except (WorldError, UnknownNameError, CommandError) as error:
            raise DrawingError(f"{self.name}: commands: {error}") from None

    def command(self, entry: dict[str, Any]) -> None:
        verb = next(key for key in entry if key in VERBS)
        result = self.world.command(entry["agent"], self.order(verb, entry[verb] or {}))
        wanted = [entry["code"]] if "code" in entry else ["ok", "running"]
        assert result["code"] in wanted, f"{entry}: {result}"

    def order(self, verb: str, params: dict[str, Any]) -> dict[str, Any]:
        params = {
            key: self.point(value) if key in ("target", "position") else value
            for key, value in params.items()
        }
        if verb == "COMPOUND":
            params["commands"] = [
                self.order(*next(iter(part.items()))) for part in params["commands"]
            ]
        return {"type": verb, "params": params}

    def _insert(self, how: dict[str, Any]) -> None:
        done = self.world.insert(
            self.handle(how["into"]), how["item"], how.get("count", 1), how.get("inventory")
        )
        all_fit(f"{self.name}: insert into {how['into']}:", done, how["item"], how.get("count", 1))

    def _remove(self, how: dict[str, Any]) -> None:
        done = self.world.remove(
            self.handle(how["from"]), how["item"], how.get("count", 1),
            how.get("inventory", "result"),
        )  # fmt: skip
        all_fit(f"{self.name}: remove from {how['from']}:", done, how["item"], how.get("count", 1))

    def _destroy(self, name: str) -> None:
        self.world.remove_entity(self.handle(name))

    def _build(self, how: dict[str, Any]) -> None:
        self.add_entity(how["name"], how, self.point(how["position"]))

    def _turn(self, how: dict[str, Any]) -> None:
        self.world.rotate(self.handle(how["entity"]), how["direction"])

    def _lay(self, how: dict[str, Any]) -> None:
        belt = self.handle(how["belt"])
        self.world.put_on_belt(belt, how["lane"], how["position"], how["item"])

    def _lift(self, how: dict[str, Any]) -> None:
        self.world.take_off_belt(self.handle(how["belt"]), how["lane"], how.get("number", 0))

    def _give(self, how: dict[str, Any]) -> None:
        done = self.world.give(how["agent"], how["item"], how.get("count", 1))
        all_fit(f"{self.name}: give:", done, how["item"], how.get("count", 1))


# -- reading ---------------------------------------------------------------------------------------
def load(path: Path) -> Factory:
    """Read a file. Raises DrawingError when its form is wrong."""
    with path.open(encoding="utf-8") as file:
        try:
            data = yaml.safe_load(file)
        except yaml.YAMLError as error:
            raise DrawingError(f"{path.name}: no YAML: {error}") from None
    return read(data, path.stem)


def read(data: Any, name: str) -> Factory:
    """Check the form of a file's data."""

    def require(true: Any, text: str) -> None:
        if not true:
            raise DrawingError(f"{name}: {text}")

    check_types(data, KEYS, name)
    for key in NEEDED:
        require(key in data, f"{key} is missing")
    require(data["expect"], "expect is empty: nothing is tested")
    require(data["ticks"] >= 0, f"ticks is 0 or more, got {data['ticks']}")
    layout = layouts.from_text({key: data[key] for key in LAYOUT_KEYS if key in data}, name)
    for index, entry in enumerate(data.get("commands", [])):
        _check_command(entry, f"{name}: commands[{index}]", data["ticks"])
    return Factory(layout, **{key: data[key] for key in data if key not in LAYOUT_KEYS})


def _check_command(entry: Any, where: str, ticks: int) -> None:
    if not isinstance(entry, dict):
        raise DrawingError(f"{where} is a mapping, got {entry!r}")
    after = entry.get("after", 0)
    if not isinstance(after, int) or not 0 <= after <= ticks:
        raise DrawingError(f"{where}: after is from 0 to {ticks} ticks, got {after!r}")
    rest = [key for key in entry if key not in ("after", "agent", "code")]
    allowed = VERBS if "agent" in entry else EDITS
    if len(rest) != 1 or rest[0] not in allowed or ("code" in entry and "agent" not in entry):
        raise DrawingError(f"{where} is one of {', '.join(allowed)}, got {', '.join(rest)}")
    fields = EDITS.get(rest[0])
    for key in entry[rest[0]] if fields else ():
        if key not in fields:
            raise DrawingError(f"{where}: unknown key {key!r}; allowed: {', '.join(fields)}")
