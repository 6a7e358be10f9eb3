"""The page and the schemas of the exchange against the code."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from schemas import check_answer, check_request, validator

import fz_multi
from fz_multi.bench.policies import RandomLegal, make_policy
from fz_multi.commands import CODES, VERBS
from fz_multi.engine.tables import AGENT
from fz_multi.factorio.exchange import Exchange, RefusedError
from fz_multi.factorio.launch import Launcher
from fz_multi.factorio.link import Link, as_text
from fz_multi.factorio.state import CHARACTER_FIELDS, STAT_FIELDS

PAGE = Path(__file__).parents[2].joinpath("docs", "protocol.md").read_text()


def test_requests_of_the_page() -> None:
    """Those to be typed by hand are requests."""
    lines = re.findall(r"^/fz (\{.*\})$", PAGE, re.MULTILINE)
    assert len(lines) == 4
    for line in lines:
        check_request(json.loads(line))
    short = json.loads(lines[1])["arenas"][0]["map"]
    quoted = re.search(r'^\{"name":"tiny".*?^\s*"agents".*?\}$', PAGE, re.MULTILINE | re.DOTALL)
    assert quoted and json.loads(quoted[0]) == short


def test_orders_of_the_page() -> None:
    """Fields of CHAR and columns of stat stand there as the mirror reads them."""
    char = re.search(r"\*\*CHAR\*\*: number, (.*?), health", PAGE, re.DOTALL)
    assert char
    names = re.sub(r"\(.*?\)|\s+", " ", char[1]).replace(" ,", ",").split(",")
    assert [name.strip() for name in names] == list(CHARACTER_FIELDS)
    stat = re.search(r"\| `stat` \| item, (.*?) \|", PAGE)
    assert stat and tuple(stat[1].split(", ")) == STAT_FIELDS


def test_every_verb_and_code() -> None:
    """The schema knows the command set."""
    request = json.dumps(validator("request").schema)
    for verb in VERBS:
        assert f'"{verb}"' in request and verb in PAGE
    part = validator("request").schema["$defs"]["agent"]["properties"]["refused"]
    assert part["maximum"] == len(CODES) - 1
    counts = validator("answer").schema["$defs"]["state"]["properties"]["counts"]
    assert len(counts["anyOf"][0]["items"]["prefixItems"]) == 1 + len(AGENT.names or ())


def test_all_that_the_client_builds() -> None:
    exchange = Exchange("127.0.0.1:1", "x")
    for op, fields in (
        ("hello", {}),
        ("ping", {}),
        ("selftest", {}),
        ("set", {"speed": 100, "clock": "unpause", "export": {"every": 60, "folder": "f"}}),
        ("step", {"ticks": 0, "arenas": []}),
        ("collect", {"since": [[0, 0], [60, 5]]}),
        ("digest", {"arena": 0}),
        ("state", {"arena": 0, "agent": "agent_0", "radius": 3}),
        ("agents", {"arena": 0, "do": "create", "x": 0, "y": 0, "team": 1}),
        ("free", {"on": 1}),
    ):
        check_request(exchange.build(op, **fields))


STEP: dict[str, Any] = {"v": 1, "id": "a", "op": "step", "ticks": 1, "arenas": []}


@pytest.mark.parametrize(
    "change",
    [
        {"v": 2},
        {"id": ""},
        {"id": "a" * 65},
        {"id": "ä"},
        {"op": "stop"},
        {"ticks": -1},
        {"ticks": 1.5},
        {"ticks": None},
        {"arenas": {}},
        {"arenas": [{"arena": -1, "agents": []}]},
        {"arenas": [{"arena": 0, "agents": [{"command": {"verb": "FLY"}}]}]},
        {"arenas": [{"arena": 0, "agents": [{"command": {"verb": "MOVE", "x": 1}}]}]},
        {"arenas": [{"arena": 0, "agents": [{"facing": 3}]}]},
        {"arenas": [{"arena": 0, "agents": [{"lua": "game.print(1)"}]}]},
        {"more": 1},
    ],
)
def test_no_requests(change: dict[str, Any]) -> None:
    check_request(STEP)
    with pytest.raises(jsonschema.ValidationError):
        check_request({**STEP, **change})


def test_no_answers() -> None:
    good = {"v": 1, "id": "a", "ok": 1, "tick": 0, "target": 5}
    check_answer(good)
    check_answer({"v": 1, "ok": 0, "error": "busy", "detail": ""})
    for bad in ({**good, "ok": True}, {**good, "tick": 0.5}, {"v": 1, "ok": 0, "error": "x"}):
        with pytest.raises(jsonschema.ValidationError):
            check_answer(bad)


# -- with a server ---------------------------------------------------------------------------------
@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Holds each message of every exchange in this process to the schemas; ops that were used."""
    used: list[str] = []
    send = Exchange._checked

    def check(self: Exchange, request: Any, answer: dict[str, Any]) -> dict[str, Any]:
        check_request(request)
        check_answer(answer)
        used.append(request["op"])
        return send(self, request, answer)

    monkeypatch.setattr(Exchange, "_checked", check)
    return used


@pytest.mark.parametrize("task", fz_multi.tasks())
def test_messages_of_an_episode(server: Launcher, checked: list[str], task: str) -> None:
    env = fz_multi.parallel_env(
        task,
        backend="factorio",
        address=server.address,
        password=server.password,
        speed=1000,
        timeout=60,
    )
    for policy in (make_policy("scripted", task, 2), RandomLegal()):
        observations, infos = env.reset(seed=6)
        policy.reset(env, 6)
        for _ in range(15):
            observations, _, _, _, infos = env.step(policy.act(observations, infos))
    env.close()
    assert {"hello", "set", "reset", "step", "collect", "agents"} <= set(checked)


def test_messages_of_tools(server: Launcher, checked: list[str]) -> None:
    """Operations that environments do not use, and refusals."""
    exchange = Exchange(server.address, server.password, 30.0)
    tiny = json.loads(re.findall(r"^/fz (\{.*\})$", PAGE, re.MULTILINE)[1])["arenas"][0]["map"]
    exchange.reset([{"arena": 9, "map": tiny}])
    assert re.fullmatch("[0-9a-f]{16}", exchange.digest(9))
    state = exchange.state(9, "agent_0", radius=4)["state"]
    assert state["position"] == {"x": 128, "y": 128}
    exchange.agents(9, "create", x=640, y=640)
    exchange.agents(9, "remove", agent="agent_1")
    exchange.agents(9, "respawn", agent="agent_1", x=640, y=640)
    assert [one["active"] for one in exchange.agents(9)] == [1, 1]
    exchange.selftest()
    exchange.set(heartbeat=600, export={"every": 0, "folder": "gym"})
    exchange.free(True)
    exchange.free(False)
    assert exchange.ping()["free"] == 0
    with pytest.raises(RefusedError):
        exchange.digest(33)
    exchange.close()
    assert set(checked) == {
        "hello",
        "reset",
        "digest",
        "state",
        "agents",
        "selftest",
        "set",
        "free",
        "ping",
    }


def test_by_hand(server: Launcher) -> None:
    """What the page says to type, and its Python, which needs nothing of this package."""
    link = Link(server.address, server.password, 30.0)
    answers = []
    for line in re.findall(r"^(/fz \{.*\})$", PAGE, re.MULTILINE):
        while True:
            answers.append(json.loads(link.ask(line.replace("me-", "hand-"), as_text)))
            if answers[-1].get("s") != "run":
                break
    link.close()
    assert all(answer["ok"] == 1 for answer in answers)
    assert answers[-1]["arenas"][0]["tick"] == 30
    code = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert code and "fz_multi" not in code[1]
    port = f"int({server.rcon_port})"
    text = code[1].replace("27015", port).replace('"secret"', repr(server.password))
    said: list[Any] = []
    exec(text, {"print": lambda *words: said.append(words)})
    assert said == [(30, [[0, 1, 0, 0, 0]])]
    assert "# 30 [[0, 1, 0, 0, 0]]" in code[1]
