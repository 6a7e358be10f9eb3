"""The clock: exactly as many ticks as a step asks, on_tick early or late, let go in both ways."""

from __future__ import annotations

import json

import pytest
from mod_rig import Rig, commands, craft, drawn, engine, entry, move

WAYS = [(on_tick, way) for on_tick in ("early", "late") for way in ("unpause", "ticks_to_run")]


def rig(on_tick="early", clock="unpause", **options):
    return Rig(on_tick=on_tick, settings={"on_tick": on_tick, "clock": clock}, **options)


@pytest.mark.parametrize(("on_tick", "clock"), WAYS)
def test_steps_are_exact(on_tick, clock):
    """N = 1, 30, 120 and mixed: tick, updates and world are those of the engine."""
    instance = drawn("refuel", agents=3)
    with rig(on_tick, clock) as r:
        r.reset(instance)
        twin = engine(instance)
        r.update(5)
        assert r.tick == r.good("ping")["tick"]
        told = [
            [move("east"), craft("wooden-chest"), None],
            [None, move("southwest", ticks=17), craft("stone-furnace")],
            [move("north", tiles=2), None, move("west")],
            [None, None, None],
            [{"type": "CANCEL"}, move("south"), None],
        ]
        for number, ticks in enumerate((1, 30, 120, 1, 1, 30, 7)):
            start = r.tick
            tell = told[number % len(told)]
            answer = r.good(
                "step", ticks=ticks, arenas=[{"arena": 0, "agents": [entry(c) for c in tell]}]
            )
            assert (answer["tick"], answer["target"]) == (start, start + ticks)
            assert r.good("collect", since=[[0, 0]])["s"] == "run"  # in the same update
            assert r.finish() == ticks
            assert r.tick == start + ticks
            twin.exchange_parsed(commands(*tell), ticks)
            state = r.collect()
            assert state["tick"] == twin.tick
            assert r.digest() == twin.world.observable_digest(), (number, ticks)
        before = r.tick
        r.update(50)
        assert r.tick == before  # it stands


@pytest.mark.parametrize(("on_tick", "clock"), WAYS)
def test_step_of_no_ticks(on_tick, clock):
    with rig(on_tick, clock) as r:
        r.reset(drawn("two_cells"))
        start = r.tick
        answer = r.good("step", ticks=0, arenas=[{"arena": 0, "agents": [entry(move("east"))]}])
        assert answer["target"] == start
        r.update(3)
        assert r.tick == start and r.collect()["results"][0][0] == 1  # running
        r.step(10)
        assert r.collect()["chars"][0][2] > 0


def test_splitting_a_step_changes_nothing():
    instance = drawn("long_belt")
    with rig() as one, rig("late", "ticks_to_run") as other:
        for r, parts in ((one, [90]), (other, [1, 2, 30, 1, 56])):
            r.reset(instance)
            r.step(parts[0], [entry(move("east")), entry(craft("iron-gear-wheel"))])
            for ticks in parts[1:]:
                r.step(ticks)
        assert one.digest() == other.digest()


def test_busy_while_it_runs():
    with rig() as r:
        r.reset(drawn("two_cells"))
        r.good("step", ticks=5, arenas=[{"arena": 0, "agents": []}])
        arenas = [{"arena": 0, "agents": []}]
        assert r.ask("step", ticks=1, arenas=arenas)["error"] == "busy"
        assert r.ask("digest", arena=0)["error"] == "busy"
        assert r.ask("set", on_tick="late")["error"] == "busy"
        assert r.ask("agents", arena=0, do="remove", agent="agent_0")["error"] == "busy"
        assert r.ask("reset", arenas=[])["error"] == "busy"
        running = r.good("collect", since=[])
        assert (running["s"], running["target"] - running["tick"]) == ("run", 5)
        r.update(2)
        running = r.good("collect", since=[])
        assert (running["s"], running["target"] - running["tick"]) == ("run", 3)
        assert r.finish() == 3


def test_a_step_repeated_is_not_run_twice():
    with rig() as r:
        r.reset(drawn("two_cells"))
        text = json.dumps(r.build("step", ticks=4, arenas=[{"arena": 0, "agents": []}]))
        first = r.say(text)
        r.finish()
        stands = r.tick
        assert r.say(text) == first
        r.update(10)
        assert r.tick == stands


def test_reset_stops_the_clock():
    with rig() as r:
        r.update(7)
        assert r.tick == 7  # a new server runs until somebody takes it over
        state = r.reset(drawn("two_cells"))
        r.update(9)
        assert (r.tick, state["tick"], state["full"]) == (7, 0, 1)


@pytest.mark.parametrize("on_tick", ["early", "late"])
def test_free_running(on_tick):
    instance = drawn("two_cells")
    with rig(on_tick) as r:
        r.reset(instance)
        r.good("free", on=1)
        r.update(10)
        assert r.tick == 10 and r.good("ping")["free"] == 1
        r.good("step", ticks=99, arenas=[{"arena": 0, "agents": [entry(move("east"))]}])
        r.update(20)
        state = r.collect()
        moved = next(c for c in state["chars"] if c[0] == 0)
        start = round(instance.agents[0].x * 256)
        assert moved[2] - start in (38 * 19, 38 * 20)
        r.good("free", on=0)
        stands = r.tick
        r.update(10)
        assert r.tick == stands
        r.step(5)
        assert r.tick == stands + 5


def test_free_off_stops_a_running_step():
    with rig() as r:
        r.reset(drawn("two_cells"))
        r.good("step", ticks=1000, arenas=[{"arena": 0, "agents": []}])
        r.update(3)
        r.good("free", on=0)
        assert r.finish() == 0 and r.collect()["tick"] == 3


@pytest.mark.parametrize("on_tick", ["early", "late"])
def test_heartbeat(on_tick):
    """A clock that runs freely stops when nobody has been there for so long."""
    with rig(on_tick) as r:
        r.reset(drawn("two_cells"))
        r.good("set", heartbeat=20)
        r.good("free", on=1)
        r.update(15)
        r.good("ping")
        r.update(15)
        assert r.tick == 30
        r.update(30)
        assert 35 <= r.tick <= 36
        assert r.good("ping")["paused"] == 1


def test_an_outsider_who_lets_it_run():
    """The mod stops the clock again at once; the tick that passed is concluded as any other."""
    instance = drawn("two_cells")
    with rig() as r:
        r.reset(instance)
        r.step(10, [entry(move("east"))])
        r.lua("game.tick_paused = false")
        r.update(5)
        assert r.tick == 11
        twin = engine(instance)
        twin.exchange_parsed(commands(move("east"), None), 11)
        assert r.digest() == twin.world.observable_digest()


def test_settings():
    with rig() as r:
        values = r.good("set", speed=400, heartbeat=60, export={"every": 0, "folder": "a/b"})
        assert (values["speed"], values["heartbeat"]) == (400, 60)
        assert values["export"] == {"every": 0, "folder": "a/b"}
        assert r.server.host.clock.speed == 4.0
        for bad in (
            {"speed": 0},
            {"speed": "fast"},
            {"on_tick": "never"},
            {"clock": 1},
            {"heartbeat": -1},
            {"export": {"folder": "../up"}},
            {"export": {"folder": "/etc"}},
            {"export": {"every": 1.5}},
            {"junk": 1},
        ):
            answer = r.ask("set", **bad)
            assert answer["error"] == "bad_request", bad
            assert next(iter(bad)) in answer["detail"], answer
        assert r.good("hello")["speed"] == 400
