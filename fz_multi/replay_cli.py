"""``fz-multi replay``: what is in a replay file, and pictures and pages of it."""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .replay import Replay, ReplayError

OK = 0
OUTPUTS = ("html", "gif", "png")


def add_parser(commands: Any) -> None:
    """Add ``replay`` to the subparsers of ``fz-multi``."""
    replay = commands.add_parser(
        "replay",
        help="check a replay file, and make a page, a GIF or a picture of it",
        description="Play the episode of a replay file again, check that it is the recorded one, "
        "and make an HTML page that plays it (one file, no network), a GIF, or a picture of a "
        "step. Without an output it only checks.",
    )
    replay.add_argument(
        "files", nargs="+", type=Path, metavar="FILE", help="replay files; several go into one page"
    )
    replay.add_argument("--html", type=Path, metavar="OUT", help="write a page that plays them")
    replay.add_argument("--gif", type=Path, metavar="OUT", help="write a GIF")
    replay.add_argument("--png", type=Path, metavar="OUT", help="write a picture of one step")
    replay.add_argument(
        "--at",
        type=int,
        metavar="STEP",
        help="step of the picture (default: the last), and where the page begins (default: 0)",
    )
    replay.add_argument(
        "--frames",
        type=int,
        default=120,
        metavar="N",
        help="pictures in the GIF at most (default: %(default)s)",
    )
    replay.add_argument(
        "--width",
        type=int,
        default=960,
        metavar="PIXELS",
        help="width of the GIF (default: %(default)s)",
    )
    replay.add_argument(
        "--info", action="store_true", help="only tell what the file says, without playing it"
    )
    replay.add_argument(
        "--import",
        dest="modules",
        action="append",
        default=[],
        metavar="MODULE",
        help="import this Python module first: one that registers the file's task",
    )
    replay.add_argument(
        "--any-version",
        action="store_true",
        help="go on where the episode is not the recorded one (say after a change of the task)",
    )
    replay.add_argument("--json", action="store_true", help="print one JSON object a file")
    replay.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """The command; returns the exit code."""
    _check(options)
    _import(options.modules)
    replays = [_load(path) for path in options.files]
    if options.at is not None:
        for path, replay in zip(options.files, replays, strict=True):
            if not 0 <= options.at <= replay.steps:
                raise _usage(f"--at is from 0 to {replay.steps} in {path}, got {options.at}")
    _make_folders(options)
    written: list[str] = []
    same: dict[Path, bool | None] = dict.fromkeys(options.files)
    if not options.info:
        for path, replay in zip(options.files, replays, strict=True):
            same[path], pictures = _play(path, replay, options)
            written += pictures
    if options.html:
        _write_page(replays, options)
        written.append(str(options.html))
    for path, replay in zip(options.files, replays, strict=True):
        row = describe(replay) | {"file": str(path), "same": same[path]}
        print(json.dumps(row | {"files": written}) if options.json else _told(row))
    if not options.json:
        for name in written:
            print(f"wrote {name}")
    return OK


def describe(replay: Replay) -> dict[str, Any]:
    """What a replay says of itself, for JSON."""
    return {
        "task": replay.task,
        "policy": replay.title,
        "agents": replay.agents,
        "seed": replay.seed,
        "split": replay.split,
        "steps": replay.steps,
        "commands": len(replay.commands),
        "options": dict(replay.options),
        "versions": dict(replay.versions),
        "outcome": dict(replay.outcome),
    }


def _told(row: dict[str, Any]) -> str:
    same = {None: "not played", True: "the recorded one", False: "NOT the recorded one"}
    facts = {
        "task": row["task"],
        "policy": row["policy"] or "-",
        "agents": row["agents"],
        "seed": f"{row['seed']} ({row['split']})",
        "steps": row["steps"],
        **{name: f"{value:g}" for name, value in row["outcome"].items() if name != "steps"},
        "options": ", ".join(
            f"{name}={value if name != 'map' or isinstance(value, str) else '(its own)'}"
            for name, value in row["options"].items()
        ),
        "versions": ", ".join(f"{name} {value}" for name, value in row["versions"].items()),
        "played": same[row["same"]],
    }
    wide = max(map(len, facts))
    lines = [f"  {name.ljust(wide)}  {value}" for name, value in facts.items()]
    return "\n".join([row["file"], *lines])


# -- playing ---------------------------------------------------------------------------------------


def _play(path: Path, replay: Replay, options: argparse.Namespace) -> tuple[bool, list[str]]:
    """Play an episode: whether it is the recorded one, and the pictures that were written."""
    from tqdm import tqdm

    from .render import Film, render, write_png

    film = Film(most=max(2, options.frames), width=options.width) if options.gif else None
    at = replay.steps if options.at is None else options.at
    last: Any = None
    written: list[str] = []
    bar = tqdm(total=replay.steps, unit="step", file=sys.stderr, disable=None, desc=path.name)

    def watch(env: Any, step: int) -> None:
        nonlocal last
        bar.update(step - bar.n)
        if film is not None and (film.wants() or step == replay.steps):
            last = render(env, overlay=env.overlay())
            if step < replay.steps:
                film.add(last)
        if options.png and step == at:
            picture = render(env, overlay=env.overlay())
            written.append(str(write_png(options.png, picture)))

    with bar:
        same = _watched(path, replay, watch, strict=not options.any_version)
    if film is not None:
        written.append(str(film.save(options.gif, last=last)))
    return same, written


def _watched(
    path: Path, replay: Replay, watch: Callable[[Any, int], None], *, strict: bool
) -> bool:
    """Whether it is the recorded episode; ReplayError, with the file's name, when it must be."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            for env, step in replay.frames(strict=strict):
                watch(env, step)
        except ReplayError as error:
            raise ReplayError(f"{path}: {error}") from None
    for warning in caught:
        print(f"fz-multi: warning: {path}: {warning.message}", file=sys.stderr)
    return not any("not the episode that was recorded" in str(w.message) for w in caught)


def _write_page(replays: list[Replay], options: argparse.Namespace) -> None:
    from .render.player import player_page

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # said before
        page = player_page(replays, at=options.at or 0, strict=not options.any_version)
    options.html.write_text(page, encoding="utf-8")


# -- checks ----------------------------------------------------------------------------------------


def _usage(text: str) -> Exception:
    from .cli import UsageError

    return UsageError(text)


def _check(options: argparse.Namespace) -> None:
    if len(options.files) > 1 and (options.gif or options.png):
        raise _usage("a GIF or a picture is of one file; several files go with --html")
    if options.info and any(getattr(options, name) for name in OUTPUTS):
        raise _usage("--info writes nothing; leave it out, or the output")
    if not 2 <= options.frames <= 10_000:
        raise _usage(f"--frames is from 2 to 10000, got {options.frames}")
    if not 64 <= options.width <= 4096:
        raise _usage(f"--width is from 64 to 4096 pixels, got {options.width}")


def _import(modules: list[str]) -> None:
    sys.path.insert(0, "")  # as `python -m` does: modules of the current folder
    for name in modules:
        try:
            importlib.import_module(name)
        except ImportError as error:
            raise _usage(f"--import {name}: {error}") from None


def _load(path: Path) -> Replay:
    if not path.is_file():
        raise _usage(f"{path}: there is no such file")
    return Replay.load(path)


def _make_folders(options: argparse.Namespace) -> None:
    """Find out now whether the outputs can be written, not after the episode."""
    for name in OUTPUTS:
        path = getattr(options, name)
        if path is None:
            continue
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.is_dir():
                raise IsADirectoryError("is a folder; name a file")
        except OSError as error:
            raise _usage(f"--{name} {path}: {error.strerror or error}") from None
