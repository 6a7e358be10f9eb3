"""The mod in the embedded server, in this process: requests by hand, updates one at a time.

The server is the real one (Lua, the strict API, the update loop); only its sockets are not used.
"""

from __future__ import annotations

import functools
import json
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from fz_multi.backends.embedded import EmbeddedBackend
from fz_multi.commands import parse
from fz_multi.factorio.codec import command_to_wire, map_to_wire
from fz_multi.factorio.exchange import read_answer
from fz_multi.prototypes import load
from fz_multi.task.maps import load_map

ROOT = Path(__file__).resolve().parents[2]
MOD = ROOT / "mod"


@functools.cache
def _validator(which: str) -> Any:
    jsonschema = pytest.importorskip("jsonschema")
    text = resources.files("fz_multi.factorio").joinpath("schema", f"{which}.json").read_text()
    return jsonschema.Draft202012Validator(json.loads(text))


def hold_to_schema(which: str, message: dict[str, Any]) -> None:
    """Fail unless a message is one of docs/protocol.md."""
    problem = next(_validator(which).iter_errors(message), None)
    assert problem is None, (message, problem.message, problem.context)


class Rig:
    """A server with the mod. ``settings`` go into a ``set`` request."""

    def __init__(
        self, *, settings: dict[str, Any] | None = None, mod: Path = MOD, **options: Any
    ) -> None:
        server = pytest.importorskip("fz_multi.server.server")
        self.log: list[str] = []
        options = {"password": "x", "warn_first_command": False, "log": self.log.append, **options}
        self.server = server.Server(mod, **options)
        self.count = 0
        self.seq: dict[int, int] = {}
        if settings:
            assert self.ask("set", **settings)["ok"] == 1

    def close(self) -> None:
        self.server.stop()

    def __enter__(self) -> Rig:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- talking -----------------------------------------------------------------------------------
    def say(self, text: str) -> str:
        """A text behind /fz; the answer as it is printed."""
        return self.server.execute("/fz " + text).rstrip("\n")

    def build(self, op: str, **fields: Any) -> dict[str, Any]:
        self.count += 1
        return {"v": 1, "id": f"rig-{self.count}", "op": op, **fields}

    def ask(self, op: str, **fields: Any) -> dict[str, Any]:
        request = self.build(op, **fields)
        answer = read_answer(self.say(json.dumps(request)))
        hold_to_schema("answer", answer)
        if answer["ok"]:
            hold_to_schema("request", request)
        return answer

    def good(self, op: str, **fields: Any) -> dict[str, Any]:
        answer = self.ask(op, **fields)
        assert answer["ok"] == 1, answer
        return answer

    def lua(self, text: str) -> str:
        """Lua in the console, as an outsider runs it."""
        return self.server.execute("/sc " + text).rstrip("\n")

    # -- time --------------------------------------------------------------------------------------
    @property
    def tick(self) -> int:
        return self.server.host.clock.tick

    def update(self, times: int = 1) -> None:
        for _ in range(times):
            self.server.loop.update()
            self.server.loop._check()

    def finish(self, most: int = 100_000) -> int:
        """Update until the clock stands; how many updates that took."""
        for count in range(most):
            if not self.server.loop._runs():
                return count
            self.server.loop.update()
        raise AssertionError("the clock does not stop")

    # -- arenas ------------------------------------------------------------------------------------
    def reset(self, instance: Any, arena: int = 0, teleport: int = 0) -> dict[str, Any]:
        order = {"arena": arena, "map": map_to_wire(instance), "teleport": teleport}
        answer = self.good("reset", arenas=[order])
        self.seq[arena] = answer["arenas"][0]["seq"]
        return answer["arenas"][0]

    def step(self, ticks: int, entries: list[dict[str, Any]] | None = None, arena: int = 0) -> None:
        """One step to its end."""
        arenas = [{"arena": arena, "agents": entries or []}]
        self.good("step", ticks=ticks, arenas=arenas)
        self.finish()

    def collect(self, arena: int = 0) -> dict[str, Any]:
        answer = self.good("collect", since=[[arena, self.seq.get(arena, 0)]])
        assert answer["s"] == "done", answer
        self.seq[arena] = answer["arenas"][0]["seq"]
        return answer["arenas"][0]

    def digest(self, arena: int = 0) -> str:
        return self.good("digest", arena=arena)["digest"]


def land(width: int, height: int, **more: Any) -> dict[str, Any]:
    """A map as it goes over the wire, of dry land unless said otherwise."""
    empty = {"name": "by hand", "resources": [], "entities": [], "agents": []}
    return {"width": width, "height": height, "terrain": [0, width * height], **empty, **more}


def drawn(name: str, agents: int = 2, seed: int = 1) -> Any:
    return load_map(name).draw(seed, agents=agents, task=name)


def engine(instance: Any) -> EmbeddedBackend:
    backend = EmbeddedBackend()
    backend.reset(instance)
    return backend


def entry(command: Any) -> dict[str, Any]:
    """What an agent is told, from a command as people write it (None: nothing)."""
    if command is None:
        return {}
    return {"command": command_to_wire(parse(command, load()))}


def commands(*list_of: Any) -> list[Any]:
    return [None if c is None else parse(c, load()) for c in list_of]


def move(direction: str, **more: Any) -> dict[str, Any]:
    return {"type": "MOVE", "params": {"direction": direction, **more}}


def craft(recipe: str, count: int = 1) -> dict[str, Any]:
    return {"type": "CRAFT", "params": {"recipe": recipe, "count": count}}


def wait(ticks: int) -> dict[str, Any]:
    return {"type": "WAIT", "params": {"ticks": ticks}}
