"""PufferLib 3: its PPO on `fz_multi.puffer_env`, with action masks.

    python -m benchmarks.trainers.pufferlib_ppo [--backend PufferEnv] [--iterations 10]

PufferLib knows boxes only, so an observation and its mask lie in one row, and the policy splits it.
Rewards of all agents feed one policy. Its import leaves a link ``resources`` in the current folder.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pufferlib.models
import pufferlib.vector
import torch
from pufferlib import pufferl

import fz_multi
from benchmarks.trainers.common import Progress, arguments, options


class Policy(pufferlib.models.Default):
    """PufferLib's default network, over legal actions only."""

    def __init__(self, env: Any) -> None:
        super().__init__(env)
        self.legal = env.parts["action_mask"]

    def forward_eval(self, observations: torch.Tensor, state: Any = None) -> Any:
        logits, values = super().forward_eval(observations, state)
        return logits.masked_fill(observations[:, self.legal] == 0, -1e9), values


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument(
        "--backend", default="PufferEnv", choices=["PufferEnv", "Serial", "Multiprocessing"]
    )
    asked = parser.parse_args()
    torch.manual_seed(asked.seed)
    progress = Progress(asked, "pufferlib_ppo", ["pufferlib", "torch", "gymnasium", "pettingzoo"])

    copies = 1 if asked.backend == "PufferEnv" else 2
    envs = pufferlib.vector.make(
        fz_multi.puffer_env,
        env_kwargs={
            "task": asked.task,
            "num_envs": max(1, asked.envs // copies),
            "observation": "masked",
            **options(asked),
        },
        backend=getattr(pufferlib.vector, asked.backend),
        num_envs=copies,
        seed=asked.seed,
    )
    sys.argv = sys.argv[:1]  # PufferLib's configuration reads the command line as well
    config = pufferl.load_config("default")["train"]
    frames = asked.steps * envs.num_agents
    config.update(
        device="cpu",
        optimizer="adam",
        learning_rate=3e-4,
        env=asked.task,
        seed=asked.seed,
        use_rnn=False,
        batch_size=frames,
        bptt_horizon=asked.steps,
        minibatch_size=min(1024, frames) // asked.steps * asked.steps or asked.steps,
        total_timesteps=frames * asked.iterations,
        data_dir=str(asked.out),
    )
    policy = Policy(envs.driver_env)
    trainer = pufferl.PuffeRL(config, envs, policy)
    for _ in range(asked.iterations):
        ended = trainer.evaluate()["episode_return"]
        total = float(np.mean(ended)) if len(ended) else None
        trainer.train()
        progress(trainer.global_step, total)
    torch.save(policy.state_dict(), asked.out / "model.pt")
    parts = envs.driver_env.parts
    trainer.close()

    policy.load_state_dict(torch.load(asked.out / "model.pt"))  # as a user would later

    def act(observations: np.ndarray, masks: np.ndarray) -> np.ndarray:
        rows = np.zeros((len(observations), parts["action_mask"].stop), np.float32)
        rows[:, parts["observation"]], rows[:, parts["action_mask"]] = observations, masks
        with torch.no_grad():
            logits, _ = policy.forward_eval(torch.from_numpy(rows))
        return torch.distributions.Categorical(logits=logits).sample().numpy()

    progress.finish(act)


if __name__ == "__main__":
    main()
