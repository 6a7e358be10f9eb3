"""Peers that speak RCON by a script, for the tests of the client: real sockets, wrong answers.

A `Peer` listens on a free port of the loopback and gives each command to a function that says what
is sent back. This is no server: it knows nothing of worlds.
"""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading
from collections.abc import Callable
from typing import Any

from fz_multi.factorio.numbers import numbers_hash

PASSWORD = "secret"


def packet(number: int, kind: int, body: str | bytes) -> bytes:
    data = body.encode() if isinstance(body, str) else body
    return struct.pack("<iii", 10 + len(data), number, kind) + data + b"\0\0"


def hello(**changes: Any) -> dict[str, Any]:
    """What a mod says of itself."""
    return {
        "v": 1,
        "ok": 1,
        "mod": "fz_multi",
        "version": "0.1.0",
        "game": "2.0.77",
        "protocol": 1,
        "numbers": numbers_hash(),
        "tick": 0,
        "paused": 1,
        "speed": 100,
        "arenas": [],
        "max_arenas": 61,
        "on_tick": "early",
        "clock": "unpause",
        "session": 7,
        **changes,
    }


class Peer:
    """``answer(peer, request)`` returns a dict (sent as JSON), text or bytes (sent as they are, the
    former in a packet), or None for silence. ``requests``: all that came in, as dicts."""

    def __init__(self, answer: Callable[[Peer, dict[str, Any]], Any]) -> None:
        self._answer = answer
        self.requests: list[dict[str, Any]] = []
        self.connections = 0
        self.hang_up = False  # set by an answer: close this connection
        self._sockets: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._sockets.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError, struct.error), connection:
            stream = connection.makefile("rb")
            while head := stream.read(4):
                data = stream.read(struct.unpack("<i", head)[0])
                number, kind = struct.unpack("<ii", data[:8])
                body = data[8:-2].decode()
                if kind == 3:
                    good = body == PASSWORD
                    connection.sendall(packet(number if good else -1, 2, ""))
                    continue
                self._one(connection, number, body)
                if self.hang_up:
                    self.hang_up = False
                    return

    def _one(self, connection: socket.socket, number: int, body: str) -> None:
        request = json.loads(body.removeprefix("/fz "))
        self.requests.append(request)
        said = self._answer(self, request)
        if isinstance(said, dict):
            said = json.dumps({"id": request.get("id"), **said})
        if isinstance(said, str):
            said = packet(number, 0, said + "\n")
        if said:
            connection.sendall(said.replace(b"@@@@", struct.pack("<i", number)))

    def drop(self) -> None:
        """Close all connections; go on listening."""
        for connection in self._sockets:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._sockets.clear()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.drop()
