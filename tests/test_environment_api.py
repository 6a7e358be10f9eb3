"""The environment against the checks of PettingZoo, Gymnasium and SuperSuit."""

from __future__ import annotations

import warnings

import cloudpickle
import gymnasium
import numpy as np
import pettingzoo
import pytest
from gymnasium.utils.env_checker import check_env
from pettingzoo.test import (
    api_test,
    max_cycles_test,
    parallel_api_test,
    parallel_seed_test,
    render_test,
    seed_test,
)

import fz_multi
from fz_multi import fz_multi_v0

TASKS = ("handoff", "long_belt", "refuel", "two_cells")
FORMS = {
    "default": {},
    "masked": {"observation": "masked"},
    "grid": {"observation": "grid"},
    "grid, mask inside": {"observation": "grid", "mask_in": "obs"},
    "grid, chw, float32": {"observation": "grid", "layout": "chw", "grid_dtype": "float32"},
    "no mask": {"mask_in": "none"},
    "multidiscrete": {"action": "multidiscrete", "mask_in": "none"},
    "multidiscrete, grid": {"action": "multidiscrete", "mask_in": "none", "observation": "grid"},
    "large window": {"window": 21},
}


def same(one, other):
    """Whether two results of an environment are equal, bit by bit."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and np.array_equal(one, other)
    return type(one) is type(other) and one == other


every_task = pytest.mark.parametrize("task", TASKS)
# Every task in the default form, the other forms on one task.
CASES = {f"{task}, default": (task, {}) for task in TASKS} | {
    f"handoff, {name}": ("handoff", form) for name, form in FORMS.items() if form
}
every_case = pytest.mark.parametrize(("task", "form"), CASES.values(), ids=CASES)


@pytest.fixture(autouse=True)
def no_warnings():
    """A warning of a checker is a finding; those about forms that we offer on purpose are not."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        warnings.filterwarnings("ignore", "Observation is not a NumPy array")
        warnings.filterwarnings("ignore", ".*space for each agent probably should be")
        warnings.filterwarnings("ignore", "Agent space for each agent", UserWarning)
        warnings.filterwarnings("ignore", "Observation has more than 3 dimensions")
        warnings.filterwarnings("ignore", ".*pkg_resources")
        yield


@every_case
def test_pettingzoo_parallel_api(task, form):
    parallel_api_test(fz_multi.parallel_env(task, **form), num_cycles=60)


@every_case
def test_pettingzoo_parallel_seed(task, form):
    parallel_seed_test(lambda: fz_multi.parallel_env(task, **form), num_cycles=60)


@every_case
def test_pettingzoo_aec_api(task, form):
    old = tuple(int(part) for part in pettingzoo.__version__.split(".")[:3]) < (1, 24, 4)
    if old and form.get("observation") == "grid":
        pytest.skip("before 1.24.4 it takes a Dict only with a key called observation")
    api_test(fz_multi.env(task, max_cycles=30, **form), num_cycles=60)


@every_case
def test_pettingzoo_aec_seed(task, form):
    seed_test(lambda: fz_multi.env(task, **form), num_cycles=60)


@every_case
def test_pettingzoo_max_cycles(task, form):
    class Module:
        @staticmethod
        def parallel_env(**options):
            return fz_multi_v0.parallel_env(task, **form, **options)

        @staticmethod
        def env(**options):
            return fz_multi_v0.env(task, **form, **options)

    max_cycles_test(Module)


def test_pettingzoo_max_cycles_of_the_module():
    max_cycles_test(fz_multi_v0)


@every_task
def test_pettingzoo_render(task):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", 'render_mode="human" needs a display')
        render_test(lambda render_mode: fz_multi.env(task, render_mode=render_mode))


@pytest.mark.parametrize("agents", [1, 3, 16])
@every_task
def test_team_sizes(task, agents):
    parallel_api_test(fz_multi.parallel_env(task, num_agents=agents), num_cycles=30)


@every_task
@pytest.mark.parametrize("form", [FORMS["default"], FORMS["grid"]], ids=["default", "grid"])
def test_gymnasium_check_env(task, form):
    with warnings.catch_warnings():
        # On an 8-bit grid Gymnasium expects a picture; making it one by name needs a spec.
        warnings.filterwarnings("ignore", ".*image.*")
        warnings.filterwarnings("ignore", ".*Not able to test alternative render modes")
        check_env(fz_multi.gym_env(task, **form))


@every_task
def test_gymnasium_make(task):
    env = gymnasium.make(f"fz_multi/{task}-v0", render_mode="rgb_array")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", 'render_mode="human" needs a display')
        warnings.filterwarnings("ignore", ".*is different from the unwrapped version")
        check_env(env.unwrapped)
    observation, info = env.reset(seed=1)
    assert observation in env.observation_space
    assert env.unwrapped.action_masks().dtype == bool
    assert (env.unwrapped.action_masks() == info["action_mask"]).all()
    assert env.render().dtype == np.uint8
    env.close()


def test_pettingzoo_make():
    pytest.importorskip("pettingzoo", minversion="1.27", reason="it has no registry before")
    parallel = pettingzoo.make("parallel", "fz_multi/handoff-v0", num_agents=3)
    assert parallel.possible_agents == ["agent_0", "agent_1", "agent_2"]
    turns = pettingzoo.make("aec", "fz_multi/two_cells-v0")
    turns.reset(seed=0)
    assert turns.agent_selection == "agent_0"


@every_case
def test_pickles_in_the_middle_of_an_episode(task, form):
    env = fz_multi.parallel_env(task, **form)
    cloudpickle.loads(cloudpickle.dumps(env)).reset(seed=3)
    env.reset(seed=3)
    spaces = [env.action_space(agent) for agent in env.agents]
    for place, space in enumerate(spaces):
        space.seed(place)
    for _ in range(20):
        env.step({agent: env.action_space(agent).sample() for agent in env.agents})
    twin = cloudpickle.loads(cloudpickle.dumps(env))
    for _ in range(20):
        actions = {agent: env.action_space(agent).sample() for agent in env.agents}
        assert same(env.step(actions), twin.step(actions))
    assert same(env.reset(), twin.reset())


# -- SuperSuit -----------------------------------------------------------------------------------
BASES = ("gymnasium", "stable_baselines3")


WRAPPERS = {
    "black_death_v3": (),
    "pad_observations_v0": (),
    "pad_action_space_v0": (),
    "frame_stack_v1": (3,),
    "frame_skip_v0": ((2, 4),),
    "agent_indicator_v0": (),
    "normalize_obs_v0": (0, 1),
    "dtype_v0": (np.float16,),
    "flatten_v0": (),
    "clip_reward_v0": (),
    "sticky_actions_v0": (0.2,),
    "delay_observations_v0": (2,),
}


@pytest.mark.parametrize(("name", "arguments"), WRAPPERS.items(), ids=WRAPPERS)
def test_supersuit_wrappers(name, arguments):
    supersuit = pytest.importorskip("supersuit")
    env = getattr(supersuit, name)(fz_multi.parallel_env("handoff"), *arguments)
    observations, _ = env.reset(seed=0)
    for _ in range(20):  # black_death_v3 would step on after the end, which is an error here
        for agent, observation in observations.items():
            assert env.observation_space(agent).contains(observation)
        actions = {agent: env.action_space(agent).sample() for agent in env.agents}
        observations, rewards, *_ = env.step(actions)
        assert np.isfinite(list(rewards.values())).all()


@pytest.mark.parametrize("processes", [0, 2])
@pytest.mark.parametrize("base", BASES)
@every_task
def test_supersuit_vectors(task, base, processes):
    supersuit = pytest.importorskip("supersuit")
    if base != "gymnasium":
        pytest.importorskip(base)
    team = fz_multi.parallel_env(task, max_cycles=6)
    single = supersuit.pettingzoo_env_to_vec_env_v1(team)
    vector = supersuit.concat_vec_envs_v1(single, 2, num_cpus=processes, base_class=base)
    try:
        assert vector.num_envs == 4
        first = vector.reset(seed=0)[0] if base == "gymnasium" else vector.reset()
        assert first.shape == (4, *team.interface.observation_space.shape)
        for _ in range(15):  # over the end of an episode
            outcome = vector.step(np.zeros(4, np.int64))
            assert outcome[0].shape == first.shape
            assert len(outcome[1]) == 4
    finally:
        vector.close()
