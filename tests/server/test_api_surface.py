"""Surfaces: chunks, tiles, making and finding entities (factorio-api 9, 10, 12)."""

import pytest
from lua_game import LuaGame


@pytest.fixture
def g() -> LuaGame:
    return LuaGame()


def test_a_surface_has_a_name_and_an_index(g):
    assert g("return surface.index, surface.name, surface.valid, surface.deletable") == [
        2, "arena", True, True,
    ]  # fmt: skip
    assert g("return game.surfaces['arena'] == surface, game.get_surface(2) == surface") == [
        True,
        True,
    ]
    assert g("return game.get_surface('none'), game.surfaces[9], #game.surfaces") == [None, None, 2]
    assert g("local n = {} for name, s in pairs(game.surfaces) do n[#n + 1] = name end "
        "return n") == [
        "nauvis", "arena",
    ]  # fmt: skip
    g("surface.name = 'other'")
    assert g("return game.get_surface('other').index, game.get_surface('arena')") == [2, None]
    assert ("on_surface_created", {"surface_index": 2}) in g.host.events


def test_sizes_and_names_are_checked(g):
    g.fails("game.create_surface('arena', {width = 8, height = 8})")
    g.fails("game.create_surface('wide', {width = 100000, height = 8})")
    g.fails("game.create_surface('endless')")
    assert g("local m = surface.map_gen_settings return m.width, m.height") == [64, 64]


def test_there_is_nothing_before_chunks_are_made(g):
    """[doc] request_to_generate_chunks, then force_generate_chunk_requests."""
    g("s = game.create_surface('late', {width = 40, height = 40})")
    assert g("return s.get_tile(0, 0).valid, s.count_tiles_filtered{}") == [False, 0]
    assert g("return s.create_entity{name = 'wooden-chest', position = {0, 0}}") is None
    assert g("return s.is_chunk_generated({0, 0})") is False
    g("s.request_to_generate_chunks({0, 0}, 0)")
    assert g("return s.is_chunk_generated({0, 0})") is False
    g("s.force_generate_chunk_requests()")
    assert g("return s.is_chunk_generated({0, 0}), s.is_chunk_generated({1, 0})") == [True, False]
    assert g("return s.count_tiles_filtered{}") == 20 * 20
    name, data = g.host.events[-1]
    assert name == "on_chunk_generated"
    assert data["position"] == {"x": 0, "y": 0}
    assert g("local n = 0 for c in surface.get_chunks() do n = n + 1 end return n") == 25


def test_lab_tiles(g):
    """[doc] generate_with_lab_tiles."""
    assert g("return surface.get_tile(0, 0).name, surface.get_tile(1, 0).name") == [
        "lab-dark-1", "lab-dark-2",
    ]  # fmt: skip
    assert g("return surface.get_tile(0, 0).position") == {"x": 0, "y": 0}
    assert g("return surface.get_tile(40, 0).name") == "out-of-map"
    assert g("local t = surface.get_tile(0, 0) return t.collides_with('player'), "
             "t.collides_with('ground_tile')") == [False, True]  # fmt: skip
    g.fails("surface.get_tile(0, 0).collides_with('player-layer')")


def test_set_tiles_and_find_them(g):
    """[FG] find_tiles_filtered with a collision mask returns only obstacles."""
    g(
        "surface.set_tiles({{name='water', position={3, 4}}, {name='deepwater', "
        "position={-5, 0}}}, false)"
    )
    assert g("return surface.count_tiles_filtered{collision_mask = 'water_tile'}") == 2
    assert g(
        "local t = surface.find_tiles_filtered{area = {{0, 0}, {10, 10}}, collision_mask = "
        "'water_tile'} "
        "return #t, t[1].position, t[1].name"
    ) == [1, {"x": 3, "y": 4}, "water"]
    assert g("return surface.count_tiles_filtered{name = {'water', 'deepwater'}}") == 2
    assert g("return surface.count_tiles_filtered{name = 'water', invert = true}") == 64 * 64 - 1
    assert g("return surface.count_tiles_filtered{area = {{0, 0}, {2.5, 2}}}") == 6
    assert g("return surface.count_tiles_filtered{position = {0.5, 0.5}, radius = 1}") == 5
    assert g("return surface.count_tiles_filtered{limit = 7}") == 7
    assert g("return make('wooden-chest', 3.5, 4.5)") is None
    g("surface.set_tiles({{name='lab-dark-1', position={3, 4}}})")
    assert g("return make('wooden-chest', 3.5, 4.5).valid") is True
    g("surface.set_tiles({{name='out-of-map', position={3, 4}}})")
    assert g("return surface.find_entity('wooden-chest', {3.5, 4.5})") is None
    g.fails("surface.set_tiles({{name='lava', position={3, 4}}})")


def test_find_by_name_type_force_direction(g):
    """[doc] filters combine with AND; arrays of values; limit; invert."""
    g("ores('iron-ore', 0, 0, 3, 3, 10)")
    g("make('wooden-chest', 8.5, 8.5) make('transport-belt', 10.5, 8.5, {direction = 4})")
    g("make('iron-chest', 12.5, 8.5, {force = 'player'})")
    count = "return surface.count_entities_filtered"
    assert g(count + "{}") == 19
    assert g(count + "{name = 'iron-ore'}") == 16
    assert g(count + "{name = {'iron-ore', 'wooden-chest'}}") == 17
    assert g(count + "{type = 'container'}") == 2
    assert g(count + "{type = {'container', 'transport-belt'}, force = force}") == 2
    assert g(count + "{force = {'player', 'neutral'}}") == 17
    assert g(count + "{direction = 4}") == 1
    assert g(count + "{type = 'resource', limit = 5}") == 5
    assert g(count + "{type = 'resource', invert = true}") == 3
    assert g(count + "{name = 'iron-ore', type = 'container'}") == 0
    assert g.fails("surface.find_entities_filtered{name = 'drill'}").startswith(
        "Unknown entity name: drill"
    )
    g.fails("surface.find_entities_filtered{typ = 'container'}")


def test_find_by_place(g):
    """[doc] area: colliding; position: box holds the point; with radius: centres."""
    g("f = make('stone-furnace', 10, 10)")  # box 10 +- 179/256
    count = "return surface.count_entities_filtered"
    assert g(count + "{area = {{10.5, 10.5}, {12, 12}}}") == 1
    assert g(count + "{area = {{10.75, 10.5}, {12, 12}}}") == 0
    assert g(count + "{position = {10.5, 10.5}}") == 1
    assert g(count + "{position = {10.75, 10.5}}") == 0
    assert g(count + "{position = {12, 10}, radius = 2}") == 1
    assert g(count + "{position = {12, 10}, radius = 1.9}") == 0
    g("ores('coal', 0, 0, 1, 0, 5) make('character', -5, -5)")
    assert g(count + "{position = {0.5, 0.5}, radius = 0.5}") == 1
    assert g(count + "{area = {{-5.1, -5.1}, {-4.9, -4.9}}}") == 1
    assert g("return surface.find_entity('coal', {1.5, 0.5}).position.x") == 1.5
    assert g("return surface.find_entity('coal', {2.5, 0.5})") is None


def test_resources(g):
    g("ores('iron-ore', 0, 0, 0, 0, 7) o = surface.find_entities_filtered{type='resource'}[1]")
    assert g("return o.amount, o.unit_number, o.force.name, o.health") == [7, None, "neutral", None]
    g("o.amount = 1")
    assert g("return o.amount, surface.get_resource_counts()") == [1, {"iron-ore": 1}]
    assert g("return surface.create_entity{name='iron-ore', position={0.5, 0.5}, amount=3}") is None
    g("o.destroy() ores('iron-ore', 0, 0, 0, 0, 9)")
    assert g("return o.valid, surface.find_entities_filtered{type='resource'}[1].amount") == [
        False,
        9,
    ]
    assert g("local m = prototypes.entity['iron-ore'].mineable_properties "
             "return m.mining_time, m.products[1].name") == [1, "iron-ore"]  # fmt: skip


def test_overlapping_entities_are_nil(g):
    """[doc] create_entity that cannot be made returns nil."""
    g("make('stone-furnace', 0, 0)")
    assert g("return make('wooden-chest', 0.5, 0.5), make('wooden-chest', 500, 0)") == [None, None]
    g("c = make('character', 5.5, 5.5)")
    assert g("return make('wooden-chest', 5.5, 5.5), make('transport-belt', 5.5, 5.5).valid") == [
        None, True,
    ]  # fmt: skip
    g.fails("make('assembling-machine-1', 9.5, 9.5)")


def test_things_snap(g):
    """[FG] 2x2 to integers, 1x1 to x.5."""
    assert g("return make('stone-furnace', 3.3, 3.6).position") == {"x": 3, "y": 4}
    assert g("return make('wooden-chest', 8.1, 8.9).position") == {"x": 8.5, "y": 8.5}


def test_raise_built(g):
    g("c = make('wooden-chest', 0.5, 0.5, {raise_built = true})")
    assert g.host.events[-1][0] == "script_raised_built"


def test_can_place_entity(g):
    g("ores('coal', 4, 4, 5, 5, 9)")
    ask = "return surface.can_place_entity{{name='{}', position={{{}, {}}}, force=force}}"
    assert g(ask.format("burner-mining-drill", 5, 5)) is True
    assert g(ask.format("burner-mining-drill", 10, 5)) is False
    assert g(ask.format("wooden-chest", 40, 0)) is False
    assert g(ask.format("character", 0, 0)) is True
    g("make('stone-furnace', 0, 0)")
    assert g(ask.format("character", 0, 0)) is False
    assert g(ask.format("coal", 0.5, 0.5)) is True
    assert g(ask.format("coal", 4.5, 4.5)) is False
    assert g("return surface.entity_prototype_collides('wooden-chest', {0.5, 0.5}, false)") is True
    assert (
        g("return surface.entity_prototype_collides('burner-mining-drill', {9, 9}, false)") is False
    )


def test_find_non_colliding_position(g):
    g("make('stone-wall', 0.5, 0.5)")
    found = g("return surface.find_non_colliding_position('character', {0.5, 0.5}, 5, 0.25)")
    assert 0.25 < max(abs(found["x"] - 0.5), abs(found["y"] - 0.5)) <= 0.75
    assert g("return surface.can_place_entity{name='character', position=surface."
             "find_non_colliding_position('character', {0.5, 0.5}, 5, 0.25)}") is True  # fmt: skip
    assert g("return surface.find_non_colliding_position('character', {200, 0}, 1, 0.5)") is None


def test_items_on_the_ground(g):
    """[FG] spilling: the origin, then square rings 88/256 apart; one item to a pile."""
    g(
        "p = surface.create_entity{name='item-on-ground', position={2.5, 2.5}, "
        "stack={name='coal', count=3}}"
    )
    assert g("return p.type, p.name, p.stack.name, p.stack.count, p.unit_number") == [
        "item-entity", "item-on-ground", "coal", 3, None,
    ]  # fmt: skip
    g("p.stack.count = 2")
    assert g("return p.stack.count") == 2
    g(
        "made = surface.spill_item_stack{position={2.5, 2.5}, stack={name='stone', "
        "count=3}, allow_belts=false}"
    )
    assert g("local r = {} for i, e in ipairs(made) do r[i] = (e.position.x - 2.5) * 256 .. ' ' .. "
             "(e.position.y - 2.5) * 256 .. ' ' .. e.stack.count end return r") == [
        "-88 -88 1", "0 -88 1", "88 -88 1",
    ]  # fmt: skip
    assert g("return surface.count_entities_filtered{type='item-entity'}") == 4
    g("p.stack.clear()")
    assert g("return p.valid") is False
    g("big = surface.spill_item_stack{position={9.5, 9.5}, stack={name='stone', count=60}, "
      "allow_belts=false, drop_full_stack=true}")  # fmt: skip
    assert g("return big[1].stack.count, big[2].stack.count") == [50, 10]
    assert (
        g("return surface.create_entity{name='item-on-ground', position={9.5, 9.5}, stack='coal'}")
        is None
    )


def test_deleting_waits_for_the_end_of_the_update(g):
    """[doc] only queued; surface 1 cannot be deleted."""
    g("c = make('wooden-chest', 0.5, 0.5)")
    assert g("return game.delete_surface('nauvis'), game.delete_surface(surface)") == [False, True]
    assert g("return surface.valid, c.valid") == [True, True]
    g.game.end_of_tick()
    assert g("return surface.valid, c.valid, game.get_surface('arena')") == [False, False, None]
    assert [name for name, _ in g.host.events[-2:]] == [
        "on_pre_surface_deleted",
        "on_surface_deleted",
    ]
    g("new = game.create_surface('again', {width = 8, height = 8})")
    assert g("return new.index, surface.valid, c.valid") == [2, False, False]
    assert "LuaSurface API call when LuaSurface was invalid." in g.fails("return surface.name")


def test_clearing_takes_characters_too(g):
    """[doc] the exemption is for characters of players."""
    g("c = make('character', 0, 0) w = make('stone-wall', 5.5, 5.5) surface.clear(true)")
    assert g("return w.valid") is True
    g.ticks(1)
    assert g("return c.valid, w.valid, surface.valid, surface.get_tile(0, 0).valid") == [
        False, False, True, False,
    ]  # fmt: skip


def test_settings_are_kept(g):
    g("surface.always_day = true surface.peaceful_mode = true surface.show_clouds = false")
    assert g("return surface.always_day, surface.peaceful_mode, surface.show_clouds") == [
        True, True, False,
    ]  # fmt: skip


def test_the_queries_are_quick(g):
    """A whole surface with 100 entities well under a millisecond (in Python, without Lua)."""
    import time

    from fz_multi.server.search import Query, find

    g("for y = 0, 9 do for x = 0, 9 do make('wooden-chest', x * 2 + 0.5, y * 2 + 0.5) end end")
    query = Query(g.game, {})
    best = 1.0
    for _ in range(50):
        start = time.perf_counter()
        assert len(find(g.game, g.place, query)) == 100
        best = min(best, time.perf_counter() - start)
    assert best < 0.0005
