"""A mod on a whole server, through RCON: build, walk, mine, craft, read it all back, save."""

from __future__ import annotations

import json

import factorio_rcon
import pytest
from tiny import PASSWORD, make_mod

from fz_multi.server.server import Server

CONTROL = """
local function build()
  local s = game.create_surface("arena", {width = 32, height = 32})
  s.generate_with_lab_tiles = true
  s.request_to_generate_chunks({0, 0}, 1)
  s.force_generate_chunk_requests()
  local f = game.create_force("team")
  for x = -1, 0 do for y = -1, 0 do
    s.create_entity{name = "iron-ore", position = {x + 0.5, y + 0.5}, amount = 100}
  end end
  storage.ore = s.create_entity{name = "coal", position = {4.5, 0.5}, amount = 50}
  storage.drill = s.create_entity{
    name = "burner-mining-drill", position = {0, 0}, direction = defines.direction.south, force = f}
  storage.chest = s.create_entity{name = "wooden-chest", position = {0.5, 1.5}, force = f}
  storage.me = s.create_entity{name = "character", position = {8, 0.5}, force = f}
  storage.me.insert{name = "iron-plate", count = 20}
  storage.slots = storage.chest.get_inventory(defines.inventory.chest)
end
script.on_init(build)

-- Walks to the coal, mines it, carries it to the drill, crafts on the way.
local function think()
  local me = storage.me
  if me.position.x > 6.5 then
    me.walking_state = {walking = true, direction = defines.direction.west}
  elseif storage.fed then
    return
  elseif me.get_item_count("coal") < 3 then
    me.walking_state = {walking = false, direction = defines.direction.west}
    me.update_selected_entity(storage.ore.position)
    me.mining_state = {mining = true, position = storage.ore.position}
  else
    me.mining_state = {mining = false}
    me.begin_crafting{recipe = "iron-gear-wheel", count = 3}
    local coal = me.remove_item{name = "coal", count = 3}
    storage.fed = storage.drill.insert{name = "coal", count = coal}
  end
end
script.on_event(defines.events.on_tick, function()
  if storage.target and game.tick >= storage.target then
    game.tick_paused = true
    return
  end
  think()
end)

commands.add_command("go", "", function(event)
  storage.target = game.tick + tonumber(event.parameter)
  game.tick_paused = false
end)
commands.add_command("show", "", function()
  local me = storage.me
  rcon.print(helpers.table_to_json{
    tick = game.tick, paused = game.tick_paused, x = me.position.x * 256,
    gears = me.get_item_count("iron-gear-wheel"), plates = me.get_item_count("iron-plate"),
    coal = storage.ore.amount, chest = storage.slots.get_contents(),
    working = storage.drill.status == defines.entity_status.working,
    made = me.force.get_item_production_statistics(me.surface).input_counts,
    unit = me.unit_number,
  })
end)
"""


@pytest.fixture
def mods(tmp_path):
    return make_mod(tmp_path / "mods", CONTROL)


def show(send):
    return json.loads(send("/show"))


def finish(send):
    for _ in range(10_000):
        state = show(send)
        if state["paused"]:
            return state
    raise AssertionError("the clock does not stop")


def test_through_rcon(mods):
    with (
        Server(mods, password=PASSWORD, warn_first_command=False) as server,
        factorio_rcon.RCONClient("127.0.0.1", server.port, PASSWORD) as client,
    ):
        client.send_command("/sc game.speed = 60")
        client.send_command("/go 1000")
        state = finish(client.send_command)
        assert state["gears"] == 3
        assert state["plates"] == 14
        assert state["coal"] == 47
        assert state["made"]["coal"] == 3
        assert state["chest"] == [{"name": "iron-ore", "quality": "normal", "count": 2}]
        assert state["working"] is True
        assert 0 < 6.5 * 256 - state["x"] <= 38
        first = client.send_command(
            "/sc rcon.print(game.surfaces.arena.find_entity('wooden-chest', {0.5, 1.5}).name)"
        )
        assert first == "wooden-chest"


def test_a_save_file_goes_on_the_same(mods, tmp_path):
    """Handles in `storage` are those of the saved world."""
    file = tmp_path / "world.zip"

    def run(server, ticks):
        server.execute(f"/go {ticks}")
        while server.loop._runs():
            server.loop.update()
        return show(server.execute)

    one = Server(mods, password=PASSWORD)
    run(one, 500)
    one.save(file)
    two = Server(mods, password=PASSWORD, save=file)
    try:
        assert show(two.execute) == show(one.execute)
        assert run(two, 700) == run(one, 700)
        assert show(two.execute)["chest"][0]["count"] > 1
    finally:
        one.stop()
        two.stop()


def test_registered_objects_are_told(tmp_path):
    mods = make_mod(
        tmp_path,
        """
        script.on_init(function()
          local c = game.surfaces.nauvis.create_entity{name = "wooden-chest", position = {0.5, 0.5}}
          storage.number, storage.id = script.register_on_object_destroyed(c)
          storage.chest, storage.unit = c, c.unit_number
        end)
        script.on_event(defines.events.on_object_destroyed, function(event)
          storage.told = event.registration_number == storage.number
            and event.useful_id == storage.unit
        end)
        commands.add_command("gone", "", function() storage.chest.destroy() end)
        commands.add_command("told", "", function() rcon.print(tostring(storage.told)) end)
        """,
    )
    server = Server(mods, password=PASSWORD)
    try:
        server.execute("/gone")
        for _ in range(2):
            server.loop.update()
        assert server.execute("/told").strip() == "true"
    finally:
        server.stop()
