"""Requests: what is answered to each operation, what is refused and how, and the ledger."""

from __future__ import annotations

import json

import pytest
from mod_rig import Rig, craft, drawn, entry, move

from fz_multi.factorio.exchange import read_answer
from fz_multi.factorio.numbers import numbers_hash


@pytest.fixture(scope="module")
def rig():
    with Rig() as r:
        r.reset(drawn("two_cells"))
        yield r


def world(r):
    """Everything that a request could have changed."""
    ping, state = r.good("ping"), r.good("state", arena=0, agent="agent_0")["state"]
    return r.digest(), r.tick, {**ping, "id": ""}, json.dumps(state, sort_keys=True)


def test_hello(rig):
    hello = rig.good("hello")
    assert (hello["mod"], hello["protocol"], hello["max_arenas"]) == ("fz_multi", 1, 61)
    assert hello["numbers"] == numbers_hash()
    assert hello["arenas"] == [0] and hello["paused"] == 1 and hello["speed"] == 100
    assert rig.good("hello")["session"] == hello["session"]


def test_answers_have_no_floats_and_no_nulls(rig):
    for op, fields in (
        ("hello", {}),
        ("ping", {}),
        ("selftest", {}),
        ("state", {"arena": 0, "agent": "agent_1"}),
        ("agents", {"arena": 0, "do": "list"}),
        ("collect", {"since": [[0, 0]]}),
    ):
        text = json.dumps(rig.good(op, **fields))  # read_answer refuses floats
        assert "null" not in text and "true" not in text and "false" not in text


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "bad_json"),
        ("hello", "bad_json"),
        ("{", "bad_json"),
        ('{"v":1,"op":"hello"', "bad_json"),
        ("[" * 100_000, "bad_json"),
        ('{"a":' * 100 + "1" + "}" * 100, "bad_json"),
        ("[1,2]", "bad_request"),
        ('"hello"', "bad_request"),
        ("3", "bad_request"),
        ("{}", "wrong_version"),
        ('{"v":2,"op":"hello"}', "wrong_version"),
        ('{"v":"1","op":"hello"}', "wrong_version"),
        ('{"v":1}', "unknown_op"),
        ('{"v":1,"op":"os.exit()"}', "unknown_op"),
        ('{"v":1,"op":["step"]}', "unknown_op"),
        ('{"v":1,"op":"step","ticks":1,"arenas":[]}', "bad_request"),
        ('{"v":1,"id":5,"op":"ping"}', "bad_request"),
        ('{"v":1,"id":"","op":"ping"}', "bad_request"),
        ('{"v":1,"id":"' + "x" * 65 + '","op":"ping"}', "bad_request"),
        ('{"v":1,"id":"a\\u0000b","op":"ping"}', "bad_request"),
        ('{"v":1,"op":"ping","junk":1}', "bad_request"),
        ('{"v":1,"op":"collect","since":[[7,0]]}', "unknown_arena"),
        ('{"v":1,"op":"collect","since":[[0]]}', None),
        ('{"v":1,"op":"collect","since":5}', "bad_request"),
        ('{"v":1,"op":"digest","arena":1}', "unknown_arena"),
        ('{"v":1,"op":"digest","arena":1e300}', "bad_request"),
        ('{"v":1,"op":"digest"}', "bad_request"),
        ('{"v":1,"op":"state","arena":0,"agent":"agent_9"}', "unknown_agent"),
        ('{"v":1,"op":"state","arena":0,"agent":"agent_0","radius":-1}', "bad_request"),
        ('{"v":1,"id":"e1","op":"agents","arena":0,"do":"os.exit"}', "bad_request"),
        ('{"v":1,"id":"e2","op":"free","on":2}', "bad_request"),
        ('{"v":1,"id":"e3","op":"set","speed":-1}', "bad_request"),
        ('{"v":1,"id":"e4","op":"reset","arenas":[{"arena":0}]}', "bad_request"),
        ('{"v":1,"id":"e5","op":"reset"}', "bad_request"),
        ('{"v":1,"id":"e6","op":"reset","arenas":[{"arena":-1,"map":{}}]}', "bad_request"),
    ],
)
def test_refusals(rig, text, error):
    before = world(rig)
    answer = read_answer(rig.say(text))
    if error is None:
        assert answer["ok"] == 1
    else:
        assert (answer["ok"], answer["error"]) == (0, error), answer
        assert answer["detail"].isprintable() and len(answer["detail"]) < 500
    assert world(rig) == before


STEPS = [
    ({"ticks": -1}, "ticks"),
    ({"ticks": 1.5}, "ticks"),
    ({"ticks": 10**12}, "ticks"),
    ({"arenas": [{"arena": 3, "agents": []}]}, "arenas[0].arena"),
    ({"arenas": [{"arena": 0}, {"arena": 0}]}, "named twice"),
    ({"arenas": [{"arena": 0, "agents": [{}, {}, {}]}]}, "there are 2 agents"),
    ({"arenas": [{"arena": 0, "agents": [{"facing": 3}]}]}, "agents[0].facing"),
    ({"arenas": [{"arena": 0, "agents": [{"facing": "up"}]}]}, "agents[0].facing"),
    ({"arenas": [{"arena": 0, "agents": [{}, {"hand": "print(1)"}]}]}, "agents[1].hand"),
    ({"arenas": [{"arena": 0, "agents": [{"refused": 1}]}]}, "agents[0].refused"),
    ({"arenas": [{"arena": 0, "agents": [{"refused": 99}]}]}, "agents[0].refused"),
    ({"arenas": [{"arena": 0, "agents": [{"calm": 2}]}]}, "agents[0].calm"),
    ({"arenas": [{"arena": 0, "agents": [{"lua": "x"}]}]}, "unknown key"),
    ({"arenas": [{"arena": 0, "agents": [{"command": {"verb": "EXEC"}}]}]}, "agents[0].command"),
    ({"arenas": [{"arena": 0, "agents": [{"command": "os.exit()"}]}]}, "agents[0].command"),
    ({"arenas": [{"arena": 0, "agents": [{"command": [1]}]}]}, "agents[0].command"),
]


@pytest.mark.parametrize(("fields", "says"), STEPS)
def test_steps_that_are_refused_change_nothing(rig, fields, says):
    before = world(rig)
    good = {"arena": 0, "agents": [entry(move("east")), entry(craft("wooden-chest"))]}
    fields = {"ticks": 3, "arenas": [good], **fields}
    if fields["arenas"][0] is not good and fields["arenas"][0].get("arena") == 0:
        fields["arenas"] = [*fields["arenas"]]
    answer = rig.ask("step", **fields)
    assert answer["ok"] == 0 and says in answer["detail"], answer
    rig.update(5)
    assert world(rig) == before


HOSTILE = [
    "os.exit()",
    "return game.surfaces[1]",
    "]] game.speed = 99 --[[",
    '"); game.speed = 99 --',
    "\0",
    "x" * 100_000,
    "__index",
    "😀",
]


@pytest.mark.parametrize("poison", HOSTILE)
def test_no_text_is_ever_run(rig, poison):
    before = world(rig)
    command = {"verb": "INSERT", "name": poison, "x": 0, "y": 0}
    requests = [
        {"op": poison},
        {"op": "ping", "id": poison + "\n"},
        {"op": "state", "arena": 0, "agent": poison},
        {"op": "agents", "arena": 0, "do": poison, "id": "p1"},
        {"op": "agents", "arena": poison, "do": "list", "id": "p2"},
        {"op": "set", "on_tick": poison, "id": "p3"},
        {"op": "set", "export": {"folder": "../" + poison}, "id": "p4"},
        {
            "op": "step",
            "ticks": 1,
            "id": "p5",
            "arenas": [{"arena": 0, "agents": [{"hand": poison}]}],
        },
        {
            "op": "step",
            "ticks": 1,
            "id": "p6",
            "arenas": [{"arena": 0, "agents": [{"command": command}]}],
        },
        {"op": "step", "ticks": poison, "id": "p7", "arenas": []},
        {"op": "collect", "since": poison},
        {"op": "reset", "id": "p8", "arenas": [{"arena": 0, "map": poison}]},
        {
            "op": "reset",
            "id": "p9",
            "arenas": [
                {
                    "arena": 0,
                    "map": {
                        "width": 1,
                        "height": 1,
                        "terrain": [0, 1],
                        "entities": [[poison, 0, 0, 0]],
                    },
                }
            ],
        },
        {poison: poison, "op": "ping"},
    ]
    for request in requests:
        number = len(poison) * 1000 + requests.index(request)
        if str(request.get("id", "")).startswith("p"):
            request["id"] += f"-{number}-{HOSTILE.index(poison)}"
        answer = read_answer(rig.say(json.dumps({"v": 1, **request}, ensure_ascii=False)))
        assert answer["ok"] == 0, request
        assert answer["error"] != "failed", answer
        assert len(json.dumps(answer)) < 1000
    assert world(rig) == before


def test_ten_megabytes(rig):
    for text in (
        '{"v":1,"op":"ping","x":"' + "a" * 10_000_000 + '"}',
        '{"v":1,"op":"collect","since":[' + "[0,0]," * 1_000_000 + "[0,0]]}",
        "{" * 10_000_000,
    ):
        answer = read_answer(rig.say(text))
        assert answer["ok"] == 0 and answer["error"] in ("bad_request", "bad_json")


def test_ledger():
    with Rig() as r:
        r.reset(drawn("two_cells"))
        step = json.dumps(r.build("step", ticks=2, arenas=[{"arena": 0, "agents": []}]))
        first = r.say(step)
        r.finish()
        after = r.tick
        assert r.say(step) == first  # byte for byte
        assert r.tick == after and r.finish() == 0
        other = json.loads(step) | {"ticks": 3}
        answer = read_answer(r.say(json.dumps(other)))
        assert answer["error"] == "id_reused" and r.finish() == 0
        assert r.say(step) == first  # that has not taken the place of the first answer

        refused = json.dumps(r.build("free", on=7))
        assert r.say(refused) == r.say(refused)

        for _ in range(62):
            r.good("set", heartbeat=0)
        assert r.say(step) == first
        r.good("set", heartbeat=0)
        assert read_answer(r.say(step))["target"] == after + 2  # forgotten: it is applied again


def test_ledger_of_a_long_request():
    """A reset is too long to be kept whole; it is known again all the same."""
    with Rig() as r:
        instance = drawn("two_cells")
        from fz_multi.factorio.codec import map_to_wire

        arenas = [{"arena": k, "map": map_to_wire(instance)} for k in range(12)]
        request = r.build("reset", arenas=arenas)
        text = json.dumps(request)
        assert len(text) > 16_384
        first = r.say(text)
        r.step(3, [entry(move("east"))])
        digest = r.digest()
        assert r.say(text) == first and r.digest() == digest
        arenas[7]["map"]["agents"][0][0] += 1
        changed = read_answer(r.say(json.dumps(request)))
        assert changed["error"] == "id_reused"


def test_long_answers_are_packed(rig):
    plain = rig.say(json.dumps(rig.build("ping")))
    assert plain.startswith("{")
    long = rig.say(json.dumps(rig.build("state", arena=0, agent="agent_0", radius=64)))
    assert long.startswith("z:")
    state = read_answer(long)["state"]
    assert len(state["map"]["rows"]) == 129


def test_before_any_reset():
    with Rig() as r:
        step = {"ticks": 1, "arenas": [{"arena": 0, "agents": []}]}
        assert r.ask("step", **step)["error"] == "unknown_arena"
        assert r.ask("digest", arena=0)["error"] == "unknown_arena"
        assert r.good("collect", since=[])["arenas"] == []
        assert r.good("hello")["arenas"] == []


def test_remote_interface_and_players():
    with Rig() as r:
        request = json.dumps(r.build("ping"))
        said = r.lua(f"rcon.print(remote.call('fz_multi', 'exchange', '{request}'))")
        assert read_answer(said)["ok"] == 1


def test_reset_that_fails_half_way_is_told(rig):
    """An error of the map names its place, and the arena that stands stays as it was."""
    before = world(rig)
    answer = rig.ask(
        "reset",
        arenas=[
            {
                "arena": 0,
                "map": {
                    "width": 4,
                    "height": 4,
                    "terrain": [0, 16],
                    "entities": [
                        ["wooden-chest", 128, 128, 0, []],
                        ["stone-wall", 130, 140, 0, []],
                    ],
                },
            }
        ],
    )
    assert answer["detail"].startswith("arenas[0].map.entities[1]: another entity stands there")
    assert world(rig) == before


def test_a_refusal_and_a_command_at_once():
    """The interface refuses the action and still has something done: both are counted."""
    with Rig() as r:
        r.reset(drawn("two_cells"))
        r.step(3, [entry(move("east")), entry(move("west"))])
        refused = {"refused": 8, **entry({"type": "CANCEL"})}
        r.step(3, [refused, {"refused": 8}])
        r.seq[0] = 0
        state = r.collect()
        counts = {row[0]: row[1:] for row in state["counts"]}
        assert counts[0][1] == counts[1][1] == 1  # refused
        assert counts[0][0] == counts[1][0] + 1  # the cancel is a command as well
        chars = {c[0]: c for c in state["chars"]}
        assert chars[0][6] == 0 and chars[1][6] == 1  # one stands, the other walks on
