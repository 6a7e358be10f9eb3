"""The scripts of `benchmarks/trainers` really train (``pytest -m trainers``); their page is true.

A test of a script runs it for some iterations where its library is installed, and is skipped
elsewhere: the libraries do not go into one environment (``docs/trainers.md``).
"""

from __future__ import annotations

import json
import math
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fz_multi
from benchmarks.trainers import run_all

ROOT = Path(__file__).resolve().parents[1]
SMALL = ["--envs", "2", "--steps", "64", "--iterations", "3", "--episodes", "2"]
SHORT = ["--max-ticks", "600", "--final-window", "0"]  # 60 steps: episodes end in each iteration
PAGE = ROOT / "docs" / "trainers.md"
ENVIRONMENT = {
    **os.environ,
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_AUTH_MODE": "token",
    "RAY_AUTH_TOKEN": secrets.token_hex(16),
}


def train(out: Path, script: str, *options: str, iterations: int = 3) -> dict[str, Any]:
    """Run a script and return its report."""
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.trainers.{script}", "--out", str(out)]
        + [*SMALL, *SHORT, *options],
        cwd=ROOT,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    report["printed"] = done.stdout
    assert f"[{iterations}/{iterations}]" in done.stdout
    assert report["iterations"] == iterations and report["seconds"] > 0
    assert report["agent_steps"] >= iterations * 2 * 64 * 2
    assert math.isfinite(report["train_return"])
    assert 0 <= report["evaluation"]["progress"] <= 1
    assert any(path.name.startswith("model") for path in out.iterdir())
    return report


@pytest.mark.trainers
@pytest.mark.parametrize("rows", ["native", "supersuit"])
@pytest.mark.parametrize("algorithm", ["ppo", "maskable"])
def test_stable_baselines3(tmp_path: Path, rows: str, algorithm: str) -> None:
    pytest.importorskip("sb3_contrib")
    pytest.importorskip("supersuit")
    report = train(tmp_path, "sb3_ppo", "--rows", rows, "--algorithm", algorithm)
    refused = report["evaluation"]["refused"]
    assert refused == 0 if algorithm == "maskable" else refused > 0.2


@pytest.mark.trainers
def test_both_rows_of_stable_baselines3_are_the_same_training(tmp_path: Path) -> None:
    """The same episodes, masks and rewards whichever way they come."""
    pytest.importorskip("sb3_contrib")
    pytest.importorskip("supersuit")
    returns = [
        train(tmp_path / rows, "sb3_ppo", "--rows", rows)["train_return"]
        for rows in ("native", "supersuit")
    ]
    assert returns[0] == pytest.approx(returns[1], abs=1e-5)


@pytest.mark.trainers
def test_rllib(tmp_path: Path) -> None:
    pytest.importorskip("ray.rllib")
    report = train(tmp_path, "rllib_ppo", "--runners", "2")
    assert report["evaluation"]["refused"] == 0
    assert "1 nodes; 2 env runners on 1 of them" in report["printed"]


def answers(address: str, seconds: float = 120.0) -> None:
    """Wait until a server listens there."""
    host, _, port = address.rpartition(":")
    end = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection((host, int(port)), timeout=1).close()
            return
        except OSError:
            assert time.monotonic() < end, f"nobody answers at {address}"
            time.sleep(0.5)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[str]:
    """Two Ray nodes on this machine with one CPU each; the address of the head."""
    pytest.importorskip("ray.rllib")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    ray = [str(Path(sys.executable).parent / "ray"), "start", "--block", "--num-cpus=1"]
    head = ["--head", f"--port={address.rpartition(':')[2]}", "--include-dashboard=false"]
    nodes = []
    try:
        for more in (head, [f"--address={address}"]):
            nodes.append(
                subprocess.Popen(
                    ray + more,
                    env=ENVIRONMENT,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            )
            answers(address)
            assert nodes[-1].poll() is None, f"{more} has ended"
        yield address
    finally:
        for node in reversed(nodes):  # not `ray stop`, which ends other people's clusters too
            node.terminate()
            node.wait(timeout=60)


@pytest.mark.trainers
def test_the_same_rllib_script_on_a_cluster_of_two_nodes(cluster: str, tmp_path: Path) -> None:
    report = train(tmp_path, "rllib_ppo", "--runners", "2", "--address", cluster)
    assert report["evaluation"]["refused"] == 0
    assert "2 nodes; 2 env runners on 2 of them" in report["printed"]


@pytest.mark.trainers
@pytest.mark.parametrize("algorithm", ["mappo", "ippo"])
def test_torchrl(tmp_path: Path, algorithm: str) -> None:
    if not hasattr(pytest.importorskip("torchrl.collectors"), "Collector"):
        pytest.skip("this TorchRL is BenchMARL's; the script is for 0.14")
    report = train(tmp_path, "torchrl_mappo", "--algorithm", algorithm)
    assert report["evaluation"]["refused"] == 0


@pytest.mark.trainers
@pytest.mark.parametrize("algorithm", ["mappo", "ippo", "qmix"])
def test_benchmarl(tmp_path: Path, algorithm: str) -> None:
    pytest.importorskip("benchmarl")
    report = train(tmp_path, "benchmarl_task", "--algorithm", algorithm)
    assert report["evaluation"]["refused"] == 0


@pytest.mark.trainers
def test_tianshou(tmp_path: Path) -> None:
    pytest.importorskip("tianshou")
    assert train(tmp_path, "tianshou_ppo")["evaluation"]["refused"] == 0


@pytest.mark.trainers
def test_agilerl(tmp_path: Path) -> None:
    pytest.importorskip("agilerl")
    assert train(tmp_path, "agilerl_ippo")["evaluation"]["refused"] > 0.2


# -- what docs/trainers.md says of the libraries ---------------------------------------------------
EPISODE = {"max_ticks": 300, "final_window": 0}


@pytest.mark.trainers
def test_supersuit_has_no_seed_and_tells_no_time_limit() -> None:
    supersuit = pytest.importorskip("supersuit")
    pytest.importorskip("stable_baselines3")
    env = supersuit.pettingzoo_env_to_vec_env_v1(fz_multi.parallel_env("two_cells", **EPISODE))
    rows = supersuit.concat_vec_envs_v1(env, 2, num_cpus=0, base_class="stable_baselines3")
    with pytest.raises(AttributeError):
        rows.seed(3)
    rows.reset()
    for _ in range(30):
        *_, over, infos = rows.step(np.zeros(4, int))
    assert over.all() and "terminal_observation" in infos[0]
    assert "TimeLimit.truncated" not in infos[0]
    assert infos[0]["episode_steps"] == 0  # the reset's infos have replaced the last ones
    assert not rows.env_is_wrapped(object)[0]


@pytest.mark.trainers
def test_torchrl_wants_the_mask_in_the_infos() -> None:
    envs = pytest.importorskip("torchrl.envs")
    plain = envs.PettingZooWrapper(fz_multi.parallel_env("two_cells", **EPISODE))
    first = plain.reset()["agent"]
    assert first["observation"].shape[0] == 2 and first["action_mask"].shape == (2, 20)
    masked = fz_multi.parallel_env("two_cells", observation="masked", **EPISODE)
    nested = envs.PettingZooWrapper(masked).reset()["agent"]
    assert list(nested["observation"].keys()) == ["observation"]
    assert nested["action_mask"].shape == (2, 20)


@pytest.mark.trainers
def test_tianshous_pettingzoo_env_gives_rewards_to_who_acts_last() -> None:
    tianshou = pytest.importorskip("tianshou.env")
    env = tianshou.PettingZooEnv(fz_multi.env("two_cells", observation="masked", **EPISODE))
    random = np.random.default_rng(0)
    env.reset(seed=0)
    seen, _ = env.reset(seed=0)
    sums = {"agent_0": 0.0, "agent_1": 0.0}
    for _ in range(50):
        agent = seen["agent_id"]
        action = random.choice(np.flatnonzero(seen["mask"]))
        seen, rewards, *_ = env.step(action)
        sums[agent] += abs(rewards[env.agent_idx[agent]])
    assert sums["agent_0"] == 0 < sums["agent_1"]


@pytest.mark.trainers
def test_agilerl_cannot_read_masks_that_are_arrays() -> None:
    algorithms = pytest.importorskip("agilerl.algorithms")
    env = fz_multi.parallel_env("two_cells", **EPISODE)
    spaces = [env.observation_space("agent_0")] * 2, [env.action_space("agent_0")] * 2
    agent = algorithms.IPPO(*spaces, agent_ids=env.possible_agents)
    seen, infos = env.reset(seed=0)
    batch = {name: row[None] for name, row in seen.items()}
    with pytest.raises(ValueError, match="ambiguous"):
        agent.get_action(batch, infos)
    agent.get_action(batch)


# -- the page --------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", list(run_all.LIBRARIES))
def test_the_page_has_the_commands_that_run_all_runs(name: str) -> None:
    page = PAGE.read_text(encoding="utf-8")
    pip = f"venv-{name}/bin/pip install"
    first = " ".join(run_all.LIBRARIES[name].first)
    assert f"python3 -m venv venv-{name} && {pip} {first}\n" in page
    assert f'{pip} -e ".[{name}]"\n' in page
    if then := run_all.LIBRARIES[name].then:
        assert f"venv-{name}/bin/python -m benchmarks.trainers.{then}\n" in page
    for script, *options in run_all.LIBRARIES[name].runs:
        assert (ROOT / "benchmarks" / "trainers" / f"{script}.py").is_file()
        assert f"-m benchmarks.trainers.{script}" in page
        assert all(option in page for option in options)


def test_the_table_says_what_came_out(tmp_path: Path) -> None:
    report = {
        "versions": {"a-library": "1.2"},
        "agent_steps": 12288,
        "seconds": 61.4,
        "train_return": None,
        "evaluation": {"return": 0.5, "progress": 0.25, "refused": 0.7},
        "random": {"return": 0.1, "progress": 0.0, "refused": 0.0},
    }
    runs = [{"command": "a_script --x", "report": report}, {"command": "b", "failed": "no memory"}]
    text = run_all.table(
        [
            {"library": "one", "install_seconds": 20, "runs": runs},
            {"library": "two", "failed": "install: no such version", "runs": []},
        ]
    )
    assert "| `a_script --x` | 12,288 | 61 | - | 0.500, 0.25 | 70 % | 0.100 |" in text
    assert "failed: no memory" in text and "install: no such version" in text
    assert "- `one` (20 s): a-library 1.2" in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len({line.count("|") for line in rows}) == 1

    page = tmp_path / "page.md"
    page.write_text(f"before\n{run_all.BEGIN}old\n{run_all.END}after\n")
    run_all.write_page(page, "new")
    run_all.write_page(page, "new")
    assert page.read_text() == f"before\n{run_all.BEGIN}\nnew\n\n{run_all.END}after\n"
    page.write_text("no markers")
    with pytest.raises(ValueError, match="has no lines"):
        run_all.write_page(page, "new")
