"""From a map to the program that `compiled_draw` runs, and what has been drawn for each world.

`compile_plan` turns a map into one array, the *program*; `Uncompilable` says of some maps that only
`Map.draw` draws them (a position that is no multiple of 1/256 tile, for one). `Drawings` holds what
has been drawn for each world of a batch, in the rows that `compiled_draw` explains.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from fz_multi import prototypes as prototype_data
from fz_multi.engine.constants import KIND_CHEST, KIND_LATER, KIND_NAMES
from fz_multi.engine.proto_tables import build
from fz_multi.task.compiled_draw import (
    H_EVAL,
    H_HANDS,
    H_KEY,
    H_KEY_SIZE,
    H_PLAYED,
    H_RESOURCES,
    H_SHARE,
    H_STANDARD,
    H_TRIES,
    HEAD,
    N_SECTIONS,
    N_STATUS,
    P_AREAS,
    P_AT_AREAS,
    P_AT_POINTS,
    P_AT_TEAM,
    P_AT_TEXT,
    P_AT_THINGS,
    P_AT_TILES,
    P_GROUND,
    P_GROUPS,
    P_HEAD,
    P_HEAD_SIZE,
    P_HEIGHT,
    P_LEFT,
    P_MIRROR,
    P_PLACES,
    P_RESOURCES,
    P_TEAM,
    P_TERRAIN,
    P_TEXT_SIZE,
    P_THINGS,
    P_TOP,
    P_TURN,
    P_VARIES,
    P_WIDTH,
    PLAN_FIELDS,
    T_AFTER_N,
    T_BEFORE_N,
    draw_maps,
)
from fz_multi.task.draw import check_split
from fz_multi.task.drawing import share_out
from fz_multi.task.hashing import PADDING
from fz_multi.task.instance import AgentSpec, MapInstance
from fz_multi.task.maps import EVAL_SHARE, MAX_TRIES, STANDARD, Map
from fz_multi.task.plan import MAX_AMOUNT, TERRAIN, Items, Plan
from fz_multi.task.stream import STREAM

MAX_POSITION = 8192  # tiles
KEY_SIZE = 32  # bytes that follow a key: seed, attempt, "agents"
NUMBERS_SIZE = len(", y=, direction=") + 2 * 14 + 2  # bytes of an entity's numbers, at most


class Uncompilable(ValueError):
    """A map that `Map.draw` alone can draw, or that no world can hold. The text says why."""


class CompiledPlan:
    """The program of a map for one split, variant and number of agents; see `compile_plan`.

    ``program``: int64; ``numbers_size`` and ``layout_size``: lengths of the rows that one world
    takes. ``area_names``: of the areas in a row of numbers (of two with one name the last counts).
    ``shows``: whether there is an area that is shown to the agents.
    """

    def __init__(self, source: Map, key: tuple[str, str, int], variant: str, agents: int) -> None:
        self.plan, self.agents, self.split = source.plans[variant], agents, key[0]
        standard = source.plans[STANDARD]
        self._words: list[int] = [0] * HEAD
        self._data = prototype_data.load()
        self._tables = build()
        self.numbers_size = self.layout_size = 0
        head = self._words
        head[H_KEY], head[H_KEY_SIZE] = self._text("".join(f"{part}\x1f" for part in key))
        head[H_EVAL], head[H_SHARE], head[H_TRIES] = key[0] == "eval", EVAL_SHARE, MAX_TRIES
        self.layout_size = head[H_KEY_SIZE] + KEY_SIZE + PADDING
        same = self.plan is standard
        head[H_STANDARD] = self._plan(standard, agents if same else 0)
        head[H_PLAYED] = head[H_STANDARD] if same else self._plan(self.plan, agents)
        self.resource_names = _resource_names(self.plan)
        head[H_RESOURCES] = self._put([0, *map(self._resource, self.resource_names)])
        self.hands = _hands(self.plan, agents)
        hands = [number for hand in self.hands for number in self._items(hand)]
        head[H_HANDS] = self._put(hands)
        self.area_names = self.plan.names()
        spots = [spot.goal for spot in self.plan.areas]
        self.shows = any(spots) or any(t.goal and t.spec.tag for t in self.plan.entities)
        self.program = np.array(self._words, np.int64)
        base = head[H_PLAYED]
        self._at = {
            name: self._words[base + field]
            for name, field in (
                ("terrain", P_HEAD_SIZE),
                ("things", P_AT_THINGS),
                ("team", P_AT_TEAM),
                ("areas", P_AT_AREAS),
            )
        }

    # -- writing -----------------------------------------------------------------------------------
    def _put(self, words: list[int]) -> int:
        """Append; returns where it begins."""
        self._words += words
        return len(self._words) - len(words)

    def _text(self, text: str) -> tuple[int, int]:
        try:
            letters = text.encode()
        except UnicodeEncodeError:
            raise Uncompilable(f"{text!r} cannot be encoded") from None
        return self._put(list(letters)), len(letters)

    def _plan(self, plan: Plan, team: int) -> int:
        width, height = plan.width, plan.height
        places = {name: number for number, name in enumerate(("", *plan.places))}
        names = _resource_names(plan)
        areas, things = len(plan.names()), len(plan.entities)
        shown = sum(spot.goal for spot in plan.areas)
        shown += sum(thing.goal and bool(thing.spec.tag) for thing in plan.entities)
        if max(len(names), shown) > 255:
            raise Uncompilable("more than 255 resources or areas that are shown")
        head = self._text(repr((width, height, names)))
        rows = {
            P_PLACES: [[*place.x, *place.y] for place in plan.places.values()],
            P_TERRAIN: [[places[s.at], *s.area, TERRAIN[s.name]] for s in plan.terrain],
            P_RESOURCES: [
                [places[s.at], *s.area, names.index(s.name) + 1, s.radius, *s.amount]
                for s in plan.resources
            ],
            P_AREAS: [[places[s.at], *s.area, int(s.goal)] for s in plan.areas],
            P_THINGS: [self._thing(thing, places[thing.at]) for thing in plan.entities],
            P_GROUPS: [[places[group.at], *group.spawn] for group in plan.groups],
        }
        if any(not 0 < s.amount[0] <= s.amount[1] <= MAX_AMOUNT for s in plan.resources):
            raise Uncompilable(f"an amount that is not from 1 to {MAX_AMOUNT}")
        fields = [0] * PLAN_FIELDS
        fields[P_WIDTH], fields[P_HEIGHT] = width, height
        fields[P_LEFT], fields[P_TOP], fields[P_GROUND] = -(width // 2), -(height // 2), plan.ground
        fields[P_TURN], fields[P_MIRROR], fields[P_VARIES] = plan.turn, plan.mirror, plan.varies
        fields[P_TEAM] = team
        fields[P_HEAD], fields[P_HEAD_SIZE] = head
        for field, entries in rows.items():
            fields[field] = self._put([int(word) for row in entries for word in row])
            fields[field + 1] = len(entries)
        at = N_SECTIONS
        spawn = max((_size(group.spawn) for group in plan.groups), default=0)
        for field, size in (
            (P_AT_POINTS, 2 * len(places)),
            (P_AT_THINGS, 3 * things),
            (P_AT_TEAM, 2 * team),
            (P_AT_AREAS, 4 * areas),
            (P_AT_TILES, spawn),
            (P_AT_TEXT, 2 * things),
        ):
            fields[field] = at
            at += size
        self.numbers_size = max(self.numbers_size, at)
        fields[P_TEXT_SIZE] = sum(
            row[T_BEFORE_N] + row[T_AFTER_N] + NUMBERS_SIZE for row in rows[P_THINGS]
        )
        size = head[1] + 7 * width * height + 2 * fields[P_TEXT_SIZE] + PADDING
        self.layout_size = max(self.layout_size, size)
        return self._put([int(field) for field in fields])

    def _thing(self, thing: Any, place: int) -> list[int]:
        spec = thing.spec
        x, y = 256 * spec.x, 256 * spec.y
        if x != int(x) or y != int(y) or max(abs(spec.x), abs(spec.y)) > MAX_POSITION:
            raise Uncompilable(f"{spec.name} at ({spec.x}, {spec.y}): no multiples of 1/256 tile")
        before, after = repr(replace(spec, x=0.0, y=0.0, direction=0)).split(
            "0.0, y=0.0, direction=0", 1
        )
        if spec.name not in self._data.entities:
            raise Uncompilable(f"no entity is called {spec.name!r}")
        proto = self._data.entity_id(spec.name)
        kind = self._tables.kinds[proto]
        if int(kind.kind) == KIND_LATER or int(kind.kind) not in KIND_NAMES:
            raise Uncompilable(f"{spec.name} is not an entity that the engine models")
        items = self._items(spec.items)
        for name, _ in spec.items:
            item = self._tables.items[self._data.item_id(name)]
            burns = bool(kind.fuel_slots) and item.fuel > 0
            smelts = bool(kind.source_slots) and bool(item.smelts)
            if not (int(kind.kind) == KIND_CHEST or burns or smelts):
                raise Uncompilable(f"{spec.name} does not take {name}")
        tagged = bool(spec.tag)
        row = [place, int(x), int(y), spec.direction, tagged, thing.goal and tagged, proto, *items]
        return [*row, int(kind.rotates), *self._text(before), *self._text(after)]

    def _items(self, items: Items) -> tuple[int, int]:
        """Pairs of item and count: where they begin, and how many there are."""
        for name, _ in items:
            if name not in self._data.items:
                raise Uncompilable(f"no item is called {name!r}")
        pairs = [(self._data.item_id(name), count) for name, count in items]
        return self._put([word for pair in pairs for word in pair]), len(pairs)

    def _resource(self, name: str) -> int:
        if name not in self._data.entities or self._data.entities[name].type != "resource":
            raise Uncompilable(f"no resource is called {name!r}")
        return self._data.entity_id(name)

    # -- reading -----------------------------------------------------------------------------------
    def things(self, numbers: np.ndarray) -> np.ndarray:
        """Entities of a row of numbers: int64[entities, 3], x, y, direction."""
        return self._section(numbers, "things", len(self.plan.entities), 3)

    def team(self, numbers: np.ndarray) -> np.ndarray:
        """Starting places of a row of numbers: int64[agents, 2]."""
        return self._section(numbers, "team", self.agents, 2)

    def areas(self, numbers: np.ndarray) -> np.ndarray:
        """Areas of a row of numbers, in the order of `area_names`: int64[areas, 4], in tiles."""
        return self._section(numbers, "areas", len(self.area_names), 4)

    def _section(self, numbers: np.ndarray, name: str, count: int, size: int) -> np.ndarray:
        at = self._at[name]
        return numbers[at : at + count * size].reshape(count, size)

    def ground(self, layout: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Terrain, resource, amount and goal of a row of bytes, as `MapInstance` has them."""
        shape = self.plan.height, self.plan.width
        tiles, at = shape[0] * shape[1], self._at["terrain"]
        terrain, resource, goal = (
            layout[at + part * tiles : at + (part + 1) * tiles].reshape(shape) for part in (0, 1, 6)
        )
        amount = layout[at + 2 * tiles : at + 6 * tiles].view("<i4").reshape(shape)
        return terrain, resource, amount, goal

    def instance(self, seed: int, numbers: np.ndarray, layout: np.ndarray) -> MapInstance:
        """What has been drawn, as plain data (a copy)."""
        plan = self.plan
        terrain, resource, amount, goal = (array.copy() for array in self.ground(layout))
        return MapInstance(
            name=plan.name,
            variant=plan.variant,
            width=plan.width,
            height=plan.height,
            terrain=terrain,
            resource=resource,
            amount=amount,
            goal=goal,
            resource_names=self.resource_names,
            entities=tuple(
                replace(thing.spec, x=x / 256, y=y / 256, direction=direction)
                for thing, (x, y, direction) in zip(
                    plan.entities, self.things(numbers).tolist(), strict=True
                )
            ),
            agents=tuple(
                AgentSpec(x / 256, y / 256, hand, agent % len(plan.groups))
                for agent, ((x, y), hand) in enumerate(
                    zip(self.team(numbers).tolist(), self.hands, strict=True)
                )
            ),
            areas={
                name: (x0, y0, x1, y1)
                for name, (x0, y0, x1, y1) in zip(
                    self.area_names, self.areas(numbers).tolist(), strict=True
                )
            },
            split=self.split,
            seed=int(seed),
        )


def compile_plan(
    source: Map,
    *,
    agents: int = 2,
    split: str = "train",
    task: str = "",
    version: int = 1,
    variant: str | None = None,
) -> CompiledPlan:
    """The program for what ``source.draw`` draws with these arguments.

    `Uncompilable` when compiled code cannot draw or build it; ValueError as `Map.draw`.
    """
    plan = source.plan(variant, agents)
    return CompiledPlan(source, (check_split(split), task, version), plan.variant, agents)


def _resource_names(plan: Plan) -> tuple[str, ...]:
    return tuple(dict.fromkeys(spot.name for spot in plan.resources))


def _size(area: tuple[int, int, int, int]) -> int:
    return (area[2] - area[0]) * (area[3] - area[1])


def _hands(plan: Plan, agents: int) -> list[Items]:
    """What each agent starts with."""
    hands: list[Items] = [()] * agents
    for number, group in enumerate(plan.groups):
        members = range(number, agents, len(plan.groups))
        for member, own in zip(members, share_out(group, len(members)), strict=True):
            hands[member] = own
    return hands


class Drawings:
    """The maps of a batch of worlds. ``seeds`` int64[worlds]: of the maps as they stand.

    ``streams``: the chain of seeds of each world; ``what``: for `draw_maps`.
    """

    def __init__(self, compiled: CompiledPlan, worlds: int) -> None:
        self.compiled = compiled
        self.what = np.zeros(worlds, np.int64)
        self.streams = np.zeros((worlds, STREAM), np.int64)
        self.seeds = np.zeros(worlds, np.int64)
        self.numbers = np.zeros((worlds, compiled.numbers_size), np.int64)
        self.layout = np.zeros((worlds, compiled.layout_size), np.uint8)

    def draw(self, what: Any) -> int:
        """Draw the maps of some worlds (`SKIP`, `SEEDED`, `FOLLOWS`); returns how many failed."""
        self.what[:] = what
        return int(
            draw_maps(
                self.compiled.program,
                self.what,
                self.streams,
                self.seeds,
                self.numbers,
                self.layout,
            )
        )

    def status(self, k: int) -> int:
        """What came of the last draw of a world: `DRAWN`, or why it failed."""
        return int(self.numbers[k, N_STATUS])

    def instance(self, k: int) -> MapInstance:
        """The map of a world, as `Map.draw` gives it."""
        return self.compiled.instance(int(self.seeds[k]), self.numbers[k], self.layout[k])
