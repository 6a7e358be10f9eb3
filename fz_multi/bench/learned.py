"""What a checkpoint of the reference learner has learned, as a policy; and its evaluation.

>>> policy = load_policy("runs/two_cells-0/policy.pt")            # doctest: +SKIP
>>> run("two_cells", policy, agents=2, seed=0, split="eval")      # doctest: +SKIP

The policy plays on `fz_multi.parallel_env` with any backend, team size and form of the observation
whose action is discrete. Each agent draws its actions by a generator of its own, made from the
episode's seed, so `evaluate`, which plays many episodes at once, gives the same ones.

    python -m fz_multi.bench.learned CHECKPOINT [--maps 100] [--agents N] [--split eval] [--server]

plays the first maps of the evaluation split and prints a line for each. ``--server`` plays the same
maps on an embedded Factorio server that it starts, and fails when a result differs.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import fz_multi
from fz_multi.bench.features import Features
from fz_multi.bench.network import Net, as_tensors, torch
from fz_multi.bench.policies import mask_of

FORMAT = 1


@dataclass
class Learned:
    """A policy from a checkpoint. ``temperature``: divides the logits; 0 = the likeliest action."""

    name: str
    settings: Mapping[str, Any]
    weights: Mapping[str, torch.Tensor]
    temperature: float = 1.0

    def bind(self, options: Any) -> None:
        """Make the network for an environment; ValueError when the weights do not fit it."""
        self._features = f = Features(options, bool(self.settings["talk"]))
        central = self.weights.get("state.weight")
        state = 0 if central is None else central.shape[1]
        hidden = self.weights["tiles"].shape[1]
        mine = self.weights["tiles"].shape[0], self.weights["numbers.weight"].shape[1]
        its = f.n_tiles, f.n_numbers
        if mine != its:
            raise ValueError(
                f"the checkpoint is of task {self.settings['task']!r} and takes (tiles, numbers) = "
                f"{mine}; {options.task.name!r} with window={f.window} has {its}"
            )
        self._net = Net(f.n_tiles, f.n_numbers, f.n_actions, state, hidden)
        self._net.load_state_dict(self.weights)

    def reset(self, env: Any, seed: int) -> None:
        inner = env.unwrapped
        self.bind(inner.options)
        self._agents = list(env.possible_agents)
        self._draws = [generator(seed, k) for k in range(len(self._agents))]

    def act(self, observations: Mapping[str, Any], infos: Mapping[str, Any]) -> dict[str, Any]:
        names = list(observations)
        parts = [self._features.parts(observations[name]) for name in names]
        seen = {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}
        masks = [mask_of(observations[name], infos.get(name, {})) for name in names]
        if any(mask is None for mask in masks):
            raise ValueError('the policy needs the action masks: not mask_in="none"')
        index = np.array([self._agents.index(name) for name in names])
        points = np.array([self._draws[k].random() for k in index])
        chosen = self.choose(seen, np.array(masks, np.int8), index, points)
        return dict(zip(names, chosen.tolist(), strict=True))

    def choose(
        self,
        seen: Mapping[str, np.ndarray],
        mask: np.ndarray,
        index: np.ndarray,
        points: np.ndarray,
    ) -> np.ndarray:
        """Actions int64[rows]; ``points``: a random number from 0 to 1 for each."""
        inputs, quarter = self._features.inputs(seen, mask, index)
        with torch.no_grad():
            tiles, others = as_tensors(inputs)
            logits = self._net.act(tiles, **others).numpy()
        logits = logits.astype(np.float64) / max(self.temperature, 1e-6)
        share = np.exp(logits - logits.max(1, keepdims=True)).cumsum(1)
        action = (share <= points[:, None] * share[:, -1:]).sum(1)
        return self._features.turn_back(action, quarter)


def generator(seed: int, agent: int) -> np.random.Generator:
    """Where an agent's random numbers come from in the episode of a seed."""
    return np.random.Generator(np.random.PCG64([abs(int(seed)), agent, 0x1EA2]))


def load_policy(path: str | Path, temperature: float = 1.0) -> Learned:
    """The policy of a checkpoint (``policy.pt``, or the folder that it lies in).

    FileNotFoundError without one, ValueError for a file that is none.
    """
    file = Path(path)
    if file.is_dir():
        file = file / "policy.pt"
    try:
        stored = torch.load(file, map_location="cpu", weights_only=True)
        found = stored["format"]
        if found != FORMAT:
            raise ValueError(f"{file} has the format {found}, this version reads {FORMAT}")
        return Learned(f"checkpoint:{file}", stored["settings"], stored["net"], temperature)
    except (KeyError, TypeError, RuntimeError, EOFError) as error:
        raise ValueError(f"{file} is no checkpoint of the reference learner: {error}") from None


def evaluate(
    policy: Learned,
    task: Any,
    *,
    agents: int = 2,
    seeds: Sequence[int] = range(100),
    split: str = "eval",
    threads: int = 1,
    **options: Any,
) -> list[dict[str, float]]:
    """Play one episode of each seed, all at once. Returns for each what `fz_multi.infos` calls
    ``episode_<metric>``, and ``seed``."""
    seeds = list(seeds)
    envs: Any = fz_multi.vector_env(
        task,
        num_envs=len(seeds),
        num_agents=agents,
        split=split,
        threads=threads,
        observation="grid",
        **options,
    )
    policy.bind(envs.options)
    seen, _ = envs.reset(seed=seeds)
    draws = [generator(seed, agent) for seed in seeds for agent in range(agents)]
    index = np.tile(np.arange(agents), len(seeds))
    out: list[dict[str, float] | None] = [None] * len(seeds)
    left = np.ones(len(seeds), bool)
    while left.any():
        open_now = left & (seen["goal"][:, 0, -1] == 0)
        rows = np.flatnonzero(np.repeat(open_now, agents))
        points = np.array([one.random() for one in draws])
        actions = np.zeros(len(index), np.int64)
        if len(rows):
            part = {k: v.reshape(len(index), *v.shape[2:])[rows] for k, v in seen.items()}
            mask = envs.action_masks.reshape(len(index), -1)[rows]
            actions[rows] = policy.choose(part, mask, index[rows], points[rows])
        seen, _, ended, cut, infos = envs.step(actions.reshape(len(seeds), agents))
        for k in np.flatnonzero((ended | cut)[:, 0] & left).tolist():
            names = [name for name in infos if name.startswith("episode_")]
            row = {name[8:]: float(infos[name][k].mean()) for name in names}
            out[k] = {"seed": seeds[k], **row}
            left[k] = False
    envs.close()
    return [row for row in out if row is not None]


def on_server(
    policy: Learned, task: str, *, agents: int, seeds: Sequence[int], split: str
) -> list[dict[str, float]]:
    """The same episodes on an embedded Factorio server, one after the other."""
    from fz_multi.bench.runner import run
    from fz_multi.factorio.launch import Launcher, embedded

    out = []
    with Launcher(embedded()) as server:
        env = fz_multi.parallel_env(
            task,
            num_agents=agents,
            backend="factorio",
            address=server.address,
            password=server.password,
            speed=1000,
        )
        for seed in seeds:
            metrics, _ = run(task, policy, agents=agents, seed=seed, split=split, env=env)
            row = {"seed": seed, "success": metrics.success, "ticks": metrics.ticks}
            out.append({**row, "return": metrics.team_return})
        env.close()
    return out


def main(arguments: Sequence[str] | None = None) -> int:
    """Play a checkpoint; the exit code is 1 when a server gives other results."""
    parser = argparse.ArgumentParser(
        prog="python -m fz_multi.bench.learned", description="Play what a checkpoint has learned."
    )
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--maps", type=int, default=100, help="(default: %(default)s)")
    parser.add_argument("--agents", type=int, help="(default: as in training)")
    parser.add_argument("--split", choices=("train", "eval"), default="eval")
    parser.add_argument("--temperature", type=float, default=1.0, help="0: the likeliest action")
    parser.add_argument("--server", action="store_true", help="also on an embedded server")
    asked = parser.parse_args(arguments)
    try:
        policy = load_policy(asked.checkpoint, asked.temperature)
        task, agents = policy.settings["task"], asked.agents or policy.settings["agents"]
        chosen = {"agents": agents, "seeds": range(asked.maps), "split": asked.split}
        rows = evaluate(policy, task, **chosen)
    except (ValueError, OSError) as error:
        parser.error(str(error))
    others = on_server(policy, task, **chosen) if asked.server else []
    differ = 0
    for k, row in enumerate(rows):
        short = {name: row[name] for name in ("seed", "success", "ticks", "return")}
        if others:
            its = others[k]
            same = all(abs(short[name] - its[name]) < 1e-3 for name in its)
            short["same_on_server"] = same
            differ += not same
        print(json.dumps(short))
    solved = sum(row["success"] for row in rows)
    print(json.dumps({"task": task, "maps": len(rows), "solved": solved, "differ": differ}))
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
