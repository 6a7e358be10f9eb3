"""What the bridge makes of the files that lie in its folder, before any server is asked."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from fz_multi import prototypes
from fz_multi.commands import Command
from fz_multi.factorio.channel import reason_name, result_name
from fz_multi.factorio.inbox import MAX_BYTES, MAX_COMMANDS, Inbox, Refusal

GOOD = {"agent": "agent_0", "command": {"type": "SAY", "params": {"message": 5}}}


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    return Inbox(tmp_path, prototypes.load())


def put(inbox: Inbox, name: str, content: Any) -> Path:
    path = inbox.folder / name
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def reason(inbox: Inbox, name: str) -> str:
    return json.loads((inbox.refused / reason_name(name)).read_text())["reason"]


def test_a_good_file(inbox: Inbox):
    put(inbox, "cmd_1.json", GOOD)
    file = inbox.read("cmd_1.json")
    assert file.commands == (("agent_0", Command("SAY", count=5)),)
    assert (file.name, file.key) == ("cmd_1.json", "")
    several = {"id": "x", "commands": [GOOD, {**GOOD, "agent": "agent_12"}]}
    put(inbox, "cmd_2.json", "\ufeff" + json.dumps(several))  # some editors write a mark first
    file = inbox.read("cmd_2.json")
    assert [agent for agent, _ in file.commands] == ["agent_0", "agent_12"]
    assert file.key == "x"


def test_which_files_wait(inbox: Inbox):
    for name in (
        "cmd_10.json",
        "cmd_2.json",
        "cmd_b.json",
        "note.json",
        ".cmd_1.json",
        "cmd_1.txt",
    ):
        put(inbox, name, GOOD)
    assert inbox.waiting() == ["cmd_10.json", "cmd_2.json", "cmd_b.json"]


DEEP = "[" * 100_000 + "]" * 100_000
LUA = "os.execute('touch /tmp/owned') game.players[1].die()"
HOSTILE = {
    "empty": ("", "half-written", True),
    "torn": (json.dumps(GOOD)[:-5], "half-written", True),
    "no UTF-8": (b"\xff\xfe{}", "half-written", True),
    "NUL bytes": (b'{"agent": "agent_0\x00"}', "half-written", True),
    "only NUL bytes": (b"\x00" * 1000, "half-written", True),
    "deep": (DEEP, "too deeply", False),
    "deep objects": ('{"command":' * 50_000, "too deeply", False),
    "huge": (b"x" * (MAX_BYTES + 1), "at most", False),
    "a list": ([GOOD], "an object", False),
    "a number": ("1", "an object", False),
    "a number of many digits": ('{"agent": 1' + "0" * 5000 + "}", "digits", True),
    "no number": ('{"agent": NaN}', "NaN", False),
    "infinite": ('{"agent": -Infinity}', "Infinity", False),
    "a key twice": ('{"agent": "agent_0", "agent": "agent_1"}', "stands twice", False),
    "nothing in it": ({}, "agent is a name", False),
    "no command": ({"agent": "agent_0"}, "command is an object", False),
    "a text as command": ({"agent": "agent_0", "command": "SAY"}, "command is an object", False),
    "no agent": ({"command": GOOD["command"]}, "agent is a name", False),
    "a path as agent": ({**GOOD, "agent": "../../etc/passwd"}, "agent is a name", False),
    "Lua as agent": ({**GOOD, "agent": LUA}, "agent is a name", False),
    "Lua as verb": ({**GOOD, "command": {"type": LUA}}, "unknown command type", False),
    "Lua as name": (
        {**GOOD, "command": {"type": "CRAFT", "params": {"recipe": LUA}}},
        "no recipe is called",
        False,
    ),
    "another key": ({**GOOD, "lua": LUA}, "unknown key", False),
    "both forms": ({**GOOD, "commands": [GOOD]}, "unknown key", False),
    "no commands": ({"commands": []}, "1 to 256", False),
    "too many": ({"commands": [GOOD] * (MAX_COMMANDS + 1)}, "1 to 256", False),
    "commands is text": ({"commands": "x"}, "1 to 256", False),
    "a row is no object": ({"commands": [1]}, r"commands\[0\] is an object", False),
    "an agent twice": ({"commands": [GOOD, GOOD]}, "more than one command", False),
    "one row is bad": (
        {"commands": [GOOD, {"agent": "agent_1", "command": {"type": "MINE"}}]},
        "agent_1: MINE: give either target or area",
        False,
    ),
    "an id that is no text": ({**GOOD, "id": 3}, "id is a text", False),
    "a long id": ({**GOOD, "id": "x" * 1000}, "id is a text", False),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_refused(case: str, inbox: Inbox):
    content, words, torn = HOSTILE[case]
    put(inbox, "cmd_1.json", content)
    with pytest.raises(Refusal, match=words) as refusal:
        inbox.read("cmd_1.json")
    assert refusal.value.torn == torn
    assert len(str(refusal.value)) < 400  # the reason does not repeat what the file holds
    assert inbox.refuse("cmd_1.json", str(refusal.value)) == "cmd_1.json"
    assert inbox.waiting() == []
    assert (inbox.refused / "cmd_1.json").is_file()
    assert reason(inbox, "cmd_1.json") == str(refusal.value)


def test_what_is_no_file(inbox: Inbox, tmp_path: Path):
    secret = tmp_path / "secret"
    secret.write_text(json.dumps(GOOD))
    (inbox.folder / "cmd_link.json").symlink_to(secret)
    (inbox.folder / "cmd_folder.json").mkdir()
    os.mkfifo(inbox.folder / "cmd_pipe.json")
    start = time.monotonic()
    for name in inbox.waiting():
        with pytest.raises(Refusal, match=r"link|regular"):
            inbox.read(name)
        inbox.refuse(name, "no file")
    assert time.monotonic() - start < 1  # it does not wait for the other end of the pipe
    assert inbox.waiting() == []
    assert len(list(inbox.refused.glob("*.reason.json"))) == 3
    assert secret.read_text() == json.dumps(GOOD)


def test_names(inbox: Inbox):
    names = ["cmd_" + "x" * 200 + ".json", "cmd_1.result.json", "cmd_1.reason.json"]
    for name in names:
        put(inbox, name, GOOD)
        with pytest.raises(Refusal, match="name"):
            inbox.read(name)
        target = inbox.refuse(name, "its name")
        assert reason(inbox, target) == "its name"
        assert json.loads((inbox.refused / reason_name(target)).read_text())["file"] == name
    odd = b"cmd_\xff\n$(touch x)'.json"
    (Path(os.fsdecode(os.fsencode(inbox.folder) + b"/" + odd))).write_text(json.dumps(GOOD))
    assert inbox.read(os.fsdecode(odd)).commands
    assert inbox.refuse(os.fsdecode(odd), "odd") == os.fsdecode(odd)


def test_one_that_has_gone(inbox: Inbox):
    with pytest.raises(FileNotFoundError):
        inbox.read("cmd_1.json")
    assert inbox.age("cmd_1.json") == float("inf")


def test_duplicates(inbox: Inbox, tmp_path: Path):
    put(inbox, "cmd_1.json", {**GOOD, "id": "once"})
    file = inbox.read("cmd_1.json")
    inbox.store(file, {"file": file.name, "key": file.key, "id": "r-1"})
    put(inbox, "cmd_2.json", {**GOOD, "id": "once"})
    inbox.move(file.name, file.identity)
    assert (inbox.processed / "cmd_1.json").is_file()
    put(inbox, "cmd_1.json", GOOD)  # the name again
    for one in (inbox, Inbox(tmp_path, prototypes.load())):  # and as another bridge sees it
        with pytest.raises(Refusal, match="duplicate: a file of this name"):
            one.read("cmd_1.json")
        with pytest.raises(Refusal, match="duplicate: its id 'once' was processed as cmd_1"):
            one.read("cmd_2.json")


def test_a_refused_name_may_come_again(inbox: Inbox):
    """Who mends a file saves it under the same name."""
    for number in range(3):
        put(inbox, "cmd_1.json", "{")
        target = inbox.refuse("cmd_1.json", f"reason {number}")
        assert target == ("cmd_1.json" if number == 0 else f"cmd_1~{number + 1}.json")
        assert reason(inbox, target) == f"reason {number}"
    put(inbox, "cmd_1.json", GOOD)
    assert inbox.read("cmd_1.json").commands


def test_a_file_that_is_replaced_while_it_is_applied(inbox: Inbox):
    path = put(inbox, "cmd_1.json", GOOD)
    file = inbox.read("cmd_1.json")
    path.unlink()
    put(inbox, "cmd_1.json", {**GOOD, "agent": "agent_7"})
    inbox.move("cmd_1.json", file.identity)
    assert inbox.waiting() == []
    assert not (inbox.processed / "cmd_1.json").exists()  # the one that was read is gone
    assert "agent_7" in (inbox.refused / "cmd_1.json").read_text()  # and the other is kept
    assert "replaced" in reason(inbox, "cmd_1.json")


def test_a_move_that_was_cut_short(inbox: Inbox, tmp_path: Path):
    for name, other in (("cmd_1.json", False), ("cmd_2.json", True), ("cmd_3.json", False)):
        put(inbox, name, GOOD)
        file = inbox.read(name)
        inbox.store(file, {"file": name, "key": "", "id": "r"})
        taken = inbox.private / "moving" / name
        if name != "cmd_3.json":
            (inbox.folder / name).rename(taken)
        if other:
            taken.write_text("{}")
        inbox.recover(name, file.identity)
        assert not taken.exists()
    assert (inbox.processed / "cmd_1.json").is_file()
    assert (inbox.refused / "cmd_2.json").read_text() == "{}"
    assert (inbox.processed / "cmd_3.json").is_file()
    put(inbox, "cmd_4.json", GOOD).rename(inbox.private / "moving" / "cmd_4.json")
    (inbox.private / ".0123456789abcdef.tmp").write_text("{")
    inbox.tidy()  # nobody remembers it
    assert inbox.waiting() == ["cmd_4.json"]
    assert not list(inbox.private.glob("*.tmp"))


def test_results_are_read_back(inbox: Inbox):
    assert inbox.result("cmd_1.json") is None
    (inbox.processed / result_name("cmd_1.json")).write_text("{torn")
    assert inbox.result("cmd_1.json") is None
    (inbox.processed / result_name("cmd_1.json")).write_text('{"id": "a"}')
    assert inbox.result("cmd_1.json") == {"id": "a"}
