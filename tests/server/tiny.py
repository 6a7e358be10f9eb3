"""Help for the tests of the server: mods in a folder, a world without anything, raw RCON."""

from __future__ import annotations

import json
import socket
import struct
from pathlib import Path
from typing import Any

from fz_multi.server.server import Server

PASSWORD = "tiny"


class TinyGame:
    """A world in which nothing is: enough for what is about Lua and the server."""

    host: Any

    def __init__(self, settings: Any) -> None:
        self.updates = 0
        self.ends = 0
        self.during: list[int] = []

    def valid(self, cls: str, handle: int) -> bool:
        return handle < 1000

    def kind(self, cls: str, handle: int) -> str:
        return ""

    def useful_id(self, cls: str, handle: int) -> tuple[int, int]:
        return handle, 1

    def update(self) -> None:
        self.updates += 1
        self.during.append(self.host.clock.tick)

    def end_of_tick(self) -> None:
        self.ends += 1

    def save_state(self) -> bytes:
        return b"%d" % self.updates

    def load_state(self, data: bytes) -> None:
        self.updates = int(data)


def make_mod(
    folder: Path,
    control: str,
    files: dict[str, str] | None = None,
    *,
    name: str = "tiny",
    version: str = "1.0.0",
    factorio_version: str = "2.0",
    dependencies: tuple[str, ...] = ("base",),
) -> Path:
    """A mod in ``folder/<name>_<version>``; returns ``folder``, the mod directory."""
    root = folder / f"{name}_{version}"
    root.mkdir(parents=True, exist_ok=True)
    info = {
        "name": name,
        "version": version,
        "title": name.capitalize(),
        "author": "tests",
        "factorio_version": factorio_version,
        "dependencies": list(dependencies),
    }
    (root / "info.json").write_text(json.dumps(info))
    (root / "control.lua").write_text(control)
    for path, text in (files or {}).items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return folder


def tiny_server(folder: Path, control: str = "", files: Any = None, **options: Any) -> Server:
    """A server, not started, with one mod and the empty world."""
    if control or files:
        make_mod(folder, control, files)
    options.setdefault("game", TinyGame)
    options.setdefault("warn_first_command", False)
    return Server(folder, password=PASSWORD, **options)


class Raw:
    """A RCON client that sends any bytes."""

    def __init__(self, port: int, password: str | None = PASSWORD) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if password is not None:
            assert self.login(password) == 7

    def __enter__(self) -> Raw:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def login(self, password: str) -> int:
        """Log in with id 7; the id of the answer."""
        self.send(packet(7, 3, password))
        number, kind, body = self.receive()
        assert (kind, body) == (2, b"")
        return number

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def receive(self) -> tuple[int, int, bytes]:
        """(id, type, body) of one packet."""
        (size,) = struct.unpack("<i", self._exactly(4))
        data = self._exactly(size)
        number, kind = struct.unpack_from("<ii", data)
        assert data.endswith(b"\0\0")
        return number, kind, data[8:-2]

    def ask(self, text: str, number: int = 1) -> str:
        """Send a command; its answer."""
        self.send(packet(number, 2, text))
        found, kind, body = self.receive()
        assert (found, kind) == (number, 0)
        return body.decode()

    def closed(self) -> bool:
        """Wait until the server closes the connection; whether it did."""
        try:
            return self.socket.recv(1) == b""
        except ConnectionError:
            return True

    def _exactly(self, count: int) -> bytes:
        parts = []
        while count:
            part = self.socket.recv(min(count, 1 << 20))
            if not part:
                raise ConnectionError("closed")
            parts.append(part)
            count -= len(part)
        return b"".join(parts)


def packet(number: int, kind: int, text: str | bytes) -> bytes:
    """A packet of RCON."""
    body = text.encode() if isinstance(text, str) else text
    return struct.pack("<iii", len(body) + 10, number, kind) + body + b"\0\0"
