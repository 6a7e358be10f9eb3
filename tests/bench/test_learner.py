"""The reference learner: exact resume, masks, and a policy that plays the same everywhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the extra `learner`")
pytest.importorskip("tensorboard", reason="needs the extra `learner`")

import fz_multi  # noqa: E402
from fz_multi import prototypes  # noqa: E402
from fz_multi.bench import make_policy, run  # noqa: E402
from fz_multi.bench.features import Features  # noqa: E402
from fz_multi.bench.learned import evaluate, load_policy  # noqa: E402
from fz_multi.bench.learned import main as play  # noqa: E402
from fz_multi.bench.learner import Learner, Settings, main, train  # noqa: E402
from fz_multi.bench.network import SparseRows, pack, take  # noqa: E402
from fz_multi.bench.shaping import USE, Carry, Machines  # noqa: E402
from fz_multi.engine.constants import KIND_DRILL, KIND_FURNACE  # noqa: E402
from fz_multi.task import Goal, Task, Term, counter  # noqa: E402

SMALL = {"envs": 6, "horizon": 16, "batch": 64, "hidden": 32, "epochs": 2, "threads": 1}
PARTS = ("grid", "self", "goal")
ORE = Task(
    name="dig_for_learners",
    map={
        "size": [24, 24],
        "resources": [{"name": "iron-ore", "area": [-12, -12, 12, 12], "amount": 200}],
        "agents": [{"spawn": [-4, -4, 4, 4], "kit": {"coal": 2}}],
    },
    palette=("coal", "iron-ore"),
    goals=(Goal("ore", counter("mined", "iron-ore"), at_least=1000),),
    terms=(Term("ore", counter("mined", "iron-ore"), 1.0),),
    success_bonus=1.0,
    ticks_per_step=60,
    max_ticks=3600,
)


@pytest.fixture(scope="module", autouse=True)
def easy_task() -> None:
    fz_multi.register_task(ORE)


def weights(learner: Learner) -> dict[str, Any]:
    return {k: v.clone() for k, v in learner.net.state_dict().items()}


@pytest.mark.parametrize(("critic", "ahead"), [("own", 0), ("central", 0), ("own", 1)])
def test_resumed_is_not_interrupted(tmp_path: Path, critic: str, ahead: int) -> None:
    """2 k iterations in one go, or k, a checkpoint, and k: the same bits. Across episode ends."""
    settings = Settings(critic=critic, ahead=ahead, **SMALL)
    whole = Learner(settings)
    parts = Learner(settings)
    k, ended = 10, [0, 0]  # six episodes of 720 steps, spread out: some end in each half
    for step in range(2 * k):
        told = whole.iterate()
        ended[step // k] += len(told["ended"])
    assert all(ended)
    for _ in range(k):
        parts.iterate()
    parts.save(tmp_path)
    del parts
    again = Learner.resume(tmp_path)
    for _ in range(k):
        told_again = again.iterate()
    assert told == told_again
    assert whole.done_steps == again.done_steps
    mine, its = weights(whole), weights(again)
    assert all(torch.equal(mine[name], its[name]) for name in mine)
    state, its_state = whole.optimiser.state_dict(), again.optimiser.state_dict()
    for index, entry in state["state"].items():
        assert all(torch.equal(v, its_state["state"][index][n]) for n, v in entry.items())
    assert np.array_equal(whole.seen["grid"], again.seen["grid"])
    other = Learner(Settings(critic=critic, **{**SMALL, "seed": 1}))
    assert not torch.equal(weights(other)["tiles"], mine["tiles"])


def test_ahead_learns_from_the_batch_before() -> None:
    """The weights that act are those of one iteration ago, and a batch is learned from once."""
    learner = Learner(Settings(ahead=1, **SMALL))
    assert Learner(Settings(**SMALL)).done_steps == learner.done_steps == 0
    acted, before = [], []
    learn, collect = learner.learn, learner.collect

    def watched_learn(batch: Any, left: float) -> Any:
        before.append(batch["action"].copy())
        return learn(batch, left)

    def watched_collect() -> Any:
        if learner.acting:
            acted.append(learner.acting[0].state_dict()["tiles"].clone())
        out = collect()
        collected.append(learner.store["action"].copy())
        return out

    collected: list[np.ndarray] = []
    learner.learn, learner.collect = watched_learn, watched_collect  # type: ignore[assignment]
    start = [weights(learner)["tiles"]]
    for _ in range(3):
        learner.iterate()
        start.append(weights(learner)["tiles"])
    assert len(collected) == 4 and len(before) == len(acted) == 3
    assert all(np.array_equal(a, b) for a, b in zip(before, collected, strict=False))
    assert all(torch.equal(a, b) for a, b in zip(acted, start, strict=False))
    assert not torch.equal(start[0], start[1])


def test_only_legal_actions() -> None:
    """What is collected is legal, the way back from turned actions included."""
    learner = Learner(Settings(task="handoff", **SMALL))
    envs, chosen = learner.envs, []
    step = envs.step

    def watched(actions: np.ndarray) -> Any:
        chosen.append(np.take_along_axis(envs.action_masks, actions[..., None], 2).copy())
        return step(actions)

    envs.step = watched
    learner.collect()
    assert len(chosen) == SMALL["horizon"]
    assert all((legal == 1).all() for legal in chosen)


def test_turned_like_the_world() -> None:
    """Whichever edge of the map an agent stands at and looks over, it sees the same tiles."""
    env: Any = fz_multi.parallel_env(ORE.name, num_agents=1, observation="grid")
    seen = []
    for way in range(4):
        env.reset(seed=0)
        for _ in range(24):  # to the edge, one tile a step
            observations, *_, infos = env.step({"agent_0": 1 + 2 * way})
        features = Features(env.unwrapped.options)
        mask = infos["agent_0"]["action_mask"][None]
        parts = features.parts(observations["agent_0"])
        inputs, quarter = features.inputs(parts, mask, np.zeros(1, np.int64))
        assert quarter.tolist() == [way]
        assert mask[0, 1 + 2 * way] == 0 and inputs["mask"][0, 1] == 0  # north is closed
        back = features.turn_back(np.arange(features.n_actions), quarter)
        assert sorted(back.tolist()) == list(range(features.n_actions))
        assert np.array_equal(inputs["mask"][0], mask[0][back])
        seen.append(inputs["tiles"][0])
    assert seen[0].any() and not (seen[0] == seen[0][0]).all()
    assert all(np.array_equal(seen[0], tiles) for tiles in seen)
    env.close()


def test_a_checkpoint_plays_everywhere(tmp_path: Path) -> None:
    """The same actions in `vector_env`, in `parallel_env`, and in each form of the observation."""
    learner = Learner(Settings(task="two_cells", **SMALL))
    learner.iterate()
    learner.save(tmp_path)
    policy = load_policy(tmp_path)
    rows = evaluate(policy, "two_cells", agents=2, seeds=[3, 4], split="eval")
    for row in rows:
        for form in ({}, {"observation": "grid"}, {"observation": "masked"}):
            metrics, env = run(
                "two_cells", policy, agents=2, seed=int(row["seed"]), split="eval", **form
            )
            env.close()
            assert metrics.team_return == pytest.approx(row["return"], abs=1e-4)
            assert metrics.ticks == row["ticks"]
    run("two_cells", policy, agents=3, seed=0)[1].close()  # another team size
    with pytest.raises(ValueError, match="checkpoint is of task 'two_cells'"):
        run("handoff", policy, agents=2, seed=0)


def test_the_same_on_a_server(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A checkpoint plays on an embedded Factorio server as on the embedded engine."""
    learner = Learner(Settings(task="handoff", **SMALL))
    learner.iterate()
    learner.save(tmp_path)
    assert play([str(tmp_path), "--maps=2", "--server"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["same_on_server"] for line in lines[:2]] == [True, True]
    assert lines[2]["differ"] == 0


def test_it_learns() -> None:
    """To dig by hand, and to keep at it: random play keeps walking away."""
    settings = Settings(
        task=ORE.name, steps=10**9, **{**SMALL, "envs": 16, "horizon": 32, "lr": 3e-3}
    )
    learner = Learner(settings)
    before = np.mean([r["return"] for r in evaluate(learner.policy(), ORE.name, seeds=range(8))])
    for _ in range(40):
        learner.iterate()
    after = np.mean([r["return"] for r in evaluate(learner.policy(), ORE.name, seeds=range(8))])
    assert before < 10 and after > 2 * before + 5  # 30 are the most: 60 steps of half an ore


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A run with logs; one that is there is not overwritten, and goes on only as it was."""
    out = tmp_path / "run"
    small = [f"--{name}={value}" for name, value in SMALL.items()]
    arguments = ["two_cells", *small, "--out", str(out), "--evaluate=2"]
    assert main([*arguments, "--steps=2000"]) == 0
    assert '"maps": 2' in capsys.readouterr().out
    assert (out / "policy.pt").stat().st_size < 1_000_000
    assert len((out / "log.jsonl").read_text().splitlines()) >= 2
    assert list((out / "tensorboard").iterdir())
    for more, text in (
        (["--steps=2000"], "holds a run"),
        (["--steps=2000", "--resume", "--lr=0.5"], "lr=0.0007, asked for 0.5"),
        (["--gamma=2"], "gamma is from 0 to 1"),
        (["--critic=x"], "allowed: own, central"),
        (["--ahead=2"], "ahead is 0 or 1, got 2"),
    ):
        with pytest.raises(SystemExit):
            main([*arguments, *more])
        assert text in capsys.readouterr().err
    nothing = tmp_path / "nothing.pt"
    nothing.write_bytes(b"")
    with pytest.raises(ValueError, match="no checkpoint"):
        load_policy(nothing)


class Watched:
    """The scripted team of `handoff`, or no-ops from a step on; ``look`` sees each step."""

    name = "watched"

    def __init__(self, look: Any, until: int = 720) -> None:
        self.look, self.until, self.team = look, until, make_policy("scripted", "handoff", 2)

    def reset(self, env: Any, seed: int) -> None:
        self.team.reset(env, seed)
        self.step = 0

    def act(self, seen: Any, infos: Any) -> Any:
        self.look({k: np.stack([one[k] for one in seen.values()])[None] for k in PARTS})
        self.step += 1
        actions = self.team.act(seen, infos)
        return actions if self.step <= self.until else dict.fromkeys(actions, 0)


def worlds(env: Any) -> Any:
    """Those behind an environment that has been reset."""
    return env.unwrapped._session.world.batch


def test_shaping_pays_for_the_way_of_the_plates() -> None:
    """What it pays the scripted team: the growth of what its situation is worth."""
    env = fz_multi.parallel_env("handoff", num_agents=2, observation="grid", mask_in="info")
    shaping: Any = None
    paid, worth = [], []

    def look(parts: Any) -> None:
        nonlocal shaping
        if shaping:
            paid.append(shaping.step(parts, np.array([False]))[0])
        else:
            shaping = Carry(env.unwrapped.options, worlds(env))
            shaping.begin(parts)
        worth.append(shaping.worth[0])

    metrics, _ = run("handoff", Watched(look), agents=2, seed=0, env=env)
    assert metrics.success
    assert np.allclose(np.sum(paid, 0), worth[-1] - worth[0], atol=1e-3)
    assert worth[-1][0] > worth[0][0] + 10 and worth[-1][1] > worth[0][1] + 10
    with pytest.raises(ValueError, match="made for handoff"):
        Learner(Settings(task="two_cells", shaping="carry", **SMALL))


@pytest.mark.parametrize("until", [70, 130])
def test_shaping_knows_what_machines_will_make(until: int, monkeypatch: Any) -> None:
    """When nobody touches them any more. What begins and cannot end is lost: up to one each."""
    monkeypatch.setattr("fz_multi.bench.shaping.LATE", 0)
    env = fz_multi.parallel_env("handoff", num_agents=2, observation="grid", mask_in="info")
    iron_plate = prototypes.load().item_id("iron-plate")
    rows = []

    def look(_: Any) -> None:
        batch = worlds(env)
        machines = Machines(batch, env.unwrapped.task.max_ticks)
        made = int(batch.full.stat["made"][0, iron_plate])
        m = machines.look()
        numbers = (m.promised, m.made, m.feeding, m.fed, m.away, m.lacking.sum(1))
        rows.append([made, *(float(number[0]) for number in numbers)])
        assert m.filled.any() == (m.made[0] > 0)
        rows_of_tiles = batch.full.tile["entity"][0, m.tiles[m.filled]] - 1
        assert (batch.full.entity["kind"][0, rows_of_tiles] == KIND_FURNACE).all()
        if len(rows) > until:
            return
        useful = []  # machines that would make some plates more of one more coal
        for row, entity in enumerate(batch.full.entity[0, : m.tiles.shape[1]]):
            if entity["kind"] in (KIND_DRILL, KIND_FURNACE):
                fuel = batch.full.slot["count"][0, entity["slot"] : entity["slot"] + 1]
                has_some = fuel[0] > 0 or entity["burning"] > 0
                fuel += 1
                more = machines.look().promised[0] - m.promised[0]
                fuel -= 1
                if more >= USE and (has_some or entity["kind"] == KIND_FURNACE):
                    useful.append(row)
        assert useful == list(np.flatnonzero(m.lacking[0]))

    run("handoff", Watched(look, until), agents=2, seed=0, env=env)
    made, promised, lying, feeding, fed, away, lacking = np.array(rows).T
    assert promised[0] == lying[0] == feeding[0] == fed[0] == lacking[0] == 0 and not away.any()
    assert lacking.any()
    assert promised[until] > 10 and 2 <= fed[until] <= feeding[until] <= 4
    more = made[-1] - made[until]
    assert promised[until] - 4 <= more <= promised[until] + 1
    assert lying[-1] - lying[until] == more


def test_sparse_rows_are_a_product() -> None:
    """The first layer and its gradient are those of a dense product."""
    random = np.random.default_rng(0)
    for threads in (1, 2):
        torch.set_num_threads(threads)
        tiles = random.integers(1, 255, (97, 304), np.uint8) * (random.random((97, 304)) < 0.05)
        tiles[3], tiles[5] = 254, 0
        weights = torch.randn(304, 40, requires_grad=True)
        slope = torch.randn(97, 40)
        which = random.integers(0, 97, 97)
        out = SparseRows.apply(take(pack(tiles), which), weights)
        out.backward(slope)
        dense = torch.from_numpy(tiles[which].astype(np.float32) / 254)
        assert torch.allclose(out, dense @ weights, atol=1e-4)
        assert torch.allclose(weights.grad, dense.T @ slope, atol=1e-4)


def test_shaping_pays_nothing_where_an_episode_ends() -> None:
    learner = Learner(Settings(task="handoff", shaping="carry", **SMALL))
    step, ends = learner.shaping.step, 0

    def watched(seen: Any, over: np.ndarray) -> Any:
        nonlocal ends
        paid = step(seen, over)
        assert paid.shape == (SMALL["envs"], 2) and not paid[over].any()
        ends += int(over.sum())
        return paid

    learner.shaping.step = watched  # type: ignore[method-assign]
    while ends < SMALL["envs"]:
        learner.collect()


def test_train_writes_what_resume_needs(tmp_path: Path) -> None:
    """Interrupted between two checkpoints, the run goes on from the one before."""
    settings = Settings(**{**SMALL, "steps": 3000})
    train(Learner(settings), tmp_path, seeds=2, checks=1, saves=3)
    again = Learner.resume(tmp_path)
    assert again.done_steps >= settings.steps
    file = tmp_path / "resume.pt"
    torch.save(torch.load(file, weights_only=False) | {"format": 1}, file)
    with pytest.raises(ValueError, match="format 1, this version reads 2"):
        Learner.resume(tmp_path)
