"""``fz-multi serve`` as a process: flags, the line when it is ready, how it ends."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tiny import Raw, make_mod

from fz_multi import cli

CONTROL = """
script.on_init(function() storage.n = 0 end)
commands.add_command("count", "", function() storage.n = storage.n + 1 rcon.print(storage.n) end)
commands.add_command("crash", "", function()
  script.on_event(defines.events.on_tick, function() error("boom") end)
end)
"""


@contextmanager
def serve(*flags: str) -> Iterator[tuple[subprocess.Popen[str], int, str]]:
    """A server as a process: (process, port, line when it was ready)."""
    command = [sys.executable, "-m", "fz_multi", "serve", *flags]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.match(r"Ready: RCON at 127\.0\.0\.1:(\d+) ", line)
        assert found, line
        yield process, int(found[1]), line
    finally:
        process.kill()
        process.wait()


def test_create_start_save_and_quit(tmp_path: Path) -> None:
    make_mod(tmp_path / "mods", CONTROL)
    config = tmp_path / "config.ini"
    config.write_text(f"[path]\nread-data=/nowhere\nwrite-data={tmp_path / 'data'}\n")
    (tmp_path / "settings.json").write_text('{"auto_pause": false, "allow_commands": "true"}')
    common = ["--mod-directory", str(tmp_path / "mods"), "--config", str(config)]
    created = tmp_path / "new.zip"
    assert cli.main(["serve", "--create", str(created), *common, "--map-gen-seed", "3"]) == 0
    start = ["--rcon-port", "0", "--rcon-password", "p", *common, "--console-log"]
    start += [str(tmp_path / "log"), "--server-settings", str(tmp_path / "settings.json")]
    with serve("--start-server", str(created), *start, "--port", "34197") as (process, port, line):
        assert "base 2.0.77, tiny 1.0.0" in line
        with Raw(port, "p") as client:
            assert client.ask("/count") == "1\n"
            assert client.ask("/count") == "2\n"
            client.ask("/server-save later")
            assert client.ask("/count") == "3\n"
            client.ask("/quit")
        assert process.wait(20) == 0
    assert "Saved to" in (tmp_path / "log").read_text()
    later = tmp_path / "data" / "saves" / "later.zip"
    with serve("--start-server", str(later), *start) as (process, port, _):
        with Raw(port, "p") as client:
            assert client.ask("/count") == "3\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


def test_an_error_of_a_mod_ends_it(tmp_path: Path) -> None:
    make_mod(tmp_path, CONTROL)
    with serve("--mod-directory", str(tmp_path), "--rcon-bind", "127.0.0.1:0",
               "--rcon-password", "p") as (process, port, _):  # fmt: skip
        with Raw(port, "p") as client:
            client.ask("/crash")
            assert client.closed()
        assert process.wait(20) == 1
        assert process.stdout is not None
        assert "Error while running event tiny::on_tick (ID 0)" in process.stdout.read()


@pytest.mark.parametrize(
    ("flags", "code", "wrong"),
    [
        (["--rcon-port", "0"], 2, "--rcon-password is required"),
        (["--rcon-password", "p", "--rcon-port", "0", "--rcon-bind", "a:1"], 2, "not both"),
        (["--rcon-password", "p", "--rcon-bind", "here"], 2, "ADDRESS:PORT"),
        (["--rcon-password", "p", "--rcon-port", "70000"], 2, "a port is"),
        (["--rcon-password-file", "/nowhere/x"], 2, "--rcon-password-file"),
        (["--rcon-password", "p", "--config", "/nowhere/x"], 2, "--config"),
        (["--rcon-password", "p", "--mod-directory", "/nowhere/x"], 1, "no such mod directory"),
        (["--rcon-password", "p", "--start-server", "/nowhere/x.zip"], 1, "no such save"),
    ],
)
def test_wrong_flags(
    flags: list[str], code: int, wrong: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["serve", *flags]) == code
    assert wrong in capsys.readouterr().err


def test_allow_commands_is_a_string(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = tmp_path / "settings.json"
    settings.write_text('{"allow_commands": true}')
    flags = ["--rcon-password", "p", "--server-settings", str(settings)]
    assert cli.main(["serve", *flags]) == 2
    assert "allow_commands is a string" in capsys.readouterr().err
