"""Save files: the same world goes on from them, and handles keep their meaning."""

import pytest
from lua_game import Host, LuaGame

from fz_multi.server.game import Game


def build() -> LuaGame:
    g = LuaGame()
    g("ores('iron-ore', -1, -1, 0, 0, 90) d = make('burner-mining-drill', 0, 0, {direction = 8})")
    g(
        "b = make('transport-belt', -0.5, 1.5, {direction = 4}) make('transport-belt', 0.5, "
        "1.5, {direction = 4})"
    )
    g(
        "d.insert{name='coal', count=3} c = make('character', 5, 5) "
        "c.insert{name='iron-plate', count=9}"
    )
    g(
        "c.begin_crafting{recipe='iron-gear-wheel', count=3} c.walking_state={walking=true, "
        "direction=4}"
    )
    g("i = c.get_main_inventory() s = i[1] l = b.get_transport_line(1) d.destructible = false")
    g("x = game.create_inventory(3) x.insert('coal') force.recipes['steel-plate'].enabled = true")
    g("force.technologies['automation'].researched = true surface.always_day = true")
    g.ticks(50)
    return g


def loaded(data: bytes) -> Game:
    host = Host()
    host.game.load_state(data)
    return host.game


def test_the_same_world_goes_on():
    g = build()
    game = loaded(g.game.save_state())
    for _ in range(300):
        g.game.update()
        game.update()
    assert game.save_state() == g.game.save_state()
    assert len(game.save_state()) < 50_000


def test_handles_keep_their_meaning():
    g = build()
    game = loaded(g.game.save_state())
    other = LuaGame.__new__(LuaGame)
    other.host, other.game, other.state = game.host, game, g.state
    for cls, registry in (("LuaInventory", "inventories"), ("LuaTransportLine", "lines")):
        for number, key in getattr(g.game, registry).state()[1].items():
            assert game.valid(cls, number) == g.game.valid(cls, number)
            assert getattr(game, registry).key(number) == key
    chest = g.place.entity(0)
    assert game.valid("LuaEntity", chest)
    assert game.unit_number(chest) == g.game.unit_number(chest)
    assert game.flag(chest, "destructible", True) is False
    assert game.force(4).recipe_enabled(game.prototypes.recipe_id("steel-plate"))
    assert game.new_unit() == g.game.new_unit()


@pytest.mark.parametrize("data", [b"", b"junk", b"x\x9c\x03\x00\x00\x00\x00\x01"])
def test_what_is_no_save_file_raises(data):
    with pytest.raises(Exception):  # noqa: B017
        loaded(data)
