"""Stable-Baselines3: PPO, or MaskablePPO of sb3-contrib, with one policy for all agents.

    python -m benchmarks.trainers.sb3_ppo [--algorithm maskable] [--rows native] [--iterations 10]

``--rows native`` is `fz_multi.sb3_vec_env`; ``--rows supersuit`` is SuperSuit over `parallel_env`.
MaskablePPO keeps to the masks. Plain PPO knows none: an illegal action does nothing, and is counted
as refused.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sb3_contrib import MaskablePPO
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.vec_env import VecEnv, VecEnvWrapper, VecMonitor

import fz_multi
from benchmarks.trainers.common import Progress, arguments, options

ALGORITHMS = {"ppo": PPO, "maskable": MaskablePPO}


class SuperSuitRows(VecEnvWrapper):
    """Gives SuperSuit's rows what they lack: a seed, and the masks for MaskablePPO."""

    first_seed: int | None = None
    render_mode = None

    def seed(self, seed: int | None = None) -> list[int | None]:
        """Of the next reset, which SuperSuit's own wrapper would not pass on."""
        self.first_seed = seed
        return [seed] * self.num_envs

    def reset(self) -> np.ndarray:
        observations, infos = self.venv.venv.reset(seed=self.first_seed)
        self.first_seed = None
        self.masks = [info["action_mask"] for info in infos]
        return observations

    def step_wait(self) -> tuple[Any, ...]:
        observations, rewards, over, infos = self.venv.step_wait()
        self.masks = [info["action_mask"] for info in infos]
        return observations, rewards, over, infos

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """Also asked at the start, for ``render_mode``, which SuperSuit's rows do not have."""
        return [getattr(self, attr_name, None)] * self.num_envs

    def has_attr(self, attr_name: str) -> bool:
        return attr_name == "action_masks" or self.venv.has_attr(attr_name)

    def env_method(self, method_name: str, *args: Any, **named: Any) -> list[Any]:
        own = method_name == "action_masks"
        return self.masks if own else self.venv.env_method(method_name, *args, **named)


def make_rows(asked: Any) -> VecEnv:
    """Each agent of each environment is a row."""
    if asked.rows == "native":
        return fz_multi.sb3_vec_env(
            asked.task, num_envs=asked.envs, threads=asked.threads, **options(asked)
        )
    import supersuit

    env = fz_multi.parallel_env(asked.task, **options(asked))
    env = supersuit.pettingzoo_env_to_vec_env_v1(env)
    env = supersuit.concat_vec_envs_v1(env, asked.envs, num_cpus=0, base_class="stable_baselines3")
    return VecMonitor(SuperSuitRows(env))


class Report(BaseCallback):
    """A line after each rollout."""

    def __init__(self, progress: Progress) -> None:
        super().__init__()
        self.progress = progress

    def _on_step(self) -> bool:
        return True

    def _on_rollout_end(self) -> None:
        ended = [episode["r"] for episode in self.model.ep_info_buffer]
        self.progress(self.num_timesteps, float(np.mean(ended)) if ended else None)


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--algorithm", default="maskable", choices=list(ALGORITHMS))
    parser.add_argument("--rows", default="native", choices=["native", "supersuit"])
    parser.add_argument("--threads", type=int, default=1, help="that step native rows")
    asked = parser.parse_args()
    packages = ["stable-baselines3", "sb3-contrib", "supersuit", "torch", "gymnasium", "pettingzoo"]
    progress = Progress(asked, f"sb3_{asked.algorithm}_{asked.rows}", packages)

    rows = make_rows(asked)
    model = ALGORITHMS[asked.algorithm](
        "MlpPolicy",
        rows,
        n_steps=asked.steps,
        batch_size=min(1024, asked.steps * rows.num_envs),
        n_epochs=4,
        ent_coef=0.01,
        seed=asked.seed,
        device="auto",
    )
    model.learn(asked.iterations * asked.steps * rows.num_envs, callback=Report(progress))
    model.save(asked.out / "model.zip")
    rows.close()

    model = ALGORITHMS[asked.algorithm].load(asked.out / "model.zip")  # as a user would later

    def act(observations: np.ndarray, masks: np.ndarray) -> np.ndarray:
        masked = {"action_masks": masks} if asked.algorithm == "maskable" else {}
        return model.predict(observations, deterministic=False, **masked)[0]

    progress.finish(act)


if __name__ == "__main__":
    main()
