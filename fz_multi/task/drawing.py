"""Drawing one instance of a map's plan: first in the frame of its file, then turned as a whole."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fz_multi.engine.constants import LAND
from fz_multi.task.checks import MapError
from fz_multi.task.draw import Draw
from fz_multi.task.instance import AgentSpec, Area, EntitySpec, MapInstance
from fz_multi.task.plan import TERRAIN, Group, Items, Plan, Thing


def draw_plan(plan: Plan, draw: Draw, agents: int, agent_draw: Draw) -> MapInstance:
    """One instance. The world comes from ``draw`` alone, whatever the number of agents."""
    return _Drawing(plan, draw).instance(agents, agent_draw)


class _Drawing:
    """What the seed has chosen for one plan."""

    def __init__(self, plan: Plan, draw: Draw) -> None:
        self.plan, self.draw = plan, draw
        self.turns = draw.below(4) if plan.turn else 0
        self.mirrored = bool(draw.below(2)) if plan.mirror else False
        self.points: dict[str, tuple[int, int]] = {"": (0, 0)}
        for name, place in plan.places.items():
            self.points[name] = draw.between(*place.x), draw.between(*place.y)
        self.left, self.top = -(plan.width // 2), -(plan.height // 2)

    def moved(self, at: str, area: Area) -> Area:
        px, py = self.points[at]
        return area[0] + px, area[1] + py, area[2] + px, area[3] + py

    def window(self, at: str, area: Area, where: str) -> tuple[slice, slice]:
        """An area as array slices; MapError when it leaves the map."""
        x0, y0, x1, y1 = self.moved(at, area)
        rows, columns = slice(y0 - self.top, y1 - self.top), slice(x0 - self.left, x1 - self.left)
        plan = self.plan
        inside = rows.start >= 0 and rows.stop <= plan.height
        if not (inside and columns.start >= 0 and columns.stop <= plan.width):
            raise MapError(f"{plan.name}: {where} {[x0, y0, x1, y1]} leaves the map")
        return rows, columns

    def instance(self, agents: int, agent_draw: Draw) -> MapInstance:
        plan = self.plan
        terrain = np.full((plan.height, plan.width), plan.ground, np.uint8)
        for spot in plan.terrain:
            terrain[self.window(spot.at, spot.area, "terrain")] = TERRAIN[spot.name]
        names, resource, amount = self.resources(terrain)
        entities = [self.entity(thing) for thing in plan.entities]
        areas, goal = self.areas(entities)
        team = self.agents(terrain, entities, agents, agent_draw)
        return MapInstance(
            name=plan.name,
            variant=plan.variant,
            width=plan.width,
            height=plan.height,
            terrain=self.turned(terrain),
            resource=self.turned(resource),
            amount=self.turned(amount),
            goal=self.turned(goal),
            resource_names=names,
            entities=tuple(self.turned_entity(spec) for spec in entities),
            agents=tuple(self.turned_agent(spec) for spec in team),
            areas={name: self.turned_area(area) for name, area in areas.items()},
        )

    def resources(self, terrain: np.ndarray) -> tuple[tuple[str, ...], np.ndarray, np.ndarray]:
        names: list[str] = []
        resource = np.zeros(terrain.shape, np.uint8)
        amount = np.zeros(terrain.shape, np.int32)
        for spot in self.plan.resources:
            if spot.name not in names:
                names.append(spot.name)
            rows, columns = self.window(spot.at, spot.area, spot.name)
            for row in range(rows.start, rows.stop):
                for column in range(columns.start, columns.stop):
                    kept = not spot.radius or self.in_patch(
                        2 * (column - columns.start - spot.radius) + 1,
                        2 * (row - rows.start - spot.radius) + 1,
                        2 * spot.radius,
                    )
                    size = self.draw.between(*spot.amount)
                    if kept and terrain[row, column] == LAND and not resource[row, column]:
                        resource[row, column] = names.index(spot.name) + 1
                        amount[row, column] = size
        return tuple(names), resource, amount

    def in_patch(self, dx: int, dy: int, radius: int) -> bool:
        """Whether a tile belongs to a round patch with a ragged rim; in half tiles."""
        distance = dx * dx + dy * dy
        ragged = self.draw.below(2) == 0
        return distance <= (radius - 2) ** 2 or (distance <= radius**2 and ragged)

    def entity(self, thing: Thing) -> EntitySpec:
        px, py = self.points[thing.at]
        return replace(thing.spec, x=thing.spec.x + px, y=thing.spec.y + py)

    def areas(self, entities: list[EntitySpec]) -> tuple[dict[str, Area], np.ndarray]:
        """Areas by name, and the array that shows those of the goal."""
        goal = np.zeros((self.plan.height, self.plan.width), np.uint8)
        named = [(spot.name, self.moved(spot.at, spot.area), spot.goal) for spot in self.plan.areas]
        for thing, spec in zip(self.plan.entities, entities, strict=True):
            if spec.tag:
                x, y = int(np.floor(spec.x)), int(np.floor(spec.y))
                named.append((spec.tag, (x, y, x + 1, y + 1), thing.goal))
        shown = 0
        for name, area, show in named:
            window = self.window("", area, name)
            if show:
                shown += 1
                goal[window] = shown
        return {name: area for name, area, _ in named}, goal

    def agents(
        self, terrain: np.ndarray, entities: list[EntitySpec], count: int, draw: Draw
    ) -> list[AgentSpec]:
        groups = self.plan.groups
        team: dict[int, AgentSpec] = {}
        for number, group in enumerate(groups):
            members = list(range(number, count, len(groups)))
            tiles = self.spawn_tiles(group, terrain, entities)
            if len(tiles) < len(members):
                raise MapError(
                    f"{self.plan.name}: agents[{number}].spawn has {len(tiles)} free tiles of land "
                    f"for {len(members)} agents"
                )
            items = share_out(group, len(members))
            for member, (x, y), own in zip(members, draw.shuffled(tiles), items, strict=False):
                team[member] = AgentSpec(x + 0.5, y + 0.5, own, number)
        return [team[agent] for agent in range(count)]

    def spawn_tiles(
        self, group: Group, terrain: np.ndarray, entities: list[EntitySpec]
    ) -> list[tuple[int, int]]:
        """Free tiles of land of a group's spawn area."""
        rows, columns = self.window(group.at, group.spawn, "agents.spawn")
        tiles = []
        for row in range(rows.start, rows.stop):
            for column in range(columns.start, columns.stop):
                x, y = column + self.left, row + self.top
                near = any(abs(e.x - x - 0.5) < 2 and abs(e.y - y - 0.5) < 2 for e in entities)
                if terrain[row, column] == LAND and not near:
                    tiles.append((x, y))
        return tiles

    # -- turning -----------------------------------------------------------------------------------
    def turned(self, array: np.ndarray) -> np.ndarray:
        if self.mirrored:
            array = array[:, ::-1]
        return np.ascontiguousarray(np.rot90(array, -self.turns))

    def turned_point(self, x: float, y: float) -> tuple[float, float]:
        if self.mirrored:
            x = -x
        for _ in range(self.turns):
            x, y = -y, x
        return x + 0.0, y + 0.0  # no negative zero

    def turned_area(self, area: Area) -> Area:
        ax, ay = self.turned_point(area[0], area[1])
        bx, by = self.turned_point(area[2], area[3])
        return int(min(ax, bx)), int(min(ay, by)), int(max(ax, bx)), int(max(ay, by))

    def turned_agent(self, spec: AgentSpec) -> AgentSpec:
        x, y = self.turned_point(spec.x, spec.y)
        return replace(spec, x=x, y=y)

    def turned_entity(self, spec: EntitySpec) -> EntitySpec:
        x, y = self.turned_point(spec.x, spec.y)
        direction = (16 - spec.direction) % 16 if self.mirrored else spec.direction
        return replace(spec, x=x, y=y, direction=(direction + 4 * self.turns) % 16)


def share_out(group: Group, members: int) -> list[Items]:
    """What each member of a group starts with: the kit dealt one by one, and its own."""
    if not members:
        return []
    hands: list[dict[str, int]] = [dict(group.each) for _ in range(members)]
    turn = 0
    for name, count in group.kit:
        each, rest = divmod(count, members)
        for member in range(members):
            extra = 1 if (member - turn) % members < rest else 0
            if each + extra:
                hands[member][name] = hands[member].get(name, 0) + each + extra
        turn = (turn + rest) % members
    return [tuple(hand.items()) for hand in hands]
