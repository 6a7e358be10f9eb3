"""Maps: a folder with a ``map.yaml``, and the instance that a seed draws from it.

Units: tiles, x east, y south, origin in the centre of the map. An area ``[x0, y0, x1, y1]`` covers
the tiles ``x0 <= x < x1``, ``y0 <= y < y1``. A number or point ``at`` a place is relative to it.
All keys but ``size`` may be left out::

    about: Two patches of ore far apart.
    size: [64, 64]                # tiles, width and height
    ground: land                  # land, water or void, before `terrain` paints over it
    turn: true                    # the seed may turn the map by quarter turns (square maps)
    mirror: true                  # and mirror it east-west
    places:                       # points that the seed draws, both ends included
      a: {x: [-27, -22], y: [-20, 19]}
    terrain:                      # painted in this order
      - {tile: water, at: a, area: [-2, -2, 2, 2]}
    resources:                    # the amount of each tile is drawn, and the rim of a round patch
      - {name: iron-ore, at: a, radius: 4, amount: [300, 500]}
      - {name: coal, area: [0, 0, 4, 4], amount: 200}
    areas:                        # named for goals; `goal: true` shows it to the agents
      cell_a: {at: a, area: [-7, -7, 8, 8], goal: true}
    entities:                     # `tag` names an entity's tile for goals
      - {name: iron-chest, position: [9.5, 0.5], tag: sink, items: {coal: 5}, goal: true}
    agents:                       # groups: agent i belongs to group i modulo their number
      - {spawn: [-3, -3, 3, 3], kit: {coal: 40}, each: {iron-plate: 2}}
    min_agents: 2
    variants:                     # terrain and entities are added, other keys stand instead
      door: {min_agents: 1, terrain: [...], agents: [...]}
    default_variant: {1: door}    # by the number of agents; else "standard"

``kit`` is dealt to the agents of a group one by one, so that a team starts with the same whatever
its size; ``each`` is what every agent gets. Spawn tiles are drawn from the area ``spawn``.

The seed of a map is ``sha256(split, task, version, seed)``, and one layout in four belongs to the
evaluation split: a draw that falls in the other split is drawn again. So no seed of the training
split can give a map of the evaluation split, whatever the seeds. (A map on which the seed changes
nothing but where the agents stand is the same map in both.)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from fz_multi.engine.constants import MAX_AGENTS
from fz_multi.task import checks as c
from fz_multi.task.checks import MapError
from fz_multi.task.draw import Draw, check_seed, check_split, hashed
from fz_multi.task.drawing import draw_plan
from fz_multi.task.instance import AgentSpec, Area, EntitySpec, MapInstance
from fz_multi.task.plan import PLAN_KEYS, Plan, read_plan

__all__ = ["AgentSpec", "Area", "EntitySpec", "Map", "MapError", "MapInstance", "load_map", "names"]

STANDARD = "standard"
EVAL_SHARE = 4  # one layout in four is for evaluation
MAX_TRIES = 1000
MAP_KEYS = ("name", "about", *PLAN_KEYS, "variants", "default_variant")


@dataclass(frozen=True)
class Map:
    """A checked map: its variants, and which of them a team of a given size plays."""

    name: str
    about: str
    plans: Mapping[str, Plan]
    default_variant: Mapping[int, str]

    def plan(self, variant: str | None, agents: int) -> Plan:
        """The variant asked for, or the one for this number of agents; ValueError otherwise."""
        if variant is None:
            variant = self.default_variant.get(agents, STANDARD)
        if variant not in self.plans:
            hint = c.close(variant, self.plans)
            raise ValueError(
                f"map {self.name}: unknown variant {variant!r}{hint}; "
                f"allowed: {', '.join(self.plans)}"
            )
        plan = self.plans[variant]
        if agents < plan.min_agents:
            other = [name for name, p in self.plans.items() if agents >= p.min_agents]
            instead = f"; with {agents} use variant={other[0]!r}" if other else ""
            raise ValueError(
                f"map {self.name}, variant {variant}: needs {plan.min_agents} or more agents, "
                f"got num_agents={agents}{instead}"
            )
        return plan

    def draw(
        self,
        seed: int,
        *,
        agents: int = 2,
        split: str = "train",
        task: str = "",
        version: int = 1,
        variant: str | None = None,
    ) -> MapInstance:
        """The map of a seed. ``task`` and ``version`` keep the maps of two tasks apart."""
        seed, split = check_seed(seed), check_split(split)
        plan = self.plan(variant, agents)
        standard = self.plans[STANDARD]
        key = (split, task, version, seed)
        for attempt in range(MAX_TRIES):
            parts = key if attempt == 0 else (*key, attempt)
            world = hashed(*parts)
            team = hashed(*parts, "agents")
            here = agents if plan is standard else 0
            drawn = draw_plan(standard, Draw(world), here, Draw(team))
            belongs = "eval" if drawn.layout()[0] % EVAL_SHARE == 0 else "train"
            if belongs == split or not standard.varies:
                if plan is not standard:
                    drawn = draw_plan(plan, Draw(world), agents, Draw(team))
                return replace(drawn, split=split, seed=seed)
        raise MapError(f"map {self.name}: the seed changes too little for an evaluation split")


def read_map(raw: Any, name: str) -> Map:
    """Check a map's description (what the YAML file holds); MapError names the place."""
    data = c.mapping(raw, name)
    c.keys(data, MAP_KEYS, name)
    name = str(data.get("name", name))
    base = {key: data[key] for key in PLAN_KEYS if key in data}
    plans = {STANDARD: read_plan(base, name, STANDARD)}
    for variant, extra in c.mapping(data.get("variants"), f"{name}: variants").items():
        changes = c.mapping(extra, f"{name}: variants.{variant}")
        merged = {**base, **changes}
        for key in ("terrain", "entities"):
            where = f"{name}: variants.{variant}.{key}"
            merged[key] = c.sequence(base.get(key), where) + c.sequence(changes.get(key), where)
        plans[variant] = read_plan(merged, name, variant)
    defaults = {}
    for agents, variant in dict(data.get("default_variant") or {}).items():
        where = f"{name}: default_variant"
        defaults[c.whole(agents, where, 1, MAX_AGENTS)] = c.choice(variant, plans, where)
    return Map(name, str(data.get("about", "")).strip(), plans, defaults)


def load_map(source: str | Path | Mapping[str, Any] | Map) -> Map:
    """A map by the name of a folder in ``maps/``, by path (folder or YAML file), or as a mapping.

    MapError when it is not there or cannot be read.
    """
    if isinstance(source, Map):
        return source
    if isinstance(source, Mapping):
        return read_map(source, str(source.get("name", "map")))
    if isinstance(source, str) and source in names():
        return _built_in(source)
    if not isinstance(source, str | Path):
        raise MapError(f"a map is a name, a path or a mapping, got {c.short(source)}")
    return read_map(*_read(Path(source)))


def describe(source: str | Path | Mapping[str, Any]) -> str | dict[str, Any]:
    """A source of `load_map` that stands for itself: a name in ``maps/``, or the mapping.

    What a path names is read, so that it can be kept where that file is not. MapError as there.
    """
    if isinstance(source, Mapping):
        return dict(source)
    if isinstance(source, str) and source in names():
        return source
    raw, name = _read(Path(source))
    return {"name": name, **c.mapping(raw, name)}


def _read(path: Path) -> tuple[Any, str]:
    """What the file of a map holds, and the name that it gets from its place."""
    file = path / "map.yaml" if path.is_dir() else path
    if not file.is_file():
        hint = c.close(str(path), names())
        raise MapError(
            f"no map {str(path)!r}{hint}; allowed: {', '.join(names())}, "
            "or the path of a folder with a map.yaml"
        )
    name = file.parent.name if file.name == "map.yaml" else file.stem
    return _parse(file.read_text("utf-8"), name), name


def _parse(text: str, name: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise MapError(f"{name}: no valid YAML: {error}") from None


@cache
def folder() -> Any:
    """Where the project's maps are: in the installed package, or beside it in a clone."""
    packed = resources.files("fz_multi") / "maps"
    if packed.is_dir():
        return packed
    return Path(__file__).resolve().parents[2] / "maps"


@cache
def names() -> tuple[str, ...]:
    """Names of the project's maps."""
    root = folder()
    if not root.is_dir():
        return ()
    return tuple(sorted(part.name for part in root.iterdir() if (part / "map.yaml").is_file()))


@cache
def _built_in(name: str) -> Map:
    return read_map(_parse((folder() / name / "map.yaml").read_text("utf-8"), name), name)
