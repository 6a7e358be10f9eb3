"""Machines as Lua sees them: status, energy, progress, fuel, drills, furnaces, inserters."""

import pytest
from lua_game import LuaGame

from fz_multi.engine.constants import JOULE


@pytest.fixture
def g() -> LuaGame:
    return LuaGame()


def test_a_furnace(g):
    g("f = make('stone-furnace', 2, 2)")
    assert g("return f.name, f.type, f.position, f.direction, f.tile_width, f.tile_height") == [
        "stone-furnace", "furnace", {"x": 2, "y": 2}, 0, 2, 2,
    ]  # fmt: skip
    assert g("return f.status == defines.entity_status.no_fuel") is True
    assert g("return f.insert{name='coal', count=2}, f.insert{name='iron-ore', count=60}") == [
        2,
        54,
    ]
    g.ticks(2)
    assert g("return f.status == defines.entity_status.working, f.is_crafting()") == [True, True]
    assert g("return f.get_recipe().name, f.previous_recipe.name.name") == ["iron-plate"] * 2
    g.ticks(94)
    assert g("return f.crafting_progress") == pytest.approx(0.5, abs=0.01)
    g.ticks(200)
    assert g("return f.get_output_inventory().get_contents()") == [
        {"name": "iron-plate", "quality": "normal", "count": 1}
    ]
    assert g("return f.products_finished, f.get_item_count('iron-ore')") == [1, 52]


def test_observable_numbers_come_back_exactly(g):
    """Progress in 1/256, whole joules in buffer and fire, as the engine shows them."""
    g("f = make('stone-furnace', 2, 2) f.insert('coal') f.insert{name='iron-ore', count=9}")
    g("ores('stone', 9, 9, 10, 10, 50) d = make('burner-mining-drill', 10, 10)")
    g("d.insert{name='wood', count=2} i = make('burner-inserter', -4.5, 0.5, {direction=4})")
    g("chest = make('wooden-chest', -3.5, 0.5) chest.insert{name='iron-plate', count=20}")
    g("make('wooden-chest', -5.5, 0.5)")
    rows = g.place.batch.full.entity[0]
    for _ in range(400):
        g.ticks(1)
        for name, row in (("f", 0), ("d", 1), ("i", 2)):
            got = g(
                f"local e = {name} local p = 0 "
                "if e.type == 'furnace' then p = e.crafting_progress "
                "elseif e.type == 'mining-drill' then "
                "local t = e.mining_target "
                "p = t and e.mining_progress / t.prototype.mineable_properties.mining_time "
                "or 0 end "
                "return math.floor(256 * p + 0.5), math.floor(e.energy), "
                "math.floor(e.burner.remaining_burning_fuel)"
            )
            e = rows[row]
            shown = [int(e.shown_progress), int(e.shown_energy), int(e.shown_burning)]
            assert got == shown, name
        hand = g("return fixed(i.held_stack_position)")
        assert hand == [int(rows.hand_x[2]), int(rows.hand_y[2])]
        held = g("local s = i.held_stack return s.valid_for_read and s.name or ''")
        assert (held == "iron-plate") == bool(rows.held[2])
    assert int(rows.finished[0]) == 2
    assert g.place.batch.full.stat.drilled[0].sum() == 1
    assert g("return chest.get_item_count()") < 20


def test_a_drill(g):
    """[FG] a burner drill on iron: 240 ticks an item; refused where there is no ore."""
    assert g("return make('burner-mining-drill', 0, 0)") is None
    g("ores('iron-ore', -1, -1, 0, 0, 5) d = make('burner-mining-drill', 0, 0, {direction=8})")
    g("chest = make('wooden-chest', 0.5, 1.5) d.insert('coal')")
    g.ticks(20)
    assert g("return d.mining_target.name, d.mining_target.amount") == ["iron-ore", 5]
    assert g("return d.drop_target == chest, d.mining_area.left_top") == [True, {"x": -1, "y": -1}]
    assert g("return 256 * d.drop_position.x, 256 * d.drop_position.y") == [128, 332]
    g.ticks(260)
    assert g("return chest.get_item_count('iron-ore')") == 1
    assert g("return chest.mining_progress") is None


def test_status_of_those_that_have_none(g):
    """[FG] belts working, chests normal; walls nil."""
    g("b = make('transport-belt', 0.5, 0.5) h = make('wooden-chest', 1.5, 0.5)")
    g("w = make('stone-wall', 2.5, 0.5) t = make('tree-01', 5.5, 5.5)")
    assert g("local s = defines.entity_status return b.status == s.working, h.status == "
        "s.normal") == [
        True, True,
    ]  # fmt: skip
    assert g("return w.status, t.status, t.unit_number, t.force.name") == [
        None,
        None,
        None,
        "neutral",
    ]


def test_a_new_inserter_burns_a_quarter_of_a_wood(g):
    """[FG] 500 kJ, fuel slot empty; the direction points at the pick-up side."""
    g("i = make('burner-inserter', 0.5, 0.5, {direction = 4})")
    assert g("return i.burner.currently_burning.name.name") == "wood"
    assert g("return i.burner.remaining_burning_fuel + i.energy") == 500_000
    assert g("return i.get_fuel_inventory().is_empty(), i.held_stack.valid_for_read") == [
        True,
        False,
    ]
    assert g("return i.pickup_position, 256 * i.drop_position.x") == [
        {"x": 1.5, "y": 0.5}, 128 - 307,
    ]  # fmt: skip


def test_clearing_fuel_leaves_the_fire(g):
    """[FG] set remaining_burning_fuel and currently_burning as well."""
    g("f = make('stone-furnace', 2, 2) f.insert('coal') f.insert{name='iron-ore', count=50}")
    g.ticks(10)
    g("f.get_fuel_inventory().clear()")
    assert g("return f.burner.remaining_burning_fuel > 3900000") is True
    g.ticks(200)
    assert g("return f.products_finished") == 1
    g("f.burner.currently_burning = nil f.burner.heat = 0")
    g.ticks(1)
    assert g("return f.burner.remaining_burning_fuel, f.burner.currently_burning") == [0, None]
    g.ticks(300)
    assert g("return f.products_finished, f.status == defines.entity_status.no_fuel") == [1, True]
    g("f.burner.currently_burning = 'coal' f.burner.remaining_burning_fuel = 300000")
    g.ticks(192)
    assert g("return f.products_finished") == 2
    assert g.place.batch.full.entity.burning[0, 0] < 300_000 * JOULE


def test_insert_goes_where_items_belong(g):
    """[FG] fuel and source by role, never the result slot; ask the output inventory for that."""
    g("f = make('stone-furnace', 2, 2)")
    assert g("return f.insert('iron-plate'), f.can_insert('iron-plate')") == [1, True]  # steel
    assert g("return f.insert('iron-gear-wheel'), f.can_insert('iron-gear-wheel')") == [0, False]
    assert g("return f.get_output_inventory().insert{name='steel-plate', count=3}") == 3
    assert g("return f.remove_item{name='steel-plate', count=5}") == 3
    assert g("return f.get_inventory(defines.inventory.crafter_input)[1].count") == 1
    assert g("return f.get_inventory(defines.inventory.crafter_output)[1].valid_for_read") is False
    assert g("return f.get_inventory(defines.inventory.fuel)[1].valid_for_read") is False
    assert g("return f.get_inventory(defines.inventory.crafter_modules)") is None
    g("f.insert{name='wood', count=3} f.clear_items_inside()")
    assert g("return f.get_item_count()") == 0


def test_turning(g):
    """[FG] rotate works without by_player; at once for drills, belts and inserters."""
    g("b = make('transport-belt', 0.5, 0.5, {direction = 0})")
    assert g("return b.rotate(), b.direction, b.rotate{reverse = true}, b.direction") == [
        True, 4, True, 0,
    ]  # fmt: skip
    g("b.direction = 12 c = make('wooden-chest', 3.5, 0.5)")
    assert g("return b.direction, b.orientation, c.rotate(), c.supports_direction") == [
        12, 0.75, False, False,
    ]  # fmt: skip


def test_destroying_is_told_to_who_registered(g):
    """[FG] on_object_destroyed, also without raise_destroy."""
    g("c = make('wooden-chest', 1.5, 1.5) d = make('wooden-chest', 5.5, 5.5)")
    handle = g.place.entity(0)
    assert g.game.useful_id("LuaEntity", handle) == (g("return c.unit_number"), 1)
    g("d.destroy()")
    assert g.host.gone == []
    assert g("return c.destroy{raise_destroy = true}, c.valid, c.destroy()") == [True, False, True]
    assert g.host.gone == [("LuaEntity", handle)]
    assert g.host.events[-1][0] == "script_raised_destroy"


def test_what_a_tick_destroys_is_told(g):
    g("c = make('character', 0, 0) h = make('wooden-chest', 2.5, 0.5)")
    handle = g.place.entity(0)
    g.game.useful_id("LuaEntity", handle)
    for _ in range(13):
        g(
            "c.update_selected_entity({2.5, 0.5}) c.mining_state = {mining = true, position "
            "= {2.5, 0.5}}"
        )
        g.ticks(1)
    assert g("return h.valid") is False
    assert g.host.gone == [("LuaEntity", handle)]


def test_a_handle_never_stands_for_a_successor(g):
    g("c = make('wooden-chest', 1.5, 1.5) i = c.get_inventory(1) s = i[1] s.set_stack('coal')")
    g("c.destroy() d = make('wooden-chest', 1.5, 1.5)")
    assert g("return c.valid, i.valid, s.valid, d.valid, c == d") == [
        False, False, False, True, False,
    ]  # fmt: skip
    assert "LuaInventory API call when LuaInventory was invalid." in g.fails("return #i")


def test_health(g):
    g("c = make('wooden-chest', 1.5, 1.5) c.health = 40")
    assert g("return c.health, c.get_health_ratio(), c.damage(15, 'enemy')") == [40, 0.4, 15]
    g("c.damage(100, 'enemy')")
    assert g("return c.valid") is False
    assert "on_entity_died" in [name for name, _ in g.host.events]
    g("c = make('wooden-chest', 1.5, 1.5) c.destructible = false")
    assert g("return c.damage(500, 'enemy'), c.health") == [0, 100]
