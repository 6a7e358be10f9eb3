"""Spaces: what an agent sees and can do as Gymnasium spaces, and the arrays that kernels fill.

>>> interface = Interface(get_task("two_cells"), prototypes=load())
>>> interface.observation_space.shape, interface.action_space
((2004,), Discrete(20))

One `Interface` serves all agents and all worlds of a batch. Kernels write a uint8 grid, a float32
vector and an int8 mask for each agent (`Buffers`); `Interface.pack` makes the observation of one
agent from them, in fresh arrays, in any form:

========  ===========================================================================
flat      ``Box(float32)``: grid / 254, then self, team, goal
masked    ``{"observation": flat, "action_mask": int8}``
grid      ``{"grid", "self", "team", "goal"}``, and ``"action_mask"`` with ``mask_in="obs"``
========  ===========================================================================
"""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium import spaces as gym

from . import actions, fields, planes
from .engine.tables import COMMAND

OBSERVATIONS = ("flat", "masked", "grid")
ACTIONS = ("discrete", "multidiscrete")
MASKS = ("info", "obs", "none")
LAYOUTS = ("hwc", "chw")
GRID_DTYPES = ("uint8", "float32")
WINDOWS = (3, 129)  # tiles
MAX_PALETTE = 64
MAX_RECIPES = 64
TOP = np.float32(planes.TOP)


@dataclass(frozen=True, slots=True)
class Buffers:
    """What a batch of worlds exchanges with the kernels, one array each, C-contiguous."""

    actions: np.ndarray  # int64[worlds, agents, heads]
    commands: np.recarray  # COMMAND[worlds, agents]
    codes: np.ndarray  # int32[worlds, agents]: 0, or the code with which the interface refused
    only_wait: np.ndarray  # uint8[worlds]: 1 in a final window
    goal: np.ndarray  # float32[worlds, 8]
    time_left: np.ndarray  # float32[worlds]
    marks: np.ndarray  # uint8[worlds, tiles + MARK_CELLS] (planes.py), or [worlds, 0] without marks
    grid: np.ndarray  # uint8[worlds, agents, window, window, 16]
    vector: np.ndarray  # float32[worlds, agents, numbers]: (grid / 254,) self, team, goal
    mask: np.ndarray  # int8[worlds, agents, n], n = 0 with mask_in="none"
    state: np.ndarray  # float32[worlds, numbers]
    scratch: np.ndarray  # int64[worlds, n], of the kernels
    draft: np.recarray  # COMMAND[worlds], the same

    def mark(self, k: int, areas: np.ndarray) -> None:
        """Show areas in the plane of goals of world k.

        ``areas``: uint8[height, width], the number of the area that is shown on a tile (0 = none).
        """
        height, width = areas.shape
        tiles, found = self.marks[k, : -planes.MARK_CELLS], self.marks[k, -planes.MARK_CELLS :]
        tiles[:] = np.minimum(areas.reshape(-1).astype(int) * planes.MARK_STEP, planes.MARK_MOST)
        found[:] = 0
        y, x = np.nonzero(areas)
        cells = np.uint8(1) << (x // planes.eighth(width)).astype(np.uint8)
        np.bitwise_or.at(found, y // planes.eighth(height), cells)

    def arrays(self) -> dict[str, np.ndarray]:
        """All of them, and the flat views that kernels write, for a `desk.Desk`."""
        return {
            **{field.name: getattr(self, field.name) for field in dataclasses.fields(self)},
            "cells": self.grid.reshape(-1).view(np.int64),
            "numbers": self.vector.reshape(-1),
        }


def choice(name: str, value: Any, allowed: Sequence[str]) -> str:
    """The value, or a ValueError that names what is allowed."""
    if isinstance(value, str) and value in allowed:
        return value
    raise ValueError(f"{name}={value!r}; allowed: {', '.join(map(repr, allowed))}")


class Interface:
    """The spaces of a task in one form, and everything that goes with them.

    ``task`` gives palette, hand_recipes, machine_recipes, channel and goal_names. Raises
    ValueError for an option or a name that does not exist; the message says what is allowed.
    The space attributes are the same objects for as long as the interface lives.
    """

    def __init__(
        self,
        task: Any,
        *,
        prototypes: Any,
        observation: str = "flat",
        action: str = "discrete",
        mask_in: str = "info",
        layout: str = "hwc",
        grid_dtype: str = "uint8",
        window: int = 11,
    ) -> None:
        self.observation = choice("observation", observation, OBSERVATIONS)
        self.action = choice("action", action, ACTIONS)
        self.mask_in = _mask_in(self.observation, choice("mask_in", mask_in, MASKS))
        self.layout = choice("layout", layout, LAYOUTS)
        self.grid_dtype = choice("grid_dtype", grid_dtype, GRID_DTYPES)
        self.window = _window(window)
        self.multi = self.action == "multidiscrete"
        self.n_grid = self.window * self.window * planes.PLANES
        self.numbers_at = 0 if self.observation == "grid" else self.n_grid
        self._name_parts(task, prototypes)
        self.config = self._config(prototypes)
        self._make_spaces()

    # -- parts ------------------------------------------------------------------------------------

    def _name_parts(self, task: Any, prototypes: Any) -> None:
        self.palette = _names("palette", task.palette, prototypes.items, MAX_PALETTE)
        recipes = prototypes.recipes
        self.hand_recipes = _names("hand_recipes", task.hand_recipes, recipes, MAX_RECIPES)
        self.machine_recipes = _names("machine_recipes", task.machine_recipes, recipes, MAX_RECIPES)
        self.goal_names = tuple(task.goal_names)
        if len(self.goal_names) > fields.MAX_GOALS:
            raise ValueError(
                f"goal_names: {len(self.goal_names)} names; at most {fields.MAX_GOALS} are allowed"
            )
        self.symbols = fields.SYMBOLS if task.channel else 0
        parts = (self.palette, self.hand_recipes, self.machine_recipes, self.symbols)
        self.actions = fields.action_list(*parts)
        self.heads = fields.head_list(*parts)
        self.action_names = tuple(entry.name for entry in self.actions)
        self._index = {name: k for k, name in enumerate(self.action_names)}
        self.nvec = tuple(len(names) for _, names in self.heads)
        self.n_actions = sum(self.nvec) if self.multi else len(self.actions)
        self.self_fields = fields.self_fields(self.palette, self.symbols)
        self.team_fields = fields.team_fields(self.symbols)
        self.goal_fields = fields.goal_fields(self.goal_names)
        self.state_fields = fields.state_fields(self.palette, self.goal_names)

    def _config(self, prototypes: Any) -> np.ndarray:
        """The numbers that the kernels read (``actions.py`` has the places)."""
        palette = [prototypes.item_id(name) for name in self.palette]
        hand = [prototypes.recipe_id(name) for name in self.hand_recipes]
        machine = [prototypes.recipe_id(name) for name in self.machine_recipes]
        index = [0] * (len(prototypes.items) + 1)
        for place, item in enumerate(palette, start=1):
            index[item] = place
        head = [0] * actions.CONFIG_HEAD
        head[actions.NUMBERS_AT] = self.numbers_at
        head[actions.MULTI] = int(self.multi)
        head[actions.CHOICES] = self.n_actions
        head[actions.PALETTE] = len(palette)
        head[actions.HAND_RECIPES] = len(hand)
        head[actions.MACHINE_RECIPES] = len(machine)
        head[actions.SYMBOLS] = self.symbols
        at = actions.CONFIG_HEAD
        for place, part in (
            (actions.PALETTE_AT, palette),
            (actions.HAND_AT, hand),
            (actions.MACHINE_AT, machine),
            (actions.INDEX_AT, index),
        ):
            head[place] = at
            at += len(part)
            head += part
        return np.array(head, np.int64)

    def _make_spaces(self) -> None:
        self.parts = {
            "self": _box(self.self_fields),
            "team": _box(self.team_fields),
            "goal": _box(self.goal_fields),
        }
        sizes = [space.shape[0] for space in self.parts.values()]
        ends = np.cumsum(sizes)
        self.slices = {
            name: slice(int(end) - size, int(end))
            for name, size, end in zip(self.parts, sizes, ends, strict=True)
        }
        self.n_vector = int(ends[-1])
        self.state_space = _box(self.state_fields)
        self.mask_space = gym.Box(0, 1, (self.n_actions,), np.int8)
        self.action_space = (
            gym.MultiDiscrete(np.array(self.nvec)) if self.multi else gym.Discrete(self.n_actions)
        )
        self.observation_space, self.pack = self._form()

    def _flat_space(self) -> gym.Box:
        low = np.concatenate([np.zeros(self.n_grid), *(s.low for s in self.parts.values())])
        high = np.ones(self.n_grid + self.n_vector)
        return gym.Box(low.astype(np.float32), high.astype(np.float32), dtype=np.float32)

    def _grid_space(self) -> gym.Box:
        shape: tuple[int, ...] = (self.window, self.window, planes.PLANES)
        if self.layout == "chw":
            shape = (planes.PLANES, self.window, self.window)
        if self.grid_dtype == "uint8":
            return gym.Box(0, planes.TOP, shape, np.uint8)
        return gym.Box(0.0, 1.0, shape, np.float32)

    def _form(self) -> tuple[gym.Space, Callable[..., Any]]:
        """The observation space, and what makes an observation of one agent."""
        if self.observation == "flat":
            return self._flat_space(), self._pack_flat
        if self.observation == "masked":
            masked: dict[str, gym.Space] = {
                "observation": self._flat_space(),
                "action_mask": self.mask_space,
            }
            return gym.Dict(masked), self._pack_masked
        parts: dict[str, gym.Space] = {"grid": self._grid_space(), **self.parts}
        if self.mask_in == "obs":
            parts["action_mask"] = self.mask_space
        return gym.Dict(parts), self._pack_grid

    # -- observations -----------------------------------------------------------------------------

    def _pack_flat(
        self, grid: np.ndarray, vector: np.ndarray, mask: np.ndarray, k: int, a: int
    ) -> np.ndarray:
        return vector[k, a].copy()

    def _pack_masked(
        self, grid: np.ndarray, vector: np.ndarray, mask: np.ndarray, k: int, a: int
    ) -> dict[str, np.ndarray]:
        return {"observation": vector[k, a].copy(), "action_mask": mask[k, a].copy()}

    def _pack_grid(
        self, grid: np.ndarray, vector: np.ndarray, mask: np.ndarray, k: int, a: int
    ) -> dict[str, np.ndarray]:
        cells = grid[k, a]
        if self.layout == "chw":
            cells = cells.transpose(2, 0, 1)
        if self.grid_dtype == "uint8":
            out = {"grid": np.array(cells, order="C")}
        else:
            out = {"grid": np.divide(cells, TOP, dtype=np.float32, order="C")}
        for name, part in self.slices.items():
            out[name] = vector[k, a, part].copy()
        if self.mask_in == "obs":
            out["action_mask"] = mask[k, a].copy()
        return out

    def buffers(self, worlds: int, agents: int, tiles: int = 0) -> Buffers:
        """Zeroed arrays for a batch; ``tiles`` (width x height) when the task marks tiles."""
        n = 0 if self.mask_in == "none" else self.n_actions
        heads = len(self.nvec) if self.multi else 1
        return Buffers(
            actions=np.zeros((worlds, agents, heads), np.int64),
            commands=np.zeros((worlds, agents), COMMAND).view(np.recarray),
            codes=np.zeros((worlds, agents), np.int32),
            only_wait=np.zeros(worlds, np.uint8),
            goal=np.zeros((worlds, fields.MAX_GOALS), np.float32),
            time_left=np.zeros(worlds, np.float32),
            marks=np.zeros((worlds, tiles + planes.MARK_CELLS if tiles else 0), np.uint8),
            grid=np.zeros((worlds, agents, self.window, self.window, planes.PLANES), np.uint8),
            vector=np.zeros((worlds, agents, self.numbers_at + self.n_vector), np.float32),
            mask=np.zeros((worlds, agents, n), np.int8),
            state=np.zeros((worlds, self.state_space.shape[0]), np.float32),
            scratch=np.zeros((worlds, planes.MEMO + 4 + len(self.palette) + 1), np.int64),
            draft=np.zeros(worlds, COMMAND).view(np.recarray),
        )

    # -- actions ----------------------------------------------------------------------------------

    def index_of(self, name: str) -> int:
        """Number of a discrete action by its name, such as "hold coal"; ValueError for another."""
        if name in self._index:
            return self._index[name]
        close = difflib.get_close_matches(str(name), self._index, n=3, cutoff=0.6)
        hint = f"did you mean {' or '.join(map(repr, close))}? " if close else ""
        raise ValueError(f"no action is called {name!r}; {hint}actions: {', '.join(self._index)}")

    def read_action(self, action: Any, out: np.ndarray) -> None:
        """Check one agent's action and write it to ``out`` int64[heads].

        Discrete: a whole number from 0 to n_actions - 1. Multidiscrete: four of them, within nvec.
        Raises ValueError that says so, and leaves ``out`` as it was.
        """
        if type(action) is int and not self.multi and 0 <= action < self.n_actions:
            out[0] = action  # the plain case, quickly
            return
        numbers = _whole_numbers(action)
        limits = self.nvec if self.multi else (self.n_actions,)
        if numbers is not None and numbers.size == len(limits):
            right_shape = numbers.shape == (4,) if self.multi else numbers.ndim < 2
            flat = numbers.reshape(-1)
            if right_shape and all(0 <= n < end for n, end in zip(flat, limits, strict=True)):
                out[:] = flat
                return
        if self.multi:
            raise ValueError(
                f"an action is 4 whole numbers [movement, interaction, target, item], each from 0 "
                f"and below {list(self.nvec)}; got {_short(action)}"
            )
        raise ValueError(
            f"an action is a whole number from 0 to {self.n_actions - 1}; got {_short(action)}"
        )


def _mask_in(observation: str, mask_in: str) -> str:
    """Where the mask really goes: one place only."""
    if observation == "masked":
        if mask_in == "none":
            raise ValueError(
                'observation="masked" holds the mask; allowed with mask_in="none": "flat", "grid"'
            )
        return "obs"
    if observation == "flat" and mask_in == "obs":
        raise ValueError('mask_in="obs" needs a Dict: use observation="masked" or "grid"')
    return mask_in


def _window(window: Any) -> int:
    low, high = WINDOWS
    whole = isinstance(window, int | np.integer) and not isinstance(window, bool)
    if whole and low <= window <= high and window % 2 == 1:
        return int(window)
    raise ValueError(f"window={window!r}; allowed: an odd number of tiles from {low} to {high}")


def _names(what: str, names: Any, known: Any, most: int) -> tuple[str, ...]:
    if isinstance(names, str):
        raise ValueError(f"{what} is a sequence of names, got the text {names!r}")
    names = tuple(names)
    if len(names) > most:
        raise ValueError(f"{what}: {len(names)} names; at most {most} are allowed")
    if len(set(names)) != len(names):
        raise ValueError(f"{what}: a name stands there twice: {', '.join(map(str, names))}")
    for name in names:
        if not isinstance(name, str) or name not in known:
            close = difflib.get_close_matches(str(name), known, n=3, cutoff=0.6)
            hint = f" (did you mean {' or '.join(close)}?)" if close else ""
            raise ValueError(f"{what}: unknown name {_short(name)}{hint}")
    return names


def _whole_numbers(value: Any) -> np.ndarray | None:
    """The value as an integer array, or None when it is not made of whole numbers."""
    try:
        array = np.asarray(value)
    except (TypeError, ValueError):  # ragged
        return None
    if array.dtype.kind == "f" and bool((np.abs(array) < 2**53).all()):
        whole = array.astype(np.int64)
        return whole if bool((whole == array).all()) else None
    return array if array.dtype.kind in "iu" else None


def _box(entries: Sequence[fields.Field]) -> gym.Box:
    low = np.concatenate([np.full(field.size, field.low, np.float32) for field in entries])
    return gym.Box(low, np.ones(len(low), np.float32), dtype=np.float32)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
