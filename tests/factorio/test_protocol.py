"""The page and the schemas of the exchange against the code."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from schemas import check_answer, check_request, validator

from fz_multi.commands import CODES, VERBS
from fz_multi.engine.tables import AGENT
from fz_multi.factorio.exchange import Exchange
from fz_multi.factorio.mirror import CHARACTER_FIELDS, STAT_FIELDS

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
