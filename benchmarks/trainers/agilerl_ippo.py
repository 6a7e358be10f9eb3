"""AgileRL: IPPO on its own processes of `parallel_env`, one network for all agents.

    python -m benchmarks.trainers.agilerl_ippo [--iterations 10]

Without masks: AgileRL's IPPO draws with a mask but learns as if there were none, and cannot read
one that is an array. An illegal action does nothing, and is counted as refused. The loop is written
out, as AgileRL's `train_multi_agent_on_policy` forgets where one episode ends and the next begins.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
import torch
from agilerl.algorithms import IPPO
from agilerl.vector.pz_async_vec_env import AsyncPettingZooVecEnv

import fz_multi
from benchmarks.trainers.common import Progress, arguments, options


def collect(agent: IPPO, envs: Any, start: Any, steps: int) -> tuple[Any, Any, list[float]]:
    """Play: what `IPPO.learn` takes, where to go on, and the team returns of episodes that ended.

    ``start``: observations, whether each agent's last episode has just ended, returns so far.
    """
    observations, over, returns = start
    kept: list[Any] = [defaultdict(list) for _ in range(6)]
    ended: list[float] = []
    for _ in range(steps):
        actions, log_probs, _, values = agent.get_action(observations)
        after, rewards, terminated, truncated, _ = envs.step(actions)
        now = (observations, actions, log_probs, rewards, over, values)
        for name in agent.agent_ids:
            for lists, part in zip(kept, now, strict=True):
                lists[name].append(part[name])
        over = {
            name: np.logical_or(terminated[name], truncated[name]).astype(float)
            for name in agent.agent_ids
        }
        returns = returns + np.mean([rewards[name] for name in agent.agent_ids], axis=0)
        done = over[agent.agent_ids[0]] > 0  # a team's episode ends for all at once
        ended += returns[done].tolist()
        returns = np.where(done, 0.0, returns)
        observations = after
    return (*kept, observations, over), (observations, over, returns), ended


def main() -> None:
    asked = arguments(__doc__).parse_args()
    torch.manual_seed(asked.seed)
    packages = ["agilerl", "torch", "gymnasium", "pettingzoo"]
    progress = Progress(asked, "agilerl_ippo", packages)

    def make() -> Any:
        return fz_multi.parallel_env(asked.task, mask_in="none", **options(asked))

    envs = AsyncPettingZooVecEnv([make] * asked.envs)
    names = envs.possible_agents
    agent = IPPO(
        observation_spaces=[envs.single_observation_space(name) for name in names],
        action_spaces=[envs.single_action_space(name) for name in names],
        agent_ids=names,
        net_config={
            "encoder_config": {"hidden_size": [64]},
            "head_config": {"hidden_size": [64]},
        },
        batch_size=min(1024, asked.steps * asked.envs * asked.agents),
        lr=3e-4,
        learn_step=asked.steps * asked.envs,
    )
    agent.set_training_mode(True)
    first, _ = envs.reset(seed=asked.seed)
    start = (first, {name: np.zeros(asked.envs) for name in names}, np.zeros(asked.envs))
    for iteration in range(1, asked.iterations + 1):
        experiences, start, ended = collect(agent, envs, start, asked.steps)
        agent.learn(experiences)
        steps = iteration * asked.steps * asked.envs * asked.agents
        progress(steps, float(np.mean(ended)) if ended else None)
    envs.close()
    agent.save_checkpoint(str(asked.out / "model.pt"))

    agent = IPPO.load(str(asked.out / "model.pt"))  # as a user would later
    agent.set_training_mode(False)

    def act(observations: np.ndarray, masks: np.ndarray) -> np.ndarray:
        seen = {name: row[None] for name, row in zip(names, observations, strict=True)}
        actions, *_ = agent.get_action(seen)
        return np.array([actions[name][0] for name in names])

    progress.finish(act)


if __name__ == "__main__":
    main()
