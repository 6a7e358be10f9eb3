"""In place of a server: engine worlds behind the calls of `Exchange`, in the words of the protocol.

Test side only. Messages go through JSON text both ways, as they would over a socket.
"""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import numpy as np
from telling import Teller

from fz_multi.backends.embedded import EmbeddedBackend
from fz_multi.commands import Command
from fz_multi.engine.encode import WAIT_ROW, encode_for
from fz_multi.factorio.codec import from_run_lengths
from fz_multi.prototypes import load
from fz_multi.task.instance import AgentSpec, EntitySpec, MapInstance


def read_map(wire: dict[str, Any]) -> MapInstance:
    """A map from its wire form."""
    width, height = wire["width"], wire["height"]
    names = sorted({name for _, name, _ in wire["resources"]})
    resource, amount = np.zeros(width * height, np.uint8), np.zeros(width * height, np.int32)
    for tile, name, count in wire["resources"]:
        resource[tile], amount[tile] = 1 + names.index(name), count
    shape = (height, width)
    return MapInstance(
        name=wire["name"],
        variant="",
        width=width,
        height=height,
        terrain=from_run_lengths(wire["terrain"], width * height).astype(np.uint8).reshape(shape),
        resource=resource.reshape(shape),
        amount=amount.reshape(shape),
        goal=np.zeros(shape, np.uint8),
        resource_names=tuple(names),
        entities=tuple(
            EntitySpec(name, x / 256, y / 256, direction, tuple(map(tuple, items)))
            for name, x, y, direction, items in wire["entities"]
        ),
        agents=tuple(
            AgentSpec(x / 256, y / 256, tuple(map(tuple, items)))
            for x, y, items, _team in wire["agents"]
        ),
    )


def read_command(wire: dict[str, Any]) -> Command:
    """A command from its wire form."""
    fields = dict(wire)
    point = [fields.pop(key) for key in ("x", "y", "x2", "y2") if key in fields]
    parts = tuple(read_command(part) for part in fields.pop("commands", []))
    return Command(
        **fields,
        target=tuple(point) if len(point) == 2 else None,
        area=tuple(point) if len(point) == 4 else None,
        commands=parts,
    )


class StandIn:
    """Answers reset, step and collect. ``requests``: all that it was told; ``worlds``: by arena."""

    def __init__(self) -> None:
        self.greeting: dict[str, Any] = {}
        self.link = SimpleNamespace(timeout=1.0)
        self.address = "nowhere"
        self.requests: list[tuple[str, Any]] = []
        self.answers: list[Any] = []
        self.worlds: dict[int, EmbeddedBackend] = {}
        self._tellers: dict[int, Teller] = {}
        self._numbers = load()

    def _said(self, op: str, request: Any) -> Any:
        request = json.loads(json.dumps(request))
        self.requests.append((op, request))
        return request

    def _answer(self, answer: Any) -> Any:
        answer = json.loads(json.dumps(answer))
        self.answers.append(answer)
        return answer

    def set(self, **values: Any) -> Any:
        return self._answer(self._said("set", values))

    def reset(self, arenas: Any) -> Any:
        states = []
        for entry in self._said("reset", arenas):
            arena, world = entry["arena"], EmbeddedBackend()
            world.reset(read_map(entry["map"]), teleport=bool(entry["teleport"]))
            self.worlds[arena] = world
            self._tellers[arena] = Teller(world.batch, arena=arena)
            states.append(self._tellers[arena].full())
        return self._answer({"tick": 0, "arenas": states})

    def step(self, ticks: int, arenas: Any) -> Any:
        entries = {entry["arena"]: entry["agents"] for entry in self._said("step", arenas)}
        for arena, world in self.worlds.items():
            rows = None
            if arena in entries:
                rows = np.repeat(WAIT_ROW[None], len(entries[arena]), axis=1)
                for me, said in enumerate(entries[arena]):
                    self._tell(world.batch.full, me, said, rows[0, me])
            world.batch.exchange(rows, ticks)
        return {"tick": 0, "target": ticks}

    def _tell(self, full: Any, me: int, said: dict[str, Any], row: Any) -> None:
        character, counters = full.character, full.agent
        if "facing" in said:
            character["facing"][0, me] = said["facing"]
        if "hand" in said:
            hand = said["hand"]
            character["hand"][0, me] = self._numbers.item_id(hand) if hand else 0
        if "refused" in said:
            character["result"][0, me] = said["refused"]
            counters["commands"][0, me] += 1
            counters["refused"][0, me] += 1
        if "command" in said:
            encode_for(read_command(said["command"]), me, full.order[0], row, self._numbers)
        elif said.get("calm") and character["result"][0, me] > 1:
            character["result"][0, me] = 0

    def wait(self) -> None:
        pass

    def collect(self, since: Any) -> Any:
        states = []
        for arena, seq in since:
            teller = self._tellers[arena]
            states.append(teller.delta() if seq == teller.seq else teller.full())
        return self._answer(states)

    def agents(self, arena: int, do: str, **fields: Any) -> Any:
        self._said("agents", {"arena": arena, "do": do, **fields})
        return []

    def close(self) -> None:
        pass
