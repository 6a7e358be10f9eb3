"""Tianshou 2: PPO with action masks, one policy for all agents.

    python -m benchmarks.trainers.tianshou_ppo [--iterations 10]

Tianshou's own `PettingZooEnv` is for games in which players take turns: a team's rewards go to who
acts last, and the other agents learn from zeros. So here each agent is a row of one of
Tianshou's vectorised environments, over `fz_multi.gym_vector_env`. A row's observation ends with
its mask, as infos of the same moment do not reach the learner.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from tianshou.algorithm import PPO
from tianshou.algorithm.modelfree.reinforce import DiscreteActorPolicy
from tianshou.algorithm.optim import AdamOptimizerFactory
from tianshou.data import Collector, VectorReplayBuffer
from tianshou.env import BaseVectorEnv
from tianshou.utils.net.common import AbstractDiscreteActor
from tianshou.utils.torch_utils import policy_within_training_step, torch_train_mode
from torch import nn

import fz_multi
from benchmarks.trainers.common import Progress, arguments, options


class Rows(BaseVectorEnv):
    """Agents as environments. An episode's successor has begun when Tianshou asks for a reset."""

    def __init__(self, asked: Any) -> None:
        self.rows = fz_multi.gym_vector_env(asked.task, num_envs=asked.envs, **options(asked))
        self.env_num, self.is_async, self.is_closed = self.rows.num_envs, False, False
        self.first_seed: int | None = asked.seed

    def __len__(self) -> int:
        return self.env_num

    def get_env_attr(self, key: str, id: Any = None) -> list[Any]:
        return [getattr(self.rows, f"single_{key}", None) for _ in self._wrap_id(id)]

    def reset(self, env_id: Any = None, **kwargs: Any) -> tuple[np.ndarray, np.ndarray]:
        ids = self._wrap_id(env_id)
        if self.first_seed is not None:
            self._keep(*self.rows.reset(seed=self.first_seed))
            self.first_seed = None
        return self.now[ids], np.array([{} for _ in ids])

    def step(self, action: Any, id: Any = None) -> tuple[Any, ...]:
        seen, rewards, terminated, truncated, infos = self.rows.step(action)
        self._keep(seen, infos)
        after = self.now.copy()
        for row in np.flatnonzero(terminated | truncated):  # the last of the episode; no mask
            after[row, : seen.shape[1]] = infos["final_obs"][row]
        return after, rewards, terminated, truncated, np.array([{} for _ in rewards])

    def _keep(self, seen: np.ndarray, infos: Any) -> None:
        self.now = np.concatenate([seen, infos["action_mask"].astype(np.float32)], axis=1)

    def seed(self, seed: Any = None) -> list[Any]:
        return [seed]

    def close(self) -> None:
        self.rows.close()


class MaskedActor(AbstractDiscreteActor):
    """Logits of the legal actions, from observations with the mask at their end."""

    def __init__(self, net: nn.Module, actions: int) -> None:
        super().__init__(actions)
        self.net, self.actions = net, actions

    def forward(self, obs: Any, state: Any = None, info: Any = None) -> tuple[torch.Tensor, Any]:
        obs = torch.as_tensor(obs)
        logits = self.net(obs[:, : -self.actions])
        return logits.masked_fill(obs[:, -self.actions :] == 0, -1e9), state

    def get_preprocess_net(self) -> nn.Module:
        return nn.Identity()


class Critic(nn.Module):
    """The value of an observation, without its mask."""

    def __init__(self, net: nn.Module, actions: int) -> None:
        super().__init__()
        self.net, self.actions = net, actions

    def forward(self, obs: Any, **kwargs: Any) -> torch.Tensor:
        return self.net(torch.as_tensor(obs)[:, : -self.actions])


def network(inputs: int, outputs: int) -> nn.Module:
    return nn.Sequential(
        nn.Linear(inputs, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, outputs)
    )


def main() -> None:
    asked = arguments(__doc__).parse_args()
    torch.manual_seed(asked.seed)
    progress = Progress(asked, "tianshou_ppo", ["tianshou", "torch", "gymnasium", "pettingzoo"])

    rows = Rows(asked)
    inputs = rows.rows.single_observation_space.shape[0]
    actions = int(rows.rows.single_action_space.n)
    actor = MaskedActor(network(inputs, actions), actions)
    policy = DiscreteActorPolicy(actor=actor, action_space=rows.rows.single_action_space)
    critic = Critic(network(inputs, 1), actions)
    algorithm = PPO(
        policy=policy, critic=critic, optim=AdamOptimizerFactory(lr=3e-4), ent_coef=0.01
    )
    frames = len(rows) * asked.steps
    collector = Collector(algorithm, rows, VectorReplayBuffer(frames, len(rows)))
    collector.reset()
    for iteration in range(1, asked.iterations + 1):
        with policy_within_training_step(policy):
            stats = collector.collect(n_step=frames)
            with torch_train_mode(policy):
                algorithm.update(collector.buffer, batch_size=min(512, frames), repeat=4)
        collector.reset_buffer(keep_statistics=True)
        ended = stats.returns
        progress(iteration * frames, float(np.mean(ended)) if len(ended) else None)
    torch.save(algorithm.state_dict(), asked.out / "model.pt")
    rows.close()

    algorithm.load_state_dict(torch.load(asked.out / "model.pt"))  # as a user would later

    def act(observations: np.ndarray, masks: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            logits, _ = actor(np.concatenate([observations, masks.astype(np.float32)], axis=1))
        return torch.distributions.Categorical(logits=logits).sample().numpy()

    progress.finish(act)


if __name__ == "__main__":
    main()
