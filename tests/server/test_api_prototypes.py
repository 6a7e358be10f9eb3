"""prototypes and helpers."""

import zlib
from base64 import b64decode, b64encode

import pytest
from lua_game import LuaGame


@pytest.fixture(scope="module")
def g(tmp_path_factory) -> LuaGame:
    return LuaGame(write_folder=tmp_path_factory.mktemp("write"))


def test_entities(g):
    g("p = prototypes.entity['burner-mining-drill']")
    assert g("return p.name, p.type, p.tile_width, p.tile_height, p.mining_speed") == [
        "burner-mining-drill", "mining-drill", 2, 2, 0.25,
    ]  # fmt: skip
    assert g("return p.collision_box.left_top.x * 256, p.selection_box.right_bottom.y") == [-179, 1]
    assert g("return p.collision_mask.layers.player, p.collision_mask.layers.floor") == [True, None]
    assert g("return p.mineable_properties.mining_time, p.mineable_properties.minable") == [
        0.3,
        True,
    ]
    assert g("return p.items_to_place_this[1].name, p.burner_prototype.fuel_inventory_size") == [
        "burner-mining-drill", 1,
    ]  # fmt: skip
    assert g("return p.get_max_health(), p.get_max_energy_usage(), p.energy_usage") == [
        150,
        2500,
        2500,
    ]
    assert g("return p.resource_categories['basic-solid'], p.belt_speed") == [True, None]
    assert g("return prototypes.entity['transport-belt'].belt_speed") == 8 / 256
    assert g("return prototypes.entity['stone-furnace'].crafting_categories.smelting") is True
    assert g("return prototypes.entity['stone-furnace'].get_crafting_speed()") == 1
    assert (
        g("return prototypes.entity['wooden-chest'].get_inventory_size(defines.inventory.chest)")
        == 16
    )
    assert g("return prototypes.entity['burner-inserter'].inserter_pickup_position") == [0, -1]
    assert g("return prototypes.entity['no such']") is None
    assert (
        g(
            "local n = 0 for k, v in pairs(prototypes.entity) do n = n + 1 end return n == "
            "#prototypes.entity"
        )
        is True
    )


def test_filtered(g):
    assert g("local t = prototypes.get_entity_filtered({{filter='type', type='furnace'}}) "
             "local n = {} for name in pairs(t) do n[#n + 1] = name end return n") == [
        "stone-furnace", "steel-furnace", "electric-furnace",
    ]  # fmt: skip


def test_items_recipes_tiles(g):
    assert g("local p = prototypes.item['coal'] return p.stack_size, p.fuel_value, "
        "p.fuel_category, p.type") == [
        50, 4_000_000, "chemical", "item",
    ]  # fmt: skip
    assert g("return prototypes.item['stone-furnace'].place_result.name, "
             "prototypes.item['coal'].place_result") == ["stone-furnace", None]  # fmt: skip
    assert g("local p = prototypes.recipe['burner-mining-drill'] return p.energy, #p.ingredients, "
             "p.products[1].name, p.enabled, p.has_category('crafting')") == [
        2, 3, "burner-mining-drill", True, True,
    ]  # fmt: skip
    assert g("local p = prototypes.tile['water'] return p.collision_mask.layers.water_tile, "
             "p.walking_speed_modifier") == [True, 1]  # fmt: skip
    assert g("return prototypes.quality.normal.name, prototypes.fluid.water.name") == [
        "normal",
        "water",
    ]


def test_unknown_members_raise(g):
    assert "LuaEntityPrototype doesn't contain key max_health." in g.fails(
        "return prototypes.entity['coal'].max_health"
    )


# -- helpers ---------------------------------------------------------------------------------------
def test_json(g):
    """[doc] nil for invalid JSON; a null vanishes with its key."""
    assert g("""return helpers.json_to_table('{"a":[1,2.5,"x",true],"b":null,"c":{}}')""") == {
        "a": [1, 2.5, "x", True],
        "c": {},
    }
    assert g("return helpers.json_to_table('{')") is None
    assert g("return helpers.json_to_table('NaN')") is None
    assert g("return helpers.json_to_table(string.rep('[', 100000))") is None
    assert g("return helpers.table_to_json{1, 2.5, 'x'}") == '[1,2.5,"x"]'
    assert g("return helpers.table_to_json{a = 3.0}") == '{"a":3}'
    g.fails("helpers.table_to_json{[1] = 1, a = 2}")
    text = g("""return helpers.json_to_table('"\\\\u00e4\\\\n"')""")
    assert text == "ä\n"


def test_strings(g):
    """[doc] deflate and base64 and back; nil on failure."""
    packed = g("return helpers.encode_string('hello hello hello')")
    assert zlib.decompress(b64decode(packed)) == b"hello hello hello"
    assert g(f"return helpers.decode_string('{packed}')") == "hello hello hello"
    assert g("return helpers.decode_string('???')") is None
    half = b64encode(zlib.compress(b"x" * 1000)[:-6]).decode()
    assert g(f"return helpers.decode_string('{half}')") is None


def test_files_stay_under_script_output(g):
    """[doc] write_file and remove_path; never outside of the folder."""
    root = g.game.settings.write_folder / "script-output"
    g("helpers.write_file('a/b.txt', 'one') helpers.write_file('a/b.txt', 'two', true, 0)")
    assert (root / "a/b.txt").read_text() == "onetwo"
    for name in ("../x", "/etc/x", "a/../../x", "", "C:/x", "a\\\\..\\\\..\\\\x"):
        g.fails(f"helpers.write_file('{name}', 'x')")
    (root / "link").symlink_to("/tmp")
    g.fails("helpers.write_file('link/x', 'x')")
    g("helpers.remove_path('a')")
    assert not (root / "a").exists()
    g("helpers.remove_path('a')")


def test_versions_and_directions(g):
    assert g("return helpers.game_version") == "2.0.77"
    assert g("return helpers.compare_versions('2.0.9', '2.0.77'), "
        "helpers.compare_versions('2.1', '2.1.0')") == [
        -1, 0,
    ]  # fmt: skip
    assert g("return helpers.direction_to_string(defines.direction.south)") == "south"
    g.fails("helpers.compare_versions('x', '2.0')")


def test_profilers(g):
    g(
        "p = helpers.create_profiler() p.stop() q = helpers.create_profiler(true) q.add(p) "
        "q.divide(2)"
    )
    assert g("return p.valid") is True
