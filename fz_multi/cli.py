"""The command line: ``fz-multi demo | replay | bench | tasks | warmup | serve | launch | ...``.

Exit codes: 0 done, 1 an error while running, 2 wrong arguments, 3 not solved (with
``--must-solve``), 130 interrupted. Results go to stdout, progress and errors to stderr.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from . import __version__

OK, FAILED, USAGE, UNSOLVED, INTERRUPTED = 0, 1, 2, 3, 130
POLICIES = ("scripted", "open-loop", "random", "no-op")  # fz_multi.bench.POLICIES, not imported yet


class UsageError(Exception):
    """Arguments that make no sense: exit code 2."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.command is None:
        parser.print_help()
        return USAGE
    try:
        return int(options.run(options))
    except UsageError as error:
        print(f"fz-multi: error: {error}", file=sys.stderr)
        return USAGE
    except KeyboardInterrupt:
        print("fz-multi: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # the reader of our output went away, as in `fz-multi tasks | head -1`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except (ValueError, RuntimeError, OSError) as error:
        print(f"fz-multi: error: {error}", file=sys.stderr)
        return FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="fz-multi", description="A team of agents builds a factory together."
    )
    parser.add_argument("--version", action="version", version=f"fz_multi {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    _add_demo(commands)
    _add_replay(commands)
    _add_bench(commands)
    _add_tasks(commands)
    _add_warmup(commands)
    _add_servers(commands)
    return parser


def _add_replay(commands: Any) -> None:
    from . import replay_cli

    replay_cli.add_parser(commands)


def _add_bench(commands: Any) -> None:
    from .bench import cli as bench

    bench.add_parser(commands)


def _add_servers(commands: Any) -> None:
    """The commands of the embedded server and of those around real ones."""
    from .factorio import cli as factorio
    from .server import cli as server

    server.add_parser(commands)
    factorio.add_parsers(commands)


def _add_demo(commands: Any) -> None:
    demo = commands.add_parser(
        "demo",
        help="play a task, print the metrics, write a GIF, a PNG and a replay",
        description="Play a task with a team, print its metrics, and write a GIF and a PNG of it, "
        "and a replay file (see `fz-multi replay`).",
    )
    demo.add_argument(
        "task",
        nargs="?",
        default="two_cells",
        metavar="TASK",
        help="a name that `fz-multi tasks` lists (default: %(default)s)",
    )
    demo.add_argument(
        "--agents",
        type=int,
        default=2,
        metavar="N",
        help="team size, 1 to 16 (default: %(default)s)",
    )
    demo.add_argument(
        "--policy", choices=POLICIES, default="scripted", help="who plays (default: %(default)s)"
    )
    demo.add_argument(
        "--seed", type=int, default=0, metavar="S", help="which map (default: %(default)s)"
    )
    demo.add_argument(
        "--split",
        choices=("train", "eval"),
        default="train",
        help="which maps (default: %(default)s)",
    )
    demo.add_argument(
        "--out",
        type=Path,
        default=Path("fz_multi-demo"),
        metavar="DIR",
        help="folder for the pictures (default: %(default)s)",
    )
    demo.add_argument(
        "--frames",
        type=int,
        default=120,
        metavar="N",
        help="pictures in the GIF at most; 0 = write nothing (default: %(default)s)",
    )
    demo.add_argument(
        "--width",
        type=int,
        default=960,
        metavar="PIXELS",
        help="width of the GIF (default: %(default)s)",
    )
    demo.add_argument(
        "--html", action="store_true", help="write a page too that plays the episode in a browser"
    )
    demo.add_argument("--must-solve", action="store_true", help="exit with 3 if it is not solved")
    demo.add_argument("--json", action="store_true", help="print one JSON object, no table")
    demo.set_defaults(run=_demo)


def _add_tasks(commands: Any) -> None:
    tasks = commands.add_parser(
        "tasks",
        help="list the tasks, or show one",
        description="List the tasks, or print the page of one.",
    )
    tasks.add_argument("task", nargs="?", metavar="TASK", help="print the page of this task")
    tasks.add_argument("--json", action="store_true", help="one JSON object a task")
    tasks.set_defaults(run=_tasks)


def _add_warmup(commands: Any) -> None:
    warmup = commands.add_parser(
        "warmup",
        help="compile the engine now",
        description="Compile the engine now, so that the next start is quick.",
    )
    warmup.add_argument("--json", action="store_true", help="print one JSON object, no progress")
    warmup.set_defaults(run=_warmup)


# -- demo ------------------------------------------------------------------------------------------


def _demo(options: argparse.Namespace) -> int:
    _check_demo(options)
    from tqdm import tqdm

    from . import bench
    from .engine import warmup
    from .replay import Recorder

    task = _task(options.task)
    _make_folder(options)
    try:
        policy = bench.make_policy(options.policy, options.task, options.agents)
    except ValueError as error:
        raise UsageError(str(error)) from None
    warmup.import_entries(strict=False)
    warmup.compile_missing()  # now, so that its progress does not mix with the episode's
    bar = tqdm(total=task.max_ticks, unit="tick", file=sys.stderr, disable=None, desc=options.task)
    camera = _Camera(options)
    with bar:

        def watch(env: Any, step: int) -> None:
            bar.update(env.tick - bar.n)
            camera.look(env)

        mode = "rgb_array" if options.frames else None
        recorder = Recorder()
        metrics, env = bench.run(
            options.task,
            policy,
            agents=options.agents,
            seed=options.seed,
            split=options.split,
            watch=watch,
            recorder=recorder,
            render_mode=mode,
        )
        bar.total = bar.n  # solved before the limit
        bar.refresh()
        files = camera.develop(env)
        files += _keep(options, recorder.replay())
        env.close()
    if options.json:
        print(json.dumps({**metrics.as_dict(), "files": [str(path) for path in files]}))
    else:
        print(bench.format_table([metrics]))
        for path in files:
            print(f"wrote {path}")
    return UNSOLVED if options.must_solve and not metrics.success else OK


def _check_demo(options: argparse.Namespace) -> None:
    if not 1 <= options.agents <= 16:
        raise UsageError(f"--agents is from 1 to 16, got {options.agents}")
    if not 0 <= options.frames <= 10_000:
        raise UsageError(f"--frames is from 0 to 10000, got {options.frames}")
    if not 64 <= options.width <= 4096:
        raise UsageError(f"--width is from 64 to 4096 pixels, got {options.width}")
    if options.seed < 0:
        raise UsageError(f"--seed is 0 or more, got {options.seed}")
    if options.html and not options.frames:
        raise UsageError("--frames 0 writes nothing; leave it out, or --html")


def _make_folder(options: argparse.Namespace) -> None:
    """Find out now whether pictures can be written, not after the episode."""
    if options.frames:
        try:
            options.out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(f"--out {options.out}: {error.strerror or error}") from None


def _stem(options: argparse.Namespace) -> Path:
    """The outputs' path without what tells them apart."""
    return options.out / f"{options.task}-{options.policy}-{options.seed}"


def _keep(options: argparse.Namespace, replay: Any) -> list[Path]:
    """Write the replay, and the page that plays it; returns their paths."""
    if not options.frames:
        return []
    stem = _stem(options)
    files = [replay.save(stem.with_name(f"{stem.name}.fzr"))]
    if options.html:
        from .render.player import player_page

        files.append(stem.with_name(f"{stem.name}.html"))
        files[-1].write_text(player_page([replay]), encoding="utf-8")
    return files


class _Camera:
    """Takes a picture every so many steps, evenly over an episode of unknown length."""

    def __init__(self, options: argparse.Namespace) -> None:
        from .render import Film

        self._options = options
        self._film = Film(most=max(2, options.frames), width=options.width)

    def look(self, env: Any) -> None:
        """A step has passed."""
        if self._options.frames and self._film.wants():
            self._film.add(env.render())

    def develop(self, env: Any) -> list[Path]:
        """Write the GIF and the PNG of the end; returns their paths."""
        from .render import write_png

        if not self._options.frames:
            return []
        last = env.render()
        stem = _stem(self._options)
        png = write_png(stem.with_name(f"{stem.name}.png"), last)
        gif = self._film.save(stem.with_name(f"{stem.name}.gif"), last=last)
        return [png, gif]


# -- tasks -----------------------------------------------------------------------------------------


def _task(name: str) -> Any:
    import fz_multi

    from .task import get_task

    if name not in fz_multi.tasks():
        import difflib

        close = difflib.get_close_matches(name, fz_multi.tasks(), n=1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        raise UsageError(f"unknown task {name!r}{hint} There are: {', '.join(fz_multi.tasks())}")
    return get_task(name)


def _tasks(options: argparse.Namespace) -> int:
    import fz_multi

    if options.task is not None:
        task = _task(options.task)
        print(json.dumps(_task_row(task)) if options.json else task.doc.strip() or task.name)
        return OK
    tasks = [_task(name) for name in fz_multi.tasks()]
    if options.json:
        for task in tasks:
            print(json.dumps(_task_row(task)))
        return OK
    wide = max(len(task.name) for task in tasks)
    for task in tasks:
        print(f"{task.name.ljust(wide)}  {_summary(task)}")
    return OK


def _summary(task: Any) -> str:
    lines = [line.strip() for line in task.doc.strip().splitlines()]
    if lines and lines[0]:
        return lines[0].removeprefix(f"{task.name}: ")  # the name stands in a column of its own
    return f"up to {task.max_ticks:,} ticks"


def _task_row(task: Any) -> dict[str, Any]:
    from .bench.scripted import has_team

    return {
        "name": task.name,
        "version": task.version,
        "summary": _summary(task),
        "goals": {goal.name: goal.at_least for goal in task.goals},
        "max_ticks": task.max_ticks,
        "ticks_per_step": task.ticks_per_step,
        "final_window": task.final_window,
        "palette": list(task.palette),
        "hand_recipes": list(task.hand_recipes),
        "machine_recipes": list(task.machine_recipes),
        "channel": task.channel,
        "scripted_team": has_team(task.name),
    }


# -- warmup ----------------------------------------------------------------------------------------


def _warmup(options: argparse.Namespace) -> int:
    import time

    from .engine.jit import cache_folder
    from .engine.warmup import warmup

    start = time.perf_counter()
    seconds = warmup(progress=not options.json)
    took = time.perf_counter() - start
    if options.json:
        place = str(cache_folder())
        print(json.dumps({"seconds": round(took, 2), "entries": seconds, "cache": place}))
        return OK
    wide = max(map(len, seconds), default=0)
    for name, value in sorted(seconds.items(), key=lambda pair: -pair[1]):
        print(f"{name.ljust(wide)}  {value:7.2f} s")
    print(f"the engine is ready ({took:.1f} s, kept in {cache_folder()})")
    return OK


if __name__ == "__main__":
    sys.exit(main())
