"""Starting and stopping servers: the embedded one, through the launcher that starts the game."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
import yaml

from fz_multi.factorio import launch
from fz_multi.factorio.exchange import Exchange
from fz_multi.factorio.launch import HOST, Launcher, LaunchError, Program, embedded, free_port

ROOT = Path(__file__).resolve().parents[2]


def is_open(address: str) -> bool:
    host, port = address.split(":")
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((host, int(port))) == 0


def script(text: str) -> Program:
    """Some other program, which takes Factorio's flags without looking at them."""
    return Program((sys.executable, "-c", text), "2.0.77")


def test_a_server_from_start_to_end():
    with Launcher(embedded()) as server:
        assert server.running
        folder = server.folder
        exchange = Exchange(server.address, server.password)
        hello = exchange.hello()
        assert hello["protocol"] == 1
        exchange.close()
        with pytest.raises(RuntimeError, match="already"):
            server.start()
        with pytest.raises(PermissionError):
            launch.ask(server.address, "wrong", "/help")
        config = json.loads((folder / "server-settings.json").read_text())
        assert config["auto_pause"] is False
        process = server.process
    assert process is not None
    assert process.poll() == 0  # it has quit, nobody had to end it
    assert not server.running
    assert not is_open(server.address)
    assert not folder.exists()  # it was a temporary one
    server.stop()  # once more does nothing


def test_a_folder_is_kept_and_its_save_used_again(tmp_path: Path):
    server = Launcher(embedded(), tmp_path / "server", password="secret")
    with server:
        exchange = Exchange(server.address, "secret")
        exchange.free(True)
        time.sleep(0.3)
        exchange.free(False)
        assert exchange.ping()["tick"] > 0
        exchange.close()
    save = server.save.read_bytes()
    assert server.log_file.stat().st_size > 0
    with server:
        assert is_open(server.address)
    assert server.save.read_bytes() == save
    server.start()
    server.kill()  # as a crash would
    assert not server.running
    server.stop()
    with server:  # and it starts again
        assert server.running
    assert server.folder.is_dir()


def test_the_version_that_was_asked_for():
    with Launcher(embedded("2.1.9")) as server:
        exchange = Exchange(server.address, server.password)
        assert exchange.hello()["game"] == "2.1.9"
        exchange.close()


def test_ports_and_password_that_were_asked_for(tmp_path: Path):
    rcon, game = free_port(), free_port()
    server = Launcher(embedded(), tmp_path, password="pass word", rcon_port=rcon, game_port=game)
    with server:
        assert server.address == f"{HOST}:{rcon}"
        assert launch.ask(server.address, "pass word", launch.PING).startswith("{")


@pytest.mark.parametrize("password", ["-secret", "a\nb"])
def test_a_password_that_is_a_flag(password: str, tmp_path: Path):
    with pytest.raises(ValueError, match="dash"):
        Launcher(embedded(), tmp_path, password=password)


@pytest.mark.slow
def test_a_port_that_is_taken(tmp_path: Path):
    with socket.socket() as other:
        other.bind((HOST, 0))
        other.listen()
        server = Launcher(embedded(), tmp_path, rcon_port=other.getsockname()[1])
        with pytest.raises(LaunchError, match=r"exit code|ready"):
            server.start()
    assert not server.running


def test_the_game_version_decides_on_the_archive(tmp_path: Path):
    for version in ("2.0.77", "2.1.9"):
        server = Launcher(Program(("factorio",), version), tmp_path / version)
        server.prepare()
        (archive,) = (server.folder / "mods").glob("*.zip")
        with zipfile.ZipFile(archive) as files:
            info = json.loads(files.read(f"{archive.stem}/info.json"))
        assert info["factorio_version"] == version[:3]
        mods = json.loads((server.folder / "mods" / "mod-list.json").read_text())["mods"]
        assert {"name": info["name"], "enabled": True} in mods
        assert ({"name": "recycler", "enabled": False} in mods) == (version == "2.1.9")
    with pytest.raises(ValueError, match="no mod for Factorio"):
        Launcher(Program(("factorio",), "1.1.110"), tmp_path / "old").prepare()


def test_a_save_that_is_not_made(tmp_path: Path):
    text = "import sys; print('Error: no such map', sys.argv[1]); sys.exit(3)"
    with pytest.raises(LaunchError, match=r"exit code 3(.|\n)*no such map --create"):
        Launcher(script(text), tmp_path).start()
    with pytest.raises(LaunchError, match="not made"):
        Launcher(script("pass"), tmp_path).start()  # says all went well, and made none
    hangs = Launcher(script("import time; time.sleep(60)"), tmp_path, start_timeout=0.5)
    with pytest.raises(LaunchError, match=r"no save after 0\.5 s"):
        hangs.start()


SAVES = "import sys, time; a = sys.argv; '--create' in a and (open(a[2], 'w').close(), exit());"


def test_a_server_that_ends_at_once(tmp_path: Path):
    server = Launcher(script(SAVES + "print('Error: locked'); exit(1)"), tmp_path)
    with pytest.raises(LaunchError, match=r"ended with exit code 1(.|\n)*Error: locked"):
        server.start()
    assert not server.running


def test_a_server_that_never_answers(tmp_path: Path):
    server = Launcher(script(SAVES + "time.sleep(60)"), tmp_path, start_timeout=1)
    start = time.monotonic()
    with pytest.raises(LaunchError, match="not ready after 1 s"):
        server.start()
    assert not server.running
    assert time.monotonic() - start < 10


def test_a_program_that_is_not_there(tmp_path: Path):
    with pytest.raises(LaunchError, match="nowhere"):
        Launcher(Program((str(tmp_path / "nowhere"),), "2.0.77"), tmp_path).start()


def test_one_that_does_not_want_to_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(launch, "QUIT_TIMEOUT", 0.2)
    monkeypatch.setattr(launch, "TERMINATE_TIMEOUT", 0.2)
    text = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"
    process = subprocess.Popen([sys.executable, "-c", text])
    time.sleep(0.3)
    launch._end(process, was_asked=True)
    assert process.poll() is not None


def test_free_ports():
    ports = [free_port() for _ in range(20)]
    for port in ports:
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            with socket.socket(socket.AF_INET, kind) as probe:
                probe.bind((HOST, port))
    assert free_port(other_than=ports[0]) != ports[0]


def test_the_command_line(tmp_path: Path):
    command = [sys.executable, "-m", "fz_multi", "launch", str(tmp_path / "s"), "--embedded"]
    process = subprocess.Popen([*command, "--json"], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        where = json.loads(process.stdout.readline())
        assert launch.ask(where["address"], where["password"], launch.PING).startswith("{")
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
    assert not is_open(where["address"])  # the server went with it


def test_the_folder_for_a_container(tmp_path: Path):
    """The script of the compose file, on the folder that we write for it, with our server."""
    folder = tmp_path / "server"
    command = [sys.executable, "-m", "fz_multi", "launch", str(folder), "--container", "2.0.77"]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    config = (folder / "config.ini").read_text()
    assert "write-data=/server\n" in config
    assert "read-data=/opt/factorio/data\n" in config

    compose = yaml.safe_load((ROOT / "docs" / "compose.yaml").read_text())
    service = compose["services"]["factorio"]
    assert service["ports"] == ["127.0.0.1:27015:27015/tcp"]
    assert service["volumes"] == ["./server:/server"]
    port, game = free_port(), free_port()
    ours = f"{sys.executable} -m fz_multi serve"
    text = service["command"][0].replace("$$", "$").replace("/opt/factorio/bin/x64/factorio", ours)
    text = text.replace("/server/", f"{folder}/").replace("0.0.0.0:27015", f"{HOST}:{port}")
    text = text.replace("--start-server", f"--port {game} --start-server")
    process = subprocess.Popen(
        [*service["entrypoint"], text], env={"RCON_PASSWORD": "secret", "HOME": str(tmp_path)}
    )
    try:
        until = time.monotonic() + 120
        while not is_open(f"{HOST}:{port}"):
            assert process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.1)
        assert launch.ask(f"{HOST}:{port}", "secret", launch.PING).startswith("{")
        assert (folder / "saves" / "fz_multi.zip").is_file()
    finally:
        process.terminate()
        process.wait(60)
