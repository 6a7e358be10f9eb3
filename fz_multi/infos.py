"""Infos and events of an environment: numbers for trainers, texts for people.

``infos[agent]`` holds ``action_mask`` (with ``mask_in="info"``) and numbers only, under the same
keys at the reset and at each step:

=====================  ============================================================================
``result``             code of the agent's last command (a place in `fz_multi.commands.CODES`)
``refused``            commands refused so far
``tick``               ticks since the reset
``only_wait``          1 while only `wait` is legal (the final window)
``success``            1 when all goals are reached
``progress``           mean share of the goals, 0 to 1
``goal_<name>``        how far a goal, end or hint has come, in its own unit
``reward_<term>``      the agent's part of its reward in this step; their sum is the reward
``episode_<metric>``   how the episode went, 0 until it ends
=====================  ============================================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fz_multi.commands import CODES, RUNNING
from fz_multi.session import Session, event
from fz_multi.task.judge import all_goals

# Counters of the agent that an episode reports as they are.
COUNTED = ("placed", "inserted", "taken", "handed", "refused", "conflicts", "messages")
METRICS = ("success", "progress", "ticks", "steps", "return", "idle_share", *COUNTED)
NOTHING_YET = {f"episode_{name}": 0.0 for name in METRICS}


class Infos:
    """Builds the infos of a team. ``names``: the agents, in order."""

    def __init__(self, names: list[str], session: Session) -> None:
        self.names = names
        self._with_mask = session.interface.mask_in == "info"
        self._goals = [f"goal_{goal.name}" for goal in all_goals(session.task)]
        self._terms = [f"reward_{name}" for name in session.task.term_names]
        keys = ["action_mask"] if self._with_mask else []
        keys += ["result", "refused", "tick", "only_wait", "success", "progress"]
        self._empty: dict[str, Any] = dict.fromkeys([*keys, *self._goals, *self._terms])
        self._empty.update(NOTHING_YET)

    def build(self, session: Session) -> dict[str, dict[str, Any]]:
        """Fresh infos of the state as it is."""
        judge = session.judge
        tick, success, _ = judge.outcome[0].tolist()
        shared = self._empty.copy()  # a dict that has its keys is copied and filled faster
        shared["tick"], shared["success"] = tick, success
        shared["only_wait"] = int(session.buffers.only_wait[0])
        shared["progress"] = float(judge.progress[0])
        shared.update(zip(self._goals, judge.reached[0].tolist(), strict=True))
        counts = judge.counts[0].tolist()
        parts = judge.parts[0].T.tolist()
        mask, ended = session.buffers.mask, session.episode.ended
        out: dict[str, dict[str, Any]] = {}
        for agent, name in enumerate(self.names):
            info = shared.copy()
            if self._with_mask:
                info["action_mask"] = mask[0, agent].copy()
            info["result"], info["refused"] = counts[agent]
            info.update(zip(self._terms, parts[agent], strict=True))
            if ended:
                info.update(_metrics(session, agent))
            out[name] = info
        return out


def _metrics(session: Session, agent: int) -> dict[str, float]:
    """How the episode went, for one agent and its team."""
    team, counters = session.outcome(), session.world.seen.agent[0, agent]
    numbers = {
        **team,
        "return": session.episode.returns[agent],
        "idle_share": int(counters["idle"]) / max(1.0, team["ticks"]),
        **{name: counters[name] for name in COUNTED},
    }
    return {f"episode_{name}": float(numbers[name]) for name in METRICS}


def refusals(results: Mapping[str, Mapping[str, Any]], tick: int) -> list[dict[str, Any]]:
    """Events of the commands that were refused."""
    refused = (name for name, result in results.items() if CODES.index(result["code"]) > RUNNING)
    return [event(tick, "refused", results[name]["detail"], name) for name in refused]
