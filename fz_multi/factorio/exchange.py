"""The exchange with the mod: one request for all arenas and agents, one answer (docs/protocol.md).

    >>> exchange = Exchange("127.0.0.1:27015", "secret")
    >>> exchange.hello()["mod"]
    >>> exchange.step(30, [{"arena": 0, "agents": [{}, {"command": {"verb": "WAIT"}}]}])
    >>> exchange.wait(); exchange.collect([[0, 1]])

Every request has a number of its own, so that one that is sent again (after a lost connection) is
never applied twice. This is the only place that knows how requests look; tools build on it.
"""

from __future__ import annotations

import base64
import binascii
import json
import secrets
import time
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from fz_multi.factorio.link import Link, ProtocolError, UnfinishedError
from fz_multi.factorio.numbers import numbers_hash
from fz_multi.factorio.pace import Pace

PROTOCOL = 1
COMMAND = "/fz "
MAX_ANSWER = 64 << 20  # characters of an answer, unpacked
# A mod that has forgotten what it was told: the server was started anew.
LOST = ("unknown_arena", "not_ready")


class RefusedError(RuntimeError):
    """The mod refused a request; nothing has changed. ``code``: see docs/protocol.md."""

    def __init__(self, code: str, detail: str, op: str = "") -> None:
        super().__init__(code, detail, op)
        self.code, self.detail, self.op = code, detail, op

    def __str__(self) -> str:
        return f"the server refused {self.op or 'a request'}: {self.code}: {self.detail}"


def inflate(text: str) -> str:
    """The text of a packed answer, ``z:`` and base64 of a deflated text. ProtocolError for none."""
    try:
        packed = base64.b64decode(text[2:], validate=True)
        for form in (zlib.MAX_WBITS, -zlib.MAX_WBITS):  # with a zlib header, or bare
            engine = zlib.decompressobj(form)
            try:
                data = engine.decompress(packed, MAX_ANSWER)
            except zlib.error:
                continue
            if engine.eof:
                return data.decode()
    except (binascii.Error, UnicodeError, ValueError):
        pass
    raise ProtocolError(f"an answer of {len(text)} characters that does not unpack")


def read_answer(text: str) -> dict[str, Any]:
    """An answer of the mod as a dict.

    `UnfinishedError` for the beginning of one, `ProtocolError` for anything else.
    """
    if text.startswith("z:"):
        try:
            text = inflate(text)
        except ProtocolError:
            raise UnfinishedError from None
    elif not text.startswith("{"):
        said = f"{text[:200]!r}" if text else "nothing"
        raise ProtocolError(
            f"the server said {said} to {COMMAND.strip()}: is the mod fz_multi there and enabled?"
        )
    try:
        answer = json.loads(text, parse_float=_no_float, parse_constant=_no_float)
    except RecursionError:
        raise ProtocolError("an answer that is nested too deeply") from None
    except ValueError:
        raise UnfinishedError from None
    if not isinstance(answer, dict) or "ok" not in answer:
        raise ProtocolError(f"an answer without ok: {text[:200]!r}")
    return answer


def _no_float(text: str) -> Any:
    raise ProtocolError(f"an answer holds {text[:40]}: numbers of the exchange are whole")


class Exchange:
    """A client of the mod on one server. ``timeout``: seconds to wait for an answer.

    Calls raise `ConnectionError` when the server is not there, has gone or has been started anew,
    `TimeoutError` when it is silent, `PermissionError` for a wrong password, `ProtocolError` (a
    ConnectionError) when what answers is not the mod of this version, and `RefusedError` when the
    mod refuses. A connection that breaks in a call is opened again once, and the request is sent
    again under the same id. ``stats`` counts round trips and bytes. Not for several threads.
    """

    def __init__(
        self, address: str = "127.0.0.1:27015", password: str = "", timeout: float = 10.0
    ) -> None:
        self.link = Link(address, password, timeout)
        self.pace = Pace()
        self.greeting: dict[str, Any] = {}
        self._nonce = secrets.token_hex(6)
        self._count = 0
        self._due = 0.0  # when the running step is expected to be over (time.monotonic)
        self._started = 0.0
        self._ticks = 0

    @property
    def stats(self) -> Any:
        return self.link.stats

    @property
    def address(self) -> str:
        return self.link.address

    # -- requests ----------------------------------------------------------------------------------
    def build(self, op: str, **fields: Any) -> dict[str, Any]:
        """A request with an id of its own."""
        self._count += 1
        return {"v": PROTOCOL, "id": f"{self._nonce}-{self._count}", "op": op, **fields}

    def request(self, op: str, **fields: Any) -> dict[str, Any]:
        """Send a request and return its answer, checked."""
        if not self.link.is_open and op != "hello":
            self._greet()
        return self.send(self.build(op, **fields))

    def send(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Send a request as it stands; once more, over a new connection, when that one breaks."""
        text = COMMAND + json.dumps(request, separators=(",", ":"), ensure_ascii=True)
        try:
            answer = self.link.ask(text, read_answer)
        except (TimeoutError, ProtocolError, PermissionError):
            raise
        except ConnectionError:
            self.stats.reconnects += 1
            if request["op"] != "hello":
                self._greet()
            answer = self.link.ask(text, read_answer)
        return self._checked(request, answer)

    def _checked(self, request: Mapping[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
        op = request["op"]
        if answer.get("v") != PROTOCOL:
            self.close()
            raise ProtocolError(
                f"the server speaks version {answer.get('v')!r} of the exchange, this is version "
                f"{PROTOCOL}: use the mod that came with this package"
            )
        if answer.get("ok") != 1:
            code, detail = str(answer.get("error", "")), str(answer.get("detail", ""))
            if code == "wrong_version":
                self.close()
                raise ProtocolError(f"the mod is of another version: {detail}")
            raise RefusedError(code, detail, op)
        if answer.get("id", request["id"]) != request["id"]:
            self.close()
            raise ProtocolError(f"an answer to request {answer.get('id')!r}, not to {op}")
        return answer

    def _greet(self) -> None:
        """Open a connection, and make sure that the same run of the same mod is at its end."""
        before = self.greeting.get("session")
        now = self.hello()
        if before is not None and now.get("session") != before:
            raise ConnectionError(
                f"the server at {self.address} has been started anew and its worlds are gone: "
                "call reset()"
            )

    # -- the operations ----------------------------------------------------------------------------
    def hello(self) -> dict[str, Any]:
        """Who is there: mod, game, tick, speed ... ProtocolError when the numbers differ."""
        answer = self.send(self.build("hello"))
        if answer.get("protocol") != PROTOCOL:
            self.close()
            raise ProtocolError(
                f"the mod speaks version {answer.get('protocol')!r} of the exchange, this is "
                f"version {PROTOCOL}"
            )
        if answer.get("numbers") != numbers_hash():
            self.close()
            raise ProtocolError(
                f"the server's numbers (stack sizes, recipes, mining times) differ from this "
                f"package's: hash {answer.get('numbers')!r} instead of {numbers_hash()!r}; other "
                "mods, or another game version, are active"
            )
        self.greeting = answer
        self.pace.speed = _whole(answer, "speed") / 100
        return answer

    def set(self, **values: Any) -> dict[str, Any]:
        """Settings: ``speed`` (percent), ``on_tick``, ``clock``, ``heartbeat``, ``export``."""
        answer = self.request("set", **values)
        if "speed" in answer:
            self.pace.speed = _whole(answer, "speed") / 100
        return answer

    def reset(self, arenas: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Lay maps out: ``[{"arena", "map", "teleport"}]`` -> tick and full states.

        A server that has been started anew is as good as another here.
        """
        if not self.link.is_open:
            self.greeting = {}
        try:
            return self.request("reset", arenas=list(arenas))
        except ConnectionError as error:
            if isinstance(error, ProtocolError) or not self.greeting:
                raise
            self.greeting = {}
            return self.request("reset", arenas=list(arenas))

    def step(self, ticks: int, arenas: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Apply the commands of all agents and start the clock for ``ticks``; see `wait`."""
        answer = self._known("step", ticks=ticks, arenas=list(arenas))
        self._started, self._ticks = time.monotonic(), ticks
        self._due = self._started + self.pace.seconds(ticks)
        return answer

    def wait(self) -> None:
        """Sleep until the step that was started last should be over."""
        left = self._due - time.monotonic()
        if left > 0:
            time.sleep(left)

    def collect(self, since: Sequence[Sequence[int]]) -> list[Mapping[str, Any]]:
        """The states of arenas (``[[arena, seq]]``), once the clock stands.

        TimeoutError when it still runs ``timeout`` seconds after it should have stopped.
        """
        deadline = max(self._due, time.monotonic()) + self.link.timeout
        estimate: float | None = None  # by the first question that came too early
        while True:
            answer = self._known("collect", since=[list(pair) for pair in since])
            now = time.monotonic()
            if answer.get("s") == "done":
                took = now - self._started
                took = took if estimate is None else min(took, estimate)
                self.pace.learn(self._ticks, took, in_time=estimate is None)
                return _list_of(answer, "arenas")
            if answer.get("s") != "run":
                raise ProtocolError(f"collect was answered with s={answer.get('s')!r}")
            if now > deadline:
                raise TimeoutError(
                    f"the server's clock still runs {self.link.timeout:g} s after a step of "
                    f"{self._ticks} ticks should have ended (tick {answer.get('tick')} of "
                    f"{answer.get('target')})"
                )
            left = _whole(answer, "target") - _whole(answer, "tick")
            if estimate is None:
                estimate = self.pace.estimate(self._ticks, left, now - self._started)
            time.sleep(self.pace.again(self._ticks, left, now - self._started))

    def _known(self, op: str, **fields: Any) -> dict[str, Any]:
        """A request about arenas that exist."""
        try:
            return self.request(op, **fields)
        except RefusedError as error:
            if error.code in LOST:
                raise ConnectionError(
                    f"the server at {self.address} no longer has this world "
                    f"({error.detail or error.code}): call reset()"
                ) from error
            raise

    def digest(self, arena: int) -> str:
        """The observable digest of an arena, 16 hex digits, computed by the mod."""
        return str(self.request("digest", arena=arena).get("digest"))

    def state(self, arena: int, agent: str, radius: int | None = None) -> dict[str, Any]:
        """The readable state of one agent."""
        extra = {} if radius is None else {"radius": radius}
        return self.request("state", arena=arena, agent=agent, **extra)

    def agents(self, arena: int, do: str = "list", **fields: Any) -> list[Any]:
        """``do``: list, create, remove or respawn (``agent``, ``x``, ``y``, ``team``)."""
        return _list_of(self.request("agents", arena=arena, do=do, **fields), "agents")

    def free(self, on: bool) -> dict[str, Any]:
        """Let the clock run on its own, or stop that."""
        return self.request("free", on=int(on))

    def ping(self) -> dict[str, Any]:
        """Tick, paused, target."""
        return self.request("ping")

    def selftest(self) -> dict[str, Any]:
        """What the mod found out about walking, mining and crafting."""
        return self.request("selftest")

    def close(self) -> None:
        """Close the connection; the next call opens another. The server goes on."""
        self.link.close()


def _whole(answer: Mapping[str, Any], key: str) -> int:
    value = answer.get(key)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ProtocolError(f"an answer with {key}={value!r}; a whole number is needed")
    return value


def _list_of(answer: Mapping[str, Any], key: str) -> list[Any]:
    """A list of an answer; Lua writes an empty one as {}."""
    value = answer.get(key, [])
    if value == {}:
        return []
    if not isinstance(value, list):
        raise ProtocolError(f"an answer in which {key} is no list")
    return value
