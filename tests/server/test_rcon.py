"""RCON with real sockets: the protocol as Factorio speaks it, and clients that do not."""

from __future__ import annotations

import struct
import time
from collections.abc import Iterator
from pathlib import Path

import factorio_rcon
import pytest
from tiny import PASSWORD, Raw, packet, tiny_server

from fz_multi.server.rcon import EVICT_AFTER, MOST_CLIENTS
from fz_multi.server.server import Server

CONTROL = """
commands.add_command("echo", "", function(c) rcon.print(c.parameter) end)
commands.add_command("silent", "", function(c) end)
commands.add_command("long", "", function(c) rcon.print(("x"):rep(tonumber(c.parameter))) end)
commands.add_command("length", "", function(c) rcon.print(#c.parameter) end)
commands.add_command("twice", "", function(c) rcon.print(1) rcon.print({"", "a", 2}) end)
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with tiny_server(tmp_path, CONTROL) as server:
        server.call(lambda: setattr(server.host.clock, "paused", True))
        yield server
    assert server.error is None


def test_client_of_the_field(server: Server) -> None:
    with factorio_rcon.RCONClient("127.0.0.1", server.port, PASSWORD, timeout=20) as client:
        assert client.send_command("/echo hello") == "hello"
        assert client.send_command("/silent") is None
        answers = client.send_commands({i: f"/echo {i}" for i in range(50)})
        assert answers == {i: str(i) for i in range(50)}


def test_wrong_password(server: Server) -> None:
    with Raw(server.port, None) as client:
        assert client.login("wrong") == -1
        assert client.login("") == -1
        client.send(packet(3, 2, "/echo a"))
        assert client.closed()
    with pytest.raises(factorio_rcon.InvalidPassword):
        factorio_rcon.RCONClient("127.0.0.1", server.port, "wrong", timeout=20)


def test_a_client_may_try_again(server: Server) -> None:
    with Raw(server.port, None) as client:
        assert client.login("wrong") == -1
        assert client.login(PASSWORD) == 7
        assert client.ask("/echo a") == "a\n"


def test_password_is_required(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="password"):
        Server(tmp_path, password="")


def test_ids_come_back_in_order(server: Server) -> None:
    with Raw(server.port) as client:
        client.send(b"".join(packet(i, 2, f"/echo {i}") for i in range(-5, 200)))
        for i in range(-5, 200):
            assert client.receive() == (i, 0, b"%d\n" % i)


def test_an_empty_command_gets_no_answer(server: Server) -> None:
    with Raw(server.port) as client:
        client.send(packet(1, 2, "") + packet(2, 2, "/echo a"))
        assert client.receive() == (2, 0, b"a\n")


def test_silent_commands_are_answered(server: Server) -> None:
    with Raw(server.port) as client:
        assert client.ask("/silent") == ""
        assert client.ask("just talk") == ""


def test_several_prints(server: Server) -> None:
    with Raw(server.port) as client:
        assert client.ask("/twice") == "1\na2\n"


@pytest.mark.parametrize("size", [4095, 4096, 32_768, 3_000_000])
def test_an_answer_is_one_packet(server: Server, size: int) -> None:
    with Raw(server.port) as client:
        assert client.ask(f"/long {size}") == "x" * size + "\n"


def test_long_command(server: Server) -> None:
    with Raw(server.port) as client:
        assert client.ask("/length " + "y" * 10_000_000) == "10000000\n"


def test_bytes_may_come_one_by_one(server: Server) -> None:
    with Raw(server.port) as client:
        for byte in packet(5, 2, "/echo slow"):
            client.send(bytes([byte]))
        assert client.receive() == (5, 0, b"slow\n")


def test_half_a_packet_holds_up_nobody(server: Server) -> None:
    with Raw(server.port) as slow, Raw(server.port) as other:
        data = packet(5, 2, "/echo slow")
        slow.send(data[:9])
        assert other.ask("/echo quick") == "quick\n"
        slow.send(data[9:])
        assert slow.receive() == (5, 0, b"slow\n")


@pytest.mark.parametrize(
    "data",
    [
        struct.pack("<i", -1),
        struct.pack("<i", 0),
        struct.pack("<i", 9) + bytes(9),
        struct.pack("<i", 2**31 - 1),
        struct.pack("<i", 200 * 2**20),
        struct.pack("<iii", 11, 1, 2) + b"ab\0",  # one NUL at the end
        struct.pack("<iii", 12, 1, 2) + b"abcd",
    ],
)
def test_malformed_packets_end_that_client_only(server: Server, data: bytes) -> None:
    with Raw(server.port) as other, Raw(server.port) as client:
        client.send(data)
        assert client.closed()
        assert other.ask("/echo still here") == "still here\n"


def test_long_packets_only_after_the_login(server: Server) -> None:
    with Raw(server.port, None) as client:
        client.send(struct.pack("<i", 5000))
        assert client.closed()


def test_other_types_are_no_commands(server: Server) -> None:
    with Raw(server.port) as client:
        client.send(packet(1, 9, "/echo a") + packet(2, 2, "/echo b"))
        assert client.receive() == (2, 0, b"b\n")


def test_bytes_that_are_no_text(server: Server) -> None:
    with Raw(server.port) as client:
        client.send(packet(1, 2, b"/length \xff\xfe\x00\x80"))
        number, _, body = client.receive()
        assert number == 1 and int(body) > 0
        assert client.ask("/echo ünïcode") == "ünïcode\n"


def test_a_client_that_reads_nothing_holds_up_nobody(server: Server) -> None:
    with Raw(server.port) as deaf, Raw(server.port) as other:
        for _ in range(8):
            deaf.send(packet(1, 2, "/long 3000000"))
        assert other.ask("/echo a") == "a\n"
        for _ in range(8):
            assert len(deaf.receive()[2]) == 3_000_001


def test_a_client_that_dies_before_its_answer(server: Server) -> None:
    for _ in range(5):
        client = Raw(server.port)
        client.send(packet(1, 2, "/long 3000000") * 3)
        client.socket.close()
    with Raw(server.port) as other:
        assert other.ask("/echo a") == "a\n"


def test_cap_on_clients(server: Server) -> None:
    clients = [Raw(server.port) for _ in range(MOST_CLIENTS)]
    with Raw(server.port, None) as late:
        assert late.closed()
    clients.pop().socket.close()
    assert clients[0].ask("/echo a") == "a\n"
    with Raw(server.port) as client:
        assert client.ask("/echo b") == "b\n"
    for client in clients:
        client.socket.close()


def test_silent_connections_do_not_lock_others_out(server: Server) -> None:
    idle = [Raw(server.port, None) for _ in range(MOST_CLIENTS)]
    server.call(lambda: None)

    def age() -> None:
        for client in server.rcon.clients:
            client.since -= EVICT_AFTER + 1

    server.call(age)
    with Raw(server.port) as client:
        assert client.ask("/echo a") == "a\n"
    for one in idle:
        one.socket.close()


def test_loopback_only(server: Server) -> None:
    assert server.rcon._listener.getsockname()[0] == "127.0.0.1"


def test_port_taken(server: Server, tmp_path: Path) -> None:
    with pytest.raises(OSError):
        tiny_server(tmp_path, port=server.port)


def test_stop_closes_and_frees_the_port(tmp_path: Path) -> None:
    server = tiny_server(tmp_path, CONTROL).start()
    port = server.port
    client = Raw(port)
    assert client.ask("/echo a") == "a\n"
    server.stop()
    assert client.closed() and not server.running
    with tiny_server(tmp_path, CONTROL, port=port) as again:
        assert again.port == port


def test_paused_server_answers_at_once_and_rests(server: Server) -> None:
    with Raw(server.port) as client:
        client.ask("/echo a")
        begin = time.perf_counter()
        for _ in range(200):
            client.ask("/echo a")
        assert (time.perf_counter() - begin) / 200 < 0.01  # an update at speed 1 takes 0.0167
        cpu = time.process_time()
        time.sleep(1.0)
        assert time.process_time() - cpu < 0.25


def test_the_port_is_free_of_lua(server: Server) -> None:
    """The text of a command of a mod is never evaluated."""
    with Raw(server.port) as client:
        evil = "]] error('x') --[["
        assert client.ask(f"/echo {evil}") == evil + "\n"
