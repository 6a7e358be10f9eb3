"""Training curves of the reference learner, and what it has learned, beside other policies.

    python -m benchmarks.learning [--tasks two_cells handoff] [--seeds 0 1 2] [--agents 2]
                                  [--maps 100] [--jobs 1] [--runs FOLDER]
                                  [--set NAME=VALUE ...] [--write FOLDER] [--keep FOLDER]

For each task and training seed ``python -m fz_multi.bench.learner`` trains in a process of its own,
``--jobs`` of them side by side (``--jobs 2 --set threads=1``: one on each core; a run of `handoff`
has two cores by itself), into a folder of ``--runs``; a complete run is not made again, and one
that was interrupted goes on. Then the checkpoint, random legal play and an open-loop replay of the
scripted team play the first ``--maps`` maps of the evaluation split, with the task as it is.
``--write`` puts ``learning.md`` and ``learning.png`` (needs matplotlib) into a folder, ``--keep``
copies the policies there. ``--set`` changes the learner's settings (``--set steps=1000000``).

=========  =========================================================================================
steps      steps of agents in training, those of the final window too
minutes    of training, by the clock, without evaluations; ``cpu``: of all cores together
to_0.9     of them, until an evaluation on the way had a success of 0.9
steps_s    steps of agents in a second by the clock, learning included
success    share of the evaluation maps that are solved
ticks      mean over the maps that are solved
return     mean return of an episode
=========  =========================================================================================
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.throughput import machine
from fz_multi.bench import make_policy, run
from fz_multi.bench.table import format_cells

TASKS = ("two_cells", "handoff")
OTHERS = ("open-loop", "random")
TRAINED = ("steps", "minutes", "to_0.9", "cpu", "steps_s")
COLUMNS = ("task", "policy", *TRAINED, "success", "ticks", "return")


def train(task: str, seed: int, asked: argparse.Namespace) -> Path:
    """Make a run, or go on with one; returns its folder."""
    out = Path(asked.runs) / f"{task}-{asked.agents}-{seed}"
    if finished(out):
        return out
    command = [sys.executable, "-m", "fz_multi.bench.learner", task]
    command += [f"--agents={asked.agents}", f"--seed={seed}", f"--out={out}"]
    command += [f"--evaluate={asked.maps}"]
    command += [f"--{name.replace('_', '-')}={value}" for name, value in asked.set]
    if (out / "resume.pt").exists():
        command.append("--resume")
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return out


def finished(out: Path) -> bool:
    """Whether a run has come to its last evaluation."""
    rows = curve(out)
    return bool(rows) and rows[-1].get("last", 0) == 1


def curve(out: Path) -> list[dict[str, Any]]:
    """The rows of a run's log, without what an interrupted run had logged after its checkpoint."""
    file = out / "log.jsonl"
    rows: list[dict[str, Any]] = []
    for line in file.read_text().splitlines() if file.exists() else ():
        row = json.loads(line)
        while rows and rows[-1]["done_steps"] > row["done_steps"]:
            rows.pop()
        rows.append(row)
    return rows


def trained(task: str, seed: int, out: Path) -> dict[str, Any]:
    """A line of the table: a run's last evaluation."""
    rows = curve(out)
    last = rows[-1]
    good = [row["seconds"] for row in rows if row.get("eval_success", 0) >= 0.9]
    return {
        "task": task,
        "policy": f"learner, seed {seed}",
        "steps": last["done_steps"],
        "minutes": round(last["seconds"] / 60, 1),
        "to_0.9": round(good[0] / 60, 1) if good else "-",
        "cpu": round(last["cpu_seconds"] / 60, 1),
        "steps_s": round(last["done_steps"] / last["seconds"]),
        "success": round(last["eval_success"], 3),
        "ticks": round(last["eval_solved_ticks"]) if last["eval_success"] else "",
        "return": round(last["eval_return"], 2),
    }


def other(task: str, name: str, asked: argparse.Namespace) -> dict[str, Any]:
    """A line of the table: a policy that learns nothing."""
    policy = make_policy(name, task, asked.agents)
    rows = [
        run(task, policy, agents=asked.agents, seed=seed, split="eval")[0]
        for seed in range(asked.maps)
    ]
    solved = [row.ticks for row in rows if row.success]
    return {
        "task": task,
        "policy": name,
        **dict.fromkeys(TRAINED, ""),
        "success": round(len(solved) / len(rows), 3),
        "ticks": round(float(np.mean(solved))) if solved else "",
        "return": round(float(np.mean([row.team_return for row in rows])), 2),
    }


def as_markdown(report: Mapping[str, Any], command: str) -> str:
    """The page ``learning.md``."""
    box, rows, load = report["machine"], report["rows"], report["load"]
    where = f"{box['cpu']}, {box['cores']} cores, Python {box['python']}, numba {box['numba']}"
    where += f"; load of the machine at the start {load[0]:.1f}"
    lines = ["# What the reference learner learns", "", f"`{command}`: {where}.", ""]
    lines += ["The columns are explained in the script's head. Runs that were complete before are"]
    lines += ["not made again by the command.", "", "![Curves](learning.png)", ""]
    lines += ["| " + " | ".join(COLUMNS) + " |", "| :-- | :-- |" + " --: |" * (len(COLUMNS) - 2)]
    lines += ["| " + " | ".join(f"{row[name]}" for name in COLUMNS) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def plot(curves: Mapping[tuple[str, int], Sequence[Mapping[str, Any]]], path: Path) -> None:
    """Success and return over the minutes of training, a column for each task."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    tasks = sorted({task for task, _ in curves}, key=lambda task: TASKS.index(task))
    size = (5.5 * len(tasks), 7)
    figure, grid = pyplot.subplots(2, len(tasks), figsize=size, squeeze=False, layout="constrained")
    for column, task in enumerate(tasks):
        for number, ((its, seed), rows) in enumerate(curves.items()):
            if its != task:
                continue
            colour = f"C{number % 10}"
            for axes, what in zip(grid[:, column], ("success", "return"), strict=True):
                for prefix, style in (("episode", "-"), ("eval", "o")):
                    points = [r for r in rows if f"{prefix}_{what}" in r]
                    x = [r["seconds"] / 60 for r in points]
                    y = [r[f"{prefix}_{what}"] for r in points]
                    label = f"seed {seed}" if prefix == "episode" else None
                    axes.plot(x, y, style, color=colour, label=label, linewidth=1.2, markersize=4)
                axes.set_ylabel(what)
                axes.grid(True, alpha=0.3)
        grid[0, column].set_title(task)
        grid[0, column].set_ylim(-0.02, 1.02)
        grid[1, column].set_xlabel("minutes of training (dots: evaluation maps)")
        grid[0, column].legend(loc="lower right")
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return name, value


def main() -> int:
    """Train, evaluate, print and write; see the module's docstring."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.learning", description=(__doc__ or "").split("\n\n")[0]
    )
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=list(TASKS), metavar="TASK")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2], metavar="SEED")
    parser.add_argument("--agents", type=int, default=2, help="team size (default: %(default)s)")
    parser.add_argument(
        "--maps", type=int, default=100, help="of evaluation (default: %(default)s)"
    )
    parser.add_argument("--jobs", type=int, default=1, help="runs side by side (default: 1)")
    parser.add_argument("--runs", type=Path, default=Path("runs"), metavar="FOLDER")
    parser.add_argument("--set", nargs="+", type=setting, default=[], metavar="NAME=VALUE")
    parser.add_argument("--write", type=Path, metavar="FOLDER", help="learning.md and learning.png")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="copy the policies there")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    asked = parser.parse_args()
    report: dict[str, Any] = {"machine": machine(), "load": [os.getloadavg()[0]], "rows": []}
    curves = {}
    wanted = [(task, seed) for task in asked.tasks for seed in asked.seeds]
    with ThreadPoolExecutor(max(1, asked.jobs)) as pool:
        made = pool.map(lambda one: train(*one, asked), wanted)
        folders = dict(zip(wanted, made, strict=True))
    for task in asked.tasks:
        for seed in asked.seeds:
            out = folders[task, seed]
            curves[task, seed] = curve(out)
            report["rows"].append(trained(task, seed, out))
            if asked.keep:
                asked.keep.mkdir(parents=True, exist_ok=True)
                shutil.copy(out / "policy.pt", asked.keep / f"{out.name}.pt")
        report["rows"] += [other(task, name, asked) for name in OTHERS]
    report["load"].append(os.getloadavg()[0])
    if asked.write:
        asked.write.mkdir(parents=True, exist_ok=True)
        command = " ".join(["python -m benchmarks.learning", *sys.argv[1:]])
        (asked.write / "learning.md").write_text(as_markdown(report, command), "utf-8")
        plot(curves, asked.write / "learning.png")
    if asked.json:
        print(json.dumps(report))
    else:
        cells = [[str(row[name]) for name in COLUMNS] for row in report["rows"]]
        print(format_cells(COLUMNS, cells, left=COLUMNS[:2]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
