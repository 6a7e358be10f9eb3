"""Maps for tests of drawing: hand-made ones that are odd on purpose, and random ones."""

from __future__ import annotations

import random
from typing import Any

ODD: dict[str, dict[str, Any]] = {
    # Nothing varies but where the agents stand; an odd size; a group without members.
    "still": {
        "size": [21, 13],
        "resources": [{"name": "iron-ore", "area": [-4, -4, 4, 4], "amount": 100}],
        "areas": {"west": {"area": [-10, -6, 0, 7]}, "east": {"area": [0, -6, 11, 7]}},
        "entities": [{"name": "wooden-chest", "position": [9.5, 0.5], "tag": "box", "goal": True}],
        "agents": [
            {"spawn": [-8, -6, -3, -2], "each": {"coal": 10}},
            {"spawn": [-8, 2, -3, 6], "kit": {"stone-furnace": 3, "coal": 7}},
            {"spawn": [5, -6, 8, -3]},
        ],
    },
    # Void ground with an island that moves; resources that lie over each other and over water.
    "island": {
        "size": [40, 40],
        "ground": "void",
        "turn": True,
        "mirror": True,
        "places": {"a": {"x": [-6, 6], "y": [-3, 3]}, "b": {"x": [-2, 2], "y": 1}},
        "terrain": [
            {"tile": "land", "at": "a", "area": [-12, -12, 12, 12]},
            {"tile": "water", "at": "b", "area": [-2, -3, 3, 2]},
        ],
        "resources": [
            {"name": "iron-ore", "at": "a", "radius": 5, "amount": [1, 1_000_000]},
            {"name": "coal", "at": "b", "radius": 4, "amount": [65_535, 65_537]},
            {"name": "iron-ore", "at": "b", "area": [-7, -7, 7, 7], "amount": 256},
            {"name": "stone", "radius": 0, "amount": 3},
        ],
        "areas": {
            "one": {"at": "a", "area": [-4, -4, 4, 4], "goal": True},
            "two": {"at": "b", "area": [-1, -9, 2, 9], "goal": True},
            "dark": {"area": [-20, -20, 20, 20]},
        },
        "entities": [
            {"name": "stone-furnace", "at": "a", "position": [9, 9], "tag": "one", "goal": True},
            {"name": "wooden-chest", "at": "a", "position": [-8.25, 8.00390625], "tag": "it's"},
            {"name": "wooden-chest", "at": "a", "position": [-10.5, 8.5], "items": {"coal": 51}},
            {"name": "burner-inserter", "at": "a", "position": [8.5, -9.5], "direction": "west"},
        ],
        "agents": [{"at": "a", "spawn": [-11, -11, -4, 7], "kit": {"coal": 9}}],
    },
    # A variant of another size, with other areas and fewer of them.
    "two sizes": {
        "size": [12, 12],
        "turn": True,
        "resources": [{"name": "coal", "radius": 3, "amount": [5, 6]}],
        "areas": {"a": {"area": [-1, -1, 1, 1], "goal": True}, "b": {"area": [0, 0, 2, 2]}},
        "min_agents": 2,
        "variants": {
            "wide": {
                "size": [30, 17],
                "turn": False,
                "min_agents": 1,
                "areas": {"b": {"area": [-3, -3, 5, 5]}},
                "entities": [{"name": "iron-chest", "position": [-0.5, -7.5], "tag": "a"}],
            }
        },
        "default_variant": {1: "wide"},
    },
    # More entities than a fresh world has rows for, and arms and belts among them.
    "crowd": {
        "size": [64, 64],
        "mirror": True,
        "places": {"p": {"x": [-3, 3], "y": [-3, 3]}},
        "entities": [
            {
                "name": ("transport-belt", "burner-inserter", "iron-chest")[n % 3],
                "at": "p",
                "position": [n % 10 * 2 - 12.5, n // 10 * 2 - 12.5],
                "direction": ("north", "east", "south", "west")[n // 7 % 4],
                "items": {"coal": 1 + n} if n % 3 else {},
            }
            for n in range(90)
        ],
        "agents": [{"spawn": [-30, -30, -20, -20], "each": {"wooden-chest": 4000}}],
    },
    # Some seeds push the patch, or the agents, over the edge.
    "edge": {
        "size": [16, 10],
        "mirror": True,
        "places": {"p": {"x": [-5, 5], "y": [-3, 3]}},
        "resources": [{"name": "coal", "at": "p", "area": [-4, -2, 3, 3], "amount": [1, 9]}],
        "agents": [{"at": "p", "spawn": [-2, -1, 2, 2]}],
    },
    # Some seeds leave too few tiles for the team; some put a chest into the water or on another.
    "tight": {
        "size": [16, 16],
        "turn": True,
        "places": {"p": {"x": [-5, 5], "y": [-5, 5]}, "q": {"x": [-6, 5], "y": [-6, 5]}},
        "terrain": [{"tile": "water", "at": "p", "area": [-2, -2, 2, 2]}],
        "entities": [
            {"name": "wooden-chest", "at": "q", "position": [0.5, 0.5], "tag": "chest"},
            {"name": "stone-furnace", "position": [4, 4], "items": {"coal": 3, "iron-ore": 500}},
        ],
        "agents": [{"at": "p", "spawn": [-2, -3, 2, 3]}],
    },
    # One layout only, though it may be turned: one of the splits has no map at all.
    "alike": {"size": [6, 6], "turn": True, "mirror": True},
}

TYPES = ("wooden-chest", "iron-chest", "stone-furnace", "burner-mining-drill", "transport-belt")
ITEMS = ("coal", "iron-ore", "iron-plate", "wood", "stone")


def random_map(seed: int) -> dict[str, Any]:
    """A map's description that may leave the map, crowd its agents, or refuse an entity."""
    chance = random.Random(seed)
    square = chance.random() < 0.5
    width = chance.randrange(12, 40, 2) if square else chance.randint(12, 40)
    height = width if square else chance.randint(12, 40)
    places = {
        name: {axis: sorted(chance.choices(range(-3, 4), k=2)) for axis in "xy"}
        for name in ("a", "b", "c")[: chance.randint(0, 3)]
    }

    def at() -> dict[str, str]:
        return {"at": chance.choice(list(places))} if places and chance.random() < 0.6 else {}

    def area(most: int = 5) -> list[int]:
        x, y = chance.randint(-4, 2), chance.randint(-4, 2)
        return [x, y, x + chance.randint(1, most), y + chance.randint(1, most)]

    def amount() -> Any:
        low = chance.randint(1, 400)
        return low if chance.random() < 0.3 else [low, low + chance.randint(0, 70_000)]

    def resource() -> dict[str, Any]:
        shape = {"area": area()} if chance.random() < 0.4 else {"radius": chance.randint(1, 4)}
        name = chance.choice(("iron-ore", "coal", "stone", "copper-ore"))
        return {"name": name, **at(), **shape, "amount": amount()}

    def entity(n: int) -> dict[str, Any]:
        name = chance.choice(TYPES)
        items = {} if name != "wooden-chest" else {chance.choice(ITEMS): chance.randint(1, 3000)}
        where = [chance.randint(-2400, 2400) / 256 for _ in "xy"]
        tag = {"tag": f"e{n}", "goal": chance.random() < 0.5} if chance.random() < 0.5 else {}
        facing = chance.choice(("north", "east", "south", "west"))
        return {"name": name, **at(), "position": where, "direction": facing, "items": items, **tag}

    return {
        "name": f"random {seed}",
        "size": [width, height],
        "ground": "land" if chance.random() < 0.8 else "water",
        "turn": square and chance.random() < 0.7,
        "mirror": width % 2 == 0 and chance.random() < 0.6,
        "places": places,
        "terrain": [
            {"tile": chance.choice(("land", "land", "water", "void")), **at(), "area": area(9)}
            for _ in range(chance.randint(0, 3))
        ],
        "resources": [resource() for _ in range(chance.randint(0, 4))],
        "areas": {
            f"area {n}": {**at(), "area": area(), "goal": chance.random() < 0.5}
            for n in range(chance.randint(0, 3))
        },
        "entities": [entity(n) for n in range(chance.choice((0, 0, 1, 2, 5, 12)))],
        "agents": [
            {
                **at(),
                "spawn": area(8),
                "kit": {chance.choice(ITEMS): chance.randint(1, 50)},
                "each": {item: chance.randint(1, 500) for item in chance.sample(ITEMS, 2)},
            }
            for _ in range(chance.randint(1, 3))
        ],
    }
