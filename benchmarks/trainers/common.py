"""What the scripts of this folder share: arguments, a progress line, the evaluation, the report.

Nothing here knows a training library. A script reads its `arguments`, calls `Progress` after each
iteration, and ends with ``progress.finish(act)``, where ``act(observations, masks)`` is the trained
policy: float32[agents, n] and bool[agents, actions] in, a whole number for each agent out.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from fz_multi.bench.metrics import Metrics
from fz_multi.bench.policies import RandomLegal, mask_of
from fz_multi.bench.runner import run
from fz_multi.bench.table import format_table
from fz_multi.engine.warmup import warmup

Act = Callable[[np.ndarray, np.ndarray], np.ndarray]
REPORT = "report.json"


def arguments(description: str | None, **defaults: Any) -> argparse.ArgumentParser:
    """The arguments that every script has; ``defaults`` replaces defaults by name."""
    parser = argparse.ArgumentParser(
        description=(description or "").partition("\n")[0],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--task", default="two_cells", help="a name of `fz-multi tasks`")
    add("--agents", type=int, default=2, help="of a team")
    add("--envs", type=int, default=8, help="environments that are played side by side")
    add("--steps", type=int, default=256, help="of each environment in an iteration")
    add("--iterations", type=int, default=10, help="of collecting and learning")
    add("--seed", type=int, default=0)
    add("--episodes", type=int, default=4, help="evaluated at the end, on the evaluation split")
    add("--max-ticks", type=int, help="of an episode, when not the task's own")
    add("--final-window", type=int, help="hands-off ticks at the end, when not the task's own")
    add("--torch-threads", type=int, default=1, help="networks this small gain nothing by more")
    add("--out", type=Path, help=f"folder for the model and {REPORT} (default: runs/SCRIPT)")
    parser.set_defaults(**defaults)
    return parser


def options(asked: argparse.Namespace) -> dict[str, Any]:
    """The arguments of `fz_multi.parallel_env`, without the task."""
    limits = {"max_ticks": asked.max_ticks, "final_window": asked.final_window}
    given = {name: value for name, value in limits.items() if value is not None}
    return {"num_agents": asked.agents, **given}


class Progress:
    """Prints a line an iteration, and keeps what the report needs. ``name``: of the script."""

    def __init__(self, asked: argparse.Namespace, name: str, packages: Sequence[str]) -> None:
        self.asked, self.name = asked, name
        self.versions = {package: importlib.metadata.version(package) for package in packages}
        asked.out = asked.out or Path("runs") / name
        asked.out.mkdir(parents=True, exist_ok=True)
        torch.set_num_threads(asked.torch_threads)
        warmup()  # compile before workers start, so that they find it done
        self.iteration = self.agent_steps = 0
        self.train_return: float | None = None
        self.start = time.perf_counter()

    def __call__(self, agent_steps: int, episode_return: float | None) -> None:
        """An iteration is over: agent steps since the start, mean return of episodes that ended."""
        self.iteration, self.agent_steps = self.iteration + 1, int(agent_steps)
        if episode_return is not None and np.isfinite(episode_return):
            self.train_return = float(episode_return)
        shown = "-" if self.train_return is None else f"{self.train_return:.3f}"
        rate = agent_steps / (time.perf_counter() - self.start)
        print(
            f"[{self.iteration}/{self.asked.iterations}] {self.agent_steps:,} agent steps, "
            f"return {shown}, {rate:,.0f} steps/s",
            flush=True,
        )

    def finish(self, act: Act) -> dict[str, Any]:
        """Evaluate, print a table, and write the report, which is returned."""
        seconds = time.perf_counter() - self.start
        asked = self.asked
        rows = evaluate(asked, Learned(self.name, act))
        chance = evaluate(asked, RandomLegal())
        print(format_table([*rows, *chance]))
        report = {
            "script": self.name,
            "versions": self.versions,
            "task": asked.task,
            "agents": asked.agents,
            "seed": asked.seed,
            "iterations": self.iteration,
            "agent_steps": self.agent_steps,
            "seconds": round(seconds, 1),
            "train_return": self.train_return,
            "evaluation": means(rows),
            "random": means(chance),
        }
        (asked.out / REPORT).write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
        print(f"{asked.out}: {', '.join(sorted(path.name for path in asked.out.iterdir()))}")
        return report


class Learned:
    """A trained policy as `fz_multi.bench` plays it."""

    def __init__(self, name: str, act: Act) -> None:
        self.name, self._act = name, act

    def reset(self, env: Any, seed: int) -> None:
        """Nothing is remembered from one episode to the next."""

    def act(self, observations: Mapping[str, Any], infos: Mapping[str, Any]) -> dict[str, Any]:
        """One action for each agent."""
        seen = np.stack(list(observations.values()))
        masks = np.stack([mask_of(seen, infos[agent]) for agent in observations]).astype(bool)
        actions = np.asarray(self._act(seen, masks))
        return dict(zip(observations, actions.tolist(), strict=True))


def evaluate(asked: argparse.Namespace, policy: Any) -> list[Metrics]:
    """Episodes on the evaluation split, seeds 0, 1, ..., each as a row of metrics."""
    return [
        run(asked.task, policy, agents=asked.agents, seed=seed, split="eval", **limits(asked))[0]
        for seed in range(asked.episodes)
    ]


def limits(asked: argparse.Namespace) -> dict[str, Any]:
    """`options` without the number of agents."""
    return {name: value for name, value in options(asked).items() if name != "num_agents"}


def means(rows: Sequence[Metrics]) -> dict[str, float]:
    """Success, progress, return and refused share, over episodes."""
    names = {"success": "success", "progress": "score", "return": "team_return"}
    names["refused"] = "refused_share"
    return {
        name: round(float(np.mean([getattr(row, field) for row in rows])), 4)
        for name, field in names.items()
    }
