"""The server's own geometry and native worlds, against the engine."""

import random

import pytest
from lua_game import LuaGame

from fz_multi.commands import CODES
from fz_multi.engine import World, WorldError
from fz_multi.engine import edit as ops
from fz_multi.server.kinds import obstructed, pile_fits, place_code

NAMES = (
    *("wooden-chest", "stone-furnace", "burner-mining-drill", "transport-belt", "burner-inserter"),
    *("stone-wall", "tree-01", "big-rock", "huge-rock", "big-sand-rock", "dead-grey-trunk"),
)


def random_place(seed: int) -> LuaGame:
    g, rng = LuaGame(), random.Random(seed)
    for _ in range(40):
        x, y = rng.randrange(-16, 16), rng.randrange(-16, 16)
        g(f"surface.set_tiles({{{{name='water', position={{{x}, {y}}}}}}})")
    for _ in range(60):
        x, y = rng.randrange(-16, 16), rng.randrange(-16, 16)
        g(f"surface.create_entity{{name='coal', position={{{x}, {y}}}, amount=5}}")
    for _ in range(60):
        x, y, name = rng.uniform(-16, 16), rng.uniform(-16, 16), rng.choice(NAMES)
        g(f"make('{name}', {x}, {y}, {{direction = {rng.choice((0, 4, 8, 12))}}})")
    for _ in range(8):
        g(f"make('character', {rng.uniform(-16, 16)}, {rng.uniform(-16, 16)})")
        g(
            "surface.create_entity{name='item-on-ground', stack='coal', "
            f"position={{{rng.uniform(-16, 16)}, {rng.uniform(-16, 16)}}}}}"
        )
    return g


@pytest.mark.parametrize("seed", range(3))
def test_where_things_fit(seed):
    """The engine's own answers: make it, see, take it away again."""
    g, rng = random_place(seed), random.Random(seed)
    place, kinds, game = g.place, g.game.kinds, g.game
    seen = set()
    for _ in range(1500):
        proto = game.prototypes.entity_id(rng.choice(NAMES))
        x, y = rng.randrange(-4300, 4300), rng.randrange(-4300, 4300)
        direction = rng.choice((0, 4, 8, 12)) if kinds.rotates[proto] else 0
        x, y = kinds.snapped(proto, x, y, direction)
        answer = place_code(kinds, place, proto, x, y, direction)
        row = place.edit(ops.ENTITY, proto, x, y, direction, 0)
        assert answer == (0 if row >= 0 else -1 - row), (proto, x, y, direction)
        seen.add(CODES[answer])
        if row >= 0:
            place.edit(ops.REMOVE, row)
    assert seen >= {"ok", "occupied", "water_in_the_way", "character_in_the_way", "needs_resource"}
    for _ in range(1500):
        x, y = rng.randrange(-4300, 4300), rng.randrange(-4300, 4300)
        answer = obstructed(kinds, place, -1, x, y)
        free = place.edit(ops.CHARACTER, x, y, 1, 15)
        assert answer == (free < 0), (x, y)
        if free >= 0:
            place.edit(ops.REMOVE_CHARACTER, 15)
        fits = pile_fits(kinds, place, x, y)
        row = place.edit(ops.PILE, x, y, 1, 1)
        assert fits == (row >= 0), (x, y)
        if row >= 0:
            place.edit(ops.UNPILE, row)


def test_a_native_world_is_the_engines_world():
    """The same machines, nobody about: 2,000 ticks give the same observable digest."""
    from fz_multi.engine.digest import digest_world

    g = LuaGame()
    world = World(64, 64)
    g("ores('iron-ore', -1, -1, 0, 0, 90)")
    for y in (-1, 0):
        for x in (-1, 0):
            world.create_resource("iron-ore", (x + 0.5, y + 0.5), 90)
    layout = [
        ("burner-mining-drill", 0, 0, 8, {"coal": 5}),
        ("transport-belt", -0.5, 1.5, 4, {}),
        ("transport-belt", 0.5, 1.5, 4, {}),
        ("transport-belt", 1.5, 1.5, 4, {}),
        ("burner-inserter", 2.5, 1.5, 12, {"coal": 1}),
        ("stone-furnace", 4, 2, 0, {"wood": 4}),
    ]
    for name, x, y, direction, items in layout:
        g(f"e = make('{name}', {x}, {y}, {{direction = {direction}}})")
        handle = world.create_entity(name, (x, y), direction)
        for item, count in items.items():
            assert g(f"return e.insert{{name='{item}', count={count}}}") == count
            assert world.insert(handle, item, count) == count
    for _ in range(20):
        g.ticks(100)
        world.advance(100)
        mine = [digest_world(g.place.batch.book, 0, 0, seed) for seed in (1, 2)]
        assert f"{mine[0]:08x}{mine[1]:08x}" == world.observable_digest()
    assert world.production("iron-plate") > 0


def test_the_world_refuses_the_same():
    g, world = LuaGame(), World(64, 64)
    g("make('stone-furnace', 0, 0)")
    world.create_entity("stone-furnace", (0, 0))
    for x in (-1, 0.5, 1.5, 40):
        try:
            world.create_entity("wooden-chest", (x, 0.5))
            made = True
        except WorldError:
            made = False
        assert (g(f"return make('wooden-chest', {x}, 0.5)") is not None) == made
