"""Commands around real servers: ``fz-multi mod | launch | doctor | bridge``."""

from __future__ import annotations

import argparse
import contextlib
import json
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

OK, FAILED = 0, 1
ADDRESS = "127.0.0.1:27015"


class UsageError(ValueError):
    """Arguments that make no sense."""


def add_parsers(commands: Any) -> None:
    """Add the commands to the subparsers of ``fz-multi``; each sets ``run(options) -> code``."""
    _add_mod(commands)
    _add_launch(commands)
    _add_doctor(commands)
    _add_bridge(commands)


def _add_mod(commands: Any) -> None:
    mod = commands.add_parser(
        "mod",
        help="pack the Factorio mod, or show where it is",
        description="Pack the Factorio mod for a server's mods folder, or show where it is.",
    )
    parts = mod.add_subparsers(dest="part", metavar="PART", required=True)
    pack = parts.add_parser(
        "pack",
        help="write the archives",
        description="Write the mod's archive for Factorio 2.0 and for 2.1. Both have the same "
        "name, so they go into DIR/2.0 and DIR/2.1; with --game, one goes into DIR itself.",
    )
    pack.add_argument(
        "dir",
        nargs="?",
        type=Path,
        default=Path("fz_multi-mod"),
        metavar="DIR",
        help="folder for the archives (default: %(default)s)",
    )
    pack.add_argument(
        "--game", metavar="VERSION", help="for this version of the game only, such as 2.0 or 2.1.9"
    )
    pack.add_argument("--json", action="store_true", help="print one JSON object")
    pack.set_defaults(run=_mod_pack)
    path = parts.add_parser("path", help="print the mod's folder")
    path.add_argument("--json", action="store_true", help="print one JSON object")
    path.set_defaults(run=_mod_path)


def _add_launch(commands: Any) -> None:
    launch = commands.add_parser(
        "launch",
        help="start a Factorio server that agents play on",
        description="Prepare a folder (settings, mod, save), start the Factorio on this machine in "
        "it, print how to reach it, and stop it on Ctrl-C.",
    )
    launch.add_argument("folder", type=Path, metavar="DIR", help="the server's folder")
    launch.add_argument(
        "--factorio", type=Path, metavar="PATH", help="program or folder of the game"
    )
    launch.add_argument(
        "--embedded", action="store_true", help="start the embedded server in place of the game"
    )
    launch.add_argument(
        "--container",
        metavar="VERSION",
        help="only write the folder, for a container with this version of the game "
        "(docs/compose.yaml)",
    )
    launch.add_argument("--rcon-port", type=int, default=0, metavar="PORT", help="0: any free one")
    launch.add_argument("--port", type=int, default=0, metavar="PORT", help="of the game (UDP)")
    _add_password(launch, "RCON password (default: a random one)")
    launch.add_argument(
        "--json", action="store_true", help="print one JSON object when it is ready"
    )
    launch.set_defaults(run=_launch)


def _add_doctor(commands: Any) -> None:
    doctor = commands.add_parser(
        "doctor",
        help="check a server step by step",
        description="Check a server that runs the mod, from the connection to a minute of a task "
        "that is played on it and in the engine at once. Nobody else should play on it meanwhile. "
        "Exits with 0 only when all is well.",
    )
    _add_server(doctor, positional=True)
    doctor.add_argument(
        "--task", default="two_cells", metavar="TASK", help="task to play (default: %(default)s)"
    )
    doctor.add_argument(
        "--agents", type=int, default=2, metavar="N", help="team size (default: %(default)s)"
    )
    doctor.add_argument("--seed", type=int, default=0, metavar="S", help="which map")
    doctor.add_argument(
        "--ticks",
        type=int,
        default=3600,
        metavar="N",
        help="how long the task is played (default: %(default)s, a minute)",
    )
    doctor.add_argument(
        "--speed",
        type=float,
        default=10.0,
        metavar="X",
        help="speed of the game meanwhile, 1 = 60 ticks a second (default: %(default)s)",
    )
    doctor.add_argument(
        "--timeout",
        type=float,
        default=20.0,
        metavar="SECONDS",
        help="how long to wait for an answer (default: %(default)s)",
    )
    doctor.add_argument(
        "--fix", action="store_true", help="set the on_tick setting as it was measured"
    )
    doctor.add_argument("--json", action="store_true", help="print one JSON object")
    doctor.set_defaults(run=_doctor)


def _add_bridge(commands: Any) -> None:
    bridge = commands.add_parser(
        "bridge",
        help="apply command files, write states as files",
        description="Apply the command files DIR/gym_commands/cmd_*.json through the exchange, "
        "once each and in the order of their names, and keep the newest state of each agent in "
        "DIR/gym_state. One file is one step. Without --ticks and --free somebody else has to "
        "move the clock. Ends on Ctrl-C; a bridge that was killed can be started again.",
    )
    bridge.add_argument("dir", type=Path, metavar="DIR", help="folder of the channel")
    _add_server(bridge, positional=False)
    bridge.add_argument(
        "--arena", type=int, default=0, metavar="N", help="arena on the server (default: 0)"
    )
    clock = bridge.add_mutually_exclusive_group()
    clock.add_argument(
        "--ticks", type=int, default=0, metavar="N", help="ticks to run after each file"
    )
    clock.add_argument("--free", action="store_true", help="let the clock run freely")
    bridge.add_argument(
        "--task",
        metavar="TASK",
        help="lay out this task's map first, if the arena does not exist yet",
    )
    bridge.add_argument("--agents", type=int, default=2, metavar="N", help="with --task: team size")
    bridge.add_argument("--seed", type=int, default=0, metavar="S", help="with --task: which map")
    bridge.add_argument(
        "--grace",
        type=float,
        default=1.0,
        metavar="SECONDS",
        help="how long a file may be half-written (default: %(default)s)",
    )
    bridge.add_argument(
        "--state-every",
        type=float,
        default=1.0,
        metavar="SECONDS",
        help="how often states are written while nothing is sent; 0 = never (default: %(default)s)",
    )
    bridge.add_argument(
        "--patience",
        type=float,
        default=60.0,
        metavar="SECONDS",
        help="how long to try to reach a server that has gone (default: %(default)s)",
    )
    bridge.add_argument(
        "--timeout",
        type=float,
        default=10.0,
        metavar="SECONDS",
        help="how long to wait for an answer (default: %(default)s)",
    )
    bridge.add_argument("--once", action="store_true", help="end when no file waits")
    bridge.add_argument("--json", action="store_true", help="print one JSON object at the end")
    bridge.set_defaults(run=_bridge)


def _add_server(parser: argparse.ArgumentParser, *, positional: bool) -> None:
    about = f"host:port of the server's RCON (default: {ADDRESS})"
    if positional:
        parser.add_argument("address", nargs="?", default=ADDRESS, metavar="ADDRESS", help=about)
    else:
        parser.add_argument("--address", default=ADDRESS, metavar="ADDRESS", help=about)
    _add_password(parser, "RCON password")


def _add_password(parser: argparse.ArgumentParser, about: str) -> None:
    parser.add_argument("--password", metavar="TEXT", help=about)
    parser.add_argument(
        "--password-file", type=Path, metavar="FILE", help="a file whose first line is the password"
    )


def _password(options: argparse.Namespace, default: str | None = "") -> str | None:
    if options.password is not None and options.password_file is not None:
        raise UsageError("give --password or --password-file, not both")
    if options.password_file is not None:
        lines = options.password_file.read_text("utf-8").splitlines()
        return str(lines[0]) if lines else ""
    return default if options.password is None else str(options.password)


def _guarded(run: Callable[[argparse.Namespace], int]) -> Callable[[argparse.Namespace], int]:
    """Slips in the arguments become the command line's own kind of error."""

    def guarded(options: argparse.Namespace) -> int:
        try:
            return run(options)
        except UsageError as error:
            from fz_multi import cli

            raise cli.UsageError(str(error)) from None

    return guarded


def _end(*_: object) -> None:
    """On SIGTERM: leave as on Ctrl-C, so that what was started is stopped."""
    raise KeyboardInterrupt


# -- mod -------------------------------------------------------------------------------------------


@_guarded
def _mod_pack(options: argparse.Namespace) -> int:
    from fz_multi.factorio.pack import SERIES, pack_all, pack_mod, series_of

    if options.game is None:
        paths = pack_all(options.dir)
        packed = dict(zip(SERIES, paths, strict=True))
    else:
        try:
            series = series_of(options.game)
        except ValueError as error:
            raise UsageError(f"--game: {error}") from None
        packed = {series: pack_mod(options.dir, game=series)}
    if options.json:
        print(json.dumps({series: str(path) for series, path in packed.items()}))
    else:
        for series, path in packed.items():
            print(f"wrote {path} (Factorio {series})")
    return OK


def _mod_path(options: argparse.Namespace) -> int:
    from fz_multi.factorio.pack import mod_folder, read_info

    folder = mod_folder()
    if options.json:
        info = read_info(folder)
        print(json.dumps({"path": str(folder), "name": info["name"], "version": info["version"]}))
    else:
        print(folder)
    return OK


# -- launch ----------------------------------------------------------------------------------------


@_guarded
def _launch(options: argparse.Namespace) -> int:
    from fz_multi.factorio.launch import CONTAINER, Launcher, Program, embedded, real
    from fz_multi.factorio.pack import series_of

    if sum(map(bool, (options.embedded, options.factorio, options.container))) > 1:
        raise UsageError("give one of --embedded, --factorio and --container")
    if options.container:
        try:
            series_of(options.container)
        except ValueError as error:
            raise UsageError(f"--container: {error}") from None
        folder, data = CONTAINER
        server = Launcher(Program(("factorio",), options.container), options.folder)
        server.prepare(seen_as=folder, data=data)
        print(json.dumps({"folder": str(server.folder)}) if options.json else server.folder)
        return OK
    try:
        program = embedded() if options.embedded else real(options.factorio)
    except FileNotFoundError as error:
        hint = "name it with --factorio, or take --embedded, which needs no game"
        raise FileNotFoundError(f"{error}\n{hint}") from None
    server = Launcher(
        program,
        options.folder,
        password=_password(options, None),
        rcon_port=options.rcon_port,
        game_port=options.port,
    )
    signal.signal(signal.SIGTERM, _end)
    with server:
        if options.json:
            where = {"address": server.address, "password": server.password}
            print(json.dumps({**where, "folder": str(server.folder)}), flush=True)
        else:
            print(f"Factorio {program.version} is ready in {server.folder}")
            print(f"address {server.address}, password {server.password}", flush=True)
        code = server.wait()
    print(f"fz-multi: the server ended with exit code {code}", file=sys.stderr)
    return FAILED


# -- doctor ----------------------------------------------------------------------------------------


@_guarded
def _doctor(options: argparse.Namespace) -> int:
    from fz_multi import tasks
    from fz_multi.factorio import doctor

    if options.task not in tasks():
        raise UsageError(f"no task is called {options.task!r}; there are: {', '.join(tasks())}")
    if not 1 <= options.agents <= 16:
        raise UsageError(f"--agents is from 1 to 16, got {options.agents}")
    if options.ticks < 1 or not 0.01 <= options.speed <= 1000 or options.timeout <= 0:
        raise UsageError("--ticks is 1 or more, --speed from 0.01 to 1000, --timeout above 0")
    if options.seed < 0:
        raise UsageError(f"--seed is 0 or more, got {options.seed}")
    try:
        checks = doctor.Doctor(
            options.address,
            _password(options) or "",
            task=options.task,
            agents=options.agents,
            seed=options.seed,
            ticks=options.ticks,
            speed=options.speed,
            timeout=options.timeout,
            fix=options.fix,
        )
    except ValueError as error:
        raise UsageError(str(error)) from None
    findings = []
    for finding in checks.run():
        findings.append(finding)
        if not options.json:
            print(f"{finding.state:8} {finding.check:14} {finding.found}", flush=True)
            if finding.advice:
                print(f"{'':23} -> {finding.advice}", flush=True)
    well = all(finding.state == doctor.OK for finding in findings)
    if options.json:
        rows = [finding.as_dict() for finding in findings]
        print(json.dumps({"address": options.address, "ok": well, "checks": rows}))
    else:
        print("all is well" if well else "not all is well")
    return OK if well else FAILED


# -- bridge ----------------------------------------------------------------------------------------


@_guarded
def _bridge(options: argparse.Namespace) -> int:
    from fz_multi.factorio.bridge import Bridge, BridgeOptions, lay_out
    from fz_multi.factorio.exchange import Exchange

    if options.ticks < 0 or min(options.grace, options.state_every, options.patience) < 0:
        raise UsageError("--ticks, --grace, --state-every and --patience are 0 or more")
    settings = BridgeOptions(
        arena=options.arena,
        ticks=options.ticks,
        grace=options.grace,
        state_every=options.state_every,
        patience=options.patience,
    )
    try:
        exchange = Exchange(options.address, _password(options) or "", options.timeout)
    except ValueError as error:
        raise UsageError(str(error)) from None

    def say(text: str) -> None:
        print(f"fz-multi: {text}", file=sys.stderr, flush=True)

    signal.signal(signal.SIGTERM, _end)
    with Bridge(options.dir, exchange, settings, say=say) as bridge:
        if options.task is not None:
            made = lay_out(exchange, options.arena, options.task, options.agents, options.seed)
            say(f"arena {options.arena}: {'laid out' if made else 'exists'}")
        if options.free:
            exchange.free(True)
        try:
            say(f"serving {options.dir} for {options.address}")
            bridge.run(once=options.once)
        except KeyboardInterrupt:
            say("interrupted")
        finally:
            if options.free:  # nobody would see to the world any more
                with contextlib.suppress(OSError, RuntimeError):
                    exchange.free(False)
        if options.json:
            print(json.dumps({"applied": bridge.applied, "refused": bridge.refused}))
        else:
            print(f"{bridge.applied} files applied, {bridge.refused} refused")
    return OK
