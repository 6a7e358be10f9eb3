"""The writer's end of the file channel: names in order, whole files, states and results."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path

import pytest

from fz_multi.factorio.channel import (
    CommandRefused,
    FileChannel,
    reason_name,
    result_name,
    write_whole,
)

WAIT = {"type": "WAIT"}


@pytest.fixture
def channel(tmp_path: Path) -> FileChannel:
    return FileChannel(tmp_path / "channel")


def sent(channel: FileChannel, name: str) -> dict:
    return json.loads((channel.commands / name).read_text())


def later(seconds: float, call, *arguments) -> threading.Timer:
    timer = threading.Timer(seconds, call, arguments)
    timer.start()
    return timer


def test_a_command(channel: FileChannel):
    name = channel.send_command("agent_0", {"type": "CRAFT", "params": {"recipe": "stone-furnace"}})
    other = channel.send_command("agent_1", "CRAFT", recipe="stone-furnace")
    assert sent(channel, name) == {
        "id": name,
        "agent": "agent_0",
        "command": {"type": "CRAFT", "params": {"recipe": "stone-furnace"}},
    }
    assert sent(channel, other)["command"] == sent(channel, name)["command"]
    assert sorted(p.name for p in channel.commands.iterdir()) == [name, other]  # no draft is left


def test_several_commands_in_one_file(channel: FileChannel):
    name = channel.send_commands([("agent_0", WAIT), ("agent_10", WAIT)])
    rows = [{"agent": agent, "command": WAIT} for agent in ("agent_0", "agent_10")]
    assert sent(channel, name) == {"id": name, "commands": rows}
    mapped = channel.send_commands({"agent_0": WAIT, "agent_10": WAIT})
    assert sent(channel, mapped)["commands"] == rows


@pytest.mark.parametrize(
    "call",
    [
        lambda channel: channel.send_command("../agent_0", WAIT),
        lambda channel: channel.send_command("", WAIT),
        lambda channel: channel.send_command(3, WAIT),
        lambda channel: channel.send_command("agent_0", WAIT, ticks=3),
        lambda channel: channel.send_commands([]),
        lambda channel: channel.send_commands([("agent_0", WAIT), ("agent_0", WAIT)]),
        lambda channel: channel.read_state("../../etc/passwd"),
    ],
)
def test_slips(call, channel: FileChannel):
    with pytest.raises(ValueError):
        call(channel)
    assert not list(channel.commands.iterdir())


def test_names_rise_within_each_writer(channel: FileChannel):
    """Threads that share a channel, and another channel on the same folder."""
    other = FileChannel(channel.folder)
    names: list[list[str]] = [[] for _ in range(4)]

    def write(k: int) -> None:
        for _ in range(50):
            writer = channel if k < 3 else other
            names[k].append(writer.send_command(f"agent_{k}", WAIT))

    threads = [threading.Thread(target=write, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(mine == sorted(mine) for mine in names)
    assert len({name for mine in names for name in mine}) == 200
    assert len(list(channel.commands.glob("cmd_*.json"))) == 200


def test_states(channel: FileChannel):
    with pytest.raises(FileNotFoundError, match="agent_0"):
        channel.read_state("agent_0")
    start = time.monotonic()
    with pytest.raises(TimeoutError, match="bridge running"):
        channel.wait_for_state("agent_0", timeout=0.1)
    assert time.monotonic() - start < 5
    path = channel.states / "agent_0.json"
    later(0.1, write_whole, path, {"tick": 1})
    assert channel.wait_for_state("agent_0", timeout=10) == {"tick": 1}
    with pytest.raises(TimeoutError):  # it was given already
        channel.wait_for_state("agent_0", timeout=0.1)
    assert channel.read_state("agent_0") == {"tick": 1}
    later(0.1, write_whole, path, {"tick": 2})
    assert channel.wait_for_state("agent_0", timeout=10) == {"tick": 2}


def test_results(channel: FileChannel):
    name = channel.send_command("agent_0", WAIT)
    with pytest.raises(TimeoutError, match=name):
        channel.wait_for_result(name, timeout=0.1)
    processed = channel.commands / "processed"
    processed.mkdir()
    write_whole(channel.states / "agent_0.json", {"tick": 7})
    later(0.1, write_whole, processed / result_name(name), {"results": []})
    assert channel.wait_for_result(name, timeout=10) == {"results": []}
    assert channel.wait_for_state("agent_0", 10, after=name) == {"tick": 7}
    assert channel.wait_for_state("agent_0", 10, after=name) == {"tick": 7}  # it still has seen it


def test_a_refusal(channel: FileChannel):
    name = channel.send_command("agent_0", WAIT)
    refused = channel.commands / "refused"
    refused.mkdir()
    write_whole(refused / reason_name(name), {"reason": "because"})
    with pytest.raises(CommandRefused, match="because"):
        channel.wait_for_result(name, timeout=1)
    with pytest.raises(CommandRefused):
        channel.wait_for_state("agent_0", 1, after=name)


def test_readers_never_see_half_a_state(channel: FileChannel):
    path, end = channel.states / "agent_0.json", threading.Event()
    write_whole(path, {"n": 0, "text": "x" * 100_000})

    def write() -> None:
        n = 0
        while not end.is_set():
            n += 1
            write_whole(path, {"n": n, "text": "x" * 100_000})

    writer = threading.Thread(target=write)
    writer.start()
    try:
        numbers = [channel.read_state("agent_0")["n"] for _ in range(200)]
    finally:
        end.set()
        writer.join()
    assert numbers == sorted(numbers)
    assert [p.name for p in channel.states.iterdir()] == ["agent_0.json"]


def test_states_of_another_folder(channel: FileChannel, tmp_path: Path):
    mine = tmp_path / "script-output"
    other = FileChannel(channel.folder, states=mine)
    write_whole(mine / "agent_3.json", {"tick": 5})
    assert other.read_state("agent_3") == {"tick": 5}
