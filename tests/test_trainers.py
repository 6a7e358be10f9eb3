"""The scripts of `benchmarks/trainers` really train: ``pytest -m trainers``.

Each test runs one script for some iterations where its library is installed, and is skipped
elsewhere: the libraries do not go into one environment (``docs/trainers.md``).
"""

from __future__ import annotations

import json
import math
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
SMALL = ["--envs", "2", "--steps", "64", "--iterations", "3", "--episodes", "2"]
SHORT = ["--max-ticks", "600", "--final-window", "0"]  # 60 steps: episodes end in each iteration
ENVIRONMENT = {**os.environ, "RAY_USAGE_STATS_ENABLED": "0"}


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
            time.sleep(15)
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
