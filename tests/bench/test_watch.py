"""Waits of items that are handed over, and the end of the work, in real worlds."""

from __future__ import annotations

from typing import Any

import fz_multi
from fz_multi.bench.watch import Watch, _Chest


def test_a_chest_is_first_in_first_out():
    chest = _Chest({7: 2}, tick=0)
    assert chest.update({7: 3}, 10) == []
    assert chest.update({7: 1}, 50) == [50, 50]
    assert chest.update({}, 60) == [50]
    assert chest.update({8: 1}, 70) == []
    assert chest.update({7: 1}, 100) == [30]


def command(kind: str, **params: Any) -> dict[str, Any]:
    return {"type": kind, "params": params}


def shared_chest() -> Any:
    """Two agents beside a chest; agent_0 has coal."""
    return fz_multi.parallel_env(
        "two_cells",
        num_agents=2,
        final_window=0,
        map={
            "size": [16, 16],
            "areas": {"cell_a": {"area": [-8, -8, 0, 8]}, "cell_b": {"area": [0, -8, 8, 8]}},
            "entities": [{"name": "wooden-chest", "position": [0.5, 0.5]}],
            "agents": [
                {"spawn": [-3, 0, -2, 1], "kit": {"coal": 20}},
                {"spawn": [3, 0, 4, 1]},
            ],
        },
    )


CHEST = {"x": 0.5, "y": 0.5}


def test_items_wait_until_a_teammate_takes_them():
    env = shared_chest()
    env.reset(seed=0)
    watch = Watch(2)
    watch.start(env)

    def step(commands: dict[str, Any]) -> None:
        env.command_step(commands, ticks=10)
        assert all(r["code"] == "ok" for r in env.results().values()), env.results()
        watch.look(env, env.tick)

    put = command("INSERT", target=CHEST, item="coal", count=4)
    step({"agent_0": put})  # there at tick 10
    step({})
    step({"agent_0": put})  # 4 more at tick 30
    assert watch.worked_until == 30
    step({})
    step({"agent_1": command("TAKE", target=CHEST, item="coal", count=6)})  # at tick 50
    assert watch.handed == 6
    assert watch.waited == 4 * 40 + 2 * 20
    assert watch.wait == 200 / 6
    step({"agent_0": command("TAKE", target=CHEST, item="coal", count=1)})  # its own: no hand-off
    assert (watch.handed, watch.waited) == (6, 200)
    assert watch.worked_until == 30  # taking is no work
    step({"agent_1": command("TAKE", target=CHEST, item="coal")})  # at tick 70
    assert (watch.handed, watch.waited) == (7, 200 + 40)
    assert int(env.seen.agent["handed"][0].sum()) == 7
    env.close()


def test_nothing_handed_has_no_wait():
    env = shared_chest()
    env.reset(seed=0)
    watch = Watch(2)
    watch.start(env)
    env.command_step({"agent_0": command("MOVE", direction="north", tiles=1)}, ticks=30)
    watch.look(env, env.tick)
    assert (watch.wait, watch.worked_until) == (None, 0)
    env.close()
