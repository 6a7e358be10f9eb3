"""Every member of every object: it answers, or raises as the game does; never a Python error."""

from __future__ import annotations

import pytest
from lua_game import LuaGame

from fz_multi.server import defines, registry
from fz_multi.server.machine import STATUS_NUMBERS

OBJECTS = """
ores('iron-ore', 3, 3, 6, 6, 50)
objects = {
  drill = make('burner-mining-drill', 4, 4), furnace = make('stone-furnace', -4, 4),
  belt = make('transport-belt', 0.5, 9.5), arm = make('burner-inserter', 2.5, 9.5),
  chest = make('wooden-chest', 9.5, 0.5), wall = make('stone-wall', 9.5, 3.5),
  tree = make('tree-01', -9, -9), rock = make('big-rock', -12, 9),
  ore = surface.find_entities_filtered{name = 'iron-ore'}[9],
  item = surface.create_entity{name = 'item-on-ground', position = {9, -9}, stack = 'coal'},
  character = make('character', -3, -3), surface = surface, force = force,
  helpers = helpers, prototypes = prototypes, tile = surface.get_tile(0, 0),
  recipe = force.recipes['iron-gear-wheel'], technology = force.technologies['steam-power'],
  statistics = force.get_item_production_statistics(surface),
  script_inventory = game.create_inventory(2), profiler = helpers.create_profiler(),
}
objects.furnace.insert('coal') objects.furnace.insert{name = 'iron-ore', count = 3}
objects.belt.get_transport_line(1).insert_at(0.5, 'coal')
objects.inventory = objects.chest.get_inventory(1)
objects.inventory.insert('coal')
objects.stack, objects.empty_stack = objects.inventory[1], objects.inventory[2]
objects.held, objects.pile_stack = objects.arm.held_stack, objects.item.stack
objects.line = objects.belt.get_transport_line(1)
objects.burner = objects.furnace.burner
for what, name in pairs{entity = 'stone-furnace', item = 'coal', recipe = 'steel-plate',
    tile = 'water', technology = 'automation', fluid = 'water'} do
  objects[what .. '_prototype'] = prototypes[what][name]
end
names = {}
for name in pairs(objects) do names[#names + 1] = name end
"""
# What ends the object that is looked at. (`game` is the server's own, and not looked at here.)
ENDS = {"destroy", "die", "clear"}
ARGUMENTS = (
    "", "nil", "1", "-1", "1e9", "'coal'", "{}", "{0, 0}", "{x = 1, y = 2}", "force", "surface",
    "objects.chest", "objects.stack", "{name = 'coal', count = 1}", "1, 1", "'x', 'y'", "true",
    "{name = 'stone-wall', position = {20, 20}}", "{recipe = 'iron-gear-wheel', count = 1}",
    "{0/0, 0}", "{1e300, 0}", "string.rep('x', 1000)", "0.5", "0.5, 'coal'",
)  # fmt: skip


@pytest.fixture(params=["2.0.77", "2.1.9"])
def g(request) -> LuaGame:
    game = LuaGame(version=request.param)
    game(OBJECTS)
    game.ticks(3)
    game(
        "objects.lane_stack = objects.line.get_detailed_contents()[1].stack names[#names + "
        "1] = 'lane_stack'"
    )
    return game


def members(g: LuaGame, name: str, table: dict) -> list[str]:
    cls = g(f"return objects.{name}.object_name")
    owners = g.host.checker.api.chain(cls)
    return sorted({key for owner, key in table if owner in owners})


def test_every_read(g):
    """Reads of all the members that the API knows, registered or not."""
    for name in g("return names"):
        cls = g(f"return objects.{name}.object_name")
        for owner in g.host.checker.api.chain(cls):
            for key in g.host.checker.api.classes.get(owner, {}):
                if not key.startswith("<"):
                    g(f"pcall(function() return objects.{name}.{key} end)")
    g.state.host.raise_internal()


def test_every_call(g):
    """Calls with all kinds of arguments, most of them wrong."""
    for name in g("return names"):
        for key in members(g, name, registry.methods):
            if key in ENDS:
                continue
            for arguments in ARGUMENTS:
                g(f"pcall(function() return objects.{name}.{key}({arguments}) end)")
    g.ticks(30)
    assert g("return objects.character.valid, objects.chest.valid") == [True, True]


def test_every_write(g):
    for name in g("return names"):
        for key in members(g, name, registry.setters):
            for value in ARGUMENTS[1:]:
                g(f"pcall(function() objects.{name}.{key} = {value} end)")
    g.ticks(30)


def test_numbers_of_defines(g):
    numbers = defines.numbers(g.host.settings.version)
    for name, number in STATUS_NUMBERS.items():
        assert numbers["entity_status"][name] == number
    inventory = numbers["inventory"]
    assert [inventory[n] for n in ("fuel", "chest", "character_main")] == [1, 1, 1]
    assert [inventory[n] for n in ("crafter_input", "crafter_output")] == [2, 3]
    assert [numbers["build_check_type"][n] for n in ("manual", "manual_ghost")] == [1, 3]


def test_mining_progress_of_what_is_no_drill(g):
    """[doc] 2.0 gives nil, 2.1 gives 0."""
    nothing = None if g.host.settings.version.startswith("2.0") else 0
    assert g("return objects.chest.mining_progress") == nothing
