"""Metrics of one run, from the counters of the observable World.

Shares are of agent-ticks, conflicts are for 1,000 decisions (one decision an agent a step). Work is
counted in raw items (an iron gear wheel is two ores): what an agent mined, crafted, built and put
into machines, each with the mean raw cost of what the team handled in that way. An agent that
shuffles things about for show takes them out again, and taking out is not work.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from typing import Any

import numpy as np

from ..engine.tables import Tables

FLUID_COST = 0.1  # raw items that a unit of fluid counts for
# Counters of an agent that are work, and the world's counter of the items that it was done with.
WORK = {"mined": "mined", "crafted": "crafted", "placed": "built", "inserted": "inserted"}


@dataclass(frozen=True)
class Metrics:
    """One row of a report: one run."""

    task: str
    policy: str
    agents: int
    seed: int
    split: str
    success: bool
    score: float  # mean share of the goals, each at most 1
    ticks: int
    ticks_to_success: int | None
    worked_until: int  # tick at which the team's work ended (the last mined, built ... item)
    steps: int
    team_return: float  # mean over the agents of the sum of their rewards
    gini: float  # of the agents' work; 0 = even, towards 1 = one does it all
    idle_share: float
    idle_by_choice: float
    idle_blocked: float
    conflicts_per_1000: float
    refused_share: float  # of decisions
    hand_offs: int  # items taken that a teammate had put there
    hand_off_wait: float | None  # mean ticks that they had waited; None without hand-offs
    messages: int
    work: tuple[float, ...]  # of each agent, raw items
    seconds: float = 0.0  # wall clock

    def as_dict(self) -> dict[str, Any]:
        """Plain numbers and lists, for JSON."""
        row = asdict(self)
        row["work"] = list(self.work)
        return row


COLUMNS = tuple(field.name for field in fields(Metrics))


def counters(o: Tables, agents: int) -> dict[str, np.ndarray]:
    """The counters of each agent, int64[agents], by name (``engine.tables.AGENT``)."""
    names = o.agent.dtype.names or ()
    return {name: np.asarray(o.agent[name][:agents], np.int64).copy() for name in names}


def work_of(o: Tables, agents: int, prototypes: Any) -> np.ndarray:
    """The work of each agent in raw items, float64[agents]."""
    own, costs = counters(o, agents), mean_costs(o, prototypes)
    total = np.zeros(agents)
    for counter, cost in costs.items():
        total += own[counter] * cost
    return total


def mean_costs(o: Tables, prototypes: Any) -> dict[str, float]:
    """The mean raw cost of what the team has handled so far, by counter of `WORK`."""
    costs = _costs(prototypes)
    out = {}
    for counter, field in WORK.items():
        handled = np.asarray(o.stat[field], np.float64)
        items = handled.sum()
        out[counter] = float((handled * costs[: len(handled)]).sum() / items) if items else 1.0
    return out


def gini(values: Sequence[float] | np.ndarray) -> float:
    """Gini coefficient: 0 when all are equal, 1 - 1/n when one of n has it all; 0 without work."""
    x = np.asarray(values, np.float64)
    if len(x) < 2 or x.sum() <= 0:
        return 0.0
    return float(np.abs(x[:, None] - x[None, :]).sum() / (2 * len(x) ** 2 * x.mean()))


@lru_cache(maxsize=8)
def _costs(prototypes: Any) -> np.ndarray:
    costs = np.ones(len(prototypes.items) + 1)
    for name in prototypes.items:
        costs[prototypes.item_id(name)] = raw_cost(name, prototypes)
    return costs


def raw_cost(item: str, prototypes: Any) -> float:
    """How many raw items (ores, coal, stone, wood ...) one item is made of; 1 for a raw one."""
    return _raw_cost(item, prototypes, ())


def _raw_cost(item: str, prototypes: Any, above: tuple[str, ...]) -> float:
    recipe = prototypes.recipes.get(item)
    if recipe is None or item in above:
        return 1.0
    amount = sum(p.amount for p in recipe.products if p.name == item)
    if not recipe.ingredients or amount <= 0:
        return 1.0
    cost = 0.0
    for part in recipe.ingredients:
        each = FLUID_COST if part.fluid else _raw_cost(part.name, prototypes, (*above, item))
        cost += part.amount * each
    return cost / amount


def measure(
    o: Tables,
    *,
    task: str,
    policy: str,
    agents: int,
    seed: int,
    split: str,
    success: bool,
    score: float,
    ticks: int,
    steps: int,
    team_return: float,
    prototypes: Any,
    worked_until: int = 0,
    hand_off_wait: float | None = None,
    seconds: float = 0.0,
) -> Metrics:
    """The metrics of a run that has just ended, from its observable tables (1-D)."""
    own = counters(o, agents)
    agent_ticks = max(1, ticks * agents)
    decisions = max(1, steps * agents)
    chosen, blocked = (float(own[name].sum()) / agent_ticks for name in ("idle", "blocked"))
    work = work_of(o, agents, prototypes)
    return Metrics(
        task=task,
        policy=policy,
        agents=agents,
        seed=seed,
        split=split,
        success=bool(success),
        score=round(min(1.0, max(0.0, float(score))), 4),
        ticks=ticks,
        ticks_to_success=ticks if success else None,
        worked_until=worked_until,
        steps=steps,
        team_return=round(float(team_return), 4),
        gini=round(gini(work), 4),
        idle_share=round(min(1.0, chosen + blocked), 4),
        idle_by_choice=round(chosen, 4),
        idle_blocked=round(blocked, 4),
        conflicts_per_1000=round(1000.0 * float(own["conflicts"].sum()) / decisions, 2),
        refused_share=round(float(own["refused"].sum()) / decisions, 4),
        hand_offs=int(own["handed"].sum()),
        hand_off_wait=None if hand_off_wait is None else round(hand_off_wait, 1),
        messages=int(own["messages"].sum()),
        work=tuple(round(float(value), 2) for value in work),
        seconds=round(seconds, 2),
    )
