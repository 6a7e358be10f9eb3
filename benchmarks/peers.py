"""How fast other multi-agent environments step, beside this one in the same run.

    python -m benchmarks.peers [--only NAME ...] [--table small large] [--rounds 5] [--seconds 3]
                               [--work FOLDER] [--save FILE] [--markdown FILE] [--plot FILE]
                               [--json]
    python -m benchmarks.peers --list
    python -m benchmarks.peers --from FILE [--markdown FILE] [--plot FILE] [--json]

Every library gets a virtual environment of its own under ``--work``, with the versions of
``PEERS`` and what they ask for. Every case runs in a process of its own that stays alive: imports,
compiling and a warm-up block come first. Then blocks of ``--seconds`` take turns (A B C ... A B C
...), one at a time. Random actions, legal ones where there are masks; the choice of actions is not
timed, new episodes are. What cannot be installed or started is left out, and the report says why.

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
import dataclasses
import json
import os
import queue
import shlex
import signal
import statistics
import subprocess
import sys
import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import platformdirs

from benchmarks.peer_runners.blocks import ABOUT, DONE
from fz_multi.bench.table import format_cells

ROOT = Path(__file__).resolve().parents[1]
RUNNERS = ROOT / "benchmarks" / "peer_runners"
OURS = "ours"
TITLES = {"small": "Up to 64 environments", "large": "Larger batches"}
COLUMNS = (
    "case",
    "agents",
    "envs",
    "threads",
    "agent_steps_per_s",
    "slowest",
    "fastest",
    "env_steps_per_s",
    "bytes",
    "resets",
    "ours/it",
    "beside",
)
LEFT = ("case", "beside")

# Libraries and the versions that worked; everything else is what pip finds for them.
PEERS: dict[str, tuple[str, ...]] = {
    OURS: (),
    "factory-sim": ("factory-sim==0.3.0", "numpy==2.4.6"),
    "magent2": ("magent2==0.3.4", "pettingzoo==1.27.0", "gymnasium==1.4.0", "numpy==2.4.6"),
    "mpe2": ("mpe2==1.1.1", "pettingzoo==1.27.0", "gymnasium==1.4.0", "numpy==2.4.6"),
    "pettingzoo": (
        "pettingzoo[butterfly,sisl]==1.27.0",
        "supersuit==3.11.0",
        "gymnasium==1.4.0",
        "numpy==2.4.6",
        "pymunk==7.3.1",
        "box2d==2.3.10",
    ),
    "pettingzoo-1.25": (  # the last one with waterworld
        "pettingzoo==1.25.0",
        "gymnasium==1.2.3",
        "numpy==2.4.6",
        "pymunk==6.2.0",
        "pygame==2.6.1",
        "scipy==1.17.1",
    ),
    "overcooked-ai": ("overcooked-ai==1.1.0", "numpy==1.26.4", "scipy==1.13.1"),
    "vmas": ("torch==2.13.0", "vmas==1.5.2", "numpy==2.4.6"),
    "jaxmarl": ("jaxmarl==0.2.0", "jax==0.10.2", "jaxlib==0.10.2", "flax==0.12.8", "numpy==2.4.6"),
    "craftax": ("craftax==1.6.1", "jax==0.10.2", "jaxlib==0.10.2", "flax==0.12.8", "numpy==2.4.6"),
}


@dataclasses.dataclass(frozen=True)
class Case:
    """One line of a table."""

    name: str
    peer: str
    runner: str
    options: dict[str, Any]
    beside: str = ""  # the case of ours that it is compared with
    table: str = "small"


# As in `benchmarks.vector`: no hands-off part, in which nothing but waiting would be legal.
EPISODE = {"max_ticks": 3000, "final_window": 0}


def _ours(name: str, table: str = "small", **options: Any) -> Case:
    base = {"num_envs": 64, "num_agents": 4, "threads": 2, "observation": "grid"}
    return Case(name, OURS, OURS, {"options": base | EPISODE | options}, table=table)


def _team(number: int) -> Case:
    options = {
        "module": "fz_multi",
        "options": {"task": "two_cells", "num_agents": number} | EPISODE,
    }
    return Case(f"ours parallel_env, {number} agents", OURS, "parallel", options)


def _parallel(name: str, peer: str, module: str, beside: int = 4, **options: Any) -> Case:
    asked = {"module": module, "options": options}
    return Case(name, peer, "parallel", asked, f"ours parallel_env, {beside} agents")


def _factory(envs: int, compact: bool, beside: str, table: str = "small") -> Case:
    name = f"factory-sim construct_smelting_line, {'compact' if compact else 'full'}"
    options = {"envs": envs, "threads": 2, "task": "construct_smelting_line", "compact": compact}
    return Case(_sized(name, envs), "factory-sim", "factory_sim", options, beside, table)


def _vmas(scenario: str, envs: int, beside: str, table: str = "small") -> Case:
    options = {"scenario": scenario, "envs": envs, "threads": 2, "max_steps": 200}
    return Case(_sized(f"VMAS {scenario}", envs), "vmas", "vmas_batch", options, beside, table)


def _jax(
    library: str, env: str, envs: int, scan: int, beside: str, table: str = "small", **more: Any
) -> Case:
    title = f"JaxMARL {env}" if library == "jaxmarl" else env
    name = _sized(title + (f", {scan} steps a call" if scan > 1 else ""), envs)
    options = {"library": library, "env": env, "envs": envs, "threads": 2, "scan": scan} | more
    return Case(name, library, "jax_batch", options, beside, table)


def _sized(name: str, envs: int) -> str:
    return name if envs == 64 else f"{name}, {envs} envs"


GRID, ALONE = "ours grid, 10 ticks", "ours 1 agent, 30 ticks"
WIDE = "ours 1 agent, 30 ticks, window 65"
GRID_LARGE, ALONE_LARGE = "ours grid, 10 ticks, 1024 envs", "ours 1 agent, 30 ticks, 512 envs"
WIDE_LARGE = "ours 1 agent, 30 ticks, window 65, 512 envs"
CASES: tuple[Case, ...] = (
    _ours(GRID, ticks_per_step=10),
    _ours("ours grid, 30 ticks", ticks_per_step=30),
    _ours("ours flat, 10 ticks", ticks_per_step=10, observation="flat"),
    _ours("ours flat, 30 ticks", ticks_per_step=30, observation="flat"),
    _ours(ALONE, ticks_per_step=30, num_agents=1),
    _ours(WIDE, ticks_per_step=30, num_agents=1, window=65),
    _team(4),
    _team(12),
    _factory(64, True, WIDE),
    _factory(64, False, WIDE),
    _parallel("MAgent2 battle", "magent2", "magent2.environments.battle_v4", 12),
    _parallel(
        "MAgent2 battle, map 18", "magent2", "magent2.environments.battle_v4", 12, map_size=18
    ),
    _parallel("MAgent2 pursuit", "magent2", "magent2.environments.adversarial_pursuit_v4", 12),
    _parallel(
        "MAgent2 pursuit, map 18",
        "magent2",
        "magent2.environments.adversarial_pursuit_v4",
        12,
        map_size=18,
    ),
    _parallel("mpe2 simple_spread", "mpe2", "mpe2.simple_spread_v3"),
    _parallel("mpe2 simple_spread, 12 agents", "mpe2", "mpe2.simple_spread_v3", 12, N=12),
    _parallel("butterfly pistonball", "pettingzoo", "pettingzoo.butterfly.pistonball_v6"),
    _parallel(
        "butterfly cooperative_pong", "pettingzoo", "pettingzoo.butterfly.cooperative_pong_v6"
    ),
    _parallel(
        "butterfly knights_archers_zombies",
        "pettingzoo",
        "pettingzoo.butterfly.knights_archers_zombies_v11",
    ),
    _parallel("sisl pursuit", "pettingzoo", "pettingzoo.sisl.pursuit_v5"),
    _parallel("sisl multiwalker", "pettingzoo", "pettingzoo.sisl.multiwalker_v9"),
    _parallel("sisl waterworld", "pettingzoo-1.25", "pettingzoo.sisl.waterworld_v4"),
    Case(
        "Overcooked-AI cramped_room",
        "overcooked-ai",
        "overcooked_ai",
        {"layout": "cramped_room"},
        "ours parallel_env, 4 agents",
    ),
    _vmas("transport", 64, GRID),
    _vmas("simple_spread", 64, GRID),
    _jax("jaxmarl", "overcooked", 64, 1, GRID),
    _jax("jaxmarl", "overcooked", 64, 32, GRID),
    _jax("craftax", "Craftax-Symbolic-v1", 64, 1, ALONE, share=16),
    Case(
        "no-op ParallelEnv",
        "pettingzoo",
        "parallel",
        {"module": "noop", "make": "build", "options": {"agents": 4}},
        "ours parallel_env, 4 agents",
    ),
    Case(
        "SuperSuit over no-op",
        "pettingzoo",
        "noop",
        {"agents": 4, "copies": 64, "workers": 0},
        "ours flat, 10 ticks",
    ),
    Case(
        "SuperSuit over no-op, 2 processes",
        "pettingzoo",
        "noop",
        {"agents": 4, "copies": 64, "workers": 2},
        "ours flat, 10 ticks",
    ),
    _ours(GRID_LARGE, "large", ticks_per_step=10, num_envs=1024),
    _ours(ALONE_LARGE, "large", ticks_per_step=30, num_envs=512, num_agents=1),
    _ours(WIDE_LARGE, "large", ticks_per_step=30, num_envs=512, num_agents=1, window=65),
    _factory(512, True, WIDE_LARGE, "large"),
    _factory(512, False, WIDE_LARGE, "large"),
    _vmas("transport", 1024, GRID_LARGE, "large"),
    _vmas("transport", 8192, GRID_LARGE, "large"),
    _vmas("simple_spread", 1024, GRID_LARGE, "large"),
    _jax("jaxmarl", "overcooked", 1024, 1, GRID_LARGE, "large"),
    _jax("jaxmarl", "overcooked", 1024, 16, GRID_LARGE, "large"),
    _jax("jaxmarl", "overcooked", 8192, 1, GRID_LARGE, "large"),
    _jax("craftax", "Craftax-Symbolic-v1", 512, 1, ALONE_LARGE, "large", share=16),
)


def chosen(only: Sequence[str], tables: Sequence[str]) -> list[Case]:
    """The cases asked for and those of ours beside them, in order; all when ``only`` is empty."""
    cases = [case for case in CASES if case.table in tables]
    if not only:
        return cases
    asked = [word.lower() for word in only]
    names = {
        case.name
        for case in cases
        if any(word == case.peer or word in case.name.lower() for word in asked)
    }
    names |= {case.beside for case in cases if case.name in names}
    return [case for case in cases if case.name in names]


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


def rates(blocks: Iterable[Mapping[str, float]], key: str = "agent_steps") -> list[float]:
    """Steps a second of each block."""
    return [block[key] / block["seconds"] for block in blocks]


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Median of ours / theirs over the rounds."""
    return statistics.median(a / b for a, b in zip(ours, theirs, strict=True))


def row(
    case: Case,
    about: Mapping[str, int],
    blocks: Sequence[Mapping[str, float]],
    beside: Sequence[Mapping[str, float]] | None,
) -> dict[str, Any]:
    """The figures of one case; ``beside`` are the blocks of the case of ours."""
    mine = rates(blocks)
    return {
        "case": case.name,
        "peer": case.peer,
        "table": case.table,
        **{key: about[key] for key in ABOUT},
        "agent_steps_per_s": round(statistics.median(mine)),
        "slowest": round(min(mine)),
        "fastest": round(max(mine)),
        "env_steps_per_s": round(statistics.median(rates(blocks, "env_steps"))),
        "resets": round(sum(block["resets"] for block in blocks) / about["envs"], 1),
        "ours/it": None if beside is None else round(ratio(rates(beside), mine), 2),
        "beside": case.beside if beside is not None else "",
    }


def cells(rows: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    """Rows as strings, in the order of COLUMNS."""
    out = []
    for values in rows:
        texts = []
        for column in COLUMNS:
            value = values[column]
            whole = isinstance(value, int) and not isinstance(value, bool)
            texts.append("" if value is None else f"{value:,}" if whole else str(value))
        out.append(texts)
    return out


def as_text(report: Mapping[str, Any]) -> str:
    """The report for people."""
    lines = [head(report["machine"], report)]
    for table, title in TITLES.items():
        rows = [values for values in report["rows"] if values["table"] == table]
        if rows:
            lines += ["", title, format_cells(COLUMNS, cells(rows), left=LEFT)]
    if report["skipped"]:
        lines += ["", "left out"]
        lines += [f"  {name}: {reason}" for name, reason in report["skipped"].items()]
    return "\n".join(lines)


def as_markdown(report: Mapping[str, Any], picture: str | None = None) -> str:
    """The report as a page."""
    lines = [
        "# Beside other environments",
        "",
        f"`{report['command']}`. {head(report['machine'], report)}.",
        "Columns as in the script's head. These environments do not do the same work; the tables",
        "say what a step costs.",
    ]
    if picture:
        lines += ["", f"![Agent steps a second, on a logarithmic scale]({picture})"]
    for table, title in TITLES.items():
        rows = [values for values in report["rows"] if values["table"] == table]
        if rows:
            rule = [":--" if column in LEFT else "--:" for column in COLUMNS]
            lines += ["", f"## {title}", ""]
            lines += [f"| {' | '.join(line)} |" for line in (COLUMNS, rule, *cells(rows))]
    lines += ["", "## Versions", ""]
    lines += [f"- {peer}: {', '.join(pins)}" for peer, pins in report["versions"].items()]
    if report["skipped"]:
        lines += ["", "## Left out", ""]
        lines += [f"- {name}: {reason}" for name, reason in report["skipped"].items()]
    return "\n".join(lines) + "\n"


def head(machine: Mapping[str, Any], report: Mapping[str, Any]) -> str:
    """The machine and the size of the measurement, in one line."""
    return (
        f"{machine['cpu']}, {machine['cores']} cores, Python {machine['python']}; "
        f"{report['rounds']} rounds of {report['seconds']:g} s"
    )


def plot(report: Mapping[str, Any], path: Path) -> None:
    """Bars of agent steps a second, with a line from the slowest to the fastest round."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    groups = [
        (title, rows)
        for table, title in TITLES.items()
        if (rows := [values for values in report["rows"] if values["table"] == table])
    ]
    figure, places = pyplot.subplots(
        len(groups),
        1,
        figsize=(10, 1.6 * len(groups) + 0.28 * len(report["rows"])),
        gridspec_kw={"height_ratios": [len(rows) + 1 for _, rows in groups]},
        squeeze=False,
        layout="constrained",
        sharex=True,
    )
    for (title, rows), axes in zip(groups, places[:, 0], strict=True):
        rows = sorted(rows, key=lambda values: values["agent_steps_per_s"])
        for place, values in enumerate(rows):
            mine = values["peer"] == OURS
            rate = values["agent_steps_per_s"]
            axes.barh(place, rate, color="#d9541e" if mine else "#8fa3b0", height=0.75)
            axes.plot([values["slowest"], values["fastest"]], [place, place], color="#222222", lw=1)
            axes.text(values["fastest"] * 1.12, place, f"{rate:,}", va="center", fontsize=8)
        labels = [
            f"{values['case']}  ({values['envs']} x {values['agents']}, {values['threads']} thr.)"
            for values in rows
        ]
        axes.set_yticks(range(len(rows)), labels, fontsize=8)
        for label, values in zip(axes.get_yticklabels(), rows, strict=True):
            if values["peer"] == OURS:
                label.set_fontweight("bold")
        axes.set_xscale("log")
        axes.margins(y=0.01)
        axes.set_title(title, loc="left", fontsize=10)
        axes.tick_params(axis="x", labelbottom=True)
        axes.grid(axis="x", color="#dddddd", lw=0.6)
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
    fastest = max(values["fastest"] for values in report["rows"])
    slowest = min(values["slowest"] for values in report["rows"])
    places[0, 0].set_xlim(max(1, slowest / 3), fastest * 6)  # room for the numbers
    places[-1, 0].set_xlabel("agent steps a second (environments x agents; ours in orange)")
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


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
