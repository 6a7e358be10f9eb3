"""The life of a mod: loading, storage, events, commands, saves, and how it ends."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest
from tiny import PASSWORD, Raw, TinyGame, make_mod, tiny_server

from fz_multi.server.host import ModError
from fz_multi.server.mods import ModProblem
from fz_multi.server.registry import LuaError
from fz_multi.server.saves import SaveProblem
from fz_multi.server.server import Server


def of_mod(server: Server, text: str, number: int = 1) -> Any:
    """Run Lua text in the state of a mod."""
    return server.host.scripts[number].state.run(text, "=(test)")


def ticks(server: Server, count: int) -> None:
    for _ in range(count):
        server.loop.tick()


# Loading ----------------------------------------------------------------------------------------


def test_what_is_there_when(tmp_path: Path) -> None:
    control = """
    assert(game == nil and helpers and script and defines and prototypes)
    assert(next(storage) == nil)
    storage.early = 1  -- is overwritten
    script.on_init(function()
      assert(game.tick == 0 and storage.early == nil)
      storage.init = true
    end)
    script.on_load(function() error("not on a new map") end)
    """
    server = tiny_server(tmp_path, control)
    assert of_mod(server, "return storage") == {"init": True}
    assert of_mod(server, "return script.mod_name") == "tiny"
    assert of_mod(server, "return script.active_mods") == {"base": "2.0.77", "tiny": "1.0.0"}


def test_the_scenario_has_its_own_storage(tmp_path: Path) -> None:
    server = tiny_server(tmp_path, "script.on_init(function() storage.x = 1 end)")
    assert server.execute("/sc rcon.print(tostring(storage.x))") == "nil\n"
    assert server.execute("/c __tiny__ rcon.print(storage.x)") == "1\n"


@pytest.mark.parametrize(
    ("control", "where"),
    [
        ("error('top')", "top"),
        ("local = 1", "control.lua:1"),
        ("script.on_init(function() error('init') end)", r"Tiny \(1.0.0\)[^$]*tiny::on_init\(\)"),
        ("script.on_nothing(f)", "LuaBootstrap doesn't contain key on_nothing."),
        ("commands.add_command('a', '', print) commands.add_command('a', '', print)", "exists"),
        ("commands.add_command('help', '', print)", "exists"),
        ("script.register_metatable('m')", "register_metatable"),
        ("script.on_event(defines.events.on_nothing, print)", "on_event"),
        ("script.on_event('on_nothing', print)", "Unknown event"),
        ("script.on_event(0, print, {{filter='type', type='x'}}, 1)", "at most 3"),
        ("script.on_init('x')", "expected function or nil, got string"),
    ],
)
def test_a_mod_that_does_not_load(tmp_path: Path, control: str, where: str) -> None:
    with pytest.raises(ModError, match=where):
        tiny_server(tmp_path, control)


# Events -----------------------------------------------------------------------------------------


def test_on_tick_before_the_world(tmp_path: Path) -> None:
    control = """
    script.on_init(function() storage.log = {} end)
    script.on_event(defines.events.on_tick, function(e)
      storage.log[#storage.log + 1] = {e.tick, e.name, game.tick}
    end)
    """
    server = tiny_server(tmp_path, control)
    seen: list[tuple[int, int]] = []
    update = server.host.game.update

    def watch() -> None:
        seen.append((server.host.clock.tick, len(of_mod(server, "return storage.log"))))
        update()

    server.host.game.update = watch
    ticks(server, 2)
    assert of_mod(server, "return storage.log") == [[1, 0, 1], [2, 0, 2]]
    assert seen == [(1, 1), (2, 2)]
    server.loop.late = True
    ticks(server, 1)
    assert seen[-1] == (3, 2)


def test_one_handler_per_event(tmp_path: Path) -> None:
    control = """
    script.on_init(function() storage.n = 0 end)
    script.on_event({defines.events.on_tick}, function() storage.n = storage.n + 1 end)
    script.on_event("on_tick", function() storage.n = storage.n + 10 end)
    """
    server = tiny_server(tmp_path, control)
    ticks(server, 2)
    assert of_mod(server, "return storage.n") == 20
    of_mod(server, "script.on_event(defines.events.on_tick, nil)")
    ticks(server, 2)
    assert of_mod(server, "return storage.n") == 20


def test_on_nth_tick(tmp_path: Path) -> None:
    control = """
    script.on_init(function() storage.seen = {} end)
    script.on_nth_tick({3, 5}, function(e)
      storage.seen[#storage.seen + 1] = e.tick .. "/" .. e.nth_tick
    end)
    """
    server = tiny_server(tmp_path, control)
    ticks(server, 15)
    seen = of_mod(server, "return table.concat(storage.seen, ' ')")
    assert seen == "0/3 0/5 3/3 5/5 6/3 9/3 10/5 12/3 15/3 15/5"
    of_mod(server, "script.on_nth_tick(nil)")
    ticks(server, 15)
    assert of_mod(server, "return #storage.seen") == 10


def test_events_of_mods_and_of_the_game(tmp_path: Path) -> None:
    control = """
    mine = script.generate_event_name()
    script.on_init(function() storage.seen = {} end)
    local function note(e) storage.seen[#storage.seen + 1] = e end
    script.on_event({mine, defines.events.script_raised_built}, note)
    """
    server = tiny_server(tmp_path, control)
    of_mod(server, "script.raise_event(mine, {text = 'x', list = {1, 2}})")
    assert of_mod(server, "return storage.seen[1].list[2]") == 2
    assert of_mod(server, "return storage.seen[1].mod_name") == "tiny"
    server.host.raise_event("script_raised_built", {"anything": 5})
    assert of_mod(server, "return storage.seen[2].anything") == 5
    error = "local ok, e = pcall(script.raise_event, defines.events.on_tick, {}) return e"
    assert "cannot be raised" in of_mod(server, error)


def test_destroyed_objects(tmp_path: Path) -> None:
    control = """
    script.on_init(function() storage.seen = {} end)
    script.on_event(defines.events.on_object_destroyed, function(e)
      storage.seen[#storage.seen + 1] = {e.registration_number, e.useful_id, e.type}
    end)
    function watch(f) return script.register_on_object_destroyed(f) end
    """
    server = tiny_server(tmp_path, control)
    state = server.host.scripts[1].state
    watch = of_mod(server, "return watch")
    from fz_multi.server.registry import Ref

    first, second = (state.call(watch, Ref("LuaEntity", handle)) for handle in (5, 6))
    assert state.call(watch, Ref("LuaEntity", 5)) == first == (1, 5, 1)
    assert second == (2, 6, 1)
    server.host.object_destroyed("LuaEntity", 6)
    server.host.object_destroyed("LuaEntity", 99)
    assert of_mod(server, "return #storage.seen") == 0
    server.loop.update()
    server.loop.update()
    assert of_mod(server, "return storage.seen") == [[2, 6, 1]]


def test_an_error_in_an_event_stops_the_server(tmp_path: Path) -> None:
    control = """
    script.on_event(defines.events.on_tick, function(e) if e.tick == 5 then error("boom") end end)
    """
    lines: list[str] = []
    server = tiny_server(tmp_path, control, log=lines.append).start()
    assert server.wait(20)
    text = str(server.error)
    assert isinstance(server.error, ModError)
    assert text.startswith("The mod Tiny (1.0.0) caused a non-recoverable error.")
    assert "Error while running event tiny::on_tick (ID 0)\n__tiny__/control.lua:2: boom" in text
    assert "stack traceback:" in text
    assert lines == [f"Error: {text}"]
    with pytest.raises(ConnectionError):
        Raw(server.port)
    server.stop()


# Commands and remote interfaces -----------------------------------------------------------------


def test_commands_of_mods(tmp_path: Path) -> None:
    control = """
    commands.add_command("show", "about", function(c)
      rcon.print(c.name .. "|" .. tostring(c.parameter) .. "|" .. tostring(c.player_index)
        .. "|" .. c.tick)
    end)
    commands.add_command("bad", "", function(c) local x = nil; x.y = 1 end)
    """
    server = tiny_server(tmp_path, control)
    assert server.execute("/show") == "show|nil|nil|0\n"
    assert server.execute("/show  a b ") == "show| a b |nil|0\n"
    answer = server.execute("/bad")
    assert "__tiny__/control.lua:6: attempt to index local 'x' (a nil value)" in answer
    assert "stack traceback" in answer
    assert server.execute("/show") == "show|nil|nil|0\n"  # the server goes on
    assert server.execute("/nothing").startswith('Unknown command "nothing"')
    assert "/show" in server.execute("/help")
    assert of_mod(server, "return commands.commands") == {"show": "about", "bad": ""}
    assert of_mod(server, "return commands.remove_command('bad')") is True
    assert server.execute("/bad").startswith("Unknown command")


def test_lua_commands(tmp_path: Path) -> None:
    server = tiny_server(tmp_path, warn_first_command=True)
    assert "Please repeat the command" in server.execute("/sc rcon.print(1)")
    for name in ("sc", "silent-command", "c", "command"):
        assert server.execute(f"/{name} rcon.print(1)") == "1\n"
    answer = server.execute("/sc error('x')")
    assert answer == "Cannot execute command. Error: (command):1: x\n"
    assert server.execute("/sc kept = 5") == ""
    assert server.execute("/sc rcon.print(kept)") == "5\n"
    assert server.execute("/version") == "2.0.77\n"
    assert "not allowed" in tiny_server(tmp_path, allow_lua=False).execute("/c x = 1")


def test_print_goes_to_the_caller_only(tmp_path: Path) -> None:
    control = """
    script.on_event(defines.events.on_tick, function() rcon.print("nobody hears this") end)
    commands.add_command("say", "", function() rcon.print({"", "a", 1, {"key", 2}}) end)
    """
    server = tiny_server(tmp_path, control)
    ticks(server, 2)
    assert server.execute("/say") == "a1key 2\n"


def test_remote_interfaces(tmp_path: Path) -> None:
    make_mod(tmp_path, "remote.add_interface('a', {add = function(x, y) return x + y, {x} end})")
    make_mod(tmp_path, "", {"info.txt": ""}, name="other", dependencies=("base", "tiny >= 1.0"))
    server = tiny_server(tmp_path)
    assert [script.name for script in server.host.scripts] == ["level", "tiny", "other"]
    assert of_mod(server, "return remote.call('a', 'add', 1, 2)", 2) == (3, [1])
    assert of_mod(server, "return remote.interfaces", 2) == {"a": {"add": True}}
    for text, wrong in [
        ("remote.call('b', 'add')", "Unknown interface: b"),
        ("remote.call('a', 'sub')", "No such function: a.sub"),
        ("remote.call('a', 'add', print)", "Functions cannot be given"),
        ("remote.call('a', 'add', 1)", "attempt to perform arithmetic"),
        ("remote.add_interface('a', {})", "already registered"),
    ]:
        with pytest.raises(LuaError, match=wrong):
            of_mod(server, text, 2)


# storage and saves ------------------------------------------------------------------------------

STORED = """
local meta = {__index = {answer = function() return 42 end}}
script.register_metatable("answers", meta)
script.on_init(function()
  local shared = {5}
  storage.a, storage.b, storage.self = shared, shared, storage
  storage.list = {1, 2.5, "x", true, false, "\\0N", {}, {[3] = "gap"}}
  storage.object = game
  storage.meta = setmetatable({}, meta)
  storage.keyed = {[shared] = "by table"}
  storage.drawn = {math.random(1000), math.random(1000)}
  storage.generator = game.create_random_generator(1000)
  storage.generator()
end)
script.on_load(function() loaded = storage.a[1] end)
"""


def test_save_and_load(tmp_path: Path) -> None:
    server = tiny_server(tmp_path / "mods", STORED)
    ticks(server, 7)
    server.host.clock.paused = True
    server.save(tmp_path / "a.zip")
    text = "return {storage.generator(), math.random(1000000), game.tick, game.tick_paused}"
    expected = of_mod(server, text)
    again = tiny_server(tmp_path / "mods", save=tmp_path / "a.zip", seed=99)
    assert of_mod(again, text) == expected
    assert expected[2:] == [7, True]
    for check in [
        "storage.a == storage.b",
        "storage.self == storage",
        "storage.object == game",
        "storage.meta.answer() == 42",
        "storage.keyed[storage.a] == 'by table'",
        "loaded == 5",
        "storage.list[6] == '\\0N' and storage.list[8][3] == 'gap'",
    ]:
        assert of_mod(again, f"return {check}") is True
    assert of_mod(again, "return storage.list") == of_mod(server, "return storage.list")
    assert again.host.game.updates == 7
    again.save(tmp_path / "b.zip")
    with zipfile.ZipFile(tmp_path / "a.zip") as one, zipfile.ZipFile(tmp_path / "b.zip") as two:
        assert one.read("level.json") != two.read("level.json")  # math.random went on
        assert one.read("world.bin") == two.read("world.bin")


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("storage.f = function() end", "function"),
        ("storage.a = {b = {print}}", "storage.a.b.1"),
        ("storage.t = setmetatable({}, {})", "unregistered metatable"),
        ("storage.t = game.players", "LuaCustomTable"),
        ("storage = print", "function"),
    ],
)
def test_what_cannot_be_saved(tmp_path: Path, text: str, wrong: str) -> None:
    control = f"commands.add_command('x', '', function() {text} end)"
    server = tiny_server(tmp_path / "mods", control)
    server.execute("/x")
    with pytest.raises(LuaError, match=wrong):
        server.save(tmp_path / "a.zip")
    assert not (tmp_path / "a.zip").exists()
    with tiny_server(tmp_path / "mods", control) as strict:
        with Raw(strict.port) as client:
            client.ask("/x")
        assert strict.wait(20)
        assert isinstance(strict.error, ModError)
        assert wrong in str(strict.error)


@pytest.mark.parametrize("text", ["storage.x = 1", "storage.deep.y = nil", "storage = {}"])
def test_storage_is_read_only_in_on_load(tmp_path: Path, text: str) -> None:
    control = "script.on_init(function() storage.deep = {y = 1} end)"
    server = tiny_server(tmp_path / "mods", control)
    server.save(tmp_path / "a.zip")
    make_mod(tmp_path / "mods", f"{control} script.on_load(function() {text} end)")
    with pytest.raises(ModError, match=r"tiny::on_load\(\)\nDetected modifications"):
        tiny_server(tmp_path / "mods", save=tmp_path / "a.zip")


def test_no_game_in_on_load(tmp_path: Path) -> None:
    server = tiny_server(tmp_path / "mods", "x = 1")
    server.save(tmp_path / "a.zip")
    make_mod(tmp_path / "mods", "script.on_load(function() return game.tick end)")
    with pytest.raises(ModError, match=r"attempt to index global 'game' \(a nil value\)"):
        tiny_server(tmp_path / "mods", save=tmp_path / "a.zip")


def test_changed_configuration(tmp_path: Path) -> None:
    server = tiny_server(tmp_path / "one", "script.on_init(function() storage.x = 1 end)")
    server.save(tmp_path / "a.zip")
    control = """
    script.on_configuration_changed(function(data) storage.changes = data.mod_changes end)
    """
    make_mod(tmp_path / "two", control, version="1.1.0")
    make_mod(tmp_path / "two", "script.on_init(function() storage.new = 1 end)", name="later")
    server = tiny_server(tmp_path / "two", save=tmp_path / "a.zip")
    assert of_mod(server, "return storage", 1) == {"new": 1}  # a mod that the save does not know
    assert of_mod(server, "return storage.x", 2) == 1
    assert of_mod(server, "return storage.changes", 2) == {
        "tiny": {"old_version": "1.0.0", "new_version": "1.1.0"},
        "later": {"new_version": "1.0.0"},
    }
    server.save(tmp_path / "b.zip")
    again = tiny_server(tmp_path / "two", save=tmp_path / "b.zip")
    assert of_mod(again, "storage.x = 2 return storage.changes.tiny.old_version", 2) == "1.0.0"


def test_saves_by_name(tmp_path: Path) -> None:
    server = tiny_server(tmp_path / "mods", "x = 1", write_folder=tmp_path / "data")
    server.execute("/sc game.server_save('here')")
    server.execute("/sc game.auto_save()")
    server.loop.update()
    server.execute("/sc game.server_save('../../outside')")
    server.loop.update()
    server.execute("/server-save there")
    server.loop.update()
    names = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.zip"))
    assert names == ["data/saves/_autosave.zip", "data/saves/there.zip"]


def test_files_that_are_no_saves(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_text("no zip")
    for name, wrong in (("a.zip", "is no save"), ("b.zip", "no such save")):
        with pytest.raises(SaveProblem, match=wrong):
            tiny_server(tmp_path / "mods", "x = 1", save=tmp_path / name)


# Time -------------------------------------------------------------------------------------------


def test_pause_and_ticks_to_run(tmp_path: Path) -> None:
    with tiny_server(tmp_path, check_storage=False) as server, Raw(server.port) as client:
        client.ask("/sc game.tick_paused = true game.speed = 100")
        tick = int(client.ask("/sc rcon.print(game.tick)"))
        for count in (1, 30, 120, 0):
            client.ask(f"/sc game.ticks_to_run = {count}")
            while client.ask("/sc rcon.print(game.ticks_to_run)") != "0\n":
                pass
            tick += count
            assert client.ask("/sc rcon.print(game.tick)") == f"{tick}\n"
        game: TinyGame = server.host.game
        assert game.during == list(range(1, tick + 1))


def test_a_command_behind_one_that_starts_the_clock_finds_it_running(tmp_path: Path) -> None:
    from tiny import packet

    control = """
    script.on_event(defines.events.on_tick, function(e)
      if e.tick >= storage.target then game.tick_paused = true end
    end)
    script.on_init(function() storage.target = 0 game.tick_paused = true end)
    commands.add_command("step", "", function(c)
      storage.target = game.tick + tonumber(c.parameter) game.tick_paused = false
      rcon.print(storage.target)
    end)
    commands.add_command("collect", "", function()
      rcon.print(tostring(game.tick_paused) .. game.tick)
    end)
    """
    with tiny_server(tmp_path, control) as server, Raw(server.port) as client:
        client.ask("/sc game.speed = 100")
        for i in range(20):
            client.send(packet(1, 2, "/step 10") + packet(2, 2, "/collect"))
            assert client.receive()[2] == b"%d\n" % (10 * i + 10)
            assert client.receive()[2] == b"false%d\n" % (10 * i)
            while client.ask("/collect").startswith("false"):
                pass
            assert client.ask("/collect") == f"true{10 * i + 10}\n"
        assert server.host.game.updates == 200


def test_speed(tmp_path: Path) -> None:
    import time

    with tiny_server(tmp_path) as server, Raw(server.port) as client:
        for speed, low, high in ((1, 10, 40), (10, 150, 330)):
            client.ask(f"/sc game.speed = {speed}")
            before, begin = server.host.clock.tick, time.perf_counter()
            time.sleep(0.4)
            run = server.host.clock.tick - before
            seconds = time.perf_counter() - begin
            assert low <= run * 0.4 / seconds <= high
        client.ask("/sc game.speed = 1000")
        before = server.host.clock.tick
        time.sleep(0.4)
        assert server.host.clock.tick - before > 0.4 * 2000
        assert "at least 0.01" in client.ask("/sc game.speed = 0")


def test_auto_pause(tmp_path: Path) -> None:
    with tiny_server(tmp_path, auto_pause=True) as server, Raw(server.port) as client:
        assert client.ask("/sc rcon.print(game.tick)") == "0\n"
        assert client.ask("/sc rcon.print(game.tick)") == "0\n"


def test_quit(tmp_path: Path) -> None:
    server = tiny_server(tmp_path).start()
    with Raw(server.port) as client:
        client.ask("/quit")
    assert server.wait(20) and server.error is None


# Mods -------------------------------------------------------------------------------------------


def test_mods_in_zips(tmp_path: Path) -> None:
    source = make_mod(tmp_path / "source", "r = require('sub.x')", {"sub/x.lua": "return 'zip'"})
    (tmp_path / "mods").mkdir()
    with zipfile.ZipFile(tmp_path / "mods" / "tiny_1.0.0.zip", "w") as archive:
        for path in source.rglob("*"):
            archive.write(path, path.relative_to(source))
    server = tiny_server(tmp_path / "mods")
    assert of_mod(server, "return r") == "zip"


def test_one_mod_s_folder_will_do(tmp_path: Path) -> None:
    make_mod(tmp_path, "x = 1")
    server = Server(tmp_path / "tiny_1.0.0", password=PASSWORD, game=TinyGame)
    assert server.host.settings.mods["tiny"] == "1.0.0"
    server.stop()


def test_mod_directories_that_cannot_be_used(tmp_path: Path) -> None:
    with pytest.raises(ModProblem, match="no such"):
        tiny_server(tmp_path / "nothing")
    make_mod(tmp_path, "", {"x": ""}, factorio_version="2.1")
    with pytest.raises(ModProblem, match=r"for Factorio 2\.1"):
        tiny_server(tmp_path)
    assert tiny_server(tmp_path, version="2.1.9").host.settings.mods["base"] == "2.1.9"
    (tmp_path / "mod-list.json").write_text('{"mods": [{"name": "tiny", "enabled": false}]}')
    assert len(tiny_server(tmp_path).host.scripts) == 1
    make_mod(tmp_path, "", {"x": ""}, name="needy", dependencies=("base", "missing >= 1"))
    with pytest.raises(ModProblem, match="needs missing"):
        tiny_server(tmp_path)
    (tmp_path / "mod-list.json").write_text("{}")
    with pytest.raises(ModProblem, match="not a list of mods"):
        tiny_server(tmp_path)


def test_the_newest_version_is_loaded(tmp_path: Path) -> None:
    for version in ("1.9.0", "1.10.0", "1.2.0"):
        make_mod(tmp_path, f"v = '{version}'", version=version)
    assert of_mod(tiny_server(tmp_path), "return v") == "1.10.0"
