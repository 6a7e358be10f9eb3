"""From episodes to the rows of a table: every metric of a policy on a task in a team of some size.

Works on the lines of ``episodes.jsonl``. Numbers that do not exist (the time to success of a policy
that never had any) are None.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from .statistics import bootstrap_interval, interquartile_mean, speed_up, wilson_interval

Record = Mapping[str, Any]
ALL = "all tasks"


@dataclass(frozen=True)
class Loss:
    """The team with one agent that only waits, beside the whole team on the same seeds."""

    agent: int
    runs: int
    success: float
    score: float
    success_of_all: float
    score_of_all: float


@dataclass(frozen=True)
class Row:
    """A policy on a task in a team, over the seeds. Shares are from 0 to 1, times in ticks."""

    task: str
    policy: str
    agents: int
    backend: str
    runs: int
    success: float
    success_low: float  # 95 % Wilson interval
    success_high: float
    score: float  # interquartile mean of min(1, rate / target)
    score_low: float  # 95 % bootstrap interval
    score_high: float
    ticks: float | None  # to success, interquartile mean over the runs that had it
    worked_until: float | None  # the same of the end of the team's work
    team_return: float
    gini: float
    shares: tuple[float, ...]  # of the team's work, by agent
    idle_by_choice: float
    idle_blocked: float
    conflicts_per_1000: float
    refused_share: float
    hand_offs: float  # a run
    hand_off_wait: float | None
    messages: float  # a run
    pairs: int = 0  # seeds that both one agent and the team solve
    speed_up: float | None = None  # T1 / Tn
    efficiency: float | None = None  # T1 / (n Tn)
    building_speed_up: float | None = None  # the same of the end of the work
    losses: tuple[Loss, ...] = ()
    gap_runs: int = 0  # seeds that were played on both backends
    gap_score: float | None = None  # score on the embedded engine less that on the server
    gap_equal: int | None = None  # runs with the same outcome in the same tick

    def as_dict(self) -> dict[str, Any]:
        """Plain numbers and lists, for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Cross:
    """Cross-play on a task: ``success[i][j]``, ``score[i][j]`` with policy i as agents 0, 2 ...

    and policy j as the others. The diagonal is self-play.
    """

    task: str
    agents: int
    policies: tuple[str, ...]
    runs: int
    success: list[list[float | None]] = field(default_factory=list)
    score: list[list[float | None]] = field(default_factory=list)

    @property
    def self_play(self) -> float | None:
        """Mean score of the diagonal."""
        return _mean([self.score[i][i] for i in range(len(self.policies))])

    @property
    def cross_play(self) -> float | None:
        """Mean score off the diagonal."""
        n = len(self.policies)
        return _mean([self.score[i][j] for i in range(n) for j in range(n) if i != j])


def rows_of(records: Iterable[Record]) -> list[Row]:
    """The rows of all teams, in the order in which they first appear."""
    plain: dict[tuple[Any, ...], list[Record]] = defaultdict(list)
    replaced: dict[tuple[Any, ...], list[Record]] = defaultdict(list)
    for record in records:
        if record["partner"] is not None:
            continue
        key = tuple(record[name] for name in ("task", "policy", "agents", "backend"))
        (plain if record["without"] is None else replaced)[key].append(record)
    return [_row(key, plain, replaced.get(key, [])) for key in plain]


def _row(
    key: tuple[Any, ...],
    plain: Mapping[tuple[Any, ...], Sequence[Record]],
    replaced: Sequence[Record],
) -> Row:
    task, policy, agents, backend = key
    runs = plain[key]
    count = len(runs)
    solved = [run for run in runs if run["success"]]
    scores = [float(run["score"]) for run in runs]
    low, high = bootstrap_interval([scores])
    handed = sum(int(run["hand_offs"]) for run in runs)
    waited = sum(float(run["hand_off_wait"] or 0) * int(run["hand_offs"]) for run in runs)
    work = np.array([run["work"] for run in runs], np.float64)
    total = float(work.sum())
    shares = work.sum(axis=0) / total if total > 0 else np.zeros(agents)
    wilson = wilson_interval(len(solved), count)
    return Row(
        task=task,
        policy=policy,
        agents=agents,
        backend=backend,
        runs=count,
        success=len(solved) / count,
        success_low=wilson[0],
        success_high=wilson[1],
        score=interquartile_mean(scores),
        score_low=low,
        score_high=high,
        ticks=_number(interquartile_mean([run["ticks"] for run in solved])),
        worked_until=_number(interquartile_mean([run["worked_until"] for run in solved])),
        team_return=_of(runs, "team_return"),
        gini=_of(runs, "gini"),
        shares=tuple(float(share) for share in shares),
        idle_by_choice=_of(runs, "idle_by_choice"),
        idle_blocked=_of(runs, "idle_blocked"),
        conflicts_per_1000=_of(runs, "conflicts_per_1000"),
        refused_share=_of(runs, "refused_share"),
        hand_offs=handed / count,
        hand_off_wait=waited / handed if handed else None,
        messages=_of(runs, "messages"),
        losses=_losses(runs, replaced),
        **_speed_up(runs, plain.get((task, policy, 1, backend), ()), agents),
        **_gap(runs, plain.get((task, policy, agents, "embedded"), ()), backend),
    )


def _speed_up(runs: Sequence[Record], alone: Sequence[Record], agents: int) -> dict[str, Any]:
    """Of the seeds that both solve: what one agent takes beside what the team takes."""
    if agents < 2:
        return {}
    one = {run["seed"]: run for run in alone if run["success"]}
    pairs = [(one[run["seed"]], run) for run in runs if run["success"] and run["seed"] in one]
    if not pairs:
        return {}
    whole = speed_up([a["ticks"] for a, _ in pairs], [b["ticks"] for _, b in pairs])
    built = speed_up([a["worked_until"] for a, _ in pairs], [b["worked_until"] for _, b in pairs])
    return {
        "pairs": len(pairs),
        "speed_up": whole,
        "efficiency": whole / agents,
        "building_speed_up": _number(built),
    }


def _losses(runs: Sequence[Record], replaced: Sequence[Record]) -> tuple[Loss, ...]:
    by_seed = {run["seed"]: run for run in runs}
    out = []
    for agent in sorted({run["without"] for run in replaced}):
        own = [r for r in replaced if r["without"] == agent and r["seed"] in by_seed]
        if own:
            whole = [by_seed[run["seed"]] for run in own]
            out.append(
                Loss(
                    agent,
                    len(own),
                    _of(own, "success"),
                    interquartile_mean([run["score"] for run in own]),
                    _of(whole, "success"),
                    interquartile_mean([run["score"] for run in whole]),
                )
            )
    return tuple(out)


def _gap(runs: Sequence[Record], embedded: Sequence[Record], backend: str) -> dict[str, Any]:
    if backend == "embedded":
        return {}
    there = {run["seed"]: run for run in embedded}
    pairs = [(there[run["seed"]], run) for run in runs if run["seed"] in there]
    if not pairs:
        return {}
    same = ("success", "score", "ticks")
    return {
        "gap_runs": len(pairs),
        "gap_score": _of([a for a, _ in pairs], "score") - _of([b for _, b in pairs], "score"),
        "gap_equal": sum(all(a[name] == b[name] for name in same) for a, b in pairs),
    }


def overall(records: Iterable[Record]) -> list[dict[str, Any]]:
    """All tasks together, by policy, team and backend: score with a stratified interval, success.

    Only of policies that played all tasks of the result.
    """
    groups: dict[tuple[Any, ...], dict[str, list[Record]]] = defaultdict(lambda: defaultdict(list))
    tasks: set[str] = set()
    for record in records:
        tasks.add(record["task"])
        if record["partner"] is None and record["without"] is None:
            key = (record["policy"], record["agents"], record["backend"])
            groups[key][record["task"]].append(record)
    out = []
    for (policy, agents, backend), by_task in groups.items():
        if by_task.keys() != tasks or len(tasks) < 2:
            continue
        scores = [[float(run["score"]) for run in runs] for runs in by_task.values()]
        low, high = bootstrap_interval(scores)
        every = [run for runs in by_task.values() for run in runs]
        out.append(
            {
                "policy": policy,
                "agents": agents,
                "backend": backend,
                "tasks": len(tasks),
                "runs": len(every),
                "success": _of(every, "success"),
                "score": interquartile_mean(np.concatenate(scores)),
                "score_low": low,
                "score_high": high,
            }
        )
    return out


def crosses_of(records: Sequence[Record], policies: Sequence[str]) -> list[Cross]:
    """The cross-play matrices of the policies that were crossed, one a task and team."""
    mixed = [record for record in records if record["partner"] is not None]
    out = []
    for task, agents in dict.fromkeys((run["task"], run["agents"]) for run in mixed):
        backend = next(run["backend"] for run in mixed if run["task"] == task)
        cells: dict[tuple[str, str], list[Record]] = defaultdict(list)
        for run in records:
            if (run["task"], run["agents"], run["backend"]) != (task, agents, backend):
                continue
            if run["without"] is None:
                cells[run["policy"], run["partner"] or run["policy"]].append(run)
        out.append(
            Cross(
                task,
                agents,
                tuple(policies),
                max(len(runs) for runs in cells.values()),
                [[_maybe(cells[a, b], "success") for b in policies] for a in policies],
                [[_maybe(cells[a, b], "score") for b in policies] for a in policies],
            )
        )
    return out


def _maybe(runs: Sequence[Record], name: str) -> float | None:
    return _of(runs, name) if runs else None


def _of(runs: Sequence[Record], name: str) -> float:
    return float(np.mean([float(run[name]) for run in runs]))


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value
