"""What the game refuses, the server refuses: members, access, forms of calls, dead objects."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tiny import tiny_server

import fz_multi.server.bootstrap
import fz_multi.server.game
from fz_multi.server import api, defines, registry
from fz_multi.server.api import Api
from fz_multi.server.registry import LuaError
from fz_multi.server.server import Server, make_game
from fz_multi.server.strict import Checker

assert fz_multi.server.bootstrap and fz_multi.server.game  # they register what they have
VERSIONS = ("2.0.77", "2.1.9")

START = """
surface = game.create_surface("arena", {width = 64, height = 64})
surface.generate_with_lab_tiles = true
surface.request_to_generate_chunks({0, 0}, 2)
surface.force_generate_chunk_requests()
chest = surface.create_entity{name = "wooden-chest", position = {1.5, 1.5}, force = "player"}
furnace = surface.create_entity{name = "stone-furnace", position = {5, 5}, force = "player"}
inventory = chest.get_inventory(defines.inventory.chest)
dead = surface.create_entity{name = "wooden-chest", position = {9.5, 1.5}, force = "player"}
dead_inventory = dead.get_inventory(defines.inventory.chest)
dead.destroy()
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = tiny_server(tmp_path_factory.mktemp("mods"), game=make_game)
    server.host.level.state.run(START, "=(start)")
    yield server
    server.stop()


def run(server: Server, text: str) -> Any:
    return server.host.level.state.run(text, "=(test)", traceback=False)


def fails(server: Server, text: str) -> str:
    with pytest.raises(LuaError) as error:
        run(server, text)
    return str(error.value)


# What is offered --------------------------------------------------------------------------------


@pytest.mark.parametrize("version", VERSIONS)
def test_nothing_is_offered_beyond_the_api(version: str) -> None:
    found = Api(version)
    wrong = []
    for members, form in (
        (registry.getters, "r"),
        (registry.setters, "w"),
        (registry.methods, "p"),
    ):
        for cls, name in members:
            entry = found.member(cls, name)
            gone = entry is None or form not in entry[1]
            if gone and not _only_in_another(cls, name, form, version):
                wrong.append((cls, name, form))
    for cls, operator in registry.operators:
        shown = f"<{'index' if operator == 'set_index' else operator}>"
        if found.member(cls, shown) is None:
            wrong.append((cls, operator, "operator"))
    assert not wrong


def _only_in_another(cls: str, name: str, form: str, version: str) -> bool:
    """Members of one release only may be registered: the other one hides them."""
    others = [Api(other).member(cls, name) for other in VERSIONS if other != version]
    return any(entry is not None and form in entry[1] for entry in others)


@pytest.mark.parametrize("version", VERSIONS)
def test_members_of_the_other_release_are_hidden(tmp_path: Path, version: str) -> None:
    server = tiny_server(tmp_path, version=version)
    expected = version == "2.0.77"
    for name in ("furnace_source", "rocket_silo_input"):
        assert run(server, f"return defines.inventory.{name} ~= nil") is expected
    assert run(server, "return defines.inventory.crafter_input ~= nil") is True
    if expected:
        assert "doesn't contain key new_notification_queue" in fails(
            server, "script.new_notification_queue()"
        )
    else:
        assert "not implemented" in fails(server, "script.new_notification_queue()")
        assert "doesn't contain key create_profiler" in fails(server, "game.create_profiler()")


def test_the_table_is_facts_only() -> None:
    """Names, types and flags: nothing that looks like a sentence."""
    text = api.TABLE.read_text(encoding="utf-8")
    assert len(text) < 1_000_000
    strings = re.findall(r'"((?:[^"\\]|\\.)*)"', text)
    assert not [string for string in strings if string.count(" ") > 2]
    assert json.loads(text)["versions"] == ["2.0.76", "2.1.9"]


@pytest.mark.parametrize("version", VERSIONS)
def test_every_type_of_the_table_can_be_checked(version: str) -> None:
    checker = Checker(version)
    count = 0
    for cls, members in checker.api.classes.items():
        for name, entry in members.items():
            if "p" in entry:
                checker.arguments(f"{cls}::{name}", entry)
                count += 1
            elif "w" in entry:
                checker.type_check(entry["w"])(None)
                count += 1
    assert count > 800


def test_defines(server: Server) -> None:
    for group, values in defines.KNOWN.items():
        for name, number in values.items():
            assert run(server, f"return defines.{group}.{name}") == number
    assert run(server, "return defines.nothing == nil") is True
    numbers = list(defines.numbers("2.0.77")["events"].values())
    assert len(set(numbers)) == len(numbers)


# Members ----------------------------------------------------------------------------------------


def test_unknown_members(server: Server) -> None:
    for text, cls, key in [
        ("return chest.nothing", "LuaEntity", "nothing"),
        ("return game.item_prototypes", "LuaGameScript", "item_prototypes"),
        ("return helpers.read_file", "LuaHelpers", "read_file"),
        ("chest.nothing = 1", "LuaEntity", "nothing"),
        ("return chest[1]", "LuaEntity", "1"),
        ("return chest[true]", "LuaEntity", "true"),
        ("return chest['<index>']", "LuaEntity", "<index>"),
        ("return script.on_tick", "LuaBootstrap", "on_tick"),
        ("return game.valid", "LuaGameScript", "valid"),
        ("return inventory.nothing", "LuaInventory", "nothing"),
    ]:
        assert fails(server, text) == f"{cls} doesn't contain key {key}."


def test_known_members_that_are_not_there_say_so(server: Server) -> None:
    message = fails(server, "return rendering.draw_line")
    assert message == "LuaRendering::draw_line is not implemented by this server."
    assert "not implemented" in fails(server, "game.finished_but_continuing()")


def test_read_only(server: Server) -> None:
    assert fails(server, "chest.name = 'x'") == ("LuaEntity::name is read only.")
    assert fails(server, "chest.position = {1, 1}") == "LuaEntity::position is read only."
    assert fails(server, "chest.insert = 1") == "LuaEntity::insert is read only."
    assert fails(server, "game.tick = 1") == "LuaGameScript::tick is read only."


def test_dead_objects(server: Server) -> None:
    text = "LuaEntity API call when LuaEntity was invalid."
    assert run(server, "return dead.valid") is False
    assert run(server, "return dead.object_name") == "LuaEntity"
    assert run(server, "return dead.destroy()") is True
    for use in ("return dead.name", "dead.health = 1", "dead.insert('coal')", "dead.get_recipe()"):
        assert fails(server, use) == text
    assert fails(server, "dead_inventory.insert('coal')") == text.replace("Entity", "Inventory")
    assert fails(server, "return #dead_inventory") == text.replace("Entity", "Inventory")
    reach = "surface.create_entity{name = 'wooden-chest', position = {20, 20}, cause = dead}"
    assert fails(server, reach) == text


def test_members_of_some_kinds(server: Server) -> None:
    assert "LuaEntity::mining_target" in fails(server, "return chest.mining_target")
    assert "LuaEntity::amount" in fails(server, "return furnace.amount")
    assert "LuaEntity::held_stack" in fails(server, "return furnace.held_stack")
    assert run(server, "return furnace.crafting_speed") == 1


# Calls ------------------------------------------------------------------------------------------


def test_colon_calls(server: Server) -> None:
    assert "called with a dot" in fails(server, "inventory:is_empty()")
    fails(server, "chest:insert('coal')")
    fails(server, "surface:create_entity{name = 'wooden-chest', position = {20, 20}}")


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("chest.insert()", "'items' is missing"),
        ("chest.insert(nil)", "'items' is missing"),
        ("chest.insert(5)", "argument #1"),
        ("chest.insert{name = 'coal', count = 1.5}", "uint32|ItemStack|count"),
        ("chest.insert{name = 'coal', count = -1}", "out of range"),
        ("chest.insert{name = 'coal', amount = 1}", "unknown key 'amount'"),
        ("chest.insert{count = 1}", "'name' is missing"),
        ("chest.insert('coal', 1)", "at most 1"),
        ("chest.get_inventory('chest')", "defines.inventory"),
        ("chest.get_inventory(1.5)", "defines.inventory"),
        ("chest.get_inventory(nil)", "missing"),
        ("surface.create_entity('wooden-chest', {1, 1})", "wants one table"),
        ("surface.create_entity()", "wants one table"),
        ("surface.create_entity{name = 'wooden-chest'}", "'position' is missing"),
        ("surface.create_entity{name = 'wooden-chest', position = {1, 1}, forse = 1}", "forse"),
        ("surface.create_entity{name = 'wooden-chest', position = {1}}", "position"),
        ("surface.create_entity{name = 'wooden-chest', position = {x = 1}}", "position"),
        ("surface.create_entity{name = 'wooden-chest', position = {'a', 2}}", "position"),
        ("surface.create_entity{'wooden-chest', {1, 1}}", "named keys"),
        ("surface.create_entity{name = 'drill', position = {1, 1}}", "Unknown entity name: drill"),
        ("surface.find_entities_filtered{area = {{0, 0}}}", "area"),
        ("surface.find_entities_filtered{limit = 'x'}", "limit"),
        ("surface.find_entities_filtered({}, {})", "at most 1"),
        ("surface.get_tile('x', 1)", "get_tile"),
        ("game.get_surface(true)", "argument #1"),
        ("game.speed = 'fast'", "LuaGameScript::speed"),
        ("game.ticks_to_run = 1.5", "LuaGameScript::ticks_to_run"),
        ("game.ticks_to_run = -1", "out of range"),
        ("game.tick_paused = 1", "expected boolean, got number"),
        ("furnace.direction = 99", "defines.direction"),
        ("remote.call('x')", "'function' is missing"),
        ("rcon.print(print)", "argument #1"),
    ],
)
def test_wrong_calls(server: Server, text: str, wrong: str) -> None:
    assert re.search(wrong, fails(server, text))


def test_right_calls(server: Server) -> None:
    for text in [
        "surface.find_entities_filtered{area = {{0, 0}, {10, 10}}}",
        "surface.find_entities_filtered{area = {left_top = {x = 0, y = 0}, right_bottom = {1, 1}}}",
        "surface.find_entities_filtered{name = {'wooden-chest', 'stone-furnace'}, limit = 2}",
        "surface.find_entities_filtered{}",
        "chest.insert{name = 'coal', count = 2}",
        "chest.insert('coal', nil)",
        "chest.get_inventory(defines.inventory.chest)",
        "surface.get_tile(1, 1)",
        "game.print({'', 1, {'key'}, true})",
        "game.create_surface('other', {width = 32, height = 32})",
    ]:
        run(server, text)


def test_what_is_read_is_a_copy(server: Server) -> None:
    text = "local p = chest.position p.x = 99 return chest.position.x"
    assert run(server, text) == 1.5


def test_objects(server: Server) -> None:
    assert run(server, "return chest == surface.find_entity('wooden-chest', {1.5, 1.5})") is True
    assert run(server, "return chest ~= furnace and chest ~= inventory") is True
    assert run(server, "return type(chest) .. type(chest.insert)") == "userdatafunction"
    assert run(server, "return #inventory") == 16
    assert run(server, "return inventory[1].valid_for_read") is True
    assert "whole number" in fails(server, "return inventory[1.5]")
    assert "get length" in fails(server, "return #chest")
    assert "call a LuaEntity value" in fails(server, "chest()")


def test_custom_tables(server: Server) -> None:
    assert run(server, "return game.surfaces.arena == surface") is True
    assert run(server, "return game.surfaces.nothing == nil") is True
    names = "local t = {} for name in pairs(game.forces) do t[#t + 1] = name end return t"
    assert run(server, names)[:3] == ["player", "enemy", "neutral"]
    assert run(server, "return #game.forces") >= 3
    assert run(server, "return game.forces.valid and game.forces.object_name") == "LuaCustomTable"
    for text in ("ipairs(game.forces)", "next(game.forces)", "game.forces.x = 1"):
        fails(server, text)


def test_reading_an_attribute_is_quick(server: Server) -> None:
    import time

    function = run(
        server, "return function(n) local e = game for i = 1, n do local x = e.tick end end"
    )
    state, count = server.host.level.state, 20_000
    state.call(function, count)
    lua = python = 1e9
    for _ in range(5):
        begin = time.thread_time()
        state.call(function, count)
        lua = min(lua, time.thread_time() - begin)
        begin = time.thread_time()
        for _ in range(count):
            len("")
        python = min(python, time.thread_time() - begin)
    assert lua < 100 * python  # about 0.4 us of processor time
