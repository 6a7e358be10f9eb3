"""What the reference learner adds to the reward of `handoff` in training (``--shaping carry``).

It is *not* potential-based in the sense of Ng, Harada and Russell (1999): what an agent's situation
is worth, W, adds ``W(after) - W(before)``, without the discount and without taking all back at the
end, so an agent is paid for where it ends up, as the tasks' own terms "potential" do. (With the
discount and the end a critic that learns W takes its effect away.) Each agent has a W of its own.
Evaluations know nothing of it.

On the left bank W grows with plates in hand, the nearer they are to the shared chest (in tiles to
walk), most with those that have come through, and with being at the iron while it has no plates. On
the right bank W grows with plates that wait, the nearer it is to the chest, and with those that it
carries, the nearer they are to the sink; before its first plate with being near the chest.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from fz_multi import planes as p
from fz_multi.engine.groups import ENTITY_GROUPS, GROUP_STEP
from fz_multi.fields import slices
from fz_multi.options import Options
from fz_multi.task.plan import TERRAIN

PLATE = "iron-plate"
CHESTS = ("wooden-chest", "iron-chest")
# What a plate is worth on the left bank: just taken, at the chest, past it;
AT_HAND, AT_CHEST, OVER = 0.02, 0.25, 0.35
# on the right bank: in the chest when one stands there, taken, at the sink, in it.
SEEN, TAKEN, AT_SINK, THERE = 0.06, 0.27, 0.4, 0.5
HOME = 0.8  # left bank: at the iron without plates, or with some
COME = 3.0  # right bank: at the chest, or after the first plate
OTHER = 0.1  # right bank: what anything but plates in hand costs
READY = 0.1  # where plates must go (left: the chest, right: the sink): facing it, plate in hand
WAY = 50.0  # tiles from which on nearer is better


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
    """The shaping of `handoff`, for observations ``[envs, agents, ...]`` in the form ``grid``."""

    def __init__(self, options: Options) -> None:
        face, names = options.interface, list(options.interface.goal_names)
        points = ("shared", "sink", "iron")
        missing = [n for n in ("waiting", *(f"{n}_x" for n in points)) if n not in names]
        if missing or PLATE not in face.palette:
            raise ValueError(
                f"shaping='carry' is made for handoff; {options.task.name} has no {missing}"
            )
        self.ways = Ways(options.map.plan(options.variant, options.agents))
        self.own = slices(face.self_fields)
        self.plate = list(face.palette).index(PLATE)
        self.points = {n: [names.index(f"{n}_x"), names.index(f"{n}_y")] for n in points}
        self.waiting, self.delivered = names.index("waiting"), names.index("delivered")
        self.target, self.middle = options.task.goals[0].at_least, face.window // 2
        kinds = [group.label for group in ENTITY_GROUPS]
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
        start = self.ways.number(own[..., self.own["map_position"]])
        chest, sink, iron = (self._near(start, goal[..., xy]) for xy in self.points.values())
        waiting, there = (self.target * goal[..., k] for k in (self.waiting, self.delivered))
        left = own[..., self.own["map_position"].start] < 0
        over = np.where(left, 0, plates).sum(1, keepdims=True) + waiting + there
        here = plates * (AT_HAND + (AT_CHEST - AT_HAND) * chest) + OVER * over
        here += HOME * np.where(plates > 0.5, 1, iron)
        far = plates * (TAKEN + (AT_SINK - TAKEN) * sink) + THERE * there
        far += chest * SEEN * waiting + COME * np.where((plates > 0.5) | (there > 0.5), 1, chest)
        far -= OTHER * (items.sum(-1) - items[..., self.plate])
        ready = (plates > 0.5) & (np.where(left, chest, sink) > 1 - 1.5 / WAY)
        faces = np.isin(self._faced(seen)[..., p.ENTITY], self.chests)
        holds = own[..., self.own["hand"].start + 1 + self.plate]
        return np.where(left, here, far) + READY * ready * (faces + holds)

    def _near(self, start: np.ndarray, point: np.ndarray) -> np.ndarray:
        return np.asarray(1 - self.ways.between(start, self.ways.number(point)) / WAY)

    def _faced(self, seen: Mapping[str, Any]) -> np.ndarray:
        """The tile that each agent faces, uint8[envs, agents, planes]."""
        faces = seen["self"][..., self.own["facing"]].argmax(-1)
        x, y = (self.middle + np.array(way)[faces] for way in (EAST, SOUTH))
        envs, agents = np.indices(faces.shape)
        return np.asarray(seen["grid"][envs, agents, y, x])


EAST, SOUTH = (0, 1, 1, 1, 0, -1, -1, -1), (-1, -1, 0, 1, 1, 1, 0, -1)  # of the eight directions
SHAPING = {"carry": Carry}
