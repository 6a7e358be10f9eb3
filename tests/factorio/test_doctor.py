"""The doctor: all is well on a good server, and it says what differs on any other."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from fz_multi.cli import FAILED, OK, USAGE, main
from fz_multi.factorio import doctor
from fz_multi.factorio.doctor import Doctor, Finding
from fz_multi.factorio.exchange import Exchange
from fz_multi.factorio.launch import Launcher, embedded, free_port
from fz_multi.factorio.pack import mod_folder

CHECKS = [
    "connection",
    "mod",
    "numbers",
    "clock",
    "self-test",
    "lock-step",
    "on_tick",
    "clock methods",
    "map",
    "task",
]


@pytest.fixture(scope="module")
def server() -> Iterator[Launcher]:
    with Launcher(embedded()) as launched:
        yield launched


@pytest.fixture(scope="module")
def late_server() -> Iterator[Launcher]:
    """One on which on_tick comes after the world has moved; the mod is set to "early"."""
    with Launcher(embedded(), arguments=["--on-tick", "late"]) as launched:
        yield launched


def examine(server: Launcher, password: str | None = None, **options) -> dict[str, Finding]:
    checks = Doctor(server.address, password or server.password, speed=100, **options)
    found = {finding.check: finding for finding in checks.run()}
    assert list(found) == CHECKS
    for finding in found.values():
        assert finding.found
        assert bool(finding.advice) == (finding.state in (doctor.DIFFERS, doctor.FAILED))
    return found


def states(found: dict[str, Finding]) -> dict[str, str]:
    return {check: finding.state for check, finding in found.items() if finding.state != doctor.OK}


def greeting(server: Launcher) -> dict:
    exchange = Exchange(server.address, server.password)
    try:
        return exchange.hello()
    finally:
        exchange.close()


def test_a_good_server(server: Launcher):
    """A minute of the task, both sides compared after each step."""
    before = greeting(server)
    found = examine(server)
    assert states(found) == {}, found
    assert "3600 ticks in 360 steps are the same" in found["task"].found
    assert "walked" in found["self-test"].found
    assert "1, 30, 120" in found["lock-step"].found
    assert "ticks_to_run: exact" in found["clock methods"].found
    after = greeting(server)
    for key in ("speed", "on_tick", "clock"):
        assert after[key] == before[key]


@pytest.mark.slow
def test_another_task_and_team(server: Launcher):
    found = examine(server, task="refuel", agents=3, seed=4, ticks=300)
    assert states(found) == {}, found
    assert "refuel, 3 agents" in found["task"].found


@pytest.mark.slow
def test_the_command_line(server: Launcher, capsys: pytest.CaptureFixture[str]):
    arguments = ["doctor", server.address, "--password", server.password, "--ticks", "60"]
    assert main([*arguments, "--speed", "100"]) == OK
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[:-1]] == ["ok"] * len(CHECKS)
    assert lines[-1] == "all is well"
    assert main([*arguments, "--json"]) == OK
    report = json.loads(capsys.readouterr().out)
    assert report["ok"] is True
    assert [check["check"] for check in report["checks"]] == CHECKS


def test_a_wrong_password(server: Launcher, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    found = examine(server, password="wrong")
    assert found["connection"].state == doctor.FAILED
    assert "password" in found["connection"].found
    assert "--rcon-password" in found["connection"].advice
    assert set(states(found).values()) == {doctor.FAILED, doctor.SKIPPED}
    file = tmp_path / "password"
    file.write_text("wrong\n")
    arguments = ["doctor", server.address, "--password-file", str(file), "--json"]
    assert main(arguments) == FAILED
    report = json.loads(capsys.readouterr().out)
    assert report["ok"] is False
    assert report["checks"][0]["state"] == "failed"


def test_no_server():
    found = {f.check: f for f in Doctor(f"127.0.0.1:{free_port()}", "x", timeout=2).run()}
    assert found["connection"].state == doctor.FAILED
    assert "--rcon-bind" in found["connection"].advice
    assert list(found) == CHECKS


def test_something_else_on_the_port(tmp_path: Path):
    import socket
    import threading

    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        answer = b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"

        def serve() -> None:
            client, _ = other.accept()
            with client:
                client.sendall(answer)
                client.recv(1000)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        address = f"127.0.0.1:{other.getsockname()[1]}"
        found = next(iter(Doctor(address, "x", timeout=2).run()))
        thread.join(5)
    assert found.state == doctor.FAILED


def changed_mod(tmp_path: Path, file: str, before: str, after: str) -> Path:
    """Our mod with one thing changed."""
    folder = tmp_path / "mod"
    shutil.copytree(mod_folder(), folder)
    text = (folder / file).read_text("utf-8")
    assert before in text
    (folder / file).write_text(text.replace(before, after), "utf-8")
    return folder


def test_another_version_of_the_mod(tmp_path: Path):
    source = changed_mod(tmp_path, "info.json", '"version": "0.1.0"', '"version": "9.9.9"')
    with Launcher(embedded(), mod=source) as other:
        found = examine(other, ticks=60)
    assert states(found) == {"mod": doctor.DIFFERS}
    assert "9.9.9" in found["mod"].found
    assert "fz-multi mod pack" in found["mod"].advice


@pytest.mark.slow
def test_another_version_of_the_exchange(tmp_path: Path):
    source = changed_mod(tmp_path, "gym/communication.lua", "M.PROTOCOL = 1", "M.PROTOCOL = 2")
    with Launcher(embedded(), mod=source) as other:
        found = examine(other)
    assert found["mod"].state == doctor.FAILED
    assert "version" in found["mod"].found
    assert "fz-multi mod pack" in found["mod"].advice
    assert found["task"].state == doctor.SKIPPED


@pytest.mark.slow
def test_other_numbers(tmp_path: Path):
    """As with a mod that changes stack sizes: the hash is of what the mod reads from the game."""
    source = changed_mod(tmp_path, "gym/digest.lua", "stack_size", "stack_size + 1")
    with Launcher(embedded(), mod=source) as other:
        found = examine(other)
    assert found["numbers"].state == doctor.DIFFERS
    assert found["map"].state == doctor.SKIPPED


@pytest.mark.slow
def test_steps_that_are_not_exact(tmp_path: Path):
    """A step that is longer than it was asked for."""
    source = changed_mod(
        tmp_path, "gym/clock.lua", "clock.target = now + ticks", "clock.target = now + ticks + 1"
    )
    with Launcher(embedded(), mod=source) as other:
        found = examine(other, ticks=60)
    assert found["lock-step"].state == doctor.FAILED
    assert "a step of 1 ticks ran 2" in found["lock-step"].found


@pytest.mark.slow
def test_a_game_in_which_characters_walk_otherwise(tmp_path: Path):
    """To the self-test, at least: it is told to expect another stride."""
    source = changed_mod(tmp_path, "gym/selftest.lua", "STRIDE = 38", "STRIDE = 20")
    with Launcher(embedded(), mod=source) as other:
        found = examine(other, ticks=60)
    assert found["self-test"].state == doctor.DIFFERS
    assert "walking fallback, mining native" in found["self-test"].found


def test_a_rule_that_differs(tmp_path: Path):
    """What no version or hash shows: agents put in one item at a time. The task shows it."""
    rule = "local count = command.count > 0 and command.count or huge"
    source = changed_mod(tmp_path, "gym/verbs.lua", rule, "local count = 1")
    with Launcher(embedded(), mod=source) as other:
        found = examine(other, ticks=600)
    assert states(found) == {"task": doctor.DIFFERS}
    assert "agent_0: items is" in found["task"].found


@pytest.mark.slow
def test_the_new_series():
    with Launcher(embedded("2.1.9")) as new:
        found = examine(new, ticks=120)
    assert states(found) == {}
    assert "Factorio 2.1.9" in found["mod"].found


def test_the_other_on_tick(late_server: Launcher):
    found = examine(late_server, ticks=120)
    assert states(found) == {"on_tick": doctor.DIFFERS}, found
    assert "comes late in a tick; the mod is set to early" in found["on_tick"].found
    assert "--fix" in found["on_tick"].advice
    assert greeting(late_server)["on_tick"] == "early"  # nothing was changed


@pytest.mark.slow
def test_fix(late_server: Launcher):
    found = examine(late_server, ticks=120, fix=True)
    assert states(found) == {"on_tick": doctor.DIFFERS}
    assert greeting(late_server)["on_tick"] == "late"
    assert states(examine(late_server, ticks=120)) == {}


def test_somebody_plays(server: Launcher):
    exchange = Exchange(server.address, server.password)
    exchange.free(True)
    try:
        found = examine(server)
    finally:
        exchange.free(False)
        exchange.close()
    assert found["clock"].state == doctor.FAILED
    assert "freely" in found["clock"].found


@pytest.mark.parametrize(
    "arguments",
    [
        ("--task", "nothing"),
        ("--agents", "0"),
        ("--ticks", "0"),
        ("--speed", "0"),
        ("--seed", "-1"),
        ("--timeout", "0"),
        ("--password", "a", "--password-file", "b"),
    ],
)
def test_slips(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]):
    assert main(["doctor", "127.0.0.1:1", *arguments]) == USAGE
    assert "fz-multi: error" in capsys.readouterr().err


def test_an_address_that_is_none(capsys: pytest.CaptureFixture[str]):
    assert main(["doctor", "localhost:port"]) == USAGE
    assert "host:port" in capsys.readouterr().err
