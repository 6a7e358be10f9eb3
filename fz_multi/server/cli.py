"""``fz-multi serve``: the embedded server, with the names of Factorio's flags."""

from __future__ import annotations

import argparse
import configparser
import gc
import json
import signal
import sys
from pathlib import Path
from typing import Any

HOST, PORT = "127.0.0.1", 27015
FAILED, USAGE = 1, 2


def add_parser(subparsers: Any) -> None:
    """Add ``serve`` to the command line."""
    serve = subparsers.add_parser(
        "serve",
        help="run the embedded Factorio server",
        description="Run the embedded Factorio server: RCON, the mods, and a world. It loads the "
        "project's mod unless a mod directory is given, and listens on loopback only unless an "
        "address is given. Flags are named as Factorio's.",
    )
    serve.set_defaults(run=run)
    world = serve.add_argument_group("map")
    world.add_argument("--create", metavar="FILE", help="make a save file and exit")
    world.add_argument("--start-server", metavar="FILE", help="start from a save file")
    world.add_argument("--map-gen-seed", type=int, default=0, metavar="N", help="seed of the map")
    for name in ("--map-gen-settings", "--map-settings", "--preset"):
        world.add_argument(name, metavar="FILE", help="accepted; maps are laid out by the mod")
    rcon = serve.add_argument_group("RCON")
    rcon.add_argument("--rcon-port", type=int, metavar="PORT", help=f"TCP port (default: {PORT})")
    rcon.add_argument(
        "--rcon-bind", metavar="ADDRESS:PORT", help=f"address and port (default: {HOST}:{PORT})"
    )
    rcon.add_argument("--rcon-password", metavar="TEXT", help="required")
    rcon.add_argument(
        "--rcon-password-file", type=Path, metavar="FILE", help="file whose first line it is"
    )
    mods = serve.add_argument_group("mods and files")
    mods.add_argument("--mod-directory", metavar="DIR", help="default: the project's own mod")
    mods.add_argument("--config", type=Path, metavar="FILE", help="[path] write-data= is used")
    mods.add_argument(
        "--write-data", type=Path, metavar="DIR", help="folder of script-output and saves"
    )
    mods.add_argument("--server-settings", type=Path, metavar="FILE", help="JSON, as Factorio's")
    mods.add_argument("--console-log", type=Path, metavar="FILE", help="append the log to a file")
    own = serve.add_argument_group("of this server only")
    own.add_argument("--game-version", metavar="VERSION", help="version that mods see")
    own.add_argument(
        "--on-tick", choices=("early", "late"), default="early",
        help="whether on_tick comes before or after the world moves in a tick",
    )  # fmt: skip
    own.add_argument(
        "--check-storage", action="store_true",
        help="stop as soon as a mod's storage could not be saved",
    )  # fmt: skip
    ignored = serve.add_argument_group("accepted without effect")
    for name in ("--port", "--bind", "--executable-path", "--server-id", "--server-adminlist"):
        ignored.add_argument(name, metavar="VALUE", help=argparse.SUPPRESS)
    for name in ("--disable-audio", "--no-log-rotation", "--enable-lua-udp"):
        ignored.add_argument(name, action="store_true", help=argparse.SUPPRESS)


def run(args: argparse.Namespace) -> int:
    """Run ``serve``; the exit code."""
    from .mods import ModProblem
    from .saves import SaveProblem, write_save
    from .server import VERSION, Server

    try:
        options = _options(args)
        host, port = _address(args)
        password = _password(args)
    except ValueError as error:
        print(f"fz-multi: error: {error}", file=sys.stderr)
        return USAGE
    log = _Log(args.console_log)
    try:
        if args.create:
            made = Server(
                args.mod_directory, password=password or "-", seed=args.map_gen_seed, log=log,
                version=args.game_version or VERSION,
            )  # fmt: skip
            write_save(made.host, Path(args.create))
            made.stop()
            print(f"Created {args.create}.", flush=True)
            return 0
        if not password:
            print("fz-multi: error: --rcon-password is required", file=sys.stderr)
            return USAGE
        server = Server(
            args.mod_directory, password=password, host=host, port=port, save=args.start_server,
            version=args.game_version or VERSION, seed=args.map_gen_seed, on_tick=args.on_tick,
            check_storage=args.check_storage, log=log, **options,
        )  # fmt: skip
    except (ModProblem, SaveProblem, OSError) as error:
        print(f"fz-multi: error: {error}", file=sys.stderr)
        return FAILED
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: server.loop.stop())
    gc.collect()
    gc.freeze()  # what is here stays: a collection in mid-tick need not look at it
    mods = ", ".join(f"{name} {version}" for name, version in server.host.settings.mods.items())
    print(f"Ready: RCON at {host}:{server.port} ({mods}).", flush=True)
    try:
        server.serve()
    except RuntimeError:
        return FAILED  # the log has said why
    print("Goodbye.", flush=True)
    return 0


class _Log:
    """Lines to stdout, and to a file if one is named."""

    def __init__(self, path: Path | None) -> None:
        self.file = path.open("a", encoding="utf-8") if path else None

    def __call__(self, text: str) -> None:
        print(text, flush=True)
        if self.file:
            self.file.write(text + "\n")
            self.file.flush()


def _address(args: argparse.Namespace) -> tuple[str, int]:
    if args.rcon_bind:
        if args.rcon_port is not None:
            raise ValueError("give --rcon-bind or --rcon-port, not both")
        host, _, port = args.rcon_bind.rpartition(":")
        if not host or not port.isdigit():
            raise ValueError(f"--rcon-bind wants ADDRESS:PORT, got {args.rcon_bind!r}")
        return host.strip("[]"), _port(int(port))
    return HOST, _port(PORT if args.rcon_port is None else args.rcon_port)


def _port(number: int) -> int:
    if not 0 <= number <= 65535:
        raise ValueError(f"a port is 0 (any) to 65535, not {number}")
    return number


def _password(args: argparse.Namespace) -> str:
    if args.rcon_password_file:
        try:
            lines = args.rcon_password_file.read_text(encoding="utf-8").splitlines()
        except OSError as error:
            raise ValueError(f"--rcon-password-file: {error}") from None
        return lines[0] if lines else ""
    return args.rcon_password or ""


def _options(args: argparse.Namespace) -> dict[str, Any]:
    """What the settings files say."""
    options: dict[str, Any] = {"write_folder": args.write_data}
    if args.config and args.write_data is None:
        parser = configparser.ConfigParser(interpolation=None)
        try:
            parser.read_string(args.config.read_text(encoding="utf-8"))
        except (OSError, configparser.Error) as error:
            raise ValueError(f"--config: {error}") from None
        folder = parser.get("path", "write-data", fallback=None)
        options["write_folder"] = Path(folder) if folder else None
    if args.server_settings:
        try:
            settings = json.loads(args.server_settings.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ValueError(f"--server-settings: {error}") from None
        if not isinstance(settings, dict):
            raise ValueError("--server-settings: the file holds no object")
        allow = settings.get("allow_commands", "admins-only")
        if allow not in ("true", "false", "admins-only"):  # a string in the game too
            raise ValueError(f"--server-settings: allow_commands is a string, not {allow!r}")
        options["allow_lua"] = allow != "false"  # over RCON one is an admin
        options["auto_pause"] = bool(settings.get("auto_pause", True))
    return options
