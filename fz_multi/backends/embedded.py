"""The embedded backend: one world of the engine, in this process."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from fz_multi import prototypes as prototype_data
from fz_multi.commands import CODES, RUNNING, Command
from fz_multi.engine import World
from fz_multi.engine.batch import Batch
from fz_multi.engine.encode import WAIT_ROW, explain, result_dict
from fz_multi.engine.shade import shade_all
from fz_multi.engine.tables import Tables
from fz_multi.task.checks import MapError
from fz_multi.task.instance import MapInstance

RANDOM_SEEDS = 1 << 31


class EmbeddedBackend:
    """See `fz_multi.backends.base.Backend`. It has no options."""

    compiled = True

    def __init__(self) -> None:
        self._world: World | None = None

    @property
    def world(self) -> World:
        """The world; RuntimeError before `reset`."""
        if self._world is None:
            raise RuntimeError("there is no world before reset()")
        return self._world

    @property
    def batch(self) -> Batch:
        return self.world.batch

    @property
    def book(self) -> np.ndarray:
        return self.world.batch.book

    @property
    def seen(self) -> Tables:
        return self.world.batch.seen

    @property
    def tick(self) -> int:
        return int(self.world.batch.seen.header["tick"][0, 0])

    def reset(self, instance: MapInstance, *, teleport: bool = False) -> None:
        """Build the world of a map; MapError when something cannot stand where the map has it."""
        world = World(instance.width, instance.height, seed=instance.seed % RANDOM_SEEDS)
        _lay_ground(world.batch, instance)
        world.batch.full.header["teleport"][0, 0] = int(teleport)
        try:
            for spec in instance.entities:
                built = world.create_entity(spec.name, (spec.x, spec.y), direction=spec.direction)
                for item, count in spec.items:
                    world.insert(built, item, count)
            for agent, start in enumerate(instance.agents):
                name = world.create_character(f"agent_{agent}", (start.x, start.y))
                for item, count in start.items:
                    world.give(name, item, count)
        except (ValueError, KeyError) as error:  # a name that is not there is a KeyError
            raise MapError(f"map {instance.name}: {error}") from None
        world.batch.make_room()
        world.batch.settle()
        self._world = world

    def make_room(self) -> None:
        """Grow tables until one more exchange fits."""
        self.batch.make_room()

    def exchange(self, commands: np.ndarray, ticks: int, codes: np.ndarray | None = None) -> None:
        self.world.batch.exchange(commands, ticks)

    def exchange_parsed(
        self,
        commands: Sequence[Command | None],
        ticks: int,
        codes: np.ndarray | None = None,
    ) -> None:
        given = {agent: command for agent, command in enumerate(commands) if command is not None}
        world = self.world
        world.batch.exchange_parsed(given, ticks, world.prototypes, others=WAIT_ROW)

    def result(self, agent: int, code: int) -> dict[str, Any]:
        if code > RUNNING:
            return {"type": "", "code": CODES[code], "detail": explain(CODES[code])}
        return {"detail": "", **result_dict(self.world.batch.full.result[0, agent])}

    def digest(self) -> str:
        return self.world.observable_digest()

    def snapshot(self) -> Any:
        return self.world.batch.snapshot()

    def restore(self, snapshot: Any) -> None:
        self.world.batch.restore(snapshot)

    def close(self) -> None:
        self._world = None


def _lay_ground(batch: Batch, instance: MapInstance) -> None:
    """Terrain and deposits of a fresh world, all tiles at once."""
    numbers = prototype_data.load(batch.version)
    known = [name for name, entity in numbers.entities.items() if entity.type == "resource"]
    ids = [0]
    for name in instance.resource_names:
        if name not in known:
            raise MapError(
                f"map {instance.name}: no resource is called {name!r}; allowed: {', '.join(known)}"
            )
        ids.append(numbers.entity_id(name))
    tile = batch.full.tile[0]
    tile["terrain"] = instance.terrain.reshape(-1)
    tile["resource"] = np.array(ids, np.uint16)[instance.resource.reshape(-1)]
    tile["amount"] = instance.amount.reshape(-1)
    shade_all(batch.book, 0)
