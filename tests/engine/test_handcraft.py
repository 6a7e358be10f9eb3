"""Crafting by hand: time, queue, intermediates, refunds (mechanics 2.11)."""

from __future__ import annotations

from typing import Any

import pytest

from fz_multi.engine import World
from fz_multi.prototypes import load

ME = "agent_0"
DATA = load()
HAND = [
    recipe
    for recipe in DATA.recipes.values()
    if recipe.category == "crafting" and not recipe.hidden and not recipe.parameter
]


@pytest.fixture
def world() -> World:
    world = World(16, 16)
    world.create_character(ME, (0.5, 0.5))
    return world


def craft(world: World, recipe: str, count: int = 1) -> str:
    return world.command(ME, {"type": "CRAFT", "params": {"recipe": recipe, "count": count}})[
        "code"
    ]


def order(world: World, verb: str, **params: Any) -> str:
    return world.command(ME, {"type": verb, "params": params})["code"]


def holds(world: World) -> dict[str, int]:
    return world.character(ME)["inventory"]


def queue(world: World) -> list[tuple[str, int]]:
    return [(row["recipe"], row["count"]) for row in world.character(ME)["crafting_queue"]]


@pytest.mark.parametrize("recipe", HAND, ids=lambda recipe: recipe.name)
def test_every_hand_recipe_takes_its_time_and_its_ingredients(world: World, recipe: Any) -> None:
    """60 ticks a second at speed 1 (mechanics 2.1, 2.11, 4.8); n of them take n times as long."""
    solid = [(p.name, round(p.amount)) for p in recipe.ingredients]
    stacks = sum(-(-2 * n // DATA.items[name].stack_size) for name, n in solid)
    assert stacks < 80 and not any(p.fluid for p in (*recipe.ingredients, *recipe.products))
    for name, amount in solid:
        assert world.give(ME, name, 2 * amount) == 2 * amount
    assert craft(world, recipe.name, 2) == "running"
    assert holds(world) == {}
    ticks = round(60 * recipe.energy_required)
    product, amount = recipe.products[0].name, round(recipe.products[0].amount)
    for crafts in (1, 2):
        world.advance(ticks - 1)
        assert holds(world).get(product, 0) == (crafts - 1) * amount
        world.advance(1)
        assert holds(world) == {product: crafts * amount}
    assert queue(world) == [] and world.result(ME)["code"] == "ok"


def test_there_are_hand_recipes() -> None:
    assert len(HAND) > 60


@pytest.mark.parametrize(
    "recipe", ["iron-plate", "steel-plate", "engine-unit", "plastic-bar", "electric-engine-unit"]
)
def test_smelting_and_other_categories_are_not_by_hand(world: World, recipe: str) -> None:
    """Nor anything with a fluid (mechanics 2.11)."""
    for part in DATA.recipes[recipe].ingredients:
        if not part.fluid:
            world.give(ME, part.name, 50)
    assert craft(world, recipe) == "not_hand_craftable"


def test_an_intermediate_that_is_not_by_hand_is_no_way_to_it(world: World) -> None:
    """A steel chest needs steel plates; from iron plates alone it cannot be queued."""
    world.give(ME, "iron-plate", 100)
    before = holds(world)
    assert craft(world, "steel-chest") == "insufficient_items"
    assert holds(world) == before and queue(world) == []


def test_a_deep_tree_is_queued_from_the_bottom(world: World) -> None:
    """An inserter from plates: circuit (cables first), gear, then itself; inputs leave at once."""
    world.give(ME, "iron-plate", 10)
    world.give(ME, "copper-plate", 10)
    assert craft(world, "inserter") == "running"
    rows = queue(world)
    assert sorted(rows) == sorted(
        [("copper-cable", 2), ("electronic-circuit", 1), ("iron-gear-wheel", 1), ("inserter", 1)]
    )
    names = [name for name, _ in rows]
    assert names.index("copper-cable") < names.index("electronic-circuit")
    assert names[-1] == "inserter"
    # 1 (circuit) + 2 (gear) + 1 iron, 2 copper
    assert holds(world) == {"iron-plate": 6, "copper-plate": 8}
    world.advance(5 * 30 - 1)
    assert "inserter" not in holds(world)
    world.advance(1)
    assert holds(world) == {
        "iron-plate": 6, "copper-plate": 8, "copper-cable": 1, "inserter": 1,
    }  # fmt: skip


def test_what_is_there_is_used_before_it_is_made(world: World) -> None:
    world.give(ME, "iron-plate", 10)
    world.give(ME, "iron-gear-wheel", 3)
    craft(world, "transport-belt", 5)
    assert queue(world) == [("iron-gear-wheel", 2), ("transport-belt", 5)]
    assert holds(world) == {"iron-plate": 10 - 4 - 5}


def test_an_intermediate_never_shows_in_the_inventory(world: World) -> None:
    """What is promised to a later row of the queue does not pass through the slots."""
    world.give(ME, "iron-plate", 9)
    craft(world, "transport-belt", 3)
    for _ in range(6 * 30):
        assert "iron-gear-wheel" not in holds(world)
        world.advance(1)
    assert holds(world) == {"transport-belt": 6}


def test_too_little_changes_nothing(world: World) -> None:
    world.give(ME, "iron-plate", 5)
    before = world.counters("iron-plate")
    assert craft(world, "transport-belt", 2) == "insufficient_items"
    assert holds(world) == {"iron-plate": 5} and queue(world) == []
    world.advance(100)
    assert holds(world) == {"iron-plate": 5} and world.counters("iron-plate") == before


def test_requests_are_served_in_order(world: World) -> None:
    world.give(ME, "iron-plate", 8)
    world.give(ME, "stone", 10)
    for recipe in ("iron-gear-wheel", "stone-furnace", "iron-gear-wheel", "stone-furnace"):
        assert craft(world, recipe) == "running"
    seen = []
    for _ in range(4):
        world.advance(30)
        found = holds(world)
        seen.append((found.get("iron-gear-wheel", 0), found.get("stone-furnace", 0)))
    assert seen == [(1, 0), (1, 1), (2, 1), (2, 2)]


def test_a_queue_that_stood_empty_starts_anew(world: World) -> None:
    """No progress is saved up while there is nothing to craft."""
    world.give(ME, "iron-plate", 4)
    craft(world, "iron-gear-wheel")
    world.advance(47)
    craft(world, "iron-gear-wheel")
    world.advance(29)
    assert holds(world) == {"iron-gear-wheel": 1}
    world.advance(1)
    assert holds(world) == {"iron-gear-wheel": 2}


def test_a_locked_recipe_is_refused_and_not_used_as_an_intermediate() -> None:
    world = World(16, 16, unlocked=False)
    world.create_character(ME, (0.5, 0.5))
    world.give(ME, "iron-plate", 50)
    world.give(ME, "copper-plate", 50)
    assert craft(world, "copper-cable") == "recipe_locked"
    assert craft(world, "inserter") == "recipe_locked"
    assert craft(world, "iron-gear-wheel") == "running"


def test_the_queue_has_64_entries(world: World) -> None:
    world.give(ME, "iron-plate", 200)
    for _ in range(64):
        assert craft(world, "iron-gear-wheel") == "running"
    assert craft(world, "iron-gear-wheel") == "queue_full"
    assert holds(world) == {"iron-plate": 72}
    world.advance(30)
    assert craft(world, "iron-gear-wheel") == "running"
    world.advance(64 * 30)
    assert holds(world) == {"iron-plate": 70, "iron-gear-wheel": 65}


def worth(world: World) -> tuple[int, int]:
    """The inventory as plates: (iron, half copper)."""
    found = holds(world)
    iron = found.get("iron-plate", 0) + 2 * found.get("iron-gear-wheel", 0)
    half = 2 * found.get("copper-plate", 0) + found.get("copper-cable", 0)
    circuits, arms = found.get("electronic-circuit", 0), found.get("inserter", 0)
    return iron + circuits + 4 * arms, half + 3 * (circuits + arms)


@pytest.mark.parametrize("after", range(0, 321, 20))
def test_a_cancelled_queue_gives_everything_back(world: World, after: int) -> None:
    """Whenever it is cancelled, the plates are there, raw or as what was made of them."""
    world.give(ME, "iron-plate", 12)
    world.give(ME, "copper-plate", 8)
    assert craft(world, "inserter", 2) == "running"
    before = (12, 16)
    world.advance(after)
    code = order(world, "CANCEL", what="craft")
    assert code == ("ok" if after < 9 * 30 else "nothing_running")
    assert worth(world) == before
    found = holds(world)
    world.advance(200)
    assert queue(world) == [] and holds(world) == found


def test_what_has_no_room_after_a_cancel_lies_on_the_ground(world: World) -> None:
    world.give(ME, "iron-plate", 10)
    craft(world, "iron-gear-wheel", 5)
    world.give(ME, "wood", 8000)
    order(world, "CANCEL")
    assert holds(world) == {"wood": 8000}
    (pile,) = world.ground_items()
    assert (pile["name"], pile["count"], pile["position"]) == ("iron-plate", 10, (0.5, 0.5))


def test_the_queue_waits_for_room(world: World) -> None:
    world.give(ME, "iron-plate", 8)
    craft(world, "iron-gear-wheel", 4)
    world.give(ME, "wood", 8000)
    world.advance(500)
    assert queue(world) == [("iron-gear-wheel", 4)]
    assert world.production("iron-gear-wheel") == 0
    world.take_away(ME, "wood", 1)  # a part-filled stack of another kind is no room
    world.advance(1)
    assert queue(world) == [("iron-gear-wheel", 4)]
    world.take_away(ME, "wood", 99)
    world.advance(1)
    assert holds(world)["iron-gear-wheel"] == 1
    world.advance(90)
    assert holds(world)["iron-gear-wheel"] == 4


def test_crafting_counts_as_made_and_used(world: World) -> None:
    """Crafted and consumed items enter the statistics (mechanics 2.11)."""
    world.give(ME, "iron-plate", 9)
    craft(world, "transport-belt", 3)
    world.advance(180)
    assert world.production("iron-gear-wheel") == 3 == world.consumption("iron-gear-wheel")
    assert world.production("transport-belt") == 6
    assert world.consumption("iron-plate") == 9
    assert world.counters("transport-belt")["crafted"] == 6
