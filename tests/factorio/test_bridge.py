"""The file channel end to end: files in, exactly one effect each, results and states out.

Against the embedded server, started by the launcher, with the bridge as the process that a user
starts.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fz_multi.engine.tables import AGENT
from fz_multi.factorio.bridge import Bridge, BridgeError, BridgeOptions, lay_out
from fz_multi.factorio.channel import CommandRefused, FileChannel, reason_name, result_name
from fz_multi.factorio.codec import map_to_wire
from fz_multi.factorio.exchange import Exchange
from fz_multi.factorio.launch import Launcher, embedded
from fz_multi.factorio.pack import mod_folder
from fz_multi.task.maps import load_map

AGENTS = 4
MESSAGES = list(AGENT.names or ()).index("messages")
SPEED = 5000  # percent: the server answers as fast as it can


@pytest.fixture(scope="module")
def server() -> Iterator[Launcher]:
    with Launcher(embedded()) as launched:
        yield launched


@pytest.fixture
def exchange(server: Launcher) -> Iterator[Exchange]:
    """The server with a fresh map in arena 0."""
    client = Exchange(server.address, server.password)
    client.free(False)
    client.set(speed=SPEED)
    reset(client, AGENTS)
    yield client
    client.close()


@pytest.fixture
def bridge(server: Launcher, exchange: Exchange, tmp_path: Path) -> Iterator[Bridge]:
    client = Exchange(server.address, server.password)
    with Bridge(tmp_path, client, BridgeOptions(grace=0.2, patience=2)) as made:
        yield made


def reset(client: Exchange, agents: int) -> None:
    drawn = load_map("two_cells").draw(0, agents=agents, task="two_cells")
    client.reset([{"arena": 0, "map": map_to_wire(drawn), "teleport": 0}])


def said(exchange: Exchange) -> list[int]:
    """How many messages each agent has said since the reset."""
    (state,) = exchange.collect([[0, 0]])
    counts = {row[0]: row[1] if isinstance(row[1], list) else row[1:] for row in state["counts"]}
    return [counts.get(agent, [0] * len(AGENT.names or ()))[MESSAGES] for agent in range(AGENTS)]


def say(number: int) -> dict[str, Any]:
    return {"type": "SAY", "params": {"message": number}}


def start_bridge(server: Launcher, folder: Path, *more: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "fz_multi", "bridge", str(folder), "--json", *more]
    where = ["--address", server.address, "--password", server.password]
    return subprocess.Popen([*command, *where], stdout=subprocess.PIPE, text=True)


def test_commands_results_and_states(bridge: Bridge, exchange: Exchange, tmp_path: Path):
    channel = FileChannel(tmp_path)
    one = channel.send_command("agent_1", say(7))
    two = channel.send_commands([("agent_0", say(1)), ("agent_3", {"type": "CANCEL"})])
    bridge.run(once=True)
    result = channel.wait_for_result(one, timeout=1)
    assert (result["file"], result["key"], result["ticks"]) == (one, one, 0)
    assert [(r["agent"], r["code"]) for r in result["results"]] == [("agent_1", "ok")]
    codes = [r["code"] for r in channel.wait_for_result(two, 1)["results"]]
    assert codes == ["ok", "nothing_running"]
    assert said(exchange) == [1, 1, 0, 0]
    for agent in range(AGENTS):
        state = channel.wait_for_state(f"agent_{agent}", timeout=1)
        assert state["agent"] == f"agent_{agent}"
        assert state["position"].keys() == {"x", "y"}
    assert {p.name for p in (tmp_path / "gym_commands" / "processed").iterdir()} == {
        name for sent in (one, two) for name in (sent, result_name(sent))
    }
    assert bridge.inbox.waiting() == []


@pytest.mark.parametrize("clock", ["ticks_to_run", "unpause"])
def test_ticks_after_each_file(clock: str, server: Launcher, exchange: Exchange, tmp_path: Path):
    exchange.set(clock=clock, speed=100)  # slow enough for a step that is not waited for to show
    client = Exchange(server.address, server.password)
    channel = FileChannel(tmp_path)
    start = exchange.ping()["tick"]
    walk = {"type": "MOVE", "params": {"direction": "east", "ticks": 5}}
    names = [channel.send_command("agent_0", walk) for _ in range(3)]
    with Bridge(tmp_path, client, BridgeOptions(ticks=10)) as bridge:
        bridge.run(once=True)
    ticks = [channel.wait_for_result(name, 1)["tick"] for name in names]
    assert ticks == [start, start + 10, start + 20]
    assert exchange.ping()["tick"] == start + 30
    assert channel.read_state("agent_0")["tick"] == 30  # since the reset


def test_running_freely(server: Launcher, exchange: Exchange, tmp_path: Path):
    process = start_bridge(server, tmp_path, "--free", "--state-every", "0.1")
    try:
        channel = FileChannel(tmp_path)
        first = channel.wait_for_state("agent_2", timeout=60)
        later = channel.wait_for_state("agent_2", timeout=10)
        assert later["tick"] > first["tick"]
        name = channel.send_command("agent_2", say(9))
        assert channel.wait_for_result(name, timeout=10)["results"][0]["code"] == "ok"
        assert channel.wait_for_state("agent_2", 10, after=name)["tick"] >= later["tick"]
    finally:
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=30)
        exchange.free(False)
    assert json.loads(out) == {"applied": 1, "refused": 0}
    assert said(exchange) == [0, 0, 1, 0]


def test_refused_by_the_server(bridge: Bridge, exchange: Exchange, tmp_path: Path):
    channel = FileChannel(tmp_path)
    name = channel.send_command("agent_12", say(1))
    bridge.run(once=True)
    with pytest.raises(CommandRefused, match=r"unknown_agent.*agent_0, agent_1"):
        channel.wait_for_result(name, timeout=1)
    assert said(exchange) == [0] * AGENTS
    exchange.agents(0, "create", agent="agent_4", x=0, y=0)  # and now there is one more
    other = channel.send_command("agent_4", say(1))
    bridge.run(once=True)
    assert channel.wait_for_result(other, timeout=1)["results"][0]["code"] == "ok"


def test_another_map_is_laid_out_meanwhile(bridge: Bridge, exchange: Exchange, tmp_path: Path):
    channel = FileChannel(tmp_path)
    bridge.start()
    reset(exchange, 2)  # the bridge still thinks that there are four
    names = [channel.send_command(f"agent_{k}", say(1)) for k in (1, 3)]
    bridge.run(once=True)
    assert channel.wait_for_result(names[0], 1)["results"][0]["code"] == "ok"
    with pytest.raises(CommandRefused, match="unknown_agent"):
        channel.wait_for_result(names[1], 1)


def test_half_a_file_holds_up_what_comes_after_it(bridge: Bridge, tmp_path: Path):
    channel = FileChannel(tmp_path)
    torn = channel.commands / "cmd_0.json"
    whole = json.dumps({"agent": "agent_0", "command": say(1)})
    torn.write_text(whole[:20])
    after = channel.send_command("agent_0", say(2))
    bridge.start()
    assert bridge.sweep() == 0
    assert bridge.inbox.waiting() == ["cmd_0.json", after]
    torn.write_text(whole)  # its writer was only slow
    assert bridge.sweep() == 2
    assert (bridge.applied, bridge.refused) == (2, 0)
    torn = channel.commands / "cmd_1.json"
    torn.write_text(whole[:20])
    bridge.run(once=True)
    reason = json.loads((bridge.inbox.refused / reason_name("cmd_1.json")).read_text())["reason"]
    assert "half-written" in reason


@pytest.mark.parametrize("how", ["a time stamp of the future", "a writer that goes on"])
def test_half_a_file_cannot_hold_the_others_up_for_ever(how: str, bridge: Bridge, tmp_path: Path):
    channel = FileChannel(tmp_path)
    torn = channel.commands / "cmd_0.json"
    torn.write_text("{")
    name = channel.send_command("agent_0", say(1))
    bridge.start()
    until = time.monotonic() + 5
    while bridge.inbox.waiting():
        assert time.monotonic() < until
        if how == "a writer that goes on" and torn.exists():
            with torn.open("a") as file:
                file.write(" ")
        elif torn.exists():
            os.utime(torn, (4e9, 4e9))
        bridge.sweep()
        time.sleep(0.02)
    assert (bridge.applied, bridge.refused) == (1, 1)
    assert channel.wait_for_result(name, 1)["results"][0]["code"] == "ok"


def test_a_journal_that_cannot_be_read(bridge: Bridge):
    bridge._journal.write_text("{}")
    with pytest.raises(BridgeError, match="journal"):
        bridge.start()


def test_states_that_the_mod_writes_itself(server: Launcher, exchange: Exchange, tmp_path: Path):
    exchange.set(export={"every": 10, "folder": "told"})
    mine = server.folder / "script-output" / "told" / "arena-0"
    channel = FileChannel(tmp_path, states=mine)
    exchange.step(30, [])
    try:
        state = channel.wait_for_state("agent_3", timeout=10)
        assert state["agent"] == "agent_3"
        assert 0 <= state["tick"] <= 30  # every tenth of the game's ticks; these count from a reset
    finally:
        until = time.monotonic() + 10
        while (at := exchange.ping())["tick"] < at["target"]:
            assert time.monotonic() < until
        exchange.set(export={"every": 0})


def test_a_server_that_dies(tmp_path: Path):
    """Nothing is lost: the file waits until the world is there again."""
    server = Launcher(embedded(), tmp_path / "server", password="secret")
    with server:
        first = Exchange(server.address, "secret")
        reset(first, 1)
        first.close()
        client = Exchange(server.address, "secret", timeout=5)
        told: list[str] = []
        options = BridgeOptions(patience=60)
        with Bridge(tmp_path, client, options, say=told.append) as bridge:
            bridge.start()
            server.kill()
            channel = FileChannel(tmp_path)
            name = channel.send_command("agent_0", say(1))
            waiting = threading.Thread(target=server.start)
            waiting.start()  # from the save that it was started with, which knows no arenas
            with pytest.raises(BridgeError, match=r"unknown_arena|lay a map out"):
                bridge.run(once=True)
            waiting.join()
            assert any("trying again" in text for text in told)
            assert bridge.inbox.waiting() == [name]
            reset(client, 1)
            bridge.run(once=True)
        assert channel.wait_for_result(name, 1)["results"][0]["code"] == "ok"


def test_a_mod_that_has_failed(tmp_path: Path):
    """The files are not to blame for it: they wait until somebody resets the world."""
    source = tmp_path / "mod"
    shutil.copytree(mod_folder(), source)
    file = source / "gym" / "clock.lua"
    text, on_tick = file.read_text(), "local function tick(now)\n"
    assert on_tick in text
    broken = '  if storage.arenas[0] and game.speed == 7 then error("as asked") end\n'
    file.write_text(text.replace(on_tick, on_tick + broken))
    with Launcher(embedded(), mod=source) as server:
        client = Exchange(server.address, server.password)
        reset(client, 1)
        client.set(speed=700)
        client.step(1, [])
        name = FileChannel(tmp_path).send_command("agent_0", say(1))
        with Bridge(tmp_path, client) as bridge:
            with pytest.raises(BridgeError, match="as asked"):
                bridge.run(once=True)
            assert bridge.inbox.waiting() == [name]
            client.set(speed=100)
            reset(client, 1)
            bridge.run(once=True)
        assert FileChannel(tmp_path).wait_for_result(name, 1)["results"][0]["code"] == "ok"


def test_one_bridge_a_folder(bridge: Bridge, tmp_path: Path, server: Launcher):
    with pytest.raises(BridgeError, match="another bridge"):
        Bridge(tmp_path, Exchange(server.address, server.password))


def test_an_arena_that_does_not_exist(server: Launcher, exchange: Exchange, tmp_path: Path):
    client = Exchange(server.address, server.password)
    channel = FileChannel(tmp_path)
    name = channel.send_command("agent_0", say(1))
    with Bridge(tmp_path, client, BridgeOptions(arena=7)) as bridge:
        with pytest.raises(BridgeError, match="lay a map out first"):
            bridge.run(once=True)
        assert bridge.inbox.waiting() == [name]  # nothing is lost
        assert lay_out(client, 7, "two_cells", 1, 0)
        assert not lay_out(client, 7, "two_cells", 1, 0)  # it is never laid out twice
        bridge.run(once=True)
    assert channel.wait_for_result(name, 1)["results"][0]["code"] == "ok"


def test_a_server_that_is_not_there(tmp_path: Path):
    client = Exchange("127.0.0.1:9", "secret", timeout=1)
    told: list[str] = []
    options = BridgeOptions(patience=0.5)
    with (
        Bridge(tmp_path, client, options, say=told.append) as bridge,
        pytest.raises(BridgeError, match="no server answers"),
    ):
        bridge.run(once=True)
    assert "trying again" in told[0]


def test_a_wrong_password(server: Launcher, tmp_path: Path):
    with (
        Bridge(tmp_path, Exchange(server.address, "wrong")) as bridge,
        pytest.raises(BridgeError, match="password"),
    ):
        bridge.run(once=True)


@pytest.mark.parametrize("point", ["before sending", "before the result", "before the move"])
def test_killed_at_the_worst_moment(
    point: str, server: Launcher, exchange: Exchange, tmp_path: Path
):
    """Stopped where it hurts most, by an exception that nothing catches in place of a kill."""
    channel = FileChannel(tmp_path)
    name = channel.send_command("agent_0", say(1))

    class Killed(BaseException):
        pass

    def die(*_: object, **__: object) -> None:
        raise Killed

    bridge = Bridge(tmp_path, Exchange(server.address, server.password))
    bridge.start()
    if point == "before sending":
        bridge.exchange.send = die  # type: ignore[method-assign,assignment]
    elif point == "before the result":
        bridge.inbox.store = die  # type: ignore[method-assign,assignment]
    else:
        bridge.inbox.move = die  # type: ignore[method-assign,assignment]
    with pytest.raises(Killed):
        bridge.sweep()
    bridge.close()
    assert bridge.inbox.waiting() == [name]
    with Bridge(tmp_path, Exchange(server.address, server.password)) as second:
        second.run(once=True)
        assert second.inbox.waiting() == []
        assert not second._journal.exists()
    assert channel.wait_for_result(name, 1)["results"][0]["code"] == "ok"
    assert said(exchange) == [1, 0, 0, 0]


def test_another_client_steps_meanwhile(bridge: Bridge, exchange: Exchange, tmp_path: Path):
    channel = FileChannel(tmp_path)
    exchange.set(speed=100)
    exchange.step(30, [])  # half a second
    name = channel.send_command("agent_0", say(1))
    bridge.run(once=True)
    assert channel.wait_for_result(name, 1)["results"][0]["code"] == "ok"
    assert said(exchange) == [1, 0, 0, 0]


# A writer: every tenth file is torn, slow or hostile; it prints what should become of each.
WRITER = """
import json, os, random, sys, time
from pathlib import Path
from fz_multi.factorio.channel import FileChannel

folder, me, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
channel, random = FileChannel(folder), random.Random(me)
agent = f"agent_{me}"
good, bad = [], []

def raw(kind):
    name = f"cmd_{time.time_ns():020d}_{me}{kind}.json"
    return name, channel.commands / name

for number in range(count):
    message = {"type": "SAY", "params": {"message": number % 255}}
    whole = json.dumps({"agent": agent, "command": message})
    kind = random.choice("....................thdsulpna")
    if kind == ".":
        good.append(channel.send_command(agent, message))
    elif kind == "s":  # slow: written in place, in two pieces
        name, path = raw(kind)
        with path.open("w") as file:
            file.write(whole[:15]); file.flush(); time.sleep(0.05); file.write(whole[15:])
        good.append(name)
    elif kind == "a":  # sent again under another name, as after a crash
        name = channel.send_command(agent, message)
        content = (channel.commands / name)
        text = json.dumps({"id": name, "agent": agent, "command": message})
        good.append(name)
        name, path = raw(kind)
        path.with_name("." + name).write_text(text)
        os.rename(path.with_name("." + name), path)
        bad.append(name)
    else:
        name, path = raw(kind)
        if kind == "t":
            path.write_text(whole[: random.randrange(len(whole))])
        elif kind == "h":
            path.write_text(json.dumps({"agent": "agent_0", "command": {"type": "CRAFT",
                "params": {"recipe": "os.execute('rm -rf /')"}}}))
        elif kind == "d":
            path.write_text("[" * 100000)
        elif kind == "u":
            path.write_text(json.dumps({"agent": "agent_99", "command": message}))
        elif kind == "l":
            path.symlink_to("/etc/hostname")
        elif kind == "p":
            os.mkfifo(path)
        elif kind == "n":
            path.write_bytes(bytes(5000))
        bad.append(name)
    if random.random() < 0.2:
        time.sleep(0.01)
print(json.dumps({"good": good, "bad": bad}))
"""


def test_a_thousand_files_of_four_writers(server: Launcher, exchange: Exchange, tmp_path: Path):
    """Some torn, some hostile; the bridge is killed three times in the middle."""
    channel = FileChannel(tmp_path)
    processed, refused = channel.commands / "processed", channel.commands / "refused"
    more = ("--grace", "0.5", "--state-every", "0")
    bridge = start_bridge(server, tmp_path, *more)
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path), str(me), "250"],
            stdout=subprocess.PIPE,
            text=True,
        )
        for me in range(4)
    ]
    done, until = 0, time.monotonic() + 300
    for wanted in (50, 300, 600):
        while done < wanted:
            assert time.monotonic() < until, f"{done} files"
            assert bridge.poll() is None
            time.sleep(0.02)
            done = sum(1 for _ in processed.glob("*.result.json")) if processed.exists() else 0
        bridge.kill()  # SIGKILL
        bridge.wait()
        bridge = start_bridge(server, tmp_path, *more)
    told = [json.loads(writer.communicate(timeout=300)[0]) for writer in writers]
    while any(name.startswith("cmd_") for name in os.listdir(channel.commands)):
        assert time.monotonic() < until
        assert bridge.poll() is None
        time.sleep(0.05)
    bridge.send_signal(signal.SIGTERM)
    bridge.communicate(timeout=30)

    good = {name for one in told for name in one["good"]}
    bad = {name for one in told for name in one["bad"]}
    assert len(good) + len(bad) >= 1000
    assert len(bad) > 100
    # Each file is where it belongs, with its result or its reason beside it.
    assert set(os.listdir(processed)) == good | {result_name(name) for name in good}
    assert set(os.listdir(refused)) == bad | {reason_name(name) for name in bad}
    for name in bad:
        assert json.loads((refused / reason_name(name)).read_text())["reason"]
    # Each good one had its effect once.
    assert said(exchange) == [len(one["good"]) for one in told]
    # In the order of names, for each writer.
    for me, one in enumerate(told):
        results = [json.loads((processed / result_name(n)).read_text()) for n in one["good"]]
        stamps = [(processed / result_name(name)).stat().st_mtime_ns for name in one["good"]]
        assert stamps == sorted(stamps)
        for result in results:
            assert [(r["agent"], r["code"]) for r in result["results"]] == [(f"agent_{me}", "ok")]
    assert len({json.loads((processed / result_name(n)).read_text())["id"] for n in good}) == len(
        good
    )
    assert not (channel.commands / ".bridge" / "journal.json").exists()
