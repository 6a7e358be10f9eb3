"""Potential-based shaping for the reference learner, from what the agents see.

A potential P of the observations adds ``gamma * P(after) - P(before)`` to the reward, with P = 0
once an episode is over, so the best policies stay the same (Ng, Harada and Russell, 1999). Training
only: evaluations know nothing of it.

``carry`` (handoff): plates are worth more the nearer they are to where they must go. On the left
bank a carried plate gains on the way to the shared chest, there it lies at 0.06, and on the right
bank it gains on the way to the sink. On the right bank an agent without plates gains on the way to
the chest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from fz_multi.fields import slices
from fz_multi.options import Options

Potential = Callable[[Mapping[str, np.ndarray]], np.ndarray]
PLATE = "iron-plate"
# What a plate is worth: just taken, at the shared chest, at the sink.
AT_HAND, AT_CHEST, AT_SINK = 0.02, 0.06, 0.12
LOAD = 25  # plates of one agent that count
WAY = 50.0  # tiles, east-west and north-south together, from which on nearer is better
EMPTY = 1.0  # an agent on the right bank without plates that has come to the chest, or has some


def carry(options: Options) -> Potential:
    """The potential of each team, float32[envs], of observations ``[envs, agents, ...]``."""
    face, names = options.interface, list(options.interface.goal_names)
    missing = [n for n in ("waiting", "shared_x", "sink_x") if n not in names]
    if missing or PLATE not in face.palette:
        raise ValueError(
            f"shaping='carry' is made for handoff; {options.task.name} has no {missing}"
        )
    own = slices(face.self_fields)
    plan = options.map.plan(options.variant, options.agents)
    half = np.array([plan.width / 2, plan.height / 2], np.float32)
    item = own["inventory"].start + list(face.palette).index(PLATE)
    octave = 24 / 254  # of the inventory's scale
    waiting = names.index("waiting")
    points = {n: [names.index(f"{n}_x"), names.index(f"{n}_y")] for n in ("shared", "sink")}
    target = options.task.goals[0].at_least

    def near(seen: Mapping[str, np.ndarray], point: str) -> np.ndarray:
        way = (seen["goal"][..., points[point]] - seen["self"][..., own["map_position"]]) * half
        return np.asarray(1 - np.minimum(np.abs(way).sum(-1) / WAY, 1))

    def potential(seen: Mapping[str, Any]) -> np.ndarray:
        plates = np.minimum(2 ** (seen["self"][..., item] / octave) - 1, LOAD)
        left = seen["self"][..., own["map_position"].start] < 0
        chest, sink = near(seen, "shared"), near(seen, "sink")
        fetching = EMPTY * np.where(plates < 0.5, chest, 1)
        each = np.where(
            left,
            plates * (AT_HAND + (AT_CHEST - AT_HAND) * chest),
            plates * (AT_CHEST + (AT_SINK - AT_CHEST) * sink) + fetching,
        )
        stored = AT_CHEST * target * seen["goal"][:, 0, waiting]
        return np.asarray(each.sum(1) + stored, np.float32)

    return potential


SHAPING: dict[str, Callable[[Options], Potential]] = {"carry": carry}
