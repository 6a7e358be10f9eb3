"""What the player draws: an episode as tracks and drawings, in plain numbers for JSON.

The replay is played again, and after each step the observable tables are read, as pictures do
(``render/source.py``); nothing else of the world exists here. Positions are in 1/256 tile.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import prototypes as prototype_data
from ...bench.metrics import WORK, counters, mean_costs
from ...engine import constants as k
from ...engine.tables import Tables
from ...replay import Replay
from .. import scene
from ..source import observable
from .artist import Artist
from .tracks import Numbers, Row, Values

FORMAT = 1
# Counters of an agent that its panel shows (``engine.tables.AGENT``).
COUNTERS = (
    "placed",
    "inserted",
    "taken",
    "handed",
    "mined",
    "crafted",
    "refused",
    "conflicts",
    "idle",
    "blocked",
)
# A counter that has grown, and what an agent did then; the first that fits.
DEEDS = {
    "placed": "building",
    "inserted": "inserting",
    "taken": "taking",
    "picked": "taking",
    "mined": "mining",
    "removed": "mining",
    "crafted": "crafting",
    "walked": "walking",
}
INVENTORIES = ("fuel", "source", "result")
MACHINES = (k.KIND_DRILL, k.KIND_FURNACE, k.KIND_INSERTER)


def player_data(replay: Replay, **options: Any) -> dict[str, Any]:
    """Everything that the player shows of an episode, for JSON.

    The replay is simulated; ``options`` are those of `Replay.frames` (``task``, ``strict``).
    ReplayError when it is not the recorded episode.
    """
    reader = None
    for env, step in replay.frames(**options):
        if reader is None:
            reader = _Reader(replay, env)
        reader.look(env, step)
    assert reader is not None  # there is always step 0
    return reader.data()


class _Reader:
    """Reads the tables after each step."""

    def __init__(self, replay: Replay, env: Any) -> None:
        self._replay, self._numbers = replay, prototype_data.load()
        self._names = scene.names_of(self._numbers)
        self.artist = Artist(self._names)
        self._steps = 0
        o = observable(env)
        tiles = int(o.header["width"][0]) * int(o.header["height"][0])
        self._deposits = np.flatnonzero(o.tile["resource"][:tiles])
        self._amounts = [Numbers() for _ in self._deposits]
        self._ground = self.artist.ground(o, self._deposits)
        self._entities: list[dict[str, Any]] = []
        self._standing: dict[tuple[int, int], _Entity] = {}
        self._agents = [_Agent(index, self.artist) for index in range(replay.agents)]
        self._lines: list[_Line] = []
        self._piles = Values()
        self._tick, self._return = Numbers(), Numbers()
        overlay = env.overlay()
        self._title = overlay.title
        self._zones = [[z.left, z.top, z.right, z.bottom, z.label, z.colour] for z in overlay.zones]
        self._goals = [(goal.label, goal.target, Numbers()) for goal in overlay.goals]
        self._made: dict[int, tuple[Numbers, Numbers]] = {}
        self._events: list[list[Any]] = []
        window = env.options.window_start
        self._window = window if window <= env.task.max_ticks else None
        self._max_ticks = env.task.max_ticks

    # -- one step ----------------------------------------------------------------------------------
    def look(self, env: Any, step: int) -> None:
        """After so many steps."""
        o, self._steps = observable(env), step
        self._tick.put(step, int(o.header["tick"][0]))
        for numbers, amount in zip(
            self._amounts, o.tile["amount"][self._deposits].tolist(), strict=True
        ):
            numbers.put(step, amount)
        self._look_at_entities(o, step)
        self._look_at_lines(o, step)
        pile = o.pile
        rows = np.flatnonzero(pile["item_id"])
        columns = ("item_id", "count", "x", "y")
        piles = np.stack([pile[name][rows].astype(np.int64) for name in columns], 1)
        self._piles.put(step, piles.reshape(-1).tolist())
        self.artist.items(piles[:, 0].tolist())
        results, own = env.results(), counters(o, len(self._agents))
        for index, agent in enumerate(self._agents):
            agent.look(step, o, results[f"agent_{index}"], own)
        self._costs = mean_costs(o, self._numbers)  # of all that the team has handled in the end
        for goal, (_, _, numbers) in zip(env.overlay().goals, self._goals, strict=True):
            numbers.put(step, int(goal.value))
        self._outcome = env.outcome()
        self._return.put(step, round(1000 * self._outcome["return"]))
        self._look_at_production(o, step)
        for event in env.events():
            if event["kind"] not in ("start", "refused"):  # refusals are results of the agents
                self._events.append([step, event["text"]])

    def _look_at_entities(self, o: Tables, step: int) -> None:
        seen = set()
        for row, look, left, top in scene.entity_looks(o, self._names):
            e = o.entity[row]
            key = row, int(e["generation"])
            seen.add(key)
            if key not in self._standing:
                self._standing[key] = _Entity(step, e, look, left, top)
            self._standing[key].look(step, o, e, self.artist.look(look), self.artist)
        for key in [key for key in self._standing if key not in seen]:
            self._entities.append(self._standing.pop(key).data(step))

    def _look_at_lines(self, o: Tables, step: int) -> None:
        lengths = o.line["length"]
        while len(self._lines) < len(lengths):
            if not lengths[len(self._lines) :].any():
                break
            self._lines.append(_Line(step))
        for number, line in enumerate(self._lines):
            line.look(step, o, number, bool(lengths[number]), self.artist)

    def _look_at_production(self, o: Tables, step: int) -> None:
        stat = o.stat
        machine = np.asarray(stat["made"] + stat["drilled"], np.int64)
        hand = np.asarray(stat["mined"] + stat["crafted"], np.int64)
        for item in np.flatnonzero(machine + hand).tolist():
            if item not in self._made:
                self._made[item] = Numbers(), Numbers()
                for numbers in self._made[item]:
                    numbers.put(0, 0)
                self.artist.items([item])
            for numbers, value in zip(self._made[item], (machine[item], hand[item]), strict=True):
                numbers.put(step, value)

    # -- all of them -------------------------------------------------------------------------------
    def data(self) -> dict[str, Any]:
        replay = self._replay
        standing = [entity.data(None) for entity in self._standing.values()]
        return {
            "format": FORMAT,
            "task": replay.task,
            "title": self._title,
            "policy": replay.title,
            "seed": str(replay.seed),
            "split": replay.split,
            "options": {name: value for name, value in replay.options.items() if name != "map"},
            "versions": dict(replay.versions),
            "outcome": self._outcome,
            "steps": self._steps,
            "max_ticks": self._max_ticks,
            "window": self._window,
            "tick": self._tick.track,
            "return": self._return.track,
            "goals": [[name, target, numbers.track] for name, target, numbers in self._goals],
            "zones": self._zones,
            "ground": self._ground,
            "amounts": [numbers.track for numbers in self._amounts],
            "entities": self._entities + standing,
            "lines": [line.data() for line in self._lines],
            "piles": self._piles.track,
            "agents": [agent.data(self._costs) for agent in self._agents],
            "made": [[item, m.track, h.track] for item, (m, h) in sorted(self._made.items())],
            "events": self._events,
            **self.artist.data(),
        }


class _Entity:
    """One entity, from the step in which it is first seen."""

    def __init__(self, step: int, e: Any, look: Any, left: int, top: int) -> None:
        self._fixed = {
            "name": look.name,
            "kind": look.kind,
            "from": step,
            "x": int(e["x"]),
            "y": int(e["y"]),
            "box": [left, top, look.width, look.height],
            "owner": int(e["owner"]) - 1,
            "built": int(e["built"]),
        }
        self._numbers: dict[str, Numbers] = {}
        self._contents: dict[str, Values] = {}

    def look(self, step: int, o: Tables, e: Any, sprite: int, artist: Artist) -> None:
        kind = int(e["kind"])
        self._put(step, "look", sprite)
        if kind == k.KIND_BELT:
            belt = o.belt[int(e["belt"]) - 1]
            self._put(step, "direction", int(e["direction"]))
            self._put(step, "bend", int(belt["bend"]))
            for lane in (0, 1):
                self._put(step, f"line{lane}", int(belt["line"][lane]) - 1)
                self._put(step, f"start{lane}", int(belt["start"][lane]))
        elif kind == k.KIND_CHEST:
            self._put_items(step, "chest", _contents(o, int(e["slot"]), int(e["slots"])), artist)
        elif kind in MACHINES:
            self._look_at_machine(step, o, e, artist)

    def _look_at_machine(self, step: int, o: Tables, e: Any, artist: Artist) -> None:
        first = int(e["slot"])
        for name in INVENTORIES:
            slots = int(e[f"{name}_slots"])
            if slots:
                self._put_items(step, name, _contents(o, first, slots), artist)
            first += slots
        for name in ("direction", "status", "finished"):
            self._put(step, name, int(e[name]))
        self._put(step, "energy", int(e["shown_energy"]))
        self._put(step, "progress", int(e["shown_progress"]))
        burning = int(e["burning_item"])
        self._put(step, "burning", burning)
        self._put(step, "left", int(e["shown_burning"]) if burning else 0)
        artist.fuel(burning, o)
        artist.status(int(e["status"]))
        if int(e["kind"]) == k.KIND_INSERTER:
            for name in ("held", "hand_x", "hand_y"):
                self._put(step, name, int(e[name]))
            artist.items([int(e["held"])])

    def _put(self, step: int, name: str, value: int) -> None:
        self._numbers.setdefault(name, Numbers()).put(step, value)

    def _put_items(self, step: int, name: str, items: list[int], artist: Artist) -> None:
        artist.items(items[::2])
        self._contents.setdefault(name, Values()).put(step, items)

    def data(self, end: int | None) -> dict[str, Any]:
        """``end``: the step in which it is gone, None when it stands to the end."""
        return {
            **self._fixed,
            "to": end,
            "numbers": {name: numbers.track for name, numbers in self._numbers.items()},
            "contents": {name: values.track for name, values in self._contents.items()},
        }


class _Line:
    """A run of belt lanes with its items."""

    def __init__(self, step: int) -> None:
        self._from = step
        self._row, self._head, self._shift = Row(), Numbers(), Numbers()

    def look(self, step: int, o: Tables, number: int, there: bool, artist: Artist) -> None:
        line = o.line[number]
        first, last = (int(line["first"]), int(line["last"])) if there else (0, 0)
        kinds = o.lane_item["item_id"][first:last].astype(np.int64)
        self._row.put(step, kinds, o.lane_item["place"][first:last].astype(np.int64))
        self._head.put(step, max(0, int(line["head"]) - first) if there else 0)
        self._shift.put(step, int(line["shift"]) if there else 0)
        artist.items(np.unique(kinds).tolist())

    def data(self) -> dict[str, Any]:
        return {
            "from": self._from,
            "items": self._row.track,
            "head": self._head.track,
            "shift": self._shift.track,
        }


class _Agent:
    """One agent."""

    def __init__(self, index: int, artist: Artist) -> None:
        self._index, self._artist = index, artist
        self._numbers: dict[str, Numbers] = {}
        self._values = {name: Values() for name in ("activity", "did", "inventory", "result")}
        self._before: dict[str, int] = {}
        self._handled: list[tuple[int, dict[str, int]]] = []  # step, counters of `WORK`

    def look(
        self, step: int, o: Tables, result: dict[str, Any], counted: dict[str, np.ndarray]
    ) -> None:
        row = o.character[self._index]
        own = {name: int(values[self._index]) for name, values in counted.items()}
        for name in ("active", "x", "y", "facing", "hand", "message"):
            self._put(step, name, int(row[name]))
        self._put(step, "share", round(256 * scene.progress_of(row)))
        for name in COUNTERS:
            self._put(step, name, own[name])
        inventory = _contents(o, int(row["slot"]), int(row["slots"]))
        activity = scene.activity_of(row)
        told = [result.get("type", ""), result["code"], result.get("detail", "")]
        self._values["activity"].put(step, activity)
        self._values["did"].put(step, self._did(own, activity))
        self._values["inventory"].put(step, inventory)
        self._values["result"].put(step, told)
        self._handled.append((step, {name: own[name] for name in WORK}))
        self._before = own
        self._artist.items([*inventory[::2], int(row["hand"])])
        self._artist.agent(self._index, int(row["facing"]), activity, int(row["hand"]))

    def _did(self, own: dict[str, int], activity: str) -> str:
        """What the agent did in the step that has just passed, in one word."""
        for name, word in DEEDS.items():
            if own[name] > self._before.get(name, own[name]):
                return word
        return "idle" if activity == "waiting" else activity

    def _put(self, step: int, name: str, value: int) -> None:
        self._numbers.setdefault(name, Numbers()).put(step, value)

    def data(self, costs: dict[str, float]) -> dict[str, Any]:
        """``costs``: the raw cost of an item that an agent has mined, crafted, built, inserted."""
        for step, handled in self._handled:
            self._put(step, "work", round(10 * sum(handled[name] * costs[name] for name in WORK)))
        return {
            "numbers": {name: numbers.track for name, numbers in self._numbers.items()},
            "values": {name: values.track for name, values in self._values.items()},
        }


def _contents(o: Tables, first: int, slots: int) -> list[int]:
    """``item, count, item, count, ...`` of some slots, each item once."""
    total: dict[int, int] = {}
    rows = o.slot[first : first + slots]
    for item, count in zip(rows["item_id"].tolist(), rows["count"].tolist(), strict=True):
        if item and count:
            total[item] = total.get(item, 0) + count
    return [number for pair in total.items() for number in pair]
