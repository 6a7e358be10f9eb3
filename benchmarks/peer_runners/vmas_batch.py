"""A VMAS scenario, all its environments in one set of tensors on the CPU.

The case: ``scenario``, ``envs``, ``threads``, ``max_steps``, and ``options`` of the scenario.
Discrete actions. Environments that are done are reset one by one, as VMAS has it, or all at once
when all are done.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import vmas
from blocks import Step, cores, now, serve


def make(case: dict[str, Any]) -> tuple[dict[str, int], Callable[[], Step]]:
    cores(case["threads"])
    torch.set_num_threads(case["threads"])
    torch.manual_seed(0)
    number = case["envs"]
    env = vmas.make_env(
        case["scenario"],
        num_envs=number,
        device="cpu",
        continuous_actions=False,
        max_steps=case["max_steps"],
        seed=0,
        **case.get("options", {}),
    )
    seen = env.reset()
    kinds = [int(space.n) for space in env.action_space.spaces]
    about = {
        "agents": len(kinds),
        "envs": number,
        "threads": case["threads"],
        "bytes": seen[0][0].numel() * seen[0].element_size(),
    }

    @torch.no_grad()
    def step() -> Step:
        actions = [torch.randint(kind, (number,)) for kind in kinds]
        start = now()
        _, _, done, _ = env.step(actions)
        over = int(done.sum())
        if over == number:
            env.reset()
        elif over:
            for index in done.nonzero()[:, 0].tolist():
                env.reset_at(index)
        return Step(now() - start, number * len(kinds), number, over)

    return about, step


if __name__ == "__main__":
    serve(make)
