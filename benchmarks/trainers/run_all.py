"""Runs every script of this folder from a fresh virtual environment, and writes the table.

    python -m benchmarks.trainers.run_all [--only NAME ...] [--iterations 5] [--work FOLDER]
                                          [--keep] [--reuse] [--page docs/trainers.md]

Each library of ``LIBRARIES`` gets a new virtual environment by the commands of `docs/trainers.md`:
``python3 -m venv``, ``pip install torch==...`` (the line that a GPU user leaves out), ``pip install
-e ".[NAME]"``. Its scripts train for ``--iterations`` there, and the environment is deleted, unless
``--keep``; ``--reuse`` takes one that was kept, if the same commands made it. What came out is in
``--work``; the table between the markers of ``--page`` is written from all that is there, so that
libraries can be run one at a time.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.peers import last_line, python_of

ROOT = Path(__file__).resolve().parents[2]
BEGIN, END = "<!-- table of run_all -->\n", "<!-- end of the table -->\n"
TORCH = "torch==2.13.0"


@dataclasses.dataclass(frozen=True)
class Library:
    """What is installed before the extra of the same name (packages, then a script of this folder
    that installs more), and the runs: script and options."""

    runs: tuple[tuple[str, ...], ...]
    first: tuple[str, ...] = (TORCH,)
    then: str = ""


LIBRARIES: dict[str, Library] = {
    "sb3": Library(
        tuple(
            ("sb3_ppo", "--algorithm", algorithm, "--rows", rows)
            for algorithm in ("ppo", "maskable")
            for rows in ("native", "supersuit")
        )
    ),
    "rllib": Library((("rllib_ppo", "--runners", "2"),)),
    "torchrl": Library(
        (("torchrl_mappo", "--algorithm", "mappo"), ("torchrl_mappo", "--algorithm", "ippo"))
    ),
    "benchmarl": Library(
        tuple(("benchmarl_task", "--algorithm", name) for name in ("mappo", "ippo", "qmix")),
        (TORCH, "torchvision==0.28.0"),
    ),
    "tianshou": Library((("tianshou_ppo",),)),
    "agilerl": Library((("agilerl_ippo",),)),
    "puffer": Library(
        tuple(("pufferlib_ppo", "--backend", name) for name in ("PufferEnv", "Multiprocessing")),
        (TORCH, '"numpy<2"', "setuptools", "wheel", "Cython"),
        "pufferlib_install",
    ),
}


def install_commands(name: str, python: str) -> list[list[str]]:
    """After ``python3 -m venv``: what installs a library, with ``python`` of its environment."""
    pip = [python, "-m", "pip", "install"]
    library = LIBRARIES[name]
    more = [[python, "-m", f"benchmarks.trainers.{library.then}"]] if library.then else []
    first = [package.strip('"') for package in library.first]  # a shell needs the quotes
    return [[*pip, *first], *more, [*pip, "-e", f".[{name}]"]]


def run_library(name: str, asked: argparse.Namespace) -> dict[str, Any]:
    """Install and train; what happened, also when something failed."""
    folder = asked.work / "venvs" / name
    python = str(python_of(folder))
    result: dict[str, Any] = {"library": name, "runs": []}
    commands = install_commands(name, python)
    mark = folder / "installed.json"
    if not asked.reuse or not mark.exists() or json.loads(mark.read_text())["made"] != commands:
        start = time.perf_counter()
        say(f"{name}: installing")
        for command in [[sys.executable, "-m", "venv", "--clear", str(folder)], *commands]:
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
            if done.returncode:
                result["failed"] = f"install: {last_line(done.stderr)}"
                return result
        seconds = round(time.perf_counter() - start)
        mark.write_text(json.dumps({"made": commands, "seconds": seconds}), encoding="utf-8")
    result["install_seconds"] = json.loads(mark.read_text())["seconds"]
    for script, *options in LIBRARIES[name].runs:
        result["runs"].append(run_script(python, script, options, asked))
    if not (asked.keep or asked.reuse):
        shutil.rmtree(folder)
    return result


def run_script(
    python: str, script: str, options: Sequence[str], asked: argparse.Namespace
) -> dict[str, Any]:
    """One training; its report, or why there is none."""
    label = "_".join([script, *(option for option in options if not option.startswith("-"))])
    say(f"{label}: training")
    out = asked.work / "runs" / label
    shutil.rmtree(out, ignore_errors=True)
    command = [python, "-m", f"benchmarks.trainers.{script}", *options]
    command += ["--iterations", str(asked.iterations), "--out", str(out)]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "RAY_USAGE_STATS_ENABLED": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    (asked.work / f"{label}.txt").write_text(done.stdout + done.stderr, encoding="utf-8")
    shown = " ".join([script, *options])
    if done.returncode:
        return {"command": shown, "failed": last_line(done.stderr)}
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    return {"command": shown, "report": report}


def table(results: Sequence[Mapping[str, Any]]) -> str:
    """Lines of Markdown: versions, and a row for each run."""
    lines = ["| script | agent steps | seconds | training return | evaluation: return, progress | "]
    lines[0] += "refused | random: return |"
    lines.append("|:--|--:|--:|--:|--:|--:|--:|")
    versions = []
    for result in results:
        if "failed" in result:
            lines.append(f"| {result['library']} | | | {result['failed']} | | | |")
            continue
        seen: dict[str, str] = {}
        for run in result["runs"]:
            if "failed" in run:
                lines.append(f"| `{run['command']}` | | | failed: {run['failed']} | | | |")
                continue
            report = run["report"]
            seen |= report["versions"]
            last, own = report["train_return"], report["evaluation"]
            cells = [
                f"`{run['command']}`",
                f"{report['agent_steps']:,}",
                f"{report['seconds']:.0f}",
                "-" if last is None else f"{last:.3f}",
                f"{own['return']:.3f}, {own['progress']:.2f}",
                f"{100 * own['refused']:.0f} %",
                f"{report['random']['return']:.3f}",
            ]
            lines.append(f"| {' | '.join(cells)} |")
        pins = ", ".join(f"{package} {version}" for package, version in seen.items())
        versions.append(f"- `{result['library']}` ({result['install_seconds']} s): {pins}")
    return "\n".join([*lines, "", "Versions that resolved, and seconds to install:", "", *versions])


def write_page(page: Path, text: str) -> None:
    """Put the table between the markers of a page; ValueError when it has none."""
    old = page.read_text(encoding="utf-8")
    if BEGIN not in old or END not in old:
        raise ValueError(f"{page} has no lines {BEGIN.strip()!r} and {END.strip()!r}")
    head, rest = old.split(BEGIN, 1)
    page.write_text(f"{head}{BEGIN}\n{text}\n\n{END}{rest.split(END, 1)[1]}", encoding="utf-8")


def say(text: str) -> None:
    """How far it is, on standard error."""
    print(text, file=sys.stderr, flush=True)


def main() -> int:
    """Run and write; 1 when something failed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--only", nargs="+", default=list(LIBRARIES), choices=list(LIBRARIES))
    parser.add_argument("--iterations", type=int, default=5)
    parser.add_argument("--work", type=Path, default=ROOT / "out" / "trainers")
    parser.add_argument("--keep", action="store_true", help="keep the virtual environments")
    parser.add_argument("--reuse", action="store_true", help="those kept by the same commands")
    parser.add_argument("--page", type=Path, help="write the table there")
    asked = parser.parse_args()
    asked.work = asked.work.resolve()
    (asked.work / "results").mkdir(parents=True, exist_ok=True)
    failed = False
    for name in asked.only:
        result = run_library(name, asked)
        failed |= "failed" in result or any("failed" in run for run in result["runs"])
        path = asked.work / "results" / f"{name}.json"
        path.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    paths = [asked.work / "results" / f"{name}.json" for name in LIBRARIES]
    text = table([json.loads(path.read_text(encoding="utf-8")) for path in paths if path.exists()])
    if asked.page:
        write_page(asked.page, text)
    print(text)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
