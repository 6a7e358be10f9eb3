"""Random factories of drills, belts, burner inserters, furnaces and chests, from a seed.

A `Plan` is a list of deposits and of entities in the order of building, in a form that any engine
can take: names of the game, centres in tiles, directions, contents. Belts run with turns and into
each other's sides; drills and arms stand where they reach a belt, a machine or bare ground.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from fz_multi.engine import World
from fz_multi.engine.world import Handle

AROUND = {"north": (0, -1), "east": (1, 0), "south": (0, 1), "west": (-1, 0)}
SIDES = tuple(AROUND)
# Tile of a 2 x 2 drill's north-west corner, from the tile that it drops on.
DRILL_CORNER = {"north": (0, 1), "east": (-2, 0), "south": (-1, -2), "west": (1, -1)}
REACH = 11  # tiles from the centre to the edge of the building ground


@dataclass
class Plan:
    """``(name, x, y, direction, contents)`` to build; ``(deposit, tile x, tile y, amount)``."""

    entities: list[tuple[str, float, float, str, dict[str, int]]] = field(default_factory=list)
    deposits: list[tuple[str, int, int, int]] = field(default_factory=list)

    def count(self, name: str) -> int:
        return sum(e[0] == name for e in self.entities)

    def build(self, size: int = 32) -> tuple[World, list[Handle]]:
        """The factory as a world, and the handles of its entities in order."""
        world = World(size, size)
        for name, x, y, amount in self.deposits:
            world.create_resource(name, (x + 0.5, y + 0.5), amount)
        handles = [world.create_entity(e[0], (e[1], e[2]), e[3]) for e in self.entities]
        for handle, e in zip(handles, self.entities, strict=True):
            for name in sorted(e[4]):
                world.insert(handle, name, e[4][name])
        return world, handles


class _Ground:
    """What has been planned so far."""

    def __init__(self, seed: int) -> None:
        self.d = random.Random(f"belt factory {seed}")
        self.plan = Plan()
        self.taken: set[tuple[int, int]] = set()
        self.ore: set[tuple[int, int]] = set()
        self.belts: list[tuple[int, int]] = []

    def free(self, *tiles: tuple[int, int]) -> bool:
        return all(
            at not in self.taken and abs(at[0]) <= REACH and abs(at[1]) <= REACH for at in tiles
        )

    def small(self, name: str, at: tuple[int, int], side: str, **contents: int) -> bool:
        if not self.free(at):
            return False
        self.taken.add(at)
        named = {key.replace("_", "-"): n for key, n in contents.items() if n}
        self.plan.entities.append((name, at[0] + 0.5, at[1] + 0.5, side, named))
        return True

    def big(self, name: str, corner: tuple[int, int], side: str, **contents: int) -> bool:
        x, y = corner
        tiles = [(x, y), (x + 1, y), (x, y + 1), (x + 1, y + 1)]
        if not self.free(*tiles) or (name == "burner-mining-drill" and not self.ore & set(tiles)):
            return False
        self.taken.update(tiles)
        named = {key.replace("_", "-"): n for key, n in contents.items() if n}
        self.plan.entities.append((name, float(x + 1), float(y + 1), side, named))
        return True

    def patches(self) -> None:
        d = self.d
        for name in ("iron-ore", "coal", "copper-ore", "iron-ore"):
            x0, y0 = d.randrange(-REACH, REACH - 5), d.randrange(-REACH, REACH - 5)
            for x in range(x0, x0 + d.randrange(4, 9)):
                for y in range(y0, y0 + d.randrange(4, 9)):
                    if (x, y) not in self.ore:
                        self.ore.add((x, y))
                        self.plan.deposits.append((name, x, y, d.choice((3, 40, 5000))))

    def belt(self) -> None:
        """A line of belts; it may end before, in the side of, or head-on against another."""
        d = self.d
        at = (d.randrange(-REACH, REACH), d.randrange(-REACH, REACH))
        if self.belts and d.random() < 0.5:
            x, y = d.choice(self.belts)
            at = (x + d.randrange(-3, 4), y + d.randrange(-3, 4))
        side = d.choice(SIDES)
        for _ in range(d.randrange(3, 16)):
            if d.random() < 0.2:
                side = SIDES[(SIDES.index(side) + d.choice((1, 3))) % 4]
            if not self.small("transport-belt", at, side):
                return
            self.belts.append(at)
            at = (at[0] + AROUND[side][0], at[1] + AROUND[side][1])

    def drill(self) -> None:
        d, side = self.d, self.d.choice(SIDES)
        target = (
            d.choice(self.belts) if d.random() < 0.8 else (d.randrange(-9, 9), d.randrange(-9, 9))
        )
        dx, dy = DRILL_CORNER[side]
        corner = (target[0] + dx, target[1] + dy)
        self.big("burner-mining-drill", corner, side, coal=d.choice((0, 1, 3, 5, 5)))

    def arm(self) -> None:
        """An inserter beside a belt or a machine, often with something at its other end."""
        d, side = self.d, self.d.choice(SIDES)
        if d.random() < 0.75:
            x, y = d.choice(self.belts)
        else:
            x, y = d.choice(sorted(self.taken))
        toward = d.random() < 0.6  # it picks from there, else it drops there
        dx, dy = AROUND[side]
        at = (x - dx, y - dy) if toward else (x + dx, y + dy)
        if not self.small("burner-inserter", at, side, coal=d.choice((0, 1, 2, 5))):
            return
        other = (at[0] - dx, at[1] - dy) if toward else (at[0] + dx, at[1] + dy)
        what = d.random()
        if what < 0.4:
            full = d.random() < 0.15
            self.small(
                "wooden-chest", other, "north",
                iron_ore=0 if toward else d.choice((0, 3, 60)), coal=d.choice((0, 0, 4)),
                wood=1597 if full else 0,
            )  # fmt: skip
        elif what < 0.75:
            corner = (other[0] - (dx > 0) * toward - (dx < 0) * (not toward),
                      other[1] - (dy > 0) * toward - (dy < 0) * (not toward))  # fmt: skip
            self.big(
                "stone-furnace", corner, "north",
                coal=d.choice((0, 2, 5)), iron_ore=d.choice((0, 0, 8)),
            )  # fmt: skip


def factory(seed: int) -> Plan:
    """The random factory of a seed: at least a belt, and some of everything."""
    ground = _Ground(seed)
    ground.patches()
    while len(ground.belts) < 8:
        ground.belt()
    for _ in range(ground.d.randrange(0, 4)):
        ground.belt()
    for _ in range(ground.d.randrange(4, 16)):
        ground.drill()
    for _ in range(ground.d.randrange(6, 22)):
        ground.arm()
    for _ in range(ground.d.randrange(0, 4)):
        ground.drill()
    return ground.plan
