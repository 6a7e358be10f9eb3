"""Runs a policy on a task, once, and measures it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from ..prototypes import load
from ..render.source import observable
from ..replay import Recorder, Replay
from .metrics import Metrics, measure
from .policies import CommandPolicy, Policy, Replaced
from .watch import Watch

# Called with (env, step) after the reset (step 0) and after each step.
Watcher = Callable[[Any, int], None]


def run(
    task: Any,
    policy: Policy | CommandPolicy,
    *,
    agents: int = 2,
    seed: int = 0,
    split: str = "train",
    env: Any = None,
    watch: Watcher | None = None,
    recorder: Recorder | None = None,
    title: str | None = None,
    **options: Any,
) -> tuple[Metrics, Any]:
    """Play one episode and measure it. Returns (metrics, the environment as it ended).

    ``policy``: asked for an action of each agent, or for commands, once a step.

    ``env``: an environment to play in, else one is made with ``fz_multi.parallel_env`` and
    ``options``. ``watch(env, step)`` is called after the reset and after each step. ``recorder``
    keeps the episode: ``recorder.replay()`` gives it afterwards, while the environment is open; its
    title is ``title``, by default the policy's name.
    """
    import fz_multi

    if env is None:
        env = fz_multi.parallel_env(task, num_agents=agents, **options)
    inner = env.unwrapped
    observations, infos = env.reset(seed=seed, options={"split": split})
    policy.reset(env, seed)
    if recorder is not None:
        recorder.start(env, title=policy.name if title is None else title)
    returns = dict.fromkeys(env.possible_agents, 0.0)
    own = Watch(len(env.possible_agents))
    own.start(inner)
    start, steps = time.perf_counter(), 0
    if watch is not None:
        watch(inner, 0)
    while env.agents:
        if isinstance(policy, CommandPolicy):
            commands = policy.commands(observations, infos)
            observations, rewards, _, _, infos = inner.command_step(commands)
            if recorder is not None:
                recorder.add_commands(commands)
        else:
            actions = policy.act(observations, infos)
            observations, rewards, _, _, infos = env.step(actions)
            if recorder is not None:
                recorder.add(actions)
        steps += 1
        own.look(inner, int(next(iter(infos.values()))["tick"]))
        for agent, reward in rewards.items():
            returns[agent] += float(reward)
        if watch is not None:
            watch(inner, steps)
    team = len(env.possible_agents)
    last = next(iter(infos.values()))
    metrics = measure(
        observable(inner),
        task=inner.task.name,
        policy=policy.name,
        agents=team,
        seed=seed,
        split=split,
        success=bool(last["success"]),
        score=float(last["progress"]),
        ticks=int(last["tick"]),
        worked_until=own.worked_until,
        hand_off_wait=own.wait,
        steps=steps,
        team_return=sum(returns.values()) / team,
        prototypes=load(),
        seconds=time.perf_counter() - start,
    )
    return metrics, env


def record(
    task: Any,
    policy: Policy,
    *,
    agents: int = 2,
    seed: int = 0,
    split: str = "train",
    **options: Any,
) -> Replay:
    """Play one episode and keep it."""
    recorder = Recorder()
    _, env = run(task, policy, agents=agents, seed=seed, split=split, recorder=recorder, **options)
    replay = recorder.replay()
    env.close()
    return replay


def without_each(
    task: Any, make: Callable[[], Policy], *, agents: int = 2, seed: int = 0, **options: Any
) -> Mapping[str, Metrics]:
    """The run with each agent in turn replaced by one that waits: what is each one worth?"""
    return {
        f"agent_{k}": run(
            task, Replaced(make(), (f"agent_{k}",)), agents=agents, seed=seed, **options
        )[0]
        for k in range(agents)
    }
