"""`vector_env` as trainers take it: rows of Gymnasium and of Stable-Baselines3."""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np
import pytest

import fz_multi
from fz_multi.adapters import RLlibNames

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


def test_stable_baselines3_rows_of_parts_that_end_one_by_one() -> None:
    """Ends of single environments, in wrappers of Stable-Baselines3 that write into the infos."""
    pytest.importorskip("stable_baselines3")
    from stable_baselines3.common.vec_env import VecMonitor, VecNormalize

    options = {"num_envs": 3, "num_agents": 2, "observation": "masked", **SHORT}
    envs = fz_multi.sb3_vec_env("two_cells", **options)
    wrapped = VecMonitor(VecNormalize(envs, norm_obs_keys=["observation"]))
    other = fz_multi.vector_env("two_cells", **options)
    envs.seed(2)
    wrapped.reset()
    other.reset(seed=2)
    real, cuts = envs.rows.envs.step, np.array([[True] * 2, [False] * 2, [False] * 2])

    def step(actions: np.ndarray) -> tuple:
        """As if the first were out of time and the second had ended otherwise."""
        seen, rewards, _, _, _ = real(actions)
        numbers = {name: np.arange(6.0).reshape(3, 2) for name in ("return", "steps", "success")}
        infos = {f"episode_{name}": value for name, value in numbers.items()}
        return seen, rewards, np.roll(cuts, 1, axis=0), cuts, {**infos, "final_observation": seen}

    envs.rows.envs.step = step  # type: ignore[method-assign]
    actions = other.sample_actions()
    seen, rewards, over, infos = wrapped.step(actions.reshape(6))
    expected, *_ = other.step(actions)
    assert over.tolist() == [True] * 4 + [False] * 2 and rewards.dtype == np.float32
    assert infos[4] == infos[5] == {} and infos[4] is not infos[5]
    assert [info["TimeLimit.truncated"] for info in infos[:4]] == [True, True, False, False]
    assert [info["is_success"] for info in infos[:4]] == [False, True, True, True]
    assert [info["episode"]["l"] for info in infos[:4]] == [1] * 4  # VecMonitor's own count
    np.testing.assert_array_equal(seen["action_mask"], expected["action_mask"].reshape(6, -1))
    for row, info in enumerate(infos[:4]):
        last = info["terminal_observation"]
        own = expected["observation"].reshape(6, -1)[row]
        normal = wrapped.venv.normalize_obs({"observation": own, "action_mask": 0})["observation"]
        np.testing.assert_allclose(last["observation"], normal, rtol=1e-5)
    _, _, _, infos = envs.step_wait()
    assert infos[3]["episode"] == {"r": 3.0, "l": 3}
    infos[0]["terminal_observation"]["observation"][:] = 9
    assert (infos[1]["terminal_observation"]["observation"] != 9).any()
    envs.close(), other.close()


def test_maskable_ppo_learns_on_the_rows() -> None:
    contrib = pytest.importorskip("sb3_contrib")
    envs = fz_multi.sb3_vec_env("two_cells", num_envs=4, num_agents=2, threads=2, **SHORT)
    model = contrib.MaskablePPO("MlpPolicy", envs, n_steps=32, batch_size=64, n_epochs=1, seed=0)
    model.learn(1024)
    assert model.num_timesteps >= 1024
    assert len(model.ep_info_buffer) > 0
    envs.close()


def test_rllib_names() -> None:
    """The one difference is the name of a part; other forms are as they are."""
    plain = fz_multi.parallel_env("two_cells", observation="masked", **SHORT)
    env = RLlibNames(fz_multi.parallel_env("two_cells", observation="masked", **SHORT))
    space = env.observation_space("agent_0")
    assert space is env.observation_space("agent_1")
    assert sorted(space.spaces) == ["action_mask", "observations"]
    with pytest.raises(ValueError, match="unknown agent"):
        env.observation_space("somebody")
    (seen, _), (expected, _) = env.reset(seed=3), plain.reset(seed=3)
    ended = 0
    while env.agents:
        for agent, parts in seen.items():
            assert space.contains(parts)
            np.testing.assert_array_equal(parts["observations"], expected[agent]["observation"])
            np.testing.assert_array_equal(parts["action_mask"], expected[agent]["action_mask"])
        actions = {a: plain.action_space(a).sample(expected[a]["action_mask"]) for a in env.agents}
        seen, rewards, *_, infos = env.step(actions)
        expected, its_rewards, *_, its_infos = plain.step(actions)
        assert rewards == its_rewards and infos == its_infos
        ended += 1
    assert ended == 30
    flat = RLlibNames(fz_multi.parallel_env("two_cells", **SHORT))
    assert flat.observation_space("agent_0").contains(flat.reset(seed=3)[0]["agent_0"])


def test_without_ray_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any, **named: Any) -> Any:
        if name.partition(".")[0] == "ray":
            raise ImportError("No module named 'ray'")
        return real(name, *args, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ImportError, match=r"rllib_env needs Ray's RLlib .*fz-multi\[rllib\]"):
        fz_multi.rllib_env("two_cells")
