"""The Lua that mods see: sandbox, library, order, values across the border."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from tiny import make_mod, tiny_server

from fz_multi.server import registry
from fz_multi.server.api import Api
from fz_multi.server.host import ModError
from fz_multi.server.registry import LuaError
from fz_multi.server.server import Server

# What Lua 5.2 has and the game leaves to mods.
BASE = {
    "_G",
    "_VERSION",
    "assert",
    "error",
    "getmetatable",
    "ipairs",
    "load",
    "next",
    "pairs",
    "pcall",
    "print",
    "rawequal",
    "rawget",
    "rawlen",
    "rawset",
    "require",
    "select",
    "setmetatable",
    "tonumber",
    "tostring",
    "type",
    "xpcall",
    "string",
    "table",
    "math",
    "bit32",
    "debug",
    "package",
    "loadstring",
}
GONE = ["io", "os", "coroutine", "loadfile", "dofile", "python", "collectgarbage", "unpack"]


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return tiny_server(tmp_path, "remote.add_interface('t', {same = function(...) return ... end})")


def run(server: Server, text: str) -> Any:
    return server.host.level.state.run(text, "=(test)", traceback=False)


def fails(server: Server, text: str) -> str:
    with pytest.raises(LuaError) as error:
        run(server, text)
    return str(error.value)


@pytest.mark.parametrize("version", ["2.0.77", "2.1.9"])
def test_no_global_beyond_the_game(tmp_path: Path, version: str) -> None:
    server = tiny_server(tmp_path, version=version)
    api = Api(version)
    expected = BASE | set(api.globals) | set(api.functions)
    expected |= {"serpent", "defines", "storage"}
    found = run(server, "local t = {} for k in pairs(_G) do t[#t + 1] = k end return t")
    assert set(found) == expected


def test_what_is_gone(server: Server) -> None:
    for name in GONE:
        assert run(server, f"return {name} == nil") is True
    assert run(server, "return string.dump == nil") is True
    keys = "local t = {} for k in pairs(debug) do t[#t + 1] = k end table.sort(t) return t"
    assert run(server, keys) == ["getinfo", "traceback"]
    assert "attempt to index global 'io' (a nil value)" in fails(server, "io.open('x')")


def test_python_cannot_be_reached(server: Server) -> None:
    for name in ("game.print", "script.on_event", "rcon.print", "serpent.line", "pairs", "log"):
        assert run(server, f"return type({name})") == "function"
    for name in ("game", "script", "helpers", "rcon"):
        assert run(server, f"return type({name})") == "userdata"
    assert run(server, "return getmetatable(game)") == "private"
    assert run(server, "return getmetatable('').__index == string") is True
    for text in ("rawget(game, 1)", "rawset(game, 'a', 1)", "setmetatable(game, {})", "next(game)"):
        assert "table expected, got userdata" in fails(server, text)
    for text in ("pairs(game)", "ipairs(game)", "table.insert(game, 1)", "rawlen(game)"):
        assert "table expected, got userdata" in fails(server, text)


def test_load_takes_text_only(server: Server) -> None:
    assert run(server, "return load('return 1 + 1')()") == 2
    assert run(server, "return loadstring('return 3')()") == 3
    error = run(server, "local f, e = load('\\27Lua', 'x', 'b') return e")
    assert "binary" in error
    assert run(server, "local e = {x = 5} return load('return x', 'x', 't', e)()") == 5


def test_bit32_stays(server: Server) -> None:
    assert run(server, "return bit32.bxor(5, 3)") == 6


# Order ------------------------------------------------------------------------------------------


def test_order_of_keys(server: Server) -> None:
    text = """
    local t = {c = 1, b = 1, [3] = 1, [1] = 1, a = 1, [1.5] = 1, [true] = 1, [-4] = 1}
    local found = {}
    for k in pairs(t) do found[#found + 1] = tostring(k) end
    return found
    """
    assert run(server, text) == ["-4", "1", "1.5", "3", "a", "b", "c", "true"]


def test_next_has_the_order_of_pairs(server: Server) -> None:
    text = """
    local t = {c = 1, b = 2, 7, 8, a = 3}
    local found, k, v = {}, nil, nil
    repeat k, v = next(t, k) found[#found + 1] = tostring(k) .. tostring(v) until k == nil
    return found
    """
    assert run(server, text) == ["17", "28", "a3", "b2", "c1", "nilnil"]
    assert run(server, "return next({}) == nil") is True
    assert "invalid key" in fails(server, "next({1}, 'x')")


def test_entries_may_go_during_a_walk(server: Server) -> None:
    text = """
    local t, found = {a = 1, b = 2, c = 3}, {}
    for k in pairs(t) do found[#found + 1] = k t.b = nil t[k] = nil end
    return found
    """
    assert run(server, text) == ["a", "c"]


def test_shuffled_order(tmp_path: Path) -> None:
    text = """
    local t, found = {}, {}
    for i = 1, 9 do t["k" .. i] = i end
    for _, v in pairs(t) do found[#found + 1] = v end
    return found
    """
    orders = []
    for seed in (1, 1, 2, 3):
        orders.append(run(tiny_server(tmp_path, shuffle=seed), text))
    assert orders[0] == orders[1]
    assert len({tuple(order) for order in orders}) == 3
    assert all(sorted(order) == list(range(1, 10)) for order in orders)


def test_pairs_honours_metatables(server: Server) -> None:
    text = """
    local t = setmetatable({}, {__pairs = function() return function(_, k)
      if not k then return 1, 2 end end, nil, nil end})
    for k, v in pairs(t) do return k + v end
    """
    assert run(server, text) == 3


# Numbers, text ----------------------------------------------------------------------------------


def test_random_is_the_map_s(tmp_path: Path) -> None:
    text = "math.randomseed(5) local t = {} for i = 1, 50 do t[i] = math.random(1, 6) end return t"
    first, same, other = (run(tiny_server(tmp_path, seed=seed), text) for seed in (1, 1, 2))
    assert first == same != other
    assert set(first) == {1, 2, 3, 4, 5, 6}
    server = tiny_server(tmp_path)
    assert 0 <= run(server, "return math.random()") < 1
    assert run(server, "return math.random(1)") == 1
    assert "interval is empty" in fails(server, "math.random(2, 1)")


def test_random_generators(server: Server) -> None:
    text = """
    local function draw(seed)
      local g, t = game.create_random_generator(seed), {}
      for i = 1, 20 do t[i] = g(1, 1000) end
      return table.concat(t, " ")
    end
    return draw(1) == draw(341), draw(341) == draw(342), draw(5000) == draw(5000)
    """
    assert run(server, text) == (True, False, True)


def test_table_size_and_serpent(server: Server) -> None:
    assert run(server, "return table_size({1, 2, a = 3})") == 3
    assert run(server, "return serpent.line({1, 'x', b = {}, a = {c = 1.5}})") == (
        '{1, "x", a = {c = 1.5}, b = {}}'
    )
    assert run(server, "return serpent.block({a = {1}})") == "{\n  a = {\n    1\n  }\n}"
    assert run(server, 'return serpent.line({["a b"] = true, [5] = 1, ["end"] = 2})') == (
        '{[5] = 1, ["a b"] = true, ["end"] = 2}'
    )
    assert run(server, "local ok, t = serpent.load(serpent.dump({1, a = {2}})) return t") == {
        1: 1,
        "a": [2],
    }


def test_tostring_of_numbers(server: Server) -> None:
    assert run(server, "return tostring(3.0) .. tostring(2^53) .. tostring(0.1)") == (
        "39.007199254741e+150.1"
    )


# Errors -----------------------------------------------------------------------------------------


def test_pcall_gives_strings(server: Server) -> None:
    text = "local ok, e = pcall(function() return game.nothing end) return {ok, type(e), e}"
    assert run(server, text) == [False, "string", "LuaGameScript doesn't contain key nothing."]
    text = "local ok, e = xpcall(function() game.tick = 1 end, function(e) return e .. '!' end)"
    assert run(server, text + " return e") == "LuaGameScript::tick is read only.!"
    assert run(server, "local ok, e = pcall(error, {a = 1}) return e.a") == 1
    assert run(server, "return pcall(function() return 1, nil, 3 end)") == (True, 1, None, 3)


def test_errors_of_lua_say_where(server: Server) -> None:
    assert fails(server, "local x = nil\nx.y = 1") == (
        "(test):2: attempt to index local 'x' (a nil value)"
    )
    assert "unexpected symbol" in fails(server, "=")


def test_a_failure_of_the_server_is_not_swallowed(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(game: Any, handle: int) -> int:
        raise KeyError("a bug")

    member = registry.Member(broken)
    monkeypatch.setitem(registry.getters, ("LuaGameScript", "difficulty"), member)
    with pytest.raises(KeyError, match="a bug"):
        run(server, "pcall(function() return game.difficulty end)")


# Values across the border -----------------------------------------------------------------------

VALUES: list[Any] = [
    1,
    -1.5,
    0.1,
    2**53,
    True,
    False,
    "",
    "text",
    "\0",
    "\0A",
    "\0S\0",
    "ünï",
    [1, 2, 3],
    {"a": 1},
    {},
    [{}],
    {"a": {"b": [1, {"c": False}]}, "n": ["x", "\0D", "\0R"]},
    {1: "a", 3: "b"},
    {True: 1},
    math.inf,
    [[[[[[1]]]]]],
]


@pytest.mark.parametrize("value", VALUES)
def test_values_survive(server: Server, value: Any) -> None:
    function = run(server, "return function(x) return x end")
    assert server.host.level.state.call(function, value) == value
    assert server.host.level.state.call(function, [value, value]) == [value, value]


def test_many_values(server: Server) -> None:
    function = run(server, "return function(x, y) return x, y end")
    value = [{"i": i} for i in range(60_000)]
    assert server.host.level.state.call(function, value, 7) == (value, 7)


def test_deep_and_circular_tables_are_refused(server: Server) -> None:
    error = fails(server, "local t = {} t.t = t remote.call('t', 'same', t)")
    assert "nested too deeply" in error


def test_objects_are_one_object(server: Server) -> None:
    assert run(server, "return game == game.players, rcon == rcon, script == script") == (
        False,
        True,
        True,
    )
    assert run(server, "return game.players == game.players") is True
    assert run(server, "return game ~= rcon") is True
    assert run(server, "return tostring(game)") == "[LuaGameScript]"
    assert run(server, "return remote.call('t', 'same', game).object_name") == "LuaGameScript"


# Modules ----------------------------------------------------------------------------------------

MODULES = {
    "gym/init.lua": "local M = {name = ...} M.other = require('gym.other') return M",
    "gym/other.lua": "counted = (counted or 0) + 1 return {fail = function() error('here') end}",
}


def test_require(tmp_path: Path) -> None:
    control = """
    local init = require("gym.init")
    assert(require("gym/other") == init.other and require("__tiny__/gym/other") == init.other)
    remote.add_interface("m", {
      name = function() return init.name end,
      fail = function() init.other.fail() end,
      count = function() return counted end,
      late = function() require("gym.init") end,
    })
    """
    server = tiny_server(tmp_path, control, MODULES)
    assert run(server, "return remote.call('m', 'name')") == "gym.init"
    assert run(server, "return remote.call('m', 'count')") == 1
    assert "__tiny__/gym/other.lua:1: here" in fails(server, "remote.call('m', 'fail')")
    late = fails(server, "remote.call('m', 'late')")
    assert "Require can't be used outside of control.lua parsing." in late
    assert run(server, "return counted == nil") is True  # each mod has its own globals


def test_require_stays_inside_the_mod(tmp_path: Path) -> None:
    (tmp_path / "secret.lua").write_text("return 1")
    for name in ("../secret", "..secret", "/etc/passwd", "gym.nothing", "__other__/x"):
        make_mod(tmp_path / "mods", f"require({name!r})")
        with pytest.raises(ModError, match="not found"):
            tiny_server(tmp_path / "mods")
