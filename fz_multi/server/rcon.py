"""Source RCON as Factorio speaks it: TCP, little endian, any number of clients, never blocking.

A packet is ``int32 size, int32 id, int32 type, body, 0, 0``; size counts all behind itself. Type 3
is the login, 2 a command and the answer to a login, 0 an answer. A good login gets its own id back,
a bad one -1. Each command gets one packet with its id, however long the answer is; a command with
an empty body gets none. A packet that is no packet ends that client, and no other.
"""

from __future__ import annotations

import contextlib
import hmac
import selectors
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field

LOGIN, COMMAND, ANSWER = 3, 2, 0
HEAD = struct.Struct("<iii")
SIZE = struct.Struct("<i")
LEAST = 10  # id, type and two NULs
MOST = 100 * 2**20  # bytes of a packet
MOST_BEFORE_LOGIN = 4096
MOST_CLIENTS = 128
MOST_WAITING = 256 * 2**20  # bytes of answers that a client has not read
CHUNK = 2**18
EVICT_AFTER = 10.0  # seconds that a client may hold a place without a login when places run out


@dataclass(eq=False)
class Client:
    """One connection."""

    socket: socket.socket
    address: str
    since: float
    incoming: bytearray = field(default_factory=bytearray)
    outgoing: bytearray = field(default_factory=bytearray)
    welcome: bool = False
    open: bool = True
    watched: int = selectors.EVENT_READ


@dataclass(frozen=True)
class Request:
    """A command of a client that has logged in."""

    client: Client
    id: int
    text: str


class RconServer:
    """The listening socket and its clients. All calls from one thread, but `wake` from any.

    Raises `OSError` if the port is taken, `ValueError` without a password.
    """

    def __init__(
        self, host: str, port: int, password: str, log: Callable[[str], None] = lambda text: None
    ) -> None:
        if not password:
            raise ValueError("an RCON password is required")
        self._password = password.encode("utf-8")
        self._log = log
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.create_server((host, port), family=family, backlog=MOST_CLIENTS)
        self._listener.setblocking(False)
        self.port: int = self._listener.getsockname()[1]
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._waker, self._woken = socket.socketpair()
        self._woken.setblocking(False)
        self._waker.setblocking(False)
        self._selector.register(self._woken, selectors.EVENT_READ)
        self.clients: set[Client] = set()
        self.received = self.sent = 0  # bytes

    def wake(self) -> None:
        """Make a `poll` that waits return."""
        with contextlib.suppress(OSError):
            self._waker.send(b"x")

    def poll(self, timeout: float | None) -> list[Request]:
        """Move bytes; the commands that are complete, after ``timeout`` seconds at most."""
        requests: list[Request] = []
        for key, events in self._selector.select(timeout):
            if key.fileobj is self._listener:
                self._accept()
            elif key.fileobj is self._woken:
                with contextlib.suppress(BlockingIOError):
                    self._woken.recv(4096)
            else:
                client: Client = key.data
                if events & selectors.EVENT_WRITE and client.open:
                    self._send(client)
                if events & selectors.EVENT_READ and client.open:
                    self._read(client, requests)
        return requests

    def answer(self, request: Request, text: str) -> None:
        """Answer a command; nothing happens if the client has gone."""
        body = text.encode("utf-8", "replace")
        self._packet(request.client, request.id, ANSWER, body)

    def close(self) -> None:
        """Send what can be sent at once, and close everything."""
        for client in list(self.clients):
            if client.outgoing:
                client.socket.settimeout(1.0)
                with contextlib.suppress(OSError):
                    client.socket.sendall(bytes(client.outgoing))
            self._drop(client)
        self._selector.close()
        for one in (self._listener, self._waker, self._woken):
            one.close()

    # Parts --------------------------------------------------------------------------------------

    def _accept(self) -> None:
        try:
            connection, address = self._listener.accept()
        except OSError:
            return
        if len(self.clients) >= MOST_CLIENTS and not self._make_room():
            self._log(f"RCON: {address[0]} refused, {MOST_CLIENTS} clients are connected")
            connection.close()
            return
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client = Client(connection, f"{address[0]}:{address[1]}", time.monotonic())
        self.clients.add(client)
        self._selector.register(connection, selectors.EVENT_READ, client)

    def _make_room(self) -> bool:
        """End the oldest client that never logged in, so that idle ones cannot lock others out."""
        idle = [client for client in self.clients if not client.welcome]
        oldest = min(idle, key=lambda client: client.since, default=None)
        if oldest is None or time.monotonic() - oldest.since < EVICT_AFTER:
            return False
        self._drop(oldest)
        return True

    def _read(self, client: Client, requests: list[Request]) -> None:
        try:
            data = client.socket.recv(CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._drop(client)
            return
        self.received += len(data)
        client.incoming += data
        start, buffer = 0, client.incoming
        while client.open and len(buffer) - start >= SIZE.size:
            (size,) = SIZE.unpack_from(buffer, start)
            if not LEAST <= size <= (MOST if client.welcome else MOST_BEFORE_LOGIN):
                self._refuse(client, f"a packet of {size} bytes")
                return
            end = start + SIZE.size + size
            if len(buffer) < end:
                break
            _, number, kind = HEAD.unpack_from(buffer, start)
            body = bytes(buffer[start + HEAD.size : end])
            start = end
            self._packet_in(client, number, kind, body, requests)
        if start:
            del buffer[:start]

    def _packet_in(
        self, client: Client, number: int, kind: int, body: bytes, requests: list[Request]
    ) -> None:
        if not body.endswith(b"\0\0"):
            self._refuse(client, "an invalid message: it does not end with two NULs")
            return
        body = body[:-2]
        if kind == LOGIN:
            client.welcome = hmac.compare_digest(body, self._password)
            self._packet(client, number if client.welcome else -1, COMMAND, b"")
            if not client.welcome:
                self._log(f"RCON: wrong password from {client.address}")
        elif not client.welcome:
            self._refuse(client, "a command before the login")
        elif kind == COMMAND:
            if body:
                requests.append(Request(client, number, body.decode("utf-8", "replace")))
        else:
            self._log(f"RCON received an invalid message type {kind} from {client.address}")

    def _refuse(self, client: Client, what: str) -> None:
        self._log(f"RCON: {client.address} sent {what}: connection closed")
        self._drop(client)

    def _packet(self, client: Client, number: int, kind: int, body: bytes) -> None:
        if not client.open:
            return
        client.outgoing += HEAD.pack(len(body) + LEAST, number, kind) + body + b"\0\0"
        self._send(client)

    def _send(self, client: Client) -> None:
        try:
            count = client.socket.send(client.outgoing) if client.outgoing else 0
        except BlockingIOError:
            count = 0
        except OSError:
            self._drop(client)
            return
        self.sent += count
        del client.outgoing[:count]
        if len(client.outgoing) > MOST_WAITING:
            self._refuse(client, "nothing, and reads no answers")
            return
        wanted = selectors.EVENT_READ
        if client.outgoing:
            wanted |= selectors.EVENT_WRITE
        if wanted != client.watched:
            client.watched = wanted
            self._selector.modify(client.socket, wanted, client)

    def _drop(self, client: Client) -> None:
        if client.open:
            client.open = False
            self.clients.discard(client)
            with contextlib.suppress(KeyError, ValueError):
                self._selector.unregister(client.socket)
            client.socket.close()
