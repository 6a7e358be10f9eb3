"""What `benchmarks.peers` measures: the libraries, their versions, and the lines of its tables."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

OURS = "ours"
TITLES = {"small": "Up to 64 environments", "large": "Larger batches"}

# Libraries and the versions that worked; everything else is what pip finds for them.
PEERS: dict[str, tuple[str, ...]] = {
    OURS: (),
    "factory-sim": ("factory-sim==0.3.0", "numpy==2.4.6"),
    "magent2": ("magent2==0.3.4", "pettingzoo==1.27.0", "gymnasium==1.4.0", "numpy==2.4.6"),
    "mpe2": ("mpe2==1.1.1", "pettingzoo==1.27.0", "gymnasium==1.4.0", "numpy==2.4.6"),
    "pettingzoo": (
        "pettingzoo[butterfly,sisl]==1.27.0",
        "supersuit==3.11.0",
        "gymnasium==1.4.0",
        "numpy==2.4.6",
        "pymunk==7.3.1",
        "box2d==2.3.10",
    ),
    "pettingzoo-1.25": (  # the last one with waterworld
        "pettingzoo==1.25.0",
        "gymnasium==1.2.3",
        "numpy==2.4.6",
        "pymunk==6.2.0",
        "pygame==2.6.1",
        "scipy==1.17.1",
    ),
    "overcooked-ai": ("overcooked-ai==1.1.0", "numpy==1.26.4", "scipy==1.13.1"),
    "vmas": ("torch==2.13.0", "vmas==1.5.2", "numpy==2.4.6"),
    "jaxmarl": ("jaxmarl==0.2.0", "jax==0.10.2", "jaxlib==0.10.2", "flax==0.12.8", "numpy==2.4.6"),
    "craftax": ("craftax==1.6.1", "jax==0.10.2", "jaxlib==0.10.2", "flax==0.12.8", "numpy==2.4.6"),
}


@dataclasses.dataclass(frozen=True)
class Case:
    """One line of a table."""

    name: str
    peer: str
    runner: str
    options: dict[str, Any]
    beside: str = ""  # the case of ours that it is compared with
    table: str = "small"


# As in `benchmarks.vector`: no hands-off part, in which nothing but waiting would be legal.
EPISODE = {"max_ticks": 3000, "final_window": 0}


def _ours(name: str, table: str = "small", **options: Any) -> Case:
    base = {"num_envs": 64, "num_agents": 4, "threads": 2, "observation": "grid"}
    return Case(name, OURS, OURS, {"options": base | EPISODE | options}, table=table)


def _team(number: int) -> Case:
    options = {
        "module": "fz_multi",
        "options": {"task": "two_cells", "num_agents": number} | EPISODE,
    }
    return Case(f"ours parallel_env, {number} agents", OURS, "parallel", options)


def _parallel(name: str, peer: str, module: str, beside: int = 4, **options: Any) -> Case:
    asked = {"module": module, "options": options}
    return Case(name, peer, "parallel", asked, f"ours parallel_env, {beside} agents")


def _factory(envs: int, compact: bool, beside: str, table: str = "small") -> Case:
    name = f"factory-sim construct_smelting_line, {'compact' if compact else 'full'}"
    options = {"envs": envs, "threads": 2, "task": "construct_smelting_line", "compact": compact}
    return Case(_sized(name, envs), "factory-sim", "factory_sim", options, beside, table)


def _vmas(scenario: str, envs: int, beside: str, table: str = "small") -> Case:
    options = {"scenario": scenario, "envs": envs, "threads": 2, "max_steps": 200}
    return Case(_sized(f"VMAS {scenario}", envs), "vmas", "vmas_batch", options, beside, table)


def _jax(
    library: str, env: str, envs: int, scan: int, beside: str, table: str = "small", **more: Any
) -> Case:
    title = f"JaxMARL {env}" if library == "jaxmarl" else env
    name = _sized(title + (f", {scan} steps a call" if scan > 1 else ""), envs)
    options = {"library": library, "env": env, "envs": envs, "threads": 2, "scan": scan} | more
    return Case(name, library, "jax_batch", options, beside, table)


def _sized(name: str, envs: int) -> str:
    return name if envs == 64 else f"{name}, {envs} envs"


GRID, ALONE = "ours grid, 10 ticks", "ours 1 agent, 30 ticks"
WIDE = "ours 1 agent, 30 ticks, window 65"
GRID_LARGE, ALONE_LARGE = "ours grid, 10 ticks, 1024 envs", "ours 1 agent, 30 ticks, 512 envs"
WIDE_LARGE = "ours 1 agent, 30 ticks, window 65, 512 envs"
CASES: tuple[Case, ...] = (
    _ours(GRID, ticks_per_step=10),
    _ours("ours grid, 30 ticks", ticks_per_step=30),
    _ours("ours flat, 10 ticks", ticks_per_step=10, observation="flat"),
    _ours("ours flat, 30 ticks", ticks_per_step=30, observation="flat"),
    _ours(ALONE, ticks_per_step=30, num_agents=1),
    _ours(WIDE, ticks_per_step=30, num_agents=1, window=65),
    _team(4),
    _team(12),
    _factory(64, True, WIDE),
    _factory(64, False, WIDE),
    _parallel("MAgent2 battle", "magent2", "magent2.environments.battle_v4", 12),
    _parallel(
        "MAgent2 battle, map 18", "magent2", "magent2.environments.battle_v4", 12, map_size=18
    ),
    _parallel("MAgent2 pursuit", "magent2", "magent2.environments.adversarial_pursuit_v4", 12),
    _parallel(
        "MAgent2 pursuit, map 18",
        "magent2",
        "magent2.environments.adversarial_pursuit_v4",
        12,
        map_size=18,
    ),
    _parallel("mpe2 simple_spread", "mpe2", "mpe2.simple_spread_v3"),
    _parallel("mpe2 simple_spread, 12 agents", "mpe2", "mpe2.simple_spread_v3", 12, N=12),
    _parallel("butterfly pistonball", "pettingzoo", "pettingzoo.butterfly.pistonball_v6"),
    _parallel(
        "butterfly cooperative_pong", "pettingzoo", "pettingzoo.butterfly.cooperative_pong_v6"
    ),
    _parallel(
        "butterfly knights_archers_zombies",
        "pettingzoo",
        "pettingzoo.butterfly.knights_archers_zombies_v11",
    ),
    _parallel("sisl pursuit", "pettingzoo", "pettingzoo.sisl.pursuit_v5"),
    _parallel("sisl multiwalker", "pettingzoo", "pettingzoo.sisl.multiwalker_v9"),
    _parallel("sisl waterworld", "pettingzoo-1.25", "pettingzoo.sisl.waterworld_v4"),
    Case(
        "Overcooked-AI cramped_room",
        "overcooked-ai",
        "overcooked_ai",
        {"layout": "cramped_room"},
        "ours parallel_env, 4 agents",
    ),
    _vmas("transport", 64, GRID),
    _vmas("simple_spread", 64, GRID),
    _jax("jaxmarl", "overcooked", 64, 1, GRID),
    _jax("jaxmarl", "overcooked", 64, 32, GRID),
    _jax("craftax", "Craftax-Symbolic-v1", 64, 1, ALONE, share=16),
    Case(
        "no-op ParallelEnv",
        "pettingzoo",
        "parallel",
        {"module": "noop", "make": "build", "options": {"agents": 4}},
        "ours parallel_env, 4 agents",
    ),
    Case(
        "SuperSuit over no-op",
        "pettingzoo",
        "noop",
        {"agents": 4, "copies": 64, "workers": 0},
        "ours flat, 10 ticks",
    ),
    Case(
        "SuperSuit over no-op, 2 processes",
        "pettingzoo",
        "noop",
        {"agents": 4, "copies": 64, "workers": 2},
        "ours flat, 10 ticks",
    ),
    _ours(GRID_LARGE, "large", ticks_per_step=10, num_envs=1024),
    _ours(ALONE_LARGE, "large", ticks_per_step=30, num_envs=512, num_agents=1),
    _ours(WIDE_LARGE, "large", ticks_per_step=30, num_envs=512, num_agents=1, window=65),
    _factory(512, True, WIDE_LARGE, "large"),
    _factory(512, False, WIDE_LARGE, "large"),
    _vmas("transport", 1024, GRID_LARGE, "large"),
    _vmas("transport", 8192, GRID_LARGE, "large"),
    _vmas("simple_spread", 1024, GRID_LARGE, "large"),
    _jax("jaxmarl", "overcooked", 1024, 1, GRID_LARGE, "large"),
    _jax("jaxmarl", "overcooked", 1024, 16, GRID_LARGE, "large"),
    _jax("jaxmarl", "overcooked", 8192, 1, GRID_LARGE, "large"),
    _jax("craftax", "Craftax-Symbolic-v1", 512, 1, ALONE_LARGE, "large", share=16),
)


def chosen(only: Sequence[str], tables: Sequence[str]) -> list[Case]:
    """The cases asked for and those of ours beside them, in order; all when ``only`` is empty."""
    cases = [case for case in CASES if case.table in tables]
    if not only:
        return cases
    asked = [word.lower() for word in only]
    names = {
        case.name
        for case in cases
        if any(word == case.peer or word in case.name.lower() for word in asked)
    }
    names |= {case.beside for case in cases if case.name in names}
    return [case for case in cases if case.name in names]
