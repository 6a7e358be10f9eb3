"""`vector_env` as trainers take it: rows of Gymnasium and of Stable-Baselines3."""

from __future__ import annotations

import numpy as np
import pytest

import fz_multi

SHORT = {"max_ticks": 300, "final_window": 60}


def test_gymnasium_rows() -> None:
    envs = fz_multi.gym_vector_env("two_cells", num_envs=3, num_agents=2, **SHORT)
    plain = fz_multi.vector_env("two_cells", num_envs=3, num_agents=2, **SHORT)
    seen, infos = envs.reset(seed=4)
    expected, _ = plain.reset(seed=4)
    assert envs.num_envs == 6
    assert envs.observation_space.contains(seen)
    ends = 0
    for _ in range(65):
        np.testing.assert_array_equal(seen, expected.reshape(6, -1))
        np.testing.assert_array_equal(infos["action_mask"], plain.action_masks.reshape(6, -1))
        actions = plain.sample_actions()
        kept = seen.copy()
        after, rewards, terminated, truncated, infos = envs.step(actions.reshape(6))
        np.testing.assert_array_equal(seen, kept)  # a trainer may keep it
        seen = after
        expected, its_rewards, its_ends, its_cuts, its = plain.step(actions)
        np.testing.assert_array_equal(rewards, its_rewards.reshape(6))
        np.testing.assert_array_equal(terminated, its_ends.reshape(6))
        np.testing.assert_array_equal(truncated, its_cuts.reshape(6))
        np.testing.assert_array_equal(infos["result"], its["result"].reshape(6))
        assert ("final_obs" in infos) == (terminated | truncated).any()
        if "final_obs" in infos:
            ends += 1
            last = its["final_observation"].reshape(6, -1)
            for row in range(6):
                assert infos["_final_obs"][row]
                np.testing.assert_array_equal(infos["final_obs"][row], last[row])
    assert ends == 2
    envs.close(), plain.close()


def test_gymnasium_dict_rows_and_multidiscrete() -> None:
    envs = fz_multi.gym_vector_env(
        "refuel", num_envs=2, num_agents=3, observation="grid", action="multidiscrete"
    )
    seen, _ = envs.reset(seed=0)
    assert envs.observation_space.contains(seen)
    seen, rewards, *_ = envs.step(envs.action_space.sample())
    assert seen["grid"].shape == (6, 11, 11, 16) and rewards.shape == (6,)
    envs.close()


def test_stable_baselines3_rows() -> None:
    pytest.importorskip("stable_baselines3")
    envs = fz_multi.sb3_vec_env("two_cells", num_envs=2, num_agents=3, **SHORT)
    envs.seed(5)
    seen = envs.reset()
    assert seen.shape == (6, *envs.observation_space.shape)
    other = fz_multi.vector_env("two_cells", num_envs=2, num_agents=3, **SHORT)
    np.testing.assert_array_equal(seen, other.reset(seed=5)[0].reshape(6, -1))
    masks = np.stack(envs.env_method("action_masks"))
    assert masks.dtype == np.int8 and (masks == envs.action_masks()).all()
    for step in range(30):
        actions = other.sample_actions()
        seen, _, over, infos = envs.step(actions.reshape(6))
        np.testing.assert_array_equal(seen, other.step(actions)[0].reshape(6, -1))
        assert over.all() == (step == 29) == ("terminal_observation" in infos[0])
    assert infos[5]["TimeLimit.truncated"] and infos[5]["episode"]["l"] == 30
    envs.close()


def test_maskable_ppo_learns_on_the_rows() -> None:
    contrib = pytest.importorskip("sb3_contrib")
    envs = fz_multi.sb3_vec_env("two_cells", num_envs=4, num_agents=2, threads=2, **SHORT)
    model = contrib.MaskablePPO("MlpPolicy", envs, n_steps=32, batch_size=64, n_epochs=1, seed=0)
    model.learn(1024)
    assert model.num_timesteps >= 1024
    assert len(model.ep_info_buffer) > 0
    envs.close()
