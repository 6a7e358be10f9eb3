"""Forces, recipes, technologies, statistics (factorio-api 8, 9)."""

import pytest
from lua_game import LuaGame


@pytest.fixture
def g() -> LuaGame:
    game = LuaGame()
    game("stats = force.get_item_production_statistics(surface)")
    return game


def test_forces(g):
    assert g("return force.name, force.index, force.valid, #game.forces") == ["team", 4, True, 4]
    assert g("return game.forces.player.index, game.forces['enemy'].index, "
        "game.forces[3].name") == [
        1, 2, "neutral",
    ]  # fmt: skip
    assert g("return game.forces.nobody") is None
    g.fails("game.create_force('team')")


def test_64_forces_in_all(g):
    """[doc] 3 built in, 61 of yours."""
    g("for k = 1, 60 do game.create_force('f' .. k) end")
    g.fails("game.create_force('one more')")
    g("game.merge_forces('f1', force)")
    assert g("return game.forces.f1.valid") is True
    g.ticks(1)
    assert g("return game.forces.f1") is None
    assert g("return game.create_force('one more').index") == 5


def test_merging_takes_the_things_over(g):
    g("other = game.create_force('other') c = make('wooden-chest', 0.5, 0.5, {force = other})")
    g("h = make('character', 5, 5, {force = other}) game.merge_forces(other, force)")
    g.ticks(1)
    assert g("return c.force == force, h.force.name, other.valid") == [True, "team", False]


def test_recipes(g):
    assert g("local r = force.recipes['iron-gear-wheel'] return r.name, r.enabled, "
        "r.energy, r.hidden, "
             "r.ingredients[1].name, r.ingredients[1].amount, r.products[1].amount") == [
        "iron-gear-wheel", True, 0.5, False, "iron-plate", 2, 1,
    ]  # fmt: skip
    assert g("local r = force.recipes['iron-gear-wheel'] return r.has_category('crafting'), "
             "r.has_category('smelting'), r.prototype.energy") == [True, False, 0.5]  # fmt: skip
    assert g("return force.recipes['steel-plate'].enabled, force.recipes['nothing']") == [
        False,
        None,
    ]
    g("force.recipes['steel-plate'].enabled = true")
    assert g("return force.recipes['steel-plate'].enabled") is True
    assert g("return game.forces.player.recipes['steel-plate'].enabled") is False
    g("force.reset_recipes()")
    assert g("return force.recipes['steel-plate'].enabled") is False
    assert g("local n = 0 for name, r in pairs(force.recipes) do n = n + 1 end return n") > 100


def test_technologies(g):
    g("t = force.technologies['steel-processing']")
    assert g("return t.name, t.researched, t.enabled, t.research_unit_count, t.saved_progress") == [
        "steel-processing", False, True, 50, 0,
    ]  # fmt: skip
    assert g("return t.research_unit_ingredients[1].name") == "automation-science-pack"
    g("t.researched = true")
    assert g("return t.researched, force.recipes['steel-plate'].enabled") == [True, True]
    assert g.host.events[-1][0] == "on_research_finished"
    g("t.researched = false")
    assert g("return force.recipes['steel-plate'].enabled") is False
    assert g("return prototypes.technology['steam-power'].research_trigger.type") == "craft-item"
    g("force.research_all_technologies()")
    assert g("return force.recipes['steel-plate'].enabled, t.researched") == [True, True]


def test_nothing_can_be_queued(g):
    """[FG] add_research false; a write to the queue is accepted and stays empty."""
    assert g("return force.add_research('automation'), force.current_research") == [False, None]
    g("force.research_queue = {'automation'}")
    assert g("return force.research_queue") == {}
    g.fails("force.add_research('no such')")


def test_statistics(g):
    """[FG] machines and hand mining count, hand crafting and building do not."""
    g("ores('iron-ore', -1, -1, 0, 0, 90) d = make('burner-mining-drill', 0, 0, {direction = 8})")
    g("make('wooden-chest', -0.5, 1.5) d.insert{name='coal', count=2}")
    g(
        "f = make('stone-furnace', 6, 6) f.insert{name='coal', count=1} "
        "f.insert{name='iron-ore', count=2}"
    )
    g(
        "c = make('character', 3, 0) c.insert{name='iron-plate', count=4} ores('stone', 4, "
        "0, 4, 0, 9)"
    )
    g("c.begin_crafting{recipe='iron-gear-wheel', count=2}")
    for _ in range(400):
        g(
            "c.update_selected_entity({4.5, 0.5}) c.mining_state = {mining=true, "
            "position={4.5, 0.5}}"
        )
        g.ticks(1)
    assert g("return stats.input_counts") == {"iron-plate": 2, "iron-ore": 1, "stone": 3}
    assert g("return stats.output_counts") == {"iron-ore": 2, "coal": 2}
    assert g("return stats.get_input_count('stone'), stats.get_output_count('stone')") == [3, 0]
    assert g("return game.forces.player.get_item_production_statistics('arena').input_counts") == {}
    g("stats.clear()")
    assert g("return stats.input_counts, stats.output_counts") == [{}, {}]
    g(
        "stats.on_flow('iron-gear-wheel', 2) stats.on_flow('coal', -1) "
        "stats.set_input_count('wood', 5)"
    )
    assert g("return stats.input_counts, stats.output_counts") == [
        {"iron-gear-wheel": 2, "wood": 5}, {"coal": 1},
    ]  # fmt: skip
    assert g("return force.get_entity_build_count_statistics(surface).input_counts") == {}
    g.fails("stats.get_input_count('no such')")


def test_counting_entities(g):
    g("make('stone-wall', 0.5, 0.5) make('stone-wall', 2.5, 0.5) make('character', 9, 9)")
    assert g(
        "return force.get_entity_count('stone-wall'), force.get_entity_count('character')"
    ) == [2, 1]
    assert g("return game.forces.player.get_entity_count('stone-wall')") == 0


def test_friends(g):
    g("force.set_friend('player', true) force.set_cease_fire('enemy', true)")
    assert g("return force.get_friend('player'), force.get_cease_fire('enemy')") == [True, True]
    assert g("return game.forces.player.get_friend(force)") is False


def test_modifiers_are_refused(g):
    assert g("return force.manual_mining_speed_modifier") == 0
    g.fails("force.manual_mining_speed_modifier = 1")
