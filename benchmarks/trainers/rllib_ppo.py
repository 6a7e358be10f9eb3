"""RLlib: PPO on the new API stack with action masking, on one machine or on a Ray cluster.

    python -m benchmarks.trainers.rllib_ppo [--runners 2] [--iterations 10] [--address auto]

Without ``--address`` Ray starts on this machine. With it the script joins a running cluster
(``ray start --head``, and ``ray start --address=HEAD:6379`` on each further machine, which needs
`fz_multi` in the same Python). All agents share one policy.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import ray
import torch
from ray.rllib.algorithms.ppo import PPOConfig
from ray.rllib.core.rl_module import MultiRLModuleSpec, RLModule, RLModuleSpec
from ray.rllib.examples.rl_modules.classes.action_masking_rlm import ActionMaskingTorchRLModule
from ray.tune.registry import register_env

import fz_multi
from benchmarks.trainers.common import Progress, arguments, options

POLICY = "shared"


def make(config: dict[str, Any]) -> Any:
    """Runs in the env runners: ``{"observations", "action_mask"}`` for the masking module."""
    return fz_multi.rllib_env(**config)


def configure(asked: Any) -> PPOConfig:
    """The algorithm."""
    register_env("fz_multi", make)
    batch = asked.envs * asked.steps
    return (
        PPOConfig()
        .environment("fz_multi", env_config={"task": asked.task, **options(asked)})
        .env_runners(
            num_env_runners=asked.runners,
            num_envs_per_env_runner=max(1, asked.envs // max(1, asked.runners)),
            rollout_fragment_length="auto",
        )
        .multi_agent(policies={POLICY}, policy_mapping_fn=lambda agent, *_, **__: POLICY)
        .rl_module(
            rl_module_spec=MultiRLModuleSpec(
                rl_module_specs={
                    POLICY: RLModuleSpec(
                        module_class=ActionMaskingTorchRLModule,
                        model_config={"fcnet_hiddens": [64, 64], "fcnet_activation": "tanh"},
                    )
                }
            )
        )
        .training(
            train_batch_size_per_learner=batch,
            minibatch_size=min(1024, batch),
            num_epochs=4,
            lr=3e-4,
            entropy_coeff=0.01,
        )
        .debugging(seed=asked.seed)
    )


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--runners", type=int, default=2, help="processes that play")
    parser.add_argument("--address", help="of a running cluster; 'auto' finds it")
    asked = parser.parse_args()
    progress = Progress(asked, "rllib_ppo", ["ray", "torch", "gymnasium", "pettingzoo"])

    ray.init(address=asked.address or "local")
    algorithm = configure(asked).build_algo()
    nodes = algorithm.env_runner_group.foreach_env_runner(
        lambda runner: ray.get_runtime_context().get_node_id(), local_env_runner=False
    )
    print(f"{len(ray.nodes())} nodes; {len(nodes)} env runners on {len(set(nodes))} of them")
    for _ in range(asked.iterations):
        result = algorithm.train()["env_runners"]
        steps = result["num_env_steps_sampled_lifetime"] * asked.agents
        total = result.get("episode_return_mean")  # the sum over the agents of a team
        progress(steps, None if total is None else total / asked.agents)
    model = (asked.out / "model").resolve()
    algorithm.save_to_path(model)
    algorithm.stop()
    ray.shutdown()

    module = RLModule.from_checkpoint(model / "learner_group" / "learner" / "rl_module" / POLICY)

    def act(observations: np.ndarray, masks: np.ndarray) -> np.ndarray:
        seen = {"observations": observations, "action_mask": masks.astype(np.float32)}
        with torch.no_grad():
            batch = {"obs": {name: torch.from_numpy(part) for name, part in seen.items()}}
            logits = module.forward_inference(batch)["action_dist_inputs"]
        return torch.distributions.Categorical(logits=logits).sample().numpy()

    progress.finish(act)


if __name__ == "__main__":
    main()
