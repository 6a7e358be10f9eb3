"""The spaces, the forms of an observation, names and errors, and the page that documents them."""

from __future__ import annotations

import importlib.util
import pickle
import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from gymnasium import spaces as gym
from scene import PALETTE, PROTOTYPES, TASK, Scene

from fz_multi import actions, aiming, fields, planes
from fz_multi.engine.jit import KERNEL_FILES
from fz_multi.spaces import Interface

ROOT = Path(__file__).resolve().parent.parent


def interface(task=TASK, **form) -> Interface:
    return Interface(task, prototypes=PROTOTYPES, **form)


def scene(**form) -> Scene:
    s = Scene(16, 16, **form)
    s.agent(0, 0, coal=5, stone=10)
    s.agent(1, 2, facing=6)
    return s


# -- spaces -------------------------------------------------------------------------------------


def test_the_default_is_a_flat_box_and_discrete_actions():
    i = interface()
    assert isinstance(i.observation_space, gym.Box) and isinstance(i.action_space, gym.Discrete)
    assert i.observation_space.dtype == np.float32
    assert i.observation_space.shape == (11 * 11 * 16 + i.n_vector,)
    assert 80 <= i.n_vector <= 120
    assert i.n_actions == i.action_space.n == len(i.action_names) == 15 + len(PALETTE) + 4 + 1 + 8


@pytest.mark.parametrize("observation", ["flat", "masked", "grid"])
@pytest.mark.parametrize("action", ["discrete", "multidiscrete"])
def test_bounds_are_finite_and_spaces_stay_the_same(observation, action):
    i = interface(observation=observation, action=action)
    boxes = [i.state_space, i.observation_space]
    if isinstance(i.observation_space, gym.Dict):
        boxes = [i.state_space, *i.observation_space.spaces.values()]
    for box in boxes:
        assert np.isfinite(box.low).all() and np.isfinite(box.high).all()
        assert (box.low < box.high).all()
    assert i.observation_space is i.observation_space and i.action_space is i.action_space


def test_the_heads_of_the_multidiscrete_form():
    i = interface(action="multidiscrete")
    assert list(i.action_space.nvec) == [9, 11, 441, 1 + len(PALETTE) + 4 + 1 + 8]
    assert i.n_actions == sum(i.nvec)
    assert len(fields.INTERACTIONS) == actions.INTERACTIONS
    assert fields.INTERACTIONS[aiming.DO_INSERT_ONE] == "insert_one"
    assert fields.INTERACTIONS[aiming.DO_SAY] == "say"


def test_without_a_channel_there_is_nothing_to_say():
    quiet = SimpleNamespace(**{**vars(TASK), "channel": False})
    i = interface(quiet)
    assert not [name for name in i.action_names if name.startswith("say")]
    assert "said" not in fields.slices(i.self_fields)


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"mask_in": "none"},
        {"window": 3},
        {"window": 21},
        {"observation": "masked"},
        {"observation": "grid"},
        {"observation": "grid", "mask_in": "obs", "layout": "chw"},
        {"observation": "grid", "grid_dtype": "float32", "layout": "chw"},
        {"observation": "grid", "action": "multidiscrete", "mask_in": "obs"},
        {"action": "multidiscrete", "mask_in": "none"},
    ],
)
def test_each_form_gives_what_its_space_says(form):
    s = scene(**form)
    s.buffers.vector[:] = np.nan  # each number must be written
    for me in (0, 1):
        assert s.interface.observation_space.contains(s.observe(me))
    state = s.state()
    assert s.interface.state_space.contains(state)


def test_the_forms_tell_the_same():
    flat = scene().observe()
    masked = scene(observation="masked").observe()
    grid = scene(observation="grid", mask_in="obs").observe()
    turned = scene(observation="grid", layout="chw", grid_dtype="float32").observe()
    assert (masked["observation"] == flat).all()
    assert (masked["action_mask"] == grid["action_mask"]).all()
    assert (grid["grid"].reshape(-1) / np.float32(254) == flat[: 11 * 11 * 16]).all()
    assert (turned["grid"] == grid["grid"].transpose(2, 0, 1) / np.float32(254)).all()
    parts = np.concatenate([grid["self"], grid["team"], grid["goal"]])
    assert (parts == flat[11 * 11 * 16 :]).all()
    assert set(turned) == {"grid", "self", "team", "goal"}


@pytest.mark.parametrize("form", [{"observation": "masked"}, {"observation": "grid"}])
def test_observations_are_fresh_arrays(form):
    s = scene(mask_in="obs", **form)
    first, second = (
        s.observe(),
        s.interface.pack(s.buffers.grid, s.buffers.vector, s.buffers.mask, 0, 0),
    )
    for key, part in first.items():
        assert part.flags.owndata and part.flags.writeable and part.flags.c_contiguous
        kept = second[key].copy()
        part[...] = 1 - part
        assert (second[key] == kept).all()


def test_pack_is_the_same_for_every_world_of_a_batch():
    i = interface(observation="grid")
    b = i.buffers(3, 2)
    rng = np.random.default_rng(0)
    b.grid[:] = rng.integers(0, 255, b.grid.shape)
    b.vector[:] = rng.random(b.vector.shape)
    out = i.pack(b.grid, b.vector, b.mask, 2, 1)
    assert (out["grid"] == b.grid[2, 1]).all()
    parts = np.concatenate([out["self"], out["team"], out["goal"]])
    assert (parts == b.vector[2, 1]).all()


def test_an_interface_pickles():
    i = pickle.loads(pickle.dumps(interface(observation="masked")))
    assert i.observation_space == interface(observation="masked").observation_space
    assert (i.config == interface().config).all()


# -- options and names ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"observation": "pixels"}, "'flat', 'masked', 'grid'"),
        ({"observation": None}, "'flat', 'masked', 'grid'"),
        ({"action": "box"}, "'discrete', 'multidiscrete'"),
        ({"mask_in": "both"}, "'info', 'obs', 'none'"),
        ({"mask_in": "obs"}, 'observation="masked"'),
        ({"observation": "masked", "mask_in": "none"}, '"flat", "grid"'),
        ({"layout": "nchw"}, "'hwc', 'chw'"),
        ({"grid_dtype": "int8"}, "'uint8', 'float32'"),
        ({"window": 10}, "an odd number of tiles from 3 to 129"),
        ({"window": 131}, "an odd number of tiles from 3 to 129"),
        ({"window": 11.0}, "an odd number of tiles from 3 to 129"),
        ({"window": True}, "an odd number of tiles from 3 to 129"),
    ],
)
def test_an_option_that_does_not_exist_names_those_that_do(form, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        interface(**form)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"palette": ("iron-plates",)}, "iron-plate"),
        ({"palette": ("coal", "coal")}, "twice"),
        ({"palette": "coal"}, "sequence of names"),
        ({"palette": (7,)}, "unknown name 7"),
        ({"hand_recipes": ("stone-furnce",)}, "stone-furnace"),
        ({"machine_recipes": ("nothing",)}, "machine_recipes"),
        ({"goal_names": tuple("abcdefghi")}, "at most 8"),
    ],
)
def test_a_task_with_unknown_names_is_refused(change, said):
    with pytest.raises(ValueError, match=said):
        interface(SimpleNamespace(**{**vars(TASK), **change}))


def test_actions_have_names():
    i = interface()
    assert i.action_names[:3] == ("wait", "move north", "move northeast")
    assert i.index_of("hold coal") == actions.HOLD + PALETTE.index("coal")
    assert i.action_names[-1] == "say 7"
    with pytest.raises(ValueError, match="did you mean 'hold coal'"):
        i.index_of("hold cole")


@pytest.mark.parametrize(
    "bad", [-1, 39, 1.5, float("nan"), 10**30, "wait", None, [1, 2], True, np.zeros((1, 1))]
)
def test_an_action_outside_of_the_space_is_refused_and_nothing_is_written(bad):
    i = interface()
    out = np.array([7])
    with pytest.raises(ValueError, match="a whole number from 0 to 38"):
        i.read_action(bad, out)
    assert out[0] == 7
    for good in (3, 3.0, np.int32(3), np.array(3), np.array([3])):
        i.read_action(good, out)
        assert out[0] == 3


@pytest.mark.parametrize(
    "bad", [3, [1, 2, 3], [9, 0, 0, 0], [0, 11, 0, 0], [0, 0, 441, 0], [0, 0, 0, -1], [[0] * 4]]
)
def test_multidiscrete_actions_are_checked_head_by_head(bad):
    i = interface(action="multidiscrete")
    out = np.zeros(4, np.int64)
    with pytest.raises(ValueError, match="4 whole numbers"):
        i.read_action(bad, out)
    i.read_action([8, 10, 440, 24], out)
    assert list(out) == [8, 10, 440, 24]


# -- the layout -----------------------------------------------------------------------------------


def test_values_of_planes_fit_into_a_byte_and_differ():
    for plane in fields.PLANES:
        numbers = [value for value, _ in plane.values]
        assert all(0 <= value <= planes.TOP for value in numbers), plane.name
        assert len(set(numbers)) == len(numbers), plane.name


def test_every_group_names_prototypes_that_exist():
    for group in fields.ENTITY_GROUPS + fields.DEPOSIT_GROUPS:
        assert all(name in PROTOTYPES.entities for name in group.names)
    subgroups = {record.subgroup for record in PROTOTYPES.items.values()}
    for group in fields.ITEM_GROUPS:
        assert all(name in PROTOTYPES.items for name in group.names)
        assert subgroups.issuperset(group.subgroups)


def test_the_scale_of_counts_is_monotone_and_exact_at_powers_of_two():
    level = getattr(planes.level, "py_func", planes.level)
    values = [level(count, planes.COUNT_OCTAVE) for count in range(5000)]
    assert values[0] == 0 and values == sorted(values) and values[-1] == planes.TOP
    assert [values[2**k - 1] for k in range(10)] == [planes.COUNT_OCTAVE * k for k in range(10)]
    assert level(2**62, 12) == planes.TOP


def test_the_page_is_what_the_layout_says():
    place = ROOT / "tools" / "write_spaces_doc.py"
    spec = importlib.util.spec_from_file_location("write_spaces_doc", place)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    page = (ROOT / "docs" / "spaces.md").read_text("utf-8")
    assert page == module.document(), "run tools/write_spaces_doc.py"


def test_the_cache_of_kernels_knows_every_file_that_holds_some():
    package = ROOT / "fz_multi"
    for file in package.rglob("*.py"):
        part = file.relative_to(package).as_posix()
        text = file.read_text("utf-8")
        if re.search(r"^@(kernel|linked|inlined|entry)\b", text, re.MULTILINE):
            known = any(part == one or part.startswith(f"{one}/") for one in KERNEL_FILES)
            assert known, f"engine/jit.py: KERNEL_FILES lacks {part}"
