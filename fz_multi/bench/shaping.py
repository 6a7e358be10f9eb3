"""What the reference learner adds to the reward of `handoff` in training (``--shaping carry``).

It is *not* potential-based in the sense of Ng, Harada and Russell (1999): what an agent's situation
is worth, W, adds ``W(after) - W(before)``, without the discount and without taking all back at the
end, so an agent is paid for where it ends up, as the tasks' own terms "potential" do. (With the
discount and the end a critic that learns W takes its effect away.) Each agent has a W of its own.
Evaluations know nothing of it. It reads what is observable of the whole world, of which an agent
sees a part.

On the left bank W grows with drills that feed furnaces, and with furnaces that are fed; with the
plates that machines will make in time of the ore and fuel in them (most around the goal's number,
where a coal in the wrong machine costs the episode), more with plates that are made, in hand,
nearer to the shared chest (in tiles to walk), and most with those that have come through; and with
being at a furnace with plates, or at the iron, while it carries none. It is less while one more
coal would be of use in some machine, the less so the nearer the agent is to that with coal in hand.
On the right bank W grows with plates that wait, the nearer it is to the chest, and with those that
it carries, the nearer they are to the sink. The first time counts extra: on the left bringing a
plate to the chest, on the right coming to the chest, and bringing a plate to the sink. What the
task's term `handed` pays is taken back: it counts any item, and passing coal back and forth is
learned sooner than anything else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from fz_multi import planes as p
from fz_multi import prototypes as prototype_data
from fz_multi.engine.batch import Batch
from fz_multi.engine.constants import KIND_DRILL, KIND_FURNACE
from fz_multi.engine.groups import ENTITY_GROUPS, GROUP_STEP
from fz_multi.fields import slices
from fz_multi.options import Options
from fz_multi.task.plan import TERRAIN

PLATE = "iron-plate"
CHESTS = ("wooden-chest", "iron-chest")
# What a plate is worth on the left bank: to be made, made, in hand, at the chest, over;
PROMISED, MADE, AT_HAND, AT_CHEST, OVER = 0.12, 0.15, 0.17, 0.42, 0.62
# on the right bank: in the chest when one stands there, taken, at the sink, in it.
SEEN, TAKEN, AT_SINK, THERE = 0.06, 0.27, 0.4, 0.5
HOME = 2.0  # left bank: at the nearest furnace with plates (else the iron), or with some in hand
GO = 3.0  # with the first plate at the chest (left bank), at the sink (right bank)
COME = 3.0  # right bank: at the chest, or after the first plate
# each plate, of those made and yet to be made, from SHORT under the goal to SPARE over it;
ENOUGH, SHORT, SPARE = 0.8, 8, 3
SURE = 2.5  # more for those over it: some of what is promised comes to nothing
FEEDS, FED = 1.5, 1.0  # a drill on iron that drops into a furnace, a furnace that gets ore so
FOURTH = 4.0  # the fourth of them: with three one ends late
AWAY = 1.0  # what a drill costs that stands on no iron
# What it costs that a coal more would be of use in a machine; the nearer with a coal, the less.
LACK, AT_LACK, LACK_WAY = 2.0, 0.4, 12.0
USE = 3  # plates more that a coal must make for that
OTHER = 0.1  # right bank: what anything but plates in hand costs
READY = 0.15  # where the first must go (left: the chest, right: the sink): facing it, plate in hand
WAY = 50.0  # tiles from which on nearer is better
HANDED = 60  # items that the term `handed` counts
MOST = 54  # plates for which PROMISED is paid: what 12 coal can make
DEEP = 2  # coal in a drill that promises plates: more digs too long in one place
LATE = 1500  # ticks before the end from which a plate is made too late
COAL, DIG, SMELT = 4e6, 600e3, 288e3  # J; of an ore (150 kW for 4 s), of a plate (90 kW for 3.2 s)
DIGS, SMELTS = 0.25, 0.3125  # ore or plates a second
EAST, SOUTH = (0, 1, 1, 1, 0, -1, -1, -1), (-1, -1, 0, 1, 1, 1, 0, -1)  # of the eight directions


class Ways:
    """Tiles to walk between two tiles of a map whose land is the same for all seeds."""

    def __init__(self, plan: Any) -> None:
        if plan.turn or plan.mirror or any(spot.at for spot in plan.terrain):
            raise ValueError(f"map {plan.name}: its land changes with the seed")
        self.width, self.height = plan.width, plan.height
        land = np.full((self.height, self.width), plan.ground == TERRAIN["land"])
        for spot in plan.terrain:
            x0, y0, x1, y1 = (int(v) for v in spot.area)
            rows = slice(y0 + self.height // 2, y1 + self.height // 2)
            land[rows, x0 + self.width // 2 : x1 + self.width // 2] = spot.name == "land"
        self._land = land
        size = land.size
        self._tiles = np.full((size, size), WAY, np.float32)
        self._known = np.zeros(size, bool)

    def number(self, place: np.ndarray) -> np.ndarray:
        """Numbers of the tiles that hold some points [..., 2], from -1 to 1."""
        half = np.array([self.width / 2, self.height / 2])
        x, y = np.moveaxis(np.floor((place + 1) * half + 1e-4).astype(np.int64), -1, 0)
        return np.clip(y, 0, self.height - 1) * self.width + np.clip(x, 0, self.width - 1)

    def between(self, start: np.ndarray, end: np.ndarray) -> np.ndarray:
        """Tiles to walk; `WAY` at most."""
        for tile in np.unique(end[~self._known[end]]):
            self._spread(int(tile))
        return self._tiles[end, start]

    def _spread(self, end: int) -> None:
        land, seen = np.pad(self._land, 1), np.zeros((self.height + 2, self.width + 2), bool)
        seen.reshape(-1)[(end // self.width + 1) * (self.width + 2) + end % self.width + 1] = True
        for step in range(int(WAY)):
            new = self._tiles[end].reshape(self.height, self.width)
            new[seen[1:-1, 1:-1] & (new == WAY)] = step
            wide = seen[1:-1] | seen[:-2] | seen[2:]
            seen[1:-1, 1:-1] |= (wide[:, 1:-1] | wide[:, :-2] | wide[:, 2:]) & land[1:-1, 1:-1]
        self._known[end] = True


class Carry:
    """The shaping of `handoff`, for observations ``[envs, agents, ...]`` in the form ``grid``.

    ``batch``: the worlds of the environments.
    """

    def __init__(self, options: Options, batch: Batch) -> None:
        face, names = options.interface, list(options.interface.goal_names)
        points = ("shared", "sink", "iron")
        missing = [n for n in ("waiting", *(f"{n}_x" for n in points)) if n not in names]
        if missing or PLATE not in face.palette:
            raise ValueError(
                f"shaping='carry' is made for handoff; {options.task.name} has no {missing}"
            )
        self.ways = Ways(options.map.plan(options.variant, options.agents))
        self.machines = Machines(batch, options.task.max_ticks)
        self.own = slices(face.self_fields)
        self.plate, self.coal = (list(face.palette).index(name) for name in (PLATE, "coal"))
        self.points = {n: [names.index(f"{n}_x"), names.index(f"{n}_y")] for n in points}
        self.waiting, self.delivered = names.index("waiting"), names.index("delivered")
        self.target, self.middle = options.task.goals[0].at_least, face.window // 2
        kinds = [group.label for group in ENTITY_GROUPS]
        self.undo = next(term.weight for term in options.task.terms if term.name == "handed")
        self.chests = [GROUP_STEP * (1 + kinds.index(name)) for name in CHESTS]

    def begin(self, seen: Mapping[str, np.ndarray]) -> None:
        """Go on from here."""
        self.worth = self.look(seen)

    def step(self, seen: Mapping[str, np.ndarray], over: np.ndarray) -> np.ndarray:
        """What the step just made pays, float32[envs, agents]; nothing where an episode is over."""
        before, self.worth = self.worth, self.look(seen)
        return np.where(over[:, None], 0, self.worth - before).astype(np.float32)

    def _items(self, seen: Mapping[str, Any]) -> np.ndarray:
        octave = p.COUNT_OCTAVE / p.TOP
        return np.asarray(2 ** (seen["self"][..., self.own["inventory"]] / octave) - 1)

    def look(self, seen: Mapping[str, Any]) -> np.ndarray:
        """W [envs, agents]."""
        own, goal, items = seen["self"], seen["goal"], self._items(seen)
        plates = np.minimum(items[..., self.plate], self.target)
        some = plates > 0.5
        start = self.ways.number(own[..., self.own["map_position"]])
        chest, sink, iron = (self._near(start, goal[..., xy]) for xy in self.points.values())
        waiting, there = (self.target * goal[..., k] for k in (self.waiting, self.delivered))
        left = own[..., self.own["map_position"].start] < 0
        over = np.where(left, 0, plates).sum(1, keepdims=True) + waiting + there

        m = self.machines.look()
        fetch = self._nearest(start, m.filled, m.tiles)
        home = np.where(m.filled.any(1, keepdims=True), fetch, iron)
        ways = WAY * (1 - self._nearest(start, m.lacking, m.tiles))
        near = np.maximum(0, 1 - ways / LACK_WAY) * (items[..., self.coal] > 0.5)
        lack = m.lacking.any(1, keepdims=True) * (LACK - (LACK - AT_LACK) * near)
        rest = np.maximum(0, MOST - m.made - there[:, 0] - waiting[:, 0] - plates.sum(1))
        here = (PROMISED * np.minimum(m.promised, rest) + MADE * m.made)[:, None]
        here = here + plates * (AT_HAND + (AT_CHEST - AT_HAND) * chest) + OVER * over
        here += GO * np.where(over > 0.5, 1, chest * some)
        total = m.promised + m.made + there[:, 0] + waiting[:, 0] + plates.sum(1)
        over_goal = np.clip(total - self.target, -SHORT, SPARE)
        here += (ENOUGH * (over_goal + SHORT) + SURE * np.maximum(0, over_goal))[:, None]
        here += HOME * np.where(some, 1, home)
        built = FEEDS * m.feeding + FOURTH * (m.feeding > 3) + FED * m.fed - AWAY * m.away
        here += built[:, None] - lack

        far = plates * (TAKEN + (AT_SINK - TAKEN) * sink) + THERE * there
        far += chest * SEEN * waiting + COME * np.where(some | (there > 0.5), 1, chest)
        far += GO * np.where(there > 0.5, 1, sink * some)
        far -= OTHER * (items.sum(-1) - items[..., self.plate])

        first = np.where(left, over, there) < 0.5
        at = some & first & (np.where(left, chest, sink) > 1 - 1.5 / WAY)
        faces = np.isin(self._faced(seen)[..., p.ENTITY], self.chests)
        holds = own[..., self.own["hand"].start + 1 + self.plate]
        handed = np.minimum(self.machines.handed(), HANDED)[:, None]
        return np.where(left, here, far) + READY * at * (faces + holds) - self.undo * handed

    def _near(self, start: np.ndarray, point: np.ndarray) -> np.ndarray:
        return np.asarray(1 - self.ways.between(start, self.ways.number(point)) / WAY)

    def _nearest(self, start: np.ndarray, which: np.ndarray, tiles: np.ndarray) -> np.ndarray:
        """How near agents are to the nearest of some entities, [envs, agents]; -1: to none."""
        ways = self.ways.between(start[:, :, None], np.where(which, tiles, 0)[:, None])
        return np.asarray(np.where(which[:, None], 1 - ways / WAY, -1).max(2))

    def _faced(self, seen: Mapping[str, Any]) -> np.ndarray:
        """The tile that each agent faces, uint8[envs, agents, planes]."""
        faces = seen["self"][..., self.own["facing"]].argmax(-1)
        x, y = (self.middle + np.array(way)[faces] for way in (EAST, SOUTH))
        envs, agents = np.indices(faces.shape)
        return np.asarray(seen["grid"][envs, agents, y, x])


class Made(NamedTuple):
    """What machines make. Numbers of each environment [envs], and its entities [envs, rows]."""

    promised: np.ndarray  # plates that furnaces will make in time of what is in them and the drills
    made: np.ndarray  # plates that lie in furnaces
    feeding: np.ndarray  # drills on iron that drop into a furnace
    fed: np.ndarray  # furnaces into which one of these drops
    away: np.ndarray  # drills elsewhere
    filled: np.ndarray  # bool: furnaces in which plates lie
    lacking: np.ndarray  # bool: furnaces and fuelled drills for which one more coal is of use
    tiles: np.ndarray  # numbers of the tiles on which entities stand


class Machines:
    """What the machines of a batch of environments will make, from what is observable of them."""

    def __init__(self, batch: Batch, limit: int) -> None:
        self.batch, self.limit = batch, limit
        names = prototype_data.load()
        self.iron = names.entities["iron-ore"].id
        self.ore, self.plate = names.item_id("iron-ore"), names.item_id(PLATE)

    def handed(self) -> np.ndarray:
        """Items taken out of chests that another agent had put there, [envs]."""
        return np.asarray(self.batch.seen.agent["handed"].sum(1))

    def look(self) -> Made:
        """What there is to say of the machines now."""
        seen, e = self.batch.seen, self._rows()
        drill, furnace = e["kind"] == KIND_DRILL, e["kind"] == KIND_FURNACE
        first = np.where(drill | furnace, e["slot"].astype(np.int64), 0)  # fuel, source, result
        coal = e["shown_burning"] / COAL + self._count(first)
        seconds = np.maximum(0, self.limit - seen.header["tick"] - LATE) / 60
        good = drill & self._on_iron(e)
        goal = np.take_along_axis(seen.tile["entity"], self._drop(e), 1).astype(np.int64)
        digs = np.flatnonzero(good & (goal > 0))
        into = digs // e.shape[1] * e.shape[1] + goal.reshape(-1)[digs] - 1
        digs, into = (rows[furnace.reshape(-1)[into]] for rows in (digs, into))
        dug, more = (
            np.minimum(np.minimum(coal + k, DEEP) * COAL / DIG, seconds * DIGS).reshape(-1)[digs]
            for k in (0, 1)
        )
        ore = self._count(first + 1, self.ore) + (e["shown_progress"] > 0)
        ore = furnace * (ore + np.bincount(into, dug, e.size).reshape(e.shape))
        smelt, hot = (np.minimum((coal + k) * COAL / SMELT, seconds * SMELTS) for k in (0, 1))
        plates = np.minimum(ore, smelt)
        gain = np.minimum(ore, hot) - plates
        feed, burn, make = (number.reshape(-1)[into] for number in (ore, smelt, plates))
        gain.reshape(-1)[digs] = np.minimum(feed + more - dug, burn) - make
        made = np.where(furnace, self._count(first + 2, self.plate), 0)
        return Made(
            promised=plates.sum(1),
            made=made.sum(1),
            feeding=np.bincount(digs // e.shape[1], minlength=len(e)),
            fed=np.bincount(np.unique(into) // e.shape[1], minlength=len(e)),
            away=(drill & ~good).sum(1),
            filled=made > 0,
            lacking=(gain >= USE) & (furnace | (coal > 0)),
            tiles=self._tile(e["x"], e["y"]),
        )

    def _rows(self) -> Any:
        """The rows of the entities, [envs, rows]."""
        seen = self.batch.seen
        return seen.entity[:, : max(1, int(seen.header["entity_top"].max()))]

    def _count(self, index: np.ndarray, item: int = 0) -> np.ndarray:
        """Items in slots; of one kind, or of any."""
        slot = self.batch.seen.slot
        count = np.take_along_axis(slot["count"], index, 1)
        return count * (np.take_along_axis(slot["item_id"], index, 1) == item) if item else count

    def _on_iron(self, e: Any) -> np.ndarray:
        """Whether one of the four tiles around an entity's centre has iron ore."""
        deposit, width = self.batch.seen.tile["resource"], self.batch.width
        tile, out = self._tile(e["x"], e["y"]), np.zeros(e.shape, bool)
        for corner in (0, -1, -width, -width - 1):
            near = np.maximum(tile + corner, 0)
            out |= np.take_along_axis(deposit, near, 1) == self.iron
        return out

    def _drop(self, e: Any) -> np.ndarray:
        """Numbers of the tiles on which entities drop what they make."""
        way = self.batch.prototypes.kinds["drop"][e["proto"], e["direction"] >> 2]
        return self._tile(e["x"] + way[..., 0], e["y"] + way[..., 1])

    def _tile(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Numbers of the tiles that hold some points (in 1/256 tile)."""
        width, height = self.batch.width, self.batch.height
        x, y = (value.astype(np.int64) // 256 for value in (x, y))
        tile = (y + height // 2) * width + x + width // 2
        return np.asarray(np.clip(tile, 0, width * height - 1))


SHAPING = {"carry": Carry}
