"""BenchMARL: MAPPO, IPPO or QMIX on fz_multi as a task of one's own, with action masks.

    python -m benchmarks.trainers.benchmarl_task [--algorithm qmix] [--iterations 10]

`FactoryTask` is all that BenchMARL asks for: TorchRL's wrapper of `parallel_env`, and which of its
entries are observations, masks and state. It works with BenchMARL's other discrete algorithms too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from benchmarl.algorithms import IppoConfig, MappoConfig, QmixConfig
from benchmarl.environments.common import TaskClass
from benchmarl.experiment import Experiment, ExperimentConfig
from benchmarl.experiment.callback import Callback
from benchmarl.models.mlp import MlpConfig
from tensordict import TensorDict
from torchrl.data import Composite
from torchrl.envs import EnvBase, PettingZooWrapper
from torchrl.envs.utils import ExplorationType, set_exploration_type

import fz_multi
from benchmarks.trainers.common import Progress, arguments, options

GROUP = "agent"  # TorchRL's group of agent_0, agent_1, ...
ALGORITHMS = {"mappo": MappoConfig, "ippo": IppoConfig, "qmix": QmixConfig}


class FactoryTask(TaskClass):
    """``config``: the arguments of `fz_multi.parallel_env`, without the task."""

    def get_env_fun(
        self, num_envs: int, continuous_actions: bool, seed: int | None, device: Any
    ) -> Callable[[], EnvBase]:
        return lambda: PettingZooWrapper(
            fz_multi.parallel_env(self.name, **self.config),
            return_state=True,
            seed=seed,
            device=device,
        )

    def supports_continuous_actions(self) -> bool:
        return False

    def supports_discrete_actions(self) -> bool:
        return True

    def has_render(self, env: EnvBase) -> bool:
        return False

    def max_steps(self, env: EnvBase) -> int:
        return int(env.max_cycles)

    def group_map(self, env: EnvBase) -> dict[str, list[str]]:
        return dict(env.group_map)

    def _entry(self, env: EnvBase, name: str) -> Composite:
        part = env.observation_spec[GROUP]
        return Composite({GROUP: Composite({name: part[name].clone()}, shape=part.shape)})

    def observation_spec(self, env: EnvBase) -> Composite:
        return self._entry(env, "observation")

    def action_mask_spec(self, env: EnvBase) -> Composite:
        return self._entry(env, "action_mask")

    def info_spec(self, env: EnvBase) -> Composite:
        return self._entry(env, "info")

    def state_spec(self, env: EnvBase) -> Composite:
        return Composite({"state": env.observation_spec["state"].clone()})

    def action_spec(self, env: EnvBase) -> Composite:
        return env.full_action_spec

    @staticmethod
    def env_name() -> str:
        return "fz_multi"


class Report(Callback):
    """A line for each batch."""

    def __init__(self, progress: Progress) -> None:
        super().__init__()
        self.progress, self.steps = progress, 0

    def on_batch_collected(self, batch: Any) -> None:
        self.steps += batch.numel() * self.progress.asked.agents
        ended = batch["next", "done"].squeeze(-1)
        returns = batch["next", GROUP, "episode_reward"][ended]
        self.progress(self.steps, returns.mean().item() if len(returns) else None)


def configure(asked: Any) -> ExperimentConfig:
    """BenchMARL's own defaults, but for the size of this run."""
    config = ExperimentConfig.get_from_yaml()
    config.max_n_iters, config.max_n_frames = asked.iterations, None
    config.prefer_continuous_actions = False
    config.lr, config.exploration_eps_end = 3e-4, 0.05
    config.on_policy_n_envs_per_worker = config.off_policy_n_envs_per_worker = asked.envs
    frames = asked.envs * asked.steps
    config.on_policy_collected_frames_per_batch = frames
    config.off_policy_collected_frames_per_batch = frames
    config.on_policy_n_minibatch_iters, config.on_policy_minibatch_size = 4, min(512, frames)
    config.off_policy_n_optimizer_steps, config.off_policy_train_batch_size = 32, 256
    config.off_policy_memory_size = 20_000  # frames; one has 8 kB of observation an agent
    config.evaluation = config.render = config.create_json = False
    config.loggers, config.save_folder, config.checkpoint_at_end = [], str(asked.out), True
    return config


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--algorithm", default="mappo", choices=list(ALGORITHMS))
    asked = parser.parse_args()
    packages = ["benchmarl", "torchrl", "tensordict", "torch", "gymnasium", "pettingzoo"]
    progress = Progress(asked, f"benchmarl_{asked.algorithm}", packages)

    model = MlpConfig(
        num_cells=[64, 64], activation_class=torch.nn.Tanh, layer_class=torch.nn.Linear
    )
    experiment = Experiment(
        task=FactoryTask(asked.task, options(asked)),
        algorithm_config=ALGORITHMS[asked.algorithm].get_from_yaml(),
        model_config=model,
        critic_model_config=model,
        seed=asked.seed,
        config=configure(asked),
        callbacks=[Report(progress)],
    )
    experiment.run()
    torch.save(experiment.policy.state_dict(), asked.out / "model.pt")

    experiment.policy.load_state_dict(torch.load(asked.out / "model.pt"))
    explore = ExplorationType.DETERMINISTIC if asked.algorithm == "qmix" else ExplorationType.RANDOM

    def act(observations: np.ndarray, masks: np.ndarray) -> np.ndarray:
        seen = {
            "observation": torch.from_numpy(observations),
            "action_mask": torch.from_numpy(masks),
        }
        batch = TensorDict({GROUP: TensorDict(seen, [asked.agents])}, [])
        with torch.no_grad(), set_exploration_type(explore):
            return experiment.policy(batch)[GROUP, "action"].numpy()

    progress.finish(act)


if __name__ == "__main__":
    main()
