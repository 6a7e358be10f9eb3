"""What goes wrong between a client and a running server: each time a clear error or a clean
reconnect, the server goes on, and no tick is lost or doubled."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from typing import Any

import numpy as np
import pytest

import fz_multi
from fz_multi.engine.encode import WAIT_ROW
from fz_multi.factorio.exchange import Exchange, RefusedError, read_answer
from fz_multi.factorio.launch import Launcher, embedded
from fz_multi.factorio.link import Link, as_text

TINY = {
    "name": "tiny",
    "width": 8,
    "height": 8,
    "terrain": [0, 64],
    "resources": [[27, "iron-ore", 500]],
    "entities": [["wooden-chest", 384, 384, 0, [["coal", 5]]]],
    "agents": [[128, 128, [["stone-furnace", 1]], 0]],
}


@pytest.fixture
def client(server: Launcher) -> Any:
    exchange = Exchange(server.address, server.password, 30.0)
    exchange.set(speed=100_000)
    exchange.reset([{"arena": 0, "map": TINY}])
    yield exchange
    exchange.close()


def tick_of(exchange: Exchange) -> int:
    return int(exchange.ping()["tick"])


# -- one server, many bad requests -----------------------------------------------------------------
def test_wrong_password(server: Launcher, client: Exchange) -> None:
    with pytest.raises(PermissionError, match="password"):
        Exchange(server.address, "guess", 5.0).hello()
    assert client.ping()["paused"] == 1


def test_repeated_id(client: Exchange) -> None:
    """The same request twice: one step, one answer; another one with that id: refused."""
    request = client.build("step", ticks=5, arenas=[{"arena": 0, "agents": [{}]}])
    before = tick_of(client)
    first = client.send(request)
    again = client.send(request)
    assert first == again
    client.collect([[0, 0]])
    assert tick_of(client) == before + 5
    assert client.send(request) == first
    assert tick_of(client) == before + 5
    with pytest.raises(RefusedError, match="id_reused"):
        client.send({**request, "ticks": 6})
    assert tick_of(client) == before + 5


def test_unknown_things(client: Exchange) -> None:
    before = client.digest(0)
    for code, op, fields in (
        ("unknown_arena", "digest", {"arena": 44}),
        ("unknown_agent", "state", {"arena": 0, "agent": "agent_7"}),
        ("unknown_agent", "agents", {"arena": 0, "do": "remove", "agent": "agent_7"}),
        ("unknown_op", "stop", {}),
        ("bad_request", "step", {"ticks": -1, "arenas": []}),
        ("unknown_agent", "step", {"ticks": 1, "arenas": [{"arena": 0, "agents": [{}, {}]}]}),
        ("bad_request", "set", {"speed": 0}),
        ("bad_request", "set", {"speed": "fast"}),
        ("bad_request", "reset", {"arenas": [{"arena": 61, "map": {}}]}),
    ):
        with pytest.raises(RefusedError) as caught:
            client.request(op, **fields)
        assert caught.value.code == code, (op, caught.value.detail)
        assert client.ping()["paused"] == 1
    assert client.digest(0) == before


HOSTILE = [
    "",
    "{",
    "[]",
    "null",
    "7",
    '"text"',
    '{"v":1}',
    '{"v":1,"op":5}',
    '{"v":1e999,"op":"ping"}',
    '{"v":1,"op":"ping","op":"hello","x":}',
    '{"v":1,"id":"' + "x" * 100 + '","op":"step","ticks":1,"arenas":[]}',
    "[" * 5000 + "]" * 5000,
    '{"a":' * 3000 + "1" + "}" * 3000,
    '{"v":1,"op":"ping","pad":"' + "x" * 200_000 + '"}',
    '{"v":1,"op":"step","id":"h-1","ticks":1e308,"arenas":[]}',
    '{"v":1,"op":"step","id":"h-2","ticks":-0.5,"arenas":[]}',
    '{"v":1,"op":"step","id":"h-3","ticks":1,"arenas":[{"arena":0,"agents":{"0":{}}}]}',
    '{"v":1,"op":"ping"} {"v":1,"op":"ping"}',
    "game.tick_paused=false",
    "\\u0000\\u0000",
    '{"v":1,"op":"ping","\\u0000":1}',
    "ünï\u2028cödé",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text(server: Launcher, client: Exchange, text: str) -> None:
    link = Link(server.address, server.password, 30.0)
    before = client.digest(0), tick_of(client)
    answer = link.ask("/fz " + text, read_answer)
    assert answer["ok"] == 0
    assert answer["error"] in ("bad_json", "bad_request", "wrong_version", "unknown_op"), answer
    assert (client.digest(0), tick_of(client)) == before
    link.close()


def test_ten_megabytes(server: Launcher, client: Exchange) -> None:
    link = Link(server.address, server.password, 60.0)
    text = '/fz {"v":1,"op":"ping","pad":"' + "x" * 10_000_000 + '"}'
    assert link.ask(text, read_answer)["ok"] == 0
    deep = "/fz " + "[" * 5_000_000 + "]" * 5_000_000
    assert link.ask(deep, read_answer)["ok"] == 0
    assert client.ping()["paused"] == 1
    link.close()


LUA = [
    "game.tick_paused=false",
    "]] game.tick_paused=false --[[",
    '"..game.tick_paused..".',
    "');game.tick_paused=false;('",
    "%s%n%99999d",
    "__index",
    "storage",
]


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Paths of all texts in a request."""
    if isinstance(value, str):
        return [path]
    if not isinstance(value, dict | list):
        return []
    rows = value.items() if isinstance(value, dict) else enumerate(value)
    return [place for key, inner in rows for place in places(inner, (*path, key))]


def put(value: Any, path: tuple[Any, ...], text: str) -> Any:
    out = json.loads(json.dumps(value))
    at = out
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = text
    return out


def test_lua_in_every_text(client: Exchange) -> None:
    """No text is ever run: it is refused, or it is an id or a map's name and stays text."""
    command = {"verb": "CRAFT", "name": "stone-furnace"}
    agents = [{"command": command, "hand": "coal"}]
    requests = [
        client.build("step", ticks=0, arenas=[{"arena": 0, "agents": agents}]),
        client.build("reset", arenas=[{"arena": 1, "map": TINY}]),
        client.build("set", on_tick="early", clock="unpause"),
        client.build("agents", arena=0, do="list"),
        client.build("state", arena=0, agent="agent_0"),
    ]
    for request in requests:
        for path in places(request):
            for text in LUA:
                fresh = str(client.build("ping")["id"])
                changed = put(request, ("id",), fresh)
                changed = put(changed, path, f"{text} {fresh}" if path == ("id",) else text)
                try:
                    client.send(changed)
                    assert path in (("id",), ("arenas", 0, "map", "name")), (path, text)
                except RefusedError as error:
                    assert error.code in ("bad_request", "unknown_op", "unknown_agent"), error
                assert client.ping()["paused"] == 1, (path, text)


def raw(server: Launcher) -> socket.socket:
    """A logged-in socket."""
    host, port = server.address.split(":")
    sock = socket.create_connection((host, int(port)), 30)
    password = server.password.encode()
    sock.sendall(struct.pack("<iii", 10 + len(password), 1, 3) + password + b"\0\0")
    assert sock.recv(14)
    return sock


@pytest.mark.parametrize(
    "data",
    [
        b"\0" * 64,
        b"\xff" * 64,
        struct.pack("<i", -1) + b"x" * 20,
        struct.pack("<i", 1 << 30) + b"x" * 20,
        struct.pack("<iii", 10, 5, 99) + b"\0\0",
        struct.pack("<iii", 24, 5, 2) + b'/fz \0{\0"v":1}\0\0\0\0',
        struct.pack("<iii", 14, 5, 2) + b"\xff\xfe\xfd\xfc\0\0",
        struct.pack("<iii", 500, 5, 2) + b"/fz half",
        b"GET / HTTP/1.1\r\n\r\n",
    ],
    ids=["zeros", "ones", "negative", "huge", "type", "nul", "utf8", "half", "http"],
)
def test_hostile_bytes(server: Launcher, client: Exchange, data: bytes) -> None:
    """Whatever a connection does, the others and the world do not notice."""
    before = client.digest(0)
    sock = raw(server)
    sock.sendall(data)
    time.sleep(0.05)
    assert client.digest(0) == before
    sock.close()
    assert client.ping()["paused"] == 1


# -- clients that come and go ----------------------------------------------------------------------
def test_client_dies_in_mid_step(server: Launcher, client: Exchange) -> None:
    """The step goes on to its end without it; meanwhile others are told that it runs."""
    client.set(speed=100)
    before = tick_of(client)
    arenas = [{"arena": 0, "agents": [{"command": {"verb": "WAIT", "ticks": 3}}]}]
    request = client.build("step", ticks=60, arenas=arenas)
    sock = raw(server)
    body = b"/fz " + json.dumps(request).encode()
    sock.sendall(struct.pack("<iii", 10 + len(body), 9, 2) + body + b"\0\0")
    sock.close()
    time.sleep(0.15)
    with pytest.raises(RefusedError, match="busy"):
        client.step(1, [])
    states = client.collect([[0, 0]])
    assert tick_of(client) == before + 60 and states[0]["full"] == 1
    client.set(speed=100_000)


def test_connection_lost_in_mid_step(client: Exchange) -> None:
    """The client comes back and finds its step as it should be."""
    before = tick_of(client)
    client.step(30, [{"arena": 0, "agents": [{}]}])
    client.link._client.rcon_socket.shutdown(socket.SHUT_RDWR)
    client.wait()
    client.collect([[0, 0]])
    assert tick_of(client) == before + 30 and client.stats.reconnects == 1


def test_step_and_collect_in_one_write(client: Exchange) -> None:
    """The clock still runs then."""
    before = tick_of(client)
    requests = [
        client.build("step", ticks=5, arenas=[{"arena": 0, "agents": [{}]}]),
        client.build("collect", since=[[0, 0]]),
    ]
    texts = ["/fz " + json.dumps(request) for request in requests]
    step, collect = client.link.ask_all(texts, read_answer)
    assert step["target"] == before + 5
    assert collect["s"] == "run" and collect["tick"] == before
    client.collect([[0, 0]])
    assert tick_of(client) == before + 5


def test_two_environments_at_once(server: Launcher) -> None:
    """They share the clock: who comes second is told so, and both can begin anew."""
    options = {"backend": "factorio", "address": server.address, "password": server.password}
    envs = [fz_multi.parallel_env("refuel", arena=arena, speed=1000, **options) for arena in (5, 6)]
    for env in envs:
        env.reset(seed=1)
    wait = dict.fromkeys(envs[0].possible_agents, 0)
    envs[0].step(wait)
    with pytest.raises(RuntimeError, match="somebody else moves the clock"):
        envs[1].step(wait)
    with pytest.raises(RuntimeError, match="reset"):
        envs[1].step(wait)
    envs[1].reset(seed=1)
    envs[1].step(wait)
    assert envs[1].tick == 10
    for env in envs:
        env.close()


def test_threads_of_clients(server: Launcher, client: Exchange) -> None:
    """Many at once: every step that was accepted is run once."""
    before, accepted = tick_of(client), []

    def work() -> None:
        mine = Exchange(server.address, server.password, 30.0)
        for _ in range(10):
            try:
                mine.step(2, [{"arena": 0, "agents": [{}]}])
                accepted.append(2)
            except RefusedError as error:
                assert error.code == "busy"
            time.sleep(0.002)
        mine.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    client.collect([])
    assert accepted and tick_of(client) == before + sum(accepted)


# -- servers that go -------------------------------------------------------------------------------
def test_server_killed() -> None:
    """Between two steps and during one; after a start on the same port a reset is all it takes."""
    with Launcher(embedded()) as server:
        options = {"backend": "factorio", "address": server.address, "password": server.password}
        env = fz_multi.parallel_env("refuel", timeout=20, **options)
        env.reset(seed=0)
        wait = dict.fromkeys(env.possible_agents, 0)
        env.step(wait)
        server.kill()
        with pytest.raises(ConnectionError):
            env.step(wait)
        with pytest.raises(RuntimeError, match="reset"):
            env.step(wait)
        with pytest.raises(ConnectionError, match="no server answers"):
            env.reset(seed=0)
        server.start()
        env.reset(seed=0)
        assert env.step(wait) and env.tick == 10

        timer = threading.Timer(1.0, server.kill)
        timer.start()
        backend = env._session.world
        with pytest.raises(ConnectionError):
            backend.exchange(np.repeat(WAIT_ROW[None], 2, axis=1), 600)  # 10 s at speed 1
        timer.join()
        server.start()
        env.reset(seed=0)
        assert env.step(wait) and env.tick == 10
        env.close()
        env.close()


def test_no_server_at_all() -> None:
    env = fz_multi.parallel_env("refuel", backend="factorio", address="127.0.0.1:9", timeout=2)
    with pytest.raises(ConnectionError, match="no server answers"):
        env.reset(seed=0)
    env.close()


def test_help_is_text(server: Launcher) -> None:
    """Other commands than ours are nobody's answer."""
    link = Link(server.address, server.password, 10.0)
    assert isinstance(link.ask("/fz_multi_no_such_command", as_text), str)
    link.close()
