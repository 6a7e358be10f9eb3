"""TorchRL: MAPPO or IPPO with action masks on `PettingZooWrapper`, after TorchRL's own tutorial.

    python -m benchmarks.trainers.torchrl_mappo [--algorithm mappo] [--iterations 10]

All agents share the weights of the policy. MAPPO's critic sees what all agents see, IPPO's what one
sees. The wrapper finds the masks in the infos and hands them on as ``("agent", "action_mask")``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from tensordict.nn import TensorDictModule
from torch import nn
from torchrl.collectors import Collector
from torchrl.data import LazyTensorStorage, SamplerWithoutReplacement, TensorDictReplayBuffer
from torchrl.envs import EnvBase, PettingZooWrapper, RewardSum, SerialEnv, TransformedEnv
from torchrl.modules import MaskedCategorical, MultiAgentMLP, ProbabilisticActor
from torchrl.objectives import ClipPPOLoss, ValueEstimators

import fz_multi
from benchmarks.trainers.common import Progress, arguments, options

GROUP = "agent"  # TorchRL's group of agent_0, agent_1, ...
EPOCHS, LEARNING_RATE, GAMMA, LAMBDA = 4, 3e-4, 0.99, 0.95


def make_envs(asked: Any) -> EnvBase:
    """Environments side by side, with the sum of rewards of each episode."""

    def one() -> EnvBase:
        return PettingZooWrapper(fz_multi.parallel_env(asked.task, **options(asked)))

    returns = RewardSum(in_keys=[(GROUP, "reward")], out_keys=[(GROUP, "episode_reward")])
    envs = TransformedEnv(SerialEnv(asked.envs, one), returns)
    envs.set_seed(asked.seed)
    return envs


def network(envs: EnvBase, outputs: int, centralised: bool) -> MultiAgentMLP:
    """One network for all agents, on what each sees or on what all see."""
    agents, inputs = envs.observation_spec[GROUP, "observation"].shape[-2:]
    return MultiAgentMLP(
        n_agent_inputs=inputs,
        n_agent_outputs=outputs,
        n_agents=agents,
        centralised=centralised,
        share_params=True,
        depth=2,
        num_cells=64,
        activation_class=nn.Tanh,
    )


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--algorithm", default="mappo", choices=["mappo", "ippo"])
    asked = parser.parse_args()
    torch.manual_seed(asked.seed)
    packages = ["torchrl", "tensordict", "torch", "gymnasium", "pettingzoo"]
    progress = Progress(asked, f"torchrl_{asked.algorithm}", packages)

    envs = make_envs(asked)
    actions = envs.full_action_spec_unbatched[GROUP, "action"].space.n
    policy = network(envs, actions, centralised=False)
    actor = ProbabilisticActor(
        TensorDictModule(policy, [(GROUP, "observation")], [(GROUP, "logits")]),
        spec=envs.full_action_spec_unbatched,
        in_keys={"logits": (GROUP, "logits"), "mask": (GROUP, "action_mask")},
        out_keys=[(GROUP, "action")],
        distribution_class=MaskedCategorical,
        return_log_prob=True,
        log_prob_key=(GROUP, "log_prob"),
    )
    value = network(envs, 1, centralised=asked.algorithm == "mappo")
    critic = TensorDictModule(value, [(GROUP, "observation")], [(GROUP, "state_value")])
    loss = ClipPPOLoss(actor, critic, entropy_coeff=0.01, normalize_advantage=True)
    loss.set_keys(
        reward=(GROUP, "reward"),
        action=(GROUP, "action"),
        value=(GROUP, "state_value"),
        done=(GROUP, "done"),
        terminated=(GROUP, "terminated"),
        sample_log_prob=(GROUP, "log_prob"),
    )
    loss.make_value_estimator(ValueEstimators.GAE, gamma=GAMMA, lmbda=LAMBDA)
    optimizer = torch.optim.Adam(loss.parameters(), LEARNING_RATE)

    frames = asked.envs * asked.steps
    collector = Collector(
        envs, actor, frames_per_batch=frames, total_frames=frames * asked.iterations
    )
    buffer = TensorDictReplayBuffer(
        storage=LazyTensorStorage(frames),
        sampler=SamplerWithoutReplacement(),
        batch_size=min(512, frames),
    )
    for iteration, batch in enumerate(collector, start=1):
        with torch.no_grad():
            loss.value_estimator(batch)  # adds advantages and value targets
        buffer.extend(batch.reshape(-1))
        for _ in range(EPOCHS * max(1, frames // buffer.batch_size)):
            losses = loss(buffer.sample())
            total = losses["loss_objective"] + losses["loss_critic"] + losses["loss_entropy"]
            optimizer.zero_grad()
            total.backward()
            nn.utils.clip_grad_norm_(loss.parameters(), 0.5)
            optimizer.step()
        ended = batch["next", "done"].squeeze(-1)
        returns = batch["next", GROUP, "episode_reward"][ended]
        progress(iteration * frames * asked.agents, returns.mean().item() if len(returns) else None)
    collector.shutdown()
    torch.save(policy.state_dict(), asked.out / "model.pt")

    policy.load_state_dict(torch.load(asked.out / "model.pt"))  # as a user would later

    def act(observations: np.ndarray, masks: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            logits = policy(torch.from_numpy(observations))
            return MaskedCategorical(logits=logits, mask=torch.from_numpy(masks)).sample().numpy()

    progress.finish(act)


if __name__ == "__main__":
    main()
