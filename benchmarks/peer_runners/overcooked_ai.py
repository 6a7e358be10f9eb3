"""Overcooked-AI: one kitchen in Python, both players' lossless observations after each step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from blocks import Step, now, serve
from overcooked_ai_py.mdp.actions import Action
from overcooked_ai_py.mdp.overcooked_env import OvercookedEnv
from overcooked_ai_py.mdp.overcooked_mdp import OvercookedGridworld


def make(case: dict[str, Any]) -> tuple[dict[str, int], Callable[[], Step]]:
    kitchen = OvercookedGridworld.from_layout_name(case["layout"])
    env = OvercookedEnv.from_mdp(kitchen, horizon=400, info_level=0)
    env.reset()
    random = np.random.default_rng(0)
    seen = env.lossless_state_encoding_mdp(env.state)
    about = {"agents": len(seen), "envs": 1, "threads": 1, "bytes": int(seen[0].nbytes)}

    def step() -> Step:
        chosen = random.integers(len(Action.ALL_ACTIONS), size=2)
        actions = [Action.ALL_ACTIONS[index] for index in chosen]
        over = 0
        start = now()
        _, _, done, _ = env.step(actions)
        if done:
            over = 1
            env.reset()
        env.lossless_state_encoding_mdp(env.state)
        return Step(now() - start, 2, 1, over)

    return about, step


if __name__ == "__main__":
    serve(make)
