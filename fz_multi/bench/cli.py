"""``fz-multi bench``: policies over tasks, team sizes and frozen seeds, with every metric."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from .plan import BACKENDS, MAX_SEEDS, Episode, Settings

MAX_JOBS = 256
DEFAULT_POLICIES = ("scripted", "open-loop", "random", "no-op")
EPILOG = """policies: scripted, open-loop, random, no-op, checkpoint:PATH, MODULE:NAME or
FILE.py:NAME (a function f(observation, info) -> action, or a policy), 'json:COMMAND' and
tcp:HOST:PORT (programs that speak JSON lines). LABEL=SPEC gives one a name, LABEL@TASK=SPEC for one
task. docs/benchmark.md has examples of each."""


def add_parser(commands: Any) -> None:
    """Add ``bench`` to the command line."""
    bench = commands.add_parser(
        "bench",
        help="compare policies over tasks, team sizes and frozen seeds",
        description="Play policies over tasks, team sizes and frozen seeds; write every episode as "
        "a JSON line, the tables, and a report in one HTML page.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    bench.set_defaults(run=run)
    what = bench.add_argument_group("what is played")
    what.add_argument("tasks", nargs="*", metavar="TASK", help="tasks (default: all that exist)")
    what.add_argument(
        "--policies", nargs="+", default=list(DEFAULT_POLICIES), metavar="POLICY",
        help="who plays (default: scripted open-loop random no-op)",
    )  # fmt: skip
    what.add_argument(
        "--agents", type=int, nargs="+", default=[1, 2, 4], metavar="N",
        help="team sizes, 1 to 16 (default: 1 2 4)",
    )  # fmt: skip
    what.add_argument(
        "--seeds", type=int, default=100, metavar="N",
        help="seeds 0 to N - 1 (default: %(default)s)",
    )  # fmt: skip
    what.add_argument(
        "--split", choices=("train", "eval"), default="eval",
        help="which maps (default: %(default)s)",
    )  # fmt: skip
    what.add_argument(
        "--replaced", type=int, default=20, metavar="N",
        help="on so many seeds, each agent in turn only waits (default: %(default)s)",
    )  # fmt: skip
    what.add_argument(
        "--cross-play", nargs="+", default=[], metavar="POLICY",
        help="policies that also play with each other",
    )  # fmt: skip
    what.add_argument(
        "--import", nargs="+", default=[], dest="imports", metavar="MODULE",
        help="modules or files to import first, which register tasks and teams",
    )  # fmt: skip
    where = bench.add_argument_group("where it is played")
    where.add_argument(
        "--backend", choices=BACKENDS, nargs="+", default=["embedded"],
        help="both: the gap to the game, seed by seed (default: embedded)",
    )  # fmt: skip
    where.add_argument(
        "--address", metavar="HOST:PORT", help="RCON of a server (default: an embedded server)"
    )
    where.add_argument("--password", default="", metavar="TEXT", help="of that server's RCON")
    where.add_argument("--speed", type=float, metavar="X", help="of that server, 1 = 60 ticks/s")
    where.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, metavar="N",
        help="processes (default: one a core, %(default)s)",
    )  # fmt: skip
    where.add_argument(
        "--ray", nargs="?", const="", metavar="ADDRESS",
        help="spread the episodes over a Ray cluster (without ADDRESS: one on this machine)",
    )  # fmt: skip
    results = bench.add_argument_group("results")
    results.add_argument(
        "--out", type=Path, default=Path("fz_multi-bench"), metavar="DIR",
        help="folder of the results (default: %(default)s)",
    )  # fmt: skip
    results.add_argument(
        "--resume", action="store_true", help="go on with the results in DIR: play what is missing"
    )
    results.add_argument("--no-report", action="store_true", help="write no HTML report")
    results.add_argument("--json", action="store_true", help="print one JSON object, no tables")


def run(options: argparse.Namespace) -> int:
    """The command. Returns the exit code."""
    from ..cli import OK, UsageError
    from ..engine import warmup
    from .store import Results, ResultsError

    try:
        settings = read_settings(options)
    except ValueError as error:
        raise UsageError(str(error)) from None
    warmup.import_entries(strict=False)
    warmup.compile_missing()  # once, before there are many processes
    try:
        results = Results(options.out, settings, resume=options.resume)
    except (ResultsError, OSError) as error:
        raise UsageError(str(error)) from None
    try:
        episodes = list(settings.episodes())
        _play(results, episodes, settings, options)
        results.finish()
    except BaseException as error:
        if results.records and not isinstance(error, UsageError):
            print(
                f"fz-multi: {len(results.records):,} of {len(episodes):,} episodes are in "
                f"{options.out}; the same command with --resume goes on",
                file=sys.stderr,
            )
        raise
    finally:
        results.close()
    _write(options, settings)
    return OK


def read_settings(options: argparse.Namespace) -> Settings:
    """Check the arguments. ValueError says what is wrong and what is allowed."""
    import fz_multi

    from ..cli import _task
    from .sources import load_module, read_source

    imports = tuple(
        str(Path(place).resolve()) if place.endswith(".py") else place for place in options.imports
    )
    for place in imports:
        load_module(place)
    tasks = _unique(options.tasks or list(fz_multi.tasks()), "TASK")
    for name in tasks:
        _task(name)
    teams = _unique(options.agents, "--agents")
    _within("--seeds", options.seeds, 1, MAX_SEEDS)
    _within("--replaced", options.replaced, 0, MAX_SEEDS)
    _within("--jobs", options.jobs, 1, MAX_JOBS)
    for agents in teams:
        _within("--agents", agents, 1, 16)
    crossed = [read_source(text) for text in _unique(options.cross_play, "--cross-play")]
    if len(crossed) == 1:
        raise ValueError("--cross-play needs two policies or more")
    if crossed and max(teams) < 2:
        raise ValueError("--cross-play needs a team of two or more (--agents)")
    sources = [read_source(text) for text in _unique(options.policies, "--policies")]
    sources += [source for source in crossed if source not in sources]
    for task in tasks:
        _unique([s.label for s in sources if s.plays(task)], f"labels of policies on {task}")
    for source in sources:
        if source.task is not None and source.task not in tasks:
            raise ValueError(f"policy {source.label}@{source.task}: that task is not played")
    server = _server(options)
    settings = Settings(
        tasks=tasks,
        teams=teams,
        policies=tuple(sources),
        seeds=options.seeds,
        split=options.split,
        backends=_unique(options.backend, "--backend"),
        replaced=options.replaced,
        cross=tuple(dict.fromkeys(source.label for source in crossed)),
        imports=imports,
        server=server,
    )
    _try_out(settings)
    return settings


def _server(options: argparse.Namespace) -> tuple[tuple[str, Any], ...]:
    if options.address is None:
        if options.password or options.speed is not None:
            raise ValueError("--password and --speed go with --address")
        return ()
    if "factorio" not in options.backend:
        raise ValueError("--address goes with --backend factorio")
    if options.jobs != 1 or options.ray is not None:
        raise ValueError("one server plays one episode at a time: give --jobs 1 with --address")
    given = {"address": options.address, "password": options.password, "speed": options.speed}
    return tuple((name, value) for name, value in given.items() if value is not None)


def _try_out(settings: Settings) -> None:
    """Find out now what a task has no team or no map for, not after an hour."""
    from ..options import read_options
    from .scripted import has_team
    from .sources import load_source

    for task in settings.tasks:
        for agents in settings.teams:
            read_options(task, num_agents=agents)
        for source in settings.policies:
            needs_team = source.spec in ("scripted", "open-loop") and source.plays(task)
            if needs_team and not has_team(task):
                raise ValueError(f"task {task!r} has no scripted team, so no policy {source.spec}")
    for source in settings.policies:
        if source.plays_commands:
            if source.label in settings.cross:
                raise ValueError(f"{source.label} plays by commands, and cannot be in --cross-play")
        elif ":" in source.spec:
            load_source(source, source.task or settings.tasks[0], settings.teams[0])


def _within(name: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise ValueError(f"{name} is from {low} to {high}, got {value}")


def _unique(values: Sequence[Any], what: str) -> tuple[Any, ...]:
    twice = [value for value in dict.fromkeys(values) if list(values).count(value) > 1]
    if twice:
        raise ValueError(f"{what}: {twice[0]} stands there twice")
    return tuple(values)


# -- playing ---------------------------------------------------------------------------------------
def _play(
    results: Any, episodes: list[Episode], settings: Settings, options: argparse.Namespace
) -> None:
    from tqdm import tqdm

    missing = results.missing(episodes)
    bar = tqdm(
        total=len(episodes),
        initial=len(episodes) - len(missing),
        unit="episode",
        file=sys.stderr,
        disable=None,
        desc="bench",
        smoothing=0.05,
    )
    with bar:
        for played in _players(missing, settings, options):
            results.add(played)
            bar.update()


def _players(
    missing: list[Episode], settings: Settings, options: argparse.Namespace
) -> Iterator[Any]:
    from .pool import play_all, play_on_ray

    if options.ray is not None:
        return play_on_ray(missing, settings, options.ray or None, options.jobs)
    return play_all(missing, settings, options.jobs)


# -- what is written -------------------------------------------------------------------------------
def _write(options: argparse.Namespace, settings: Settings) -> None:
    from .aggregate import crosses_of, overall, rows_of
    from .store import EPISODES, read_lines, write_text
    from .summary import tables_of

    records = read_lines(options.out / EPISODES)
    rows, whole = rows_of(records), overall(records)
    crosses = crosses_of(records, settings.cross)
    tables = tables_of(rows, whole, crosses)
    text = "\n\n".join(table.text() for table in tables)
    write_text(options.out / "table.txt", text + "\n")
    write_text(options.out / "table.md", "\n\n".join(t.markdown() for t in tables) + "\n")
    files = [EPISODES, "run.json", "table.txt", "table.md"]
    if not options.no_report:
        from .report import write_report

        write_report(options.out)
        files.append("report.html")
    paths = [str(options.out / name) for name in files]
    if options.json:
        out = {"rows": [row.as_dict() for row in rows], "all_tasks": whole, "files": paths}
        print(json.dumps(out))
    else:
        print(text)
        for path in paths:
            print(f"wrote {path}")
