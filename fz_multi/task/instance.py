"""One drawn map as plain data: what every backend builds the same world from."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

Area = tuple[int, int, int, int]  # x0, y0, x1, y1 in tiles: x0 <= x < x1, y0 <= y < y1


@dataclass(frozen=True, slots=True)
class EntitySpec:
    """An entity that stands on the map from the start. ``x``, ``y``: its centre in tiles."""

    name: str
    x: float
    y: float
    direction: int = 0  # 0 north, 4 east, 8 south, 12 west
    items: tuple[tuple[str, int], ...] = ()
    tag: str = ""


@dataclass(frozen=True, slots=True)
class AgentSpec:
    """Where an agent starts (tiles), with what, and in which group of the map."""

    x: float
    y: float
    items: tuple[tuple[str, int], ...] = ()
    group: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class MapInstance:
    """One drawn map.

    ``terrain`` uint8[height, width] (0 land, 1 water, 2 void); ``resource`` uint8[height, width],
    place in ``resource_names`` + 1 (0 = none); ``amount`` int32[height, width]; ``goal``
    uint8[height, width], number of the area that is shown there (0 = none). ``areas`` holds the
    named areas, each tagged entity's tile included.
    """

    name: str
    variant: str
    width: int
    height: int
    terrain: np.ndarray
    resource: np.ndarray
    amount: np.ndarray
    goal: np.ndarray
    resource_names: tuple[str, ...]
    entities: tuple[EntitySpec, ...]
    agents: tuple[AgentSpec, ...]
    areas: Mapping[str, Area] = field(default_factory=dict)
    split: str = "train"
    seed: int = 0

    @property
    def left(self) -> int:
        """Tile coordinate of the west edge."""
        return -(self.width // 2)

    @property
    def top(self) -> int:
        """Tile coordinate of the north edge."""
        return -(self.height // 2)

    def layout(self) -> bytes:
        """A digest of the world without the agents: the same when two seeds draw the same map."""
        digest = hashlib.sha256(repr((self.width, self.height, self.resource_names)).encode())
        for array in (self.terrain, self.resource, self.amount, self.goal):
            digest.update(array.tobytes())
        for text in sorted(repr(spec) for spec in self.entities):
            digest.update(text.encode())
        return digest.digest()
