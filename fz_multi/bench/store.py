"""The folder of results: one JSON line an episode, appended whole, so that a run can go on.

=====================  ============================================================================
``run.json``           versions, settings, seed lists; a run goes on only with the same
``episodes.jsonl``     a line an episode, in the order of the plan once all are there
``seconds.jsonl``      wall-clock seconds of each episode and where it was played
``replays/*.fzr``      the first seed of each team (`fz_multi.Replay`)
=====================  ============================================================================

``run.json``, apart from ``machine``, and ``episodes.jsonl`` do not depend on how many processes
played, nor on interruptions.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from .plan import KEY, Episode, Settings, machine
from .play import Played

RUN, EPISODES, SECONDS, REPLAYS = "run.json", "episodes.jsonl", "seconds.jsonl", "replays"


class ResultsError(ValueError):
    """The folder holds something else than the run that is asked for."""


class Results:
    """The results of one run in ``folder``. ResultsError when they belong to another one.

    ``resume``: go on with what is there. Without it a folder that holds results is refused.
    """

    def __init__(self, folder: Path, settings: Settings, *, resume: bool = False) -> None:
        self.folder = folder
        self._order = {episode.key: number for number, episode in enumerate(settings.episodes())}
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = FileLock(folder / ".lock")
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise ResultsError(f"another fz-multi bench writes to {folder}") from None
        try:
            self._begin(settings.as_dict(), resume)
        except BaseException:
            self._lock.release()
            raise
        self._lines = _open(folder / EPISODES)
        self._seconds = _open(folder / SECONDS)

    def _begin(self, wanted: dict[str, Any], resume: bool) -> None:
        self.records: dict[tuple[Any, ...], dict[str, Any]] = {}
        path = self.folder / RUN
        if not path.exists():
            if (self.folder / EPISODES).exists():
                raise ResultsError(f"{self.folder} has {EPISODES} but no {RUN}; give another --out")
            run = {"settings": wanted, "machine": machine()}
            write_text(path, json.dumps(run, indent=1) + "\n")
            return
        if not resume:
            raise ResultsError(
                f"{self.folder} holds results; give --resume to go on with them, or another --out"
            )
        kept = read_run(self.folder)["settings"]
        different = sorted(
            name
            for name in wanted.keys() | kept.keys()
            if json.dumps(wanted.get(name)) != json.dumps(kept.get(name))
        )
        if different:
            changes = "; ".join(
                f"{name}: {_short(kept.get(name))} there, {_short(wanted.get(name))} now"
                for name in different
            )
            raise ResultsError(
                f"the results in {self.folder} were made with other settings ({changes}); give the "
                "same, or another --out"
            )
        mend(self.folder / EPISODES)
        mend(self.folder / SECONDS)
        for record in read_lines(self.folder / EPISODES):
            key = tuple(record[name] for name in KEY)
            if key in self._order:
                self.records[key] = record

    def missing(self, episodes: Iterable[Episode]) -> list[Episode]:
        """Those that have not been played."""
        return [episode for episode in episodes if episode.key not in self.records]

    def add(self, played: Played) -> None:
        """Keep an episode: when this returns, a kill of this process does not lose it."""
        if played.key in self.records:
            return
        if played.replay is not None:
            path = self.folder / REPLAYS / replay_name(played.record)
            path.parent.mkdir(exist_ok=True)
            write_bytes(path, played.replay)
        key = dict(zip(KEY, played.key, strict=True))
        _append(self._seconds, {**key, "seconds": round(played.seconds, 3)})
        _append(self._lines, played.record)
        self.records[played.key] = played.record

    def finish(self) -> None:
        """All are there: put the lines in the order of the plan."""
        ordered = sorted(self.records.items(), key=lambda pair: self._order[pair[0]])
        text = "".join(_line(record) for _, record in ordered)
        os.close(self._lines)
        write_text(self.folder / EPISODES, text)
        self._lines = _open(self.folder / EPISODES)

    def close(self) -> None:
        """Let the folder go."""
        os.close(self._lines)
        os.close(self._seconds)
        self._lock.release()


def read_run(folder: Path) -> dict[str, Any]:
    """``run.json`` of a folder. ResultsError when it cannot be read."""
    try:
        run = json.loads((folder / RUN).read_text("utf-8"))
        if not isinstance(run["settings"], dict):
            raise TypeError("settings is no object")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ResultsError(f"{folder / RUN} cannot be read: {error}") from None
    return dict(run)


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The objects of a file of JSON lines; none without the file."""
    if not path.exists():
        return []
    rows = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        try:
            rows.append(dict(json.loads(line)))
        except ValueError as error:
            raise ResultsError(f"{path}, line {number}: {error}") from None
    return rows


def mend(path: Path) -> None:
    """Cut a last line that was not written to its end."""
    if not path.exists():
        return
    data = path.read_bytes()
    whole = data.rfind(b"\n") + 1
    if whole < len(data):
        with path.open("r+b") as file:
            file.truncate(whole)


def replay_name(record: dict[str, Any]) -> str:
    """The file of the replay of an episode."""
    label = re.sub(r"[^A-Za-z0-9_.+-]+", "_", str(record["policy"]))[:80]
    return f"{record['task']}-{record['agents']}-{label}-{record['seed']}.fzr"


def write_text(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old one or the whole new one."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, data: bytes) -> None:
    """The same with bytes."""
    draft = path.with_name(f".{path.name}.tmp")
    draft.write_bytes(data)
    draft.replace(path)


def _open(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)


def _append(file: int, row: dict[str, Any]) -> None:
    """One write of the whole line: a kill leaves it out, or at worst cut, which `mend` sees to."""
    data = _line(row).encode("utf-8")
    while data:
        data = data[os.write(file, data) :]


def _line(row: dict[str, Any]) -> str:
    return json.dumps(row) + "\n"


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 100 else text[:97] + "..."
