"""Prepare, start and stop a server that runs the mod.

The server is any program with Factorio's flags: the real binary, or the embedded server. Both go
the same way: a folder with settings and the packed mod, ``--create`` for the save,
``--start-server``, and then RCON until the mod answers::

    with Launcher(real()) as server:
        env = fz_multi.parallel_env(
            "two_cells", backend="factorio", address=server.address, password=server.password
        )

RCON and game port are bound to loopback. The password stands on the server's command line (the
game takes it from nowhere else), where other users of the machine can read it.
"""

from __future__ import annotations

import atexit
import contextlib
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO

from fz_multi.factorio import settings
from fz_multi.factorio.find import Installation, find_factorio
from fz_multi.factorio.link import Link, as_text
from fz_multi.factorio.pack import pack_mod, read_info, series_of

HOST = "127.0.0.1"
SAVE = "fz_multi"
# docs/compose.yaml: the server's folder, and the game's data in the image factoriotools/factorio.
CONTAINER = (Path("/server"), Path("/opt/factorio/data"))
PING = '/fz {"v":1,"op":"ping"}'
PAUSE = 0.05  # seconds between two looks at a server that starts
QUIT_TIMEOUT = 20.0  # seconds that a server may take to quit before it is terminated
TERMINATE_TIMEOUT = 10.0
TAIL = 25  # lines of the log that an error quotes
PORT_TRIES = 100


class LaunchError(RuntimeError):
    """A server that does not start. The text quotes the end of its log."""


@dataclass(frozen=True, slots=True)
class Program:
    """What is started: a command to which Factorio's flags are added, and the game's version."""

    command: tuple[str, ...]
    version: str
    installation: Installation | None = None


def real(path: str | Path | None = None) -> Program:
    """The Factorio on this machine; errors as `find.find_factorio`."""
    found = find_factorio(path)
    return Program((str(found.program),), found.version, found)


def embedded(version: str = "2.0.77") -> Program:
    """The embedded server of this package, under the Python that runs now."""
    command = (sys.executable, "-m", "fz_multi", "serve", "--game-version", version)
    return Program(command, version)


class Launcher:
    """One server: its folder, its ports, its process.

    ``folder``: where it writes; without it a temporary one that goes with `stop`. A save that is
    there is used, else one is made. ``password``: of RCON, a random one without it. ``rcon_port``,
    ``game_port``: 0 is any free one. ``mod``: a mod folder, ours without it. ``arguments``: more
    flags for the start. ``start_timeout``: seconds until the mod has to answer.
    """

    def __init__(
        self,
        program: Program | None = None,
        folder: str | Path | None = None,
        *,
        password: str | None = None,
        rcon_port: int = 0,
        game_port: int = 0,
        mod: Path | None = None,
        seed: int = 1,
        arguments: Sequence[str] = (),
        start_timeout: float = 300.0,
    ) -> None:
        if password is not None and (password.startswith("-") or not password.isprintable()):
            raise ValueError("a password of RCON begins with no dash, and can be printed")
        self.program = program or real()
        self._temporary = folder is None
        self.folder = Path(folder or tempfile.mkdtemp(prefix="fz_multi-")).resolve()
        self.password = password or secrets.token_hex(16)  # no dash, as flags have
        self.rcon_port, self.game_port = rcon_port, game_port
        self.mod, self.seed = mod, seed
        self.arguments = tuple(arguments)
        self.start_timeout = start_timeout
        self.process: subprocess.Popen[bytes] | None = None
        self._log: IO[bytes] | None = None

    # -- what there is -----------------------------------------------------------------------------
    @property
    def address(self) -> str:
        """Where RCON listens, "127.0.0.1:port"."""
        return f"{HOST}:{self.rcon_port}"

    @property
    def save(self) -> Path:
        return self.folder / "saves" / f"{SAVE}.zip"

    @property
    def log_file(self) -> Path:
        """What the server has printed, over all starts in this folder."""
        return self.folder / "server.log"

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def log_tail(self, lines: int = TAIL) -> str:
        """The last lines of the log."""
        try:
            text = self.log_file.read_text("utf-8", errors="replace")
        except OSError:
            return "(no log)"
        return "\n".join(text.splitlines()[-lines:]) or "(the log is empty)"

    # -- before the start --------------------------------------------------------------------------
    def prepare(self, *, seen_as: Path | None = None, data: Path | None = None) -> None:
        """Write the settings and the mod archive into the folder.

        For a server in a container: ``seen_as`` is the folder's path there, ``data`` the game's.
        """
        version, installation = self.program.version, self.program.installation
        series = series_of(version)
        mods = self.folder / "mods"
        pack_mod(mods, game=series, source=self.mod)
        mod_list = settings.mod_list(series, [read_info(self.mod)["name"]])
        settings.write(mods / "mod-list.json", mod_list)
        settings.write(self.folder / "server-settings.json", settings.server_settings())
        generator = settings.map_gen_settings(self.seed)
        settings.write(self.folder / "map-gen-settings.json", generator)
        if installation is not None:
            world = settings.map_settings(installation)
            if world is not None:
                settings.write(self.folder / "map-settings.json", world)
        data = data or (installation.data if installation else None)
        config = settings.config_ini(seen_as or self.folder, data)
        settings.write(self.folder / "config.ini", config)

    def _common(self) -> list[str]:
        mods, config = self.folder / "mods", self.folder / "config.ini"
        return ["--config", str(config), "--mod-directory", str(mods)]

    def create_save(self) -> None:
        """Make the save; LaunchError with the log when that fails."""
        self.save.parent.mkdir(parents=True, exist_ok=True)
        command = [*self.program.command, "--create", str(self.save), *self._common()]
        for name in ("map-gen-settings", "map-settings"):
            file = self.folder / f"{name}.json"
            if file.is_file():
                command += [f"--{name}", str(file)]
        command += ["--map-gen-seed", str(self.seed)]
        with self.log_file.open("ab") as log:
            try:
                done = subprocess.run(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    timeout=self.start_timeout,
                    check=False,
                )
            except subprocess.TimeoutExpired:
                raise LaunchError(
                    f"no save after {self.start_timeout:g} s; the log ends:\n{self.log_tail()}"
                ) from None
            except OSError as error:
                raise LaunchError(f"{self.program.command[0]}: {error}") from None
        if done.returncode != 0 or not self.save.is_file():
            raise LaunchError(
                f"the save was not made (exit code {done.returncode}); "
                f"the log ends:\n{self.log_tail()}"
            )

    # -- running -----------------------------------------------------------------------------------
    def start(self) -> Launcher:
        """Prepare, make the save if there is none, start, and wait until the mod answers.

        LaunchError when the server ends before that or is not ready in time; it is stopped then.
        """
        if self.running:
            raise RuntimeError("the server runs already")
        atexit.register(self.stop)  # also when what follows fails half-way
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.prepare()
            if not self.save.is_file():
                self.create_save()
            self.rcon_port = self.rcon_port or free_port()
            self.game_port = self.game_port or free_port(other_than=self.rcon_port)
            self._spawn()
            self._ready()
        except BaseException:
            self.stop()
            raise
        return self

    def _spawn(self) -> None:
        command = [*self.program.command, "--start-server", str(self.save), *self._common()]
        command += ["--server-settings", str(self.folder / "server-settings.json")]
        command += ["--rcon-bind", self.address, "--rcon-password", self.password]
        command += ["--bind", f"{HOST}:{self.game_port}", *self.arguments]
        self._log = self.log_file.open("ab")
        try:
            # A session of its own: an interrupt at the terminal is for us, and we stop it.
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=self._log,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                start_new_session=True,
            )
        except OSError as error:
            raise LaunchError(f"{self.program.command[0]}: {error}") from None

    def _ready(self) -> None:
        assert self.process is not None
        until = time.monotonic() + self.start_timeout
        said = "RCON is not open"
        while time.monotonic() < until:
            code = self.process.poll()
            if code is not None:
                raise LaunchError(
                    f"the server ended with exit code {code}; the log ends:\n{self.log_tail()}"
                )
            try:
                answer = ask(self.address, self.password, PING, timeout=5.0)
            except (ConnectionError, TimeoutError, PermissionError) as error:
                said = str(error)
            else:
                if answer.startswith("{"):
                    return
                said = f"the mod does not answer; the server said {answer[:200]!r}"
            time.sleep(PAUSE)
        raise LaunchError(
            f"the server is not ready after {self.start_timeout:g} s ({said}); "
            f"the log ends:\n{self.log_tail()}"
        )

    def stop(self) -> None:
        """Ask the server to quit, end it if it does not; a temporary folder goes too."""
        process, self.process = self.process, None
        if process is not None and process.poll() is None:
            _end(process, was_asked=self._ask_to_quit())
        if self._log is not None:
            self._log.close()
            self._log = None
        if self._temporary:
            shutil.rmtree(self.folder, ignore_errors=True)
        atexit.unregister(self.stop)

    def _ask_to_quit(self) -> bool:
        """Whether the server has been told; it need not answer."""
        link = Link(self.address, self.password, timeout=2.0)
        try:
            link.open()
        except (ConnectionError, TimeoutError, PermissionError):
            return False
        with contextlib.suppress(ConnectionError, TimeoutError):
            link.ask("/quit", as_text)
        link.close()
        return True

    def wait(self) -> int:
        """Wait until the server ends by itself; returns its exit code."""
        if self.process is None:
            raise RuntimeError("the server does not run")
        return self.process.wait()

    def kill(self) -> None:
        """End the server at once, as a crash would; the folder stays."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def __enter__(self) -> Launcher:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def _end(process: subprocess.Popen[bytes], *, was_asked: bool) -> None:
    """Wait for a server that was asked to quit; end it if it was not, or does not."""
    if was_asked:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(QUIT_TIMEOUT)
            return
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(TERMINATE_TIMEOUT)
        return
    process.kill()
    process.wait()


def ask(address: str, password: str, command: str, timeout: float = 10.0) -> str:
    """One command over a connection of its own; the answer, "" when there is none.

    Errors as `link.Link.ask`: ConnectionError, TimeoutError, PermissionError (the password).
    """
    link = Link(address, password, timeout)
    try:
        return link.ask(command, as_text)
    finally:
        link.close()


def free_port(other_than: int = 0) -> int:
    """A port of loopback that is free for TCP (RCON) and for UDP (the game)."""
    for _ in range(PORT_TRIES):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp:
            tcp.bind((HOST, 0))
            port = int(tcp.getsockname()[1])
            if port == other_than:
                continue
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
                try:
                    udp.bind((HOST, port))
                except OSError:
                    continue
            return port
    raise OSError(f"no free port on {HOST} after {PORT_TRIES} tries")
