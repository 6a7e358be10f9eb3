"""Numbers for a network, from observations in the form ``grid``: what the reference learner sees.

Everything is turned so that the agent looks north (or northeast): what it learns about the tile
on its right holds in all four directions. Tiles become numbers of 0 and 1 of what the task can have
there, counts one for each step of `COUNTS` that they reach. Points of the task (``<name>_x``,
``<name>_y``) become offsets from the agent. Actions are turned in the same way.

Nothing here knows a task: names come from its palette, its map and its numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numba
import numpy as np

from fz_multi import planes as p
from fz_multi import prototypes as prototype_data
from fz_multi.actions import MOVE
from fz_multi.engine.constants import STATUS_NAMES
from fz_multi.engine.groups import DEPOSIT_GROUPS, DEPOSIT_STEP, entity_values, item_values
from fz_multi.fields import slices
from fz_multi.options import Options

STATUSES = (
    "working",
    "no_fuel",
    "no_ingredients",
    "full_output",
    "waiting_for_source_items",
    "waiting_for_space_in_destination",
    "no_minable_resources",
)
COUNTS = (1, 2, 3, 5, 10, 20, 50)
COUNTED = {"fuel": p.FUEL, "source": p.SOURCE, "result": p.RESULT}
LEVELS = {"amount": p.AMOUNT, "progress": p.PROGRESS}


# A number of a tile: its name, plane, and the values (from, up to) that set it; None: the value.
Channel = tuple[str, int, int | None, int]
AREAS = 6  # marks of shown areas


class Features:
    """Makes the network's input of one task and window. ``options``: of the environment.
    ``talk``: whether messages may be said; without it the masks forbid them.

    ``n_tiles``: numbers of the grid (uint8, 254 = 1), ``n_numbers``: others (float32).
    """

    def __init__(self, options: Options, talk: bool = False) -> None:
        face = options.interface
        if face.multi:
            raise ValueError('the reference learner needs action="discrete"')
        if face.observation == "grid" and (face.layout, face.grid_dtype) != ("hwc", "uint8"):
            raise ValueError('the reference learner needs layout="hwc" and grid_dtype="uint8"')
        self._face = face
        octave = p.COUNT_OCTAVE / p.TOP  # of the inventory's scale
        self._counts = [octave * np.log2(1 + count) for count in COUNTS]
        self.window, self.n_actions = face.window, face.n_actions
        self._silent = [k for k, n in enumerate(face.action_names) if n.startswith("say ")]
        if talk:
            self._silent = []
        plan = options.map.plan(options.variant, options.agents)
        self._half = np.array([plan.width / 2, plan.height / 2], np.float32)
        self._self, self._team = slices(face.self_fields), slices(face.team_fields)
        names = [name for name in face.goal_names if name.endswith("_x")]
        self._points = [
            (face.goal_names.index(x), face.goal_names.index(f"{x[:-2]}_y"))
            for x in names
            if f"{x[:-2]}_y" in face.goal_names
        ]
        self._mates = [name[:-8] for name in self._team if name.endswith("_present")]
        self._lay_out(_channels(options, plan, len(options.task.shows)))
        self.n_numbers = self.numbers(_nothing(face), np.zeros(1, np.int64), 0).shape[1]
        self.n_numbers += self.n_actions  # the mask

    def _lay_out(self, channels: list[Channel]) -> None:
        """Where each channel of each tile goes: tables for `_write`."""
        w, reach = self.window, self.window // 2
        y, x = np.divmod(np.arange(w * w), w)
        bits = np.full((p.PLANES, 256, len(COUNTS)), -1, np.int64)
        level = np.full(p.PLANES, -1, np.int64)
        size = 0
        for _, plane, low, high in channels:
            if low is None:
                level[plane] = size
            else:
                for value in range(low, high):
                    bits[plane, value, np.argmin(bits[plane, value])] = size
            size += 1
        used = np.flatnonzero((bits >= 0).any((1, 2)) | (level >= 0))
        turned = []
        for quarter in range(4):  # the tile that stands at (x, y) once the window is turned
            a, b = x - reach, y - reach
            for _ in range(quarter):
                a, b = -b, a
            turned.append((b + reach) * w + a + reach)
        self.n_tiles = -(-w * w * size // 8) * 8  # in words of 8
        self._tables = np.array(turned), used, size, bits, level

    # -- what a network sees -----------------------------------------------------------------------
    def parts(self, observation: Any) -> dict[str, np.ndarray]:
        """One agent's observation, in any form, as the parts of the form ``grid``, one row each."""
        if isinstance(observation, Mapping) and "grid" in observation:
            return {k: np.asarray(observation[k])[None] for k in ("grid", "self", "team", "goal")}
        flat = observation["observation"] if isinstance(observation, Mapping) else observation
        face, flat = self._face, np.asarray(flat)[None]
        cells = np.rint(flat[:, : face.n_grid] * p.TOP).astype(np.uint8)
        out = {name: flat[:, face.n_grid :][:, part] for name, part in face.slices.items()}
        return out | {"grid": cells.reshape(1, self.window, self.window, p.PLANES)}

    def quarter(self, own: np.ndarray) -> np.ndarray:
        """Quarters of a turn by which each agent is turned, from the part ``self`` [rows, n]."""
        return np.asarray(own[:, self._self["facing"]].argmax(1) >> 1, np.int64)

    def tiles(self, grid: np.ndarray, quarter: np.ndarray) -> np.ndarray:
        """uint8[rows, n_tiles] of grids uint8[rows, window, window, planes]."""
        out = np.zeros((len(grid), self.n_tiles), np.uint8)
        _write(grid.reshape(len(grid), -1, p.PLANES), quarter, *self._tables, out)
        return out

    def numbers(
        self, seen: Mapping[str, np.ndarray], quarter: np.ndarray, index: Any
    ) -> np.ndarray:
        """float32[rows, n]: the parts ``self``, ``team`` and ``goal``, turned.

        ``index``: number of each agent in its team.
        """
        own, team, goal = seen["self"], seen["team"], seen["goal"]
        parts = [np.eye(4, dtype=np.float32)[quarter]]
        for name, part in self._self.items():
            if name == "facing":
                parts.append(own[:, part][:, 1::2].sum(1, keepdims=True))  # diagonal
            elif name in ("tile_offset", "map_position"):
                parts.append(_turn(own[:, part], quarter))
            else:
                parts.append(own[:, part])
        inventory = own[:, self._self["inventory"]]
        parts += [(inventory > count - 1e-3).astype(np.float32) for count in self._counts]
        for mate in self._mates:
            for name in ("offset", "facing"):
                parts.append(_turn(team[:, self._team[f"{mate}_{name}"]], quarter))
            start = self._team[f"{mate}_facing"].stop
            parts.append(team[:, self._team[f"{mate}_present"]])
            parts.append(team[:, start : start + self._team_rest])
        parts.append(team[:, self._team["team_size"]])
        parts.append(goal)
        place = own[:, self._self["map_position"]]
        for x, y in self._points:
            way = _turn((goal[:, [x, y]] - place) * self._half, quarter)
            parts += [np.clip(way / 32, -1, 1), np.tanh(way / 4), np.abs(np.tanh(way / 4))]
        rows = len(own)
        parity = np.broadcast_to(np.asarray(index) % 2, (rows,)).astype(np.float32)
        return np.concatenate([*parts, parity[:, None]], axis=1, dtype=np.float32)

    @property
    def _team_rest(self) -> int:
        """Numbers of a teammate after its facing: hand, activity, and what it said."""
        first = self._mates[0]
        end = self._team[f"{first}_said"].stop if f"{first}_said" in self._team else None
        return (end or self._team[f"{first}_activity"].stop) - self._team[f"{first}_facing"].stop

    def inputs(
        self, seen: Mapping[str, np.ndarray], mask: np.ndarray, index: np.ndarray
    ) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """All that the network takes, of agents [rows, ...], and how they are turned.

        ``tiles`` uint8, ``numbers`` float32 (the mask among them) and ``mask`` int8, of the turned
        actions.
        """
        quarter = self.quarter(seen["self"])
        turned = self.turn_mask(mask, quarter)
        numbers = self.numbers(seen, quarter, index)
        out = {
            "tiles": self.tiles(seen["grid"], quarter),
            "numbers": np.concatenate([numbers, turned], axis=1, dtype=np.float32),
            "mask": turned,
        }
        return out, quarter

    # -- what it does ------------------------------------------------------------------------------
    def turn_mask(self, mask: np.ndarray, quarter: np.ndarray) -> np.ndarray:
        """Masks [rows, actions] of the turned actions."""
        out = mask.copy()
        out[:, self._silent] = 0
        way = (np.arange(8)[None] + 2 * quarter[:, None]) % 8
        out[:, MOVE : MOVE + 8] = np.take_along_axis(mask[:, MOVE : MOVE + 8], way, axis=1)
        return out

    def turn_back(self, action: np.ndarray, quarter: np.ndarray) -> np.ndarray:
        """The environment's actions for turned ones, int64[rows]."""
        moves = (action >= MOVE) & (action < MOVE + 8)
        return np.where(moves, MOVE + (action - MOVE + 2 * quarter) % 8, action)


def _channels(options: Options, plan: Any, shown: int) -> list[Channel]:
    """What a tile can hold in a task."""
    numbers = prototype_data.load()
    things = {*options.task.palette, *(thing.spec.name for thing in plan.entities)}
    deposits = {spot.name for spot in plan.resources}
    out: list[Channel] = []

    def add(name: str, plane: int, value: int, width: int = 1) -> None:
        out.append((name, plane, value, value + width))

    if plan.terrain or plan.ground:
        add("water", p.TERRAIN, p.TERRAIN_STEP)
    add("outside", p.TERRAIN, 2 * p.TERRAIN_STEP)
    for k, group in enumerate(DEPOSIT_GROUPS, start=1):
        if group.names[0] in deposits:
            add(f"deposit {group.label}", p.DEPOSIT, k * DEPOSIT_STEP)
    entities, items = entity_values(numbers), item_values(numbers)
    standing = {n for n in things if n in numbers.entities and n not in deposits}
    for value in sorted({entities[numbers.entities[n].id] for n in standing}):
        add(f"entity {value}", p.ENTITY, value)
    for k in range(4):
        add(f"way {k}", p.DIRECTION, p.DIRECTION_STEP * (1 + 4 * k))
    for status in STATUSES:
        add(f"status {status}", p.STATUS, p.STATUS_STEP * STATUS_NAMES.index(status))
    for value in sorted({items[numbers.item_id(n)] for n in options.task.palette}):
        add(f"content {value}", p.CONTENT, value)
    count_level = getattr(p.level, "py_func", p.level)
    for name, plane in COUNTED.items():
        for count in COUNTS:
            low = int(count_level(count, p.COUNT_OCTAVE))
            add(f"{name} {count}", plane, low, 256 - low)
    out += [(name, plane, None, 0) for name, plane in LEVELS.items()]
    if any(name.endswith("transport-belt") for name in things):
        out += [("lane_1", p.LANE_1, None, 0), ("lane_2", p.LANE_2, None, 0)]
    add("teammate", p.AGENTS, 9 * p.AGENT_STEP, 8 * p.AGENT_STEP)  # whatever way it faces
    for k in range(1, min(shown, AREAS) + 1):
        add(f"goal {k}", p.GOAL, p.MARK_STEP * k)
    return out


def _nothing(face: Any) -> dict[str, np.ndarray]:
    return {name: np.zeros((1, space.shape[0]), np.float32) for name, space in face.parts.items()}


def _turn(way: np.ndarray, quarter: np.ndarray) -> np.ndarray:
    """Vectors [rows, 2] (x east, y south), turned back by quarters."""
    x, y = way[:, 0], way[:, 1]
    odd, sign = quarter & 1 != 0, np.where(quarter < 2, 1.0, -1.0).astype(np.float32)
    return np.stack([sign * np.where(odd, y, x), sign * np.where(odd, -x, y)], axis=1)


@numba.njit(nogil=True, cache=True)
def _write(cells, quarter, turned, used, size, bits, level, out):  # type: ignore[no-untyped-def]
    """Write the numbers of the tiles of some agents; ``out`` is zeroed."""
    for row in range(len(out)):
        for tile in range(turned.shape[1]):
            cell, at = cells[row, turned[quarter[row], tile]], size * tile
            for plane in used:
                value = np.int64(cell[plane])
                if value == 0:
                    continue
                if plane == 4:  # directions turn with the window
                    value = (value - 15 + 240 - 60 * quarter[row]) % 240 + 15
                for k in range(bits.shape[2]):
                    if bits[plane, value, k] < 0:
                        break
                    out[row, at + bits[plane, value, k]] = 254
                if level[plane] >= 0:
                    out[row, at + level[plane]] = value
