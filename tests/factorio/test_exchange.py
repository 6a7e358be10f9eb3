"""The client of the exchange against peers that answer well, badly, late or not at all."""

from __future__ import annotations

import base64
import json
import socket
import struct
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from peers import PASSWORD, Peer, hello, packet
from schemas import check_answer, check_request

from fz_multi.factorio import exchange as module
from fz_multi.factorio.exchange import Exchange, RefusedError, inflate, read_answer
from fz_multi.factorio.link import Link, ProtocolError, UnfinishedError, read_address
from fz_multi.factorio.pace import Pace

Make = Callable[..., tuple[Exchange, Peer]]


@pytest.fixture
def make() -> Iterator[Make]:
    """A client and a peer; ``answers`` by op, each a value or a function of the request."""
    peers: list[Peer] = []

    def build(timeout: float = 1.0, password: str = PASSWORD, **answers: Any) -> Any:
        def answer(peer: Peer, request: dict[str, Any]) -> Any:
            said = answers.get(request["op"], hello() if request["op"] == "hello" else {})
            said = said(peer, request) if callable(said) else said
            return {"v": 1, "ok": 1, **said} if isinstance(said, dict) else said

        peers.append(Peer(answer))
        return Exchange(peers[-1].address, password, timeout), peers[-1]

    yield build
    for peer in peers:
        peer.close()


def test_hello(make: Make) -> None:
    exchange, peer = make()
    greeting = exchange.hello()
    assert greeting["mod"] == "fz_multi" and exchange.pace.speed == 1
    check_answer({key: value for key, value in greeting.items() if key != "id"})
    check_request(peer.requests[0])
    assert exchange.stats.round_trips == 1
    exchange.close()
    exchange.close()


def test_no_delay(make: Make) -> None:
    exchange, _ = make()
    exchange.hello()
    sock = exchange.link._client.rcon_socket
    assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_ids(make: Make) -> None:
    """Each request has its own, and two clients never share one."""
    exchange, peer = make(ping={"tick": 0, "paused": 1, "free": 0, "target": 0})
    for _ in range(5):
        exchange.ping()
    other = Exchange(peer.address, PASSWORD)
    other.ping()
    ids = [request["id"] for request in peer.requests]
    assert len(set(ids)) == len(ids)
    for request in peer.requests:
        check_request(request)


# -- who is at the other end -----------------------------------------------------------------------
def test_wrong_password(make: Make) -> None:
    exchange, peer = make(password="guess")
    with pytest.raises(PermissionError, match="password"):
        exchange.hello()
    assert not peer.requests


def test_port_closed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(ConnectionError, match=f"no server answers at 127.0.0.1:{port}.*serve"):
        Exchange(f"127.0.0.1:{port}", "x", 1.0).hello()


def test_who_listens_and_says_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(TimeoutError, match=r"did not let us in within 0\.2 s"):
            Exchange(address, "x", 0.2).hello()


def test_no_rcon() -> None:
    """A server of something else."""
    with socket.create_server(("127.0.0.1", 0)) as web:
        address = f"127.0.0.1:{web.getsockname()[1]}"
        link = Link(address, "x", 0.5)

        def answer() -> None:
            connection, _ = web.accept()
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" + b"x" * 200)
            time.sleep(0.3)
            connection.close()

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        with pytest.raises((ProtocolError, ConnectionError)):
            link.open()
        thread.join()


@pytest.mark.parametrize("address", ["", "host:", ":1", "host:0", "host:70000", "host:x", 5, None])
def test_addresses(address: Any) -> None:
    with pytest.raises(ValueError, match="address"):
        read_address(address)
    assert read_address("example.org") == ("example.org", 27015)


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "factorio_rcon", None)
    with pytest.raises(ImportError, match="pip install factorio-rcon-py"):
        Exchange("127.0.0.1:1", "x").hello()


@pytest.mark.parametrize(
    "greeting, text",
    [
        (hello(protocol=2), "version 2"),
        (hello(v=2), "version 2"),
        (hello(numbers="00000000"), "numbers"),
        ({"v": 1, "ok": 0, "error": "wrong_version", "detail": "v is 3 here"}, "v is 3 here"),
        ('Unknown command "fz". Type /help.', "Unknown command"),
        ("", "nothing"),
        ("[1, 2]", "said"),
        ('{"v":1}', "without ok"),
        ('{"v":1,"ok":1,"speed":1.5}', "whole"),
        ('{"v":1,"ok":1,"speed":NaN}', "whole"),
        ('{"ok":' + "[" * 100_000 + "]" * 100_000 + "}", "nested"),
    ],
)
def test_not_our_mod(make: Make, greeting: Any, text: str) -> None:
    exchange, _ = make(hello=lambda *_: greeting)
    with pytest.raises(ProtocolError, match=text):
        exchange.hello()


# -- answers that are none -------------------------------------------------------------------------
def test_half_an_answer(make: Make) -> None:
    """The rest never comes."""
    exchange, _ = make(timeout=0.2, ping='{"v":1,"ok":1,"ti')
    with pytest.raises(TimeoutError, match="half an answer"):
        exchange.ping()


def test_half_a_packet(make: Make) -> None:
    """The size says more than what comes."""
    exchange, _ = make(timeout=0.2, ping=struct.pack("<i", 500) + b"@@@@" + b"\0" * 4 + b"{")
    with pytest.raises(TimeoutError, match=r"within 0\.2 s"):
        exchange.ping()


@pytest.mark.parametrize(
    "data",
    [
        struct.pack("<i", -5) + b"x" * 40,
        struct.pack("<i", 1 << 30) + b"x" * 40,
        packet(999, 0, "{}"),
        struct.pack("<i", 12) + b"@@@@" + struct.pack("<i", 7) + b"{}\0\0",
        struct.pack("<i", 12) + b"@@@@" + struct.pack("<i", 0) + b"\xff\xfe\0\0",
    ],
    ids=["negative size", "huge size", "another id", "another type", "no UTF-8"],
)
def test_garbage(make: Make, data: bytes) -> None:
    exchange, _ = make(ping=data)
    with pytest.raises(ProtocolError):
        exchange.ping()
    assert not exchange.link.is_open


def test_in_pieces(make: Make) -> None:
    """A long answer in several packets of one number."""
    text = json.dumps({"v": 1, "ok": 1, "tick": 5, "pad": "x" * 9000})
    pieces = [text[at : at + 1000] for at in range(0, len(text), 1000)]

    def answer(*_: Any) -> bytes:
        parts = b""
        for piece in pieces:
            parts += struct.pack("<i", 10 + len(piece)) + b"@@@@" + b"\0" * 4
            parts += piece.encode() + b"\0\0"
        return parts

    exchange, _ = make(ping=answer)
    assert exchange.ping()["tick"] == 5
    assert exchange.stats.round_trips == 2


@pytest.mark.parametrize("bare", [False, True])
def test_packed(make: Make, bare: bool) -> None:
    text = json.dumps({"v": 1, "ok": 1, "tick": 5, "pad": "ab" * 40_000}).encode()
    engine = zlib.compressobj(wbits=-15 if bare else 15)
    packed = "z:" + base64.b64encode(engine.compress(text) + engine.flush()).decode()
    exchange, _ = make(ping=packed)
    assert exchange.ping()["tick"] == 5
    with pytest.raises(UnfinishedError):
        read_answer(packed[:-8])


def test_packed_too_far(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_ANSWER", 1 << 16)
    bomb = "z:" + base64.b64encode(zlib.compress(b" " * (1 << 20))).decode()
    with pytest.raises(ProtocolError, match="unpack"):
        inflate(bomb)


def test_refusal(make: Make) -> None:
    exchange, _ = make(ping={"ok": 0, "error": "bad_request", "detail": "ticks is missing"})
    with pytest.raises(RefusedError, match="bad_request: ticks is missing") as caught:
        exchange.ping()
    assert caught.value.code == "bad_request" and exchange.link.is_open


@pytest.mark.parametrize("code", ["unknown_arena", "not_ready"])
def test_world_lost(make: Make, code: str) -> None:
    exchange, _ = make(step={"ok": 0, "error": code, "detail": "arena 0"})
    with pytest.raises(ConnectionError, match="reset"):
        exchange.step(1, [])


# -- connections that break ------------------------------------------------------------------------
def test_sent_again(make: Make) -> None:
    """A connection that breaks before the answer: the same request, letter by letter."""
    broken = []

    def step(peer: Peer, request: dict[str, Any]) -> Any:
        if not broken:
            broken.append(request)
            peer.hang_up = True
            return None
        return {"tick": 0, "target": 3}

    exchange, peer = make(step=step)
    assert exchange.step(3, [{"arena": 0, "agents": [{}]}])["target"] == 3
    steps = [request for request in peer.requests if request["op"] == "step"]
    assert len(steps) == 2 and steps[0] == steps[1]
    assert exchange.stats.reconnects == 1 and peer.connections == 2


def test_dropped_between(make: Make) -> None:
    exchange, peer = make(ping={"tick": 1})
    exchange.ping()
    peer.drop()
    assert exchange.ping()["tick"] == 1


def test_server_started_anew(make: Make) -> None:
    """The connection can be made again, but the worlds are gone."""
    runs = iter([7, 8, 8])
    exchange, peer = make(hello=lambda *_: hello(session=next(runs)), ping={"tick": 1})
    exchange.ping()
    peer.drop()
    with pytest.raises(ConnectionError, match=r"started anew.*reset"):
        exchange.ping()


def test_reset_takes_another_run(make: Make) -> None:
    """A reset needs nothing of what was before."""
    runs = iter([7, 8, 8, 8])
    exchange, peer = make(hello=lambda *_: hello(session=next(runs)), reset={"arenas": []})
    exchange.reset([])
    peer.drop()
    assert exchange.reset([])["arenas"] == []


def test_gone_for_good(make: Make) -> None:
    exchange, peer = make()
    exchange.ping()
    peer.close()
    with pytest.raises(ConnectionError, match="no server answers"):
        exchange.ping()


def test_always_hangs_up(make: Make) -> None:
    def step(peer: Peer, request: dict[str, Any]) -> Any:
        peer.hang_up = True

    exchange, peer = make(step=step)
    with pytest.raises(ConnectionError, match="closed the connection"):
        exchange.step(1, [])
    assert len([r for r in peer.requests if r["op"] == "step"]) == 2


def test_silent(make: Make) -> None:
    """No answer in time: said so, and not sent a second time behind one's back."""
    exchange, peer = make(timeout=0.2, step=lambda *_: None)
    began = time.monotonic()
    with pytest.raises(TimeoutError, match=r"within 0\.2 s"):
        exchange.step(1, [])
    assert time.monotonic() - began < 2
    assert len([r for r in peer.requests if r["op"] == "step"]) == 1


# -- waiting ---------------------------------------------------------------------------------------
def running(times: int) -> Any:
    left = [times]

    def collect(peer: Peer, request: dict[str, Any]) -> Any:
        if left[0] > 0:
            left[0] -= 1
            return {"s": "run", "tick": 5, "target": 10}
        return {"s": "done", "tick": 10, "arenas": {}}

    return collect


def test_collect_waits(make: Make) -> None:
    exchange, peer = make(step={"tick": 0, "target": 10}, collect=running(3))
    exchange.step(10, [])
    exchange.wait()
    assert exchange.collect([[0, 0]]) == []
    asked = [request for request in peer.requests if request["op"] == "collect"]
    assert len(asked) == 4
    for request in asked:
        check_request(request)


def test_collect_gives_up(make: Make) -> None:
    exchange, _ = make(timeout=0.3, step={"tick": 0, "target": 10}, collect=running(10**6))
    exchange.step(1, [])
    with pytest.raises(TimeoutError, match="still runs"):
        exchange.collect([])


def test_pace() -> None:
    """Grows at once, hardly shrinks; never less than the clock needs."""
    pace = Pace(1.0)
    assert 0.5 <= pace.seconds(30) < 0.51
    pace.learn(30, 0.65, in_time=False)
    grown = pace.seconds(30)
    assert 0.65 < grown < 0.76
    for _ in range(20):
        pace.learn(30, grown, in_time=True)
    assert 0.65 < pace.seconds(30) < grown
    for _ in range(5000):
        pace.learn(30, grown, in_time=True)
    assert 0.5 <= pace.seconds(30) < 0.51
    assert pace.seconds(0) == 0


def test_pace_forgives_one_slow_step() -> None:
    pace = Pace(1.0)
    before = pace.seconds(30)
    pace.learn(30, 20.0, in_time=False)
    assert pace.seconds(30) <= 1.5 * before
    for _ in range(100):
        pace.learn(30, before, in_time=True)
    pace.learn(30, 20.0, in_time=False)
    assert 2 * before < pace.seconds(30) <= 1.5 * 1.5 * before
    pace.learn(30, 20.0, in_time=False)  # a second one soon after is believed
    assert pace.seconds(30) > 1.5 * 1.5 * 2 * before
    pace = Pace(1000.0)
    for _ in range(14):  # a server that needs 50 ms where the clock would need 0.5
        if pace.seconds(30) >= 0.05:
            break
        pace.learn(30, 0.05, in_time=False)
    assert pace.seconds(30) >= 0.05
    for ticks in (1, 3):
        for _ in range(30):
            pace.learn(ticks, 0.1, in_time=False)
        assert 0.1 < pace.seconds(ticks) < 0.2


def test_pace_estimates() -> None:
    """How long a step takes, by the ticks that are left."""
    pace = Pace(1.0)
    assert pace.estimate(9, 5, 1.0) == 2.0
    assert pace.estimate(10, 10, 1.0) == 11.0
    assert pace.estimate(10, 0, 1.0) == 1.0


def test_one_write(make: Make) -> None:
    """Several commands at once cost one round trip."""
    exchange, _ = make(ping={"tick": 3})
    exchange.hello()
    before = exchange.stats.round_trips
    texts = ["/fz " + json.dumps(exchange.build("ping")) for _ in range(4)]
    answers = exchange.link.ask_all(texts, read_answer)
    assert [answer["tick"] for answer in answers] == [3] * 4
    assert exchange.stats.round_trips == before + 1
    assert exchange.stats.sent > 0 and exchange.stats.received > 0
