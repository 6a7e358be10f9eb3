"""One RCON connection: whole texts there and back, counted, with errors that say what to do.

RCON is Factorio's remote console (TCP; ``int32 size, id, type``, text, two NULs). The client is
factorio-rcon-py.
"""

from __future__ import annotations

import dataclasses
import socket
from collections.abc import Callable
from typing import Any

MAX_PACKET = 64 << 20  # bytes of one answer; more is not an answer of the mod
DEFAULT_PORT = 27015
RESPONSE = 0  # type of a packet that answers


class ProtocolError(ConnectionError):
    """What came back is not an answer of the mod, or of another version of it."""


class UnfinishedError(Exception):
    """A text that is the beginning of an answer (raised by the ``read`` of `Link.ask`)."""


@dataclasses.dataclass
class Stats:
    """Counted at the socket since the client was made; `reset` begins anew."""

    round_trips: int = 0  # a write that was followed by waiting for its answer
    sent: int = 0  # bytes
    received: int = 0  # bytes
    reconnects: int = 0

    def reset(self) -> None:
        self.round_trips = self.sent = self.received = self.reconnects = 0


def read_address(address: str) -> tuple[str, int]:
    """``"host:port"`` (port 27015 without one). ValueError that says what is wrong."""
    if not isinstance(address, str) or not address.strip():
        raise ValueError(f'address is "host:port", got {address!r}')
    host, colon, port = address.strip().rpartition(":")
    if not colon:
        host, port = port, str(DEFAULT_PORT)
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        raise ValueError(f'address is "host:port" with a port from 1 to 65535, got {address!r}')
    return host, int(port)


def rcon_module() -> Any:
    """factorio-rcon-py; ImportError that says how to get it."""
    try:
        import factorio_rcon
    except ImportError as error:
        raise ImportError(
            'the "factorio" backend needs factorio-rcon-py: pip install factorio-rcon-py'
        ) from error
    return factorio_rcon


def _client_class(rcon: Any, stats: Stats) -> Any:
    class Client(rcon.RCONClient):  # type: ignore[misc,name-defined]
        """Counts bytes, and refuses sizes that no answer has."""

        def send_packet(self, packet_id: int, packet_type: Any, packet_body: str) -> None:
            super().send_packet(packet_id, packet_type, packet_body)
            stats.sent += 14 + len(packet_body.encode())

        def receive_exactly(self, rcon_socket: socket.socket, size: int) -> Any:
            if not 0 < size <= MAX_PACKET:
                raise rcon.InvalidResponse(f"a packet of {size} bytes")
            data = bytearray(size)
            view, at = memoryview(data), 0
            while at < size:
                got = rcon_socket.recv_into(view[at:])
                if not got:
                    return b""
                at += got
            stats.received += size
            return data

    return Client


class Link:
    """A connection that is opened when it is needed.

    ``timeout``: seconds without a byte from the server after which a call gives up. `ask` raises
    `PermissionError` for a wrong password, `TimeoutError`, `ProtocolError` for an answer that is
    none, and `ConnectionError` when the server is not there or has gone. After any of these the
    connection is closed, and the next call opens another.
    """

    def __init__(self, address: str, password: str, timeout: float) -> None:
        self.address, self.password, self.timeout = address, password, timeout
        self.host, self.port = read_address(address)
        self.stats = Stats()
        self._client: Any = None

    @property
    def is_open(self) -> bool:
        return self._client is not None

    def open(self) -> None:
        """Connect and log in; does nothing when that is done."""
        if self._client is not None:
            return
        rcon = rcon_module()
        client = _client_class(rcon, self.stats)(
            self.host, self.port, self.password, self.timeout, connect_on_init=False
        )
        try:
            client.connect()
            client.rcon_socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except rcon.InvalidPassword:
            raise PermissionError(
                f"the server at {self.address} refuses the RCON password"
            ) from None
        except rcon.InvalidResponse as error:
            raise ProtocolError(
                f"what listens at {self.address} does not speak RCON ({error})"
            ) from None
        except rcon.RCONBaseError as error:
            if _timed_out(error):
                raise TimeoutError(
                    f"the server at {self.address} did not let us in within {self.timeout:g} s"
                ) from error
            raise ConnectionError(
                f"no server answers at {self.address} ({_cause(error)}): start one "
                "(fz-multi serve, or a Factorio server with RCON), or check the address"
            ) from error
        self._client = client

    def close(self) -> None:
        """Close the connection; does nothing when there is none."""
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def ask(self, text: str, read: Callable[[str], Any]) -> Any:
        """Send a command and wait for the whole of its answer: one round trip.

        ``read`` makes a value of the answer's text; while it raises `UnfinishedError`, the packets
        that follow under the same number are added (long answers may come in pieces).
        """
        return self.ask_all([text], read)[0]

    def ask_all(self, texts: list[str], read: Callable[[str], Any]) -> list[Any]:
        """`ask` with several commands in one TCP write: still one round trip."""
        self.open()
        rcon, client = rcon_module(), self._client
        try:
            numbers = [client.get_id() for _ in texts]
            packets = [
                client.build_message(rcon.RCONMessage(number, rcon.PacketType.EXECCOMMAND, text))
                for number, text in zip(numbers, texts, strict=True)
            ]
            self._send(client, b"".join(packets))
            return [self._answer(client, number, read) for number in numbers]
        except BaseException as error:
            self.close()
            if not isinstance(error, rcon.RCONBaseError):
                raise
            raise self._plain(rcon, error) from error

    def _send(self, client: Any, data: bytes) -> None:
        try:
            client.rcon_socket.sendall(data)
        except TimeoutError:
            raise TimeoutError(f"the server at {self.address} takes nothing in") from None
        except OSError as error:
            raise ConnectionError(f"the server at {self.address} is gone ({error})") from None
        self.stats.sent += len(data)
        self.stats.round_trips += 1

    def _answer(self, client: Any, number: int, read: Callable[[str], Any]) -> Any:
        text = ""
        while True:
            try:
                message = client.receive_packet()
            except Exception as error:
                if text and _timed_out(error):
                    raise TimeoutError(
                        f"the server at {self.address} sent half an answer ({len(text)} "
                        f"characters) and nothing more for {self.timeout:g} s"
                    ) from error
                raise
            if message.id != number or message.type != RESPONSE:
                raise ProtocolError(
                    f"the server at {self.address} answered with packet {message.id} of type "
                    f"{message.type} instead of {number} of type {RESPONSE}"
                )
            text += message.body or ""
            try:
                return read(text.rstrip())
            except UnfinishedError:
                continue

    def _plain(self, rcon: Any, error: Exception) -> Exception:
        """The error of the RCON client as one of ours."""
        if _timed_out(error):
            return TimeoutError(
                f"the server at {self.address} did not answer within {self.timeout:g} s (it is "
                "saving, stopped, or very slow)"
            )
        if isinstance(error, rcon.InvalidResponse):
            return ProtocolError(f"the server at {self.address} sent no RCON packet ({error})")
        return ConnectionError(
            f"the server at {self.address} closed the connection ({_cause(error)})"
        )


def _timed_out(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, TimeoutError):
            return True
        error = error.__cause__
    return False


def _cause(error: BaseException) -> str:
    while error.__cause__ is not None:
        error = error.__cause__
    return str(error) or type(error).__name__


def as_text(text: str) -> str:
    """A ``read`` for `Link.ask` that takes any answer as it is (of one packet)."""
    return text
