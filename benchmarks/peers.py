"""How fast other multi-agent environments step, beside this one in the same run.

    python -m benchmarks.peers [--only NAME ...] [--table small large] [--rounds 5] [--seconds 3]
                               [--work FOLDER] [--save FILE] [--markdown FILE] [--plot FILE]
                               [--json]
    python -m benchmarks.peers --list
    python -m benchmarks.peers --from FILE [--markdown FILE] [--plot FILE] [--json]

Every library gets a virtual environment of its own under ``--work``, with the versions of
``peer_cases.py`` and what they ask for. Every case runs in a process of its own that stays alive:
imports, compiling and a warm-up block come first. Then blocks of ``--seconds`` take turns (A B C
... A B C ...), one at a time. Random actions, legal ones where there are masks; the choice of
actions is not timed, new episodes are. What cannot be installed or started is left out, and the
report says why.

``small`` has up to 64 environments, ``large`` bigger batches. ``--only`` takes names, parts of
names or names of libraries; the cases of ours that they are compared with come along.

==================  ================================================================================
agents              of one environment, at the start of an episode
envs, threads       environments that step together, threads (or processes) that step them
agent_steps_per_s   median over the rounds of observations and actions of single agents a second;
                    agents that have left an episode are not counted
slowest, fastest    of the rounds
env_steps_per_s     median of the steps of single environments a second
bytes               of one agent's observation
resets              episodes that began inside the measured blocks, an environment
ours/it             median over the rounds of agent steps a second of the case of ours named in
                    ``beside`` / those of this case: above 1, ours is faster
==================  ================================================================================

Episodes of ours are `two_cells` with 3,000 ticks and no hands-off part, as in `benchmarks.vector`.
These environments do not do the same work, and none of them does ours: the table says what a step
costs, not which is better. ``--plot`` needs matplotlib (the extra ``bench``).
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import queue
import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import platformdirs

from benchmarks.peer_cases import OURS, PEERS, TITLES, Case, chosen
from benchmarks.peer_report import as_markdown, as_text, plot, row
from benchmarks.peer_runners.blocks import ABOUT, DONE
from fz_multi.bench.table import format_cells

ROOT = Path(__file__).resolve().parents[1]
RUNNERS = ROOT / "benchmarks" / "peer_runners"


def reading(line: str) -> dict[str, float]:
    """What a runner answered for one block; ValueError when it makes no sense."""
    try:
        answer = json.loads(line)
    except ValueError:
        raise ValueError(f"no JSON: {line.strip()[:80]!r}") from None
    if not isinstance(answer, dict) or any(
        isinstance(answer.get(key), bool) or not isinstance(answer.get(key), (int, float))
        for key in DONE
    ):
        raise ValueError(f"not an answer for a block: {line.strip()[:80]!r}")
    if answer["seconds"] <= 0 or answer["agent_steps"] < 0 or answer["env_steps"] < 0:
        raise ValueError(f"no time or no steps: {line.strip()[:80]!r}")
    return {key: answer[key] for key in DONE}


class Failed(Exception):
    """A library that does not install, or a case that does not run."""


def python_of(folder: Path) -> Path:
    """The interpreter of a virtual environment."""
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def install(peer: str, work: Path) -> Path:
    """The interpreter for a library, installed when it is not there yet."""
    pins = list(PEERS[peer])
    if not pins:
        return Path(sys.executable)
    folder = work / "venvs" / peer
    python, mark = python_of(folder), folder / "installed.json"
    if mark.exists() and json.loads(mark.read_text(encoding="utf-8")) == pins:
        return python
    say(f"installing {peer}")
    _run([sys.executable, "-m", "venv", "--clear", str(folder)])
    _run([str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", *pins])
    mark.write_text(json.dumps(pins), encoding="utf-8")
    return python


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failed(f"install: {last_line(done.stderr)}")


def last_line(text: str) -> str:
    """The last line that says something; of pip's, the first that says ERROR."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR")]
    return (errors or lines[-1:] or ["no message"])[0][:300]


class Player:
    """A case in a process of its own, and its blocks so far."""

    def __init__(self, case: Case, python: Path, work: Path) -> None:
        self.case = case
        self.blocks: list[dict[str, float]] = []
        logs = work / "logs"
        logs.mkdir(parents=True, exist_ok=True)
        letters = [letter if letter.isalnum() else "-" for letter in case.name]
        self._log = logs / f"{''.join(letters)}.txt"
        environment = dict(os.environ)
        environment["JAX_COMPILATION_CACHE_DIR"] = str(work / "jax")
        paths = [str(ROOT), environment.get("PYTHONPATH", "")] if case.peer == OURS else []
        environment.pop("PYTHONPATH", None)
        if paths:
            environment["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
        with self._log.open("w", encoding="utf-8") as log:
            self._process = subprocess.Popen(
                [str(python), str(RUNNERS / f"{case.runner}.py"), json.dumps(case.options)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=environment,
                start_new_session=True,
            )
        self._lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        self.about: dict[str, int] = {}

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put("")

    def _line(self, wait: float) -> str:
        try:
            line = self._lines.get(timeout=wait)
        except queue.Empty:
            raise Failed(f"no answer within {wait:g} s") from None
        if not line:
            self._process.wait()
            raise Failed(last_line(self._log.read_text(encoding="utf-8", errors="replace")))
        return line

    def begin(self, seconds: float, wait: float) -> None:
        """Wait until it is made, and play the block that is not counted."""
        about = json.loads(self._line(wait))
        self.about = {key: int(about[key]) for key in ABOUT}
        self.block(seconds, wait)
        self.blocks.clear()

    def block(self, seconds: float, wait: float) -> None:
        """One block."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):  # it has ended; its log says why
            self._process.stdin.write(json.dumps({"seconds": seconds}) + "\n")
            self._process.stdin.flush()
        try:
            self.blocks.append(reading(self._line(wait)))
        except ValueError as error:
            raise Failed(str(error)) from None

    def close(self) -> None:
        """End the process, and what it has started."""
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
        try:
            self._process.wait(timeout=10 if self.about else 0)
        except subprocess.TimeoutExpired:
            if hasattr(os, "killpg"):
                os.killpg(self._process.pid, signal.SIGKILL)  # it leads a group of its own
            else:
                self._process.kill()
            self._process.wait()


def measure(cases: Sequence[Case], options: argparse.Namespace) -> dict[str, Any]:
    """All tables."""
    from benchmarks.throughput import machine
    from fz_multi.engine.warmup import warmup

    warmup(progress=False)
    skipped: dict[str, str] = {}
    pythons: dict[str, Path] = {}
    for peer in dict.fromkeys(case.peer for case in cases):
        try:
            pythons[peer] = install(peer, options.work)
        except Failed as error:
            skipped[peer] = str(error)
            say(f"{peer} is left out: {error}")
    rows: list[dict[str, Any]] = []
    for table in TITLES:
        ready = [case for case in cases if case.table == table and case.peer in pythons]
        if ready:
            rows += measure_table(ready, pythons, options, skipped)
    versions = {
        peer: [f"{name} {version}" for name, version in (pin.split("==") for pin in PEERS[peer])]
        for peer in pythons
        if peer != OURS
    }
    return {
        "machine": machine(),
        "command": command(options),
        "rounds": options.rounds,
        "seconds": options.seconds,
        "versions": versions,
        "rows": rows,
        "skipped": skipped,
    }


def command(options: argparse.Namespace) -> str:
    """What to type for the same measurement."""
    words = ["python -m benchmarks.peers"]
    words += ["--only", *map(shlex.quote, options.only)] if options.only else []
    words += ["--table", *options.table] if len(options.table) < len(TITLES) else []
    return " ".join([*words, f"--rounds {options.rounds} --seconds {options.seconds:g}"])


def measure_table(
    cases: Sequence[Case],
    pythons: Mapping[str, Path],
    options: argparse.Namespace,
    skipped: dict[str, str],
) -> list[dict[str, Any]]:
    """One table: every case made, warmed up, and then played in turns."""
    players: dict[str, Player] = {}

    def leave_out(name: str, error: Failed) -> None:
        skipped[name] = str(error)
        say(f"{name} is left out: {error}")
        players.pop(name).close()

    try:
        for case in cases:
            say(f"starting {case.name}")
            players[case.name] = Player(case, pythons[case.peer], options.work)
            try:
                players[case.name].begin(options.seconds, options.start_limit)
            except Failed as error:
                leave_out(case.name, error)
        for number in range(options.rounds):
            say(f"round {number + 1} of {options.rounds}")
            for name in list(players):
                try:
                    players[name].block(options.seconds, 60 + 20 * options.seconds)
                except Failed as error:
                    leave_out(name, error)
        out = []
        for player in players.values():
            beside = players.get(player.case.beside)
            theirs = beside.blocks if beside else None
            out.append(row(player.case, player.about, player.blocks, theirs))
        return out
    finally:
        for player in players.values():
            player.close()


def say(text: str) -> None:
    """How far it is, on standard error."""
    print(text, file=sys.stderr, flush=True)


def main() -> int:
    """Measure and print; see the module's docstring."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.peers", description=(__doc__ or "").split("\n\n")[0]
    )
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="cases or libraries")
    parser.add_argument("--list", action="store_true", help="print the cases and stop")
    parser.add_argument(
        "--table", nargs="+", default=list(TITLES), choices=list(TITLES), help="default: both"
    )
    parser.add_argument("--rounds", type=int, default=5, help="(default: %(default)s)")
    parser.add_argument(
        "--seconds", type=float, default=3.0, help="of a block (default: %(default)s)"
    )
    parser.add_argument(
        "--work",
        type=Path,
        default=platformdirs.user_cache_path("fz_multi") / "peers",
        help="where the virtual environments are (default: a folder in the user's cache)",
    )
    parser.add_argument(
        "--start-limit",
        type=float,
        default=900.0,
        metavar="S",
        help="seconds to wait for a case's compiling and warm-up (default: %(default)s)",
    )
    parser.add_argument("--save", type=Path, metavar="FILE", help="write the JSON object there")
    parser.add_argument(
        "--from", dest="saved", type=Path, metavar="FILE", help="measure nothing, read this"
    )
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write a page")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="write a picture (PNG)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    if options.rounds < 1 or options.seconds <= 0:
        parser.error("--rounds is at least 1 and --seconds more than 0")
    cases = chosen(options.only, options.table)
    if not cases:
        parser.error(f"no case is named {' or '.join(options.only)}; --list shows them")
    if options.list:
        headings = ("case", "library", "table", "beside")
        lines = [(case.name, case.peer, case.table, case.beside) for case in cases]
        print(format_cells(headings, lines, left=headings))
        return 0
    if options.plot:
        try:
            import matplotlib  # noqa: F401
        except ImportError:
            parser.error("--plot needs matplotlib: pip install -e '.[bench]'")
    options.work = options.work.resolve()
    if options.saved:
        report = json.loads(options.saved.read_text(encoding="utf-8"))
    else:
        report = measure(cases, options)
    if options.save:
        options.save.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    if options.plot:
        plot(report, options.plot)
    if options.markdown:
        picture = None
        if options.plot:
            picture = Path(os.path.relpath(options.plot, options.markdown.parent)).as_posix()
        options.markdown.write_text(as_markdown(report, picture), encoding="utf-8")
    print(json.dumps(report) if options.json else as_text(report))
    return 0


if __name__ == "__main__":
    sys.exit(main())
