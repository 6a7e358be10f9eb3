"""Characters without a player: walking, mining, crafting, reach (factorio-api 7)."""

import pytest
from lua_game import LuaGame


@pytest.fixture
def g() -> LuaGame:
    game = LuaGame()
    game("c = make('character', 0, 0)")
    return game


def test_a_new_character(g):
    assert g("return c.name, c.type, c.valid, c.direction, c.force.name") == [
        "character", "character", True, 0, "team",
    ]  # fmt: skip
    assert g("return #c.get_main_inventory(), c.get_main_inventory().is_empty()") == [80, True]
    assert g("return c.health, c.max_health, c.get_health_ratio()") == [250, 250, 1]
    assert g("return game.get_entity_by_unit_number(c.unit_number) == c")


def test_force_defaults_to_enemy(g):
    """[doc] LuaSurface.create_entity"""
    assert (
        g("return surface.create_entity{name='character', position={5, 5}}.force.name") == "enemy"
    )


@pytest.mark.parametrize(
    ("direction", "dx", "dy"), [(0, 0, -38), (4, 38, 0), (12, -38, 0), (2, 27, -27)]
)
def test_walks_until_stopped(g, direction, dx, dy):
    """[FG] 38/256 tile a tick along an axis."""
    g(f"c.walking_state = {{walking = true, direction = {direction}}}")
    g.ticks(30)
    assert g("return fixed(c.position)") == [30 * dx, 30 * dy]
    assert g("local w = c.walking_state return w.walking, w.direction") == [True, direction]
    g("c.walking_state = {walking = false, direction = 0}")
    g.ticks(5)
    assert g("return fixed(c.position)") == [30 * dx, 30 * dy]
    assert g("return c.direction") == direction


def test_positions_are_multiples_of_a_256th(g):
    g("c.teleport({1.123456, -1.123456})")
    assert g("return fixed(c.position)") == [287, -288]


def test_direction_takes_effect_a_tick_later(g):
    """[FG] and is invisible while paused."""
    g("c.direction = 4")
    assert g("return c.direction") == 0
    g.ticks(1)
    assert g("return c.direction") == 4


def mine(g, ticks):
    for _ in range(ticks):
        g("c.update_selected_entity(spot) c.mining_state = {mining = true, position = spot}")
        g.ticks(1)


def test_first_ore_after_121_ticks_then_one_in_120(g):
    """[FG]"""
    g("ores('iron-ore', 1, 0, 1, 0, 5) spot = {1.5, 0.5}")
    mine(g, 120)
    assert g("return c.get_item_count('iron-ore')") == 0
    assert g("return c.character_mining_progress") == 1.0
    mine(g, 1)
    assert g("return c.get_item_count('iron-ore')") == 1
    mine(g, 119)
    assert g("return c.get_item_count('iron-ore')") == 1
    mine(g, 1)
    assert g("return c.get_item_count('iron-ore')") == 2
    assert g("return surface.find_entities_filtered{name='iron-ore'}[1].amount") == 3


def test_mining_stops_after_an_item_unless_told_again(g):
    """[FG] after 150 ticks: 1 ore, progress 0."""
    g("ores('iron-ore', 1, 0, 1, 0, 5)")
    g(
        "c.update_selected_entity({1.5, 0.5}) c.mining_state = {mining = true, position = "
        "{1.5, 0.5}}"
    )
    g.ticks(150)
    assert g("return c.get_item_count('iron-ore'), c.character_mining_progress") == [1, 0]
    assert g("return c.mining_state.mining") is False


def test_a_chest_comes_on_tick_13(g):
    """[FG]"""
    g("make('wooden-chest', 2.5, 0.5).insert{name = 'coal', count = 7} spot = {2.5, 0.5}")
    mine(g, 12)
    assert g("return c.get_item_count('wooden-chest')") == 0
    mine(g, 1)
    assert g("return c.get_item_count('wooden-chest'), c.get_item_count('coal')") == [1, 7]


def test_what_stands_on_ore_is_selected_first(g):
    """[FG]"""
    g("ores('iron-ore', 1, 0, 1, 0, 5) b = make('transport-belt', 1.5, 0.5)")
    g("c.update_selected_entity({1.5, 0.5})")
    assert g("return c.selected == b")
    g("b.destroy() c.update_selected_entity({1.5, 0.5})")
    assert g("return c.selected.name") == "iron-ore"
    g("c.clear_selected_entity()")
    assert g("return c.selected") is None
    g("c.selected = surface.find_entities_filtered{name='iron-ore'}[1]")
    assert g("return c.selected.position.x") == 1.5


def test_another_target_starts_at_0(g):
    """[FG]"""
    g("ores('iron-ore', 1, 0, 2, 0, 5) spot = {1.5, 0.5}")
    mine(g, 60)
    assert g("return c.character_mining_progress") == 0.5
    g("spot = {2.5, 0.5}")
    mine(g, 1)
    assert g("return c.character_mining_progress") == pytest.approx(1 / 120)
    g("spot = {1.5, 0.5}")
    mine(g, 1)
    assert g("return c.character_mining_progress") == pytest.approx(1 / 120)


def test_out_of_resource_reach_nothing_happens(g):
    """[FG] no progress, no error."""
    g("ores('iron-ore', 4, 0, 4, 0, 5) spot = {4.5, 0.5}")
    mine(g, 130)
    assert g("return c.get_item_count('iron-ore'), c.character_mining_progress") == [0, 0]


def test_mining_wins_over_walking(g):
    """[FG]"""
    g("ores('iron-ore', 1, 0, 1, 0, 5) spot = {1.5, 0.5}")
    g("c.walking_state = {walking = true, direction = 4}")
    mine(g, 10)
    assert g("return fixed(c.position)") == [0, 0]


def test_crafting_takes_ingredients_at_once(g):
    """[FG] 2 gears: 10 -> 6 plates."""
    g("c.insert{name = 'iron-plate', count = 10}")
    assert g("return c.get_craftable_count('iron-gear-wheel')") == 5
    assert g("return c.begin_crafting{recipe = 'iron-gear-wheel', count = 2}") == 2
    assert g("return c.get_item_count('iron-plate'), c.crafting_queue_size") == [6, 1]
    row = {"index": 1, "recipe": "iron-gear-wheel", "count": 2, "prerequisite": False}
    assert g("return c.crafting_queue") == [row]
    g.ticks(15)
    assert g("return c.crafting_queue_progress") == 0.5
    g.ticks(15)
    assert g("return c.get_item_count('iron-gear-wheel'), c.crafting_queue_progress") == [1, 0]
    g.ticks(30)
    assert g("return c.get_item_count('iron-gear-wheel'), c.crafting_queue_size") == [2, 0]
    assert g("return c.crafting_queue") is None


def test_intermediates_are_queued_first(g):
    """[doc] begin_crafting queues prerequisites."""
    g("c.insert{name = 'iron-plate', count = 20} c.insert{name = 'stone', count = 20}")
    g("c.insert{name = 'stone-furnace', count = 1}")
    assert g("return c.begin_crafting{recipe = 'burner-mining-drill', count = 1}") == 1
    queue = g("return c.crafting_queue")
    assert [(row["recipe"], row["count"], row["prerequisite"]) for row in queue] == [
        ("iron-gear-wheel", 3, True),
        ("burner-mining-drill", 1, False),
    ]
    g("c.cancel_crafting{index = 2, count = 1}")
    assert g("return c.crafting_queue_size, c.get_item_count('iron-plate')") == [0, 20]
    assert "no entry" in g.fails("c.cancel_crafting{index = 1, count = 1}")


def test_as_many_as_can_be_made(g):
    g("c.insert{name = 'iron-plate', count = 7}")
    assert g("return c.begin_crafting{recipe = 'iron-gear-wheel', count = 100}") == 3
    assert g("return c.begin_crafting{recipe = 'iron-gear-wheel', count = 1}") == 0


def test_a_recipe_that_is_off_cannot_be_crafted(g):
    g("c.insert{name = 'iron-plate', count = 10} force.recipes['iron-gear-wheel'].enabled = false")
    assert g("return c.begin_crafting{recipe = 'iron-gear-wheel', count = 1}") == 0
    assert g("return c.get_craftable_count('iron-gear-wheel')") == 0


def test_reach_is_measured_to_the_collision_box(g):
    """[FG] straight line, 10 included."""
    g("w = make('stone-wall', 10.5, 0.5)")  # its box begins at 10.5 - 74/256
    for x, reached in ((0.2, False), (0.3, True)):
        g(f"c.teleport({{{x}, 0.5}})")
        assert g("return c.can_reach_entity(w)") is reached
    g("c.teleport({0, 0}) ores('coal', 2, 0, 3, 0, 9)")
    near, far = g(
        "local r = {} for _, e in pairs(surface.find_entities_filtered{name='coal'}) do "
        "r[e.position.x] = c.can_reach_entity(e) end return r[2.5], r[3.5]"
    )
    assert (near, far) == (True, False)


def test_can_place_entity_knows_reach_water_and_bodies(g):
    """[doc] LuaControl.can_place_entity, since 2.0.61."""
    ask = "return c.can_place_entity{{name = 'stone-furnace', position = {{{}, {}}}}}"
    assert g(ask.format(4, 0)) is True
    assert g(ask.format(10, 0)) is True
    assert g(ask.format(11, 0)) is False
    assert g(ask.format(0, 0)) is False  # its own body
    g("surface.set_tiles({{name = 'water', position = {4, 0}}})")
    assert g(ask.format(4, 0)) is False


def test_the_check_is_true_for_a_machine_turned_another_way(g):
    """[FG] the trap: a player would fast-replace."""
    g("ores('iron-ore', 3, 3, 4, 4, 9) d = make('burner-mining-drill', 4, 4, {direction = 0})")
    ask = "return c.can_place_entity{{name='burner-mining-drill', position={{4, 4}}, direction={}}}"
    assert g(ask.format(4)) is True
    assert g(ask.format(0)) is False
    assert g("return make('burner-mining-drill', 4, 4, {direction = 4})") is None


def test_teleport_checks_nothing(g):
    """[doc] the script check; other surfaces: false."""
    g("make('stone-wall', 5.5, 5.5)")
    assert g("return c.teleport({5.5, 5.5}), c.position.x") == [True, 5.5]
    assert g("return c.teleport({1, 1}, 'nauvis')") is False
    assert g("return c.teleport({1000, 1})") is False
    g("c.teleport({2, 2}, nil, true)")
    name, data = g.host.events[-1]
    assert name == "script_raised_teleported"
    assert data["old_position"] == {"x": 5.5, "y": 5.5}


def test_death_is_told_and_final(g):
    """[doc] on_entity_died; the reference goes invalid."""
    assert g("return c.die()") is True
    assert [name for name, _ in g.host.events[-2:]] == ["on_entity_died", "on_post_entity_died"]
    assert g("return c.valid") is False
    assert "LuaEntity API call when LuaEntity was invalid." in g.fails("return c.health")
    g("new = make('character', 0, 0)")
    assert g("return new.valid, c.valid, new == c") == [True, False, False]


def test_destroy_and_create_gives_a_clean_one(g):
    """[FG] reset by destroying and recreating."""
    g("c.insert('coal') c.walking_state = {walking = true, direction = 4}")
    g.ticks(3)
    g("c.destroy() c = make('character', 0, 0)")
    g.ticks(3)
    assert g("return c.get_item_count(), c.direction, c.position.x") == [0, 0, 0]
    assert g("return c.walking_state.walking") is False


def test_sixteen_characters_at_most(g):
    g("for k = 1, 15 do assert(make('character', k * 2 - 20, 10)) end")
    assert "at most 16 characters" in g.fails("make('character', 20, 20)")
    assert g("return #surface.find_entities_filtered{type = 'character'}") == 16


def test_two_characters_get_their_own_orders(g):
    g("d = make('character', 0, 5) c.walking_state = {walking = true, direction = 4}")
    g("d.walking_state = {walking = true, direction = 12}")
    g.ticks(10)
    assert g("local x, y = fixed(c.position) local u, v = fixed(d.position) return x, y, u, v") == [
        380, 0, -380, 1280,
    ]  # fmt: skip


def test_distances(g):
    """[doc][FG] build, reach, drop 10, resources 2.7, pick-up 1."""
    assert g(
        "return c.build_distance, c.reach_distance, c.drop_item_distance, "
        "c.resource_reach_distance, c.item_pickup_distance, c.loot_pickup_distance"
    ) == [10, 10, 10, 2.7, 1, 2]
    assert g("return c.is_player(), c.player, c.cursor_stack") == [False, None, None]
