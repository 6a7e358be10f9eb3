"""The embedded Factorio server as one object.

with Server(password="secret") as server:      # in a thread of this process
    ... RCON at 127.0.0.1:server.port ...
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from . import bootstrap as _bootstrap  # registers what it has
from .console import Console
from .host import ServerHost
from .interface import Settings
from .loop import Loop
from .mods import find_mods
from .rcon import RconServer
from .saves import read_save, restore, write_save

VERSION = "2.0.77"
ON_TICK = ("early", "late")
Result = TypeVar("Result")
assert _bootstrap


def make_game(settings: Settings) -> Any:
    """The world over the engine."""
    from .game import Game

    return Game(settings)


class Server:
    """RCON, the mods of a directory in Lua, and a world.

    ``mod_directory``: a folder with mods, or one mod's folder; None is the project's own mod.
    ``port`` 0 takes a free one (see `port`). ``host``: the address to bind; loopback unless told
    otherwise. ``password``: required. ``save``: a save file to start from, else a new map.
    ``version``: the game's version that mods see; its first two numbers decide which members exist.
    ``on_tick``: "early" runs on_tick before the world moves in a tick, "late" after.
    ``check_storage``: after each command, stop if `storage` could not be saved. ``shuffle``: a seed
    for the order of `pairs`. ``warn_first_command``: the first /c only warns, as in the game.
    ``write_folder``: where script-output and saves go; without one nothing is written.
    ``game``: makes the world, for tests.

    Raises `ModProblem`, `SaveProblem`, `ModError` (a mod fails while it loads), `OSError` (port).
    """

    def __init__(
        self,
        mod_directory: str | Path | None = None,
        *,
        password: str,
        port: int = 0,
        host: str = "127.0.0.1",
        save: str | Path | None = None,
        version: str = VERSION,
        seed: int = 0,
        on_tick: str = "early",
        check_storage: bool = True,
        shuffle: int | None = None,
        warn_first_command: bool = True,
        allow_lua: bool = True,
        auto_pause: bool = False,
        write_folder: str | Path | None = None,
        log: Callable[[str], None] = lambda text: None,
        game: Callable[[Settings], Any] = make_game,
    ) -> None:
        if not password:
            raise ValueError("an RCON password is required")
        if on_tick not in ON_TICK:
            raise ValueError(f"on_tick is one of {', '.join(ON_TICK)}, not {on_tick!r}")
        self.write_folder = Path(write_folder) if write_folder else None
        self.log = log
        self.error: BaseException | None = None
        mods = find_mods(Path(mod_directory) if mod_directory else None, version)
        settings = Settings(version=version, write_folder=self.write_folder)
        saved = read_save(Path(save)) if save else None
        self.host = ServerHost(game, mods, settings, seed=seed, shuffle=shuffle, log=log)
        self.host.load()
        if saved:
            restore(self.host, *saved)
        else:
            self.host.start_new()
        self.rcon = RconServer(host, port, password, log)
        self.loop = Loop(
            self.host,
            self.rcon,
            Console(self.host, warn_first=warn_first_command, allow_lua=allow_lua),
            late=on_tick == "late",
            check_storage=check_storage,
            auto_pause=auto_pause,
            save=self._save_by_name,
        )
        self._thread: threading.Thread | None = None
        self._ended = threading.Event()

    @property
    def port(self) -> int:
        """The TCP port of RCON."""
        return self.rcon.port

    @property
    def running(self) -> bool:
        """Whether the loop runs."""
        return self._thread is not None and self._thread.is_alive() and not self._ended.is_set()

    def start(self) -> Server:
        """Run in a thread. When it ends by an error, `error` holds it."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="factorio-server", daemon=True)
            self._thread.start()
        return self

    def serve(self) -> None:
        """Run in this thread until /quit or `stop`. `ModError` when a mod stops the server."""
        self._run()
        if self.error is not None:
            raise self.error

    def stop(self) -> None:
        """Stop and close the sockets; waits until that is done."""
        self.loop.stop()
        if self._thread is None:
            self._close()
        elif self._thread is not threading.current_thread():
            self._thread.join()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the server has ended; whether it has."""
        return self._ended.wait(timeout)

    def call(self, function: Callable[[], Result], timeout: float = 60.0) -> Result:
        """Run a function between two updates, in the server's thread; its result.

        `TimeoutError` if it does not come to its turn in ``timeout`` seconds.
        """
        if not self.running:
            return function()
        done = threading.Event()
        outcome: list[Any] = []

        def job() -> None:
            try:
                outcome.extend((True, function()))
            except Exception as error:
                outcome.extend((False, error))
            done.set()

        self.loop.post(job)
        if not done.wait(timeout):
            raise TimeoutError(f"the server did not answer in {timeout:g} s")
        if not outcome[0]:
            raise outcome[1]
        result: Result = outcome[1]
        return result

    def execute(self, line: str) -> str:
        """Run a console line as if it came over RCON; the answer."""
        return self.call(lambda: self.loop.console.execute(line))

    def save(self, path: str | Path) -> None:
        """Save between two updates. `LuaError` if `storage` cannot be saved."""
        self.call(lambda: write_save(self.host, Path(path)))

    def __enter__(self) -> Server:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    # Parts --------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            self.loop.run()
        except Exception as error:
            self.error = error
            self.log(f"Error: {error}")
        finally:
            self._ended.set()
            self._close()

    def _close(self) -> None:
        self._ended.set()
        self.rcon.close()

    def _save_by_name(self, name: str) -> None:
        if self.write_folder is None:
            self.log("No save was written: the server has no folder to write to.")
            return
        folder = self.write_folder / "saves"
        path = folder / f"{name.removesuffix('.zip')}.zip"
        if folder.resolve() not in path.resolve().parents:
            self.log(f"No save was written: {name!r} is no name of a save.")
            return
        write_save(self.host, path)
        self.log(f"Saved to {path}.")
