"""`puffer_env`: rows in PufferLib's buffers, under its vectorisations and its trainer."""

from __future__ import annotations

import builtins
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fz_multi
from fz_multi import adapters

SHORT = {"max_ticks": 300, "final_window": 60}
ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def puffer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """PufferLib, imported in a folder of its own: its import leaves a link in the current one."""
    monkeypatch.chdir(tmp_path)
    pufferlib = pytest.importorskip("pufferlib")
    pytest.importorskip("pufferlib.vector")
    yield pufferlib


def test_without_pufferlib_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any, **named: Any) -> Any:
        if name.partition(".")[0] == "pufferlib":
            raise ImportError("No module named 'pufferlib'")
        return real(name, *args, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    adapters._puffer_class.cache_clear()
    with pytest.raises(ImportError, match=r"puffer_env needs PufferLib 3 .*fz-multi\[puffer\]"):
        fz_multi.puffer_env("two_cells")


def test_importing_the_package_does_not_import_pufferlib() -> None:
    code = "import sys, fz_multi.adapters; assert 'pufferlib' not in sys.modules"
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    subprocess.run([sys.executable, "-c", code], check=True, env=env)


def test_rows_are_those_of_vector_env(puffer: Any) -> None:
    env = fz_multi.puffer_env("two_cells", num_envs=3, num_agents=2, threads=2, **SHORT)
    plain = fz_multi.vector_env("two_cells", num_envs=3, num_agents=2, **SHORT)
    assert isinstance(env, puffer.PufferEnv)
    assert env.num_agents == 6
    assert env.single_observation_space == plain.single_observation_space
    assert env.single_action_space == plain.single_action_space
    seen, infos = env.reset(seed=4)
    expected, _ = plain.reset(seed=12)
    assert infos == [] and seen is env.observations and seen.dtype == np.float32
    assert env.observation_space.contains(seen)
    ends = 0
    for _ in range(65):
        np.testing.assert_array_equal(seen, expected.reshape(6, -1))
        np.testing.assert_array_equal(env.action_masks, plain.action_masks.reshape(6, -1))
        actions = plain.sample_actions()
        seen, rewards, terminals, truncations, infos = env.step(actions.reshape(6))
        expected, its_rewards, its_ends, its_cuts, its = plain.step(actions)
        assert seen is env.observations and rewards is env.rewards
        assert terminals is env.terminals and truncations is env.truncations
        np.testing.assert_array_equal(rewards, its_rewards.reshape(6).astype(np.float32))
        np.testing.assert_array_equal(terminals, (its_ends | its_cuts).reshape(6))
        np.testing.assert_array_equal(truncations, its_cuts.reshape(6))
        assert env.masks.all()
        assert len(infos) == int(terminals.any())
        if infos:
            ends += 1
            assert all(type(value) is float for value in infos[0].values())
            assert infos[0]["episode_return"] == pytest.approx(its["episode_return"].mean())
            assert infos[0]["episode_length"] == 30 and infos[0]["score"] >= 0
    assert ends == 2
    env.notify()
    env.close(), plain.close()


def test_means_are_over_the_episodes_that_have_ended(puffer: Any) -> None:
    env = fz_multi.puffer_env("two_cells", num_envs=2, num_agents=2, **SHORT)
    env.reset(seed=0)
    env.terminals[:] = [True, True, False, False]
    numbers = {
        name: np.array([[1.0, 3.0], [100.0, 100.0]])
        for name in ("episode_return", "episode_steps", "episode_progress")
    }
    means = env._means({**numbers, "tick": np.zeros((2, 2))})
    assert set(means) == {*numbers, "episode_length", "score"}
    assert set(means.values()) == {2.0}
    env.close()


@pytest.mark.parametrize("observation", ["masked", "grid"])
def test_observations_of_parts_lie_side_by_side(puffer: Any, observation: str) -> None:
    options = {"observation": observation, "action": "multidiscrete", "mask_in": "obs"}
    env = fz_multi.puffer_env("refuel", num_envs=2, num_agents=3, **options)
    plain = fz_multi.vector_env("refuel", num_envs=2, num_agents=3, **options)
    seen, _ = env.reset(seed=5)
    expected, _ = plain.reset(seed=10)
    assert env.observation_space.contains(seen)
    for _ in range(5):
        assert sorted(env.parts) == sorted(expected)
        for name, part in env.parts.items():
            np.testing.assert_array_equal(seen[:, part], expected[name].reshape(6, -1))
        np.testing.assert_array_equal(seen[:, env.parts["action_mask"]], env.action_masks)
        actions = plain.sample_actions()
        expected, *_ = plain.step(actions)
        seen, *_ = env.step(actions.reshape(6, 4))
    assert list(env.parts)[-1] == "action_mask"
    assert sum(part.stop - part.start for part in env.parts.values()) == seen.shape[1]
    env.close(), plain.close()


def test_seeds(puffer: Any) -> None:
    def first(of_reset: int | None, **options: Any) -> np.ndarray:
        env = fz_multi.puffer_env("refuel", num_envs=2, num_agents=1, **options)
        seen = env.reset(of_reset)[0].copy()
        env.close()
        return seen

    np.testing.assert_array_equal(first(None), first(0))
    np.testing.assert_array_equal(first(None, seed=3), first(3, seed=0))
    both = np.concatenate([first(3), first(4)])
    assert len(np.unique(both, axis=0)) == 4  # neighbours share no map


def test_errors(puffer: Any) -> None:
    with pytest.raises(ValueError, match="num_envs is from 1"):
        fz_multi.puffer_env("two_cells", num_envs=0)
    with pytest.raises(ValueError, match="observation='pictures'; allowed"):
        fz_multi.puffer_env("two_cells", observation="pictures")
    env = fz_multi.puffer_env("two_cells", mask_in="none")
    with pytest.raises(RuntimeError, match="reset"):
        env.step(np.zeros(4, np.int32))
    env.reset()
    with pytest.raises(ValueError, match="no masks"):
        _ = env.action_masks
    with pytest.raises(ValueError, match="an action is from 0"):
        env.step(np.full(4, 10_000))
    env.close()
    env.close()


def run_vectorised(puffer: Any, backend: str, copies: int, **options: Any) -> list[np.ndarray]:
    """What comes out of 35 steps of ``copies`` environments of 2 x 2 agents."""
    vecenv = puffer.vector.make(
        fz_multi.puffer_env,
        env_kwargs={"task": "two_cells", "num_envs": 2, "num_agents": 2, **SHORT},
        backend=getattr(puffer.vector, backend),
        num_envs=copies,
        **options,
    )
    try:
        rows = 4 * copies
        assert vecenv.num_agents == rows
        seen, _ = vecenv.reset(seed=7)
        out, random, ends = [seen.copy()], np.random.default_rng(1), 0
        for _ in range(35):
            actions = random.integers(0, vecenv.single_action_space.n, rows)
            seen, rewards, terminals, truncations, infos = vecenv.step(actions)
            assert seen.shape[0] == rewards.shape[0] == rows
            out += [x.copy() for x in (seen, rewards, terminals, truncations)]
            ends += len(infos)
            assert all(info["episode_length"] == 30 for info in infos)
        assert ends == copies
        vecenv.notify()
        return out
    finally:
        vecenv.close()


def test_serial_and_multiprocessing_play_the_same(puffer: Any) -> None:
    serial = run_vectorised(puffer, "Serial", 2)
    processes = run_vectorised(puffer, "Multiprocessing", 2, num_workers=2, overwork=True)
    alone = fz_multi.vector_env("two_cells", num_envs=4, num_agents=2, **SHORT)
    np.testing.assert_array_equal(serial[0], alone.reset(seed=14)[0].reshape(8, -1))
    alone.close()
    assert len(serial) == len(processes) == 1 + 35 * 4
    for one, two in zip(serial, processes, strict=True):
        np.testing.assert_array_equal(one, two)


TRAINING = """
import sys
import torch
import pufferlib.models, pufferlib.vector
from pufferlib import pufferl
import fz_multi

backend = getattr(pufferlib.vector, sys.argv[1])
copies = {} if sys.argv[1] == "PufferEnv" else {"num_envs": 2}
envs = pufferlib.vector.make(
    fz_multi.puffer_env,
    env_kwargs={
        "task": "two_cells", "num_envs": 8, "num_agents": 2, "observation": "masked",
        "max_ticks": 300, "final_window": 60,
    },
    backend=backend,
    **copies,
    **({"num_workers": 2, "overwork": True} if sys.argv[1] == "Multiprocessing" else {}),
)


class Policy(pufferlib.models.Default):
    def __init__(self, env):
        super().__init__(env)
        self.legal = env.parts["action_mask"]

    def forward_eval(self, observations, state=None):
        logits, values = super().forward_eval(observations, state)
        return logits.masked_fill(observations[:, self.legal] == 0, -1e9), values


sys.argv = sys.argv[:1]
config = pufferl.load_config("default")["train"]
config.update(
    device="cpu", optimizer="adam", learning_rate=1e-3, env="two_cells", use_rnn=False,
    total_timesteps=8192, bptt_horizon=32, minibatch_size=256, data_dir="checkpoints",
)
policy = Policy(envs.driver_env)
before = [part.detach().clone() for part in policy.parameters()]
trainer = pufferl.PuffeRL(config, envs, policy)
ended = 0
while trainer.global_step < config["total_timesteps"]:
    stats = trainer.evaluate()
    ended += len(stats["episode_return"])
    trainer.train()
assert ended > 0 and trainer.epoch > 3
assert all(torch.isfinite(part).all() for part in policy.parameters())
assert any((a != b).any() for a, b in zip(before, policy.parameters()))
trainer.close()
print("trained", trainer.global_step, "steps,", ended, "infos")
"""


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["PufferEnv", "Serial", "Multiprocessing"])
def test_pufferlibs_trainer_runs(puffer: Any, tmp_path: Path, backend: str) -> None:
    """A few iterations on the CPU, with a policy that keeps to the masks."""
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-c", TRAINING, backend],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "trained 8192 steps" in done.stdout
